#!/usr/bin/python3
"""Minutes of mixed faults, then a million waiting deliveries: `./run soak [MINUTES]`. Ends with a
receipt that adds up what was accepted and what became of it; 1 when it does not."""

import os
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "integration")]

from fakes.far_end import FarEnd  # noqa: E402
from ledger import Rows  # noqa: E402
from load import Load  # noqa: E402
from mounts import Disk, enter_private_mounts  # noqa: E402
from receipt import Ledger, Receipt  # noqa: E402
from tocsin import TEST_PLUGINS, Tocsin  # noqa: E402

RATE = 60
MILLION = 1000000
BATCH = 50000  # rows written at once
MOST_KB, MOST_START_S = 128 << 10, 2.0

OWED = ["steady", "flaky", "wary", "slow"]
SETTINGS = """
drain: 2s
sink_defaults: {timeout: 2s, retry: {first: 100ms, max: 2s, give_up: 1h},
  breaker: {failures: 5, probe: 500ms}}
"""
RULES = f"""
rules:
  - name: everything to everybody
    match: {{type: probe}}
    send: [{', '.join(OWED)}]
"""
MANNERS = ["fail", "busy", "hang", "reset"]


def say(*words):
    print(f"{time.strftime('%H:%M:%S')} ", *words, flush=True)


class World:
    """The daemon, its far ends, its small disk, and what goes wrong with them."""

    def __init__(self, folder, minutes, chance):
        self.chance = chance
        self.disk = Disk(folder / "disk", f"{64 + int(40 * minutes)}m")
        self.ends = {name: FarEnd() for name in [*OWED, "spare"]}
        self.daemon = Tocsin(folder, self._sinks(), rules=RULES, settings=SETTINGS,
                             ledger=self.disk.folder / "ledger.db").start()
        self.happened = {}

    def _sinks(self):
        sinks = {name: {"plugin": "mattermost", "url": end.url, "rate": "off"}
                 for name, end in self.ends.items()}
        sinks["wary"]["in_doubt"] = "dead"
        sinks["slow"].update(fallback="spare", fallback_after="3s")
        sinks["flaky"] = {"plugin": str(TEST_PLUGINS / "record.so"), "url": self.ends["flaky"].url}
        return sinks

    def stop(self):
        self.daemon.cleanup()
        for end in self.ends.values():
            end.stop()
        self.disk.stop()

    def go_wrong(self):
        episode = self.chance.choice([self.kill, self.restart, self.upset, self.upset,
                                      self.fill_disk, self.lock])
        self.happened[episode.__name__] = self.happened.get(episode.__name__, 0) + 1
        episode()

    def pass_time(self, most):
        """How long a fault lasts is the soak's input; it waits for nothing."""
        threading.Event().wait(self.chance.uniform(0.1, most))

    def kill(self):
        self.daemon.kill9()
        self.daemon.start()

    def restart(self):
        self.daemon.restart()

    def upset(self):
        """One far end that may, misbehaves for a while; sometimes the daemon dies meanwhile."""
        end = self.ends[self.chance.choice(["flaky", "wary", "slow"])]
        end.turn(self.chance.choice(MANNERS))
        self.pass_time(6)
        if self.chance.random() < 0.3:
            self.kill()
        end.turn("ok")

    def fill_disk(self):
        self.disk.fill()
        self.pass_time(4)
        killed = self.chance.random() < 0.3
        if killed:
            self.daemon.kill9()
        self.disk.make_room()
        if killed:
            self.daemon.start()

    def lock(self):
        thief = sqlite3.connect(self.daemon.ledger, isolation_level=None, timeout=30)
        thief.execute("BEGIN EXCLUSIVE")
        self.pass_time(3)
        thief.execute("ROLLBACK")
        thief.close()


def mixed_faults(folder, minutes, seed):
    """True when everything adds up."""
    world = World(folder, minutes, random.Random(seed))
    try:
        load = Load(world.daemon, RATE)
        end = time.monotonic() + minutes * 60
        said = 0
        while time.monotonic() < end:
            world.pass_time(2)
            world.go_wrong()
            if time.monotonic() > said + 30:
                said = time.monotonic()
                say(f"{len(load.answered)} answered 202, {load.refused} refused, {load.broken} "
                    f"broken off; {world.happened}")
        load.stop()
        world.daemon.wait_settled(timeout=300)
        world.daemon.stop()
        return print_receipt(world, load)
    finally:
        world.stop()


def print_receipt(world, load):
    receipt = Receipt(Ledger(world.daemon.ledger), load.answered, OWED,
                      {name: end.numbers() for name, end in world.ends.items()},
                      {name: end.counts()["unmarked"] for name, end in world.ends.items()})
    say(f"faults: {world.happened}; {load.refused} posts refused, {load.broken} broken off")
    print("\n".join(receipt.lines), flush=True)
    for words in receipt.wrong:
        print("WRONG:", words, flush=True)
    return not receipt.wrong


def million(folder):
    """True when a million waiting deliveries start fast, in little memory, and all leave."""
    far_end = FarEnd()
    daemon = Tocsin(folder, {"far": {"plugin": "mattermost", "url": far_end.url, "rate": "off",
                                     "concurrency": 16}}).start()
    try:
        daemon.stop()
        say(f"writing {MILLION} waiting deliveries")
        for first in range(0, MILLION, BATCH):
            with Rows(daemon.ledger) as rows:
                rows.add_waiting("far", BATCH, first_number=first)
        began = time.monotonic()
        daemon.start()
        is_taken = daemon.post({"type": "probe"}).status == 202
        start_s = time.monotonic() - began
        say(f"served a hook {start_s:.2f} s after its start")
        drain(daemon)
        counts, status, memory_kb = far_end.counts(), daemon.status(), daemon.memory_kb()
        daemon.stop()
        say(f"{MILLION} drained in {time.monotonic() - began:.0f} s, {memory_kb >> 10} MB at most; "
            f"the far end took {counts['numbers']} numbers, {counts['again']} of them again")
        return is_taken and start_s <= MOST_START_S and memory_kb < MOST_KB and \
            counts["numbers"] == MILLION and counts["again"] == 0 and \
            (status["delivered"], status["dead"], status["skipped"]) == (MILLION + 1, 0, 0)
    finally:
        daemon.cleanup()
        far_end.stop()


def drain(daemon):
    """As long as fewer wait each half minute."""
    waiting, left = MILLION + 1, MILLION
    while 0 < left < waiting:
        say(f"{left} wait")
        waiting, look_again = left, time.monotonic() + 30
        while left and time.monotonic() < look_again:
            threading.Event().wait(0.5)
            left = daemon.status()["waiting"]


def main():
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    seed = int(os.environ.get("SOAK_SEED") or time.time())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    enter_private_mounts()
    say(f"{minutes:g} minutes of mixed faults; SOAK_SEED={seed} chooses the same ones")
    with tempfile.TemporaryDirectory(prefix="tocsin-soak-") as name:
        folder = Path(name)
        (folder / "faults").mkdir()
        (folder / "million").mkdir()
        adds_up = mixed_faults(folder / "faults", minutes, seed)
        say("all adds up" if adds_up else "it does not add up")
        is_bounded = million(folder / "million")
        say("the backlog: " + ("as promised" if is_bounded else "not as promised"))
    return 0 if adds_up and is_bounded else 1


if __name__ == "__main__":
    sys.exit(main())
