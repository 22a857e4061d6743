"""The chat stand-ins are held to the rules that they stand for: a stand-in that takes too much
proves nothing."""

import http.client
import json
import sys
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fakes import mattermost_reading as reading  # noqa: E402
from fakes.mattermost import (  # noqa: E402
    MAX_POST_RUNES, MAX_PROPS_RUNES, Mattermost, complaints)
from fakes.teams import Teams  # noqa: E402

JSON = {"Content-Type": "application/json; charset=utf-8"}


def post(url, body, headers=None):
    """(status, headers, body) of the answer; no headers are none but HTTP's own."""
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request("POST", url[url.index(parts.netloc) + len(parts.netloc):], body,
                           JSON if headers is None else headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def get(url):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


# Teams -------------------------------------------------------------------------------------------


@pytest.fixture
def teams():
    fake = Teams()
    yield fake
    fake.stop()


def card(**more):
    run = {"type": "TextRun", "text": "Mimikatz on db01"}
    content = {"type": "AdaptiveCard", "version": "1.4",
               "body": [{"type": "RichTextBlock", "inlines": [run]},
                        {"type": "ColumnSet", "columns": [
                            {"type": "Column", "items": [{"type": "TextBlock", "text": "Entity"}]},
                            {"type": "Column", "items": [{"type": "TextBlock", "text": "db01"}]}]}],
               "actions": [{"type": "Action.OpenUrl", "title": "Open alert",
                            "url": "https://example.org/1"}], **more}
    return {"type": "message", "attachments": [
        {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None,
         "content": content}]}


def teams_code(answer):
    return answer[0], json.loads(answer[2])["error"]["code"]


def test_a_card_is_queued_and_read(teams):
    status, headers, body = post(teams.url, card())
    assert (status, body) == (202, "")
    assert headers["x-ms-workflow-run-id"].startswith("08584")
    entry, = teams.wait_for(1)
    assert entry["posted"] and entry["json"] == card()
    assert entry["path"] in teams.url and "sp=%2Ftriggers%2Fmanual%2Frun" in entry["path"]
    assert Teams.as_text(entry) == \
        "Mimikatz on db01\nEntity: db01\nOpen alert: https://example.org/1"


def test_the_trigger_holds_the_body_to_its_schema(teams):
    without_url = card()
    del without_url["attachments"][0]["contentUrl"]
    without_type = card()
    del without_type["type"]
    for body in (without_url, without_type, {}, [], {"type": "message", "attachments": {}},
                 {"type": "message", "attachments": [None]}, card(fallbackText=None),
                 {**card(), "summary": None}, {"text": "hello"}):
        assert teams_code(post(teams.url, body)) == (400, "TriggerInputSchemaMismatch"), body
    assert teams_code(post(teams.url, card(), {"Content-Type": "text/plain"})) == \
        (400, "TriggerInputSchemaMismatch")
    assert teams_code(post(teams.url, "{")) == (400, "InvalidRequestContent")
    assert "contentUrl" in post(teams.url, without_url)[2]
    assert teams.received == []


@pytest.mark.parametrize("old, new, answer", [
    ("api-version=1&", "", (400, "MissingApiVersionParameter")),
    ("&sig=", "&signature=", (401, "DirectApiAuthorizationRequired")),
    ("&sig=", "&sig=x", (401, "DirectApiInvalidAuthorizationSignature")),
    ("%2Frun", "%2Fwalk", (401, "DirectApiInvalidAuthorizationSignature")),
    ("/workflows/", "/workflows/0", (404, "WorkflowNotFound")),
])
def test_the_url_must_come_as_it_was_given(teams, old, new, answer):
    assert teams_code(post(teams.url.replace(old, new), card())) == answer


def test_a_workflow_that_is_off_says_so(teams):
    teams.state = "Suspended"
    answer = post(teams.url, card())
    assert teams_code(answer) == (400, "WorkflowTriggerIsNotEnabled")
    assert "'Suspended'" in answer[2]


@pytest.mark.parametrize("body, words", [
    (card(version="1.5"), "1.5"),
    (card(body=[{"type": "Table"}]), "Table"),
    (card(body=[{"type": "TextBlock", "text": "x" * 25000}]), "MessageSizeExceeded"),
    (card(actions=[{"type": "Action.OpenUrl", "title": "x", "url": "/alerts"}]), "absolute URL"),
    (card(actions=[{"type": "Action.Submit", "title": "x"}]), "Action.Submit"),
])
def test_what_teams_does_not_show_is_answered_202_all_the_same(teams, body, words):
    assert post(teams.url, body)[0] == 202
    entry, = teams.wait_for(1)
    assert not entry["posted"] and words in entry["why_not"]
    assert "not posted" in Teams.as_text(entry)


def test_failures_come_as_scripted_and_end(teams):
    teams.fail_next(2, 429)
    teams.fail_next(1, 413)
    teams.fail_next(1, 500, "oops", {"Retry-After": "7"})
    assert post(teams.url, card())[1]["Retry-After"] == "1"
    assert [post(teams.url, card())[0] for _ in range(2)] == [429, 413]
    status, headers, body = post(teams.url, card())
    assert (status, headers["Retry-After"], body) == (500, "7", "oops")
    assert post(teams.url, card())[0] == 202
    assert len(teams.wait_for(1)) == 1 and len(teams.wait_for_requests(5)) == 5
    teams.fail_next(100, 503)
    teams.fail_next(0, 503)
    assert post(teams.url, card())[0] == 202


def test_a_connection_can_be_closed_without_a_word(teams):
    teams.fail_next(1, 0)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        post(teams.url, card())


def test_waiting_for_what_does_not_come_fails(teams):
    with pytest.raises(AssertionError, match="0 messages"):
        teams.wait_for(1, timeout=0.05)


# Mattermost --------------------------------------------------------------------------------------


@pytest.fixture
def mattermost():
    fake = Mattermost()
    yield fake
    fake.stop()


@pytest.fixture
def old_mattermost():
    """One that names the cause of an error."""
    fake = Mattermost(wraps=False)
    yield fake
    fake.stop()


HELLO = {"attachments": [{"fallback": "f", "color": "#D32F2F", "title": "Mimikatz \\*",
                          "title_link": "https://example.org/1", "text": "on \\*db01\\*",
                          "fields": [{"title": "Entity", "value": "db\\_01", "short": True}],
                          "footer": "alert created"}]}


def refused(answer):
    body = json.loads(answer[2])
    assert body["status_code"] == answer[0] and len(body["request_id"]) == 26
    assert body["detailed_error"] == ""
    return answer[0], body["id"].removeprefix("web.incoming_webhook.").removesuffix(".app_error")


def test_a_post_is_answered_ok_and_read(mattermost):
    status, headers, body = post(mattermost.url, {"text": "@oncall", **HELLO})
    assert (status, body, headers["Content-Type"]) == (200, "ok", "text/plain")
    assert len(headers["X-Request-Id"]) == 26
    entry, = mattermost.wait_for(1)
    assert Mattermost.as_text(entry) == ("@oncall\nMimikatz \\*\non *db01*\nEntity: db_01\n"
                                         "alert created\nhttps://example.org/1")
    assert Mattermost.mentions(entry) == {"oncall"}
    assert complaints(entry["json"]["attachments"][0]) == []


def test_a_get_proves_nothing(mattermost):
    assert get(mattermost.url)[0] == 200
    assert get(mattermost.url + "x")[1].startswith("<!doctype html>")


def part(name, value="hello"):
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n--b--\r\n'


@pytest.mark.parametrize("headers, body, status", [
    ({}, HELLO, 200),
    ({"Content-Type": "text/plain"}, HELLO, 200),
    ({"Content-Type": "application/x-www-form-urlencoded"}, HELLO, 400),
    ({"Content-Type": "application/x-www-form-urlencoded"},
     urlencode({"payload": json.dumps(HELLO)}), 200),
    ({"Content-Type": "Application/JSON; Charset=x; y"}, HELLO, 200),
    ({"Content-Type": "multipart/form-data; boundary=b"}, part("text"), 200),
    ({"Content-Type": "multipart/form-data; boundary=b"}, 
     part("ChannelName", "soc").removesuffix("--b--\r\n") + part("text"), 200),
])
def test_the_media_type_says_how_the_body_is_read(mattermost, headers, body, status):
    assert post(mattermost.url, body, headers)[0] == status


@pytest.mark.parametrize("content_type, body, name", [
    ("no/such/type", HELLO, "media_type"), ("/", HELLO, "media_type"),
    ("text/plain; a=1; A=2", HELLO, "media_type"),
    ("application/x-www-form-urlencoded", "payload=%zz", "parse_form"),
    ("application/x-www-form-urlencoded", "a;b", "parse_form"),
    ("application/x-www-form-urlencoded", "other=1", "decode"),
    ("multipart/form-data", part("text"), "parse_multipart"),
    ("multipart/form-data; boundary=b", "--b\r\n", "parse_multipart"),
    ("multipart/form-data; boundary=b", part("channel"), "decode"),  # Go's name is ChannelName
    ("multipart/form-data; boundary=b", part("icon_url"), "decode"),
])
def test_what_cannot_be_read_has_an_id_of_its_own(mattermost, content_type, body, name):
    assert refused(post(mattermost.url, body, {"Content-Type": content_type})) == (400, name)


def test_the_urls_query_is_a_form_too(mattermost):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert post(mattermost.url + "?" + urlencode({"payload": json.dumps(HELLO)}), "", form)[0] == 200
    assert refused(post(mattermost.url + "?%zz", HELLO)) == (400, "parse_form")


@pytest.mark.parametrize("body", [
    "", "{", "[]", "7", '{"text": 1}', '{"text": "a"', '{"attachments": {}}',
    '{"attachments": [{"title": 1}]}', '{"attachments": [{"fields": {}}]}',
    '{"attachments": [{"fields": [{"short": "maybe"}]}]}', '{"attachments": [{"fields": [7]}]}',
    '{"attachments": [{"fields": [{"short": null}]}]}', '{"attachments": [{"id": 1.0}]}',
    '{"attachments": [{"id": 9223372036854775808}]}',
    '{"attachments": [{"actions": [{"options": 1}]}]}',
    '\ufeff{"text": "a"}', '{"props": []}', '{"text": "a", "\u017filent": 1}', '{"text": NaN}',
    '{"priority": "urgent", "text": "x"}', '{"icon_url": "a\tb", "text": "x"}',
])
def test_what_go_does_not_decode_is_refused(mattermost, body):
    assert refused(post(mattermost.url, body)) == (400, "decode")


@pytest.mark.parametrize("body", [
    '{"TEXT": "any case"}', '{"text": "", "Text": "the last one"}', b'{"text": "\xff"}', '{"text": "\\ud800"}',
    '{"attachments": [{"id": 3, "text": "x"}]}',
    '{"text": "trailing"} {garbage', '{"text": "x", "unknown": [1]}',
    '{"text": "a\tb\nc"}', '{"text": "x", "attachments": null, "channel": null}',
    '{"attachments": [null, {"title": "t", "fields": [null, {"value": 7, "short": "True"}]}]}',
])
def test_what_go_decodes_is_taken(mattermost, body):
    assert post(mattermost.url, body)[0] == 200


def test_values_of_any_type_become_text(mattermost):
    post(mattermost.url, {"attachments": [{"fields": [
        {"title": "t", "value": value}
        for value in (7, 1.5, True, [1, "a"], {"a": 1}, 1234567, None)]}]})
    entry, = mattermost.wait_for(1)
    fields = entry["posts"][0]["attachments"][0]["fields"]
    assert [field["value"] for field in fields] == ["7", "1.5", "true", "[1 a]", "map[a:1]",
                                                  "1.234567e+06", None]


@pytest.mark.parametrize("body", ["{}", "null", '{"attachments": []}', '{"attachments": [null]}'])
def test_nothing_to_say_is_refused_for_a_hook_of_any_id(old_mattermost, body):
    assert refused(post(old_mattermost.url, body)) == (400, "text")
    assert refused(post(old_mattermost.url + "0", body)) == (400, "text")


@pytest.mark.parametrize("change, more, answer", [
    ({"enabled": False}, {}, (501, "disabled")),
    ({"is_deleted": True}, {}, (400, "invalid")),
    ({}, {"channel": "nowhere"}, (404, "channel")),
    ({}, {"channel": "@nobody"}, (400, "user")),
    ({"is_locked": True}, {"channel": "#soc"}, (403, "channel_locked")),
    ({"private_channels": {"secret"}}, {"channel": "secret"}, (403, "permissions")),
    ({"channels": set()}, {}, (404, "app.channel.get.existing")),
    ({}, {"priority": {}}, (400, "api.context.invalid_param")),
    ({}, {"type": "system_x", "text": "x", "attachments": []},
     (400, "api.context.invalid_param")),
    ({}, {"type": "own", "text": "x", "attachments": []},
     (500, "api.post.create_webhook_post.creating")),
    ({"has_owner": False}, {}, (403, "user")),
    ({"is_locked": True}, {"channel": "@anna"}, (403, "channel_locked")),
    ({"is_locked": True, "has_owner": False}, {"channel": "nowhere"}, (404, "channel")),
    ({"enabled": False, "is_deleted": True}, {"attachments": []}, (501, "disabled")),
    ({}, {"silent": True, "priority": {"priority": "urgent", "persistent_notifications": True}},
     (400, "api.post.create_post.silent_persistent_notification")),
    ({}, {"props": {"x": "<" * (MAX_PROPS_RUNES // 6 + 1)}}, (400, "split_props_length")),
])
def test_each_refusal_has_its_status_and_its_id(old_mattermost, mattermost, change, more, answer):
    old_mattermost.max_payload = mattermost.max_payload = 2 * MAX_PROPS_RUNES
    for fake in (old_mattermost, mattermost):
        for name, value in change.items():
            setattr(fake, name, value)
    assert refused(post(old_mattermost.url, {**HELLO, **more})) == answer
    wrapped = post(mattermost.url, {**HELLO, **more})
    assert refused(wrapped) == (answer[0], "general")
    assert mattermost.hook in wrapped[2], "the message holds the secret, as the real one does"


def test_older_servers_have_other_ids_for_what_they_cannot_read(old_mattermost):
    assert refused(post(old_mattermost.url, "{")) == (400, "model.incoming_hook.parse_data")
    status, _, body = post(old_mattermost.url, HELLO, {"Content-Type": "/"})
    assert (status, json.loads(body)["id"]) == (400, "api.webhook.incoming.error")


def test_hardened_mode_says_nothing_of_its_troubles():
    fake = Mattermost(hardened=True)
    fake.enabled = False
    assert refused(post(fake.url, HELLO)) == (500, "")
    assert refused(post(fake.url, "{")) == (400, "decode")
    fake.stop()


def test_names_and_pictures_are_taken_where_the_server_lets(mattermost):
    own = {"username": "tocsin", "icon_url": "https://example.org/i.png",
           "props": {"card": "c", "from_webhook": "no", "override_username": "no", "attachments": []}}
    kept = {"from_webhook": "true", "webhook_display_name": "tocsin", "card": "c"}
    post(mattermost.url, {**HELLO, **own})
    mattermost.overrides = True
    post(mattermost.url, {**HELLO, **own})
    post(mattermost.url, HELLO)
    props = [entry["posts"][0]["props"] for entry in mattermost.wait_for(3)]
    assert props[0] == kept
    assert props[1] == {**kept, "override_username": "tocsin",
                        "override_icon_url": "https://example.org/i.png"}
    assert props[2]["override_username"] == "webhook"


@pytest.mark.parametrize("path", ["/hooks/", "/hooks/a-b", "/other", "/hooks/a/b"])
def test_other_paths_are_the_web_applications(mattermost, path):
    root = mattermost.url[:mattermost.url.index("/hooks")]
    status, headers, _ = post(root + path, HELLO)
    assert (status, headers["Content-Type"]) == (404, "text/html")


@pytest.mark.parametrize("channel", ["", "town-square", "#soc", "@anna", "@Anna"])
def test_a_channel_is_named_with_or_without_its_sign(mattermost, channel):
    assert post(mattermost.url, {**HELLO, "channel": channel})[0] == 200


def test_a_body_over_the_limit_is_refused_in_one_of_two_ways():
    body = {"text": "x" * 2000}
    for tells_size, answer in ((True, (413, "api.context.request_body_too_large")),
                               (False, (400, "decode"))):
        fake = Mattermost(max_payload=1000, tells_size=tells_size)
        assert refused(post(fake.url, body)) == answer
        fake.stop()


def test_long_text_becomes_several_posts(mattermost):
    post(mattermost.url, {**HELLO, "text": "é" * (MAX_POST_RUNES + 1)})
    first, second = mattermost.wait_for(1)[0]["posts"]
    assert len(first["message"]) == MAX_POST_RUNES and first["attachments"] == []
    assert second["message"] == "é" and len(second["attachments"]) == 1


def test_an_attachment_that_does_not_fit_goes_to_another_post_or_is_cut(mattermost):
    mattermost.max_payload = 10 * MAX_PROPS_RUNES
    half, whole = "x" * (MAX_PROPS_RUNES // 2), "é" * (MAX_PROPS_RUNES + 10)
    post(mattermost.url, {"attachments": [{"text": half}, {"text": half}, {"text": whole}]})
    lengths = [[len(attachment["text"]) for attachment in post["attachments"]]
               for post in mattermost.wait_for(1)[0]["posts"]]
    assert lengths[:2] == [[len(half)], [len(half)]]
    assert MAX_PROPS_RUNES - 500 < lengths[2][0] < MAX_PROPS_RUNES


def test_only_users_that_there_are_are_called_by_their_id(mattermost):
    anna = mattermost.users["anna"]
    post(mattermost.url, {"text": f"<@{anna}> <@nobody>",
                          "attachments": [{"title": f"<@{anna}> <!all>"}]})
    entry, = mattermost.wait_for(1)
    assert entry["posts"][0]["message"] == "@anna <@nobody>"
    assert entry["posts"][0]["attachments"][0]["title"] == "@anna @all"
    assert Mattermost.mentions(entry) == {"anna", "nobody"}, "titles call nobody"


def test_links_are_rewritten_by_two_rules(mattermost):
    link = "<https://a.example/\n|b|c>"
    post(mattermost.url, {"text": link, "attachments": [{"text": link, "title": link}]})
    message, = mattermost.wait_for(1)[0]["posts"]
    assert message["message"] == link
    assert message["attachments"][0]["text"] == "[b|c](https://a.example/\n)"
    assert message["attachments"][0]["title"] == link


@pytest.mark.parametrize("text, names", [
    ("@Channel, @all. x.@here (@anna) :@bob: ..@carl-", {"channel", "all", "here", "anna", "carl"}),
    ("`@all` ```\n@here\n``` @\u200ball \uff20all", set()),
    ("\\@anna _@bob_ &#64;carl &commat;dan &amp;commat;eve a@b.example",
     {"anna", "bob", "carl", "dan"}),
])
def test_mentions_are_found_as_the_server_finds_them(text, names):
    assert reading.find_mentions(text) == names


def test_slacks_ways_of_writing_are_rewritten_and_call_people(mattermost):
    post(mattermost.url, {"text": "<!here>", "attachments": [
        {"title": "@all", "text": "<https://evil.example|click> \\@channel @\u200bnobody",
         "fields": [{"title": "@team", "value": "_@anna_ `@code`"}]}]})
    entry, = mattermost.wait_for(1)
    assert entry["posts"][0]["message"] == "@here"
    assert "[click](https://evil.example)" in Mattermost.as_text(entry)
    assert Mattermost.mentions(entry) == {"here", "channel", "anna"}


def test_what_the_server_keeps_has_every_member_and_its_type(mattermost):
    """So that clients, which show no attachment with a member of another type, show these."""
    post(mattermost.url, {"attachments": [
        {"TITLE": "t", "pretext": None, "actions": None, "fields": []},
        {"text": "u", "fields": [{"value": None}, {"title": "a", "value": "b", "short": "tRuE"}]}]})
    first, second = mattermost.wait_for(1)[0]["posts"][0]["attachments"]
    assert first["title"] == "t" and first["pretext"] == "" and first["fields"] is None
    assert "actions" not in first and first["ts"] is None and first["id"] == 0
    assert second["fields"] == [{"title": "", "value": None, "short": False},
                                {"title": "a", "value": "b", "short": True}]
    assert reading.is_shown(first) and reading.is_shown(second)
    assert Mattermost.as_text(mattermost.received[0]) == "t\nu\n: \na: b"


@pytest.mark.parametrize("wrong", [
    {"pretext": None}, {"title": 7}, {"fields": [{"title": None, "value": "v", "short": True}]},
    {"fields": [{"title": "t", "value": "v", "short": "true"}]}, {"actions": [None]},
    {"actions": [{"name": 7}]}])
def test_clients_show_no_attachment_with_a_member_of_a_wrong_type(mattermost, wrong):
    post(mattermost.url, HELLO)
    attachment, = mattermost.wait_for(1)[0]["posts"][0]["attachments"]
    assert reading.is_shown(attachment) and not reading.is_shown({**attachment, **wrong})
    assert reading.as_text([{"message": "m", "attachments": [{**attachment, **wrong}]}]) == "m"


def test_a_scripted_failure_looks_like_the_servers(mattermost):
    for status, answer in ((400, "text"), (403, "general"), (500, "general"), (501, "general")):
        mattermost.fail_next(1, status)
        assert refused(post(mattermost.url, HELLO)) == (status, answer)
    mattermost.fail_next(1, 429)
    status, headers, body = post(mattermost.url, HELLO)
    assert (status, headers["Retry-After"], body) == (429, "1", "limit exceeded\n")
    assert mattermost.received == []
