"""Where the contenders' programs are looked for, and what is said of one that cannot be had."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import far_ends  # noqa: E402
from contenders import program  # noqa: E402
from contenders.node_red import NodeRed  # noqa: E402
from contenders.program import Missing, need_command  # noqa: E402


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """One that has nothing; make() puts a program there, in PATH or unpacked."""
    monkeypatch.setenv("PATH", str(tmp_path / "system/usr/sbin"))
    for module in (program, far_ends):
        monkeypatch.setattr(module, "UNPACKED", tmp_path / "peers")

    def make(path, text="#!/bin/sh\n"):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
        return file
    return make


def test_what_is_nowhere_is_missing_by_its_packages_name(machine):
    with pytest.raises(Missing, match="nginx is missing: install Debian's package nginx-light"):
        need_command("nginx", "nginx-light")


def test_the_systems_program_goes_before_an_unpacked_one(machine):
    unpacked = machine("peers/nginx-light/usr/sbin/nginx")
    assert need_command("nginx", "nginx-light") == str(unpacked)
    system = machine("system/usr/sbin/nginx")
    assert need_command("nginx", "nginx-light") == str(system)


def test_nginx_finds_its_module_beside_itself_or_unpacked(machine):
    nginx = machine("system/usr/sbin/nginx")
    with pytest.raises(Missing, match="libnginx-mod-http-echo"):
        far_ends.echo_module(nginx)
    unpacked = machine(f"peers/nginx-light/usr/{far_ends.ECHO}")
    assert far_ends.echo_module(nginx) == unpacked
    beside = machine(f"system/usr/{far_ends.ECHO}")
    assert far_ends.echo_module(nginx) == beside


@pytest.mark.parametrize("said, why", [
    ("npm ERR! code ENETUNREACH\nnpm ERR! request to https://secret.example failed", "ENETUNREACH"),
    ("what?", "it ended with 1"),
])
def test_node_red_is_missing_when_npm_cannot_install_it(machine, tmp_path, said, why):
    machine("system/usr/sbin/npm", f"#!/bin/sh\necho '{said}'\nexit 1\n")
    with pytest.raises(Missing) as missing:
        NodeRed(tmp_path / "modules").install()
    assert str(missing.value) == f"npm could not install Node-RED: {why}"
    assert (tmp_path / "modules/npm.log").read_text().strip() == said
    assert not (tmp_path / "modules/.complete").exists()
