"""What a daemon that is dead left in its ledger. Read from a copy: to open it would change it."""

import json
import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

DELIVERED, DEAD, SKIPPED = 0, 2, 3  # outcome.result, as core/store/journal.h has them
CLAIMED = 2  # delivery.state, likewise


@contextmanager
def opened(ledger):
    """A connection to a copy of the file and its log."""
    with tempfile.TemporaryDirectory(prefix="tocsin-ledger-") as folder:
        for suffix in ("", "-wal"):
            source = Path(f"{ledger}{suffix}")
            if source.exists():
                shutil.copy(source, Path(folder) / f"ledger.db{suffix}")
        with closing(sqlite3.connect(Path(folder) / "ledger.db")) as connection:
            damage = connection.execute("PRAGMA quick_check").fetchall()
            assert damage == [("ok",)], f"the ledger is damaged: {damage}"
            yield connection


def is_made(connection):
    return connection.execute(
        "SELECT count(*) FROM sqlite_master WHERE name = 'delivery'").fetchone()[0] == 1


def claims(ledger):
    """(deliveries, events) that were claimed at the moment of death: (event, sink, claim) and
    (event, claim)."""
    with opened(ledger) as connection:
        if not is_made(connection):
            return [], []
        deliveries = connection.execute(
            "SELECT event, sink, claim FROM delivery WHERE state = ?", [CLAIMED]).fetchall()
        return deliveries, connection.execute(
            "SELECT event, claim FROM unrouted WHERE claim <> 0").fetchall()


def event_documents(ledger):
    """Number of the event in the ledger -> what was posted."""
    with opened(ledger) as connection:
        return {event: json.loads(body)
                for event, body in connection.execute("SELECT id, body FROM event")}


def outcomes(ledger):
    """(event, sink, result, reason, kind) of all finished deliveries; kind: None for the first
    decision's, else "retry", "move" or "replay"."""
    with opened(ledger) as connection:
        return connection.execute(
            "SELECT d.event, o.sink, o.result, o.reason, NULL FROM decision AS d JOIN outcome AS o"
            " ON o.delivery >= d.first AND o.delivery < d.first + d.count UNION ALL "
            "SELECT l.event, o.sink, o.result, o.reason, l.kind FROM later AS l JOIN outcome AS o"
            " ON o.delivery >= l.first AND o.delivery < l.first + l.count").fetchall()


def counts(ledger):
    """Rows by table, for the receipt."""
    with opened(ledger) as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("event", "unrouted", "delivery", "decision", "outcome")}
