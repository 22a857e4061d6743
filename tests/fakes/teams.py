"""A stand-in for a Teams channel behind a Workflows webhook (Power Automate).

It is as strict as the real trigger, and as silent as the real flow: what the trigger takes is
answered 202, and only `posted` of the entry tells whether a card reached the channel. Sources:
  - the trigger's errors: grafana/grafana#99477 (contentUrl), and the Power Automate error reference
    https://learn.microsoft.com/troubleshoot/power-platform/power-automate/
  - the card's version: microsoft/AdaptiveCards#8965; its elements: https://adaptivecards.io/explorer/
  - the size: MicrosoftDocs/msteams-docs#11274
"""

import json
import secrets
import uuid
from urllib.parse import parse_qs, urlsplit

from fakes.hook_server import HookServer

WORKFLOW = "/powerautomate/automations/direct/workflows/{}/triggers/manual/paths/invoke"

# The limit is on the message as Teams serialises it: 24,453 bytes sent were 28,897 bytes there.
MAX_MESSAGE = 28672
GROWTH = 28897 / 24453

# The elements of version 1.4; a later one shows nothing, and so does an action that Teams does not
# know in a card that a flow posts.
ELEMENTS = {"TextBlock", "RichTextBlock", "TextRun", "Container", "ColumnSet", "Column", "FactSet",
            "Image", "ImageSet", "Media", "ActionSet"}
ACTIONS = {"Action.OpenUrl", "Action.ShowCard", "Action.ToggleVisibility"}

TYPE_NAMES = {dict: "Object", list: "Array", str: "String", type(None): "Null", bool: "Boolean",
              int: "Integer", float: "Number"}


class Mismatch(Exception):
    """The body is not what the trigger's schema declares."""


class Teams(HookServer):
    def __init__(self, port=0, signature=None, state="Enabled"):
        self.state = state  # Enabled, Disabled, Suspended, Stopped, Deleted
        self.signature = signature or secrets.token_urlsafe(32)
        self.workflow = secrets.token_hex(16)
        super().__init__(port)

    @property
    def url(self):
        """As Teams shows it, %2F and all; the signature is the credential."""
        return (f"http://127.0.0.1:{self.port}{WORKFLOW.format(self.workflow)}?api-version=1"
                f"&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={self.signature}")

    # The trigger ------------------------------------------------------------------------------

    def accept(self, handler, raw):
        code, status = self._url_fault(handler.path)
        if code:
            return status, {}, error(code), None
        if self.state != "Enabled":
            return 400, {}, error("WorkflowTriggerIsNotEnabled", workflow=self.workflow,
                                  state=self.state), None
        try:
            document = read_body(handler.headers.get("Content-Type", ""), raw)
            check_schema(document)
        except ValueError:
            return 400, {}, error("InvalidRequestContent"), None
        except Mismatch as mismatch:
            return 400, {}, error("TriggerInputSchemaMismatch", details=str(mismatch)), None
        why_not = post_fault(document, raw)
        entry = {"json": document, "path": handler.path, "posted": why_not is None,
                 "why_not": why_not}
        return 202, run_headers(self.workflow), "", entry

    def _url_fault(self, target):
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        if parts.path != WORKFLOW.format(self.workflow):
            return "WorkflowNotFound", 404
        if not query.get("api-version"):
            return "MissingApiVersionParameter", 400
        if "sig" not in query:
            return "DirectApiAuthorizationRequired", 401
        # The signature covers sp and sv. Of a parameter that comes twice, the first one counts.
        signed = [query.get(name, [""])[0] for name in ("sp", "sv", "sig")]
        if signed != ["/triggers/manual/run", "1.0", self.signature]:
            return "DirectApiInvalidAuthorizationSignature", 401
        return None, None

    def refusal(self, status):
        codes = {400: "TriggerInputSchemaMismatch", 401: "DirectApiAuthorizationRequired",
                 404: "WorkflowNotFound"}
        if status in codes:
            return {}, error(codes[status], details="as scripted", workflow=self.workflow)
        if status == 413:
            return {"Content-Type": "text/html"}, "<html><body>413 Too Large</body></html>"
        if status == 429:
            return {"Retry-After": "1"}, ""
        return {}, ""

    # What a person reads ----------------------------------------------------------------------

    @staticmethod
    def as_text(entry):
        """The cards as they read from top to bottom. A card that was not posted says so."""
        if not entry["posted"]:
            return f"(not posted: {entry['why_not']})"
        lines = []
        for attachment in entry["json"]["attachments"]:
            card = attachment["content"]
            for element in card.get("body", []):
                lines += element_lines(element)
            for action in card.get("actions", []):
                lines.append(f"{action['title']}: {action.get('url', '')}")
        return "\n".join(lines)


# The trigger's side ---------------------------------------------------------------------------


def read_body(content_type, raw):
    """Anything but JSON reaches the schema as an object that holds it in base64."""
    if content_type.split(";")[0].strip().lower() != "application/json":
        return {"$content-type": content_type, "$content": "..."}
    return json.loads(raw, parse_constant=refuse_constant)


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def declare(value, kind, where):
    if not isinstance(value, kind):
        raise Mismatch(f"Invalid type. Expected {TYPE_NAMES[kind]} but got "
                       f"{TYPE_NAMES[type(value)]}. At {where}.")


def require(value, names, where):
    missing = [name for name in names if name not in value]
    if missing:
        raise Mismatch(f"Required properties are missing from object: {', '.join(missing)}. "
                       f"At {where}.")


def check_schema(document):
    """null is no String, no Array and no Object: only contentUrl may be null, and it must be there."""
    declare(document, dict, "the body")
    require(document, ["type", "attachments"], "the body")
    declare(document["type"], str, "type")
    declare(document["attachments"], list, "attachments")
    if "summary" in document:
        declare(document["summary"], str, "summary")
    for number, attachment in enumerate(document["attachments"]):
        where = f"attachments[{number}]"
        declare(attachment, dict, where)
        require(attachment, ["contentType", "contentUrl", "content"], where)
        declare(attachment["contentType"], str, f"{where}.contentType")
        if attachment["contentUrl"] is not None:
            declare(attachment["contentUrl"], str, f"{where}.contentUrl")
        declare(attachment["content"], dict, f"{where}.content")
        check_no_null(attachment["content"], f"{where}.content")


def check_no_null(value, where):
    if value is None:
        raise Mismatch(f"Invalid type. Expected String but got Null. At {where}.")
    if isinstance(value, dict):
        for name, member in value.items():
            check_no_null(member, f"{where}.{name}")
    if isinstance(value, list):
        for number, member in enumerate(value):
            check_no_null(member, f"{where}[{number}]")


def run_headers(workflow):
    run, request = f"08584{secrets.randbelow(10**27):027d}CU00", str(uuid.uuid4())
    return {"x-ms-workflow-run-id": run, "x-ms-correlation-id": request, "x-ms-request-id": request,
            "x-ms-client-tracking-id": run, "x-ms-trigger-history-name": run,
            "x-ms-workflow-id": workflow, "x-ms-workflow-version": "08584000000000000000",
            "x-ms-workflow-name": workflow}


def error(code, **about):
    messages = {
        "TriggerInputSchemaMismatch":
            "The input body for trigger 'manual' of type 'Request' did not match its schema "
            "definition. Error details: '{details}'.",
        "WorkflowTriggerIsNotEnabled":
            "Could not execute workflow '{workflow}' trigger 'manual' with state '{state}': trigger "
            "is not enabled.",
        "WorkflowNotFound": "The workflow could not be found.",
        "MissingApiVersionParameter":
            "The api-version query parameter (?api-version=) is required for all requests.",
        "DirectApiAuthorizationRequired":
            "The request must be authenticated by a Shared Access scheme or by an OAuth token.",
        "DirectApiInvalidAuthorizationSignature":
            "The provided signature is invalid.",
        "InvalidRequestContent": "The request content is not valid and could not be deserialized.",
    }
    return {"error": {"code": code, "message": messages[code].format(**about)}}


# The flow's side, after the 202 ---------------------------------------------------------------


def post_fault(document, raw):
    """Why Teams does not show the message, None when it does. The sender never learns of it."""
    if len(raw) * GROWTH > MAX_MESSAGE:
        return f"MessageSizeExceeded: {round(len(raw) * GROWTH)} bytes of {MAX_MESSAGE}"
    if not document["attachments"]:
        return "there is no attachment to post"
    for attachment in document["attachments"]:
        if attachment["contentType"] != "application/vnd.microsoft.card.adaptive":
            return f"no card but {attachment['contentType']}"
        fault = card_fault(attachment["content"])
        if fault:
            return fault
    return None


def card_fault(card):
    if card.get("type") != "AdaptiveCard":
        return "the content is no AdaptiveCard"
    version = card.get("version", "")
    if version not in ("1.0", "1.1", "1.2", "1.3", "1.4"):
        return f"version {version!r} shows nothing"
    for node in walk(card):
        kind = node.get("type", "")
        if kind.startswith("Action."):
            if kind not in ACTIONS:
                return f"{kind} is not allowed"
            if kind == "Action.OpenUrl" and urlsplit(node.get("url", "")).scheme not in ("http", "https"):
                return "Action.OpenUrl without an absolute URL"
        elif kind and kind not in ELEMENTS and node is not card and kind != "mention":
            return f"{kind} is no element of version 1.4"
    return None


def walk(value):
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from walk(member)
    if isinstance(value, list):
        for member in value:
            yield from walk(member)


def element_lines(element):
    kind = element["type"]
    if kind == "RichTextBlock":
        return ["".join(run if isinstance(run, str) else run["text"] for run in element["inlines"])]
    if kind == "TextBlock":
        return [element["text"]]
    if kind == "FactSet":
        return [f"{fact['title']}: {fact['value']}" for fact in element["facts"]]
    if kind == "ColumnSet":
        columns = [" ".join(line for item in column["items"] for line in element_lines(item))
                   for column in element["columns"]]
        return [": ".join(columns)]
    return [line for item in element.get("items", []) for line in element_lines(item)]
