"""Requests that two servers could read in two ways: a proxy in front passes one request on, and the
server behind it sees two, of which the second never went through the proxy's own checks. Each is
refused, and its connection ended, so that nothing behind it is taken; or it is read in the one way
that there is. No library makes such requests: they are written by hand."""

import pytest

import sinks
from raw_http import HEAD, chunk, event, exchange, post, read_reply

HIDDEN = post(event(is_hidden=True))  # what would be taken if the request before it ended too early
EVENT = event()
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(EVENT)
HIDDEN_LENGTH = b"Content-Length: %d\r\n" % len(HIDDEN)


@pytest.fixture
def daemon(make_daemon):
    return make_daemon({"chat": sinks.unreachable()}).start()


def taken(daemon):
    """What the ledger holds."""
    events = daemon.get("/api/v1/events").body["events"]
    return [daemon.event(one["id"])["body"] for one in events]


REFUSED = {
    "two lengths that differ": HEAD + LENGTH + b"Content-Length: 3\r\n\r\n" + EVENT,
    "two lengths, the shorter one first": HEAD + b"Content-Length: 0\r\n" + HIDDEN_LENGTH + b"\r\n",
    "two lengths that are the same": HEAD + LENGTH + LENGTH + b"\r\n" + EVENT,
    "a list of lengths": HEAD + LENGTH[:-2] + b", %d\r\n\r\n" % len(EVENT) + EVENT,
    "a length with a sign": HEAD + b"Content-Length: +%d\r\n\r\n" % len(EVENT) + EVENT,
    "a length below zero": HEAD + b"Content-Length: -1\r\n\r\n",
    "a length in hexadecimal digits": HEAD + b"Content-Length: 0x10\r\n\r\n" + EVENT,
    "a length with a word behind it": HEAD + LENGTH[:-2] + b" bytes\r\n\r\n" + EVENT,
    "a length over 64 bits": HEAD + b"Content-Length: 18446744073709551632\r\n\r\n" + EVENT,
    "no length in it": HEAD + b"Content-Length:\r\n\r\n",
    "a blank before the colon": HEAD + LENGTH.replace(b":", b" :") + b"\r\n" + EVENT,
    "a tab before the colon": HEAD + LENGTH.replace(b":", b"\t:") + b"\r\n" + EVENT,
    "both lengths": HEAD + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(EVENT) + b"0\r\n\r\n",
    "both lengths the other way round":
        HEAD + b"Transfer-Encoding: chunked\r\n" + LENGTH + b"\r\n" + chunk(EVENT) + b"0\r\n\r\n",
    "an encoding that looks like chunked": HEAD + b"Transfer-Encoding: xchunked\r\n" + LENGTH + b"\r\n" + EVENT,
    "an unknown encoding alone": HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
    "two encodings": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + chunk(EVENT) + b"0\r\n\r\n",
    "chunked twice": CHUNKED[:-2] + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(EVENT) + b"0\r\n\r\n",
    "chunked and then identity":
        CHUNKED[:-2] + b"Transfer-Encoding: identity\r\n\r\n" + chunk(EVENT) + b"0\r\n\r\n",
    "chunked with a blank before the colon":
        CHUNKED.replace(b"Encoding:", b"Encoding :") + chunk(EVENT) + b"0\r\n\r\n",
    "chunked behind a vertical tab":
        CHUNKED.replace(b"chunked", b"\x0bchunked") + chunk(EVENT) + b"0\r\n\r\n",
    "chunked in a folded line":
        CHUNKED.replace(b": chunked", b":\r\n chunked") + chunk(EVENT) + b"0\r\n\r\n",
    "chunked in HTTP/1.0": CHUNKED.replace(b"1.1", b"1.0") + chunk(EVENT) + b"0\r\n\r\n",
    "a chunk extension": CHUNKED + chunk(EVENT, b"%x;x=y" % len(EVENT)) + b"0\r\n\r\n",
    "a quoted extension with a line break": CHUNKED + chunk(EVENT, b'%x;x="\n"' % len(EVENT)) + b"0\r\n\r\n",
    "a size with a prefix": CHUNKED + chunk(EVENT, b"0x%x" % len(EVENT)) + b"0\r\n\r\n",
    "a size with a sign": CHUNKED + chunk(EVENT, b"+%x" % len(EVENT)) + b"0\r\n\r\n",
    "a size below zero": CHUNKED + chunk(EVENT, b"-1") + b"0\r\n\r\n",
    "a size with a blank": CHUNKED + chunk(EVENT, b"%x " % len(EVENT)) + b"0\r\n\r\n",
    "a size behind a blank": CHUNKED + chunk(EVENT, b" %x" % len(EVENT)) + b"0\r\n\r\n",
    "no size": CHUNKED + chunk(EVENT, b"") + b"0\r\n\r\n",
    "a size that is a word": CHUNKED + chunk(EVENT, b"ten") + b"0\r\n\r\n",
    "a size over 64 bits": CHUNKED + chunk(EVENT, b"1" + b"0" * 15 + b"%x" % len(EVENT)) + b"0\r\n\r\n",
    "a size of 64 bits": CHUNKED + chunk(EVENT, b"f" * 16) + b"0\r\n\r\n",
    "a size with a line feed alone": CHUNKED + b"%x\n" % len(EVENT) + EVENT + b"\r\n0\r\n\r\n",
    "a chunk that is longer than it says": CHUNKED + chunk(EVENT + b"}", b"%x" % len(EVENT)) + b"0\r\n\r\n",
    "a chunk that ends with a line feed alone": CHUNKED + chunk(EVENT)[:-2] + b"\n0\r\n\r\n",
    "a last chunk with a line feed alone": CHUNKED + chunk(EVENT) + b"0\n\n",
    "a trailer": CHUNKED + chunk(EVENT) + b"0\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n",
    "a trailer that is a length": CHUNKED + chunk(EVENT) + b"0\r\n" + HIDDEN_LENGTH + b"\r\n",
    "a header that ends with a line feed alone": HEAD + LENGTH.replace(b"\r", b"") + b"\r\n" + EVENT,
    "an empty line with a line feed alone": HEAD + LENGTH + b"\n" + EVENT,
    "all lines with a line feed alone": post(EVENT).replace(b"\r\n", b"\n"),
    "a carriage return in a line": HEAD + b"X: a\r" + LENGTH + b"\r\n" + EVENT,
    "a folded header": HEAD + b"X: a\r\n b\r\n" + LENGTH + b"\r\n" + EVENT,
    "a first header that is folded": HEAD + b" X: a\r\n" + LENGTH + b"\r\n" + EVENT,
    "a NUL in a value": HEAD + b"X: a\0b\r\n" + LENGTH + b"\r\n" + EVENT,
    "a NUL in a name": HEAD + b"X\0: a\r\n" + LENGTH + b"\r\n" + EVENT,
    "a NUL in the path": post(EVENT).replace(b" HTTP", b"\0 HTTP"),
    "a header without a colon": HEAD + b"Nothing\r\n" + LENGTH + b"\r\n" + EVENT,
    "a header without a name": HEAD + b": x\r\n" + LENGTH + b"\r\n" + EVENT,
    "a blank in a name": HEAD + b"X Y: a\r\n" + LENGTH + b"\r\n" + EVENT,
    "no version": HEAD.replace(b" HTTP/1.1", b"") + LENGTH + b"\r\n" + EVENT,
    "HTTP/0.9": HEAD.split(b" HTTP")[0] + b"\r\n",
    "HTTP/2.0": post(EVENT).replace(b"HTTP/1.1", b"HTTP/2.0"),
    "HTTP/1.10": post(EVENT).replace(b"HTTP/1.1", b"HTTP/1.10"),
    "two blanks in the request line": post(EVENT).replace(b" HTTP", b"  HTTP"),
    "a blank behind the version": post(EVENT).replace(b"HTTP/1.1", b"HTTP/1.1 "),
    "a word more in the request line": post(EVENT).replace(b" HTTP", b" x HTTP"),
    "a blank before the method": b" " + post(EVENT),
    "an empty line before the request": b"\r\n" + post(EVENT),
    "a body of a GET": b"GET / HTTP/1.1\r\nHost: x\r\n" + HIDDEN_LENGTH + b"\r\n",
    "a body of a DELETE, in chunks":
        b"DELETE / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
}


@pytest.mark.parametrize("pieces", [None, 7], ids=["at once", "in pieces"])
def test_what_could_hide_a_request_is_refused_and_ends_its_connection(daemon, pieces):
    """Behind each stands a request that must not be taken, twice."""
    for what, request in REFUSED.items():
        data = request + HIDDEN + HIDDEN
        with daemon.socket(timeout=10) as connection:
            if pieces:
                send_in_pieces(connection, data[:120], pieces)
                data = data[120:]
            try:
                replies = exchange(connection, data)
            except TimeoutError:
                pytest.fail(f"{what}: the connection stays open")
        assert [reply.status for reply in replies] in ([400], [411], [413], [], [501]), (what, replies)
    assert taken(daemon) == []
    daemon.still_serves()


def send_in_pieces(connection, data, size):
    connection.setsockopt(6, 1, 1)  # TCP_NODELAY: each is a packet
    for at in range(0, len(data), size):
        try:
            connection.sendall(data[at:at + size])
        except (BrokenPipeError, ConnectionResetError):
            return


def test_a_refusal_says_what_is_wrong(daemon):
    with daemon.socket() as connection:
        reply, = exchange(connection, REFUSED["two lengths that differ"])
    assert reply.status == 400
    assert reply.headers["connection"] == "close"
    assert reply.body == b'{"error":"there are two lengths"}'
    daemon.wait_for_log('from=127.0.0.1 msg="a post was refused with 400: there are two lengths"')


READ_IN_ONE_WAY = {
    "a plain one": post(EVENT),
    "chunks": CHUNKED + chunk(EVENT[:5]) + chunk(EVENT[5:]) + b"0\r\n\r\n",
    "sizes with zeros before them": CHUNKED + chunk(EVENT, b"%06X" % len(EVENT)) + b"000\r\n\r\n",
    "a length with zeros before it": HEAD + b"Content-Length: 00%d\r\n\r\n" % len(EVENT) + EVENT,
    "headers in any letters": HEAD + LENGTH.upper() + b"\r\n" + EVENT,
    "no blank behind the colon": HEAD + LENGTH.replace(b": ", b":") + b"\r\n" + EVENT,
    "a tab behind the colon": HEAD + LENGTH.replace(b": ", b":\t") + b"\r\n" + EVENT,
    "names that begin like a length": post(EVENT, b"Content-Lengths: 0", b"X-Content-Length: 3"),
    "HTTP/1.0": post(EVENT).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "a request before it that is refused": post(b"nonsense") + post(EVENT),
    "a request before it for nothing": b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + post(EVENT),
    "a request inside a body": post(event(inside=HIDDEN.decode())),
    "a request inside a chunk": CHUNKED + chunk(event(inside=HIDDEN.decode())) + b"0\r\n\r\n",
}


def test_what_can_be_read_in_one_way_alone_is_taken_once(daemon):
    for count, (what, request) in enumerate(READ_IN_ONE_WAY.items(), 1):
        with daemon.socket() as connection, connection.makefile("rb") as stream:
            connection.sendall(request.replace(b'"probe"', b'"pr%03d"' % count))
            reply = read_reply(stream)
            if what.startswith("a request before it"):
                assert reply.status in (400, 404)
                reply = read_reply(stream)
        assert reply.status == 202, (what, reply)
        bodies = taken(daemon)
        assert len(bodies) == count, (what, bodies)
        assert not any("is_hidden" in body for body in bodies), what


@pytest.mark.parametrize("target", [
    "http://x{path}", "HTTP://x:80{path}", "*", "x", "{path}/", "/.{path}", "/%2e%2e{path}",
])
def test_another_form_of_the_target_leads_to_no_hook(daemon, target):
    """Also the absolute one, which is for proxies: the path is compared as it came."""
    head = HEAD.replace(HEAD.split()[1], target.format(path=HEAD.split()[1].decode()).encode())
    with daemon.socket() as connection:
        connection.sendall(post(EVENT, head=head))
        with connection.makefile("rb") as stream:
            reply = read_reply(stream)
    assert reply is None or reply.status in (400, 404), reply
    assert taken(daemon) == []


def test_a_sender_that_asks_first_gets_one_answer_for_each_request(daemon):
    with daemon.socket() as connection, connection.makefile("rb") as stream:
        for number in range(2):
            body = event(n=number)
            connection.sendall(
                HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
            assert read_reply(stream).status == 100
            connection.sendall(body)
            assert read_reply(stream).status == 202
    assert sorted(body["n"] for body in taken(daemon)) == [0, 1]


def test_of_requests_in_a_row_those_before_a_doubtful_one_are_taken(daemon):
    bad = HEAD + b"X : y\r\n" + LENGTH + b"\r\n" + EVENT
    with daemon.socket() as connection:
        replies = exchange(connection, post(event(n=1)) + post(event(n=2)) + bad + HIDDEN)
    assert [reply.status for reply in replies] == [202, 202, 400]
    assert sorted(body["n"] for body in taken(daemon)) == [1, 2]


def test_the_admin_listener_reads_as_strictly(daemon):
    request = b"POST /api/v1/reload HTTP/1.1\r\nHost: x\r\nX-Tocsin: 1\r\nContent-Length: 0\r\n"
    with daemon.admin_socket() as connection:
        reply, = exchange(connection, request + b"Content-Length: 5\r\n\r\n")
    assert reply.status == 400 and reply.headers["connection"] == "close"
