"""What the chat stand-ins share: an HTTP server in a thread that keeps what it accepted, fails as
scripted, and lets a test wait. Every member may be used from any thread."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class HookServer:
    """Subclasses say in accept(handler, raw) what a POST gets: (status, headers, body, entry). The
    entry, a dict, is kept in `received`; None is a refusal and is not."""

    def __init__(self, port=0):
        self.received = []  # what was accepted, oldest first: dicts with time, headers, raw, json
        self.requests = []  # (status, raw) of all of them, refused and scripted ones too
        self._script = []
        self._always = None
        self._hangs = False
        self._changed = threading.Condition()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                owner._on_post(self)

            def do_GET(self):
                send(self, *owner.show(self))

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self):
        return self._server.server_address[1]

    def fail_next(self, n, status, body=None, headers=None):
        """The next n posts get this status, after those scripted before; n = 0 forgets all of
        them. Without a body, the one that the real server sends. Status 0 closes the connection
        without a word."""
        with self._changed:
            if n == 0:
                self._script = []
            self._script += [(status, body, headers or {})] * n

    def fail_always(self, status):
        """Every post that nothing is scripted for gets this status, until None is given."""
        with self._changed:
            self._always = status

    def hang_always(self, hangs):
        """Posts are read and not answered, until False is given; those are closed then."""
        with self._changed:
            self._hangs = hangs
            self._changed.notify_all()

    def wait_for(self, n, timeout=20):
        """Waits until n messages were accepted, and returns them."""
        return self._wait(self.received, n, timeout, "messages")

    def wait_for_requests(self, n, timeout=20):
        """Waits until n posts were answered, in whatever way, and returns (status, raw) of each."""
        return self._wait(self.requests, n, timeout, "posts")

    def stop(self):
        self.hang_always(False)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _wait(self, things, n, timeout, noun):
        with self._changed:
            if not self._changed.wait_for(lambda: len(things) >= n, timeout):
                raise AssertionError(f"{len(things)} {noun} after {timeout} s, not {n}")
            return things[:]

    def _on_post(self, handler):
        raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        with self._changed:
            status, headers, body, entry = self._decide(handler, raw)
            self._keep(handler, raw, status, entry)
        send(handler, status, headers, body)

    def _keep(self, handler, raw, status, entry):
        self.requests.append((status, raw))
        if entry is not None:
            self.received.append({"time": time.time(), "headers": dict(handler.headers),
                                  "raw": raw, **entry})
        self._changed.notify_all()

    def _decide(self, handler, raw):
        if self._hangs:
            self._changed.wait_for(lambda: not self._hangs)
            return 0, {}, None, None
        if not self._script and self._always is None:
            return self.accept(handler, raw)
        status, body, headers = self._script.pop(0) if self._script else (self._always, None, {})
        if body is not None or status == 0:
            return status, headers, body, None
        own_headers, body = self.refusal(status)
        return status, {**own_headers, **headers}, body, None

    # What a subclass says -------------------------------------------------------------------

    def accept(self, handler, raw):
        raise NotImplementedError

    def refusal(self, status):
        """(headers, body) of the real server's answer with this status."""
        raise NotImplementedError

    def show(self, handler):
        """(status, headers, body) of a GET."""
        return 404, {}, ""


def send(handler, status, headers, body):
    if status == 0:
        handler.close_connection = True
        return
    if not isinstance(body, (str, bytes)):
        body = json.dumps(body)
        headers = {"Content-Type": "application/json", **headers}
    if isinstance(body, str):
        body = body.encode()
    try:
        handler.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the client gave up waiting: that is its right
