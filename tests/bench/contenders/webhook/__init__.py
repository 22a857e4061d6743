"""Debian's webhook: a program that runs a script for each request.

It does the whole load once, in four processes an event (a shell, two curls, a jq). It cannot keep what
it has accepted, try again later, nor limit how many scripts run at once: answering before the script
has ended it would start as many as events come. So it answers 202 after the script, when both sinks
have the message; a script that failed makes it 500.
"""

import json
from pathlib import Path

from ..program import HOOK_PATH, Program, need_command

SCRIPT = Path(__file__).parent / "deliver.sh"


class Webhook(Program):
    name = "webhook, curl and jq"

    def command(self, ends):
        need_command("curl", "curl")
        need_command("jq", "jq")
        prefix, name = HOOK_PATH.strip("/").split("/")
        hook = {
            "id": name,
            "execute-command": str(SCRIPT),
            "command-working-directory": str(self.folder),
            "pass-arguments-to-command": [
                {"source": "payload", "name": "attributes.uuid"},
                {"source": "string", "name": ends.api},
                *({"source": "string", "name": sink} for sink in ends.sinks),
            ],
            "trigger-rule": {"match": {"type": "value", "value": "alert",
                                       "parameter": {"source": "payload", "name": "type"}}},
            "include-command-output-in-response": True,
            "success-http-response-code": 202,
        }
        hooks = self.folder / "hooks.json"
        hooks.write_text(json.dumps([hook]))
        return [need_command("webhook", "webhook"), "-hooks", str(hooks), "-ip", "127.0.0.1",
                "-port", str(self.port), "-urlprefix", prefix], {"APIKEY": "bench"}
