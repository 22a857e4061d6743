"""The fakes as far ends with moods: they take a message, refuse it, or leave it in doubt. They tell
what came in one form, and know which messages they left in doubt, so that the oracle can judge."""

import http.client
import random
import re
import socket
import threading
from collections import namedtuple

from fakes.mattermost import Mattermost
from fakes.smtp import Smtp
from fakes.syslog import Syslog

from tocsin import wait_until

# number: which event; repeat: marked as a possible repeat; delivery: its id, None where the sink
# shows none.
Arrival = namedtuple("Arrival", "number repeat delivery")

NUMBER = re.compile(r"no(\d{6})x")


def number_in(text):
    found = NUMBER.search(text)
    return int(found[1]) if found else None


class Moods:
    """What happens to one message in so many, by chance."""

    def __init__(self, seed, **one_in):
        self._chance = random.Random(seed)
        self._one_in = one_in
        self._lock = threading.Lock()
        self.calm = False

    def next(self):
        """The name of a mood, or None."""
        with self._lock:
            for mood, one_in in self._one_in.items():
                if self._chance.random() * one_in < 1 and not self.calm:
                    return mood
        return None


class Chat(Mattermost):
    """Mattermost over HTTP. Moods: fails (500), busy (429 with Retry-After), refuses (400, a
    rejection for good), mute (keeps the message and closes), deaf (closes without keeping it),
    breaks (keeps it and closes in the middle of the answer)."""

    def __init__(self, moods):
        super().__init__()
        self.moods = moods
        self.doubted, self.refused = set(), set()
        self.handled = set()  # taken, or refused for good
        self._open = 0
        self._count_connections()

    def _count_connections(self):
        begin, end = self._server.process_request, self._server.shutdown_request

        def on_begin(request, address):
            with self._changed:
                self._open += 1
            begin(request, address)

        def on_end(request):
            end(request)
            with self._changed:
                self._open -= 1

        self._server.process_request = on_begin
        self._server.shutdown_request = on_end
        self._server.handle_error = lambda *_: None  # a daemon that dies resets its connections

    def _decide(self, handler, raw):
        number = number_in(raw.decode())
        mood = self.moods.next()
        if mood == "fails":
            return 500, {}, "oops", None
        if mood == "busy":
            return 429, {"Retry-After": "1"}, "slower", None
        if mood != "deaf":
            self.handled.add(number)
        if mood == "refuses":
            self.refused.add(number)
            return 400, *self.refusal(400), None
        if mood is None:
            return super()._decide(handler, raw)
        self.doubted.add(number)
        entry = None if mood == "deaf" else self.accept(handler, raw)[3]
        if mood == "breaks":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok, and th")
        return 0, {}, None, entry

    def settle(self):
        """Waits until all that a dead daemon had handed to the kernel was read."""
        knock = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        knock.request("GET", "/", headers={"Connection": "close"})
        knock.getresponse().read()
        knock.close()
        wait_until(lambda: self._open == 0, "the chat's connections closed", 60)

    def arrivals(self):
        with self._changed:
            entries = self.received[:]
        texts = map(self.as_text, entries)
        return [Arrival(number_in(text), "Possible repeat" in text, None) for text in texts]


class Siem(Syslog):
    """Syslog over TCP, by the worker lane. It has no moods: what was handed over is delivered, and
    nobody could tell."""

    doubted, refused = frozenset(), frozenset()

    def settle(self):
        host, port = self._tcp.getsockname()
        with socket.create_connection((host, port), timeout=60) as knock:
            count = self._knocks() + 1
            knock.sendall(b"5 knock")
            wait_until(lambda: self._knocks() >= count, "the knock heard", 60)
        wait_until(lambda: not self._clients, "the siem's connections closed", 60)

    def _knocks(self):
        with self._changed:
            return self.received.count(b"knock")

    def arrivals(self):
        with self._changed:
            texts = [self.as_text(entry) for entry in self.received if entry != b"knock"]
        return [Arrival(number_in(text), "[possible repeat]" in text,
                        re.search(r' id="([^"]+)"', text)[1]) for text in texts]


class Post(Smtp):
    """Mail, by the worker lane. Moods: later (451 to the recipient), full (452 after the dot), mute
    (keeps the mail and hangs up)."""

    def __init__(self, moods):
        super().__init__()
        self.moods = moods
        self.doubted, self.refused = set(), set()
        self._session = threading.local()  # each has a thread of its own

    def _scripted(self, stage):
        if stage == "MAIL":
            self._session.mood = self.moods.next()
        if stage == "RCPT" and self._session.mood == "later":
            return "451 4.2.0 try again"
        return "452 4.3.1 full" if stage == "dot" and self._session.mood == "full" else None

    def _keep(self, mail_from, rcpts, raw):
        number = super()._keep(mail_from, rcpts, raw)
        if self._session.mood == "mute":
            self.doubted.add(number_in(raw.decode()))
            raise EOFError
        return number

    def settle(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as knock:
            knock.recv(1024)
        wait_until(lambda: not self._clients, "the post's connections closed", 60)

    def arrivals(self):
        with self._changed:
            entries = self.received[:]
        return [Arrival(number_in(str(entry["message"]["Subject"])),
                        "Possible repeat:" in self.as_text(entry),
                        entry["message"]["X-Tocsin-Delivery"]) for entry in entries]
