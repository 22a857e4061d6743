"""The figures as a table: for a terminal, and for the page."""

import textwrap

WIDTH = 28  # of a figure in the terminal's table; the whole stands above it
HEADER = ("goal", "figure", "met", "detail")


def met(finding):
    """In words. A goal that nothing was measured for is not met; a figure without a goal is neither."""
    if finding.met is None:
        return "-"
    return "yes" if finding.met else "NO"


def row(finding):
    return finding.goal or "(no goal)", finding.figure, met(finding), finding.detail


def line(finding):
    """One finding by itself, as soon as it is there."""
    words = {"-": "", "yes": "met: ", "NO": "NOT MET: "}[met(finding)] + finding.goal
    return f"  {finding.figure}" + "".join(f"; {part}" for part in (words, finding.detail) if part)


def rows(results):
    """Those of all goals, and one for each measure that failed."""
    for result in results:
        for finding in result.findings:
            if finding.goal and not result.failure:
                yield (f"{result.name}: {finding.goal}",
                       textwrap.shorten(finding.figure, WIDTH, placeholder="..."), met(finding))
        if result.failure:
            yield result.name, "FAILED", "NO"


def text(results):
    lines = [HEADER[:3], *rows(results)]
    widths = [max(len(one[column]) for one in lines) for column in range(2)]
    return "\n".join(f"{goal:{widths[0]}}  {figure:>{widths[1]}}  {word}"
                     for goal, figure, word in lines)


def _cell(words):
    return " ".join(words.split()).replace("|", "\\|")


def markdown(header, lines):
    return "\n".join("| " + " | ".join(map(_cell, cells)) + " |"
                     for cells in (header, ["---"] * len(header), *lines))
