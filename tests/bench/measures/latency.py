"""From the sending of an event to its arrival at the last of two sinks, at 20 events/s: little load, so
that the way itself is measured. The floor goes the same way without a disk."""

import rig
from contenders.floor import Floor
from contenders.tocsin import Tocsin
from far_ends import FarEnds
from load import Failure, Sender, event_body
from measures import Finding, Series, at_most, median, share, spread
from measures.disk import fdatasync_ms
from timed_sinks import TimedSinks

NAME = "latency"
TITLE = "Latency at 20 events/s, from the event's sending to its last sink"

RATE, CONNECTIONS = 20, 16
GOALS = {0.5: 3, 0.99: 5}
SYNCS = 2  # the event's, and the one of its deliveries


def paced_ms(contender, folder, sinks, url, events, prefix, rate=RATE):
    """Milliseconds of each event until the last of the healthy sinks had it; delivery is exact."""
    sender = Sender(folder, url, event_body(contender), events, CONNECTIONS, rate=rate,
                    prefix=prefix)
    summary = sender.run()
    accepted = sender.accepted()
    if summary["accepted"] != events or summary["broken"] or len(accepted) != events:
        raise Failure(f"not all events were accepted: {summary}")
    before = {id for sink in sinks.sinks for id in sink.arrived} - set(accepted)
    rig.wait_for_arrivals(sinks, (len(before) + events) * len(sinks.sinks))
    sinks.check(contender.name, before | set(accepted))
    return [(sinks.last_ns(id) - sent) / 1e6 for id, (_, sent, _) in accepted.items()]


def _turn(contender, events):
    with rig.scratch() as folder, FarEnds(f"{folder}/ends", sinks=0) as far_ends, \
            TimedSinks(folder, far_ends) as sinks:
        with rig.started(contender, folder, sinks.ends()) as url:
            paced_ms(contender, folder, sinks, url, 2 * CONNECTIONS, "0a000000", 100)
            took = paced_ms(contender, folder, sinks, url, events, "0b000000")
            rig.wait_until_settled(contender)
        sinks.check_again()
        return took


def _syncs(scale):
    with rig.scratch() as folder:
        return fdatasync_ms(folder, scale.of(200, 60), 1 / RATE)


def measure(scale):
    events = scale.of(500, 80)
    ours, floor, syncs = [], [], []
    for _ in range(scale.rounds):
        floor.append(_turn(Floor(), events))
        ours.append(_turn(Tocsin(), events))
        syncs.append(dict(zip(GOALS, _syncs(scale))))
    for part, most in GOALS.items():
        name = f"p{100 * part:.0f}"
        ratios = [share(one, part) / (share(other, part) + SYNCS * sync[part])
                  for one, other, sync in zip(ours, floor, syncs)]
        yield Finding("", f"{name}: tocsin {median(share(one, part) for one in ours):.2f} ms, floor "
                      f"{median(share(one, part) for one in floor):.2f} ms, fdatasync "
                      f"{median(sync[part] for sync in syncs):.2f} ms", None,
                      f"{events} events a round, open loop")
        yield at_most(f"{name} at most {most}x of the floor's and two fsyncs", median(ratios), most,
                      spread(ratios))
    for line, rounds in (("tocsin", ours), ("floor", floor)):
        every = [ms for one in rounds for ms in one]
        yield Series("latency", "percentile", "ms",
                     [(100 * part, share(every, part)) for part in
                      (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1)], line)
