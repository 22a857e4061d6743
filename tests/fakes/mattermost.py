"""A stand-in for a Mattermost server with one incoming webhook.

It follows the server to the letter. Where each rule comes from, in
https://github.com/mattermost/mattermost:
  - media types, forms, decoding, "ok", the wrapping of errors: server/channels/web/webhook.go
  - the second try at broken JSON: server/public/model/incoming_webhook.go
  - attachments and fields: server/public/model/message_attachment.go, slack_compatibility.go
  - the order of the checks, channels, splitting: server/channels/app/webhook.go
  - rewriting of <!channel> and links: server/channels/app/slack.go
  - too much, errors' members, hardened mode: server/channels/web/handlers.go
  - too fast: server/channels/app/ratelimit.go
  - types of posts: server/public/model/post.go
  - messages: server/i18n/en.json
What becomes of a post when people read it is in mattermost_reading.py.
"""

import re
import secrets
from email.message import Message
from urllib.parse import parse_qs, urlsplit

from fakes import mattermost_reading as reading
from fakes.go_json import (
    ANY, BOOL, INT, OBJECT, SLACK_BOOL, STRING, DecodeError, decode, first_value, go_print, runes)
from fakes.hook_server import HookServer

# ServiceSettings.MaximumPayloadSizeBytes, and what the server adds to it (bytes.MinRead).
MAX_PAYLOAD, PAYLOAD_SLACK = 300000, 512
# 65,535 bytes of the Message column, four a rune; PostPropsMaxUserRunes.
MAX_POST_RUNES, MAX_PROPS_RUNES = 16383, 760000

OPTION = {"text": STRING, "value": STRING}
INTEGRATION = {"url": STRING, "context": OBJECT}
ACTION = {"id": STRING, "type": STRING, "name": STRING, "disabled": BOOL, "style": STRING,
          "data_source": STRING, "options": [OPTION], "default_option": STRING,
          "integration": INTEGRATION, "cookie": STRING}
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
# gorilla/schema knows the fields of IncomingWebhookRequest by their Go names; the rest is no string.
FORM = {"text": "text", "username": "username", "iconurl": "icon_url", "channelname": "channel",
        "type": "type", "iconemoji": "icon_emoji"}
RESERVED_PROPS = {"attachments", "override_icon_url", "override_username", "from_webhook"}
TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"

MESSAGES = {
    "channel": "Couldn't find the channel.",
    "channel_locked": "This webhook is not permitted to post to the requested channel.",
    "disabled": "Incoming webhooks have been disabled by the system admin.",
    "invalid": "Invalid webhook.",
    "permissions": "Inappropriate channel permissions.",
    "split_props_length":
        f"Unable to split webhook props into {MAX_PROPS_RUNES} character parts.",
    "text": "No text specified.",
    "user": "Couldn't find the user.",
}
UNDECODED = {"decode": "decode the payload of media type {}", "media_type": "parse the media type",
             "parse_form": "parse the form", "parse_multipart": "parse the multipart form"}
# Before 10.4 the web layer had few ids of its own.
OLD_IDS = {"decode": "model.incoming_hook.parse_data.app_error",
           "media_type": "api.webhook.incoming.error", "parse_form": "api.webhook.incoming.error",
           "parse_multipart": "api.webhook.incoming.error"}


class Refused(Exception):
    def __init__(self, status, error_id, message=None):
        super().__init__(error_id)
        self.status, self.id, self.message = status, error_id, message or error_id


def web_error(status, name):
    return Refused(status, f"web.incoming_webhook.{name}.app_error", MESSAGES[name])


class Mattermost(HookServer):
    """wraps: servers since 10.4 name nearly every error `general`; older ones name the cause.
    tells_size: recent servers answer 413 to what is too large; others take the cut body for bad
    JSON (mattermost#30071). hardened: ExperimentalEnableHardenedMode. subpath: of the site's URL."""

    def __init__(self, port=0, *, wraps=True, tells_size=True, hardened=False,
                 max_payload=MAX_PAYLOAD, subpath=""):
        self.hook = new_id()
        self.wraps, self.tells_size, self.hardened = wraps, tells_size, hardened
        self.max_payload, self.subpath = max_payload, subpath
        self.enabled = True  # EnableIncomingWebhooks
        self.overrides = False  # EnablePostUsernameOverride and EnablePostIconOverride
        self.is_deleted = False
        self.has_owner = True
        self.channel = "town-square"  # the webhook's own
        self.channels = {"town-square", "soc"}
        self.private_channels = set()  # of which the webhook's owner is no member
        self.users = {"anna": new_id()}  # names and ids
        self.is_locked = False
        super().__init__(port)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{self.subpath}/hooks/{self.hook}"

    def show(self, handler):
        """Only POST is routed to hooks: a GET of any path is the web application's."""
        return 200, {"Content-Type": "text/html; charset=utf-8"}, "<!doctype html><html></html>"

    def accept(self, handler, raw):
        url = urlsplit(handler.path)
        hook = re.fullmatch(re.escape(self.subpath) + r"/hooks/([A-Za-z0-9]+)", url.path)
        if not hook:  # the web application's again
            return 404, {"Content-Type": "text/html"}, "<!doctype html><html></html>", None
        request_id = new_id()
        headers = {"X-Request-Id": request_id, "X-Version-Id": "10.11.4.10.11.4.0.false"}
        try:
            posts, document = self._handle(
                hook[1], handler.headers.get("Content-Type"), url.query, raw)
        except Refused as refused:
            status, body = self._error(refused, request_id)
            return status, {**headers, "Content-Type": "application/json"}, body, None
        entry = {"json": document, "posts": posts, "request_id": request_id}
        return 200, {**headers, "Content-Type": "text/plain"}, "ok", entry

    def _error(self, refused, request_id):
        """AppError; detailed_error is blank unless EnableDeveloper is on."""
        status, error_id, message = refused.status, refused.id, refused.message
        if self.hardened and status >= 500:
            status, error_id, message = 500, "", "Internal Server Error"
        return status, {"id": error_id, "message": message, "detailed_error": "",
                        "request_id": request_id, "status_code": status}

    # Decoding -----------------------------------------------------------------------------------

    def _handle(self, hook, content_type, query, raw):
        media_type = ""
        try:
            raw, is_cut = self._limited(raw)
            check_form(query)
            media_type = parse_media_type(content_type)
            document = read_body(media_type, content_type, query, raw, is_cut)
            request = document if media_type == "multipart/form-data" else decode_request(document)
        except DecodeError as fault:
            raise self._undecoded(str(fault), media_type, hook) from None
        try:
            return self._create_posts(hook, request), document
        except Refused as refused:
            if not self.wraps:
                raise
            raise Refused(refused.status, "web.incoming_webhook.general.app_error",
                          "Failed to handle the payload of media type "
                          f"{media_type} for incoming webhook {hook}.") from None

    def _limited(self, raw):
        limit = self.max_payload + PAYLOAD_SLACK
        if len(raw) > limit and self.tells_size:
            raise Refused(413, "api.context.request_body_too_large.app_error",
                          "Request body too large.")
        return raw[:limit], len(raw) > limit

    def _undecoded(self, fault, media_type, hook):
        name = fault if fault in OLD_IDS else "decode"
        if not self.wraps:
            return Refused(400, OLD_IDS[name], "Unable to parse incoming data.")
        failed = UNDECODED[name].format(media_type)
        return Refused(400, f"web.incoming_webhook.{name}.app_error",
                       f"Failed to {failed} for incoming webhook {hook}.")

    # HandleIncomingWebhook and CreateWebhookPost, check by check in their order -----------------

    def _create_posts(self, hook, request):
        if not self.enabled:
            raise web_error(501, "disabled")
        text, attachments = request.get("text", ""), request.get("attachments")
        if not text and not attachments:
            raise web_error(400, "text")
        if hook != self.hook or self.is_deleted:
            raise web_error(400, "invalid")
        text = self._expand(text)
        attachments = [self._expand_attachment(a) for a in attachments or []]
        channel = self._find_channel(request.get("channel", ""))
        if self.is_locked and channel != self.channel:
            raise web_error(403, "channel_locked")
        if not self.has_owner:
            raise web_error(403, "user")
        if channel in self.private_channels:
            raise web_error(403, "permissions")
        check_priority(request)
        post_type = "slack_attachment" if attachments else request.get("type", "")
        if post_type.startswith("system_"):
            raise Refused(400, "api.context.invalid_param.app_error",
                          "Invalid or missing post.type in request body.")
        posts = split_post({"channel": channel, "message": link_text(text, LINK_IN_MESSAGE),
                            "type": post_type, "props": self._props(request)},
                           [link_attachment(attachment) for attachment in attachments])
        if post_type not in ("", "me", "slack_attachment") and not post_type.startswith("custom_"):
            raise Refused(500, "api.post.create_webhook_post.creating.app_error",
                          "Error creating post.")
        return posts

    def _find_channel(self, name):
        if not name:
            if self.channel not in self.channels:
                raise Refused(404, "app.channel.get.existing.app_error",
                              "Unable to find the existing channel.")
            return self.channel
        if name.startswith("@"):
            if name[1:].lower() not in self.users:
                raise web_error(400, "user")
            return name
        name = name.removeprefix("#")
        if name not in self.channels | self.private_channels:
            raise web_error(404, "channel")
        return name

    def _props(self, request):
        """What the request says of itself is overwritten; a name or picture is taken where it may."""
        props = {"from_webhook": "true"}
        if self.overrides:
            props["override_username"] = request.get("username") or "webhook"
            for name in ("icon_url", "icon_emoji"):
                if request.get(name):
                    props["override_" + name] = request[name]
        props.update({name: value for name, value in request.get("props", {}).items()
                      if name not in RESERVED_PROPS}, webhook_display_name="tocsin")
        return props

    def _expand(self, text):
        """ProcessSlackText: Slack's ways to call people. Only users that there are."""
        text = re.sub(r"<!(channel|here|all)>", r"@\1", text)
        names = {user: name for name, user in self.users.items()}
        return re.sub(r"<@([A-Za-z0-9]+)>",
                      lambda match: "@" + names[match[1]] if match[1] in names else match[0], text)

    def _expand_attachment(self, attachment):
        """ProcessMessageAttachments."""
        expanded = stored(attachment)
        for name in ("pretext", "text", "title"):
            expanded[name] = self._expand(expanded[name])
        for field in expanded["fields"] or []:
            if field["value"] is not None:
                field["value"] = self._expand(field["value"])
        return expanded

    def refusal(self, status):
        request_id = new_id()
        headers = {"X-Request-Id": request_id}
        if status == 429:  # RateLimitSettings; as the limiter's library answers
            return {**headers, "X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "0",
                    "X-RateLimit-Reset": "1", "Retry-After": "1",
                    "Content-Type": "text/plain; charset=utf-8"}, "limit exceeded\n"
        if status in (502, 503, 504):  # a proxy's
            return {"Content-Type": "text/html"}, f"<html><body>{status}</body></html>"
        refused = Refused(status, "web.incoming_webhook.general.app_error",
                          "Failed to handle the payload of media type application/json for incoming "
                          f"webhook {self.hook}.")
        if status == 400:  # `general` would be the webhook's fault, not the message's
            refused = web_error(400, "text")
        return {**headers, "Content-Type": "application/json"}, self._error(refused, request_id)[1]

    # What a person reads ------------------------------------------------------------------------

    @staticmethod
    def as_text(entry):
        return reading.as_text(entry["posts"])

    @staticmethod
    def mentions(entry):
        return reading.mentions(entry["posts"])


def new_id():
    """26 characters of model.NewId's alphabet."""
    return "".join(secrets.choice("ybndrfg8ejkmcpqxot1uwisza345h769") for _ in range(26))


# Decoding ---------------------------------------------------------------------------------------


def parse_media_type(content_type):
    """mime.ParseMediaType; no header at all is fine, and means JSON. Bad parameters are let pass,
    but not the same one twice."""
    if not content_type:
        return ""
    media_type, *parameters = content_type.split(";")
    names = [parameter.split("=")[0].strip().lower() for parameter in parameters if "=" in parameter]
    if not re.fullmatch(f"{TOKEN}(/{TOKEN})?", media_type.strip()) or len(set(names)) < len(names):
        raise DecodeError("media_type")
    return media_type.strip().lower()


def check_form(text):
    """Request.ParseForm: it reads the URL's query whatever the media type."""
    if ";" in text or re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise DecodeError("parse_form")


def read_body(media_type, content_type, query, raw, is_cut):
    if media_type == "application/x-www-form-urlencoded":
        body = raw.decode(errors="replace")
        check_form(body)
        if is_cut:
            raise DecodeError("parse_form")
        payloads = (parse_qs(text, keep_blank_values=True).get("payload") for text in (body, query))
        return read_json(next((found[0] for found in payloads if found), "").encode())
    if media_type == "multipart/form-data":
        return read_multipart(content_type, raw)
    return read_json(raw)


def read_multipart(content_type, raw):
    """Form fields by the names that gorilla/schema knows; an unknown one is an error."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_param("boundary")
    parts = raw.split(b"--" + str(boundary).encode())
    if not boundary or len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise DecodeError("parse_multipart")
    request = {}
    for part in parts[1:-1]:
        head, _, body = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]+)"', head)
        if not name:
            raise DecodeError("parse_multipart")
        known = name[1].decode(errors="replace").casefold()
        if known not in FORM:
            raise DecodeError(f"schema: invalid path {known}")
        request[FORM[known]] = body.removesuffix(b"\r\n").decode(errors="replace")
    return request


def read_json(raw):
    """A document that cannot be decoded gets a second try."""
    try:
        document = first_value(raw)
        decode_request(document)
        return document
    except DecodeError:
        return first_value(escape_controls(raw))


def escape_controls(raw):
    """Raw newlines and tabs inside the strings of these members are made \\n and \\t."""
    members = rb'(?s)"(text|fallback|pretext|author_name|title|value)"\s*:\s*"(\\"|[^"])*"'
    return re.sub(members, lambda match: match[0].replace(b"\n", b"\\n").replace(b"\t", b"\\t"), raw)


def decode_request(document):
    """The IncomingWebhookRequest in a document; `null` leaves it empty. Null attachments and fields
    are dropped, values become strings, and no attachment left is none."""
    request = decode(document, REQUEST) or {}
    attachments = [a for a in request.pop("attachments", []) if a is not None]
    for attachment in attachments:
        attachment["fields"] = [f for f in attachment.get("fields", []) if f is not None]
        for field in attachment["fields"]:
            if field.get("value") is not None:
                field["value"] = go_print(field["value"])
    if attachments:
        request["attachments"] = attachments
    return request


# Posting ----------------------------------------------------------------------------------------


def check_priority(request):
    priority = request.get("priority")
    if priority is not None and priority.get("priority") is None:
        raise Refused(400, "api.context.invalid_param.app_error",
                      "Invalid or missing webhook.priority.priority in request body.")
    if request.get("silent") and priority and priority.get("persistent_notifications"):
        raise Refused(400, "api.post.create_post.silent_persistent_notification.app_error")


def stored(attachment):
    """As json.Marshal keeps it with the post: every member is there, an empty list is null."""
    zero = {STRING: "", INT: 0}
    kept = {name: attachment.get(name, zero.get(kind)) for name, kind in ATTACHMENT.items()
            if isinstance(kind, str)}
    kept["fields"] = [{"title": field.get("title", ""), "value": field.get("value"),
                       "short": field.get("short", False)}
                      for field in attachment.get("fields", [])] or None
    actions = [action for action in attachment.get("actions", []) if action is not None]
    return {**kept, "actions": actions} if actions else kept


# <url|label>, once in messages (app/webhook.go) and once in attachments (message_attachment.go).
LINK_IN_MESSAGE = r"<([^\n<|>]+)\|([^|\n>]+)>"
LINK_IN_ATTACHMENT = r"<([^<|]+)\|([^>]+)>"


def link_text(text, pattern):
    return re.sub(pattern, r"[\2](\1)", text)


def link_attachment(attachment):
    for name in ("text", "pretext"):
        attachment[name] = link_text(attachment[name], LINK_IN_ATTACHMENT)
    for field in attachment["fields"] or []:
        if field["value"] is not None:
            field["value"] = link_text(field["value"], LINK_IN_ATTACHMENT)
    return attachment


def split_post(post, attachments):
    """SplitWebhookPost: long text makes more posts; an attachment that does not fit goes to the next
    one, and where it does not fit alone, its text is cut."""
    text, props = post["message"], post["props"]
    if runes(props) > MAX_PROPS_RUNES:
        raise web_error(400, "split_props_length")
    parts = [text[at:at + MAX_POST_RUNES] for at in range(0, len(text), MAX_POST_RUNES)] or [""]
    posts = [{**post, "message": part, "attachments": []} for part in parts]
    for attachment in attachments:
        if posts[-1]["attachments"] and over(posts[-1], attachment) > 0:
            posts.append({**post, "message": "", "attachments": []})
        excess = over(posts[-1], attachment)
        if excess > 0:
            if len(attachment["text"]) < excess:
                raise web_error(400, "split_props_length")
            attachment["text"] = attachment["text"][:len(attachment["text"]) - excess]
        posts[-1]["attachments"].append(attachment)
    return posts


def over(post, attachment):
    props = {**post["props"], "attachments": [*post["attachments"], attachment]}
    return runes(props) - MAX_PROPS_RUNES


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
    for field in attachment.get("fields") or []:
        if not isinstance(field.get("value"), (str, int, type(None))) or \
                isinstance(field.get("value"), bool):
            found.append("value")
    if not isinstance(attachment.get("ts"), (str, int, float, type(None))):
        found.append("ts")
    return found
