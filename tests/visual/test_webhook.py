"""Webhooks as receivers read them: by the public libraries of Standard Webhooks and CloudEvents."""

import json
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
from fakes.webhook import Webhook
from modules import node
from stage import TESTS, load_event, load_object

sys.path.insert(0, str(TESTS / "integration"))
import sinks  # noqa: E402

SCRIPT = Path(__file__).resolve().parent / "webhook.js"
SECRET = "whsec_cGxhbnRlZC13ZWJob29rLXNlY3JldC0wMQ=="
LONG_SECRET = "whsec_" + "/" * 85 + "w=="  # 64 bytes
STRANGER = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.fixture
def post(make_daemon, api, started):
    """The post that becomes of an event by the options: its headers in lower case, its body."""
    def send(event, **options):
        receiver = started(Webhook())
        daemon = make_daemon({"hook": sinks.webhook(receiver, **options)}, api=api).start()
        daemon.accept(event)
        entry, = receiver.wait_for(1, 30)
        return {"headers": {name.lower(): value for name, value in entry["headers"].items()},
                "body": entry["raw"].decode(), "secrets": []}
    return send


def read(post, **changes):
    return json.loads(node(SCRIPT, standard_input=json.dumps({**post, **changes})))


# Standard Webhooks -----------------------------------------------------------------------------


def test_receivers_verify_what_is_signed(post):
    sent = post(load_event("alert-created"), sign="standard", secret=[SECRET, LONG_SECRET])

    known, also_known, stranger = read(sent, secrets=[SECRET, LONG_SECRET, STRANGER])["signatures"]

    assert known["verified"] == also_known["verified"] == json.loads(sent["body"])
    assert known["verified"]["title"] == load_object("alert-full")["title"]
    assert stranger == {"refused": "No matching signature found"}


def test_a_signature_is_of_this_body_id_and_time(post):
    sent = post(load_event("alert-created"), sign="standard", secret=SECRET)

    def refused(**changes):
        verdict, = read(sent, secrets=[SECRET], **changes)["signatures"]
        return "refused" in verdict

    headers = sent["headers"]
    assert not refused()
    assert refused(body=sent["body"].replace("urgent", "info"))
    assert refused(headers={**headers, "webhook-id": headers["webhook-id"] + "0"})
    assert refused(headers={**headers,
                            "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 1)})


# CloudEvents -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_receivers_read_a_cloud_event(post, mode):
    sent = post(load_event("alert-created"), cloudevents=mode, sign="standard", secret=SECRET)

    answer = read(sent, secrets=[SECRET])

    event, alert = answer["event"], load_object("alert-full")
    assert answer["isEvent"] and answer["isOne"] and answer["isValid"]
    assert "verified" in answer["signatures"][0]
    assert event["specversion"] == "1.0" and event["type"] == "tocsin.alert.created"
    assert event["source"] == "/tocsin/hooks/soc"
    assert event["subject"] == "alert:" + alert["uuid"]
    assert event["time"] == "2026-03-02T08:15:42.120Z"
    assert event["datacontenttype"] == "application/json"
    assert event["data"]["delivery"] == event["id"]
    assert event["data"]["event"]["objects"]["alert"]["title"] == alert["title"]
    assert set(event) == {"specversion", "id", "source", "type", "subject", "time",
                          "datacontenttype", "data"}


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_an_event_of_any_type_is_a_cloud_event(post, mode):
    kind = 'ticket "β" 100% \u202e;,='

    sent = post({"type": kind, "action": "é\r\nX-Evil: 1"}, cloudevents=mode,
                body="[{{type}}, {{action}}]")

    answer = read(sent)
    assert answer["isEvent"] and answer["isValid"]
    assert answer["event"]["data"] == [kind, "é\r\nX-Evil: 1"]
    arrived = answer["event"]["type"]
    assert (unquote(arrived) if mode == "binary" else arrived) == f"tocsin.{kind}.é\r\nX-Evil: 1"
    assert "x-evil" not in sent["headers"]


def test_without_cloudevents_it_is_none(post):
    assert read(post(load_event("alert-created")))["isEvent"] is False
