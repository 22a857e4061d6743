"""A great many waiting deliveries: the start is fast, memory is bounded, all of them leave."""

import time
from pathlib import Path

from fakes.far_end import FarEnd
from ledger import Rows

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
