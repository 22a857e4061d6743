"""Mattermost, as far as its stand-in shows: whole messages, hostile texts, little room, each refusal,
no secret told."""

import json

import pytest
from fakes import mattermost_reading as reading
from fakes.mattermost import Mattermost, complaints
from stage import load_event, load_object
import hostile
import sinks

RULES = """
rules:
  - name: urgent alerts wake people
    match: {type: alert}
    send: [chat]
"""
WORDS_RULES = """
rules:
  - name: words of its own
    match: {type: alert}
    send: [{sink: chat, title: "{{title}}", text: "{{alert.details}}", link: "",
            facts: {"#tag :bomb: ~town": "{{alert.details}}", Entity: "{{entity}}"}}]
"""
WEB = "web.incoming_webhook.{}.app_error"


@pytest.fixture
def old_mattermost(started):
    """One that names the cause of an error."""
    return started(Mattermost(wraps=False))


@pytest.fixture
def tell(make_daemon, api):
    """Sends an event on its way to a channel; the daemon, once it settled or stopped trying."""
    def send(chat, event=None, rules=RULES, **options):
        daemon = make_daemon({"chat": sinks.mattermost(chat, **options)}, rules=rules, api=api).start()
        daemon.last_id = daemon.accept(event or load_event("alert-created"))
        return daemon
    return send


def attachment_of(chat):
    (post,), = [entry["posts"] for entry in chat.wait_for(1)]
    attachment, = post["attachments"]
    return post, attachment


def hostile_alert():
    return {**load_object("alert-full"), "title": " ".join(hostile.ONE_LINE), "details": hostile.TEXT,
            "entity": {"name": " ".join(hostile.ONE_LINE), "uuid": "e"}}


def test_an_alert_arrives_whole(tell, mattermost):
    alert = load_object("alert-full")

    tell(mattermost).wait_settled()

    post, attachment = attachment_of(mattermost)
    assert post["channel"] == "town-square" and post["message"] == ""
    assert attachment["title"] == attachment["fallback"] == f"[URGENT 85] {alert['title']}"
    assert attachment["title_link"] == f"https://app.example/operations/alerts/{alert['short_id']}"
    assert attachment["color"] == "#D32F2F"
    assert {"title": "Status", "value": "Pending", "short": True} in attachment["fields"]
    assert complaints(attachment) == [] and reading.is_shown(attachment)


def test_the_options_reach_the_server(tell, mattermost):
    mattermost.overrides = True

    tell(mattermost, channel="soc", username="tocsin", icon_url="https://example.org/bell.png",
         priority="auto", mention="@anna").wait_settled()

    post, _ = attachment_of(mattermost)
    assert post["channel"] == "soc" and post["message"] == "@anna"
    assert post["props"]["override_username"] == "tocsin"
    assert post["props"]["override_icon_url"] == "https://example.org/bell.png"
    entry, = mattermost.received
    assert entry["json"]["priority"] == {"priority": "urgent"}
    assert Mattermost.mentions(entry) == {"anna"}


def test_a_server_under_a_path_is_reached(tell, started):
    chat = started(Mattermost(subpath="/chat/mm"))

    tell(chat).wait_settled()

    assert len(chat.received) == 1


def test_an_update_names_what_changed(tell, mattermost):
    tell(mattermost, load_event("alert-updated-status")).wait_settled()

    assert attachment_of(mattermost)[1]["text"].startswith("Status is now Acknowledged\\.")


@pytest.mark.parametrize("rules", [RULES, WORDS_RULES])
def test_the_web_client_finds_nothing_in_hostile_texts(tell, api, mattermost, rules):
    alert, event = hostile_alert(), load_event("alert-created")
    api.add(alert)
    event["attributes"]["uuid"] = alert["uuid"]

    tell(mattermost, event, rules).wait_settled()

    _, attachment = attachment_of(mattermost)
    texts = [attachment["text"], *(field["value"] for field in attachment["fields"])]
    if not attachment["title_link"]:
        texts.append(attachment["title"])
        assert hostile.visible(reading.unescape(attachment["text"])) == hostile.visible(hostile.TEXT)
    assert [reading.web_finds(text) for text in texts] == [set()] * len(texts)
    assert [reading.web_finds(field["title"]) for field in attachment["fields"]] == \
        [set()] * len(attachment["fields"])
    assert Mattermost.mentions(mattermost.received[0]) == set()


def test_the_web_client_finds_all_of_it_where_nothing_is_disarmed():
    """Or the test before this one would prove nothing."""
    everything = {"autolink", *reading.WEB_LINE, *reading.WEB_INLINE, *reading.WEB_LATER}

    assert reading.web_finds(hostile.TEXT) == everything
    for text, found in [(r"\<a@b.test\>", "autolink"), (r"\$x\$", "formula"), ("é#tag", "tag"),
                        (r":\-\)", "smiley"), ("\u00a0" * 4 + "x", "code"), ("<3", "smiley")]:
        assert found in reading.web_finds(text), text


# Little room ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tells_size, first", [(True, 413), (False, 400)])
def test_a_server_that_takes_little_gets_less(tell, api, started, tells_size, first):
    chat = started(Mattermost(max_payload=10000, tells_size=tells_size))
    api.add({**load_object("alert-full"), "details": "detail " * 5000})

    tell(chat, rules=WORDS_RULES, mention="@anna").wait_settled()

    assert [status for status, _ in chat.requests] == [first, 200]
    post, attachment = attachment_of(chat)
    assert post["message"] == "@anna" and attachment["text"].endswith("…")
    assert len(attachment["text"]) == 1000


@pytest.mark.parametrize("tells_size", [True, False])
def test_where_nothing_fits_the_event_is_rejected_with_the_reason(tell, started, tells_size):
    chat = started(Mattermost(max_payload=100, tells_size=tells_size))
    daemon = tell(chat)

    daemon.wait_settled()

    assert daemon.status()["dead"] == 1 and len(chat.requests) == 2
    assert "MaximumPayloadSizeBytes" in json.dumps(daemon.event(daemon.last_id))


# Refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change, options, status, cause, words", [
    ({"is_deleted": True}, {}, 400, "invalid", "deleted"),
    ({"enabled": False}, {}, 501, "disabled", "switched off"),
    ({}, {"channel": "nowhere"}, 404, "channel", "channel"),
    ({}, {"channel": "@nobody"}, 400, "user", "user"),
    ({"is_locked": True}, {"channel": "soc"}, 403, "channel_locked", "locked"),
    ({"private_channels": {"secret"}}, {"channel": "secret"}, 403, "permissions", "may not post"),
])
def test_a_webhook_that_cannot_be_used_holds_the_sink_and_says_why(
        tell, mattermost, old_mattermost, change, options, status, cause, words):
    for chat, error_id in ((mattermost, "general"), (old_mattermost, cause)):
        for name, value in change.items():
            setattr(chat, name, value)
        daemon = tell(chat, **options)

        line = daemon.wait_for_log(f"{status} {WEB.format(error_id)}.*")[0]

        assert words in line and "request " in line
        told = daemon.log() + json.dumps(daemon.event(daemon.last_id)) + json.dumps(daemon.status())
        assert chat.hook not in told and daemon.status()["dead"] == 0
        assert daemon.status()["waiting"] == 1, "it is kept until the webhook is mended"
        daemon.stop()


def test_in_hardened_mode_the_status_alone_speaks(tell, started):
    chat = started(Mattermost(hardened=True))
    chat.enabled = False

    daemon = tell(chat, retry={"first": "50ms", "max": "50ms"})
    chat.wait_for_requests(2)
    chat.enabled = True

    daemon.wait_settled()
    assert len(chat.received) == 1


def test_a_proxy_that_answers_with_a_page_is_no_success(tell, mattermost):
    mattermost.fail_next(1, 200, "<!doctype html>")

    daemon = tell(mattermost)

    daemon.wait_for_log("but not Mattermost's")
    assert mattermost.hook not in daemon.log()


def test_too_fast_waits_as_long_as_the_server_says(tell, mattermost):
    mattermost.fail_next(1, 429)

    tell(mattermost).wait_settled()

    assert [status for status, _ in mattermost.requests] == [429, 200]
