#!/usr/bin/python3
"""How fast `tocsin what-if` is: events a second over a ledger of recorded alerts with objects of 3 kB,
each its own, of which every fourth would go otherwise; and with --instructions how many instructions an
event costs, counted by callgrind as (those of 4,000 events - those of 2,000) / 2,000.

    tests/bench/what_if.py [--events 100000] [--rounds 3] [--instructions]

It wants a built tree (TOCSIN_BIN, else build/tocsin), half a gigabyte for 100,000 events in --folder,
and no network."""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "integration"), str(HERE.parent)]

import ledger  # noqa: E402
import tocsin  # noqa: E402

FIXTURES = HERE.parent / "fixtures"
MOST = 1_000_000
OLD = """\
rules:
  - {name: scanner, match: {type: alert, entity: vuln-scanner-01}, send: [], stop: true}
  - {name: wake, match: {type: alert, action: created, urgency: {gte: 80}}, send: [chat, mail]}
  - {name: changes, match: {type: alert, action: updated, changed: [status, urgency]}, send: chat}
  - {name: lyon, match: {entity: {glob: "Lyon*"}, alert.rule.name: {contains: dump}}, send: mail}
  - {name: comments, match: {type: alert-comment}, send: chat}
  - {name: record, match: {}, send: siem}
"""
NEW = OLD.replace("gte: 80", "gte: 60")


def make(number):
    """Urgencies from 1 to 80, so that a quarter of them lies between the two rules."""
    document = json.loads((FIXTURES / "events/alert-created.json").read_text())
    found = json.loads((FIXTURES / "objects/alert-full.json").read_text())
    document["attributes"]["uuid"] = found["uuid"] = f"3f0c7a52-0000-4000-8000-{number:012}"
    found["urgency"]["current_value"] = number % 80
    return document, json.dumps(found)


def ledger_of(folder, count):
    """A daemon makes the file and closes it; its rows are written by hand."""
    folder.mkdir()
    sink = {"plugin": "mattermost", "url": "http://127.0.0.1:1/hooks/nobodylistens000000000000"}
    daemon = tocsin.Tocsin(folder, {name: sink for name in ("chat", "mail", "siem")}, rules=OLD,
                           settings="sekoia: {region: fra1, api_key: none}\n")
    daemon.start()
    daemon.stop()
    with ledger.Rows(daemon.ledger) as rows:
        rows.add_looked_up(count, make)
    (folder / "new.yaml").write_text(NEW)
    return daemon


def what_if(daemon, *wrapper):
    began = time.monotonic()
    answer = subprocess.run(
        [*wrapper, tocsin.BINARY, "what-if", "-c", daemon.config, "--json", "--rules",
         daemon.folder / "new.yaml"], capture_output=True, text=True, timeout=3600)
    took = time.monotonic() - began
    assert answer.returncode == 1, answer
    return json.loads(answer.stdout), took


def instructions(folder, count):
    profile = folder / f"callgrind.{count}"
    what_if(ledger_of(folder / str(count), count), "valgrind", "--tool=callgrind",
            f"--callgrind-out-file={profile}")
    return int(re.search(r"^(?:summary|totals): (\d+)", profile.read_text(), re.MULTILINE)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where the ledger is made; else the system's")
    parser.add_argument("--instructions", action="store_true", help="count them, by callgrind")
    given = parser.parse_args()
    if not 0 < given.events <= MOST:
        parser.error(f"--events: 1 to {MOST}")
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        if given.instructions:
            few, many = (instructions(Path(folder), count) for count in (2000, 4000))
            print(f"{(many - few) / 2000:,.0f} instructions an event")
            return
        daemon = ledger_of(Path(folder) / "ledger", given.events)
        for _ in range(given.rounds):
            report, took = what_if(daemon)
            assert report["events"] == given.events
            print(f"{report['events'] / took:,.0f} events/s ({report['events']:,} in {took:.2f} s; "
                  f"{report['differing']:,} would go otherwise)", flush=True)


if __name__ == "__main__":
    main()
