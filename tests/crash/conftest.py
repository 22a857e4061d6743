"""The scenes of the crash tests, and the table that the suite prints at its end."""

import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "integration")]

from scene import Scene  # noqa: E402

REPORT = []


def pytest_sessionfinish(session, exitstatus):
    """A test that can be skipped in CI is a test that does not exist."""
    skipped = session.config.pluginmanager.get_plugin("terminalreporter").stats.get("skipped")
    if os.environ.get("CI") == "true" and skipped and exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter):
    if REPORT:
        terminalreporter.section("what was killed, and what came of it")
        for line in REPORT:
            terminalreporter.write_line(line)


@pytest.fixture
def report():
    """A function that adds a line to what is printed at the end."""
    return REPORT.append


@pytest.fixture
def make_scene(tmp_path):
    scenes = []

    def make(seed, name="tocsin", **options):
        folder = tmp_path / name
        folder.mkdir()
        scenes.append(Scene(folder, seed, **options))
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.close()
