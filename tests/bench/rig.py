#!/usr/bin/python3
"""One measured round: far ends, a contender between, our sender in front, and what came out."""

import argparse
import importlib
import json
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import usage
from contenders.program import Missing
from far_ends import Delivered, FarEnds
from load import BUILD, Failure, Sender, event_body

SCRATCH = BUILD / "scratch"  # on the disk that the source tree is on, and never in memory
ARRIVE_S = 120  # without a new arrival, until what is missing is given up
LOG_LAG_S = 0.15  # the far ends write their logs within 50 ms

CONTENDERS = {  # as the command line names them: module, class
    "tocsin": ("tocsin", "Tocsin"),
    "floor": ("floor", "Floor"),
    "bare": ("bare", "Bare"),
    "sample": ("sample", "Sample"),
    "shared-client": ("shared_client", "SharedClient"),
    "node-red": ("node_red", "NodeRed"),
    "webhook": ("webhook", "Webhook"),
    "alertmanager": ("alertmanager", "Alertmanager"),
}


@dataclass
class Round:
    """Figures of one round; `sender` is what the sender printed."""

    contender: str
    events: int
    seconds: float  # from the first post until the last message was at its sink
    events_per_second: float
    cpu_us: float  # an event
    pss_kb: int
    look_ups: int
    sender: dict = field(repr=False)


def contender_class(name):
    module, kind = CONTENDERS[name]
    return getattr(importlib.import_module(f"contenders.{module}"), kind)


def scratch():
    SCRATCH.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="run-", dir=SCRATCH)


def wait_for_arrivals(delivered, posts, patience_s=ARRIVE_S):
    """Until so many posts have come to the sinks, or none more comes."""
    last, deadline = delivered.read().posts, time.monotonic() + patience_s
    while delivered.posts < posts and time.monotonic() < deadline:
        time.sleep(0.02)
        if delivered.read().posts > last:
            last, deadline = delivered.posts, time.monotonic() + patience_s
    return delivered


def wait_until_settled(contender, patience_s=60):
    """A contender that keeps a record has done its work when the record is complete."""
    deadline = time.monotonic() + patience_s
    while hasattr(contender, "is_settled") and not contender.is_settled():
        if time.monotonic() > deadline:
            raise Failure(f"{contender.name} is not at rest after {patience_s} s")
        time.sleep(0.02)


def check_all_accepted(sender, summary):
    if summary["accepted"] != summary["sent"] or summary["broken"]:
        raise Failure(f"not all events were accepted: {json.dumps(summary)}")
    return set(sender.accepted())


def run_round(contender, ends, folder, events, connections=16, warm_up=200, **options):
    """Starts the contender, warms it up, measures; raises Failure unless delivery is exact."""
    folder = Path(folder)
    (folder / "contender").mkdir(parents=True)
    connections = min(connections, getattr(contender, "most_at_once", connections))
    url = contender.start(folder / "contender", ends)
    try:
        delivered = Delivered(ends)
        body = event_body(contender)
        known = _send(contender, delivered, folder, url, body, warm_up, connections, set(),
                      prefix="0a000000")[1]
        time.sleep(LOG_LAG_S)
        ends.look_ups()
        began_cpu_s = usage.cpu_s(contender.pids())
        summary, known = _send(contender, delivered, folder, url, body, events, connections, known,
                               prefix="0b000000", **options)
        cpu_s = usage.cpu_s(contender.pids()) - began_cpu_s
        pss_kb = usage.pss_kb(contender.pids())
    finally:
        contender.stop()
    time.sleep(LOG_LAG_S)
    if faults := delivered.read().faults(known):
        raise Failure(f"{contender.name}: " + "; ".join(faults))
    seconds = delivered.last_s - summary["began_ms"] / 1000
    return Round(contender.name, events, seconds, events / seconds, cpu_s / events * 1e6, pss_kb,
                 len(ends.look_ups()), summary)


def _send(contender, delivered, folder, url, body, events, connections, known, **options):
    sender = Sender(folder, url, body, events, connections, **options)
    summary = sender.run()
    known = known | check_all_accepted(sender, summary)
    wait_for_arrivals(delivered, len(known) * len(delivered.ids))
    if faults := delivered.faults(known):
        raise Failure(f"{contender.name}: " + "; ".join(faults))
    wait_until_settled(contender)
    return summary, known


@contextmanager
def started(contender, folder, ends):
    """The URL that it takes events at."""
    (Path(folder) / "contender").mkdir(parents=True)
    try:
        yield contender.start(Path(folder) / "contender", ends)
    finally:
        contender.stop()


def measured(contender, events, connections=16, warm_up=200, options=None, **ends):
    """One round with far ends of its own; options: the sender's; ends: as FarEnds takes them."""
    with scratch() as folder, FarEnds(f"{folder}/ends", **ends) as far_ends:
        return run_round(contender, far_ends, folder, events, connections, warm_up, **options or {})


def parse_arguments():
    parser = argparse.ArgumentParser(description="Runs one round and prints its figures.")
    parser.add_argument("--contender", choices=CONTENDERS, default="tocsin")
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--sinks", type=int, default=2)
    parser.add_argument("--alert", choices=("0.5", "3", "40"), default="3", help="kB")
    parser.add_argument("--tls", action="store_true", help="far ends that speak TLS")
    parser.add_argument("--rate", type=float, help="events a second, instead of as fast as possible")
    parser.add_argument("--warm-up", type=int, default=200, help="events before, not measured")
    parser.add_argument("--rules", type=int, default=1, help="tocsin: how many")
    parser.add_argument("--concurrency", type=int, default=16, help="tocsin: of each sink")
    parser.add_argument("--no-look-up", action="store_true", help="tocsin")
    parser.add_argument("--ledger-folder", help="tocsin: the disk to be measured")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    kind = contender_class(arguments.contender)
    own = {"rules": arguments.rules, "concurrency": arguments.concurrency,
           "look_up": not arguments.no_look_up, "ledger_folder": arguments.ledger_folder}
    contender = kind(**own) if arguments.contender == "tocsin" else kind()
    options = {"rate": arguments.rate} if arguments.rate else {}
    try:
        result = measured(contender, arguments.events, arguments.connections, arguments.warm_up,
                          options, sinks=arguments.sinks, alert=arguments.alert, tls=arguments.tls)
    except (Failure, Missing, RuntimeError) as fault:
        print(f"rig: {fault}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(asdict(result)))
    else:
        print(f"{result.contender}: {result.events} events delivered exactly to {arguments.sinks} "
              f"sinks, {result.events_per_second:.0f} events/s, {result.cpu_us:.0f} us of CPU an "
              f"event, {result.pss_kb} kB, {result.look_ups} look-ups")
    return 0


if __name__ == "__main__":
    sys.exit(main())
