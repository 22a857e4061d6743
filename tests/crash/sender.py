"""A sender that never lies about what it was told: it posts numbered events and keeps the id of each
that was answered 202. That answer is the promise which the oracle holds the daemon to."""

import http.client
import json
import random
import threading
import uuid
from dataclasses import dataclass, field

from tocsin import wait_until

THREADS_EACH = 3
KINDS = ("probe", "plain")  # probe: with a look-up


@dataclass
class Sent:
    number: int
    thread: str  # what orders the event: its type and uuid
    sinks: tuple  # who must hear of it
    document: dict = field(repr=False)
    id: str = None  # once it was answered 202


class Sender:
    """Each of its posters has threads of events of its own and posts to them one after the other, so
    that within a thread the order of the numbers is the order of acceptance. What got no answer is
    posted again, or given up, by chance; now and then what was answered is posted twice."""

    def __init__(self, daemon, path, seed, posters=3, padding=300, ahead=None):
        self.sent, self.faults = {}, []
        self._daemon, self._path, self._padding = daemon, path, padding
        self._may_go_on = ahead or (lambda: True)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(n, random.Random(f"{seed}/{n}")), daemon=True)
            for n in range(posters)]

    @staticmethod
    def uuids(posters=3):
        """Of the threads: what a look-up must find."""
        return [f"thread-{poster}-{n}" for poster in range(posters) for n in range(THREADS_EACH)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join(90)
            assert not thread.is_alive()
        assert self.faults == []

    def acked(self):
        with self._lock:
            return {number: sent for number, sent in self.sent.items() if sent.id}

    def wait_for(self, count, timeout=90):
        wait_until(lambda: len(self.acked()) >= count, f"{count} events accepted", timeout)

    def _run(self, poster, chance):
        while not self._stopping.is_set():
            if not self._may_go_on():
                self._stopping.wait(0.01)  # the far ends are behind: no use in a longer queue
                continue
            sent = self._make(poster, chance)
            # One that is given up may have been accepted all the same.
            while not self._post(sent) and chance.random() < 0.5 and not self._stopping.is_set():
                pass
            if sent.id and chance.random() < 0.05:
                self._post(sent)

    def _make(self, poster, chance):
        kind = "noise" if chance.random() < 0.03 else chance.choice(KINDS)
        subject = f"thread-{poster}-{chance.randrange(THREADS_EACH)}"
        mail = chance.random() < 0.15
        sinks = () if kind == "noise" else ("chat", "siem", "post") if mail else ("chat", "siem")
        with self._lock:
            number = len(self.sent) + 1
            sent = Sent(number, f"{kind}:{subject}", sinks, {
                "type": kind, "action": "updated",
                "attributes": {"title": f"no{number:06d}x", "uuid": subject,
                               "mail": "yes" if mail else "no", "padding": "x" * self._padding},
                "metadata": {"uuid": str(uuid.UUID(int=chance.getrandbits(128)))}})
            self.sent[number] = sent
        return sent

    def _post(self, sent):
        """Whether it was answered 202."""
        connection = http.client.HTTPConnection("127.0.0.1", self._daemon.hook_port, timeout=30)
        try:
            connection.request("POST", self._path, json.dumps(sent.document))
            answer = connection.getresponse()
            body = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self._stopping.wait(0.01)  # the daemon is away
            return False
        finally:
            connection.close()
        if answer.status != 202:
            return False
        with self._lock:
            if sent.id and (body["id"] != sent.id or not body.get("duplicate")):
                self.faults.append(f"{sent} was posted again and answered {body}")
            sent.id = body["id"]
        return True
