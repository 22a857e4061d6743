"""What people see of a Mattermost post, and whom it calls. Where each rule comes from, in
https://github.com/mattermost/mattermost:
  - what calls people: server/channels/app/notification.go (getExplicitMentions) and
    mention_parser_standard.go
  - what clients refuse to show: webapp/platform/types/src/message_attachments.ts
  - what the web client makes of text: webapp/channels/src/utils/text_formatting.tsx, emoticons.tsx and
    markdown/autolink.ts, and lib/marked.js of https://github.com/mattermost/marked
The mobile client's Markdown is a package: tests/visual/test_mattermost.py."""

import html
import re
import string

MAX_FOOTER = 300


def as_text(posts):
    """The posts as they read from top to bottom. Where one attachment has a member of a wrong type
    the clients show none."""
    lines = []
    for post in posts:
        lines.append(unescape(post["message"]))
        if all(is_shown(attachment) for attachment in post["attachments"]):
            for attachment in post["attachments"]:
                lines += attachment_lines(attachment)
    return "\n".join(line for line in lines if line)


def is_shown(attachment):
    """isMessageAttachment, of what the server keeps."""
    for name, value in attachment.items():
        if name not in ("id", "ts", "fields", "actions") and not isinstance(value, str):
            return False
    for field in attachment["fields"] or []:
        if not isinstance(field["title"], str) or not isinstance(field["short"], bool):
            return False
    return all(isinstance(action, dict) and all(
        isinstance(value, bool if name == "disabled" else (list, dict, str))
        for name, value in action.items()) for action in attachment.get("actions", []))


def attachment_lines(attachment):
    title, footer = attachment["title"], attachment["footer"]
    lines = [unescape(attachment["pretext"]),
             title if attachment["title_link"] else unescape(title),
             unescape(attachment["text"])]
    for field in attachment["fields"] or []:
        lines.append(f"{field['title']}: {unescape(field['value'] or '')}")
    lines.append(footer if len(footer) <= MAX_FOOTER else footer[:MAX_FOOTER - 1] + "…")
    lines.append(attachment["title_link"])
    return lines


def unescape(markdown):
    """Back-slashes before punctuation are not shown, entities are what they stand for."""
    plain = re.sub(rf"\\([{re.escape(string.punctuation)}])|(&#?\w+;)",
                   lambda match: match[1] or html.unescape(match[2]), markdown)
    return plain


# Whom it calls ----------------------------------------------------------------------------------


def mentions(posts):
    """The names after an @ that would notify somebody, wherever the server looks for them."""
    return {name for text in mention_texts(posts) for name in find_mentions(text)}


def mention_texts(posts):
    for post in posts:
        yield post["message"]
        for attachment in post["attachments"]:
            yield attachment["pretext"]
            yield attachment["text"]
            yield from (field["value"] or "" for field in attachment["fields"] or [])


def find_mentions(markdown):
    """Text nodes only, decoded: what stands in code calls nobody. Words are made of letters, digits
    and `:.-_@`; those that begin a word are cut off before the @ is looked for, those that end it are
    tried without."""
    text = unescape(re.sub(r"(?s)(`+).+?\1", " ", markdown))
    names = set()
    for word in re.split(r"[^\w:.\-@]", text):
        if not word or (word[0] == ":" and word[-1] == ":"):
            continue
        word = word.lstrip(":.-_")
        parts = [word] if word.startswith("@") else re.split(r"[.\-:]", word)
        names |= {part[1:].rstrip(".-:_").lower() for part in parts if part.startswith("@")}
    return names - {""}


# What the web client makes of text --------------------------------------------------------------

# It knows a back-slash before these alone; before itself only where no letter follows.
WEB_ESCAPE = re.compile(r"\\([`*{}\[\]()#+\-.!_>|~]|\\(?!\w))")
WEB_INLINE = {
    "address": r"[A-Za-z][A-Za-z\d.+-]*:(/{1,3}|[^\W_]|%)\S|www\d{0,3}\.|[^\W_][\w.-]*\.[^\W\d_]{2,4}/",
    "link": r"!?\[[^\]]*\]\(",
    "code": r"`",
    "emphasis": r"[*_]\S",
    "deleted": r"~~\S",
    "formula": r"\$[^$\n]+\$(?!\w)",
}
WEB_AUTOLINK = r"<([^ >]+(@|:/)|www\d{0,3}\.)[^ >]+>"  # whatever back-slashes stand there
# Looked for once the back-slashes are gone, in text that has its entities still.
WEB_LATER = {
    "mention": r"(?<![A-Za-z0-9])@[A-Za-z0-9.\-_]+",
    "channel": r"(?<![A-Za-z0-9_])~[A-Za-z0-9.\-_]+",
    "tag": r"(?<![A-Za-z0-9_])#[^\W\d_][\w.-]*[^\W_]",
    "mail": r"[\w!#$%&'*+\-/=?^`{|}~.]+@[\w.\-]+\.[^\W\d_]{2,5}(?![^\W\d_])",
    "smiley": r"(?<!\w):[\w+-]+:(?!\w)|(?<!\w):-?[)(dpos/|$@\]\[xDPOS](?!\w)|(<|&lt;)/?3\b",
}
WEB_LINE = {
    "heading": r" *#{1,6} ", "line below a heading": r" *(=|-){2,} *$", "rule": r"( *[-*_]){3,} *$",
    "list": r" *([*+-]|\d+\.) ", "quote": r" *>", "code": r" {4}", "fence": r" {0,3}(`{3,}|~{3,})",
    "table": r" *\|?[ :]*-+[-| :]*\|?|.*(?<!\\)\|", "reference": r" *\[[^\]]+\]:",
}


def web_finds(markdown):
    """The names of what the web client would find in text that was disarmed: none, if it was."""
    text = markdown.replace("\u00a0", " ").replace("\t", "    ")
    found = {name for name, pattern in WEB_LINE.items()
             if any(re.match(pattern, line) for line in text.split("\n"))}
    found |= {"autolink"} if re.search(WEB_AUTOLINK, text) else set()
    # What a back-slash disarms is put out of the way, each by a character that no rule knows.
    bare = WEB_ESCAPE.sub("\ue000", text)
    found |= {name for name, pattern in WEB_INLINE.items() if re.search(pattern, bare)}
    later = WEB_ESCAPE.sub(r"\1", text)
    return found | {name for name, pattern in WEB_LATER.items() if re.search(pattern, later)}
