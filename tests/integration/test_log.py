"""The log: what one event leaves in it, from the post to its end, in both formats."""

import json
import re
import threading

import pytest

import sinks
from conftest import load_event
from tocsin import wait_until

JSON = "log: {format: json}\n"
RETRY_FAST = "sink_defaults: {retry: {first: 100ms, max: 500ms, give_up: 1h}}\n"


def lines_of(daemon):
    """The lines of a daemon that writes JSON."""
    return [json.loads(line) for line in daemon.log().splitlines()]


def of_event(daemon, event_id):
    return [line for line in lines_of(daemon) if line.get("event") == event_id]


def test_one_event_is_followed_through_by_its_id(make_daemon, api, mattermost, teams):
    """Accepted, looked up, decided by which rule, delivered here, refused there."""
    teams.fail_next(1, 400)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "soc-teams": sinks.teams(teams)},
                         api=api, settings=JSON).start()
    event_id = daemon.accept(load_event("alert-created"))
    daemon.wait_settled()
    daemon.accept({"type": "probe", "n": 1})
    daemon.wait_settled()
    accepted, looked_up, decided, *ends = of_event(daemon, event_id)
    assert accepted["msg"] == "accepted alert created" and accepted["hook"] == "soc"
    assert looked_up["msg"] == "looked up: alert found"
    assert decided["msg"] == ('goes to chat by "everything to everybody", '
                              'soc-teams by "everything to everybody"')
    ends = {line["sink"]: line for line in ends}
    assert ends["chat"]["level"] == "info" and "delivered at attempt 1" in ends["chat"]["msg"]
    assert ends["soc-teams"]["level"] == "error", ends
    assert "dead letter after attempt 1 (rejected): " in ends["soc-teams"]["msg"]
    story = {delivery["sink"]: delivery["id"] for delivery in daemon.event(event_id)["deliveries"]}
    assert {sink: line["delivery"] for sink, line in ends.items()} == story


def test_every_attempt_that_fails_is_told(make_daemon, mattermost):
    mattermost.fail_next(2, 503)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)},
                         settings=JSON + RETRY_FAST).start()
    event_id = daemon.accept({"type": "probe"})
    mattermost.wait_for(1, 30)
    daemon.wait_settled()
    told = [(line["level"], line["msg"]) for line in of_event(daemon, event_id) if "delivery" in line]
    assert [level for level, _ in told] == ["warn", "warn", "info"], told
    assert told[0][1].startswith("attempt 1 failed: ") and "503" in told[0][1]
    assert told[1][1].startswith("attempt 2 failed: ")
    assert told[2][1].startswith("delivered at attempt 3 ")


def test_an_event_that_tells_nobody_says_so(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, settings=JSON, rules="""
rules:
  - {name: quiet, match: {type: quiet}, send: []}
  - {name: loud, match: {type: loud}, send: [chat]}
unmatched: []
""").start()
    quiet, other = daemon.accept({"type": "quiet"}), daemon.accept({"type": "other"})
    daemon.wait_settled()
    assert of_event(daemon, quiet)[-1]["msg"] == "tells nobody: so its rule says"
    assert of_event(daemon, other)[-1]["msg"] == "no rule matched"


def test_a_look_up_that_fails_is_a_warning(make_daemon, api, mattermost):
    api.refuse(500)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api,
                         settings=JSON + "enrich: {alert: {deadline: 1s, timeout: 1s}}\n").start()
    event_id = daemon.accept(load_event("alert-created"))
    mattermost.wait_for(1, 30)
    line, = [line for line in of_event(daemon, event_id) if "looked up" in line["msg"]]
    assert line["level"] == "warn"
    assert re.match("not looked up, goes on without its alert: no answer within 1000 ms: HTTP 500",
                    line["msg"])


def test_a_refused_post_is_told_with_its_reason(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, settings=JSON).start()
    assert daemon.post(b"{not json").status == 400
    assert daemon.post({"type": "x"}, path="/hooks/a-guess").status == 404
    told = [line for line in lines_of(daemon) if line.get("part") == "hook"]
    assert [line["level"] for line in told] == ["warn", "warn"]
    assert all(line["from"] == "127.0.0.1" for line in told)
    assert told[0]["hook"] == "soc" and told[0]["msg"].startswith("a post was refused with 400: ")
    assert "hook" not in told[1] and told[1]["msg"] == "a post was refused with 404: no such hook"
    assert "a-guess" not in daemon.log()


EVIL = 'x\n{"level":"error","msg":"forged"}\u2028\x1b[31m" level=error event=1'


@pytest.mark.parametrize("settings", ["", JSON])
def test_what_an_event_says_forges_no_line(make_daemon, mattermost, settings):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, settings=settings).start()
    event_id = daemon.accept({"type": EVIL, "action": EVIL})
    daemon.wait_settled()
    for line in daemon.log().splitlines():
        begins = '{"time":"' if settings else "time="
        assert line.startswith(begins), line
        assert "forged" not in line or event_id in line
    if settings:
        assert of_event(daemon, event_id)[0]["msg"] == f"accepted {EVIL} {EVIL}"


def test_no_secret_stands_in_json(make_daemon, api, mattermost):
    """The far end repeats the URL that it was asked at, and the key too."""
    api.refuse(401)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, api=api,
                         settings=JSON.replace("}", ", level: debug}") +
                         "enrich: {alert: {deadline: 1s, timeout: 1s}}\n").start()
    daemon.accept(load_event("alert-created"))
    mattermost.wait_for(1, 30)
    daemon.stop()
    path = mattermost.url.split("/", 3)[3]
    for secret in (api.key, path):
        assert secret not in daemon.log()


# How much ----------------------------------------------------------------------------------


def flood(daemon, count, senders=40):
    threads = [threading.Thread(target=daemon.accept_all, args=(
        [{"type": "probe", "n": f"{turn}-{n}"} for n in range(count // senders)],))
        for turn in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_flood_of_events_does_not_flood_the_log(make_daemon, mattermost):
    """Whole ways of some, and the number of the others: nothing is left out silently."""
    daemon = make_daemon({"chat": sinks.mattermost(mattermost, rate="off", concurrency=64)}, settings=JSON).start()
    count = 1200
    flood(daemon, count)
    daemon.wait_settled()

    def told():
        """Where each event was accepted, or counted as left out."""
        lines = lines_of(daemon)
        accepted = [line["event"] for line in lines if line["msg"].startswith("accepted")]
        more = [int(match[1]) for line in lines
                if (match := re.match(r"(\d+) more events went their way", line["msg"]))]
        return (accepted, lines) if len(accepted) + sum(more) >= count else None

    accepted, lines = wait_until(told, "all are told or counted")
    assert 100 <= len(accepted) < count
    for event_id in accepted:
        assert len([line for line in lines if line.get("event") == event_id]) == 3


def test_debug_tells_every_event(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost, rate="off", concurrency=64)},
                         settings="log: {format: json, level: debug}\n").start()
    flood(daemon, 800)
    daemon.wait_settled()
    told = [line for line in lines_of(daemon) if line["msg"].startswith("accepted")]
    assert len(told) == 800


def test_a_higher_level_tells_only_what_is_wrong(make_daemon, mattermost):
    mattermost.fail_next(1, 400)
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, settings=JSON).start()
    daemon.config.write_text(daemon.config.read_text().replace(JSON, "log: {level: warn}\n"))
    before = len(daemon.log().splitlines())
    assert daemon.command("reload").returncode == 0
    assert daemon.post({"type": "probe", "n": 1}).status == 202
    assert daemon.wait_settled()["dead"] == 1
    daemon.stop()
    after = daemon.log().splitlines()[before:]
    assert after and all(" level=error " in line or " level=warn " in line for line in after), after


def test_refused_posts_are_counted_where_they_are_many(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, settings=JSON).start()
    for _ in range(300):
        assert daemon.post(b"no").status == 400

    def told():
        lines = [line["msg"] for line in lines_of(daemon) if line.get("part") == "hook"]
        single = sum(line.startswith("a post was refused") for line in lines)
        more = sum(int(match[1]) for line in lines
                   if (match := re.match(r"(\d+) more posts were refused", line)))
        return single if single + more == 300 else None

    assert wait_until(told, "each refusal is told or counted") < 300


def test_an_ordinary_stream_is_no_journal(make_daemon, mattermost):
    """A $JOURNAL_STREAM that was inherited from a service whose stream it is not."""
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)},
                         env={"JOURNAL_STREAM": "8:12345"}).start()
    assert re.match("time=\\S+ level=", daemon.log())
