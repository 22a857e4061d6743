"""What the measures have found, kept as JSON between the run and the page."""

import json
import os
from dataclasses import asdict, dataclass, field

from measures import Finding, Series


@dataclass
class Result:
    """What one measure found. `failure`: why its figures are worth nothing, else ""."""

    name: str
    title: str
    command: str
    commit: str = ""
    began: str = ""  # UTC
    seconds: float = 0.0
    findings: list = field(default_factory=list)
    series: list = field(default_factory=list)
    failure: str = ""

    def add(self, found):
        (self.series if isinstance(found, Series) else self.findings).append(found)


def _read(document):
    return Result(**{**document, "findings": [Finding(**one) for one in document["findings"]],
                     "series": [Series(**one) for one in document["series"]]})


def load(path):
    """(machine, {name: Result}); nothing of either when there is no such file."""
    if not path.exists():
        return {}, {}
    document = json.loads(path.read_text())
    return document["machine"], {one["name"]: _read(one) for one in document["results"]}


def keep(path, machine, found):
    """Measures run one at a time add up to one file, as long as the machine stays what it was."""
    machine_before, before = load(path)
    kept = {**(before if machine_before == machine else {}), **{one.name: one for one in found}}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"machine": machine,
                                "results": [asdict(one) for one in kept.values()]}, indent=1) + "\n")
    os.replace(part, path)
    return kept
