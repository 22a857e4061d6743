"""How often tocsin has the disk confirm what was written: counted as system calls, by strace."""

import re
import signal
import time

import rig
from contenders.program import STOP_S, need_command, session_pids
from contenders.tocsin import Tocsin
from far_ends import Delivered, FarEnds
from load import Failure, Sender, event_body
from measures import Finding

NAME = "syncs"
TITLE = "Syncs of the disk"

BEGUN = re.compile(r"^\d+ +(\d+\.\d+) f(?:data)?sync\(\d+<(.*?)>", re.MULTILINE)
FAILED = re.compile(r"\) += -1 E.*$", re.MULTILINE)


class Traced(Tocsin):
    """Only these calls stop for strace, so that the others cost what they cost without."""

    def command(self, ends):
        argv, more = super().command(ends)
        self.trace = self.folder / "syncs.strace"
        return [need_command("strace", "strace"), "-D", "-f", "--seccomp-bpf", "-ttt", "-y", "-o",
                str(self.trace), "-e", "trace=fdatasync,fsync", *argv], more

    def stop(self):
        """strace writes its last lines after tocsin's end."""
        if self.process is None:
            return
        session = self.process.pid
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(STOP_S)
        deadline = time.monotonic() + STOP_S
        while session_pids(session) and time.monotonic() < deadline:
            time.sleep(0.02)
        super().stop()


def _turn(events, connections):
    """(syncs of the log, others) between the first post and the record of the last delivery."""
    with rig.scratch() as folder, FarEnds(f"{folder}/ends") as ends:
        contender, delivered = Traced(), Delivered(ends)
        with rig.started(contender, folder, ends) as url:
            sender = Sender(folder, url, event_body(contender), events, connections)
            began = time.time()
            accepted = rig.check_all_accepted(sender, sender.run())
            rig.wait_for_arrivals(delivered, events * len(ends.sinks))
            rig.wait_until_settled(contender)
            ended = time.time()
        time.sleep(rig.LOG_LAG_S)
        if faults := delivered.read().faults(accepted):
            raise Failure("syncs: " + "; ".join(faults))
        trace = contender.trace.read_text()
    if failed := FAILED.search(trace):
        raise Failure(f"a sync failed: {failed[0]}")
    paths = [path for at, path in BEGUN.findall(trace) if began <= float(at) <= ended]
    of_log = sum(path.endswith("-wal") for path in paths)
    return of_log, len(paths) - of_log


def measure(scale):
    for connections, events in ((1, scale.of(1000, 200)), (16, scale.of(5000, 1000))):
        of_log, others = _turn(events, connections)
        yield Finding("", f"{connections} connection{'s' * (connections > 1)}: "
                      f"{(of_log + others) / events:.3f} syncs an event", None,
                      f"{events} events to two sinks: {of_log} syncs of the log, {others} of other "
                      f"files; {events / of_log if of_log else 0:.1f} events a sync of the log")
        if connections == 1:
            yield Finding("no event is answered 202 before a sync", f"{of_log} syncs", of_log >= events,
                          f"{events} events one after another, so that none shares a sync")
