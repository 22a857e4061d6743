"""Numbered events from several clients at a steady pace, and what was answered 202."""

import http.client
import json
import threading

from fakes.far_end import number_title
from tocsin import HOOK_PATH

CLIENTS = 4
THREADS = 50  # of messages
NOISE = 20  # one in so many is for nobody


class Load:
    def __init__(self, daemon, rate):
        self.daemon = daemon
        self.answered = set()
        self.refused = self.broken = 0
        self._pause = CLIENTS / rate
        self._lock = threading.Lock()
        self._next = 0
        self._stop = threading.Event()
        self._clients = [threading.Thread(target=self._run) for _ in range(CLIENTS)]
        for client in self._clients:
            client.start()

    def stop(self):
        self._stop.set()
        for client in self._clients:
            client.join()

    def _run(self):
        while not self._stop.wait(self._pause):
            with self._lock:
                number = self._next
                self._next += 1
            status = self._post(number)
            with self._lock:
                if status == 202:
                    self.answered.add(number)
                elif status == 503:
                    self.refused += 1
                else:
                    self.broken += 1

    def _post(self, number):
        """The status; None when the daemon was away, or left in the midst of it."""
        body = json.dumps({"type": "noise" if number % NOISE == 0 else "probe",
                           "action": "created", "attributes": {
                               "title": number_title(number), "uuid": f"t{number % THREADS}",
                               "urgency": number % 100, "fill": "x" * 600}})
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.hook_port, timeout=30)
        try:
            connection.request("POST", HOOK_PATH, body)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
