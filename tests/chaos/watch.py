"""
What is seen from outside while exacheck runs: zombies, memory, descriptors, and how late this machine is.
Touches nothing; reads /proc.
"""
import os
import re
import threading
import time

from harm import children, title
from harness import processes

STEP = 0.02  # seconds between looks at our own lateness
SAMPLE = 0.25
ZOMBIE_LIMIT = 3.0  # seconds a dead child may wait to be reaped


def memory(pid):
    """Kilobytes of anonymous memory, shared with a parent or not; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return int(re.search(r"^Anonymous: +(\d+) kB", file.read(), re.MULTILINE)[1])
    except (FileNotFoundError, ProcessLookupError, PermissionError, TypeError):
        return 0


def descriptors(pid):
    """None when we may not look: a process that hides its memory hides these, too, from all but root."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except (FileNotFoundError, ProcessLookupError):
        return 0
    except PermissionError:
        return None


def run_delay(pid):
    """Seconds for which a process was ready to run and did not."""
    try:
        with open(f"/proc/{pid}/schedstat") as file:
            return int(file.read().split()[1]) / 1e9
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0.0


def census(master):
    """(kind, subject) -> pids of living children; what has none of our titles counts as ("other", "")."""
    found = {}
    for pid in children(master):
        fields = processes.stat_fields(pid)
        if fields and fields[0] != "Z":
            found.setdefault(title(pid) or ("other", ""), []).append(pid)
    return found


class Watcher(threading.Thread):
    """Looks all the time, in a thread of its own, so that it is late when its process is."""

    def __init__(self, master):
        super().__init__(daemon=True)
        self.master = master
        self.late = []  # (time, seconds), only what is worth mentioning
        self.memory = []  # (time, kB of the supervisor)
        self.dead = {}  # pid -> since
        self.unreaped = {}  # pid -> seconds, beyond the limit
        self.delay = run_delay(master)
        self.stopping = False

    def run(self):
        sampled = 0.0
        while not self.stopping:
            before = time.monotonic()
            time.sleep(STEP)
            now = time.monotonic()
            self.note_late(now, now - before - STEP)
            if now - sampled >= SAMPLE:
                self.sample(now)
                sampled = now

    def stop(self):
        self.stopping = True
        self.join()

    def note_late(self, now, seconds):
        if seconds > STEP:
            self.late.append((now, seconds))

    def sample(self, now):
        delay, self.delay = self.delay, run_delay(self.master)
        self.note_late(now, self.delay - delay)
        self.memory.append((now, memory(self.master)))
        zombies = [pid for pid in children(self.master) if (processes.stat_fields(pid) or "?")[0] == "Z"]
        self.dead = {pid: self.dead.get(pid, now) for pid in zombies}
        for pid, since in self.dead.items():
            if now - since > ZOMBIE_LIMIT + self.worst(since, now):
                self.unreaped[pid] = now - since

    def worst(self, begin, end):
        """The longest that anything was late between two times."""
        return max((seconds for when, seconds in list(self.late) if begin <= when <= end), default=0.0)


class Inventory:
    """What a settled exacheck consists of, to be compared with what it consists of later."""

    def __init__(self, master, spared):
        self.family = census(master)
        spawners = sum(len(pids) for (kind, _), pids in self.family.items() if kind == "Spawner")
        # a spawner that died is started again only when it is needed; its channel is one descriptor
        count = descriptors(master)
        self.descriptors = None if count is None else count - spawners
        self.workers = {subject: len(pids) for (kind, subject), pids in self.family.items() if kind == "Worker"}
        self.helpers = {subject: len(pids) for (kind, subject), pids in self.family.items() if kind == "Helper"}
        self.others = [processes.cmdline(pid) for pid in self.family.get(("other", ""), [])]
        self.spawner_descriptors = {subject: [descriptors(pid) for pid in pids]
                                    for (kind, subject), pids in self.family.items() if kind == "Spawner"}
        self.spared = {subject: sum(map(memory, pids)) for (kind, subject), pids in self.family.items()
                       if kind == "Worker" and subject in spared}
        self.memory = sum(memory(pid) for (kind, _), pids in self.family.items() if kind == "Worker" for pid in pids)

    def differences(self, before):
        """In what this later inventory is not as the earlier one."""
        found = []
        if self.descriptors != before.descriptors:
            found.append(f"descriptors of the supervisor: {before.descriptors} before, {self.descriptors} after")
        if self.helpers != before.helpers:
            found.append(f"processes that are told what happens: {before.helpers} before, {self.helpers} after")
        if len(self.others) != len(before.others):
            found.append(f"other children: {before.others} before, {self.others} after")
        for name in sorted(before.workers.keys() | self.workers.keys()):
            old, new = before.workers.get(name, 0), self.workers.get(name, 0)
            if old != new:
                found.append(f"workers of {name}: {old} before, {new} after")
        for name, new in self.spawner_descriptors.items():
            old = before.spawner_descriptors.get(name)
            if len(new) > 1 or new != old:
                found.append(f"spawners of {name} and their descriptors: {old} before, {new} after")
        return found
