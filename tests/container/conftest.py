"""The image's way to the tests' helpers."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "integration")]

from stage import pytest_sessionfinish  # noqa: E402, F401
