"""The fixtures of the integration tests, for the tests of the documentation."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration"))

from stage import api, make_daemon, pytest_sessionfinish, started  # noqa: E402, F401
