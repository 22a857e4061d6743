"""Alerts of three sizes, as the look-up brings them."""

from measures.ladder import climb

NAME = "alerts"
TITLE = "Alerts of 0.5, 3 and 40 kB"


def measure(scale):
    steps = [(f"alerts of {size} kB", float(size), {"alert": size}) for size in ("0.5", "3", "40")]
    yield from climb(scale, "kB of an alert", steps, scale.of(4000, 600))
