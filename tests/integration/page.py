"""A page of docs/, by its blocks of code: what a reader types is what a test runs."""

import re
from collections import defaultdict
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


class Page:
    def __init__(self, name):
        self.blocks = defaultdict(list)  # (heading, kind): the texts
        self.left = set()  # what take() has not given yet
        heading = ""
        for part in re.finditer(r"^## ([^\n]+)$|^```(\w+)\n(.*?)^```$", (DOCS / name).read_text(),
                                re.MULTILINE | re.DOTALL):
            if part[1]:
                heading = part[1]
            else:
                key = heading, part[2]
                self.left.add((*key, len(self.blocks[key])))
                self.blocks[key].append(part[3])

    def take(self, heading, number=0, kind="sh"):
        self.left.discard((heading, kind, number))
        return self.blocks[heading, kind][number]
