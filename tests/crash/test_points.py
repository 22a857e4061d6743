"""A test for each point of core/base/crash.h: the daemon is killed there, the next one makes good on
all that was promised. A point that is not reached fails its test."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

import remains
from scene import CRASH_BINARY, JOURNAL_CALL
from tocsin import BINARY

POINTS = dict(line.split("\t") for line in subprocess.run(
    [CRASH_BINARY], env={**os.environ, "TOCSIN_CRASH": "list"}, capture_output=True, text=True,
    timeout=60, check=True).stdout.splitlines())
# The calls that the daemon makes seldom, or when an operator asks: made by a program of their own.
CALLS = ("release", "retry", "finish", "move", "replay", "note", "prune")
# At which passage it dies: where nothing is said, when it has done it a few times already.
PASSAGES = {"next_events": 1, "recovery": 1, "close": 1, "create": 1, "checkpoint": 1, "claim": 6}


def of_daemon(point):
    return point.partition(".")[0] not in CALLS


def happened(point):
    """Whether what the point is about is on the disk."""
    return point.endswith("after-commit")


@pytest.mark.parametrize("point", filter(of_daemon, POINTS))
def test_killed_there_the_daemon_keeps_every_promise(make_scene, report, point):
    kind = point.partition(".")[0]
    passage = PASSAGES.get(kind, 3)
    scene = make_scene(point, padding=20000 if kind == "checkpoint" else 300,
                       chat={"fails": 8, "mute": 20}, post={"later": 5, "mute": 10})
    if kind != "create":
        # A daemon that died before it leaves work of every kind to the one that is to die.
        scene.api.delay(0.3)
        scene.start()
        scene.sender.start().wait_for(30)
        scene.kill()
        scene.api.delay(0.02)
    scene.start_doomed(TOCSIN_CRASH=f"{point}:{passage}")
    if kind == "create":
        scene.sender.start()
    if kind == "close":
        scene.sender.wait_for(len(scene.sender.acked()) + 30)
        scene.daemon.process.send_signal(signal.SIGTERM)
    words = scene.wait_for_death()
    assert f"crash: at {point}:{passage}\n" in words
    claimed, unrouted = remains.claims(scene.ledger)
    scene.start()
    scene.sender.wait_for(len(scene.sender.acked()) + 10)
    assert scene.finish() == []
    marked, most = scene.oracle.marked()
    assert marked <= most
    report(f"{point:28} kept   {len(claimed):3} claimed, {len(unrouted):3} unrouted   "
           f"{POINTS[point]}")


# Calls from outside the daemon -------------------------------------------------------------------


def call(scene, *words, point=None):
    env = {**os.environ, **({"TOCSIN_CRASH": f"{point}:1"} if point else {})}
    env.pop("TOCSIN_POWER", None)
    return subprocess.run([JOURNAL_CALL, scene.ledger, *words], env=env, capture_output=True,
                          text=True, timeout=60, check=False)


def copies(far_end, numbers):
    """(number, marked) of what arrived, sorted."""
    return sorted((a.number, a.repeat) for a in far_end.arrivals() if a.number in numbers)


def events(scene, count, kind="plain"):
    """Accepted ones of one thread, for the chat and the siem; their numbers."""
    for number in range(1, count + 1):
        answer = scene.daemon.post(
            {"type": kind, "action": "updated", "attributes": {
                "title": f"no{number:06d}x", "uuid": "thread-0-0", "mail": "no"}}, path=scene.path)
        assert answer.status == 202, answer
    return range(1, count + 1)


def killed_in_call(scene, point, *words):
    """The daemon ends, the call dies at the point, and another daemon takes over."""
    scene.daemon.stop()
    done = call(scene, *words, point=point)
    assert done.returncode == -signal.SIGKILL, done
    assert f"crash: at {point}:1\n" in done.stderr and "done" not in done.stdout
    scene.chat.moods.calm = True
    scene.start()
    scene.daemon.wait_settled()


@pytest.fixture
def refused(make_scene):
    """A scene with three events delivered to the siem and refused by the chat."""
    scene = make_scene(1, chat={"refuses": 1})
    scene.start()
    numbers = events(scene, 3)
    scene.daemon.wait_settled()
    assert scene.daemon.status()["dead"] == 3
    return scene, numbers


@pytest.fixture
def waiting(make_scene):
    """A scene with three events that the chat did not take yet."""
    scene = make_scene(1, chat={"fails": 1})
    scene.start()
    numbers = events(scene, 3)
    scene.chat.wait_for_requests(2, 60)
    return scene, numbers


ONCE = {False: [], True: [False]}  # whether it happened -> the marks of what came of it


def check_copies(far_end, numbers, marks):
    assert copies(far_end, numbers) == [(n, mark) for n in numbers for mark in marks]


def row(report, point):
    report(f"{point:28} kept                              {POINTS[point]}")


both = pytest.mark.parametrize("side", ["before-commit", "after-commit"])


@both
def test_retry(refused, report, side):
    scene, numbers = refused
    point = f"retry.{side}"
    killed_in_call(scene, point, "retry", "chat")
    check_copies(scene.chat, numbers, ONCE[happened(point)])
    check_copies(scene.siem, numbers, [False])
    assert scene.daemon.status()["dead"] == (0 if happened(point) else 3)
    row(report, point)


@both
def test_finish(refused, report, side):
    scene, numbers = refused
    point = f"finish.{side}"
    killed_in_call(scene, point, "finish", "chat")
    check_copies(scene.chat, numbers, [])
    check_copies(scene.siem, numbers, [False])
    assert scene.daemon.status()["dead"] == (0 if happened(point) else 3)
    row(report, point)


@both
def test_replay(refused, report, side):
    scene, numbers = refused
    point = f"replay.{side}"
    killed_in_call(scene, point, "replay")
    check_copies(scene.chat, numbers, ONCE[happened(point)])
    check_copies(scene.siem, numbers, [False] * (2 if happened(point) else 1))
    row(report, point)


@both
def test_move(waiting, report, side):
    scene, numbers = waiting
    point = f"move.{side}"
    killed_in_call(scene, point, "move", "chat", "post")
    check_copies(scene.chat, numbers, ONCE[not happened(point)])
    check_copies(scene.post, numbers, ONCE[happened(point)])
    row(report, point)


@both
def test_release(waiting, report, side):
    """One is claimed, those behind it never were: only that one is in doubt, and only as long as its
    claim was not given back."""
    scene, numbers = waiting
    point = f"release.{side}"
    killed_in_call(scene, point, "release", "chat")
    assert copies(scene.chat, numbers) == [(1, not happened(point)), (2, False), (3, False)]
    row(report, point)


@both
def test_note(refused, report, side):
    scene, _ = refused
    point = f"note.{side}"
    killed_in_call(scene, point, "note")
    with remains.opened(scene.ledger) as connection:
        kept = connection.execute("SELECT value FROM note WHERE key = 'test'").fetchall()
    assert kept == ([("kept",)] if happened(point) else [])
    row(report, point)


@both
def test_prune(refused, report, side):
    scene, numbers = refused
    point = f"prune.{side}"
    killed_in_call(scene, point, "prune")
    assert remains.counts(scene.ledger)["event"] == (0 if happened(point) else 3)
    check_copies(scene.siem, numbers, [False])
    row(report, point)


# The table itself ----------------------------------------------------------------------------


def test_every_call_has_a_test():
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {point.partition(".")[0] for point in POINTS if not of_daemon(point)} <= tested


def test_the_release_program_has_none_of_the_points():
    program, crash_program = Path(BINARY).read_bytes(), Path(CRASH_BINARY).read_bytes()
    for name in [*POINTS, "TOCSIN_CRASH", "crash: at"]:
        assert name.encode() in crash_program, name
        assert name.encode() not in program, name
