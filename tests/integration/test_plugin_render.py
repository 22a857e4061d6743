"""tocsin plugin render: the request that a plugin makes for an event, printed and not sent."""

import json

from stage import EVENTS
from tocsin import PLUGINS, TEST_PLUGINS, run

URL = "https://chat.example/services/T0000/B0000/a-secret-that-stays-one"
EVENT = EVENTS / "alert-created-rich.json"


def render(plugin, *arguments):
    return run("plugin", "render", PLUGINS / plugin / f"{plugin}.so", *arguments)


def test_the_request_is_printed_with_method_headers_and_body():
    result = render("slack", "-o", f"url={URL}", EVENT)
    assert (result.returncode, result.stderr) == (0, "")
    head, _, body = result.stdout.partition("\n\n")
    assert head.splitlines() == ["POST https://chat.example/***",
                                 "Content-Type: application/json; charset=utf-8"]
    assert "attachments" in json.loads(body)


def test_a_secret_is_shown_only_where_somebody_says_so():
    assert "a-secret-that" not in render("slack", "-o", f"url={URL}", EVENT).stdout
    shown = render("slack", "-o", f"url={URL}", "--show-secrets", EVENT).stdout
    assert shown.startswith(f"POST {URL}\n")


def test_as_json_the_body_is_whole():
    result = render("webhook", "-o", f"url={URL}", "--json", EVENT)
    request = json.loads(result.stdout)
    assert (request["method"], request["url"]) == ("POST", "https://chat.example/***")
    assert request["body_bytes"] == len(request["body"].encode())
    assert json.loads(request["body"])["event"]["body"] == json.loads(EVENT.read_text())


def test_without_an_event_a_sample_is_taken():
    result = render("webhook", "-o", f"url={URL}")
    assert result.returncode == 0
    assert '"type": "alert"' in result.stdout


def test_what_is_no_event_is_said():
    result = render("webhook", "-o", f"url={URL}", "/dev/null")
    assert (result.returncode, "/dev/null is no event" in result.stderr) == (3, True)


def test_a_deliver_plugin_makes_no_request_and_drill_is_named():
    result = render("file", EVENT)
    assert (result.returncode, "tocsin drill" in result.stderr) == (1, True)


def test_what_stands_in_the_way_is_said():
    assert '"url" is required' in render("slack", EVENT).stderr
    refused = render("slack", "-o", "url=ftp://chat.example/x", EVENT)
    assert (refused.returncode, "url: must begin with https://" in refused.stderr) == (1, True)
    assert render("slack", "-o", f"url={URL}", "not-there.json").returncode == 3
    assert run("plugin", "render").returncode == 2


def test_a_plugin_of_ones_own_is_rendered_by_its_path():
    result = run("plugin", "render", TEST_PLUGINS / "record.so", "-o", f"url={URL}", "--json", EVENT)
    told = json.loads(json.loads(result.stdout)["body"])
    assert (told["sink"], told["attempt"]) == ("record", 1)
