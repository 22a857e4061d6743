"""`tocsin check --online`: what of the far ends lets tocsin in, without a message to any of them."""

import json
import socket
import ssl
import threading
import time

import pytest

import certificates
import sinks
from fakes.smtp import Smtp
from fakes.syslog import Syslog


class Silent:
    """Takes connections and says nothing; with a certificate it does so after the handshake."""

    def __init__(self, certificate=None, key=None):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.received = b""
        self.kept = []
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate, key)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                client, _ = self.server.accept()
                if self.tls:
                    client = self.tls.wrap_socket(client, server_side=True)
            except OSError:
                if self.server.fileno() < 0:
                    return
                continue
            self.kept.append(client)
            threading.Thread(target=self._read, args=(client,), daemon=True).start()

    def _read(self, client):
        try:
            while data := client.recv(4096):
                self.received += data
        except OSError:
            pass

    def stop(self):
        self.server.close()
        for client in self.kept:
            client.close()


def check(daemon, code):
    """The findings, by what they are about."""
    result = daemon.command("check", "--online", "--json")
    assert result.returncode == code, result.stdout + result.stderr
    answer = json.loads(result.stdout)
    assert isinstance(answer["problems"], list)
    return {finding["what"]: finding for finding in answer["online"]}


def online(make_daemon, options, code, **more):
    return check(make_daemon(options, **more), code)


@pytest.fixture
def certificate(tmp_path):
    return certificates.make(tmp_path)


# The key -----------------------------------------------------------------------------------


def test_a_good_key_may_view_alerts(make_daemon, api, mattermost):
    found = online(make_daemon, {"chat": sinks.mattermost(mattermost)}, 0, api=api)
    assert found["sekoia"]["result"] == "fine" and found["sekoia"]["cure"] is None
    assert found["sekoia"]["to"] == api.url and "may view alerts" in found["sekoia"]["text"]
    request, = api.requests
    assert request.path == "/v1/sic/alerts" and request.query == {"limit": ["1"]}


@pytest.mark.parametrize("status, text, cure", [
    (401, "missing, mistyped, expired or revoked", "sekoia.api_key"),
    (403, 'lacks the permission "View alerts"', "give the key's role"),
    (404, "no Alert API is there", "sekoia.region"),
    (429, "HTTP 429", "try again later"),
    (503, "HTTP 503", "try again later"),
    (302, "HTTP 302", "sekoia.region"),
])
def test_each_refusal_says_what_it_means_and_its_cure(make_daemon, api, mattermost, status, text, cure):
    api.fail_always(status)
    found = online(make_daemon, {"chat": sinks.mattermost(mattermost)}, 1, api=api)["sekoia"]
    assert found["result"] == "failed"
    assert f"HTTP {status}" in found["text"] and text in found["text"]
    assert cure in found["cure"]


@pytest.mark.parametrize("body", ["<html>a login page</html>", "[]", '{"items": 1}', ""])
def test_another_server_is_no_alert_api(make_daemon, api, mattermost, body):
    api.fail_next(1, 200, body=body)
    found = online(make_daemon, {"chat": sinks.mattermost(mattermost)}, 1, api=api)["sekoia"]
    assert found["result"] == "failed" and "no list of alerts" in found["text"]


def test_an_api_that_nobody_serves(make_daemon, api, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api)
    api_url = api.url
    daemon.config.write_text(daemon.config.read_text().replace(api_url, "http://no-such-host.invalid"))
    found = check(daemon, 1)["sekoia"]
    assert found["result"] == "failed" and "no-such-host.invalid" in found["text"]
    assert "DNS" in found["cure"] and "tocsin.yaml:" in found["cure"]


def test_another_api_is_reached_and_not_asked(make_daemon, api, mattermost, started):
    desk = started(Silent())
    found = online(make_daemon, {"chat": sinks.mattermost(mattermost)}, 0, api=api, settings=(
        f'enrich: {{ticket: {{get: "http://127.0.0.1:{desk.port}/api/{{{{attributes.uuid}}}}", '
        'bearer: planted-desk-key, as: ticket}}\n'))
    assert found["enrich ticket"]["result"] == "fine"
    assert desk.received == b""


# Sinks -------------------------------------------------------------------------------------


def test_http_sinks_are_connected_to_and_get_nothing(make_daemon, mattermost, teams):
    found = online(make_daemon, {"chat": sinks.mattermost(mattermost),
                                 "soc-teams": sinks.teams(teams)}, 0)
    for name in ("sink chat", "sink soc-teams"):
        assert found[name]["result"] == "fine", found
        assert found[name]["text"] == "reached; nothing was sent"
        assert found[name]["to"].endswith("/***")
    assert mattermost.received == [] and teams.received == []


def test_an_http_sink_that_says_nothing_is_reached_all_the_same(make_daemon, started):
    """No request is made, so there is no answer to wait for."""
    silent = started(Silent())
    found = online(make_daemon, {"chat": {
        "plugin": "mattermost", "url": f"http://127.0.0.1:{silent.port}/hooks/xxxxxxxxxxxxxxxx"}}, 0)
    assert found["sink chat"]["result"] == "fine" and silent.received == b""


def test_the_certificate_of_an_https_sink_must_be_good(make_daemon, started, certificate):
    silent = started(Silent(*certificate))
    sink = {"plugin": "mattermost", "url": f"https://localhost:{silent.port}/hooks/xxxxxxxxxxxxxxxx"}
    found = online(make_daemon, {"trusting": {**sink, "ca": str(certificate[0])}, "wary": sink}, 1)
    assert found["sink trusting"]["result"] == "fine"
    assert found["sink wary"]["result"] == "failed" and "certificate" in found["sink wary"]["text"]
    assert "tocsin.yaml:" in found["sink wary"]["cure"]
    assert silent.received == b""


def test_what_cannot_be_reached_says_why(make_daemon):
    found = online(make_daemon, {
        "closed": sinks.unreachable(),
        "unknown": {"plugin": "mattermost", "url": "http://no-such-host.invalid/hooks/xxxxxxxxxxx"},
        "siem": {"plugin": "syslog", "url": "tcp://127.0.0.1:1"}}, 1)
    assert all(finding["result"] == "failed" for finding in found.values())
    assert "127.0.0.1" in found["sink closed"]["text"]
    assert "resolve" in found["sink unknown"]["text"]
    assert "refused" in found["sink siem"]["text"]


@pytest.mark.parametrize("transport", ["tcp", "udp", "unix"])
def test_syslog_is_connected_to_and_gets_nothing(make_daemon, started, transport):
    syslog = started(Syslog(transport))
    found = online(make_daemon, {"siem": sinks.syslog(syslog)}, 0)
    assert found["sink siem"]["result"] == "fine"
    assert ("nobody can tell" in found["sink siem"]["text"]) == (transport == "udp")
    assert syslog.received == []


def test_smtp_is_logged_in_to_and_hears_of_no_mail(make_daemon, started, certificate):
    smtp = started(Smtp(*certificate, user="tocsin", password="planted-password"))
    sink = {**sinks.email(smtp), "url": f"smtp://localhost:{smtp.port}", "tls": "required",
            "ca": str(certificate[0]), "user": "tocsin"}
    smtp.fail_next(1, "MAIL", 554)
    found = online(make_daemon, {"mail": {**sink, "password": "planted-password"}}, 0)
    assert found["sink mail"]["text"] == "reached, encrypted, logged in; nothing was sent"
    assert smtp.received == []
    found = online(make_daemon, {"mail": {**sink, "password": "planted-nonsense"}}, 1)
    assert "535" in found["sink mail"]["text"] and "AUTH" in found["sink mail"]["text"]
    assert "planted" not in json.dumps(found)
    found = online(make_daemon, {"mail": {
        **{key: value for key, value in sink.items() if key not in ("user", "ca")}}}, 1)
    assert "certificate" in found["sink mail"]["text"]


def test_smtp_without_starttls_or_with_a_greeting_of_refusal(make_daemon, smtp):
    found = online(make_daemon, {"mail": {**sinks.email(smtp), "tls": "required"}}, 1)
    assert "no STARTTLS" in found["sink mail"]["text"]
    smtp.fail_next(1, "greeting", 554)
    found = online(make_daemon, {"mail": sinks.email(smtp)}, 1)
    assert "554" in found["sink mail"]["text"]
    found = online(make_daemon, {"mail": sinks.email(smtp)}, 0)
    assert found["sink mail"]["text"] == "reached, not encrypted, no login configured; nothing was sent"


def test_silence_ends_at_the_sinks_time_and_all_are_tried_at_once(make_daemon, started):
    silent = started(Silent())
    options = {f"mail-{n}": {"plugin": "email", "url": f"smtp://127.0.0.1:{silent.port}",
                             "tls": "none", "from": "soc@example.org", "to": ["d@example.org"],
                             "timeout": "2s"} for n in range(5)}
    began = time.monotonic()
    found = online(make_daemon, options, 1)
    assert time.monotonic() - began < 9, "five times two seconds would be ten"
    assert all(finding["result"] == "failed" for finding in found.values()) and len(found) == 5


def test_what_cannot_be_tried_says_so_and_is_no_fault(make_daemon, tmp_path, mattermost):
    found = online(make_daemon, {"file": {"plugin": "file", "path": str(tmp_path / "out.json")},
                                 "bell": {"plugin": "inbox"},
                                 "apart": {**sinks.mattermost(mattermost), "isolation": "process"}}, 0)
    assert found["sink file"]["result"] == "untried" and "drill file" in found["sink file"]["cure"]
    assert found["sink bell"]["result"] == "untried"
    assert found["sink apart"]["result"] == "fine", "the host connects"
    assert not (tmp_path / "out.json").exists()


# How it is told ----------------------------------------------------------------------------


def test_for_people_each_is_a_line_with_its_cure(make_daemon, api, mattermost):
    api.fail_always(403)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api)
    result = daemon.command("check", "--online")
    assert result.returncode == 1
    fine, key, cure, chat = result.stdout.splitlines()[-4:]
    assert "is fine: 1 hook" in fine
    assert key.startswith(f"FAILED  sekoia ({api.url}): HTTP 403") and cure.startswith("        give")
    assert chat.startswith("fine    sink chat (http") and "ms)" in chat
    assert api.key not in result.stdout + result.stderr


def test_a_faulty_configuration_is_mended_first(make_daemon, api, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api, settings="drain: soon\n")
    result = daemon.command("check", "--online")
    assert result.returncode == 1 and "nothing was tried online" in result.stderr
    assert api.requests == []
    result = daemon.command("check", "--online", "--json")
    assert json.loads(result.stdout)[0]["severity"] == "error"
