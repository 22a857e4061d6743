"""The image, run by what it says of itself: its user, its command, its health check; on a root file
system that is read-only, with a volume for the ledger."""

import http.client
import json
import os
from pathlib import Path

import pytest

from nspawn import Nspawn
from tocsin import wait_until

IMAGE = json.loads(Path(os.environ["TOCSIN_IMAGE"]).read_text())["Docker"]["config"]
USER, GROUP = IMAGE["User"].split(":")
VOLUME = "/var/lib/tocsin"
CONFIGURATION = """\
listen: 0.0.0.0:8080
admin: {address: 127.0.0.1:8081, token: "${ADMIN_TOKEN}"}
ledger: {sqlite: /var/lib/tocsin/ledger.db}
rules: rules.yaml
hooks: {soc: {from: sekoia, path: "/hooks/${HOOK_ID}"}}
sinks:
  record: {plugin: file, path: /var/lib/tocsin/events.jsonl}
  apart: {plugin: file, path: /var/lib/tocsin/apart.jsonl, isolation: process}
  paper: {plugin: inbox}
"""
SECRETS = {"HOOK_ID": "0c7c1f1e-8a44-4c55-9d5c-b3f9d0e6a7b1", "ADMIN_TOKEN": "t0ken&%2F"}


class Container(Nspawn):
    def __init__(self, folder):
        super().__init__(os.environ["TOCSIN_ROOT"])
        self.console = folder / "console"
        self.etc, self.volume = folder / "etc", folder / "volume"
        self.etc.mkdir(mode=0o755)
        self.volume.mkdir(mode=0o700)
        os.chown(self.volume, int(USER), int(GROUP))
        (self.etc / "tocsin.yaml").write_text(CONFIGURATION)
        (self.etc / "rules.yaml").write_text(
            "rules:\n  - {name: all, match: {}, send: [record, apart, paper]}\n")

    def start(self, *command):
        environment = dict(entry.split("=", 1) for entry in IMAGE["Env"]) | SECRETS
        self.launch("--read-only", f"--user={USER}", f"--chdir={IMAGE['WorkingDir']}",
                    f"--bind={self.volume}:{VOLUME}", f"--bind-ro={self.etc}:/etc/tocsin",
                    *(f"--setenv={name}={value}" for name, value in environment.items()),
                    *IMAGE["Entrypoint"], *(command or IMAGE["Cmd"]))
        return self

    def is_healthy(self):
        kind, *command = IMAGE["Healthcheck"]["Test"]
        assert kind == "CMD"
        return self.run("setpriv", f"--reuid={USER}", f"--regid={GROUP}", "--clear-groups", "env",
                        *(f"{name}={value}" for name, value in SECRETS.items()), *command,
                        check=False).returncode == 0


@pytest.fixture(scope="session")
def container(tmp_path_factory):
    folder = tmp_path_factory.mktemp("container")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    container = Container(folder).start()
    container.enter_network()
    yield container
    container.stop()


def test_it_runs_as_its_user_with_a_root_that_nobody_can_write(container):
    wait_until(lambda: container.check_lives() or "serving hooks on" in container.said(), "it serves")
    status = Path(f"/proc/{container.leader}/status").read_text()
    assert f"Uid:\t{USER}\t" in status and USER != "0"
    assert container.run("cat", "/proc/1/comm").stdout == "tocsin\n"
    refused = container.run("touch", "/usr/bin/written", check=False)
    assert "Read-only file system" in refused.stderr, "not even by root"


def test_it_is_healthy_while_it_serves(container):
    assert container.is_healthy()


def test_an_event_is_accepted_and_delivered(container):
    connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=30)
    connection.request("POST", f"/hooks/{SECRETS['HOOK_ID']}", json.dumps(
        {"type": "probe", "action": "created", "attributes": {"title": "in a container"}}))
    assert connection.getresponse().status == 202
    connection.close()
    for name in ("events.jsonl", "apart.jsonl"):
        path = container.volume / name
        wait_until(lambda: path.exists() and "in a container" in path.read_text(), name)


def test_it_ends_well_and_the_ledger_stays(container):
    assert container.stop() == 0, container.said()
    assert "stopped" in container.said()
    assert (container.volume / "ledger.db").stat().st_uid == int(USER)


def test_one_that_does_not_answer_is_not_healthy(container):
    """The health check's own command, where no daemon is: the ledger's file must not make it well."""
    _, _, *command = IMAGE["Healthcheck"]["Test"]
    container.start(*command)
    assert container.process.wait(timeout=60) == 3, container.said()
    assert "no daemon answers" in container.said()


def test_it_has_no_tools_to_build_with(container):
    for name in ("gcc", "meson", "python3", "curl"):
        assert not container.path(f"/usr/bin/{name}").exists(), name
