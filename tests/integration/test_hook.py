"""The hook: what is accepted, what is refused and how, and that nothing a client does stops it.

The daemon's only sink is unreachable here: accepting does not depend on delivering.
"""

import gzip
import json
import os
import resource
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import sinks
from conftest import load_event
from raw_http import read_reply
from tocsin import BINARY, HOOK_PATH, wait_until

HEAD = f"POST {HOOK_PATH} HTTP/1.1\r\nHost: x\r\n".encode()
EVENT = b'{"type":"probe"}'


@pytest.fixture
def daemon(make_daemon):
    return make_daemon({"chat": sinks.unreachable()}).start()


def read_answer(connection):
    """One answer: its status, headers in lower case, body."""
    stream = connection.makefile("rb")
    status = int(stream.readline().split()[1])
    headers = {}
    while (line := stream.readline().strip()):
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return status, headers, body


def send_raw(daemon, data):
    with daemon.socket() as connection:
        connection.sendall(data)
        return read_answer(connection)


# Accepted ----------------------------------------------------------------------------------


def test_an_event_is_answered_202_with_its_id(daemon):
    answer = daemon.post(load_event("alert-created"))
    assert answer.status == 202
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.body["ids"] == [answer.body["id"]]
    ledger, _, number = answer.body["id"].partition("-e")
    assert ledger and number.isdigit()


def test_ids_are_never_given_twice(daemon):
    ids = {daemon.accept({"type": "probe", "n": n}) for n in range(20)}
    assert len(ids) == 20


def test_the_same_event_again_is_a_duplicate_with_the_same_id(daemon):
    first = daemon.post(load_event("alert-created"))
    again = daemon.post(load_event("alert-created"))
    assert again.status == 202
    assert again.body["id"] == first.body["id"]
    assert again.body["duplicate"] is True
    assert "duplicate" not in first.body


@pytest.mark.parametrize("headers", [
    {"Content-Type": "application/json"},
    {"Content-Type": "application/json; charset=utf-8"},
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/vnd.sekoia+json"},
    {},
    {"Content-Encoding": "identity"},
    {"Content-Type": ""},
], ids=lambda headers: " ".join(f"{k}:{v}" for k, v in headers.items()) or "none")
def test_json_is_read_whatever_the_content_type_says(daemon, headers):
    assert daemon.post({"type": "probe"}, headers=headers).status == 202


@pytest.mark.parametrize("body", [
    '{"type":"x"}',
    '\ufeff{"type":"x"}',
    ' \r\n{"type":"x"}\r\n',
    '{"type":"x","action":null,"attributes":null,"metadata":null}',
    '{"type":"x","action":7,"attributes":[],"metadata":"no"}',
    '{"type":"x","n":1e999,"m":123456789012345678901234567890}',
    '{"type":"x","s":"\\ud800 and \\u0000"}',
    '{"type":"\\u00e9v\\u00e9nement","emoji":"\U0001f6a8"}',
    '{"event_type":"alert","event_version":1}',
], ids=range(9))
def test_any_object_with_a_type_is_accepted(daemon, body):
    assert daemon.post(body.encode()).status == 202


def test_bytes_that_are_no_utf8_are_mended_not_refused(daemon):
    event_id = daemon.accept(b'{"type":"x","s":"caf\xe9 \xff\xfe"}')
    assert "\ufffd" in daemon.event(event_id)["body"]["s"]


def test_a_client_that_asks_first_is_told_to_continue(daemon):
    with daemon.socket() as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 16\r\n\r\n")
        assert read_answer(connection)[0] == 100
        connection.sendall(EVENT)
        assert read_answer(connection)[0] == 202


def test_a_chunked_body_is_read(daemon):
    status, _, body = send_raw(
        daemon, HEAD + b"Transfer-Encoding: chunked\r\n\r\n8\r\n" + EVENT[:8] + b"\r\n8\r\n"
        + EVENT[8:] + b"\r\n0\r\n\r\n")
    assert status == 202, body


# Refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [
    b"", b"{", b"hello", b"[]", b"null", b'"type"', b"{}", b'{"type":null}', b'{"type":7}',
    b'{"type":""}', b'{"typ":"alert"}', b'{"type":"x"} {"type":"y"}', b"\x00\x01\x02\xff" * 50,
    b"[" * 100000,
], ids=range(14))
def test_what_is_no_event_gets_400_and_the_reason(daemon, body):
    answer = daemon.post(body)
    assert answer.status == 400, answer
    assert isinstance(answer.body["error"], str) and len(answer.body["error"]) > 5
    daemon.still_serves()


@pytest.mark.parametrize("path", [
    "/", "/hooks", "/hooks/", HOOK_PATH + "x", HOOK_PATH[:-1], HOOK_PATH.upper(), "/hooks/%00",
    "/../" + HOOK_PATH, "//" + HOOK_PATH,
])
def test_another_path_gets_404(daemon, path):
    answer = daemon.post({"type": "probe"}, path=path)
    assert answer.status == 404, answer
    assert "error" in answer.body
    assert HOOK_PATH not in json.dumps(answer.body)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_another_method_gets_405_and_what_is_allowed(daemon, method):
    answer = daemon.request(method, HOOK_PATH)
    assert answer.status == 405, answer
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("headers", [
    {"Content-Type": "multipart/form-data; boundary=x"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "APPLICATION/X-WWW-FORM-URLENCODED; charset=utf-8"},
    {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    {"Content-Type": "application/json", "Content-Encoding": "br"},
], ids=range(5))
def test_forms_and_compressed_bodies_get_415(daemon, headers):
    body = gzip.compress(EVENT) if headers.get("Content-Encoding") == "gzip" else EVENT
    answer = daemon.post(body, headers=headers)
    assert answer.status == 415, answer
    assert "error" in answer.body


def test_a_body_over_the_limit_gets_413(daemon):
    answer = daemon.post({"type": "x", "fill": "y" * (300 * 1024)})
    assert answer.status == 413, answer
    assert "error" in answer.body
    daemon.still_serves()


def test_the_limit_is_the_hooks_own(make_daemon):
    daemon = make_daemon({"chat": sinks.unreachable()}, hook="{max_body: 1k}").start()
    assert daemon.post({"type": "x", "fill": "y" * 900}).status == 202
    assert daemon.post({"type": "x", "fill": "y" * 1100}).status == 413


def test_a_huge_body_is_refused_and_kept_nowhere(daemon):
    """The sender may see the answer, or only the connection's end; no part of 200 MB is kept."""
    before = daemon.memory_kb()
    with daemon.socket() as connection:
        try:
            connection.sendall(HEAD + b"Content-Length: 200000000\r\n\r\n")
            for _ in range(200):
                connection.sendall(b"x" * 1000000)
            status = read_answer(connection)[0]
            assert status == 413
        except (BrokenPipeError, ConnectionResetError, IndexError):
            pass
    assert daemon.memory_kb() - before < 32 * 1024
    daemon.still_serves()


def test_a_post_without_a_length_gets_411_or_400(daemon):
    status, _, body = send_raw(daemon, HEAD + b"\r\n")
    assert status in (400, 411), body


@pytest.mark.parametrize("lines", [
    b"Content-Length: -5\r\n", b"Content-Length: many\r\n", b"Content-Length : 16\r\n",
    b"Content-Length: 99999999999999999999\r\n", b"Transfer-Encoding: gzip\r\n",
    b"Content-Length: 16\r\nTransfer-Encoding: chunked\r\n",
], ids=range(6))
def test_a_length_that_cannot_be_is_refused_and_the_connection_ends(daemon, lines):
    """Else the rest would be read as the next request."""
    smuggled = f"POST {HOOK_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 18\r\n\r\n".encode()
    with daemon.socket() as connection:
        connection.sendall(HEAD + lines + b"\r\n" + smuggled + b'{"type":"smuggled"}')
        reply = b""
        try:
            while (part := connection.recv(65536)):
                reply += part
        except ConnectionResetError:
            pass
    assert b" 202 " not in reply.split(b"\r\n")[0]
    assert reply.count(b"HTTP/1.1") <= 1, reply
    daemon.still_serves()


def test_huge_headers_are_refused(daemon):
    answers = b""
    with daemon.socket() as connection:
        try:
            connection.sendall(HEAD + b"X-Fill: " + b"y" * 100000 + b"\r\n\r\n")
            while (part := connection.recv(65536)):
                answers += part
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert b" 202 " not in answers
    daemon.still_serves()


# Odd clients -------------------------------------------------------------------------------


def test_clients_that_leave_half_way_harm_nobody(daemon):
    whole = HEAD + b"Content-Length: 16\r\n\r\n" + EVENT
    for cut in range(0, len(whole), 7):
        with daemon.socket() as connection:
            connection.sendall(whole[:cut])
    for _ in range(20):  # gone before the answer, some with a reset
        connection = daemon.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.sendall(whole)
        connection.close()
    daemon.still_serves()


@pytest.mark.parametrize("garbage", [
    os.urandom(4096), b"\0" * 4096, b"\r\n" * 2000, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"POST " + b"a" * 70000 + b" HTTP/1.1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b": : :\r\n\r\n",
], ids=["random", "zeros", "blank lines", "tls", "short", "version", "long line", "http2", "colons"])
def test_garbage_harms_nobody(daemon, garbage):
    with daemon.socket(timeout=1) as connection:
        try:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65536)
        except (BrokenPipeError, ConnectionResetError, socket.timeout):
            pass
    daemon.still_serves()


def test_pipelined_requests_are_answered_in_order(daemon):
    bodies = [b'{"type":"probe","n":%d}' % n for n in range(5)] + [b"nonsense"]
    with daemon.socket() as connection:
        connection.sendall(b"".join(
            HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies))
        stream = connection.makefile("rb")
        statuses, ids = [], []
        for _ in bodies:
            statuses.append(int(stream.readline().split()[1]))
            length = 0
            while (line := stream.readline().strip()):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            ids.append(json.loads(stream.read(length)).get("id"))
    assert statuses == [202] * 5 + [400]
    numbers = [int(event_id.rpartition("-e")[2]) for event_id in ids[:5]]
    assert numbers == sorted(numbers)


def test_two_hundred_posts_at_once_are_all_accepted(daemon):
    gate = threading.Barrier(50)

    def post(n):
        if n < 50:
            gate.wait(30)
        return daemon.post({"type": "probe", "n": n})

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(post, range(200)))
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body["id"] for answer in answers}) == 200
    assert daemon.status()["events"] == 200


def test_dripping_clients_keep_nobody_waiting_and_are_cut_off_after_30_seconds(daemon):
    """Each byte restarts evhttp's own time-out: the bound is on the whole request. Half of them drip
    a header, half a body."""
    drips = [daemon.socket() for _ in range(20)]
    for number, connection in enumerate(drips):
        connection.settimeout(0)
        connection.send(HEAD[:10] if number % 2 else HEAD + b"Content-Length: 90000\r\n\r\n")
    drops = iter(HEAD[10:] + b"X-Slow: " + b"y" * 4000)
    daemon.still_serves()

    def all_are_cut_off():
        drop = bytes([next(drops)])
        for connection in drips[:]:
            try:
                connection.send(drop)
                if connection.recv(1) == b"":
                    drips.remove(connection)
            except BlockingIOError:
                pass
            except OSError:
                drips.remove(connection)
        threading.Event().wait(0.2)  # the pace of the drip
        return not drips

    wait_until(all_are_cut_off, "dripping clients cut off", timeout=40)
    daemon.still_serves()


@pytest.fixture
def many_files():
    """Room for many connections of the test's own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def short_of_files(daemon, count):
    """It may open so many files, and no more."""
    daemon.binary = daemon.folder / "short-of-files"
    daemon.binary.write_text(f'#!/bin/sh\nulimit -n {count}\nexec "{BINARY}" "$@"\n')
    daemon.binary.chmod(0o755)
    return daemon


def has_ended(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_two_thousand_idle_connections_keep_nobody_waiting(daemon, many_files):
    idle = [daemon.socket() for _ in range(2000)]
    daemon.still_serves()
    assert not any(has_ended(connection) for connection in idle[-1000:])
    for connection in idle:
        connection.close()
    daemon.still_serves()


def test_where_files_are_few_the_connections_that_were_idle_for_the_longest_make_room(
        make_daemon, many_files):
    daemon = short_of_files(make_daemon({"chat": sinks.unreachable()}), 512).start()
    with daemon.socket() as kept, kept.makefile("rb") as stream:
        kept.sendall(HEAD + b"Content-Length: 16\r\n\r\n" + EVENT)
        assert read_reply(stream).status == 202
        idle = []
        for count in range(2000):
            idle.append(daemon.socket())
            if count % 100 == 0:  # a sender who keeps his connection, and uses it
                kept.sendall(HEAD + b"Content-Length: 16\r\n\r\n" + EVENT)
                assert read_reply(stream).status == 202
                daemon.still_serves()
    daemon.still_serves()
    wait_until(lambda: all(has_ended(connection) for connection in idle[:1700]),
               "the first are ended")
    assert not any(has_ended(connection) for connection in idle[-200:])
    files = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
    assert files < 400, f"{files} of 512 files are open"
    assert daemon.get("/readyz").status == 200
    for connection in idle:
        connection.close()


# Beside the hooks --------------------------------------------------------------------------


def test_the_admin_listener_says_how_it_is(daemon):
    assert daemon.get("/healthz").status == 200
    assert daemon.get("/readyz").status == 200
    assert daemon.get("/nothing/here").status == 404
    assert daemon.request("GET", "/healthz").status == 404, "hooks only on the hook listener"
    status = daemon.status()
    assert status["events"] == 0 and status["dead"] == 0
    assert [(sink["name"], sink["plugin"]) for sink in status["sinks"]] == [("chat", "mattermost")]


def test_an_unknown_event_is_404(daemon):
    event_id = daemon.accept({"type": "probe"})
    assert daemon.event(event_id)["type"] == "probe"
    ledger = event_id.partition("-e")[0]
    for unknown in (f"{ledger}-e999999", "otherledger-e1", "nonsense", f"{ledger}-e-1",
                    f"{ledger}-e99999999999999999999"):
        assert daemon.get(f"/api/v1/events/{unknown}").status == 404, unknown
