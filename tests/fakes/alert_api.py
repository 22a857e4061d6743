"""A stand-in for the part of Sekoia's API that tocsin asks.

Paths, status codes and query parameters are those of the public OpenAPI documents ("SIC Alert API"
2.20260915, "Intelligence Center API" 2.20260908). The error bodies are not documented; Sekoia's own
client reads `message` and `code` from them, so that is what stands here.
"""

import json
import threading
import time
from collections import namedtuple
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

Request = namedtuple("Request", "path raw_path query headers at status")

COLLECTIONS = {
    "/v1/sic/alerts/": "alert",
    "/v1/sic/cases/": "case",
    "/v2/inthreat/content-proposals/": "content-proposal",
}
BOOLEANS = ("stix", "comments", "history", "countermeasures", "cases", "custom_status")


class AlertApi:
    """Objects by uuid; failures as scripted. Every member may be used from any thread."""

    def __init__(self, key="test-api-key", port=0):
        self.key = key
        self.requests = []
        self._objects = {}
        self._failures = []
        self._always = None
        self._refused = None
        self._delay = 0.0
        self._changed = threading.Condition()
        self._stopping = False
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                api._answer(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self):
        return self._server.server_address[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def add(self, obj, kind="alert", uuid=None):
        """Serves the object: a document, or bytes that go out as they are."""
        if uuid is None:
            uuid = obj["uuid"]
        with self._changed:
            self._objects[(kind, uuid)] = obj

    def remove(self, uuid, kind="alert"):
        with self._changed:
            self._objects.pop((kind, uuid), None)

    def fail_next(self, n, status, headers=None, body=None):
        """The next n requests get this status. Status 0 closes the connection without a word."""
        with self._changed:
            self._failures += [(status, headers or {}, body)] * n

    def fail_always(self, status):
        """Until None is given."""
        with self._changed:
            self._always = status

    def refuse(self, status):
        """401 or 403 to every request, as for a wrong key; None ends it."""
        with self._changed:
            self._refused = status

    def delay(self, seconds):
        """Answers wait so long, or until the delay is changed."""
        with self._changed:
            self._delay = seconds
            self._changed.notify_all()

    def wait_for(self, n, timeout=20):
        """Waits until n requests have come."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.requests) >= n, timeout):
                raise AssertionError(f"{len(self.requests)} look-ups after {timeout} s, not {n}")
            return self.requests[:]

    def stop(self):
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # What one request gets -----------------------------------------------------------------

    def _answer(self, handler):
        parts = urlsplit(handler.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        at = time.monotonic()
        self._wait_out_the_delay()
        with self._changed:
            status, headers, body = self._decide(parts.path, query, handler.headers)
            self.requests.append(
                Request(unquote(parts.path), parts.path, query, dict(handler.headers), at, status))
            self._changed.notify_all()
        if status == 0:
            handler.close_connection = True
            return
        self._send(handler, status, headers, body)

    def _wait_out_the_delay(self):
        with self._changed:
            delay = self._delay
            if delay:
                self._changed.wait_for(lambda: self._stopping or self._delay != delay, delay)

    def _decide(self, path, query, headers):
        if self._failures:
            return self._failures.pop(0)
        if self._always is not None:
            return self._always, {}, None
        if self._refused:
            return self._refused, {}, None
        authorization = headers.get("Authorization")
        if authorization is None or not authorization.startswith("Bearer "):
            return 401, {}, None
        if authorization != f"Bearer {self.key}":
            return 401, {}, None
        return self._look_up(path, query)

    def _list(self, query):
        """As far as tocsin asks: the first alerts."""
        alerts = [obj for (kind, _), obj in self._objects.items()
                  if kind == "alert" and not isinstance(obj, bytes)]
        shown = alerts[:int(query.get("limit", ["20"])[0])]
        return 200, {}, json.dumps({"items": shown, "total": len(alerts),
                                    "has_more": len(alerts) > len(shown)})

    def _look_up(self, path, query):
        if path == "/v1/sic/alerts":
            return self._list(query)
        for prefix, kind in COLLECTIONS.items():
            if not path.startswith(prefix):
                continue
            uuid = unquote(path[len(prefix):])
            if "/" in path[len(prefix):] or not uuid:
                return 404, {}, None
            if any(query.get(name, ["true"])[0].lower() not in ("true", "false")
                   for name in BOOLEANS):
                return 400, {}, None
            obj = self._objects.get((kind, uuid))
            if obj is None:
                return 404, {}, None
            return 200, {}, self._document(kind, obj, query)
        return 404, {}, None

    @staticmethod
    def _document(kind, obj, query):
        """What the parameters leave out is left out, as the API does."""
        if isinstance(obj, bytes):
            return obj
        if kind != "alert":
            return json.dumps(obj).encode()
        shown = dict(obj)
        for name, default in (("comments", "true"), ("history", "true"),
                              ("countermeasures", "true"), ("cases", "false"),
                              ("custom_status", "false")):
            if query.get(name, [default])[0].lower() == "false":
                shown.pop(name, None)
                if name == "custom_status":
                    shown.pop("verdict", None)
        return json.dumps(shown).encode()

    @staticmethod
    def _send(handler, status, headers, body):
        if body is None:
            words = {400: "Invalid parameters", 401: "Authentication failed",
                     403: "Insufficient permissions", 404: "Unknown object",
                     429: "You have exceeded the rate limit"}
            body = json.dumps({"code": f"E{status}", "message": words.get(status, "Oops")}).encode()
        elif isinstance(body, str):
            body = body.encode()
        try:
            handler.send_response(status)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client gave up waiting: that is its right
