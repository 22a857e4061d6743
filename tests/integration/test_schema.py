"""`tocsin schema`: what editors are told of the two files. The samples are those of `tocsin check`:
what it accepts passes, what it refuses for its shape does not."""

import json
import re
import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml

from broken import BROKEN, broken_text
from conftest import EVENTS, OBJECTS, TESTS
from test_check import CONFIG, RULES, check, folder  # noqa: F401 (folder is a fixture)
from tocsin import PLUGINS, TEST_PLUGINS, as_yaml, plugin_path, run

TREE = TESTS.parent
FILES = {"config": "tocsin.yaml", "rules": "rules.yaml"}


class AsTocsin(yaml.BaseLoader):
    """Every scalar is the text that is written, but for what is nothing."""


def text_or_nothing(_, node):
    return None if node.style is None and node.value in ("", "~", "null") else node.value


AsTocsin.add_constructor("tag:yaml.org,2002:str", text_or_nothing)


class AsEditors(yaml.SafeLoader):
    """YAML 1.2's core schema: numbers, true, false and null, and nothing else is more than a text."""

    yaml_implicit_resolvers = {}


for tag, pattern, first in [
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
        ("int", r"[-+]?[0-9]+", list("-+0123456789")),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789"))]:
    AsEditors.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^({pattern})$"), first)
AsEditors.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))
LOADERS = [AsTocsin, AsEditors]


def with_text_keys(value):
    """JSON's keys are texts."""
    if isinstance(value, dict):
        return {str(key): with_text_keys(inner) for key, inner in value.items()}
    return [with_text_keys(inner) for inner in value] if isinstance(value, list) else value


def print_schema(*arguments):
    result = run("schema", "--plugin-path", PLUGINS, *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def schemas():
    return {which: json.loads(print_schema(*[which] * bool(which))) for which in
            ("config", "rules", "")}


def faults(schemas, which, text, loader):
    """What the file's own schema has against a text; that of both files must agree."""
    value = with_text_keys(yaml.load(text, Loader=loader))
    own, both = (
        [f"{list(error.absolute_path)}: {error.message}" for error in
         jsonschema.Draft202012Validator(schemas[name]).iter_errors(value)]
        for name in (which, ""))
    assert bool(own) == bool(both), (own, both)
    return own


def test_the_schemas_are_schemas(schemas):
    for schema in schemas.values():
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("which", FILES)
def test_the_files_in_conf_are_what_is_printed(which):
    name = Path(FILES[which]).stem + ".schema.json"
    assert (TREE / "conf" / name).read_text() == print_schema(which), (
        f"write it anew: build/tocsin schema --plugin-path build/plugins {which} > conf/{name}")


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("path", [
    "conf/tocsin.yaml", "conf/rules.yaml", "conf/demo/tocsin.yaml", "conf/demo/rules.yaml",
    "tests/fixtures/installed/tocsin.yaml", "tests/fixtures/installed/rules.yaml"])
def test_the_tree_s_own_files_pass(schemas, path, loader):
    which = "rules" if "rules" in path else "config"
    assert faults(schemas, which, (TREE / path).read_text(), loader) == []


@pytest.mark.parametrize("path", sorted(TREE.glob("conf/**/*.yaml")), ids=str)
def test_the_files_in_conf_name_their_schema(path):
    first = path.read_text().splitlines()[0]
    schema = re.fullmatch(r"# yaml-language-server: \$schema=(.+)", first)
    assert schema and (path.parent / schema[1]).resolve().name == f"{path.stem}.schema.json"
    assert (path.parent / schema[1]).exists()


def test_init_names_the_installed_schema(tmp_path):
    assert run("init", tmp_path / "new").returncode == 0
    for name in ("tocsin", "rules"):
        first = (tmp_path / "new" / f"{name}.yaml").read_text().splitlines()[0]
        assert re.fullmatch(rf"# yaml-language-server: \$schema=/.+/tocsin/{name}\.schema\.json",
                            first)


@pytest.mark.parametrize("broken", [broken for broken in BROKEN if broken.shape],
                         ids=lambda broken: broken.name)
def test_what_check_refuses_for_its_shape_is_refused(schemas, broken):
    which = "config" if broken.file == "tocsin.yaml" else "rules"
    text = broken_text(broken, CONFIG if which == "config" else RULES)
    for loader in LOADERS:
        assert faults(schemas, which, text, loader), loader


EVERYTHING = f"""\
x-wait: &wait 5s
listen: {{address: "[::1]:0", trusted_proxies: [127.0.0.1, "2001:db8::/32", "${{PROXY:-::1}}"]}}
admin: {{address: "127.0.0.1:0", token: "${{TOKEN:-08}}"}}
ledger: {{sqlite: ledger.db, keep: 7d, keep_dead: 30d, max_size: 2g}}
rules: rules.yaml
plugin_path: {as_yaml(plugin_path())}
public_url: https://hooks.example.org
dedupe: 0
drain: 20s
sekoia:
  region: fra1
  api_key: 12345
  levels: {{urgent: 80, high: '75', low: "${{LOW:-1}}"}}
hooks:
  soc: {{from: sekoia, path: "/hooks/${{ID:-7d3f9a10-52c8-4e1b-b0a7}}", max_body: 65536,
        alarm_if_silent: 24h, allow: "::1", rate: 60/m}}
  one: {{from: sekoia, path: /hooks/7d3f9a10-52c8-4e1b-b0a8, auth: {{bearer: [0123456789abcdef, "${{T:-0123456789abcdef}}"]}}}}
  two: {{from: sekoia, path: /hooks/7d3f9a10-52c8-4e1b-b0a9, auth: {{basic: {{user: 1, password: 2}}}}}}
  six: {{from: sekoia, path: /hooks/7d3f9a10-52c8-4e1b-b0aa,
        auth: {{hmac_sha256: {{header: X-S, secret: 0123456789abcdef, prefix: "a=", tolerance: 5m}}}}}}
enrich:
  alert: {{deadline: 20s}}
  ticket: {{get: "https://desk.example/{{{{attributes.uuid}}}}", bearer: NO, pick: data, as: ticket}}
sink_defaults: {{in_doubt: dead, timeout: "${{WAIT:-5s}}"}}
sinks:
  soc-chat: {{plugin: mattermost, url: "https://chat.example/hooks/abc", channel: 08, timeout: 5s,
             retry: {{first: 1ms, max: 1m}}, breaker: {{failures: 3}}, rate: 60/m, fallback: siem,
             fallback_after: 1m}}
  siem: {{plugin: syslog, url: "udp://127.0.0.1:1", concurrency: "${{N:-2}}", bom: TRUE,
         timeout: *wait}}
alarms: [soc-chat, siem]
"""


@pytest.mark.parametrize("which, text", [
    ("config", EVERYTHING),
    ("config", CONFIG.replace("alarms: [soc-chat, siem]", "alarms: siem")),
    ("config", CONFIG.replace("rules: rules.yaml", "rules: [rules.yaml]")),
    ("config", CONFIG.replace("udp://127.0.0.1:5514", "${URL:-udp://127.0.0.1:1}")),
    ("config", CONFIG.replace("plugin: syslog", 'plugin: "${P:-syslog}"')),
    ("config", CONFIG.replace("region: fra1", "api: 'https://a.example', app: 'https://b.example'")),
    ("config", CONFIG.replace("{sqlite: ledger.db}", '{sqlite: ledger.db, keep: "${K:-7d}"}')),
    ("rules", RULES.replace("urgency: {gte: 80}", "urgency: [80, 90], level: {gte: high}")),
    ("rules", RULES.replace("urgency: {gte: 80}", "attributes.country: NO, attributes.a: 08")),
    ("rules", RULES.replace("urgency: {gte: 80}", "time: {gte: 2026-01-01T00:00:00Z}")),
    ("rules", RULES.replace("urgency: {gte: 80}", "any: [{entity: x}, {not: {entity: [y, z]}}]")),
    ("rules", RULES.replace("urgency: {gte: 80}", "entity: {exists: true, ne: x, glob: '*'}")),
    ("rules", RULES.replace("urgency: {gte: 80}", r"attributes.a\.b: true")),
    ("rules", RULES.replace("send: [siem]", "send: siem\n    stop: true\n"
                            "    if_not_enriched: skip\nunmatched: [{sink: siem}]\nx-a: [1]")),
    ("rules", "rules: []\n"),
    ("rules", ""),
])
def test_what_check_accepts_passes(folder, schemas, which, text):
    (folder / FILES[which]).write_text(text)
    code, output = check(folder)
    assert code == 0, output
    for loader in LOADERS:
        # An empty file fits both, and that of both takes it for tocsin.yaml.
        assert faults(schemas, which if text else "config", text, loader) == []


# The whole of the rules' language.
LANGUAGE = """\
rules:
  - name: all operators
    match:
      alert.title: {eq: x, ne: [y, z], in: [x, 5], glob: "*a*", contains: [a, b], regex: '(?i)a|b'}
      alert.source: {cidr: [10.0.0.0/8, "fe80::/10"]}
      alert.target: {cidr: 10.1.2.3}
      alert.custom_fields: {has: {slug: team, value: {in: [red, blue]}}}
      time: {gt: 2026-01-01T00:00:00Z, newer_than: 2h, older_than: 5m}
      urgency: {gt: 1, gte: 2, lt: 99, lte: 98.5}
      level: {gte: low, in: [low, high]}
      all: [{any: [{entity: x}, {entity: {exists: false}}]}]
      not: {any: [{type: case}]}
    send:
      - siem
      - {sink: soc-chat, title: "{{title}}", text: "now {{status}}", facts: {Host: "{{entity}}"},
         link: "https://example.org/{{id}}", level: high}
    title: ""
    text: |
      {{> line}}
    facts: []
    level: "{{level}}"
unmatched: {sink: siem, text: nobody else}
partials: {line: "{{title}}"}
tests:
  - name: one
    event: {type: alert, action: created, alert: {title: x, urgency: {current_value: 30}}}
    expect: [siem, {sink: soc-chat, title: x}]
  - {name: two, event: {file: tests/alert.json}, with: alert.json, enriched: false, hook: soc,
     at: 2026-01-01T00:00:00Z, expect: []}
"""


@pytest.fixture
def cases(folder):
    """What the tests in LANGUAGE name stands beside it."""
    (folder / "tests").mkdir()
    shutil.copy(EVENTS / "alert-created.json", folder / "tests" / "alert.json")
    shutil.copy(OBJECTS / "alert-full.json", folder / "alert.json")
    (folder / "templates").mkdir()
    (folder / "templates" / "line.mustache").write_text("{{title}}")
    return folder


def test_the_whole_language_of_rules_passes(cases, schemas):
    for text in (LANGUAGE, LANGUAGE.replace('{line: "{{title}}"}', "templates/")):
        (cases / "rules.yaml").write_text(text)
        code, output = check(cases)
        assert code == 0, output
        for loader in LOADERS:
            assert faults(schemas, "rules", text, loader) == []


@pytest.mark.parametrize("old, new", [
    ("regex: '(?i)a|b'", "regex: [a, b]"), ("cidr: 10.1.2.3", "cidr: here"),
    ("cidr: 10.1.2.3", "cidr: 10"), ("cidr: 10.1.2.3", "cidr: 10.0.0.0/33"),
    ("gt: 1,", "ne: many,"), ("gte: low,", "ne: [low, severe],"), ("gt: 1,", "newer_than: 2h,"),
    ("has: {slug: team, value: {in: [red, blue]}}", "has: {}"),
    ("has: {slug: team, value: {in: [red, blue]}}", "has: team"),
    ("newer_than: 2h", "newer_than: 2 hours"), ("older_than: 5m", "older_than: [5m]"),
    ("newer_than", "newer"), ("gt: 1,", "gt: many,"), ("lte: 98.5", "lte: [98]"),
    ("gte: low, in", "gte: critical, in"), ("in: [low, high]", "in: [low, severe]"),
    ("exists: false", "exists: no"), ("not: {any: [{type: case}]}", "not: {any: []}"),
    ('title: "{{title}}", text', "title: [x], text"), ("level: high}", "level: severe}"),
    ("facts: []", "facts: [a]"), ('{Host: "{{entity}}"}', '{"{{Host}}": x}'),
    ("facts: []", "fact: []"), ("sink: soc-chat, title", "snk: soc-chat, title"),
    ("unmatched: {sink: siem, text: nobody else}", "unmatched: {text: nobody else}"),
    ('partials: {line: "{{title}}"}', 'partials: {"a b": x}'),
    ('partials: {line: "{{title}}"}', "partials: [a]"),
    ("  - name: one\n", "  - nam: one\n"), ("{file: tests/alert.json}", "{fil: x}"),
    ("enriched: false", "enriched: no"), ("expect: []", "expect: {}"), ("hook: soc", "hok: soc"),
    ("at: 2026-01-01T00:00:00Z", "at: noon"), ("{sink: soc-chat, title: x}", "{title: x}"),
])
def test_a_slip_in_the_language_of_rules_is_refused(cases, schemas, old, new):
    assert old in LANGUAGE
    text = LANGUAGE.replace(old, new, 1)
    (cases / "rules.yaml").write_text(text)
    code, output = check(cases)
    assert code == 1, output
    for loader in LOADERS:
        assert faults(schemas, "rules", text, loader), loader


def test_every_option_of_every_plugin_is_there_with_its_words(schemas):
    for name in ("teams", "mattermost", "email", "syslog"):
        described = run("plugin", "doc", "--plugin-path", PLUGINS, name).stdout
        own = described.partition("## Options\n")[2].partition("\n## ")[0]
        options = re.findall(r"^- `(\w+)` \((.*?)\): (.*)$", own, re.MULTILINE)
        shape = schemas["config"]["$defs"][f"sink-{name}"]
        assert options
        for option, what, help_text in options:
            property_ = shape["properties"][option]
            assert property_["description"] == re.sub(r"\\(.)", r"\1", help_text)
            assert ("; required" in what) == (option in shape["required"])
            if what.startswith("one of "):
                assert property_["anyOf"][0]["enum"] == re.findall(
                    r"`(\w+)`", what.partition(";")[0])
        for option in ("timeout", "retry", "breaker", "rate", "in_doubt", "fallback"):
            assert option in shape["properties"]


def test_a_plugin_that_the_configuration_names_by_its_path_is_there_too(folder):
    plugin = TEST_PLUGINS / "record.so"
    described = run("plugin", "doc", plugin).stdout
    option = re.search(r"^- `(\w+)` \(", described, re.MULTILINE)[1]
    text = CONFIG.replace("  siem: {", f"  mine: {{plugin: {as_yaml(str(plugin))}, nonsense: 1}}\n"
                                       "  siem: {")
    (folder / "tocsin.yaml").write_text(text)
    result = run("schema", "-c", folder / "tocsin.yaml", "config")
    assert result.returncode == 0, result.stderr
    schema = json.loads(result.stdout)
    assert option in schema["$defs"]["sink-path-1"]["properties"]
    errors = [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(
        with_text_keys(yaml.load(text, Loader=AsEditors)))]
    assert any("nonsense" in error for error in errors), errors
    assert "sink-teams" in schema["$defs"]


@pytest.mark.parametrize("arguments, code", [
    (["schema", "nonsense"], 2), (["schema", "config", "rules"], 2),
    (["schema", "-c", "x", "--plugin-path", "y"], 2), (["schema", "-c", "/not/there"], 3),
    (["schema", "rules"], 0)])
def test_how_it_is_called(arguments, code, tmp_path):
    assert run(*arguments, cwd=tmp_path).returncode == code


def test_a_folder_without_plugins_leaves_their_options_open(tmp_path):
    schema = json.loads(run("schema", "--plugin-path", tmp_path, "config").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert [name for name in schema["$defs"] if name.startswith("sink-")] == []
    assert faults({"config": schema, "": schema}, "config", CONFIG, AsEditors) == []
