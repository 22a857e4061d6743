"""A great many waiting deliveries: the start is fast, memory is bounded, all of them leave."""

import json
import socket
import time
from pathlib import Path

from fakes.far_end import FarEnd, number_title
from ledger import Rows
from tocsin import HOOK_PATH, wait_until

WAITING = 100000
MOST_KB = 128 << 10


def is_sanitized(daemon):
    """Shadow memory and red zones count as well; what it uses says nothing then."""
    maps = Path(f"/proc/{daemon.process.pid}/maps").read_text()
    return "libasan" in maps or "libtsan" in maps


def test_a_backlog_starts_fast_in_little_memory_and_drains_to_the_last(started, make_daemon):
    far_end = started(FarEnd())
    daemon = make_daemon({"far": {"plugin": "mattermost", "url": far_end.url, "rate": "off",
                                  "concurrency": 16}}).start()
    daemon.stop()
    with Rows(daemon.ledger) as rows:
        rows.add_waiting("far", WAITING)
    began = time.monotonic()
    daemon.start()
    assert daemon.post({"type": "probe"}).status == 202
    took = time.monotonic() - began
    assert took < 30, "the time of a start does not grow with what waits"
    counts = far_end.wait_for(WAITING, 400)
    status = daemon.wait_settled(120)
    assert (counts["numbers"], counts["again"]) == (WAITING, 0)
    assert set(far_end.numbers()) == {1}, "each number once"
    assert (status["delivered"], status["dead"], status["skipped"]) == (WAITING + 1, 0, 0)
    if not is_sanitized(daemon):
        assert daemon.memory_kb() < MOST_KB
    print(f"serving after {took:.2f} s, at most {daemon.memory_kb() >> 10} MB")


# While it leaves ---------------------------------------------------------------------------


def begin_to_drain(started, make_daemon, waiting):
    far_end = started(FarEnd())
    daemon = make_daemon({"far": {"plugin": "mattermost", "url": far_end.url, "rate": "off",
                                  "concurrency": 16}}).start()
    daemon.stop()
    with Rows(daemon.ledger) as rows:
        rows.add_waiting("far", waiting)
    daemon.start()
    far_end.wait_for(200)
    return far_end, daemon


def send_post(daemon, number):
    body = json.dumps({"type": "probe", "attributes": {"title": f"held {number}"}}).encode()
    connection = socket.create_connection(("127.0.0.1", daemon.hook_port), timeout=60)
    connection.sendall(f"POST {HOOK_PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return connection


def status_of(connection):
    """0: closed without an answer."""
    with connection:
        answer = connection.recv(4096)
    return int(answer.split()[1]) if answer else 0


def test_senders_are_slowed_and_not_refused_while_a_backlog_leaves(started, make_daemon):
    """Those that do not wait for their answer harm nobody."""
    far_end, daemon = begin_to_drain(started, make_daemon, 20000)
    connections = [send_post(daemon, number) for number in range(200)]
    for connection in connections[::2]:
        connection.close()
    assert [status_of(connection) for connection in connections[1::2]] == [202] * 100
    far_end.wait_for(20000, 240)
    status = daemon.wait_settled(120)
    assert 20100 <= status["delivered"] <= 20200 and status["dead"] == 0


def most_of(numbers, live):
    """The numbers, once at least half of the live ones are among them."""
    return numbers if sum(number > 0 for number in numbers[live:]) >= 10 else None


def test_what_comes_while_a_backlog_leaves_does_not_wait_for_its_end(started, make_daemon):
    """Most of it: where the far end was slow for a moment, the order is the ledger's."""
    far_end, daemon = begin_to_drain(started, make_daemon, 60000)
    live = 60000
    for number in range(live, live + 20):
        daemon.accept({"type": "probe", "attributes": {"title": number_title(number)}})
    numbers = wait_until(lambda: most_of(far_end.numbers(), live), "most of them came", 60)
    assert not all(numbers[:live]), "the backlog is not gone yet"
    far_end.wait_for(live + 20, 400)
    assert daemon.wait_settled(120)["dead"] == 0


def end_with_senders_held(started, make_daemon):
    """The statuses that 200 senders got, of whom some were held back when the end came."""
    far_end, daemon = begin_to_drain(started, make_daemon, 20000)
    before = daemon.status()["events"]
    connections = [send_post(daemon, number) for number in range(200)]
    wait_until(lambda: daemon.status()["events"] > before, "the first is accepted")
    daemon.process.terminate()
    statuses = [status_of(connection) for connection in connections]
    assert daemon.process.wait(60) == 0
    return statuses


def test_senders_that_are_held_back_at_the_end_are_told_to_come_again(started, make_daemon):
    """None is held at the moment when the far end was slow: then the next backlog shows it."""
    for _ in range(10):
        statuses = end_with_senders_held(started, make_daemon)
        assert set(statuses) <= {0, 202, 503}, "0: not read yet"
        if 503 in statuses:
            return
    assert False, "no sender was held"
