"""What /metrics counts is what happened, to the last one."""

import metrics
import sinks
from stage import load_event
from tocsin import run, wait_until

RULES = """
rules:
  - {name: "alerts, \\"all\\" of them", match: {type: alert}, send: [chat, bell]}
  - {name: notes that tell nobody, match: {type: note, action: quiet}, send: []}
  - {name: never, match: {type: nothing}, send: [bell]}
"""


def note(number, action="made"):
    return {"type": "note", "action": action, "attributes": {"uuid": f"n-{number}"}}


def digest(samples):
    (key,) = [key for key in samples if key[0] == "tocsin_config_info"]
    return dict(key[1:])["digest"]


def test_each_thing_that_happened_is_counted_once(make_daemon, api, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "bell": {"plugin": "inbox"}},
                         rules=RULES, api=api, settings="dedupe: 10m\n").start()

    daemon.accept(load_event("alert-created"))
    daemon.accept(load_event("alert-created"))  # again: a duplicate
    daemon.accept(note(1))
    daemon.accept(note(2, "quiet"))
    assert daemon.post(b"no JSON").status == 400
    assert daemon.post(note(3), path="/hooks/unknown").status == 404
    daemon.wait_settled()

    counted = metrics.read(daemon)

    def value(name, **labels):
        return metrics.value(counted, f"tocsin_{name}", **labels)

    assert value("events_accepted_total", hook="soc") == 3
    assert value("events_duplicate_total", hook="soc") == 1
    assert value("posts_refused_total", hook="soc", status="400") == 1
    assert value("posts_refused_total", hook="", status="404") == 1
    assert value("lookups_total", type="alert", outcome="found") == 1
    assert value("lookup_seconds_count", type="alert") == 1
    assert value("rule_matches_total", rule='alerts, \\"all\\" of them') == 1
    assert value("rule_matches_total", rule="notes that tell nobody") == 1
    assert value("rule_matches_total", rule="never") == 0
    assert value("events_unmatched_total") == 1
    for sink in "chat", "bell":
        assert value("attempts_total", sink=sink, outcome="delivered") == 1
        assert value("deliveries_total", sink=sink, result="delivered") == 1
        assert value("attempt_seconds_count", sink=sink) == 1
        assert value("delivery_seconds_count", sink=sink) == 1
        assert 0 < value("delivery_seconds_sum", sink=sink) < 60
    assert value("commit_seconds_count") > 0 and value("commit_seconds_sum") > 0
    assert value("ledger_writable") == 1 and value("ledger_bytes") > 4096
    version = run("--version").stdout.split()[1]
    assert value("build_info", version=version) == 1


def test_what_waits_is_told_by_its_number_and_its_age(make_daemon, mattermost):
    daemon = make_daemon({"chat": {**sinks.unreachable(), "breaker": {"failures": 2, "probe": "1h"}},
                          "far": sinks.mattermost(mattermost)}).start()
    for number in range(3):
        daemon.accept(note(number))
    wait_until(lambda: metrics.value(metrics.read(daemon), "tocsin_sink_shut", sink="chat"), "shut")

    wait_until(lambda: metrics.value(metrics.read(daemon), "tocsin_queue_deliveries", sink="far")
               == 0, "delivered to the other one")
    counted = metrics.read(daemon)
    assert metrics.value(counted, "tocsin_queue_deliveries", sink="chat") == 3
    assert metrics.value(counted, "tocsin_sink_shut", sink="far") == 0
    assert metrics.value(counted, "tocsin_attempts_total", sink="chat", outcome="retry") >= 2
    assert 0 < metrics.value(counted, "tocsin_queue_oldest_seconds", sink="chat") < 60
    assert ("tocsin_queue_oldest_seconds", ("sink", "far")) not in counted

    daemon.command("pause", "far")
    assert metrics.value(metrics.read(daemon), "tocsin_sink_paused", sink="far") == 1


def test_a_reload_keeps_the_counts_and_tells_what_became_of_it(make_daemon, mattermost):
    rules = "rules:\n  - {name: %s, match: {}, send: [far]}\n"
    far = {"far": sinks.mattermost(mattermost)}
    daemon = make_daemon(far, rules=rules % "before").start()
    daemon.accept(note(1))
    daemon.wait_settled()

    before = metrics.read(daemon)
    assert daemon.command("reload").returncode == 0
    assert digest(metrics.read(daemon)) == digest(before), "nothing was changed"

    daemon.write({**far, "bell": {"plugin": "inbox"}}, rules=rules % "after")
    assert daemon.command("reload").returncode == 0
    daemon.accept(note(2))
    daemon.wait_settled()

    counted = metrics.read(daemon)
    assert metrics.value(counted, "tocsin_events_accepted_total", hook="soc") == 2
    assert metrics.value(counted, "tocsin_rule_matches_total", rule="before") == 1
    assert metrics.value(counted, "tocsin_rule_matches_total", rule="after") == 1
    assert metrics.value(counted, "tocsin_deliveries_total", sink="bell", result="delivered") == 0
    assert metrics.value(counted, "tocsin_config_last_reload_successful") == 1
    assert digest(counted) != digest(before)

    daemon.rules.write_text("rules: 7\n")
    assert daemon.command("reload").returncode == 1
    assert metrics.value(metrics.read(daemon), "tocsin_config_last_reload_successful") == 0


def test_nothing_that_a_sender_writes_becomes_a_label(make_daemon, mattermost):
    daemon = make_daemon({"far": sinks.mattermost(mattermost)}).start()
    before = None
    for number in range(20):
        daemon.accept({"type": f"t{number}", "action": f"a{number}", "attributes": {"uuid": number}})
        daemon.post(b"{}", path=f"/hooks/{number}")
        if number == 0:
            daemon.wait_settled()
            before = set(metrics.read(daemon))
    daemon.wait_settled()
    assert set(metrics.read(daemon)) == before


def test_it_says_which_format_it_has_and_is_only_read(make_daemon, mattermost):
    daemon = make_daemon({"far": sinks.mattermost(mattermost)}).start()
    answer = daemon.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert daemon.request("POST", "/metrics", "{}", {"X-Tocsin": "1"},
                          port=daemon.admin_port).status == 405
