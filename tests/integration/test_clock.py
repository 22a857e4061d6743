"""The wall clock is set a day forward and a day back under the daemon, by libfaketime: durations run
on, nothing stalls, nothing storms, nothing is given up early, and what was had already is known."""

import datetime
import time

import pytest

import sinks
from conftest import load_event, load_object
from tocsin import faketime_preload, wait_until

DAY = 86400
JUMPS = pytest.mark.parametrize("jump", [DAY, -DAY], ids=["forward", "back"])
PATIENT = "sink_defaults: {retry: {first: 1s, max: 1s, give_up: 1h}, " \
          "breaker: {failures: 1000, probe: 100ms}}\n"
MOST_A_SECOND = 11  # attempts of one delivery: a wait is never under a tenth of its span


class Clock:
    """The wall clock of a daemon; its monotonic one is the machine's."""

    def __init__(self, path):
        self.path = path
        self.set(0)
        self.env = {"LD_PRELOAD": faketime_preload(), "FAKETIME_TIMESTAMP_FILE": str(path),
                    "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                    "NO_FAKE_STAT": "1"}

    def set(self, offset):
        """Seconds from the true time; the file is never seen half written."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{offset:+d}")
        fresh.rename(self.path)
        self.offset = offset

    def day(self):
        moment = datetime.datetime.now(datetime.timezone.utc)
        return (moment + datetime.timedelta(seconds=self.offset)).date().isoformat()


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path / "clock")


@pytest.fixture
def recorder(started):
    from fakes.recorder import Recorder
    return started(Recorder())


def event(n):
    return {"type": "probe", "action": "created",
            "attributes": {"title": f"update {n}", "uuid": f"thread-{n}"}}


def jump_under(daemon, clock, offset):
    """And proves that it saw it: a line of its log is of that day."""
    clock.set(offset)
    day = clock.day()
    daemon.accept({"type": "probe", "day": day})
    daemon.wait_for_log(f"time={day}T.*accepted probe")


# What is under way -------------------------------------------------------------------------


@JUMPS
def test_waiting_retries_neither_stall_nor_storm_nor_are_given_up(clock, recorder, make_daemon, jump):
    daemon = make_daemon({"far": sinks.record(recorder)}, settings=PATIENT, env=clock.env).start()
    recorder.judge = lambda document, count: (500, {})
    daemon.accept_all([event(n) for n in range(5)])
    recorder.wait_for_requests(5, 30)
    jump_under(daemon, clock, jump)
    began, before = time.monotonic(), len(recorder.requests)
    recorder.wait_for_requests(before + 12, 60)
    took = time.monotonic() - began
    assert took < 30, "each is tried again every second at the latest"
    assert len(recorder.requests) - before <= 6 * (1 + MOST_A_SECOND * took), "a storm"
    assert daemon.status()["dead"] == 0, "none is a day old"
    recorder.judge = None
    assert daemon.wait_settled()["dead"] == 0
    assert sorted(title for title in recorder.titles() if title.startswith("update")) == \
        [f"update {n}" for n in range(5)]


@JUMPS
def test_a_look_up_under_way_keeps_its_deadline(clock, api, mattermost, make_daemon, jump):
    """Its first try takes until after the jump, its second brings the alert."""
    api.add(load_object("alert-full"))
    api.fail_next(1, 500)
    api.delay(1)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api, env=clock.env,
                         settings="enrich: {alert: {deadline: 1m, timeout: 10s}}\n").start()
    daemon.accept(load_event("alert-created"))
    jump_under(daemon, clock, jump)
    mattermost.wait_for(2, 60)
    texts = [mattermost.as_text(entry) for entry in mattermost.received]
    assert any("Mimikatz" in text for text in texts), texts
    assert len(api.requests) == 2
    daemon.wait_settled()


@JUMPS
def test_a_gate_that_is_shut_opens_at_its_time(clock, recorder, make_daemon, jump):
    recorder.fail_next(1, 429, headers={"Retry-After": "2"})
    daemon = make_daemon({"far": sinks.record(recorder, retry={"max": "1m"})}, settings=PATIENT,
                         env=clock.env).start()
    shut_at = time.monotonic()
    daemon.accept(event(0))
    wait_until(lambda: daemon.status()["sinks"][0]["state"] == "shut", "shut")
    jump_under(daemon, clock, jump)
    recorder.wait_for(2, 60)
    assert 1.5 < time.monotonic() - shut_at < 40
    daemon.wait_settled()


@JUMPS
def test_a_rate_is_kept(clock, recorder, make_daemon, jump):
    daemon = make_daemon({"far": sinks.record(recorder, rate="10/s")}, settings=PATIENT,
                         env=clock.env).start()
    daemon.accept_all([event(n) for n in range(29)])
    recorder.wait_for(3, 30)
    jump_under(daemon, clock, jump)
    began, before = time.monotonic(), len(recorder.received)
    recorder.wait_for(30, 60)
    assert 30 - before <= 10 * (time.monotonic() - began) + 10 + 3, "a burst"


# What was had already --------------------------------------------------------------------------


UNIQUE = {"type": "alert", "action": "created", "attributes": {"uuid": "a"},
          "metadata": {"uuid": "77c0ffee-1111-4000-8000-000000000001", "version": 2}}


@JUMPS
def test_what_was_had_already_is_still_known(clock, recorder, make_daemon, jump):
    daemon = make_daemon({"far": sinks.record(recorder)}, env=clock.env).start()
    first = daemon.accept(UNIQUE)
    jump_under(daemon, clock, jump)
    again = daemon.post(UNIQUE)
    assert (again.body["id"], again.body.get("duplicate")) == (first, True)
    jump_under(daemon, clock, 0)
    assert daemon.post(UNIQUE).body.get("duplicate") is True


def test_set_back_while_no_daemon_ran_what_was_had_is_known(clock, recorder, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder)}, env=clock.env).start()
    first = daemon.accept(UNIQUE)
    daemon.wait_settled()
    daemon.stop()
    clock.set(-DAY)
    daemon.start()
    assert daemon.post(UNIQUE).body["id"] == first


# Over a restart ----------------------------------------------------------------------------


@JUMPS
def test_a_jump_while_no_daemon_runs_holds_up_no_retry_and_gives_none_up(clock, recorder,
                                                                         make_daemon, jump):
    recorder.judge = lambda document, count: (500, {})
    daemon = make_daemon({"far": sinks.record(recorder)}, settings=PATIENT, env=clock.env).start()
    daemon.accept_all([event(n) for n in range(5)])
    recorder.wait_for_requests(5, 30)
    daemon.kill9()
    clock.set(jump)
    recorder.judge = None
    daemon.start()
    recorder.wait_for(5, 30)
    assert daemon.wait_settled()["dead"] == 0
    if jump < 0:
        daemon.wait_for_log("the clock went back by 8[0-9]{4} s")
    assert clock.day() in daemon.log_file().read_text()


def test_a_jump_there_and_back_over_restarts(clock, recorder, make_daemon):
    recorder.judge = lambda document, count: (500, {})
    daemon = make_daemon({"far": sinks.record(recorder)}, env=clock.env,
                         settings=PATIENT.replace("give_up: 1h", "give_up: 7d")).start()
    daemon.accept_all([event(n) for n in range(5)])
    recorder.wait_for_requests(5, 30)
    for offset in (DAY, 0, -DAY):
        daemon.stop()
        clock.set(offset)
        before = len(recorder.requests)
        daemon.start()
        recorder.wait_for_requests(before + 5, 30)
    recorder.judge = None
    status = daemon.wait_settled()
    assert (status["delivered"], status["dead"]) == (5, 0)


def test_an_age_counts_from_acceptance_when_the_event_is_routed_again(clock, recorder,
                                                                      make_daemon):
    rules = "rules: [{name: fresh, match: {time: {newer_than: 1h}}, send: far}]\n"
    daemon = make_daemon({"far": sinks.record(recorder)}, env=clock.env, rules=rules).start()
    fresh = daemon.accept(event(1))
    recorder.wait_for(1)
    daemon.stop()
    clock.set(DAY)
    daemon.start()
    late = daemon.accept({**event(2), "metadata": {"created_at": time.time()}})
    answer = daemon.command("replay", fresh, late)
    assert answer.returncode == 0, answer
    recorder.wait_for(2)
    daemon.wait_settled()
    assert recorder.titles() == ["update 1", "update 1"]
