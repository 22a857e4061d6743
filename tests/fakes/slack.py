"""A stand-in for Slack with one incoming webhook.

It is as strict as Slack is with blocks, for which it refuses a whole message. Where the rules come
from:
  - blocks, elements, their members and limits: https://docs.slack.dev/reference/block-kit/blocks,
    .../block-elements/button-element and .../composition-objects/text-object
  - statuses and words: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
  - the limit on all texts together (msg_blocks_too_long): slackapi/bolt-js#2509
  - mrkdwn, mentions and links: https://docs.slack.dev/messaging/formatting-message-text
"""

import json
import re
import secrets
import string

from fakes.hook_server import HookServer

MAX_BLOCKS, MAX_ATTACHMENTS, MAX_ALL_TEXTS = 50, 100, 13200
TEXT_OBJECT = {"plain_text": {"type", "text", "emoji"}, "mrkdwn": {"type", "text", "verbatim"}}
BLOCK_MEMBERS = {"header": {"text"}, "section": {"text", "fields", "accessory", "expand"},
                 "context": {"elements"}, "actions": {"elements"}, "divider": set()}
BUTTON_MEMBERS = {"type", "text", "action_id", "url", "value", "style", "confirm",
                  "accessibility_label"}
ATTACHMENT_MEMBERS = {"color", "blocks", "fallback", "text", "title", "title_link", "fields",
                      "pretext", "footer", "mrkdwn_in", "ts"}


class Refused(Exception):
    def __init__(self, status, word):
        super().__init__(word)
        self.status, self.word = status, word


def units(text):
    """Slack counts as JavaScript does."""
    return len(text.encode("utf-16-le")) // 2


class Slack(HookServer):
    def __init__(self, port=0):
        alphabet = string.ascii_letters + string.digits
        self.token = "".join(secrets.choice(alphabet) for _ in range(24))
        self.path = f"/services/T012AB3CD/B045EF6GH/{self.token}"
        self.takes_blocks = True
        super().__init__(port)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{self.path}"

    def accept(self, handler, raw):
        try:
            if handler.path != self.path:
                raise Refused(404, "no_service")
            document = read_payload(raw)
            check_message(document, self.takes_blocks)
        except Refused as refused:
            return refused.status, {"Content-Type": "text/html"}, refused.word, None
        return 200, {"Content-Type": "text/html"}, "ok", {"json": document}

    def refusal(self, status):
        words = {400: "invalid_payload", 403: "action_prohibited", 404: "no_service",
                 410: "channel_is_archived", 429: "rate_limited", 500: "rollup_error"}
        headers = {"Content-Type": "text/html"}
        if status == 429:
            headers["Retry-After"] = "1"
        return headers, words.get(status, "<html>no</html>")

    # What a person reads ----------------------------------------------------------------------

    @staticmethod
    def blocks(entry):
        """All of them, from top to bottom."""
        document = entry["json"]
        found = list(document.get("blocks", []))
        for attachment in document.get("attachments", []):
            found += attachment.get("blocks", [])
        return found

    @classmethod
    def as_text(cls, entry):
        """Without blocks, the message's text is what is shown."""
        shown = [shown_text(text) for text in text_objects(cls.blocks(entry))]
        return "\n".join(shown or [shown_text({"type": "mrkdwn", "text": entry["json"]["text"]})])

    @classmethod
    def calls(cls, entry):
        """What calls people or leads elsewhere: <!here>, <@U1>, <#C1>, <https://..|..>."""
        texts = [text["text"] for text in text_objects(cls.blocks(entry))
                 if text["type"] == "mrkdwn"]
        return re.findall(r"<([^<>]+)>", "\n".join([*texts, entry["json"].get("text", "")]))

    @classmethod
    def buttons(cls, entry):
        return [(element["text"]["text"], element["url"]) for block in cls.blocks(entry)
                if block["type"] == "actions" for element in block["elements"]]


def read_payload(raw):
    try:
        document = json.loads(raw)
    except ValueError:
        raise Refused(400, "invalid_payload") from None
    if not isinstance(document, dict):
        raise Refused(400, "invalid_payload")
    return document


def check_message(document, takes_blocks):
    blocks, attachments = document.get("blocks", []), document.get("attachments", [])
    if not document.get("text") and not blocks and not attachments:
        raise Refused(400, "no_text")
    if len(attachments) > MAX_ATTACHMENTS:
        raise Refused(400, "too_many_attachments")
    every = list(blocks)
    for attachment in attachments:
        if set(attachment) - ATTACHMENT_MEMBERS or \
                not re.fullmatch("good|warning|danger|#[0-9A-Fa-f]{6}", attachment.get("color", "good")):
            raise Refused(400, "invalid_attachments")
        every += attachment.get("blocks", [])
    if every and not takes_blocks:
        raise Refused(400, "invalid_blocks")
    if len(blocks) > MAX_BLOCKS or not all(is_block(block) for block in every):
        raise Refused(400, "invalid_blocks")
    if sum(units(text["text"]) for text in text_objects(every)) > MAX_ALL_TEXTS:
        raise Refused(400, "msg_blocks_too_long")


def is_text(text, longest, kinds=("plain_text", "mrkdwn")):
    return isinstance(text, dict) and text.get("type") in kinds and \
        not set(text) - TEXT_OBJECT[text["type"]] and \
        isinstance(text.get("text"), str) and 1 <= units(text["text"]) <= longest


def is_button(element):
    return isinstance(element, dict) and element.get("type") == "button" and \
        not set(element) - BUTTON_MEMBERS and is_text(element.get("text"), 75, ["plain_text"]) and \
        units(element.get("action_id", "")) <= 255 and \
        re.match("https?://", element.get("url", "https://")) and units(element.get("url", "")) <= 3000


def is_block(block):
    if not isinstance(block, dict) or block.get("type") not in BLOCK_MEMBERS or \
            set(block) - BLOCK_MEMBERS[block["type"]] - {"type", "block_id"}:
        return False
    if block["type"] == "header":
        return is_text(block.get("text"), 150, ["plain_text"])
    if block["type"] == "section":
        fields = block.get("fields")
        return ("text" in block or fields is not None) and \
            ("text" not in block or is_text(block["text"], 3000)) and \
            (fields is None or 1 <= len(fields) <= 10 and all(is_text(field, 2000) for field in fields))
    if block["type"] == "context":
        return 1 <= len(block.get("elements", [])) <= 10 and \
            all(is_text(element, 3000) for element in block["elements"])
    if block["type"] == "actions":
        return 1 <= len(block.get("elements", [])) <= 25 and all(map(is_button, block["elements"]))
    return True


def text_objects(blocks):
    for block in blocks:
        if "text" in block:
            yield block["text"]
        yield from block.get("fields", [])
        for element in block.get("elements", []):
            yield element["text"] if element["type"] == "button" else element


def shown_text(text):
    """Marks are left as they stand; a zero-width space is not seen."""
    shown = text["text"]
    if text["type"] == "mrkdwn":
        shown = re.sub(r"<([^<>|]+)(?:\|([^<>]+))?>", lambda link: link[2] or link[1], shown)
        shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return shown.replace("\u200b", "")
