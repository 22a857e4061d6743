"""What /metrics says, as numbers by name and labels."""

import re

SAMPLE = re.compile(r'(\w+)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def read(daemon):
    answer = daemon.get("/metrics")
    assert answer.status == 200, answer
    samples = {}
    for line in answer.body.splitlines():
        if not line.startswith("#"):
            name, labels, number = SAMPLE.fullmatch(line).groups()
            key = (name, *sorted(LABEL.findall(labels or "")))
            assert key not in samples, f"twice: {line}"
            samples[key] = float(number)
    return samples


def value(samples, name, **labels):
    return samples[(name, *sorted(labels.items()))]
