"""Killed again and again at random moments under load: whatever was answered 202 arrives, once or
marked as a repeat, in order, and nothing else does."""

import random
import threading

import pytest

KILLS = 70
SEEDS = [1, 2, 3]


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_random_moments_it_keeps_every_promise(make_scene, report, seed):
    chance = random.Random(seed)
    scene = make_scene(seed,
                       chat={"fails": 30, "busy": 400, "refuses": 150, "mute": 60, "deaf": 60,
                             "breaks": 60},
                       post={"later": 10, "full": 20, "mute": 20})
    scene.api.delay(0.03)
    scene.start()
    scene.sender.start()
    for _ in range(KILLS):
        scene.sender.wait_for(len(scene.sender.acked()) + chance.randint(1, 30))
        # The moment is the test's input, not a wait for something.
        threading.Event().wait(chance.random() * 0.05)
        scene.kill()
        scene.start()
    scene.sender.wait_for(len(scene.sender.acked()) + 10)
    assert scene.finish() == []
    marked, most = scene.oracle.marked()
    report(f"seed {seed}: {scene.oracle.deaths} kills, {len(scene.sender.acked())} events answered "
           f"202, {marked} deliveries marked as repeats of {most} in doubt; accepted, delivered, "
           f"dead, skipped: {scene.oracle.receipt()}")
    assert marked <= most
    assert len(scene.sender.acked()) > 2 * KILLS
