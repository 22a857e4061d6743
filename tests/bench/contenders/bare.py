"""The libraries alone (tests/bench/bare): the whole way on what tocsin is built of, and no product."""

import sqlite3
from contextlib import closing
from pathlib import Path

from .program import Program
from .tocsin import BUILD


class Bare(Program):
    name = "the libraries alone"

    def __init__(self, concurrency=16, build=BUILD):
        self.concurrency, self.build = concurrency, Path(build)

    def command(self, ends):
        self.ledger = self.folder / "ledger.db"
        return [str(self.build / "tests/bench/bench-bare"), str(self.port), str(self.ledger),
                str(self.concurrency), f"{ends.api}/api/v1/sic/alerts/", *ends.sinks], {}

    def is_settled(self):
        """What the far ends have is also kept as taken by them."""
        with closing(sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)) as ledger:
            return ledger.execute("SELECT count(*) FROM delivery WHERE status <> 200").fetchone() == (0,)
