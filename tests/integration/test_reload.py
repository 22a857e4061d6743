"""A running daemon takes over another configuration: between two events, without losing, repeating or
disordering any, and not at all where something is wrong with it."""

import json
import os
import signal
import threading

import pytest

import sinks
from conftest import load_event
from fakes.recorder import Recorder
from tocsin import HOOK_PATH, as_yaml, wait_until

WATCH = "watch: true\n"
NOBODY = "rules:\n  - {name: nobody, match: {}, send: []}\n"


def probe(title, thread=None):
    attributes = {"title": title}
    if thread:
        attributes["uuid"] = thread
    return {"type": "probe", "action": "created", "attributes": attributes}


def rules_for(*names, rule="everything"):
    return f"rules:\n  - {{name: {rule}, match: {{}}, send: {as_yaml(list(names))}}}\n"


def reload(daemon):
    answer = daemon.change("/api/v1/reload")
    assert answer.status == 200, answer
    return answer.body


def titles(recorder):
    return sorted(recorder.titles())


@pytest.fixture
def first(started):
    return started(Recorder())


@pytest.fixture
def second(started):
    return started(Recorder())


def test_rules_are_taken_over_without_a_restart(make_daemon, first, second):
    both = {"one": sinks.record(first), "two": sinks.record(second)}
    daemon = make_daemon(both, rules=rules_for("one")).start()
    daemon.accept(probe("before"))
    daemon.wait_settled()
    daemon.rules.write_text(rules_for("two", rule="others"))
    receipt = reload(daemon)
    assert receipt["rules"] == {
        "added": ["others"], "removed": ["everything"], "changed": [], "reordered": False}
    assert receipt["sinks"] == {"added": [], "removed": [], "changed": []}
    daemon.accept(probe("after"))
    daemon.wait_settled()
    assert titles(first) == ["before"] and titles(second) == ["after"]


def test_the_command_says_what_changed_and_hang_up_reloads_too(make_daemon, first):
    daemon = make_daemon({"one": sinks.record(first)}).start()
    daemon.rules.write_text(rules_for("one", rule="renamed"))
    out = daemon.command("reload")
    assert out.returncode == 0, out
    assert "rules: +renamed -everything to everybody" in out.stdout
    assert json.loads(daemon.command("reload", "--json").stdout)["reloaded"] is True
    assert "nothing differs" in daemon.command("reload").stdout
    daemon.rules.write_text(rules_for("one", rule="again"))
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for_log(r"is taken over, in \d+ ms: rules: \+again -renamed")


def test_a_bad_file_changes_nothing_and_says_why_everywhere(make_daemon, first):
    daemon = make_daemon({"one": sinks.record(first)}).start()
    daemon.rules.write_text("rules:\n  - {name: a, match: {}, send: [onne]}\n  - {nam: b}\n")
    answer = daemon.change("/api/v1/reload")
    assert answer.status == 422 and answer.body["reloaded"] is False
    fault = f'{daemon.rules}:2:33: unknown sink "onne"; did you mean "one"?'
    assert answer.body["problems"][0] == fault
    assert len(answer.body["problems"]) > 2
    daemon.wait_for_log('unknown sink .*onne')
    out = daemon.command("reload")
    assert out.returncode == 1 and fault in out.stderr and "nothing was changed" in out.stderr
    status = daemon.status()
    assert status["configuration"]["why"] == fault and status["configuration"]["refused"]
    shown = daemon.command("status")
    assert shown.returncode == 1
    assert "".join(fault.split()) in "".join(shown.stdout.split()), "broken into lines"
    daemon.accept(probe("as before"))
    daemon.wait_settled()
    assert titles(first) == ["as before"]
    daemon.rules.write_text(rules_for("one"))
    reload(daemon)
    assert daemon.status()["configuration"]["why"] is None
    assert daemon.command("status").stdout.startswith("all is well")


def test_a_file_that_is_gone_changes_nothing(make_daemon, first):
    daemon = make_daemon({"one": sinks.record(first)}).start()
    daemon.config.rename(daemon.config.with_suffix(".away"))
    assert daemon.change("/api/v1/reload").status == 422
    daemon.accept(probe("as before"))
    daemon.wait_settled()
    assert titles(first) == ["as before"]


@pytest.mark.parametrize("setting, named", [
    ("listen: 127.0.0.1:1", '"listen" cannot change'),
    ("admin: 127.0.0.1:1", '"admin" cannot change'),
    ("ledger: {sqlite: other.db}", '"ledger.sqlite" cannot change'),
])
def test_what_only_a_start_can_change_is_refused(make_daemon, first, setting, named):
    daemon = make_daemon({"one": sinks.record(first)}).start()
    key = setting.split(":")[0]
    lines = [line for line in daemon.config.read_text().splitlines()
             if not line.startswith(key + ":")]
    daemon.config.write_text("\n".join([*lines, setting]) + "\n")
    answer = daemon.change("/api/v1/reload")
    assert answer.status == 422
    problem, = [line for line in answer.body["problems"] if "cannot change" in line]
    assert named in problem and f"tocsin.yaml:{len(lines) + 1}:" in problem


def test_what_is_in_flight_stays_with_the_sink_it_has(make_daemon, first, second):
    daemon = make_daemon({"one": sinks.record(first)}).start()
    first.hold()
    daemon.accept(probe("in flight", thread="t"))
    first.wait_for_in_flight(1)
    daemon.accept(probe("behind it", thread="t"))
    daemon.write({"one": sinks.record(second)})
    assert reload(daemon)["sinks"]["changed"] == ["one"]
    daemon.accept(probe("new"))
    second.wait_for(1)
    assert titles(second) == ["new"], "the thread's second waits for its first"
    first.release()
    daemon.wait_settled()
    assert titles(first) == ["in flight"] and titles(second) == ["behind it", "new"]
    daemon.stop()


def test_a_sink_that_left_keeps_its_deliveries_and_has_them_when_it_returns(
        make_daemon, first, second):
    first.judge = lambda document, count: (503, {})
    both = {"one": sinks.record(first), "two": sinks.record(second)}
    retry = "sink_defaults: {retry: {first: 100ms, max: 200ms}, breaker: {failures: 100}}\n"
    daemon = make_daemon(both, settings=retry).start()
    daemon.accept(probe("waits"))
    wait_until(lambda: len(first.requests) >= 2, "tried twice")
    daemon.write({"two": sinks.record(second)}, settings=retry)
    receipt = reload(daemon)
    assert receipt["sinks"]["removed"] == ["one"]
    absent, = [sink for sink in daemon.status()["sinks"] if sink["name"] == "one"]
    assert absent["state"] == "absent" and absent["queue"] == 1
    daemon.wait_for_log("1 deliveries wait for the sink one")
    first.judge = None
    daemon.accept(probe("meanwhile"))
    wait_until(lambda: titles(second) == ["meanwhile", "waits"], "the other sink goes on")
    daemon.write(both, settings=retry)
    assert reload(daemon)["sinks"]["added"] == ["one"]
    daemon.wait_settled()
    assert titles(first) == ["waits"]
    assert "it is back in the configuration" in daemon.log()


def test_a_pause_and_an_unchanged_sink_survive(make_daemon, first, second):
    both = {"one": sinks.record(first), "two": sinks.record(second)}
    daemon = make_daemon(both).start()
    assert daemon.change("/api/v1/sinks/one/pause", reason="the channel moves").status == 200
    daemon.write({**both, "two": sinks.record(second, timeout="7s")})
    reload(daemon)
    state = {sink["name"]: sink for sink in daemon.status()["sinks"]}
    assert state["one"]["state"] == "paused" and "the channel moves" in state["one"]["why"]
    assert state["two"]["state"] == "open"
    daemon.write({"one": sinks.record(first, timeout="7s"), "two": sinks.record(second)})
    assert reload(daemon)["sinks"]["changed"] == ["one", "two"]
    wait_until(lambda: {sink["name"]: sink for sink in daemon.status()["sinks"]}["one"]["state"]
               == "paused", "the pause holds for what the sink is now")
    daemon.accept(probe("told to one"))
    second.wait_for(1)
    assert titles(first) == []


def test_an_operator_who_mends_a_broken_sink_need_not_wait_for_its_probe(make_daemon, first):
    daemon = make_daemon({"one": sinks.unreachable()}, settings=(
        "sink_defaults: {breaker: {failures: 1, probe: 1h}, retry: {first: 1h, max: 1h}}\n")).start()
    daemon.accept(probe("stuck"))
    wait_until(lambda: daemon.status()["sinks"][0]["state"] == "shut", "the breaker opened")
    daemon.write({"one": sinks.record(first)})
    reload(daemon)
    daemon.accept(probe("at once"))
    first.wait_for(1)
    assert titles(first) == ["at once"]


def test_a_blocking_sink_is_replaced_and_its_threads_end(make_daemon, smtp):
    daemon = make_daemon({"mail": sinks.email(smtp)}).start()
    daemon.accept(probe("one"))
    daemon.wait_settled()

    def threads():
        return len(os.listdir(f"/proc/{daemon.process.pid}/task"))

    before = threads()
    for turn in range(5):
        daemon.write({"mail": sinks.email(smtp, timeout=f"{10 + turn}s")})
        reload(daemon)
        daemon.accept(probe(f"turn {turn}"))
        daemon.wait_settled()
    wait_until(lambda: threads() <= before, "the threads of the sinks before are gone")


def test_hooks_come_and_go(make_daemon, first):
    daemon = make_daemon({"one": sinks.record(first)}).start()
    text = daemon.config.read_text()
    daemon.config.write_text(text.replace(HOOK_PATH, "/hooks/another-path-12345678"))
    assert reload(daemon)["hooks"]["changed"] == ["soc"]
    assert daemon.post(probe("old way")).status == 404
    assert daemon.post(probe("new way"), path="/hooks/another-path-12345678").status == 202
    daemon.wait_settled()
    assert titles(first) == ["new way"]


def test_the_key_of_the_look_ups_is_exchanged_under_way(make_daemon, first, api):
    api.key, good = "wrong-for-now-0123456789", api.key
    daemon = make_daemon({"one": sinks.record(first)}, api=api).start()
    api.key = good
    daemon.write({"one": sinks.record(first)}, api=api)
    assert reload(daemon)["settings"] == ["sekoia"]
    daemon.accept(load_event("alert-created"))
    first.wait_for(1)
    assert daemon.get("/readyz").body.get("degraded") is None


def test_a_new_secret_is_kept_out_of_the_log(make_daemon, first, started):
    daemon = make_daemon({"one": sinks.record(first)}).start()
    secret = "brand-new-secret-98765"
    url = f"http://127.0.0.1:1/hooks/{secret}"
    daemon.write({"one": {"plugin": "mattermost", "url": url}})
    reload(daemon)
    daemon.accept(probe("x"))
    daemon.wait_for_log("attempt 1 failed")
    daemon.stop()
    assert secret not in daemon.log()


def test_who_asks_at_the_end_is_told_so(make_daemon, first):
    daemon = make_daemon({"one": sinks.record(first)}).start()
    first.hold()
    daemon.accept(probe("under way"))
    first.wait_for_in_flight(1)
    daemon.process.send_signal(signal.SIGTERM)
    daemon.wait_for_log("terminated: stopping")
    daemon.process.send_signal(signal.SIGHUP)
    answer = daemon.change("/api/v1/reload")
    assert answer.status == 422 and "stopping" in answer.body["error"]
    first.release()
    daemon.stop()
    assert titles(first) == ["under way"] and "taken over" not in daemon.log()


# Files that change ---------------------------------------------------------------------------


def test_a_file_that_is_exchanged_by_a_rename_is_taken_over(make_daemon, first, second):
    both = {"one": sinks.record(first), "two": sinks.record(second)}
    daemon = make_daemon(both, rules=rules_for("one"), settings=WATCH).start()
    for turn, names in enumerate([["two"], ["one", "two"], ["one"]]):
        edited = daemon.rules.with_suffix(".tmp")
        edited.write_text(rules_for(*names, rule=f"turn-{turn}"))
        edited.rename(daemon.rules)
        daemon.wait_for_log(rf"is taken over.*turn-{turn}")


def test_what_a_symbolic_link_leads_to_may_be_exchanged(make_daemon, first):
    daemon = make_daemon({"one": sinks.record(first)}, settings=WATCH)
    for name in ("a", "b"):
        (daemon.folder / name).mkdir()
        (daemon.folder / name / "rules.yaml").write_text(rules_for("one", rule=f"by-{name}"))
    daemon.rules.unlink()
    link = daemon.folder / "current"
    link.symlink_to("a")
    daemon.rules.symlink_to("current/rules.yaml")
    daemon.start()
    fresh = daemon.folder / "next"
    fresh.symlink_to("b")
    fresh.rename(link)
    daemon.wait_for_log(r"is taken over.*\+by-b -by-a")


def test_a_new_file_that_a_pattern_finds_and_a_secret_file_are_noticed(make_daemon, first):
    daemon = make_daemon({"one": sinks.record(first)}, settings=WATCH)
    rules = daemon.folder / "rules.d"
    rules.mkdir()
    (rules / "10.yaml").write_text(rules_for("one"))
    (daemon.folder / "url.txt").write_text("http://127.0.0.1:1/unused\n")
    text = daemon.config.read_text().replace("rules: rules.yaml", "rules: rules.d/*.yaml")
    daemon.config.write_text(text.replace(
        f"sinks: {as_yaml({'one': sinks.record(first)})}",
        f"sinks: {as_yaml({'one': {**sinks.record(first), 'url': '${file:url.txt}'}})}"))
    daemon.start()
    (rules / "20.yaml").write_text("rules:\n  - {name: more, match: {}, send: [one]}\n")
    daemon.wait_for_log(r"is taken over.*\+more")
    (daemon.folder / "url.txt").write_text(first.url + "\n")
    daemon.wait_for_log(r"is taken over.*sinks: ~one")
    daemon.accept(probe("to the new place"))
    first.wait_for(1)


def test_a_bad_file_is_told_once_and_its_mending_is_noticed(make_daemon, first):
    daemon = make_daemon({"one": sinks.record(first)}, settings=WATCH).start()
    daemon.rules.write_text("rules: [\n")
    daemon.wait_for_log("is not taken over")
    daemon.rules.write_text(rules_for("one", rule="mended"))
    daemon.wait_for_log(r"is taken over.*\+mended")
    assert daemon.log().count("is not taken over") == 1


def test_nothing_is_watched_unless_asked_for(make_daemon, first):
    daemon = make_daemon({"one": sinks.record(first)}).start()
    daemon.rules.write_text(NOBODY)
    daemon.config.write_text(daemon.config.read_text() + WATCH)
    reload(daemon)
    before = daemon.log().count("is taken over")
    daemon.rules.write_text(rules_for("one", rule="seen"))
    daemon.wait_for_log(r"is taken over.*\+seen")
    assert daemon.log().count("is taken over") == before + 1


# Under load ----------------------------------------------------------------------------------


def test_reloads_under_load_lose_repeat_and_disorder_nothing(make_daemon, first, second):
    """Forty threads of ten events each, while sinks change, leave and come back."""
    plain = {"one": sinks.record(first), "two": sinks.record(second)}
    changes = [
        plain,
        {"one": sinks.record(first, timeout="9s"), "two": sinks.record(second)},
        {"one": sinks.record(first, concurrency=2), "two": sinks.record(second, timeout="8s")},
        {**plain, "three": sinks.unreachable()},
    ]
    rules = rules_for("one", "two")
    daemon = make_daemon(plain, rules=rules, settings="dedupe: 10m\n").start()
    posted = [probe(f"{thread}-{number}", thread=f"thread-{thread}")
              for number in range(10) for thread in range(40)]
    sender = threading.Thread(target=daemon.accept_all, args=(posted,))
    sender.start()
    for turn in range(20):
        daemon.write(changes[turn % len(changes)], rules=rules, settings="dedupe: 10m\n")
        reload(daemon)
    sender.join()
    daemon.wait_settled()
    wanted = [f"{thread}-{number}" for thread in range(40) for number in range(10)]
    for recorder in (first, second):
        got = recorder.titles()
        assert sorted(got) == sorted(wanted)
        for thread in range(40):
            numbers = [int(title.split("-")[1]) for title in got
                       if title.startswith(f"{thread}-")]
            assert numbers == sorted(numbers), thread
