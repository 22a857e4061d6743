"""The run as a whole, with measures that only say something: what it prints, keeps and exits with."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bench  # noqa: E402
import catalogue  # noqa: E402
import machine  # noqa: E402
import results  # noqa: E402
from load import Failure  # noqa: E402
from measures import Finding, Scale, Series  # noqa: E402

MET = Finding("at least 2x the other", "3x", True, "5 rounds, 2 to 4")
NOT_MET = Finding("at most 5x the floor", "9x", False)
SHOWN = Finding("", "4600 events/s", None, "tocsin")


def measure(name, *found, failure=None):
    def run(scale):
        yield from found
        if failure:
            raise failure
    return SimpleNamespace(NAME=name, TITLE=f"The {name}", measure=run)


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Calls main() with those measures: (exit status, what it printed, the figures it kept)."""
    monkeypatch.setattr(bench, "BUILD", tmp_path)
    monkeypatch.setattr(machine, "describe", lambda build: {"cores": "2"})

    def call(*measures, argv=("--quick",), page=None):
        status = bench.main(list(argv), {one.NAME: one for one in measures}, page)
        file = tmp_path / ("bench-quick.json" if "--quick" in argv else "bench.json")
        return status, capsys.readouterr().out, results.load(file)[1]
    return call


def test_every_measure_has_what_a_measure_has():
    found = catalogue.all_measures()
    assert "end_to_end" in found and "ladder" not in found
    for name, module in found.items():
        assert module.NAME == name and module.TITLE and callable(module.measure)


def test_goals_stand_in_the_table_met_or_not(run):
    status, out, kept = run(measure("load", SHOWN, MET, NOT_MET))
    assert status == 0
    assert ("load: at least 2x the other      3x  yes\n"
            "load: at most 5x the floor       9x  NO") in out
    assert "  4600 events/s; tocsin\n" in out and "NOT MET: at most 5x the floor" in out
    assert kept["load"].findings == [SHOWN, MET, NOT_MET] and kept["load"].failure == ""


def test_a_long_figure_is_cut_in_the_table_only(run):
    figure = "1979 events/s were accepted of 6347 asked for, none told 503"
    _, out, _ = run(measure("overload", Finding("slowed", figure, True)))
    assert f"  {figure}; met: slowed" in out
    assert "overload: slowed  1979 events/s were...  yes" in out


def test_a_lost_message_fails_the_run_and_the_others_go_on(run):
    lost = measure("load", MET, failure=Failure("tocsin: sink 0: 1 lost, 0 again"))
    status, out, kept = run(lost, measure("storm", NOT_MET))
    assert status == 1
    assert kept["load"].failure == "tocsin: sink 0: 1 lost, 0 again"
    assert kept["storm"].findings == [NOT_MET]
    table = out[out.rindex("goal "):]
    assert "load                         FAILED  NO" in table and "2x the other" not in table


@pytest.mark.parametrize("broken", [
    measure("load", failure=RuntimeError("the far ends do not start")),
    measure("load", failure=bench.Missing("nginx is missing")),
    measure("load"),
])
def test_a_measure_that_fails_or_finds_nothing_fails_the_run(run, broken):
    status, _, kept = run(broken)
    assert status == 1 and kept["load"].failure


def test_only_some_are_run(run):
    status, out, kept = run(measure("load", MET), measure("storm", MET),
                            argv=("--quick", "--only", "storm"))
    assert status == 0 and list(kept) == ["storm"] and "The load" not in out


@pytest.mark.parametrize("argv", [("--only", "nothing"), ("--against", "nobody"), ("--rounds", "0"),
                                  ("--quick", "--long")])
def test_what_makes_no_sense_is_refused(run, argv):
    with pytest.raises(SystemExit) as ended:
        run(measure("load", MET), argv=argv)
    assert ended.value.code == 2


def test_runs_of_single_measures_add_up(run):
    run(measure("load", MET), argv=())
    _, _, kept = run(measure("load", NOT_MET), measure("storm", SHOWN), argv=("--only", "storm"))
    assert kept["load"].findings == [MET] and kept["storm"].findings == [SHOWN]
    assert kept["load"].command == "./run bench"
    assert kept["storm"].command == "./run bench --only storm"


def test_what_was_found_is_kept_when_the_run_is_ended(run, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(measure("load", MET), measure("storm", failure=KeyboardInterrupt()), argv=())
    assert results.load(tmp_path / "bench.json")[1]["load"].findings == [MET]


def test_figures_of_another_machine_are_not_kept(run, monkeypatch):
    run(measure("load", MET), argv=())
    monkeypatch.setattr(machine, "describe", lambda build: {"cores": "64"})
    _, _, kept = run(measure("storm", MET), argv=())
    assert list(kept) == ["storm"]


def test_a_quick_run_leaves_the_real_figures_alone(run, tmp_path):
    run(measure("load", MET), argv=())
    run(measure("load", NOT_MET))
    assert results.load(tmp_path / "bench.json")[1]["load"].findings == [MET]


def test_the_page_is_written_when_asked_for_and_nothing_failed(run, tmp_path):
    written = []

    def page(figures):
        written.append(figures)
        return True

    run(measure("load", MET), argv=(), page=page)
    run(measure("load", failure=Failure("lost")), argv=("--write",), page=page)
    assert written == []
    assert run(measure("load", NOT_MET), argv=("--write",), page=page)[0] == 0
    assert written == [tmp_path / "bench.json"]


def test_a_page_that_could_not_be_written_fails_the_run(run):
    assert run(measure("load", MET), argv=("--write",), page=lambda figures: False)[0] == 1


def test_a_series_comes_back_as_it_was(run):
    line = Series("throughput", "sinks", "events/s", [(1, 4000.5), (16, 300.0)], "tocsin")
    _, _, kept = run(measure("load", MET, line))
    assert json.loads(json.dumps(line.points)) == kept["load"].series[0].points
    assert kept["load"].series[0].line == "tocsin"


def test_a_scale_has_five_rounds_and_a_quick_one_has_one():
    assert Scale(Path()).rounds == 5
    assert Scale(Path(), quick=True).rounds == 1
    assert Scale(Path(), quick=True, rounds=3).rounds == 3
