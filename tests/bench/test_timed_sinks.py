"""The sinks that take the time: what they note, and what is held against it."""

import http.client
import socket
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from load import Failure  # noqa: E402
from timed_sinks import TimedSink, TimedSinks  # noqa: E402

ID = "0b000000-0000-4000-8000-{:012}"
FAR_ENDS = SimpleNamespace(api="http://127.0.0.1:9", alert="3")
PATIENCE_S = 60


@pytest.fixture
def sinks(tmp_path):
    with TimedSinks(tmp_path, FAR_ENDS) as found:
        yield found


def post(sink, body):
    connection = http.client.HTTPConnection("127.0.0.1", sink.port, timeout=PATIENCE_S)
    connection.request("POST", "/hooks/x", body)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def read_until(sinks, posts):
    deadline = time.monotonic() + PATIENCE_S
    while sinks.read().posts < posts:
        assert time.monotonic() < deadline, f"{sinks.posts} posts"
        time.sleep(0.01)


def post_all(sinks, *numbers):
    for sink in sinks.sinks:
        for number in numbers:
            assert post(sink, f'{{"text":"Mimikatz {ID.format(number)} found"}}') == (200, b"ok")


def test_a_body_is_noted_with_its_moment_and_id(sinks):
    before = time.monotonic_ns()
    post_all(sinks, 1, 2)
    read_until(sinks, 4)
    sinks.check("test", {ID.format(1), ID.format(2)})
    assert before < sinks.last_ns(ID.format(1)) < sinks.last_ns(ID.format(2)) < time.monotonic_ns()


@pytest.mark.parametrize("posted, accepted, words", [
    ((1,), (1, 2), "1 lost, 0 again, 0 that"),
    ((1, 1), (1,), "0 lost, 1 again, 0 that"),
    ((1, 2), (1,), "0 lost, 0 again, 1 that"),
    ((1, 1), (1, 2), "1 lost, 1 again, 0 that"),
])
def test_what_is_not_exact_is_a_failure(sinks, posted, accepted, words):
    post_all(sinks, *posted)
    read_until(sinks, 2 * len(posted))
    with pytest.raises(Failure, match=words):
        sinks.check("test", {ID.format(number): () for number in accepted})


def test_what_comes_later_is_seen_by_looking_again(sinks):
    post_all(sinks, 1)
    read_until(sinks, 2)
    sinks.check("test", {ID.format(1)})
    post_all(sinks, 1)
    read_until(sinks, 4)
    with pytest.raises(Failure, match="1 again"):
        sinks.check_again()


def test_a_body_without_an_id_counts_as_one_that_nobody_sent(sinks):
    post(sinks.sinks[0], "-0000-4000-8000-000000000001 is cut")
    read_until(sinks, 1)
    with pytest.raises(Failure, match="1 that nobody sent"):
        sinks.check("test", set())


def test_a_sink_refuses_until_it_starts_at_the_same_port(tmp_path):
    sink = TimedSink(tmp_path, 0).refuse()
    port = sink.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
    sink.start()
    assert sink.port == port and post(sink, ID.format(1)) == (200, b"ok")
    sink.stop()


def test_one_that_refuses_by_its_answer_notes_nothing_and_one_that_delays_answers_later(tmp_path):
    sink = TimedSink(tmp_path, 0).start("--status", "503", "--delay", "50")
    began = time.monotonic()
    assert post(sink, ID.format(1)) == (503, b"ok") and time.monotonic() - began >= 0.05
    assert sink.read().counts.total() == 0
    sink.stop()
