"""A load in rounds, so that the same build does the same work each time.

In a round some events go out together, each on its own connection; the look-ups are answered when all
of them are there, and the posts when all sinks have all. The daemon is stopped while it is written to,
so that it finds all at once, and a round begins when it has come to rest. Sender and far ends are one
thread: nothing here races.
"""

import json
import os
import random
import re
import selectors
import signal
import socket
import time
import uuid
from collections import Counter
from pathlib import Path

PATIENCE_S = 120
SINKS = 2
ALERT = json.loads((Path(__file__).parents[1] / "fixtures/objects/alert-full.json").read_text())
ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Peer:
    """One connection: what has come on it, and who takes what is whole."""

    def __init__(self, sock, on_message):
        self.sock = sock
        self.on_message = on_message
        self._come = b""

    def take(self):
        """False at its end."""
        data = self.sock.recv(1 << 16)
        self._come += data
        while True:
            head, blank, rest = self._come.partition(b"\r\n\r\n")
            length = LENGTH.search(head)
            size = int(length[1]) if length else 0
            if not blank or len(rest) < size:
                return bool(data)
            self._come = rest[size:]
            self.on_message(self, head, rest[:size])


class Lockstep:
    def __init__(self, size, path, sinks=SINKS):
        """size: events of a round; path: of the hook; sinks: how many."""
        self.size = size
        self.path = path
        self.delivered = [Counter() for _ in range(sinks)]
        self._random = random.Random(1)  # the same ids each time
        self._select = selectors.DefaultSelector()
        # One each, as in life: connections to one address are looked through for an idle one.
        self._api, *self._sinks = (socket.create_server(("127.0.0.1", 0), backlog=256)
                                   for _ in range(sinks + 1))
        for listener in (self._api, *self._sinks):
            self._select.register(listener, selectors.EVENT_READ)
        self._asked, self._posted, self._accepted = [], [], 0
        self._senders = []

    @property
    def api(self):
        return self._url(self._api)

    @property
    def sinks(self):
        return [f"{self._url(sink)}/hooks/{number}" for number, sink in enumerate(self._sinks)]

    @staticmethod
    def _url(listener):
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def run(self, pid, port, events):
        """Sends so many events; raises unless each is at each sink exactly once."""
        self._pid = pid
        for _ in range(self.size):
            sock = socket.create_connection(("127.0.0.1", port))
            self._senders.append(self._add(sock, self._on_answer))
        sent = Counter()
        for _ in range(events // self.size):
            ids = [str(uuid.UUID(int=self._random.getrandbits(128), version=4))
                   for _ in range(self.size)]
            sent.update(ids)
            self._round(ids)
        self._settle()
        while self._select.select(0):  # what came once more
            self._turn()
        if any(delivered != sent for delivered in self.delivered):
            raise RuntimeError("a sink has not got each event exactly once")

    def close(self):
        for key in list(self._select.get_map().values()):
            key.fileobj.close()
        self._select.close()

    def _round(self, ids):
        self._asked, self._posted, self._accepted = [], [], 0
        self._settle()
        self._write((peer, self._event(one)) for peer, one in zip(self._senders, ids))
        self._wait(lambda: self._accepted == self.size and len(self._asked) >= self.size, "look-ups")
        self._settle()
        self._write(sorted(self._asked, key=lambda asked: asked[1]))
        self._wait(lambda: len(self._posted) >= self.size * len(self.delivered), "posts")
        self._settle()
        self._write(self._posted)

    def _event(self, alert):
        body = json.dumps({
            "type": "alert", "action": "created",
            "attributes": {"uuid": alert, "short_id": "ALEY4fqz8moo"},
            "metadata": {"version": 2, "uuid": alert[::-1],
                         "created_at": "2022-01-14T15:06:57.398005+00:00",
                         "community_uuid": "d6cea089-0f36-46c4-a10a-0e4c2e20fb10",
                         "avatar_uuid": None, "user_uuid": None, "permissions": []}}).encode()
        return (f"POST {self.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body

    # What comes ----------------------------------------------------------------------------

    def _on_answer(self, _peer, head, _body):
        if not head.startswith(b"HTTP/1.1 202 "):
            raise RuntimeError(f"the hook answers {head[:60]!r}")
        self._accepted += 1

    def _on_request(self, peer, head, body):
        method, target = head.split(b" ", 2)[:2]
        if method == b"GET":
            alert = ID.search(target)[0].decode()
            answer = json.dumps({**ALERT, "uuid": alert, "title": f"Alert {alert}"}).encode()
            self._asked.append((peer, self._answer(answer, "application/json")))
        else:
            self.delivered[int(target.rpartition(b"/")[2])][ID.search(body)[0].decode()] += 1
            self._posted.append((peer, self._answer(b"ok", "text/plain")))

    @staticmethod
    def _answer(body, media_type):
        return (f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body

    # The one thread ------------------------------------------------------------------------

    def _add(self, sock, on_message):
        peer = Peer(sock, on_message)
        self._select.register(sock, selectors.EVENT_READ, peer)
        return peer

    def _turn(self):
        for key, _ in self._select.select(0.1):
            if key.data is None:
                self._add(key.fileobj.accept()[0], self._on_request)
            elif not key.data.take():
                self._select.unregister(key.fileobj)
                key.fileobj.close()

    def _wait(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            self._turn()
            if time.monotonic() > deadline:
                raise RuntimeError(f"after {PATIENCE_S} s not all {what} of a round have come")

    def _write(self, messages):
        os.kill(self._pid, signal.SIGSTOP)
        try:
            for peer, message in messages:
                peer.sock.sendall(message)
        finally:
            os.kill(self._pid, signal.SIGCONT)

    def _settle(self):
        """Until no thread of the daemon has run for a moment."""
        deadline, before = time.monotonic() + PATIENCE_S, None
        while (now := self._switches()) != before:
            before = now
            time.sleep(0.003)
            if time.monotonic() > deadline:
                raise RuntimeError(f"the daemon does not come to rest in {PATIENCE_S} s")

    def _switches(self):
        """Of all threads; what equals nothing while one runs or ends."""
        found = []
        for task in Path(f"/proc/{self._pid}/task").iterdir():
            try:
                status = (task / "status").read_text()
            except (FileNotFoundError, ProcessLookupError):
                return object()
            if not re.search(r"^State:\s+S", status, re.MULTILINE):
                return object()
            found.append((task.name, re.findall(r"ctxt_switches:\s+(\d+)", status)))
        return found
