#!/usr/bin/python3
"""One alert's way through tocsin, shown on the terminal: ./run demo [--once]

Stand-ins for the Alert API, Teams, Mattermost, an SMTP server and a syslog server run in this
process; tocsin itself runs as it would anywhere, on a ledger in a temporary folder. Set
TEAMS_WEBHOOK_URL or MATTERMOST_URL to send to a real channel instead of its stand-in.
"""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import uuid
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(TOP / "tests"))
sys.dont_write_bytecode = True

from fakes.alert_api import AlertApi  # noqa: E402
from fakes.mattermost import Mattermost  # noqa: E402
from fakes.smtp import Smtp  # noqa: E402
from fakes.syslog import Syslog  # noqa: E402
from fakes.teams import Teams  # noqa: E402

BUILD = Path(os.environ.get("TOCSIN_BUILD") or TOP / "build")
SINKS = ("soc-teams", "soc-chat", "duty-mail", "siem")
START_SECONDS, SETTLE_SECONDS = 15, 40


class Terminal:
    """Plain text; colours only for a person's terminal that did not refuse them."""

    COLOURS = {"bold": "1", "dim": "2", "good": "32", "bad": "31", "warm": "33"}

    def __init__(self):
        self.coloured = (sys.stdout.isatty() and not os.environ.get("NO_COLOR")
                         and os.environ.get("TERM") != "dumb")

    def paint(self, colour, text):
        return f"\033[{self.COLOURS[colour]}m{text}\033[0m" if self.coloured else text

    def line(self, text=""):
        print(text, flush=True)

    def heading(self, text):
        self.line()
        self.line(self.paint("bold", text))

    def quote(self, text, raw=False):
        """What a person would read, set apart; controls cannot drive the terminal. Raw lines stay
        whole, as they can be copied."""
        for line in text.strip().splitlines() or [""]:
            line = "".join(c if c.isprintable() else " " for c in line)
            parts = [line] if raw else textwrap.wrap(line, 94, subsequent_indent="  ")
            for part in parts or [""]:
                self.line("      " + self.paint("dim", "|") + " " + part)


class Sink:
    """A far end: a stand-in of ours, or a real channel of the user's."""

    def __init__(self, name, fake):
        self.name, self.fake = name, fake
        self.shown = 0

    def new_texts(self, wait):
        """What arrived here since the last call: texts as a person reads them."""
        if wait:
            try:
                self.fake.wait_for(self.shown + 1, 5)
            except Exception:  # it did not come: the delivery's own state says why
                pass
        entries = list(self.fake.received)[self.shown:]
        self.shown += len(entries)
        return [self.fake.as_text(entry) for entry in entries]


class Router:
    """The daemon, started as anybody would start it."""

    def __init__(self, folder, env):
        self.log = Path(folder) / "tocsin.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(  # its own session: Ctrl-C is ours to handle
                [BUILD / "tocsin", "serve", "-c", HERE / "tocsin.yaml"], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env={**os.environ, **env}, start_new_session=True)
        self.hook_port = self._port_of("hooks")
        self.admin_port = self._port_of("admin")

    def _port_of(self, what):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(rf'msg="serving {what} on \S*:(\d+)"', self.log.read_text())
            if found:
                return int(found[1])
            time.sleep(0.01)
        raise SystemExit(f"tocsin did not start:\n{self.log.read_text()}")

    def request(self, method, port, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            began = time.perf_counter()
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            return answer, text, (time.perf_counter() - began) * 1000
        finally:
            connection.close()

    def get(self, path):
        answer, text, _ = self.request("GET", self.admin_port, path)
        return json.loads(text) if answer.status == 200 else None

    def status(self):
        return self.get("/api/v1/status")

    def wait_settled(self):
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            status = self.status()
            if status["unrouted"] == 0 and status["waiting"] == 0:
                break
            time.sleep(0.02)
        return self.status()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


class Demo:
    def __init__(self, terminal):
        self.terminal = terminal
        self.hook = str(uuid.uuid4())
        self.event = (HERE / "event.json").read_text()
        self.alert = json.loads((HERE / "alert.json").read_text())
        self.api = AlertApi(key=str(uuid.uuid4()))
        self.api.add(self.alert)
        self.look_ups_shown = 0
        self.real = {name for name, variable in (
            ("soc-teams", "TEAMS_WEBHOOK_URL"), ("soc-chat", "MATTERMOST_URL"))
            if os.environ.get(variable)}
        self.sinks = {name: Sink(name, make()) for name, make in zip(
            SINKS, (Teams, Mattermost, Smtp, Syslog))}

    def environment(self, folder):
        """What conf/demo/tocsin.yaml asks for."""
        fakes = {name: sink.fake for name, sink in self.sinks.items()}
        return {
            "TOCSIN_BUILD": str(BUILD),
            "DEMO_LEDGER": str(Path(folder) / "ledger.db"),
            "DEMO_API": self.api.url,
            "DEMO_API_KEY": self.api.key,
            "DEMO_HOOK": self.hook,
            "TEAMS_WEBHOOK_URL": os.environ.get("TEAMS_WEBHOOK_URL") or fakes["soc-teams"].url,
            "MATTERMOST_URL": os.environ.get("MATTERMOST_URL") or fakes["soc-chat"].url,
            "DEMO_SMTP": f"smtp://127.0.0.1:{fakes['duty-mail'].port}",
            "DEMO_SYSLOG": fakes["siem"].url,
        }

    def stop(self):
        self.api.stop()
        for sink in self.sinks.values():
            sink.fake.stop()

    # What is shown -------------------------------------------------------------------------

    def introduce(self):
        names = {"soc-teams": "Teams", "soc-chat": "Mattermost", "duty-mail": "an SMTP server",
                 "siem": "a syslog server"}
        faked = ["the Alert API"] + [names[name] for name in SINKS if name not in self.real]
        out = self.terminal
        out.line("tocsin runs on this machine, with stand-ins for "
                 + ", ".join(faked[:-1]) + " and " + faked[-1] + ".")
        for name in SINKS:
            if name in self.real:
                out.line(out.paint("warm", f"{name} is your real {names[name]} channel."))

    def post(self, router):
        out = self.terminal
        out.heading("1  The event is posted")
        out.line(f"   POST http://127.0.0.1:{router.hook_port}/hooks/{self.hook}")
        out.line("   the body is conf/demo/event.json")
        answer, text, ms = router.request("POST", router.hook_port, f"/hooks/{self.hook}",
                                          self.event)
        if answer.status != 202:
            raise SystemExit(f"the hook answered {answer.status}: {text.decode()}")
        event_id = json.loads(text)["id"]
        out.line(f"   {out.paint('good', '202 Accepted')} in {ms:.1f} ms, safe on disk as {event_id}")
        return event_id

    def show_look_up(self, story):
        out = self.terminal
        out.heading("2  The alert behind it is looked up")
        for request in self.api.requests[self.look_ups_shown:]:
            query = "&".join(f"{name}={value}" for name, values in request.query.items()
                             for value in values)
            out.line(f"   GET {request.path}{'?' + query if query else ''}")
            out.line(f"   the Alert API answered {request.status}")
        self.look_ups_shown = len(self.api.requests)
        for looked_up in story["objects"]:
            title = (looked_up.get("object") or {}).get("title")
            out.line(f"   {looked_up['name']}: {looked_up['status']}"
                     + (f", “{title}”" if title else ""))
        if not story["objects"]:
            out.line("   nothing to look up for this event")

    def show_rules(self, story):
        out = self.terminal
        out.heading("3  Each rule is tried")
        for step in story["trace"]:
            if "rule" not in step:
                continue
            verdict = {"yes": out.paint("good", "matched"), "no": "not matched",
                       "unknown": out.paint("warm", "unknown, so it sends")}[step["verdict"]]
            at = os.path.relpath(HERE / step["at"], TOP)
            told = [d["sink"] for d in story["deliveries"] if d["rule"] == step["rule"]]
            out.line(f"   {at:<26} {verdict}: {step['rule']}"
                     + (f" -> {', '.join(told)}" if told else ""))
            if step.get("because"):
                out.line(f"   {'':<26} because of {step['because']['text']}")

    def show_deliveries(self, story):
        out = self.terminal
        out.heading("4  The messages")
        for delivery in story["deliveries"]:
            state = delivery["state"]
            colour = "good" if state == "delivered" else "bad"
            took = f" in {delivery['took_ms']} ms" if delivery.get("took_ms") is not None else ""
            out.line(f"   {delivery['sink']}  {out.paint(colour, state)}"
                     f"{took if state == 'delivered' else ''}")
            if delivery.get("reason"):
                out.line(f"      {delivery['reason']}")
            for failed in delivery.get("failed_attempts") or []:
                out.line(f"      failed before: {failed.get('reason') or failed}")
            self.show_text(delivery)
            out.line()

    def show_text(self, delivery):
        sink = self.sinks.get(delivery["sink"])
        if delivery["sink"] in self.real:
            if delivery["state"] == "delivered":
                self.terminal.line("      look at your channel: the message should be there now")
            return
        for text in sink.new_texts(wait=delivery["state"] == "delivered"):
            self.terminal.quote(text, raw=delivery["sink"] == "siem")

    def show_sum(self, status):
        out = self.terminal
        whole = status["delivered"] + status["waiting"] + status["dead"] + status["skipped"]
        good = whole > 0 and status["delivered"] == whole
        out.line(out.paint("good" if good else "bad", (
            f"{status['delivered']} of {whole} delivered; "
            f"{status['waiting']} waiting, {status['dead']} dead")))
        return good

    def show_story(self, router, event_id):
        status = router.wait_settled()
        story = router.get(f"/api/v1/events/{event_id}")
        self.show_look_up(story)
        self.show_rules(story)
        self.show_deliveries(story)
        return self.show_sum(status)

    def suggest(self, router):
        out = self.terminal
        attributes = {name: self.alert[name] for name in ("uuid", "short_id")}
        update = json.dumps({"type": "alert", "action": "updated", "attributes": {
            **attributes, "updated": {"status_name": "Acknowledged", "status":
                                      "8f206505-af6d-433e-93f4-775d46dc7d0f"}}},
                            separators=(",", ":"))
        out.heading("What to try next")
        out.line("   Post what Sekoia posts when somebody acknowledges the alert; it is shown here:")
        out.line(f"     curl --json '{update}' http://127.0.0.1:{router.hook_port}/hooks/{self.hook}")
        out.line("   See the counters:")
        out.line(f"     curl http://127.0.0.1:{router.admin_port}/api/v1/status")
        self.suggest_for_later()

    def suggest_for_later(self):
        out = self.terminal
        out.line("   Ask why each rule matched or not, without sending anything:")
        out.line("     build/tocsin explain -c conf/demo/tocsin.yaml conf/demo/event.json"
                 " --with conf/demo/alert.json")
        if not self.real:
            out.line("   See it in your own channel (keep the quotes: the URL holds & and %):")
            out.line("     TEAMS_WEBHOOK_URL='https://...' ./run demo")
            out.line("     MATTERMOST_URL='https://...' ./run demo")
        out.line("   Start a configuration of your own:")
        out.line("     build/tocsin init my-tocsin")

    # Its course ----------------------------------------------------------------------------

    def follow(self, router, event_id):
        """Shows each further event until Ctrl-C."""
        ledger, _, number = event_id.rpartition("-e")
        stop = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        self.terminal.line()
        self.terminal.line("Serving until Ctrl-C.")
        following = int(number) + 1
        while not stop.wait(0.2):
            if router.process.poll() is not None:
                raise SystemExit(f"tocsin ended:\n{router.log.read_text()}")
            if router.get(f"/api/v1/events/{ledger}-e{following}"):
                self.terminal.heading(f"An event came: {ledger}-e{following}")
                self.show_story(router, f"{ledger}-e{following}")
                following += 1
        self.terminal.line()

    def run(self, once):
        self.introduce()
        with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as folder:
            router = Router(folder, self.environment(folder))
            try:
                event_id = self.post(router)
                all_delivered = self.show_story(router, event_id)
                if once:
                    self.terminal.heading("What to try next")
                    self.suggest_for_later()
                else:
                    self.suggest(router)
                    self.follow(router, event_id)
            finally:
                router.stop()
        return 0 if all_delivered or not once else 1


def main():
    arguments = sys.argv[1:]
    if arguments not in ([], ["--once"]):
        print("usage: demo.py [--once]", file=sys.stderr)
        return 2
    demo = Demo(Terminal())
    try:
        return demo.run(once=arguments == ["--once"])
    except KeyboardInterrupt:
        return 130
    finally:
        demo.stop()


sys.exit(main())
