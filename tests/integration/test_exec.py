"""The exec sink with programs as people write them: the samples, and what may go wrong around them."""

import json
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from fakes.hook_server import HookServer
from stage import TESTS, load_event, load_object
from tocsin import wait_until

SAMPLES = TESTS.parent / "plugins/exec/samples"
RULES = """
rules:
  - name: all of it
    match: {}
    send: [desk]
"""


class Pager(HookServer):
    """Takes any form."""

    url = property(lambda self: f"http://127.0.0.1:{self.port}/send")

    def accept(self, handler, raw):
        return 200, {"X-Request-Id": "page-7"}, "", {"form": parse_qs(raw.decode())}


@pytest.fixture
def running(make_daemon, api):
    def start(command, **options):
        return make_daemon({"desk": {"plugin": "exec", "command": [str(part) for part in command],
                                     **options}}, rules=RULES, api=api,
                           settings="drain: 1s\n").start()
    return start


def hostile_event(api):
    alert = load_object("alert-hostile-texts")
    alert["title"] = "$(touch /tmp/tocsin-was-here) `id`; rm -rf '\"\n" + alert["title"]
    api.add(alert)
    event = load_event("alert-created")
    event["attributes"]["uuid"] = alert["uuid"]
    return event


def test_the_sample_in_sh_writes_a_line_whatever_the_title(running, api, tmp_path):
    log = tmp_path / "desk.log"
    daemon = running([SAMPLES / "notify.sh", log])

    daemon.accept(hostile_event(api))
    daemon.wait_settled()

    line, = log.read_text().splitlines()
    assert "$(touch /tmp/tocsin-was-here) `id`" in line
    assert not Path("/tmp/tocsin-was-here").exists()


def test_the_sample_in_python_posts_a_form_and_keeps_the_receipt(running, started):
    pager = started(Pager())
    daemon = running([SAMPLES / "notify.py", pager.url], env={"PAGER_TOKEN": "t0ps3cret"})

    event_id = daemon.accept(load_event("alert-created"))
    entry, = pager.wait_for(1)
    daemon.wait_settled()

    assert entry["form"]["text"] == ["Mimikatz run on a domain controller"]
    assert entry["headers"]["Authorization"] == "Bearer t0ps3cret"
    assert "page-7" in json.dumps(daemon.event(event_id))


def test_the_sample_in_python_says_what_the_pager_said(running, started):
    pager = started(Pager())
    pager.fail_next(1, 503, "")
    daemon = running([SAMPLES / "notify.py", pager.url], retry={"first": "100ms"})

    daemon.accept(load_event("alert-created"))
    pager.wait_for(1)

    assert "exit status 75: the pager answered 503" in daemon.log()


def test_a_sample_that_is_used_wrongly_holds_the_sink_and_says_why(running):
    daemon = running([SAMPLES / "notify.sh"])

    daemon.accept(load_event("alert-created"))

    daemon.wait_for_log("exit status 78: usage: notify.sh FILE")
    assert daemon.status()["waiting"] == 1


def test_the_whole_event_is_on_standard_input(running, tmp_path):
    taken = tmp_path / "taken.json"
    daemon = running(["/bin/sh", "-c", f"cat >{taken}"])
    event = load_event("alert-created")

    event_id = daemon.accept(event)
    daemon.wait_settled()

    document = json.loads(taken.read_text())
    assert document["event"]["id"] == event_id and document["event"]["body"] == event
    assert document["title"] == load_object("alert-full")["title"]
    assert document["sink"] == "desk" and document["attempt"] == 1


def test_a_program_that_hangs_is_ended_and_told_of_as_possible_repeat(running, tmp_path):
    marks = tmp_path / "marks"
    script = f'head -n 1 >>{marks}; [ "$(wc -l <{marks})" -gt 1 ] || sleep 30'
    daemon = running(["/bin/sh", "-c", script], timeout="500ms", retry={"first": "100ms"})

    daemon.accept(load_event("alert-created"))
    daemon.wait_settled()

    first, second = [json.loads(line) for line in marks.read_text().splitlines()]
    assert first["delivery"] == second["delivery"]
    assert (first["marks"], second["marks"]) == ([], ["possible_repeat"])
    assert "it was ended at its deadline" in daemon.log()


def test_a_stopping_daemon_ends_its_programs(running, tmp_path):
    pid = tmp_path / "pid"
    daemon = running(["/bin/sh", "-c", f"echo $$ >{pid}; sleep 60"], timeout="60s")
    daemon.accept(load_event("alert-created"))
    number = wait_until(lambda: pid.exists() and pid.read_text().strip(), "the program at work")

    daemon.stop()

    assert not Path(f"/proc/{number}").exists()


def test_what_env_holds_is_blotted_out_of_reasons(running):
    daemon = running(["/bin/sh", "-c", 'echo "token $TOKEN refused" >&2; exit 75'],
                     env={"TOKEN": "t0ps3cret-t0ken"})

    event_id = daemon.accept(load_event("alert-created"))
    daemon.wait_for_log("exit status 75: token .* refused")

    assert "t0ps3cret" not in daemon.log() + json.dumps(daemon.event(event_id))
