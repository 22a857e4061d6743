"""The fixtures of stage.py."""

from stage import (  # noqa: F401
    EVENTS, OBJECTS, TESTS, Teams, api, event_names, load_event, load_object, make_daemon, mattermost,
    pytest_sessionfinish, smtp, started, syslog, teams)
