"""One machine for all that happens to the package there, in the order of the file."""

import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "integration")]

from machine import Machine  # noqa: E402
from stage import pytest_sessionfinish  # noqa: E402, F401


@pytest.fixture(scope="session")
def machine():
    machine = Machine(os.environ["TOCSIN_ROOT"]).start()
    yield machine
    machine.stop()
