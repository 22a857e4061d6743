"""The page of the admin listener as a person uses it: in Chromium, by mouse and by keyboard, by day and
by night, in a window and on a phone."""

import json
import re

import pytest
import sinks
from selenium.webdriver.common.keys import Keys
from stage import load_event, load_object
from tocsin import wait_until

SINKS = {"bell": {"plugin": "inbox"}, "desk": {"plugin": "inbox"}}
RULES = """rules:
  - name: urgent alerts ring the bell
    match: {type: alert, urgency: {gte: 80}}
    send: [bell]
  - name: notes lie on the desk
    match: {type: note}
    send: [desk]
  - name: odd things are lost
    match: {type: odd}
    send: [gone]
unmatched: []
"""
SHOWN_RULES = RULES.replace("send: [bell]", "send: [bell, soc-chat]")
STORIES = [("Mimikatz run on a domain controller", 85), ("Ransomware note dropped on FILE-SRV-02", 95),
           ("Impossible travel for j.martin", 40), ("Brute force on the VPN gateway", 82)]
TOKEN = "a-token-of-the-tests-0123456789"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202e"
VIEWS = ["#/inbox", "#/events", "#/sinks", "#/dead", "#/rules"]


@pytest.fixture
def daemon(make_daemon, api):
    return make_daemon({**SINKS, "gone": sinks.unreachable()}, rules=RULES, api=api).start()


@pytest.fixture
def show(browser):
    """Opens a view, and looks for complaints of the browser at the end."""
    def at(daemon, view="#/inbox", **look):
        browser.open(f"http://127.0.0.1:{daemon.admin_port}/{view}", **look)
        settle(browser)
        return browser
    yield at
    complaints = browser.errors()
    assert not complaints, complaints
    browser.driver.get("about:blank")  # ends its stream


def settle(browser, words=""):
    """Until a view stands there, with these words in it."""
    return wait_until(lambda: browser.count("main h1") and words in browser.text("main"),
                      f"{words!r} on the page", timeout=8)


def click(browser, words):
    browser.run("""
const found = [...document.querySelectorAll('button, a')].filter(
    one => one.textContent.trim() === args[0] && one.offsetParent);
if (!found.length) throw new Error('nothing says ' + args[0]);
found[0].click();""", words)


def is_seen(browser, selector):
    return browser.run("return document.querySelector(args[0]).offsetParent !== null", selector)


def alert(api, daemon, number, **more):
    document = {**load_object("alert-full"), "uuid": f"00000000-0000-4000-8000-{number:012}",
                "short_id": f"AL{number:06}", **more}
    api.add(document)
    event = load_event("alert-created")
    event["attributes"] = {"uuid": document["uuid"], "short_id": document["short_id"]}
    return daemon.accept(event)


def test_the_bell_rings_by_itself_and_is_marked_read(daemon, api, show):
    browser = show(daemon)
    assert "Nothing is here yet" in browser.text("main")
    wait_until(lambda: browser.text("#health"), "told how it is")
    assert not any(is_seen(browser, badge) for badge in ("#unread", "#troubled", "#dead")), "a 0"

    alert(api, daemon, 1, title="Mimikatz on a controller")

    settle(browser, "Mimikatz on a controller")
    wait_until(lambda: browser.text("#unread") == "1", "one unread", timeout=8)
    click(browser, "Mark as read")
    settle(browser, "all read")
    wait_until(lambda: not is_seen(browser, "#unread"), "no badge")
    assert daemon.get("/api/v1/inbox").body["unread"] == 0

    alert(api, daemon, 2, title="Another one")
    wait_until(lambda: "Another one" in browser.run(
        "return document.getElementById('news').textContent"), "told to those who hear the page")


def test_the_inbox_shows_unread_ones_only_when_asked(daemon, api, show):
    for number, title in ((31, "The older one"), (32, "The newer one")):
        alert(api, daemon, number, title=title)
        daemon.wait_settled()
    newest = daemon.get("/api/v1/inbox").body["notifications"][0]["id"]
    daemon.change("/api/v1/inbox/read", ids=[newest])

    browser = show(daemon, "#/inbox?unread=1")

    assert "The older one" in browser.text("main") and "The newer one" not in browser.text("main")


def test_what_comes_from_outside_is_text(daemon, api, show):
    event = alert(api, daemon, 3, title=HOSTILE, description=HOSTILE, source=HOSTILE)
    odd = daemon.accept({"type": "note", "action": HOSTILE, "attributes": {"title": HOSTILE}})
    daemon.wait_settled()

    for view in VIEWS + [f"#/event/{event}", f"#/event/{odd}"]:
        browser = show(daemon, view)
        assert browser.count("main img, main script, main iframe") == 0, view
    show(daemon, "#/inbox")
    assert "<img src=x onerror=alert(1)>" in browser.text("main")
    browser.run("return document.title")  # an open dialog would refuse this


def test_why_nobody_was_told_is_two_clicks_away(daemon, api, show):
    alert(api, daemon, 4, title="A quiet one", urgency={"current_value": 10})
    daemon.accept({"type": "note"})
    daemon.wait_settled()
    browser = show(daemon, "#/events")

    browser.run("document.querySelector('input[name=q]').value = 'quiet'")
    click(browser, "Search")
    wait_until(lambda: browser.count("tbody tr") == 1, "found")
    click(browser, "A quiet one")

    settle(browser, "urgency: gte 80 (was 10)")
    text = browser.text("main")
    assert "rules.yaml:3" in text and "notes lie on the desk" in text


@pytest.mark.parametrize("query, count", [
    ("type=note", 2), ("sink=bell", 1), ("rule=notes%20lie%20on%20the%20desk", 2), ("state=delivered", 3),
    ("hook=nothing", 0), ("action=created", 1)])
def test_events_are_filtered_by_the_address(daemon, api, show, query, count):
    alert(api, daemon, 5)
    for number in range(2):
        daemon.accept({"type": "note", "action": "made", "n": number})
    daemon.wait_settled()

    browser = show(daemon, f"#/events?{query}")

    assert browser.count("tbody tr") == count


def test_dead_letters_are_read_sent_again_and_skipped_with_a_reason(make_daemon, mattermost, show):
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}).start()
    mattermost.fail_next(3, 400)
    events = [daemon.accept({"type": "note", "n": number}) for number in range(3)]
    wait_until(lambda: daemon.status()["dead"] == 3, "three dead letters")
    browser = show(daemon, "#/dead")
    assert browser.count("tbody tr") == 3 and "400" in browser.text("tbody tr")
    wait_until(lambda: browser.text("#dead") == "3", "counted above")

    click(browser, "Send again")
    settle(browser, "choose some first")
    browser.run("document.querySelector('tbody input[type=checkbox]').click()")
    click(browser, "Send again")
    wait_until(lambda: daemon.status()["dead"] == 2, "sent again")
    wait_until(lambda: browser.count("tbody tr") == 2, "one less")

    browser.run("document.querySelector('.bar input[type=checkbox]').click()")
    browser.run("document.querySelector('input[aria-label=\"Reason to skip\"]').value = 'told by phone'")
    click(browser, "Skip")
    settle(browser, "There are none")
    assert sum("told by phone" in json.dumps(daemon.event(event)) for event in events) == 2


def test_a_sink_is_paused_and_goes_on(daemon, show):
    browser = show(daemon, "#/sinks")
    click(browser, "Pause")
    settle(browser, "paused")
    assert daemon.get("/api/v1/sinks").body["sinks"][0]["state"] == "paused"
    click(browser, "Resume")
    wait_until(lambda: daemon.get("/api/v1/sinks").body["sinks"][0]["state"] == "probing",
               "the next one tries it")
    settle(browser, "probing")


def test_an_event_is_explained(daemon, show):
    browser = show(daemon, "#/rules")
    assert "gte: 80" in browser.text(".source"), "as written"

    browser.run("document.getElementById('event').value = args[0]", json.dumps({"type": "note", "action": "x"}))
    click(browser, "Explain")
    settle(browser, "type: eq alert")

    browser.run("document.getElementById('event').value = '{'")
    click(browser, "Explain")
    wait_until(lambda: browser.count("main [role=alert]"), "what is wrong with it")
    assert all("/api/v1/explain" in one for one in browser.errors())


def test_other_rules_are_tried_on_what_was_recorded(daemon, show):
    daemon.accept({"type": "note", "action": "made"})
    daemon.wait_settled()
    browser = show(daemon, "#/rules")

    click(browser, "Begin with today's")
    browser.run("const text = document.getElementById('new-rules');"
                "text.value = text.value.replace('send: [desk]', 'send: [bell]')")
    click(browser, "What if?")

    settle(browser, "1 of 1 events would go otherwise")


def test_all_of_it_is_reached_by_the_keyboard(daemon, api, show):
    alert(api, daemon, 6)
    daemon.wait_settled()
    browser = show(daemon)
    reached = []
    for _ in range(14):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(browser.run(
            "const one = document.activeElement, look = getComputedStyle(one);"
            "return [one.textContent.trim(), look.outlineStyle]"))
    words = [re.sub(r"\s+\d+$", "", one[0]) for one in reached]
    for wanted in ["Skip to content", "Inbox", "Events", "Sinks", "Dead letters", "Rules",
                   "Mark all as read", "Mark as read"]:
        assert wanted in words, (wanted, words)
    assert all(style != "none" for word, style in reached if word in ("Inbox", "Mark as read")), reached


def test_nothing_is_wider_than_a_phone(daemon, api, show):
    event = alert(api, daemon, 7, title="long" * 60, description="word " * 80)
    daemon.accept({"type": "odd", "action": "x" * 90})
    wait_until(lambda: daemon.status()["unrouted"] == 0, "all decided")

    for view in VIEWS + [f"#/event/{event}"]:
        browser = show(daemon, view, width=375)
        assert browser.run("return document.documentElement.scrollWidth") <= 375, view


def test_the_token_is_asked_for_once_and_stays_in_the_tab(make_daemon, browser):
    daemon = make_daemon(SINKS)
    daemon.config.write_text(daemon.config.read_text().replace(
        "admin: 127.0.0.1:0", f'admin: {{address: "127.0.0.1:0", token: "{TOKEN}"}}'))
    daemon.start()
    browser.open(f"http://127.0.0.1:{daemon.admin_port}/")
    wait_until(lambda: browser.count("dialog[open]"), "the question")

    browser.driver.switch_to.active_element.send_keys(TOKEN + Keys.ENTER)
    settle(browser, "Nothing is here yet")

    browser.driver.refresh()
    settle(browser, "Nothing is here yet")
    assert TOKEN not in browser.driver.current_url
    assert browser.run("return [localStorage.length, document.cookie]") == [0, ""]
    browser.run("sessionStorage.clear()")
    other = [one for one in browser.errors() if "401" not in one]
    assert not other, other
    browser.driver.get("about:blank")


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 1280), ("light", 375), ("dark", 375)])
def test_it_is_seen_by_day_and_night(make_daemon, mattermost, api, show, picture, scheme, width):
    daemon = make_daemon({**SINKS, "soc-chat": sinks.mattermost(mattermost),
                          "gone": sinks.unreachable()}, rules=SHOWN_RULES, api=api).start()
    mattermost.fail_next(1, 400)
    events = [alert(api, daemon, 20 + number, title=title, urgency={"current_value": urgency})
              for number, (title, urgency) in enumerate(STORIES)]
    daemon.accept({"type": "odd", "action": "made"})
    wait_until(lambda: daemon.status()["unrouted"] == 0 and daemon.status()["dead"] == 1, "decided")
    for view, name in [(one, one[2:]) for one in VIEWS] + [(f"#/event/{events[0]}", "event")]:
        browser = show(daemon, view, scheme=scheme, width=width)
        wait_until(lambda: browser.text("#health"), "told how it is")
        paper, ink = browser.run("const look = getComputedStyle(document.body);"
                                 "return [look.backgroundColor, look.color]")
        assert brightness(paper) > 200 > 100 > brightness(ink) if scheme == "light" else \
            brightness(paper) < 60 < 180 < brightness(ink)
        picture(f"page-{name}-{scheme}-{width}")


def brightness(colour):
    return sum(int(number) for number in re.findall(r"\d+", colour)[:3]) / 3
