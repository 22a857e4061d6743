"""`tocsin drill`: the first thing that a person does who sets up a sink. Without a daemon, it sends one
message by itself and shows what went out and what came back."""

import json
import re
import signal
import socket
import subprocess
import time
from urllib.parse import quote

import pytest

import sinks
from fakes.recorder import Recorder
from fakes.slack import Slack
from fakes.telegram import Telegram
from tocsin import BINARY, Tocsin, as_yaml, plugin_path, run, wait_until

DELIVERED, NOT, USAGE, UNDONE = 0, 1, 2, 3
DELIVERY_ID = r"[0-9a-f]{16}-d1"
SECRET = "planted-path/secret+hook&id=0123456789"


@pytest.fixture
def make(tmp_path):
    """A configuration; no daemon is ever started."""
    def make(sinks, **options):
        return Tocsin(tmp_path, sinks, **options)
    return make


@pytest.fixture
def recorder(started):
    return started(Recorder())


def drill(tocsin, *arguments, env=None):
    return run("drill", "-c", tocsin.config, *arguments, env=env)


def reports(result, code=DELIVERED):
    assert result.returncode == code, result.stdout + result.stderr
    return json.loads(result.stdout)


def report(tocsin, name, code=DELIVERED, *arguments):
    only, = reports(drill(tocsin, name, "--json", *arguments), code)
    assert only["sink"] == name
    return only


# Delivered -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["teams", "mattermost", "email", "syslog"])
def test_each_kind_of_sink_is_tried_in_one_command(kind, request, make):
    far_end = request.getfixturevalue({"email": "smtp"}.get(kind, kind))
    tocsin = make({"first-one": getattr(sinks, kind)(far_end)})
    result = drill(tocsin, "first-one")
    assert result.returncode == DELIVERED, result.stdout + result.stderr
    entry, = far_end.wait_for(1)
    read = far_end.as_text(entry)
    assert "Drill: a test of the sink first-one" in read
    assert "This is a drill: nothing has happened" in " ".join(read.split())
    assert socket.gethostname() in read
    assert result.stdout.startswith(f"first-one ({kind}, ")
    assert re.search(rf"delivery: {DELIVERY_ID}\n", result.stdout)
    assert re.search(r"outcome   delivered after \d+ ms", result.stdout)
    assert "next      look whether it is there" in result.stdout
    assert result.stderr == ""
    assert not tocsin.ledger.exists()


def test_a_request_and_its_answer_are_shown(make, mattermost):
    tocsin = make({"chat": sinks.mattermost(mattermost)})
    shown = drill(tocsin, "chat").stdout
    assert f"request   POST http://127.0.0.1:{mattermost.port}/***, " in shown
    assert "Content-Type: application/json" in shown
    assert '"attachments": [' in shown
    assert re.search(r"answer    HTTP 200 after \d+ ms", shown)
    assert "X-Request-Id: " in shown and "\n            ok\n" in shown
    assert re.search(r"receipt: [a-z0-9]{26}\n", shown)


@pytest.mark.parametrize("kind, far_end", [("slack", Slack), ("telegram", Telegram)])
def test_other_chats_too(kind, far_end, started, make):
    far_end = started(far_end())
    tocsin = make({"chat": getattr(sinks, kind)(far_end)})
    shown = drill(tocsin, "chat")
    assert shown.returncode == DELIVERED, shown.stdout + shown.stderr
    entry, = far_end.wait_for(1)
    assert "Drill: a test of the sink chat" in far_end.as_text(entry)
    assert f"request   POST http://127.0.0.1:{far_end.port}/***, " in shown.stdout


def test_programs_and_files_too(make, tmp_path):
    """Neither has a URL to show."""
    told = tmp_path / "told.json"
    tocsin = make({"desk": {"plugin": "exec", "command": ["/usr/bin/tee", str(told)]},
                   "lines": {"plugin": "file", "path": str(tmp_path / "events.jsonl")}})
    for one in reports(drill(tocsin, "--all", "--json")):
        assert one["outcome"]["result"] == "delivered" and "to" not in one
    assert "Drill: a test of the sink desk" in told.read_text()
    assert "Drill: a test of the sink lines" in (tmp_path / "events.jsonl").read_text()
    assert drill(tocsin, "desk").stdout.startswith("desk (exec)\n")


def test_what_the_operator_must_hear_is_told_here(started, make):
    telegram = started(Telegram())
    telegram.migrated[-12345] = -1009999999999
    tocsin = make({"chat": sinks.telegram(telegram, chat="-12345")})
    shown = drill(tocsin, "chat").stdout
    assert "notice    The group -12345 was made a supergroup and is -1009999999999 now." in shown
    assert shown.count("request   POST") == 2
    assert telegram.token not in shown and telegram.token.split(":")[1] not in shown


def test_of_a_mail_the_servers_reply_is_the_receipt(make, smtp):
    told = report(make({"mail": sinks.email(smtp)}), "mail")
    assert told["to"] == f"smtp://127.0.0.1:{smtp.port}"
    assert told["outcome"]["receipt"] == "250 2.0.0 queued as F1"
    assert "exchanges" not in told


def test_a_program_gets_all_of_it_as_json(make, recorder):
    told = report(make({"mine": sinks.record(recorder)}), "mine")
    exchange, = told["exchanges"]
    sent = json.loads(exchange["request"]["body"])
    document, = recorder.documents()
    assert sent == document
    assert exchange["request"]["body_bytes"] == len(exchange["request"]["body"].encode())
    assert exchange["answer"]["status"] == 200 and exchange["answer"]["body"] == "ok"
    assert told["outcome"]["result"] == "delivered" and told["outcome"]["took_ms"] >= 0
    assert told["message"]["delivery"] == sent["delivery"]
    assert told["message"]["title"] == sent["title"]
    assert [[fact["label"], fact["value"]] for fact in told["message"]["facts"]] == sent["facts"]
    assert re.fullmatch(DELIVERY_ID, sent["delivery"])
    assert sent["attempt"] == 1 and sent["mark"] == "" and sent["resume"] is None


def test_the_message_says_who_sent_it_from_where_and_when(make, recorder):
    report(make({"mine": sinks.record(recorder)}), "mine")
    document, = recorder.documents()
    facts = dict(document["facts"])
    assert facts["sink"] == "mine" and facts["plugin"] == "record"
    assert facts["host"] == socket.gethostname() and facts["sent by"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", facts["Time"])
    assert f"{facts['sent by']} sent it from {facts['host']} at {facts['Time'][:10]}" in \
        document["text_plain"]
    assert document["link"] is None and document["thread"] == ""


def test_it_links_to_the_application_where_there_is_one(make, recorder, api):
    report(make({"mine": sinks.record(recorder)}, api=api), "mine")
    document, = recorder.documents()
    assert document["link"] == "https://app.example"
    assert api.requests == []


@pytest.mark.parametrize("arguments, level", [
    ((), 4), (("--level", "urgent"), 4), (("--level", "high"), 3), (("--level", "medium"), 2),
    (("--level", "low"), 1), (("--level", "info"), 0)])
def test_the_level_is_urgent_unless_another_is_wanted(make, recorder, arguments, level):
    report(make({"mine": sinks.record(recorder)}), "mine", DELIVERED, *arguments)
    document, = recorder.documents()
    assert document["level"] == level


def test_no_two_drills_have_the_same_id(make, recorder):
    tocsin = make({"a": sinks.record(recorder), "b": sinks.record(recorder)})
    for _ in range(3):
        reports(drill(tocsin, "a", "b", "--json"))
    documents = recorder.documents()
    assert len({document["delivery"] for document in documents}) == 6
    assert len({document["event"] for document in documents}) == 6


def test_several_are_told_in_the_order_in_which_they_were_named(make, recorder, mattermost):
    tocsin = make({"a": sinks.record(recorder), "b": sinks.mattermost(mattermost),
                   "c": sinks.record(recorder)})
    told = reports(drill(tocsin, "c", "b", "c", "--json"))
    assert [one["sink"] for one in told] == ["c", "b"]
    told = reports(drill(tocsin, "--all", "--json"))
    assert [one["sink"] for one in told] == ["a", "b", "c"]
    assert len(recorder.documents()) == 3


def test_one_that_fails_keeps_no_other_one_back(make, recorder):
    tocsin = make({"gone": sinks.unreachable(), "mine": sinks.record(recorder)})
    told = reports(drill(tocsin, "--all", "--json"), NOT)
    assert [one["outcome"]["result"] for one in told] == ["retry", "delivered"]


# Not delivered ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status, result, next_words", [
    (400, "rejected", "takes no such message"), (422, "rejected", "takes no such message"),
    (401, "unusable", "credentials"), (404, "unusable", "until somebody mends it"),
    (302, "unusable", "until somebody mends it"), (429, "retry", "busy or in trouble"),
    (503, "retry", "busy or in trouble")])
def test_each_class_of_refusal_has_its_word_and_its_next_step(make, recorder, status, result,
                                                              next_words):
    recorder.fail_next(1, status, "no, and here is why", {"Retry-After": "7"})
    tocsin = make({"mine": sinks.record(recorder)})
    ended = drill(tocsin, "mine")
    assert ended.returncode == NOT
    assert f"answer    HTTP {status} after " in ended.stdout
    assert "no, and here is why" in ended.stdout and "Retry-After: 7" in ended.stdout
    assert f"outcome   {result} after " in ended.stdout
    assert next_words in ended.stdout
    assert len(recorder.requests) == 1, "it is not tried again"


@pytest.mark.parametrize("status, result", [(400, "rejected"), (401, "unusable"), (404, "unusable"),
                                            (429, "retry"), (500, "retry")])
def test_teams_refusals_are_judged_as_the_daemon_judges_them(make, teams, status, result):
    teams.fail_next(5, status)
    told = report(make({"soc": sinks.teams(teams)}), "soc", NOT)
    assert told["outcome"]["result"] == result
    assert str(status) in told["outcome"]["reason"]
    assert teams.received == []


def test_what_the_plugin_tries_again_at_once_is_shown_too(make, teams):
    """Teams' gateway finds it too large, and the plugin makes a smaller one."""
    teams.fail_next(1, 413)
    tocsin = make({"soc": sinks.teams(teams)})
    told = report(tocsin, "soc")
    assert [exchange["answer"]["status"] for exchange in told["exchanges"]] == [413, 202]
    assert [status for status, _ in teams.requests] == [413, 202]
    teams.fail_next(1, 413)
    shown = drill(tocsin, "soc").stdout
    assert shown.count("request   POST") == 2 and shown.count("answer    HTTP") == 2


@pytest.mark.parametrize("stage, reply, result", [
    ("dot", "451 4.3.0 later", "retry"), ("dot", "550 5.7.1 not that", "rejected"),
    ("greeting", "554 5.7.1 not you", "unusable"), ("MAIL", 0, "retry")])
def test_a_mail_servers_reply_is_the_reason(make, smtp, stage, reply, result):
    smtp.fail_next(1, stage, reply)
    told = report(make({"mail": sinks.email(smtp)}), "mail", NOT)
    assert told["outcome"]["result"] == result, told
    assert not reply or reply[:3] in told["outcome"]["reason"]
    assert smtp.received == []


def test_a_fallback_hears_nothing(make, recorder):
    tocsin = make({"gone": {**sinks.unreachable(), "fallback": "mine", "fallback_after": "1s"},
                   "mine": sinks.record(recorder)})
    report(tocsin, "gone", NOT)
    assert recorder.requests == []


def test_a_far_end_that_is_not_there(make):
    tocsin = make({"chat": sinks.unreachable(),
                   "siem": {"plugin": "syslog", "url": "tcp://127.0.0.1:1"},
                   "mail": {"plugin": "email", "url": "smtp://127.0.0.1:1", "tls": "none",
                            "from": "soc@example.org", "to": ["duty@example.org"]}})
    told = reports(drill(tocsin, "--all", "--json"), NOT)
    assert {one["outcome"]["result"] for one in told} == {"retry"}
    assert all("127.0.0.1" in one["outcome"]["reason"] for one in told), told
    assert "failure" in told[0]["exchanges"][0]["answer"]
    shown = drill(tocsin, "chat").stdout
    assert re.search(r"answer    none after \d+ ms: .*127\.0\.0\.1", shown)
    assert "look at the address, the network" in shown


def test_a_far_end_that_never_answers_ends_at_the_sinks_own_timeout(make, mattermost):
    mattermost.hang_always(True)
    tocsin = make({"chat": sinks.mattermost(mattermost, timeout="300ms")})
    began = time.monotonic()
    told = report(tocsin, "chat", NOT)
    assert time.monotonic() - began < 5
    assert told["outcome"]["result"] == "retry" and told["outcome"]["may_have_arrived"] is True
    assert told["outcome"]["took_ms"] >= 300
    assert "it may have arrived all the same" in drill(tocsin, "chat").stdout


def test_a_blocking_plugin_has_the_sinks_timeout_too(make, tmp_path):
    tocsin = make({"patient": sinks.overstay(tmp_path / "lines", timeout="300ms")})
    told = report(tocsin, "patient", NOT)
    assert told["outcome"]["reason"] == "nobody answered"


def test_a_plugin_that_keeps_no_deadline_does_not_keep_the_command(make, tmp_path):
    tocsin = make({"stuck": sinks.overstay(tmp_path / "lines", timeout="100ms")})
    began = time.monotonic()
    told = report(tocsin, "stuck", NOT)
    assert time.monotonic() - began < 30
    assert told["outcome"]["may_have_arrived"] is True
    assert "overstayed its deadline" in told["outcome"]["reason"]


def test_ctrl_c_ends_it(make, recorder):
    recorder.hold()
    tocsin = make({"mine": sinks.record(recorder)})
    process = subprocess.Popen([BINARY, "drill", "-c", tocsin.config, "mine", "--json"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    recorder.wait_for_in_flight(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == UNDONE
    assert json.loads(out) == [] and "interrupted" in err


@pytest.mark.parametrize("name", ["patient", "stuck"])
def test_ctrl_c_ends_what_blocks(make, tmp_path, name):
    lines = tmp_path / "lines"
    tocsin = make({name: sinks.overstay(lines, timeout="60s")})
    process = subprocess.Popen([BINARY, "drill", "-c", tocsin.config, name],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: lines.exists() and lines.read_text(), "it is at work")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == UNDONE and "interrupted" in err


# What cannot be done ---------------------------------------------------------------------------


def test_an_unknown_sink_is_a_slip_and_nothing_is_sent(make, recorder):
    tocsin = make({"soc-teams": sinks.record(recorder), "siem": sinks.record(recorder)})
    result = drill(tocsin, "siem", "soc-taems")
    assert result.returncode == USAGE and result.stdout == ""
    assert 'unknown sink "soc-taems"; did you mean "soc-teams"?' in result.stderr
    assert "soc-teams, siem" in result.stderr
    assert recorder.requests == []


@pytest.mark.parametrize("arguments, words", [
    ([], "name a sink, or say --all"), (["--all", "mine"], "not both"),
    (["mine", "--level", "urgnt"], 'did you mean "urgent"?'),
    (["mine", "--level", "7"], "info, low, medium, high, urgent"),
    (["mine", "--levle", "low"], 'unknown option "--levle"')])
def test_a_slip_in_the_arguments_sends_nothing(make, recorder, arguments, words):
    result = drill(make({"mine": sinks.record(recorder)}), *arguments)
    assert result.returncode == USAGE and words in result.stderr, result.stderr
    assert "usage: tocsin drill" in result.stderr
    assert recorder.requests == []


@pytest.mark.parametrize("sink, words", [
    ({"plugin": "nosuch", "url": "x"}, 'no plugin "nosuch"'),
    ({"plugin": "/etc/hostname"}, "cannot load plugin /etc/hostname"),
    ({"plugin": "mattermost"}, '"url"'),
    ({"plugin": "mattermost", "url": "${NOT_SET_HERE}"}, "NOT_SET_HERE"),
    ({"plugin": "teams", "url": "https://x.webhook.office.com/webhookb2/1"}, "retired")])
def test_a_sink_that_cannot_be_opened_says_why(make, recorder, sink, words):
    tocsin = make({"broken": sink, "mine": sinks.record(recorder)})
    result = drill(tocsin, "broken")
    assert result.returncode == UNDONE and result.stdout == ""
    assert words in result.stderr and "tocsin.yaml:" in result.stderr, result.stderr
    assert "tocsin drill --daemon broken" in result.stderr


def test_what_is_wrong_elsewhere_is_not_in_the_way(make, recorder):
    """Somebody sets up one sink after the other, and the rules last."""
    tocsin = make({"later": {"plugin": "mattermost", "url": "${NOT_SET_YET}"},
                   "mine": sinks.record(recorder)})
    tocsin.rules.write_text("rules: nonsense\n")
    result = drill(tocsin, "mine")
    assert result.returncode == DELIVERED, result.stderr
    assert "1 error, which is not in the way of this drill: tocsin check" in result.stderr


@pytest.mark.parametrize("text", ["", "sinks: [\n", "just words\n"])
def test_a_configuration_that_cannot_be_read(make, recorder, text):
    tocsin = make({"mine": sinks.record(recorder)})
    tocsin.config.write_text(text)
    result = drill(tocsin, "mine")
    assert result.returncode in (USAGE, UNDONE) and result.stderr and result.stdout == ""


def test_a_configuration_that_is_not_there(make, tmp_path):
    result = run("drill", "-c", tmp_path / "no-such.yaml", "mine")
    assert result.returncode == UNDONE and "no-such.yaml" in result.stderr


@pytest.mark.parametrize("sinks_text, code", [("{}", UNDONE), ("[1]", UNDONE), ("null", UNDONE)])
def test_without_any_sink_there_is_none_to_try(make, recorder, sinks_text, code):
    tocsin = make({"mine": sinks.record(recorder)})
    tocsin.config.write_text(re.sub("(?m)^sinks: .*$", f"sinks: {sinks_text}",
                                    tocsin.config.read_text()))
    result = drill(tocsin, "--all")
    assert result.returncode == code and "has no sinks" in result.stderr
    result = drill(tocsin, "mine")
    assert result.returncode in (USAGE, UNDONE) and result.stderr
    assert recorder.requests == []


def test_right_after_init_one_url_is_enough(tmp_path, teams):
    """As README has it: neither an API key nor a hook's path is there yet."""
    assert run("init", tmp_path / "first").returncode == 0
    config = tmp_path / "first" / "tocsin.yaml"
    config.write_text(config.read_text() + f"plugin_path: {as_yaml(plugin_path())}\n")
    without = run("drill", "-c", config, "soc-teams")
    assert without.returncode == UNDONE and "TEAMS_WEBHOOK_URL" in without.stderr
    result = run("drill", "-c", config, "soc-teams", env={"TEAMS_WEBHOOK_URL": teams.url})
    assert result.returncode == DELIVERED, result.stderr
    teams.wait_for(1)


def test_the_help_says_what_is_sent(make):
    result = run("drill", "--help")
    assert result.returncode == 0
    assert "urgent unless said otherwise" in result.stdout and "--all" in result.stdout


# Secrets ---------------------------------------------------------------------------------------


def spellings(secret):
    """As far ends repeat it."""
    return {
        "as it is": secret,
        "JSON": json.dumps(secret).strip('"'),
        "JSON with its slashes": json.dumps(secret).strip('"').replace("/", "\\/"),
        "JSON as .NET writes it": secret.replace("&", "\\u0026").replace("+", "\\u002B"),
        "a query": quote(secret, safe=""),
        "a query in small letters": re.sub("%..", lambda hit: hit[0].lower(), quote(secret, safe="")),
        "a query in a query": quote(quote(secret, safe=""), safe=""),
        "a page": secret.replace("&", "&amp;").replace("/", "&#47;"),
        "JSON in JSON": json.dumps(json.dumps(secret).replace("/", "\\/")),
    }


@pytest.mark.parametrize("how", spellings(SECRET))
@pytest.mark.parametrize("status", [200, 400, 503])
def test_a_far_end_that_repeats_the_url_gives_nothing_away(make, recorder, how, status):
    url = f"{recorder.url}{SECRET}"
    for said in (spellings(url)[how], spellings(SECRET)[how]):
        recorder.fail_next(2, status, f'{{"error": "{said}"}}', {
            "Location": url, "X-Request-Id": said, "Server": said})
        tocsin = make({"mine": {**sinks.record(recorder), "url": url}})
        for arguments in ([], ["--json"]):
            result = drill(tocsin, "mine", *arguments)
            everything = result.stdout + result.stderr
            assert "***" in everything
            for part in ("planted", "0123456789", "secret+hook"):
                assert part not in everything, everything


def test_a_url_across_the_end_of_what_is_kept_of_an_answer(make, recorder):
    url = f"{recorder.url}{SECRET}"
    tocsin = make({"mine": {**sinks.record(recorder), "url": url}})
    for cut in range(1, len(url), 5):
        recorder.fail_next(1, 500, "x" * (8192 - cut) + url)
        result = drill(tocsin, "mine", "--json")
        assert "planted" not in result.stdout + result.stderr
        assert json.loads(result.stdout)[0]["exchanges"][0]["answer"]["body_is_cut"] is True


def test_passwords_of_a_mail_server_stay_out(make, smtp):
    smtp.user, smtp.password = "tocsin", "right"
    tocsin = make({"mail": {**sinks.email(smtp), "user": "tocsin", "password": "${PASS}"}})
    result = drill(tocsin, "mail", env={"PASS": "planted-password-91"})
    assert result.returncode == NOT
    assert "535" in result.stdout or "TLS" in result.stdout, result.stdout
    assert "planted-password" not in result.stdout + result.stderr


def test_what_a_terminal_would_obey_is_not_printed(make, recorder):
    recorder.fail_next(1, 400, "red: \x1b[31m \x07 \u202e gnihtyna\r\nnext: line",
                       {"X-Request-Id": "a\x1b]0;title\x07b"})
    shown = drill(make({"mine": sinks.record(recorder)}), "mine").stdout
    assert "red:" in shown and "\n            next: line\n" in shown
    for bad in ("\x1b", "\x07", "\u202e", "\r"):
        assert bad not in shown


def test_a_long_answer_is_cut_and_says_so(make, recorder):
    recorder.fail_next(1, 400, "y" * 20000)
    shown = drill(make({"mine": sinks.record(recorder)}), "mine").stdout
    assert "and more than the 8192 bytes that are kept" in shown


def test_odd_bytes_of_an_answer_are_shown_as_text(make, recorder):
    recorder.fail_next(1, 400, b"\xff\xfe\x00 words \xc3")
    told = report(make({"mine": sinks.record(recorder)}), "mine", NOT)
    assert "words" in told["exchanges"][0]["answer"]["body"]
