#!/usr/bin/python3
"""A sink in Python: posts title and link to an HTTP server that wants a form.

    pager: {plugin: exec, command: [/usr/local/lib/tocsin/notify.py, "https://pager.example/send"],
            env: {PAGER_TOKEN: "${PAGER_TOKEN}"}}

Standard input is the message, one JSON document. Exit 0 is delivered, 75 try again, 65 this event can
never be taken, 78 nothing can before somebody mends it. The last line of standard error is the reason,
the first of standard output the receipt.
"""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

RETRY, REJECTED, UNUSABLE = 75, 65, 78


def end(status, reason):
    print(reason, file=sys.stderr)
    sys.exit(status)


def main(url):
    message = json.load(sys.stdin)
    form = {"id": message["delivery"], "text": message["title"], "priority": message["urgency"] or 0,
            "url": message["link"] or ""}
    request = urllib.request.Request(
        url, urllib.parse.urlencode(form).encode(),
        {"Authorization": f"Bearer {os.environ.get('PAGER_TOKEN', '')}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            print(answer.headers.get("X-Request-Id", ""))
    except urllib.error.HTTPError as refused:
        if refused.code in (401, 403, 404, 410):
            end(UNUSABLE, f"the pager answered {refused.code}")
        end(REJECTED if 400 <= refused.code < 500 and refused.code != 429 else RETRY,
            f"the pager answered {refused.code}")
    except OSError as failure:
        end(RETRY, f"the pager could not be reached: {failure}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        end(UNUSABLE, "usage: notify.py URL")
    main(sys.argv[1])
