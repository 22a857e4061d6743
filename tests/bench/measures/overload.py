"""Three times as many events as can be delivered: what it does to memory, deliveries and senders."""

import time

import rig
from contenders.tocsin import Tocsin
from far_ends import Delivered, FarEnds
from load import Failure, Sender, event_body
from measures import Finding, at_least, at_most, median, spread
from measures.memory import pss_mb

NAME = "overload"
TITLE = "Three times as many events as can be delivered"

TIMES, MOST_MB, LEAST = 3, 64, 0.8
SAMPLE_S = 0.1
SLOWED = 0.95  # of what was asked for; less is slowed


def _watch(sender, contender, delivered):
    """[(s, posts so far)] and the most MB while it sends."""
    seen, most_mb = [], 0.0
    while sender.process.poll() is None:
        delivered.read()
        seen.append((time.monotonic(), delivered.posts))
        most_mb = max(most_mb, pss_mb(contender))
        time.sleep(SAMPLE_S)
    return seen, most_mb


def _per_second(seen):
    """Deliveries from a quarter of the time on: before, the backlog is yet to build up."""
    if len(seen) < 4:
        raise Failure("overload: the load was over too soon to say anything")
    (began_s, before), (ended_s, after) = seen[len(seen) // 4], seen[-1]
    return (after - before) / (ended_s - began_s)


def _turn(count, connections, **options):
    """(what the sender says, deliveries a second meanwhile, MB at most). What was refused may not be
    delivered, what was accepted must be."""
    with rig.scratch() as folder, FarEnds(f"{folder}/ends") as ends:
        contender, delivered = Tocsin(), Delivered(ends)
        with rig.started(contender, folder, ends) as url:
            sender = Sender(folder, url, event_body(contender), count, connections, **options).begin()
            try:
                seen, most_mb = _watch(sender, contender, delivered)
                summary = sender.end()
            finally:
                sender.kill()
            accepted = sender.accepted()
            if summary["broken"] or summary["accepted"] != len(accepted):
                raise Failure(f"overload: connections were broken: {summary}")
            if set(summary["status"]) - {"202", "503"}:
                raise Failure(f"overload: answers other than 202 and 503: {summary['status']}")
            rig.wait_for_arrivals(delivered, len(accepted) * len(ends.sinks))
            most_mb = max(most_mb, pss_mb(contender))
            rig.wait_until_settled(contender)
        time.sleep(rig.LOG_LAG_S)
        if faults := delivered.read().faults(accepted):
            raise Failure(f"{NAME}: " + "; ".join(faults))
        return summary, _per_second(seen), most_mb


def _normal(scale):
    """Events a second that are delivered when senders wait for their answers."""
    return rig.measured(Tocsin(), scale.of(10000, 1500)).events_per_second


def _senders(summary, asked):
    refused = summary["status"].get("503", 0)
    words = f"{summary['per_second']:.0f} events/s were accepted"
    if asked:
        words += f" of {asked:.0f} asked for"
    return words + (f", {refused} told 503" if refused else ", none told 503") + (
        f"; the answer took {summary['latency_ms']['p50']:.0f} ms (p50), "
        f"{summary['latency_ms']['p99']:.0f} ms (p99)")


def _is_held(summary, asked):
    return "503" in summary["status"] or summary["per_second"] < SLOWED * asked


def measure(scale):
    seconds, connections = scale.of(4, 1.2), scale.of(1000, 256)
    kinds = {"open loop": [], "closed loop": []}
    for _ in range(min(3, scale.rounds)):
        normal = _normal(scale)
        asked = TIMES * normal
        kinds["open loop"].append(
            (normal, asked, *_turn(round(asked * seconds), connections, rate=f"{asked:.1f}",
                                    seconds=TIMES * seconds)))
        kinds["closed loop"].append(
            (normal, 0, *_turn(round(asked * seconds), connections, seconds=seconds)))
    for kind, rounds in kinds.items():
        ratios = [rate / (2 * normal) for normal, _, _, rate, _ in rounds]
        most_mb = max(mb for *_, mb in rounds)
        asked, summary = rounds[-1][1:3]
        yield at_most(f"{kind}: Pss under {MOST_MB} MB", most_mb, MOST_MB, "until the last delivery",
                      " MB")
        yield at_least(f"{kind}: deliveries at least {LEAST}x of their rate", median(ratios), LEAST,
                       f"{spread(ratios)}; while {connections} connections send")
        if asked:
            yield Finding(f"{kind}: senders are slowed or told 503", _senders(summary, asked),
                          all(_is_held(one, its) for _, its, one, _, _ in rounds))
        else:
            yield Finding("", f"{kind}: {_senders(summary, asked)}", None)
