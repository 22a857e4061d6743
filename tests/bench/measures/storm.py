"""One alert a thousand times: how often it is asked for, and whether everybody is told each time."""

import http.client
import threading
import time
from urllib.parse import urlsplit

import rig
from contenders.tocsin import Tocsin
from far_ends import Delivered, FarEnds
from load import Failure, Sender, event_body
from measures import Finding, median, spread

NAME = "storm"
TITLE = "One alert a thousand times"

LOOK_UP_S = 0.02  # long enough that many events come meanwhile
TOO_MANY = 508
PROBED = "0d000000-0000-4000-8000-000000000000"
WITHOUT = "00000000-0000-4000-8000-000000000000"  # as the sender makes it, its prefix aside


def _ask(ends):
    connection = http.client.HTTPConnection(urlsplit(ends.api).netloc, timeout=30)
    connection.request("GET", f"/api/v1/sic/alerts/{PROBED}")
    connection.getresponse().read()
    connection.close()


def check_far_end_counts(ends):
    """Two who ask at once: unless the far end notices, what it says of tocsin is worth nothing."""
    askers = [threading.Thread(target=_ask, args=(ends,)) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    time.sleep(rig.LOG_LAG_S)
    if TOO_MANY not in [status for _, status, _ in ends.look_ups()]:
        raise Failure("the far end does not notice look-ups at the same time")


def _check(delivered, id, events, is_refused):
    """A look-up that was refused may leave a message without the alert, and so without its id."""
    for sink, ids in enumerate(delivered.ids):
        if dict(ids) != {id: events} and not (is_refused and ids.total() == events):
            raise Failure(f"storm: sink {sink} has {dict(ids)}, not {events} of {id}")


def _send(contender, delivered, folder, url, events, prefix, first):
    """Returns when they are delivered, and recorded as such."""
    sender = Sender(folder, url, event_body(contender), events, 64, storm=True, prefix=prefix,
                    first=first)
    if len(rig.check_all_accepted(sender, sender.run())) != events:
        raise Failure("storm: some events had the same id")
    rig.wait_for_arrivals(delivered, (first + events) * len(delivered.ids))
    rig.wait_until_settled(contender)
    time.sleep(rig.LOG_LAG_S)


def _turn(events, number):
    """(look-ups for the storm, how many of all were too many, whether one came for an event after it,
    dead letters)."""
    prefix = f"0b{number:06x}"
    with rig.scratch() as folder, FarEnds(f"{folder}/ends", delay=LOOK_UP_S, at_once=1) as ends:
        check_far_end_counts(ends)
        contender, delivered = Tocsin(), Delivered(ends)
        with rig.started(contender, folder, ends) as url:
            _send(contender, delivered, folder, url, events, prefix, 0)
            statuses = [status for _, status, _ in ends.look_ups()]
            _send(contender, delivered, folder, url, 1, prefix, events)
            after = [status for _, status, _ in ends.look_ups()]
            dead = contender.status()["dead"]
        time.sleep(rig.LOG_LAG_S)
        too_many = (statuses + after).count(TOO_MANY)
        _check(delivered.read(), prefix + WITHOUT[len(prefix):], events + 1, too_many > 0)
        return len(statuses), too_many, len(after) > 0, dead


def measure(scale):
    events = scale.of(1000, 300)
    rounds = [_turn(events, number) for number in range(scale.rounds)]
    asked, too_many = [one for one, *_ in rounds], sum(more for _, more, *_ in rounds)
    yield Finding("at most one look-up under way of an object",
                  "never more" if too_many == 0 else f"{too_many} times more", too_many == 0,
                  f"look-ups of {1e3 * LOOK_UP_S:.0f} ms; a second one at once would have been refused")
    is_anew = all(after for *_, after, _ in rounds)
    yield Finding("an event after the storm is told with what is true then",
                  "looked up anew" if is_anew else "not looked up", is_anew)
    yield Finding("", f"{median(asked):.0f} look-ups for {events} events", None,
                  f"{spread(asked)}; each event was delivered to both sinks, "
                  f"{sum(dead for *_, dead in rounds)} dead letters")
