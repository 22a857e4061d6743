"""What docs/rules.md shows under "Trying them" is what comes: its files and commands are run as they
stand there. A line `...` stands for any lines; ids, times and the folder are the reader's own."""

import json
import re
import shlex
import subprocess

import pytest

import sinks
from conftest import EVENTS, OBJECTS, TESTS
from fakes.recorder import Recorder
from ledger import Rows
from tocsin import BINARY

SECTION = re.search(r"^## Trying them\n(.*?)(?=^## |\Z)",
                    (TESTS.parent / "docs" / "rules.md").read_text(), re.MULTILINE | re.DOTALL)[1]
FILES = dict(re.findall(r"^`([\w.-]+\.yaml)`[^\n]*:\n\n```yaml\n(.*?)^```", SECTION,
                        re.MULTILINE | re.DOTALL))
COMMANDS = [(command, output) for block in re.findall(r"^```console\n(.*?)^```", SECTION,
                                                      re.MULTILINE | re.DOTALL)
            for command, output in re.findall(r"^\$ ([^\n]*)\n(.*?)(?=^\$ |\Z)", block,
                                              re.MULTILINE | re.DOTALL)]


@pytest.fixture
def scene(make_daemon, started):
    """The folder that the section speaks of, with a ledger of three alerts."""
    recorder = started(Recorder())
    daemon = make_daemon({name: sinks.record(recorder) for name in
                          ("soc-teams", "duty-mail", "siem")}, rules=FILES["rules.yaml"],
                         settings='sekoia: {region: fra1, api_key: "none"}\n')
    for name, text in FILES.items():
        (daemon.folder / name).write_text(text)
    (daemon.folder / "tests").mkdir()
    event = (EVENTS / "alert-created.json").read_text()
    (daemon.folder / "event.json").write_text(event)
    (daemon.folder / "tests" / "alert-created.json").write_text(event)
    (daemon.folder / "alert.json").write_text((OBJECTS / "alert-partial.json").read_text())
    daemon.start()
    daemon.stop()

    def make(number):
        found = {"title": ["Mimikatz run", "Harmless scan", "A new admin"][number],
                 "urgency": {"current_value": [85, 12, 70][number]}}
        return json.loads(event), json.dumps(found)

    with Rows(daemon.ledger) as rows:
        rows.add_looked_up(3, make)
    return daemon


def as_shown(text, folder):
    """As the document has it: /etc/tocsin, and an id and a time that are always the same."""
    text = text.replace(str(folder), "/etc/tocsin")
    text = re.sub(r"\b[0-9a-f]{6}-e(\d+)\b", r"3f9a1c-e\1", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "2026-11-25 20:00:00 UTC", text)


def matches(expected, came):
    """A line `...` is any lines, the same at a line's end anything there."""
    parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", expected, flags=re.MULTILINE)]
    return re.fullmatch("(?:.*\n)*?".join(parts).replace(r"\ \.\.\." + "\\\n", ".*\n"), came)


def test_the_section_shows_each_of_the_commands():
    shown = {shlex.split(command)[1] for command, _ in COMMANDS}
    assert {"explain", "test", "what-if"} <= shown and "rules.yaml" in FILES, (shown, FILES)


@pytest.mark.parametrize("command, expected", COMMANDS, ids=lambda text: text.split("\n")[0][:40])
def test_what_is_shown_is_what_comes(scene, command, expected):
    words = shlex.split(command)
    assert words[0] == "tocsin"
    came = subprocess.run([BINARY, *words[1:]], cwd=scene.folder, capture_output=True, text=True,
                          timeout=60)
    assert came.returncode in (0, 1), came
    output = as_shown(came.stdout, scene.folder)
    assert matches(expected, output), f"{expected}\n--- came:\n{output}\n{came.stderr}"
