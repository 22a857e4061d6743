"""A stand-in for a Mattermost server with one incoming webhook.

It follows the server to the letter. Where each rule comes from, in
https://github.com/mattermost/mattermost:
  - media types, decoding, "ok", the wrapping of errors: server/channels/web/webhook.go
  - the second try at broken JSON: server/public/model/incoming_webhook.go
  - attachments and fields: server/public/model/message_attachment.go
  - the order of the checks, channels, splitting: server/channels/app/webhook.go
  - rewriting of <!channel> and links: server/channels/app/slack.go
  - which words call people: server/channels/app/mention_parser_standard.go
  - what the clients refuse to show: isMessageAttachmentArray in
    webapp/platform/types/src/message_attachments.ts
"""

import json
import re
import secrets
import string
from email.message import Message
from urllib.parse import parse_qs, urlsplit

from fakes.hook_server import HookServer

# ServiceSettings.MaximumPayloadSizeBytes, and what the server adds to it.
MAX_PAYLOAD, PAYLOAD_SLACK = 300000, 512
# 65,535 bytes of the Message column, four a rune; PostPropsMaxUserRunes.
MAX_POST_RUNES, MAX_PROPS_RUNES = 16383, 760000

STRING, OBJECT, INT, BOOL, SLACK_BOOL, ANY = "string", "object", "int", "bool", "slack bool", "any"
ACTION = {"id": STRING, "type": STRING, "name": STRING, "disabled": BOOL, "style": STRING,
          "data_source": STRING, "options": ANY, "default_option": STRING, "integration": OBJECT,
          "cookie": STRING}
FIELD = {"title": STRING, "value": ANY, "short": SLACK_BOOL}
ATTACHMENT = {"id": INT, "fallback": STRING, "color": STRING, "pretext": STRING,
              "author_name": STRING, "author_link": STRING, "author_icon": STRING, "title": STRING,
              "title_link": STRING, "text": STRING, "fields": [FIELD], "image_url": STRING,
              "thumb_url": STRING, "footer": STRING, "footer_icon": STRING, "ts": ANY,
              "actions": [ACTION]}
PRIORITY = {"priority": STRING, "requested_ack": BOOL, "persistent_notifications": BOOL}
REQUEST = {"text": STRING, "username": STRING, "icon_url": STRING, "channel": STRING,
           "props": OBJECT, "attachments": [ATTACHMENT], "type": STRING, "icon_emoji": STRING,
           "priority": PRIORITY, "silent": BOOL}

MESSAGES = {
    "channel": "Couldn't find the channel.",
    "channel_locked": "This webhook is not permitted to post to the requested channel.",
    "disabled": "Incoming webhooks have been disabled by the system admin.",
    "invalid": "Invalid webhook.",
    "permissions": "Inappropriate channel permissions.",
    "split_props_length": "Unable to split webhook props into {max} character parts.",
    "text": "No text specified.",
    "user": "Couldn't find the user.",
}


class Refused(Exception):
    def __init__(self, status, error_id, message=None):
        super().__init__(error_id)
        self.status, self.id, self.message = status, error_id, message


class DecodeError(Exception):
    """What encoding/json would not take."""


def web_error(status, name):
    return Refused(status, f"web.incoming_webhook.{name}.app_error", MESSAGES[name])


class Mattermost(HookServer):
    """wraps: servers since 10.4 name nearly every error `general`; older ones name the cause.
    tells_size: recent servers answer 413 to what is too large; others take the cut body for bad
    JSON (mattermost#30071)."""

    def __init__(self, port=0, *, wraps=True, tells_size=True, max_payload=MAX_PAYLOAD):
        self.hook = new_id()
        self.wraps, self.tells_size, self.max_payload = wraps, tells_size, max_payload
        self.enabled = True  # EnableIncomingWebhooks
        self.is_deleted = False
        self.channel = "town-square"  # the webhook's own
        self.channels = {"town-square", "soc"}
        self.private_channels = set()  # of which the webhook's owner is no member
        self.users = {"anna"}
        self.is_locked = False
        super().__init__(port)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hooks/{self.hook}"

    def show(self, handler):
        """Only POST is routed to hooks: a GET of any path is the web application's."""
        return 200, {"Content-Type": "text/html; charset=utf-8"}, "<!doctype html><html></html>"

    def accept(self, handler, raw):
        hook = re.fullmatch(r"/hooks/([A-Za-z0-9]+)", urlsplit(handler.path).path)
        request_id = new_id()
        headers = {"X-Request-Id": request_id, "X-Version-Id": "10.11.4.10.11.4"}
        try:
            if not hook:
                raise Refused(404, "api.context.404.app_error",
                              "Sorry, we could not find the page.")
            posts, document = self._handle(hook[1], handler.headers.get("Content-Type"), raw)
        except Refused as refused:
            return refused.status, headers, error_body(refused, request_id), None
        entry = {"json": document, "posts": posts, "request_id": request_id}
        return 200, {**headers, "Content-Type": "text/plain"}, "ok", entry

    def _handle(self, hook, content_type, raw):
        media_type = parse_media_type(content_type)
        try:
            document = self._read(media_type, content_type, raw)
            request = decode_request(document)
        except DecodeError:
            raise Refused(400, "web.incoming_webhook.decode.app_error",
                          "Failed to decode the payload of media type "
                          f"{media_type} for incoming webhook {hook}.") from None
        try:
            return self._create_posts(hook, request), document
        except Refused as refused:
            if not self.wraps:
                raise
            raise Refused(refused.status, "web.incoming_webhook.general.app_error",
                          "Failed to handle the payload of media type "
                          f"{media_type} for incoming webhook {hook}.") from None

    def _read(self, media_type, content_type, raw):
        limit = self.max_payload + PAYLOAD_SLACK
        if len(raw) > limit:
            if self.tells_size:
                raise Refused(413, "api.context.request_body_too_large.app_error",
                              "The request body is too large.")
            raw = raw[:limit]
        if media_type == "application/x-www-form-urlencoded":
            form = parse_qs(raw.decode(errors="replace"), keep_blank_values=True)
            return read_json(form.get("payload", [""])[0].encode())
        if media_type == "multipart/form-data":
            return read_multipart(content_type, raw)
        return read_json(raw)

    def _create_posts(self, hook, request):
        """HandleIncomingWebhook and CreateWebhookPost, check by check in their order."""
        if not self.enabled:
            raise web_error(501, "disabled")
        text, attachments = request.get("text", ""), request.get("attachments")
        if not text and not attachments:
            raise web_error(400, "text")
        if hook != self.hook or self.is_deleted:
            raise web_error(400, "invalid")
        channel = self._find_channel(request.get("channel", ""))
        if self.is_locked and channel != self.channel:
            raise web_error(403, "channel_locked")
        if channel in self.private_channels:
            raise web_error(403, "permissions")
        priority = request.get("priority")
        if priority is not None and priority.get("priority") is None:
            raise Refused(400, "api.context.invalid_param.app_error",
                          "Invalid webhook.priority.priority parameter.")
        if not attachments and request.get("type", "").startswith("system_"):
            raise Refused(400, "api.context.invalid_param.app_error", "Invalid post.type parameter.")
        if request.get("silent") and priority and priority.get("persistent_notifications"):
            raise Refused(400,
                          "api.post.create_post.silent_persistent_notification.app_error")
        return split_post(channel, rewrite(text), [rewrite_attachment(a) for a in attachments or []])

    def _find_channel(self, name):
        if not name:
            if self.channel not in self.channels:
                raise Refused(404, "app.channel.get.existing.app_error",
                              "Unable to find the existing channel.")
            return self.channel
        if name.startswith("@"):
            if name[1:] not in self.users:
                raise web_error(400, "user")
            return name
        name = name.removeprefix("#")
        if name not in self.channels | self.private_channels:
            raise web_error(404, "channel")
        return name

    def refusal(self, status):
        request_id = new_id()
        headers = {"X-Request-Id": request_id}
        if status == 429:  # RateLimitSettings; plain text, as the limiter's library answers
            return {**headers, "X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "0",
                    "X-RateLimit-Reset": "1", "Retry-After": "1"}, "limit exceeded\n"
        if status in (502, 503, 504):  # a proxy's
            return {"Content-Type": "text/html"}, f"<html><body>{status}</body></html>"
        if status == 400:
            refused = Refused(400, "web.incoming_webhook.decode.app_error",
                              f"Failed to decode the payload for incoming webhook {self.hook}.")
        else:
            refused = Refused(status, "web.incoming_webhook.general.app_error",
                              f"Failed to handle the payload for incoming webhook {self.hook}.")
        return headers, error_body(refused, request_id)

    # What a person reads ----------------------------------------------------------------------

    @staticmethod
    def as_text(entry):
        """The posts as they read from top to bottom. Of an attachment with a member of a wrong type
        the clients show nothing."""
        if not is_shown(entry["json"].get("attachments")):
            return ""
        lines = []
        for post in entry["posts"]:
            lines.append(unescape(post["message"]))
            for attachment in post["attachments"]:
                lines += attachment_lines(attachment)
        return "\n".join(line for line in lines if line)

    @staticmethod
    def mentions(entry):
        """The names after an @ that would notify somebody, wherever the server looks for them."""
        names = set()
        for post in entry["posts"]:
            names |= find_mentions(post["message"])
            for attachment in post["attachments"]:
                names |= find_mentions(attachment.get("pretext", ""))
                names |= find_mentions(attachment.get("text", ""))
                for field in attachment.get("fields", []):
                    names |= find_mentions(field.get("value") or "")
        return names


def new_id():
    """26 characters of model.NewId's alphabet."""
    return "".join(secrets.choice("ybndrfg8ejkmcpqxot1uwisza345h769") for _ in range(26))


def error_body(refused, request_id):
    """detailed_error is blank unless EnableDeveloper is on."""
    message = refused.message or refused.id
    return {"id": refused.id, "message": message.format(max=MAX_PROPS_RUNES), "detailed_error": "",
            "request_id": request_id, "status_code": refused.status}


# Decoding ---------------------------------------------------------------------------------------


def parse_media_type(content_type):
    """mime.ParseMediaType; no header at all is fine, and means JSON."""
    if not content_type:
        return ""
    media_type = content_type.split(";")[0].strip().lower()
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9a-z-]+(/[!#$%&'*+.^_`|~0-9a-z-]+)?", media_type):
        raise Refused(400, "web.incoming_webhook.media_type.app_error",
                      "Failed to parse the media type.")
    return media_type


def read_multipart(content_type, raw):
    """Form fields by their names; what is no string cannot be sent in this way."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_param("boundary")
    request = {}
    for part in raw.split(b"--" + str(boundary).encode())[1:-1]:
        head, _, body = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]+)"', head)
        if name and REQUEST.get(name[1].decode()) == STRING:
            request[name[1].decode()] = body.removesuffix(b"\r\n").decode(errors="replace")
    return request


def read_json(raw):
    """A document that cannot be decoded gets a second try."""
    text = raw.decode(errors="replace")
    try:
        document = first_value(text)
        decode_request(document)
        return document
    except DecodeError:
        return first_value(escape_controls(text))


def escape_controls(text):
    """Raw newlines and tabs inside the strings of these members are made \\n and \\t."""
    members = r'(?s)"(text|fallback|pretext|author_name|title|value)"\s*:\s*"(\\"|[^"])*"'
    return re.sub(members, lambda match: match[0].replace("\n", "\\n").replace("\t", "\\t"), text)


def refuse_constant(name):
    raise DecodeError(name)


def first_value(text):
    """Whatever follows the first JSON value is not looked at."""
    try:
        decoder = json.JSONDecoder(parse_constant=refuse_constant)
        return decoder.raw_decode(text.lstrip(" \t\r\n"))[0]
    except (ValueError, RecursionError) as fault:
        raise DecodeError(str(fault)) from None


def decode_request(document):
    """The IncomingWebhookRequest in a document; `null` leaves it empty. Null attachments and fields
    are dropped, values become strings, and no attachment left is none."""
    request = decode(document, REQUEST) or {}
    attachments = [a for a in request.pop("attachments", []) if a is not None]
    for attachment in attachments:
        if "fields" in attachment:
            attachment["fields"] = [f for f in attachment["fields"] if f is not None]
        for field in attachment.get("fields", []):
            if field.get("value") is not None and not isinstance(field["value"], str):
                field["value"] = go_print(field["value"])
    if attachments:
        request["attachments"] = attachments
    return request


def decode(value, kind):
    """encoding/json into the declared type: null leaves the zero value, names match in any case,
    unknown ones are ignored, a wrong type is an error."""
    if value is None or kind == ANY:
        return value
    if isinstance(kind, dict):
        if not isinstance(value, dict):
            raise DecodeError("an object is needed")
        members = {}
        for name, member in value.items():
            known = name.lower()
            if known in kind:
                decoded = decode(member, kind[known])
                if decoded is not None or kind[known] == ANY:
                    members[known] = decoded
        return members
    if isinstance(kind, list):
        if not isinstance(value, list):
            raise DecodeError("an array is needed")
        return [decode(item, kind[0]) for item in value]
    return decode_scalar(value, kind)


def decode_scalar(value, kind):
    is_bool = isinstance(value, bool)
    fits = {STRING: isinstance(value, str), OBJECT: isinstance(value, dict), BOOL: is_bool,
            INT: isinstance(value, int) and not is_bool,
            SLACK_BOOL: is_bool or (isinstance(value, str) and value.lower() in ("true", "false"))}
    if not fits[kind]:
        raise DecodeError(f"{value!r} is no {kind}")
    return value in (True, "true", "True", "TRUE") if kind == SLACK_BOOL else value


def go_print(value):
    """fmt.Sprintf("%v"): numbers are float64."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"{value:g}" if abs(value) >= 1e21 else f"{value:.15g}"
    if isinstance(value, list):
        return f"[{' '.join(go_print(item) for item in value)}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{name}:{go_print(value[name])}' for name in sorted(value))}]"
    return "<nil>" if value is None else value


# Posting ----------------------------------------------------------------------------------------


def rewrite(text):
    """Slack's way of writing mentions and links becomes Mattermost's."""
    text = re.sub(r"<!(channel|here|all)>", r"@\1", text)
    text = re.sub(r"<@([A-Za-z0-9]+)>", r"@\1", text)
    return re.sub(r"<([^<|]+)\|([^>]+)>", r"[\2](\1)", text)


def rewrite_attachment(attachment):
    rewritten = dict(attachment)
    for name in ("text", "pretext"):
        if name in rewritten:
            rewritten[name] = rewrite(rewritten[name])
    if "fields" in rewritten:
        rewritten["fields"] = [
            {**field, "value": rewrite(field["value"])} if isinstance(field.get("value"), str)
            else field for field in rewritten["fields"]]
    return rewritten


def runes(attachments):
    return len(json.dumps({"attachments": attachments}, ensure_ascii=False, separators=(",", ":")))


def split_post(channel, text, attachments):
    """SplitWebhookPost: long text makes more posts; an attachment that does not fit goes to the next
    one, and where it does not fit alone, its text is cut."""
    parts = [text[at:at + MAX_POST_RUNES] for at in range(0, len(text), MAX_POST_RUNES)] or [""]
    posts = [{"channel": channel, "message": part, "attachments": []} for part in parts]
    for attachment in attachments:
        if posts[-1]["attachments"] and \
                runes(posts[-1]["attachments"] + [attachment]) > MAX_PROPS_RUNES:
            posts.append({"channel": channel, "message": "", "attachments": []})
        over = runes(posts[-1]["attachments"] + [attachment]) - MAX_PROPS_RUNES
        if over > 0:
            body = attachment.get("text", "")
            if len(body) < over:
                raise web_error(400, "split_props_length")
            attachment = {**attachment, "text": body[:len(body) - over]}
        posts[-1]["attachments"].append(attachment)
    return posts


# Showing ----------------------------------------------------------------------------------------


def is_shown(attachments):
    """What the clients ask of attachments, since 10.4: each member that was sent has its type."""
    for attachment in attachments or []:
        for name, kind in ATTACHMENT.items():
            if name in attachment and kind == STRING and not isinstance(attachment[name], str):
                return False
            if name in attachment and isinstance(kind, list) and attachment[name] is None:
                return False
        for field in attachment.get("fields", []):
            if not isinstance(field.get("title"), str) or field.get("value") is None or \
                    not isinstance(field.get("short", False), bool):
                return False
    return True


def complaints(attachment):
    """MessageAttachment.IsValid: the server logs them and posts all the same."""
    found = []
    color = attachment.get("color", "")
    if color and color not in ("good", "warning", "danger") and \
            not re.fullmatch("#[0-9a-fA-F]{6}", color):
        found.append("color")
    for name, needed in (("author_link", "author_name"), ("title_link", "title")):
        if attachment.get(name) and not attachment.get(needed):
            found.append(name)
    for name in ("author_link", "author_icon", "title_link", "image_url", "thumb_url", "footer_icon"):
        if attachment.get(name) and \
                not re.match("https?://[^/]", attachment[name], re.IGNORECASE):
            found.append(name)
    return found


def unescape(markdown):
    """Back-slashes before punctuation are not shown."""
    return re.sub(rf"\\([{re.escape(string.punctuation)}])", r"\1", markdown)


def attachment_lines(attachment):
    title = attachment.get("title", "")
    lines = [unescape(attachment.get("pretext", "")),
             title if attachment.get("title_link") else unescape(title),
             unescape(attachment.get("text", ""))]
    for field in attachment.get("fields", []):
        lines.append(f"{field['title']}: {unescape(field.get('value') or '')}")
    footer = attachment.get("footer", "")
    lines.append(footer if len(footer) <= 300 else footer[:299] + "…")
    lines.append(attachment.get("title_link", ""))
    return lines


def find_mentions(markdown):
    """Text nodes only: what stands in code calls nobody. Words are made of letters, digits and
    `:.-_@`; those that begin a word are cut off before the @ is looked for."""
    text = re.sub(r"(?s)(`+).+?\1", " ", markdown)
    words = re.split(r"[^\w:.\-@]", text)
    return {word.lstrip(":._-")[1:].rstrip(":.-_") for word in words
            if word.lstrip(":._-").startswith("@") and len(word.lstrip(":._-")) > 1}
