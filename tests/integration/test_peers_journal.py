"""A real journald reads what is sent to its /dev/log. It runs in a mount namespace of this test, with
a /run of its own: the machine's journal knows nothing of it."""

import json
import subprocess
from pathlib import Path

import pytest

import mounts
from conftest import load_event
from peers import Peer
from tocsin import wait_until

mounts.enter_private_mounts()


class Journald(Peer):
    package = "systemd"
    socket = Path("/run/systemd/journal/dev-log")
    entries = Path("/run/log/journal")

    def __init__(self, folder):
        super().__init__(folder)
        assert Path("/etc/machine-id").exists(), "journald needs /etc/machine-id"
        mounts.mount("-t", "tmpfs", "tocsin-test", "/run")
        self.entries.mkdir(parents=True)
        self.launch(self.root / "lib/systemd/systemd-journald")
        self.wait_ready(self.socket.exists)

    def received(self):
        """Those of tocsin, as journalctl prints them."""
        printed = subprocess.run(
            [self.root / "bin/journalctl", "-D", self.entries, "-t", "tocsin", "-o", "json", "-q"],
            env={"LD_LIBRARY_PATH": self.library_path()}, capture_output=True, text=True, timeout=30)
        return [json.loads(line) for line in printed.stdout.splitlines()]

    def wait_for(self, n):
        return wait_until(lambda: self.received() if len(self.received()) >= n else None,
                          f"{n} entries in the journal")

    def stop(self):
        super().stop()
        subprocess.run(["umount", "-l", "/run"], check=True)


@pytest.fixture
def journald(tmp_path, started):
    return started(Journald(tmp_path))


def test_journald_reads_every_format_in_the_local_form(make_daemon, api, journald):
    url = f"unix://{journald.socket}"
    daemon = make_daemon({
        "plain": {"plugin": "syslog", "url": url, "rate": "off"},
        "cef": {"plugin": "syslog", "url": url, "rate": "off", "format": "cef"},
        "ecs": {"plugin": "syslog", "url": url, "rate": "off", "format": "ecs"},
    }, api=api).start()
    daemon.accept(load_event("alert-created"))
    entries = journald.wait_for(3)
    assert daemon.wait_settled()["delivered"] == 3
    for entry in entries:
        assert entry["SYSLOG_IDENTIFIER"] == "tocsin"
        assert (entry["PRIORITY"], entry["SYSLOG_FACILITY"]) == ("2", "16")
        assert entry["SYSLOG_PID"] == str(daemon.process.pid)
    cef, plain, ecs = sorted(entry["MESSAGE"] for entry in entries)  # C, M and a brace
    assert plain.startswith('Mimikatz run on a domain controller - level="urgent" urgency="85"')
    assert cef.startswith("CEF:0|tocsin|tocsin|1.0|alert.created|Mimikatz")
    assert json.loads(ecs)["event"]["kind"] == "alert"
