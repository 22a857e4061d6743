"""One daemon with its far ends, a sender and the oracle: started, killed, started again."""

import os
import signal
import subprocess
import uuid

from fakes.alert_api import AlertApi

import sinks
from far_ends import Chat, Moods, Post, Siem
from oracle import Oracle
from sender import Sender
from tocsin import BINARY, BUILD, HOOK_PATH, Tocsin, wait_until

CRASH_BINARY = os.environ.get("TOCSIN_CRASH_BIN", BUILD / "tests/crash/tocsin-crash")
JOURNAL_CALL = os.environ.get("TOCSIN_JOURNAL_CALL", BUILD / "tests/crash/crash-journal")

SETTINGS = """sink_defaults:
  timeout: 60s
  retry: {first: 20ms, max: 200ms, give_up: 1h}
  breaker: {failures: 100000, probe: 100ms}
enrich:
  probe: {get: "%s/v1/sic/alerts/{{attributes.uuid}}", bearer: "%s", as: extra}
"""
RULES = """rules:
  - name: all to the chat and the log
    match: {type: [probe, plain]}
    send: [chat, siem]
  - name: some by mail
    match: {type: [probe, plain], attributes.mail: "yes"}
    send: [post]
"""


class Scene:
    """moods: chat and post, each a dict for Moods. Every scene has a hook path of its own: what is
    posted to a port that another daemon took meanwhile is a 404 there."""

    def __init__(self, folder, seed, chat=None, post=None, ahead=150, padding=300):
        self.api = AlertApi()
        for subject in Sender.uuids():
            self.api.add({"uuid": subject, "note": "looked up"})
        self.chat = Chat(Moods(f"{seed}/chat", **(chat or {})))
        self.siem = Siem()
        self.post = Post(Moods(f"{seed}/post", **(post or {})))
        self.far_ends = {"chat": self.chat, "siem": self.siem, "post": self.post}
        self.path = f"/hooks/{uuid.uuid4()}"
        self.daemon = self._make_daemon(folder)
        self.ledger = self.daemon.folder / "ledger.db"
        self.sender = Sender(self.daemon, self.path, seed, padding=padding,
                             ahead=lambda: self._backlog() < ahead)
        self.oracle = Oracle(self.sender, self.far_ends, self.ledger)

    def _make_daemon(self, folder):
        daemon = Tocsin(folder, {
            "chat": sinks.mattermost(self.chat), "siem": sinks.syslog(self.siem),
            "post": sinks.email(self.post, rate="off")},
            rules=RULES, settings=SETTINGS % (self.api.url, self.api.key))
        daemon.config.write_text(daemon.config.read_text().replace(HOOK_PATH, self.path))
        return daemon

    def _backlog(self):
        """Events that the sender was told of and the chat was not."""
        told = {number for number, sent in self.sender.acked().items() if sent.sinks}
        return len(told - self.chat.handled)

    # Lives ------------------------------------------------------------------------------------

    def start(self):
        self.daemon.env, self.daemon.binary = {}, BINARY
        self.daemon.start()

    def start_doomed(self, **env):
        """The program that dies as the environment says: while it starts, or later."""
        self.daemon.env, self.daemon.binary = env, CRASH_BINARY
        self.daemon.start(wait=False)
        wait_until(self._is_up_or_dead, "serving, or dead", 60)

    def _is_up_or_dead(self):
        try:
            return self.daemon.process.poll() is not None or self.daemon._is_serving()
        except (AssertionError, OSError):
            return self.daemon.process.poll() is not None  # it died while it was asked

    def wait_for_death(self, timeout=60):
        """It was killed, by whomever; the last words of that life."""
        try:
            code = self.daemon.process.wait(timeout)
        except subprocess.TimeoutExpired:
            code = "nothing, for it lives"
        words = self.daemon.log_file().read_text(errors="replace")
        assert code == -signal.SIGKILL, f"ended with {code}:\n{words[-4000:]}"
        self._take_stock()
        return words

    def kill(self):
        self.daemon.kill9()
        self._take_stock()

    def _take_stock(self):
        for far_end in self.far_ends.values():
            far_end.settle()
        self.oracle.record_death()

    def finish(self, timeout=120):
        """The sender stops, everything settles, the daemon ends; the faults that are found."""
        self.sender.stop()
        self.api.delay(0)
        self.daemon.wait_settled(timeout)
        self.daemon.stop()
        return self.oracle.judge()

    def close(self):
        if self.daemon.process and self.daemon.process.poll() is None:
            self.daemon.process.kill()
            self.daemon.process.wait(20)
        for thing in (*self.far_ends.values(), self.api):
            thing.stop()
