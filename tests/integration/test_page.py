"""The page's files and the API that is there for it: who may have them, the stream, the rules, explain,
what-if, and how events are found. What a person sees is tested in tests/visual/test_page.py."""

import json
import re
import time
import urllib.parse

import pytest

from hostile import TEXT
from stage import load_event, load_object
from tocsin import wait_until

RULES = """rules:
  - name: our scanner tells nobody
    match: {type: alert, attributes.title: scan}
    send: []
    stop: true
  - name: alerts
    match: {type: alert}
    send: [bell]
  - name: notes go to both
    match: {type: note}
    send: [bell, dead-end]
"""
TOKEN = "a-token-of-the-page"


def sinks(url="http://127.0.0.1:1/hooks/abcdefghijklmnopqrstuvwxyz"):
    return {"bell": {"plugin": "inbox"}, "dead-end": {"plugin": "mattermost", "url": url}}


def event(kind, uuid, title="x", **more):
    return {"type": kind, "action": "made", "attributes": {"uuid": uuid, "title": title, **more}}


def with_token(daemon):
    text = daemon.config.read_text()
    daemon.config.write_text(text.replace(
        "admin: 127.0.0.1:0", f'admin: {{address: "127.0.0.1:0", token: "{TOKEN}"}}'))
    return daemon


def start_with_token(daemon):
    with_token(daemon).start(wait=False)
    daemon.wait_for_log(r'serving admin on \S*:(\d+)')
    daemon.admin_port = int(re.search(r"serving admin on \S*:(\d+)", daemon.log())[1])
    return daemon


class Stream:
    """A client of server-sent events."""

    def __init__(self, daemon, headers=""):
        self.socket = daemon.admin_socket()
        self.socket.sendall(f"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = dict(line.decode().strip().lower().split(": ", 1)
                            for line in iter(self.file.readline, b"\r\n"))

    def chunk(self):
        size = int(self.file.readline(), 16)
        data = self.file.read(size)
        self.file.readline()
        return data.decode()

    def told(self):
        """The next that is no comment."""
        while True:
            lines = self.chunk().split("\n")
            if lines[0] == "event: status":
                assert lines[2:] == ["", ""]
                return json.loads(lines[1].removeprefix("data: "))

    def until(self, holds):
        while not holds(told := self.told()):
            pass
        return told

    def close(self):
        self.file.close()
        self.socket.close()


@pytest.fixture
def stream():
    opened = []

    def open_one(*arguments):
        opened.append(Stream(*arguments))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


# The files ---------------------------------------------------------------------------------------


def test_the_page_allows_nothing_but_its_own_files(make_daemon):
    daemon = make_daemon(sinks()).start()
    page = daemon.get("/")
    assert page.status == 200 and page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert set(policy["script-src"].split()) == {"'self'"}
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", page.body)

    found, looked_at = set(re.findall(r'(?:src|href)="(/[^"#]*)"', page.body)), set()
    while found - looked_at:
        path = sorted(found - looked_at)[0]
        looked_at.add(path)
        answer = daemon.get(path)
        assert answer.status == 200, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "://" not in answer.body.replace("http://www.w3.org/2000/svg", "").replace(
            "https?:\\/\\/", ""), f"{path} asks for something elsewhere"
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b", answer.body)
        found |= {f"/page/{name}" for name in re.findall(r'from "\./([\w.]+)"', answer.body)}
    assert len(looked_at) > 10
    assert daemon.get("/page/none.js").status == 404
    assert daemon.get("/page/../tocsin.yaml").status == 404
    for path in ("/page/page.js%00", "/page/page.js%00.css", "/page/%00", "/page/", "/page"):
        assert daemon.get(path).status == 404, path


def test_a_name_with_a_nul_is_nobodys(make_daemon):
    daemon = make_daemon(sinks()).start()
    assert daemon.change("/api/v1/sinks/bell%00x/pause").status == 404
    assert daemon.get("/api/v1/sinks").body["sinks"][0]["state"] == "open"


def test_with_a_token_the_files_are_open_and_the_data_is_not(make_daemon, stream):
    daemon = start_with_token(make_daemon(sinks(), rules=RULES))
    asking = {"Authorization": f"Bearer {TOKEN}"}
    assert daemon.get("/").status == daemon.get("/page/page.js").status == 200
    for path in "rules", "sinks", "events", "inbox", "stream":
        assert daemon.get(f"/api/v1/{path}").status == 401, path
    assert daemon.get("/api/v1/rules", asking).status == 200
    assert stream(daemon, f"Authorization: Bearer {TOKEN}\r\n").status == 200
    assert daemon.change("/api/v1/explain", event=event("note", "1")).status == 401


@pytest.mark.parametrize("path", ["explain", "what-if"])
def test_what_is_asked_by_a_post_needs_the_header_and_this_origin(make_daemon, path):
    daemon = make_daemon(sinks(), rules=RULES).start()
    assert daemon.change(f"/api/v1/{path}", headers={}).status == 403
    foreign = {"X-Tocsin": "1", "Origin": "https://elsewhere.example"}
    assert daemon.change(f"/api/v1/{path}", headers=foreign).status == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8081", "localhost.evil.example",
                                  "127.0.0.1.evil.example:80", "localhostx"])
def test_without_a_token_no_other_name_is_answered(make_daemon, host):
    daemon = make_daemon(sinks(), rules=RULES).start()
    for path in "/api/v1/status", "/api/v1/events", "/api/v1/stream", "/metrics":
        answer = daemon.get(path, {"Host": host})
        assert answer.status == 403 and "without a token" in answer.body["error"], path
    assert daemon.get("/healthz", {"Host": host}).status == 200
    same_origin = {"Host": host, "Origin": f"http://{host}", "X-Tocsin": "1"}
    assert daemon.change("/api/v1/reload", headers=same_origin).status == 403


def test_a_tunnel_may_have_another_port(make_daemon):
    daemon = make_daemon(sinks(), rules=RULES).start()
    for host in "localhost:9000", "127.0.0.1:9000", "[::1]:9000", "LOCALHOST":
        assert daemon.get("/api/v1/status", {"Host": host}).status == 200, host
        tunnel = {"Host": host, "Origin": f"http://{host}", "X-Tocsin": "1"}
        assert daemon.change("/api/v1/sinks/bell/pause", headers=tunnel).status == 200, host
    foreign = {"Host": "localhost:9000", "Origin": "http://localhost:3000", "X-Tocsin": "1"}
    assert daemon.change("/api/v1/sinks/bell/pause", headers=foreign).status == 403


# The stream --------------------------------------------------------------------------------------


def test_the_stream_tells_how_it_is_and_what_changes(make_daemon, stream):
    daemon = make_daemon(sinks(), rules=RULES).start()
    listener = stream(daemon)
    assert listener.status == 200 and listener.headers["content-type"] == "text/event-stream"
    assert listener.told()["status"]["events"] == 0

    daemon.accept(event("alert", "a"))
    told = listener.until(lambda told: told["status"]["delivered"] == 1)
    assert told["status"]["events"] == 1
    marks = told["marks"]
    kept = daemon.get("/api/v1/inbox").body["notifications"][0]["id"]
    assert daemon.change("/api/v1/inbox/read", ids=[kept]).status == 200
    assert listener.until(lambda told: told["marks"] > marks)
    assert daemon.change("/api/v1/sinks/bell/pause").status == 200
    told = listener.until(lambda told: told["status"]["sinks"][0]["state"] == "paused")
    assert told["status"]["sinks"][0]["name"] == "bell"


def test_a_quiet_stream_says_nothing_but_that_it_is_there(make_daemon, stream):
    daemon = make_daemon(sinks()).start()
    listener = stream(daemon)
    listener.told()
    listener.socket.settimeout(30)
    began = time.monotonic()
    assert listener.chunk() == ": still here\n\n"
    assert time.monotonic() - began > 5


def test_streams_are_bounded_and_end_with_their_clients_or_the_daemon(make_daemon, stream):
    daemon = make_daemon(sinks()).start()
    first = [stream(daemon) for _ in range(32)]
    assert all(one.status == 200 for one in first)
    refused = stream(daemon)
    assert refused.status == 503 and refused.headers["retry-after"] == "10"
    for one in first:
        one.close()
    wait_until(lambda: stream(daemon).status == 200, "room again: who left was noticed", 40)
    began = time.monotonic()
    daemon.stop()
    assert time.monotonic() - began < 10, "nobody's stream holds it up"


# The rules ---------------------------------------------------------------------------------------


def test_the_rules_are_told_as_they_are_written_with_what_they_matched(make_daemon):
    daemon = make_daemon(sinks(), rules=RULES).start()
    for uuid in "a", "b":
        daemon.accept(event("alert", uuid))
    daemon.accept(event("alert", "c", "scan"))
    daemon.accept(event("odd", "d"))
    daemon.wait_settled()

    told = daemon.get("/api/v1/rules").body
    file, = told["files"]
    assert file["file"].endswith("rules.yaml") and file["text"] == RULES
    assert [(rule["name"], rule["line"], rule["matches"], rule["send"]) for rule in told["rules"]] == [
        ("our scanner tells nobody", 2, 1, []), ("alerts", 6, 2, ["bell"]),
        ("notes go to both", 9, 0, ["bell", "dead-end"])]
    assert told["unmatched"] == 1 and told["unmatched_send"] == []

    daemon.rules.write_text("rules: broken")
    assert daemon.command("reload").returncode != 0
    assert daemon.get("/api/v1/rules").body["files"][0]["text"] == RULES, "what runs, not what lies there"


def test_an_event_is_explained_by_the_rules_that_run(make_daemon):
    daemon = make_daemon(sinks(), rules=RULES).start()
    told = daemon.change("/api/v1/explain", event=event("note", "n", "a title")).body
    assert [one["sink"] for one in told["deliveries"]] == ["bell", "dead-end"]
    assert told["deliveries"][0]["title"] == "a title" and told["recorded"] is None
    assert [rule["verdict"] for rule in told["rules"]] == ["no", "no", "yes"]

    pasted = daemon.change("/api/v1/explain", event=json.dumps(event("alert", "n", "scan"))).body
    assert pasted["deliveries"] == [] and pasted["nobody"] == "a rule says so"
    assert [(rule["rule"], rule["stops"]) for rule in pasted["rules"]] == [
        ("our scanner tells nobody", True)]
    assert pasted["not_tried"] == 2
    assert daemon.status()["events"] == 0, "nothing was accepted by that"


def test_an_event_is_explained_with_its_object_or_without(make_daemon, api):
    rules = "rules:\n  - {name: urgent, match: {urgency: {gte: 80}}, send: [bell]}\n"
    daemon = make_daemon(sinks(), rules=rules, api=api).start()
    posted = load_event("alert-created")
    with_object = daemon.change("/api/v1/explain", event=posted, object=load_object("alert-full")).body
    assert [one["sink"] for one in with_object["deliveries"]] == ["bell"]
    failed = daemon.change("/api/v1/explain", event=posted, not_enriched=True).body
    assert failed["rules"][0]["verdict"] == "unknown" and failed["deliveries"][0]["not_enriched"]
    assert daemon.change("/api/v1/explain", event=posted).body["deliveries"] == []

    number = daemon.accept(posted)
    daemon.wait_settled()
    recorded = daemon.change("/api/v1/explain", id=number).body
    assert recorded["recorded"] == {"decided": True, "same": True, "differences": []}
    assert recorded["object"]["found"]


@pytest.mark.parametrize("question, status, words", [
    ({}, 400, 'an "event", or the "id"'),
    ({"event": {"type": "x"}, "id": "1"}, 400, 'an "event", or the "id"'),
    ({"evnt": {"type": "x"}}, 400, 'unknown parameter "evnt"'),
    ({"event": "{"}, 422, "this is no event"),
    ({"event": {"no": "type"}}, 422, "this is no event"),
    ({"event": 7}, 422, "this is no event"),
    ({"id": "nonsense"}, 404, "nonsense"),
    ({"id": "99999"}, 404, "99999"),
    ({"event": {"type": "alert"}, "object": "[1]"}, 422, "the object"),
])
def test_a_bad_question_is_told_what_is_wrong_with_it(make_daemon, question, status, words):
    daemon = make_daemon(sinks(), rules=RULES).start()
    answer = daemon.change("/api/v1/explain", **question)
    assert answer.status == status and words in answer.body["error"], answer


def test_other_rules_are_asked_what_they_would_have_done(make_daemon):
    daemon = make_daemon(sinks(), rules=RULES).start()
    for number in range(5):
        daemon.accept(event("alert", f"a-{number}"))
    daemon.accept(event("alert", "s", "scan"))
    daemon.wait_settled()
    new = RULES.replace("send: []\n    stop: true", "send: [bell]")

    told = daemon.change("/api/v1/what-if", rules=new, since="1h").body
    assert (told["events"], told["differing"]) == (6, 1)
    assert told["counts"] == [{"change": "more", "sink": "bell", "rule": "our scanner tells nobody",
                               "was": None, "count": 1}]
    same = daemon.change("/api/v1/what-if", rules=RULES).body
    assert same["differing"] == 0
    broken = daemon.change("/api/v1/what-if", rules=new.replace("[bell]", "[bel]"))
    assert broken.status == 422
    assert broken.body["error"] == 'the new rules:4:12: unknown sink "bel"; did you mean "bell"?\n' \
        'the new rules:7:12: unknown sink "bel"; did you mean "bell"?'
    assert daemon.change("/api/v1/what-if").status == 400
    assert daemon.change("/api/v1/what-if", rules=RULES, since="soon").status == 400
    assert daemon.get("/api/v1/rules").body["files"][0]["text"] == RULES


# Events ------------------------------------------------------------------------------------------


def found(daemon, **query):
    answer = daemon.get("/api/v1/events?" + urllib.parse.urlencode(query))
    assert answer.status == 200, answer
    return [one["title"] for one in answer.body["events"]]


def test_events_are_found_by_words_and_by_what_became_of_them(make_daemon, started, mattermost):
    mattermost.fail_always(400)
    daemon = make_daemon(sinks(mattermost.url), rules=RULES).start()
    daemon.accept(event("alert", "a", "Réseau LYON"))
    daemon.accept(event("note", "b", "both"))
    daemon.accept(event("alert", "c", "scan"))
    daemon.accept(event("odd", "d", "odd one"))
    daemon.wait_settled()

    assert found(daemon, q="réseau lyon".replace("réseau", "Réseau")) == ["Réseau LYON"]
    assert found(daemon, q="lyon") == ["Réseau LYON"]
    assert found(daemon, state="dead") == ["both"]
    assert found(daemon, state="delivered") == ["both", "Réseau LYON"]
    assert found(daemon, state="nobody") == ["odd one", "scan"]
    assert found(daemon, sink="dead-end") == ["both"]
    assert found(daemon, rule="our scanner tells nobody") == ["scan"]
    assert found(daemon, rule="alerts", state="dead") == []
    assert found(daemon, q="%") == [] and found(daemon, q='"') == []
    listed = daemon.get("/api/v1/events?state=dead").body["events"][0]
    assert (listed["delivered"], listed["dead"], listed["waiting"], listed["skipped"]) == (1, 1, 0, 0)
    bad = daemon.get("/api/v1/events?state=sad")
    assert bad.status == 400 and "unrouted, nobody, waiting" in bad.body["error"]


def test_hostile_titles_are_listed_as_they_are(make_daemon):
    daemon = make_daemon(sinks(), rules=RULES).start()
    daemon.accept(event("alert", "a", TEXT))
    daemon.wait_settled()
    title, = found(daemon)
    assert title and title == daemon.event(
        daemon.get("/api/v1/events").body["events"][0]["id"])["body"]["attributes"]["title"]


def test_a_sink_says_how_fast_it_is_and_what_failed_last(make_daemon, mattermost):
    mattermost.fail_next(1, 500)
    daemon = make_daemon({"chat": {"plugin": "mattermost", "url": mattermost.url,
                                   "retry": {"first": "50ms"}, "rate": "30/m"}}).start()
    daemon.accept(event("note", "a"))
    daemon.wait_settled()
    sink, = daemon.get("/api/v1/sinks").body["sinks"]
    assert sink["rate"] == 0.5 and "500" in sink["last_failure"] and sink["last_failure_at"]
    since = sink["since_start"]
    assert (since["delivered"], since["dead"], since["failed_attempts"]) == (1, 0, 1)
    assert 0 < since["attempt_p50_ms"] <= since["attempt_p99_ms"]
    assert 0 < since["delivery_p50_ms"] <= since["delivery_p99_ms"]
