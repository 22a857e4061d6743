"""The operator's hands: dead letters are seen, sent again, given up; events are routed again; a sink
is paused. By the command line and by the API that it speaks to."""

import json
import re
import time

import pytest

import sinks
from tocsin import Tocsin, wait_until

RETRY_FAST = "sink_defaults: {retry: {first: 100ms, max: 500ms, give_up: 1h}}\n"
DELIVERY_ID = r"[0-9a-f]+-d\d+"


def probe(title, thread=None):
    attributes = {"title": title}
    if thread:
        attributes["uuid"] = thread
    return {"type": "probe", "action": "created", "attributes": attributes}


def titles(fake):
    """What a far end got, in order."""
    return re.findall(r"no-[a-z0-9]+", " ".join(fake.as_text(entry) for entry in fake.received))


def done(answer, code=0):
    """A command's output, which must have ended so."""
    assert answer.returncode == code, f"{answer.returncode}\n{answer.stdout}\n{answer.stderr}"
    return answer.stdout


def wait_dead(daemon, count):
    return wait_until(lambda: daemon.status()["dead"] == count, f"{count} dead letters", 60)


def make_dead(daemon, fake, *events, status=400):
    """Events that the far end rejects; their ids."""
    before = daemon.status()["dead"]
    fake.fail_next(len(events), status)
    ids = [daemon.accept(event) for event in events]
    wait_dead(daemon, before + len(events))
    return ids


def dead_letters(daemon, *arguments):
    return json.loads(done(daemon.command("dead", "--json", *arguments)))["deliveries"]


def all_deliveries(daemon, event_id):
    """Those of its first decision, and what came to it later."""
    story = daemon.event(event_id)
    return story["deliveries"] + [delivery for later in story["later"]
                                  for delivery in later["deliveries"]]


def delivery_of(daemon, event_id):
    return daemon.event(event_id)["deliveries"][0]


@pytest.fixture
def daemon(make_daemon, mattermost):
    return make_daemon({"chat": sinks.mattermost(mattermost)}, settings=RETRY_FAST).start()


# Seeing --------------------------------------------------------------------------------------


def test_a_rejected_message_is_listed_with_all_that_a_person_needs(daemon, mattermost):
    event_id, = make_dead(daemon, mattermost, probe("no-a"))
    letter, = dead_letters(daemon)
    assert letter["event"] == event_id
    assert re.fullmatch(DELIVERY_ID, letter["id"])
    assert letter["sink"] == "chat" and letter["rule"] == "everything to everybody"
    assert letter["state"] == "dead" and letter["status"] == 400 and "400" in letter["reason"]
    assert letter["attempts"] == 1 and letter["finished"] and letter["due"] is None
    out = done(daemon.command("dead"))
    first, count, what_next = out.splitlines()
    for words in (letter["id"], "UTC", "chat", '"everything to everybody"', "400"):
        assert words in first, out
    assert count == "1 dead letter" and "tocsin retry" in what_next
    status = done(daemon.command("status"), 1)
    assert status.splitlines()[0] == "! 1 dead letter", status


def test_dead_letters_are_found_by_sink_and_time(make_daemon, mattermost, teams):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "soc-teams": sinks.teams(teams)},
                         settings=RETRY_FAST).start()
    mattermost.fail_next(1, 400)
    teams.fail_next(1, 400)
    daemon.accept(probe("no-a"))
    wait_dead(daemon, 2)
    assert {letter["sink"] for letter in dead_letters(daemon)} == {"chat", "soc-teams"}
    chat, = dead_letters(daemon, "--sink", "chat")
    assert chat["sink"] == "chat"
    assert dead_letters(daemon, "--sink", "chat", "--since", "1h") == [chat]
    assert dead_letters(daemon, "--since", "2100-01-01T00:00:00Z") == []
    assert dead_letters(daemon, "--until", "2020-01-01T00:00:00Z") == []
    assert "no dead letters" in done(daemon.command("dead", "--until", "2020-01-01T00:00:00Z"))


def test_a_long_list_comes_in_pages_and_says_that_there_is_more(daemon, mattermost):
    make_dead(daemon, mattermost, *[probe(f"no-{n}") for n in range(7)])
    newest = daemon.get("/api/v1/deliveries?state=dead&limit=3").body
    assert len(newest["deliveries"]) == 3 and newest["more"] is True
    older = daemon.get(f"/api/v1/deliveries?state=dead&limit=1000&before={newest['before']}").body
    assert len(older["deliveries"]) == 4 and older["more"] is False and older["before"] is None
    ids = [letter["id"] for letter in newest["deliveries"] + older["deliveries"]]
    numbers = [int(letter.rpartition("-d")[2]) for letter in ids]
    assert numbers == sorted(set(numbers), reverse=True)
    out = done(daemon.command("dead", "--limit", "5"))
    assert len(re.findall(f"^{DELIVERY_ID}", out, re.MULTILINE)) == 5
    assert "there are more" in out


def test_events_are_listed_and_one_is_told_whole(daemon, mattermost):
    first = daemon.accept(probe("no-a"))
    daemon.accept({"type": "other", "n": 1})
    daemon.wait_settled()
    dead, = make_dead(daemon, mattermost, probe("no-b"))
    daemon.wait_settled()
    listed = json.loads(done(daemon.command("events", "--type", "probe", "--json")))["events"]
    assert [event["id"] for event in listed] == [dead, first]
    assert {event["hook"] for event in listed} == {"soc"}
    assert listed[0]["deliveries"] == 1 and listed[0]["state"] == "routed"
    out = done(daemon.command("events", "--hook", "soc"))
    assert len(re.findall(r"^[0-9a-f]+-e\d+ ", out, re.MULTILINE)) == 3, out
    assert daemon.get("/api/v1/events?action=created&since=1h").body["events"][0]["id"] == dead
    story = done(daemon.command("events", dead))
    for words in (dead, "probe created", 'rule "everything to everybody"', "chat", "dead", "400"):
        assert words in story, story


def test_what_came_from_outside_cannot_command_the_terminal(daemon, mattermost):
    evil = "\x1b[2J\x1b]0;owned\x07\u202e"
    mattermost.fail_next(1, 400, body=json.dumps({"message": evil + "no"}))
    event_id = daemon.accept({"type": "probe" + evil, "action": evil})
    wait_dead(daemon, 1)
    for out in (done(daemon.command("dead")), done(daemon.command("events")),
                done(daemon.command("events", event_id))):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out), repr(out)


def test_status_says_what_is_wrong_first_and_else_that_all_is_well(daemon):
    assert done(daemon.command("status")).splitlines()[0] == "all is well"
    done(daemon.command("pause", "chat", "--reason", "the channel moves"))
    daemon.accept(probe("no-a"))
    wait_until(lambda: daemon.status()["waiting"] == 1, "one waits")
    first = done(daemon.command("status"), 1).splitlines()[0]
    assert first.startswith("! chat is paused") and "the channel moves" in first
    assert first.endswith("1 waits")


# Sending again -------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_be_and_changes_nothing(daemon, mattermost):
    event_id, = make_dead(daemon, mattermost, probe("no-a"))
    letter, = dead_letters(daemon)
    story = daemon.event(event_id)
    for command in (["retry", letter["id"]], ["retry", "--sink", "chat"],
                    ["skip", "--reason", "x", letter["id"]], ["replay", event_id],
                    ["replay", "--since", "1h"]):
        out = done(daemon.command(*command, "--dry-run"))
        assert "1 " in out and " would " in out and "nothing was changed" in out, out
    daemon.accept(probe("no-b"))
    mattermost.wait_for(1)
    daemon.wait_settled()
    assert daemon.event(event_id) == story
    assert dead_letters(daemon) == [letter]
    assert titles(mattermost) == ["no-b"]


def test_a_dead_letter_is_sent_again_by_its_id_under_a_new_one(daemon, mattermost):
    event_id, = make_dead(daemon, mattermost, probe("no-a"))
    letter, = dead_letters(daemon)
    out = done(daemon.command("retry", letter["id"]))
    new, = re.findall(f"^{letter['id']}.* as ({DELIVERY_ID})$", out, re.MULTILINE)
    assert "1 delivery will be sent again" in out
    mattermost.wait_for(1)
    daemon.wait_settled()
    assert titles(mattermost) == ["no-a"]
    by_id = {delivery["id"]: delivery for delivery in all_deliveries(daemon, event_id)}
    assert new != letter["id"] and set(by_id) == {letter["id"], new}
    assert by_id[new]["state"] == "delivered"
    assert by_id[letter["id"]]["state"] == "skipped" and new in by_id[letter["id"]]["reason"]
    assert daemon.status()["dead"] == 0


def test_what_is_no_dead_letter_is_refused_by_name_and_the_rest_is_done(daemon, mattermost):
    good = daemon.accept(probe("no-good"))
    mattermost.wait_for(1)
    daemon.wait_settled()
    delivered = delivery_of(daemon, good)["id"]
    make_dead(daemon, mattermost, probe("no-a"))
    letter, = dead_letters(daemon)
    out = done(daemon.command("retry", delivered, letter["id"], "999999"), 1)
    assert re.search(f"^{delivered} .*refused: was delivered$", out, re.MULTILINE), out
    assert re.search(r"-d999999 .*refused: is not in the ledger$", out, re.MULTILINE), out
    assert "1 delivery will be sent again, 2 refused" in out
    mattermost.wait_for(2)


def test_the_dead_letters_of_one_sink_and_time_are_sent_again(make_daemon, mattermost, teams):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "soc-teams": sinks.teams(teams)},
                         settings=RETRY_FAST).start()
    teams.fail_next(2, 400)
    mattermost.fail_next(1, 400)
    daemon.accept(probe("no-a"))
    wait_dead(daemon, 2)
    ended, = [letter["finished"] for letter in dead_letters(daemon, "--sink", "chat")]
    wait_until(lambda: time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) > ended[:19],
               "the next second")
    mattermost.fail_next(1, 400)
    daemon.accept(probe("no-b"))
    wait_dead(daemon, 4)
    later = daemon.command("retry", "--sink", "chat", "--since", "2100-01-01T00:00:00Z")
    assert "no delivery is of that kind" in done(later, 1)
    out = done(daemon.command("retry", "--sink", "chat", "--since", "1h", "--until", ended))
    assert "1 delivery will be sent again" in out
    mattermost.wait_for(1)
    daemon.wait_settled()
    assert titles(mattermost) == ["no-a"] and titles(teams) == []
    done(daemon.command("retry", "--since", "1h"))
    mattermost.wait_for(2)
    teams.wait_for(2)
    daemon.wait_settled()
    assert daemon.status()["dead"] == 0


def test_a_dead_letter_can_go_to_another_sink(make_daemon, mattermost, syslog):
    daemon = make_daemon(
        {"chat": sinks.mattermost(mattermost), "siem": sinks.syslog(syslog)}, settings=RETRY_FAST,
        rules="rules:\n  - {name: chat only, match: {}, send: [chat]}\n").start()
    event_id, = make_dead(daemon, mattermost, probe("no-a"))
    out = done(daemon.command("retry", "--sink", "chat", "--to", "siem"))
    assert " to siem as " in out
    syslog.wait_for(1)
    daemon.wait_settled()
    assert titles(mattermost) == []
    states = {delivery["sink"]: delivery["state"]
              for delivery in all_deliveries(daemon, event_id)}
    assert states == {"chat": "skipped", "siem": "delivered"}
    unknown = daemon.command("retry", "--sink", "chat", "--to", "siem2")
    assert done(unknown, 1) == "" and 'did you mean "siem"' in unknown.stderr


def test_a_retry_joins_the_end_of_its_thread(daemon, mattermost):
    make_dead(daemon, mattermost, probe("no-a", "one"))
    letter, = dead_letters(daemon)
    done(daemon.command("pause", "chat"))
    for title in ("no-b", "no-c"):
        daemon.accept(probe(title, "one"))
    wait_until(lambda: daemon.status()["waiting"] == 2, "two wait")
    done(daemon.command("retry", letter["id"]))
    daemon.accept(probe("no-d", "one"))
    wait_until(lambda: daemon.status()["waiting"] == 4, "four wait")
    done(daemon.command("resume", "chat"))
    mattermost.wait_for(4, 60)
    assert titles(mattermost) == ["no-b", "no-c", "no-a", "no-d"]


def test_a_retry_goes_to_those_recipients_only_who_are_owed_it(make_daemon, smtp):
    smtp.refused["off@example.org"] = "450 4.2.1 try again later"
    daemon = make_daemon(
        {"mail": sinks.email(smtp, to=["duty@example.org", "off@example.org"])},
        settings="sink_defaults: {retry: {first: 100ms, max: 200ms, give_up: 1s},"
                 " breaker: {failures: 1000}}\n").start()
    daemon.accept(probe("no-a"))
    wait_dead(daemon, 1)
    assert [letter["rcpts"] for letter in smtp.received] == [["duty@example.org"]]
    smtp.refused.clear()
    done(daemon.command("retry", "--sink", "mail"))
    smtp.wait_for(2)
    daemon.wait_settled()
    assert smtp.received[1]["rcpts"] == ["off@example.org"]
    assert len(smtp.received) == 2


def test_the_short_form_of_the_api_sends_one_again(daemon, mattermost):
    make_dead(daemon, mattermost, probe("no-a"))
    letter, = dead_letters(daemon)
    answer = daemon.change(f"/api/v1/deliveries/{letter['id']}/retry")
    assert answer.status == 200
    item, = answer.body["deliveries"]
    assert (answer.body["changed"], answer.body["refused"]) == (1, 0)
    assert item["id"] == letter["id"] and item["sink"] == "chat" and item["became"] != item["id"]
    mattermost.wait_for(1)


# Giving up -----------------------------------------------------------------------------------


def test_a_skipped_delivery_keeps_the_reason_and_is_never_sent(daemon, mattermost):
    event_id, = make_dead(daemon, mattermost, probe("no-a"))
    letter, = dead_letters(daemon)
    nothing = daemon.command("skip", letter["id"])
    assert done(nothing, 2) == "" and "--reason" in nothing.stderr
    out = done(daemon.command("skip", letter["id"], "--reason", "a drill,\nnobody waits"))
    assert "1 delivery will not be sent" in out
    delivery = delivery_of(daemon, event_id)
    assert delivery["state"] == "skipped"
    assert "a drill, nobody waits" in delivery["reason"] and "400" in delivery["reason"]
    assert "a drill, nobody waits" in done(daemon.command("events", event_id))
    status = daemon.status()
    assert (status["dead"], status["skipped"]) == (0, 1)
    assert dead_letters(daemon) == []
    assert "refused: was skipped" in done(daemon.command("retry", letter["id"]), 1)


def test_what_waits_is_skipped_too_and_lets_the_next_pass(daemon, mattermost):
    done(daemon.command("pause", "chat"))
    first = daemon.accept(probe("no-a", "one"))
    daemon.accept(probe("no-b", "one"))
    wait_until(lambda: daemon.status()["waiting"] == 2, "two wait")
    waiting = daemon.get("/api/v1/deliveries?state=waiting&sink=chat").body["deliveries"]
    assert {delivery["state"] for delivery in waiting} == {"waiting"}
    done(daemon.command("skip", delivery_of(daemon, first)["id"], "--reason", "wrong"))
    done(daemon.command("resume", "chat"))
    mattermost.wait_for(1, 60)
    daemon.wait_settled()
    assert titles(mattermost) == ["no-b"]


# Routing again -------------------------------------------------------------------------------


BOTH = "rules:\n  - {name: both, match: {}, send: [chat, siem]}\n"
CHAT = "rules:\n  - {name: chat only, match: {}, send: [chat]}\n"


@pytest.fixture
def routed_to_chat_only(make_daemon, mattermost, syslog):
    """Two events went to chat; today's rules name siem as well."""
    daemon = make_daemon({"chat": sinks.mattermost(mattermost), "siem": sinks.syslog(syslog)},
                         settings=RETRY_FAST, rules=CHAT).start()
    ids = [daemon.accept(probe("no-a")), daemon.accept({"type": "other", "attributes": {
        "title": "no-b"}})]
    mattermost.wait_for(2)
    daemon.wait_settled()
    daemon.stop()
    daemon.rules.write_text(BOTH)
    return daemon.start(), ids


def test_events_are_routed_again_by_the_rules_of_today(routed_to_chat_only, mattermost, syslog):
    daemon, (first, _) = routed_to_chat_only
    out = done(daemon.command("replay", first, "999999"), 1)
    assert "1 event will be routed again" in out
    assert re.search(r"-e999999 .*refused: is not in the ledger$", out, re.MULTILINE), out
    syslog.wait_for(1)
    mattermost.wait_for(3)
    daemon.wait_settled()
    assert titles(syslog) == ["no-a"] and sorted(titles(mattermost)) == ["no-a", "no-a", "no-b"]
    sinks_told = [delivery["sink"] for delivery in all_deliveries(daemon, first)]
    assert sorted(sinks_told) == ["chat", "chat", "siem"]


def test_a_replay_of_what_is_missing_tells_only_those_who_never_heard(
        routed_to_chat_only, mattermost, syslog):
    daemon, _ = routed_to_chat_only
    out = done(daemon.command("replay", "--since", "1h", "--type", "probe", "--missing"))
    assert "1 event will be routed again" in out
    syslog.wait_for(1)
    daemon.wait_settled()
    assert titles(syslog) == ["no-a"] and len(mattermost.received) == 2
    done(daemon.command("replay", "--since", "1h", "--hook", "soc", "--missing"))
    syslog.wait_for(2)
    daemon.wait_settled()
    assert sorted(titles(syslog)) == ["no-a", "no-b"] and len(mattermost.received) == 2
    for nothing in (["--since", "1h", "--hook", "none"], ["--since", "2100-01-01T00:00:00Z"]):
        assert "no event is of that kind" in done(daemon.command("replay", *nothing), 1)


# Pausing -------------------------------------------------------------------------------------


def test_a_pause_holds_over_a_restart_and_then_all_goes_in_order(daemon, mattermost):
    out = done(daemon.command("pause", "chat", "--for", "2h", "--reason", "the channel moves"))
    assert "chat is paused until" in out and "the channel moves" in out and "tocsin resume" in out
    expected = [f"no-{n}" for n in range(6)]
    for title in expected[:3]:
        daemon.accept(probe(title, "one"))
    wait_until(lambda: daemon.status()["waiting"] == 3, "three wait")
    daemon.restart()
    for title in expected[3:]:
        daemon.accept(probe(title, "one"))
    wait_until(lambda: daemon.status()["waiting"] == 6, "six wait")
    sink, = daemon.get("/api/v1/sinks").body["sinks"]
    assert sink["state"] == "paused" and "the channel moves" in sink["why"] and sink["queue"] == 6
    assert sink["until"] > time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 3600))
    assert mattermost.requests == []
    done(daemon.command("resume", "chat"))
    mattermost.wait_for(6, 60)
    daemon.wait_settled()
    assert titles(mattermost) == expected
    sink, = daemon.get("/api/v1/sinks").body["sinks"]
    assert (sink["state"], sink["why"], sink["until"], sink["queue"]) == ("open", None, None, 0)


def test_a_resumed_sink_is_not_paused_after_the_next_start(daemon, mattermost):
    done(daemon.command("pause", "chat"))
    done(daemon.command("resume", "chat"))
    daemon.restart()
    daemon.accept(probe("no-a"))
    mattermost.wait_for(1)


def test_a_pause_ends_by_itself(daemon, mattermost):
    done(daemon.command("pause", "chat", "--for", "1s"))
    daemon.accept(probe("no-a"))
    mattermost.wait_for(1, 60)


def test_what_cannot_be_paused_or_resumed_is_said(daemon):
    for command in ("pause", "resume"):
        answer = daemon.command(command, "chatt")
        assert done(answer, 1) == "" and 'did you mean "chat"' in answer.stderr
    answer = daemon.command("resume", "chat")
    assert done(answer, 1) == "" and "not paused" in answer.stderr
    assert daemon.command("pause", "chat", "--for", "soon").returncode == 2


# Who may ---------------------------------------------------------------------------------------


def test_a_change_needs_its_header_and_no_foreign_origin(daemon, mattermost):
    make_dead(daemon, mattermost, probe("no-a"))
    own = f"127.0.0.1:{daemon.admin_port}"
    foreign = [
        {},
        {"X-Tocsin": "0"},
        {"Origin": f"http://{own}"},
        {"X-Tocsin": "1", "Origin": "http://evil.example"},
        {"X-Tocsin": "1", "Origin": "null"},
        {"X-Tocsin": "1", "Origin": ""},
        {"X-Tocsin": "1", "Origin": "http://127.0.0.1:1"},
        {"X-Tocsin": "1", "Origin": f"http://evil.example:{daemon.admin_port}",
         "Host": f"evil.example:{daemon.admin_port}"},  # its name leads here: DNS rebinding
    ]
    paths = ["/api/v1/retry", "/api/v1/skip", "/api/v1/replay", "/api/v1/sinks/chat/pause",
             "/api/v1/sinks/chat/resume", "/api/v1/deliveries/1/retry"]
    for headers in foreign:
        for path in paths:
            answer = daemon.change(path, headers, sink="chat")
            assert answer.status == 403, (path, headers, answer)
    assert daemon.status()["dead"] == 1 and daemon.get("/api/v1/sinks").body["sinks"][0][
        "state"] == "open"
    for origin in (own, f"localhost:{daemon.admin_port}"):
        answer = daemon.change("/api/v1/retry", {"X-Tocsin": "1", "Origin": f"http://{origin}"},
                               sink="chat", dry_run=True)
        assert answer.status == 200, answer


def test_where_a_token_is_set_it_is_needed(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, env={"ADMIN_TOKEN": "a secret one"})
    text = daemon.config.read_text()
    daemon.config.write_text(text.replace(
        "admin: 127.0.0.1:0", 'admin: {address: "127.0.0.1:0", token: "${ADMIN_TOKEN}"}'))
    daemon.start()
    key = {"Authorization": "Bearer a secret one"}
    for path in ("/api/v1/status", "/api/v1/sinks", "/api/v1/events", "/api/v1/deliveries"):
        assert daemon.get(path).status == 401, path
        assert daemon.get(path, {"Authorization": "Bearer another"}).status == 401, path
        assert daemon.get(path, key).status == 200, path
    retry = {"sink": "chat", "dry_run": True}
    assert daemon.change("/api/v1/retry", **retry).status == 401
    assert daemon.change("/api/v1/retry", key, **retry).status == 403
    assert daemon.change("/api/v1/retry", {"X-Tocsin": "1", **key}, **retry).status == 200
    proxied = {"X-Tocsin": "1", "Origin": "https://soc.example", "Host": "soc.example", **key}
    assert daemon.change("/api/v1/retry", proxied, **retry).status == 200
    assert daemon.get("/healthz").status == 200 and daemon.get("/readyz").status == 200
    assert done(daemon.command("status")).startswith("all is well")
    daemon.env["ADMIN_TOKEN"] = "not that one"
    answer = daemon.command("status")
    assert done(answer, 3) == "" and "token" in answer.stderr and "secret" not in answer.stderr


def test_methods_and_paths_are_told_apart(daemon):
    for method, path, status, allow in (
            ("GET", "/api/v1/retry", 405, "POST"), ("POST", "/api/v1/status", 405, "GET"),
            ("DELETE", "/api/v1/events/1", 405, "GET"), ("PUT", "/api/v1/sinks/chat/pause", 405, "POST"),
            ("GET", "/api/v1/nothing", 404, None), ("GET", "/api/v1/events/", 404, None),
            ("POST", "/api/v1/sinks//pause", 404, None), ("GET", "/api/v1/events/1/2", 404, None)):
        answer = daemon.request(method, path, port=daemon.admin_port)
        assert (answer.status, answer.headers["Allow"]) == (status, allow), (method, path)
        assert answer.body["error"]


def test_what_is_misspelt_or_would_mean_everything_is_refused(daemon, mattermost):
    make_dead(daemon, mattermost, probe("no-a"))
    for path, parameters in (
            ("/api/v1/retry", {}), ("/api/v1/retry", {"until": "1h"}),
            ("/api/v1/retry", {"sink": "chat", "dryrun": True}),
            ("/api/v1/retry", {"ids": []}), ("/api/v1/retry", {"ids": ["1"], "sink": "chat"}),
            ("/api/v1/retry", {"since": "1h", "until": "2h"}),
            ("/api/v1/retry", {"sink": "chat", "to": "nowhere"}),
            ("/api/v1/skip", {"sink": "chat"}), ("/api/v1/skip", {"sink": "chat", "reason": " \n"}),
            ("/api/v1/skip", {"reason": "all of it"}),
            ("/api/v1/replay", {}), ("/api/v1/replay", {"hook": "soc"}),
            ("/api/v1/replay", {"missing": True}),
            ("/api/v1/sinks/chat/pause", {"for": "2 hours"})):
        answer = daemon.change(path, **parameters)
        assert answer.status == 400 and answer.body["error"], (path, parameters, answer)
    for body in (b"{", b"[]", b'"x"', b"x" * 100_000):
        answer = daemon.request("POST", "/api/v1/retry", body, {"X-Tocsin": "1"},
                                daemon.admin_port)
        assert answer.status in (400, 413) and answer.body["error"]
    for query in ("events?typ=probe", "deliveries?state=done", "events?limit=0",
                  "deliveries?limit=1001", "events?since=then", "events?before=x"):
        assert daemon.get(f"/api/v1/{query}").status == 400, query
    status = daemon.status()
    assert (status["dead"], status["skipped"], status["waiting"]) == (1, 0, 0)
    for command in (["retry"], ["skip", "--reason", "x"], ["replay"], ["replay", "--type", "probe"]):
        assert daemon.command(*command).returncode == 2, command


def test_the_ids_of_another_ledger_are_refused_by_name(daemon, mattermost):
    event_id, = make_dead(daemon, mattermost, probe("no-a"))
    ledger, _, number = dead_letters(daemon)[0]["id"].partition("-d")
    other = "0" * len(ledger)
    for command in (["retry", f"{other}-d{number}"], ["skip", "--reason", "x", f"{other}-d{number}"],
                    ["replay", f"{other}-e1"], ["events", f"{other}-e1"]):
        answer = daemon.command(*command)
        assert done(answer, 1) == "", command
        assert other in answer.stderr and f"begin with {ledger}-" in answer.stderr, answer.stderr
    wrong_kind = daemon.command("retry", event_id)
    assert done(wrong_kind, 1) == "" and "is an event" in wrong_kind.stderr
    assert daemon.status()["dead"] == 1
    assert "1 delivery" in done(daemon.command("retry", number))


def test_a_client_that_leaves_before_the_answer_harms_nothing(daemon, mattermost):
    make_dead(daemon, mattermost, probe("no-a"))
    letter, = dead_letters(daemon)
    body = json.dumps({"ids": [letter["id"]]}).encode()
    head = (b"POST /api/v1/retry HTTP/1.1\r\nHost: localhost\r\nX-Tocsin: 1\r\nContent-Length: %d\r\n\r\n"
            % len(body))
    for question in (head + body, b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20):
        for _ in range(20):
            connection = daemon.admin_socket()
            connection.sendall(question)
            connection.close()
    mattermost.wait_for(1)
    daemon.wait_settled()
    assert titles(mattermost) == ["no-a"]
    daemon.still_serves()


def test_many_readers_at_once_are_all_answered(daemon):
    event_id = daemon.accept(probe("no-a"))
    sockets = [daemon.admin_socket() for _ in range(30)]
    for connection in sockets:
        connection.sendall(b"GET /api/v1/events/%b HTTP/1.0\r\n\r\n" % event_id.encode())
    for connection in sockets:
        assert connection.makefile("rb").readline().split()[1] == b"200"
        connection.close()


# Without the daemon ----------------------------------------------------------------------------


def test_with_the_daemon_down_the_ledger_is_read_and_says_the_same(daemon, mattermost):
    event_id, = make_dead(daemon, mattermost, probe("no-a"))
    questions = (["dead"], ["events"], ["events", event_id], ["dead", "--json"],
                 ["events", event_id, "--json"])
    live = [done(daemon.command(*question)) for question in questions]
    counts = daemon.status()
    daemon.stop()
    for question, expected in zip(questions, live):
        answer = daemon.command(*question)
        assert done(answer) == expected
        assert "no daemon answers" in answer.stderr and "ledger.db" in answer.stderr
    status = json.loads(done(daemon.command("status", "--json"), 1))
    for name in ("ledger", "events", "dead", "delivered", "skipped", "waiting", "unrouted"):
        assert status[name] == counts[name], name
    shown = done(daemon.command("status"), 1)
    assert shown.startswith("! tocsin does not run") and "\n! 1 dead letter\n" in shown


def test_with_the_daemon_down_nothing_is_changed(daemon, mattermost):
    event_id, = make_dead(daemon, mattermost, probe("no-a"))
    letter, = dead_letters(daemon)
    address = f"127.0.0.1:{daemon.admin_port}"
    daemon.stop()
    for command in (["retry", letter["id"]], ["skip", letter["id"], "--reason", "x"],
                    ["replay", event_id], ["pause", "chat"], ["resume", "chat"]):
        answer = daemon.command(*command, "--admin", address)
        assert done(answer, 3) == "", command
        assert address in answer.stderr and "tocsin serve" in answer.stderr, answer.stderr
    assert dead_letters(daemon) == [letter]
    answer = daemon.command("dead", "--admin", address)
    assert done(answer, 3) == "" and address in answer.stderr, "this ledger may be another one"


def test_without_ledger_and_daemon_it_says_so(tmp_path):
    daemon = Tocsin(tmp_path, {"gone": sinks.unreachable()})
    answer = daemon.command("dead")
    assert done(answer, 3) == "" and "ledger.db" in answer.stderr


def test_a_fault_elsewhere_in_the_configuration_keeps_nobody_from_his_dead_letters(
        daemon, mattermost):
    make_dead(daemon, mattermost, probe("no-a"))
    daemon.config.write_text(daemon.config.read_text() + "colour: blue\n")
    assert "1 dead letter" in done(daemon.command("dead"))
    assert "1 delivery" in done(daemon.command("retry", "--sink", "chat"))
    mattermost.wait_for(1)


def test_every_command_has_a_help_with_an_example(daemon):
    for name in ("status", "dead", "events", "retry", "skip", "replay", "pause", "resume", "serve",
                 "check"):
        out = done(daemon.command(name, "--help"))
        assert out.startswith(f"usage: tocsin {name}") and f"examples:\n  tocsin {name}" in out
