"""A real journald reads what is sent to its /dev/log. It runs in a mount namespace of this test, with
a /run of its own: the machine's journal knows nothing of it."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

import mounts
from conftest import load_event
from peers import Peer
from tocsin import BINARY, wait_until

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

    def stream(self, identifier):
        """What systemd makes a service's standard error: lines with a priority in front are parsed
        (systemd-journald's stream protocol: identifier, unit, priority, whether lines have one, and
        where else they go)."""
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stream.connect("/run/systemd/journal/stdout")
        stream.sendall(f"{identifier}\n\n6\n1\n0\n0\n0\n".encode())
        return stream

    def received(self, identifier="tocsin"):
        """Those of tocsin, as journalctl prints them."""
        printed = subprocess.run(
            [self.root / "bin/journalctl", "-D", self.entries, "-t", identifier, "-o", "json", "-q"],
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


@pytest.mark.parametrize("settings", ["", "log: {format: json}\n"])
def test_the_log_goes_to_the_journal_with_its_levels_and_without_its_times(
        make_daemon, journald, settings):
    """The daemon as a service: its standard error is the journal's stream, and says so."""
    daemon = make_daemon({"chat": {"plugin": "mattermost", "url": "http://127.0.0.1:9/hooks/x"}},
                         settings=settings + "drain: 1s\n")
    with journald.stream("the-service") as stream:
        status = os.fstat(stream.fileno())
        process = subprocess.Popen(
            [BINARY, "serve", "-c", daemon.config], stdin=subprocess.DEVNULL, stderr=stream,
            env={**os.environ, "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
    try:
        def started():
            entries = journald.received("the-service")
            return entries if any("serving admin on" in e["MESSAGE"] for e in entries) else None
        entries = wait_until(started, "the daemon's lines in the journal")
    finally:
        process.terminate()
        process.wait(30)
    for entry in entries:
        message = entry["MESSAGE"]
        fields = json.loads(message) if settings else dict(
            part.split("=", 1) for part in message.split(" msg=")[0].split())
        assert "time" not in fields
        assert entry["PRIORITY"] == {"warn": "4", "info": "6"}[fields["level"]], entry
    assert {entry["PRIORITY"] for entry in entries} == {"4", "6"}
