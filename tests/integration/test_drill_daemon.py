"""A drill by the daemon that runs: by its configuration, its credentials and its way out. It goes out
whatever keeps other messages back, stands in nobody's way, and leaves nothing in the ledger."""

import json
import threading

import pytest

import sinks
from fakes.recorder import Recorder
from tocsin import run, wait_until

FAST = "sink_defaults: {retry: {first: 50ms, max: 200ms, give_up: 1h}, " \
       "breaker: {failures: 2, probe: 1h}}\n"


PLAIN_POST = b"POST /api/v1/sinks/mine/drill HTTP/1.1\r\nHost: localhost\r\nX-Tocsin: 1\r\n" \
             b"Content-Length: 0\r\n\r\n"


def probe(title):
    return {"type": "probe", "action": "created", "attributes": {"title": title}}


@pytest.fixture
def recorder(started):
    return started(Recorder())


@pytest.fixture
def daemon(make_daemon, recorder):
    return make_daemon({"mine": sinks.record(recorder)}, settings=FAST).start()


def ask(daemon, sink="mine", **parameters):
    return daemon.change(f"/api/v1/sinks/{sink}/drill", **parameters)


def drill(daemon, sink="mine", result="delivered", **parameters):
    answer = ask(daemon, sink, **parameters)
    assert answer.status == 200, answer
    assert answer.body["outcome"]["result"] == result, answer.body
    return answer.body


class Asking(threading.Thread):
    """A drill that is waited for elsewhere."""

    def __init__(self, daemon, sink="mine"):
        super().__init__(daemon=True)
        self.answer = None
        self._ask = lambda: ask(daemon, sink)
        self.start()

    def run(self):
        self.answer = self._ask()

    def result(self):
        self.join(30)
        assert self.answer is not None, "no answer came"
        return self.answer


def sink_state(daemon, name="mine"):
    sink, = [sink for sink in daemon.status()["sinks"] if sink["name"] == name]
    return sink["state"]


def is_drill(document):
    return document["title"].startswith("Drill: ")


def test_it_answers_with_what_went_out_and_came_back(daemon, recorder):
    told = drill(daemon, level="low", by="ana")
    document, = recorder.documents()
    assert document["level"] == 1 and is_drill(document)
    assert "ana sent it from" in document["text_plain"]
    assert json.loads(told["exchanges"][0]["request"]["body"]) == document
    assert told["exchanges"][0]["answer"]["status"] == 200


def test_the_ledger_knows_nothing_of_it(daemon):
    before = daemon.status()
    drill(daemon)
    after = daemon.status()
    for count in ("events", "unrouted", "waiting", "delivered", "dead", "skipped"):
        assert after[count] == before[count] == 0


def test_a_failed_one_shuts_nothing_and_raises_no_alarm(make_daemon, recorder, mattermost):
    daemon = make_daemon({"mine": sinks.record(recorder), "chat": sinks.mattermost(mattermost)},
                         settings=FAST + "alarms: [chat]\n").start()
    recorder.fail_next(4, 401)
    for _ in range(4):
        drill(daemon, result="unusable")
    assert sink_state(daemon) == "open"
    daemon.accept(probe("goes through"))
    mattermost.wait_for(1)
    recorder.wait_for(1)
    assert daemon.status()["events"] == 1


def test_it_passes_a_pause_and_does_not_end_it(daemon, recorder):
    daemon.change("/api/v1/sinks/mine/pause")
    daemon.accept(probe("held"))
    drill(daemon)
    assert sink_state(daemon) == "paused"
    assert [is_drill(document) for document in recorder.documents()] == [True]
    daemon.change("/api/v1/sinks/mine/resume")
    recorder.wait_for(2)


def test_one_that_is_delivered_opens_what_trouble_shut_and_the_rest_follows(daemon, recorder):
    recorder.fail_next(1, 401)
    daemon.accept(probe("waits for an hour"))
    wait_until(lambda: sink_state(daemon) == "shut", "shut")
    recorder.fail_next(1, 401)
    drill(daemon, result="unusable")
    assert sink_state(daemon) == "shut"
    drill(daemon)
    recorder.wait_for(2)
    assert [is_drill(document) for document in recorder.documents()] == [True, False]
    daemon.wait_for_log("open again: a drill was delivered")
    daemon.wait_settled()


def test_while_one_hangs_everything_else_goes_on(daemon, recorder):
    recorder.hold()
    asking = Asking(daemon)
    recorder.wait_for_in_flight(1)
    daemon.still_serves()
    assert daemon.status()["ledger"]
    recorder.release()
    assert asking.result().status == 200


def test_it_waits_for_a_place_and_has_the_next(make_daemon, recorder):
    daemon = make_daemon({"mine": sinks.record(recorder, concurrency=1)}, settings=FAST).start()
    recorder.hold()
    for title in ("first", "second", "third"):
        daemon.accept(probe(title))
    recorder.wait_for_in_flight(1)
    with daemon.admin_socket() as client:
        client.sendall(PLAIN_POST)
        assert daemon.get("/healthz").status == 200, "it was read, then"
        assert recorder.in_flight == 1
        recorder.release()
        assert b'"result":"delivered"' in client.recv(65536)
    recorder.wait_for(4)
    assert [is_drill(document) for document in recorder.documents()] == [False, True, False, False]
    assert recorder.most_in_flight == 1


def test_it_waits_for_no_rate_and_counts_in_it(make_daemon, recorder):
    daemon = make_daemon({"mine": sinks.record(recorder, rate="1/h")}).start()
    drill(daemon)
    drill(daemon)
    daemon.accept(probe("comes after its share is spent"))
    wait_until(lambda: daemon.status()["waiting"] == 1, "it waits")
    assert daemon.status()["sinks"][0]["in_flight"] == 0
    assert [is_drill(document) for document in recorder.documents()] == [True, True]


def test_a_blocking_sink_lends_it_a_thread(make_daemon, smtp):
    daemon = make_daemon({"mail": sinks.email(smtp, concurrency=1)}, settings=FAST).start()
    told = drill(daemon, "mail")
    smtp.wait_for(1)
    assert told["outcome"]["receipt"].startswith("250 ")


def test_a_plugin_that_keeps_no_deadline(make_daemon, tmp_path):
    daemon = make_daemon({"stuck": sinks.overstay(tmp_path / "lines", timeout="100ms", stuck="4s",
                                                  concurrency=1)}).start()
    told = drill(daemon, "stuck", result="retry")
    assert told["outcome"]["may_have_arrived"] is True
    daemon.still_serves()
    daemon.stop()


def test_there_are_only_so_many_at_a_time(daemon, recorder):
    recorder.hold()
    asked = [Asking(daemon) for _ in range(12)]
    wait_until(lambda: sum(one.answer is not None for one in asked) == 4, "4 refusals")
    recorder.release()
    answers = [one.result() for one in asked]
    assert sorted(answer.status for answer in answers) == [200] * 8 + [409] * 4


@pytest.mark.parametrize("sink, parameters, status, words", [
    ("nime", {}, 404, 'did you mean "mine"?'),
    ("mine", {"level": "urgnt"}, 400, "info, low, medium, high, urgent"),
    ("mine", {"level": 3}, 400, "level"),
    ("mine", {"levle": "low"}, 400, "levle")])
def test_a_slip_sends_nothing(daemon, recorder, sink, parameters, status, words):
    answer = ask(daemon, sink, **parameters)
    assert answer.status == status and words in answer.body["error"], answer
    assert recorder.requests == []


def test_only_a_post_that_means_it_sends_one(daemon, recorder):
    assert daemon.get("/api/v1/sinks/mine/drill").status == 405
    assert daemon.change("/api/v1/sinks/mine/drill", headers={}).status == 403
    assert recorder.requests == []


def test_a_client_that_leaves_breaks_nothing(daemon, recorder):
    recorder.hold()
    with daemon.admin_socket() as client:
        client.sendall(PLAIN_POST)
        recorder.wait_for_in_flight(1)
    daemon.still_serves()
    recorder.release()
    recorder.wait_for(2)
    drill(daemon)


def test_stopping_waits_for_one_and_refuses_those_that_wait(make_daemon, recorder):
    daemon = make_daemon({"mine": sinks.record(recorder, concurrency=1)}).start()
    recorder.hold()
    first = Asking(daemon)
    recorder.wait_for_in_flight(1)
    second = Asking(daemon)
    assert daemon.get("/healthz").status == 200
    daemon.process.terminate()
    assert second.result().status == 503
    assert "stopping" in second.answer.body["error"]
    recorder.release()
    assert first.result().status == 200
    daemon.stop()


def test_stopping_does_not_wait_for_ever(make_daemon, recorder):
    daemon = make_daemon({"mine": sinks.record(recorder)}, settings="drain: 100ms\n").start()
    recorder.hold()
    with daemon.admin_socket() as client:
        client.sendall(PLAIN_POST)
        recorder.wait_for_in_flight(1)
        daemon.stop()


def test_the_sink_may_leave_the_configuration_meanwhile(make_daemon, recorder, mattermost):
    daemon = make_daemon({"mine": sinks.record(recorder, concurrency=1)}).start()
    recorder.hold()
    first = Asking(daemon)
    recorder.wait_for_in_flight(1)
    second = Asking(daemon)
    daemon.still_serves()
    daemon.write({"chat": sinks.mattermost(mattermost)})
    daemon.change("/api/v1/reload")
    assert second.result().status == 503 and "left the configuration" in second.answer.body["error"]
    recorder.release()
    assert first.result().body["outcome"]["result"] == "delivered"
    drill(daemon, "chat")


def test_no_secret_comes_with_the_answer(make_daemon, recorder):
    url = f"{recorder.url}planted-path/and-more?key=planted%2Fkey"
    daemon = make_daemon({"mine": {**sinks.record(recorder), "url": url}}).start()
    recorder.fail_next(1, 403, url.replace("/", "\\/"), {"Location": url})
    answer = ask(daemon)
    assert answer.status == 200 and "planted" not in str(answer.body)
    assert "planted" not in daemon.log()


# By the command line -----------------------------------------------------------------------------


def test_the_command_line_asks_the_daemon_where_it_is_told_to(daemon, recorder):
    """Its configuration may be one that only the daemon can read."""
    daemon.config.write_text(daemon.config.read_text().replace(recorder.url, "${NOT_SET_HERE}"))
    alone = run("drill", "-c", daemon.config, "mine")
    assert alone.returncode == 3 and "tocsin drill --daemon mine" in alone.stderr
    result = daemon.command("drill", "mine", "--level", "info")
    assert result.returncode == 0, result.stderr
    assert "outcome   delivered after" in result.stdout
    document, = recorder.documents()
    assert document["level"] == 0


def test_the_daemon_is_asked_for_one_after_the_other(make_daemon, recorder):
    daemon = make_daemon({"mine": sinks.record(recorder), "gone": sinks.unreachable()}).start()
    result = daemon.command("drill", "--all", "--json")
    assert result.returncode == 1, result.stderr
    assert [one["sink"] for one in json.loads(result.stdout)] == ["mine", "gone"]


def test_a_sink_that_the_daemon_does_not_have(daemon):
    result = daemon.command("drill", "nime")
    assert result.returncode == 2 and 'did you mean "mine"?' in result.stderr


def test_no_daemon_answers(make_daemon, recorder):
    daemon = make_daemon({"mine": sinks.record(recorder)})
    result = run("drill", "-c", daemon.config, "--admin", "127.0.0.1:1", "mine")
    assert result.returncode == 3 and "no daemon answers" in result.stderr
    assert recorder.requests == []
