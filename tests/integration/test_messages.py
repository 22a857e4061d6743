"""Messages in the words of the rules: what arrives, and what check says of them before."""

import re

import pytest

import sinks
from conftest import TESTS, load_event, load_object
from tocsin import as_yaml, run

ALERT = "3f0c7a52-6f5e-4f0b-9d53-0d5b8a1c2e01"

RULES = """\
rules:
  - name: urgent alerts
    match: {type: alert, action: created}
    send:
      - chat
      - {sink: also, text: "now {{status}}, urgency {{urgency}}", facts: {}, level: info}
    title: "{{title}}{{#entity}} on {{entity}}{{/entity}}"
    text: |
      **{{status}}** since {{alert.first_seen_at|time:Europe/Paris}}
      {{> runbook}}
    facts:
      Seen from: "{{source}}"
      Owner: "{{alert.owner}}"
      Team: "{{#alert.custom_fields}}{{value}}{{/alert.custom_fields}}"
    link: "https://desk.example/new?title={{title}}&id={{alert.short_id}}"
    level: high
  - name: the rest
    match: {type: [case, ticket]}
    send: [chat]
    link: "{{{attributes.url}}}"
    text: "{{title}} is {{status}}"
partials:
  runbook: "[runbook](https://wiki.example/{{type}})"
unmatched: [{sink: chat, title: "nobody wanted {{type}}"}]
"""
COLORS = {"info": "#607D8B", "high": "#F57C00", "urgent": "#D32F2F"}


@pytest.fixture
def both(mattermost, started):
    from fakes.mattermost import Mattermost
    also = started(Mattermost())
    return {"chat": sinks.mattermost(mattermost), "also": sinks.mattermost(also)}, mattermost, also


def attachment(fake, count):
    fake.wait_for(count, 30)
    return fake.received[count - 1]["json"]["attachments"][0]


def facts(shown):
    return {field["title"]: field["value"] for field in shown.get("fields", [])}


def check(daemon):
    result = run("check", "-c", daemon.config)
    return result.returncode, result.stdout + result.stderr


# What arrives ------------------------------------------------------------------------------


def test_a_rules_own_words_arrive_and_a_sends_go_before_them(make_daemon, api, both):
    options, chat, also = both
    daemon = make_daemon(options, rules=RULES, api=api).start()
    daemon.accept(load_event("alert-created"))
    first, second = attachment(chat, 1), attachment(also, 1)

    title = "Mimikatz run on a domain controller on Lyon plant"
    link = ("https://desk.example/new?title=Mimikatz%20run%20on%20a%20domain%20controller"
            "&id=ALk3Rw9ZpQ2d")
    for shown, level in ((first, "[HIGH 85] "), (second, "")):
        assert shown["title"] == level + title
        assert shown["title_link"] == link
    assert first["text"].startswith("**Pending** since 2026\\-03\\-02 09:14")
    assert first["text"].endswith("\n[runbook](https://wiki.example/alert)")
    assert set(facts(first)) == {"Seen from", "Team"}, "an empty fact is left out"
    assert facts(first)["Seen from"] == "10\\.20\\.3\\.4"
    assert first["color"] == COLORS["high"]
    assert second["text"] == "now Pending, urgency 85"
    assert facts(second) == {}
    assert second["color"] == COLORS["info"]


def test_what_nobody_wanted_has_words_too(make_daemon, both):
    options, chat, _ = both
    daemon = make_daemon(options, rules=RULES).start()
    daemon.accept(load_event("unknown-type"))
    assert attachment(chat, 1)["title"] == "nobody wanted rule\\-rate\\-limited"


def test_what_an_attacker_wrote_is_harmless_in_a_template(make_daemon, api, both):
    options, chat, _ = both
    api.add(load_object("alert-hostile-texts"))
    daemon = make_daemon(options, api=api, rules="""\
rules:
  - name: r
    match: {}
    send: [chat]
    title: "{{{title}}}"
    text: "**{{title}}** {{entity}}"
    facts: {Title: "{{title}}"}
    link: "https://desk.example/?q={{title}}"
""").start()
    daemon.accept(load_event("alert-created"))
    shown = attachment(chat, 1)
    assert not chat.mentions(chat.received[0])
    assert "](https" not in shown["text"] and "\n" not in shown["title"]
    assert re.fullmatch(r"https://desk\.example/\?q=[A-Za-z0-9%._~-]+", shown["title_link"])


def as_told(document):
    """What a plugin was given, as docs/messages.md shows it."""
    levels = ["info", "low", "medium", "high", "urgent"]
    lines = [document["title"], f"level {levels[document['level']]}", document["text_plain"],
             *[f"{label}: {value}" for label, value in document["facts"]], document["link"]]
    return "\n".join(line for line in lines if line)


def test_the_documentations_example_reads_as_it_says(make_daemon, api, started):
    from fakes.recorder import Recorder
    duty, board = started(Recorder()), started(Recorder())
    text = (TESTS.parent / "docs" / "messages.md").read_text()
    rules, = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    shown = re.findall(r"```text\n(.*?)\n```", text, re.DOTALL)
    daemon = make_daemon({"duty": sinks.record(duty), "board": sinks.record(board)}, rules=rules,
                         api=api).start()
    daemon.accept(load_event("alert-created"))
    told = [fake.wait_for(1, 30)[0]["json"] for fake in (duty, board)]
    assert [as_told(document) for document in told] == shown


# What fails --------------------------------------------------------------------------------


def test_a_template_that_fails_sends_the_default_and_is_told_of_once(make_daemon, both):
    """No sample event has `attributes.url`, so check cannot know."""
    options, chat, _ = both
    daemon = make_daemon(options, rules=RULES).start()
    for n in range(3):
        daemon.accept({"type": "ticket", "action": "opened", "attributes": {
            "n": n, "title": "Disk full", "text": "On bk-02.", "url": "file:///etc/passwd"}})
    shown = attachment(chat, 3)
    assert shown["title"] == "Disk full"
    assert "On bk\\-02\\." in shown["text"], "the default text"
    assert "rules\\.yaml&#58;20, link" in shown["text"], shown["text"]
    assert "is no URL" in shown["text"]
    assert "title_link" not in shown
    daemon.wait_settled()
    assert daemon.status()["misworded"] == 3
    told = re.findall(r"a template failed.*rules\.yaml:20:11: link: ", daemon.log())
    assert len(told) == 1, daemon.log()
    shown = daemon.command("status")
    assert "3 messages went out in the default words" in shown.stdout, shown.stdout

    daemon.accept({"type": "ticket", "action": "opened", "attributes": {
        "title": "Disk full", "status": "open", "url": "https://desk.example/1"}})
    shown = attachment(chat, 4)
    assert shown["text"] == "Disk full is open"
    assert shown["title_link"] == "https://desk.example/1"


def test_a_message_is_made_of_todays_rules_and_says_when_its_rule_is_gone(make_daemon, both):
    options, chat, _ = both
    chat.enabled = False  # 501: the sink is unusable, and the delivery waits
    daemon = make_daemon(options, rules=RULES,
                         settings="sink_defaults: {breaker: {probe: 100ms}}\n").start()
    daemon.accept(load_event("unknown-type"))
    daemon.accept({"type": "ticket", "attributes": {"title": "Disk full", "status": "open"}})
    chat.wait_for_requests(1, 30)
    daemon.stop()
    daemon.rules.write_text(RULES.replace("nobody wanted", "who wants").replace(
        "name: the rest", "name: tickets"))
    chat.enabled = True
    before = len(chat.received)
    daemon.start()
    chat.wait_for(before + 2, 30)
    shown = [request["json"]["attachments"][0] for request in chat.received[before:]]
    by_title = {each["title"]: each for each in shown}
    assert "who wants rule\\-rate\\-limited" in by_title
    assert "the rules have no \"the rest\" any more" in by_title["Disk full"]["text"]


def test_tocsins_own_alarms_are_not_the_rules_to_word(make_daemon, both):
    options, chat, also = both
    also.enabled = False  # 501: unusable, which is an alarm
    daemon = make_daemon(options, settings="alarms: [chat]\n", rules="""\
rules: [{name: alarms, match: {type: backup}, send: [also], title: x, text: y}]
""").start()
    daemon.accept({"type": "backup"})
    shown = attachment(chat, 1)
    assert shown["title"].endswith("Sink also is unusable")
    assert shown["text"].startswith("Its deliveries wait") and "any more" not in shown["text"]


# What check says ---------------------------------------------------------------------------


@pytest.mark.parametrize("old, new, line", [
    ("{{> runbook}}", "{{> runbok}}",
     r'rules\.yaml:10:7: there is no partial "runbok"; did you mean "runbook"\?'),
    ("{{/entity}}", "", r'rules\.yaml:7:22: title: section "entity" has no end'),
    ("{{title}}{{#entity}}", "{{titel}}{{#entity}}",
     r'rules\.yaml:7:13: unknown name "titel"; did you mean "title"\?'),
    ("{{source}}", "{{source|agoo}}", r"rules\.yaml:12:\d+: facts: .*agoo"),
    ("https://desk.example/new", "desk.example/new",
     r'rules\.yaml:15:11: link: "desk\.example/new\S*", on a sample event .* is no URL'),
    ("level: high", "level: hihg", r'rules\.yaml:16:12: unknown level "hihg"; did you mean "high"'),
    ("[runbook](", "{{> runbook}}[runbook](",
     r"rules\.yaml:\d+:\d+: text: fails on a sample event"),
    ("partials:\n", "partials:\n  row: '{{#x}}'\n", r"rules\.yaml:23:9: partial: section"),
], ids=lambda value: None)
def test_check_names_the_line_of_a_faulty_template(make_daemon, both, old, new, line):
    daemon = make_daemon(both[0], rules=RULES.replace(old, new, 1))
    code, output = check(daemon)
    assert code == 1, output
    assert re.search(line, output), output


def test_check_warns_of_a_text_that_the_sink_will_cut(make_daemon, both):
    daemon = make_daemon(both[0], rules=RULES.replace("now {{status}}", "x" * 16001))
    code, output = check(daemon)
    assert code == 0, output
    assert re.search(r"rules\.yaml:6:\d+: warning: text: has 160\d\d characters on a sample event "
                     r'\(.*\), of which sink "also" shows 16000', output), output


def test_partials_come_from_a_folder_as_well(make_daemon, both):
    options, chat, _ = both
    daemon = make_daemon(options, rules=re.sub(
        r"partials:\n.*\n", "partials: templates/\n", RULES))
    folder = daemon.folder / "templates"
    code, output = check(daemon)
    assert code == 1 and "templates cannot be read: No such file" in output, output
    folder.mkdir()
    (folder / "runbook.mustache").write_text("one\n{{#type}}")
    code, output = check(daemon)
    assert code == 1 and "templates/runbook.mustache:2:1: partial: section" in output, output
    (folder / "runbook.mustache").write_text("see the {{type}} runbook\n")
    code, output = check(daemon)
    assert code == 0, output
    daemon.start()
    daemon.accept(load_event("alert-created-rich"))
    assert "see the alert runbook" in attachment(chat, 1)["text"]


def test_a_partial_that_changes_is_taken_over_by_a_daemon_that_watches(make_daemon, both):
    options, chat, _ = both
    daemon = make_daemon(options, settings="watch: true\n", rules=re.sub(
        r"partials:\n.*\n", "partials: templates/\n", RULES))
    folder = daemon.folder / "templates"
    folder.mkdir()
    (folder / "runbook").write_text("the first")
    daemon.start()
    daemon.accept(load_event("alert-created-rich"))
    assert "the first" in attachment(chat, 1)["text"]

    (folder / "runbook.mustache").write_text("the {{#second}}")
    daemon.wait_for_log(r"runbook\.mustache:1:5: partial: section")
    (folder / "runbook.mustache").write_text("the second")
    daemon.wait_for_log(r"is taken over, in \d+ ms: .*partials")
    daemon.accept({**load_event("alert-created-rich"), "metadata": {"uuid": "another"}})
    assert "the second" in attachment(chat, 2)["text"]


def test_partials_of_two_files_may_not_share_a_name(make_daemon, both):
    daemon = make_daemon(both[0], rules=RULES)
    more = daemon.folder / "more.yaml"
    more.write_text("partials: {runbook: x}\n")
    daemon.config.write_text(daemon.config.read_text().replace(
        "rules: rules.yaml", f"rules: [rules.yaml, {as_yaml(str(more))}]"))
    code, output = check(daemon)
    assert code == 1
    assert re.search(r'more\.yaml:1:12: the partial "runbook" stands already at .*rules\.yaml:23',
                     output), output
