"""Killed at any moment and started again: whatever was answered 202 arrives at the far end."""

import http.client
import json
import os
import random
import re
import signal
import sqlite3
import stat
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import sinks
from tocsin import BINARY, HOOK_PATH, wait_until

RETRY_FAST = "sink_defaults: {retry: {first: 100ms, max: 500ms, give_up: 1h}}\n"
KILLS = 4


class Load:
    """Posts numbered events from several threads until stopped; remembers what was answered 202."""

    def __init__(self, daemon, threads=4):
        self.daemon = daemon
        self.accepted = {}
        self._lock = threading.Lock()
        self._next = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _take_number(self):
        with self._lock:
            self._next += 1
            return self._next

    def _run(self):
        while not self._stop.is_set():
            number = self._take_number()
            body = json.dumps({"type": "probe", "action": "created", "attributes": {
                "title": f"no{number:06d}x", "uuid": f"thread-{number % 7}"}})
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.daemon.hook_port,
                                                        timeout=20)
                connection.request("POST", HOOK_PATH, body)
                answer = connection.getresponse()
                if answer.status == 202:
                    event_id = json.loads(answer.read())["id"]
                    with self._lock:
                        self.accepted[number] = event_id
                connection.close()
            except (OSError, http.client.HTTPException, ValueError):
                self._stop.wait(0.01)  # the daemon is away

    def wait_for(self, count):
        wait_until(lambda: len(self.accepted) >= count, f"{count} events accepted", 60)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)


def numbers_in(text):
    return {int(number) for number in re.findall(r"no(\d{6})x", text)}


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_under_load_nothing_that_was_answered_202_is_lost(
        make_daemon, mattermost, syslog, seed):
    chance = random.Random(seed)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost, rate="off"),
                          "siem": sinks.syslog(syslog)}, settings=RETRY_FAST).start()
    load = Load(daemon)
    for _ in range(KILLS):
        load.wait_for(len(load.accepted) + chance.randint(20, 120))
        # Long enough for an outcome: what is under way at three deaths is a dead letter, and rightly.
        time_to_die = 0.1 + chance.random() * 0.1
        threading.Event().wait(time_to_die)  # the moment is the test's input, not a wait for something
        daemon.kill9()
        daemon.start()
    load.wait_for(len(load.accepted) + 20)
    load.stop()
    status = daemon.wait_settled(timeout=120)
    assert status["dead"] == 0
    assert status["events"] >= len(load.accepted)
    assert len(load.accepted) > 200
    for number, event_id in load.accepted.items():
        story = daemon.event(event_id)
        assert [d["state"] for d in story["deliveries"]] == ["delivered"] * 2, (number, story)

    arrived = {}
    for entry in mattermost.received:
        text = mattermost.as_text(entry)
        for number in numbers_in(text):
            arrived.setdefault(number, []).append(text)
    missing = sorted(set(load.accepted) - set(arrived))
    assert missing == [], f"answered 202 and never arrived: {missing}"
    for number, copies in arrived.items():
        unmarked = [text for text in copies if "repeat" not in text.lower()]
        assert len(unmarked) <= 1, f"no{number:06d}x came twice without a mark:\n{copies}"

    in_syslog = {number for entry in syslog.received for number in numbers_in(syslog.as_text(entry))}
    assert set(load.accepted) <= in_syslog


def test_an_event_accepted_while_the_far_end_is_down_arrives_after_a_restart(
        make_daemon, mattermost):
    mattermost.fail_next(1000, 503)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, settings=RETRY_FAST).start()
    event_id = daemon.accept({"type": "probe"})
    wait_until(lambda: daemon.event(event_id)["deliveries"][0]["attempts"] >= 2
               if daemon.event(event_id)["deliveries"] else False, "two attempts")
    daemon.kill9()
    mattermost.fail_next(0, 503)
    daemon.start()
    mattermost.wait_for(1, 60)
    daemon.wait_settled()
    delivery, = daemon.event(event_id)["deliveries"]
    assert delivery["state"] == "delivered"


def test_a_stop_forgets_nothing(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost, rate="20/s")},
                         settings="drain: 1s\n").start()
    for n in range(60):
        daemon.accept({"type": "probe", "attributes": {"title": f"no{n:06d}x"}})
    daemon.restart()
    mattermost.wait_for(60, 60)
    daemon.wait_settled()
    arrived = [number for entry in mattermost.received
               for number in numbers_in(mattermost.as_text(entry))]
    assert sorted(arrived) == list(range(60)), "after an orderly end nothing comes twice"


def test_ids_go_on_after_a_restart(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}).start()
    first = daemon.accept({"type": "probe", "n": 1})
    daemon.wait_settled()
    daemon.kill9()
    daemon.start()
    second = daemon.accept({"type": "probe", "n": 2})
    assert first != second
    assert first.partition("-e")[0] == second.partition("-e")[0]
    assert daemon.event(first)["deliveries"][0]["state"] == "delivered"


def test_the_same_event_after_a_restart_is_still_a_duplicate(make_daemon, mattermost):
    event = {"type": "alert", "action": "created", "attributes": {"uuid": "a"},
             "metadata": {"uuid": "77c0ffee-1111-4000-8000-000000000001", "version": 2}}
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}).start()
    first = daemon.accept(event)
    daemon.kill9()
    daemon.start()
    again = daemon.post(event)
    assert again.body["id"] == first and again.body["duplicate"] is True
    daemon.wait_settled()
    assert daemon.status()["events"] == 1


def test_a_second_daemon_on_the_same_ledger_exits_3_and_names_the_first(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}).start()
    second = subprocess.run([BINARY, "serve", "-c", str(daemon.config)], capture_output=True,
                            text=True, timeout=30)
    assert second.returncode == 3
    assert str(daemon.process.pid) in second.stderr
    daemon.still_serves()


def test_the_ledgers_files_are_the_owners_alone(make_daemon, mattermost):
    old = os.umask(0)
    try:
        daemon = make_daemon({"chat": sinks.mattermost(mattermost)}).start()
    finally:
        os.umask(old)
    daemon.accept({"type": "probe"})
    files = list(daemon.folder.glob("ledger.db*"))
    assert len(files) >= 2, "the ledger and its log"
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_ledger_of_a_newer_version_is_refused(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}).start()
    daemon.stop()
    with sqlite3.connect(daemon.folder / "ledger.db") as ledger:
        ledger.execute("PRAGMA user_version = 9999")
    ledger.close()
    daemon.start(wait=False)
    assert daemon.process.wait(30) == 3
    assert "9999" in daemon.log()


def test_a_file_that_is_no_ledger_is_refused_and_left_as_it_was(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)})
    ledger = daemon.folder / "ledger.db"
    ledger.write_bytes(b"my holiday photographs" * 100)
    daemon.start(wait=False)
    assert daemon.process.wait(30) == 3
    assert ledger.read_bytes() == b"my holiday photographs" * 100
    assert "ledger.db" in daemon.log()


def test_sigint_ends_it_as_sigterm_does(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}).start()
    daemon.process.send_signal(signal.SIGINT)
    assert daemon.process.wait(30) == 0


def test_stopped_while_a_sink_hangs_it_ends_within_its_drain(make_daemon, mattermost):
    mattermost.fail_next(1000, 503)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "gone": sinks.unreachable()},
                         settings="drain: 2s\n").start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: daemon.accept({"type": "probe", "n": n}), range(40)))
    began = time.monotonic()
    daemon.stop()
    assert time.monotonic() - began < 20
