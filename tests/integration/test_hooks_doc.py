"""What docs/hooks.md shows is what works: each way to configure a hook, and the lines to paste for its
senders that stand below it."""

import os
import re
import subprocess

import pytest

import sinks
from conftest import TESTS
from tocsin import HOOK_PATH, run

PAGE = (TESTS.parent / "docs" / "hooks.md").read_text()
SECRETS = {name: f"secret-of-{name.lower()}-0123456789" for name in (
    "NEW_TOKEN", "OLD_TOKEN", "LAB_PASSWORD", "LAB_TOKEN", "KEY", "HOOK_ID", "LAB_ID")}
WAYS = re.findall(r"^```yaml\nauth: ([^\n#]*)[^\n]*\n```$(.*?)^```sh\n(.*?)^```$", PAGE,
                  re.MULTILINE | re.DOTALL)


def test_the_page_has_a_line_for_each_kind():
    assert [re.match(r"{(\w+)", way)[1] for way, _, _ in WAYS] == [
        "bearer", "basic", "hmac_sha256", "hmac_sha256"]


@pytest.mark.parametrize("way, between, commands", WAYS, ids=range(len(WAYS)))
def test_the_lines_for_senders_are_let_in(make_daemon, way, between, commands):
    daemon = make_daemon({"chat": sinks.unreachable()}, hook=f"{{auth: {way.strip()}}}",
                         env=SECRETS).start()
    url = f"http://127.0.0.1:{daemon.hook_port}{HOOK_PATH}"
    commands = commands.replace("curl ", "curl -s -o /dev/null -w '%{http_code}' --noproxy '*' ")
    for secrets, status in ((SECRETS, "202"), ({**SECRETS, "KEY": "x", "NEW_TOKEN": "x",
                                                "LAB_PASSWORD": "x"}, "401")):
        result = subprocess.run(["sh", "-euc", commands], env={**os.environ, **secrets, "URL": url},
                                capture_output=True, text=True, timeout=60)
        assert result.stdout == status, (commands, result, daemon.log())


@pytest.mark.parametrize("key, signed, signature", [
    ("It's a Secret to Everybody", "Hello, World!", "sha256="),
    ("It's a secret to everybody", '1795428000.{"type":"probe"}', "t=1795428000,v1="),
])
def test_the_worked_examples_are_right(key, signed, signature):
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-hmac", key], input=signed,
                            capture_output=True, text=True, check=True, timeout=60)
    assert f": {signature}{digest.stdout.split()[-1]}\n" in PAGE
    assert f"`{key}`" in PAGE and f"`{signed}`" in PAGE


def test_the_example_of_the_page_is_a_configuration(tmp_path):
    hooks = re.search(r"^```yaml\n(hooks:\n.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[1]
    listen = re.search(r"^```yaml\n(listen:.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[1]
    (tmp_path / "tocsin.yaml").write_text(
        f"{hooks}{listen}sinks: {{}}\nledger: {{sqlite: ledger.db}}\n")
    (tmp_path / "rules.yaml").write_text("rules: [{name: all, match: {}, send: []}]\n")
    result = run("check", "-c", tmp_path / "tocsin.yaml", env=SECRETS)
    assert result.returncode == 0, result.stderr
