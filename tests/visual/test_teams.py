"""Cards as a person sees them in Teams: what the daemon posted, drawn by the official renderer, by day
and by night, in a window and on a phone."""

import random
import re
import sys
from pathlib import Path

import pytest
from browser import script_text
from stage import TESTS, load_event, load_object

sys.path.insert(0, str(TESTS / "integration"))
import sinks  # noqa: E402

HERE = Path(__file__).resolve().parent
RULES = """
rules:
  - name: urgent alerts wake people
    match: {type: alert}
    send: [soc]
"""
SHOWN = [("light", 720), ("dark", 720), ("light", 390), ("dark", 390)]
PAGE = """<!doctype html>
<meta charset="utf-8">
<link rel="stylesheet" href="{modules}/adaptivecards/dist/adaptivecards.css">
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0; padding: 16px; }}
.frame {{ border-radius: 6px; overflow: hidden; box-shadow: 0 1px 3px rgba(0, 0, 0, .3); }}
.frame + .frame {{ margin-top: 16px; }}
.ac-pushButton {{ font: 600 14px 'Liberation Sans', sans-serif; padding: 6px 16px;
  border-radius: 4px; border: 1px solid #8888; background: none; color: inherit; }}
/* Teams gives its links the colour of their run. */
a.ac-anchor:link {{ color: inherit; }}
</style>
<body>
<script src="{modules}/adaptivecards/dist/adaptivecards.min.js"></script>
<script src="{modules}/markdown-it/dist/markdown-it.min.js"></script>
<script src="{here}/teams_card.js"></script>
<script>draw({message})</script>
"""

# What a reader would take for styled: not by elements, since the renderer styles runs by CSS.
STYLED = """
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, look = getComputedStyle(element);
    if (element.closest('script, style, button') || !walker.currentNode.data.trim()) continue;
    if (look.fontWeight >= 600) found.push(['bold', walker.currentNode.data]);
    if (look.fontStyle === 'italic') found.push(['italic', walker.currentNode.data]);
}
return found;
"""


@pytest.fixture
def show(browser, modules, tmp_path):
    """Opens a page with the cards of a message as Teams would show them."""
    def open_page(message, scheme="light", width=720):
        page = tmp_path / "teams.html"
        page.write_text(PAGE.format(modules=modules.as_uri(), here=HERE.as_uri(),
                                    message=script_text(message)))
        browser.open(page, scheme, width)
        assert browser.errors() == []
        return browser
    return open_page


@pytest.fixture
def posted(make_daemon, api, teams):
    """The message that reaches the flow for an event."""
    def send(event, alert=None, rules=RULES, with_api=True):
        if alert:
            api.add(alert)
        daemon = make_daemon({"soc": sinks.teams(teams)}, rules=rules, api=api,
                             settings="enrich: {alert: {deadline: 2s}}\n").start()
        if not with_api:
            api.stop()
        daemon.accept(event)
        entry, = teams.wait_for(1)
        assert entry["posted"], entry["why_not"]
        return entry["json"]
    return send


def message_of(*body):
    return {"type": "message", "attachments": [
        {"content": {"type": "AdaptiveCard", "version": "1.4", "body": list(body)}}]}


def event_of(alert, name="alert-created"):
    event = load_event(name)
    event["attributes"]["uuid"] = alert["uuid"]
    return event


def styled(browser, kind):
    """The texts that look bold, or italic."""
    return [text for look, text in browser.run(STYLED) if look == kind]


def read(browser):
    """What can be read on the cards, without the spaces that nobody sees."""
    return browser.text(".frame").replace("\u200b", "").replace("\u00a0", " ")


def complaints(browser):
    return browser.run("return complaints")


def press_each_button(browser):
    """(what it says, what it opens) of each."""
    return [tuple(pair) for pair in browser.run(
        "const found = []; for (const button of document.querySelectorAll('.frame button'))"
        " { button.click(); found.push([button.innerText, opened.pop()]); } return found")]


# The renderer shows what is not escaped, or the tests of hostile texts would prove nothing ----------


def test_a_control_card_renders_its_markdown(show):
    markdown = "**b** _i_ [click](https://evil.example/)"
    browser = show(message_of(
        {"type": "TextBlock", "text": markdown},
        {"type": "FactSet", "facts": [{"title": markdown, "value": markdown}]}))

    assert browser.links(".frame") == [("click", "https://evil.example/")] * 3
    assert browser.count(".frame strong") == browser.count(".frame em") == 3
    assert styled(browser, "bold").count("b") == 3 and styled(browser, "italic") == ["i"] * 3


def test_a_control_card_expands_its_dates_in_runs_too(show):
    date = "{{DATE(2026-11-23T10:00:00Z,SHORT)}}"
    browser = show(message_of(
        {"type": "TextBlock", "text": date},
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": date}]}))

    assert "DATE" not in read(browser) and read(browser).count("2026") == 2


def test_a_control_card_shows_what_teams_does_not_read_as_it_is(show):
    browser = show(message_of({"type": "TextBlock", "wrap": True, "text":
                               "# h ~~s~~ `c` ![i](https://evil.example/i.png) <b>x</b>"}))

    assert "# h ~~s~~" in read(browser) and "<b>x</b>" in read(browser)
    assert browser.count(".frame img") == browser.count(".frame b") == browser.count("h1") == 0


def test_a_control_card_of_a_later_version_is_complained_of(show):
    browser = show(message_of({"type": "Table", "columns": [], "rows": []}))

    assert complaints(browser) != []


# What the daemon posts ------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme, width", SHOWN)
def test_an_urgent_alert_reads_well(posted, show, picture, scheme, width):
    alert = load_object("alert-full")
    browser = show(posted(event_of(alert), alert), scheme, width)

    text = read(browser)
    assert complaints(browser) == []
    assert text.index(alert["title"]) < text.index("Urgent 85 / 100 · alert created · 2026-03-02") \
        < text.index(alert["description"]) < text.index("Status")
    for label, value in [("Status", "Pending"), ("Entity", "Lyon plant"), ("Source", "10.20.3.4")]:
        assert f"{label}\n{value}" in text
    assert styled(browser, "bold") == [alert["title"], "Urgent 85 / 100"]
    assert press_each_button(browser) == [
        ("Open alert", "https://app.example/operations/alerts/" + alert["short_id"])]
    assert browser.links(".frame") == []
    assert browser.run("return document.documentElement.scrollWidth") == width, "it has to be panned"
    picture(f"teams-urgent-{scheme}{'-phone' if width < 600 else ''}")


LEVELS = [(5, "Low"), (55, "Medium"), (77, "High"), (95, "Urgent")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_level_has_its_look_and_its_word(make_daemon, api, teams, show, picture, scheme):
    daemon = make_daemon({"soc": sinks.teams(teams)}, rules=RULES, api=api).start()
    for number, (urgency, _) in enumerate(LEVELS):
        alert = load_object("alert-full")
        alert["uuid"] = f"3f0c7a52-6f5e-4f0b-9d53-00000000000{number}"
        alert["urgency"]["current_value"] = urgency
        api.add(alert)
        event = event_of(alert)
        event["metadata"]["uuid"] = alert["uuid"]
        daemon.accept(event)
        teams.wait_for(number + 1)

    browser = show({"attachments": [entry["json"]["attachments"][0] for entry in teams.received]},
                   scheme)

    texts = browser.run("return Array.from(document.querySelectorAll('.frame'), f => f.innerText)")
    for (urgency, word), text in zip(LEVELS, texts, strict=True):
        assert f"{word} {urgency} / 100" in text
    grounds = browser.run("return Array.from(document.querySelectorAll('.frame'), frame => "
                          "getComputedStyle(frame.querySelector('.ac-container .ac-container'))"
                          ".backgroundColor)")
    assert len(grounds) == len(LEVELS) and len(set(grounds)) == 3, grounds
    picture(f"teams-levels-{scheme}")


def test_an_update_names_what_changed(posted, show, picture):
    alert = load_object("alert-full")
    browser = show(posted(event_of(alert, "alert-updated-status"), alert))

    assert "alert updated" in read(browser) and "Status is now Acknowledged." in read(browser)
    picture("teams-updated-light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_was_not_looked_up_says_so(posted, show, picture, scheme):
    alert = load_object("alert-full")
    browser = show(posted(event_of(alert), with_api=False), scheme)

    assert "Not enriched: the look-up failed" in read(browser)
    assert styled(browser, "bold")[-1].startswith("Not enriched")
    picture(f"teams-not-enriched-{scheme}")


# The words of a template ----------------------------------------------------------------------------


TEMPLATE = r"""
rules:
  - name: with words of its own
    match: {type: alert}
    send: [soc]
    text: |
      Status: **{{status}}**, _{{entity}}_ \*as it is\*

      - first see the [Runbook](https://wiki.example/{{urgency}}?t={{alert.details}})
        - then **call**
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_templates_markdown_is_shown_as_meant(posted, show, picture, scheme):
    alert = {**load_object("alert-full"), "details": "a_b*c"}
    browser = show(posted(event_of(alert), alert, TEMPLATE), scheme)

    text = read(browser)
    assert "Status: Pending, Lyon plant *as it is*" in text
    assert "• first see the Runbook" in text and "  • then call" in text
    assert styled(browser, "bold")[2:] == ["Pending", "call"]
    assert styled(browser, "italic") == ["Lyon plant"]
    assert browser.links(".frame") == [("Runbook", "https://wiki.example/85?t=a_b*c")]
    assert complaints(browser) == []
    picture(f"teams-markdown-{scheme}")


# Each stretch of a line with its looks, one [text, bold, italic, URL] where they are the same.
LOOKS = """
return Array.from(document.querySelectorAll(args[0]), block => {
    const found = [];
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement, look = getComputedStyle(element);
        const link = element.closest('a');
        const stretch = [walker.currentNode.data.replace(/\\n/g, ''), look.fontWeight >= 600,
                         look.fontStyle === 'italic', link ? link.getAttribute('href') : null];
        const last = found[found.length - 1];
        if (last && last.slice(1).join() === stretch.slice(1).join()) last[0] += stretch[0];
        else if (stretch[0]) found.push(stretch);
    }
    return found;
});
"""
PIECES = ["*", "**", "***", "_", "__", "a", "b c", " ", "(", ")", ".", "[", "]", "](https://x.example/)",
          "[t](https://x.example/y_z)", "\\*", "\\[", "\\_", "\\\\", "!", "é"]


def random_words(generator):
    """Links without words are left out: a client makes links of them that nobody can see."""
    words = "w" + "".join(generator.choices(PIECES, k=generator.randint(2, 9))) + "w"
    return words if not re.search(r"\[[\s*_]*\]\(", words) else random_words(generator)


def test_what_is_markdown_is_what_teams_takes_for_it(make_daemon, api, teams, show):
    """The same paragraphs, as the daemon's runs and as text blocks that the client reads itself."""
    generator, different, looks = random.Random(20261126), [], set()
    daemon = make_daemon({"soc": sinks.teams(teams)}, rules=(
        "rules:\n  - name: words\n    match: {}\n    send: [soc]\n    facts: {}\n"
        "    text: '{{{attributes.words}}}'\n")).start()
    for number in range(20):
        paragraphs = [random_words(generator) for _ in range(25)]
        daemon.accept({"type": "probe", "action": str(number),
                       "attributes": {"words": "\n\n".join(paragraphs)}})
        card = teams.wait_for(number + 1)[-1]["json"]["attachments"][0]["content"]
        blocks = [{"type": "TextBlock", "text": text, "wrap": True} for text in paragraphs]

        ours = show(message_of(*card["body"][1:])).run(LOOKS, ".frame .ac-richTextBlock")
        theirs = show(message_of(*blocks)).run(LOOKS, ".frame .ac-textBlock")

        assert len(ours) == len(theirs) == len(paragraphs)
        different += [row for row in zip(paragraphs, ours, theirs) if row[1] != row[2]]
        looks |= {tuple(stretch[1:]) for stretches in ours for stretch in stretches}
    assert different == []
    assert {(True, False, None), (False, True, None), (True, True, None)} <= looks
    assert {"https://x.example/", "https://x.example/y_z"} <= {link for *_, link in looks}


# What an attacker may write -------------------------------------------------------------------------


HOSTILE = ("**bold** __b__ _i_ *i* [click](https://evil.example/) ![i](https://evil.example/i.png) "
           "<at>everyone</at> {{DATE(2026-11-23T10:00:00Z,SHORT)}} <b>x</b><img src=x onerror=alert(1)> "
           "`code` ~~s~~ https://evil.example/ &lt;i&gt; # h \\*x\\*")
HOSTILE_RULES = """
rules:
  - name: with words of its own
    match: {type: alert}
    send: [soc]
    text: "{{title}}\\n\\n- {{alert.details}}\\n**{{entity}}** [{{entity}}](https://ok.example/)"
    facts: {"**label** [l](https://evil.example/)": "{{title}}", Details: "{{alert.details}}"}
"""


def hostile_alert(text):
    alert = load_object("alert-full")
    alert.update(title=text, details=text, source=text, target=text, short_id=alert["short_id"])
    alert["entity"]["name"] = alert["status"]["name"] = alert["rule"]["name"] = text
    return alert


def assert_harmless(browser, allowed_links=()):
    for link in browser.links(".frame"):
        assert link[1] in allowed_links, link
    for element in ("img", "b", "i", "strong", "em", "code", "s", "h1", "ul", "ol", "script"):
        assert browser.count(f".frame {element}") == 0, element
    assert [url for _, url in press_each_button(browser) if not url.startswith("https://app.example/")] \
        == []
    assert styled(browser, "italic") == []
    assert complaints(browser) == [] and browser.errors() == []


def test_hostile_texts_are_only_text(posted, show, picture):
    alert = hostile_alert(HOSTILE)
    browser = show(posted(event_of(alert), alert))

    text = read(browser)
    assert text.count(HOSTILE) >= 5, text
    assert_harmless(browser)
    assert styled(browser, "bold")[1:] == ["Urgent 85 / 100"]
    picture("teams-hostile-light")


def test_hostile_values_in_a_template_are_only_text(posted, show, picture):
    alert = hostile_alert(HOSTILE)
    browser = show(posted(event_of(alert), alert, HOSTILE_RULES))

    text = read(browser)
    assert f"{HOSTILE}\n" in text and f"• {HOSTILE}\n" in text and f"{HOSTILE} {HOSTILE}" in text
    assert "**label** [l](https://evil.example/)" in text
    assert_harmless(browser, ["https://ok.example/"])
    shown = [piece.replace("\u200b", "") for piece in styled(browser, "bold")]
    assert shown[2:] == [HOSTILE]
    picture("teams-hostile-template-light")


def test_the_hostile_alert_of_the_fixtures_is_only_text(posted, show):
    alert = load_object("alert-hostile-texts")
    browser = show(posted(event_of(alert), alert, HOSTILE_RULES))

    text = read(browser)
    for piece in ["<at>everyone</at>", "[click](https://evil.example/)", "<b>x</b>", "**bold**",
                  "{{DATE(2026-01-01,SHORT)}}", "_and_ *there*", "<script>alert(1)</script>"]:
        assert piece in text
    assert_harmless(browser, ["https://ok.example/"])


def test_what_stands_beside_the_card_is_harmless_as_markdown(posted, show):
    """The toast's text, and what is shown where no card can be: nobody says how they are read."""
    message = posted(event_of(hostile_alert(HOSTILE)), hostile_alert(HOSTILE))
    texts = [message["summary"], message["attachments"][0]["content"]["fallbackText"]]

    browser = show(message_of(*({"type": "TextBlock", "text": text, "wrap": True} for text in texts)))

    assert all(text.startswith("[URGENT 85]\u200b ") for text in texts)
    assert "DATE(2026-11-23T10:00:00Z,SHORT)" in read(browser)
    assert_harmless(browser)
    assert styled(browser, "bold") == []


def test_a_mention_is_broken_up_wherever_it_stands(posted):
    alert = hostile_alert("<at>everyone</at>")
    message = posted(event_of(alert), alert)

    assert "<at" not in str(message) and "</at" not in str(message)
    assert "entities" not in message["attachments"][0]["content"]["msteams"]


@pytest.mark.parametrize("width", [720, 390])
def test_a_huge_text_is_cut_and_says_so(posted, show, picture, width):
    alert = hostile_alert("x")
    alert["title"] = "long word " + "w" * 400
    alert["details"] = "\n".join(f"line {number} of a very long report" for number in range(3000))
    browser = show(posted(event_of(alert), alert, HOSTILE_RULES), width=width)

    text = read(browser)
    assert "line 0 of" in text and "\u2026" in text and "Details" in text
    assert complaints(browser) == []
    picture(f"teams-huge-{width}")
