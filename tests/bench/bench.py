#!/usr/bin/python3
"""Runs the measures in turn, prints what each finds as soon as it is there, and keeps the figures."""

import argparse
import shlex
import signal
import subprocess
import sys
import time
import traceback

import catalogue
import machine
import report
import results
import table
from contenders.program import Missing
from load import BUILD, HERE, Failure
from measures import Finding, Scale
from results import Result
from rig import CONTENDERS

HELP = """\
Each figure is a ratio, or stands beside what it is to be compared with, from the same minutes on the
same machine; medians of several rounds. Exact delivery is checked in every round.

Exits 1 when a message was lost or invented, or when a measure failed. A goal that is not met is shown
and does not fail the run: on a busy machine figures differ, and people judge them."""


def names(known):
    """Words with commas between them, each one of `known`."""
    def parse(text):
        found = [name for name in text.split(",") if name]
        for name in found:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(known)}")
        return found
    return parse


def positive(text):
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError("a whole number from 1 on, please")
    return int(text)


def parse_arguments(argv, known):
    parser = argparse.ArgumentParser(
        prog="./run bench", description="Compares tocsin with what people would use instead.",
        epilog=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true",
                        help="one short round each: shows that all works, its figures say little")
    length.add_argument("--long", action="store_true", help="at full length, 20 minutes of memory too")
    parser.add_argument("--rounds", type=positive, metavar="N", help="default 5, quick 1")
    parser.add_argument("--only", type=names(known), default=[], metavar="NAME[,NAME]",
                        help=f"of {', '.join(known)}")
    parser.add_argument("--against", type=names(CONTENDERS), default=[], metavar="NAME[,NAME]",
                        help=f"compare with these only, of {', '.join(CONTENDERS)}")
    parser.add_argument("--write", action="store_true",
                        help="write docs/performance.md and its plots, when nothing failed")
    return parser.parse_args(argv)


def say(*words):
    print(*words, flush=True)


def run_measure(module, scale, command):
    result = Result(module.NAME, module.TITLE, command, commit(),
                    time.strftime("%Y-%m-%d %H:%M", time.gmtime()))
    say(f"\n{module.TITLE} ({module.NAME})")
    began = time.monotonic()
    try:
        for found in module.measure(scale):
            result.add(found)
            if isinstance(found, Finding):
                say(table.line(found))
        if not result.findings:
            raise Failure("it found nothing")
    except (Failure, Missing) as fault:
        result.failure = str(fault)
    except Exception as fault:  # the other measures go on
        traceback.print_exc()
        result.failure = f"{type(fault).__name__}: {fault}"
    if result.failure:
        say(f"  FAILED: {result.failure}")
    result.seconds = time.monotonic() - began
    return result


def commit():
    """What was measured, where git can tell."""
    def git(*words):
        ran = subprocess.run(["git", "-C", str(HERE), *words], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=60)
        return ran.stdout.strip() if ran.returncode == 0 else ""
    try:
        changed = git("status", "--porcelain", "--untracked-files=no", ":/", ":!/docs")
        return git("rev-parse", "--short=10", "HEAD") + (" with changes" if changed else "")
    except (OSError, subprocess.TimeoutExpired):
        return ""


def kept_in(scale):
    """A quick run does not take the place of real figures."""
    return BUILD / ("bench-quick.json" if scale.quick else "bench.json")


def run(modules, scale, command):
    """Keeps what there is after each measure: the next may take long, and be ended."""
    found, here = [], machine.describe(BUILD)
    for module in modules:
        found.append(run_measure(module, scale, command))
        results.keep(kept_in(scale), here, found)
    if any(table.rows(found)):
        say("\n" + table.text(found))
    return found


def write_page(kept):
    try:
        written = report.write(kept)
    except Missing as fault:
        say(f"\nnot written: {fault}")
        return False
    say(f"\nwritten: {written}")
    return True


def main(argv, known=None, page=write_page):
    known = known or catalogue.all_measures()
    arguments = parse_arguments(argv, known)
    # Ended from outside, it still ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    scale = Scale(BUILD, arguments.quick, arguments.long, arguments.rounds or 0,
                  tuple(arguments.against))
    found = run([module for name, module in known.items()
                 if not arguments.only or name in arguments.only],
                scale, shlex.join(["./run", "bench", *argv]))
    say(f"\nraw figures: {kept_in(scale)}")
    if any(one.failure for one in found):
        return 1
    return 0 if not arguments.write or page(kept_in(scale)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
