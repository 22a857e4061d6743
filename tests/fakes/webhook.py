"""A receiver of webhooks: takes any JSON, and keeps the headers of each post, refused or not. Given
secrets, it takes only what is signed with one of them as Standard Webhooks says (version 1.0.0 of the
specification: symmetric signatures)."""

import base64
import hashlib
import hmac
import json
import time

from fakes.hook_server import HookServer

TOLERANCE_S = 300


class Webhook(HookServer):
    path = "/in/5c1f0a7e9b3d4862"

    def __init__(self, secrets=(), port=0):
        self.secrets = secrets
        self.heads = []  # of all posts, in the order of `requests`
        super().__init__(port)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{self.path}"

    def accept(self, handler, raw):
        if self.secrets and not is_signed(handler.headers, raw, self.secrets):
            return 401, {}, "no signature that I know", None
        return 204, {}, "", {"json": json.loads(raw), "path": handler.path}

    def refusal(self, status):
        return {}, ""

    def _keep(self, handler, raw, status, entry):
        self.heads.append(handler.headers)
        super()._keep(handler, raw, status, entry)


def is_signed(headers, raw, secrets):
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs(int(stamp) - time.time()) > TOLERANCE_S:
        return False
    content = f"{headers.get('webhook-id')}.{stamp}.".encode() + raw
    expected = {"v1," + base64.b64encode(hmac.new(key_of(secret), content, hashlib.sha256).digest())
                .decode() for secret in secrets}
    return bool(expected & set(headers.get("webhook-signature", "").split(" ")))


def key_of(secret):
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
