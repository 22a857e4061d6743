"""docs/operations.md: its backup holds all that was accepted, its lists are those of the source."""

import re
import shutil
import subprocess
import threading

import pytest

import pages
import sinks
import terminal
from fakes.recorder import Recorder
from tocsin import wait_until

PAGE = "docs/operations.md"
TEXT = pages.read(PAGE)


def section(title):
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)[1]


# Backup ----------------------------------------------------------------------------------------


class Sender:
    """Posts as fast as it is answered, in a thread, until it is stopped."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.accepted = []
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._post_all)
        self._thread.start()

    def _post_all(self):
        while not self._is_stopped.is_set():
            number = len(self.accepted)
            self.daemon.accept({"type": "probe", "attributes": {
                "title": f"probe {number}", "uuid": f"t{number % 7}"},
                "metadata": {"uuid": str(number)}})
            self.accepted.append(f"probe {number}")

    def wait_for(self, count):
        wait_until(lambda: len(self.accepted) >= count, f"{count} accepted")

    def stop(self):
        self._is_stopped.set()
        self._thread.join()


def shell(text, daemon, backups):
    """The page's commands, with the folders of the test in the place of the page's."""
    for theirs, ours in [("/var/lib/tocsin", daemon.folder), ("/var/backups/tocsin", backups)]:
        text = text.replace(theirs, str(ours))
    return subprocess.run(["bash", "-eu", "-c", text], capture_output=True, text=True, check=True,
                          timeout=60).stdout


def test_a_backup_under_load_holds_all_that_was_accepted_before_it(make_daemon, started, tmp_path):
    """Some of it was delivered by then, most waits; the original is lost for good afterwards."""
    backup, restore = [block.text for block in pages.blocks(section("Backup"))]
    backups = tmp_path / "backups"
    backups.mkdir()
    recorder = started(Recorder())
    daemon = make_daemon({"far": sinks.record(recorder)},
                         settings="sink_defaults: {retry: {first: 50ms, max: 100ms}}\n").start()
    sender = Sender(daemon)
    try:
        sender.wait_for(20)
        recorder.wait_for(10)
        recorder.fail_always(500)
        sender.wait_for(200)
        before = list(sender.accepted)
        assert "ok" in shell(backup, daemon, backups)
        sender.wait_for(len(before) + 20)
    finally:
        sender.stop()
    daemon.kill9()
    old_ids = {document["delivery"] for document in recorder.documents()}

    shell(restore, daemon, backups)
    shutil.rmtree(daemon.folder / "damaged")
    recorder.fail_always(None)
    daemon.start()
    daemon.wait_settled()

    documents = recorder.documents()
    assert set(before) <= {document["title"] for document in documents}
    new_ids = [document["delivery"] for document in documents if document["delivery"] not in old_ids]
    assert new_ids and not any(one.split("-")[0] in {old.split("-")[0] for old in old_ids}
                               for one in new_ids)
    assert (daemon.ledger.stat().st_mode & 0o777, (backups / "ledger.db").stat().st_mode & 0o777) == \
        (0o600, 0o600)
    daemon.still_serves()


# Lists -----------------------------------------------------------------------------------------


def rows(text):
    return [[cell.strip() for cell in row.strip("| ").split(" | ")]
            for row in re.findall(r"^\| .*\|$", text, re.MULTILINE)][1:]


def alarms_of_the_source():
    """(action, title) of each place that raises one: a title's names are NAME on the page."""
    found = set()
    for file in sorted((pages.TREE / "core").rglob("*.c")):
        text = re.sub(r'"\s*\n\s*"', "", file.read_text())
        for function in re.split(r"^\}\n", text, flags=re.MULTILINE):
            if "const struct alarm alarm =" not in function:
                continue
            actions = re.findall(r'"([a-z]+-[a-z]+)"', function.partition(".action =")[2].partition(
                ".text")[0])
            title = re.search(r'(?:\.title = |\*title =\s*text_format\()"([^"]*)"', function)[1]
            for action in actions:
                verb = {"sink-unusable": "is unusable", "sink-failing": "fails"}.get(action, "")
                found.add((action, re.sub("%s", "NAME", title, count=1).replace("%s", verb)))
    return found


def test_each_alarm_stands_in_the_table_with_its_title():
    listed = {(row[0].strip("`"), row[1].strip("`")) for row in rows(section("Alarms"))}
    assert len(listed) >= 8
    assert listed == alarms_of_the_source()


def test_each_alarm_has_a_cause_and_a_cure():
    for row in rows(section("Alarms")):
        assert len(row) == 4 and all(len(cell) > 10 for cell in row[2:]), row


def test_each_metric_stands_in_the_table():
    no_metrics = {"tocsin_sink_plugin", "tocsin_injected"}  # symbols of C and of C++
    names = {name for file in (pages.TREE / "core").rglob("*.c")
             for name in re.findall(r'"(tocsin_[a-z_]+)', file.read_text())} - no_metrics
    assert len(names) > 25
    assert set(re.findall(r"`(tocsin_[a-z_]+)`", section("Metrics"))) == names


def test_each_alert_rule_stands_in_the_table():
    rules = (pages.TREE / "conf/prometheus/tocsin.rules.yml").read_text()
    names = set(re.findall(r"alert: (\w+)", rules))
    assert names and names == set(re.findall(r"`(Tocsin\w+)`", section("Metrics")))


@pytest.mark.parametrize("words, file", [
    ("nothing can be written", "core/store/writer.c"),
    ("the API refuses the key with HTTP", "core/enrich/enricher.c"),
    ("the clock went back by", "core/store/recovery.c"),
])
def test_what_a_runbook_quotes_is_what_the_log_says(words, file):
    assert words in re.sub(r"\s+", " ", section("What to do when"))
    assert words in (pages.TREE / file).read_text()


# Who makes each trouble, and sees that tocsin comes out of it as its runbook says.
TROUBLES = {
    "The disk is full": ("test_disk", "test_a_full_disk_refuses_and_forgets_nothing_in_flight"),
    "The API refuses the key": ("test_trouble",
                                "test_a_refused_key_is_told_and_messages_go_out_all_the_same"),
    "A sink refuses": ("test_reload",
                       "test_an_operator_who_mends_a_broken_sink_need_not_wait_for_its_probe"),
    "A hook is silent": ("test_trouble",
                         "test_a_silent_hook_is_told_of_once_until_it_is_heard_again"),
    "The ledger is damaged": ("test_disk",
                              "test_a_start_on_a_corrupt_ledger_refuses_and_says_what_to_do"),
    "The clock jumps": ("test_clock",
                        "test_a_jump_while_no_daemon_runs_holds_up_no_retry_and_gives_none_up"),
    "It dies again and again": (
        "test_trouble",
        "test_a_message_that_ends_the_daemon_each_time_is_a_dead_letter_after_the_third"),
}


def test_each_runbook_is_of_a_trouble_that_a_test_makes():
    assert set(re.findall(r"^### (.*)$", section("What to do when"), re.MULTILINE)) == set(TROUBLES)
    for file, test in TROUBLES.values():
        assert f"def {test}(" in (pages.TREE / f"tests/integration/{file}.py").read_text(), test
