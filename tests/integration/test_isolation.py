"""A slow, dead or hostile sink delays no other: while they hang, all of the healthy ones' deliveries
end, and hooks go on answering."""

import pytest

import sinks
from fakes.far_end import FarEnd, number_title
from tocsin import wait_until

EVENTS = 300
SETTINGS = ("drain: 1s\n"
            "sink_defaults: {timeout: 20s, retry: {first: 100ms, max: 500ms, give_up: 1h},"
            " breaker: {failures: 5, probe: 200ms}}\n")


def chat(far_end, **more):
    return {"plugin": "mattermost", "url": far_end.url, "rate": "off", **more}


@pytest.fixture
def hostile(started, tmp_path):
    """Sinks whose far ends never answer, fail for ever, break off in mid-answer; and one whose plugin
    blocks to its deadline."""
    ends = {manner: started(FarEnd(manner)) for manner in ("hang", "fail", "reset")}
    options = {manner: chat(end) for manner, end in ends.items()}
    options["blocks"] = sinks.overstay(tmp_path / "blocks", concurrency=2)
    return ends, options


@pytest.fixture
def healthy(started, syslog):
    return started(FarEnd()), syslog


def post(daemon, count):
    for number in range(count):
        answer = daemon.post({"type": "probe", "action": "created", "attributes": {
            "title": f"{number_title(number)} patient", "uuid": f"thread-{number % 20}"}})
        assert answer.status == 202
        assert answer.ms < 10000, "a hook answers while sinks hang"


def test_healthy_sinks_of_both_lanes_get_everything_while_others_hang(hostile, healthy,
                                                                      make_daemon, tmp_path):
    ends, bad = hostile
    far_end, log = healthy
    # The hostile ones stand first, so that whatever waits for its turn waits behind them.
    daemon = make_daemon({**bad, "chat": chat(far_end), "siem": sinks.syslog(log)},
                         settings=SETTINGS).start()
    post(daemon, EVENTS)
    counts = far_end.wait_for(EVENTS, 60)
    log.wait_for(EVENTS, 60)
    assert (counts["numbers"], counts["again"]) == (EVENTS, 0)
    status = wait_until(
        lambda: (s := daemon.status())["delivered"] == 2 * EVENTS and s, "the outcomes too", 60)
    assert status["waiting"] == len(bad) * EVENTS, "what hangs is kept"
    for manner, end in ends.items():
        assert end.counts()["posts"] > 0, f"{manner} was tried"
        assert end.counts()["taken"] == 0
    assert (tmp_path / "blocks").read_text(), "the blocking plugin was tried"
    by_name = {sink["name"]: sink for sink in status["sinks"]}
    assert (by_name["chat"]["state"], by_name["siem"]["state"]) == ("open", "open")
    assert by_name["fail"]["state"] == "shut"
    daemon.still_serves()


def test_what_hung_arrives_when_it_answers_again(hostile, healthy, make_daemon):
    ends, bad = hostile
    del bad["blocks"]
    bad["hang"]["timeout"] = "1s"
    daemon = make_daemon({**bad, "chat": chat(healthy[0])}, settings=SETTINGS).start()
    post(daemon, 20)
    healthy[0].wait_for(20, 60)
    for end in ends.values():
        end.turn("ok")
    for end in ends.values():
        end.wait_for(20, 60)
    status = daemon.wait_settled()
    assert (status["delivered"], status["dead"]) == (80, 0)
