#!/usr/bin/python3
"""Instructions per event of a release build, counted by callgrind: (those of a run of 2,000 events -
those of a run of 1,000) / 1,000, so that start and end cancel out. One event at a time, and sixteen.
Compared with the baseline beside this file: a rise of more than 10 % is a failure, and the functions
that rose are named. A commit that raises the baseline (--write) says why.

The load is lockstep.py's, for which the figure repeats within 0.5 % whatever else the machine does. The
build has what ./run installs: without mimalloc it is another figure.

With --libraries it is shown instead where the instructions go: tocsin beside the libraries alone
(tests/bench/bare), counted in the same way.
"""

import argparse
import json
import os
import shlex
import shutil
import sys
import tempfile
from collections import Counter, namedtuple
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration"), str(HERE.parent)]

import callgrind  # noqa: E402
import sinks  # noqa: E402
import table  # noqa: E402
import tocsin  # noqa: E402
from contenders.bare import Bare  # noqa: E402
from lockstep import SINKS, Lockstep  # noqa: E402

BUILD = HERE.parents[1] / "build-bench"
BASELINE = HERE / "instructions.json"
CONCURRENCIES = (1, 16)
EVENTS = 1000
RISE = 0.10
KEPT = 0.001  # of the whole: functions below it are one line, "the rest"
SHOWN = 15
REST = "the rest"

# Where an event's instructions go. Files that are named nowhere here are a program's own.
JANSSON = {"json_load": "jansson, reading", "json_dump": "jansson, writing"}
JANSSON_REST = "jansson, values made, asked and freed"
JANSSON_SELF = "jansson"
LIBC, OWN = "the C library and the allocator, for all others", "own code"
LIBRARIES = {"libjansson": JANSSON_SELF, "libcurl": "libcurl", "libevent": "libevent",
             "libsqlite3": "SQLite", "libc.so": LIBC, "libmimalloc": LIBC, "ld-linux": LIBC,
             "libm.so": LIBC}
PARTS = (*JANSSON.values(), JANSSON_REST, "libcurl", "libevent", "SQLite", LIBC, OWN)

Api = namedtuple("Api", "url key")
Sink = namedtuple("Sink", "url")


def counted_by(profile):
    """What stands before a program so that callgrind counts it."""
    valgrind = shutil.which("valgrind")
    if not valgrind:
        sys.exit("valgrind is missing: install Debian's package valgrind")
    return [valgrind, "--tool=callgrind", f"--callgrind-out-file={profile}"]


class Counted(tocsin.Tocsin):
    """A wrapper, as the daemon's own starter knows only a program's name."""

    def __init__(self, folder, load):
        super().__init__(folder, {f"chat-{number}": sinks.mattermost(Sink(url), concurrency=16)
                                  for number, url in enumerate(load.sinks)}, api=Api(load.api, "bench"))
        self.profile = self.folder / "callgrind.out"

    def start(self, wait=True):
        self.binary = self.folder / "counted"
        self.binary.write_text("#!/bin/sh\n"
                               f'exec {shlex.join(counted_by(self.profile))} "{tocsin.BINARY}" "$@"\n')
        self.binary.chmod(0o755)
        return super().start(wait)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.kill9()


class CountedBare(Bare):
    """The same for the libraries alone."""

    def __init__(self, folder, load):
        super().__init__(build=Path(tocsin.BINARY).parent)
        self.home, self.load = Path(folder), load
        self.profile = self.home / "callgrind.out"
        self.kill = self.stop

    def command(self, ends):
        argv, more = super().command(ends)
        return [*counted_by(self.profile), *argv], more

    def start(self):
        super().start(self.home, self.load)
        self.hook_port = self.port


PROGRAMS = {"tocsin": Counted, "the libraries alone": CountedBare}


def run(program, size, sinks, events):
    """The profile of one life of the program with so many events."""
    with tempfile.TemporaryDirectory() as folder:
        load = Lockstep(size, tocsin.HOOK_PATH, sinks)
        daemon = PROGRAMS[program](folder, load)
        try:
            daemon.start()
            load.run(daemon.process.pid, daemon.hook_port, events)
            daemon.stop()
        finally:
            daemon.kill()
            load.close()
        with open(daemon.profile) as profile:
            return callgrind.read(profile)


def per_event(few, many, events):
    """The difference of two runs, as the baseline has it."""
    total = (sum(many.values()) - sum(few.values())) / events
    functions = {name: round((many[name] - few[name]) / events) for name in many}
    kept = {name: cost for name, cost in sorted(functions.items(), key=lambda one: -one[1])
            if cost >= total * KEPT}
    kept[REST] = round(total) - sum(kept.values())
    return {"instructions": round(total), "functions": kept}


def count(programs, events, sinks=SINKS):
    """{(program, size): (the profile of the shorter run, of the longer one)}; the runs wait for nothing
    but themselves, so they may share the machine."""
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        # The longest first.
        runs = {(program, size, times): pool.submit(run, program, size, sinks, times * events)
                for times in (2, 1) for size in CONCURRENCIES for program in programs}
        return {(program, size): tuple(runs[program, size, times].result() for times in (1, 2))
                for program in programs for size in CONCURRENCIES}


def measure(events):
    """tocsin, by concurrency."""
    return {str(size): per_event(few.functions, many.functions, events)
            for (_, size), (few, many) in count(["tocsin"], events).items()}


def _named(names, text, otherwise):
    return next((named for start, named in names.items() if text.startswith(start)), otherwise)


def parts(few, many, events):
    """An event's instructions by who spends them, {part: instructions}: jansson's with those of the
    memory that it asks for, since it is mostly that; the others' are their own."""
    found = Counter()
    for library in many.libraries:
        found[_named(LIBRARIES, library, OWN)] += many.libraries[library] - few.libraries[library]
    of_itself, with_memory = found.pop(JANSSON_SELF, 0), 0
    for library, function in many.entries:
        if library.startswith("libjansson"):
            cost = many.entries[library, function] - few.entries[library, function]
            found[_named(JANSSON, function, JANSSON_REST)] += cost
            with_memory += cost
    found[LIBC] -= with_memory - of_itself
    return {part: round(found[part] / events) for part in PARTS}


def show_parts(events, sinks):
    """The parts of both programs side by side."""
    columns = {key: parts(few, many, events)
               for key, (few, many) in count(PROGRAMS, events, sinks).items()}
    heads = [f"{program}, {size} at a time" for program, size in columns]
    rows = [(part, *(f"{found[part]:,}" for found in columns.values())) for part in PARTS]
    rows.append(("all", *(f"{sum(found.values()):,}" for found in columns.values())))
    print(table.markdown(("instructions an event", *heads), rows))


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
    parser.add_argument("--libraries", action="store_true",
                        help="show by library what tocsin and the libraries alone spend")
    parser.add_argument("--sinks", type=int, default=SINKS,
                        help="with --libraries: to how many an event goes (%(default)s)")
    options = parser.parse_args(arguments)
    tocsin.BINARY = options.build.resolve() / "tocsin"
    tocsin.PLUGINS = options.build.resolve() / "plugins"
    events = options.events - options.events % max(CONCURRENCIES)
    if options.libraries:
        show_parts(events, options.sinks)
        return 0
    baseline = None if options.write else json.loads(options.baseline.read_text())
    measured = measure(events)
    if options.write:
        options.baseline.write_text(json.dumps(measured, indent=1) + "\n")
        return 0
    return 0 if report(baseline, measured) else 1


if __name__ == "__main__":
    sys.exit(main())
