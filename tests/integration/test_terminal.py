"""What a person at a terminal sees more than a program: colours, and how far long work is."""

import json
import os
import pty
import re
import select
import subprocess
import time

import pytest

import sinks
from fakes.mattermost import Mattermost
from tocsin import BINARY, run

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def on_terminal(*arguments, env=None, folder=None, timeout=60, quiet_out=False):
    """Runs the command with a terminal of 80 columns for its output; what it showed, and its exit
    status. quiet_out: standard output is a pipe, as in `| cat`."""
    main, side = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
    process = subprocess.Popen(
        [BINARY, *map(str, arguments)], stdin=subprocess.DEVNULL, cwd=folder,
        stdout=subprocess.PIPE if quiet_out else side, stderr=side,
        env={**environment, "TERM": "xterm", **(env or {})})
    os.close(side)
    shown, deadline = b"", time.monotonic() + timeout
    while True:
        assert time.monotonic() < deadline, shown
        if not select.select([main], [], [], 0.1)[0]:
            continue
        try:
            data = os.read(main, 4096)
        except OSError:  # the last one has closed it
            break
        if not data:
            break
        shown += data
    out = process.stdout.read() if quiet_out else b""
    os.close(main)
    return (shown.decode(), out.decode(), process.wait(10)) if quiet_out else (
        shown.decode(), process.wait(10))


@pytest.fixture
def daemon(make_daemon, mattermost):
    return make_daemon({"chat": sinks.mattermost(mattermost)}).start()


def status(daemon, *more, **options):
    return on_terminal("status", "-c", daemon.config, "--admin", f"127.0.0.1:{daemon.admin_port}", *more,
                       **options)


def test_on_a_terminal_status_is_coloured(daemon):
    shown, code = status(daemon)
    assert code == 0 and "\x1b[32mall is well" in shown
    assert daemon.command("pause", "chat").returncode == 0
    shown, code = status(daemon)
    assert code == 1 and "\x1b[1;31m! chat is paused" in shown
    assert ESCAPE.sub("", shown).replace("\r", "") == daemon.command("status").stdout


@pytest.mark.parametrize("env, coloured", [
    ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False),
    ({"TERM": ""}, False), ({"NO_COLOR": "0"}, False)])
def test_no_colours_where_they_are_not_wanted(daemon, env, coloured):
    shown, _ = status(daemon, env=env)
    assert ("\x1b[" in shown) == coloured, shown


def test_neither_json_nor_a_pipe_has_any(daemon):
    shown, _ = status(daemon, "--json")
    assert "\x1b" not in shown and shown.startswith('{"')
    shown, out, _ = status(daemon, quiet_out=True)
    assert shown == "" and out.startswith("all is well")


def test_check_online_is_coloured_too(make_daemon, api, mattermost):
    api.refuse(401)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api)
    shown, code = on_terminal("check", "--online", "-c", daemon.config)
    assert code == 1
    assert "\x1b[1;31mFAILED\x1b[0m  sekoia" in shown and "\x1b[32mfine  \x1b[0m  sink chat" in shown
    assert "\x1b" not in on_terminal("check", "--online", "--json", "-c", daemon.config)[0]


@pytest.fixture
def waiting(make_daemon, mattermost, started):
    """A sink that answers, and one that takes until its time is out."""
    silent = started(Mattermost())
    silent.hang_always(True)
    return make_daemon({"quick": sinks.mattermost(mattermost),
                        "slow": sinks.mattermost(silent, timeout="1500ms")})


def test_long_work_says_how_far_it_is_and_cleans_up(waiting):
    shown, code = on_terminal("drill", "--all", "-c", waiting.config)
    assert code == 1
    assert re.search(r"\r1 of 2 sinks answered \(50 %\)\x1b\[K", shown), shown
    last = [match.end() for match in re.finditer("sinks answered", shown)][-1]
    assert "\r\x1b[K" in shown[last:], "it is gone before the report"


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"TERM": ""}])
def test_a_terminal_that_cannot_erase_is_told_nothing_of_it(waiting, env):
    shown, code = on_terminal("drill", "--all", "-c", waiting.config, env=env)
    assert code == 1 and "sinks answered" not in shown and "\x1b" not in shown


def test_a_pipe_is_told_nothing_of_it(waiting):
    result = run("drill", "--all", "-c", waiting.config)
    assert "sinks answered" not in result.stdout + result.stderr and "\x1b" not in result.stderr


def test_quick_work_says_nothing_of_it(daemon, mattermost):
    shown, code = on_terminal("drill", "chat", "-c", daemon.config)
    assert code == 0 and "answered" not in shown and "\x1b[K" not in shown


def test_json_of_long_work_is_whole_beside_its_progress(waiting):
    shown, out, code = on_terminal("drill", "--all", "--json", "-c", waiting.config, quiet_out=True)
    assert code == 1 and "1 of 2 sinks answered" in shown
    assert len(json.loads(out)) == 2
