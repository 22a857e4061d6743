"""Webhooks as their receivers see them: what arrives, who signed it, and where nothing goes."""

import hashlib
import hmac
import json
import re

import pytest
from fakes.webhook import Webhook
from stage import TESTS, load_event, load_object
from tocsin import run
import sinks

README = TESTS.parent / "plugins" / "webhook" / "README.md"
SECRET = "whsec_cGxhbnRlZC13ZWJob29rLXNlY3JldC0wMQ=="
OLD_SECRET = "whsec_b2xkLXBsYW50ZWQtd2ViaG9vay1zZWNyZXQ="
PLANTED = {
    "path of the URL": Webhook.path.split("/")[-1],
    "secret": SECRET,
    "old secret": OLD_SECRET,
    "header": "planted-header-key-6d2f",
}
RETRIES = "sink_defaults: {retry: {first: 100ms, max: 5s, give_up: 1h}}\n"


@pytest.fixture
def receiver(started):
    return started(Webhook())


@pytest.fixture
def deliver(make_daemon, api, receiver):
    """What an event becomes by the options."""
    def send(event, rules=None, **options):
        daemon = make_daemon({"hook": sinks.webhook(receiver, **options)}, api=api,
                             rules=rules).start()
        daemon.accept(event)
        entry, = receiver.wait_for(1)
        return entry
    return send


def headers_of(entry):
    return {name.lower(): value for name, value in entry["headers"].items()}


# What arrives ----------------------------------------------------------------------------------


def test_the_readme_shows_what_arrives(make_daemon, api, receiver):
    example = json.loads(re.search(r"```json\n(\{\n  \"delivery\".*?)```", README.read_text(),
                                   re.DOTALL)[1])
    posted, alert = example["event"]["body"], example["event"]["objects"]["alert"]
    api.add(alert)
    daemon = make_daemon(
        {"soar": sinks.webhook(receiver)}, api=api,
        rules=f"rules: [{{name: {example['rule']}, match: {{type: alert}}, send: [soar]}}]").start()

    daemon.accept(posted)

    entry, = receiver.wait_for(1)
    document = entry["json"]
    assert re.fullmatch(r"[^.]+", document["delivery"])
    assert document["event"]["id"]
    document["delivery"], document["event"]["id"] = example["delivery"], example["event"]["id"]
    assert document == example
    assert list(document) == list(example)
    assert headers_of(entry)["content-type"] == "application/json; charset=utf-8"


def test_hostile_texts_arrive_as_they_are(deliver, api):
    alert = load_object("alert-hostile-texts")
    api.add(alert)
    event = load_event("alert-created")
    event["attributes"]["uuid"] = alert["uuid"]

    document = deliver(event, cloudevents="binary")["json"]

    arrived = document["event"]["objects"]["alert"]
    assert arrived.items() <= alert.items() and arrived["title"] == alert["title"]


def test_a_body_of_ones_own(deliver):
    alert = load_object("alert-full")

    entry = deliver(load_event("alert-created"), body="""{
        "summary": "{{title}} ({{event.objects.alert.short_id}})",
        "severity": "{{level}}", "score": {{urgency}}, "facts": {{facts}},
        "labels": [{{#facts}}"{{label}}", {{/facts}}"tocsin"]
    }""", headers={"Authorization": "Bearer x", "X-Team": "soc"})

    assert entry["json"]["summary"] == f"{alert['title']} ({alert['short_id']})"
    assert entry["json"]["score"] == 85 and entry["json"]["severity"] == "urgent"
    assert [fact["label"] for fact in entry["json"]["facts"]] + ["tocsin"] == \
        entry["json"]["labels"]
    assert headers_of(entry)["authorization"] == "Bearer x"
    assert headers_of(entry)["x-team"] == "soc"


def test_a_rules_own_words_are_in_the_document(deliver):
    entry = deliver(load_event("alert-created"), rules="""
rules:
  - name: mine
    match: {type: alert}
    send: [hook]
    title: "see {{title}}"
    text: "*{{status}}*"
    facts: {Owner: "nobody"}
    level: low
""", body="[{{title}}, {{text}}, {{facts}}, {{level}}, {{rule}}]")

    assert entry["json"] == ["see " + load_object("alert-full")["title"], "*Pending*",
                             [{"label": "Owner", "value": "nobody"}], "low", "mine"]


# Signatures ------------------------------------------------------------------------------------


def test_a_retry_keeps_the_id_and_is_signed_anew(make_daemon, api, started):
    receiver = started(Webhook(secrets=[SECRET]))
    daemon = make_daemon({"hook": sinks.webhook(receiver, sign="standard", secret=SECRET,
                                                idempotency_key="quoted")},
                         api=api, settings=RETRIES).start()
    receiver.fail_next(1, 503, headers={"Retry-After": "2"})

    daemon.accept(load_event("alert-created"))

    entry, = receiver.wait_for(1)
    (_, first), (_, second) = receiver.requests
    heads = [dict((name.lower(), value) for name, value in head.items()) for head in receiver.heads]
    assert heads[0]["webhook-id"] == heads[1]["webhook-id"] == entry["json"]["delivery"]
    assert int(heads[0]["webhook-timestamp"]) < int(heads[1]["webhook-timestamp"])
    assert heads[0]["webhook-signature"] != heads[1]["webhook-signature"]
    assert heads[0]["idempotency-key"] == heads[1]["idempotency-key"] == \
        f'"{entry["json"]["delivery"]}"'
    assert first == second


def test_attempts_are_counted_and_a_repeat_is_marked(make_daemon, api, receiver):
    daemon = make_daemon({"hook": sinks.webhook(receiver, timeout="300ms")}, api=api,
                         settings=RETRIES).start()
    receiver.hang_always(True)

    daemon.accept(load_event("alert-created"))
    daemon.wait_for_log("timed out|Timeout")
    receiver.hang_always(False)

    document = receiver.wait_for(1)[0]["json"]
    assert document["attempt"] >= 2 and document["marks"] == ["possible_repeat"]


@pytest.mark.parametrize("knows", [SECRET, OLD_SECRET])
def test_while_secrets_change_a_receiver_knows_either(make_daemon, started, knows):
    receiver = started(Webhook(secrets=[knows]))
    daemon = make_daemon({"hook": sinks.webhook(receiver, sign="standard",
                                                secret=["${NEW}", "${OLD}"])},
                         env={"NEW": SECRET, "OLD": OLD_SECRET}).start()

    daemon.accept(load_event("alert-created"))

    receiver.wait_for(1)


def test_github_receivers_know_who_sent_it(deliver):
    entry = deliver(load_event("alert-created"), sign="github", secret="It's a Secret to Everybody")

    headers = headers_of(entry)
    expected = hmac.new(b"It's a Secret to Everybody", entry["raw"], hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={expected}"
    assert headers["x-github-event"] == "alert"
    assert headers["x-github-delivery"] == entry["json"]["delivery"]


# What failures look like -----------------------------------------------------------------------


@pytest.mark.parametrize("status, headers, words", [
    (410, {}, "HTTP 410: gone"),
    (302, {"Location": "http://169.254.169.254/"}, "HTTP 302: the URL leads elsewhere"),
    (401, {}, "HTTP 401")])
def test_a_destination_that_is_gone_holds_the_sink(make_daemon, receiver, status, headers, words):
    daemon = make_daemon({"hook": sinks.webhook(receiver)}).start()
    receiver.fail_next(1, status, headers=headers)

    daemon.accept(load_event("alert-created"))

    daemon.wait_for_log(words)
    assert daemon.status()["waiting"] == 1 and len(receiver.requests) == 1


def test_an_event_that_the_template_makes_no_json_of_is_a_dead_letter(make_daemon, receiver):
    daemon = make_daemon({"hook": sinks.webhook(
        receiver, body='{"a": 1{{#event.body.odd}},{{/event.body.odd}}}')}).start()

    daemon.accept({"type": "alert", "odd": True})

    daemon.wait_for_log("body: makes no JSON: line 1, column")
    assert daemon.wait_settled()["dead"] == 1 and receiver.requests == []
    daemon.accept({"type": "alert"})
    assert receiver.wait_for(1)[0]["json"] == {"a": 1}


def test_no_secret_is_told_when_the_receiver_repeats_them(make_daemon, receiver):
    daemon = make_daemon(
        {"hook": sinks.webhook(receiver, sign="standard", secret=[SECRET, "${OLD}"],
                               headers={"Authorization": "Bearer ${KEY}", "X-Key": "${KEY}"})},
        env={"OLD": OLD_SECRET, "KEY": PLANTED["header"]}).start()
    receiver.fail_next(1, 400, f"bad: {' '.join(PLANTED.values())} Bearer {PLANTED['header']}")

    event_id = daemon.accept(load_event("alert-created"))

    receiver.wait_for_requests(1)
    daemon.wait_settled()
    places = {"log": daemon.log(), "story": str(daemon.event(event_id)),
              "status": str(daemon.status()), "metrics": str(daemon.get("/metrics").body),
              "explain": daemon.command("explain", event_id).stdout}
    assert "bad: *** *** *** *** ***" in places["story"]
    daemon.stop()
    places["ledger"] = "".join(path.read_bytes().decode("latin-1")
                               for path in daemon.folder.glob("ledger.db*"))
    found = [(what, place) for what, secret in PLANTED.items() for place, text in places.items()
             if secret in text]
    assert found == []


def test_a_drill_shows_the_request_without_its_secrets(make_daemon, started):
    receiver = started(Webhook(secrets=[SECRET]))
    daemon = make_daemon(
        {"hook": sinks.webhook(receiver, sign="standard", secret=[SECRET, "${OLD}"],
                               headers={"Authorization": "Bearer ${KEY}"}),
         "inside": {"plugin": "webhook", "url": receiver.url}},
        env={"OLD": OLD_SECRET, "KEY": PLANTED["header"]})

    fine = run("drill", "-c", daemon.config, "hook", env=daemon.env)
    refused = run("drill", "-c", daemon.config, "inside", env=daemon.env)

    entry, = receiver.wait_for(1)
    assert fine.returncode == 0 and "delivered" in fine.stdout
    assert headers_of(entry)["webhook-signature"] in fine.stdout
    assert "Authorization: ***" in fine.stdout
    assert refused.returncode == 1 and "the address 127.0.0.1 is of this host" in refused.stdout
    assert not [what for what, secret in PLANTED.items()
                if secret in fine.stdout + fine.stderr + refused.stdout + refused.stderr]


# What check says -------------------------------------------------------------------------------


@pytest.mark.parametrize("options, told", [
    ({"sign": "standard", "secret": "planted-nonsense"},
     'sink hook: secret: "sign: standard" wants whsec_ and then 24 to 64 bytes in base64'),
    ({"headers": {"Host": "planted-nonsense"}},
     'sink hook: headers: "Host" is made by tocsin with each request'),
    ({"headers": "planted-nonsense"},
     'sink hook: "headers" must be a map of texts such as {name: value}, not a text'),
    ({"allow": ["10.0.0.1/8"]}, 'sink hook: allow: "10.0.0.1/8" is no network'),
    ({"body": '{"a": {{titel}}}'},
     'sink hook: body: line 1, column 7: there is no "titel"; did you mean "title"?'),
    ({"body": '{"a": {{title}},}'}, "sink hook: body: makes no JSON: line 1, column"),
    ({"sign": "github"}, 'sink hook: sign: needs "secret"'),
])
def test_check_refuses_what_cannot_work(make_daemon, receiver, options, told):
    daemon = make_daemon({"hook": {"plugin": "webhook", "url": receiver.url, **options}})

    result = run("check", "-c", daemon.config)

    assert result.returncode != 0
    assert told in result.stdout + result.stderr
    assert "planted" not in result.stdout + result.stderr
