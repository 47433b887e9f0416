"""
Upgrades under load: the program is executed anew, again and again, while fifty checks run. Not one route moves, the
process stays the same, and no more checks miss a turn by more than MISS, measured where it matters, at the services,
than do in the same run without upgrades, but for a few that a busy machine held up.
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
LIMIT = 30.0 * paths.SLOWNESS


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

    def lateness(self, seconds):
        """Since the last look: how late each connection was after the one before, and whose it was."""
        gaps = []
        for check, seen in zip(self.checks, self.scene.farm.seen()):
            if len(seen) < seconds / INTERVAL / 2:
                self.scene.complain(f"{check.name}: {len(seen)} connections in {seconds:.1f} s")
            gaps += [(after - before - INTERVAL, check.name) for before, after in zip(seen, seen[1:])]
        return gaps or [(0.0, "none")]

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
        floor = self.lateness(FLOOR_SECONDS)
        begin = time.monotonic()
        for number in range(1, UPGRADES + 1):
            self.upgrade(number)
            time.sleep(self.dice.uniform(*BETWEEN))
        scene.wait(lambda: not workers & set(scene.workers()) and len(scene.workers()) == CHECKS, LIMIT,
                   "workers of the new program")
        self.judge(counted, floor, self.lateness(time.monotonic() - begin))

    def judge(self, counted, floor, found):
        scene = self.scene
        (late, name), (late_before, _) = max(found), max(floor)
        missed, missed_before = (sum(seconds > MISS for seconds, _ in gaps) / len(gaps) for gaps in (found, floor))
        scene.notes.append(f"{UPGRADES} upgrades: a check was late by {late * 1000:.0f} ms at most, without upgrades by "
                           f"{late_before * 1000:.0f} ms")
        # One that everybody noticed would make CHECKS of them late.
        if missed > missed_before + CHECKS / 2 / len(found):
            scene.complain(f"{missed:.2%} of the turns were missed, {missed_before:.2%} without upgrades; by "
                           f"{late * 1000:.0f} ms at most, {name}")
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
