"""The demo shows the whole way of one alert, and says by its exit status whether all arrived."""

import os
import re
import signal
import subprocess
import sys

from tocsin import BUILD, PLUGINS, wait_until

DEMO = BUILD.parent / "conf" / "demo" / "demo.py"


def environment(**more):
    clean = {name: value for name, value in os.environ.items()
             if name not in ("TEAMS_WEBHOOK_URL", "MATTERMOST_URL")}
    return {**clean, "TOCSIN_BUILD": str(PLUGINS.parent), **more}


def run_once(**more):
    result = subprocess.run([sys.executable, DEMO, "--once"], capture_output=True, text=True,
                            env=environment(**more), timeout=100)
    return result.returncode, result.stdout + result.stderr


def test_everything_that_happened_is_shown():
    code, output = run_once()
    assert code == 0, output
    assert re.search(r"202 Accepted in \d+\.\d ms", output)
    assert re.search(r"GET /v1/sic/alerts/\S+\n.*answered 200", output)
    for line in (4, 12, 16):
        assert re.search(rf"conf/demo/rules\.yaml:{line}\s+matched", output), output
    assert re.search(r"conf/demo/rules\.yaml:8\s+not matched.*\n.*action", output), output
    for sink in ("soc-teams", "soc-chat", "duty-mail", "siem"):
        assert re.search(rf"{sink}  delivered in \d+ ms", output), output
    assert "Subject: " in output and re.search(r"\| <\d+>1 \d{4}-", output)
    assert output.count("Mimikatz run on a domain controller") >= 5
    assert "4 of 4 delivered; 0 waiting, 0 dead" in output
    assert "What to try next" in output
    assert "\033" not in output, "colours are for terminals"


def test_a_real_channel_gets_the_message_and_its_url_is_not_shown(teams):
    code, output = run_once(TEAMS_WEBHOOK_URL=teams.url)
    assert code == 0, output
    assert "Mimikatz" in teams.as_text(teams.received[0]) and len(teams.received) == 1
    assert "soc-teams is your real Teams channel" in output
    assert teams.signature not in output and teams.workflow not in output


def test_what_was_not_delivered_is_told_by_the_exit_status(mattermost):
    mattermost.fail_next(1, 400)
    code, output = run_once(MATTERMOST_URL=mattermost.url)
    assert code == 1, output
    assert "3 of 4 delivered; 0 waiting, 1 dead" in output
    assert mattermost.hook not in output


def test_it_goes_on_serving_until_ctrl_c_and_shows_what_comes(tmp_path):
    shown = tmp_path / "shown"
    with open(shown, "w") as output:
        demo = subprocess.Popen([sys.executable, DEMO], stdout=output, stderr=output,
                                env=environment(), start_new_session=True)
    try:
        wait_until(lambda: "Serving until Ctrl-C" in shown.read_text(), "serving", 60)
        line = re.search(r"curl --json '.*' \S+", shown.read_text())[0]
        posted = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=30)
        assert '"id"' in posted.stdout, posted
        wait_until(lambda: "6 of 6 delivered" in shown.read_text(), "the update shown", 60)
    finally:
        demo.send_signal(signal.SIGINT)
        code = demo.wait(30)
    assert code == 0, shown.read_text()
