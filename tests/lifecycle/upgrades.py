"""
Upgrades under load: the program is executed anew, again and again, while fifty checks run. Not one route moves, the
process stays the same, and no check misses a turn by more than MISS, measured where it matters, at the services,
beside what the same run does without upgrades.
"""
import os
import random
import signal
import time

import edits
import model
from harness import paths
from harness.wait import Timeout
from scene import Scene

CHECKS = 50
INTERVAL = 0.2
UPGRADES = 10
FLOOR_SECONDS = 4.0  # without upgrades
BETWEEN = (0.3, 0.9)  # seconds between upgrades
MISS = 0.1 * paths.SLOWNESS  # seconds
LIMIT = 10.0 * paths.SLOWNESS


class Upgrades:
    def __init__(self, stack, seed):
        self.dice = random.Random(f"{seed} upgrades")
        self.scene = Scene(stack, CHECKS)
        editor = edits.Editor(self.dice, CHECKS)
        self.checks = []
        for service in range(CHECKS):
            check = editor.new_check()
            check.service, check.timing = service, {"interval": INTERVAL, "rise": 2, "fall": 2}
            self.checks.append(check)

    def worst(self, seconds):
        """The latest that any check was since the last look: seconds from one connection to the next, and which."""
        gaps = []
        for check, seen in zip(self.checks, self.scene.farm.seen()):
            if len(seen) < seconds / INTERVAL / 2:
                self.scene.complain(f"{check.name}: {len(seen)} connections in {seconds:.1f} s")
            gaps += [(after - before - INTERVAL, check.name) for before, after in zip(seen, seen[1:])]
        return max(gaps, default=(0.0, "none"))

    def upgrade(self, number):
        scene = self.scene
        scene.read_log()
        os.kill(scene.master, signal.SIGUSR2)
        scene.wait(lambda: any("upgraded from" in line for line in scene.read_log()), LIMIT, f"upgrade {number}")

    def perform(self):
        scene = self.scene
        scene.start(self.checks)
        wrong = scene.wait_table(LIMIT)
        if wrong:
            scene.complain(f"the start: {wrong[:3]}")
        time.sleep(1)  # what all were told at the start has gone by
        scene.bird.events()
        counted = {peer: scene.bird.received(peer) for peer in model.PEERS}
        workers = set(scene.workers())
        scene.farm.seen()
        time.sleep(FLOOR_SECONDS)
        floor, _ = self.worst(FLOOR_SECONDS)
        begin = time.monotonic()
        for number in range(1, UPGRADES + 1):
            self.upgrade(number)
            time.sleep(self.dice.uniform(*BETWEEN))
        scene.wait(lambda: not workers & set(scene.workers()) and len(scene.workers()) == CHECKS, LIMIT,
                   "workers of the new program")
        late, name = self.worst(time.monotonic() - begin)
        self.judge(counted, floor, late, name)

    def judge(self, counted, floor, late, name):
        scene = self.scene
        scene.notes.append(f"{UPGRADES} upgrades: a check was late by {late * 1000:.0f} ms at most, without upgrades by "
                           f"{floor * 1000:.0f} ms")
        if late > MISS + max(0.0, floor):
            scene.complain(f"{name} missed its turn by {late * 1000:.0f} ms; without upgrades {floor * 1000:.0f} ms")
        events = scene.bird.events()
        if events or any(scene.bird.received(peer) != counted[peer] for peer in model.PEERS):
            scene.complain(f"BIRD was told of {events[:5]}")
        wrong = scene.table_differences()
        if wrong:
            scene.complain(f"the table: {wrong[:3]}")


def perform(stack, seed):
    upgrades = Upgrades(stack, seed)
    try:
        upgrades.perform()
    except Timeout as error:
        upgrades.scene.complain(str(error))
    return upgrades.scene
