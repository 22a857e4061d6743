"""The page and its plots, from figures as they are kept."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import plot  # noqa: E402
import report  # noqa: E402
import results  # noqa: E402
from contenders.program import Missing  # noqa: E402
from measures import Finding, Series  # noqa: E402
from results import Result  # noqa: E402

LINE = Series("throughput against sinks", "sinks", "events/s", [(1, 4000), (16, 300)], "tocsin")


def result(name, *found, failure=""):
    one = Result(name, f"The {name}", f"./run bench --only {name}", "abc", "2026-11-26 04:00", 12.3,
                 failure=failure)
    for each in found:
        one.add(each)
    return one


@pytest.fixture
def written(monkeypatch, tmp_path):
    """The page's text; gnuplot, which only writers of the page have, is played."""
    def draw(series, folder):
        folder.mkdir(exist_ok=True)
        drawn = {name: folder / plot.file_name(name) for name in plot.grouped(series)}
        for file in drawn.values():
            file.write_text("<svg/>")
        return drawn

    def write(*found):
        monkeypatch.setattr(plot, "draw", draw)
        results.keep(tmp_path / "bench.json", {"cores": "2"}, found)
        return report.write(tmp_path / "bench.json", tmp_path / "page.md",
                            tmp_path / "plots").read_text()
    return write


def test_the_page_has_goals_figures_plots_machine_and_commands(written, tmp_path):
    page = written(result("end_to_end", Finding("", "4600 events/s", None, "tocsin"),
                          Finding("at least 250x the sample", "300x", True, "5 rounds"),
                          Finding("at most 5x the floor", "9x", False, "5 rounds")),
                   result("sinks", Finding("", "1 sink", None), LINE))
    assert "| The end_to_end | at least 250x the sample | 300x | yes | 5 rounds |" in page
    assert "| The end_to_end | at most 5x the floor | 9x | NO | 5 rounds |" in page
    assert "| 4600 events/s | tocsin |" in page
    assert "![throughput against sinks](plots/throughput-against-sinks.svg)" in page
    assert "| cores | 2 |" in page
    assert "| sinks | `./run bench --only sinks` | 2026-11-26 04:00 | 12 s | abc |" in page
    assert (tmp_path / "plots/throughput-against-sinks.svg").exists()


def test_measures_stand_in_their_order_and_a_failed_one_not_at_all(written):
    page = written(result("sinks", Finding("", "1 sink", None)),
                   result("ingest", Finding("at least 0.3x", "0.1x", False), failure="lost"),
                   result("end_to_end", Finding("", "4600 events/s", None)))
    assert page.index("## The end_to_end") < page.index("## The sinks")
    assert "The ingest" not in page and "0.1x" not in page


def test_a_plot_that_is_not_drawn_any_more_goes(written, tmp_path):
    written(result("sinks", LINE, Finding("", "1 sink", None)))
    written(result("sinks", Finding("", "1 sink", None)))
    assert list((tmp_path / "plots").iterdir()) == []


def test_a_bar_in_a_cell_does_not_end_it(written):
    assert "| a \\| b | c d |" in written(result("sinks", Finding("", "a | b", None, "c\nd")))


def test_lines_of_one_name_share_a_plot_and_empty_ones_have_none():
    other = Series(LINE.name, "sinks", "events/s", [(1, 20)], "floor")
    assert plot.grouped([LINE, other, Series("empty", "x", "y")]) == {LINE.name: [LINE, other]}


def test_what_gnuplot_is_told_cannot_be_broken_by_a_name():
    told = plot.script([Series("it's\n'; exit", "x", "y", [(1, 2)], "a'b")], "file.svg")
    assert "set title 'it''s ''; exit'\n" in told and "title 'a''b'" in told


def test_far_apart_figures_have_an_axis_in_powers_of_ten():
    steep = Series("latency", "percentile", "ms", [(50, 1), (99, 80)])
    assert "set logscale y" in plot.script([steep], "file.svg")
    assert "set logscale y" not in plot.script([LINE], "file.svg")
    from_nothing = Series("growth", "minutes", "MB", [(0, 0), (1, 900)])
    assert "set logscale y" not in plot.script([from_nothing], "file.svg")


def test_gnuplot_is_asked_for_when_it_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="gnuplot-nox"):
        plot.draw([LINE], tmp_path)
