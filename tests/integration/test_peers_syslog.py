"""Real syslog servers read what the syslog sink sends, as it was meant: their own parsers say so."""

import json
import re
import socket

import pytest

import certificates
import peers
from conftest import load_event, load_object
from peers import Rsyslog, SyslogNg

ALERT = "3f0c7a52-6f5e-4f0b-9d53-0d5b8a1c2e01"
THREAD = f"alert:{ALERT}"
TITLE = "Mimikatz run on a domain controller"
FORMATS = ["rfc5424", "rfc3164", "cef", "leef", "ecs"]
HOST = socket.gethostname().partition(".")[0]


@pytest.fixture
def certificate(tmp_path):
    return certificates.make(tmp_path)


@pytest.fixture
def rsyslog(tmp_path, started, certificate):
    return started(Rsyslog(tmp_path, *certificate))


@pytest.fixture
def syslog_ng(tmp_path, started, certificate):
    return started(SyslogNg(tmp_path, *certificate))


@pytest.fixture(params=["rsyslog", "syslog_ng"])
def server(request):
    return request.getfixturevalue(request.param)


def siem(url, **more):
    return {"siem": {"plugin": "syslog", "url": url, "rate": "off", **more}}


def where(server, transport, form="rfc5424"):
    """The server's own port for that transport and format."""
    if transport == "unix":
        return f"unix://{server.socket}"
    if transport == "tcp" and form in ("rfc3164", "cef", "leef"):
        return f"tcp://127.0.0.1:{server.lines}"
    return f"{transport}://127.0.0.1:{getattr(server, transport)}"


def receive(make_daemon, api, server, url, events=("alert-created",), **more):
    """What the server made of the events, in their order; each was delivered."""
    daemon = make_daemon(siem(url, **more), api=api).start()
    for count, name in enumerate(events, 1):
        daemon.accept(load_event(name))
        received = server.wait_for(count)  # events of other threads may pass each other
    assert daemon.wait_settled()["delivered"] == len(events)
    assert len(server.received()) == len(events), "one event is one entry"
    return received


def check_syslog(record, program="tocsin"):
    assert record["facility"] == "local0"
    assert record["severity"] == "2", "an urgent alert is critical"
    assert record["host"] == HOST
    assert record["program"] == program
    assert "Error processing log message" not in record["message"]


def structured_data(record):
    """As syslog-ng parsed it, or as rsyslog kept it."""
    if "_SDATA" in record:
        return record["_SDATA"]["tocsin@32473"]
    assert re.fullmatch(r'\[tocsin@32473( [a-z]+="([^"\\\]]|\\["\\\]])*")*\]', record["sd"])
    return {name: re.sub(r'\\(["\\\]])', r"\1", value) for name, value in
            re.findall(r' ([a-z]+)="((?:[^"\\]|\\.)*)"', record["sd"])}


def cef(record):
    """Header and extension of CEF 0, by its escaping rules; rsyslog and syslog-ng take "CEF:" for
    the tag."""
    check_syslog(record, program="CEF")
    *header, extension = re.split(r"(?<!\\)(?:\\\\)*\|", record["message"], maxsplit=7)
    fields = re.split(r"(?:^| )(?=[A-Za-z0-9]+=)", extension)
    assert fields[0] == ""
    pairs = [field.split("=", 1) for field in fields[1:]]
    assert len({key for key, _ in pairs}) == len(pairs), "no key comes twice"
    return [re.sub(r"\\(.)", r"\1", part) for part in header], {
        key: re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], value)
        for key, value in pairs}


def leef(record):
    check_syslog(record, program="LEEF")
    *header, attributes = record["message"].split("|", 6)
    fields = [attribute.split("=", 1) for attribute in attributes.split("\t")]
    assert len({key for key, _ in fields}) == len(fields)
    return header, dict(fields)


def ecs(record):
    check_syslog(record)
    return json.loads(record["message"].removeprefix("@cee: "))


# Transports ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_rsyslog_reads_rfc5424(make_daemon, api, rsyslog, certificate, transport):
    more = {"ca": str(certificate[0])} if transport == "tls" else {}
    record, = receive(make_daemon, api, rsyslog, where(rsyslog, transport), **more)
    check_syslog(record)
    assert record["msgid"] == "alert"
    assert record["message"].startswith(TITLE + " - ") and "ALk3Rw9ZpQ2d" in record["message"]
    assert structured_data(record)["urgency"] == "85"


def test_rsyslog_reads_rfc5424_from_a_unix_socket_that_was_told_to(make_daemon, api, rsyslog):
    record, = receive(
        make_daemon, api, rsyslog, f"unix://{rsyslog.short / 'rfc5424'}", format="rfc5424")
    check_syslog(record)
    assert record["msgid"] == "alert" and structured_data(record)["urgency"] == "85"


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_syslog_ng_reads_rfc5424(make_daemon, api, syslog_ng, certificate, transport):
    more = {"ca": str(certificate[0])} if transport == "tls" else {}
    records = receive(make_daemon, api, syslog_ng, where(syslog_ng, transport),
                      ["alert-created", "case-created"], **more)
    check_syslog(records[0])
    assert [record["msgid"] for record in records] == ["alert", "case"]
    data = structured_data(records[0])
    assert data["urgency"] == "85" and data["rule"] == "everything to everybody"
    assert data["thread"] == THREAD and data["link"].startswith("https://app.example/")


@pytest.mark.parametrize("form", FORMATS)
def test_tls_carries_every_format(make_daemon, api, server, certificate, form):
    record, = receive(make_daemon, api, server, where(server, "tls"), format=form,
                      ca=str(certificate[0]))
    assert TITLE in record["message"], record
    assert "Error processing log message" not in record["message"]


def test_a_certificate_of_ours_lets_it_in(make_daemon, api, server, certificate):
    cert, key = map(str, certificate)
    record, = receive(make_daemon, api, server, f"tls://127.0.0.1:{server.mutual}",
                      ca=cert, cert=cert, key=key)
    check_syslog(record)


def test_without_a_certificate_of_ours_nothing_counts_as_delivered(
        make_daemon, server, certificate):
    daemon = make_daemon(siem(f"tls://127.0.0.1:{server.mutual}", ca=str(certificate[0]))).start()
    daemon.accept({"type": "probe"})
    daemon.wait_for_log("TLS handshake: ")
    assert daemon.status()["delivered"] == 0
    assert server.received() == []


def test_a_certificate_of_a_stranger_gets_nothing(make_daemon, server):
    daemon = make_daemon(siem(where(server, "tls"))).start()
    daemon.accept({"type": "probe"})
    daemon.wait_for_log("certificate does not hold: self-signed certificate")
    assert server.received() == []


@pytest.mark.parametrize("more", [{}, {"concurrency": 4}], ids=str)
def test_many_messages_come_whole(make_daemon, server, certificate, more):
    daemon = make_daemon(siem(where(server, "tls"), ca=str(certificate[0]), **more)).start()
    for n in range(200):
        daemon.accept({"type": "probe", "attributes": {"title": f"number {n} of 200"}})
    received = server.wait_for(200)
    texts = {record["message"].split(" - ")[0] for record in received}
    assert texts == {f"number {n} of 200" for n in range(200)}
    assert daemon.wait_settled()["delivered"] == 200


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_server_that_was_started_anew_gets_the_next_message(
        make_daemon, tmp_path, started, certificate, monkeypatch, transport):
    first = started(Rsyslog(tmp_path, *certificate))
    ports = iter([first.udp, first.tcp, first.lines, first.tls, first.mutual])
    daemon = make_daemon(
        siem(where(first, transport), **({"ca": str(certificate[0])} if transport == "tls" else {}))
    ).start()
    daemon.accept({"type": "probe", "attributes": {"title": "before"}})
    first.wait_for(1)
    first.stop()
    first.folder.rename(tmp_path / "first")
    first.short.mkdir()
    monkeypatch.setattr(peers, "free_port", lambda *_: next(ports))
    second = started(Rsyslog(tmp_path, *certificate))
    daemon.accept({"type": "probe", "attributes": {"title": "after"}})
    record, = second.wait_for(1)
    assert record["message"].startswith("after")
    assert daemon.wait_settled()["delivered"] == 2


def test_rsyslog_that_was_away_gets_the_message_later(make_daemon, tmp_path, started, monkeypatch):
    port = peers.free_port()
    daemon = make_daemon(
        siem(f"tcp://127.0.0.1:{port}"),
        settings="sink_defaults: {retry: {first: 100ms, max: 500ms, give_up: 1h}}\n").start()
    daemon.accept({"type": "probe", "attributes": {"title": "sent while nobody listened"}})
    daemon.wait_for_log("sink=siem")
    monkeypatch.setattr(peers, "free_port", lambda *_: port)
    late = started(Rsyslog(tmp_path))
    record, = late.wait_for(1, timeout=60)
    assert "sent while nobody listened" in record["message"]


# Formats ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["udp", "tcp", "unix"])
def test_rfc3164_is_read_as_meant(make_daemon, api, server, transport):
    form = {} if transport == "unix" else {"format": "rfc3164"}
    record, = receive(make_daemon, api, server, where(server, transport, "rfc3164"), **form)
    check_syslog(record)
    assert record["pid"].isdigit()
    assert record["message"].strip().startswith(
        f'{TITLE} - level="urgent" urgency="85" id="')


def test_the_time_of_rfc3164_is_local(make_daemon, tmp_path, started, monkeypatch):
    """Router and receiver in the same zone mean the same moment."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    server = started(Rsyslog(tmp_path))
    daemon = make_daemon(siem(where(server, "tcp", "rfc3164"), format="rfc3164")).start()
    daemon.accept({"type": "probe", "metadata": {"created_at": "2026-03-02T08:15:42+00:00"}})
    record, = server.wait_for(1)
    assert record["time"][4:] == "-03-02T17:15:42+09:00"
    daemon.wait_settled()


@pytest.mark.parametrize("transport", ["udp", "tcp", "unix"])
def test_cef_is_read_as_meant(make_daemon, api, server, transport):
    record, = receive(make_daemon, api, server, where(server, transport, "cef"), format="cef")
    if transport == "unix":
        check_syslog(record)
        record = {**record, "program": "CEF", "message": record["message"].strip()[4:]}
    header, fields = cef(record)
    assert header == ["0", "tocsin", "tocsin", "1.0", "alert.created", TITLE, "9"]
    assert fields["src"] == "10.20.3.4"
    assert (fields["dst"], fields["dhost"]) == ("10.20.0.10", "DC-LYON-01")
    assert (fields["cnt"], fields["cs1Label"], fields["cs1"]) == ("1", "thread", THREAD)
    assert fields["request"].startswith("https://app.example/")
    assert fields["rt"].isdigit() and len(fields["rt"]) == 13
    assert "Alert: ALk3Rw9ZpQ2d" in fields["msg"]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_leef_is_read_as_meant(make_daemon, api, server, transport):
    record, = receive(make_daemon, api, server, where(server, transport, "leef"), format="leef")
    header, fields = leef(record)
    assert header == ["2.0", "tocsin", "tocsin", "1.0", "alert.created", "x09"]
    assert fields["src"] == "10.20.3.4" and fields["dst"] == "10.20.0.10"
    assert fields["sev"] == "9" and fields["cat"] == "alert" and fields["title"] == TITLE
    assert fields["fact_alert"] == "ALk3Rw9ZpQ2d"
    if "leef" in record:
        assert record["leef"]["kv"] == {key: value for key, value in fields.items() if value}


@pytest.mark.parametrize("transport", ["tcp", "unix"])
def test_ecs_is_parsed_by_the_server(make_daemon, api, server, transport):
    """rsyslog by its cookie, syslog-ng without."""
    cookie = isinstance(server, Rsyslog)
    record, = receive(
        make_daemon, api, server, where(server, transport), format="ecs", cee=cookie)
    check_syslog(record)
    for document in ecs({**record, "message": record["message"].strip()}), record["json"]:
        assert document["event"]["kind"] == "alert"
        assert str(document["event"]["risk_score"]) == "85"
        assert document["source"]["ip"] == "10.20.3.4"
        assert document["host"]["name"] == "DC-LYON-01"
        assert document["rule"]["name"] == "Credential dumping tool"
        assert document["labels"]["entity"] == "Lyon plant"
        assert document["message"].startswith(TITLE)


# Hostile texts ------------------------------------------------------------------------------------


HOSTILE = {
    "type": "probe",
    "attributes": {
        "title": 'x"]|\\= src=6.6.6.6\t<0>Jan  1 00:00:00 h t: \u2028forged\r\n5 <0>1 -',
        "text": "CEF:0|a|b|c|d|e|10|src=6.6.6.6\nlevel=\"info\"",
        "user": "u\tsrc=6.6.6.6 |\\",
        "a=b\tsrc": "6.6.6.6\ndst=6.6.6.6",
    },
}


@pytest.mark.parametrize("form", FORMATS)
def test_hostile_texts_stay_in_their_fields(make_daemon, server, form):
    daemon = make_daemon(siem(where(server, "tcp", form), format=form)).start()
    daemon.accept(HOSTILE)
    daemon.accept({"type": "probe", "attributes": {"title": "the next"}})
    record, after = server.wait_for(2)
    daemon.wait_settled()
    assert len(server.received()) == 2, "nothing made a line of its own"
    assert "the next" in after["message"]
    assert record["severity"] != "0" and record["host"] == HOST
    if form == "rfc5424":
        assert structured_data(record)["type"] == "probe"
    elif form == "rfc3164":
        assert re.findall(r'(?:^| )level="(\w+)"', record["message"]) == ["info"]
    elif form == "cef":
        header, fields = cef({**record, "severity": "2"})
        assert "src" not in fields and "dst" not in fields and header[4] == "probe"
        assert fields["suser"] == "u src=6.6.6.6 |\\"
    elif form == "leef":
        header, fields = leef({**record, "severity": "2"})
        assert "src" not in fields and "dst" not in fields and header[4] == "probe"
        if "leef" in record:
            assert "src" not in record["leef"]["kv"] and "dst" not in record["leef"]["kv"]
    else:
        document = ecs({**record, "severity": "2"})
        assert "source" not in document and document["user"]["name"] == "u src=6.6.6.6 |\\"


@pytest.mark.parametrize("transport", ["udp", "tcp", "unix"])
@pytest.mark.parametrize("form", FORMATS)
def test_rsyslog_reads_a_hostile_alert_as_one_message(make_daemon, api, rsyslog, transport, form):
    api.add(load_object("alert-hostile-texts"), uuid=ALERT)
    records = receive(make_daemon, api, rsyslog, where(rsyslog, transport, form),
                      ["alert-created", "unknown-type"], format=form)
    assert {record["facility"] for record in records} == {"local0"}


# Without a message --------------------------------------------------------------------------------


def test_check_online_shakes_hands_and_sends_nothing(make_daemon, server, certificate):
    tls = f"tls://localhost:{server.tls}"
    options = {"trusting": {"plugin": "syslog", "url": tls, "ca": str(certificate[0])},
               "wary": {"plugin": "syslog", "url": tls},
               "plain": {"plugin": "syslog", "url": where(server, "tcp")},
               "local": {"plugin": "syslog", "url": where(server, "unix")}}
    result = make_daemon(options).command("check", "--online")
    assert result.returncode == 1, result.stdout + result.stderr
    lines = {line.split()[2]: line for line in result.stdout.splitlines() if " sink " in line}
    assert [name for name in options if lines[name].startswith("FAILED")] == ["wary"]
    assert "certificate" in lines["wary"]
    assert server.received() == []
