"""Telegram, as far as its stand-in shows: whole messages, hostile texts, each refusal, no secret told,
one conversation an alert, groups that change their number."""

import pytest
import sinks
from fakes.telegram import Refused, Telegram, check_text
from stage import load_event, load_object
from tocsin import wait_until

RULES = """
rules:
  - name: urgent alerts wake people
    match: {type: alert}
    send: [chat]
"""
GROUP = -1001234567890


@pytest.fixture
def telegram(started):
    return started(Telegram())


@pytest.fixture
def told(make_daemon, api, telegram):
    """What becomes of an event on its way to Telegram."""
    def send(event, rules=RULES, **options):
        daemon = make_daemon({"chat": sinks.telegram(telegram, **options)}, rules=rules,
                             api=api).start()
        daemon.accept(event)
        entry, = telegram.wait_for(1)
        daemon.wait_settled()
        return entry
    return send


def hostile_event(api):
    alert = load_object("alert-hostile-texts")
    api.add(alert)
    event = load_event("alert-created")
    event["attributes"]["uuid"] = alert["uuid"]
    return event


def test_an_alert_arrives_whole(told):
    alert = load_object("alert-full")

    entry = told(load_event("alert-created"))

    text = Telegram.as_text(entry)
    assert text.startswith(f"🔴 [URGENT 85] {alert['title']}\n")
    assert "\nStatus: Pending\n" in text and text.endswith("2026-03-02 08:15 UTC")
    assert f"[URGENT 85] {alert['title']}" in Telegram.marked(entry, "bold")
    assert "Pending" in Telegram.marked(entry, "code")
    assert Telegram.buttons(entry) == [("Open alert", "https://app.example/operations/alerts/"
                                        + alert["short_id"])]
    assert entry["json"]["chat_id"] == GROUP
    assert entry["json"]["link_preview_options"] == {"is_disabled": True}
    assert Telegram.links(entry) == Telegram.found(entry) == []


def test_hostile_texts_call_nobody_and_lead_nowhere(told, api):
    entry = told(hostile_event(api), rules=RULES.replace(
        "[chat]", '[{sink: chat, text: "{{title}}\\n{{entity}}\\n{{alert.details}}\\n/start me@evil.example"}]'))

    assert Telegram.links(entry) == Telegram.found(entry) == []
    text = Telegram.as_text(entry)
    assert "[click](https://evil.example/)" in text and "<b>x</b>" in text
    assert Telegram.marked(entry, "bold") == [text.split("\n")[0][2:]]


def test_a_template_may_link_and_style(told):
    entry = told(load_event("alert-created"), rules=RULES.replace(
        "[chat]", "[{sink: chat, text: \"<b>{{status}}</b> <a href='https://runbook.example/x?a=1&amp;b=2'>"
                  'the <i>runbook</i></a><br>bye"}]'))

    assert "Pending the runbook\nbye" in Telegram.as_text(entry)
    assert "Pending" in Telegram.marked(entry, "bold")
    assert Telegram.links(entry) == [("the runbook", "https://runbook.example/x?a=1&b=2")]


def test_messages_of_one_alert_are_one_conversation(make_daemon, api, telegram):
    daemon = make_daemon({"chat": sinks.telegram(telegram)}, rules=RULES, api=api).start()

    daemon.accept(load_event("alert-created"))
    first, = telegram.wait_for(1)
    daemon.restart()
    daemon.accept(load_event("alert-updated-status"))
    _, second = telegram.wait_for(2)

    assert "reply_parameters" not in first["json"]
    assert second["json"]["reply_parameters"] == {"message_id": first["id"],
                                                  "allow_sending_without_reply": True}


def test_options_choose_topic_sound_and_channel(told):
    entry = told(load_event("alert-created"), chat="@soc_alerts", topic=7, silent_below="urgent")

    assert entry["json"]["chat_id"] == "@soc_alerts"
    assert entry["json"]["message_thread_id"] == 7
    assert "disable_notification" not in entry["json"]


def test_what_is_not_urgent_may_be_silent(told, api):
    alert = load_object("alert-full")
    alert["urgency"] = {**alert["urgency"], "current_value": 20}
    api.add(alert)

    entry = told(load_event("alert-created"), silent_below="high")

    assert entry["json"]["disable_notification"] is True


def test_marks_that_are_refused_cost_no_message(told, telegram):
    telegram.takes_entities = False

    entry = told(load_event("alert-created"))

    assert load_object("alert-full")["title"] in Telegram.as_text(entry)
    assert "entities" not in entry["json"] and "reply_markup" not in entry["json"]
    assert [status for status, _ in telegram.requests] == [400, 200]


def test_a_group_that_changes_its_number_is_followed_and_told_of(
        make_daemon, api, telegram, mattermost):
    telegram.migrated[-12345] = -1009999999999
    daemon = make_daemon(
        {"chat": sinks.telegram(telegram, chat="-12345"), "duty": sinks.mattermost(mattermost)},
        rules=RULES, api=api, settings="alarms: [duty]\n").start()

    for name in ("alert-created", "alert-updated-status"):
        daemon.accept(load_event(name))
        daemon.wait_settled()

    first, second = telegram.wait_for(2)
    assert first["json"]["chat_id"] == second["json"]["chat_id"] == -1009999999999
    assert [status for status, _ in telegram.requests] == [400, 200, 200]
    assert second["json"]["reply_parameters"]["message_id"] == first["id"]
    alarm, = mattermost.wait_for(1)
    words = "The group -12345 was made a supergroup and is -1009999999999 now."
    assert words in mattermost.as_text(alarm) and words in daemon.log()
    wait_until(lambda: daemon.status()["waiting"] == 0, "nothing waits")


@pytest.mark.parametrize("status, description, dead", [
    (401, "Unauthorized", 0), (404, "Not Found", 0),
    (403, "Forbidden: bot was blocked by the user", 0), (400, "Bad Request: chat not found", 0),
    (400, "Bad Request: something new", 1)])
def test_a_refusal_is_told_without_the_token(make_daemon, api, telegram, status, description, dead):
    daemon = make_daemon({"chat": sinks.telegram(telegram)}, rules=RULES, api=api).start()
    telegram.fail_next(1, status, {"ok": False, "error_code": status,
                                   "description": f"{description} {telegram.token}"})

    event_id = daemon.accept(load_event("alert-created"))
    telegram.wait_for_requests(1)
    daemon.wait_for_log(f"{status} {description}")

    secret = telegram.token.partition(":")[2]
    assert secret not in daemon.log() + str(daemon.event(event_id)) + str(daemon.status())
    wait_until(lambda: daemon.status()["dead"] == dead, "its end")


def test_too_fast_waits_as_long_as_telegram_says(make_daemon, api, telegram):
    daemon = make_daemon({"chat": sinks.telegram(telegram)}, rules=RULES, api=api).start()
    telegram.fail_next(1, 429)

    daemon.accept(load_event("alert-created"))

    telegram.wait_for(1)
    assert [status for status, _ in telegram.requests] == [429, 200]


# The stand-in itself ---------------------------------------------------------------------------


def mark(kind, offset, length, **more):
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize("words, text, entities", [
    ("empty", " \n", []),
    ("too long", "x" * 4097, []),
    ("too long", "🔥" * 2049, []),
    ("BOUNDS", "abc", [mark("bold", 2, 2)]),
    ("BOUNDS", "abc", [mark("bold", 0, 0)]),
    ("BOUNDS", "🔥", [mark("bold", 0, 1)]),
    ("unknown type", "abc", [mark("shiny", 0, 1)]),
    ("wrong URL", "abc", [mark("text_link", 0, 1, url="javascript:x")]),
    ("cross", "abcd", [mark("bold", 0, 2), mark("italic", 1, 2)]),
    ("nested in code", "abcd", [mark("bold", 0, 4), mark("code", 1, 2)]),
])
def test_the_stand_in_refuses_what_telegram_refuses(words, text, entities):
    with pytest.raises(Refused, match=words):
        check_text(text, entities)


@pytest.mark.parametrize("text", ["@anna_b", "#tag", "$USD", "/start", "me@evil.example",
                                  "https://evil.example/x", "evil.example", "tg://user?id=1"])
def test_the_stand_in_finds_what_telegram_finds(text):
    assert Telegram.found({"json": {"text": f"see {text} now"}})
