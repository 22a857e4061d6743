"""tocsin render: what a template makes of some JSON, to the byte."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tocsin import BINARY, faketime_preload, run

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "templates.md").read_text()
PAGE_CLOCK = {"LD_PRELOAD": faketime_preload(), "FAKETIME": "2026-11-23 10:00:00", "TZ": "UTC"}


def render(folder, template, data, *options, stdin=None):
    """Exit status, standard output as bytes, standard error as lines."""
    (folder / "t.mustache").write_text(template, newline="")
    (folder / "data.json").write_text(data)
    result = subprocess.run([BINARY, "render", *map(str, options)], input=stdin, cwd=folder,
                            capture_output=True, timeout=60)
    return result.returncode, result.stdout, result.stderr.decode().splitlines()


def render_files(folder, template, data, *options):
    return render(folder, template, data, "t.mustache", "data.json", *options)


@pytest.fixture
def partials(tmp_path):
    folder = tmp_path / "partials"
    (folder / "mail").mkdir(parents=True)
    return folder


# The result --------------------------------------------------------------------------------


def test_the_result_is_printed_exactly(tmp_path):
    assert render_files(tmp_path, "a {{x}}", '{"x": "<&\\">\'"}') == (0, b"a <&\">'", [])
    assert render_files(tmp_path, "\r\n{{x}}\n\n", '{"x": 1.210}') == (0, b"\r\n1.21\n\n", [])
    assert render_files(tmp_path, "", "{}") == (0, b"", [])


@pytest.mark.parametrize("flavour, expected", [
    ("plain", "<@all>*"), ("markdown", "&#60;@\u200ball\\>\\*"), ("teams", "<\u200b@\u200ball>\u2217"),
    ("mrkdwn", "&lt;@\u200ball&gt;\u200b*\u200b"), ("html", "&lt;@all&gt;*"),
    ("url", "%3C%40all%3E%2A"), ("json", '"<@all>*"')])
def test_values_are_escaped_for_the_flavour(tmp_path, flavour, expected):
    code, out, err = render_files(tmp_path, "*{{x}}", '{"x": "<@all>*"}', "--flavour", flavour)
    assert (code, out.decode(), err) == (0, "*" + expected, [])


@pytest.mark.parametrize("data, expected", [
    ("85", b"85"), ('"& \\" < >"', b"&amp; &quot; &lt; &gt;"), ("null", b""), ("true", b"true"),
    ("[1, 2]", b"[1,2]")])
def test_data_may_be_any_json(tmp_path, data, expected):
    assert render_files(tmp_path, "{{.}}", data, "--flavour", "html") == (0, expected, [])


def test_either_file_may_be_standard_input(tmp_path):
    assert render(tmp_path, "", '{"x": 1}', "-", "data.json", stdin=b"{{x}}!") == (0, b"1!", [])
    assert render(tmp_path, "{{x}}!", "", "t.mustache", "-", stdin=b'{"x": 2}') == (0, b"2!", [])
    code, out, err = render(tmp_path, "", "{}", "-", "data.json", stdin=b"a{{")
    assert (code, out) == (1, b"") and err[0].startswith("-:1:2: ")


def test_a_time_is_shown_in_its_zone(tmp_path):
    """The daemon's own zone does not matter, nor does it change."""
    (tmp_path / "t.mustache").write_text("{{.|time}} {{.|time:Europe/Paris}} {{.|time:UTC}}")
    (tmp_path / "data.json").write_text("1795428000")
    result = run("render", tmp_path / "t.mustache", tmp_path / "data.json",
                 env={"TZ": "Asia/Tokyo"})
    assert result.stdout == ("2026-11-23 10:00:00 UTC 2026-11-23 11:00:00 CET "
                             "2026-11-23 10:00:00 UTC"), result.stderr


# The documentation -------------------------------------------------------------------------


def documented_examples():
    """The rows of two code spans, and the fenced pair of a template and what it shows."""
    for row in re.findall(r"^\| `(.+)` \| `(.*)` \|$", DOCS, re.MULTILINE):
        template, shown = (cell.replace("\\|", "|") for cell in row)
        if "{{" in template:
            yield template, shown
    fence = r"```\n((?:(?!```).)*)```"
    yield from re.findall(fence + r"\n\nshows\n\n" + fence, DOCS, re.DOTALL)


def test_the_documentation_has_examples():
    assert len(list(documented_examples())) >= 24


@pytest.mark.parametrize("template, shown", documented_examples())
def test_a_documented_example_is_true(tmp_path, template, shown):
    data = re.search(r"```json\n(.*?)```", DOCS, re.DOTALL)[1]
    (tmp_path / "t.mustache").write_text(template)
    (tmp_path / "data.json").write_text(data)
    result = run("render", "t.mustache", "data.json", cwd=tmp_path, env=PAGE_CLOCK)
    assert (result.returncode, result.stdout, result.stderr) == (0, shown, "")


# Partials ----------------------------------------------------------------------------------


def test_partials_come_from_a_folder(tmp_path, partials):
    (partials / "head.mustache").write_text("[{{x}} {{>mail/foot}}]\n")
    (partials / "mail" / "foot").write_text("foot")
    (partials / "mail" / "foot.mustache").write_text("first")
    (partials / "plain").write_text("plain\n")
    assert render_files(tmp_path, "  {{>head}}\n{{>plain}}", '{"x": 1}', "--partials", partials) == (
        0, b"  [1 first]\nplain\n", [])


def test_a_partial_that_is_not_there_is_nothing(tmp_path, partials):
    code, out, err = render_files(tmp_path, "({{>a}}{{>mail}})", "{}", "--partials", partials)
    assert (code, out) == (0, b"()")
    assert len(err) == 2 and err[0].startswith('t.mustache:1:2: warning: partial "a" is shown as ')
    code, out, err = render_files(tmp_path, "({{>a}})", "{}")
    assert (code, out) == (0, b"()") and "--partials" in err[0]


@pytest.mark.parametrize("name", ["../secret", "mail/../../secret", "..", "/etc/passwd", "mail//x",
                                  "./x", "mail/"])
def test_a_partial_stays_within_its_folder(tmp_path, partials, name):
    (tmp_path / "secret").write_text("secret")
    code, out, err = render_files(tmp_path, "a{{>%s}}" % name, "{}", "--partials", partials)
    assert (code, out) == (1, b"")
    assert err[0].startswith(f't.mustache:1:2: partial "{name}": a name stays within the folder')


# What goes wrong ---------------------------------------------------------------------------


def test_faults_of_all_templates_are_said(tmp_path, partials):
    (partials / "a.mustache").write_text("{{b|tme}}\n{{b")
    (partials / "c").write_text("{{/d}}")
    code, out, err = render_files(tmp_path, "{{>a}}{{>c}}", "{}", "--partials", partials)
    assert (code, out) == (1, b"")
    assert err == [f'{partials}/a.mustache:1:5: unknown format "tme"; did you mean "time"?',
                   f'{partials}/a.mustache:2:1: "{{{{" is not closed: its "}}}}" is missing',
                   f'{partials}/c:1:1: the end of section "d", but no section is open here']


def test_a_fault_has_its_place(tmp_path, partials):
    code, out, err = render_files(tmp_path, "\u00e9\n  {{x|tme}}", "{}")
    assert (code, out) == (1, b"")
    assert err == ['t.mustache:2:7: unknown format "tme"; did you mean "time"?']
    (partials / "p").write_text("{{>p}}")
    code, out, err = render_files(tmp_path, "before {{>p}}", "{}", "--partials", partials)
    assert (code, out) == (1, b"")
    assert err[0].startswith('t.mustache:1:8: in partial "p", line 1, column 1: partials nest')


@pytest.mark.parametrize("arguments, words", [
    ((), "name a template and a file with JSON data"),
    (("t.mustache",), "name a template and a file with JSON data"),
    (("-", "-"), "only one of the two can be standard input"),
    (("t.mustache", "data.json", "x"), "one argument too many"),
    (("t.mustache", "data.json", "--flavour", "htm"), 'did you mean "html"?'),
    (("t.mustache", "data.json", "--flavour"), "--flavour needs a value"),
    (("t.mustache", "data.json", "--folder", "x"), 'unknown option "--folder"'),
])
def test_wrong_usage_is_2(tmp_path, arguments, words):
    code, out, err = render(tmp_path, "x", "{}", *arguments)
    assert (code, out) == (2, b"") and words in err[0] and err[1].startswith("usage: tocsin render")


def test_what_cannot_be_read_is_3(tmp_path, partials):
    assert render(tmp_path, "x", "{}", "none", "data.json") == (
        3, b"", ["tocsin: read none: No such file or directory"])
    assert render(tmp_path, "x", "{}", "t.mustache", "partials") == (
        3, b"", ["tocsin: read partials: Is a directory"])
    code, out, err = render_files(tmp_path, "x", "{\n  x}")
    assert (code, out) == (3, b"") and err[0].startswith("tocsin: data.json is no JSON: line 2, ")


def test_a_full_disk_is_3(tmp_path):
    (tmp_path / "t.mustache").write_text("x")
    with open("/dev/full", "wb") as full:
        result = subprocess.run([BINARY, "render", "t.mustache", "-"], input=b"{}", stdout=full,
                                stderr=subprocess.PIPE, cwd=tmp_path, timeout=60,
                                env={**os.environ, "LC_ALL": "C"})
    assert (result.returncode, result.stderr) == (
        3, b"tocsin: write the result: No space left on device\n")
