"""Slack, as far as its stand-in shows: whole messages, hostile texts, each refusal, no secret told."""

import pytest
from fakes.slack import Slack, check_message, Refused
from stage import load_event, load_object
import sinks
from tocsin import wait_until

RULES = """
rules:
  - name: urgent alerts wake people
    match: {type: alert}
    send: [chat]
"""


@pytest.fixture
def slack(started):
    return started(Slack())


@pytest.fixture
def told(make_daemon, api, slack):
    """What becomes of an event on its way to Slack."""
    def send(event, rules=RULES, **options):
        daemon = make_daemon({"chat": sinks.slack(slack, **options)}, rules=rules, api=api).start()
        daemon.accept(event)
        entry, = slack.wait_for(1)
        daemon.wait_settled()
        return entry
    return send


def test_an_alert_arrives_whole(told):
    alert = load_object("alert-full")

    entry = told(load_event("alert-created"))

    text = Slack.as_text(entry)
    assert alert["title"] in text and "[URGENT 85]" in text
    assert "*Status*\nPending" in text and "alert created" in text
    assert Slack.buttons(entry) == [("Open alert", "https://app.example/operations/alerts/"
                                     + alert["short_id"])]
    assert Slack.calls(entry) == []


def test_an_update_names_what_changed(told):
    entry = told(load_event("alert-updated-status"))

    assert "Status is now Acknowledged." in Slack.as_text(entry)


def test_hostile_texts_call_nobody_and_lead_nowhere(told, api):
    alert = load_object("alert-hostile-texts")
    api.add(alert)
    event = load_event("alert-created")
    event["attributes"]["uuid"] = alert["uuid"]

    entry = told(event, rules=RULES.replace(
        "[chat]", '[{sink: chat, text: "{{title}}\\n{{entity}}\\n{{alert.details}}"}]'))

    assert Slack.calls(entry) == []
    assert "<!channel>" in Slack.as_text(entry) and "[click](https://evil.example/)" in \
        Slack.as_text(entry)


def test_only_the_operator_calls_people(told):
    entry = told(load_event("alert-created"), mention="<!here>")

    assert Slack.calls(entry) == ["!here"]


def test_a_template_may_link_and_style(told):
    entry = told(load_event("alert-created"), rules=RULES.replace(
        "[chat]", '[{sink: chat, text: "*{{status}}* <https://runbook.example|runbook>"}]'))

    assert "*Pending* runbook" in Slack.as_text(entry)
    assert Slack.calls(entry) == ["https://runbook.example|runbook"]


def test_blocks_that_slack_refuses_go_as_text(told, slack):
    slack.takes_blocks = False

    entry = told(load_event("alert-created"))

    assert "blocks" not in entry["json"]
    assert load_object("alert-full")["title"] in Slack.as_text(entry)
    assert [status for status, _ in slack.requests] == [400, 200]


@pytest.mark.parametrize("status, word, dead", [
    (404, "no_service", 0), (410, "channel_is_archived", 0), (403, "invalid_token", 0),
    (400, "invalid_payload", 1)])
def test_a_refusal_is_told_in_slacks_words_without_the_url(
        make_daemon, api, slack, status, word, dead):
    daemon = make_daemon({"chat": sinks.slack(slack)}, rules=RULES, api=api).start()
    slack.fail_next(1, status, word)

    event_id = daemon.accept(load_event("alert-created"))
    slack.wait_for_requests(1)
    daemon.wait_for_log(f"{status} {word}")

    assert slack.token not in daemon.log() + str(daemon.event(event_id)) + str(daemon.status())
    wait_until(lambda: daemon.status()["dead"] == dead, "its end")


def test_too_fast_waits_as_long_as_slack_says(make_daemon, api, slack):
    daemon = make_daemon({"chat": sinks.slack(slack)}, rules=RULES, api=api).start()
    slack.fail_next(1, 429)

    daemon.accept(load_event("alert-created"))

    slack.wait_for(1)
    assert [status for status, _ in slack.requests] == [429, 200]


# The stand-in itself ---------------------------------------------------------------------------


def text(kind, words):
    return {"type": kind, "text": words}


@pytest.mark.parametrize("word, document", [
    ("no_text", {}),
    ("no_text", {"text": ""}),
    ("invalid_blocks", {"blocks": [{"type": "header", "text": text("mrkdwn", "x")}]}),
    ("invalid_blocks", {"blocks": [{"type": "header", "text": text("plain_text", "x" * 151)}]}),
    ("invalid_blocks", {"blocks": [{"type": "header", "text": text("plain_text", "🔥" * 76)}]}),
    ("invalid_blocks", {"blocks": [{"type": "section", "text": text("mrkdwn", "x" * 3001)}]}),
    ("invalid_blocks", {"blocks": [{"type": "section", "text": text("mrkdwn", "")}]}),
    ("invalid_blocks", {"blocks": [{"type": "section"}]}),
    ("invalid_blocks", {"blocks": [{"type": "section",
                                    "fields": [text("mrkdwn", "x")] * 11}]}),
    ("invalid_blocks", {"blocks": [{"type": "section",
                                    "fields": [text("mrkdwn", "x" * 2001)]}]}),
    ("invalid_blocks", {"blocks": [{"type": "section", "text": text("mrkdwn", "x"), "colour": 1}]}),
    ("invalid_blocks", {"blocks": [{"type": "section",
                                    "text": {**text("mrkdwn", "x"), "emoji": True}}]}),
    ("invalid_blocks", {"blocks": [{"type": "table"}]}),
    ("invalid_blocks", {"blocks": [{"type": "divider"}] * 51}),
    ("invalid_blocks", {"blocks": [{"type": "context", "elements": []}]}),
    ("invalid_blocks", {"blocks": [{"type": "actions", "elements": [
        {"type": "button", "text": text("plain_text", "x"), "url": "javascript:alert(1)"}]}]}),
    ("invalid_attachments", {"attachments": [{"color": "red"}]}),
    ("too_many_attachments", {"attachments": [{"text": "x"}] * 101}),
    ("msg_blocks_too_long", {"blocks": [{"type": "section",
                                         "text": text("mrkdwn", "x" * 2700)}] * 5}),
])
def test_the_stand_in_refuses_what_slack_refuses(word, document):
    with pytest.raises(Refused, match=word):
        check_message(document, takes_blocks=True)
