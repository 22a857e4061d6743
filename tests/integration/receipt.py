"""The conservation receipt: what was accepted is delivered, waiting, dead, skipped or unmatched, by
the ledger's own record and by what the far ends counted."""

import re
import sqlite3

WAITING, DELIVERED, DEAD, SKIPPED = None, 0, 2, 3  # enum store_result
NUMBER = re.compile(rb"no(\d{7})x")

# Every delivery there ever was, with its event: those of the decision, and those made later.
MADE = ("SELECT event, first, count, NULL FROM decision UNION ALL"
        " SELECT event, first, count, kind FROM later")


class Ledger:
    """A closed ledger, read whole."""

    def __init__(self, path):
        self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.numbers = {}  # of events
        for event, body in self._query("SELECT id, body FROM event"):
            found = NUMBER.search(body)
            self.numbers[event] = int(found[1]) if found else None
        self.kinds = dict(self._query("SELECT id, type FROM event"))
        self.counters = self._query("SELECT event, unrouted, waiting, delivered, dead, skipped"
                                    " FROM ledger").fetchone()
        self._ends = {delivery: (sink, result) for delivery, sink, result in self._query(
            "SELECT delivery, sink, result FROM outcome"
            " UNION ALL SELECT id, sink, NULL FROM delivery")}
        self.made = [(event, first + n, kind) for event, first, count, kind in self._query(MADE)
                     for n in range(count)]
        self.unmatched = [event for event, _, count, kind in self._query(MADE)
                          if count == 0 and kind is None]
        self._db.close()

    def _query(self, sql):
        return self._db.execute(sql)

    def sinks(self):
        return sorted({sink for sink, _ in self._ends.values()})

    def deliveries_of(self, sink):
        """(event's number, result, how it was made) of each."""
        return [(self.numbers[event], self._ends[delivery][1], kind)
                for event, delivery, kind in self.made if self._ends[delivery][0] == sink]

    def faults(self):
        """What contradicts itself in it."""
        ends = {delivery for _, delivery, _ in self.made}
        if ends != set(self._ends):
            yield f"{len(ends ^ set(self._ends))} deliveries belong to no decision, or have no end"
        if len(ends) != len(self.made):
            yield "a delivery was made twice"
        results = [result for _, result in self._ends.values()]
        counted = (results.count(WAITING), results.count(DELIVERED), results.count(DEAD),
                   results.count(SKIPPED))
        if counted != self.counters[2:]:
            yield f"its counters say {self.counters[2:]}, its rows {counted}"
        if len(self.numbers) != self.counters[0]:
            yield f"its counter says {self.counters[0]} events, its rows {len(self.numbers)}"


class Receipt:
    """answered: the numbers that clients were answered 202 for; owed: sinks that every event of the
    type "probe" is for; taken: per sink whose far end counts, how often it took each number;
    unmarked: likewise, how often one came again without the mark."""

    def __init__(self, ledger, answered, owed, taken, unmarked):
        self.lines, self.wrong = [], list(ledger.faults())
        known = {number: event for event, number in ledger.numbers.items() if number is not None}
        self._check(answered <= set(known), f"{len(answered - set(known))} of those answered 202 "
                                            "are not in the ledger")
        probes = {ledger.numbers[event] for event, kind in ledger.kinds.items() if kind == "probe"}
        others = {event for event, kind in ledger.kinds.items() if kind != "probe"}
        self._check(ledger.counters[1] > 0 or others == set(ledger.unmatched),
                    "unmatched is not what no rule is for")
        self.lines.append(f"accepted {len(ledger.numbers)} (answered 202: {len(answered)}) = "
                          f"for sinks {len(probes)} + unmatched {len(ledger.unmatched)} + "
                          f"unrouted {ledger.counters[1]}")
        self._check(len(ledger.numbers) == len(probes) + len(others), "events of no kind")
        self.lines.append(f"{'sink':20} {'owed':>8} = {'delivered':>9} + {'waiting':>8} + "
                          f"{'dead':>6} + {'skipped':>7}    {'far end':>8} {'again':>6}")
        for sink in ledger.sinks():
            came = self._add_sink(ledger, sink, probes if sink in owed else None)
            if sink in taken:
                self._add_far_end(sink, taken[sink], unmarked[sink], *came)

    def _check(self, holds, words):
        if not holds:
            self.wrong.append(words)

    def _add_sink(self, ledger, sink, owed):
        """The numbers of its deliveries, and of those that are recorded as delivered."""
        rows = ledger.deliveries_of(sink)
        by_result = {result: [n for n, end, _ in rows if end == result]
                     for result in (DELIVERED, WAITING, DEAD, SKIPPED)}
        counts = [len(numbers) for numbers in by_result.values()]
        expected = len(owed) if owed is not None else sum(kind == "move" for _, _, kind in rows)
        self.lines.append(f"{sink:20} {expected:8} = {counts[0]:9} + {counts[1]:8} + "
                          f"{counts[2]:6} + {counts[3]:7}")
        numbers = {n for n, _, _ in rows}
        self._check(sum(counts) == expected, f"{sink}: {sum(counts)} deliveries, owed {expected}")
        if owed is not None:
            self._check(numbers == owed, f"{sink}: not one delivery an event")
        return numbers, set(by_result[DELIVERED])

    def _add_far_end(self, sink, taken, unmarked, numbers, delivered):
        came = {number for number, times in enumerate(taken) if times}
        again = sum(times - 1 for times in taken if times)
        self.lines[-1] += f"    {len(came):8} {again:6}"
        self._check(delivered <= came, f"{sink}: {len(delivered - came)} delivered, never taken")
        self._check(came <= numbers, f"{sink}: something was invented")
        self._check(unmarked == 0, f"{sink}: {unmarked} came again without the mark")
