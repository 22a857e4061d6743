"""The same load in steps of one thing: a figure for each, and the lines of two plots."""

import rig
from contenders.tocsin import Tocsin
from measures import Finding, Series, median, spread


def climb(scale, what, steps, events):
    """what: the thing, in words; steps: [(words, x, FarEnds' options)]; events: a round's."""
    found = [[] for _ in steps]
    for _ in range(scale.rounds):
        for (_, _, ends), rounds in zip(steps, found):
            rounds.append(rig.measured(Tocsin(), events, **ends))
    for (words, _, _), rounds in zip(steps, found):
        speed = [one.events_per_second for one in rounds]
        yield Finding("", f"{words}: {median(speed):.0f} events/s, "
                      f"{median(one.cpu_us for one in rounds):.0f} us of CPU an event, "
                      f"{max(one.pss_kb for one in rounds) / 1024:.1f} MB", None,
                      f"{events} events a round, {spread(speed)}")
    for name, label, field in (("throughput", "events/s", "events_per_second"),
                               ("CPU an event", "us of CPU an event", "cpu_us")):
        points = [(x, median(getattr(one, field) for one in rounds))
                  for (_, x, _), rounds in zip(steps, found)]
        yield Series(f"{name} against {what}", what, label, points, "tocsin")
