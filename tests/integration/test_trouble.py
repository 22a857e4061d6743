"""When something is broken: who hears of it, who takes over, and what becomes of what waits."""

import http.client
import json
import signal
import time

import pytest

import sinks
from conftest import load_event
from tocsin import wait_until

FAST = ("sink_defaults: {retry: {first: 100ms, max: 500ms, give_up: 1h},"
        " breaker: {failures: 3, probe: 200ms}}\n")


def probe(number, thread="t"):
    return {"type": "probe", "action": "created",
            "attributes": {"title": f"no{number:06d}x", "uuid": thread}}


def titles(mattermost):
    return [mattermost.as_text(entry) for entry in mattermost.received]


def deliveries_to(daemon, event_id, sink):
    """An event's deliveries to a sink: those of the decision, and what came later."""
    story = daemon.event(event_id)
    later = [delivery for entry in story["later"] for delivery in entry["deliveries"]]
    return [d for d in story["deliveries"] + later if d["sink"] == sink]


def state_of(daemon, event_id, sink):
    return [d["state"] for d in deliveries_to(daemon, event_id, sink)]


def reasons_of(daemon, event_id, sink):
    return [d["reason"] or "" for d in deliveries_to(daemon, event_id, sink)]


def change(daemon, what, **body):
    """What an operator asks of the API."""
    answer = daemon.request("POST", f"/api/v1/{what}", json.dumps(body), {"X-Tocsin": "1"},
                            port=daemon.admin_port)
    assert answer.status == 200, answer
    return answer.body


@pytest.fixture
def other(started):
    """A second chat, for alarms and fallbacks."""
    from fakes.mattermost import Mattermost
    return started(Mattermost())


# Alarms ------------------------------------------------------------------------------------


def only_chat(*more):
    return ("rules:\n  - name: to the chat\n    match: {type: probe}\n    send: [chat]\n"
            "  - name: nothing else\n    match: {}\n    send: []\n") + "".join(more)


def test_a_deleted_destination_is_reported_once_and_holds_its_deliveries(
        make_daemon, mattermost, other):
    mattermost.fail_always(404)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "duty": sinks.mattermost(other)},
                         rules=only_chat(), settings=FAST + "alarms: [duty, chat]\n").start()
    ids = [daemon.accept(probe(n, f"t{n}")) for n in range(5)]
    other.wait_for(1)
    alarm, = titles(other)
    assert "chat" in alarm and "unusable" in alarm and "404" in alarm, alarm
    tried = len(mattermost.requests)
    wait_until(lambda: len(mattermost.requests) > tried + 2, "probes")
    assert all(state_of(daemon, i, "chat") != ["dead"] for i in ids)
    assert len(other.received) == 1, "told once"
    mattermost.fail_always(None)
    mattermost.wait_for(5)
    status = daemon.wait_settled()
    assert status["dead"] == 0
    assert len(other.received) == 1
    alarms = [text for text in titles(mattermost) if "unusable" in text]
    assert alarms == [], "a sink does not hear of its own trouble"


def test_a_sink_that_fails_on_is_reported_after_a_failed_probe(make_daemon, mattermost, other):
    mattermost.fail_always(500)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "duty": sinks.mattermost(other)},
                         rules=only_chat(), settings=FAST + "alarms: [duty]\n").start()
    for n in range(5):
        daemon.accept(probe(n, f"t{n}"))
    other.wait_for(1)
    assert "chat" in titles(other)[0] and "fails" in titles(other)[0]
    mattermost.fail_always(None)
    daemon.wait_settled()


def test_a_dead_letter_is_told_of_with_its_reason_once_an_hour(make_daemon, mattermost, other):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "duty": sinks.mattermost(other)},
                         rules=only_chat(), settings=FAST + "alarms: [duty]\n").start()
    mattermost.fail_next(3, 400)
    for n in range(3):
        daemon.accept(probe(n))
    status = daemon.wait_settled()
    assert status["dead"] == 3
    alarm, = titles(other)
    assert "400" in alarm and "tocsin dead" in alarm, alarm
    daemon.restart()
    mattermost.fail_next(1, 400)
    daemon.accept(probe(3))
    assert daemon.wait_settled()["dead"] == 4
    assert len(other.received) == 1, "a restart does not make it new"


def test_a_refused_key_is_told_and_messages_go_out_all_the_same(make_daemon, api, mattermost,
                                                                other):
    api.refuse(401)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "duty": sinks.mattermost(other)},
                         rules="rules:\n  - name: all\n    match: {}\n    send: [chat]\n", api=api,
                         settings="alarms: [duty]\n").start()
    daemon.accept(load_event("alert-created"))
    other.wait_for(1)
    assert "key" in titles(other)[0], titles(other)
    mattermost.wait_for(1)
    daemon.wait_settled()


def test_an_event_that_only_says_it_is_an_alarm_goes_by_the_rules(make_daemon, mattermost, other):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "duty": sinks.mattermost(other)},
                         rules="rules:\n  - name: all\n    match: {}\n    send: [chat]\n",
                         settings="alarms: [duty]\n").start()
    daemon.accept({"type": "tocsin", "action": "sink-unusable",
                   "attributes": {"title": "I am no alarm"}})
    mattermost.wait_for(1)
    daemon.wait_settled()
    assert other.received == []


def test_alarms_are_replayed_only_where_they_are_meant(make_daemon, mattermost, other):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "duty": sinks.mattermost(other)},
                         rules=only_chat(), settings=FAST + "alarms: [duty]\n").start()
    mattermost.fail_next(1, 400)
    event_id = daemon.accept(probe(1))
    other.wait_for(1)
    daemon.wait_settled()

    def replayed(**what):
        return [e["id"] for e in change(daemon, "replay", dry_run=True, **what)["events"]]
    assert replayed(since="1h") == [event_id]
    assert len(replayed(since="1h", hook="tocsin")) == 1


# Silence -----------------------------------------------------------------------------------


def test_a_silent_hook_is_told_of_once_until_it_is_heard_again(make_daemon, mattermost, other):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "duty": sinks.mattermost(other)},
                         rules=only_chat(), hook="{alarm_if_silent: 2s}",
                         settings="alarms: [duty]\n").start()
    began = time.monotonic()
    daemon.accept(probe(1))
    other.wait_for(1)
    assert time.monotonic() - began >= 2
    assert "soc" in titles(other)[0] and "silent" in titles(other)[0]
    daemon.accept(probe(2))
    daemon.wait_for_log("hook soc is silent(.|\n)*hook soc is silent")
    daemon.wait_settled()
    assert len(other.received) == 1, "the same cause within the hour is told once"


def test_what_was_not_heard_while_no_daemon_ran_is_no_silence(make_daemon, mattermost, other):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "duty": sinks.mattermost(other)},
                         rules=only_chat(), hook="{alarm_if_silent: 3s}",
                         settings="alarms: [duty]\n").start()
    daemon.accept(probe(1))
    began = time.monotonic()
    daemon.stop()
    wait_until(lambda: time.monotonic() - began > 3.5, "the limit to pass")
    daemon.start()
    started = time.monotonic()
    assert "is silent" not in daemon.log()
    other.wait_for(1)
    assert time.monotonic() - started >= 2.5, "some time of this life must pass first"


# Fallback ----------------------------------------------------------------------------------


def with_fallback(mattermost, other, **options):
    return {"chat": sinks.mattermost(mattermost, fallback="mail", fallback_after="1s", **options),
            "mail": sinks.mattermost(other)}


def test_what_waits_too_long_goes_to_the_fallback_once_and_in_order(make_daemon, mattermost, other):
    mattermost.fail_always(503)
    daemon = make_daemon(with_fallback(mattermost, other), rules=only_chat(), settings=FAST).start()
    ids = [daemon.accept(probe(n)) for n in range(4)]
    other.wait_for(4)
    daemon.wait_settled()
    assert [f"no{n:06d}x" in text for n, text in enumerate(titles(other))] == [True] * 4
    for event_id in ids:
        assert state_of(daemon, event_id, "chat") == ["skipped"]
        assert state_of(daemon, event_id, "mail") == ["delivered"]
        assert "mail" in reasons_of(daemon, event_id, "chat")[0]
    mattermost.fail_always(None)
    daemon.accept(probe(9))
    mattermost.wait_for(1)
    daemon.wait_settled()
    assert len(other.received) == 4, "what is young stays"


def test_a_sink_that_has_the_event_already_does_not_get_it_as_a_fallback(
        make_daemon, mattermost, other):
    mattermost.fail_always(503)
    daemon = make_daemon(with_fallback(mattermost, other), rules=(
        "rules:\n  - name: both\n    match: {}\n    send: [chat, mail]\n"), settings=FAST).start()
    both = daemon.accept(probe(1))
    other.wait_for(1)
    tries = len(mattermost.requests)
    wait_until(lambda: len(mattermost.requests) >= tries + 4, "it is tried on at its own sink")
    assert state_of(daemon, both, "mail") == ["delivered"]
    mattermost.fail_always(None)
    daemon.wait_settled()
    assert state_of(daemon, both, "chat") == ["delivered"]
    assert len(other.received) == 1


def test_what_was_moved_is_not_moved_again(make_daemon, mattermost, other, started):
    from fakes.mattermost import Mattermost
    third = started(Mattermost())
    mattermost.fail_always(503)
    other.fail_always(503)
    daemon = make_daemon({
        "chat": sinks.mattermost(mattermost, fallback="mail", fallback_after="1s"),
        "mail": sinks.mattermost(other, fallback="last", fallback_after="1s"),
        "last": sinks.mattermost(third)}, rules=only_chat(), settings=FAST).start()
    event_id = daemon.accept(probe(1))
    wait_until(lambda: len(other.requests) >= 6, "tries at the fallback")
    assert third.received == []
    other.fail_always(None)
    daemon.wait_settled()
    assert state_of(daemon, event_id, "chat") == ["skipped"]
    assert state_of(daemon, event_id, "mail") == ["delivered"]


def test_after_an_attempt_in_doubt_the_fallback_carries_the_mark(make_daemon, mattermost, other):
    mattermost.hang_always(True)
    daemon = make_daemon(with_fallback(mattermost, other, timeout="500ms"), rules=only_chat(),
                         settings=FAST).start()
    daemon.accept(probe(1))
    other.wait_for(1)
    assert "repeat" in titles(other)[0].lower(), titles(other)
    mattermost.hang_always(False)
    daemon.wait_settled()


# Sinks that leave and come back ------------------------------------------------------------


def test_deliveries_of_a_sink_that_left_are_held_and_told_of(make_daemon, mattermost, other):
    mattermost.fail_always(503)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "duty": sinks.mattermost(other)},
                         rules=only_chat(), settings=FAST + "alarms: [duty]\n").start()
    event_id = daemon.accept(probe(1))
    wait_until(lambda: len(mattermost.requests) >= 1, "an attempt")
    daemon.stop()
    daemon.write({"duty": sinks.mattermost(other)}, settings=FAST + "alarms: [duty]\n",
                 rules="rules:\n  - name: none\n    match: {}\n    send: []\n")
    daemon.start()
    other.wait_for(1)
    assert "chat" in titles(other)[0] and "retry --sink chat" in titles(other)[0], titles(other)
    wait_until(lambda: daemon.status()["waiting"] == 1, "only the held one waits")
    daemon.stop()
    mattermost.fail_always(None)
    daemon.write({"chat": sinks.mattermost(mattermost), "duty": sinks.mattermost(other)},
                 rules=only_chat(), settings=FAST + "alarms: [duty]\n")
    daemon.start()
    mattermost.wait_for(1)
    daemon.wait_settled()
    assert state_of(daemon, event_id, "chat") == ["delivered"]


def test_what_is_older_than_give_up_when_its_sink_returns_is_dead_and_no_flood(
        make_daemon, mattermost, other):
    mattermost.fail_always(503)
    short = FAST.replace("give_up: 1h", "give_up: 2s")
    both = {"chat": sinks.mattermost(mattermost), "duty": sinks.mattermost(other)}
    daemon = make_daemon(both, rules=only_chat(), settings=FAST + "alarms: [duty]\n").start()
    old = [daemon.accept(probe(n)) for n in range(3)]
    wait_until(lambda: all(daemon.event(one)["deliveries"] for one in old), "each decided")
    wait_until(lambda: len(mattermost.requests) >= 1, "an attempt")
    daemon.stop()
    began = time.monotonic()
    daemon.write({"duty": sinks.mattermost(other)}, settings=FAST,
                 rules="rules:\n  - name: none\n    match: {}\n    send: []\n")
    daemon.start()
    wait_until(lambda: time.monotonic() - began > 2.5, "give_up to pass")
    daemon.stop()
    mattermost.fail_always(None)
    before = len(mattermost.received)
    daemon.write(both, rules=only_chat(), settings=short + "alarms: [duty]\n")
    daemon.start()
    status = daemon.wait_settled()
    assert status["dead"] == 3
    assert len(mattermost.received) == before
    for event_id in old:
        assert "out of the configuration" in reasons_of(daemon, event_id, "chat")[0]
    daemon.accept(probe(9))
    mattermost.wait_for(before + 1)


# Crash loops -------------------------------------------------------------------------------


GONE = (AssertionError, OSError, http.client.HTTPException)


def survives(daemon):
    """Starts it; false when it died before its work was done."""
    try:
        daemon.start()
        daemon.wait_settled()
        return True
    except GONE:
        assert daemon.process.wait(60) == -signal.SIGKILL, daemon.log()[-3000:]
        return False


def test_a_message_that_ends_the_daemon_each_time_is_a_dead_letter_after_the_third(
        make_daemon, mattermost, other):
    daemon = make_daemon({"evil": sinks.poison(mattermost), "duty": sinks.mattermost(other)},
                         rules="rules:\n  - name: to evil\n    match: {}\n    send: [evil]\n",
                         settings=FAST + "alarms: [duty]\n").start()
    change(daemon, "sinks/evil/pause", reason="until all are in")
    poisoned = daemon.accept({"type": "probe", "attributes": {"title": "poison", "uuid": "p"}})
    harmless = [daemon.accept(probe(n, f"t{n}")) for n in range(6)]
    try:
        change(daemon, "sinks/evil/resume")
    except GONE:
        pass  # it may die before it has answered
    daemon.process.wait(60)
    assert [survives(daemon) for _ in range(3)] == [False, False, True], "the third death is the last"
    assert state_of(daemon, poisoned, "evil") == ["dead"]
    assert "three times" in reasons_of(daemon, poisoned, "evil")[0]
    for event_id in harmless:
        assert state_of(daemon, event_id, "evil") == ["delivered"]
    other.wait_for(1)
    assert any("crashes" in text for text in titles(other)), titles(other)
