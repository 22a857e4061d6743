"""What a hook is sent byte by byte, and what comes back: for requests that no library would make."""

import json
from collections import namedtuple

from tocsin import HOOK_PATH

Reply = namedtuple("Reply", "status headers body")

HEAD = f"POST {HOOK_PATH} HTTP/1.1\r\nHost: x\r\n".encode()


def event(**more):
    return json.dumps({"type": "probe", **more}, separators=(",", ":")).encode()


def post(body, *lines, head=HEAD):
    """A request that nothing is wrong with; lines: more of its header."""
    fields = b"".join(line + b"\r\n" for line in (*lines, b"Content-Length: %d" % len(body)))
    return head + fields + b"\r\n" + body


def chunk(body, size=None):
    return (b"%x" % len(body) if size is None else size) + b"\r\n" + body + b"\r\n"


def read_reply(stream):
    """The next reply of a stream; None where it has ended."""
    line = stream.readline()
    if not line.strip():
        return None
    status, headers = int(line.split()[1]), {}
    while (line := stream.readline().strip()):
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    length = 0 if status == 100 else int(headers.get("content-length", -1))  # -1: up to the end
    return Reply(status, headers, stream.read(length))


def exchange(connection, data):
    """Sends the bytes; all replies, until the other side ends the connection, as it has to."""
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass
    replies = []
    with connection.makefile("rb") as stream:
        try:
            while (reply := read_reply(stream)):
                replies.append(reply)
        except ConnectionResetError:
            pass
    return replies
