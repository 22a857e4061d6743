"""Behind a real nginx, set up as docs/hooks.md says: the sender's address comes through and cannot be
made up, events come through as they were, and no request hides in another one."""

import re
import socket
import ssl

import pytest

import certificates
import sinks
from conftest import TESTS, event_names, load_event
from peers import Nginx, free_port, is_listening
from raw_http import HEAD, event, post, read_reply
from test_smuggling import READ_IN_ONE_WAY, REFUSED
from tocsin import as_yaml

SERVER = re.search(r"^```nginx\n(.*?)^```", (TESTS.parent / "docs" / "hooks.md").read_text(),
                   re.MULTILINE | re.DOTALL)[1]
PATIENCE = "client_header_timeout 300ms; client_body_timeout 300ms; keepalive_timeout 300ms;"
INSIDE, OUTSIDE, SPOOFED = "127.0.0.2", "127.0.0.3", "192.0.2.7"  # the proxy itself is 127.0.0.1


@pytest.fixture
def make_front(make_daemon, started, tmp_path):
    """A daemon and, before it, nginx as the page has it; on another port, and with more lines. For
    the raw requests it speaks plain HTTP."""
    def make(*lines, is_plain=True, **hook):
        listen = "{address: 127.0.0.1:0, trusted_proxies: [127.0.0.1]}"
        daemon = make_daemon({"chat": sinks.unreachable()}, hook=as_yaml(hook), listen=listen).start()
        server = SERVER.replace("http://127.0.0.1:8080;",
                                f"http://127.0.0.1:{daemon.hook_port};" + "".join(lines))
        port = free_port()
        if is_plain:
            server = re.sub(r"^ *ssl_.*\n", "", server, flags=re.MULTILINE)
            server = server.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
        else:
            certificate, key = certificates.make(tmp_path)
            server = server.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
            server = server.replace("fullchain.pem", str(certificate)).replace("key.pem", str(key))
        nginx = started(Nginx(tmp_path, server, PATIENCE))
        nginx.wait_ready(lambda: is_listening(port))
        nginx.port = port
        return daemon, nginx
    return make


def connect(nginx, source):
    return socket.create_connection(("127.0.0.1", nginx.port), timeout=20, source_address=(source, 0))


def status_of(nginx, source, *lines, body=b'{"type":"probe"}'):
    with connect(nginx, source) as connection, connection.makefile("rb") as stream:
        connection.sendall(post(body, *lines))
        return read_reply(stream).status


def send_all(nginx, source, data):
    """Sends the bytes, and waits for nginx to end the connection."""
    with connect(nginx, source) as connection:
        try:
            connection.sendall(data)
            while connection.recv(65536):
                pass
        except (ConnectionResetError, BrokenPipeError):
            pass


def test_the_senders_address_comes_through_and_cannot_be_made_up(make_front):
    daemon, nginx = make_front(allow=[INSIDE])
    assert status_of(nginx, INSIDE) == 202
    assert status_of(nginx, OUTSIDE) == 404
    for lie in (b"X-Forwarded-For: 127.0.0.2", b"X-Forwarded-For: 127.0.0.2, 127.0.0.1",
                b"Forwarded: for=127.0.0.2", b"X-Real-IP: 127.0.0.2"):
        assert status_of(nginx, OUTSIDE, lie) == 404, lie
    assert status_of(nginx, INSIDE, b"X-Forwarded-For: 203.0.113.9, nonsense") == 202
    daemon.wait_for_log("127.0.0.3 is in none of the networks of `allow`")
    assert daemon.status()["events"] == 2


def test_events_come_through_tls_as_they_were(make_front, tmp_path):
    daemon, nginx = make_front(is_plain=False)
    context = ssl.create_default_context(cafile=tmp_path / "localhost.pem")
    with context.wrap_socket(connect(nginx, INSIDE), server_hostname="localhost") as connection, \
            connection.makefile("rb") as stream:
        for name in event_names():
            connection.sendall(post(event(**load_event(name))))
            reply = read_reply(stream)
            assert reply.status == 202, (name, reply)
    assert {status for _, _, status in nginx.answers()} == {"202"}


@pytest.mark.parametrize("lines", [(), (" proxy_request_buffering off;",)],
                         ids=["buffered", "passed on as it comes"])
def test_no_request_hides_in_another(make_front, lines):
    """What is hidden says that it comes from an address that is let in; nginx says of what it knows
    of that it does not."""
    daemon, nginx = make_front(*lines, allow=[SPOOFED])
    hidden = post(event(is_hidden=True), b"X-Forwarded-For: " + SPOOFED.encode())
    lie = HEAD + b"X-Forwarded-For: " + SPOOFED.encode() + b"\r\n"
    for what, request in {**REFUSED, **READ_IN_ONE_WAY}.items():
        for head in (HEAD, lie):
            send_all(nginx, OUTSIDE, request.replace(HEAD, head) + hidden + hidden)
            assert daemon.status()["events"] == 0, what
    behind = [status for _, _, status in nginx.answers() if status != "-"]
    assert len(behind) > 50 and not [status for status in behind if "202" in status], behind
    assert status_of(nginx, OUTSIDE) == 404


@pytest.mark.parametrize("lines", [(), (" proxy_request_buffering off;",)],
                         ids=["buffered", "passed on as it comes"])
def test_what_is_answered_is_what_is_taken(make_front, lines):
    """Each once, and whole, where senders reuse connections to nginx and nginx those behind it."""
    daemon, nginx = make_front(*lines)
    requests = list(READ_IN_ONE_WAY.values()) + list(REFUSED.values())
    for request in requests:
        send_all(nginx, INSIDE, post(event(n=1)) + request + post(event(n=2)))
    taken = daemon.get("/api/v1/status").body["events"]
    answered = [status for _, _, status in nginx.answers() if status == "202"]
    duplicates = int(re.search(r'tocsin_events_duplicate_total{hook="soc"} (\d+)',
                               daemon.get("/metrics").body)[1])
    assert len(answered) == taken + duplicates
    for one in daemon.get("/api/v1/events?limit=1000").body["events"]:
        body = daemon.event(one["id"])["body"]
        assert body["type"] == "probe" and set(body) <= {"type", "n", "inside", "is_hidden"}, body
