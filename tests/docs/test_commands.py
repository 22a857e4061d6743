"""Every command of the documentation is run. Each page with commands is declared here: run by a scene
of this file, or by another test; single commands that cannot run here have a reason, and the test
that runs them elsewhere. What a page shows of their output is what comes."""

import re
import shutil
import socket
import time
from collections import namedtuple
from pathlib import Path

import pytest

import cookbook_page
import pages
import sinks
import terminal
from fakes.mattermost import Mattermost
from fakes.smtp import Smtp
from fakes.syslog import Syslog
from fakes.teams import Teams
from tocsin import BINARY, PLUGINS, as_yaml, plugin_path, wait_until

# Pages whose commands other tests run, all of them.
ELSEWHERE = {
    "README.md": "tests/docs/test_getting_started.py",
    "docs/getting-started.md": "tests/docs/test_getting_started.py",
    "docs/hooks.md": "tests/integration/test_hooks_doc.py",
    "docs/rules.md": "tests/integration/test_rules_doc.py",
    "docs/service.md": "tests/package/test_life.py",
    "docs/writing-a-sink.md": "tests/integration/test_writing_a_sink.py",
}

# Commands of other pages that are not run here: why, and what runs them.
NOT_HERE = {
    ("CONTRIBUTING.md", "git clone"): ("the network", "tests/fresh/fresh-machine.sh"),
    ("CONTRIBUTING.md", "cd tocsin"): ("the clone is not made", "tests/fresh/fresh-machine.sh"),
    ("CONTRIBUTING.md", "./run test"): ("this test is one of those", "tests/fresh/fresh-machine.sh"),
    ("CONTRIBUTING.md", "./run docs"): ("it builds the tree", "tests/integration/test_plugin_doc.py"),
    ("CONTRIBUTING.md", "ninja -C build\n"): ("minutes", "run"),
    ("CONTRIBUTING.md", "meson test -C build"): ("it needs the whole build", "run"),
    ("CONTRIBUTING.md", "clang-"): ("tools of CI alone", ".ci/run"),
    ("docs/command-line.md", "/opt/tocsin"): ("the reader's own shells",
                                             "tests/integration/test_manual.py"),
    ("docs/configuration.md", "check --online"): ("the reader's own far ends",
                                                  "tests/integration/test_check_online.py"),
    ("docs/plugin-check.md", "--valgrind"): ("a minute", "tests/conformance/meson.build"),
    ("docs/operations.md", "/var/lib/tocsin"): ("a scene of its own", "tests/docs/test_operations.py"),
    ("docs/operations.md", "/var/backups"): ("a scene of its own", "tests/docs/test_operations.py"),
    ("docs/operations.md", "umask"): ("a scene of its own", "tests/docs/test_operations.py"),
}

# What is shown is of an outage that this scene does not have: who holds the form to it.
NOT_COMPARED = {
    ("docs/operations.md", "tocsin drill soc-chat"): "tests/integration/test_drill.py",
    ("docs/operations.md", "tocsin status"): "tests/integration/test_operator.py",
    ("docs/operations.md", "tocsin dead"): "tests/integration/test_operator.py",
}

Scene = namedtuple("Scene", "folder replacements before after")


def found_in(table, page, text):
    return next((value for (of, part), value in table.items() if of == page and part in text), None)


def as_shown(text):
    """Whose ledger it is, and when it was, is the reader's own."""
    text = re.sub(r"\b[0-9a-f]{6}-([edn]\d+)\b", r"3f9a1c-\1", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "2026-11-25 20:00:00 UTC", text)


def lines_of(command):
    """A block of commands, line by line, so that one may be left out: a here document and a line
    that goes on stay whole."""
    part = ""
    end = None
    for line in command.text.splitlines(True):
        part += line
        document = re.search(r"<<'(\w+)'", line)
        end = document[1] if document else end
        if end and line.strip() == end and not document:
            end = None
        if not end and not line.endswith("\\\n"):
            yield command._replace(text=part)
            part = ""


def to_run(page):
    for command in terminal.commands(pages.read(page)):
        for line in lines_of(command) if command.kind == "sh" else [command]:
            if not found_in(NOT_HERE, page, line.text) and line.text.strip():
                yield line


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """tocsin in PATH, as it was built."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "tocsin").symlink_to(Path(BINARY).resolve())
    return {"PATH": f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin"}


# Scenes ----------------------------------------------------------------------------------------


def cookbook(tmp_path, **_):
    folder = tmp_path / "cookbook"
    shutil.copytree(cookbook_page.FOLDER, folder)
    with open(folder / "tocsin.yaml", "a") as config:
        config.write(f"plugin_path: {as_yaml(plugin_path())}\n")
    return Scene(folder, {}, {}, {})


def templates(tmp_path, **_):
    (tmp_path / "title.mustache").write_text("{{time|tme}}\n")
    return Scene(tmp_path, {}, {}, {})


def plugin_check(tmp_path, **_):
    (tmp_path / "build").mkdir()
    shutil.copy(PLUGINS / "slack" / "slack.so", tmp_path / "build" / "mine.so")
    shutil.copy(pages.TREE / "tests/fixtures/events/alert-created.json", tmp_path / "event.json")
    url = "url=https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
    return Scene(tmp_path, {"url=https://example.org/in": url}, {}, {})


def contributing(tmp_path, **_):
    """A clone without its history; it is set up to build when something is built, since what the page
    adds would have it set up once more."""
    def left_out(folder, names):
        return [name for name in names if Path(folder) == pages.TREE and
                (name == ".git" or name.startswith("build"))]

    tree = tmp_path / "tocsin"
    shutil.copytree(pages.TREE, tree, ignore=left_out)
    set_up = "/usr/bin/meson setup build >meson.log || { cat meson.log; exit 1; }\n"
    return Scene(tree, {}, {"ninja -C build plugins": set_up}, {})


def tokens(tmp_path, **_):
    """Programs that ask Microsoft and Google for a token: here a curl that has one."""
    curl = tmp_path / "bin" / "curl"
    curl.parent.mkdir()
    curl.write_text("#!/bin/sh\nprintf '{\"access_token\": \"a-token\"}'\n")
    curl.chmod(0o755)
    return Scene(tmp_path, {"curl ": f"{curl} "}, {}, {})


def body(tmp_path, **_):
    (tmp_path / "body.mustache").write_text('{"text": "{{title}}", "urgency": {{urgency}}}\n')
    (tmp_path / "document.json").write_text('{"title": "a \\"quoted\\" title", "urgency": 85}\n')
    return Scene(tmp_path, {}, {}, {})


def inbox(make_daemon, **_):
    """Seven events for nobody, then the two that the page shows; one of them was read."""
    daemon = make_daemon({"bell": {"plugin": "inbox"}}, rules="rules:\n"
                         "  - {name: to the bell, match: {type: alarm}, send: [bell]}\n").start()
    for number in range(7):
        daemon.accept({"type": "noise", "n": number})
    for title, level in [("Sign-in from a new country", "medium"),
                         ("Mimikatz run on a domain controller", "urgent")]:
        daemon.accept({"type": "alarm", "attributes": {"title": title, "level": level}})
        daemon.wait_settled()
    name = daemon.status()["ledger"]
    assert daemon.change("/api/v1/inbox/read", ids=[f"{name}-n1"], reader="ada").status == 200
    where = f"tocsin inbox --admin 127.0.0.1:{daemon.admin_port}"
    return Scene(daemon.folder, {"tocsin inbox": where}, {}, {})


RULES = """\
rules:
  - {name: urgent alerts wake people, match: {}, send: [soc-teams]}
  - {name: everything else is for the record, match: {type: other}, send: [siem, soc-chat]}
"""
OLD_RULE = "  - {name: a rule of old, match: {type: none}, send: [siem]}\n"


def operations(started, make_daemon, api, **_):
    """A daemon with 45 dead letters at a sink that has been mended since."""
    teams, chat, mail, siem = (started(fake()) for fake in (Teams, Mattermost, Smtp, Syslog))
    everything = {"soc-teams": sinks.teams(teams), "soc-chat": sinks.mattermost(chat),
                  "siem": sinks.syslog(siem)}
    daemon = make_daemon(everything, rules=RULES + OLD_RULE, api=api,
                         settings="alarms: [siem, soc-chat]\n")
    ports = {"listen: 127.0.0.1:0": free_port(), "admin: 127.0.0.1:0": free_port()}
    text = daemon.config.read_text()
    for line, port in ports.items():
        text = text.replace(line, f"{line[:-1]}{port}")
    daemon.config.write_text(text)
    daemon.start()
    teams.fail_always(400)
    for number in range(45):
        daemon.accept({"type": "probe", "attributes": {"uuid": str(number)}})
    wait_until(lambda: daemon.status()["dead"] == 45, "all are dead letters")
    teams.fail_always(None)
    name = daemon.status()["ledger"]
    # What the page's reload takes over.
    changed = {**everything, "soc-chat": {**everything["soc-chat"], "channel": "town-square"},
               "duty-mail": sinks.email(mail)}
    (daemon.folder / "next.yaml").write_text(
        text.replace(as_yaml(everything), as_yaml(changed)).replace("siem, soc-chat", "siem, duty-mail"))
    (daemon.folder / "next-rules.yaml").write_text(RULES)
    take = "cp next.yaml tocsin.yaml; cp next-rules.yaml rules.yaml\n"
    ours = {"3f9a1c-": f"{name}-", "127.0.0.1:8081": f"127.0.0.1:{daemon.admin_port}",
            "/etc/tocsin/": f"{daemon.folder}/",
            "--to duty-mail": "--to siem"}  # the other is not there before the reload at the page's end
    return Scene(daemon.folder, ours, {"tocsin reload": take}, {})


SCENES = {
    "CONTRIBUTING.md": contributing,
    "docs/cookbook.md": cookbook,
    "docs/operations.md": operations,
    "docs/plugin-check.md": plugin_check,
    "docs/templates.md": templates,
    "plugins/email/README.md": tokens,
    "plugins/inbox/README.md": inbox,
    "plugins/webhook/README.md": body,
}

# Pages whose commands may say no (1): they ask of what is there.
MAY_SAY_NO = {"docs/operations.md", "docs/plugin-check.md", "docs/templates.md"}


# Tests -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", sorted(SCENES))
def test_its_commands_go_well_and_print_what_it_shows(page, environment, request, tmp_path):
    scene = SCENES[page](tmp_path=tmp_path, started=request.getfixturevalue("started"),
                         make_daemon=request.getfixturevalue("make_daemon"),
                         api=request.getfixturevalue("api"))
    commands = list(to_run(page))
    for index, command in enumerate(commands):
        text = command.text
        for theirs, ours in scene.replacements.items():
            text = text.replace(theirs, ours)
        kind = "console" if page in MAY_SAY_NO else command.kind
        commands[index] = command._replace(text=text, kind=kind)

    for command, output in terminal.run(commands, scene.folder, environment, scene.before,
                                        scene.after):
        if command.shown and not found_in(NOT_COMPARED, page, command.text):
            assert terminal.is_as_shown(as_shown(command.shown), as_shown(output)), \
                f"{page}:{command.line}: {command.text}{command.shown}--- came:\n{output}"


def test_every_page_with_commands_is_declared():
    with_commands = {pages.name_of(page) for page in pages.all_pages()
                     if any(terminal.commands(page.read_text()))}
    left_out = {page for page in with_commands if not any(to_run(page))}  # command by command
    assert with_commands == set(SCENES) | set(ELSEWHERE) | left_out


def test_no_command_hides_in_another_kind_of_block():
    """Blocks are `sh` or `console`; what is indented, or of another kind, begins with no `$`."""
    for page in pages.all_pages():
        text = page.read_text()
        for block in pages.blocks(text):
            assert block.kind not in ("bash", "shell"), f"{page}:{block.line}: say sh or console"
            if block.kind not in ("sh", "console"):
                assert not re.search(r"^\$ ", block.text, re.MULTILINE), f"{page}:{block.line}"
        assert not re.search(r"^    \$ ", pages.without_blocks(text), re.MULTILINE), page


def test_what_is_declared_is_there():
    """A command that has left its page leaves its row here too."""
    for page, file in ELSEWHERE.items():
        assert Path(page).name in (pages.TREE / file).read_text(), f"{file} speaks of no {page}"
    for (page, part), (_, file) in NOT_HERE.items():
        assert any(part in command.text for command in terminal.commands(pages.read(page))), part
        assert (pages.TREE / file).exists(), file
    for (page, part), file in NOT_COMPARED.items():
        assert any(part in command.text for command in terminal.commands(pages.read(page))), part
        assert (pages.TREE / file).exists(), file


# The terminal itself ---------------------------------------------------------------------------


@pytest.mark.parametrize("shown, output, is_so", [
    ("a\nb\n", "a\nb\n", True),
    ("a\nb\n", "a\nc\n", False),
    ("a\n...\nd\n", "a\nb\nc\nd\n", True),
    ("a ... c\n", "a b b c\n", True),
    ("a ... c\n", "a b\nc\n", False),
    ("a    b\n", "a b\n", True),
    ("", "a\n", False),
])
def test_output_is_compared_as_readers_do(shown, output, is_so):
    assert bool(terminal.is_as_shown(shown, output)) == is_so


def test_a_command_that_fails_fails_the_page(tmp_path):
    began = time.monotonic()
    for text in ("```sh\nfalse\n```\n", "```console\n$ sh -c 'exit 2'\n```\n",
                 "```sh\nsleep 1000 &\nfalse\n```\n"):
        with pytest.raises(AssertionError, match="ended with"):
            terminal.run(list(terminal.commands(text)), tmp_path, {})
    assert time.monotonic() - began < 30
