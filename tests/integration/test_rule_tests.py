"""`tests:` in the rules file, and `tocsin test`."""

import json
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import EVENTS, OBJECTS
from test_check import CONFIG, change, check, place
from tocsin import as_yaml, plugin_path, run

RULES = """\
rules:
  - name: urgent alerts wake people
    match: {type: alert, action: created, urgency: {gte: 80}}
    send: [soc-chat]
  - name: the lab is quiet
    match: {type: alert, entity: lab}
    send: []
    stop: true
  - name: everything else is for the record
    match: {}
    send: [siem]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "tocsin.yaml").write_text(CONFIG)
    return tmp_path


def write(folder, *tests, rules=RULES):
    """Each test a map as flow YAML."""
    lines = "".join(f"  - {test}\n" for test in tests)
    (folder / "rules.yaml").write_text(rules + (f"tests:\n{lines}" if tests else ""))


def test(folder, *arguments):
    return run("test", "-c", folder / "tocsin.yaml", *arguments)


test.__test__ = False  # it is the command, not a test


def results(folder, *arguments, code=0):
    answer = test(folder, "--json", *arguments)
    assert answer.returncode == code, answer.stdout + answer.stderr
    return json.loads(answer.stdout)


def alert(urgency, entity="Lyon plant", action="created"):
    return (f"{{type: alert, action: {action}, alert: {{title: x, "
            f"urgency: {{current_value: {urgency}}}, entity: {{name: {entity}}}}}}}")


# Running -------------------------------------------------------------------------------------


def test_what_the_design_shows_runs(folder):
    write(folder,
          f"{{name: a moderate alert wakes nobody, event: {alert(30)}, expect: [siem]}}",
          f"{{name: with the Alert API down the duty still wakes, "
          f"event: {{file: {as_yaml(str(EVENTS / 'alert-created.json'))}}}, enriched: false, "
          f"expect: [siem, soc-chat]}}")
    answer = test(folder)
    assert answer.returncode == 0, answer
    assert answer.stdout == ("ok      a moderate alert wakes nobody\n"
                             "ok      with the Alert API down the duty still wakes\n"
                             "2 tests, all ok\n")


def test_a_failure_names_what_is_missing_and_what_is_too_much_with_the_lines(folder):
    write(folder, f"{{name: wakes, event: {alert(30)}, expect: [soc-chat]}}",
          f"{{name: fine, event: {alert(90)}, expect: [siem, soc-chat]}}")
    answer = test(folder)
    assert answer.returncode == 1
    rules = folder / "rules.yaml"
    assert answer.stdout == f"""\
FAILED  wakes
        {rules}:13
        expected: soc-chat
        came:     siem
        soc-chat hears nothing
            rule "urgent alerts wake people" ({rules}:2) did not match: {rules}:3: urgency: gte 80 (was 30)
        siem hears of it, and should not
            rule "everything else is for the record" ({rules}:9) sends to it
ok      fine
2 tests, 1 FAILED
"""


def test_a_rule_that_was_not_tried_is_told_with_the_one_that_stopped(folder):
    write(folder, f"{{name: lab, event: {alert(30, entity='lab')}, expect: siem}}")
    fault, = results(folder, code=1)["tests"][0]["faults"]
    rules = folder / "rules.yaml"
    assert fault == {"sink": "siem", "fault": "missing", "why": [
        f'rule "everything else is for the record" ({rules}:11) was not tried: '
        f'rule "the lab is quiet" ({rules}:5) stops']}


def test_a_sink_that_no_rule_names_is_told(folder):
    write(folder, "{name: a, event: {type: x}, expect: [soc-chat, siem]}",
          rules="rules: [{name: r, match: {}, send: siem}]\n")
    fault, = results(folder, code=1)["tests"][0]["faults"]
    assert fault["why"] == ["no rule sends to it"]


def test_unmatched_is_told(folder):
    rules = "rules: [{name: r, match: {type: alert}, send: siem}]\nunmatched: soc-chat\n"
    write(folder, "{name: a, event: {type: x}, expect: []}",
          "{name: b, event: {type: alert}, expect: [siem, soc-chat]}", rules=rules)
    first, second = results(folder, code=1)["tests"]
    assert first["faults"] == [
        {"sink": "soc-chat", "fault": "extra", "why": ["`unmatched` names it"]}]
    assert "but a rule matched" in second["faults"][0]["why"][0]


def test_a_rule_that_cannot_know_says_so(folder):
    write(folder, "{name: a, event: {type: alert, action: created}, enriched: false, expect: siem}")
    fault, = results(folder, code=1)["tests"][0]["faults"]
    assert fault["fault"] == "extra" and "it cannot know" in fault["why"][0]
    assert f"{folder}/rules.yaml:3: urgency: gte 80 (unknown" in fault["why"][0]


def test_an_event_without_what_is_looked_up_is_noted_where_it_fails(folder):
    write(folder, "{name: a, event: {type: alert, action: created}, expect: [siem, soc-chat]}",
          "{name: b, event: {type: alert, action: deleted}, expect: [soc-chat]}",
          "{name: c, event: {type: probe}, expect: [soc-chat]}")
    notes = {result["name"]: result["note"] for result in results(folder, code=1)["tests"]}
    assert "write `alert` in the event" in notes["a"] and notes["b"] is notes["c"] is None
    assert "        nothing stands for what is looked up" in test(folder).stdout


def test_sinks_may_come_in_any_order_and_must_be_exactly_those(folder):
    write(folder, f"{{name: a, event: {alert(90)}, expect: [siem, soc-chat]}}",
          f"{{name: b, event: {alert(90)}, expect: [soc-chat, siem]}}",
          f"{{name: c, event: {alert(90, action='updated')}, expect: []}}",
          f"{{name: d, event: {alert(90, entity='lab', action='updated')}, expect: []}}")
    answer = results(folder, code=1)
    assert [result["ok"] for result in answer["tests"]] == [True, True, False, True]
    assert answer["count"] == 4 and answer["failed"] == 1


def test_title_and_text_are_compared_where_they_are_written(folder):
    write(folder,
          f"{{name: a, event: {alert(90)}, expect: [siem, {{sink: soc-chat, title: x}}]}}",
          f"{{name: b, event: {alert(90)}, expect: [siem, {{sink: soc-chat, title: y}}]}}",
          "{name: c, event: {type: probe, attributes: {title: t, text: all is *well*}}, "
          "expect: [{sink: siem, title: t, text: \"all is *well*\\n\"}]}",
          "{name: d, event: {type: probe, attributes: {title: t, text: all is well}}, "
          "expect: [{sink: siem, text: all is lost}]}")
    by_name = {result["name"]: result for result in results(folder, code=1)["tests"]}
    assert by_name["a"]["ok"] and by_name["c"]["ok"], by_name
    fault, = by_name["b"]["faults"]
    assert fault == {"sink": "soc-chat", "fault": "title",
                     "why": ["expected: y", "came:     x"]}
    fault, = by_name["d"]["faults"]
    assert fault["fault"] == "text" and fault["why"][1] == "came:     all is well"


def test_words_that_fail_are_a_failure(folder):
    rules = 'rules: [{name: r, match: {}, send: siem, title: "{{body.n}}", link: "{{{body.l}}}"}]\n'
    write(folder, "{name: a, event: {type: probe, n: one, l: nothing}, expect: siem}",
          "{name: b, event: {type: probe, n: one, l: 'https://a.example/'}, "
          "expect: {sink: siem, title: one}}", rules=rules)
    first, second = results(folder, code=1)["tests"]
    fault, = first["faults"]
    assert fault["fault"] == "words" and "rules.yaml:1:" in fault["why"][0]
    assert second["ok"]
    assert "siem: the rule's own words failed" in test(folder).stdout


def test_how_long_ago_is_counted_from_when_it_was_accepted(folder):
    rules = 'rules: [{name: r, match: {}, send: siem, title: "{{body.at|ago}}"}]\n'
    event = "{type: probe, at: '2026-06-01T10:00:00Z'}"
    write(folder, f"{{name: a, event: {event}, at: '2026-06-01T12:00:00Z', "
                  "expect: {sink: siem, title: WORDS}}", rules=rules)
    fault, = results(folder, code=1)["tests"][0]["faults"]
    words = fault["why"][1].partition("came:")[2].strip()
    assert "2" in words and "ago" in words, words
    change(folder / "rules.yaml", "WORDS", words)
    assert test(folder).returncode == 0


def test_the_object_may_stand_in_a_file(folder):
    (folder / "tests").mkdir()
    (folder / "tests" / "event.json").write_text((EVENTS / "alert-created.json").read_text())
    (folder / "tests" / "alert.json").write_text((OBJECTS / "alert-full.json").read_text())
    write(folder, "{name: a, event: {file: tests/event.json}, with: tests/alert.json, "
                  "expect: [siem, {sink: soc-chat, title: Mimikatz run on a domain controller}]}")
    # relative to the rules file, wherever the command is given
    answer = run("test", "-c", folder / "tocsin.yaml", cwd="/")
    assert answer.returncode == 0, answer


def test_the_moment_and_the_hook_can_be_said(folder):
    rules = """\
rules:
  - {name: late, match: {time: {gte: "2026-01-01T00:00:00Z"}}, send: siem}
  - {name: hook, match: {hook: soc}, send: soc-chat}
"""
    event = "event: {type: probe}"
    write(folder, f"{{name: a, {event}, at: '2026-06-01T00:00:00Z', expect: [siem, soc-chat]}}",
          f"{{name: b, {event}, at: '2025-06-01T00:00:00Z', expect: [soc-chat]}}",
          f"{{name: c, {event}, hook: soc, at: '2025-06-01T00:00:00Z', expect: [soc-chat]}}",
          rules=rules)
    assert results(folder)["failed"] == 0


def test_values_are_what_they_are_in_json(folder):
    rules = """\
rules:
  - {name: text, match: {attributes.a: {gte: 5}}, send: siem}
  - {name: word, match: {attributes.b: "NO"}, send: soc-chat}
"""
    write(folder, "{name: a, event: {type: probe, attributes: {a: 30, b: NO}}, "
                  "expect: [siem, soc-chat]}",
          "{name: b, event: {type: probe, attributes: {a: ~, b: false}}, expect: []}", rules=rules)
    assert results(folder)["failed"] == 0


def test_some_can_be_chosen_by_their_names(folder):
    write(folder, f"{{name: urgent one, event: {alert(90)}, expect: [siem, soc-chat]}}",
          f"{{name: low one, event: {alert(3)}, expect: []}}")
    answer = test(folder, "urgent*")
    assert answer.returncode == 0 and answer.stdout.endswith("1 test, all ok\n")
    assert test(folder, "low*").returncode == 1
    none = test(folder, "nothing*")
    assert none.returncode == 3 and "nothing*" in none.stderr


def test_no_tests_is_no_failure_and_is_said(folder):
    write(folder)
    answer = test(folder)
    assert answer.returncode == 0 and "no tests" in answer.stdout
    assert results(folder) == {"tests": [], "count": 0, "failed": 0}


def test_tests_of_several_rules_files_are_all_run(folder):
    write(folder, f"{{name: a, event: {alert(3)}, expect: siem}}")
    (folder / "more.yaml").write_text(
        "rules: []\ntests:\n  - {name: b, event: {type: x}, expect: siem}\n")
    config = folder / "tocsin.yaml"
    config.write_text(config.read_text().replace("rules: rules.yaml",
                                                 "rules: [rules.yaml, more.yaml]"))
    assert [result["at"] for result in results(folder)["tests"]] == [
        f"{folder}/rules.yaml:13", f"{folder}/more.yaml:3"]


# JUnit ---------------------------------------------------------------------------------------


def test_junit_is_xml_whatever_the_names_are(folder):
    evil = '<&"\'>\x01\t]]> \ufffe \u00e9\U0001f600'
    written = as_yaml(evil).replace("\ufffe", "\\ufffe")
    write(folder,
          f"{{name: {written}, event: {alert(30)}, expect: [soc-chat]}}",
          f"{{name: fine, event: {alert(90)}, expect: [siem, soc-chat]}}")
    answer = test(folder, "--junit", folder / "junit.xml")
    assert answer.returncode == 1 and "2 tests, 1 FAILED" in answer.stdout, answer
    suites = ElementTree.parse(folder / "junit.xml").getroot()
    assert suites.tag == "testsuites" and suites.get("tests") == "2" and suites.get("failures") == "1"
    suite, = suites
    assert suite.tag == "testsuite" and suite.get("errors") == suite.get("skipped") == "0"
    failed, fine = suite
    assert failed.get("name") == evil.replace("\x01", "\ufffd").replace("\ufffe", "\ufffd")
    assert failed.get("file") == str(folder / "rules.yaml") and failed.get("line") == "13"
    failure, = failed
    assert failure.get("type") == "missing"
    assert failure.get("message") == "soc-chat hears nothing; siem hears of it, and should not"
    assert "urgency: gte 80 (was 30)" in failure.text
    assert fine.get("name") == "fine" and len(fine) == 0


def test_junit_that_cannot_be_written_is_not_fine(folder):
    write(folder, f"{{name: a, event: {alert(3)}, expect: siem}}")
    answer = test(folder, "--junit", folder / "no" / "such.xml")
    assert answer.returncode == 3 and "such.xml" in answer.stderr


# Faults --------------------------------------------------------------------------------------


def test_every_fault_is_told_at_once_with_its_place_and_the_nearest_word(folder):
    (folder / "broken.json").write_text("{")
    write(folder, "{name: a, event: {type: x}, expekt: [siem]}",
          "{name: a, event: {type: x}, expect: [seim]}",
          "{event: {file: missing.json}, expect: siem}",
          "{name: d, event: {file: broken.json}, with: gone.json, expect: siem}")
    text = (folder / "rules.yaml").read_text()
    code, output = check(folder)
    assert code == 1
    for where, words in [("expekt", 'unknown key "expekt"; did you mean "expect"?'),
                         ("seim", 'unknown sink "seim"; did you mean "siem"?'),
                         ("missing.json", "No such file"), ("broken.json", "is no event"),
                         ("{event:", 'this test has no "name"')]:
        wanted = f"rules.yaml:{place(where, text)}: "
        assert any(wanted in line and words in line for line in output.splitlines()), \
            (wanted, words, output)
    assert 'is the name of another test' in output
    answer = test(folder)
    assert answer.returncode == 3 and 'did you mean "expect"?' in answer.stderr


def test_a_missing_file_of_a_test_keeps_no_daemon_from_serving(folder):
    write(folder, "{name: a, event: {file: missing.json}, expect: siem}")
    answer = run("explain", "-c", folder / "tocsin.yaml", EVENTS / "unknown-type.json")
    assert answer.returncode == 0, answer
    answer = test(folder)
    assert answer.returncode == 3 and "missing.json" in answer.stderr
    assert check(folder)[0] == 1


def test_nothing_that_a_test_says_commands_the_terminal(folder):
    write(folder, '{name: "\\e[2Ja\\u202e", event: {type: probe, attributes: {title: "\\e[1mx"}}, '
                  'expect: [soc-chat, {sink: siem, title: "\\e[2Jy"}]}')
    answer = test(folder)
    assert answer.returncode == 1
    assert "\x1b" not in answer.stdout and "\u202e" not in answer.stdout


# What is shipped ------------------------------------------------------------------------------


def test_the_rules_that_init_writes_pass_their_own_tests(tmp_path):
    assert run("init", tmp_path / "mine").returncode == 0
    config = tmp_path / "mine" / "tocsin.yaml"
    config.write_text(config.read_text() + f"plugin_path: {as_yaml(plugin_path())}\n")
    answer = run("test", "-c", config, env={
        "SEKOIA_APIKEY": "x", "TEAMS_WEBHOOK_URL": "https://teams.example/workflows/x?sig=y"})
    assert answer.returncode == 0, answer
    assert "all ok" in answer.stdout and "a moderate alert wakes nobody" in answer.stdout
