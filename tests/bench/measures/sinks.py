"""One event to more and more sinks, each with its own far end."""

from measures.ladder import climb

NAME = "sinks"
TITLE = "One to sixteen sinks"


def measure(scale):
    counts = scale.of((1, 2, 4, 8, 16), (1, 16))
    steps = [(f"{count} sink{'s' * (count > 1)}", count, {"sinks": count}) for count in counts]
    yield from climb(scale, "sinks", steps, scale.of(6000, 600))
