"""Memory (Pss: what is shared counts in part): idle, at full load, and over time at 80 % of it."""

import time

import rig
import usage
from contenders.tocsin import Tocsin
from far_ends import Delivered, FarEnds
from load import Failure, Sender, event_body
from measures import Finding, Series, at_most, median

NAME = "memory"
TITLE = "Memory"

MOST_IDLE_MB, MOST_LOADED_MB, MOST_GROWTH_MB = 16, 64, 1
SAMPLE_S = 0.25
KEEP = "10m"  # as long as ids are remembered; the ledger of 20 minutes would be many GB
PART = 0.8


def pss_mb(contender):
    return usage.pss_kb(contender.pids()) / 1024


def watch(sender, contender, delivered):
    """[(seconds, MB)] until the sender has ended; what arrives meanwhile is taken note of."""
    samples, began = [], time.monotonic()
    while sender.process.poll() is None:
        samples.append((time.monotonic() - began, pss_mb(contender)))
        delivered.read()
        time.sleep(SAMPLE_S)
    return samples


def check(delivered, known):
    if faults := delivered.read().faults(known):
        raise Failure(f"{NAME}: " + "; ".join(faults))


def load(contender, delivered, folder, url, known, events, **options):
    """Sends, watches, and waits until all is delivered exactly; known: what is accepted is added.
    Returns (seconds until the last delivery, samples)."""
    sender = Sender(folder, url, event_body(contender), events, **options).begin()
    try:
        samples = watch(sender, contender, delivered)
        summary = sender.end()
    finally:
        sender.kill()
    known |= rig.check_all_accepted(sender, summary)
    rig.wait_for_arrivals(delivered, len(known) * len(delivered.ids))
    samples.append((samples[-1][0] + SAMPLE_S if samples else 0, pss_mb(contender)))
    rig.wait_until_settled(contender)
    check(delivered, known)
    return delivered.last_s - summary["began_ms"] / 1000, samples


def _idle_mb():
    """After one event went out, so that the authorities are loaded and a connection is open."""
    with rig.scratch() as folder, FarEnds(f"{folder}/ends", sinks=1, tls=True) as ends:
        contender = Tocsin()
        with rig.started(contender, folder, ends) as url:
            load(contender, Delivered(ends), folder, url, set(), 1, prefix="0a000000")
            return pss_mb(contender)


def growth_mb(samples):
    """From the start of the last half to the end, each by the median of a tenth of the half."""
    half = [mb for _, mb in samples[len(samples) // 2:]]
    tenth = max(1, len(half) // 10)
    return median(half[-tenth:]) - median(half[:tenth])


def _loaded(scale, minutes):
    """(samples at full load, samples at 80 % of it, the rate that this was)."""
    with rig.scratch() as folder, FarEnds(f"{folder}/ends") as ends:
        contender, delivered, known = Tocsin(keep=KEEP), Delivered(ends), set()
        with rig.started(contender, folder, ends) as url:
            events = scale.of(20000, 3000)
            seconds, full = load(contender, delivered, folder, url, known, events, connections=64,
                                 prefix="0a000000")
            rate = PART * events / seconds
            _, steady = load(contender, delivered, folder, url, known, round(rate * minutes * 60),
                             connections=64, rate=f"{rate:.1f}", prefix="0b000000")
        time.sleep(rig.LOG_LAG_S)
        check(delivered, known)
    return full, steady, rate


def measure(scale):
    minutes = scale.of(4, 0.1, 20)
    yield at_most(f"Pss under {MOST_IDLE_MB} MB idle, with one https sink", _idle_mb(), MOST_IDLE_MB,
                  "after one event went out by it", " MB")
    full, steady, rate = _loaded(scale, minutes)
    yield at_most(f"Pss under {MOST_LOADED_MB} MB at full load", max(mb for _, mb in full),
                  MOST_LOADED_MB, f"the most of {len(full)} samples, 64 connections", " MB")
    yield at_most(f"growth under {MOST_GROWTH_MB} MB over the last half at 80 % load",
                  growth_mb(steady), MOST_GROWTH_MB,
                  f"{minutes:g} minutes at {rate:.0f} events/s (20 with --long), "
                  f"{max(mb for _, mb in steady):.1f} MB at most", " MB")
    yield Series("memory over time at 80 % load", "seconds", "MB (Pss)", steady, "tocsin")
