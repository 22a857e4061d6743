"""`tocsin events --follow`: what comes is shown as it comes, over a restart too, and it ends well."""

import json
import os
import signal
import socket
import subprocess
import threading

import pytest

import sinks
from tocsin import BINARY, Tocsin, wait_until


class Follower:
    """The command, with its output in a file: what it has written can be read while it runs."""

    def __init__(self, daemon, *arguments, folder):
        self.out, self.err = folder / "out", folder / "err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(
                [BINARY, "events", "--follow", "-c", daemon.config, *arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, env={**os.environ, **daemon.env})

    def lines(self):
        return self.out.read_text().splitlines()

    def wait_lines(self, count):
        return wait_until(lambda: self.lines() if len(self.lines()) >= count else None,
                          f"{count} lines of events")

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(10)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def daemon(make_daemon, mattermost):
    """At an admin port of its own: after a restart it is found there again."""
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)})
    text = daemon.config.read_text()
    daemon.config.write_text(text.replace("admin: 127.0.0.1:0", f"admin: 127.0.0.1:{free_port()}"))
    return daemon


@pytest.fixture
def follow(daemon, tmp_path, started):
    return lambda *arguments: started(Follower(daemon, *arguments, folder=tmp_path))


def test_what_was_there_comes_first_and_then_what_comes(daemon, follow):
    daemon.start()
    before = [daemon.accept({"type": "probe", "n": n}) for n in range(3)]
    follower = follow()
    follower.wait_lines(3)
    after = [daemon.accept({"type": "probe", "n": n}) for n in range(3, 6)]
    lines = follower.wait_lines(6)
    assert [line.split()[0] for line in lines] == before + after
    assert "soc  probe" in lines[-1]
    assert follower.end() == 0
    assert follower.err.read_text() == ""


def test_only_the_last_ten_or_as_many_as_one_says_are_shown_first(daemon, follow):
    daemon.start()
    ids = [daemon.accept({"type": "probe", "n": n}) for n in range(15)]
    assert [line.split()[0] for line in follow().wait_lines(10)] == ids[5:]
    assert [line.split()[0] for line in follow("--limit", "2").wait_lines(2)] == ids[13:]


def test_filters_hold_for_what_comes_too(daemon, follow):
    daemon.start()
    follower = follow("--type", "this", "--json")
    wanted = []
    for n in range(3):
        daemon.accept({"type": "other", "n": n})
        wanted.append(daemon.accept({"type": "this", "n": n}))
    events = [json.loads(line) for line in follower.wait_lines(3)]
    assert [event["id"] for event in events] == wanted
    assert {event["type"] for event in events} == {"this"}
    assert follower.end(signal.SIGTERM) == 0


def test_more_than_a_page_between_two_looks_is_shown_whole(daemon, follow):
    daemon.start()
    daemon.accept({"type": "the first"})
    follower = follow("--json")
    follower.wait_lines(1)
    threads = [threading.Thread(target=daemon.accept_all, args=(
        [{"type": "probe", "n": f"{turn}-{n}"} for n in range(50)],))
        for turn in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = follower.wait_lines(1501)
    numbers = [int(json.loads(line)["id"].rsplit("-e", 1)[1]) for line in lines]
    assert numbers == sorted(set(numbers)) and len(numbers) == 1501


def test_a_daemon_that_goes_and_comes_back_is_waited_for(daemon, follow):
    daemon.start()
    first = daemon.accept({"type": "probe", "n": 1})
    follower = follow()
    follower.wait_lines(1)
    daemon.stop()
    wait_until(lambda: "any more" in follower.err.read_text(), "that it is away")
    daemon.start()
    wait_until(lambda: "answers\n" in follower.err.read_text(), "that it is back")
    second = daemon.accept({"type": "probe", "n": 2})
    assert [line.split()[0] for line in follower.wait_lines(2)] == [first, second]
    assert follower.err.read_text().count("any more") == 1
    assert follower.end() == 0


def test_without_a_daemon_the_ledger_is_followed(daemon, follow):
    daemon.start()
    first = daemon.accept({"type": "probe", "n": 1})
    daemon.wait_settled()
    daemon.stop()
    follower = follow()
    assert follower.wait_lines(1)[0].startswith(first)
    assert "this is read from the ledger" in follower.err.read_text()
    daemon.start()
    second = daemon.accept({"type": "probe", "n": 2})
    assert follower.wait_lines(2)[1].startswith(second)


def test_it_ends_when_nobody_reads_any_more(daemon):
    daemon.start()
    daemon.accept({"type": "probe"})
    process = subprocess.Popen([BINARY, "events", "--follow", "-c", daemon.config],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert "probe" in process.stdout.readline()
    process.stdout.close()
    assert process.wait(10) == 0
    assert process.stderr.read() == ""


def test_neither_daemon_nor_ledger_is_an_end_at_once(tmp_path):
    daemon = Tocsin(tmp_path, {"gone": sinks.unreachable()})
    result = daemon.command("events", "--follow")
    assert result.returncode == 3 and "no daemon answers" in result.stderr


@pytest.mark.parametrize("arguments", [["x-e1"], ["--until", "1h"]])
def test_what_has_an_end_is_not_followed(daemon, arguments):
    result = daemon.command("events", "--follow", *arguments)
    assert result.returncode == 2 and "--follow goes on without an end" in result.stderr


# Filters -----------------------------------------------------------------------------------


def events(daemon, *arguments):
    result = daemon.command("events", "--json", *arguments)
    assert result.returncode == 0, result.stderr
    return [event["id"] for event in json.loads(result.stdout)["events"]]


@pytest.fixture
def routed(make_daemon, mattermost):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, rules="""
rules:
  - {name: told, match: {type: told}, send: [chat]}
unmatched: []
""")
    text = daemon.config.read_text()
    daemon.config.write_text(text.replace("admin: 127.0.0.1:0", f"admin: 127.0.0.1:{free_port()}"))
    return daemon.start()


def test_events_are_found_by_what_became_of_them(routed, mattermost):
    mattermost.fail_next(1, 400)
    dead = routed.accept({"type": "told", "action": "created", "words": "needle"})
    routed.wait_settled()
    told = routed.accept({"type": "told", "action": "updated"})
    nobody = routed.accept({"type": "quiet", "action": "created"})
    routed.wait_settled()
    for asked, found in ((["--sink", "chat"], [told, dead]), (["--rule", "told"], [told, dead]),
                         (["--state", "dead"], [dead]), (["--state", "nobody"], [nobody]),
                         (["--state", "delivered"], [told]), (["--action", "created"], [nobody, dead]),
                         (["--search", "needle"], [dead]),
                         (["--sink", "chat", "--action", "updated"], [told])):
        assert events(routed, *asked) == found, asked
    wrong = routed.command("events", "--state", "lost")
    assert wrong.returncode == 1 and "must be unrouted, nobody," in wrong.stderr
    routed.stop()
    assert events(routed, "--state", "dead") == [dead], "of the ledger too"


def test_what_comes_to_match_later_is_followed_too(routed, mattermost, tmp_path, started):
    """An event that waits becomes a dead letter, when a younger one already is one."""
    assert routed.command("pause", "chat").returncode == 0
    first = routed.accept({"type": "told", "n": 1})
    second = routed.accept({"type": "told", "n": 2})
    wait_until(lambda: routed.status()["waiting"] == 2, "both wait")
    follower = started(Follower(routed, "--state", "skipped", folder=tmp_path))
    delivery = {event: routed.event(event)["deliveries"][0]["id"] for event in (first, second)}
    for count, event in enumerate((second, first), 1):
        skipped = routed.command("skip", "--reason", "a test", delivery[event])
        assert skipped.returncode == 0, skipped.stderr
        assert follower.wait_lines(count)[-1].startswith(event)
    assert follower.end() == 0 and len(follower.lines()) == 2
