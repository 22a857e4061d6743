"""The stand-ins for mail and syslog servers do what the tests that rely on them believe."""

import smtplib
import socket
import ssl
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fakes.smtp import Smtp  # noqa: E402
from fakes.syslog import Syslog  # noqa: E402

TIMEOUT = 10


@pytest.fixture
def running():
    """Starts fakes; stops them at the end."""
    things = []

    def start(thing):
        things.append(thing)
        return thing

    yield start
    for thing in things:
        thing.stop()


@pytest.fixture
def certificate(tmp_path):
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", str(files[0]), "-keyout",
         str(files[1])],
        check=True, capture_output=True, timeout=60)
    return files


def client_of(smtp):
    return smtplib.SMTP("127.0.0.1", smtp.port, timeout=TIMEOUT)


def mail(subject="Größe", body="one\n.\n..two\nthree"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", subject
    message.set_content(body)
    message.add_alternative(f"<p>{body}</p>", subtype="html")
    return message


# Mail --------------------------------------------------------------------------------------


def test_a_mail_arrives_whole(running):
    smtp = running(Smtp())
    with client_of(smtp) as client:
        client.send_message(mail())
    entry, = smtp.wait_for(1)
    assert (entry["mail_from"], entry["rcpts"]) == ("a@example.org", ["b@example.org"])
    assert b"one\r\n.\r\n..two\r\nthree\r\n" in entry["raw"], "dots are unstuffed"
    assert entry["message"]["Subject"] == "Größe"
    assert smtp.as_text(entry) == "Subject: Größe\n\none\n.\n..two\nthree\n"
    assert entry["time"] > 0


def test_several_mails_on_one_connection(running):
    smtp = running(Smtp())
    with client_of(smtp) as client:
        for n in range(3):
            client.send_message(mail(subject=f"number {n}"))
    assert [entry["message"]["Subject"] for entry in smtp.wait_for(3)] == [
        "number 0", "number 1", "number 2"]


@pytest.mark.parametrize("stage, error", [
    ("MAIL", smtplib.SMTPSenderRefused), ("RCPT", smtplib.SMTPRecipientsRefused),
    ("DATA", smtplib.SMTPDataError), ("dot", smtplib.SMTPDataError)])
def test_the_next_n_fail_and_then_no_more(running, stage, error):
    smtp = running(Smtp())
    smtp.fail_next(2, stage, "451 4.3.0 later")
    for _ in range(2):
        with client_of(smtp) as client, pytest.raises(error) as caught:
            client.send_message(mail())
        assert "451" in str(caught.value)
    assert smtp.received == []
    with client_of(smtp) as client:
        client.send_message(mail())
    assert len(smtp.received) == 1


def test_a_failure_can_be_one_recipients_alone(running):
    smtp = running(Smtp())
    smtp.fail_next(1, "RCPT", "550 5.1.1 no such user")
    with client_of(smtp) as client:
        refused = client.send_message(mail(), to_addrs=["x@example.org", "y@example.org"])
    assert refused == {"x@example.org": (550, b"5.1.1 no such user")}
    assert smtp.wait_for(1)[0]["rcpts"] == ["y@example.org"]


def test_a_code_alone_is_mails(running):
    smtp = running(Smtp())
    smtp.fail_next(1, 535)
    with client_of(smtp) as client, pytest.raises(smtplib.SMTPSenderRefused) as caught:
        client.send_message(mail())
    assert caught.value.smtp_code == 535


@pytest.mark.parametrize("stage", ["greeting", "EHLO", "MAIL", "dot"])
def test_zero_closes_the_connection_without_a_word(running, stage):
    smtp = running(Smtp())
    smtp.fail_next(1, stage, 0)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        with client_of(smtp) as client:
            client.send_message(mail())
    assert smtp.received == []


def test_starttls_and_auth(running, certificate):
    smtp = running(Smtp(*certificate, user="tocsin", password="correct horse"))
    context = ssl.create_default_context(cafile=str(certificate[0]))
    with client_of(smtp) as client:
        client.ehlo()
        assert client.has_extn("starttls") and not client.has_extn("auth")
        with pytest.raises(smtplib.SMTPSenderRefused) as caught:
            client.send_message(mail())
        assert caught.value.smtp_code == 530
        client.starttls(context=context)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("tocsin", "battery staple")
        client.login("tocsin", "correct horse")
        client.send_message(mail())
    smtp.wait_for(1)


@pytest.mark.parametrize("way", ["auth_plain", "auth_login"])
def test_both_ways_of_auth(running, way):
    smtp = running(Smtp(user="tocsin", password="secret"))
    with client_of(smtp) as client:
        client.ehlo()
        client.user, client.password = "tocsin", "secret"
        assert client.auth(way[5:].upper(), getattr(client, way))[0] == 235


def test_nonsense_is_no_login(running):
    smtp = running(Smtp(user="tocsin", password="secret"))
    with client_of(smtp) as client:
        client.ehlo()
        assert client.docmd("AUTH PLAIN", "nonsense")[0] == 501
        assert client.docmd("AUTH PLAIN", "bm9uZQ==")[0] == 501


def test_a_bare_line_feed_does_not_end_a_mail(running):
    """RFC 5321 2.3.8: or one mail could smuggle another."""
    smtp = running(Smtp())
    with socket.create_connection(("127.0.0.1", smtp.port), TIMEOUT) as raw, \
            raw.makefile("rb") as lines:
        lines.readline()
        for command in (b"HELO x", b"MAIL FROM:<a@x>", b"RCPT TO:<b@x>", b"DATA"):
            raw.sendall(command + b"\r\n")
            lines.readline()
        raw.sendall(b"Subject: x\r\n\r\none\n.\ntwo\r\n.\r\n")
        assert lines.readline().startswith(b"250")
    assert smtp.wait_for(1)[0]["raw"] == b"Subject: x\r\n\r\none\n.\ntwo\r\n"


def test_waiting_for_a_mail_that_does_not_come_fails(running):
    smtp = running(Smtp())
    with pytest.raises(AssertionError, match="0 mails"):
        smtp.wait_for(1, timeout=0.05)


def test_stopping_does_not_wait_for_clients(running):
    smtp = Smtp()
    with client_of(smtp):
        smtp.stop()


# Syslog ------------------------------------------------------------------------------------


def connect(url):
    scheme, _, rest = url.partition("://")
    if scheme == "unix":
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.connect(rest)
        return sock
    host, port = rest.split(":")
    if scheme == "tcp":
        return socket.create_connection((host, int(port)), TIMEOUT)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((host, int(port)))
    return sock


@pytest.mark.parametrize("transport", ["udp", "unix"])
def test_a_datagram_is_a_message(running, transport):
    syslog = running(Syslog(transport))
    with connect(syslog.url) as sock:
        sock.send(b"<134>1 - - - - - - one\ntwo")
        sock.send("<134>1 - - - - - - Größe".encode())
    first, second = syslog.wait_for(2)
    assert first == b"<134>1 - - - - - - one\ntwo"
    assert syslog.as_text(second) == "<134>1 - - - - - - Größe"


def test_both_framings_of_tcp(running):
    syslog = running(Syslog())
    with connect(syslog.url) as sock:
        sock.sendall(b"5 <1>on")
        sock.sendall(b"7 <1>a\nb\n")
        sock.sendall(b"<1>two\n<1>three\n")
    assert syslog.wait_for(4) == [b"<1>on", b"<1>a\nb\n", b"<1>two", b"<1>three"]


def test_half_a_frame_is_no_message(running):
    syslog = running(Syslog())
    with connect(syslog.url) as sock:
        sock.sendall(b"5 <1>ok99 <1>half")
    with connect(syslog.url) as sock:
        sock.sendall(b"<1>whole\n")
    assert sorted(syslog.wait_for(2)) == [b"<1>ok", b"<1>whole"]


def test_hanging_up_closes_what_is_open(running):
    syslog = running(Syslog())
    with connect(syslog.url) as sock:
        sock.sendall(b"<1>one\n")
        syslog.wait_for(1)
        syslog.hang_up()
        assert sock.recv(1) == b""
    with connect(syslog.url) as sock:
        sock.sendall(b"<1>two\n")
    syslog.wait_for(2)


def test_waiting_for_a_message_that_does_not_come_fails(running):
    syslog = running(Syslog())
    with pytest.raises(AssertionError, match="0 messages"):
        syslog.wait_for(1, timeout=0.05)
