"""A real Postfix that lets nobody in but whom a real Dovecot knows, and the mail as IMAP shows it."""

import textwrap

import pytest

import certificates
from conftest import load_event, load_object
from dovecot import PASSWORD, Dovecot, TokenServer
from peers import Postfix
from tocsin import wait_until

RETRY_FAST = "sink_defaults: {retry: {first: 100ms, max: 500ms, give_up: 1h}}\n"
ONE_ALERT = ("alert-created", "alert-updated-status", "alert-comment-created")
OTHER = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def certificate(tmp_path):
    return certificates.make(tmp_path)


@pytest.fixture
def tokens(started):
    return started(TokenServer())


@pytest.fixture
def dovecot(tmp_path, started, tokens):
    return started(Dovecot(tmp_path, tokens))


@pytest.fixture
def postfix(tmp_path, started, certificate, dovecot):
    return started(Postfix(tmp_path, *certificate, dovecot=dovecot, settings="smtpd_timeout = 3s\n"))


@pytest.fixture
def mail_sink(postfix, certificate):
    def make(scheme="smtp", **more):
        port = postfix.smtps_port if scheme == "smtps" else postfix.port
        return {"plugin": "email", "url": f"{scheme}://localhost:{port}", "ca": str(certificate[0]),
                "from": "SOC <tocsin@example.org>", "to": ["duty@example.org"],
                "user": "tocsin@example.org", "password": PASSWORD, **more}
    return make


@pytest.fixture
def inbox(dovecot):
    boxes = []

    def open_inbox(name="duty"):
        boxes.append(dovecot.mailbox(name))
        return boxes[-1]

    yield open_inbox
    for box in boxes:
        box.close()


# Logging in -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("auth", ["auto", "plain", "login"])
def test_it_logs_in_under_tls(make_daemon, mail_sink, inbox, postfix, scheme, auth):
    daemon = make_daemon({"mail": mail_sink(scheme, auth=auth)}).start()
    daemon.accept({"type": "probe"})
    mail, = inbox().wait_for(1)
    assert "with ESMTPSA" in mail["Received"]
    mechanism = "LOGIN" if auth == "login" else "PLAIN"
    assert f"sasl_method={mechanism}, sasl_username=tocsin@example.org" in postfix.log()
    assert daemon.wait_settled()["delivered"] == 1


def test_a_wrong_password_shuts_the_sink_and_is_shown_nowhere(make_daemon, mail_sink, postfix):
    daemon = make_daemon({"mail": mail_sink(password="battery staple")}, settings=RETRY_FAST).start()
    daemon.accept({"type": "probe"})
    daemon.wait_for_log("AUTH: 535 5.7.8 Error: authentication failed")
    assert "battery staple" not in daemon.log()
    assert "to=<" not in postfix.log()


def test_without_a_login_postfix_takes_nothing(make_daemon, mail_sink):
    options = mail_sink()
    del options["user"], options["password"]
    daemon = make_daemon({"mail": options}, settings=RETRY_FAST).start()
    daemon.accept({"type": "probe"})
    daemon.wait_for_log("Client host rejected: Access denied")


def test_the_token_of_a_file_lets_it_in(make_daemon, mail_sink, tokens, inbox, postfix, tmp_path):
    # As long as Microsoft's, which do not fit into the first line of AUTH.
    token = "eyJ0eXAiOiJKV1Qi." + "abcDEF12" * 250
    tokens.users[token] = "tocsin@example.org"
    file = tmp_path / "token"
    file.write_text(token + "\n")
    options = mail_sink(auth="xoauth2", token_file=str(file))
    del options["password"]
    daemon = make_daemon({"mail": options}).start()
    daemon.accept({"type": "probe"})
    inbox().wait_for(1)
    assert tokens.asked == [token]
    assert "sasl_method=XOAUTH2, sasl_username=tocsin@example.org" in postfix.log()
    daemon.wait_settled()


def token_program(tmp_path):
    """Prints TOKEN-1, TOKEN-2, ..., a new one each time."""
    program = tmp_path / "give-token"
    program.write_text(textwrap.dedent(f"""\
        #!/bin/sh
        echo x >>{tmp_path}/given
        echo "TOKEN-$(grep -c x {tmp_path}/given)"
        echo "a warning with TOKEN-1 in it" >&2
        """))
    program.chmod(0o700)
    return program


def test_a_token_of_a_command_is_kept_until_it_has_run_out(
        make_daemon, mail_sink, tokens, inbox, postfix, tmp_path):
    options = mail_sink(auth="xoauth2", concurrency=1,
                        token_command=[str(token_program(tmp_path)), "for", "smtp"])
    del options["password"]
    tokens.users["TOKEN-1"] = "tocsin@example.org"
    daemon = make_daemon({"mail": options}, settings=RETRY_FAST).start()
    box = inbox()
    for _ in range(2):
        daemon.accept({"type": "probe"})
    box.wait_for(2)
    assert (tmp_path / "given").read_text() == "x\n"

    # The token runs out, and Postfix hangs up on the idle: the next mail has to log in anew.
    tokens.users = {"TOKEN-2": "tocsin@example.org"}
    wait_until(lambda: "timeout after" in postfix.log(), "Postfix hung up")
    event_id = daemon.accept({"type": "probe"})
    box.wait_for(3)
    daemon.wait_settled()
    assert (tmp_path / "given").read_text() == "x\nx\n"
    delivery, = daemon.event(event_id)["deliveries"]
    assert delivery["attempts"] == 1, delivery
    assert "TOKEN" not in daemon.log()


def test_a_refused_token_is_a_fault_of_the_sink(make_daemon, mail_sink, tmp_path):
    options = mail_sink(auth="xoauth2", token_command=[str(token_program(tmp_path))])
    del options["password"]
    daemon = make_daemon({"mail": options}, settings=RETRY_FAST).start()
    daemon.accept({"type": "probe"})
    daemon.wait_for_log("AUTH: (the server refuses the token|535)")


# One alert is one thread -------------------------------------------------------------------------


def of_other_alert(name):
    event = load_event(name)
    event["attributes"]["uuid"] = OTHER
    return event


def thread_sizes(box, n):
    """How many mails stand in each thread that IMAP makes of the inbox. Both alerts have the same
    title: by REFERENCES mails of the same subject would be one thread as well."""
    mails = box.wait_for(n)
    assert len(mails) == n, [mail["Subject"] for mail in mails]
    return sorted(len(thread) for thread in box.threads())


def test_an_alert_is_one_thread_for_each_recipient(make_daemon, api, mail_sink, inbox):
    api.add(load_object("alert-full"), uuid=OTHER)
    daemon = make_daemon({"mail": mail_sink(to=["duty@example.org", "night@example.org"])},
                         api=api).start()
    for name in ONE_ALERT:
        daemon.accept(load_event(name))
    daemon.accept(of_other_alert("alert-created"))
    daemon.wait_settled()
    assert thread_sizes(inbox("duty"), 4) == [1, 3]
    assert thread_sizes(inbox("night"), 4) == [1, 3]


def test_a_thread_goes_on_after_a_restart(make_daemon, api, mail_sink, inbox):
    daemon = make_daemon({"mail": mail_sink()}, api=api).start()
    box = inbox()
    daemon.accept(load_event("alert-created"))
    box.wait_for(1)
    daemon.wait_settled()
    daemon.restart()
    daemon.accept(load_event("alert-updated-status"))
    assert thread_sizes(box, 2) == [2]
    daemon.wait_settled()


def test_updates_are_one_thread_though_the_creation_went_elsewhere(
        make_daemon, api, mattermost, mail_sink, inbox):
    elsewhere = {"plugin": "mattermost", "url": mattermost.url, "rate": "off"}
    rules = """rules:
  - name: creations go to the chat
    match: {action: created, type: alert}
    send: [chat]
  - name: updates are mail
    match: {action: updated, type: alert}
    send: [mail]
  - name: comments are mail
    match: {type: alert-comment}
    send: [mail]
"""
    daemon = make_daemon({"mail": mail_sink(), "chat": elsewhere}, rules=rules, api=api).start()
    for name in ONE_ALERT:
        daemon.accept(load_event(name))
    daemon.wait_settled()
    assert len(mattermost.wait_for(1)) == 1
    assert thread_sizes(inbox(), 2) == [2]


def test_check_online_logs_in_and_sends_nothing(make_daemon, mail_sink, inbox, postfix):
    options = {"good": mail_sink(), "wrapped": mail_sink("smtps"),
               "bad": mail_sink(password="planted-nonsense")}
    result = make_daemon(options).command("check", "--online")
    assert result.returncode == 1, result.stdout + result.stderr
    lines = {line.split()[2]: line for line in result.stdout.splitlines() if " sink " in line}
    for name in ("good", "wrapped"):
        assert lines[name].startswith("fine ") and "encrypted, logged in" in lines[name]
    assert lines["bad"].startswith("FAILED") and "535 5.7.8" in lines["bad"]
    assert "planted" not in result.stdout + result.stderr
    assert "from=<" not in postfix.log() and "status=sent" not in postfix.log()
