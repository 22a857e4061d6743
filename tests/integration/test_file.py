"""The file sink: a line of JSON an event, whatever is done to the file meanwhile."""

import json
import re

from stage import TESTS, load_event, load_object
from tocsin import wait_until

RULES = """
rules:
  - name: everything is for the record
    match: {}
    send: [record]
"""


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def numbered(number):
    return {"type": "note", "action": "made", "attributes": {"uuid": f"n-{number}"}}


def test_a_line_holds_the_message_and_the_whole_event(make_daemon, api):
    daemon = make_daemon({"record": {"plugin": "file", "path": "events.jsonl"}}, rules=RULES,
                         api=api).start()
    event, alert = load_event("alert-created"), load_object("alert-full")

    event_id = daemon.accept(event)
    daemon.wait_settled()

    line, = lines_of(daemon.folder / "events.jsonl")
    assert line["title"] == alert["title"] and line["level"] == "urgent"
    assert line["rule"] == "everything is for the record" and line["sink"] == "record"
    assert line["event"]["id"] == event_id and line["event"]["body"] == event
    looked_up = line["event"]["objects"]["alert"]
    assert len(looked_up) > 30 and looked_up == {name: alert[name] for name in looked_up}
    assert {"label": "Status", "value": "Pending"} in line["facts"]


def test_the_documentation_shows_a_line_as_it_is(make_daemon, api):
    page = (TESTS.parent / "docs/messages.md").read_text()
    shown = json.loads(re.search(r"## As JSON.*?```json\n(.*?)```", page, re.DOTALL)[1])
    daemon = make_daemon({"record": {"plugin": "file", "path": "events.jsonl"}}, rules=RULES,
                         api=api).start()

    daemon.accept(load_event("alert-created"))
    daemon.wait_settled()

    line, = lines_of(daemon.folder / "events.jsonl")
    assert list(line) == list(shown)
    assert {name: type(value) for name, value in line.items()} == \
        {name: type(value) for name, value in shown.items()}
    assert list(line["event"]) == list(shown["event"])


def test_rotation_under_load_loses_and_parts_no_line(make_daemon):
    daemon = make_daemon({"record": {"plugin": "file", "path": "events.jsonl"}}, rules=RULES).start()
    path = daemon.folder / "events.jsonl"
    rotated = []

    for turn in range(5):
        daemon.accept_all(numbered(turn * 100 + i) for i in range(100))
        wait_until(path.exists, "a file")
        rotated.append(path.rename(daemon.folder / f"events.jsonl.{turn}"))
    daemon.wait_settled()

    titles = [line["event"]["body"]["attributes"]["uuid"]
              for file in [*rotated, path] for line in lines_of(file)]
    assert sorted(titles) == sorted(f"n-{number}" for number in range(500))


def test_a_folder_that_is_not_there_holds_the_sink_until_it_is(make_daemon):
    daemon = make_daemon(
        {"record": {"plugin": "file", "path": "later/events.jsonl",
                    "breaker": {"failures": 5, "probe": "1s"}}}, rules=RULES).start()

    daemon.accept(numbered(1))
    daemon.wait_for_log("later/events.jsonl: open: No such file or directory")
    (daemon.folder / "later").mkdir()
    daemon.command("resume", "record")
    daemon.wait_settled()

    assert len(lines_of(daemon.folder / "later/events.jsonl")) == 1


def test_a_title_cannot_begin_a_second_line(make_daemon, api):
    alert = load_object("alert-hostile-texts")
    api.add(alert)
    event = load_event("alert-created")
    event["attributes"]["uuid"] = alert["uuid"]
    daemon = make_daemon({"record": {"plugin": "file", "path": "events.jsonl"}}, rules=RULES,
                         api=api).start()

    daemon.accept(event)
    daemon.wait_settled()

    raw = (daemon.folder / "events.jsonl").read_bytes()
    assert raw.count(b"\n") == 1 and raw.endswith(b"\n")
