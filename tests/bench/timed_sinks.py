"""Sinks that say to the nanosecond what came when (sink_end.c), one process each."""

import socket
import subprocess
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

from load import BUILD, Failure


class TimedSink:
    """start() at once, or refuse() first: then connections are refused until it starts."""

    def __init__(self, folder, number):
        self.log = Path(folder) / f"timed-{number}.log"
        self.log.touch()
        self.process, self.port, self._holder, self._at = None, None, None, 0
        self.arrived = {}  # id: ns of the monotonic clock, of the first time
        self.counts = Counter()

    def refuse(self):
        """The port is held, and nobody listens at it."""
        self._holder = socket.socket()
        self._holder.bind(("127.0.0.1", 0))
        self.port = self._holder.getsockname()[1]
        return self

    def start(self, *options):
        """options: as on sink_end's command line."""
        self._release()
        port = ["--port", str(self.port)] if self.port else []
        self.process = subprocess.Popen(
            [str(BUILD / "tests/bench/bench-sink-end"), "--log", str(self.log), *port, *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError("the sink's far end does not start")
        self.port = int(line)
        return self

    def _release(self):
        if self._holder:
            self._holder.close()
            self._holder = None

    def stop(self):
        self._release()
        if self.process:
            self.process.kill()
            self.process.wait(15)
            self.process.stdout.close()
            self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hooks/bench-{self.port}"

    def read(self):
        with open(self.log, "rb") as log:
            log.seek(self._at)
            text = log.read()
        end = text.rfind(b"\n") + 1
        self._at += end
        for line in text[:end].decode().splitlines():
            ns, id = line.split()
            self.counts[id] += 1
            self.arrived.setdefault(id, int(ns))
        return self


class TimedSinks:
    """As many; `ends` is what a contender is given, with `api` of other far ends."""

    def __init__(self, folder, far_ends, count=2, refusing=False):
        """refusing: until start()."""
        self.refusing = refusing
        self.sinks = [TimedSink(folder, number) for number in range(count)]
        self.far_ends = far_ends

    def __enter__(self):
        try:
            for sink in self.sinks:
                sink.refuse()
            if not self.refusing:
                self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        for sink in self.sinks:
            sink.start()

    def __exit__(self, *_):
        for sink in self.sinks:
            sink.stop()

    def ends(self, *more):
        """more: URLs of further sinks."""
        return SimpleNamespace(api=self.far_ends.api, alert=self.far_ends.alert, ca=None,
                               sinks=[*(sink.url for sink in self.sinks), *more])

    @property
    def posts(self):
        return sum(sink.counts.total() for sink in self.sinks)

    def read(self):
        """So that it can be waited for as for far_ends.Delivered."""
        for sink in self.sinks:
            sink.read()
        return self

    def check(self, what, accepted):
        """Each sink has each accepted id exactly once, and nothing else; accepted: all of this run."""
        self.checked = (what, accepted)
        for number, sink in enumerate(self.read().sinks):
            if sink.counts != Counter(set(accepted)):
                lost = sum(1 for id in accepted if id not in sink.counts)
                again = sum(count - 1 for count in sink.counts.values())
                invented = sum(1 for id in sink.counts if id not in accepted)
                raise Failure(f"{what}: sink {number}: {lost} lost, {again} again, {invented} that "
                              "nobody sent")

    def check_again(self):
        """When the contender has ended, and nothing more can come."""
        self.check(*self.checked)

    def last_ns(self, id):
        """When the last sink had it."""
        return max(sink.arrived[id] for sink in self.sinks)
