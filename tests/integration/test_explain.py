"""`tocsin explain`: of a file, of standard input, of an event in the ledger; and that it never says
anything else than the daemon does."""

import json
import random
import re
import subprocess

import pytest

import sinks
from conftest import EVENTS, OBJECTS, event_names, load_event, load_object
from fakes.recorder import Recorder
from tocsin import BINARY, HOOK_PATH, run, wait_until

URGENT = """\
rules:
  - name: urgent alerts wake people
    match: {type: alert, action: created, urgency: {gte: 80}}
    send: [chat]
  - name: our own scanner tells nobody
    match: {type: alert, entity: vuln-scanner-01}
    send: []
    stop: true
  - name: everything else is for the record
    match: {}
    send: [siem]
"""


@pytest.fixture
def recorder(started):
    return started(Recorder())


@pytest.fixture
def daemon(make_daemon, recorder, api):
    """Two sinks, the rules above, the Alert API; not started."""
    return make_daemon({"chat": sinks.record(recorder), "siem": sinks.record(recorder)},
                       rules=URGENT, api=api)


def explain(daemon, *arguments, code=0, stdin=None):
    """What it says on standard output."""
    result = subprocess.run(
        [BINARY, "explain", "-c", daemon.config, *map(str, arguments)], capture_output=True,
        text=True, input=stdin, timeout=60)
    assert result.returncode == code, f"{result.returncode}\n{result.stdout}\n{result.stderr}"
    return result.stdout if code == 0 else result.stdout + result.stderr


def explain_json(daemon, *arguments, **more):
    return json.loads(explain(daemon, "--json", *arguments, **more))


def explain_id(daemon, event_id, *arguments):
    """By the daemon while it runs, else from its ledger."""
    answer = daemon.command("explain", "--json", event_id, *arguments)
    assert answer.returncode == 0, answer
    return json.loads(answer.stdout)


def verdicts(explanation):
    return {rule["rule"]: rule["verdict"] for rule in explanation["rules"]}


def told(explanation):
    return {delivery["sink"]: delivery["rule"] for delivery in explanation["deliveries"]}


# Of a file -----------------------------------------------------------------------------------


def test_each_rule_has_its_line_and_the_first_that_failed_its_value(daemon):
    out = explain(daemon, EVENTS / "alert-created.json", "--with", OBJECTS / "alert-partial.json")
    lines = out.splitlines()
    assert lines[0] == "alert created  by hook soc"
    assert lines[1] == "looked up: alert, found"
    no = lines.index(f"no       {daemon.rules}:2  urgent alerts wake people")
    assert lines[no + 1].strip() == f"{daemon.rules}:3: urgency: gte 80 (was 12)"
    assert f"matched  {daemon.rules}:9  everything else is for the record" in lines
    assert any(line.startswith('-> siem (by "everything else is for the record"; ')
               for line in lines), out
    assert "   [low 12] Harmless scan" in lines


def test_a_stop_says_that_it_stops_and_how_many_rules_are_left(daemon):
    scanner = {**load_object("alert-partial"), "entity": {"name": "vuln-scanner-01"}}
    supplied = daemon.folder / "object.json"
    supplied.write_text(json.dumps(scanner))
    out = explain(daemon, EVENTS / "alert-created.json", "--with", supplied)
    assert "stop: no rule after this one is tried; 1 is left" in out
    assert out.rstrip().endswith("-> nobody: a rule says so")
    explanation = explain_json(daemon, EVENTS / "alert-created.json", "--with", supplied)
    assert explanation["not_tried"] == 1 and len(explanation["rules"]) == 2
    assert explanation["nobody"] == "a rule says so"


def test_a_look_up_in_vain_is_unknown_and_sends(daemon):
    explanation = explain_json(daemon, EVENTS / "alert-created.json", "--not-enriched")
    first = explanation["rules"][0]
    assert first["verdict"] == "unknown" and first["sends"] is True
    assert first["because"]["at"] == f"{daemon.rules}:3" and "unknown" in first["because"]["text"]
    assert told(explanation)["chat"] == "urgent alerts wake people"
    assert explanation["deliveries"][0]["not_enriched"] is True
    assert explanation["object"] == {"name": "alert", "found": False,
                                     "status": "as asked for: --not-enriched"}
    out = explain(daemon, EVENTS / "alert-created.json", "--not-enriched")
    assert "the look-up failed, so it sends rather than stays silent" in out


def test_the_message_is_the_one_that_the_daemon_sends(daemon, recorder, api):
    daemon.start()
    daemon.accept(load_event("alert-created"))
    daemon.wait_settled()
    explanation = explain_json(daemon, EVENTS / "alert-created.json", "--enrich")
    sent = {document["sink"]: document for document in recorder.documents()}
    assert set(sent) == {"chat", "siem"} == set(told(explanation))
    for delivery in explanation["deliveries"]:
        was = sent[delivery["sink"]]
        for member in ("title", "text", "rule", "link"):
            assert delivery[member] == was[member], member
        assert delivery["urgency"] == 85 and delivery["level"] == "urgent"
        assert delivery["size"] == len(delivery["text"])
        assert {"label": "Entity", "value": "Lyon plant"} in delivery["facts"]


def test_words_that_fail_are_told_with_the_default_message(daemon):
    daemon.rules.write_text('rules: [{name: r, match: {}, send: chat, link: "{{{body.at}}}"}]\n')
    event = json.dumps({"type": "probe", "at": "nowhere", "attributes": {"title": "no address"}})
    delivery, = explain_json(daemon, "-", stdin=event)["deliveries"]
    assert "rules.yaml:1:" in delivery["trouble"] and delivery["title"] == "no address"
    assert "the rule's own words failed" in explain(daemon, "-", stdin=event)
    fine = json.dumps({"type": "probe", "at": "https://a.example/"})
    delivery, = explain_json(daemon, "-", stdin=fine)["deliveries"]
    assert delivery["trouble"] is None and delivery["link"] == "https://a.example/"


def test_a_pattern_that_gives_up_is_told(daemon):
    daemon.rules.write_text(
        "rules: [{name: r, match: {title: {regex: '^(a+)+$'}}, send: chat}]\nunmatched: siem\n")
    event = json.dumps({"type": "probe", "attributes": {"title": "a" * 60 + "!"}})
    rule, = explain_json(daemon, "-", stdin=event)["rules"]
    assert rule["verdict"] == "no" and "gave_up" in rule, rule
    assert "a pattern gave up after" in explain(daemon, "-", stdin=event)


def test_standard_input_is_a_dash(daemon):
    event = json.dumps({"type": "probe", "action": "created", "attributes": {"title": "from a pipe"}})
    explanation = explain_json(daemon, "-", stdin=event)
    assert explanation["event"]["type"] == "probe"
    assert explanation["deliveries"][0]["title"] == "from a pipe"
    assert explanation["object"] is None and explanation["recorded"] is None


def test_the_hook_can_be_said_and_is_the_only_one_else(daemon):
    daemon.rules.write_text("rules: [{name: by hook, match: {hook: soc}, send: chat}]\n")
    event = EVENTS / "unknown-type.json"
    assert verdicts(explain_json(daemon, event)) == {"by hook": "yes"}
    assert verdicts(explain_json(daemon, event, "--hook", "other")) == {"by hook": "no"}


def test_what_is_not_looked_up_is_said(daemon):
    result = run("explain", "-c", daemon.config, EVENTS / "alert-created.json")
    assert result.returncode == 0
    assert "--enrich looks it up now" in result.stderr
    assert "(absent)" in result.stdout
    quiet = run("explain", "-c", daemon.config, EVENTS / "unknown-type.json")
    assert quiet.stderr == ""
    deleted = run("explain", "-c", daemon.config, EVENTS / "alert-deleted.json")
    assert deleted.stderr == ""


def test_a_text_beyond_the_sinks_limit_is_told(make_daemon):
    daemon = make_daemon(
        {"chat": {"plugin": "mattermost",
                  "url": "http://127.0.0.1:1/hooks/nobodylistens000000000000"}},
        rules='rules: [{name: r, match: {}, send: chat, text: "{{body.long}}"}]\n')
    event = json.dumps({"type": "probe", "long": "x" * 20000})
    delivery, = explain_json(daemon, "-", stdin=event)["deliveries"]
    assert delivery["flavour"] == "markdown" and delivery["size"] >= 20000
    assert 0 < delivery["limit"] < delivery["size"]
    assert f"the sink takes {delivery['limit']}: it is cut there" in explain(daemon, "-", stdin=event)


@pytest.mark.parametrize("arguments", [
    ["--enrich", "--not-enriched"], ["--with", "x.json", "--enrich"],
    ["--with", "x.json", "--not-enriched"]])
def test_there_is_one_object_at_most(daemon, arguments):
    out = explain(daemon, EVENTS / "alert-created.json", *arguments, code=2)
    assert "exclude each other" in out


def test_a_recorded_event_has_its_hook_already(daemon):
    assert "--hook is for files" in explain(daemon, "3f9a1c-e17", "--hook", "other", code=2)


def test_an_object_may_be_the_answer_or_what_stands_in_it(daemon):
    daemon.rules.write_text("rules: [{name: p, match: {title: {contains: FLINT}}, send: chat}]\n")
    event = EVENTS / "content-proposal-created.json"
    answer = load_object("content-proposal")
    inside = daemon.folder / "inside.json"
    inside.write_text(json.dumps(answer["data"]))
    for supplied in (OBJECTS / "content-proposal.json", inside):
        assert verdicts(explain_json(daemon, event, "--with", supplied)) == {"p": "yes"}


@pytest.mark.parametrize("content, words", [
    ("[1, 2]", "no object"), ("nothing", "line 1"), ("", "line 1")])
def test_a_supplied_object_that_is_none_is_refused(daemon, content, words):
    supplied = daemon.folder / "object.json"
    supplied.write_text(content)
    out = explain(daemon, EVENTS / "alert-created.json", "--with", supplied, code=3)
    assert str(supplied) in out and words in out


def test_a_file_that_is_a_folder_is_an_error_and_no_empty_event(daemon):
    assert "Is a directory" in explain(daemon, daemon.folder, code=3)


# --enrich ------------------------------------------------------------------------------------


def test_enrich_asks_the_api_as_configured(daemon, api):
    explanation = explain_json(daemon, EVENTS / "alert-created.json", "--enrich")
    assert explanation["object"] == {"name": "alert", "status": "found", "found": True}
    assert verdicts(explanation)["urgent alerts wake people"] == "yes"
    request, = api.requests
    assert request.path.endswith(load_event("alert-created")["attributes"]["uuid"])


def test_enrich_of_what_the_api_refuses_goes_on_without(daemon, api):
    api.fail_always(403)
    explanation = explain_json(daemon, EVENTS / "alert-created.json", "--enrich")
    assert explanation["object"]["found"] is False and "403" in explanation["object"]["status"]
    assert verdicts(explanation)["urgent alerts wake people"] == "unknown"


def test_enrich_ends_at_the_deadline_of_the_configuration(daemon, api):
    daemon.config.write_text(daemon.config.read_text()
                             + "enrich: {alert: {deadline: 300ms, timeout: 100ms}}\n")
    api.fail_always(503)
    explanation = explain_json(daemon, EVENTS / "alert-created.json", "--enrich")
    assert "no answer within 300 ms" in explanation["object"]["status"]


def test_enrich_of_an_event_that_is_not_looked_up_says_so(daemon, api):
    result = run("explain", "-c", daemon.config, "--enrich", EVENTS / "unknown-type.json")
    assert result.returncode == 0 and "not looked up" in result.stderr
    assert api.requests == []


# Of an event in the ledger -------------------------------------------------------------------


def test_an_event_is_explained_from_the_ledger_with_what_was_looked_up_then(daemon, api):
    daemon.start()
    event_id = daemon.accept(load_event("alert-created"))
    daemon.wait_settled()
    api.add({**load_object("alert-full"), "title": "another by now",
             "urgency": {"current_value": 3}})
    living = explain_id(daemon, event_id)
    daemon.stop()
    dead = explain_id(daemon, event_id)
    assert living == dead
    assert living["event"]["id"] == event_id and living["event"]["hook"] == "soc"
    assert living["deliveries"][0]["title"] == load_object("alert-full")["title"]
    assert told(living) == {"chat": "urgent alerts wake people",
                            "siem": "everything else is for the record"}
    assert living["recorded"] == {"decided": True, "same": True, "differences": []}
    number = event_id.rpartition("-e")[2]
    assert explain_id(daemon, number) == dead
    out = daemon.command("explain", event_id)
    assert out.stdout.startswith(f"{event_id}  alert created"), out
    assert "the daemon decided the same" in out.stdout
    assert "read from the ledger" in out.stderr


def test_events_shows_each_verdict_of_the_real_decision(daemon):
    daemon.rules.write_text(URGENT.replace("gte: 80", "gte: 90"))
    daemon.start()
    event_id = daemon.accept(load_event("alert-created"))
    daemon.wait_settled()
    lines = daemon.command("events", event_id).stdout.splitlines()
    assert (f'rule "urgent alerts wake people" ({daemon.rules}:2) did not match: '
            f"{daemon.rules}:3: urgency: gte 90 (was 85)") in lines, lines
    assert f'rule "everything else is for the record" ({daemon.rules}:9) matched' in lines
    stored = daemon.event(event_id)["trace"]
    assert stored == explain_id(daemon, event_id)["rules"]


def test_enrich_takes_what_the_api_says_now(daemon, api):
    daemon.start()
    event_id = daemon.accept(load_event("alert-created"))
    daemon.wait_settled()
    api.add({**load_object("alert-full"), "urgency": {"current_value": 3}})
    explanation = explain_id(daemon, event_id, "--enrich")
    assert verdicts(explanation)["urgent alerts wake people"] == "no"
    assert explanation["recorded"] is None  # of other data there is nothing to compare


def test_other_rules_than_those_of_the_decision_are_told(daemon):
    daemon.start()
    event_id = daemon.accept(load_event("alert-created"))
    daemon.wait_settled()
    daemon.rules.write_text(URGENT.replace("gte: 80", "gte: 90").replace(
        "everything else is for the record", "the rest"))
    compared = explain_id(daemon, event_id)["recorded"]
    assert compared["decided"] is True and compared["same"] is False
    told_differences = "\n".join(compared["differences"])
    assert 'rule "urgent alerts wake people": matched then, no today' in told_differences
    assert 'rule "everything else is for the record" was tried then (matched), and is not today' \
        in told_differences
    assert 'rule "the rest" was not tried then, and is today (matched)' in told_differences
    assert 'chat was told then (by "urgent alerts wake people"), and would not be today' \
        in told_differences
    assert 'siem was told by "everything else is for the record" then, and would be by ' \
           '"the rest" today' in told_differences
    out = daemon.command("explain", event_id).stdout
    assert "the daemon decided by other rules than today's:" in out


@pytest.mark.parametrize("old, new, words", [
    ("rules:\n", "# a line more\nrules:\n", "stood at"),
    ("entity: vuln-scanner-01", "entity: vuln-scanner-02", "had another reason then"),
    ("send: [siem]", "send: [siem, chat]", None),
])
def test_a_change_that_changes_no_verdict_is_told_where_the_record_shows_it(
        daemon, old, new, words):
    daemon.start()
    event_id = daemon.accept(load_event("alert-created"))
    daemon.wait_settled()
    assert old in URGENT
    daemon.rules.write_text(URGENT.replace(old, new))
    compared = explain_id(daemon, event_id)["recorded"]
    assert compared["same"] is (words is None), compared
    if words:
        assert all(words in difference for difference in compared["differences"])


def test_rules_in_another_order_are_told(daemon):
    daemon.rules.write_text(
        "rules: [{name: a, match: {}, send: chat}, {name: b, match: {}, send: siem}]\n")
    daemon.start()
    event_id = daemon.accept(load_event("unknown-type"))
    daemon.wait_settled()
    at = f"{daemon.rules}:1"
    daemon.rules.write_text(
        "rules: [{name: b, match: {}, send: siem}, {name: a, match: {}, send: chat}]\n")
    compared = explain_id(daemon, event_id)["recorded"]
    assert compared["differences"] == ["the rules stood in another order"], (compared, at)


def test_what_the_daemon_left_out_of_the_record_is_no_difference(daemon):
    """With more than 32 rules those that cannot match are only counted."""
    last = URGENT[len("rules:\n"):]
    others = "".join(f"  - {{name: host {n}, match: {{entity: host-{n}}}, send: [chat]}}\n"
                     for n in range(40))
    daemon.rules.write_text("rules:\n" + last + others)
    daemon.start()
    event_id = daemon.accept(load_event("alert-created"))
    daemon.wait_settled()
    assert any("left_out" in step for step in daemon.event(event_id)["trace"])
    assert explain_id(daemon, event_id)["recorded"]["same"] is True
    daemon.rules.write_text("rules:\n" + last)  # few: each is recorded from now on
    assert explain_id(daemon, event_id)["recorded"]["same"] is True
    daemon.rules.write_text("rules:\n" + last + others.replace("host-7,", '"Lyon plant",').replace(
        "host-7}", '"Lyon plant"}'))
    assert explain_id(daemon, event_id)["recorded"]["differences"] == [
        'rule "host 7" was not tried then, and is today (matched)']


def test_a_replay_is_what_today_is_compared_with(daemon):
    daemon.start()
    event_id = daemon.accept(load_event("alert-created"))
    daemon.wait_settled()
    daemon.stop()
    daemon.rules.write_text(URGENT.replace("gte: 80", "gte: 90"))
    daemon.start()
    assert explain_id(daemon, event_id)["recorded"]["same"] is False
    assert daemon.command("replay", event_id).returncode == 0
    wait_until(lambda: any(later["trace"] for later in daemon.event(event_id)["later"]), "replayed")
    assert explain_id(daemon, event_id)["recorded"]["same"] is True


def test_an_alarm_asks_no_rule(make_daemon, recorder):
    recorder.judge = lambda document, count: (404, {}) if document["sink"] == "chat" else None
    daemon = make_daemon({"chat": sinks.record(recorder), "siem": sinks.record(recorder)},
                         rules="rules: [{name: r, match: {}, send: chat}]\n",
                         settings="alarms: [siem, chat]\n").start()
    daemon.accept(load_event("unknown-type"))
    alarm = wait_until(lambda: daemon.get("/api/v1/events?hook=tocsin").body["events"],
                       "an alarm")[0]["id"]
    wait_until(lambda: daemon.event(alarm)["state"] == "routed", "the alarm is routed")
    explanation = explain_id(daemon, alarm)
    assert explanation["alarm"] is True and explanation["rules"] == []
    assert told(explanation) == {"siem": "alarms"}
    assert explanation["recorded"]["same"] is True
    assert "no rule is asked" in daemon.command("explain", alarm).stdout
    assert "one of tocsin's own alarms" in daemon.command("events", alarm).stdout


@pytest.mark.parametrize("event_id, words", [
    ("999", "not in the ledger"), ("abc-e1", "ledger"), ("abc-d1", "abc-d1")])
def test_an_event_that_is_not_there_is_said(daemon, event_id, words):
    daemon.start()
    daemon.accept(load_event("unknown-type"))
    daemon.wait_settled()
    answer = daemon.command("explain", event_id)
    assert answer.returncode == 3 and words in answer.stderr, answer


def test_an_event_that_is_not_routed_yet_is_explained_without_a_record(daemon, api):
    api.delay(30)
    daemon.start()
    event_id = daemon.accept(load_event("alert-created"))
    explanation = explain_id(daemon, event_id)
    assert explanation["recorded"] == {"decided": False, "same": False, "differences": []}
    assert "not recorded (yet)" in daemon.command("explain", event_id).stdout
    daemon.kill9()


# It never disagrees with the daemon ----------------------------------------------------------

SINKS = [f"s{n}" for n in range(6)]
# Each operator against fields of every kind, so that some are absent, null, lists, objects, unknown.
FIELDS = ["title", "urgency", "level", "entity", "status", "changed", "action", "source", "target",
          "alert.similar", "alert.urgency.current_value", "alert.rule.name", "alert.ttps",
          "alert.ttps.0.type", "alert.created_at", "attributes.updated", "attributes.uuid",
          "metadata.created_at", "metadata.permissions", "body.attributes", "hook", "time", "rule",
          "thread", "facts", "case.title", "proposal.status", "comment.content", "text", "link"]
TESTS = ["{eq: created}", "created", "[created, updated, soc]", "{ne: Closed}", "{in: [alert, case]}",
         "{gt: 12}", "{gte: 85}", "{lt: high}", "{lte: 2026-03-02T08:15:43Z}", "{exists: true}",
         "{exists: false}", "{contains: a}", '{glob: "*i*"}', "85", '"85"', "{gte: 10, lt: 90}",
         "{ne: Pending, exists: true}", "{regex: '(?i)^[a-m]'}", "{cidr: 10.0.0.0/8}",
         "{has: {type: attack-pattern}}", "{newer_than: 2h}", "{older_than: 3650d}"]


def usable_pairs(daemon):
    """Those of FIELDS and TESTS that the rules may put together: {field: [test]}."""
    pairs = [(field, test) for field in FIELDS for test in TESTS]
    daemon.rules.write_text("rules:\n" + "".join(
        f"  - {{name: r{n}, match: {{{field}: {test}}}, send: s0}}\n"
        for n, (field, test) in enumerate(pairs)))
    checked = run("check", "-c", daemon.config)
    faulty = {int(line) for line in re.findall(r"rules\.yaml:(\d+):", checked.stderr)}
    usable = {field: [] for field in FIELDS}
    for n, (field, test) in enumerate(pairs):
        if n + 2 not in faulty:
            usable[field].append(test)
    assert all(len(tests) >= 5 for tests in usable.values()), usable
    return usable


def random_condition(chance, usable, depth=0):
    kind = chance.random()
    if depth < 3 and kind < 0.35:
        inner = [random_condition(chance, usable, depth + 1) for _ in range(chance.randint(1, 3))]
        if kind < 0.12:
            return f"{{any: [{', '.join(inner)}]}}"
        if kind < 0.24:
            return f"{{all: [{', '.join(inner)}]}}"
        return f"{{not: {inner[0]}}}"
    fields = chance.sample(FIELDS, chance.randint(1, 2))
    return "{" + ", ".join(f"{field}: {chance.choice(usable[field])}" for field in fields) + "}"


def random_rules(chance, usable, count):
    """Beside `count` of them, one for each field and each test that can be."""
    lines = ["rules:"]
    for n, (field, test) in enumerate((field, test) for field in FIELDS for test in usable[field]):
        if n % 5 == count % 5:
            lines += [f"  - name: pair {n}", f"    match: {{{field}: {test}}}",
                      f"    send: [{chance.choice(SINKS)}]"]
    for n in range(count):
        some = chance.sample(SINKS, chance.randint(0, 3))
        lines += [f"  - name: rule {n}", f"    match: {random_condition(chance, usable)}",
                  f"    send: [{', '.join(some)}]"]
        if chance.random() < 0.05:
            lines.append("    stop: true")
        if chance.random() < 0.2:
            lines.append("    if_not_enriched: skip")
    return "\n".join(lines) + "\nunmatched: [s5]\n"


def few_rules(chance, usable):
    """Few enough that every verdict is recorded."""
    return "rules:\n" + "".join(
        f"  - {{name: r{n}, match: {random_condition(chance, usable)}, "
        f"send: [{chance.choice(SINKS)}]}}\n" for n in range(30)) + "unmatched: s5\n"


def mutate(chance, value, depth=0):
    """The document with a part of it of another kind."""
    others = [None, "", "created", "85", 85, 85.5, -1, True, [], {}, [1, "a", None], {"a": "b"},
              "2026-03-02T08:15:42Z", 1772439342, "10.20.3.4 (DC)", "\u00e9\ud83d\ude00", "x" * 300]
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(sorted(value))
        if depth > 0 and chance.random() < 0.15:
            return {k: v for k, v in value.items() if k != key}
        return {**value, key: mutate(chance, value[key], depth + 1)}
    if isinstance(value, list) and value and chance.random() < 0.7:
        return [mutate(chance, item, depth + 1) for item in value]
    return chance.choice(others)


def mutated_event(chance, names):
    while True:
        event = load_event(chance.choice(names))
        for _ in range(chance.randint(0, 3)):
            event = mutate(chance, event)
        kind = event.get("type", event.get("event_type")) if isinstance(event, dict) else None
        if isinstance(kind, str) and kind:
            return event


def agree(daemon, event_id):
    """Explain's verdicts and the daemon's are the same, in every detail that is recorded."""
    story = daemon.event(event_id)
    explanation = explain_id(daemon, event_id)
    recorded = story["trace"]
    left_out = sum(step.get("left_out", 0) for step in recorded)
    steps = [step for step in recorded if "rule" in step]
    mine = {rule["rule"]: rule for rule in explanation["rules"]}
    for step in steps:
        assert mine[step["rule"]] == step, event_id
    assert len(steps) + left_out == len(explanation["rules"]), event_id
    rest = [rule for rule in explanation["rules"] if rule["rule"] not in {s["rule"] for s in steps}]
    assert all(rule["verdict"] == "no" or not rule["sends"] for rule in rest), event_id
    assert [(d["sink"], d["rule"]) for d in story["deliveries"]] == \
        [(d["sink"], d["rule"]) for d in explanation["deliveries"]], event_id
    assert explanation["recorded"] == {"decided": True, "same": True, "differences": []}, event_id
    return explanation


def changes(before, after):
    """What is different between two explanations, as what-if tells it."""
    was, now = told(before), told(after)
    return sorted(
        [("less", sink, None, rule) for sink, rule in was.items() if sink not in now]
        + [("more", sink, rule, None) for sink, rule in now.items() if sink not in was]
        + [("differently", sink, now[sink], rule) for sink, rule in was.items()
           if now.get(sink, rule) != rule], key=str)


def what_if_agrees(daemon, explained, other_rules):
    """What-if tells of each event what two explanations differ in."""
    other = daemon.folder / "other.yaml"
    other.write_text(other_rules)
    answer = run("what-if", "-c", daemon.config, "--rules", other, "--json", "--limit", "1000")
    assert answer.returncode in (0, 1), answer
    report = json.loads(answer.stdout)
    shown = {event["id"]: sorted(((change["change"], change["sink"], change["rule"], change["was"])
                                  for change in event["changes"]), key=str)
             for event in report["shown"]}
    assert report["events"] == len(explained) and report["more"] is False
    daemon.rules.write_text(other_rules)
    for event_id, before in explained.items():
        expected = changes(before, explain_id(daemon, event_id))
        assert shown.get(event_id, []) == expected, event_id
    assert len(shown) > len(explained) // 4  # the test is worth something


@pytest.mark.parametrize("seed, rule_count", [(1, 0), (2, 40), (3, 120)])
def test_explain_and_the_daemon_never_disagree(make_daemon, recorder, api, seed, rule_count):
    chance = random.Random(seed)
    daemon = make_daemon({name: sinks.record(recorder) for name in SINKS}, api=api,
                         settings="dedupe: 1ms\nenrich: {alert: {deadline: 400ms, timeout: 200ms}, "
                                  "case: {deadline: 400ms}, content-proposal: {deadline: 400ms}, "
                                  "alert-comment: {deadline: 400ms}}\n")
    usable = usable_pairs(daemon)
    daemon.rules.write_text(random_rules(chance, usable, rule_count) if rule_count
                            else few_rules(chance, usable))
    checked = run("check", "-c", daemon.config)
    assert checked.returncode == 0, checked.stderr
    daemon.start()
    names = event_names()
    ids = []
    for turn in range(60):
        if turn % 15 == 0:
            api.add(mutate(chance, load_object("alert-full")),
                    uuid=load_object("alert-full")["uuid"])
        if turn % 20 == 19:
            api.fail_next(3, chance.choice([403, 500, 429]))
        answer = daemon.post(mutated_event(chance, names))
        assert answer.status == 202, answer
        ids.append(answer.body["id"])
    daemon.wait_settled(120)
    ids = list(dict.fromkeys(ids))
    seen = [agree(daemon, event_id) for event_id in ids]
    what_if_agrees(daemon, dict(zip(ids, seen)), random_rules(chance, usable, rule_count + 7))
    every = [rule["verdict"] for explanation in seen for rule in explanation["rules"]]
    assert {"yes", "no", "unknown"} <= set(every)  # the test is worth something
