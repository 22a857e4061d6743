"""`tocsin status`: the one thing that is wrong, with its cure, on a screen of 80 by 24."""

import json

import pytest

import sinks
from conftest import load_event
from tocsin import wait_until

FAIL_FAST = "sink_defaults: {retry: {first: 1h, max: 1h, give_up: 2h}, breaker: {failures: 1, probe: 1h}}\n"


def screen(daemon, code=1):
    """The lines that it shows; they must fit."""
    result = daemon.command("status")
    assert result.returncode == code, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) <= 23 and all(len(line) <= 80 for line in lines), result.stdout
    assert "\x1b" not in result.stdout
    return lines


def unwrapped(lines):
    return " ".join(line.strip() for line in lines)


def is_shut(daemon, name):
    return wait_until(lambda: any(sink["name"] == name and sink["state"] == "shut"
                                  for sink in daemon.status()["sinks"]), f"{name} is shut")


def test_all_is_well(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}).start()
    daemon.accept({"type": "probe"})
    daemon.wait_settled()
    first, ledger, sink, *rest = screen(daemon, code=0)
    assert first == "all is well"
    assert "1 events, 0 to be routed; deliveries: 0 wait, 1 delivered" in unwrapped([ledger, sink, *rest])
    assert rest[-1].strip() == "chat (mattermost) is open; 0 wait, 0 under way"


def test_a_sink_that_refuses_comes_before_dead_letters_and_pauses(make_daemon, mattermost, teams):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "soc-teams": sinks.teams(teams),
                          "later": sinks.unreachable()}, settings=FAIL_FAST, rules="""
rules:
  - {name: a, match: {type: a}, send: [chat]}
  - {name: b, match: {type: b}, send: [soc-teams]}
""").start()
    mattermost.fail_next(1, 400)
    daemon.accept({"type": "a"})
    wait_until(lambda: daemon.status()["dead"] == 1, "a dead letter")
    teams.fail_next(1, 401)
    daemon.accept({"type": "b"})
    is_shut(daemon, "soc-teams")
    assert daemon.command("pause", "later").returncode == 0
    lines = screen(daemon)
    assert lines[0].startswith("! soc-teams is shut until 20")
    head = unwrapped(lines[:lines.index("! 1 dead letter")])
    assert "401" in head and "; 1 waits" in head
    place = next(n for n, line in enumerate(daemon.config.read_text().splitlines(), 1)
                 if line.startswith("sinks:"))
    assert f"tocsin.yaml:{place}" in head.replace(" ", "")
    assert "tocsin drill --daemon soc-teams" in head
    dead = lines.index("! 1 dead letter")
    assert lines[dead + 1].startswith("! later is paused")


def test_the_cure_of_a_dead_letter(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}).start()
    mattermost.fail_next(1, 400)
    daemon.accept({"type": "a"})
    wait_until(lambda: daemon.status()["dead"] == 1, "a dead letter")
    lines = screen(daemon)
    assert lines[0] == "! 1 dead letter"
    assert "tocsin dead" in lines[1] and "tocsin retry --sink SINK" in unwrapped(lines[1:3])


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_told(make_daemon, api, mattermost, status):
    api.refuse(status)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api).start()
    daemon.accept(load_event("alert-created"))
    mattermost.wait_for(1, 30)
    lines = screen(daemon)
    assert lines[0].startswith(f"! the API refuses the key with HTTP {status}")
    assert "tocsin check --online" in unwrapped(lines)


def test_a_daemon_that_does_not_run_is_what_is_wrong(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}).start()
    daemon.accept({"type": "a"})
    daemon.wait_settled()
    daemon.stop()
    lines = screen(daemon)
    assert lines[0].startswith("! tocsin does not run: nothing answers at 127.0.0.1:")
    assert lines[1].startswith("  start it: tocsin serve")
    assert "1 events" in unwrapped(lines) and "1 delivered" in unwrapped(lines)
    assert json.loads(daemon.command("status", "--json").stdout)["delivered"] == 1


def test_many_sinks_and_long_reasons_fit_a_screen(make_daemon, mattermost):
    """A reason of many words and one without a blank, from the far end; forty sinks."""
    names = {f"chat-{n:02}": sinks.mattermost(mattermost) for n in range(30)}
    shut = {f"shut-{n:02}": sinks.mattermost(mattermost) for n in range(10)}
    daemon = make_daemon({**names, **shut}, settings=FAIL_FAST, rules=f"""
rules:
  - {{name: all, match: {{}}, send: {json.dumps(list(shut))}}}
""").start()
    for name in shut:
        assert daemon.command("pause", "--reason", "words " * 30 + "x" * 100, name).returncode == 0
    daemon.accept({"type": "a"})
    wait_until(lambda: daemon.status()["waiting"] == 10, "ten wait")
    lines = screen(daemon)
    assert lines[0].startswith("! shut-00 is paused: words words")
    assert any("... and 4 more things" in line for line in lines)
    assert lines[-1].startswith("  ... and ") and lines[-1].endswith(
        "more sinks, all open: tocsin status --json")
    assert "tocsin resume shut-00" in unwrapped(lines)


def test_what_a_far_end_says_is_shown_as_one_harmless_line(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}).start()
    assert daemon.command("pause", "--reason", "a\x1b[31m\n! forged", "chat").returncode == 0
    lines = screen(daemon)
    assert not any(line.startswith("! forged") for line in lines)
