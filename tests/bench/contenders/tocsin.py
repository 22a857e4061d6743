"""tocsin itself, as `meson setup --buildtype release` builds it, with its ledger on a real disk."""

import http.client
import json
import os
import re
import tempfile
from pathlib import Path

from .program import HOOK_PATH, Program

BUILD = Path(os.environ.get("TOCSIN_BENCH_BUILD", Path(__file__).resolve().parents[3] / "build-bench"))
KEY = "bench"
SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


def rules_text(sinks, rules):
    """As many rules, of which only the last matches the events and sends them."""
    lines = ["rules:"]
    for number in range(rules - 1):
        lines += [f"  - name: rule {number}",
                  f"    match: {{type: alert, action: created, alert.entity.name: site-{number:04}}}",
                  f"    send: {json.dumps(sinks)}"]
    return "\n".join([*lines, "  - name: all", "    match: {type: alert, action: created}",
                      f"    send: {json.dumps(sinks)}", ""])


class Tocsin(Program):
    name = "tocsin"
    own_ledger = None

    def __init__(self, rules=1, concurrency=16, look_up=True, send=True, sink=None, settings="",
                 keep=None, ledger_folder=None, build=BUILD):
        """rules: how many; look_up: whether the alert is asked for; send: False for a rule that tells
        nobody; sink: more options of each sink; settings: more lines of tocsin.yaml; keep: how long the
        ledger keeps what is finished; ledger_folder: on the disk to be measured, by default the run's
        own folder."""
        self.rules, self.look_up, self.send = rules, look_up, send
        self.sink = {"rate": "off", "concurrency": concurrency, **(sink or {})}
        self.settings, self.ledger_folder, self.build = settings, ledger_folder, Path(build)
        self.keep = f", keep: {keep}" if keep else ""

    def command(self, ends):
        sinks = {f"chat-{number}": {"plugin": "mattermost", "url": url, **self.sink}
                 for number, url in enumerate(ends.sinks)}
        (self.folder / "rules.yaml").write_text(
            rules_text(list(sinks) if self.send else [], self.rules))
        config = self.folder / "tocsin.yaml"
        config.write_text("\n".join([*self._lines(ends, sinks), self.settings, ""]))
        binary = self.build / "tocsin"
        if not binary.exists():
            raise RuntimeError(f"{binary} is not there: ./run bench builds it")
        return [*self._trusting(ends), str(binary), "serve", "-c", str(config)], {}

    def _trusting(self, ends):
        """A look-up trusts the system's authorities and has no option for others: with mounts of its
        own tocsin sees the run's authority in their place."""
        if not getattr(ends, "ca", None):
            return []
        script = f'mount --bind "$0" {SYSTEM_AUTHORITIES} && exec "$@"'
        user = [] if os.geteuid() == 0 else ["--map-root-user"]
        return ["unshare", "--mount", *user, "sh", "-c", script, str(ends.ca)]

    def _lines(self, ends, sinks):
        if self.ledger_folder:
            self.own_ledger = tempfile.TemporaryDirectory(prefix="bench-ledger-",
                                                          dir=self.ledger_folder)
        self.ledger = Path(self.own_ledger.name if self.own_ledger else self.folder) / "ledger.db"
        plugins = sorted(str(folder) for folder in (self.build / "plugins").iterdir()
                         if folder.is_dir())
        yield f"listen: 127.0.0.1:{self.port}"
        yield "admin: 127.0.0.1:0"
        yield f"ledger: {{sqlite: {json.dumps(str(self.ledger))}{self.keep}}}"
        yield "rules: rules.yaml"
        yield f"plugin_path: {json.dumps(plugins)}"
        yield f'hooks: {{soc: {{from: sekoia, path: "{HOOK_PATH}"}}}}'
        yield f"sinks: {json.dumps(sinks)}"
        if getattr(ends, "ca", None):
            yield f"sink_defaults: {{ca: {json.dumps(str(ends.ca))}}}"
        if self.look_up:
            yield (f'sekoia: {{api: "{ends.api}/api", app: "https://app.example", '
                   f"api_key: {KEY}}}")

    def is_ready(self):
        found = re.search(r'msg="serving admin on \S*:(\d+)"', self.output())
        if not found:
            return False
        self.admin_port = int(found[1])
        return self._get("/readyz")[0] == 200

    def _get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def status(self):
        status, body = self._get("/api/v1/status")
        if status != 200:
            raise RuntimeError(f"tocsin's status is answered {status}")
        return json.loads(body)

    def is_settled(self):
        """Nothing is left to do: what the far ends have is also recorded as delivered."""
        status = self.status()
        return status["unrouted"] == 0 and status["waiting"] == 0

    def stop(self):
        super().stop()
        if self.own_ledger:
            self.own_ledger.cleanup()
            self.own_ledger = None
