"""The power fails: what SQLite wrote and did not sync is gone, or there in part (power_vfs.c). The
same oracle holds. It must notice when the ledger is not synced as it should be: that is proved too."""

import random
import re

import pytest

CUTS = 30
LEAST_TORN = 6  # of them; how many are is the scheduler's too, so it is cut on until there are
SEEDS = [11, 12, 13]
MOST_OPERATIONS = 2000  # of a life: some lives see the log begin anew
CARELESS_CUTS = 20


def cut_again_and_again(scene, chance, cuts, **env):
    """The last words of each life."""
    words = []
    for n in range(cuts):
        operation = chance.randint(1, chance.choice([20, 200, MOST_OPERATIONS]))
        scene.start_doomed(TOCSIN_POWER=f"{chance.getrandbits(31) + 1}:{operation}", **env)
        if n == 0:
            scene.sender.start()
        words.append(scene.wait_for_death(120))
        yield words[-1]


def parts_written(words):
    """(sectors that reached the disk, sectors that were not synced) of a cut."""
    return tuple(map(int, re.search(r"power: cut at operation \d+, (\d+) of (\d+)", words).groups()))


def count_torn(parts):
    return sum(0 < written < all_of_them for written, all_of_them in parts)


@pytest.mark.parametrize("seed", SEEDS)
def test_after_power_cuts_every_promise_is_kept(make_scene, report, seed):
    chance = random.Random(seed)
    scene = make_scene(seed, padding=3000, chat={"fails": 30, "refuses": 150, "mute": 60},
                       post={"later": 10, "full": 20})
    parts = []
    for words in cut_again_and_again(scene, chance, 2 * CUTS):
        parts.append(parts_written(words))
        if len(parts) >= CUTS and count_torn(parts) >= LEAST_TORN:
            break
    scene.start()
    scene.sender.wait_for(len(scene.sender.acked()) + 10)
    assert scene.finish() == []
    marked, most = scene.oracle.marked()
    torn = count_torn(parts)
    report(f"seed {seed}: {len(parts)} cuts, {torn} of them with a part of what was not synced on the "
           f"disk; {len(scene.sender.acked())} events answered 202, {marked} deliveries marked of "
           f"{most} in doubt; accepted, delivered, dead, skipped: {scene.oracle.receipt()}")
    assert marked <= most
    assert torn >= LEAST_TORN
    assert len(scene.sender.acked()) > CUTS


def test_with_synchronous_normal_events_are_lost_and_the_oracle_says_so(make_scene, report):
    """Else the test above would prove nothing. It ends with the first loss that is found."""
    chance = random.Random(20)
    faults = []
    for n in range(CARELESS_CUTS):
        scene = make_scene(f"careless/{n}", name=f"careless-{n}")
        scene.start_doomed(TOCSIN_POWER=f"{chance.getrandbits(31) + 1}:0",
                           TOCSIN_POWER_SYNC="normal")
        scene.sender.start().wait_for(30)
        scene.kill()
        scene.start()
        faults = scene.finish()
        if faults:
            break
    report(f"with synchronous = NORMAL, after {n + 1} cuts: {len(faults)} faults, such as: "
           f"{faults[0] if faults else None}")
    assert any("was answered 202" in fault and "not in the ledger" in fault for fault in faults)
