"""The way of an event, from the hook to all four far ends: what arrives, and what a person reads."""

import json
import re
import time

import pytest

import sinks
from conftest import event_names, load_event, load_object
from tocsin import wait_until

ALERT = "3f0c7a52-6f5e-4f0b-9d53-0d5b8a1c2e01"

RULES = """
rules:
  - name: urgent alerts wake people
    match: {type: alert, action: created, urgency: {gte: 80}}
    send: [mail]
  - name: updates stay in the chat
    match: {type: alert, action: updated, changed: [status, urgency]}
    send: [chat]
  - name: the scanner tells nobody
    match: {type: alert, entity: vuln-scanner-01}
    send: []
    stop: true
  - name: everything else is for the record
    match: {}
    send: [siem]
"""

RETRY_FAST = "sink_defaults: {retry: {first: 100ms, max: 500ms, give_up: 1h}}\n"


@pytest.fixture
def far_ends(teams, mattermost, smtp, syslog):
    return {"soc-teams": (teams, sinks.teams(teams)), "chat": (mattermost, sinks.mattermost(mattermost)),
            "mail": (smtp, sinks.email(smtp)), "siem": (syslog, sinks.syslog(syslog))}


def options(far_ends):
    return {name: sink for name, (_, sink) in far_ends.items()}


def texts(far_ends, count, timeout=60):
    """What a person reads of each far end's last message once count have come."""
    read = {}
    for name, (fake, _) in far_ends.items():
        fake.wait_for(count, timeout)
        read[name] = fake.as_text(fake.received[-1])
    return read


def new_alert(**changes):
    alert = load_object("alert-full")
    alert.update(changes)
    return alert


# What arrives ------------------------------------------------------------------------------


def test_all_four_sinks_get_a_message_that_a_person_would_read(make_daemon, api, far_ends):
    daemon = make_daemon(options(far_ends), api=api).start()
    event_id = daemon.accept(load_event("alert-created"))
    for name, text in texts(far_ends, 1).items():
        for words in ("Mimikatz run on a domain controller", "85", "Pending", "Lyon plant",
                      "10.20.3.4", "10.20.0.10", "ALk3Rw9ZpQ2d"):
            assert words in text, f"{name} does not say {words!r}:\n{text}"
        assert "https://app.example/operations/alerts/ALk3Rw9ZpQ2d" in text, f"{name}:\n{text}"
        assert "2026-03-02" in text or "2 Mar" in text or "Mar 2" in text, f"{name}:\n{text}"
    status = daemon.wait_settled()
    assert status["delivered"] == 4 and status["dead"] == 0
    story = daemon.event(event_id)
    assert [d["state"] for d in story["deliveries"]] == ["delivered"] * 4
    assert {d["sink"] for d in story["deliveries"]} == set(far_ends)


def test_the_look_up_asks_for_little_and_shows_its_key(make_daemon, api, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api).start()
    daemon.accept(load_event("alert-created"))
    mattermost.wait_for(1, 30)
    request, = api.requests
    assert request.path == f"/v1/sic/alerts/{ALERT}"
    assert request.headers["Authorization"] == f"Bearer {api.key}"
    for heavy in ("comments", "history", "countermeasures"):
        assert request.query[heavy] == ["false"]


@pytest.mark.parametrize("name", event_names())
def test_every_kind_of_event_reaches_every_sink(make_daemon, api, far_ends, name):
    """Whatever is posted, each sink gets one message with a title, and nothing is left over."""
    api.add(load_object("alert-iso-times"))
    daemon = make_daemon(options(far_ends), api=api, settings=(
        "enrich: {alert: {deadline: 3s, timeout: 1s}, alert-comment: {deadline: 3s, timeout: 1s},"
        " case: {deadline: 3s, timeout: 1s}, content-proposal: {deadline: 3s, timeout: 1s}}\n"))
    daemon.start()
    event_id = daemon.accept(load_event(name))
    for sink, text in texts(far_ends, 1).items():
        assert len(text.strip()) > 10, f"{sink}: {text!r}"
    status = daemon.wait_settled()
    assert (status["delivered"], status["dead"], status["skipped"]) == (4, 0, 0)
    story = daemon.event(event_id)
    assert story["type"] and len(story["deliveries"]) == 4
    assert [fake.received for fake, _ in far_ends.values()] != []
    for fake, _ in far_ends.values():
        assert len(fake.received) == 1


@pytest.mark.parametrize("name", [
    "alert-full", "alert-40kb", "alert-nulls-everywhere", "alert-wrong-types", "alert-partial",
    "alert-iso-times", "alert-hostile-texts"])
def test_every_shape_of_alert_reaches_every_sink(make_daemon, api, far_ends, name):
    api.add(load_object(name), uuid=ALERT)
    daemon = make_daemon(options(far_ends), api=api).start()
    daemon.accept(load_event("alert-created"))
    for sink, text in texts(far_ends, 1).items():
        assert len(text.strip()) > 10, f"{sink}: {text!r}"
    status = daemon.wait_settled()
    assert (status["delivered"], status["dead"]) == (4, 0)


def test_an_alert_of_40_kb_is_shortened_where_the_far_end_asks_for_it(
        make_daemon, api, far_ends, teams):
    api.add(load_object("alert-40kb"))
    daemon = make_daemon(options(far_ends), api=api).start()
    daemon.accept(load_event("alert-created"))
    for sink, text in texts(far_ends, 1).items():
        assert "Large alert with everything in it" in text, f"{sink}: {text[:500]}"
        assert "ALk3Rw9ZpQ2d" in text, f"{sink}: {text[:500]}"


def test_what_an_attacker_wrote_in_an_alert_stays_text(
        make_daemon, api, teams, mattermost, smtp, syslog, far_ends):
    api.add(load_object("alert-hostile-texts"))
    daemon = make_daemon(options(far_ends), api=api).start()
    daemon.accept(load_event("alert-created"))
    texts(far_ends, 1)
    daemon.wait_settled()
    assert len(syslog.received) == 1, "a newline made a second line"
    assert "\n" not in syslog.as_text(syslog.received[0]).strip()
    chat = mattermost.as_text(mattermost.received[0])
    for mention in ("@channel", "@here", "<!channel>"):
        assert mention not in chat, chat
    letter, = smtp.received
    assert letter["message"]["Bcc"] is None and letter["rcpts"] == ["duty@example.org"]


def test_a_case_a_report_and_a_comment_are_looked_up_where_they_live(
        make_daemon, api, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api).start()
    for name, path, words in (
            ("case-created", "/v1/sic/cases/5e1f0a77-aaaa-4bbb-8ccc-0000000ca5e1",
             "Credential theft at the Lyon plant"),
            ("content-proposal-created",
             "/v2/inthreat/content-proposals/d00d1e5e-aaaa-4bbb-8ccc-00000000f117",
             "a new loader in invoices"),
            ("alert-comment-created", f"/v1/sic/alerts/{ALERT}", "The owner is on the phone")):
        seen, asked = len(mattermost.received), len(api.requests)
        daemon.accept(load_event(name))
        mattermost.wait_for(seen + 1, 30)
        assert words in mattermost.as_text(mattermost.received[-1])
        assert api.wait_for(asked + 1)[-1].path == path


def test_an_id_is_one_segment_of_the_path_and_never_climbs(make_daemon, api, mattermost):
    """curl would walk up the path, with our key."""
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api,
                         settings="enrich: {alert: {deadline: 2s, timeout: 1s}}\n").start()
    daemon.accept(load_event("odd-slash-id"))
    for uuid in ("", ".", "..", None, 5, {"a": 1}):
        daemon.accept({"type": "alert", "action": "created", "attributes": {"uuid": uuid}})
    mattermost.wait_for(7, 60)
    daemon.wait_settled()
    for request in api.requests:
        assert request.raw_path.startswith("/v1/sic/alerts/"), request
        assert "/" not in request.raw_path[len("/v1/sic/alerts/"):], request
        assert request.raw_path not in ("/v1/sic/alerts/", "/v1/sic/alerts/.",
                                        "/v1/sic/alerts/.."), request


# Rules -------------------------------------------------------------------------------------


def test_the_rules_decide_who_hears_of_it(make_daemon, api, mattermost, smtp, syslog):
    daemon = make_daemon(
        {"chat": sinks.mattermost(mattermost), "mail": sinks.email(smtp),
         "siem": sinks.syslog(syslog)}, rules=RULES, api=api).start()

    def told(event):
        event_id = daemon.accept(event)
        daemon.wait_settled()
        return [delivery["sink"] for delivery in daemon.event(event_id)["deliveries"]]

    assert told(load_event("alert-created")) == ["mail", "siem"]
    assert told(load_event("alert-updated-status")) == ["chat", "siem"]
    assert told(load_event("alert-updated-urgency")) == ["chat", "siem"]
    assert told(load_event("alert-updated-similar")) == ["siem"]
    assert told(load_event("case-created")) == ["siem"]
    api.add(new_alert(urgency={"current_value": 30}, uuid="moderate"))
    moderate = {"type": "alert", "action": "created", "attributes": {"uuid": "moderate"}}
    assert told(moderate) == ["siem"]
    api.add(new_alert(entity={"name": "vuln-scanner-01"}, urgency={"current_value": 10},
                      uuid="scanner"))
    scanner = {"type": "alert", "action": "created", "attributes": {"uuid": "scanner"}}
    assert told(scanner) == []
    assert len(smtp.received) == 1


def test_the_trace_names_each_rule_its_line_and_why_it_did_not_match(
        make_daemon, api, mattermost, smtp, syslog):
    api.add(new_alert(urgency={"current_value": 30}))
    daemon = make_daemon(
        {"chat": sinks.mattermost(mattermost), "mail": sinks.email(smtp),
         "siem": sinks.syslog(syslog)}, rules=RULES, api=api).start()
    event_id = daemon.accept(load_event("alert-created"))
    daemon.wait_settled()
    trace = daemon.event(event_id)["trace"]
    assert [(step["rule"], step["verdict"]) for step in trace] == [
        ("urgent alerts wake people", "no"), ("updates stay in the chat", "no"),
        ("the scanner tells nobody", "no"), ("everything else is for the record", "yes")]
    assert [step["at"].rpartition("/")[2] for step in trace] == [
        "rules.yaml:3", "rules.yaml:6", "rules.yaml:9", "rules.yaml:13"]
    assert trace[0]["because"]["at"].endswith("rules.yaml:4")
    assert "30" in trace[0]["because"]["text"] and "urgency" in trace[0]["because"]["text"]


def test_an_event_that_no_rule_wants_is_recorded_as_that(make_daemon, mattermost):
    daemon = make_daemon(
        {"chat": sinks.mattermost(mattermost)},
        rules="rules:\n  - {name: only cases, match: {type: case}, send: [chat]}\n").start()
    event_id = daemon.accept({"type": "alert", "action": "created"})
    status = daemon.wait_settled()
    assert (status["events"], status["delivered"]) == (1, 0)
    story = daemon.event(event_id)
    assert story["deliveries"] == []
    assert story["trace"][0]["verdict"] == "no"


# The Alert API in trouble ------------------------------------------------------------------


def break_with_500(api):
    api.fail_always(500)


def break_with_silence(api):
    api.delay(3600)


def break_with_429(api):
    api.fail_always(429)


def break_with_401(api):
    api.refuse(401)


def break_with_403(api):
    api.refuse(403)


def break_with_404(api):
    api.remove(ALERT)


def break_with_html(api):
    api.add(b"<html>Bad Gateway</html>", uuid=ALERT)


def break_with_a_closed_connection(api):
    api.fail_always(0)


def break_with_5_mb(api):
    api.add(json.dumps({"uuid": ALERT, "title": "big", "fill": "x" * 5000000}).encode(),
            uuid=ALERT)


@pytest.mark.parametrize("breaks", [
    break_with_500, break_with_silence, break_with_429, break_with_401, break_with_403,
    break_with_404, break_with_html, break_with_a_closed_connection, break_with_5_mb])
def test_with_the_api_down_the_urgency_rule_still_wakes_people(
        make_daemon, api, mattermost, smtp, syslog, breaks):
    breaks(api)
    daemon = make_daemon(
        {"chat": sinks.mattermost(mattermost), "mail": sinks.email(smtp),
         "siem": sinks.syslog(syslog)}, rules=RULES, api=api,
        settings="enrich: {alert: {deadline: 2s, timeout: 1s}}\n").start()
    event_id = daemon.accept(load_event("alert-created"))
    smtp.wait_for(1, 30)
    mail = smtp.as_text(smtp.received[0])
    assert re.search(r"not enriched|look-?up failed|could not be looked up", mail, re.IGNORECASE)
    assert "ALk3Rw9ZpQ2d" in mail
    daemon.wait_settled()
    story = daemon.event(event_id)
    assert story["trace"][0]["verdict"] == "unknown" and story["trace"][0]["sends"]
    looked_up, = story["objects"]
    assert looked_up["name"] == "alert" and looked_up["status"] != "found"


def test_an_alert_that_is_not_there_yet_is_asked_for_again(make_daemon, api, mattermost):
    api.fail_next(2, 404)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api).start()
    daemon.accept(load_event("alert-created"))
    mattermost.wait_for(1, 40)
    assert "Mimikatz" in mattermost.as_text(mattermost.received[0])
    assert len(api.requests) == 3


@pytest.mark.parametrize("status", [500, 502, 503, 429, 0])
def test_a_passing_failure_of_the_api_is_tried_again(make_daemon, api, mattermost, status):
    api.fail_next(1, status)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api).start()
    daemon.accept(load_event("alert-created"))
    mattermost.wait_for(1, 40)
    assert "Mimikatz" in mattermost.as_text(mattermost.received[0])


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_reported_once_not_once_an_event(make_daemon, api, mattermost, status):
    api.refuse(status)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api,
                         settings="enrich: {alert: {deadline: 2s, timeout: 1s}}\n").start()
    for n in range(5):
        daemon.accept({"type": "alert", "action": "created", "attributes": {"uuid": f"alert-{n}"}})
    mattermost.wait_for(5, 60)
    told = [line for line in daemon.log().splitlines()
            if str(status) in line and re.search("level=(warn|error)", line)]
    assert len(told) == 1, "\n".join(told)


# Sinks in trouble --------------------------------------------------------------------------


def test_a_sink_that_fails_for_a_while_gets_its_message_later(make_daemon, teams, mattermost):
    teams.fail_next(3, 503)
    daemon = make_daemon({"soc-teams": sinks.teams(teams), "chat": sinks.mattermost(mattermost)},
                         settings=RETRY_FAST).start()
    event_id = daemon.accept({"type": "probe", "action": "created"})
    mattermost.wait_for(1, 10)
    teams.wait_for(1, 30)
    daemon.wait_settled()
    by_sink = {d["sink"]: d for d in daemon.event(event_id)["deliveries"]}
    assert by_sink["soc-teams"]["state"] == "delivered"
    assert by_sink["soc-teams"]["attempts"] == 4
    assert len(by_sink["soc-teams"]["failed_attempts"]) == 3
    assert by_sink["chat"]["attempts"] == 1


def test_what_the_far_end_rejects_is_dead_and_says_why(make_daemon, mattermost):
    mattermost.fail_next(1, 400)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, settings=RETRY_FAST).start()
    event_id = daemon.accept({"type": "probe", "n": 1})
    assert daemon.wait_settled()["dead"] == 1
    delivery, = daemon.event(event_id)["deliveries"]
    assert delivery["state"] == "dead" and "400" in delivery["reason"]
    daemon.accept({"type": "probe", "n": 2})
    mattermost.wait_for(1, 30)
    assert daemon.wait_settled()["delivered"] == 1


def test_a_sink_that_hangs_delays_no_other(make_daemon, mattermost):
    daemon = make_daemon({"gone": sinks.unreachable(), "chat": sinks.mattermost(mattermost)})
    daemon.start()
    for n in range(50):
        daemon.accept({"type": "probe", "n": n})
    mattermost.wait_for(50, 30)
    wait_until(lambda: daemon.status()["waiting"] == 50, "only the other sink's wait")


def test_of_one_thread_messages_leave_in_order(make_daemon, api, mattermost):
    mattermost.fail_next(2, 503)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api,
                         settings=RETRY_FAST).start()
    ids = [daemon.accept({"type": "alert", "action": "updated", "attributes": {
        "uuid": ALERT, "short_id": "ALk3Rw9ZpQ2d", "updated": {"similar": n}}})
        for n in range(101, 111)]
    mattermost.wait_for(10, 60)
    daemon.wait_settled()
    seen = [int(re.search(r"\b1(0[1-9]|10)\b", mattermost.as_text(entry))[0])
            for entry in mattermost.received]
    assert seen == list(range(101, 111)), ids


def test_a_rate_is_kept(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost, rate="5/s")}).start()
    began = time.monotonic()
    for n in range(15):
        daemon.accept({"type": "probe", "n": n})
    mattermost.wait_for(15, 30)
    assert time.monotonic() - began >= 1.5, "15 messages at 5 a second, after a first burst of 5"
