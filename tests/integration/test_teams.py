"""Teams, as far as its stand-in shows: whole cards, the URL to the byte, each refusal, no secret told."""

import json
import re

import pytest
from fakes.teams import Teams
from stage import load_event, load_object
import sinks
from tocsin import run, wait_until

RULES = """
rules:
  - name: urgent alerts wake people
    match: {type: alert}
    send: [soc]
"""
FAST = "sink_defaults: {retry: {first: 50ms, max: 100ms, give_up: 1h}}\n"


@pytest.fixture
def told(make_daemon, api, teams):
    """What becomes of an event on its way to Teams."""
    def send(event, rules=RULES, **options):
        daemon = make_daemon({"soc": sinks.teams(teams, **options)}, rules=rules, api=api,
                             settings=FAST).start()
        daemon.accept(event)
        entry, = teams.wait_for(1)
        daemon.wait_settled()
        assert entry["posted"], entry["why_not"]
        return entry
    return send


def error(code, message=""):
    return json.dumps({"error": {"code": code, "message": message}})


def test_an_alert_arrives_whole(told):
    alert = load_object("alert-full")

    entry = told(load_event("alert-created"))

    text = Teams.as_text(entry)
    assert text.startswith(f"{alert['title']}\nUrgent 85 / 100 · alert created · 2026-03-02")
    assert "Status: Pending" in text and f"/alerts/{alert['short_id']}" in text
    assert entry["headers"]["Content-Type"] == "application/json; charset=utf-8"


def test_an_update_names_what_changed(told):
    entry = told(load_event("alert-updated-status"))

    assert "Status is now Acknowledged." in Teams.as_text(entry)


def test_the_url_arrives_to_the_byte(told, teams):
    entry = told(load_event("alert-created"), url=teams.url + "&x=a+b%2f%2F%20&Y=//.././?")

    assert entry["path"] == teams.url.partition(str(teams.port))[2] + "&x=a+b%2f%2F%20&Y=//.././?"
    assert "sp=%2Ftriggers%2Fmanual%2Frun" in entry["path"]


def test_a_template_may_link_and_style(told):
    entry = told(load_event("alert-created"), rules=RULES.replace("[soc]", (
        '[{sink: soc, text: "**{{status}}** [runbook](https://runbook.example)"}]')))

    (bold, blank, link), = [block["inlines"] for block in
                            entry["json"]["attachments"][0]["content"]["body"][1:]
                            if block["type"] == "RichTextBlock"]
    assert (bold["text"], bold["weight"]) == ("Pending", "Bolder")
    assert blank == {"type": "TextRun", "text": " "}
    assert link["selectAction"] == {"type": "Action.OpenUrl", "url": "https://runbook.example"}


@pytest.mark.parametrize("fill", ["x", "é", "🔥", '"', "\\", "\x01", "\n", "line\n", "**b** ",
                                  "<at>", "{{DATE(x)}} "])
def test_the_largest_message_is_posted_all_the_same(told, api, fill):
    alert = load_object("alert-full")
    alert["title"] = alert["details"] = fill * (100000 // len(fill))
    alert["entity"]["name"] = alert["source"] = alert["target"] = alert["details"][:5000]
    api.add(alert)

    entry = told(load_event("alert-created"), rules=RULES + (
        "    text: '**{{title}}** {{alert.details}}'\n"
        "    facts: {A: '{{alert.details}}', B: '{{title}}', C: '{{entity}}', D: '{{source}}'}\n"))

    assert len(entry["raw"]) <= 20000
    assert "Open alert: https://app.example/" in Teams.as_text(entry)


def test_retired_connectors_are_refused_at_check_time(make_daemon):
    url = "https://contoso.webhook.office.com/webhookb2/a1b2c3d4@e5f6/IncomingWebhook/0123456789/abc"
    daemon = make_daemon({"soc": {"plugin": "teams", "url": url}})

    checked = run("check", "-c", daemon.config)
    served = run("serve", "-c", daemon.config)

    assert checked.returncode == 1 and served.returncode != 0
    for output in (checked.stdout + checked.stderr, served.stdout + served.stderr):
        assert "tocsin.yaml:7:" in output and "retired those in May 2026" in output
        assert "contoso" not in output and "0123456789" not in output


def test_half_a_url_is_refused_at_check_time(make_daemon):
    url = "https://prod-1.westeurope.logic.azure.com:443/workflows/0123456789abcdef/x?api-version=1"
    daemon = make_daemon({"soc": {"plugin": "teams", "url": url}})

    checked = run("check", "-c", daemon.config)

    assert checked.returncode == 1
    assert "there is no sig= in it" in checked.stdout + checked.stderr
    assert "0123456789abcdef" not in checked.stdout + checked.stderr


REFUSALS = [
    # the answer; what tocsin says; whether the event is dead, or the sink held
    (400, error("TriggerInputSchemaMismatch", "contentUrl"), "400 TriggerInputSchemaMismatch", "dead"),
    (400, error("WorkflowTriggerIsNotEnabled"), "switched off, suspended or deleted", "held"),
    (400, error("MissingApiVersionParameter"), "the URL lost its query", "held"),
    (401, error("DirectApiAuthorizationRequired"), "Anyone and copy the whole URL", "held"),
    (401, error("DirectApiInvalidAuthorizationSignature"), "Anyone and copy", "held"),
    (401, error("MisMatchingOAuthClaims"), "Anyone and copy", "held"),
    (401, "<html>sign in</html>", "401", "held"),
    (403, "", "403", "held"),
    (404, error("WorkflowNotFound"), "404 WorkflowNotFound: the workflow was deleted", "held"),
    (404, "", "404: the workflow was deleted", "held"),
    (400, '{"error": "words alone"}', "400: words alone", "dead"),
    (400, '{"error": {"code": null, "message": {}}}', "400", "dead"),
    (422, "<html>" * 100000, "422", "dead"),
    (302, "", "302", "held"),
]


@pytest.mark.parametrize("status, body, words, end", REFUSALS, ids=lambda value: str(value)[:40])
def test_a_refusal_says_what_to_do(make_daemon, api, teams, status, body, words, end):
    daemon = make_daemon({"soc": sinks.teams(teams)}, rules=RULES, api=api, settings=FAST).start()
    teams.fail_next(1, status, body)

    event_id = daemon.accept(load_event("alert-created"))
    daemon.wait_for_log(f"(failed|dead letter).*{re.escape(words)}")
    wait_until(lambda: daemon.status()["dead"] == (1 if end == "dead" else 0), "its end")

    wait_until(lambda: words in str(daemon.event(event_id)), f"{words} in the event's story")
    assert len(teams.wait_for_requests(1)) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 0])
def test_what_passes_is_tried_again(told, teams, status):
    teams.fail_next(2, status, error("WorkflowTriggerIsNotEnabled"),
                    {"Retry-After": "0"} if status == 429 else None)

    told(load_event("alert-created"))

    assert [seen for seen, _ in teams.requests] == [status, status, 202]


def test_too_large_goes_once_more_at_half_the_size(told, teams, api):
    api.add({**load_object("alert-full"), "details": "word " * 20000})
    teams.fail_next(1, 413)

    told(load_event("alert-created"), rules=RULES + "    text: '{{alert.details}}'\n")

    (large, whole), (taken, half) = teams.requests
    assert (large, taken) == (413, 202)
    assert 18000 < len(whole) <= 20000 and 8000 < len(half) <= 10000


def test_too_large_at_half_the_size_is_given_up(make_daemon, api, teams):
    daemon = make_daemon({"soc": sinks.teams(teams)}, rules=RULES, api=api, settings=FAST).start()
    teams.fail_always(413)

    daemon.accept(load_event("alert-created"))
    daemon.wait_settled()

    assert daemon.status()["dead"] == 1
    assert [status for status, _ in teams.requests] == [413, 413]


def test_a_failure_wrapped_in_a_success_is_tried_again(told, teams):
    teams.fail_next(1, 200, "Webhook message delivery failed with error: Microsoft Teams endpoint "
                            "returned HTTP error 429 with ContextId tcid=0")

    told(load_event("alert-created"))

    assert [status for status, _ in teams.requests] == [200, 202]


def test_an_answer_that_repeats_the_url_tells_nothing_of_it(make_daemon, api, teams):
    daemon = make_daemon({"soc": sinks.teams(teams)}, rules=RULES, api=api, settings=FAST).start()
    query = teams.url.partition("?")[2]
    said = f"no workflow {teams.workflow} at {teams.url}, sig {teams.signature} of {query}"
    teams.fail_next(1, 400, error("Odd" + teams.signature, said))
    teams.fail_next(1, 400, f"<html>{said}</html>")
    teams.fail_next(1, 202, "", {"x-ms-workflow-run-id": f"run of {teams.url}"})

    ids = [daemon.accept({**load_event("alert-created"), "metadata": {"uuid": f"e-{number}"}})
           for number in range(3)]
    teams.wait_for_requests(3)
    daemon.wait_settled()
    shown = daemon.log() + str([daemon.event(event_id) for event_id in ids]) + str(daemon.status())
    daemon.stop()

    assert "400 Odd" in shown
    kept = b"".join(file.read_bytes() for file in daemon.folder.glob("ledger.db*"))
    for secret in (teams.workflow, teams.signature):
        assert secret not in shown and secret.encode() not in kept
