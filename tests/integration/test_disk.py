"""The ledger's disk in trouble: full, read-only, locked, corrupt, gone. Hooks answer 503, /readyz says
why, nothing in flight is forgotten, and service resumes by itself."""

import os
import re
import resource
import sqlite3

import pytest

import sinks
from mounts import Disk, ReadOnly, enter_private_mounts
from tocsin import wait_until

enter_private_mounts()

RETRY_FAST = "sink_defaults: {retry: {first: 100ms, max: 500ms, give_up: 1h}}\n"
ADVICE = r"restore|recover|move it"


@pytest.fixture
def recorder(started):
    from fakes.recorder import Recorder
    return started(Recorder())


@pytest.fixture
def disk(tmp_path, started):
    return started(Disk(tmp_path / "disk", "4m"))


def event(n, size=0):
    return {"type": "probe", "action": "created",
            "attributes": {"title": f"no{n:07d}x", "fill": "x" * size}}


class Sender:
    """Posts numbered events and remembers which were answered 202."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.accepted = []
        self.count = 0

    def post(self):
        number = self.count
        self.count += 1
        answer = self.daemon.post(event(number))
        if answer.status == 202:
            self.accepted.append(number)
        else:
            assert answer.status == 503, answer
            assert int(answer.headers["Retry-After"]) > 0
            assert "send it again" in answer.body["error"]
        return answer.status

    def post_until(self, status, timeout=60):
        wait_until(lambda: self.post() == status, f"a post answered {status}", timeout)

    def titles(self):
        return [f"no{number:07d}x" for number in self.accepted]


def why_not_ready(daemon):
    answer = daemon.get("/readyz")
    return "; ".join(answer.body["why"]) if answer.status == 503 else None


def wait_for_trouble(sender, words, timeout=60):
    """Posts until they fail and /readyz says those words; what it says."""
    def is_in_trouble():
        if sender.post() == 202:
            return None
        why = why_not_ready(sender.daemon)
        return why if why and words in why else None
    why = wait_until(is_in_trouble, f"/readyz saying {words!r}", timeout)
    assert str(sender.daemon.ledger) in why, "the operator is told which file"
    sender.daemon.wait_for_log("level=error.*nothing can be written: .*" + words)
    return why


def wait_for_health(sender, timeout=60):
    daemon = sender.daemon
    wait_until(lambda: why_not_ready(daemon) is None, "ready again by itself", timeout)
    sender.post_until(202)
    daemon.wait_for_log("the ledger can be written again")


def all_arrive_once(sender, recorder, timeout=60):
    """What was answered 202 arrives, once each; what was refused never does."""
    recorder.wait_for(len(sender.accepted), timeout)
    status = sender.daemon.wait_settled(timeout)
    assert sorted(recorder.titles()) == sorted(sender.titles())
    assert (status["dead"], status["delivered"]) == (0, len(sender.accepted))


# Full --------------------------------------------------------------------------------------


def test_a_full_disk_refuses_and_forgets_nothing_in_flight(recorder, disk, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder)}, settings=RETRY_FAST,
                         ledger=disk.folder / "ledger.db").start()
    sender = Sender(daemon)
    recorder.hold()
    for _ in range(8):
        sender.post()
    recorder.wait_for_in_flight(4)
    disk.fill()
    why = wait_for_trouble(sender, "full")
    assert "disk is full" in why
    recorder.release()
    recorder.wait_for(4)
    daemon.wait_for_log("the outcome of .* could not be recorded, trying on: .*full")
    assert daemon.process.poll() is None
    disk.make_room()
    wait_for_health(sender)
    all_arrive_once(sender, recorder)


def test_killed_on_a_full_disk_what_was_accepted_is_still_there(recorder, disk, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder)}, settings=RETRY_FAST,
                         ledger=disk.folder / "ledger.db").start()
    sender = Sender(daemon)
    recorder.fail_next(100000, 500)
    for _ in range(5):
        sender.post()
    disk.fill()
    wait_for_trouble(sender, "full")
    daemon.kill9()
    disk.make_room()
    recorder.fail_next(0, 500)
    daemon.start()
    recorder.wait_for(len(sender.accepted), 60)
    daemon.wait_settled()
    assert sorted(set(recorder.titles())) == sorted(sender.titles())


def test_a_start_on_a_full_disk_says_so(recorder, disk, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder)}, ledger=disk.folder / "ledger.db")
    disk.fill()
    daemon.start(wait=False)
    assert daemon.process.wait(60) == 3
    assert str(daemon.ledger) in daemon.log() and "full" in daemon.log(), daemon.log()
    disk.make_room()
    daemon.start()
    daemon.still_serves()


# Read-only ---------------------------------------------------------------------------------


def fail_writes(daemon, limit):
    """As a dying disk does: whatever lies behind that byte of a file cannot be written."""
    _, most = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (limit, most))


def test_a_disk_that_fails_and_turns_read_only_refuses_until_it_is_writable(
        recorder, tmp_path, make_daemon):
    data = tmp_path / "data"
    data.mkdir()
    daemon = make_daemon({"far": sinks.record(recorder)}, settings=RETRY_FAST,
                         ledger=data / "ledger.db").start()
    sender = Sender(daemon)
    recorder.hold()
    for _ in range(6):
        sender.post()
    recorder.wait_for_in_flight(4)
    view = ReadOnly(data)
    fail_writes(daemon, 65536)
    recorder.release()
    wait_for_trouble(sender, "read-only")
    fail_writes(daemon, resource.RLIM_INFINITY)
    assert sender.post() == 503, "the disk writes again, but the file is not to be written"
    view.end()
    wait_for_health(sender)
    all_arrive_once(sender, recorder)


def test_after_a_failed_write_the_file_is_opened_anew_and_service_goes_on(recorder, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder)}, settings=RETRY_FAST).start()
    sender = Sender(daemon)
    recorder.hold()
    for _ in range(6):
        sender.post()
    recorder.wait_for_in_flight(4)
    fail_writes(daemon, 65536)
    recorder.release()
    sender.post_until(503)
    daemon.wait_for_log("level=error.*nothing can be written: .*disk I/O error")
    fail_writes(daemon, resource.RLIM_INFINITY)  # before the log or the file itself are as long
    wait_for_health(sender)
    all_arrive_once(sender, recorder)


def test_a_start_on_a_read_only_disk_says_so(recorder, tmp_path, make_daemon):
    data = tmp_path / "data"
    data.mkdir()
    daemon = make_daemon({"far": sinks.record(recorder)}, ledger=data / "ledger.db").start()
    daemon.still_serves()
    daemon.wait_settled()
    daemon.stop()
    view = ReadOnly(data)
    daemon.start(wait=False)
    assert daemon.process.wait(60) == 3
    last = daemon.log_file().read_text()
    assert str(daemon.ledger) in last and "Read-only file system" in last, last
    view.end()
    daemon.start()
    daemon.still_serves()


# Locked ------------------------------------------------------------------------------------


def test_a_ledger_that_another_process_locks_is_waited_for(recorder, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder)}, settings=RETRY_FAST).start()
    sender = Sender(daemon)
    recorder.hold()
    for _ in range(6):
        sender.post()
    recorder.wait_for_in_flight(4)
    thief = sqlite3.connect(daemon.ledger, isolation_level=None)
    thief.execute("BEGIN EXCLUSIVE")
    recorder.release()
    wait_for_trouble(sender, "locked")
    recorder.wait_for(4)
    thief.execute("ROLLBACK")
    thief.close()
    wait_for_health(sender)
    all_arrive_once(sender, recorder)


def test_a_start_on_a_locked_ledger_says_so(recorder, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder)}).start()
    sender = Sender(daemon)
    sender.post()
    daemon.stop()
    thief = sqlite3.connect(daemon.ledger, isolation_level=None)
    thief.execute("PRAGMA locking_mode = EXCLUSIVE")
    thief.execute("BEGIN EXCLUSIVE")
    daemon.start(wait=False)
    assert daemon.process.wait(60) == 3
    last = daemon.log_file().read_text()
    assert str(daemon.ledger) in last and "locked" in last, last
    thief.close()
    daemon.start()
    all_arrive_once(sender, recorder)


# Corrupt -----------------------------------------------------------------------------------


def overwrite(path, first, count=None):
    """Pages of 4 KiB, from the first on, become noise."""
    with open(path, "r+b") as file:
        size = os.fstat(file.fileno()).st_size
        end = size if count is None else first * 4096 + count * 4096
        file.seek(first * 4096)
        file.write(b"\xa5" * (end - first * 4096))


def fill_ledger(daemon, recorder, count):
    """So many events that not all of their pages are in anybody's memory."""
    sender = Sender(daemon)
    for _ in range(count):
        sender.count += 1
        if daemon.post(event(sender.count, 40000)).status == 202:
            sender.accepted.append(sender.count)
    recorder.wait_for(count)
    daemon.wait_settled()
    daemon.stop()


@pytest.mark.parametrize("first, count", [(0, 1), (1, 1), (1, None), (3, None)])
def test_a_start_on_a_corrupt_ledger_refuses_and_says_what_to_do(recorder, make_daemon, first,
                                                                 count):
    daemon = make_daemon({"far": sinks.record(recorder)}).start()
    fill_ledger(daemon, recorder, 3)
    overwrite(daemon.ledger, first, count)
    before = daemon.ledger.read_bytes()
    daemon.start(wait=False)
    assert daemon.process.wait(60) == 3
    last = daemon.log_file().read_text()
    assert str(daemon.ledger) in last, last
    assert re.search(ADVICE, last), last
    assert daemon.ledger.read_bytes() == before, "nothing is changed in it"


def test_a_ledger_that_becomes_corrupt_refuses_and_says_why(recorder, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder)}).start()
    fill_ledger(daemon, recorder, 3)
    whole = daemon.ledger.read_bytes()
    daemon.start()
    overwrite(daemon.ledger, 1)
    sender = Sender(daemon)
    wait_for_trouble(sender, "malformed")
    daemon.ledger.write_bytes(whole)
    wait_for_health(sender)
    assert daemon.status()["events"] >= 3


# Gone --------------------------------------------------------------------------------------


@pytest.mark.parametrize("replace", [False, True])
def test_a_ledger_that_is_moved_away_is_noticed_before_anything_is_answered(
        recorder, make_daemon, replace):
    daemon = make_daemon({"far": sinks.record(recorder)}, settings=RETRY_FAST).start()
    sender = Sender(daemon)
    recorder.hold()
    for _ in range(6):
        sender.post()
    recorder.wait_for_in_flight(4)
    files = [daemon.ledger, *daemon.folder.glob("ledger.db-*")]
    elsewhere = daemon.folder / "elsewhere"
    elsewhere.mkdir()
    for file in files:
        file.rename(elsewhere / file.name)
    if replace:
        sqlite3.connect(daemon.ledger).execute("CREATE TABLE other(x)").connection.close()
    assert sender.post() == 503
    wait_for_trouble(sender, "")
    recorder.release()
    recorder.wait_for(4)
    for file in daemon.folder.glob("ledger.db*"):
        if file.name != "ledger.db.lock":
            file.unlink()
    # The file itself last: without its log beside it, it is the ledger of a while ago, and the daemon
    # looks once a second.
    for file in sorted(elsewhere.iterdir(), key=lambda file: file == elsewhere / daemon.ledger.name):
        file.rename(daemon.folder / file.name)
    wait_for_health(sender)
    all_arrive_once(sender, recorder)


def test_a_second_daemon_is_refused_also_when_the_ledger_is_in_trouble(recorder, disk, make_daemon):
    daemon = make_daemon({"far": sinks.record(recorder)}, ledger=disk.folder / "ledger.db").start()
    sender = Sender(daemon)
    disk.fill()
    wait_for_trouble(sender, "full")
    second = make_daemon({"far": sinks.record(recorder)}, folder="second", ledger=daemon.ledger)
    second.start(wait=False)
    assert second.process.wait(60) == 3
    assert f"process {daemon.process.pid}" in second.log()
    disk.make_room()
    wait_for_health(sender)
