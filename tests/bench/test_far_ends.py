"""What the far ends saw against what was accepted: lost, come again, or never sent."""

import sys
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parent))

from far_ends import Delivered, FarEnds  # noqa: E402


def delivered(*sinks):
    """Each sink's ids, in the order in which they came."""
    left = [list(ids) for ids in sinks]

    def arrivals(sink):
        come, left[sink] = left[sink], []
        return [(1000.0 + at, id) for at, id in enumerate(come)]

    return Delivered(SimpleNamespace(sinks=["url"] * len(sinks), arrivals=arrivals)).read()


def test_each_id_once_at_each_sink_is_no_fault():
    assert delivered("ab", "ba").faults({"a", "b"}) == []


def test_nothing_sent_and_nothing_come_is_no_fault():
    assert delivered("", "").faults(set()) == []


def test_a_lost_id_is_a_fault_of_the_sink_that_lacks_it():
    assert delivered("ab", "a").faults({"a", "b"}) == [
        "sink 1: 1 lost, 0 again, 0 that nobody sent"]


def test_an_id_that_comes_again_is_a_fault():
    assert delivered("abaa").faults({"a", "b"}) == ["sink 0: 0 lost, 2 again, 0 that nobody sent"]


def test_an_id_that_nobody_sent_is_a_fault():
    assert delivered("abc-").faults({"a", "b"}) == ["sink 0: 0 lost, 0 again, 2 that nobody sent"]


def test_one_that_comes_again_does_not_make_good_for_one_that_is_lost():
    assert delivered("aa").faults({"a", "b"}) == ["sink 0: 1 lost, 1 again, 0 that nobody sent"]


def test_what_comes_later_is_added_to_what_was_there():
    batches = [[(1.0, "a")], [(2.0, "b"), (3.0, "a")], []]
    ends = SimpleNamespace(sinks=["url"], arrivals=lambda sink: batches.pop(0))
    found = Delivered(ends).read().read().read()
    assert (found.posts, found.last_s) == (3, 3.0)
    assert found.faults({"a", "b"}) == ["sink 0: 0 lost, 1 again, 0 that nobody sent"]


def test_a_line_of_the_log_that_is_not_whole_is_read_when_it_is(tmp_path):
    ends = FarEnds(tmp_path, sinks=1)
    log = tmp_path / "sink-0.log"
    log.write_text("10.000 a\n10.001 b")
    assert ends.arrivals(0) == [(10.0, "a")]
    with open(log, "a") as more:
        more.write("b\n10.002 c\n")
    assert ends.arrivals(0) == [(10.001, "bb"), (10.002, "c")]
