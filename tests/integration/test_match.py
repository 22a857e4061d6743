"""What rules can ask, in the daemon and in `tocsin explain`: both say the same of each operator, and a
pattern that a hostile text keeps busy ends, and is told."""

import json

import pytest

import sinks
from tocsin import run

EVENT = {
    "type": "probe", "action": "created",
    "attributes": {
        "title": "Mimikatz run on DC-LYON-01", "uuid": "u-1", "source": "DMZ-01 (7.7.7.7)",
        "score": 80, "ports": [443, 8443], "seen": "2020-01-01T00:00:00Z",
        "fields": [{"slug": "team", "value": "red"}, {"slug": "site", "value": "paris"}],
    },
}
MATCHES = {  # each with whether it holds
    "title: {regex: '(?i)MIMI(katz|dump)'}": True,
    "title: {regex: '^run'}": False,
    "title: {glob: ['X*', '*DC-LYON-??']}": True,
    "source: {cidr: 7.7.7.0/24}": True,
    "source: {cidr: [10.0.0.0/8, '2001:db8::/32']}": False,
    "attributes.score: 8e1": True,
    "attributes.score: {ne: [79, 80]}": False,
    "attributes.ports: {gt: 443, lt: 9000}": True,
    "attributes.ports: {gt: 500, lt: 600}": False,
    "attributes.fields: {has: {slug: team, value: [red, blue]}}": True,
    "attributes.fields: {has: {slug: team, value: paris}}": False,
    "attributes.seen: {older_than: 7d}": True,
    "attributes.seen: {newer_than: 7d}": False,
    "time: {newer_than: 1h}": True,
    "not: {attributes.none: {regex: x}}": True,
}


@pytest.fixture
def recorder(started):
    from fakes.recorder import Recorder
    return started(Recorder())


@pytest.fixture
def daemon(make_daemon, recorder):
    rules = "rules:\n" + "".join(
        f"  - name: r{n}\n    match: {{{match}}}\n    send: [far]\n"
        for n, match in enumerate(MATCHES))
    return make_daemon({"far": sinks.record(recorder)}, rules=rules).start()


def verdicts(daemon, event_id):
    answer = daemon.get(f"/api/v1/events/{event_id}")
    assert answer.status == 200, answer
    return {trace["rule"]: trace["verdict"] == "yes" for trace in answer.body["trace"]}


def test_each_operator_decides_in_the_daemon_and_in_explain(daemon, recorder, tmp_path):
    event_id = daemon.accept(EVENT)
    recorder.wait_for(1)
    daemon.wait_settled()
    expected = {f"r{n}": holds for n, holds in enumerate(MATCHES.values())}
    assert verdicts(daemon, event_id) == expected
    file = tmp_path / "event.json"
    file.write_text(json.dumps(EVENT))
    out = run("explain", "-c", daemon.config, file).stdout
    for rule, holds in expected.items():
        line = next(line for line in out.splitlines() if line.endswith(f"  {rule}"))
        assert line.startswith("matched" if holds else "no "), out
    assert "attributes.fields: has {slug: eq team, value: eq paris} (was [{slug: \"team\", " in out
    assert "source: cidr [10.0.0.0/8, 2001:db8::/32] (was \"DMZ-01 (7.7.7.7)\")" in out


def test_a_pattern_that_gives_up_holds_up_nobody_and_is_told(make_daemon, recorder, tmp_path):
    daemon = make_daemon({"far": sinks.record(recorder)}, rules="""\
rules:
  - {name: greedy, match: {title: {regex: '(a+)+$'}}, send: []}
  - {name: square, match: {attributes.text: {regex: 'b.*[cd]'}}, send: []}
  - {name: rest, match: {}, send: [far]}
""").start()
    hostile = {"type": "probe", "action": "created",
               "attributes": {"title": "a" * 60 + "!", "text": "b" * 99000}}
    event_id = daemon.accept(hostile)
    recorder.wait_for(1, 30)
    daemon.wait_settled()
    daemon.wait_for_log(r'rule \\"greedy\\" gave up after 100,000 steps')
    assert daemon.status()["patterns_given_up"] == 2
    trace = daemon.get(f"/api/v1/events/{event_id}").body["trace"]
    assert [one.get("gave_up") for one in trace] == ["100,000 steps", "1,000,000 steps", None]
    file = tmp_path / "event.json"
    file.write_text(json.dumps(hostile))
    out = run("explain", "-c", daemon.config, file).stdout
    assert "; gave up after 100,000 steps: counts as no match)" in out, out
    assert "; gave up after 1,000,000 steps: counts as no match)" in out, out
