"""Ledgers with a past, written row by row: what would take an hour to post is there in seconds. The
tables are those of core/store/schema.c; the file is one that a daemon made and closed."""

import json
import sqlite3
import time

from fakes.far_end import number_title

READY, BEHIND, DELIVERED = 1, 0, 0  # enum store_state, enum store_result
LEVEL = 1
PER_THREAD = 4  # events that belong together: one may go, the others wait behind it


def body_of(number, size):
    document = {"type": "probe", "action": "created", "attributes": {
        "title": number_title(number), "uuid": f"thread-{number // PER_THREAD}", "fill": ""}}
    document["attributes"]["fill"] = "x" * max(0, size - len(json.dumps(document)))
    return json.dumps(document)


def thread_of(number):
    """As core/event makes it of the body."""
    return f"probe:thread-{number // PER_THREAD}"


class Rows:
    """Appends events after those that the ledger has, and keeps its counters right."""

    def __init__(self, path):
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.execute("BEGIN")
        self.event, self.delivery = self.db.execute("SELECT event, delivery FROM ledger").fetchone()

    def add_events(self, count, at_ms, size, first_number):
        first = self.event + 1
        self.db.executemany(
            "INSERT INTO event(id, at, hook, type, action, thread, dedupe, dedupe_until, body)"
            " VALUES(?, ?, 'soc', 'probe', 'created', ?, NULL, 0, ?)",
            ((first + n, at_ms, thread_of(first_number + n),
              body_of(first_number + n, size).encode()) for n in range(count)))
        self.db.executemany(
            "INSERT INTO decision(event, at, first, count, trace) VALUES(?, ?, ?, 1, NULL)",
            ((first + n, at_ms, self.delivery + 1 + n) for n in range(count)))
        return first

    def add_waiting(self, sink, count, size=1000, first_number=0):
        """Routed to the sink and never tried."""
        now = int(time.time() * 1000)
        first = self.add_events(count, now, size, first_number)
        self.db.executemany(
            "INSERT INTO delivery(id, event, state, claim, level, due, created, attempts, losses,"
            " in_doubt, sink, thread, rule, resume)"
            " VALUES(?, ?, ?, 0, ?, ?, ?, 0, 0, 0, ?, ?, 'everything to everybody', NULL)",
            ((self.delivery + 1 + n, first + n,
              BEHIND if (first_number + n) % PER_THREAD else READY, LEVEL, now, now, sink,
              thread_of(first_number + n)) for n in range(count)))
        self._count(count, "waiting")

    def add_delivered(self, sink, count, age_ms, size=1000):
        """Long finished."""
        at = int(time.time() * 1000) - age_ms
        self.add_events(count, at, size, 0)
        self.db.executemany(
            "INSERT INTO outcome(delivery, result, finished, created, took, status, attempts,"
            " losses, level, sink, rule, reason, receipt, leads)"
            " VALUES(?, ?, ?, ?, 1, 200, 1, 0, ?, ?, 'everything to everybody', NULL, NULL, NULL)",
            ((self.delivery + 1 + n, DELIVERED, at, at, LEVEL, sink) for n in range(count)))
        self._count(count, "delivered")

    def add_looked_up(self, count, make, age_ms=60_000, spread_ms=0):
        """Long routed, to nobody: make(number) gives the posted document and the object that was
        looked up for it as JSON text, None for a look-up in vain. The oldest is `age_ms` old; they
        are spread over so long."""
        object_id, = self.db.execute("SELECT object FROM ledger").fetchone()
        start = int(time.time() * 1000) - age_ms
        for n in range(count):
            document, found = make(n)
            event, at = self.event + 1 + n, start + (spread_ms * n // count)
            self.db.execute(
                "INSERT INTO event(id, at, hook, type, action, thread, dedupe, dedupe_until, body)"
                " VALUES(?, ?, 'soc', ?, ?, ?, NULL, 0, ?)",
                (event, at, document["type"], document["action"], f"t:{n // PER_THREAD}",
                 json.dumps(document).encode()))
            self.db.execute(
                "INSERT INTO decision(event, at, first, count, trace) VALUES(?, ?, ?, 0, '[]')",
                (event, at, self.delivery + 1))
            if found is not None:
                object_id += 1
                self.db.execute("INSERT INTO object(id, bytes) VALUES(?, ?)",
                                (object_id, found.encode()))
            self.db.execute(
                "INSERT INTO attachment(event, position, name, status, object)"
                " VALUES(?, 0, 'alert', ?, ?)",
                (event, "found" if found else "HTTP 503", object_id if found else None))
        self.event += count
        self.db.execute("UPDATE ledger SET event = ?, object = ?", (self.event, object_id))

    def _count(self, count, column):
        self.event += count
        self.delivery += count
        self.db.execute(f"UPDATE ledger SET event = ?, delivery = ?, {column} = {column} + ?",
                        (self.event, self.delivery, count))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.db.execute("COMMIT")
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.db.close()


def bytes_in_use(path):
    """What max_size counts: pages that are not free."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        pages, = db.execute("PRAGMA page_count").fetchone()
        free, = db.execute("PRAGMA freelist_count").fetchone()
        size, = db.execute("PRAGMA page_size").fetchone()
        return (pages - free) * size
    finally:
        db.close()
