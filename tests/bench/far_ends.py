"""The far ends of a measured run: one nginx that is the Alert API and the sinks, and what it saw."""

import subprocess
import time
from collections import Counter
from pathlib import Path

import alerts
import certificate
import nginx_conf
from contenders.program import UNPACKED, Missing, free_port, need_command

START_S, STOP_S = 30, 15
ECHO = "lib/nginx/modules/ngx_http_echo_module.so"


def echo_module(nginx):
    """Beside nginx, or unpacked."""
    for usr in (Path(nginx).resolve().parents[1], *sorted(UNPACKED.glob("*/usr"))):
        if (usr / ECHO).exists():
            return usr / ECHO
    raise Missing("nginx lacks its echo module: install Debian's package libnginx-mod-http-echo")


class FarEnds:
    """api: its base URL; sinks: URLs of incoming webhooks; ca: a file, if they speak TLS."""

    def __init__(self, folder, sinks=2, alert="3", tls=False, delay=0, at_once=None):
        """alert: one of alerts.SIZES; delay: seconds that a look-up takes; at_once: more look-ups
        of one object at a time than this are refused, and counted."""
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process, self._read = None, {}
        self.alert = alert
        self._ports = [free_port() for _ in range(sinks + 1)]
        self.ca = certificate.make(self.folder) if tls else None
        scheme, host = ("https", "localhost") if tls else ("http", "127.0.0.1")
        self.api = f"{scheme}://{host}:{self._ports[0]}"
        self.sinks = [f"{scheme}://{host}:{port}/hooks/bench-{number}"
                      for number, port in enumerate(self._ports[1:])]
        (self.folder / "nginx.conf").write_text(nginx_conf.configuration(
            self._ports[0], self._ports[1:], alerts.alert(alert), alerts.UUID,
            tls and self.folder / "localhost", delay, at_once))

    def start(self):
        nginx = need_command("nginx", "nginx-light")
        echo = f'load_module "{echo_module(nginx)}";'
        with open(self.folder / "nginx.err", "wb") as log:
            self._process = subprocess.Popen(
                [nginx, "-p", f"{self.folder}/", "-c", str(self.folder / "nginx.conf"), "-e",
                 "stderr", "-g", echo], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while not (self.folder / "nginx.pid").exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                words = (self.folder / "nginx.err").read_text()
                self.stop()
                raise RuntimeError(f"the far ends do not start:\n{words[-2000:]}")
            time.sleep(0.02)
        return self

    def stop(self):
        if self._process is None:
            return
        process, self._process = self._process, None
        process.terminate()  # the master ends its worker
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_S)
            raise

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def pids(self):
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [self._process.pid, *map(int, children.read_text().split())]

    # What came -----------------------------------------------------------------------------

    def _lines(self, name):
        """What a log has that was not read yet; a line that is not whole is left for later."""
        at = self._read.get(name, 0)
        path = self.folder / name
        if not path.exists():
            return []
        with open(path, "rb") as log:
            log.seek(at)
            text = log.read()
        end = text.rfind(b"\n") + 1
        self._read[name] = at + end
        return [line.split() for line in text[:end].decode().splitlines()]

    def arrivals(self, sink):
        """What came to that sink since the last call: (s since the epoch, id or "-") each."""
        return [(float(at), id) for at, id in self._lines(f"sink-{sink}.log")]

    def look_ups(self):
        """Since the last call: (s since the epoch, status, uuid) each."""
        return [(float(at), int(status), uuid) for at, status, uuid in self._lines("api.log")]


class Delivered:
    """What has arrived at the sinks of one run so far."""

    def __init__(self, ends):
        self.ends = ends
        self.ids = [Counter() for _ in ends.sinks]
        self.last_s = 0.0  # since the epoch
        self.posts = 0

    def read(self):
        for sink, ids in enumerate(self.ids):
            arrivals = self.ends.arrivals(sink)
            ids.update(id for _, id in arrivals)
            self.posts += len(arrivals)
            if arrivals:
                self.last_s = max(self.last_s, arrivals[-1][0])
        return self

    def faults(self, accepted):
        """What is wrong, in words, unless each sink has each accepted id exactly once."""
        found = []
        for sink, ids in enumerate(self.ids):
            lost = sum(1 for id in accepted if ids[id] == 0)
            again = sum(count - 1 for id, count in ids.items() if id in accepted)
            invented = sum(count for id, count in ids.items() if id not in accepted)
            if lost or again > 0 or invented:
                found.append(f"sink {sink}: {lost} lost, {max(again, 0)} again, "
                             f"{invented} that nobody sent")
        return found
