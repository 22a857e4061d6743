"""A plugin that blocks past its deadline: reported, its delivery in doubt and repeated with the mark,
its sink at work with a fresh thread, others unharmed; too many of them make the sink unusable."""

import re
import time

import pytest

import sinks
from tocsin import wait_until

SETTINGS = ("drain: 1s\n"
            "sink_defaults: {retry: {first: 100ms, max: 300ms, give_up: 1h}}\n")
MOST_LOST = 8  # threads of one sink


class Notebook:
    """What the plugin wrote: (delivery, attempt, mark, title) of each attempt."""

    def __init__(self, path):
        self.path = path

    def lines(self):
        text = self.path.read_text() if self.path.exists() else ""
        return [tuple(line.split("\t")) for line in text.splitlines()]

    def of(self, title):
        return [line for line in self.lines() if line[3] == title]


@pytest.fixture
def notebook(tmp_path):
    return Notebook(tmp_path / "notebook")


def post(daemon, title, thread=""):
    return daemon.accept({"type": "probe", "action": "created",
                          "attributes": {"title": title, "uuid": thread or title}})


def test_it_is_reported_and_its_delivery_repeated_with_the_mark(notebook, make_daemon):
    daemon = make_daemon({"slow": sinks.overstay(notebook.path, timeout="200ms", concurrency=1)},
                         settings=SETTINGS).start()
    event_id = post(daemon, "stuck")
    wait_until(lambda: len(notebook.of("stuck")) == 2, "a second attempt", 60)
    daemon.wait_settled()
    first, second = notebook.of("stuck")
    assert first[0] == second[0], "the same delivery id"
    assert (first[1:3], second[1:3]) == (("1", ""), ("2", "repeat"))
    daemon.wait_for_log(r"level=error sink=slow msg=\"plugin overstay overstayed its deadline of "
                        r"200 ms")
    delivery, = daemon.event(event_id)["deliveries"]
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 2)
    failed, = delivery["failed_attempts"]
    assert failed["maybe_sent"] and "overstayed" in failed["reason"]


def test_its_sink_goes_on_with_a_fresh_worker_and_others_are_unharmed(
        notebook, syslog, make_daemon):
    daemon = make_daemon({"slow": sinks.overstay(notebook.path, timeout="200ms", concurrency=1),
                          "siem": sinks.syslog(syslog)}, settings=SETTINGS).start()
    post(daemon, "stuck")
    for n in range(20):
        post(daemon, f"healthy {n}")
    syslog.wait_for(21, 60)
    status = daemon.wait_settled()
    assert (status["delivered"], status["dead"]) == (42, 0)
    assert len(notebook.lines()) == 22, "each once, and the stuck one twice"


def test_with_in_doubt_dead_it_is_not_repeated(notebook, make_daemon):
    daemon = make_daemon({"slow": sinks.overstay(notebook.path, timeout="200ms", concurrency=1,
                                                 in_doubt="dead")}, settings=SETTINGS).start()
    event_id = post(daemon, "stuck")
    assert daemon.wait_settled()["dead"] == 1
    assert len(notebook.lines()) == 1
    delivery, = daemon.event(event_id)["deliveries"]
    assert "may have arrived" in delivery["reason"]


def test_too_many_lost_threads_make_the_sink_unusable_and_no_other(
        notebook, syslog, make_daemon):
    daemon = make_daemon({"slow": sinks.overstay(notebook.path, timeout="100ms", concurrency=4,
                                                 breaker={"failures": 100}),
                          "siem": sinks.syslog(syslog)},
                         settings=SETTINGS).start()
    for n in range(MOST_LOST + 4):
        post(daemon, f"stuck for ever {n}")
    wait_until(lambda: sink_of(daemon, "slow")["state"] == "shut"
               and lost_threads(daemon) >= MOST_LOST,
               "the sink is unusable", 120)
    daemon.wait_for_log(r"level=error sink=slow msg=\"unusable")
    assert lost_threads(daemon) == MOST_LOST
    assert len(notebook.lines()) == MOST_LOST, "no thread is left that could try more"
    post(daemon, "afterwards")
    syslog.wait_for(MOST_LOST + 5, 60)
    assert sink_of(daemon, "siem")["state"] == "open"
    assert wait_until(lambda: daemon.status()["waiting"] == MOST_LOST + 5,
                      "its deliveries wait"), "none is dead"


def lost_threads(daemon):
    return daemon.log().count("its thread is given up")


def sink_of(daemon, name):
    return next(sink for sink in daemon.status()["sinks"] if sink["name"] == name)


@pytest.mark.parametrize("moment", ["while it is stuck", "after it was given up"])
def test_sigterm_ends_it_in_bounded_time(notebook, make_daemon, moment):
    timeout = "10m" if moment == "while it is stuck" else "100ms"
    count = MOST_LOST if moment == "while it is stuck" else 1
    daemon = make_daemon({"slow": sinks.overstay(notebook.path, timeout=timeout, concurrency=8)},
                         settings=SETTINGS).start()
    for n in range(count):
        post(daemon, f"stuck for ever {n}")
    wait_until(lambda: len(notebook.lines()) >= count, "all attempts under way")
    if timeout == "100ms":
        daemon.wait_for_log("overstayed")
    began = time.monotonic()
    daemon.stop()
    assert time.monotonic() - began < 12, "it waits for all of them at once"
    assert re.search('msg="stopped"', daemon.log())


def test_stopped_with_a_stuck_attempt_its_delivery_is_marked_at_the_next_start(
        notebook, make_daemon):
    daemon = make_daemon({"slow": sinks.overstay(notebook.path, timeout="10m", concurrency=1)},
                         settings=SETTINGS).start()
    post(daemon, "stuck")
    wait_until(notebook.lines, "an attempt")
    post(daemon, "never tried")
    daemon.restart()
    daemon.wait_settled()
    assert [line[2] for line in notebook.of("stuck")] == ["", "repeat"]
    assert [line[2] for line in notebook.of("never tried")] == [""]
