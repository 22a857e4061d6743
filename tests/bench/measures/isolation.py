"""What `isolation: process` costs a message, for both shapes of plugins: the same load with the plugin in
the daemon's process and in processes of its own, in turn. The processor time and the memory are those of
all processes together."""

import json
import time
from collections import Counter

import rig
import usage
from contenders.tocsin import Tocsin
from load import Failure, Sender, event_body
from measures import Finding, median, spread

NAME = "isolation"
TITLE = "A plugin in the daemon's process, and in processes of its own"

WAYS = ("none", "process")
CONNECTIONS, CONCURRENCY = 16, 4
WARM_UP = 200


class NoEnds:
    """For a sink that needs no far end."""

    api, sinks, ca = "", ("",), None


class ToFile(Tocsin):
    """Its one sink is a file."""

    def command(self, ends):
        self.sink.update(plugin="file", path=str(self.folder / "delivered"))
        return super().command(ends)

    def _lines(self, ends, sinks):
        for sink in sinks.values():
            sink.pop("url")
        return super()._lines(ends, sinks)

    def check(self, accepted):
        """One line for each event, no more and no less."""
        with open(self.folder / "delivered", encoding="utf-8") as lines:
            written = Counter(json.loads(line)["event"]["body"]["attributes"]["uuid"] for line in lines)
        if set(written) != accepted or max(written.values()) > 1:
            raise Failure(f"{len(accepted)} events were accepted, {written.total()} lines written for "
                          f"{len(written)} of them")


def _send(contender, folder, url, events, prefix):
    sender = Sender(folder, url, event_body(contender), events, CONNECTIONS, prefix=prefix)
    accepted = rig.check_all_accepted(sender, sender.run())
    rig.wait_until_settled(contender)
    return accepted


def render(way, events):
    """Microseconds of CPU an event, events a second, kB: mattermost, after a look-up."""
    one = rig.measured(Tocsin(concurrency=CONCURRENCY, sink={"isolation": way}), events, CONNECTIONS,
                       WARM_UP, sinks=1)
    return one.cpu_us, one.events_per_second, one.pss_kb


def deliver(way, events):
    """The same: to a file, without a look-up."""
    contender = ToFile(look_up=False, concurrency=CONCURRENCY, sink={"isolation": way})
    with rig.scratch() as folder, rig.started(contender, folder, NoEnds()) as url:
        accepted = _send(contender, folder, url, WARM_UP, "0a000000")
        cpu_s, began = usage.cpu_s(contender.pids()), time.monotonic()
        accepted |= _send(contender, folder, url, events, "0b000000")
        took_s, cpu_s = time.monotonic() - began, usage.cpu_s(contender.pids()) - cpu_s
        pss_kb = usage.pss_kb(contender.pids())
        contender.check(accepted)
    return cpu_s / events * 1e6, events / took_s, pss_kb


def _words(shape, way, rounds):
    cpu_us, speed, pss_kb = (median(values) for values in zip(*rounds))
    where = "in the daemon's process" if way == "none" else f"in {CONCURRENCY} of its own"
    return (f"{shape}, {where}: {cpu_us:.0f} us of CPU a message, {speed:.0f} messages/s, "
            f"{pss_kb / 1024:.1f} MB")


def measure(scale):
    events = scale.of(6000, 600)
    for shape, turn in (("render", render), ("deliver", deliver)):
        found = {way: [] for way in WAYS}
        for _ in range(scale.rounds):
            for way in WAYS:
                found[way].append(turn(way, events))
        for way in WAYS:
            yield Finding("", _words(shape, way, found[way]), None,
                          f"{events} events a round, {spread([one[1] for one in found[way]])}")
        more = [apart[0] - within[0] for within, apart in zip(*(found[way] for way in WAYS))]
        yield Finding("", f"{shape}: {median(more):.0f} us of CPU a message more", None,
                      f"pairs: {spread(more)}")
