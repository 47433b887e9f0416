"""
Random reloads under running checks. After each, BIRD's table is what the model says, BIRD was told of exactly the
routes whose attributes had to change, and exactly the workers were replaced whose arguments changed.
"""
import collections
import os
import random
import re
import signal
import time

import edits
import model
from watch import Inventory, memory
from harness import paths
from harness.wait import Timeout
from scene import PAUSE, Scene

CHECKS, PORTS, FILES = 50, 16, 6
LIMIT = 30.0 * paths.SLOWNESS  # seconds for anything to happen; how fast it does is not what is tested here
LATE_LIMIT, RENAMED_LIMIT = 20.0, 0.2  # seconds
SHARE_WATCHED = 0.15  # of the reloads, the last ones: the file is changed and nobody sends a signal
SHARE_BROKEN, SHARE_FLAPPING = 0.06, 0.1
COMPLAINTS_MAX = 20
DOWN = 5  # services at the start
MEMORY_GROWTH = 512  # kB
DONE = re.compile(r"Z (?:info|debug) reloaded ")
REFUSED = re.compile(r"Z error .* was not reloaded: ")


class Reloads:
    """`said`: how often the model needed a route of a peer announced or withdrawn; `pid_of`: a check's worker."""

    def __init__(self, stack, seed, count):
        self.count = count
        self.dice = random.Random(f"{seed} reloads")
        self.scene = Scene(stack, PORTS, FILES, settings={"live_reload": False})
        self.editor = edits.Editor(self.dice, PORTS + FILES)
        self.scene.settings["resync"] = 0
        self.said = {(peer, verb): 0 for peer in model.PEERS for verb in ("added", "removed")}
        self.kinds = collections.Counter()
        self.watched = False
        self.step = 0
        self.pid_of = {}
        self.vain = dict.fromkeys(model.PEERS, 0)  # withdraws of what nobody had announced, at most
        self.counted = {}  # what BIRD had counted of each peer when the table first was as it had to be
        self.lost = False  # BIRD's table is wrong, and so would be everything after it

    def complain(self, text):
        self.scene.complain(f"reload {self.step}: {text}")

    # What must come of a change

    def settle(self, expected, what, renamed=frozenset()):
        """Wait until all is as the model says, and judge what BIRD was told meanwhile."""
        scene = self.scene
        try:
            scene.wait(lambda: not scene.unsettled(), LIMIT, "the states")
        except Timeout:
            wrong = {name: scene.states.get(name) for name in scene.unsettled()}
            self.complain(f"{what}: states are not as their services: {wrong}")
        wrong = scene.wait_table(LIMIT)
        if wrong:
            self.complain(f"{what}: {len(wrong)} routes: {wrong[:4]}")
            self.lost = True
        self.judge_events(expected, what, renamed)
        self.judge_counters(what)

    def read_stories(self, expected, renamed):
        """
        key -> what BIRD was told since the last look. Waits for what is expected: path identifiers are not seen in
        the table; and a moment for what may be said of renamed routes without a change of the table.
        """
        seen = {}
        begin = time.monotonic()
        while True:
            for event in self.scene.bird.events():
                seen[event.key] = seen.get(event.key, ()) + (event.verb,)
            age = time.monotonic() - begin
            missing = [key for key, possible in expected.items() if seen.get(key, ()) not in possible]
            if age > LATE_LIMIT or not missing and (renamed <= seen.keys() or age > RENAMED_LIMIT):
                return seen
            time.sleep(PAUSE)

    def judge_events(self, expected, what, renamed):
        """Each route's story since the last look must be one that the model has, most of them the empty one."""
        for key in renamed:
            # Another check's, if it has no verdict yet, comes when it has one.
            expected[key] = (expected[key] | {("removed", "added", *story) for story in expected[key]} |
                             {("removed", *story) for story in expected[key] if story[:1] == ("added",)})
        seen = self.read_stories(expected, renamed)
        for key in seen.keys() | expected.keys():
            story, possible = seen.get(key, ()), expected.get(key, {()})
            if story not in possible:
                self.complain(f"{what}: {key}: {' '.join(story) or 'nothing'} instead of {possible}")
                story = next(iter(possible))
            for verb in story:
                self.said[key[0], verb] += 1

    def judge_counters(self, what):
        """What BIRD counted is what the model needed, but for withdraws in vain that an announcement overtook."""
        scene = self.scene

        def wrong():
            found = {}
            for peer, (updates, withdraws) in self.counted.items():
                now = scene.bird.received(peer)
                surplus = now[1] - withdraws - self.said[peer, "removed"]
                if now[0] - updates != self.said[peer, "added"] or not 0 <= surplus <= self.vain[peer]:
                    found[peer] = (now[0] - updates, now[1] - withdraws)
            return found

        try:
            scene.wait(lambda: not wrong(), LATE_LIMIT, "BIRD's counters")
        except Timeout:
            self.complain(f"{what}: updates and withdraws that BIRD counted: {wrong()}; the model needs {self.said}, and "
                          f"withdraws in vain up to {self.vain}")
            self.counted = {}

    # The workers

    def judge_workers(self, before, continued, what):
        """before: name -> pid. A worker stays while its check's arguments and name do; returns pid -> name of those."""
        scene = self.scene
        kept, ended = {}, set(before.values())
        for check in scene.checks:
            origin = continued.get(check.name)
            pid = before.get(origin.name) if origin else None
            if pid and (origin.service, origin.name) == (check.service, check.name):
                kept[pid] = check.name
                ended.discard(pid)

        def as_it_must_be():
            alive = scene.workers().keys()
            return len(alive) == len(scene.checks) and kept.keys() <= alive and not ended & alive

        try:
            scene.wait(as_it_must_be, LIMIT, "the workers")
        except Timeout:
            alive = scene.workers()
            self.complain(f"{what}: {len(alive)} workers for {len(scene.checks)} checks; ended although nothing "
                          f"changed for them: {[name for pid, name in kept.items() if pid not in alive]}; still there: "
                          f"{[alive[pid] for pid in ended & alive.keys()]}")
        return kept

    # One step

    def write_and_tell(self, text, pattern, what):
        scene = self.scene
        scene.read_log()
        if isinstance(text, str):
            scene.write_text(text)
        else:
            scene.write(text)
        if not self.watched:
            os.kill(scene.master, signal.SIGHUP)
        try:
            scene.wait(lambda: any(pattern.search(line) for line in scene.read_log()), LIMIT, "word of the reload")
        except Timeout as error:
            self.complain(f"{what}: {error}")

    def perform_break(self):
        text, kind = self.editor.broken(self.scene.document(self.scene.checks))
        self.kinds["broken"] += 1
        self.write_and_tell(text, REFUSED, f"broken ({kind})")
        return self.scene.checks, f"broken ({kind})"

    def perform_edit(self):
        scene = self.scene
        checks = model.clone(scene.checks)
        what = self.editor.edit(checks)
        self.kinds["edit"] += 1
        self.write_and_tell(checks, DONE, what)
        return checks, what

    def perform_flap(self):
        """A service turns, nothing is reloaded."""
        scene = self.scene
        up, service = list(scene.farm.up), self.dice.randrange(PORTS + FILES)
        scene.farm.turn(service, not up[service])
        self.kinds["flap"] += 1
        self.settle(model.expectations(scene.checks, up, scene.checks, scene.farm.up),
                    f"service {service} is {'up' if scene.farm.up[service] else 'down'}")

    def perform_step(self):
        scene = self.scene
        old = scene.checks
        checks, what = (self.perform_break if self.dice.random() < SHARE_BROKEN else self.perform_edit)()
        self.follow(old, checks, what)
        if self.dice.random() < SHARE_FLAPPING:
            self.perform_flap()

    def follow(self, old, checks, what):
        """The reload from `old` to `checks` was done: wait for what comes of it and judge it."""
        scene = self.scene
        continued = model.pairs(old, checks)
        scene.checks = checks
        scene.read_log()
        for name, origin in continued.items():
            if name != origin.name and origin.name in scene.states:
                scene.states.setdefault(name, scene.states[origin.name])
        for peer, count in model.first_withdraws(old, scene.farm.up, checks).items():
            self.vain[peer] += count
        self.settle(model.expectations(old, scene.farm.up, checks, scene.farm.up), what,
                    model.renamed_routes(old, checks))
        self.remember(self.judge_workers(self.pid_of, continued, what))
        # A name may come back, for another check.
        names = {check.name for check in checks}
        scene.states = {name: state for name, state in scene.states.items() if name in names}

    def remember(self, kept):
        """name -> pid: those kept by what they were, the others by what they call themselves."""
        workers = self.scene.workers()
        self.pid_of = {**{name: pid for pid, name in workers.items()},
                       **{name: pid for pid, name in kept.items() if pid in workers}}

    def watch_the_file(self):
        """From now on a change of the file is enough."""
        self.scene.settings["live_reload"] = True
        self.write_and_tell(self.scene.checks, DONE, "live_reload: true")
        self.watched = True

    def perform(self):
        scene = self.scene
        checks = [self.editor.new_check() for _ in range(CHECKS)]
        for service in self.dice.sample(range(PORTS + FILES), DOWN):
            scene.farm.turn(service, False)
        scene.start(checks)
        self.settle(model.expectations([], [], checks, scene.farm.up), "the start")
        self.remember({})
        self.said = {(peer, verb): 0 for peer in model.PEERS for verb in ("added", "removed")}
        self.counted = {peer: scene.bird.received(peer) for peer in model.PEERS}
        first = model.clone(checks)
        before = Inventory(scene.master, ())
        begin, kilobytes = time.monotonic(), 0
        for self.step in range(1, self.count + 1):
            if self.step == int(self.count * (1 - SHARE_WATCHED)):
                self.watch_the_file()
            if self.step == self.count // 5:
                kilobytes = memory(scene.master)
            self.perform_step()
            if self.lost or len(scene.complaints) > COMPLAINTS_MAX:
                self.complain("too much is wrong to go on")
                return
        seconds = time.monotonic() - begin
        self.scene.notes.append(f"{self.step} reloads in {seconds:.1f} s, {dict(self.kinds)}, "
                                f"needed {self.said}, withdraws in vain up to {self.vain}")
        self.judge_end(first, before, kilobytes)

    def judge_end(self, first, before, kilobytes):
        """Back to what was at the start: as many processes and descriptors, and BIRD counted what was needed."""
        scene = self.scene
        scene.settings["live_reload"] = False
        self.write_and_tell(first, DONE, "back to the start")
        self.follow(scene.checks, first, "back to the start")
        self.judge_inventory(before)
        grown = memory(scene.master) - kilobytes
        self.scene.notes.append(f"the supervisor's memory grew by {grown} kB")
        if grown > MEMORY_GROWTH and not paths.SANITIZED:
            self.complain(f"the supervisor's memory grew by {grown} kB")

    def judge_inventory(self, before):
        deadline = time.monotonic() + 20
        while (found := Inventory(self.scene.master, ()).differences(before)) and time.monotonic() < deadline:
            time.sleep(0.1)
        for text in found:
            self.complain(text)


def perform(stack, seed, count):
    """Returns the scene, with what was wrong in it."""
    reloads = Reloads(stack, seed, count)
    try:
        reloads.perform()
    except Timeout as error:
        reloads.complain(str(error))
    return reloads.scene
