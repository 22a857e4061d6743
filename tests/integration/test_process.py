"""`isolation: process`: a plugin in processes of its own cannot take the daemon down, and costs no
message but its own."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

import sinks
from fakes.far_end import FarEnd
from fakes.hook_server import HookServer
from fakes.recorder import Recorder
from load import NOISE, Load
from receipt import Ledger, Receipt
from stage import load_event
from tocsin import BUILD, PLUGINS, TEST_PLUGINS, run, wait_until

ZOO = Path(os.environ.get("TOCSIN_ZOO", BUILD / "tests/zoo"))
QUICK = {"timeout": "1s", "retry": {"first": "100ms", "max": "200ms"},
         "breaker": {"failures": 1000, "probe": "100ms"}}


def note(number, title=None):
    return {"type": "note", "action": "made", "attributes": {"uuid": f"n-{number}", "title": title}}


def isolated(sink, **more):
    return {**sink, "isolation": "process", **more}


def zoo(name, url="http://127.0.0.1:1/x", **more):
    return isolated({"plugin": str(ZOO / f"{name}.so"), "url": url, **QUICK, **more})


def children(daemon):
    """The pids of the daemon's plugin processes, by their sinks' names."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if b"sink-host" in words and parent == daemon.process.pid:
            found.setdefault(words[words.index(b"sink-host") + 1].decode(), []).append(int(entry.name))
    return found


def kill(pid):
    """And waits until it is dead: the kernel takes its time with a large one."""
    os.kill(pid, signal.SIGKILL)
    stat = Path(f"/proc/{pid}/stat")
    wait_until(lambda: not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z",
               "its death")


def is_sanitized(daemon):
    maps = Path(f"/proc/{daemon.process.pid}/maps").read_text()
    return "libasan" in maps or "libtsan" in maps


def states(daemon, event):
    """By sink, once it is decided."""
    deliveries = wait_until(lambda: daemon.event(event)["deliveries"], "routed")
    return {d["sink"]: d for d in deliveries}


def test_each_plugin_of_the_tree_does_the_same_in_a_process(
        make_daemon, api, teams, mattermost, smtp, syslog):
    daemon = make_daemon({
        "teams": isolated(sinks.teams(teams)), "chat": isolated(sinks.mattermost(mattermost)),
        "mail": isolated(sinks.email(smtp)), "siem": isolated(sinks.syslog(syslog)),
        "record": isolated({"plugin": "file", "path": "out.jsonl"}),
        "program": isolated({"plugin": "exec", "command": ["/bin/cat"]}),
    }, api=api).start()

    event = daemon.accept(load_event("alert-created"))
    daemon.wait_settled()

    assert {d["state"] for d in states(daemon, event).values()} == {"delivered"}
    teams.wait_for(1), mattermost.wait_for(1), smtp.wait_for(1), syslog.wait_for(1)
    line, = (daemon.folder / "out.jsonl").read_text().splitlines()
    assert json.loads(line)["event"]["objects"]["alert"]["title"]
    assert set(children(daemon)) == {"teams", "chat", "mail", "siem", "record", "program"}


def test_the_process_has_nothing_of_ours(make_daemon, mattermost):
    daemon = make_daemon({"chat": isolated(sinks.mattermost(mattermost))},
                         env={"A_SECRET": "in-the-environment"}).start()
    daemon.accept(note(1))
    daemon.wait_settled()

    pid, = children(daemon)["chat"]
    proc = Path(f"/proc/{pid}")
    assert sorted(os.listdir(proc / "fd"), key=int) == ["0", "1", "2", "3"]
    for file in "cmdline", "environ":
        text = (proc / file).read_bytes().decode(errors="replace")
        assert mattermost.url not in text and "in-the-environment" not in text
    status = (proc / "status").read_text()
    assert "NoNewPrivs:\t1" in status
    limits = (proc / "limits").read_text()
    assert "Max core file size        0 " in limits


def test_what_a_plugin_starts_has_nothing_of_ours_either(make_daemon, tmp_path):
    out = tmp_path / "descriptors"
    command = ["/bin/sh", "-c", f"ls -l /proc/$$/fd > {out}.new; mv {out}.new {out}"]
    daemon = make_daemon({"program": isolated({"plugin": "exec", "command": command})}).start()
    daemon.accept(note(1))
    daemon.wait_settled()

    assert "socket:" not in out.read_text(), out.read_text()


def test_a_process_that_is_left_behind_does_not_pass_for_the_plugin(make_daemon, started):
    sink = zoo("leaves_process", started(Recorder()).url, timeout="10s", concurrency=1)
    daemon = make_daemon({"bad": sink}).start()
    daemon.accept(note(1))
    daemon.wait_settled()

    parent, = children(daemon)["bad"]
    kill(parent)
    event = daemon.accept(note(2))
    daemon.wait_settled()

    assert states(daemon, event)["bad"]["failed_attempts"] == [], "it was known to be dead"
    assert children(daemon)["bad"] != [parent]


@pytest.mark.parametrize("name, what", [
    ("aborts", "signal 6 (Aborted) in render"), ("null_pointer", "signal 11"),
    ("stack_overflow", "signal 11"), ("exits", "in render"),
    ("closes_all", "in render"), ("endless_loop", "did not answer in time in render")])
def test_who_dies_costs_an_attempt_and_is_named(make_daemon, name, what):
    daemon = make_daemon({"bad": zoo(name), "good": {"plugin": "inbox"}}).start()

    event = daemon.accept(note(1))
    wait_until(lambda: states(daemon, event)["good"]["state"] == "delivered", "the good one")
    wait_until(lambda: len(states(daemon, event)["bad"]["failed_attempts"]) >= 2, "two attempts")

    if what == "signal 11" and is_sanitized(daemon):
        what = "in render"  # its own handler reports the fault, at its leisure, and exits
    told = states(daemon, event)["bad"]
    assert told["state"] != "delivered"
    assert what in told["failed_attempts"][0]["reason"], told
    assert not told["failed_attempts"][0]["maybe_sent"], "nothing was sent by then"
    log = daemon.log()
    assert "sink=bad" in log and f"{name}.so" in log and what in log


def test_a_delivery_that_died_under_way_is_in_doubt(make_daemon, tmp_path):
    overstay = {"plugin": str(TEST_PLUGINS / "overstay.so"), "file": str(tmp_path / "lines"),
                "timeout": "1s", "in_doubt": "dead"}
    rules = 'rules:\n  - {name: all, match: {}, send: [slow], title: "{{attributes.title}}"}\n'
    daemon = make_daemon({"slow": isolated(overstay)}, rules=rules).start()

    hung = daemon.accept(note(1, "stuck for ever"))
    fine = daemon.accept(note(2, "fine"))
    wait_until(lambda: states(daemon, fine)["slow"]["state"] == "delivered", "the next one")
    wait_until(lambda: states(daemon, hung)["slow"]["state"] == "dead", "in doubt")

    assert states(daemon, hung)["slow"]["failed_attempts"][0]["maybe_sent"]
    killed = daemon.accept(note(3, "stuck"))
    wait_until(lambda: "stuck\n" in (tmp_path / "lines").read_text(), "it began")
    for pid in children(daemon)["slow"]:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: states(daemon, killed)["slow"]["state"] == "dead", "in doubt")
    assert "signal 9" in states(daemon, killed)["slow"]["failed_attempts"][0]["reason"]


@pytest.mark.parametrize("status, is_in_doubt", [(200, True), (500, False)])
def test_a_judge_that_dies_leaves_in_doubt_what_the_far_end_took(
        make_daemon, started, status, is_in_doubt):
    recorder = started(Recorder())
    recorder.judge = (lambda *_: (status, {})) if status != 200 else None
    daemon = make_daemon({"bad": zoo("judge_crashes", recorder.url)}).start()

    event = daemon.accept(note(1))
    wait_until(lambda: len(states(daemon, event)["bad"]["failed_attempts"]) >= 2, "two attempts")

    for failed in states(daemon, event)["bad"]["failed_attempts"]:
        assert "signal 6 (Aborted) in judge" in failed["reason"], failed
        assert failed["status"] == status and failed["maybe_sent"] is is_in_doubt


def test_who_dies_in_open_has_sent_nothing(make_daemon):
    daemon = make_daemon({"bad": zoo("open_crashes"), "good": {"plugin": "inbox"}}).start()

    event = daemon.accept(note(1))
    wait_until(lambda: len(states(daemon, event)["bad"]["failed_attempts"]) >= 2, "two attempts")

    told = states(daemon, event)
    assert told["good"]["state"] == "delivered"
    for failed in told["bad"]["failed_attempts"]:
        assert "signal 6 (Aborted) in open" in failed["reason"] and not failed["maybe_sent"]


def test_one_that_is_killed_at_rest_costs_nothing(make_daemon, mattermost):
    daemon = make_daemon({"chat": isolated(sinks.mattermost(mattermost), concurrency=1)}).start()
    daemon.accept(note(1))
    daemon.wait_settled()

    before, = children(daemon)["chat"]
    kill(before)
    event = daemon.accept(note(2))
    daemon.wait_settled()

    delivered = states(daemon, event)["chat"]
    assert delivered["state"] == "delivered" and delivered["failed_attempts"] == []
    after, = children(daemon)["chat"]
    assert after != before


def test_an_exchanged_file_is_taken_by_a_reload(make_daemon, started, tmp_path):
    recorder = started(Recorder())
    file = tmp_path / "mine.so"
    shutil.copy(TEST_PLUGINS / "poison.so", file)
    sink = isolated({"plugin": str(file), "url": recorder.url, "concurrency": 1, **QUICK})
    daemon = make_daemon({"mine": sink}).start()
    daemon.accept(note(1))
    daemon.wait_settled()

    shutil.copy(TEST_PLUGINS / "record.so", tmp_path / "fresh.so")
    os.replace(tmp_path / "fresh.so", file)
    daemon.accept(note(2))
    daemon.wait_settled()
    for pid in children(daemon)["mine"]:
        kill(pid)
    event = daemon.accept(note(3))
    wait_until(lambda: states(daemon, event)["mine"]["failed_attempts"], "refused")
    refused = states(daemon, event)["mine"]
    assert "the plugin's file is another" in refused["failed_attempts"][0]["reason"], refused
    assert daemon.command("reload").returncode == 0
    wait_until(lambda: states(daemon, event)["mine"]["state"] == "delivered", "by the new one")
    assert ["sink" in post["json"] for post in recorder.wait_for(3)] == [False, False, True]


def test_none_is_left_when_a_sink_goes_or_the_daemon_ends(make_daemon, mattermost):
    chat = sinks.mattermost(mattermost)
    daemon = make_daemon({"chat": isolated(chat), "more": isolated(chat)}).start()
    daemon.accept(note(1))
    daemon.wait_settled()
    assert set(children(daemon)) == {"chat", "more"}

    daemon.write({"chat": chat})
    assert daemon.command("reload").returncode == 0
    wait_until(lambda: not children(daemon), "gone with their sinks")

    daemon.write({"chat": isolated(chat)})
    daemon.command("reload")
    daemon.accept(note(2))
    daemon.wait_settled()
    pids = children(daemon)["chat"]
    daemon.kill9()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "gone with it")


class Anything(HookServer):
    """A far end that takes whatever comes."""

    def accept(self, handler, raw):
        return 200, {}, "ok", {"bytes": len(raw)}


def loadable(make_daemon, url):
    """The zoo's members that a configuration may have, by their sinks' names."""
    members = {file.stem.replace("_", "-"): zoo(file.stem, url, concurrency=1)
               for file in sorted(ZOO.glob("*.so"))}
    checked = run("check", "--json", "-c", make_daemon(members, folder="probe").config)
    refused = {problem["text"].split()[1].rstrip(":") for problem in json.loads(checked.stdout)
               if problem["severity"] == "error"}
    taken = {name: sink for name, sink in members.items() if name not in refused}
    assert len(taken) > 30 and len(refused) > 10, (len(taken), len(refused))
    return taken


def test_with_the_whole_zoo_loaded_and_under_load_nothing_is_lost(make_daemon, started):
    far_end = started(FarEnd())
    zoo_sinks = loadable(make_daemon, f"http://127.0.0.1:{started(Anything()).port}/x")
    names = ["good", *zoo_sinks]
    rules = f"rules:\n  - {{name: all, match: {{type: probe}}, send: [{', '.join(names)}]}}\n"
    daemon = make_daemon({"good": {"plugin": "mattermost", "url": far_end.url, "rate": "off"},
                          **zoo_sinks}, rules=rules).start()

    load = Load(daemon, rate=50)
    wait_until(lambda: len(load.answered) >= 200, "the load", timeout=60)
    load.stop()
    far_end.wait_for(sum(number % NOISE != 0 for number in load.answered))
    assert daemon.lives == 1 and daemon.process.poll() is None
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(timeout=60) == 0
    assert not children(daemon)

    receipt = Receipt(Ledger(daemon.ledger), load.answered, names,
                      {"good": far_end.numbers()}, {"good": far_end.counts()["unmarked"]})
    print("\n".join(receipt.lines))
    assert not receipt.wrong
    assert far_end.counts()["again"] == 0
    assert load.refused == load.broken == 0


def test_what_cannot_be_isolated_and_what_is_no_isolation_are_refused(tmp_path):
    path = tmp_path / "tocsin.yaml"
    (tmp_path / "rules.yaml").write_text("rules:\n  - {name: all, match: {}, send: [x]}\n")

    def check(sink):
        path.write_text(f"listen: 127.0.0.1:0\nledger: {{sqlite: l.db}}\nrules: rules.yaml\n"
                        f"plugin_path: [{PLUGINS}/exec, {PLUGINS}/teams]\n"
                        f"hooks: {{soc: {{from: sekoia, path: /hooks/0b9c5a6e-the-test-hook}}}}\n"
                        f"sinks:\n  x: {sink}\n")
        result = run("check", "-c", path)
        return result.returncode, result.stdout + result.stderr

    assert check("{plugin: exec, command: [/bin/cat], isolation: process}")[0] == 0
    for sink, words in [
            ("{plugin: inbox, isolation: process}", "is a part of tocsin"),
            ("{plugin: exec, command: [/bin/cat], isolation: jail}", "must be none or process"),
            ("{plugin: ./none.so, isolation: process}", "none.so"),
            (f"{{plugin: {ZOO}/constructor.so, url: 'http://x/', isolation: process}}", "in loading"),
            (f"{{plugin: {ZOO}/wrong_major.so, url: 'http://x/', isolation: process}}", "interface"),
            ("{plugin: teams, url: 'https://x.webhook.office.com/x', isolation: process}", "url")]:
        status, output = check(sink)
        assert status == 1 and words in output, (sink, output)
