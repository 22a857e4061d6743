"""tocsin plugin check: what it says. That each plugin of this tree passes it: tests/conformance/."""

import json
import os
import shutil
import subprocess

from tocsin import BINARY, PLUGINS, TEST_PLUGINS, run


def check(file, *arguments, options=(), env=None):
    flags = [word for option in options for word in ("-o", option)]
    result = run("plugin", "check", "--json", file, *arguments, *flags, timeout=300, env=env)
    return result.returncode, json.loads(result.stdout) if result.stdout else None, result.stderr


def failures(card):
    return {one["name"]: one["reasons"] for one in card["checks"] if one["result"] == "failed"}


def test_the_card_says_what_the_plugin_is():
    result = run("plugin", "check", PLUGINS / "slack/slack.so")
    assert result.returncode == 0
    assert result.stdout.startswith("slack 1.0: posts to a Slack channel")
    needs, = [line for line in result.stdout.splitlines() if line.startswith("  needs     ")]
    assert "libjansson.so.4" in needs
    assert "    url (secret, required, hidden): the incoming webhook" in result.stdout
    assert "  ok             messages " in result.stdout
    assert result.stdout.splitlines()[-1].startswith("passed: 13 ok, 0 failed")


def test_a_failed_check_names_call_message_and_cure():
    """The plugin record posts what it was told, and judges nothing; poison ends the process."""
    status, card, _ = check(TEST_PLUGINS / "record.so")
    assert (status, failures(card)) == (0, {})
    status, card, _ = check(TEST_PLUGINS / "overstay.so", options=["stuck=1s"])
    assert (status, failures(card)) == (0, {})


def test_options_that_cannot_be_made_up_are_asked_for():
    status, card, complaint = check(PLUGINS / "telegram/telegram.so")
    assert status == 3
    assert "token: no bot's token" in complaint and "-o KEY=VALUE" in complaint
    assert card["passed"] is False


def test_an_unknown_option_is_named_with_the_nearest():
    status, _, complaint = check(PLUGINS / "slack/slack.so", options=["mentoin=x"])
    assert status == 3
    assert '-o mentoin: the plugin has no such option; did you mean "mention"?' in complaint


def test_a_secret_that_somebody_wrote_is_not_shown():
    status, card, complaint = check(
        PLUGINS / "slack/slack.so", options=["url=ftp://h.example/not-to-be-shown-at-all"])
    assert status == 3
    assert "not-to-be-shown" not in json.dumps(card) + complaint


def test_what_is_no_plugin_is_refused(tmp_path):
    (tmp_path / "text.so").write_text("not a shared object")
    (tmp_path / "empty.so").write_text("")
    whole = (PLUGINS / "slack/slack.so").read_bytes()
    (tmp_path / "cut.so").write_bytes(whole[:len(whole) // 2])
    for name in ("text.so", "empty.so", "cut.so"):
        status, card, _ = check(tmp_path / name)
        assert (status, list(failures(card))) == (1, ["symbols"]), name
    status, _, complaint = check(tmp_path / "none.so")
    assert (status, "No such file" in complaint) == (3, True)
    assert check(tmp_path)[0] == 3


def test_a_file_is_taken_by_its_bare_name(tmp_path):
    shutil.copy(PLUGINS / "slack/slack.so", tmp_path / "mine.so")
    assert run("plugin", "check", "mine.so", cwd=tmp_path).returncode == 0


def test_nothing_is_left_in_the_temporary_folder(tmp_path):
    checked = subprocess.run([BINARY, "plugin", "check", PLUGINS / "file/file.so"],
                             stdout=subprocess.DEVNULL,
                             env={**os.environ, "TMPDIR": str(tmp_path)}, timeout=60)
    assert checked.returncode == 0 and not list(tmp_path.iterdir())

    nowhere = subprocess.run([BINARY, "plugin", "check", PLUGINS / "file/file.so"], text=True,
                             env={**os.environ, "TMPDIR": str(tmp_path / "nowhere")},
                             capture_output=True, timeout=60)
    assert nowhere.returncode == 3 and f"{tmp_path}/nowhere/tocsin-probe-" in nowhere.stderr


def test_without_valgrind_it_says_so(tmp_path):
    result = subprocess.run([BINARY, "plugin", "check", "--valgrind", PLUGINS / "slack/slack.so"],
                            env={**os.environ, "PATH": str(tmp_path)}, capture_output=True,
                            text=True, timeout=60)
    assert (result.returncode, "no valgrind in PATH" in result.stderr) == (3, True)


def test_the_probe_is_no_command_for_people():
    assert "probe" not in run("--help").stdout
    result = run("plugin", "probe", PLUGINS / "slack/slack.so")
    assert (result.returncode, "tocsin plugin check" in result.stderr) == (2, True)
