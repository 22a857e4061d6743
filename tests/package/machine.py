"""A Debian that systemd has booted."""

import re
import signal

from nspawn import Nspawn
from tocsin import wait_until


class Machine(Nspawn):
    power_off = signal.SIGRTMIN + 4  # systemd(1)

    def start(self):
        self.launch("--boot", "--machine=tocsin-test")
        wait_until(self._is_up, "the machine is up", 60)
        self.enter_network()
        return self

    def _is_up(self):
        self.check_lives()
        state = self.run("systemctl", "is-system-running", check=False)
        return state.stdout.strip() in ("running", "degraded")

    def journal(self):
        """Of the service."""
        return self.run("journalctl", "--no-pager", "--quiet", "-o", "cat", "-u", "tocsin",
                        check=False).stdout

    def show(self, *names):
        """Properties of the service."""
        out = self.run("systemctl", "show", "tocsin", *(f"--property={name}" for name in names))
        values = dict(re.findall(r"^(\w+)=(.*)$", out.stdout, re.MULTILINE))
        return values if len(names) > 1 else values[names[0]]
