"""A real SMTP server (aiosmtpd): TLS, log-in, and recipients that are refused."""

import ssl
import threading

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

import certificates
import mime
from conftest import load_event

RETRY_FAST = "sink_defaults: {retry: {first: 100ms, max: 500ms, give_up: 1h}}\n"


class OnAnyPort(Controller):
    """aiosmtpd connects to itself once at its start: to the port that the system chose."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Server:
    """Keeps what it takes; refuses recipients whose names begin with `no-`; `later-` once."""

    def __init__(self, certificate=None, key=None, password=None):
        self.mails = []
        self.sessions = []
        self._turned_away = set()
        self._arrived = threading.Condition()
        options = {}
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate, key)
            options.update(tls_context=context, require_starttls=True)
        if password:
            def log_in(_server, _session, _envelope, _mechanism, data):
                good = isinstance(data, LoginPassword) and data.password == password.encode()
                return AuthResult(success=good, handled=good)  # else the server answers 535
            options.update(authenticator=log_in, auth_required=True,
                           auth_require_tls=bool(certificate))
        self._controller = OnAnyPort(self, hostname="127.0.0.1", port=0, **options)
        self._controller.start()

    @property
    def port(self):
        return self._controller.server.sockets[0].getsockname()[1]

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address.startswith("no-"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later-") and address not in self._turned_away:
            self._turned_away.add(address)
            return "450 4.2.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server, session, envelope):
        with self._arrived:
            self.mails.append((list(envelope.rcpt_tos), mime.read(envelope.content)))
            self.sessions.append(session)
            self._arrived.notify_all()
        return "250 2.0.0 queued as A1B2C3"

    def wait_for(self, n, timeout=30):
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.mails) >= n, timeout), self.mails
        return self.mails

    def stop(self):
        self._controller.stop()


@pytest.fixture
def certificate(tmp_path):
    return certificates.make(tmp_path)


def mail_sink(server, **more):
    return {"plugin": "email", "url": f"smtp://127.0.0.1:{server.port}", "tls": "none",
            "from": "SOC <soc@example.org>", "to": ["duty@example.org"], **more}


def test_a_mail_is_one_that_mail_programs_read(make_daemon, api, started):
    server = started(Server())
    daemon = make_daemon({"mail": mail_sink(server)}, api=api).start()
    daemon.accept(load_event("alert-created"))
    (recipients, mail), = server.wait_for(1)
    assert recipients == ["duty@example.org"]
    assert mail["From"] == "SOC <soc@example.org>" and mail["To"] == "duty@example.org"
    assert "Mimikatz run on a domain controller" in mail["Subject"]
    for header in ("Date", "Message-ID", "MIME-Version", "Auto-Submitted"):
        assert mail[header], header
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    for part in (plain, html):
        assert "Lyon plant" in part.get_content() and "ALk3Rw9ZpQ2d" in part.get_content()
    assert not mail.defects
    assert daemon.wait_settled()["delivered"] == 1


def test_the_simple_form_is_text_alone(make_daemon, api, started):
    server = started(Server())
    daemon = make_daemon({"mail": mail_sink(server, form="simple")}, api=api).start()
    daemon.accept(load_event("alert-created"))
    (_, mail), = server.wait_for(1)
    assert mail.get_content_type() == "text/plain"
    assert "https://app.example/operations/alerts/ALk3Rw9ZpQ2d" in mail.get_content()


def test_mails_of_one_alert_are_one_thread(make_daemon, api, started):
    server = started(Server())
    daemon = make_daemon({"mail": mail_sink(server)}, api=api).start()
    for name in ("alert-created", "alert-updated-status", "alert-comment-created"):
        daemon.accept(load_event(name))
    mails = [mail for _, mail in server.wait_for(3)]
    assert len({mail["Message-ID"] for mail in mails}) == 3
    first = {mails[0]["Message-ID"], *str(mails[0]["References"] or "").split()}
    for mail in mails[1:]:
        assert first & set(str(mail["References"]).split()), mail["References"]
    daemon.wait_settled()


def test_tls_is_required_by_default_and_the_certificate_is_checked(
        make_daemon, started, certificate):
    server = started(Server(*certificate))
    options = mail_sink(server)
    del options["tls"]
    daemon = make_daemon({"trusting": {**options, "ca": str(certificate[0])}, "strict": options},
                         settings=RETRY_FAST).start()
    event_id = daemon.accept({"type": "probe"})
    server.wait_for(1)
    assert server.sessions[0].ssl is not None
    daemon.wait_for_log("sink=strict")
    states = {d["sink"]: d["state"] for d in daemon.event(event_id)["deliveries"]}
    assert states["strict"] != "delivered" and len(server.mails) == 1


def test_a_server_without_tls_gets_nothing_when_tls_is_required(make_daemon, started):
    server = started(Server())
    daemon = make_daemon({"mail": mail_sink(server, tls="required")}, settings=RETRY_FAST).start()
    daemon.accept({"type": "probe"})
    daemon.wait_for_log("sink=mail")
    assert server.mails == []


def test_it_logs_in_with_its_password(make_daemon, started, certificate):
    server = started(Server(*certificate, password="correct horse"))
    good = mail_sink(server, tls="required", ca=str(certificate[0]), user="tocsin",
                     password="correct horse")
    daemon = make_daemon({"mail": good}).start()
    daemon.accept({"type": "probe"})
    server.wait_for(1)
    daemon.wait_settled()


def test_a_wrong_password_is_a_fault_of_the_sink_and_is_not_shown(
        make_daemon, started, certificate):
    server = started(Server(*certificate, password="correct horse"))
    wrong = mail_sink(server, tls="required", ca=str(certificate[0]), user="tocsin",
                      password="battery staple")
    daemon = make_daemon({"mail": wrong}, settings=RETRY_FAST).start()
    daemon.accept({"type": "probe"})
    daemon.wait_for_log("sink=mail.*535|535.*sink=mail")
    assert server.mails == [] and "battery staple" not in daemon.log()


def test_one_refused_recipient_costs_the_others_nothing(make_daemon, started):
    server = started(Server())
    daemon = make_daemon({"mail": mail_sink(server, to=[
        "no-such@example.org", "duty@example.org", "later-today@example.org"])},
        settings=RETRY_FAST).start()
    daemon.accept({"type": "probe"})
    server.wait_for(2, timeout=60)
    daemon.wait_settled()
    assert [recipients for recipients, _ in server.mails] == [
        ["duty@example.org"], ["later-today@example.org"]]
