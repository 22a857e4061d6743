"""The daemon under a service manager: what it tells it, and when the watchdog is left to bite."""

import json
import signal
import socket
import time

import pytest

import sinks
from fakes.recorder import Recorder
from notified import Manager
from tocsin import HOOK_PATH, TEST_PLUGINS, preload, wait_until

PERIOD_MS = 600


def probe():
    return {"type": "probe", "action": "created", "attributes": {"title": "x"}}


def slow_disk(folder):
    return {"LD_PRELOAD": preload(TEST_PLUGINS / "slow_disk.so"), "SLOW_DISK": str(folder / "hangs")}


def hang(daemon, folder):
    """From now on nothing gets to the disk: neither the event of a sender, who waits."""
    (folder / "hangs").touch()
    connection = daemon.socket()
    body = json.dumps(probe())
    connection.sendall(f"POST {HOOK_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
                       f"{body}".encode())


@pytest.fixture
def manager(started):
    return started(Manager())


@pytest.fixture
def recorder(started):
    return started(Recorder())


@pytest.fixture
def make_watched(make_daemon, manager):
    def make(sink, **more):
        env = {"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": str(PERIOD_MS * 1000),
               **more.pop("env", {})}
        return make_daemon({"one": sink}, env=env, **more)
    return make


def test_it_is_ready_when_the_hooks_answer_and_not_before(make_watched, manager, recorder):
    daemon = make_watched(sinks.record(recorder)).start(wait=False)
    manager.wait_for("READY", "1")
    port = manager.of("STATUS")[-1].removeprefix("serving hooks on 127.0.0.1:")
    daemon.hook_port = int(port)
    daemon.accept(probe())
    before = [fields for _, fields in manager.listen()]
    assert before[0] == {"STATUS": "opening the ledger"}, "ready is not the first thing it says"


def test_one_that_cannot_start_never_says_it_is_ready(make_watched, manager, recorder):
    taken = socket.create_server(("127.0.0.1", 0))
    daemon = make_watched(sinks.record(recorder))
    daemon.config.write_text(daemon.config.read_text().replace(
        "listen: 127.0.0.1:0", f"listen: 127.0.0.1:{taken.getsockname()[1]}"))
    daemon.start(wait=False)
    assert daemon.process.wait(timeout=30) == 3
    assert manager.of("READY") == []
    taken.close()


def test_a_reload_is_told_when_it_begins_and_ends(make_watched, manager, recorder):
    daemon = make_watched(sinks.record(recorder)).start()
    began_us = time.monotonic_ns() // 1000
    daemon.process.send_signal(signal.SIGHUP)
    manager.wait_for("READY", "1", count=2)
    told = [fields for _, fields in manager.listen() if "WATCHDOG" not in fields]
    reloading, ready = told[-2:]
    assert reloading["RELOADING"] == "1"
    assert began_us <= int(reloading["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
    assert ready["READY"] == "1" and ready["STATUS"].startswith("serving hooks on ")


def test_a_refused_configuration_is_said_in_the_status_until_it_is_mended(
        make_watched, manager, recorder):
    daemon = make_watched(sinks.record(recorder)).start()
    good = daemon.rules.read_text()
    daemon.rules.write_text("rules: [{nonsense: 1}]\n")
    assert daemon.command("reload").returncode == 1
    manager.wait_for("READY", "1", count=2)
    assert "refused" in manager.of("STATUS")[-1]
    daemon.rules.write_text(good)
    assert daemon.command("reload").returncode == 0
    manager.wait_for("READY", "1", count=3)
    assert "refused" not in manager.of("STATUS")[-1]


def test_the_end_is_told_before_what_is_under_way_is_waited_for(make_watched, manager, recorder):
    daemon = make_watched(sinks.record(recorder)).start()
    daemon.stop()
    last = [fields for _, fields in manager.listen() if "WATCHDOG" not in fields][-2:]
    assert last[0] == {"STOPPING": "1", "STATUS": "ending what is under way"}
    assert last[1] == {"STOPPING": "1", "WATCHDOG_USEC": "0", "STATUS": "closing the ledger"}


def test_the_watchdog_is_fed_at_half_of_its_time(make_watched, manager, recorder):
    make_watched(sinks.record(recorder)).start()
    manager.wait_for("WATCHDOG", "1", count=5)
    times = manager.meals()
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    # They are stamped when this test reads them: one may look late, and the next early then.
    assert 0.4 * PERIOD_MS <= 1000 * sum(gaps) / len(gaps) <= 0.9 * PERIOD_MS, gaps


def test_nobody_is_fed_who_does_not_watch(make_daemon, manager, recorder):
    daemon = make_daemon({"one": sinks.record(recorder)}, env={"NOTIFY_SOCKET": manager.path}).start()
    daemon.stop()
    assert manager.of("READY") == ["1"] and manager.meals() == []


def test_a_watchdog_meant_for_another_process_is_not_fed(make_watched, manager, recorder):
    daemon = make_watched(sinks.record(recorder), env={"WATCHDOG_PID": "1"}).start()
    daemon.stop()
    assert manager.of("READY") == ["1"] and manager.meals() == []


def test_a_manager_that_went_away_costs_nothing(make_watched, manager, recorder):
    daemon = make_watched(sinks.record(recorder)).start()
    manager.stop()
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for_log("is taken over")
    daemon.still_serves()


def test_a_loop_that_is_stuck_starves_the_watchdog(make_watched, manager, recorder, tmp_path):
    stands = tmp_path / "held"
    stands.touch()
    hold = {"plugin": str(TEST_PLUGINS / "hold.so"), "url": recorder.url,
            "while_stands": str(stands)}
    daemon = make_watched(hold).start()
    manager.wait_for("WATCHDOG", "1", count=2)
    daemon.accept(probe())
    daemon.wait_for_log("has held the loop for")
    fed, until = len(manager.meals()), time.monotonic() + 2 * PERIOD_MS / 1000
    wait_until(lambda: time.monotonic() > until, "two of its periods")
    assert len(manager.meals()) == fed, "a loop that does not turn feeds nobody"
    stands.unlink()
    manager.wait_for("WATCHDOG", "1", count=fed + 2)


def test_a_disk_that_hangs_for_a_while_does_not_make_the_watchdog_bite(
        make_watched, manager, recorder, tmp_path):
    """What is killed for a slow disk finds the same disk at its next start, and what was under way
    is one step nearer to a dead letter."""
    daemon = make_watched(sinks.record(recorder), env=slow_disk(tmp_path)).start()
    hang(daemon, tmp_path)
    daemon.wait_for_log("level=warn .*the ledger has not answered for .*disk")
    fed = len(manager.meals())
    manager.wait_for("WATCHDOG", "1", count=fed + 3)
    assert "the ledger has not answered for" in manager.of("STATUS")[-1]
    (tmp_path / "hangs").unlink()
    daemon.wait_for_log("the ledger answers again")
    assert manager.of("STATUS")[-1].startswith("serving hooks on ")
    assert daemon.log().count("the ledger has not answered for") == 1, "once, not at each look"


def test_a_ledger_that_is_silent_for_ten_periods_starves_the_watchdog(
        make_watched, manager, recorder, tmp_path):
    daemon = make_watched(sinks.record(recorder), env=slow_disk(tmp_path)).start()
    hang(daemon, tmp_path)
    until = time.monotonic() + 11 * PERIOD_MS / 1000
    wait_until(lambda: time.monotonic() > until, "eleven of its periods")
    fed, until = len(manager.meals()), time.monotonic() + 2 * PERIOD_MS / 1000
    wait_until(lambda: time.monotonic() > until, "two more")
    assert len(manager.meals()) == fed
    (tmp_path / "hangs").unlink()
    manager.wait_for("WATCHDOG", "1", count=fed + 2)
