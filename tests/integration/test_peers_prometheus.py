"""What Prometheus' own promtool says of the metrics and of the alert rules."""

import json
import re
import subprocess

import pytest

import metrics
import peers
import sinks
from stage import TESTS, load_event

CONF = TESTS.parent / "conf/prometheus"
PROMTOOL = peers.UNPACKED / "prometheus/usr/bin/promtool"


def promtool(*arguments, text=None):
    return subprocess.run([PROMTOOL, *arguments], input=text, capture_output=True, text=True,
                          timeout=60)


@pytest.fixture
def scraped(make_daemon, api, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "dead": sinks.unreachable()},
                         api=api).start()
    daemon.accept(load_event("alert-created"))
    mattermost.wait_for(1)
    return daemon


def test_the_metrics_pass_its_lint(scraped):
    text = scraped.get("/metrics").body
    checked = promtool("check", "metrics", text=text)
    assert checked.returncode == 0 and not checked.stderr, checked

    broken = text.replace("# TYPE tocsin_attempts_total counter", "# TYPE tocsin_attempts_total gauge")
    assert broken != text
    assert promtool("check", "metrics", text=broken).returncode != 0, "it can fail"


def test_the_alert_rules_are_sound_and_speak_of_metrics_that_there_are(scraped):
    rules = CONF / "tocsin.rules.yml"
    checked = promtool("check", "rules", rules)
    assert checked.returncode == 0 and "SUCCESS: 8 rules found" in checked.stdout, checked

    there = {name for name, *_ in metrics.read(scraped)}
    wanted = set(re.findall(r"tocsin_\w+", "".join(
        line for line in rules.read_text().splitlines() if "expr:" in line or "lookups" in line)))
    assert len(wanted) > 6 and wanted <= there, wanted - there


def test_the_dashboard_asks_for_metrics_that_there_are_in_queries_that_are_sound(scraped, tmp_path):
    board = json.loads((CONF / "tocsin.dashboard.json").read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    there = {name for name, *_ in metrics.read(scraped)}

    wanted = set(re.findall(r"tocsin_\w+", "\n".join(queries)))
    assert len(wanted) > 15 and wanted <= there, wanted - there
    filled = [query.replace("$__rate_interval", "5m").replace("$instance", ".*") for query in queries]
    rules = tmp_path / "queries.yml"
    rules.write_text(json.dumps({"groups": [{"name": "panels", "rules": [
        {"record": f"panel:{number}", "expr": query} for number, query in enumerate(filled)]}]}))
    checked = promtool("check", "rules", rules)
    assert checked.returncode == 0, checked
    places = [tuple(panel["gridPos"].values()) for panel in board["panels"]]
    assert len(set(places)) == len(places)


def test_each_alert_rises_when_it_should(tmp_path):
    story = (CONF / "tocsin.rules.test.yml").read_text()
    assert promtool("test", "rules", CONF / "tocsin.rules.test.yml").returncode == 0

    for file in CONF.iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    (tmp_path / "tocsin.rules.test.yml").write_text(story.replace("eval_time: 20m", "eval_time: 1m"))
    assert promtool("test", "rules", tmp_path / "tocsin.rules.test.yml").returncode != 0, "it can fail"
