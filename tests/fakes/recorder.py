"""A far end for the test plugin `record`: keeps what the host said of each delivery, and can be told
to hold its answers back."""

import json
import threading

from fakes.hook_server import HookServer, send


class Recorder(HookServer):
    """`judge`, if it is set, is asked (document, how many posts came before) what a post that no
    script speaks of gets: None to take it, else (status, headers)."""

    def __init__(self, port=0):
        self.judge = None
        self.in_flight = self.most_in_flight = 0
        self._open = threading.Event()
        self._open.set()
        super().__init__(port)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def hold(self):
        """Answers nobody until release()."""
        self._open.clear()

    def release(self):
        self._open.set()

    def stop(self):
        self.release()
        super().stop()

    def documents(self):
        """What was taken, in order."""
        with self._changed:
            return [entry["json"] for entry in self.received]

    def titles(self):
        return [document["title"] for document in self.documents()]

    def wait_for_in_flight(self, n, timeout=30):
        with self._changed:
            assert self._changed.wait_for(lambda: self.in_flight >= n, timeout), self.in_flight

    def accept(self, handler, raw):
        document = json.loads(raw)
        verdict = self.judge and self.judge(document, len(self.requests))
        if verdict:
            return *verdict, "", None
        return 200, {}, "ok", {"json": document}

    def refusal(self, status):
        return {}, ""

    def _on_post(self, handler):
        """Counted before the answer leaves: whoever comes after it was never at the same time."""
        raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        with self._changed:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            self._changed.notify_all()
        self._open.wait()
        with self._changed:
            self.in_flight -= 1
            status, headers, body, entry = self._decide(handler, raw)
            self._keep(handler, raw, status, entry)
        send(handler, status, headers, body)
