"""Posts as Mattermost's clients show them: what the daemon sends, as the stand-in's server keeps it,
parsed by the mobile client's Markdown package and drawn by mattermost/post.js, which says what of a
post is read as Markdown."""

import re
import sys
from pathlib import Path

import pytest
from browser import script_text
from stage import TESTS, load_event, load_object

sys.path.insert(0, str(TESTS / "integration"))
import hostile  # noqa: E402
import sinks  # noqa: E402

HERE = Path(__file__).resolve().parent / "mattermost"
ACTING = (".mention", ".channel", ".hashtag", ".emoji", ".latex", ".found", ".picture", "img", "strong",
          "em", "del", "code", "pre", "h1", "h2", "h3", "ul", "ol", "blockquote", "table", "hr")
RULES = """
rules:
  - name: urgent alerts wake people
    match: {type: alert}
    send: [chat]
"""
WORDS_RULES = """
rules:
  - name: words of its own
    match: {type: alert}
    send: [{sink: chat, title: "{{title}}", text: "{{alert.details}}", link: "%s",
            facts: {Details: "{{alert.details}}", Entity: "{{entity}}"}}]
"""
LINK = "https://app.example/operations/alerts/1"

@pytest.fixture
def chat(make_daemon, api, mattermost):
    """What becomes of an event on its way to a channel: the posts, as the server keeps them."""
    def send(event, alert=None, rules=RULES, with_api=True, **options):
        if alert:
            api.add(alert)
            event["attributes"]["uuid"] = alert["uuid"]
        daemon = make_daemon({"chat": sinks.mattermost(mattermost, **options)}, rules=rules, api=api,
                             settings="enrich: {alert: {deadline: 2s}}\n").start()
        if not with_api:
            api.stop()
        daemon.accept(event)
        entry, = mattermost.wait_for(1, 30)
        sent = entry["json"]
        return [{**post, "username": sent.get("username", "webhook"),
                 "priority": sent.get("priority", {}).get("priority")} for post in entry["posts"]]
    return send


@pytest.fixture
def look(browser, modules, tmp_path):
    """Opens a page with the posts."""
    def show(posts, scheme="light", width=720):
        page = tmp_path / "post.html"
        page.write_text(
            '<!doctype html><meta charset="utf-8">'
            f'<link rel="stylesheet" href="{(HERE / "post.css").as_uri()}"><body>'
            f'<script src="{(modules / "@mattermost/commonmark/dist/commonmark.js").as_uri()}"></script>'
            f'<script src="{(HERE / "post.js").as_uri()}"></script>'
            f"<script>show({script_text(posts)})</script>")
        browser.open(page, scheme, width)
        assert browser.errors() == []
        assert browser.count(".post") == len(posts), "the page could not draw them"
        return browser
    return show


def acting(browser):
    return {selector: browser.count(f".post {selector}") for selector in ACTING
            if browser.count(f".post {selector}")}


def hostile_alert():
    return {**load_object("alert-full"), "title": " ".join(hostile.ONE_LINE), "details": hostile.TEXT,
            "entity": {"name": " ".join(hostile.ONE_LINE), "uuid": "e"}}


@pytest.mark.parametrize("scheme, width", [("light", 720), ("dark", 720), ("light", 390)])
def test_an_urgent_alert_reads_well(chat, look, picture, scheme, width):
    alert = load_object("alert-full")

    browser = look(chat(load_event("alert-created"), mention="@oncall", username="tocsin",
                        priority="auto"), scheme, width)

    text = browser.text()
    assert text.splitlines()[:3] == ["T", "tocsin", "BOT"] and "URGENT\n" in text
    assert browser.text(".attachment .title") == f"[URGENT 85] {alert['title']}"
    assert browser.links() == [(f"[URGENT 85] {alert['title']}",
                                f"https://app.example/operations/alerts/{alert['short_id']}")]
    assert acting(browser) == {".mention": 1} and browser.text(".mention") == "@oncall"
    assert "Status\n\nPending" in text and alert["description"] in text
    assert browser.text(".footer").startswith("alert created")
    assert browser.run("return getComputedStyle(document.querySelector('.attachment')).borderLeftColor"
                       ) == "rgb(211, 47, 47)"
    assert browser.run("return document.documentElement.scrollWidth") == width, "it has to be panned"
    picture(f"mattermost-urgent-{scheme}{'-phone' if width < 600 else ''}")


def test_two_short_facts_stand_on_a_line(chat, look):
    browser = look(chat(load_event("alert-created")))

    tops = browser.run("return Array.from(document.querySelectorAll('.field'), "
                       "field => field.getBoundingClientRect().top)")
    assert len(tops) > 3 and tops[0] == tops[1] != tops[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_was_not_looked_up_says_so(chat, look, picture, scheme):
    browser = look(chat(load_event("alert-created"), with_api=False), scheme)

    assert browser.text(".footer").startswith("Not enriched")
    picture(f"mattermost-not-enriched-{scheme}")


def test_an_update_names_what_changed(chat, look, picture):
    browser = look(chat(load_event("alert-updated-status")))

    assert "Status is now Acknowledged." in browser.text(".attachment > .markdown")
    picture("mattermost-updated-light")


@pytest.mark.parametrize("link", [LINK, ""])
def test_hostile_texts_are_only_text(chat, look, picture, link):
    browser = look(chat(load_event("alert-created"), hostile_alert(), WORDS_RULES % link))

    assert acting(browser) == {}
    assert [href for _, href in browser.links()] == ([LINK] if link else [])
    text = hostile.visible(browser.text(".attachment > .markdown"))
    for line in hostile.TEXT.split("\n"):
        assert hostile.visible(line) in text
    for place in (".attachment .title", ".field .markdown"):
        assert hostile.visible(hostile.ONE_LINE[0]) in hostile.visible(browser.text(place))
    picture(f"mattermost-hostile-{'light' if link else 'no-link'}")


def test_hostile_facts_of_the_default_message_are_only_text(chat, look):
    browser = look(chat(load_event("alert-created"), hostile_alert()))

    assert acting(browser) == {} and len(browser.links()) == 1
    assert hostile.visible(hostile.ONE_LINE[0]) in hostile.visible(browser.text(".fields"))


@pytest.mark.parametrize("name", ["alert-hostile-texts", "alert-wrong-types", "alert-nulls-everywhere"])
def test_odd_objects_are_only_text(chat, look, name):
    browser = look(chat(load_event("alert-created"), load_object(name)))

    assert acting(browser) == {} and len(browser.links()) <= 1


def test_a_template_may_link_and_style_and_its_values_may_not(chat, look):
    text = "**{{status}}**: [runbook](https://runbook.example/{{status}}) {{entity}}"

    browser = look(chat(load_event("alert-created"), hostile_alert(), RULES.replace(
        "[chat]", f'[{{sink: chat, text: "{text}"}}]')))

    assert acting(browser) == {"strong": 1} and browser.text("strong") == "Pending"
    assert ("runbook", "https://runbook.example/Pending") in browser.links()
    assert len(browser.links()) == 2


@pytest.mark.parametrize("character", ["<", "*", "\\", "@"])
def test_a_long_text_ends_with_an_ellipsis_and_not_within_an_escape(chat, look, character):
    alert = {**load_object("alert-full"), "details": character * 15000}

    browser = look(chat(load_event("alert-created"), alert, WORDS_RULES % LINK))

    text = hostile.visible(browser.text(".attachment > .markdown"))
    assert re.fullmatch(re.escape(character) + "{3000,}…", text)


# The page itself -----------------------------------------------------------------------------------


def post(**attachment):
    return {"message": "", "username": "webhook", "attachments": [{"color": "#D32F2F", **attachment}]}


def test_the_page_draws_what_is_not_disarmed(look, picture):
    """Or the tests before this one would prove nothing."""
    browser = look([post(title="t", text=hostile.TEXT),
                    post(title="[click](https://evil.test) **bold** @all", fields=[
                        {"title": "#tag :bomb:", "value": " ".join(hostile.ONE_LINE), "short": False}])])

    missing = [selector for selector in ACTING if not browser.count(f".post {selector}")]
    assert missing == [], "these were found nowhere"
    links = {href for _, href in browser.links()}
    assert {"http://evil.test/a", "https://evil.test", "http://www.evil.test", "ftp://evil.test",
            "mailto:a@evil.test", "mailto:mallory@evil.test", "mattermost://evil.test", "mattermost:xy",
            "tel:123456", "https://evil.test/"} <= {href.lower() for href in links}
    mentions = browser.run("return Array.from(document.querySelectorAll('.mention'), m => m.innerText)")
    assert {"@all", "@here", "@channel", "@anna", "@anna.smith", "@soc-team"} <= {
        mention.rstrip(".") for mention in mentions}
    assert browser.text(".post:nth-of-type(2) .title") == "click bold @all"
    picture("mattermost-control")


def test_the_page_knows_all_that_the_parser_finds(look):
    with pytest.raises(AssertionError, match="does not know"):
        look([post(title="t", text="x")]).run(
            "draw({type: 'table_of_contents'}, document.body)")
