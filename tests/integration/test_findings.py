"""What `tocsin check` says of a configuration that is legal and surely not meant; and that it says
nothing of a twin that is fine."""

import json

import pytest

from conftest import EVENTS, OBJECTS
from test_check import CONFIG, check, folder, place  # noqa: F401 (folder is a fixture)
from tocsin import as_yaml, run

REST = "  - name: the rest\n    match: {}\n    send: [soc-chat, siem]\n"


def findings(folder, rules=None, settings=None):
    """The warnings of a configuration that has no errors."""
    if rules is not None:
        (folder / "rules.yaml").write_text(rules)
    if settings is not None:
        (folder / "tocsin.yaml").write_text(settings)
    code, output = check(folder)
    assert code == 0, output
    return [line for line in output.splitlines() if "warning: " in line]


def with_rule(match, more=""):
    return f"rules:\n  - name: one\n    match: {match}\n    send: [soc-chat]\n{more}{REST}"


def test_what_is_fine_is_left_alone(folder):
    assert findings(folder) == []


@pytest.mark.parametrize("match, at, words", [
    ("{status: closed}", "closed", ['"Closed"']),
    ("{type: alert, status: [Pending, closed]}", "closed", ['"Closed"']),
    ("{alert.status.name: ongoing}", "ongoing", ['"Ongoing"']),
    ("{type: Alert}", "Alert", ['"alert"']),
    ("{type: alert, action: Created}", "Created", ['"created"']),
    ("{alert.alert_type.category: Malicious-code}", "Malicious", ['"malicious-code"']),
    ("{alert.urgency.display: major}", "major", ['"Major"']),
    ("{case.priority: High}", "High", ['"high"']),
    ("{alert.urgency.curent_value: {gte: 80}}", "alert.urgency", ['"alert.urgency.current_value"']),
    ("{alert.title.text: x}", "alert.title", ["plain value"]),
    ("{alert.ttps.name: x}", "alert.ttps", ["list"]),
    ("{type: case, alert.title: x}", "alert.title", ['no "alert"']),
    ("{weather: rainy}", "weather", ["weather"]),
    ("{hook: sco}", "sco}", ['"sco"', '"soc"']),
    ("{hook: [soc, other]}", "other]", ['"other"']),
    ("{alert.community_uuid: 1-2}", "alert.comm", ["metadata.community_uuid"]),
    ("{case.community_uuid: 1-2}", "case.comm", ["metadata.community_uuid"]),
])
def test_a_match_that_is_surely_wrong_is_warned_of_at_its_place(folder, match, at, words):
    rules = with_rule(match)
    lines = findings(folder, rules)
    assert len(lines) == 1, lines
    assert f"rules.yaml:{place(at, rules)}: warning: " in lines[0], lines
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("match", [
    "{status: Closed}",
    "{hook: soc}",
    "{hook: {ne: tocsin}}",
    "{hook: {glob: 'x*'}}",
    "{type: case, status: closed}",
    "{type: alert, action: created}",
    "{alert.alert_type.category: our-own-category}",
    "{alert.urgency.current_value: {gte: 80}}",
    "{alert.ttps.0.name: x}",
    "{type: [alert, case], alert.title: x}",
    "{metadata.community_uuid: 1-2}",
    "{attributes.whatever.a.sender.posts: 1}",
    "{metadata.whatever: 1}",
    "{body.any.thing: 1}",
])
def test_its_twin_that_is_fine_is_not(folder, match):
    assert findings(folder, with_rule(match)) == []


@pytest.mark.parametrize("template, column, meant", [
    ("{{alert.urgency.curent_value}}", 13, '"alert.urgency.current_value"'),
    ("on {{#alert.titel}}x{{/alert.titel}}", 16, '"alert.title"'),
    ("{{alert.title.x}}", 13, "plain value"),
    ("{{weather}}", 13, "weather"),
])
def test_a_path_in_a_template_that_no_event_has_is_warned_of(folder, template, column, meant):
    rules = with_rule("{type: alert}", f"    title: '{template}'\n")
    lines = findings(folder, rules)
    assert len(lines) == 1, lines
    assert f"rules.yaml:5:{column}: warning: " in lines[0] and meant in lines[0], lines


@pytest.mark.parametrize("template", [
    "{{alert.urgency.current_value}}", "{{#alert.ttps}}{{name}} {{what.ever}}{{/alert.ttps}}",
    "{{#alert}}{{rule.name}}{{/alert}}", "{{attributes.whatever}}", "{{body.any.thing}}",
    "{{#changed}}{{.}}{{/changed}}", "{{#entity}}on {{entity}}{{/entity}}", "{{facts.0.value}}",
])
def test_a_template_that_is_fine_is_not(folder, template):
    assert findings(folder, with_rule("{type: alert}", f"    title: 'x {template}'\n")) == []


def test_nothing_is_said_of_what_a_look_up_of_ones_own_brings(folder):
    config = CONFIG + ('enrich:\n  ticket: {get: "https://desk.example/{{attributes.uuid}}"}\n'
                       '  alert: {get: "https://desk.example/a/{{attributes.uuid}}"}\n')
    rules = with_rule("{ticket.status: closed, alert.whatever.it.has: 1}",
                      "    title: '{{ticket.any.thing}} {{alert.what.ever}}'\n")
    assert findings(folder, rules, config) == []
    assert any("ticket" in line for line in findings(folder, rules, CONFIG))


def paths_of(value, path):
    """Every dotted path to a plain value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths_of(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths_of(inner, f"{path}.{index}")
    else:
        yield path


def test_every_path_of_every_known_object_passes(folder):
    """The samples are the judge: no path that they have may be called unknown."""
    kinds = {"alert": "alert", "case": "case", "content-proposal": "proposal"}
    paths = set()
    for file in OBJECTS.glob("*.json"):
        value = json.loads(file.read_text())
        kind = next(name for start, name in kinds.items() if file.stem.startswith(start))
        if file.stem != "alert-wrong-types":
            paths |= set(paths_of(value.get("data", value), kind))
    for file in EVENTS.glob("*.json"):
        if not file.stem.startswith(("odd", "unknown", "v1")):
            for name in ("attributes", "metadata"):
                paths |= set(paths_of(json.loads(file.read_text()).get(name, {}), name))
    rules = "".join(f"  - {{name: r{n}, match: {{{as_yaml(path)}: {{exists: true}}}}, "
                    f"send: [siem]}}\n" for n, path in enumerate(sorted(paths)))
    assert len(paths) > 100
    assert findings(folder, f"rules:\n{rules}{REST}") == []


def test_a_rule_behind_one_that_stops_is_warned_of_with_both_places(folder):
    rules = with_rule("{type: alert}", "    stop: true\n  - name: two\n"
                      "    match: {type: alert, action: created}\n    send: [siem]\n")
    lines = findings(folder, rules)
    assert len(lines) == 1, lines
    assert "rules.yaml:6:5: warning: " in lines[0] and '"one" (line 2)' in lines[0]
    assert findings(folder, rules.replace("stop: true", "stop: false")) == []
    assert findings(folder, rules.replace("{type: alert, action: created}", "{type: case}")) == []


def test_a_rule_of_another_file_is_named_with_its_file(folder):
    (folder / "early.yaml").write_text(
        "rules:\n  - {name: first, match: {}, send: [soc-chat], stop: true}\n")
    lines = findings(folder, settings=CONFIG.replace("rules: rules.yaml",
                                                     "rules: [early.yaml, rules.yaml]"))
    assert len(lines) == 2, lines
    for line in lines:
        assert "rules.yaml:" in line and "early.yaml:2" in line, lines


@pytest.mark.parametrize("old, new, at, words", [
    ("https://hooks.example.org", "http://hooks.example.org", "http://hooks", ["public_url"]),
    ("public_url: https://hooks.example.org\n", "", None, None),
    ("listen: 127.0.0.1:0", "listen: 0.0.0.0:0", None, None),
    ("listen: 127.0.0.1:0\nadmin", "listen: '[::1]:0'\nadmin", None, None),
    ("admin: 127.0.0.1:0", "admin: {address: '0.0.0.0:0', token: x}", "{address", ["admin"]),
    ("admin: 127.0.0.1:0", "admin: {address: '127.0.0.1:0', token: x}", None, None),
    ("region: fra1", "api: http://api.example.org, app: https://app.example.org", "{api",
     ["the key"]),
    ("region: fra1", "api: http://127.0.0.1:9, app: https://app.example.org", None, None),
    ("alarms", "enrich: {ticket: {get: 'http://desk.example/{{id}}'}}\nalarms", "ticket",
     ["ticket"]),
    ("alarms", "enrich: {ticket: {get: 'http://[::1]/{{id}}'}}\nalarms", None, None),
    ("https://chat.example.org", "http://chat.example.org", '"http://chat', ["soc-chat"]),
    ("https://chat.example.org", "http://localhost:8065", None, None),
])
def test_plain_http_that_leaves_the_machine_is_warned_of(folder, old, new, at, words):
    assert old in CONFIG
    config = CONFIG.replace(old, new)
    lines = findings(folder, settings=config)
    if at is None:
        assert lines == []
        return
    assert len(lines) == 1 and f"tocsin.yaml:{place(at, config)}: warning: " in lines[0], lines
    assert "plain http" in lines[0]
    for word in words:
        assert word in lines[0], lines


def test_hooks_for_other_machines_need_tls_in_front(folder):
    config = CONFIG.replace("listen: 127.0.0.1:0", "listen: 0.0.0.0:0")
    lines = findings(folder, settings=config.replace("public_url: https://hooks.example.org\n", ""))
    assert len(lines) == 1 and "tocsin.yaml:1:9: warning: " in lines[0], lines
    assert "plain http" in lines[0] and "public_url" in lines[0]


@pytest.mark.parametrize("listen, allow, is_told", [
    ("127.0.0.1:0", "[192.0.2.0/24]", True),
    ('{address: "[::1]:0"}', "2001:db8::/32", True),
    ("{address: 127.0.0.1:0, trusted_proxies: 127.0.0.1}", "192.0.2.0/24", False),
    ("127.0.0.1:0", "[127.0.0.1, 192.0.2.0/24]", False),
    ("0.0.0.0:0", "192.0.2.0/24", False),
])
def test_a_hook_that_lets_nobody_in_is_told(folder, listen, allow, is_told):
    config = CONFIG.replace("listen: 127.0.0.1:0", f"listen: {listen}").replace(
        "soc: {", f"soc: {{allow: {allow}, ")
    lines = findings(folder, settings=config)
    assert len(lines) == is_told, lines
    if is_told:
        assert "hook soc: nobody is let in" in lines[0] and "trusted_proxies" in lines[0]


def test_warnings_come_with_errors_too(folder):
    (folder / "rules.yaml").write_text(with_rule("{status: closed, urgency: {gtee: 80}}"))
    code, output = check(folder)
    assert code == 1
    assert "gtee" in output and '"Closed"' in output


def test_serve_and_explain_go_on_where_check_warns(folder):
    (folder / "rules.yaml").write_text(with_rule("{status: closed}"))
    result = run("explain", "-c", folder / "tocsin.yaml", EVENTS / "alert-created.json")
    assert result.returncode == 0, result.stderr
