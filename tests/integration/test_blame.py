"""A plugin in the daemon's process that takes it down, or holds its loop, is named: the log's last
line says which sink, which file and which call it was."""

import json
import os
import re
from pathlib import Path

import pytest

from tocsin import BUILD, TEST_PLUGINS, run, wait_until

ZOO = Path(os.environ.get("TOCSIN_ZOO", BUILD / "tests/zoo"))
RULES = 'rules:\n  - {name: all, match: {}, send: [bad], title: "{{attributes.title}}"}\n'
LINE = re.compile(r'^time=(\S+) level=error sink=bad msg="plugin (\S+): (.*)"$', re.MULTILINE)


def zoo(name):
    return {"plugin": str(ZOO / f"{name}.so"), "url": "http://127.0.0.1:1/x"}


def fall(**more):
    return {"plugin": str(TEST_PLUGINS / "fall.so"), **more}


def note(title="x"):
    return {"type": "note", "action": "made", "attributes": {"uuid": "n-1", "title": title}}


def is_sanitized(daemon):
    """A sanitizer goes on to say its own about the fault."""
    return "Sanitizer" in daemon.log()


def die_of(daemon, event):
    daemon.accept(event)
    wait_until(lambda: daemon.process.poll() is not None, "its end", 60)
    return LINE.search(daemon.log())


@pytest.mark.parametrize("sink, title, words", [
    (zoo("null_pointer"), "x", r"signal 11 \(Segmentation fault\) in render: "),
    (zoo("aborts"), "x", r"signal 6 \(Aborted\) in render: "),
    (zoo("exits"), "x", r"called exit\(\) in render: "),
    (fall(), "null", r"signal 11 \(Segmentation fault\) in deliver: "),
    (fall(), "abort", r"signal 6 \(Aborted\) in deliver: "),
    (fall(), "exit", r"called exit\(\) in deliver: "),
    (fall(in_open=True), "x", r"signal 6 \(Aborted\) in open: "),
], ids=lambda value: Path(value["plugin"]).stem if isinstance(value, dict) else None)
def test_the_last_line_names_sink_file_and_call(make_daemon, sink, title, words):
    daemon = make_daemon({"bad": sink}, rules=RULES).start()
    line = die_of(daemon, note(title))
    assert line, daemon.log()
    when, file, what = line.groups()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", when)
    earlier = re.findall(r"^time=(\S+)", daemon.log(), re.MULTILINE)[0]
    assert earlier <= when and earlier[:13] <= when[:13], "the same clock as the other lines"
    assert file == sink["plugin"]
    assert re.match(words, what) and "isolation: process" in what
    if not is_sanitized(daemon):
        assert daemon.log().splitlines()[-1] == line[0]


def test_the_line_has_the_log_s_own_form(make_daemon):
    daemon = make_daemon({"bad": zoo("aborts")}, rules=RULES, settings="log: {format: json}\n").start()
    daemon.accept(note())
    wait_until(lambda: daemon.process.poll() is not None, "its end", 60)
    last = json.loads(daemon.log().splitlines()[-1])
    assert last["level"] == "error" and last["sink"] == "bad"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", last["time"])
    assert last["msg"].startswith(f"plugin {ZOO}/aborts.so: signal 6 (Aborted) in render: ")


def test_a_stack_that_has_overflown_is_no_excuse(make_daemon):
    daemon = make_daemon({"bad": zoo("stack_overflow")}, rules=RULES).start()
    line = die_of(daemon, note())
    assert line and "signal 11 (Segmentation fault) in render" in line[3], daemon.log()


def test_one_that_dies_while_it_is_loaded_or_checked_is_named(tmp_path):
    (tmp_path / "rules.yaml").write_text("rules:\n  - {name: all, match: {}, send: [bad]}\n")
    for name, call in ("constructor", "loading"), ("check_crashes", "check"):
        path = tmp_path / "tocsin.yaml"
        path.write_text("listen: 127.0.0.1:0\nledger: {sqlite: l.db}\nrules: rules.yaml\n"
                        "hooks: {soc: {from: sekoia, path: /hooks/0b9c5a6e-the-test-hook}}\n"
                        f"sinks: {{bad: {{plugin: {ZOO}/{name}.so, url: 'http://127.0.0.1:1/x'}}}}\n")
        result = run("check", "-c", path)
        assert result.returncode != 0
        line = LINE.search(result.stderr)
        assert line and f"{name}.so" in line[2] and f" in {call}: " in line[3], result.stderr


def test_a_render_that_does_not_come_back_is_named_while_it_goes_on(make_daemon):
    daemon = make_daemon({"bad": zoo("endless_loop")}, rules=RULES).start()
    daemon.accept(note())
    line = wait_until(lambda: LINE.search(daemon.log()), "the line")
    assert line[2].endswith("endless_loop.so")
    held = re.match(r"has held the loop for (\d+) ms in render and goes on: ", line[3])
    assert held and 1000 <= int(held[1]) < 20000
    wait_until(lambda: len(LINE.findall(daemon.log())) == 2, "the second, after as long again")
    daemon.kill9()


def test_one_that_comes_back_in_time_is_not_named(make_daemon, mattermost):
    daemon = make_daemon({"bad": {**zoo("tame"), "url": mattermost.url}}, rules=RULES).start()
    for number in range(30):
        daemon.accept({**note(), "attributes": {"uuid": f"n-{number}", "title": "x"}})
    wait_until(lambda: daemon.status()["waiting"] == 0, "all tried")
    assert not LINE.search(daemon.log())
    daemon.stop()
    assert "isolation" not in daemon.log()
