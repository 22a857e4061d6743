"""A contender that is one program with its children: a session of its own, so that none gets lost."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from . import Contender

START_S, STOP_S = 60, 15
UNPACKED = Path(__file__).resolve().parents[3] / "build/peers"  # where ./run puts what is a service
HOOK_PATH = "/hooks/5d0c7b1e-8c55-4c0c-9d7e-2f1b6f6f3a10"


class Missing(Exception):
    """Says which of Debian's packages is not there."""


def need_command(command, package):
    unpacked = os.pathsep.join(str(folder) for folder in sorted(UNPACKED.glob("*/usr/*bin")))
    path = shutil.which(command) or shutil.which(command, path=unpacked)
    if not path:
        raise Missing(f"{command} is missing: install Debian's package {package}")
    return path


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def session_pids(session):
    """All processes of a session that still run, also those whose parent has ended."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text()
        except OSError:  # it has ended meanwhile
            continue
        state, _, _, its_session = stat.rpartition(")")[2].split()[:4]
        if int(its_session) == session and state not in "ZX":
            found.append(int(folder.name))
    return found


class Program(Contender):
    """Made complete by its kind: command() says what to run, in `self.folder`, for `self.port`."""

    process = None

    def command(self, ends):
        """Writes what configures the program; returns (its argv, what its environment has more)."""
        raise NotImplementedError

    def url(self):
        return f"http://127.0.0.1:{self.port}{HOOK_PATH}"

    def start(self, folder, ends):
        self.folder = Path(folder)
        self.port = free_port()
        argv, more = self.command(ends)
        self.log = self.folder / "output.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                argv, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **more}, start_new_session=True)
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self.url()

    def is_ready(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def _wait_until_ready(self):
        deadline = time.monotonic() + START_S
        while not self.is_ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode} while it "
                                   f"started:\n{self.output()[-2000:]}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} is not ready after {START_S} s:\n"
                                   f"{self.output()[-2000:]}")
            time.sleep(0.02)

    def output(self):
        return self.log.read_text(errors="replace")

    def pids(self):
        """Children that have ended count as their parent's: cutime and cstime in its stat."""
        return session_pids(self.process.pid) if self.process else []

    def stop(self):
        if self.process is None:
            return
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            pass
        self._end_session(process.pid)
        process.wait(STOP_S)

    @staticmethod
    def _end_session(session):
        deadline = time.monotonic() + STOP_S
        while left := session_pids(session):
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if time.monotonic() > deadline:
                raise RuntimeError(f"processes {left} do not end")
            time.sleep(0.01)
