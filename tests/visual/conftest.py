"""Fixtures of tests that look at messages as a person does: a browser, what draws them, and a place
for pictures."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration"))

from stage import (  # noqa: E402, F401
    EVENTS, OBJECTS, TESTS, api, load_event, load_object, make_daemon, mattermost,
    pytest_sessionfinish, smtp, started, teams)

from browser import Browser  # noqa: E402
import modules as node_modules  # noqa: E402

PICTURES = Path(os.environ.get("TOCSIN_PICTURES", node_modules.FOLDER / "pictures"))


@pytest.fixture(scope="session")
def modules():
    return node_modules.installed()


@pytest.fixture(scope="session")
def browser():
    browser = Browser()
    yield browser
    browser.stop()


@pytest.fixture
def picture(browser):
    """Keeps a picture of the page that is open: picture("teams-urgent-dark")."""
    def take(name):
        browser.picture(PICTURES / f"{name}.png")
    return take
