"""What bounds the ledger: finished records go early, the file stops growing, and only what is
unfinished may fill it; pruning stalls nobody."""

import http.client
import json
import os
import statistics
import time

import pytest

from fakes.far_end import FarEnd, number_title
from ledger import Rows, bytes_in_use
from tocsin import HOOK_PATH, wait_until

MOST = 4 << 20
BODY = 20000
OLD = 50000
RETRY_FAST = ("sink_defaults: {retry: {first: 100ms, max: 500ms, give_up: 1h},"
              " breaker: {failures: 5, probe: 200ms}}\n")


@pytest.fixture
def far_end(started):
    return started(FarEnd())


def chat(far_end):
    return {"plugin": "mattermost", "url": far_end.url, "rate": "off"}


def event(number, size=BODY):
    return {"type": "probe", "action": "created", "attributes": {
        "title": number_title(number), "uuid": f"thread-{number}", "fill": "x" * size}}


def file_size(daemon):
    return os.stat(daemon.ledger).st_size


def test_finished_records_go_early_and_the_file_stops_growing(far_end, make_daemon):
    daemon = make_daemon({"far": chat(far_end)}, keep="keep: 7d, max_size: 4m",
                         settings=RETRY_FAST).start()
    sizes = []
    for number in range(0, 800, 100):  # 2 MB a round, 16 MB in all
        daemon.accept_all([event(number + n) for n in range(100)])
        far_end.wait_for(number + 100)
        daemon.wait_settled()
        wait_until(lambda: bytes_in_use(daemon.ledger) <= MOST, "room is made", 60)
        sizes.append(file_size(daemon))
    assert far_end.counts()["numbers"] == 800
    assert max(sizes) < 2 * MOST, sizes
    assert max(sizes[6:]) <= max(sizes[:6]) * 1.1, f"it goes on growing: {sizes}"
    assert daemon.get("/readyz").status == 200
    status = daemon.status()
    assert (status["events"], status["delivered"], status["dead"]) == (800, 800, 0)


def test_unfinished_records_alone_refuse_more_until_they_are_delivered(far_end, make_daemon):
    far_end.turn("fail")
    daemon = make_daemon({"far": chat(far_end)}, keep="keep: 7d, max_size: 4m",
                         settings=RETRY_FAST).start()
    accepted = 0

    def is_refused():
        nonlocal accepted
        answer = daemon.post(event(accepted))
        accepted += answer.status == 202
        assert answer.status == 202 or int(answer.headers["Retry-After"]) > 0
        return answer.status == 503

    wait_until(is_refused, "a post is refused", 120)
    assert accepted * BODY > MOST / 2, "not before it is full"
    ready = daemon.get("/readyz")
    assert ready.status == 503 and "max_size" in ready.body["why"][0]
    assert daemon.status()["dead"] == 0, "what is unfinished stays"
    far_end.turn("ok")
    far_end.wait_for(accepted)
    wait_until(lambda: daemon.get("/readyz").status == 200, "ready again by itself", 60)
    wait_until(lambda: not is_refused(), "posts are taken again", 60)
    far_end.wait_for(accepted)
    status = daemon.wait_settled()
    assert (status["delivered"], status["dead"]) == (accepted, 0)
    assert (far_end.counts()["numbers"], far_end.counts()["again"]) == (accepted, 0)


def test_a_full_ledger_starts_again_full(far_end, make_daemon):
    far_end.turn("fail")
    daemon = make_daemon({"far": chat(far_end)}, keep="max_size: 4m",
                         settings=RETRY_FAST + "drain: 1s\n").start()
    daemon.accept_all([event(n, 100) for n in range(4)])
    daemon.stop()
    with Rows(daemon.ledger) as rows:
        rows.add_waiting("far", 400, size=BODY, first_number=100)
    daemon.start()
    wait_until(lambda: daemon.post(event(1000)).status == 503, "refused", 60)
    far_end.turn("ok")
    far_end.wait_for(404)
    wait_until(lambda: daemon.post(event(1001)).status == 202, "taken again", 60)


# Pruning -----------------------------------------------------------------------------------


def time_posts(daemon, count):
    """Milliseconds of each of so many posts, one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", daemon.hook_port, timeout=60)
    times = []
    for n in range(count):
        body = json.dumps(event(n, 1000))
        began = time.monotonic()
        connection.request("POST", HOOK_PATH, body)
        answer = connection.getresponse()
        answer.read()
        times.append((time.monotonic() - began) * 1000)
        assert answer.status == 202
    connection.close()
    return times



def test_a_great_pruning_does_not_stall_the_posts(far_end, make_daemon):
    daemon = make_daemon({"far": chat(far_end)}, keep="keep: 7d").start()
    daemon.stop()
    with Rows(daemon.ledger) as rows:
        rows.add_delivered("far", OLD, age_ms=2 * 3600 * 1000)
    daemon.start()
    alone = time_posts(daemon, 200)
    daemon.wait_settled()
    daemon.stop()
    before = bytes_in_use(daemon.ledger)
    daemon.keep = "keep: 1h"
    daemon.write({"far": chat(far_end)}, settings="dedupe: 1m\n")
    daemon.start()
    during = time_posts(daemon, 200)
    assert bytes_in_use(daemon.ledger) > before / 2, "the pruning was under way all the time"
    wait_until(lambda: bytes_in_use(daemon.ledger) < before * 0.9, "old ones go", 120)
    print(f"median {statistics.median(during):.1f} ms while pruning, "
          f"{statistics.median(alone):.1f} alone; longest {max(during):.0f} and {max(alone):.0f}")
    assert statistics.median(during) < 10 * statistics.median(alone) + 5
    assert max(during) < 5000
