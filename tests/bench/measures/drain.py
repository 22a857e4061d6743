"""A backlog after an outage of both sinks: how fast it leaves, and what live events notice of it."""

import time

import rig
from contenders.tocsin import Tocsin
from far_ends import FarEnds
from load import Failure, Sender, event_body
from measures import Finding, at_least, at_most, median, share, spread
from timed_sinks import TimedSinks

NAME = "drain"
TITLE = "A backlog after an outage"

LEAST, LIVE_RATE, LIVE_S = 0.8, 20, 1
# The few whose attempts failed in the outage are due at moments of their own: not in the rate.
PART = 0.99
# When the sinks are tried again is no matter of speed: short, so that nobody waits for it here.
SINK = {"breaker": {"failures": 5, "probe": "1s"}, "retry": {"first": "1s", "max": "2s"}}
PATIENCE_S = 300


def _send(url, folder, body, events, connections, prefix, **options):
    """{id: (due, sent, answered)}, all of which were taken."""
    sender = Sender(folder, url, body, events, connections, prefix=prefix, **options)
    rig.check_all_accepted(sender, sender.run())
    return sender.accepted()


def _wait_until_waiting(contender, deliveries):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        status = contender.status()
        if status["unrouted"] == 0 and status["waiting"] == deliveries:
            return
        if time.monotonic() > deadline:
            raise Failure(f"drain: not {deliveries} deliveries wait but {status['waiting']}, and "
                          f"{status['unrouted']} events are not routed")
        time.sleep(0.05)


def _wait_until_taking(sinks):
    """Each sink has more than the one message that probed it: what comes now need not wait for that."""
    deadline = time.monotonic() + PATIENCE_S
    while min(sink.counts.total() for sink in sinks.read().sinks) < 2:
        if time.monotonic() > deadline:
            raise Failure("drain: the sinks are back, and nothing comes")
        time.sleep(0.001)


def _live_rate(scale):
    """Deliveries a second to the same far ends when nothing is in their way."""
    events = scale.of(10000, 2000)
    with rig.scratch() as folder, FarEnds(f"{folder}/ends", sinks=0) as far_ends, \
            TimedSinks(folder, far_ends) as sinks:
        contender = Tocsin(sink=SINK)
        with rig.started(contender, folder, sinks.ends()) as url:
            accepted = _send(url, folder, event_body(contender), events, 16, "0a000000")
            rig.wait_for_arrivals(sinks, events * len(sinks.sinks))
            rig.wait_until_settled(contender)
        sinks.check(NAME, accepted)
        began_ns = min(sent for _, sent, _ in accepted.values())
        return events * len(sinks.sinks) / (max(map(sinks.last_ns, accepted)) - began_ns) * 1e9


def _drain(backlog, live_rate):
    """(deliveries a second of the backlog, ms of the live events that came meanwhile)."""
    with rig.scratch() as folder, FarEnds(f"{folder}/ends", sinks=0) as far_ends, \
            TimedSinks(folder, far_ends, refusing=True) as sinks:
        contender = Tocsin(sink=SINK)
        with rig.started(contender, folder, sinks.ends()) as url:
            body = event_body(contender)
            late = _send(url, folder, body, backlog, 64, "0b000000")
            _wait_until_waiting(contender, backlog * len(sinks.sinks))
            sinks.start()
            _wait_until_taking(sinks)
            seconds = max(LIVE_S, backlog * len(sinks.sinks) / live_rate)
            live = _send(url, folder, body, round(LIVE_RATE * seconds), 16, "0c000000",
                         rate=LIVE_RATE)
            rig.wait_for_arrivals(sinks, (len(late) + len(live)) * len(sinks.sinks))
            rig.wait_until_settled(contender)
        sinks.check(NAME, late | live)
    arrivals = sorted(sink.arrived[id] for sink in sinks.sinks for id in late)
    drained_ns = share(arrivals, PART)
    began_ns = max(min(sink.arrived[id] for id in late) for sink in sinks.sinks)
    rate = sum(began_ns < at <= drained_ns for at in arrivals) / (drained_ns - began_ns) * 1e9
    return rate, [(sinks.last_ns(id) - sent) / 1e6 for id, (_, sent, _) in live.items()
                  if sent < drained_ns]


def measure(scale):
    backlog = scale.of(20000, 3000, 100000)
    rounds = [(live, *_drain(backlog, live)) for live in
              (_live_rate(scale) for _ in range(scale.of(min(3, scale.rounds), 1, 1)))]
    ratios = [drained / live for live, drained, _ in rounds]
    took = [ms for _, _, one in rounds for ms in one]
    if not took:
        raise Failure("drain: it was over before a live event came")
    yield Finding("", f"{median(drained for _, drained, _ in rounds):.0f} deliveries/s of the backlog, "
                  f"{median(live for live, _, _ in rounds):.0f} live", None,
                  f"{backlog} events for two sinks (100,000 with --long), all delivered once")
    yield at_least(f"at least {LEAST}x of the live rate", median(ratios), LEAST,
                   f"{spread(ratios)}; until {100 * PART:.0f} % had left")
    yield at_most(f"live events at {LIVE_RATE}/s meanwhile: p99 under {LIVE_S} s", share(took, 0.99),
                  1e3 * LIVE_S, f"{len(took)} events, p50 {share(took, 0.5):.1f} ms", " ms")
