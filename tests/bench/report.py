#!/usr/bin/python3
"""Writes docs/performance.md and its plots from the figures that bench.py keeps.

    tests/bench/report.py [FIGURES.json]
"""

import json
import sys
from pathlib import Path

import catalogue
import plot
import results
import table
from load import BUILD, HERE

DOCS = HERE.parents[1] / "docs"
PAGE = DOCS / "performance.md"
PLOTS = DOCS / "performance"
INSTRUCTIONS = HERE / "instructions.json"  # by instructions.py

HEAD = """\
# How fast it is

`./run bench --write` has written this page; what is changed here by hand is lost with the next run.
What was tried, and what of it was left out, stands in [performance-tried.md](performance-tried.md).

Each goal is a ratio of two figures taken in turn on the same machine, median of the rounds: absolute
figures are worth little elsewhere. In each round every event had an id of its own, and the round
counts only if each sink had each id exactly once. The far ends are nginx on the same machine, which
shares its cores with what is measured.
"""


def _goals(found):
    lines = [(result.title, *table.row(finding)) for result in found
             for finding in result.findings if finding.goal]
    return "## Goals\n\n" + table.markdown(("what", *table.HEADER), lines)


def _section(result, drawn, page):
    parts = [f"## {result.title}"]
    shown = [(finding.figure, finding.detail) for finding in result.findings if not finding.goal]
    if shown:
        parts.append(table.markdown(("figure", "detail"), shown))
    parts += [f"![{name}]({drawn[name].relative_to(page.parent)})"
              for name in plot.grouped(result.series)]
    return "\n\n".join(parts) if len(parts) > 1 else ""


def _instructions():
    """Of the baseline that CI holds each commit to."""
    counts = json.loads(INSTRUCTIONS.read_text())
    lines = [(f"{count} at a time", f"{found['instructions']:,}") for count, found in counts.items()]
    return ("## Instructions an event\n\nCounted by callgrind (`tests/bench/instructions.py`), the same "
            "on every run; a commit that adds a tenth fails in CI.\n\n"
            + table.markdown(("events under way", "instructions an event"), lines))


def _machine(machine):
    return "## The machine\n\n" + table.markdown(("", ""), machine.items())


def _commands(found):
    lines = [(result.name, f"`{result.command}`", result.began, f"{result.seconds:.0f} s",
              result.commit) for result in found]
    return ("## The commands\n\n"
            + table.markdown(("measure", "command", "began (UTC)", "took", "commit"), lines))


def in_order(found):
    order = list(catalogue.all_measures())
    return sorted((one for one in found if not one.failure and one.name in order),
                  key=lambda one: order.index(one.name))


def page_text(machine, found, drawn, page=PAGE):
    """found: results in the page's order; drawn: {name of a plot: its file}."""
    sections = [_section(result, drawn, page) for result in found]
    return "\n\n".join([HEAD.strip(), _goals(found), *filter(None, sections), _instructions(),
                        _machine(machine), _commands(found)]) + "\n"


def write(figures, page=PAGE, plots=PLOTS):
    """Returns the page. Plots of before go: a measure may have been renamed."""
    machine, found = results.load(figures)
    found = in_order(found.values())
    drawn = plot.draw([one for result in found for one in result.series], plots)
    for file in set(plots.glob("*.svg")) - set(drawn.values()):
        file.unlink()
    page.write_text(page_text(machine, found, drawn, page))
    return page


if __name__ == "__main__":
    print(write(Path(sys.argv[1]) if len(sys.argv) > 1 else BUILD / "bench.json"))
