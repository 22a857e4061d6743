"""docs/getting-started.md, followed to the letter with an installed tocsin and stand-ins for Teams
and the Alert API."""

import re
import socket

import pytest

from installed import Installed  # first: it needs a process with one thread
import pages
import stage
import terminal
from fakes.alert_api import AlertApi
from fakes.teams import Teams

PAGE = "docs/getting-started.md"
# What a reader has done before, and the page's URLs and ports in the place of others'.
INSTALLATION = "./run demo --once\nmeson install -C build\n"
PENDING = "timeout 30 bash -c 'until {}; do sleep 0.05; done'\n"


def free_ports():
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return str(one.getsockname()[1]), str(two.getsockname()[1])


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    installed = Installed(tmp_path_factory.mktemp("installed"))
    yield installed
    installed.stop()


@pytest.fixture(scope="module")
def followed(installed, tmp_path_factory):
    """The page's commands with what came of each, and the channel."""
    teams, api = Teams(), AlertApi(key="a-key-of-the-test")
    api.add(stage.load_object("alert-full"))
    hook_port, admin_port = free_ports()
    ours = {"https://...": teams.url, "SEKOIA_APIKEY='...'": f"SEKOIA_APIKEY='{api.key}'",
            ":8080": f":{hook_port}", ":8081": f":{admin_port}"}
    text = pages.read(PAGE)
    assert INSTALLATION in text
    text = text.replace(INSTALLATION, "true\n")
    for theirs, own in ours.items():
        assert theirs in text, theirs
        text = text.replace(theirs, own)
    edits = (f"sed -i 's|region: fra1.*|api: {api.url}\\n  app: https://app.example|; "
             f"s|:8080|:{hook_port}|; s|:8081|:{admin_port}|' tocsin.yaml\n")
    idle = PENDING.format('tocsin status | grep -q "0 to be routed; deliveries: 0 wait"')
    # Ids begin with the ledger's own letters, which a reader reads off the answer.
    name = "ledger=$(tocsin events --json | grep -oE '[0-9a-f]{6}-e1' | head -n 1)\n"
    found = [command._replace(text=command.text.replace("3f9a1c-e1", "$ledger"))
             for command in terminal.commands(text)]
    try:
        results = terminal.run(
            found, tmp_path_factory.mktemp("empty"), installed.env(),
            before={"tocsin hooks\n": "sed -i 's|# public_url|public_url|' tocsin.yaml\n"},
            after={"cd my-tocsin": edits,
                   "tocsin serve": PENDING.format(
                       f"curl -fsS http://127.0.0.1:{admin_port}/readyz >/dev/null 2>&1"),
                   "curl -sS --json": idle + name})
        yield results, teams
    finally:
        teams.stop()
        api.stop()


def test_the_page_has_its_commands():
    text = "".join(command.text for command in terminal.commands(pages.read(PAGE)))
    for word in ("init", "drill", "check", "test", "serve", "status", "events", "explain", "hooks"):
        assert f"tocsin {word}" in text, word


def test_what_is_shown_is_what_comes(followed):
    results, _ = followed
    for command, output in results:
        output = re.sub(r"\b[0-9a-f]{6}-e(\d+)\b", r"3f9a1c-e\1", output)
        if command.shown is not None:
            assert terminal.is_as_shown(command.shown, output), \
                f"{PAGE}:{command.line}: {command.text}{command.shown}--- came:\n{output}"


def test_the_alert_stands_in_the_channel_once_after_the_drill(followed):
    _, teams = followed
    shown = [str(entry) for entry in teams.received]
    assert len(shown) == 2
    assert "Drill" in shown[0] and "Mimikatz run on a domain controller" in shown[1]


# README.md -------------------------------------------------------------------------------------

# What builds and installs runs elsewhere: a demo with each URL, and both on a fresh machine.
DEMOS = {"./run demo": "tests/integration/test_demo.py", "./run test": "tests/fresh/fresh-machine.sh"}


def test_the_readmes_commands_go_well(installed, tmp_path):
    """Those of "For good": `serve` is left running, and is ready at the end."""
    teams = Teams()
    hook_port, admin_port = free_ports()
    edits = f"sed -i 's|:8080|:{hook_port}|; s|:8081|:{admin_port}|' tocsin.yaml\n"
    ready = PENDING.format(f"curl -fsS http://127.0.0.1:{admin_port}/readyz >/dev/null 2>&1")
    blocks = [command for command in terminal.commands(pages.read("README.md"))
              if not any(demo in command.text for demo in DEMOS)]
    assert len(blocks) == 1
    found = [blocks[0]._replace(text=line + "\n") for line in blocks[0].text.splitlines()]
    assert found[0].text.startswith("meson install -C build ")
    assert found[-1].text == "tocsin serve -c tocsin.yaml\n"
    found[-1] = found[-1]._replace(text="tocsin serve -c tocsin.yaml &\n")
    try:
        terminal.run(found[1:], tmp_path, after={"cd my-tocsin": edits, "tocsin serve": ready},
                     environment=installed.env(TEAMS_WEBHOOK_URL=teams.url, SEKOIA_APIKEY="none"))
        assert len(teams.received) == 1
    finally:
        teams.stop()


def test_what_runs_the_readmes_other_commands_is_there():
    text = pages.read("README.md")
    for command, file in DEMOS.items():
        assert command in text and command.split()[-1] in (pages.TREE / file).read_text()
