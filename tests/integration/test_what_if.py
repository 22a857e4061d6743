"""`tocsin what-if`: recorded events before other rules."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest

import sinks
from conftest import TESTS, load_event, load_object
from fakes.recorder import Recorder
from ledger import Rows
from tocsin import BINARY, wait_until

HOUR_MS = 3_600_000
OLD = """\
rules:
  - name: urgent alerts wake people
    match: {type: alert, urgency: {gte: 80}}
    send: [chat]
  - name: everything is for the record
    match: {}
    send: [siem]
"""


@pytest.fixture
def recorder(started):
    return started(Recorder())


@pytest.fixture
def daemon(make_daemon, recorder, api):
    """Serves by the old rules; an alert of urgency 85, one that is not there, and a probe came."""
    daemon = make_daemon({name: sinks.record(recorder) for name in ("chat", "siem", "mail")},
                         rules=OLD, api=api, settings=
                         "enrich: {alert: {deadline: 300ms, timeout: 100ms}}\n").start()
    missing = load_event("alert-created")
    missing["attributes"]["uuid"] = "00000000-0000-4000-8000-000000000000"
    daemon.ids = [daemon.accept(event) for event in (
        load_event("alert-created"), missing,
        {"type": "probe", "action": "created", "attributes": {"title": "a probe"}})]
    daemon.wait_settled()
    return daemon


def what_if(daemon, rules, *arguments):
    new = daemon.folder / "new.yaml"
    new.write_text(rules)
    return daemon_command(daemon, "--rules", new, *arguments)


def daemon_command(daemon, *arguments):
    return subprocess.run([BINARY, "what-if", "-c", daemon.config, *map(str, arguments)],
                          capture_output=True, text=True, timeout=60)


def compare(daemon, rules, *arguments, code=1):
    answer = what_if(daemon, rules, "--json", *arguments)
    assert answer.returncode == code, answer
    return json.loads(answer.stdout)


def test_the_same_rules_differ_in_nothing(daemon):
    answer = what_if(daemon, OLD)
    assert answer.returncode == 0, answer
    assert "3 events since " in answer.stdout and "all would go the same way" in answer.stdout
    report = compare(daemon, OLD, code=0)
    assert report["events"] == 3 and report["differing"] == 0
    assert report["counts"] == [] and report["shown"] == [] and report["more"] is False


def test_more_less_and_differently_are_counted_and_shown(daemon):
    new = """\
rules:
  - {name: only the worst, match: {type: alert, urgency: {gte: 90}}, send: [chat]}
  - {name: probes go by mail, match: {type: probe}, send: [mail, siem]}
  - {name: everything is for the record, match: {}, send: [siem]}
"""
    report = compare(daemon, new)
    assert report["events"] == 3 and report["differing"] == 3
    assert sorted((c["change"], c["sink"], c["rule"], c["was"], c["count"])
                  for c in report["counts"]) == [
        # The look-up of the second alert failed, so that both rules send.
        ("differently", "chat", "only the worst", "urgent alerts wake people", 1),
        ("differently", "siem", "probes go by mail", "everything is for the record", 1),
        ("less", "chat", None, "urgent alerts wake people", 1),
        ("more", "mail", "probes go by mail", None, 1),
    ]
    shown = {event["id"]: event for event in report["shown"]}
    assert set(shown) == set(daemon.ids)
    first = shown[daemon.ids[0]]
    assert first["title"] == load_object("alert-full")["title"] and first["type"] == "alert"
    assert [change["change"] for change in first["changes"]] == ["less"]
    out = what_if(daemon, new)
    assert out.returncode == 1
    assert "3 events since " in out.stdout and ": 3 would go otherwise" in out.stdout
    assert re.search(r'^ +1  less +chat  was by "urgent alerts wake people"$', out.stdout, re.M)
    assert re.search(r'^ +1  more +mail  by "probes go by mail"$', out.stdout, re.M)
    assert re.search(r'^ +1  differently +siem  was by "everything is for the record", '
                     r'by "probes go by mail"$', out.stdout, re.M)
    assert f"{daemon.ids[0]}  " in out.stdout


RECORD = "everything is for the record"


def worded(words):
    """The old rules, the last of which says how its messages read."""
    return OLD + words


def test_the_same_rule_in_other_words_is_told_differently(daemon):
    new = worded('    title: "For the record: {{title}}"\n')
    report = compare(daemon, new)
    assert report["counts"] == [{"change": "differently", "sink": "siem", "rule": RECORD,
                                 "was": RECORD, "count": 3}]
    assert f'differently  siem  by "{RECORD}", in other words' in what_if(daemon, new).stdout
    daemon.rules.write_text(new)
    assert compare(daemon, new, code=0)["differing"] == 0
    only_alerts = worded('    text: "{{#alert}}{{alert.short_id}}{{/alert}}{{^alert}}{{text}}{{/alert}}"\n')
    daemon.rules.write_text(worded('    text: "{{text}}"\n'))
    event, = compare(daemon, only_alerts)["shown"]
    assert event["id"] == daemon.ids[0]


def test_words_that_read_the_same_are_no_difference(daemon):
    assert compare(daemon, worded('    title: "{{title}}"\n'), code=0)["differing"] == 0


def test_a_partial_in_other_words_is_told_differently(daemon):
    rules = worded('    text: "{{>signed}}"\npartials: {signed: "yours"}\n')
    daemon.rules.write_text(rules)
    assert compare(daemon, rules, code=0)["differing"] == 0
    assert compare(daemon, rules.replace("yours", "ours"))["differing"] == 3
    folder = daemon.folder / "words"
    folder.mkdir()
    (folder / "signed.mustache").write_text("yours")
    assert compare(daemon, rules.replace('{signed: "yours"}', "words/"), code=0)["differing"] == 0


def test_what_was_looked_up_then_counts_and_nothing_is_asked(daemon, api):
    asked = len(api.requests)
    api.add({**load_object("alert-full"), "title": "another", "urgency": {"current_value": 1}})
    report = compare(daemon, OLD.replace("gte: 80", "gte: 86"))
    event, = report["shown"]
    assert event["id"] == daemon.ids[0]
    assert event["title"] == load_object("alert-full")["title"]
    assert len(api.requests) == asked


def test_a_look_up_that_failed_then_is_unknown_still(daemon):
    report = compare(daemon, OLD.replace("    send: [chat]", "    send: [chat]\n"
                                         "    if_not_enriched: skip"))
    event, = report["shown"]
    assert event["id"] == daemon.ids[1]
    assert event["changes"] == [{"change": "less", "sink": "chat", "rule": None,
                                 "was": "urgent alerts wake people"}]


def test_the_old_rules_are_those_of_the_configuration_today(daemon):
    daemon.rules.write_text(OLD.replace("gte: 80", "gte: 90"))
    report = compare(daemon, OLD)
    assert [count["change"] for count in report["counts"]] == ["more"]


def test_it_reads_beside_the_daemon_and_after_it(daemon):
    living = compare(daemon, OLD.replace("chat", "mail"))
    daemon.stop()
    dead = compare(daemon, OLD.replace("chat", "mail"))
    for report in (living, dead):
        report.pop("since"), report.pop("until")
    assert living == dead and living["differing"] == 2


def test_the_time_bounds_what_is_looked_at(daemon):
    assert compare(daemon, OLD, "--since", "2100-01-01T00:00:00Z", "--until",
                   "2101-01-01T00:00:00Z", code=0)["events"] == 0
    assert compare(daemon, OLD, "--until", "2020-01-02T00:00:00Z", "--since",
                   "2020-01-01T00:00:00Z", code=0)["events"] == 0
    assert compare(daemon, OLD, "--since", "1h", code=0)["events"] == 3


def test_the_list_is_bounded_and_the_counts_are_not(daemon):
    report = compare(daemon, "rules: [{name: none, match: {}, send: []}]\n", "--limit", "1")
    assert len(report["shown"]) == 1 and report["more"] is True and report["differing"] == 3
    assert sum(count["count"] for count in report["counts"]) == 5
    assert "... and 2 more: --limit N" in what_if(
        daemon, "rules: [{name: none, match: {}, send: []}]\n", "--limit", "1").stdout


def test_several_rules_files_are_one_set(daemon):
    (daemon.folder / "a.yaml").write_text(OLD[:OLD.index("  - name: everything")])
    (daemon.folder / "b.yaml").write_text("rules:\n" + OLD[OLD.index("  - name: everything"):])
    answer = daemon_command(daemon, "--rules", daemon.folder / "a.yaml", "--rules",
                            daemon.folder / "b.yaml")
    assert answer.returncode == 0, answer
    by_the_shell = daemon_command(daemon, "--rules", daemon.folder / "a.yaml",
                                  daemon.folder / "b.yaml", "--since", "1h")
    assert by_the_shell.returncode == 0, by_the_shell


def test_a_long_ledger_is_counted_whole_and_shown_in_order(make_daemon, recorder):
    daemon = make_daemon({name: sinks.record(recorder) for name in ("chat", "siem")}, rules=OLD)
    daemon.start()
    daemon.stop()

    def make(number):
        found = {"title": f"alert {number}", "urgency": {"current_value": number % 100}}
        return load_event("alert-created"), json.dumps(found) if number % 10 else None

    with Rows(daemon.ledger) as rows:
        rows.add_looked_up(3000, make, age_ms=20 * HOUR_MS, spread_ms=10 * HOUR_MS)
    report = compare(daemon, OLD.replace("gte: 80", "gte: 90"), "--limit", "100")
    assert report["events"] == 3000 and report["differing"] == 3000 * 9 // 100
    assert report["counts"] == [{"change": "less", "sink": "chat", "rule": None,
                                 "was": "urgent alerts wake people", "count": 270}]
    assert [event["title"] for event in report["shown"]] == [
        f"alert {n}" for n in range(3000) if 81 <= n % 100 < 90][:100]
    half = compare(daemon, OLD.replace("gte: 80", "gte: 90"), "--since", "15h")
    assert 1450 < half["events"] <= 1500  # what has passed since the rows were written
    assert compare(daemon, OLD, "--since", "1h", code=0)["events"] == 0


def test_the_daemon_serves_on_beside_it(make_daemon, recorder):
    daemon = make_daemon({name: sinks.record(recorder) for name in ("chat", "siem")}, rules=OLD)
    daemon.start()
    daemon.stop()
    found = json.dumps({"title": "an alert", "urgency": {"current_value": 85}, "fill": "x" * 3000})
    with Rows(daemon.ledger) as rows:
        rows.add_looked_up(20000, lambda number: (load_event("alert-created"), found))
    daemon.start()
    new = daemon.folder / "new.yaml"
    new.write_text(OLD.replace("gte: 80", "gte: 90"))
    asking = subprocess.Popen([BINARY, "what-if", "-c", daemon.config, "--rules", new, "--json"],
                              stdout=subprocess.PIPE, text=True)
    served = 0
    while asking.poll() is None:
        daemon.still_serves()
        served += 1
    assert asking.returncode == 1 and served > 0
    assert json.loads(asking.stdout.read())["differing"] == 20000
    daemon.wait_settled()
    log = daemon.ledger.with_name(daemon.ledger.name + "-wal")
    # Its limit, to which it is cut when it begins anew: no snapshot stood open in the way of that.
    assert log.stat().st_size <= 64 << 20


def test_events_that_had_the_same_object_are_each_replayed_with_it(make_daemon, recorder):
    daemon = make_daemon({name: sinks.record(recorder) for name in ("chat", "siem")}, rules=OLD)
    daemon.start()
    daemon.stop()
    objects = [json.dumps({"title": f"alert {n}", "urgency": {"current_value": 40 + 10 * n}})
               for n in range(6)]
    pattern = [0, 0, 5, 0, 5, 1, 5, 5, 2, 0, None, 4, 4]

    def make(number):
        index = pattern[number % len(pattern)]
        return load_event("alert-created"), index if index is None else objects[index]

    with Rows(daemon.ledger) as rows:
        rows.add_looked_up(130, make)
    report = compare(daemon, OLD.replace("gte: 80", "gte: 90"), "--limit", "100")
    assert [event["title"] for event in report["shown"]] == ["alert 4"] * 20
    assert report["differing"] == 20


def test_alarms_and_what_waits_to_be_routed_are_treated_as_the_daemon_does(
        make_daemon, recorder, api):
    recorder.judge = lambda document, count: (404, {}) if document["sink"] == "chat" else None
    daemon = make_daemon({"chat": sinks.record(recorder), "siem": sinks.record(recorder)},
                         rules="rules: [{name: r, match: {}, send: chat}]\n", api=api,
                         settings="alarms: [siem, chat]\n").start()
    daemon.accept({"type": "probe"})
    wait_until(lambda: recorder.documents(), "an alarm came")
    api.delay(30)
    daemon.accept(load_event("alert-created"))
    report = compare(daemon, "rules: [{name: r, match: {type: tocsin}, send: chat}]\n")
    assert report["not_routed"] == 1
    assert [event["type"] for event in report["shown"]] == ["probe"]  # the alarm goes by alarms:
    assert report["events"] == 2
    assert "1 wait to be routed" in what_if(
        daemon, "rules: [{name: r, match: {}, send: []}]\n").stdout
    daemon.kill9()


def test_a_deleted_alert_of_which_nothing_was_recorded_is_replayed_without_data(daemon):
    event = load_event("alert-deleted")
    event["attributes"]["uuid"] = "never-heard-of"
    event_id = daemon.accept(event)
    daemon.wait_settled()
    report = compare(daemon, OLD.replace("urgency: {gte: 80}", "urgency: {exists: false}"))
    changes = {event["id"]: event["changes"] for event in report["shown"]}
    assert changes[event_id] == [{"change": "more", "sink": "chat", "was": None,
                                  "rule": "urgent alerts wake people"}]


@pytest.mark.parametrize("rules, words", [
    ("rules: [{name: r, match: {}, send: chatt}]\n", 'did you mean "chat"?'),
    ('rules: [{name: r, match: {}, send: chat, title: "{{#a}}"}]\n', "new.yaml:1:"),
    ("rules: {}\n", "new.yaml:1:8"), ("rules: [\n", "new.yaml")])
def test_new_rules_with_a_fault_are_not_tried(daemon, rules, words):
    answer = what_if(daemon, rules)
    assert answer.returncode == 3 and words in answer.stderr, answer
    assert answer.stdout == ""


def test_bad_usage_is_told(daemon):
    for arguments in ([], ["--rules"], ["--rules", "x", "--since", "soon"],
                      ["--rules", "x", "--limit", "none"], ["words"],
                      ["--rules", *["x"] * 65], ["--rules", "x"] * 65,
                      ["--rules", "x", "--since", "1h", "--until", "2h"]):
        answer = daemon_command(daemon, *arguments)
        assert answer.returncode == 2 and answer.stderr, arguments


def test_files_that_are_not_there_are_said(daemon, tmp_path):
    answer = daemon_command(daemon, "--rules", tmp_path / "none.yaml")
    assert answer.returncode == 3 and "none.yaml" in answer.stderr
    daemon.config.write_text(daemon.config.read_text().replace("ledger.db", "no-ledger.db"))
    answer = what_if(daemon, OLD)
    assert answer.returncode == 3 and "no-ledger.db" in answer.stderr


def test_progress_is_shown_on_a_terminal_only(daemon):
    new = daemon.folder / "new.yaml"
    new.write_text(OLD)
    assert what_if(daemon, OLD).stderr == ""
    try:
        pid, terminal = pty.fork()
    except OSError:
        return  # a root without /dev/pts has no terminal to show it on
    if pid == 0:
        os.execv(BINARY, [str(BINARY), "what-if", "-c", str(daemon.config), "--rules", str(new)])
    seen = b""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        if not part:
            break
        seen += part
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert b"all would go the same way" in seen and b"\x1b" not in seen, "quick work is just done"
    assert b"..." not in seen.split(b"\r")[-2]  # wiped before the answer


def test_the_measure_of_its_speed_can_be_made():
    measured = subprocess.run(
        [sys.executable, TESTS / "bench" / "what_if.py", "--events", "400", "--rounds", "1"],
        capture_output=True, text=True, timeout=100)
    assert measured.returncode == 0, measured.stderr
    assert re.fullmatch(r"[\d,]+ events/s \(400 in .*; 100 would go otherwise\)\n",
                        measured.stdout), measured.stdout
