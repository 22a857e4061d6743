"""The command line: what check, explain, init and hooks say, and how they end."""

import json
import re
import stat
import subprocess

import pytest

from broken import BROKEN, broken_text
from conftest import EVENTS, OBJECTS
from tocsin import BINARY, as_yaml, plugin_path, run

CONFIG = f"""\
listen: 127.0.0.1:0
admin: 127.0.0.1:0
ledger: {{sqlite: ledger.db}}
rules: rules.yaml
plugin_path: {as_yaml(plugin_path())}
public_url: https://hooks.example.org
sekoia: {{region: fra1, api_key: not-a-real-one}}
hooks:
  soc: {{from: sekoia, path: /hooks/7d3f9a10-52c8-4e1b-b0a7-9f6e4d2c1b38}}
sinks:
  soc-chat: {{plugin: mattermost, url: "https://chat.example.org/hooks/abcdefghijklmnopqrstuvwxyz"}}
  siem: {{plugin: syslog, url: "udp://127.0.0.1:5514"}}
alarms: [soc-chat, siem]
"""
RULES = """\
rules:
  - name: urgent alerts wake people
    match: {type: alert, action: created, urgency: {gte: 80}}
    send: [soc-chat]
  - name: everything else is for the record
    match: {}
    send: [siem]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "tocsin.yaml").write_text(CONFIG)
    (tmp_path / "rules.yaml").write_text(RULES)
    return tmp_path


def change(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def check(folder, **env):
    result = run("check", "-c", folder / "tocsin.yaml", env=env)
    return result.returncode, result.stdout + result.stderr


def place(text, within):
    """line:column of the first place where the words stand."""
    before = within[:within.index(text)]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


# check -------------------------------------------------------------------------------------


def test_a_good_configuration_passes(folder):
    code, output = check(folder)
    assert code == 0, output
    assert "error" not in output.lower() and "tocsin.yaml:" not in output, output


@pytest.mark.parametrize("file, old, new, place_of, words", [
    ("rules.yaml", "send: [soc-chat]", "send: [soc-cat]", "soc-cat",
     ['unknown sink "soc-cat"', 'did you mean "soc-chat"?']),
    ("rules.yaml", "send: [siem]", "sned: [siem]", "sned", ["sned", 'did you mean "send"?']),
    ("rules.yaml", "urgency: {gte: 80}", "urgency: {gtee: 80}", "gtee",
     ["gtee", 'did you mean "gte"?']),
    ("rules.yaml", "urgency: {gte: 80}", "urgency: null", "null",
     ["exists: false"]),
    ("rules.yaml", "name: everything else is for the record", "name: urgent alerts wake people",
     None, ["urgent alerts wake people"]),
    ("rules.yaml", "    match: {}\n", "", None, ["match"]),
    ("tocsin.yaml", "rules: rules.yaml", "rule: rules.yaml", "rule:",
     ['"rule"', 'did you mean "rules"?']),
    ("tocsin.yaml", "plugin: syslog", "plugin: sylog", "sylog", ["sylog"]),
    ("tocsin.yaml", "alarms: [soc-chat, siem]", "alarms: [soc-chat, seim]", "seim]",
     ['unknown sink "seim"', 'did you mean "siem"?']),
    ("tocsin.yaml", "plugin: mattermost", "plugin: mattermost, fallback: seim", "seim",
     ['unknown sink "seim"', 'did you mean "siem"?']),
    ("tocsin.yaml", "plugin: mattermost", "plugin: mattermost, fallback: soc-chat", "soc-chat,",
     ["soc-chat -> soc-chat"]),
    ("tocsin.yaml", "plugin: mattermost", "plugin: mattermost, fallback_after: 10ms", None,
     ["fallback_after", "1s or longer"]),
    ("tocsin.yaml", "alarms:", "sink_defaults: {fallback: siem}\nalarms:", "fallback",
     ["sink_defaults", "at each sink"]),
    ("tocsin.yaml", "  soc: {", "  tocsin: {", "tocsin: {", ["a hook may not be called"]),
    ("tocsin.yaml", "listen: 127.0.0.1:0", "listen: here", "here", ["here"]),
    ("tocsin.yaml", "rules: rules.yaml", "rules: rules.yaml\ndedupe: soon", "soon", ["soon"]),
    ("tocsin.yaml", "rules: rules.yaml", "rules: rules.yaml\nlisten: 127.0.0.1:1", "listen: 127.0.0.1:1",
     ["listen"]),
    ("tocsin.yaml", 'url: "udp://127.0.0.1:5514"', 'ulr: "udp://127.0.0.1:5514"', "ulr",
     ["ulr", 'did you mean "url"?']),
    ("tocsin.yaml", '"udp://127.0.0.1:5514"', '"${NOT_SET_AT_ALL}"', '"${NOT_SET_AT_ALL}"',
     ["NOT_SET_AT_ALL"]),
    ("tocsin.yaml", "sinks:\n", "sinks:\n  <<: {}\n", "<<", ["<<"]),
    ("tocsin.yaml", "hooks:\n", "\thooks:\n", None, []),
], ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "")
def test_an_error_names_its_place_and_the_nearest_name(folder, file, old, new, place_of, words):
    change(folder / file, old, new)
    code, output = check(folder)
    assert code == 1, output
    lines = [line for line in output.splitlines() if re.search(r"\.yaml:\d+:\d+: ", line)]
    assert lines, output
    if place_of:
        where = place(place_of, (folder / file).read_text())
        lines = [line for line in lines if f"{file}:{where}: " in line]
        assert lines, f"nothing at {file}:{where}:\n{output}"
    for word in words:
        assert any(word in line for line in lines), f"{word!r} not in:\n{output}"


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_each_fault_is_told_once_and_where_it_is(folder, broken):
    good = {"tocsin.yaml": CONFIG, "rules.yaml": RULES}[broken.file]
    (folder / broken.file).write_bytes(broken_text(broken, good))
    code, output = check(folder)
    told = [line for line in output.splitlines()
            if re.search(r"\.yaml(:\d+:\d+)?: (?!warning: )", line)]
    assert code == 1 and len(told) == len(broken.faults), output
    for line, fault in zip(told, broken.faults):
        where, _, words = fault.partition(" ")
        assert f"/{broken.file}:{where}: {words}" in line, output


@pytest.mark.parametrize("ending, place_of_fault", [
    ("\r\n", "13:10"), ("\r", "1:")])  # a carriage return alone ends no line in most editors
def test_lines_may_end_as_other_systems_write_them(folder, ending, place_of_fault):
    (folder / "tocsin.yaml").write_bytes(CONFIG.replace("\n", ending).encode())
    assert check(folder)[0] == 0
    wrong = CONFIG.replace("alarms: [soc-chat", "alarms: [soc-caht")
    (folder / "tocsin.yaml").write_bytes(wrong.replace("\n", ending).encode())
    assert f"tocsin.yaml:{place_of_fault}" in check(folder)[1]


def test_a_file_in_utf_16_is_refused(folder):
    (folder / "tocsin.yaml").write_bytes(CONFIG.encode("utf-16"))
    code, output = check(folder)
    assert code == 1 and "tocsin.yaml:1:1: " in output and "UTF-8" in output


def test_a_misspelt_block_is_told_once_and_not_at_each_that_needs_it(folder):
    for old in ("hooks:\n", "sinks:\n", "sekoia:"):
        change(folder / "tocsin.yaml", old, old.replace("s", "z", 1))
    code, output = check(folder)
    assert code == 1 and output.count("did you mean") == 3 and "3 errors" in output, output


def test_sinks_that_are_no_map_are_told_once(folder):
    change(folder / "tocsin.yaml", "  soc-chat: {", "  - {")
    change(folder / "tocsin.yaml", "  siem: {", "  - {")
    code, output = check(folder)
    assert code == 1 and '"sinks" must be a map of names' in output and "1 error" in output, output


def test_a_sink_with_a_fault_of_its_own_is_no_unknown_one_to_tests(folder):
    with (folder / "rules.yaml").open("a") as rules:
        rules.write("tests: [{name: t, event: {type: alert}, hook: soc, expect: [siem]}]\n")
    change(folder / "tocsin.yaml", "plugin: syslog, ", "")
    change(folder / "tocsin.yaml", "hooks:", "hookz:")
    code, output = check(folder)
    assert code == 1 and "2 errors" in output and "unknown sink" not in output, output
    assert "unknown hook" not in output, output


def test_a_plugin_that_is_not_there_is_told_with_the_nearest(folder):
    change(folder / "tocsin.yaml", "plugin: syslog", "plugin: sylog")
    output = check(folder)[1]
    assert 'no plugin "sylog"' in output and 'did you mean "syslog"?' in output, output


def test_a_fault_that_an_alias_brings_to_two_sinks_is_told_once(folder):
    change(folder / "tocsin.yaml", "listen:", "x-retry: &retry {frist: 2s}\nlisten:")
    change(folder / "tocsin.yaml", "plugin: mattermost", "plugin: mattermost, retry: *retry")
    change(folder / "tocsin.yaml", "plugin: syslog", "plugin: syslog, retry: *retry")
    output = check(folder)[1]
    assert output.count("frist") == 1 and "tocsin.yaml:1:18: " in output, output


def test_check_speaks_to_programs(folder):
    result = run("check", "--json", "-c", folder / "tocsin.yaml")
    assert result.returncode == 0 and json.loads(result.stdout) == []
    change(folder / "tocsin.yaml", "listen:", "lisen:")
    change(folder / "rules.yaml", "urgency: {gte: 80}", "status: closed")
    result = run("check", "--json", "-c", folder / "tocsin.yaml")
    found = json.loads(result.stdout)
    assert result.returncode == 1 and result.stderr == ""
    assert [item["severity"] for item in found] == ["warning", "error"]
    assert found[0]["file"].endswith("rules.yaml") and "Closed" in found[0]["text"]
    assert (found[1]["line"], found[1]["column"]) == (1, 1)
    assert found[1]["text"] == 'unknown key "lisen"; did you mean "listen"?'
    (folder / "tocsin.yaml").unlink()
    found = json.loads(run("check", "--json", "-c", folder / "tocsin.yaml").stdout)
    assert "line" not in found[0] and "No such file" in found[0]["text"]


def test_all_errors_are_reported_at_once(folder):
    change(folder / "tocsin.yaml", "plugin: syslog", "plugin: sylog")
    change(folder / "tocsin.yaml", "public_url:", "publicurl:")
    change(folder / "rules.yaml", "send: [siem]", "send: [seim]")
    change(folder / "rules.yaml", "gte: 80", "gtr: 80")
    code, output = check(folder)
    assert code == 1
    for word in ("sylog", "publicurl", "seim", "gtr"):
        assert word in output, output


@pytest.mark.parametrize("test, wrong, word", [
    ("regex: '(?i)mimi(katz|dump)'", "regex: 'mimi(katz'", "missing closing parenthesis"),
    ("cidr: [10.0.0.0/8, '2001:db8::/32']", "cidr: 10.1.2.3/8", "10.0.0.0/8"),
    ("has: {slug: team, value: [red, blue]}", "has: team", "has"),
    ("newer_than: 2h", "newer_than: 2", "2h"),
    ("older_than: 7d", "older_than: '2026-01-01T00:00:00Z'", "lt"),
    ("glob: ['a*', 'b*']", "glob: []", "exists: false"),
    ("ne: [a, b]", "eq: [a, b]", "`in`"),
], ids=lambda value: value.partition(":")[0] if ":" in value else "")
def test_an_operator_is_read_or_refused_with_its_place(folder, test, wrong, word):
    change(folder / "rules.yaml", "urgency: {gte: 80}", f"alert.x: {{{test}}}")
    code, output = check(folder)
    assert code == 0, output
    change(folder / "rules.yaml", test, wrong)
    code, output = check(folder)
    assert code == 1, output
    operator, _, operand = wrong.partition(": ")
    where = place(operand, (folder / "rules.yaml").read_text())
    assert any(f"rules.yaml:{where}: " in line and word in line for line in output.splitlines()), \
        f"{word!r} not at {where}:\n{output}"


@pytest.mark.parametrize("key", [
    "watch: true", "alarms: [siem]", "partials: x/"], ids=lambda key: key.partition(":")[0])
def test_a_key_of_the_design_that_is_not_built_is_refused_by_name_or_works(folder, key):
    file = "rules.yaml" if key.startswith("partials") else "tocsin.yaml"
    (folder / file).write_text((folder / file).read_text() + key + "\n")
    code, output = check(folder)
    assert code == 0 or key.partition(":")[0] in output, output


def test_a_file_that_is_not_there_is_named(tmp_path):
    code, output = check(tmp_path)
    assert code in (1, 3)
    assert "tocsin.yaml" in output and "No such file" in output


def test_the_vendors_example_path_is_refused(folder):
    change(folder / "tocsin.yaml", "/hooks/7d3f9a10-52c8-4e1b-b0a7-9f6e4d2c1b38",
           "/hooks/67a7472b-b43c-415d-b1ce-c135fb1dfb0e")
    code, output = check(folder)
    assert code == 1 and "tocsin.yaml:9:" in output, output


def test_plain_http_is_warned_about_off_loopback_and_never_on_it(folder):
    change(folder / "tocsin.yaml", "https://chat.example.org/hooks", "http://chat.example.org/hooks")
    code, output = check(folder)
    assert code == 0 and "tocsin.yaml:11:" in output and "http" in output, output
    change(folder / "tocsin.yaml", "http://chat.example.org/hooks", "http://127.0.0.1:1/hooks")
    code, output = check(folder)
    assert code == 0 and "tocsin.yaml:11:" not in output, output


def test_serve_refuses_what_check_refuses(folder):
    change(folder / "rules.yaml", "send: [siem]", "send: [seim]")
    result = run("serve", "-c", folder / "tocsin.yaml", timeout=30)
    assert result.returncode in (1, 3)
    assert "rules.yaml:7:" in result.stderr
    assert not (folder / "ledger.db").exists()


# explain -----------------------------------------------------------------------------------


def explain(folder, *arguments):
    result = run("explain", "-c", folder / "tocsin.yaml", *arguments)
    return result.returncode, result.stdout + result.stderr


def test_explain_says_of_each_rule_where_it_stands_and_whether_it_matched(folder):
    code, output = explain(folder, EVENTS / "alert-created.json", "--with",
                           OBJECTS / "alert-full.json")
    assert code == 0, output
    assert re.search(r"rules\.yaml:2\b", output) and re.search(r"rules\.yaml:5\b", output)
    assert "soc-chat" in output and "siem" in output


def test_explain_says_why_a_rule_did_not_match(folder):
    code, output = explain(folder, EVENTS / "alert-created.json", "--with",
                           OBJECTS / "alert-partial.json")
    assert code == 0, output
    assert "12" in output and "urgency" in output
    assert re.search(r"rules\.yaml:3\b", output), output


def test_explain_of_what_is_no_event_says_so(folder):
    bad = folder / "bad.json"
    bad.write_text("[1, 2")
    code, output = explain(folder, bad)
    assert code in (1, 3) and "bad.json" in output
    code, output = explain(folder, folder / "missing.json")
    assert code == 3 and "missing.json" in output


# init, hooks, the rest ---------------------------------------------------------------------


def test_init_writes_two_files_that_pass_check_and_a_path_of_its_own(tmp_path):
    paths = set()
    for name in ("one", "two"):
        result = run("init", tmp_path / name, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        made = {file.name for file in (tmp_path / name).iterdir()}
        assert {"tocsin.yaml", "rules.yaml"} <= made
        text = (tmp_path / name / "tocsin.yaml").read_text()
        paths |= set(re.findall(r"/hooks/[0-9a-zA-Z-]{20,}", text + result.stdout))
        assert stat.S_IMODE((tmp_path / name / "tocsin.yaml").stat().st_mode) & 0o007 == 0
    assert len(paths) == 2, paths
    config = tmp_path / "one" / "tocsin.yaml"
    config.write_text(config.read_text() + f"plugin_path: {as_yaml(plugin_path())}\n")
    missing = run("check", "-c", config)
    assert missing.returncode == 1 and "SEKOIA_APIKEY" in missing.stdout + missing.stderr
    checked = run("check", "-c", config, env={
        "SEKOIA_APIKEY": "x", "TEAMS_WEBHOOK_URL": "https://teams.example/workflows/x?sig=y"})
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_init_never_overwrites(tmp_path):
    (tmp_path / "rules.yaml").write_text("mine")
    result = run("init", tmp_path)
    assert result.returncode != 0
    assert "rules.yaml" in result.stdout + result.stderr
    assert (tmp_path / "rules.yaml").read_text() == "mine"


def test_hooks_prints_whole_urls_to_paste(folder):
    result = run("hooks", "-c", folder / "tocsin.yaml")
    assert result.returncode == 0, result.stderr
    assert "https://hooks.example.org/hooks/7d3f9a10-52c8-4e1b-b0a7-9f6e4d2c1b38" in result.stdout


def test_version_and_help(folder):
    version = run("--version")
    assert version.returncode == 0 and re.search(r"\d+\.\d+\.\d+", version.stdout)
    shown = run("--help")
    assert shown.returncode == 0
    for command in ("serve", "check", "explain", "init", "hooks"):
        assert command in shown.stdout


@pytest.mark.parametrize("arguments", [
    [], ["dance"], ["serve", "--dance"], ["check", "-c"], ["explain"], ["check", "extra", "words"]])
def test_bad_usage_exits_2(folder, arguments):
    result = subprocess.run([BINARY, *arguments], capture_output=True, text=True, cwd=folder,
                            timeout=30)
    assert result.returncode == 2, result.stderr
    assert result.stderr


def test_every_output_is_text(folder):
    """What an attacker wrote into an event cannot drive the terminal."""
    event = folder / "event.json"
    event.write_text(json.dumps({"type": "alert", "action": "\x1b[2Jcreated", "title": "\x1b]0;x\x07"}))
    code, output = explain(folder, event)
    assert code == 0
    assert "\x1b" not in output and "\x07" not in output


def test_hooks_new_prints_a_path_that_was_never_there():
    paths = [run("hooks", "new").stdout for _ in range(2)]
    assert paths[0] != paths[1]
    for path in paths:
        assert re.fullmatch(r"/hooks/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                            r"[0-9a-f]{12}\n", path)
    assert run("hooks", "old").returncode == 2


def test_a_circle_of_fallbacks_is_refused_at_each_of_its_sinks(folder):
    change(folder / "tocsin.yaml", "plugin: mattermost", "plugin: mattermost, fallback: siem")
    change(folder / "tocsin.yaml", "plugin: syslog", "plugin: syslog, fallback: soc-chat")
    code, output = check(folder)
    assert code == 1
    assert "soc-chat -> siem -> soc-chat" in output, output
    assert "siem -> soc-chat -> siem" in output, output


def test_a_sink_that_only_takes_over_is_not_called_unused(folder):
    change(folder / "rules.yaml", "send: [siem]", "send: [soc-chat]")
    change(folder / "tocsin.yaml", "alarms: [soc-chat, siem]", "alarms: [soc-chat]")
    assert 'no rule sends to sink "siem"' in check(folder)[1]
    change(folder / "tocsin.yaml", "plugin: mattermost", "plugin: mattermost, fallback: siem")
    assert "no rule sends" not in check(folder)[1]


def test_without_alarms_a_broken_sink_could_hide_so_check_warns(folder):
    change(folder / "tocsin.yaml", "alarms: [soc-chat, siem]\n", "")
    code, output = check(folder)
    assert code == 0
    assert "alarms" in output, output
