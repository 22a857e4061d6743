"""One event in, one look-up, two messages out: tocsin, what people would use instead, and the floor."""

import rig
from contenders.program import Missing
from measures import Finding, at_least, at_most, median, spread

NAME = "end_to_end"
TITLE = "End to end: one event in, one look-up, two messages out"

# name: (events of a round of some seconds, events of a quick one)
EVENTS = {"tocsin": (15000, 1500), "floor": (30000, 6000), "bare": (15000, 1500),
          "sample": (150, 40), "shared-client": (700, 150), "node-red": (1000, 200),
          "webhook": (30, 5), "alertmanager": (1000, 200)}
GOALS = {"sample": 250, "node-red": 20, "shared-client": 20}
MOST_OF_FLOOR = 5
PART = {"bare": "the whole load, durable, once: no rules, no escaping, no second try, no order, no trace",
        "webhook": "the whole load, once: no second try, nothing kept",
        "alertmanager": "a part of the load: no look-up, its own wording, nothing kept"}


def _turn(name, scale):
    events = EVENTS[name][scale.quick]
    result = rig.measured(rig.contender_class(name)(), events, warm_up=min(200, events // 2))
    # Alertmanager asks nobody, and the webhook's script is counted like all others.
    if name != "alertmanager" and result.look_ups != events:
        raise rig.Failure(f"{name}: {result.look_ups} look-ups of {events} events")
    return result


def rounds_in_turn(names, scale):
    """{name: the results of its rounds}, each round of all before the next; {name: why not}."""
    found, missing = {name: [] for name in names}, {}
    for _ in range(scale.rounds):
        for name in [name for name in names if name not in missing]:
            try:
                found[name].append(_turn(name, scale))
            except Missing as fault:
                missing[name] = str(fault)
    return found, missing


def _ratios(ours, theirs, what):
    """Of each round: what disturbs a round disturbs both."""
    return [getattr(one, what) / getattr(other, what) for one, other in zip(ours, theirs)]


def _ratio(goal, ours, theirs, compare, limit, what):
    ratios = _ratios(ours, theirs, what)
    return compare(goal, median(ratios), limit, spread(ratios))


def _between(found):
    """How much of the way from the floor to tocsin is the libraries'."""
    for ours, theirs in (("tocsin", "bare"), ("bare", "floor")):
        ratios = _ratios(found[ours], found[theirs], "cpu_us")
        yield Finding("", f"{median(ratios):.2f}x the CPU an event", None,
                      f"{found[ours][0].contender}, of {found[theirs][0].contender}: {spread(ratios)}")


def _shown(name, rounds):
    return Finding("", f"{median(one.events_per_second for one in rounds):.0f} events/s, "
                   f"{median(one.cpu_us for one in rounds):.0f} us of CPU an event", None,
                   f"{rounds[0].contender}: {rounds[0].events} events a round, "
                   f"{spread([one.events_per_second for one in rounds])}; "
                   f"{PART.get(name, 'the whole load')}")


def compared(scale):
    """tocsin and the floor, and those that it is measured against this time."""
    return [name for name in EVENTS
            if name in ("tocsin", "floor") or not scale.against or name in scale.against]


def measure(scale):
    names = compared(scale)
    found, missing = rounds_in_turn(names, scale)
    for name, rounds in found.items():
        yield Finding("", "not measured", None, f"{name}: {missing[name]}") \
            if name in missing else _shown(name, rounds)
    for name, least in GOALS.items():
        if name not in names:
            continue
        goal = f"at least {least}x the events/s of {rig.contender_class(name).name}"
        if name in missing:
            yield Finding(goal, "not measured", False, missing[name])
        else:
            yield _ratio(goal, found["tocsin"], found[name], at_least, least, "events_per_second")
    yield _ratio(f"at most {MOST_OF_FLOOR}x the CPU an event of the floor", found["tocsin"],
                 found["floor"], at_most, MOST_OF_FLOOR, "cpu_us")
    if "bare" in names:
        yield from _between(found)
