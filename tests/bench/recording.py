"""What tocsin sends for one event, byte for byte: its answer, its look-up and its message. The floor
sends the same."""

import socket
import threading
from collections import namedtuple
from types import SimpleNamespace

import alerts
from contenders.program import HOOK_PATH
from contenders.tocsin import Tocsin

PATIENCE_S = 60
ID = b"0c000000-0000-4000-8000-000000000001"

Recording = namedtuple("Recording", "answer ask post")


def _message(connection):
    """One whole message; what came of it when the other side ended the connection."""
    come = b""
    while True:
        head, blank, body = come.partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                       if line.lower().startswith(b"content-length:")), 0)
        if blank and len(body) >= length:
            return come
        more = connection.recv(1 << 16)
        if not more:
            return come
        come += more


def _response(body, kind):
    return (f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


class _FarEnd:
    """Both ends in one: serves one connection after the other, each in a thread of its own."""

    def __init__(self, alert):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.alert = alert
        self.requests, self.come = {}, threading.Condition()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            while request := _message(connection):
                kind = request.split(b" ", 1)[0]
                connection.sendall(_response(self.alert, "application/json") if kind == b"GET"
                                   else _response(b"ok", "text/plain"))
                with self.come:
                    self.requests[kind] = request
                    self.come.notify_all()

    def wait(self):
        with self.come:
            if not self.come.wait_for(lambda: len(self.requests) == 2, PATIENCE_S):
                raise RuntimeError(f"tocsin sent only {list(self.requests)}")


def record(folder, alert, event, mark):
    """folder: an empty one; alert: one of alerts.SIZES; event: the body, with `mark` for the id.
    What is returned has the mark where the id was."""
    far_end = _FarEnd(alerts.alert(alert).encode().replace(alerts.UUID.encode(), ID))
    tocsin = Tocsin()
    try:
        tocsin.start(folder, SimpleNamespace(api=far_end.url, sinks=[f"{far_end.url}/hooks/bench-0"]))
        body = event.replace(mark, ID)
        with socket.create_connection(("127.0.0.1", tocsin.port), timeout=PATIENCE_S) as connection:
            connection.sendall((f"POST {HOOK_PATH} HTTP/1.1\r\nHost: 127.0.0.1:{tocsin.port}\r\n"
                                "Content-Type: application/json\r\n"
                                f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
            answer = _message(connection)
            far_end.wait()
    finally:
        tocsin.stop()
        far_end.listener.close()
    found = Recording(answer, far_end.requests[b"GET"], far_end.requests[b"POST"])
    if ID not in found.ask or ID not in found.post:
        raise RuntimeError("tocsin's look-up or message does not carry the id")
    return Recording(*(part.replace(ID, mark) for part in found))
