"""One tocsin daemon under test: its folder, its configuration, its lives."""

import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import time
from collections import namedtuple
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "build"
BINARY = os.environ.get("TOCSIN_BIN", BUILD / "tocsin")
PLUGINS = Path(os.environ.get("TOCSIN_PLUGINS", BUILD / "plugins"))
TEST_PLUGINS = Path(os.environ.get("TOCSIN_TEST_PLUGINS", BUILD / "tests/plugins"))
# Of this process alone: a daemon of another test may have got the port that one of ours had.
HOOK_PATH = f"/hooks/0b9c5a6e-the-test-hook-{secrets.token_hex(4)}"

Answer = namedtuple("Answer", "status headers body ms")
SANITIZER = re.compile(
    r"(ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:).*")


def plugin_path():
    """Each plugin of the build tree stands in a folder of its own."""
    return sorted(str(folder) for folder in PLUGINS.iterdir() if folder.is_dir())


def wait_until(condition, what, timeout=30):
    """Returns what the condition gave as soon as it is true of something."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"after {timeout} s still not: {what}"
        time.sleep(0.01)


def run(*arguments, env=None, cwd=None, timeout=60):
    """The command line, to its end."""
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True,
                          env={**os.environ, **(env or {})}, cwd=cwd, timeout=timeout)


def preload(library):
    """LD_PRELOAD with that one: a sanitizer's library has to stand before all others."""
    libraries = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout
    sanitizer = re.search(r"=> (\S*/lib[at]san\.so\S*)", libraries)
    return " ".join(([sanitizer[1]] if sanitizer else []) + [str(library)])


def faketime_preload():
    """LD_PRELOAD for another clock."""
    faketime = list(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    assert faketime, "Debian's package faketime is missing"
    return preload(faketime[0])


def as_yaml(value):
    """JSON is YAML; json's own escapes for what lies outside ASCII are not."""
    return json.dumps(value, ensure_ascii=False)


class Tocsin:
    """Files are written by the constructor; start() brings it to life, as often as wanted."""

    binary = BINARY

    def __init__(self, folder, sinks, rules=None, settings="", api=None, hook="{}", env=None,
                 ledger="ledger.db", keep="", listen="127.0.0.1:0"):
        self.folder = Path(folder)
        self.env = env or {}
        self.lives = 0
        self.process = None
        self.hook_port = self.admin_port = None
        self.config = self.folder / "tocsin.yaml"
        self.rules = self.folder / "rules.yaml"
        self.ledger = self.folder / ledger
        self.keep = keep
        self.listen = listen
        self.write(sinks, rules, settings, api, hook)

    def write(self, sinks, rules=None, settings="", api=None, hook="{}"):
        """sinks: a dict; rules: YAML text, by default all to all; settings: more YAML lines; api:
        an AlertApi to look up from; hook: more of the hook's options, as flow YAML. The ledger's
        file, and more of its options, are the constructor's."""
        everybody = as_yaml(list(sinks))
        self.rules.write_text(
            rules or f"rules:\n  - name: everything to everybody\n    match: {{}}\n"
                     f"    send: {everybody}\n")
        options = "".join(", " + part for part in [hook.strip()[1:-1].strip()] if part)
        lines = [
            f"listen: {self.listen}",
            "admin: 127.0.0.1:0",
            f"ledger: {{sqlite: {as_yaml(str(self.ledger))}{self.keep and ', ' + self.keep}}}",
            "rules: rules.yaml",
            f"plugin_path: {as_yaml(plugin_path())}",
            f'hooks: {{soc: {{from: sekoia, path: "{HOOK_PATH}"{options}}}}}',
            f"sinks: {as_yaml(sinks)}",
        ]
        if api is not None:
            lines.append(
                f'sekoia: {{api: "{api.url}", app: "https://app.example", '
                f'api_key: "{api.key}"}}')
        self.config.write_text("\n".join(lines) + "\n" + settings)

    # Its life ------------------------------------------------------------------------------

    def start(self, wait=True):
        assert self.process is None or self.process.poll() is not None
        self.lives += 1
        with open(self.log_file(), "wb") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "-c", str(self.config)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env={**os.environ, **self.env})
        if wait:
            wait_until(self._is_serving, "serving", timeout=60)
        return self

    def _is_serving(self):
        assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.log()}"
        log = self.log_file().read_text(errors="replace")
        hook = re.search(r'"serving hooks on \S*:(\d+)"', log)
        admin = re.search(r'"serving admin on \S*:(\d+)"', log)
        if not hook or not admin:
            return False
        self.hook_port, self.admin_port = int(hook[1]), int(admin[1])
        return self.get("/readyz").status == 200

    def stop(self):
        """As a service manager would; it must end well."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        assert code == 0, f"ended with {code}:\n{self.log()[-4000:]}"
        self.check_sanitizers()

    def memory_kb(self):
        """The most that it ever had in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1])

    def kill9(self):
        self.process.kill()
        self.process.wait(timeout=20)
        self.check_sanitizers()

    def restart(self):
        self.stop()
        return self.start()

    def cleanup(self):
        """For the end of a test, failed or not."""
        if self.process and self.process.poll() is None:
            self.stop()

    def check_sanitizers(self):
        report = SANITIZER.search(self.log())
        assert not report, f"a sanitizer's report:\n{self.log()[report.start():][:8000]}"

    def log_file(self, life=None):
        return self.folder / f"log.{life or self.lives}"

    def log(self):
        """All its lives."""
        return "".join(self.log_file(life).read_text(errors="replace")
                       for life in range(1, self.lives + 1))

    def wait_for_log(self, pattern, timeout=30):
        return wait_until(lambda: re.search(pattern, self.log()), f"{pattern!r} in the log",
                          timeout)

    # Talking to it -------------------------------------------------------------------------

    def request(self, method, path, body=None, headers=None, port=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.hook_port,
                                                timeout=timeout)
        began = time.monotonic()
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        try:
            data = json.loads(data)
        except ValueError:
            data = data.decode(errors="replace")
        return Answer(answer.status, answer.headers, data, (time.monotonic() - began) * 1000)

    def post(self, event, headers=None, path=HOOK_PATH):
        """An event: a document, or bytes as they are."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return self.request("POST", path, body,
                            {"Content-Type": "application/json"} if headers is None else headers)

    def accept(self, event):
        """Posts an event that must be accepted; its id."""
        answer = self.post(event)
        assert answer.status == 202, answer
        return answer.body["id"]

    def accept_all(self, events):
        """Many in a row over one connection; all must be accepted."""
        connection = http.client.HTTPConnection("127.0.0.1", self.hook_port, timeout=60)
        try:
            for event in events:
                connection.request("POST", HOOK_PATH, json.dumps(event))
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 202, answer.status
        finally:
            connection.close()

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers, port=self.admin_port)

    def change(self, path, headers=None, **parameters):
        """A POST to the admin API, as its own page or the command line makes it."""
        return self.request("POST", path, json.dumps(parameters),
                            {"X-Tocsin": "1"} if headers is None else headers,
                            port=self.admin_port)

    def command(self, name, *arguments):
        """A command that asks this daemon while it runs, and else reads its ledger."""
        lives = self.process is not None and self.process.poll() is None
        where = ["--admin", f"127.0.0.1:{self.admin_port}"] if lives else []
        return run(name, "-c", self.config, *where, *arguments, env=self.env)

    def status(self):
        answer = self.get("/api/v1/status")
        assert answer.status == 200, answer
        return answer.body

    def event(self, event_id):
        """The whole story of one event."""
        answer = self.get(f"/api/v1/events/{event_id}")
        assert answer.status == 200, answer
        return answer.body

    def wait_settled(self, timeout=60):
        """Until nothing is unrouted and nothing waits; the last status."""
        def settled():
            status = self.status()
            return status if status["unrouted"] == 0 and status["waiting"] == 0 else None
        return wait_until(settled, "all settled", timeout)

    def socket(self, timeout=20):
        return socket.create_connection(("127.0.0.1", self.hook_port), timeout=timeout)

    def admin_socket(self, timeout=60):
        return socket.create_connection(("127.0.0.1", self.admin_port), timeout=timeout)

    def still_serves(self):
        """Another client's post is answered, and quickly."""
        answer = self.post({"type": "probe", "n": time.monotonic_ns()})
        assert answer.status == 202, answer
        assert answer.ms < 5000, answer
