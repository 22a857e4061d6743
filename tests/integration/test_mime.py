"""Each kind of event as mail, as Python's email package reads it: parts, charsets and headers say what
was meant."""

import html.parser
import unicodedata

import pytest

import mime
import sinks
from conftest import event_names, load_event, load_object

HOSTILE = [
    "x\r\nBcc: all@example.org\r\n\r\n<b>body</b>",
    "=?UTF-8?B?SGk=?= =?utf-8?q?there?=",
    "\"quoted\" <a@b.example>, (comment) ; \\ back",
    "Règle « Élévation » déclenchée sur серверах 東京 et 大阪 🔥🔥 fin",
    "é" * 400,
    "word " * 100,
    "x" * 1500,
    "\u202eevil \u2028 line\u0085 next \x00 nul",
    ".\r\n.\r\nQUIT",
    " leading and trailing  ",
    "[URGENT 99] Re: Fwd: brackets",
]


class Words(html.parser.HTMLParser):
    """What stands between the tags."""

    def __init__(self):
        super().__init__()
        self.words = []
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def words_of(page):
    reader = Words()
    reader.feed(page)
    reader.close()
    return " ".join(" ".join(reader.words).split()), reader.tags


def as_one_line(text):
    """What a header can hold: single blanks between words, no controls of any kind."""
    text = text.replace("\u202e", "")  # turns what follows around; tocsin lets it through nowhere
    return " ".join("".join(
        " " if unicodedata.category(letter) in {"Cc", "Zl", "Zp"} else letter
        for letter in text).split())


@pytest.mark.parametrize("form", ["enriched", "simple"])
def test_every_event_is_a_sound_mail(make_daemon, api, smtp, form):
    names = event_names()
    daemon = make_daemon({"mail": sinks.email(smtp, form=form)}, api=api,
                         settings="enrich: {alert: {deadline: 2s, timeout: 1s}}\n").start()
    for name in names:
        daemon.accept(load_event(name))
    delivered = daemon.wait_settled()["delivered"]
    mails = [mime.read(entry["raw"]) for entry in smtp.wait_for(delivered)]
    assert delivered > 20, "some events of the samples tell the same twice, but few"
    assert len({mail["Message-ID"] for mail in mails}) == delivered
    for mail in mails:
        assert mail.is_multipart() == (form == "enriched")
        plain = mail.get_body(("plain",)).get_content()
        title = plain.splitlines()[0]
        assert title in mail["Subject"], (title, mail["Subject"])


@pytest.mark.parametrize("title", HOSTILE, ids=range(len(HOSTILE)))
def test_any_title_is_read_as_it_was_meant(make_daemon, api, smtp, title):
    alert = load_object("alert-full")
    alert["title"] = title
    api.add(alert)
    event = load_event("alert-created")
    event["attributes"]["uuid"] = alert["uuid"]
    daemon = make_daemon({"mail": sinks.email(smtp)}, api=api).start()
    daemon.accept(event)
    entry, = smtp.wait_for(1)
    daemon.wait_settled()
    mail = mime.read(entry["raw"])
    assert entry["rcpts"] == ["duty@example.org"]

    meant = as_one_line(title)
    subject = mail["Subject"].removeprefix("[URGENT 85] ").rpartition(" (#")[0]
    assert subject == meant or (subject.endswith("…") and meant.startswith(subject[:-1])), subject
    assert len(subject) >= min(60, len(meant))
    words, tags = words_of(mail.get_body(("html",)).get_content())
    assert subject.removesuffix("…")[:60].strip() in words
    assert not {"b", "script", "img", "iframe"} & {tag for tag, _ in tags}


def test_the_html_keeps_to_what_mail_programs_show(make_daemon, api, smtp):
    """Gmail clips beyond 102 kB; nothing is fetched; links lead to web pages only."""
    api.add(load_object("alert-40kb"))
    event = load_event("alert-created")
    event["attributes"]["uuid"] = load_object("alert-40kb")["uuid"]
    rules = """rules:
  - name: all that there is
    match: {}
    send: [{sink: mail, text: "{{alert.details}} {{alert.details}} {{alert.details}}"}]
"""
    daemon = make_daemon({"mail": sinks.email(smtp)}, rules=rules, api=api).start()
    daemon.accept(event)
    entry, = smtp.wait_for(1)
    daemon.wait_settled()
    page = mime.read(entry["raw"]).get_body(("html",)).get_content()
    assert 20000 < len(page.encode()) < 100000
    _, tags = words_of(page)
    for tag, attributes in tags:
        assert tag in {"html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td",
                       "th", "h1", "span", "a", "br"}, tag
        assert not {"src", "background", "onclick", "onload"} & set(attributes), (tag, attributes)
        if "href" in attributes:
            assert attributes["href"].startswith("https://app.example/")
    assert "url(" not in page and "@import" not in page
