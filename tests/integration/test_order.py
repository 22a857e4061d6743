"""Order and concurrency of one sink: first in first out per thread, bounds measured at the far end,
urgent ones first, Retry-After, doubt, and what an end leaves behind."""

import email.utils
import random
import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import sinks
from tocsin import wait_until

RETRY_FAST = "sink_defaults: {retry: {first: 50ms, max: 200ms, give_up: 1h}, " \
             "breaker: {failures: 1000, probe: 100ms}}\n"


@pytest.fixture
def recorder(started):
    from fakes.recorder import Recorder
    return started(Recorder())


def event(title, thread="", urgency=30):
    return {"type": "probe", "action": "created",
            "attributes": {"title": title, "uuid": thread, "urgency": urgency}}


def by_thread(documents):
    """The numbers (the title's last word) in order of arrival, the same twice in a row once."""
    threads = {}
    for document in documents:
        numbers = threads.setdefault(document["thread"], [])
        number = int(document["title"].split()[-1])
        if not numbers or numbers[-1] != number:
            numbers.append(number)
    return threads


def post_many(daemon, count, threads):
    daemon.accept_all([event(f"update {n}", f"thread-{n % threads}") for n in range(count)])


def assert_in_order(recorder, count, threads):
    seen = by_thread(recorder.documents())
    assert len(seen) == threads
    for name, numbers in seen.items():
        assert numbers == sorted(numbers), f"{name} out of order: {numbers}"
    assert sorted(sum(seen.values(), [])) == list(range(count))


# Order -------------------------------------------------------------------------------------


def fail_at_random(chance):
    """A third of the posts: 500, or the connection closes."""
    def judge(document, count):
        roll = chance.random()
        return (500, {}) if roll < 0.2 else (0, {}) if roll < 0.33 else None
    return judge


def test_threads_keep_their_order_through_failures_and_restarts(recorder, make_daemon):
    recorder.judge = fail_at_random(random.Random(7))
    daemon = make_daemon({"far": sinks.record(recorder, concurrency=8)},
                         settings=RETRY_FAST + "drain: 1s\n").start()
    post_many(daemon, 150, 7)
    recorder.wait_for(20)
    daemon.kill9()
    daemon.start()
    recorder.wait_for(50)
    daemon.restart()
    recorder.wait_for(150, 120)
    daemon.wait_settled()
    assert_in_order(recorder, 150, 7)


def test_threads_keep_their_order_through_paging(recorder, make_daemon):
    """While the sink is shut more events come to the ledger than are ever handed out at once."""
    recorder.judge = lambda document, count: (503, {"Retry-After": "1"})
    daemon = make_daemon({"far": sinks.record(recorder, concurrency=16, retry={"max": "1s"})},
                         settings=RETRY_FAST).start()
    shares = [[event(f"update {n}", f"share-{share}-{n % 5}") for n in range(500)]
              for share in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(daemon.accept_all, shares))
    status = wait_until(lambda: (s := daemon.status())["unrouted"] == 0 and s, "all are routed", 120)
    assert (status["waiting"], status["sinks"][0]["state"]) == (2000, "shut")
    recorder.judge = None
    recorder.wait_for(2000, 120)
    daemon.wait_settled()
    seen = by_thread(recorder.documents())
    assert sum(map(len, seen.values())) == 2000
    for name, numbers in seen.items():
        assert numbers == sorted(numbers), f"{name} out of order"


def test_other_threads_flow_while_one_waits_for_its_retry(recorder, make_daemon):
    """The head of one thread fails until all others have come."""
    recorder.judge = lambda document, count: (
        (500, {}) if "stuck" in document["thread"] and len(recorder.received) < 60 else None)
    daemon = make_daemon({"far": sinks.record(recorder, concurrency=2)},
                         settings=RETRY_FAST).start()
    daemon.accept_all([event(f"update {n}", "stuck") for n in range(3)])
    daemon.accept_all([event(f"update {n}", f"thread-{n % 6}") for n in range(60)])
    recorder.wait_for(63, 60)
    last = recorder.documents()[60:]
    assert [document["title"] for document in last] == ["update 0", "update 1", "update 2"]
    assert "stuck" in last[0]["thread"]
    assert last[0]["attempt"] > 1 and last[1]["attempt"] == last[2]["attempt"] == 1


# Concurrency, rate, priority ------------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 3])
def test_never_more_at_once_than_concurrency_says(recorder, make_daemon, most):
    daemon = make_daemon({"far": sinks.record(recorder, concurrency=most)},
                         settings=RETRY_FAST).start()
    recorder.hold()
    post_many(daemon, 20, 20)
    recorder.wait_for_in_flight(most)
    wait_until(lambda: daemon.status()["unrouted"] == 0, "all are routed")
    assert recorder.in_flight == most
    recorder.release()
    recorder.wait_for(20, 60)
    assert recorder.most_in_flight == most


def test_never_more_than_the_rate_allows_also_after_a_rest(recorder, make_daemon):
    """In any stretch of time no more than rate * time + one second's worth."""
    daemon = make_daemon({"far": sinks.record(recorder, rate="10/s", concurrency=8)},
                         settings=RETRY_FAST).start()
    post_many(daemon, 40, 40)
    recorder.wait_for(40, 60)
    times = [entry["time"] for entry in recorder.received]
    slack = 3  # what was under way when the stretch began
    for first in range(len(times)):
        for last in range(first, len(times)):
            most = 10 * (times[last] - times[first]) + 10 + slack
            assert last - first + 1 <= most, (first, last, times[last] - times[first])


def test_an_urgent_one_passes_a_queue_of_low_ones(recorder, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder, rate="4/s", concurrency=1)},
                         settings=RETRY_FAST + "drain: 1s\n").start()
    daemon.accept_all([event(f"low {n}", f"thread-{n}", urgency=5) for n in range(60)])
    wait_until(lambda: daemon.status()["unrouted"] == 0, "all are routed")
    before = len(recorder.titles())
    daemon.accept(event("urgent 0", "alarm", urgency=95))
    wait_until(lambda: "urgent 0" in recorder.titles(), "the urgent one", 60)
    assert recorder.titles().index("urgent 0") <= before + 4
    assert len(recorder.titles()) < 50


# Claims ahead of a place -------------------------------------------------------------------


def claimed(daemon):
    with sqlite3.connect(f"file:{daemon.ledger}?mode=ro", uri=True) as ledger:
        return ledger.execute("SELECT count(*) FROM delivery WHERE claim <> 0").fetchone()[0]


def claim_ahead(recorder, daemon):
    """Until the sink has answered at once, and the next hangs with others claimed behind it."""
    for n in range(1000):
        daemon.accept(event(f"quick {n}"))
        daemon.wait_settled()
        if int(re.findall(r"sink=far .*delivered at attempt 1 in (\d+) ms", daemon.log())[-1]) < 50:
            break
    recorder.hold()
    post_many(daemon, 20, 20)
    recorder.wait_for_in_flight(1)
    wait_until(lambda: daemon.status()["unrouted"] == 0, "all are routed")
    assert 10 < claimed(daemon) <= 33
    return n + 1


def test_what_was_claimed_ahead_is_given_back_when_the_sink_shuts(recorder, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder, concurrency=1, rate="off")},
                         settings=RETRY_FAST).start()
    quick = claim_ahead(recorder, daemon)
    recorder.judge = lambda document, count: (503, {"Retry-After": "3600"})
    recorder.release()
    wait_until(lambda: daemon.status()["sinks"][0]["state"] == "shut", "shut")
    wait_until(lambda: claimed(daemon) <= 1, "the claims are given back")
    recorder.judge = None
    daemon.wait_settled()
    assert recorder.most_in_flight == 1
    documents = recorder.documents()[quick:]
    assert len(documents) == 20 and not any(document["mark"] for document in documents)
    assert sum(document["attempt"] > 1 for document in documents) <= 2


def test_what_was_claimed_ahead_is_given_back_at_an_orderly_end(recorder, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder, concurrency=1, rate="off")},
                         settings=RETRY_FAST + "drain: 30s\n").start()
    quick = claim_ahead(recorder, daemon)
    daemon.process.terminate()
    wait_until(lambda: claimed(daemon) == 1, "but the one under way none is claimed")
    recorder.release()
    assert daemon.process.wait(60) == 0
    daemon.start()
    daemon.wait_settled()
    documents = recorder.documents()[quick:]
    assert len(documents) == 20 and not any(document["mark"] for document in documents)


def test_what_was_lost_is_claimed_only_where_it_is_attempted(recorder, make_daemon):
    """Else a third end could make a dead letter of what nobody tried."""
    daemon = make_daemon({"far": sinks.record(recorder, concurrency=1, rate="off")},
                         settings=RETRY_FAST).start()
    quick = claim_ahead(recorder, daemon)
    daemon.kill9()
    seen = []

    def hang_at_the_fifth(document, count):
        seen.append(document)
        if len(seen) == 5:
            recorder.hold()

    recorder.judge = hang_at_the_fifth
    recorder.release()
    daemon.start()
    wait_until(lambda: len(seen) >= 5 and recorder.in_flight == 1, "the sixth hangs")
    assert claimed(daemon) <= 1
    recorder.release()
    assert daemon.wait_settled()["dead"] == 0
    assert len(set(recorder.titles())) == quick + 20


def test_none_is_claimed_ahead_where_doubt_means_death(recorder, make_daemon):
    daemon = make_daemon(
        {"far": sinks.record(recorder, concurrency=1, rate="off", in_doubt="dead")},
        settings=RETRY_FAST).start()
    for n in range(10):
        daemon.accept(event(f"quick {n}"))
    daemon.wait_settled()
    recorder.hold()
    post_many(daemon, 20, 20)
    recorder.wait_for_in_flight(1)
    wait_until(lambda: daemon.status()["unrouted"] == 0, "all are routed")
    assert claimed(daemon) == 1
    recorder.release()


# Retry-After -------------------------------------------------------------------------------


def in_seconds():
    return "2"


def as_date():
    """Two to three seconds away: it has no parts of one."""
    return email.utils.formatdate(time.time() + 3, usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", [in_seconds, as_date])
def test_retry_after_shuts_the_whole_sink(recorder, make_daemon, status, form):
    refused = []

    def refuse_the_first(document, count):
        if count:
            return None
        refused.append(time.time())
        return status, {"Retry-After": form()}

    recorder.judge = refuse_the_first
    daemon = make_daemon({"far": sinks.record(recorder, retry={"max": "1m"})},
                         settings=RETRY_FAST).start()
    daemon.accept(event("update 0", "first"))
    wait_until(lambda: daemon.status()["sinks"][0]["state"] == "shut", "shut")
    post_many(daemon, 10, 10)
    recorder.wait_for(11, 60)
    assert recorder.received[0]["time"] - refused[0] > 1.8, "none was tried before"
    assert len(recorder.requests) == 12
    daemon.wait_for_log(r"sink=far msg=\"shut for \d+ ms")


def test_retry_after_is_bounded_by_the_longest_wait(recorder, make_daemon):
    recorder.fail_next(1, 429, headers={"Retry-After": "86400"})
    daemon = make_daemon({"far": sinks.record(recorder)}, settings=RETRY_FAST).start()
    daemon.accept(event("update 0"))
    recorder.wait_for(1, 30)
    assert daemon.wait_settled()["dead"] == 0


# In doubt ----------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["resend", "dead"])
def test_a_time_out_after_the_body_was_sent_is_in_doubt(recorder, make_daemon, policy):
    daemon = make_daemon({"far": sinks.record(recorder, timeout="500ms", in_doubt=policy)},
                         settings=RETRY_FAST).start()
    recorder.hold()
    event_id = daemon.accept(event("update 0"))
    recorder.wait_for_in_flight(1)
    daemon.wait_for_log("may have arrived|it may have arrived")
    recorder.release()
    status = daemon.wait_settled()
    delivery, = daemon.event(event_id)["deliveries"]
    assert delivery["failed_attempts"][0]["maybe_sent"]
    # Those that were held are let go at once: the far end's threads may take them in any order.
    documents = sorted(recorder.documents(), key=lambda document: document["attempt"])
    assert len({document["delivery"] for document in documents}) == 1, "one id, however often"
    assert documents[0]["mark"] == ""
    if policy == "dead":
        assert (status["dead"], len(documents)) == (1, 1)
        assert "in_doubt is dead" in delivery["reason"]
    else:
        assert (status["delivered"], status["dead"]) == (1, 0)
        assert all(document["mark"] == "repeat" for document in documents[1:])
        assert documents[-1]["mark"] == "repeat" and len(documents) >= 2


def test_a_failure_that_the_far_end_told_is_in_no_doubt(recorder, make_daemon):
    recorder.fail_next(3, 500)
    daemon = make_daemon({"far": sinks.record(recorder)}, settings=RETRY_FAST).start()
    daemon.accept(event("update 0"))
    document = recorder.wait_for(1, 30)[0]["json"]
    assert (document["attempt"], document["mark"]) == (4, "")


def test_a_kill_marks_no_more_than_were_claimed(recorder, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder, concurrency=3)},
                         settings=RETRY_FAST).start()
    recorder.hold()
    post_many(daemon, 30, 30)
    recorder.wait_for_in_flight(3)
    wait_until(lambda: daemon.status()["unrouted"] == 0, "all are routed")
    daemon.kill9()
    recorder.release()
    daemon.start()
    daemon.wait_for_log("ended uncleanly: 3 deliveries are in doubt")
    daemon.wait_settled()
    assert len(set(recorder.titles())) == 30
    marked = [document for document in recorder.documents() if document["mark"]]
    assert len(marked) == 3
    assert len(recorder.documents()) == 33, "what still waited came once, unmarked"


# The end -----------------------------------------------------------------------------------


def test_sigterm_lets_attempts_end_and_what_was_not_sent_is_not_marked(recorder, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder, concurrency=3)},
                         settings=RETRY_FAST + "drain: 30s\n").start()
    recorder.hold()
    post_many(daemon, 30, 30)
    recorder.wait_for_in_flight(3)
    daemon.process.terminate()
    daemon.wait_for_log("terminated: stopping")
    assert daemon.process.poll() is None, "it waits for what is under way"
    recorder.release()
    assert daemon.process.wait(60) == 0
    assert len(recorder.requests) == 3, "nothing new began"
    daemon.start()
    daemon.wait_settled()
    assert len(recorder.documents()) == 30, "after an orderly end nothing comes twice"
    assert not any(document["mark"] for document in recorder.documents())


def test_what_does_not_end_within_drain_is_left_and_marked(recorder, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder, concurrency=2)},
                         settings=RETRY_FAST + "drain: 500ms\n").start()
    recorder.hold()
    post_many(daemon, 10, 10)
    recorder.wait_for_in_flight(2)
    began = time.monotonic()
    daemon.stop()
    assert time.monotonic() - began < 30
    recorder.release()
    daemon.start()
    daemon.wait_settled()
    marked = [document for document in recorder.documents() if document["mark"]]
    assert len(marked) == 2
    assert len(set(recorder.titles())) == 10
