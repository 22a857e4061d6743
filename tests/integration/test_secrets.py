"""No secret is ever written to a log, an answer or the ledger, whatever goes right or wrong.

Every place where a secret can stand in the configuration gets one that is easy to find again.
"""

import socket

import pytest

import sinks
from conftest import Teams, load_event
from tocsin import HOOK_PATH, run

PLANTED = {
    "api key": "planted-api-key-4b1d",
    "hook path": "planted-hook-path-77aa",
    "Mattermost's hook": "plantedmattermosthook00012",
    "Teams' signature": "planted-teams-sig-91cc",
    "mail password": "planted-mail-password-5e5e",
    "password of the URL's user": "planted-url-password-30f0",
}
HOOK = f"/hooks/{PLANTED['hook path']}"


@pytest.fixture
def teams(started):
    return started(Teams(signature=PLANTED["Teams' signature"]))


@pytest.fixture
def planted(make_daemon, api, teams, smtp, syslog):
    """A daemon with every secret, far ends that work, and far ends that do not."""
    api.key = PLANTED["api key"]
    closed = closed_port()
    hook, password = PLANTED["Mattermost's hook"], PLANTED["password of the URL's user"]
    daemon = make_daemon({
        "soc-teams": {"plugin": "teams", "url": teams.url},
        "gone": {"plugin": "mattermost", "url": f"http://127.0.0.1:{closed}/hooks/{hook}"},
        "with-user": {"plugin": "mattermost",
                      "url": f"http://user:{password}@127.0.0.1:{closed}/hooks/{hook}"},
        "mail": sinks.email(smtp),
        "mail-with-password": {**sinks.email(smtp), "url": f"smtp://127.0.0.1:{closed}",
                               "user": "tocsin", "password": "${MAIL_PASSWORD}"},
        "siem": sinks.syslog(syslog),
    }, api=api, settings="enrich: {alert: {deadline: 2s, timeout: 1s}}\n"
       "sink_defaults: {retry: {first: 100ms, max: 300ms, give_up: 1h}}\n",
       env={"MAIL_PASSWORD": PLANTED["mail password"]})
    daemon.config.write_text(
        daemon.config.read_text().replace(HOOK_PATH, HOOK))
    return daemon


def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def find_secrets(where, text):
    if isinstance(text, str):
        text = text.encode()
    return [f"the {name} in {where}" for name, secret in PLANTED.items()
            if secret.encode() in text]


def test_no_secret_is_written_anywhere(planted, api, teams, smtp):
    daemon = planted.start()
    ids = []

    def post(event):
        answer = daemon.post(event, path=HOOK)
        assert answer.status == 202, answer
        ids.append(answer.body["id"])

    post(load_event("alert-created"))
    api.wait_for(1)
    api.refuse(401)
    post(load_event("alert-created-live"))
    api.wait_for(2)
    api.refuse(None)
    api.fail_always(500)
    post({"type": "alert", "action": "created", "attributes": {"uuid": "x"}})
    api.stop()
    post({"type": "alert", "action": "created", "attributes": {"uuid": "y"}})
    teams.fail_next(1, 400)
    post({"type": "probe", "n": 1})
    teams.fail_next(1, 401)
    post({"type": "probe", "n": 2})
    smtp.wait_for(6, 60)
    smtp.fail_next(1, 535)
    post({"type": "probe", "n": 3})
    daemon.wait_for_log("535")
    leaks = []
    for odd in (b"{", b"[]", b"{}", b"x" * 400000):
        leaks += find_secrets("a refusal", str(daemon.post(odd, path=HOOK).body))
    for path in (HOOK + "/", HOOK[:-1], HOOK + "?a=b"):
        leaks += find_secrets("a 404", str(daemon.post({}, path=path).body))
    leaks += find_secrets("a 405", str(daemon.request("GET", HOOK).body))
    for event_id in ids:
        leaks += find_secrets("an event's story", str(daemon.event(event_id)))
    for path in ("/", "/healthz", "/readyz", "/metrics", "/api/v1/status", "/api/v1/nothing"):
        leaks += find_secrets(path, str(daemon.get(path)))
    daemon.kill9()
    for file in sorted(daemon.folder.glob("ledger.db*")):
        leaks += find_secrets(file.name, file.read_bytes())
    daemon.start()
    daemon.stop()
    for file in sorted(daemon.folder.glob("ledger.db*")):
        leaks += find_secrets(file.name, file.read_bytes())
    leaks += find_secrets("the log", daemon.log())
    assert leaks == []


def test_no_secret_is_written_by_the_command_line(planted):
    event = planted.folder / "event.json"
    event.write_text('{"type":"alert","action":"created"}')
    env = {"MAIL_PASSWORD": PLANTED["mail password"]}
    leaks = []
    for command in (["check"], ["explain", str(event)]):
        result = run(command[0], "-c", planted.config, *command[1:], env=env)
        assert result.returncode == 0, result.stderr
        leaks += find_secrets(f"the output of {command[0]}", result.stdout + result.stderr)
    assert leaks == []


def test_a_configuration_error_does_not_show_what_a_variable_held(planted):
    """The value of a wrong option may be a secret that stands in the wrong place."""
    text = planted.config.read_text()
    planted.config.write_text(
        text.replace("rules: rules.yaml", 'rules: rules.yaml\ndedupe: "${MAIL_PASSWORD}"'))
    result = run("check", "-c", planted.config, env={"MAIL_PASSWORD": PLANTED["mail password"]})
    assert result.returncode == 1
    assert "dedupe" in result.stdout + result.stderr
    assert find_secrets("an error", result.stdout + result.stderr) == []


def test_the_hooks_command_is_the_one_that_shows_a_hooks_path(planted):
    result = run("hooks", "-c", planted.config, env={"MAIL_PASSWORD": "x"})
    assert result.returncode == 0, result.stderr
    assert HOOK in result.stdout
