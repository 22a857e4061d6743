"""What the healthy sinks notice of a dead one beside them: one that never answers, one that refuses."""

from contextlib import contextmanager

import rig
from contenders.tocsin import Tocsin
from far_ends import FarEnds
from measures import at_most, median, share, spread
from measures.latency import paced_ms
from timed_sinks import TimedSink, TimedSinks

NAME = "dead_sink"
TITLE = "The healthy sinks beside a dead one"

MOST, PAIRS = 1.2, 9
RATE = 200
TIMEOUT = "1s"  # shorter than a round, so that attempts at the one that hangs end within it


@contextmanager
def hangs(folder):
    sink = TimedSink(folder, "dead").start("--hang")
    try:
        yield [sink.url]
    finally:
        sink.stop()


@contextmanager
def refuses(folder):
    sink = TimedSink(folder, "dead").refuse()
    try:
        yield [sink.url]
    finally:
        sink.stop()


@contextmanager
def is_missing(folder):
    yield []


def _p99_ms(dead, events):
    with rig.scratch() as folder, FarEnds(f"{folder}/ends", sinks=0) as far_ends, \
            TimedSinks(folder, far_ends) as sinks, dead(folder) as urls:
        contender = Tocsin(sink={"timeout": TIMEOUT})
        with rig.started(contender, folder, sinks.ends(*urls)) as url:
            paced_ms(contender, folder, sinks, url, 50, "0a000000", RATE)
            took = paced_ms(contender, folder, sinks, url, events, "0b000000", RATE)
            if urls and contender.status()["waiting"] < events:
                raise rig.Failure("the dead sink is not dead: nothing waits for it")
        sinks.check_again()
        return share(took, 0.99)


def measure(scale):
    events, kinds = scale.of(1000, 200), (is_missing, hangs, refuses)
    found = {kind: [] for kind in kinds}
    for _ in range(scale.of(PAIRS, 1)):
        for kind in kinds:
            found[kind].append(_p99_ms(kind, events))
    for kind in kinds[1:]:
        ratios = [one / other for one, other in zip(found[kind], found[is_missing])]
        yield at_most(f"p99 at most {MOST}x beside a sink that {kind.__name__}", median(ratios), MOST,
                      f"pairs: {spread(ratios)}; p99 {median(found[kind]):.2f} ms, without it "
                      f"{median(found[is_missing]):.2f} ms, at {RATE} events/s")
