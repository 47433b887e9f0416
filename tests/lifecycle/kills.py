"""
The supervisor is killed at random moments while services flap and the configuration changes; something starts it again
at once. Then BIRD's table becomes what it must be within the time that finding it out may take, what was up all the
time is never withdrawn, and nothing is left of the dead one. Now and then the journal is damaged between two lives:
then a withdraw is permitted, and nothing else. Otherwise every check goes on counting where it was.
"""
import contextlib
import multiprocessing
import os
import queue as queues
import random
import signal
import time
import traceback
from dataclasses import dataclass, field

import model
from harness import late, paths, processes
from harness.wait import Timeout
from respawn import HOLD, exits
from scene import Scene, children

INTERVAL, FAST, RISE, FALL = 0.2, 0.1, 2, 2
STEADY, OTHERS = 4, 8  # checks
PORTS, FILES = 8, 3  # services; the first STEADY ports are up all the time
LIMIT = FALL * INTERVAL + 4.0 * paths.SLOWNESS  # seconds from the last change to the truth
GONE_LIMIT = 20.0  # seconds, for the processes of a dead supervisor
TURMOIL = 0.5  # seconds in which things happen before and after a kill
LABS = 3
BY_EXABGP = 4  # kills after which ExaBGP starts it again: at the fifth death in 64 seconds it ends itself
SHARE_TWICE, SHARE_DAMAGED = 0.25, 0.15
# One result's step of a check; killed in between, it has told that step and not noted it, or the other way round.
STEPS = {"startup": ("rising (1/2)", "falling (1/2)"), "rising (1/2)": ("up", "falling (1/2)"),
         "up": ("falling (1/2)",), "falling (1/2)": ("down", "rising (1/2)"), "down": ("rising (1/2)",)}


@dataclass
class Outcome:
    complaints: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    ending: list = field(default_factory=list)


class Kills:
    """respawn: see Scene. Without it ExaBGP itself starts exacheck again, which it does only a few times."""

    def __init__(self, stack, seed, respawn):
        self.dice = random.Random(f"{seed} kills")
        self.respawn = respawn
        self.scene = Scene(stack, PORTS, FILES, respawn=respawn)
        self.number = self.kills = self.damaged = self.names = self.counted = 0
        self.killed = ""  # when it last was, as the log would say
        self.slowest = 0.0

    def complain(self, text):
        self.scene.complain(f"kill {self.kills}: {text}")

    # The configuration: steady checks that nobody touches, and others

    def check(self, service, prefix):
        self.names += 1
        return model.Check(f"web {self.names}", service, [prefix],
                           timing={"interval": INTERVAL, "fast_interval": FAST, "rise": RISE, "fall": FALL})

    def other(self):
        self.number += 1
        check = self.check(self.dice.randrange(STEADY, PORTS + FILES), f"198.18.{self.number // 256}.{self.number % 256}/32")
        if self.dice.random() < 0.5:
            check.options["metric"] = self.dice.randint(0, 99)
        if self.dice.random() < 0.3:
            check.options["metric_down"] = 1000
        return check

    def start(self):
        scene = self.scene
        self.steady = [self.check(number, f"198.19.0.{number}/32") for number in range(STEADY)]
        self.steady_prefixes = {prefix for check in self.steady for prefix in check.prefixes}
        scene.start(self.steady + [self.other() for _ in range(OTHERS)])
        wrong = scene.wait_table(30 * paths.SLOWNESS)
        if wrong:
            self.complain(f"the start: {wrong[:3]}")
        scene.bird.events()

    # What happens around a kill

    def flap(self):
        service = self.dice.randrange(STEADY, PORTS + FILES)
        self.scene.farm.turn(service, not self.scene.farm.up[service])

    def edit(self):
        """Another configuration, told to the supervisor if there is one."""
        scene, dice = self.scene, self.dice
        checks = model.clone(scene.checks)
        others = checks[STEADY:]
        kind = dice.choice(["add", "remove", "metric", "replace"])
        if kind == "add" and len(others) < 2 * OTHERS:
            checks.append(self.other())
        elif kind == "remove" and len(others) > OTHERS // 2:
            checks.remove(dice.choice(others))
        elif kind == "replace":
            checks[checks.index(dice.choice(others))] = self.other()
        else:
            dice.choice(others).options["metric"] = dice.randint(0, 99)
        scene.write(checks)
        scene.checks = checks
        self.send(signal.SIGHUP)

    def send(self, number):
        """To the supervisor, if it is there and has begun; one that is just beginning reads the newest file anyway."""
        pid = self.scene.master
        try:
            pidfd = os.pidfd_open(pid)
        except (ProcessLookupError, OSError):
            return False
        try:
            if number == signal.SIGKILL or children(pid):
                signal.pidfd_send_signal(pidfd, number)
                return True
        except ProcessLookupError:
            pass
        finally:
            os.close(pidfd)
        return False

    def damage(self):
        """The journal, in one of the ways in which a file can be wrong."""
        path = self.scene.directory / "runtime" / "journal"
        try:
            data = bytearray(path.read_bytes())
        except FileNotFoundError:
            data = bytearray()
        kind = self.dice.choice(["gone", "cut", "noise", "flipped", "doubled", "empty"])
        if kind == "gone":
            path.unlink(missing_ok=True)
            return kind
        if kind == "cut":
            data = data[:self.dice.randrange(len(data) + 1)]
        elif kind == "noise":
            data = self.dice.randbytes(len(data))
        elif kind == "flipped" and data:
            data[self.dice.randrange(len(data))] ^= 1 << self.dice.randrange(8)
        elif kind == "doubled":
            data = data + data
        elif kind == "empty":
            data = b""
        path.write_bytes(data)
        return kind

    def kill(self, family):
        """Kill it; returns whether it was there. Its workers are added to `family`."""
        pid = self.scene.master
        family.update(children(pid))
        now = time.time()  # before: the next one may have begun when we come to look
        if self.send(signal.SIGKILL):
            self.kills += 1
            self.killed = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
            family.add(pid)
            return True
        return False

    def turmoil(self, family, damage):
        """Flaps, edits and a kill or two, at random moments; returns when the last of it happened."""
        dice, hold = self.dice, self.scene.directory / HOLD
        # what is neither in the journal nor in the configuration any more, nobody can know of
        kinds = [self.flap] if damage else [self.flap, self.edit]
        acts = [(dice.uniform(0, 2 * TURMOIL), dice.choice(kinds)) for _ in range(dice.randint(0, 4))]
        moment = dice.uniform(0, TURMOIL)
        acts.append((moment, lambda: self.kill(family)))
        if damage:
            acts.append((moment - 0.001, hold.touch))
            acts.append((moment + 0.05, self.damage))
            acts.append((moment + 0.06, hold.unlink))
        elif self.respawn and dice.random() < SHARE_TWICE:
            acts.append((moment + dice.uniform(0, 0.3), lambda: self.kill(family)))
        begin = time.monotonic()
        for when, act in sorted(acts, key=lambda act: act[0]):
            time.sleep(max(0.0, begin + when - time.monotonic()))
            act()
        return time.monotonic()

    # The judgement

    def judge(self, last, family, damaged):
        scene = self.scene

        def left():
            return last + LIMIT + late.total(last) - time.monotonic()

        try:
            scene.wait(lambda: not scene.unsettled() and scene.begun >= self.killed, left(),
                       lambda: f"a new life since {self.killed}, begun {scene.begun}; the states of {scene.unsettled()}")
        except Timeout as error:
            self.complain(str(error))
        wrong = scene.wait_table(left())
        if wrong:
            self.complain(f"after {LIMIT:.1f} s, {len(wrong)} routes: {wrong[:3]}")
            wrong = scene.wait_table(20.0)
            if wrong:
                self.complain(f"nor after 20 s more: {wrong[:3]}")
        self.slowest = max(self.slowest, time.monotonic() - last)
        lost = [event for event in scene.bird.events() if event.verb == "removed" and
                event.prefix in self.steady_prefixes]
        if lost and not damaged:
            self.complain(f"withdrawn though it was up all the time: {lost[:4]}")
        deadline = time.monotonic() + GONE_LIMIT
        while (left := [pid for pid in family if processes.alive(pid)]) and time.monotonic() < deadline:
            time.sleep(0.01)
        if left:
            self.complain(f"left of a dead supervisor: {[(pid, processes.cmdline(pid)) for pid in left]}")

    def judge_counts(self, damaged):
        """What each check went on from, against what was heard of it before."""
        for name, (former, begun) in self.scene.resumed.items():
            known = (*former, *STEPS[former[-1]]) if former else ("startup", *STEPS["startup"])
            self.counted += bool(former)
            if begun not in known and not damaged:
                self.complain(f"{name}: {' -> '.join(former)}, and went on from {begun}")
        self.scene.resumed.clear()

    def turn(self):
        family = set()
        damaged = self.respawn and self.dice.random() < SHARE_DAMAGED
        self.damaged += damaged
        self.judge(self.turmoil(family, damaged), family, damaged)
        self.judge_counts(damaged)
        time.sleep(self.dice.choice([0.0, 0.0, self.dice.uniform(0, 0.5)]))
        wrong = self.scene.table_differences()
        if wrong:
            self.complain(f"not at rest: {wrong[:3]}")

    def judge_end(self):
        """No death but those that were dealt, and none of ours left."""
        died = [code for _, code in exits(self.scene.directory) if code != -signal.SIGKILL]
        if died:
            self.complain(f"exacheck ended by itself: {died}")
        left = [(pid, processes.cmdline(pid)) for pid in processes.orphans()]
        if left:
            self.complain(f"orphans: {left[:5]}")
        under = "" if self.respawn else " under ExaBGP alone"
        self.scene.notes.append(f"{self.kills} kills{under}, {self.damaged} times with a damaged journal; {self.counted} "
                                f"times a check went on; at the slowest {self.slowest:.2f} s to the truth, which may "
                                f"take {LIMIT:.1f} s")

    def perform(self, count):
        self.start()
        while self.kills < count and len(self.scene.complaints) < 10:
            self.turn()
        self.judge_end()


def perform_alone(seed, count, respawn, queue):
    """One lab, in a process of its own."""
    processes.adopt_orphans()
    late.start()
    with contextlib.ExitStack() as stack:
        kills = Kills(stack, seed, respawn)
        try:
            kills.perform(count)
        except Exception as error:  # also a mistake of the test itself must be heard of
            kills.complain("".join(traceback.format_exception(error)))
    queue.put(Outcome(kills.scene.complaints, kills.scene.notes, kills.scene.ending))


def perform(_, seed, count):
    """Several labs at once, as each of them mostly waits."""
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    parts = [(f"{seed} {lab}", -(-count // LABS), True) for lab in range(LABS)] + [(f"{seed} own", BY_EXABGP, False)]
    labs = [context.Process(target=perform_alone, args=(*part, queue)) for part in parts]
    for lab in labs:
        lab.start()
    total = Outcome()
    for _ in labs:
        try:
            outcome = queue.get(timeout=120 + 2 * count)
        except queues.Empty:
            total.complaints.append("a lab did not come to its end")
            break
        total.complaints += outcome.complaints
        total.notes += outcome.notes
        total.ending += outcome.ending
    for lab in labs:
        lab.join(5)
    return total
