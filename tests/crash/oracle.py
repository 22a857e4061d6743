"""The judge: from what was promised, what arrived, and what each dead daemon left in its ledger, it
says what is wrong. An empty list is the proof."""

from collections import Counter, defaultdict

import remains
from far_ends import number_in

LOSSES_TO_DIE = 3  # a claim that is lost so often is not tried again
LOST = "lost: the daemon ended three times"


class Oracle:
    """sinks: name -> far end. Deaths are recorded as they come; judge() when all has settled and the
    daemon is gone."""

    def __init__(self, sender, sinks, path):
        self.sender, self.sinks, self.path = sender, sinks, path
        self.deaths = 0
        # Sets: a daemon that dies before it has taken in what the last one left leaves it once more.
        self._claims, self._event_claims = set(), set()

    def record_death(self):
        deliveries, events = remains.claims(self.path)
        self.deaths += 1
        self._claims.update(deliveries)
        self._event_claims.update(events)

    def judge(self):
        """Every fault as a sentence."""
        self._numbers = {event: number_in(document["attributes"]["title"])
                         for event, document in remains.event_documents(self.path).items()}
        self._arrivals = {name: far_end.arrivals() for name, far_end in self.sinks.items()}
        self._outcomes = remains.outcomes(self.path)
        self._losses = Counter((event, sink) for event, sink, _ in self._claims)
        self._event_losses = Counter(event for event, _ in self._event_claims)
        return [*self._judge_acceptance(), *self._judge_outcomes(), *self._judge_arrival(),
                *self._judge_repeats(), *self._judge_order(), *self._judge_receipt()]

    # What was promised is there --------------------------------------------------------------

    def _judge_acceptance(self):
        for number, count in Counter(self._numbers.values()).items():
            if number not in self.sender.sent:
                yield f"no{number:06d}x is in the ledger and was never sent"
            if count > 1:
                yield f"no{number:06d}x is in the ledger {count} times"
        for number, sent in self.sender.acked().items():
            if self._numbers.get(int(sent.id.rpartition("-e")[2])) != number:
                yield f"no{number:06d}x was answered 202 as {sent.id} and is not in the ledger"

    def _is_lost(self, event, sink):
        return (self._losses[event, sink] >= LOSSES_TO_DIE or
                self._event_losses[event] >= LOSSES_TO_DIE)

    def _explains_death(self, event, sink, reason):
        """An end without delivery that is right: the far end said no, or it took the daemon along
        three times."""
        if reason.startswith("rejected") and sink in self.sinks:
            return self._numbers[event] in self.sinks[sink].refused
        return reason.startswith(LOST) and self._is_lost(event, sink)

    def _judge_outcomes(self):
        ended = defaultdict(set)
        for event, sink, result, reason, _ in self._outcomes:
            ended[event].add(sink)
            if result != remains.DELIVERED and not self._explains_death(event, sink, reason or ""):
                yield (f"no{self._numbers[event]:06d}x to {sink} ended as {result} without need: "
                       f"{reason}")
        for event, number in self._numbers.items():
            missing = set(self.sender.sent[number].sinks) - ended[event]
            if missing and "" not in ended[event]:  # "": lost before it was routed
                yield f"no{number:06d}x has no outcome at {sorted(missing)}"

    def _judge_arrival(self):
        arrived = {(arrival.number, name) for name, arrivals in self._arrivals.items()
                   for arrival in arrivals}
        for event, sink, result, _, _ in self._outcomes:
            if result == remains.DELIVERED and (self._numbers[event], sink) not in arrived:
                yield f"no{self._numbers[event]:06d}x is delivered to {sink} and never arrived"
        for number, sink in arrived:
            sent = self.sender.sent.get(number)
            if not sent or sink not in sent.sinks:
                yield f"{number} arrived at {sink} and was never meant for it"

    # What came twice, and in which order -------------------------------------------------------

    def _judge_repeats(self):
        claimed = {(self._numbers.get(event), sink) for event, sink in self._losses}
        for name, far_end in self.sinks.items():
            unmarked = Counter(a.number for a in self._arrivals[name] if not a.repeat)
            ids = defaultdict(set)
            for arrival in self._arrivals[name]:
                ids[arrival.number].add(arrival.delivery)
                is_in_doubt = ((arrival.number, name) in claimed or
                               arrival.number in far_end.doubted)
                if arrival.repeat and not is_in_doubt:
                    yield f"no{arrival.number:06d}x at {name} is marked and was never claimed"
            for number, count in unmarked.items():
                if count > 1:
                    yield f"no{number:06d}x came to {name} {count} times without a mark"
            for number, seen in ids.items():
                if len(seen) > 1:
                    yield f"no{number:06d}x came to {name} with several ids: {sorted(seen)}"

    def marked(self):
        """(deliveries marked as repeats, the most that may be: claims at the deaths, and attempts
        that the far ends left in doubt)."""
        marked = {(arrival.number, name) for name, arrivals in self._arrivals.items()
                  for arrival in arrivals if arrival.repeat}
        doubts = sum(len(far_end.doubted) for far_end in self.sinks.values())
        return len(marked), len(self._claims) + doubts

    def _judge_order(self):
        for name, arrivals in self._arrivals.items():
            seen, last = set(), defaultdict(int)
            for number in (arrival.number for arrival in arrivals):
                sent = self.sender.sent.get(number)
                if not sent or number in seen:
                    continue
                seen.add(number)
                if number < last[sent.thread]:
                    yield (f"no{number:06d}x came to {name} after no{last[sent.thread]:06d}x, which "
                           f"is a later one of {sent.thread}")
                last[sent.thread] = max(last[sent.thread], number)

    # The receipt ----------------------------------------------------------------------------

    def receipt(self):
        """sink -> (accepted for it, delivered, dead, skipped); "": events that no rule matched."""
        lost = {event for event, sink, _, _, _ in self._outcomes if sink == ""}
        routed = [(event, self.sender.sent[number].sinks)
                  for event, number in self._numbers.items() if event not in lost]
        results = Counter((sink, result) for _, sink, result, _, _ in self._outcomes)
        table = {name: (sum(name in sinks for _, sinks in routed),
                        *(results[name, result] for result in
                          (remains.DELIVERED, remains.DEAD, remains.SKIPPED)))
                 for name in self.sinks}
        return {**table, "": (sum(not sinks for _, sinks in routed), 0, 0, 0)}

    def _judge_receipt(self):
        counts = remains.counts(self.path)
        if counts["unrouted"] or counts["delivery"]:
            yield f"not all is settled: {counts}"
        for name, (accepted, *ended) in self.receipt().items():
            if name and accepted != sum(ended):
                yield f"{name}: {accepted} accepted for it, {ended} delivered, dead and skipped"
        if counts["event"] != counts["decision"]:
            yield f"{counts['event']} events and {counts['decision']} decisions"
