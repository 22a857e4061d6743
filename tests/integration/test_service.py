"""The daemon under a service manager: what it tells it, and when the watchdog is left to bite."""

import contextlib
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


@contextlib.contextmanager
def standing(file):
    """What waits while the file stands goes on at the end, also of a test that failed."""
    file.touch()
    try:
        yield
    finally:
        file.unlink()


@contextlib.contextmanager
def hanging_disk(daemon, folder):
    """Nothing gets to the disk: neither the event of a sender, who waits."""
    body = json.dumps(probe())
    with standing(folder / "hangs"), daemon.socket() as sender:
        sender.sendall(f"POST {HOOK_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
                       f"\r\n{body}".encode())
        yield


def pass_periods(count):
    """Not for something to happen, but for nothing to."""
    until = time.monotonic() + count * PERIOD_MS / 1000
    wait_until(lambda: time.monotonic() > until, f"{count} of the watchdog's periods")


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
    assert manager.told()[0] == {"STATUS": "opening the ledger"}, "ready is not the first thing it says"


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
    reloading, ready = manager.told()[-2:]
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
    manager.wait_for("STATUS", "closing the ledger")
    first, last = manager.told()[-2:]
    assert first == {"STOPPING": "1", "STATUS": "ending what is under way"}
    assert last == {"STOPPING": "1", "WATCHDOG_USEC": "0", "STATUS": "closing the ledger"}


def test_the_watchdog_is_fed_at_half_of_its_time(make_watched, manager, recorder):
    make_watched(sinks.record(recorder)).start()
    manager.wait_for("WATCHDOG", "1", count=5)
    times = manager.meals()
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    # On a busy machine one comes late, and the next early then.
    assert 0.4 * PERIOD_MS <= 1000 * sum(gaps) / len(gaps) <= 0.9 * PERIOD_MS, gaps


def test_nobody_is_fed_who_does_not_watch(make_daemon, manager, recorder):
    daemon = make_daemon({"one": sinks.record(recorder)}, env={"NOTIFY_SOCKET": manager.path}).start()
    daemon.stop()
    manager.wait_for("STATUS", "closing the ledger")
    assert manager.of("READY") == ["1"] and manager.meals() == []


def test_a_watchdog_meant_for_another_process_is_not_fed(make_watched, manager, recorder):
    daemon = make_watched(sinks.record(recorder), env={"WATCHDOG_PID": "1"}).start()
    daemon.stop()
    manager.wait_for("STATUS", "closing the ledger")
    assert manager.of("READY") == ["1"] and manager.meals() == []


def test_a_manager_that_went_away_costs_nothing(make_watched, manager, recorder):
    daemon = make_watched(sinks.record(recorder)).start()
    manager.stop()
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for_log("is taken over")
    daemon.still_serves()


def test_a_loop_that_is_stuck_starves_the_watchdog(make_watched, manager, recorder, tmp_path):
    hold = {"plugin": str(TEST_PLUGINS / "hold.so"), "url": recorder.url,
            "while_stands": str(tmp_path / "held")}
    daemon = make_watched(hold).start()
    manager.wait_for("WATCHDOG", "1", count=2)
    with standing(tmp_path / "held"):
        daemon.accept(probe())
        daemon.wait_for_log("has held the loop for")
        fed = len(manager.meals())
        pass_periods(2)
        assert len(manager.meals()) == fed, "a loop that does not turn feeds nobody"
    manager.wait_for("WATCHDOG", "1", count=fed + 2)


def test_a_disk_that_hangs_for_a_while_does_not_make_the_watchdog_bite(
        make_watched, manager, recorder, tmp_path):
    """What is killed for a slow disk finds the same disk at its next start, and what was under way
    is one step nearer to a dead letter."""
    daemon = make_watched(sinks.record(recorder), env=slow_disk(tmp_path)).start()
    with hanging_disk(daemon, tmp_path):
        daemon.wait_for_log("level=warn .*the ledger has not answered for .*disk")
        manager.wait_for("WATCHDOG", "1", count=len(manager.meals()) + 3)
        assert "the ledger has not answered for" in manager.of("STATUS")[-1]
    daemon.wait_for_log("the ledger answers again")
    wait_until(lambda: manager.of("STATUS")[-1].startswith("serving hooks on "), "what it does")
    assert daemon.log().count("the ledger has not answered for") == 1, "once, not at each look"


def test_a_ledger_that_is_silent_for_ten_periods_starves_the_watchdog(
        make_watched, manager, recorder, tmp_path):
    daemon = make_watched(sinks.record(recorder), env=slow_disk(tmp_path)).start()
    with hanging_disk(daemon, tmp_path):
        daemon.wait_for_log("the ledger has not answered for")
        pass_periods(10)
        fed = len(manager.meals())
        pass_periods(2)
        assert len(manager.meals()) == fed
    manager.wait_for("WATCHDOG", "1", count=fed + 2)
