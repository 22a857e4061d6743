"""A stand-in for a Bot API server with one bot.

It is as strict with texts and entities as the real one. Where the rules come from:
  - methods, statuses, parameters and the form of answers: https://core.telegram.org/bots/api
  - the words of errors: tdlib/telegram-bot-api, Client.cpp, and tdlib/td, MessageEntity.cpp
  - what becomes a mention or a link without any markup: find_entities() in tdlib/td,
    MessageEntity.cpp (mentions, hashtags, cashtags, bot commands, mail addresses, URLs)
"""

import json
import re
import secrets
import string

from fakes.hook_server import HookServer

MAX_TEXT, MAX_ENTITIES, MAX_BUTTON = 4096, 100, 64
TYPES = {"bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "code", "pre",
         "text_link"}
PARAMETERS = {"chat_id", "text", "entities", "link_preview_options", "message_thread_id",
              "disable_notification", "reply_markup", "reply_parameters", "protect_content"}
FOUND = [  # without markup
    r"(?<!\w)@\w{3,32}", r"(?<!\w)#\w+", r"(?<!\w)\$[A-Z]{3,8}(?!\w)", r"(?<![\w/])/\w{1,64}",
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", r"\b\w+://\S+", r"\b(?:[\w-]+\.)+[a-z]{2,}\b", r"\btg:\S+",
]


class Refused(Exception):
    def __init__(self, status, description, **parameters):
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


def units(text):
    return len(text.encode("utf-16-le")) // 2


def part(text, offset, length):
    """In UTF-16 units."""
    return text.encode("utf-16-le")[2 * offset:2 * (offset + length)].decode("utf-16-le")


class Telegram(HookServer):
    def __init__(self, port=0):
        alphabet = string.ascii_letters + string.digits + "_-"
        self.token = f"110201543:{''.join(secrets.choice(alphabet) for _ in range(35))}"
        self.chats = {-1001234567890, "@soc_alerts"}
        self.migrated = {}  # old number: new
        self.topics = {7}
        self.takes_entities = True
        self.last_id = 0
        super().__init__(port)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def accept(self, handler, raw):
        headers = {"Content-Type": "application/json"}
        try:
            document = self._read(handler.path, raw)
        except Refused as refused:
            return refused.status, headers, refusal_body(refused), None
        self.last_id += 1
        body = {"ok": True, "result": {"message_id": self.last_id, "date": 1, "text": "",
                                       "chat": {"id": document["chat_id"]}}}
        return 200, headers, body, {"json": document, "id": self.last_id}

    def _read(self, path, raw):
        if path != f"/bot{self.token}/sendMessage":
            known = re.fullmatch(r"/bot\d+:[\w-]+/sendMessage", path)
            raise Refused(*((401, "Unauthorized") if known else (404, "Not Found")))
        try:
            document = json.loads(raw)
        except ValueError:
            raise Refused(400, "Bad Request: can't parse JSON object") from None
        assert not set(document) - PARAMETERS, set(document) - PARAMETERS
        self._check_chat(document)
        check_text(document.get("text", ""), document.get("entities", []), self.takes_entities)
        check_button(document.get("reply_markup"))
        return document

    def _check_chat(self, document):
        chat = document.get("chat_id")
        if chat in self.migrated:
            raise Refused(400, "Bad Request: group chat was upgraded to a supergroup chat",
                          migrate_to_chat_id=self.migrated[chat])
        if chat not in self.chats and chat not in self.migrated.values():
            raise Refused(400, "Bad Request: chat not found")
        if document.get("message_thread_id", 7) not in self.topics:
            raise Refused(400, "Bad Request: message thread not found")
        reply = document.get("reply_parameters")
        if reply and not 0 < reply["message_id"] <= self.last_id and \
                not reply.get("allow_sending_without_reply"):
            raise Refused(400, "Bad Request: message to be replied not found")

    def refusal(self, status):
        words = {401: "Unauthorized", 403: "Forbidden: bot was kicked from the supergroup chat",
                 404: "Not Found", 429: "Too Many Requests: retry after 1"}
        if status >= 500:  # a proxy's
            return {"Content-Type": "text/html"}, f"<html><body>{status}</body></html>"
        parameters = {"retry_after": 1} if status == 429 else {}
        refused = Refused(status, words.get(status, "Bad Request: no"), **parameters)
        return {"Content-Type": "application/json"}, refusal_body(refused)

    # What a person reads ----------------------------------------------------------------------

    @staticmethod
    def as_text(entry):
        return entry["json"]["text"].replace("\u200b", "")

    @staticmethod
    def marked(entry, kind):
        """The parts of the text with that mark."""
        text = entry["json"]["text"]
        return [part(text, entity["offset"], entity["length"]).replace("\u200b", "")
                for entity in entry["json"].get("entities", []) if entity["type"] == kind]

    @staticmethod
    def links(entry):
        """(text, URL) of what the sender made a link."""
        text = entry["json"]["text"]
        return [(part(text, entity["offset"], entity["length"]), entity["url"])
                for entity in entry["json"].get("entities", []) if entity["type"] == "text_link"]

    @staticmethod
    def found(entry):
        """What Telegram makes a link or a mention of by itself: nothing within code."""
        text = entry["json"]["text"]
        for entity in sorted(entry["json"].get("entities", []), key=lambda entity: -entity["offset"]):
            if entity["type"] in ("code", "pre"):
                begin = len(part(text, 0, entity["offset"]))
                end = len(part(text, 0, entity["offset"] + entity["length"]))
                text = text[:begin] + "\n" + text[end:]
        return [match for pattern in FOUND for match in re.findall(pattern, text)]

    @staticmethod
    def buttons(entry):
        rows = entry["json"].get("reply_markup", {}).get("inline_keyboard", [])
        return [(button["text"], button["url"]) for row in rows for button in row]


def refusal_body(refused):
    body = {"ok": False, "error_code": refused.status, "description": refused.description}
    if refused.parameters:
        body["parameters"] = refused.parameters
    return body


def check_text(text, entities, takes_entities=True):
    if not text.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if units(text) > MAX_TEXT:
        raise Refused(400, "Bad Request: message is too long")
    if entities and not takes_entities:
        raise Refused(400, "Bad Request: can't parse entities: unsupported")
    for entity in entities:
        check_entity(text, entity)
    check_nesting(entities)


def check_entity(text, entity):
    end = entity["offset"] + entity["length"]
    if entity["type"] not in TYPES:
        raise Refused(400, f"Bad Request: can't parse entities: unknown type {entity['type']}")
    if entity["offset"] < 0 or entity["length"] <= 0 or end > units(text):
        raise Refused(400, "Bad Request: ENTITY_BOUNDS_INVALID")
    for place in (entity["offset"], end):
        try:
            part(text, 0, place)
        except UnicodeDecodeError:
            raise Refused(400, "Bad Request: ENTITY_BOUNDS_INVALID") from None
    if entity["type"] == "text_link" and not re.match("https?://[^/]", entity.get("url", "")):
        raise Refused(400, "Bad Request: can't parse entities: wrong URL")


def check_nesting(entities):
    """Two lie apart or one within the other; code and pre hold nothing and are held by nothing but
    quotations."""
    spans = [(e["offset"], e["offset"] + e["length"], e["type"]) for e in entities]
    for i, (begin, end, kind) in enumerate(spans):
        for other_begin, other_end, other in spans[i + 1:]:
            if end <= other_begin or other_end <= begin:
                continue
            if not (begin <= other_begin and other_end <= end or
                    other_begin <= begin and end <= other_end):
                raise Refused(400, "Bad Request: can't parse entities: they cross")
            if {kind, other} & {"code", "pre"} and "blockquote" not in (kind, other):
                raise Refused(400, "Bad Request: can't parse entities: nested in code")


def check_button(markup):
    for row in (markup or {}).get("inline_keyboard", []):
        for button in row:
            if not 1 <= units(button["text"]) <= MAX_BUTTON:
                raise Refused(400, "Bad Request: text buttons are unallowed")
            if not re.match(r"https?://[^/\s]+", button["url"]):
                raise Refused(400, "Bad Request: inline keyboard button URL "
                                   f"'{button['url']}' is invalid: Wrong HTTP URL")
