"""The package's life on a machine: installed, configured, started, reloaded, killed, upgraded, removed,
purged. Each test goes on where the one before it ended. What docs/service.md says is typed as it stands
there."""

import http.client
import json
import os
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from fakes.webhook import Webhook
from page import Page
from tocsin import BUILD, wait_until

TEST_PLUGINS = Path(os.environ.get("TOCSIN_TEST_PLUGINS", BUILD / "tests/plugins"))
HOOK_ID = "6d0e3a52-7f6f-4d0c-9a55-0c6a4f9e2b17"
PAGE = Page("service.md")
PRIVATE_LEDGER = "/var/lib/private/tocsin/ledger.db"  # where DynamicUser= keeps it
# As a Teams URL is: what Environment= of a unit, or a shell, would take for its own.
QUERY = "?sp=%2Ftriggers%2Fmanual%2Frun&sig=a-b_c%3D"

CONFIGURATION = """\
listen: 127.0.0.1:8080
admin: 127.0.0.1:8081
ledger: {sqlite: /var/lib/tocsin/ledger.db}
rules: rules.yaml
hooks:
  soc: {from: sekoia, path: "/hooks/${HOOK_ID}"}
sinks:
  desk:
    plugin: webhook
    url: "${DESK_URL}"
    headers: {Authorization: "Bearer ${cred:desk-token}"}
    allow: [127.0.0.1]
    retry: {first: 250ms, max: 500ms}
    breaker: {failures: 1000}
  record: {plugin: file, path: /var/log/tocsin/events.jsonl}
  apart: {plugin: file, path: /var/log/tocsin/apart.jsonl, isolation: process}
  program: {plugin: exec, command: [/usr/bin/tee, -a, /var/log/tocsin/program.jsonl]}
  paper: {plugin: inbox}
"""
RULES = """\
rules:
  - {name: everything, match: {}, send: [desk, record, apart, program, paper]}
"""


class Desk(Webhook):
    """Takes what is posted with the token, at the whole URL."""

    path = "/in" + QUERY
    token = "s3cr3t&%2F"

    def accept(self, handler, raw):
        if handler.path != self.path or handler.headers["Authorization"] != f"Bearer {self.token}":
            return 403, {}, "who are you", None
        return super().accept(handler, raw)


@pytest.fixture(scope="session")
def desk(machine):
    desk = Desk()
    yield desk
    desk.stop()


def titles(desk):
    return [entry["json"]["title"] for entry in desk.received]


def lines(machine, name):
    path = machine.path(f"/var/log/private/tocsin/{name}")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def post(title):
    connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=30)
    connection.request("POST", f"/hooks/{HOOK_ID}", json.dumps(
        {"type": "probe", "action": "created", "attributes": {"title": title, "uuid": title}}))
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 202, answer.status


def wait_for_title(desk, title):
    wait_until(lambda: title in titles(desk), f"{title!r} at the desk; it has {titles(desk)}", 60)


def wait_for_another(machine, pid):
    """Until it serves again, and as another process."""
    wait_until(lambda: machine.show("MainPID") not in ("0", pid) and is_active(machine),
               "another process that is ready", 60)


def is_active(machine):
    return machine.show("ActiveState", "SubState") == {"ActiveState": "active",
                                                       "SubState": "running"}


def test_it_is_installed_and_waits_to_be_configured(machine):
    machine.shell(PAGE.take("Install"))
    assert machine.run("systemctl", "is-enabled", "tocsin", check=False).stdout.strip() == "disabled"
    assert machine.show("ActiveState") == "inactive"
    assert "tocsin" not in machine.run("systemctl", "--failed", "--no-legend").stdout
    assert machine.path("/etc/tocsin/environment").stat().st_mode & 0o777 == 0o600
    assert machine.run("tocsin", "plugin", "list").stdout.count("\n") > 5


def test_what_is_not_configured_yet_is_named_once(machine):
    assert machine.shell(PAGE.take("Configure", 0)).stdout.startswith("/hooks/")
    out = machine.shell(PAGE.take("Configure", 1), check=False)
    assert out.returncode == 1 and "HOOK_ID" in out.stdout + out.stderr
    assert machine.run("systemctl", "start", "tocsin", check=False).returncode != 0
    assert re.search(r"/etc/tocsin/tocsin.yaml:\d+:\d+: .*HOOK_ID", machine.journal())
    # Another try would mend nothing.
    assert machine.show("ActiveState", "NRestarts") == {"ActiveState": "failed", "NRestarts": "0"}


def test_it_is_configured_and_serves(machine, desk):
    etc = machine.path("/etc/tocsin")
    (etc / "tocsin.yaml").write_text(CONFIGURATION)
    (etc / "rules.yaml").write_text(RULES)
    (etc / "environment").write_text(f"HOOK_ID='{HOOK_ID}'\nDESK_URL='{desk.url}'\n")
    machine.shell(PAGE.take("Credentials", 0))
    drop_in(machine, "credentials", PAGE.take("Credentials", kind="ini"))
    assert "is fine" in machine.shell(PAGE.take("Credentials", 2)).stdout
    machine.shell(PAGE.take("Start"))
    assert is_active(machine)
    assert "serving hooks on" in machine.shell(PAGE.take("Logs")).stdout
    assert machine.show("StatusText") == "serving hooks on 127.0.0.1:8080"
    assert machine.show("WatchdogUSec") == "30s"
    post("first")
    wait_for_title(desk, "first")
    for name in ("events.jsonl", "apart.jsonl", "program.jsonl"):
        wait_until(lambda: [line["title"] for line in lines(machine, name)] == ["first"], name, 30)


def drop_in(machine, name, text):
    folder = machine.path("/etc/systemd/system/tocsin.service.d")
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.conf").write_text(text)  # "": none any more
    machine.run("systemctl", "daemon-reload")


def test_a_changed_secret_is_taken_by_a_restart(machine, desk):
    credential = machine.path("/etc/tocsin/credentials/desk-token")
    credential.write_text("another\n")
    desk.token = "another"
    machine.shell(PAGE.take("Credentials", 1))
    post("after a restart")
    wait_for_title(desk, "after a restart")


def test_it_has_a_user_of_its_own_and_no_rights(machine):
    pid = machine.show("MainPID")
    status = machine.run("cat", f"/proc/{pid}/status").stdout
    assert int(re.search(r"^Uid:\s+(\d+)", status, re.MULTILINE)[1]) >= 60000
    assert re.search(r"^CapBnd:\s+0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    assert re.search(r"^Seccomp:\s+2$", status, re.MULTILINE)
    ledger = machine.path(PRIVATE_LEDGER)
    assert ledger.stat().st_mode & 0o777 == 0o600 and ledger.stat().st_uid >= 60000
    machine.run("tocsin", "status")


def test_a_reload_takes_over_what_is_good_and_fails_for_what_is_not(machine, desk):
    pid, rules = machine.show("MainPID"), machine.path("/etc/tocsin/rules.yaml")
    rules.write_text(RULES.replace("everything", "all of it"))
    machine.shell(PAGE.take("Reload"))
    assert "rules: +all of it -everything" in machine.journal()
    rules.write_text("rules:\n  - {name: all of it, mtach: {}, send: [desk]}\n")
    assert machine.run("systemctl", "reload", "tocsin", check=False).returncode != 0
    assert re.search(r"rules.yaml:2:\d+: .*mtach", machine.journal())
    assert "refused" in machine.show("StatusText")
    assert is_active(machine) and machine.show("MainPID") == pid, "the one before goes on"
    post("by the rules before")
    wait_for_title(desk, "by the rules before")
    rules.write_text(RULES)
    machine.run("systemctl", "reload", "tocsin")
    assert "refused" not in machine.show("StatusText")


def test_what_was_accepted_outlives_a_kill(machine, desk):
    pid = machine.show("MainPID")
    desk.fail_always(503)
    wanted = [f"before the kill {n}" for n in range(20)]
    for title in wanted:
        post(title)
    machine.shell(f"kill -KILL {pid}")
    wait_for_another(machine, pid)
    desk.fail_always(None)
    post("after the kill")
    for title in wanted + ["after the kill"]:
        wait_for_title(desk, title)


def test_one_that_hangs_is_ended_by_the_watchdog(machine, desk):
    drop_in(machine, "watchdog", "[Service]\nWatchdogSec=1s\n")
    machine.run("systemctl", "restart", "tocsin")
    pid = machine.show("MainPID")
    machine.shell(f"kill -STOP {pid}")
    wait_for_another(machine, pid)
    assert "Watchdog timeout" in machine.journal()
    drop_in(machine, "watchdog", "")
    machine.run("systemctl", "restart", "tocsin")
    post("after the watchdog")
    wait_for_title(desk, "after the watchdog")


def test_a_message_that_takes_it_down_becomes_a_dead_letter_before_systemd_gives_up(machine, desk):
    etc = machine.path("/etc/tocsin")
    shutil.copy(TEST_PLUGINS / "fall.so", machine.path("/usr/local/lib/fall.so"))
    (etc / "tocsin.yaml").write_text(CONFIGURATION + "  fall: {plugin: /usr/local/lib/fall.so}\n")
    (etc / "rules.yaml").write_text(
        RULES + "  - {name: falls, match: {title: abort}, send: [fall]}\n")
    machine.run("systemctl", "restart", "tocsin")
    post("abort")
    wait_until(lambda: "fall" in machine.run("tocsin", "dead", check=False).stdout,
               "a dead letter", 60)
    assert is_active(machine) and int(machine.show("NRestarts")) >= 3
    post("after the falls")
    wait_for_title(desk, "after the falls")
    (etc / "tocsin.yaml").write_text(CONFIGURATION)
    (etc / "rules.yaml").write_text(RULES)
    machine.run("systemctl", "restart", "tocsin")


def test_an_upgrade_restarts_it_and_keeps_what_was_configured(machine, desk):
    pid = machine.show("MainPID")
    desk.fail_always(503)
    post("before the upgrade")
    machine.run("apt-get", "install", "/root/next/tocsin_next.deb")
    wait_for_another(machine, pid)
    desk.fail_always(None)
    wait_for_title(desk, "before the upgrade")
    assert machine.path("/etc/tocsin/tocsin.yaml").read_text() == CONFIGURATION


def test_an_upgrade_takes_a_ledger_of_the_version_before(machine, desk):
    """The second version's tables were today's without the inbox (core/store/schema.c)."""
    desk.fail_always(503)
    post("in the old ledger")
    machine.run("systemctl", "stop", "tocsin")
    ledger = sqlite3.connect(machine.path(PRIVATE_LEDGER))
    ledger.executescript("DROP TABLE notification; DROP TABLE reader; DROP TABLE read;"
                         "PRAGMA user_version = 2")
    ledger.close()
    machine.run("bash", "-c", "apt-get install --allow-downgrades /root/tocsin_*.deb")
    wait_until(lambda: is_active(machine), "it serves again", 30)
    desk.fail_always(None)
    wait_for_title(desk, "in the old ledger")
    post("in the new one")
    wait_until(lambda: "in the new one" in machine.run("tocsin", "inbox").stdout, "an inbox", 30)
    assert titles(desk).count("first") == 1, "nothing is told again"


def test_a_copy_of_the_ledger_made_while_it_runs_can_be_gone_back_to(machine, desk):
    post("before the copy")
    wait_for_title(desk, "before the copy")
    machine.shell(PAGE.take("Backup", 0))
    post("after the copy")
    wait_for_title(desk, "after the copy")
    machine.shell(PAGE.take("Backup", 1))
    assert is_active(machine)
    known = machine.run("tocsin", "inbox").stdout
    assert "before the copy" in known and "after the copy" not in known
    post("with the copy")
    wait_for_title(desk, "with the copy")


def test_a_drop_in_lets_a_program_write_elsewhere(machine, desk):
    config = machine.path("/etc/tocsin/tocsin.yaml")
    config.write_text(CONFIGURATION.replace("/var/log/tocsin/program.jsonl", "/srv/tickets/new"))
    machine.shell("mkdir -m 1777 /srv/tickets; systemctl restart tocsin")
    assert machine.run("tocsin", "drill", "--daemon", "program", check=False).returncode == 1
    drop_in(machine, "tickets", PAGE.take("What it may do", 0, "ini"))
    machine.shell("systemctl restart tocsin")
    machine.run("tocsin", "drill", "--daemon", "program")
    assert machine.path("/srv/tickets/new").exists()
    drop_in(machine, "tickets", "")
    config.write_text(CONFIGURATION)


def test_a_drop_in_lets_it_listen_where_others_may_not(machine, desk):
    config = machine.path("/etc/tocsin/tocsin.yaml")
    config.write_text(CONFIGURATION.replace("listen: 127.0.0.1:8080", "listen: 127.0.0.1:443"))
    assert machine.run("systemctl", "restart", "tocsin", check=False).returncode != 0
    drop_in(machine, "port", PAGE.take("What it may do", 1, "ini"))
    machine.shell("systemctl reset-failed tocsin; systemctl restart tocsin")
    assert machine.show("StatusText") == "serving hooks on 127.0.0.1:443"
    drop_in(machine, "port", "")
    config.write_text(CONFIGURATION)
    machine.shell("systemctl restart tocsin")


def test_a_removal_ends_it_and_keeps_the_ledger(machine):
    pid = machine.show("MainPID")
    machine.shell(PAGE.take("Remove", 0))
    assert machine.shell(f"kill -0 {pid}", check=False).returncode != 0
    assert machine.path(PRIVATE_LEDGER).exists()
    assert machine.path("/etc/tocsin/rules.yaml").exists()


def test_a_purge_leaves_nothing_that_the_package_or_its_service_wrote(machine):
    machine.shell(PAGE.take("Remove", 1))
    for name in ("/var/lib/private/tocsin", "/var/log/private/tocsin", "/var/lib/tocsin",
                 "/etc/tocsin/tocsin.yaml", "/etc/tocsin/environment", "/usr/bin/tocsin"):
        assert not os.path.lexists(machine.path(name)), name


def test_all_that_the_page_shows_was_typed():
    """But the container's command, which tests/container does, and an example of an environment."""
    assert PAGE.left == {("In a container", "sh", 0), ("Configure", "ini", 0)}
