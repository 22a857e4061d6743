"""Plots by gnuplot, as SVG: series of one name stand in one picture."""

import re
import subprocess

from contenders.program import need_command

STEEP = 50  # times the least: an axis of such figures counts in powers of ten


def file_name(name):
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") + ".svg"


def _quoted(words):
    return "'" + " ".join(words.split()).replace("'", "''") + "'"


def _is_steep(values):
    return min(values) > 0 and max(values) / min(values) >= STEEP


def grouped(series):
    """{name: its lines}; one without a point is none."""
    found = {}
    for one in series:
        if one.points:
            found.setdefault(one.name, []).append(one)
    return found


def script(lines, path):
    """What gnuplot is told, the points included."""
    values = [y for one in lines for _, y in one.points]
    parts = ["set terminal svg size 720,400 noenhanced font 'sans-serif,13' background '#ffffff'",
             f"set output {_quoted(str(path))}", f"set title {_quoted(lines[0].name)}",
             f"set xlabel {_quoted(lines[0].x_label)}", f"set ylabel {_quoted(lines[0].y_label)}",
             "set grid", "set key outside below",
             "set logscale y" if _is_steep(values) else "set yrange [0:*]"]
    for number, one in enumerate(lines):
        parts += [f"$line{number} << END", *(f"{x} {y}" for x, y in one.points), "END"]
    mark = "linespoints" if max(len(one.points) for one in lines) <= 40 else "lines"
    parts.append("plot " + ", ".join(
        f"$line{number} using 1:2 with {mark} linewidth 2 title {_quoted(one.line)}"
        for number, one in enumerate(lines)))
    return "\n".join([*parts, ""])


def draw(series, folder):
    """Returns {name: file} of what it drew."""
    gnuplot = need_command("gnuplot", "gnuplot-nox")
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {}
    for name, lines in grouped(series).items():
        drawn[name] = folder / file_name(name)
        subprocess.run([gnuplot], input=script(lines, drawn[name]), check=True, text=True, timeout=60)
    return drawn
