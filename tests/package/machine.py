"""A Debian that systemd has booted in a namespace of its own (systemd-nspawn), without a network but
its loopback: this process comes into that, so that its stand-ins serve there."""

import ctypes
import os
import re
import signal
import subprocess
from pathlib import Path

from tocsin import wait_until

CLONE_NEWNET = 0x40000000
POWER_OFF = signal.SIGRTMIN + 4  # systemd(1)


class Machine:
    def __init__(self, root):
        self.root = Path(root)
        self.console = self.root.with_suffix(".console")
        self.process = self.leader = None

    def start(self):
        """Before anything begins a thread: it would stay in the network outside."""
        with open(self.console, "wb") as console:
            # It ends with this process, however that ends.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "systemd-nspawn", "--quiet", "--directory",
                 self.root, "--boot", "--register=no", "--keep-unit", "--private-network",
                 "--machine=tocsin-test"],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        self.leader = wait_until(self._find_leader, "a first process in the machine")
        wait_until(self._is_up, "the machine is up", 60)
        self._enter_network()
        return self

    def stop(self):
        os.kill(self.leader, POWER_OFF)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)

    def _find_leader(self):
        assert self.process.poll() is None, self.console.read_text(errors="replace")
        pid = self.process.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            # Others come before it, which only prepare.
            status = Path(f"/proc/{child}/status")
            if status.exists() and re.search(r"^NSpid:.*\s1$", status.read_text(), re.MULTILINE):
                return int(child)
        return None

    def _is_up(self):
        assert self.process.poll() is None, self.console.read_text(errors="replace")
        state = self.run("systemctl", "is-system-running", check=False)
        return state.stdout.strip() in ("running", "degraded")

    def _enter_network(self):
        namespace = os.open(f"/proc/{self.leader}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.setns(namespace, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        os.close(namespace)

    def run(self, *command, check=True, timeout=90):
        result = subprocess.run(
            ["nsenter", "--target", str(self.leader), "--mount", "--uts", "--ipc", "--net", "--pid",
             "--root", "--wd", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
             "DEBIAN_FRONTEND=noninteractive", "SYSTEMD_PAGER=", *map(str, command)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
        assert not check or result.returncode == 0, \
            f"{command}: {result.returncode}\n{result.stdout}{result.stderr}\n{self.journal()[-4000:]}"
        return result

    def shell(self, line, check=True):
        """As a reader of the pages types it, as root."""
        return self.run("bash", "-c", line, check=check)

    def path(self, name):
        """A file of the machine, as it lies here."""
        return self.root / name.lstrip("/")

    def journal(self, unit="tocsin"):
        return self.run("journalctl", "--no-pager", "--quiet", "-o", "cat", "-u", unit,
                        check=False).stdout if unit else ""

    def show(self, *names):
        """Properties of the service."""
        out = self.run("systemctl", "show", "tocsin", *(f"--property={name}" for name in names))
        values = dict(re.findall(r"^(\w+)=(.*)$", out.stdout, re.MULTILINE))
        return values if len(names) > 1 else values[names[0]]
