"""Real syslog servers read what the syslog sink sends, as it was meant."""

import pytest

import peers
from conftest import load_event, load_object
from peers import Rsyslog, SyslogNg

ALERT = "3f0c7a52-6f5e-4f0b-9d53-0d5b8a1c2e01"


@pytest.fixture
def rsyslog(tmp_path, started):
    return started(Rsyslog(tmp_path))


@pytest.fixture
def syslog_ng(tmp_path, started):
    return started(SyslogNg(tmp_path))


def urls(server):
    return {"udp": f"udp://127.0.0.1:{server.udp}", "tcp": f"tcp://127.0.0.1:{server.tcp}",
            "unix": f"unix://{getattr(server, 'socket', '')}"}


def send(make_daemon, api, url, events=("alert-created",)):
    daemon = make_daemon({"siem": {"plugin": "syslog", "url": url, "rate": "off"}}, api=api).start()
    for name in events:
        daemon.accept(load_event(name))
    return daemon


def check_alert(fields):
    """Facility, severity, host, program, msgid, message."""
    _, severity, host, program, _, message = fields
    assert int(severity) <= 3, "an urgent alert is at least an error"
    assert program == "tocsin" and host
    for words in ("Mimikatz run on a domain controller", "ALk3Rw9ZpQ2d"):
        assert words in message


@pytest.mark.parametrize("transport", ["udp", "tcp", "unix"])
def test_rsyslog_reads_the_message(make_daemon, api, rsyslog, transport):
    daemon = send(make_daemon, api, urls(rsyslog)[transport])
    fields, = rsyslog.wait_for(1)
    check_alert(fields)
    assert daemon.wait_settled()["delivered"] == 1


@pytest.mark.parametrize("transport", ["udp", "tcp", "unix"])
def test_rsyslog_reads_hostile_texts_as_one_message(make_daemon, api, rsyslog, transport):
    """A newline in an alert must not become a second log entry."""
    api.add(load_object("alert-hostile-texts"), uuid=ALERT)
    daemon = send(make_daemon, api, urls(rsyslog)[transport], ["alert-created", "unknown-type"])
    received = rsyslog.wait_for(2)
    daemon.wait_settled()
    assert len(rsyslog.received()) == 2, received
    assert {fields[3] for fields in received} == {"tocsin"}


def test_rsyslog_gets_many_messages_over_one_connection_whole(make_daemon, rsyslog):
    daemon = make_daemon({"siem": {"plugin": "syslog", "url": urls(rsyslog)["tcp"], "rate": "off"}})
    daemon.start()
    for n in range(200):
        daemon.accept({"type": "probe", "attributes": {"title": f"number {n} of 200"}})
    received = rsyslog.wait_for(200)
    assert all(any(f"number {n} of 200" in fields[5] for fields in received) for n in range(200))
    assert daemon.wait_settled()["delivered"] == 200


def test_rsyslog_that_was_away_gets_the_message_later(make_daemon, tmp_path, started, monkeypatch):
    port = peers.free_port()
    daemon = make_daemon(
        {"siem": {"plugin": "syslog", "url": f"tcp://127.0.0.1:{port}", "rate": "off"}},
        settings="sink_defaults: {retry: {first: 100ms, max: 500ms, give_up: 1h}}\n").start()
    daemon.accept({"type": "probe", "attributes": {"title": "sent while nobody listened"}})
    daemon.wait_for_log("sink=siem")
    monkeypatch.setattr(peers, "free_port", lambda *_: port)
    late = started(Rsyslog(tmp_path))
    fields, = late.wait_for(1, timeout=60)
    assert "sent while nobody listened" in fields[5]


def test_syslog_ng_reads_the_message(make_daemon, api, syslog_ng):
    daemon = send(make_daemon, api, urls(syslog_ng)["tcp"], ["alert-created", "case-created"])
    received = syslog_ng.wait_for(2)
    check_alert(received[0])
    assert "Error processing log message" not in str(received)
    assert daemon.wait_settled()["delivered"] == 2
