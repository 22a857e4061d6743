"""What is measured: one module each, with NAME, TITLE and measure(scale), which yields findings.

A run that lost or invented a message raises load.Failure: its figure would be worth nothing.
"""

from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Optional


@dataclass
class Finding:
    goal: str  # what is asked, in words; "" for a figure that is only shown
    figure: str
    met: Optional[bool]  # None: nothing is asked
    detail: str = ""


@dataclass
class Series:
    """Points of one line of a plot; series of one name stand in one plot."""

    name: str
    x_label: str
    y_label: str
    points: list = field(default_factory=list)  # (x, y)
    line: str = ""


@dataclass
class Scale:
    build: Path
    quick: bool = False
    long: bool = False  # the parts that take many minutes at their full length
    rounds: int = 0  # 0: 1 when quick, else 5
    against: tuple = ()  # names of contenders, as rig.CONTENDERS has them; none: all

    def __post_init__(self):
        self.rounds = self.rounds or (1 if self.quick else 5)

    def of(self, default, quick, long=None):
        """What fits this scale."""
        if self.quick:
            return quick
        return long if self.long and long is not None else default


def share(values, part):
    """The value below which that part of them lies."""
    values = sorted(values)
    return values[round(part * (len(values) - 1))]


def spread(values):
    """Median, least and most, in words: how far apart the rounds were."""
    if len(values) == 1:
        return "1 round"
    return f"{len(values)} rounds, {min(values):.4g} to {max(values):.4g}"


def three_digits(value):
    """And no power of ten."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def at_least(goal, value, least, detail, unit="x"):
    return Finding(goal, f"{three_digits(value)}{unit}", value >= least, detail)


def at_most(goal, value, most, detail, unit="x"):
    return Finding(goal, f"{three_digits(value)}{unit}", value <= most, detail)


__all__ = ["Finding", "Scale", "Series", "at_least", "at_most", "median", "share", "spread"]
