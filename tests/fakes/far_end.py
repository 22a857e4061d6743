"""The far end in C (far_end.c), for loads that a Python one would slow down."""

import http.client
import json
import os
import subprocess
import time
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "build"
BINARY = os.environ.get("TOCSIN_FAR_END", BUILD / "tests/fakes/far-end")


def number_title(number):
    """A title by which it knows a message's number."""
    return f"no{number:07d}x"


class FarEnd:
    """manner: ok, fail, busy, hang or reset."""

    def __init__(self, manner="ok"):
        self._process = subprocess.Popen([BINARY], stdout=subprocess.PIPE)
        self.port = int(self._process.stdout.readline())
        self.turn(manner)

    @property
    def url(self):
        """As a Mattermost webhook has it."""
        return f"http://127.0.0.1:{self.port}/hooks/abcdefghijklmnopqrstuvwxyz"

    def turn(self, manner):
        return json.loads(self._get("/" + manner))

    def counts(self):
        return json.loads(self._get("/counts"))

    def numbers(self):
        """How often each number was taken, from 0 on."""
        return self._get("/numbers")

    def wait_for(self, n, timeout=60, what="numbers"):
        deadline = time.monotonic() + timeout
        while (counts := self.counts())[what] < n:
            assert time.monotonic() < deadline, f"after {timeout} s not {n} {what}: {counts}"
            time.sleep(0.02)
        return counts

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def _get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()
