"""The inbox: what its sinks deliver is kept in tocsin itself, and read by people with marks of their
own."""

import json
import random
import urllib.parse

from hostile import ONE_LINE, TEXT
from sinks import unreachable
from stage import load_event, load_object
from tocsin import run, wait_until

INBOX = {"bell": {"plugin": "inbox"}}


def numbered(number, **more):
    return {"type": "note", "action": "made", "attributes": {"uuid": f"n-{number}", **more}}


def notifications(daemon, **query):
    answer = daemon.get("/api/v1/inbox?" + urllib.parse.urlencode(query))
    assert answer.status == 200, answer
    return answer.body


def filled(make_daemon, count, **options):
    daemon = make_daemon(INBOX, **options).start()
    for number in range(count):
        daemon.accept(numbered(number))
    daemon.wait_settled()
    return daemon


def ids(listing):
    return [item["id"] for item in listing["notifications"]]


def test_an_alert_is_kept_as_it_reads_and_leads_to_its_story(make_daemon, api):
    daemon = make_daemon(INBOX, api=api).start()
    alert = load_object("alert-full")

    event = daemon.accept(load_event("alert-created"))
    daemon.wait_settled()

    kept, = notifications(daemon)["notifications"]
    message = kept["message"]
    assert message["title"] == alert["title"] and message["level"] == "urgent"
    assert {"label": "Status", "value": "Pending"} in message["facts"]
    assert message["link"].startswith("https://app.example/")
    assert message["rule"] == "everything to everybody" and message["marks"] == []
    assert "event" not in message, "the ledger has it already"
    assert kept["event"] == event and kept["sink"] == "bell" and kept["read"] is False
    delivery, = daemon.event(event)["deliveries"]
    assert delivery["id"] == kept["delivery"] == message["delivery"]
    assert delivery["state"] == "delivered"


def test_each_reader_has_marks_of_their_own_over_a_restart(make_daemon):
    daemon = filled(make_daemon, 4)
    newest, third, second, _ = ids(notifications(daemon))

    assert daemon.command("inbox", "read", "--reader", "ada", third).returncode == 0
    assert daemon.command("inbox", "read", "--reader", "bob", "--until", second).returncode == 0
    daemon.stop()
    daemon.start()

    of_ada = notifications(daemon, reader="ada")
    assert [item["read"] for item in of_ada["notifications"]] == [False, True, False, False]
    assert of_ada["unread"] == 3 and of_ada["reader"] == "ada"
    assert ids(notifications(daemon, reader="bob", state="unread")) == [newest, third]
    everyone = notifications(daemon)
    assert everyone["unread"] == 4 and everyone["reader"] == "everyone"


def test_what_comes_after_all_was_read_is_unread(make_daemon):
    daemon = filled(make_daemon, 2)

    answer = daemon.change("/api/v1/inbox/read", until=10**15, reader="Ada Lovelace")
    assert answer.status == 200 and answer.body == {"reader": "Ada Lovelace"}
    assert notifications(daemon, reader="Ada Lovelace")["unread"] == 0
    daemon.accept(numbered(9))
    daemon.wait_settled()

    assert notifications(daemon, reader="Ada Lovelace")["unread"] == 1


def test_the_command_line_lists_pages_and_sinks(make_daemon):
    rules = """
rules:
  - {name: odd ones to the desk, match: {attributes.odd: true}, send: [desk]}
  - {name: all, match: {}, send: [bell], title: "note {{attributes.uuid}}", text: "one\\ntwo"}
"""
    daemon = make_daemon({**INBOX, "desk": {"plugin": "inbox"}}, rules=rules).start()
    for number in range(5):
        daemon.accept(numbered(number, odd=number % 2 == 1))
    daemon.wait_settled()

    listed = daemon.command("inbox", "--sink", "bell", "--limit", "3").stdout.splitlines()
    assert [line.split()[-1] for line in listed[:3]] == ["n-4", "n-3", "n-2"]
    assert all(line.startswith("* ") for line in listed[:3])
    assert "the newest 3 are shown, there are more" in listed[3]
    daemon.command("inbox", "read", *[line.split()[1] for line in listed[:3]])
    unread = daemon.command("inbox", "--unread", "--long").stdout
    assert unread.count("    one\n    two\n") == 2 and "note n-4" not in unread
    assert unread.count("\n* ") + unread.startswith("* ") == 4
    assert "4 notifications" in unread
    shown = json.loads(daemon.command("inbox", "--json", "--sink", "desk").stdout)
    assert len(shown["notifications"]) == 2 and shown["more"] is False


def test_without_the_daemon_it_is_read_and_not_marked(make_daemon):
    daemon = filled(make_daemon, 1)
    daemon.stop()

    listed = daemon.command("inbox")
    assert listed.returncode == 0 and "1 notification" in listed.stdout
    assert "this is read from the ledger" in listed.stderr
    marked = daemon.command("inbox", "read", listed.stdout.split()[1])
    assert marked.returncode == 3 and "only a running daemon changes something" in marked.stderr


def test_killed_under_load_it_keeps_each_message_once(make_daemon):
    daemon = make_daemon({"bell": {"plugin": "inbox", "in_doubt": "dead"}}).start()
    dice = random.Random(7)
    sent = []

    for turn in range(4):
        numbers = [f"{turn}-{i}" for i in range(dice.randint(100, 200))]
        daemon.accept_all(numbered(number) for number in numbers)
        sent += numbers
        daemon.kill9()
        daemon.start()
    daemon.wait_settled()

    listing = notifications(daemon, limit=1000)
    messages = [item["message"] for item in listing["notifications"]]
    assert sorted(message["thread"] for message in messages) == \
        sorted(f"note:n-{number}" for number in sent)
    assert not any(message["marks"] for message in messages), "nothing there is a repeat"
    assert daemon.status()["dead"] == 0


def test_hostile_words_stay_words(make_daemon):
    rules = """
rules:
  - {name: all, match: {}, send: [bell], title: "{{{attributes.words}}}", text: "{{attributes.words}}"}
"""
    daemon = make_daemon(INBOX, rules=rules).start()
    for number, words in enumerate([*ONE_LINE, TEXT]):
        daemon.accept(numbered(number, words=words))
    daemon.accept(numbered("long", words="x" * 100_000))
    daemon.wait_settled()

    listing = notifications(daemon)
    assert len(listing["notifications"]) == len(ONE_LINE) + 2
    longest = listing["notifications"][0]["message"]
    assert len(longest["title"]) <= 300 and len(longest["text"]) == 4000
    listed = daemon.command("inbox", "--long").stdout
    assert not any(ord(c) < 32 and c != "\n" for c in listed)
    lines = listed.splitlines()
    assert sum(line.startswith("* ") for line in lines) == len(ONE_LINE) + 2
    assert all(line.startswith(("* ", "    ")) for line in lines[:-2])


def test_what_another_sink_could_not_deliver_says_so(make_daemon):
    sinks = {"chat": {**unreachable(), "fallback": "bell", "fallback_after": "1s"}, **INBOX}
    rules = "rules:\n  - {name: all, match: {}, send: [chat]}\n"
    daemon = make_daemon(sinks, rules=rules).start()

    daemon.accept(numbered(1))

    kept, = wait_until(lambda: notifications(daemon)["notifications"], "moved to the inbox")
    assert "fallback" in kept["message"]["marks"]


def test_a_drill_shows_what_would_be_kept_and_keeps_nothing(make_daemon):
    daemon = make_daemon(INBOX).start()

    for options in [], ["--daemon"]:
        drill = daemon.command("drill", "bell", *options)
        assert drill.returncode == 0, drill
        assert "delivered after" in drill.stdout and "a drill is not kept" in drill.stdout
    assert notifications(daemon)["notifications"] == []


def test_wrong_questions_are_answered_by_what_is_wrong(make_daemon):
    daemon = filled(make_daemon, 1)
    kept, = notifications(daemon)["notifications"]

    for query, words in [("reader=", "1 to 64 characters"), ("reader=a%0Ab", "on one line"),
                         ("reader=" + "x" * 65, "1 to 64"), ("state=read", "can only be unread"),
                         ("limit=1001", "at most 1000"), ("redaer=ada", 'mean "reader"'),
                         ("before=" + kept["event"], "is an event, and a notification is meant")]:
        answer = daemon.get("/api/v1/inbox?" + query)
        assert answer.status == 400 and words in answer.body["error"], (query, answer)
    for body, words in [({}, "say which"), ({"ids": [kept["delivery"]]}, "a notification is meant"),
                        ({"ids": [kept["id"]], "until": kept["id"]}, "say which"),
                        ({"ids": [kept["id"]], "reader": "a\tb"}, "on one line")]:
        answer = daemon.change("/api/v1/inbox/read", **body)
        assert answer.status == 400 and words in answer.body["error"], (body, answer)
    for words in [["ID"], ["read"], ["--until", kept["id"]], ["read", "--unread", kept["id"]]]:
        assert daemon.command("inbox", *words).returncode == 2
    assert notifications(daemon)["unread"] == 1


def test_its_options_are_those_of_every_sink_and_no_more(tmp_path):
    path = tmp_path / "tocsin.yaml"
    (tmp_path / "rules.yaml").write_text("rules:\n  - {name: all, match: {}, send: [bell]}\n")

    def check(sink):
        path.write_text(f"listen: 127.0.0.1:0\nledger: {{sqlite: l.db}}\nrules: rules.yaml\n"
                        f"hooks: {{soc: {{from: sekoia, path: /hooks/0b9c5a6e-the-test-hook}}}}\n"
                        f"sinks:\n  bell: {sink}\n")
        return run("check", "-c", path)

    assert check("{plugin: inbox, rate: 10/s, concurrency: 2}").returncode == 0
    for option, words in [("ca: x.pem", 'unknown key "ca"'), ("proxy: http://p", "it makes none"),
                          ("url: https://x", 'unknown key "url"')]:
        refused = check(f"{{plugin: inbox, {option}}}")
        assert refused.returncode == 1 and words in refused.stdout + refused.stderr, refused
    misspelt = check("{plugin: inbxo}")
    assert 'did you mean "inbox"?' in misspelt.stdout + misspelt.stderr
