"""A real Postfix takes the mail and puts it into a mailbox."""

import pytest

import certificates
import mime
from conftest import load_event, load_object
from peers import Postfix

ALERT = "3f0c7a52-6f5e-4f0b-9d53-0d5b8a1c2e01"


def mail_sink(postfix, **more):
    return {"plugin": "email", "url": f"smtp://127.0.0.1:{postfix.port}", "tls": "none",
            "from": "SOC <soc@example.net>", "to": ["duty@example.org"], **more}


def parse(raw):
    """From a mailbox, where lines end with LF."""
    return mime.read(raw.replace(b"\n", b"\r\n"))


@pytest.fixture
def postfix(tmp_path, started):
    return started(Postfix(tmp_path))


def test_postfix_delivers_the_alert(make_daemon, api, postfix):
    daemon = make_daemon({"mail": mail_sink(postfix)}, api=api).start()
    daemon.accept(load_event("alert-created"))
    mail, = map(parse, postfix.wait_for(1))
    assert "Mimikatz run on a domain controller" in mail["Subject"]
    assert "Lyon plant" in mail.get_body(("plain",)).get_content()
    assert "Lyon plant" in mail.get_body(("html",)).get_content()
    assert daemon.wait_settled()["delivered"] == 1


@pytest.mark.parametrize("name", ["alert-40kb", "alert-hostile-texts"])
def test_postfix_delivers_any_alert_as_one_mail(make_daemon, api, postfix, name):
    api.add(load_object(name), uuid=ALERT)
    daemon = make_daemon({"mail": mail_sink(postfix)}, api=api).start()
    daemon.accept(load_event("alert-created"))
    mail, = map(parse, postfix.wait_for(1))
    daemon.wait_settled()
    assert not mail["Bcc"] and not mail.defects
    assert postfix.log().count("status=sent") == 1


def test_postfix_takes_it_over_tls(make_daemon, tmp_path, started):
    certificate, key = certificates.make(tmp_path)
    postfix = started(Postfix(tmp_path, certificate, key))
    daemon = make_daemon({"mail": mail_sink(postfix, tls="required", ca=str(certificate))}).start()
    daemon.accept({"type": "probe"})
    raw, = postfix.wait_for(1)
    assert b"with ESMTPS" in raw
    daemon.wait_settled()


def test_a_recipient_that_postfix_does_not_have_is_dead_and_says_why(make_daemon, postfix):
    daemon = make_daemon({"mail": mail_sink(postfix, to=["nobody@example.org"])}).start()
    event_id = daemon.accept({"type": "probe"})
    assert daemon.wait_settled()["dead"] == 1
    delivery, = daemon.event(event_id)["deliveries"]
    assert "550" in delivery["reason"] and "nobody@example.org" in delivery["reason"]
