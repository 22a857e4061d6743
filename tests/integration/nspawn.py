"""A root folder that lives, by systemd-nspawn: in namespaces of its own, without a network but its
loopback. This process comes into that, so that its stand-ins serve there."""

import ctypes
import os
import re
import signal
import subprocess
from pathlib import Path

from tocsin import wait_until

CLONE_NEWNET = 0x40000000


class Nspawn:
    power_off = signal.SIGTERM  # what its first process is asked to end by

    def __init__(self, root):
        self.root = Path(root)
        self.console = self.root.with_suffix(".console")
        self.process = self.leader = None

    def launch(self, *arguments):
        """Before anything begins a thread: it would stay in the network outside."""
        with open(self.console, "wb") as console:
            # It ends with this process, however that ends.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "systemd-nspawn", "--quiet", "--directory",
                 self.root, "--register=no", "--keep-unit", "--private-network",
                 *map(str, arguments)],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        self.leader = wait_until(self._find_leader, "its first process")

    def _find_leader(self):
        self.check_lives()
        pid = self.process.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            # Others come before it, which only prepare.
            status = Path(f"/proc/{child}/status")
            if status.exists() and re.search(r"^NSpid:.*\s1$", status.read_text(), re.MULTILINE):
                return int(child)
        return None

    def check_lives(self):
        assert self.process.poll() is None, self.said()

    def said(self):
        return self.console.read_text(errors="replace")

    def enter_network(self):
        namespace = os.open(f"/proc/{self.leader}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.setns(namespace, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        os.close(namespace)

    def run(self, *command, check=True, timeout=90):
        """As root, beside what runs there."""
        result = subprocess.run(
            ["nsenter", "--target", str(self.leader), "--mount", "--uts", "--ipc", "--net", "--pid",
             "--root", "--wd", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
             "DEBIAN_FRONTEND=noninteractive", "SYSTEMD_PAGER=", *map(str, command)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
        assert not check or result.returncode == 0, \
            f"{command}: {result.returncode}\n{result.stdout}{result.stderr}\n{self.journal()[-4000:]}"
        return result

    def shell(self, line, check=True):
        """As a reader of the pages types it, line by line, in /root."""
        return self.run("bash", "-e", "-c", f"cd /root\n{line}", check=check)

    def path(self, name):
        """A file there, as it lies here."""
        return self.root / name.lstrip("/")

    def journal(self):
        return self.said()

    def stop(self):
        """Asks it to end, and returns with what it ended."""
        if self.process.poll() is None:
            os.kill(self.leader, self.power_off)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(timeout=10)
