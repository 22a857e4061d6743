"""What instructions.py makes of what was counted, and of the baseline; callgrind itself is not run."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import callgrind  # noqa: E402
import instructions  # noqa: E402
import lockstep  # noqa: E402

def figures(instructions_, **functions):
    return {"instructions": instructions_, "functions": functions}


BASELINE = {"1": figures(1000, rule_match=600, malloc=400),
            "16": figures(800, rule_match=500, malloc=300)}


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Runs it for these figures; its exit status and what it printed."""
    def run(measured, baseline, *arguments):
        file = tmp_path / "baseline.json"
        file.write_text(json.dumps(baseline))
        monkeypatch.setattr(instructions, "measure", lambda events: measured)
        status = instructions.main(["--baseline", str(file), *arguments])
        return status, capsys.readouterr().out, json.loads(file.read_text())
    return run


def test_start_and_end_cancel_out():
    few = Counter(start=5000, rule_match=1000)
    many = Counter(start=5000, rule_match=2000)
    assert instructions.per_event(few, many, 10) == figures(
        100, **{"rule_match": 100, "the rest": 0})


def test_small_functions_are_the_rest():
    many = Counter({"large": 100000, **{f"small{number}": 90 for number in range(10)}})
    assert instructions.per_event(Counter(), many, 1)["functions"] == {
        "large": 100000, "the rest": 900}


# Only the difference of the two runs counts: ten events.
FEW = callgrind.Profile(libraries=Counter({"tocsin": 5000, "libjansson.so.4": 700}))
MANY = callgrind.Profile(
    libraries=Counter({"tocsin": 6000, "mattermost.so": 500, "libjansson.so.4": 7700,
                       "libcurl.so.4": 300, "libc.so.6": 2000, "libmimalloc.so.2.0": 4000}),
    entries=Counter({("libjansson.so.4", "json_loadb"): 8000, ("libjansson.so.4", "json_dumpb"): 2000,
                     ("libjansson.so.4", "json_object"): 500, ("libjansson.so.4", "json_delete"): 500,
                     ("libc.so.6", "memcpy"): 900, ("tocsin", "on_body"): 100}))


def test_what_jansson_takes_of_the_allocator_stands_with_jansson():
    found = instructions.parts(FEW, MANY, 10)
    assert found == {
        "jansson, reading": 800, "jansson, writing": 200, instructions.JANSSON_REST: 100,
        "libcurl": 30, "libevent": 0, "SQLite": 0,
        instructions.LIBC: 200,  # 6000, of which jansson's calls made 11000 - 7000
        instructions.OWN: 150}
    assert sum(found.values()) == (sum(MANY.libraries.values()) - sum(FEW.libraries.values())) / 10


def test_the_parts_of_both_programs_stand_side_by_side(monkeypatch, capsys):
    monkeypatch.setattr(instructions, "count", lambda programs, events, sinks: {
        (program, size): (FEW, MANY) for program in programs for size in (1, 16)})
    assert instructions.main(["--libraries", "--events", "16"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == ("| instructions an event | tocsin, 1 at a time | tocsin, 16 at a time "
                        "| the libraries alone, 1 at a time | the libraries alone, 16 at a time |")
    assert lines[-1].startswith("| all | ")


def test_the_same_figures_pass(run):
    status, out, _ = run(BASELINE, BASELINE)
    assert status == 0
    assert "what rose" not in out


def test_a_rise_of_less_than_a_tenth_passes(run):
    status, out, _ = run({**BASELINE, "16": figures(879, rule_match=579, malloc=300)}, BASELINE)
    assert status == 0
    assert "+9.9%" in out


@pytest.mark.parametrize("size", ["1", "16"])
def test_a_rise_at_one_concurrency_fails_and_names_the_function(run, size):
    doctored = json.loads(json.dumps(BASELINE))
    doctored[size] = figures(round(BASELINE[size]["instructions"] / 1.2), rule_match=100,
                             malloc=BASELINE[size]["functions"]["malloc"])
    status, out, _ = run(BASELINE, doctored)
    assert status == 1
    rose = out.partition(f"what rose at {size}\n")[2]
    assert "rule_match" in rose and "malloc" not in rose


def test_a_function_that_is_new_is_named(run):
    now = {**BASELINE, "1": figures(2000, rule_match=600, malloc=400, json_dumps=1000)}
    status, out, _ = run(now, BASELINE)
    assert status == 1
    assert "json_dumps" in out.partition("what rose at 1\n")[2].splitlines()[0]


def test_only_write_changes_the_baseline(run):
    now = {**BASELINE, "1": figures(10, rule_match=10)}
    assert run(now, BASELINE)[2] == BASELINE
    assert run(now, BASELINE, "--write")[2] == now


def test_the_baseline_is_whole():
    baseline = json.loads(instructions.BASELINE.read_text())
    assert list(baseline) == [str(size) for size in instructions.CONCURRENCIES]
    for figure in baseline.values():
        assert sum(figure["functions"].values()) == figure["instructions"]


# The load -----------------------------------------------------------------------------------

ROUTER = """
import json, sys, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

api, sinks, posts = sys.argv[1], sys.argv[2:4], list(map(int, sys.argv[4:]))

def deliver(alert):
    text = urllib.request.urlopen(api + "/api/v1/sic/alerts/" + alert, timeout=60).read()
    message = json.dumps({"text": text.decode()}).encode()
    for sink, times in zip(sinks, posts):
        for _ in range(times):  # together: none is answered before all have come
            Thread(target=urllib.request.urlopen, args=(sink, message, 60), daemon=True).start()

class Hook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        Thread(target=deliver, args=(event["attributes"]["uuid"],), daemon=True).start()

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture
def route():
    """Runs a load of eight events through a router that posts so many times to each sink."""
    ended = []

    def route(*posts):
        load = lockstep.Lockstep(4, "/hooks/x")
        router = subprocess.Popen(
            [sys.executable, "-c", ROUTER, load.api, *load.sinks, *map(str, posts)],
            stdout=subprocess.PIPE, text=True)
        ended.append((router, load))
        load.run(router.pid, int(router.stdout.readline()), 8)
        return load

    yield route
    for router, load in ended:
        router.kill()
        router.wait(30)
        load.close()


def test_each_event_passes_once(route):
    load = route(1, 1)
    assert [len(delivered) for delivered in load.delivered] == [8, 8]


def test_a_message_that_comes_twice_is_a_failure(route):
    with pytest.raises(RuntimeError, match="exactly once"):
        route(1, 2)


def test_a_message_that_does_not_come_is_a_failure(route, monkeypatch):
    monkeypatch.setattr(lockstep, "PATIENCE_S", 5)
    with pytest.raises(RuntimeError, match="not all posts"):
        route(1, 0)
