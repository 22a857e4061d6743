"""One rule against a thousand that differ in a field, of which the last is the one that matches."""

import rig
from contenders.tocsin import Tocsin
from measures import Series, at_least, at_most, median, spread

NAME = "rules"
TITLE = "One rule and a thousand"

MOST = 1.1
COUNTS = (1, 10, 100, 1000)


def _ratio(found, what):
    return [getattr(many, what) / getattr(one, what)
            for one, many in zip(found[COUNTS[0]], found[COUNTS[-1]])]


def measure(scale):
    counts = scale.of(COUNTS, (COUNTS[0], COUNTS[-1]))
    events = scale.of(8000, 1500)
    found = {count: [] for count in counts}
    for _ in range(scale.rounds):
        for count in counts:
            found[count].append(rig.measured(Tocsin(rules=count), events))
    cpu, speed = _ratio(found, "cpu_us"), _ratio(found, "events_per_second")
    yield at_most(f"CPU an event with {COUNTS[-1]} rules at most {MOST}x of one rule", median(cpu),
                  MOST, spread(cpu))
    yield at_least(f"events/s with {COUNTS[-1]} rules at least 1/{MOST} of one rule", median(speed),
                   1 / MOST, spread(speed))
    yield Series("CPU an event against rules", "rules", "us of CPU an event", [
        (count, median(one.cpu_us for one in rounds)) for count, rounds in found.items()], "tocsin")
