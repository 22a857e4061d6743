#!/usr/bin/python3
"""Instructions per event of a release build, counted by callgrind: (those of a run of 2,000 events -
those of a run of 1,000) / 1,000, so that start and end cancel out. One event at a time, and sixteen.
Compared with the baseline beside this file: a rise of more than 10 % is a failure, and the functions
that rose are named. A commit that raises the baseline (--write) says why.

The load is lockstep.py's, for which the figure repeats within 0.5 % whatever else the machine does. The
build has what ./run installs: without mimalloc it is another figure.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from collections import Counter, namedtuple
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration"), str(HERE.parent)]

import sinks  # noqa: E402
import tocsin  # noqa: E402
from lockstep import Lockstep  # noqa: E402

BUILD = HERE.parents[1] / "build-bench"
BASELINE = HERE / "instructions.json"
CONCURRENCIES = (1, 16)
EVENTS = 1000
RISE = 0.10
KEPT = 0.001  # of the whole: functions below it are one line, "the rest"
SHOWN = 15
REST = "the rest"

COST = re.compile(r"[+-]?\d+|\*")
Api = namedtuple("Api", "url key")
Sink = namedtuple("Sink", "url")


class Counted(tocsin.Tocsin):
    """Run by callgrind; a wrapper, as the daemon's own starter knows only a program's name."""

    def start(self, wait=True):
        valgrind = shutil.which("valgrind")
        if not valgrind:
            sys.exit("valgrind is missing: install Debian's package valgrind")
        self.profile = self.folder / "callgrind.out"
        self.binary = self.folder / "counted"
        self.binary.write_text(
            f'#!/bin/sh\nexec "{valgrind}" --tool=callgrind --callgrind-out-file="{self.profile}" '
            f'"{tocsin.BINARY}" "$@"\n')
        self.binary.chmod(0o755)
        return super().start(wait)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.kill9()


def functions_of(profile):
    """Instructions by function, its own only, of a file in callgrind's format. The functions of a
    library without symbols are one."""
    names, costs = {}, Counter()
    library = function = None
    is_call = False

    def name_of(kind, text):
        number, _, name = text.partition(" ")
        if name:
            names[kind, number] = name
        return names[kind, number]

    for line in profile:
        key, is_assignment, value = line.rstrip("\n").partition("=")
        if is_assignment and key in ("ob", "cob"):
            named = Path(name_of("ob", value)).name
            library = named if key == "ob" else library
        elif is_assignment and key in ("fn", "cfn"):
            named = name_of("fn", value)
            if key == "fn":
                function = f"({library})" if named.startswith("0x") else named
        elif is_assignment and key == "calls":
            is_call = True  # what the next line counts is the callee's
        elif function and COST.fullmatch(line.partition(" ")[0]):
            if not is_call:
                costs[function] += int(line.split()[1])
            is_call = False
    return costs


def run(size, events):
    """The functions' instructions of one life of the daemon with so many events."""
    with tempfile.TemporaryDirectory() as folder:
        load = Lockstep(size, tocsin.HOOK_PATH)
        daemon = Counted(
            folder, {f"chat-{number}": sinks.mattermost(Sink(url), concurrency=16)
                     for number, url in enumerate(load.sinks)}, api=Api(load.api, "bench"))
        try:
            daemon.start()
            load.run(daemon.process.pid, daemon.hook_port, events)
            daemon.stop()
        finally:
            daemon.kill()
            load.close()
        with open(daemon.profile) as profile:
            return functions_of(profile)


def per_event(few, many, events):
    """The difference of two runs, as the baseline has it."""
    total = (sum(many.values()) - sum(few.values())) / events
    functions = {name: round((many[name] - few[name]) / events) for name in many}
    kept = {name: cost for name, cost in sorted(functions.items(), key=lambda one: -one[1])
            if cost >= total * KEPT}
    kept[REST] = round(total) - sum(kept.values())
    return {"instructions": round(total), "functions": kept}


def measure(events):
    """By concurrency; the runs wait for nothing but themselves, so they may share the machine."""
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        # The longest first.
        runs = {(size, count): pool.submit(run, size, count)
                for count in (2 * events, events) for size in CONCURRENCIES}
        return {str(size): per_event(runs[size, events].result(), runs[size, 2 * events].result(),
                                     events) for size in CONCURRENCIES}


def rises(before, after):
    """(function, before, after) of those that rose, the most first."""
    pairs = [(name, before.get(name, 0), after.get(name, 0)) for name in {**before, **after}]
    return sorted((one for one in pairs if one[2] > one[1]), key=lambda one: one[1] - one[2])


def report(baseline, measured):
    """The table; True when nothing rose by more than it may."""
    held = True
    print("instructions per event (callgrind)")
    print(f"{'events at once':<40} {'baseline':>12} {'now':>12} {'change':>9}")
    for size, now in measured.items():
        before = baseline[size]["instructions"]
        change = now["instructions"] / before - 1
        rose = change > RISE
        held = held and not rose
        print(f"{size:<40} {before:>12,} {now['instructions']:>12,} {change:>+9.1%}"
              f"{'  more than may be' if rose else ''}")
    for size, now in measured.items():
        before = baseline[size]
        if now["instructions"] <= before["instructions"] * (1 + RISE):
            continue
        print(f"\nwhat rose at {size}")
        for name, was, is_now in rises(before["functions"], now["functions"])[:SHOWN]:
            print(f"  {name[:60]:<60} {was:>10,} {is_now:>10,} {is_now - was:>+10,}")
    return held


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0] + ".")
    parser.add_argument("--build", type=Path, default=BUILD, help="a release build")
    parser.add_argument("--baseline", type=Path, default=BASELINE)
    parser.add_argument("--write", action="store_true", help="make what is measured the baseline")
    parser.add_argument("--events", type=int, default=EVENTS,
                        help="of the shorter run (%(default)s); a multiple of 16")
    options = parser.parse_args(arguments)
    tocsin.BINARY = options.build.resolve() / "tocsin"
    tocsin.PLUGINS = options.build.resolve() / "plugins"
    baseline = None if options.write else json.loads(options.baseline.read_text())
    measured = measure(options.events - options.events % max(CONCURRENCIES))
    if options.write:
        options.baseline.write_text(json.dumps(measured, indent=1) + "\n")
        return 0
    return 0 if report(baseline, measured) else 1


if __name__ == "__main__":
    sys.exit(main())
