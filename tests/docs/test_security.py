"""docs/security.md: the tests that it names are there, and some of what it says is tried here."""

import re
import stat
import subprocess

import pytest

import pages
import sinks
import stage
from fakes.alert_api import AlertApi
from fakes.mattermost import Mattermost
from tocsin import as_yaml, run

TEXT = pages.read("docs/security.md")
THREATS = re.findall(r"^\| (.*) \| (.*) \| (`.*`) \|$", TEXT.partition("## Threats")[2], re.MULTILINE)


def test_each_threat_has_a_measure_and_a_test():
    rows = [line for line in TEXT.partition("## Threats")[2].partition("## What it does not")[0]
            .splitlines() if line.startswith("| ") and not line.startswith("| threat ")]
    assert len(rows) == len(THREATS) > 30


@pytest.mark.parametrize("named", sorted({name for *_, tests in THREATS
                                          for name in re.findall(r"`([^`]+)`", tests)}))
def test_the_tests_that_are_named_exist(named):
    file, _, function = named.partition("::")
    if "/" in file:
        assert (pages.TREE / file).exists()
        return
    found = list((pages.TREE / "tests").rglob(file))
    assert any(re.search(rf"(?:def|void) {re.escape(function)}\(", path.read_text())
               for path in found), named


def test_a_sinks_redirect_is_not_followed(make_daemon, started):
    there, elsewhere = started(Mattermost()), started(Mattermost())
    there.fail_next(1, 302, headers={"Location": elsewhere.url})
    daemon = make_daemon({"chat": sinks.mattermost(there)}).start()

    daemon.accept({"type": "probe", "attributes": {"title": "for there alone"}})

    there.wait_for_requests(1)
    daemon.wait_for_log("unusable|dead letter|shut for|attempt 1 failed")
    assert not elsewhere.requests


def test_the_alert_apis_redirect_is_not_followed(make_daemon, started):
    """Else the key would be shown to whoever stands there."""
    api, elsewhere, chat = started(AlertApi()), started(AlertApi()), started(Mattermost())
    elsewhere.add(stage.load_object("alert-full"))
    daemon = make_daemon({"chat": sinks.mattermost(chat)}, api=api,
                         settings="enrich: {alert: {deadline: 1s}}\n").start()

    api.fail_next(1000, 302, headers={"Location": elsewhere.url + "/v1/sic/alerts/x"})
    daemon.accept(stage.load_event("alert-created"))

    chat.wait_for(1)
    assert api.requests and not elsewhere.requests


def test_what_init_writes_is_its_owners_alone(tmp_path):
    result = run("init", tmp_path / "new")
    assert result.returncode == 0, result.stderr
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    for file in (tmp_path / "new").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_plugin_that_no_sink_names_is_not_loaded(make_daemon, started, tmp_path):
    """Its constructor would leave a mark."""
    folder, mark = tmp_path / "plugins", tmp_path / "loaded"
    folder.mkdir()
    subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", folder / "lies_about.so"], text=True,
                   check=True, input="#include <fcntl.h>\n__attribute__((constructor)) static void begin"
                   f'(void) {{ open("{mark}", O_CREAT | O_WRONLY, 0600); }}\n')
    chat = started(Mattermost())
    daemon = make_daemon({"chat": sinks.mattermost(chat)})
    text = daemon.config.read_text()
    daemon.config.write_text(re.sub(
        r"^plugin_path: \[", f"plugin_path: [{as_yaml(str(folder))}, ", text, flags=re.MULTILINE))

    daemon.start()
    daemon.accept({"type": "probe"})
    chat.wait_for(1)
    assert not mark.exists()

    daemon.write({"other": {"plugin": "lies_about"}})
    daemon.config.write_text(re.sub(r"^plugin_path: .*$", f"plugin_path: [{as_yaml(str(folder))}]",
                                    daemon.config.read_text(), flags=re.MULTILINE))
    assert run("check", "-c", daemon.config).returncode == 1
    assert mark.exists(), "the mark shows that it was loaded"
