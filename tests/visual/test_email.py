"""Mail as a reader sees it: the HTML part that the daemon sends, in Chromium, by day and by night, on a
wide screen and on a phone. No mail program is like another, but all draw what is asserted here."""

import sys

import pytest
from stage import TESTS, load_event, load_object

sys.path.insert(0, str(TESTS / "integration"))
import sinks  # noqa: E402

RULES = """
rules:
  - name: urgent alerts wake people
    match: {type: alert}
    send: [mail]
"""
TEXT_RULES = """
rules:
  - name: with words of its own
    match: {type: alert}
    send: [{sink: mail, title: "{{title}}", text: "{{alert.details}}\\nSeen on {{entity}}"}]
"""
SHOWN = [("light", 720), ("dark", 720), ("light", 390), ("dark", 390)]


@pytest.fixture
def mail(make_daemon, api, smtp, tmp_path):
    """What becomes of an event on its way to a mail program: the HTML as a file."""
    def send(event, alert=None, rules=RULES, with_api=True):
        if alert:
            api.add(alert)
        daemon = make_daemon({"mail": sinks.email(smtp, form="enriched")}, rules=rules, api=api,
                             settings="enrich: {alert: {deadline: 2s}}\n").start()
        if not with_api:
            api.stop()
        daemon.accept(event)
        smtp.wait_for(1, 30)
        page = tmp_path / "mail.html"
        page.write_text(smtp.received[0]["message"].get_body(("html",)).get_content())
        return page
    return send


def event_of(alert, name="alert-created"):
    event = load_event(name)
    event["attributes"]["uuid"] = alert["uuid"]
    return event


@pytest.mark.parametrize("scheme, width", SHOWN)
def test_an_urgent_alert_reads_well(mail, browser, picture, scheme, width):
    alert = load_object("alert-full")
    page = mail(event_of(alert), alert)

    browser.open(page, scheme, width)

    text = browser.text()
    assert alert["title"] in text and "URGENT" in text
    (label, href), = browser.links()
    assert href.startswith("https://app.example/") and label.startswith("Open")
    assert browser.run("return document.documentElement.scrollWidth") == width, "it has to be panned"
    assert browser.errors() == []
    picture(f"email-urgent-{scheme}{'-phone' if width < 600 else ''}")


def luminance(colour):
    """WCAG 2.1, relative luminance."""
    parts = [int(part) / 255 for part in colour]
    red, green, blue = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
                        for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


CONTRASTS = """
const solid = colour => { const parts = colour.match(/[\\d.]+/g).map(Number);
                          return parts.length === 4 && parts[3] === 0 ? null : parts.slice(0, 3); };
const ground = element => { for (; element; element = element.parentElement) {
    const colour = solid(getComputedStyle(element).backgroundColor);
    if (colour) return colour; } return [255, 255, 255]; };
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, words = walker.currentNode.data.trim();
    if (words && element.checkVisibility())
        found.push([words, solid(getComputedStyle(element).color), ground(element)]);
}
return found;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_stands_out_from_its_ground(mail, browser, scheme):
    """As WCAG 2.1 asks of small text."""
    alert = load_object("alert-full")

    browser.open(mail(event_of(alert), alert), scheme)

    words = browser.run(CONTRASTS)
    assert len(words) > 5
    for text, ink, ground in words:
        assert contrast(ink, ground) >= 4.5, (text, ink, ground)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_was_not_looked_up_says_so(mail, browser, picture, scheme):
    alert = load_object("alert-full")
    page = mail(event_of(alert), with_api=False)

    browser.open(page, scheme)

    assert "could not be looked up" in browser.text().lower() or "not enriched" in browser.text().lower()
    picture(f"email-not-enriched-{scheme}")


def test_an_update_names_what_changed(mail, browser, picture):
    alert = load_object("alert-full")
    page = mail(event_of(alert, "alert-updated-status"), alert)

    browser.open(page)

    assert "status" in browser.text().lower()
    picture("email-updated-light")


def test_hostile_texts_are_only_text(mail, browser, picture):
    alert = load_object("alert-hostile-texts")
    page = mail(event_of(alert), alert, TEXT_RULES)

    browser.open(page)

    text = browser.text()
    for piece in ["<at>everyone</at>", "[click](https://evil.example/)", "<b>x</b>", "**bold**",
                  "_and_ *there*"]:
        assert piece in text
    assert [href for _, href in browser.links() if not href.startswith("https://app.example/")] == []
    assert browser.count("body b") == browser.count("img") == browser.count("script") == 0
    picture("email-hostile-light")


def test_the_page_would_show_what_is_not_escaped(browser, tmp_path):
    """Or the test before this one would prove nothing."""
    page = tmp_path / "mail.html"
    page.write_text("<!doctype html><body><b>x</b><a href='https://evil.example/'>click</a>")

    browser.open(page)

    assert browser.count("body b") == 1
    assert browser.links() == [("click", "https://evil.example/")]
