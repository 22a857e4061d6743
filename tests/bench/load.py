"""The events that are posted, and the sender (sender.c) that posts them."""

import json
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("TOCSIN_BENCH_BUILD", HERE.parents[1] / "build-bench"))
ALERT_MARK = "------the-uuid-of-the-alert---------"  # as in sender.c
EVENT_MARK = "------the-uuid-of-the-event---------"


class Failure(Exception):
    """A run whose figure would be worth nothing."""


def event_body(contender):
    """The documented event, with marks for the sender; a contender that cannot take it has its own."""
    if hasattr(contender, "body"):
        return contender.body(ALERT_MARK)
    event = json.loads((HERE.parent / "fixtures/events/alert-created.json").read_text())
    event["attributes"]["uuid"] = ALERT_MARK
    event["metadata"]["uuid"] = EVENT_MARK
    return json.dumps(event, separators=(",", ":")).encode()


class Sender:
    """One call of the sender; begin() and end(), or run() for both."""

    def __init__(self, folder, url, body, count, connections=16, **options):
        """options: as on the sender's command line, True for those without a value."""
        self.folder = Path(folder)
        self.accepted_file = self.folder / "accepted"
        (self.folder / "event.json").write_bytes(body)
        self.argv = [str(BUILD / "tests/bench/bench-sender"), url, "--body",
                     str(self.folder / "event.json"), "--accepted", str(self.accepted_file),
                     "--count", str(count), "--connections", str(connections)]
        for name, value in options.items():
            self.argv += [f"--{name}"] if value is True else [f"--{name}", str(value)]

    def begin(self):
        self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        return self

    def end(self, timeout=600):
        """What it printed. The caller decides what is to be thought of events not accepted."""
        try:
            out, err = self.process.communicate(timeout=timeout)
        finally:
            self.kill()
        if self.process.returncode not in (0, 3):
            raise Failure(f"the sender ended with {self.process.returncode}: {err.strip()}")
        return json.loads(out)

    def run(self, timeout=600):
        return self.begin().end(timeout)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(15)

    def accepted(self):
        """id: (due, sent, answered), ns of the monotonic clock."""
        found = {}
        for line in self.accepted_file.read_text().splitlines():
            id, *times = line.split()
            found[id] = tuple(map(int, times))
        return found
