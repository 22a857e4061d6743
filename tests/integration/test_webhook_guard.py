"""Where a webhook may go, with names that lead where their owner likes: to 10.0.0.7 and to this machine."""

import subprocess
from pathlib import Path

import pytest
from fakes.mattermost import Mattermost
from fakes.webhook import Webhook
from mounts import enter_private_mounts
from stage import load_event
import sinks

HOSTS = """\
127.0.0.1 localhost self.example both.example
10.0.0.7 inside.example both.example
::1 six.example
::ffff:10.0.0.7 mapped.example
"""

enter_private_mounts()


@pytest.fixture(scope="module", autouse=True)
def names(tmp_path_factory):
    """The system's own table of names, as this process and its children see it."""
    table = tmp_path_factory.mktemp("names") / "hosts"
    table.write_text(HOSTS)
    subprocess.run(["mount", "--bind", table, "/etc/hosts"], check=True)
    assert "inside.example" in Path("/etc/hosts").read_text()
    yield
    subprocess.run(["umount", "-l", "/etc/hosts"], check=True)


@pytest.fixture
def receiver(started):
    return started(Webhook())


@pytest.mark.parametrize("host, address", [
    ("127.0.0.1", "127.0.0.1"), ("localhost", r"(127\.0\.0\.1|::1)"), ("0x7f.1", "127.0.0.1"),
    ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1")])
def test_private_addresses_are_refused(make_daemon, receiver, host, address):
    url = receiver.url.replace("127.0.0.1", host)
    daemon = make_daemon({"hook": sinks.webhook(receiver, url=url, allow=["10.0.0.0/8"])}).start()

    event_id = daemon.accept(load_event("alert-created"))

    daemon.wait_for_log(f'the address {address} is of this host .loopback.: where that is meant, '
                        'name its network in .*allow')
    assert daemon.status()["waiting"] == 1 and receiver.requests == []
    told = daemon.log() + str(daemon.event(event_id)) + str(daemon.status())
    assert Webhook.path.split("/")[-1] not in told


def test_a_connection_of_another_sink_is_no_way_in(make_daemon, started):
    """curl keeps connections for whoever asks next."""
    chat = started(Mattermost())
    inside = {"plugin": "webhook", "url": chat.url}
    daemon = make_daemon(
        {"chat": sinks.mattermost(chat), "hook": inside},
        rules="rules:\n  - {name: chat, match: {type: a}, send: [chat]}\n"
              "  - {name: hook, match: {type: b}, send: [hook]}\n").start()
    daemon.accept({"type": "a"})
    chat.wait_for(1)
    daemon.wait_settled()

    daemon.accept({"type": "b"})

    daemon.wait_for_log("the address 127.0.0.1 is of this host")
    assert len(chat.requests) == 1


def test_what_is_allowed_is_reached(make_daemon, receiver):
    daemon = make_daemon({"hook": sinks.webhook(receiver, allow="127.0.0.1")}).start()

    daemon.accept(load_event("alert-created"))

    receiver.wait_for(1)


def test_a_proxy_may_stand_inside_and_looks_names_up(make_daemon, receiver):
    through = {"plugin": "webhook", "proxy": f"http://127.0.0.1:{receiver.port}"}
    daemon = make_daemon(
        {"out": {**through, "url": "http://receiver.example/in"},
         "in": {**through, "url": "http://10.0.0.7/in"}},
        rules="rules:\n  - {name: out, match: {type: a}, send: [out]}\n"
              "  - {name: in, match: {type: b}, send: [in]}\n").start()

    daemon.accept({"type": "b"})
    daemon.wait_for_log("the address 10.0.0.7 is private .RFC 1918.")
    daemon.accept({"type": "a"})

    entry, = receiver.wait_for(1)
    assert entry["path"] == "http://receiver.example/in"
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("name, objection", [
    ("inside.example", "10.0.0.7 is private .RFC 1918."),
    ("self.example", "127.0.0.1 is of this host"),
    ("six.example", "::1 is of this host"),
    ("mapped.example", "10.0.0.7 is private")])
def test_a_name_that_leads_inside_is_refused(make_daemon, receiver, name, objection):
    url = receiver.url.replace("127.0.0.1", name)
    daemon = make_daemon({"hook": {"plugin": "webhook", "url": url}}).start()

    daemon.accept(load_event("alert-created"))

    daemon.wait_for_log(f"the address (::ffff:)?{objection}")
    assert daemon.status()["waiting"] == 1 and receiver.requests == []


def test_of_a_names_addresses_only_those_that_are_allowed_are_used(make_daemon, receiver):
    url = receiver.url.replace("127.0.0.1", "both.example")
    daemon = make_daemon({"hook": sinks.webhook(receiver, url=url)}).start()

    daemon.accept(load_event("alert-created"))

    receiver.wait_for(1)
