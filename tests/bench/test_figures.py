"""How rounds become a figure, and how wrk's words become one."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import rig  # noqa: E402
from contenders.program import Missing  # noqa: E402
from load import Failure  # noqa: E402
from measures import Finding, Scale, at_least, at_most, end_to_end, ingest, share, spread  # noqa: E402
from rig import Round  # noqa: E402


def test_a_share_of_values_is_one_of_them():
    assert share([5, 1, 4, 2, 3], 0.5) == 3
    assert share(range(101), 0.99) == 99
    assert share([7], 0.99) == 7
    assert share([2, 1], 1) == 2


def test_the_spread_says_least_and_most():
    assert spread([3, 1.5, 2]) == "3 rounds, 1.5 to 3"
    assert spread([3]) == "1 round"


def test_a_goal_that_is_just_reached_is_met():
    assert at_least("", 250, 250, "").met and not at_least("", 249.9, 250, "").met
    assert at_most("", 5, 5, "").met and not at_most("", 5.01, 5, "").met


def test_a_figure_has_three_digits_and_no_power_of_ten():
    assert at_least("", 1580.4, 1, "", " ms").figure == "1580 ms"
    assert at_most("", 0.01234, 1, "").figure == "0.0123x"
    assert at_most("", 99.96, 1, "").figure == "100x"


# End to end ------------------------------------------------------------------------------

@pytest.fixture
def played(monkeypatch):
    """Rounds as given, {contender: [(events/s, us of CPU)]}, in the place of measured ones."""
    def play(rounds):
        names = {rig.contender_class(name).name: name for name in rig.CONTENDERS}
        left = {name: iter(figures) for name, figures in rounds.items()}

        def measured(contender, events, **options):
            name = names[contender.name]
            if name not in left:
                raise Missing(f"{name} is missing")
            speed, cpu_us = next(left[name])
            return Round(contender.name, events, events / speed, speed, cpu_us, 1000, events, {})

        monkeypatch.setattr(rig, "measured", measured)
    return play


def test_who_is_missing_without_a_goal_is_said_too(played):
    played({"tocsin": [(3000, 100)], "floor": [(9000, 50)]})
    found = list(end_to_end.measure(Scale(Path(), rounds=1, against=("webhook",))))
    assert Finding("", "not measured", None, "webhook: webhook is missing") in found


def found_goals(scale):
    return {one.goal: one for one in end_to_end.measure(scale) if one.goal}


def test_a_ratio_is_of_the_same_round_and_the_median_of_all(played):
    # The machine was busy in the last round: all were slow in it.
    played({"tocsin": [(3000, 100), (2000, 120), (500, 400)],
            "floor": [(9000, 50), (9000, 40), (3000, 50)],
            "sample": [(10, 9000), (10, 9000), (1, 9000)]})
    goals = found_goals(Scale(Path(), rounds=3, against=("sample",)))
    sample = goals["at least 250x the events/s of vendor's sample"]
    assert (sample.figure, sample.met) == ("300x", True)  # of 300, 200 and 500
    floor = goals["at most 5x the CPU an event of the floor"]
    assert (floor.figure, floor.met) == ("3x", True)  # of 2, 3 and 8
    assert len(goals) == 2


def test_the_libraries_alone_stand_between_tocsin_and_the_floor(played):
    played({"tocsin": [(3000, 200), (3000, 210)], "floor": [(9000, 25), (9000, 20)],
            "bare": [(5000, 100), (5000, 140)]})
    found = list(end_to_end.measure(Scale(Path(), rounds=2, against=("bare",))))
    shown = [(one.figure, one.detail) for one in found if not one.goal]
    assert ("1.75x the CPU an event", "tocsin, of the libraries alone: 2 rounds, 1.5 to 2") in shown
    assert ("5.50x the CPU an event", "the libraries alone, of floor: 2 rounds, 4 to 7") in shown


def test_who_is_missing_is_said_and_not_taken_for_met(played):
    played({"tocsin": [(3000, 100)], "floor": [(9000, 50)], "sample": [(10, 9000)]})
    goals = found_goals(Scale(Path(), rounds=1, against=("sample", "node-red")))
    node_red = goals["at least 20x the events/s of Node-RED"]
    assert node_red.figure == "not measured" and not node_red.met
    assert node_red.detail == "node-red is missing"
    assert goals["at least 250x the events/s of vendor's sample"].met


# wrk -------------------------------------------------------------------------------------

GOOD = {"requests": 1000, "refused": 0, "broken": 0, "seconds": 2.0, "p99_ms": 3.5}
TALK = "Running 4s test @ http://127.0.0.1:1/\n  1 threads and 64 connections\n"


@pytest.fixture
def wrk(monkeypatch, tmp_path):
    """A program in its place that prints that and ends so."""
    def says(figures, status=0):
        program = tmp_path / "wrk"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{TALK}\n{json.dumps(figures)}\nEND\n"
                           f"echo broken >&2\nexit {status}\n")
        program.chmod(0o755)
        monkeypatch.setattr(ingest, "need_command", lambda *_: str(program))
        return ingest._wrk("http://127.0.0.1:1/", tmp_path / "body", 1, "0a000000")
    return says


def test_the_last_line_of_wrk_is_the_figures(wrk):
    assert wrk(GOOD) == GOOD


@pytest.mark.parametrize("fault", ["refused", "broken"])
def test_a_request_not_answered_202_makes_the_figure_worthless(wrk, fault):
    with pytest.raises(Failure, match=fault):
        wrk({**GOOD, fault: 1})


def test_a_wrk_that_fails_is_a_failure(wrk):
    with pytest.raises(Failure, match="wrk ended with 1: broken"):
        wrk(GOOD, status=1)


def test_what_wrk_had_under_way_at_its_end_may_be_kept_and_nothing_more():
    ingest.check_kept(1000, 1000, 2)
    ingest.check_kept(1000 + 2 * ingest.CONNECTIONS, 1000, 2)
    for kept in (999, 1001 + 2 * ingest.CONNECTIONS):
        with pytest.raises(Failure, match="1000 events were answered 202"):
            ingest.check_kept(kept, 1000, 2)
