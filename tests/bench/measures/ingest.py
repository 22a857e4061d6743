"""Taking events in and nothing else: tocsin, which answers when the event is on the disk, and nginx,
which keeps nothing."""

import json
import sqlite3
import subprocess
from pathlib import Path
from types import SimpleNamespace

import rig
from contenders.nginx import Nginx
from contenders.program import need_command
from contenders.tocsin import Tocsin
from load import HERE, Failure, event_body
from measures import Finding, at_least, median, spread
from measures.disk import SYNCS, fdatasync_ms

NAME = "ingest"
TITLE = "Durable ingest alone, 64 connections"

LEAST, CONNECTIONS = 0.3, 64
SYNCS = 200


def _wrk(url, body, seconds, prefix):
    """wrk and not our sender: nginx is faster than that. It ends with requests under way."""
    argv = [need_command("wrk", "wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "60s",
            "-s", str(HERE / "wrk.lua"), url, "--", str(body), prefix]
    ran = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                         timeout=seconds + 120)
    if ran.returncode:
        raise Failure(f"wrk ended with {ran.returncode}: {ran.stderr.strip()}")
    found = json.loads(ran.stdout.splitlines()[-1])
    if found["broken"] or found["refused"]:
        raise Failure(f"wrk was not answered 202 each time: {found}")
    return found


def _events_kept(tocsin):
    """Distinct ones: tocsin keeps no event twice."""
    ledger = sqlite3.connect(tocsin.ledger)
    try:
        return ledger.execute("SELECT count(*) FROM event").fetchone()[0]
    finally:
        ledger.close()


def check_kept(kept, answered, runs):
    """At the end of each run of wrk as many requests as it has connections may be under way."""
    if not answered <= kept <= answered + runs * CONNECTIONS:
        raise Failure(f"ingest: {answered} events were answered 202, {kept} are in the ledger")


def _turn(contender, scale):
    with rig.scratch() as folder:
        (Path(folder) / "contender").mkdir()
        body = Path(folder) / "event.json"
        body.write_bytes(event_body(contender))
        # Nothing is asked for and nothing told: nobody listens there.
        url = contender.start(Path(folder) / "contender",
                              SimpleNamespace(api="http://127.0.0.1:9", sinks=["http://127.0.0.1:9/"]))
        try:
            warm = _wrk(url, body, 1, "0a000000")
            found = _wrk(url, body, scale.of(4, 1), "0b000000")
            rig.wait_until_settled(contender)
        finally:
            contender.stop()
        if isinstance(contender, Tocsin):
            check_kept(_events_kept(contender), warm["requests"] + found["requests"], 2)
        return found["requests"] / found["seconds"]


def measure(scale):
    ours, theirs, syncs = [], [], []
    for _ in range(scale.rounds):
        theirs.append(_turn(Nginx(), scale))
        ours.append(_turn(Tocsin(send=False, look_up=False), scale))
        with rig.scratch() as folder:
            syncs.append(fdatasync_ms(folder))
    ratios = [one / other for one, other in zip(ours, theirs)]
    yield Finding("", f"tocsin {median(ours):.0f} events/s, nginx {median(theirs):.0f}", None,
                  f"each event kept once, as counted in the ledger; wrk -t1 -c{CONNECTIONS}")
    yield Finding("", f"fdatasync {median(one for one, _ in syncs):.3f} ms (p99 "
                  f"{median(p99 for _, p99 in syncs):.3f})", None,
                  f"on the ledger's file system, {SYNCS} of one page each in a row")
    yield at_least(f"at least {LEAST}x nginx answering 202 from memory", median(ratios), LEAST,
                   spread(ratios))
