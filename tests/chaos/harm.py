"""
What is done to the processes of one exacheck. Invariant: a signal goes only to a process that is a worker, a
spawner, a command's guard, or exacheck-log or exacheck-notify of this very exacheck at that moment: it is held by
a pidfd while its parent and its title are looked at.
"""
import os
import re
import signal
import time
from dataclasses import dataclass

from harness import processes

TITLE = re.compile(r"ExaCheck (Worker|Spawner|Command) \[([^]]*)\]")
HELPER = re.compile(r"(?:^|/libexec/)exacheck-(log|notify)\b")
WEIGHTS = {signal.SIGKILL: 2, signal.SIGTERM: 2, signal.SIGSTOP: 4, signal.SIGCONT: 4}
KINDS = {"Worker": 16, "Spawner": 2, "Command": 1, "Helper": 1}


@dataclass
class Harm:
    when: float
    number: int
    kind: str
    subject: str
    pid: int

    def __str__(self):
        return f"{signal.Signals(self.number).name} to {self.kind} [{self.subject}], pid {self.pid}"


def children(pid):
    """Children, dead ones too. Cheaper than the harness's look at every process there is."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def title(pid):
    """(kind, subject) of a process of ours, None for what has no such title."""
    words = processes.cmdline(pid)
    if found := TITLE.search(words):
        return found.groups()
    helper = HELPER.search(words)
    return ("Helper", helper[1]) if helper else None


class Harmer:
    """`spared`: names of checks whose processes are left alone."""

    def __init__(self, master, random, spared):
        self.master, self.random, self.spared = master, random, spared
        self.harms = []
        self.stopped = set()  # pids

    def belongs(self, pid):
        """Our exacheck's child, or the child of a worker of its."""
        fields = processes.stat_fields(pid)
        if not fields or fields[0] == "Z":
            return False
        parent = fields[1]
        if parent == self.master:
            return True
        above = processes.stat_fields(parent)
        return bool(above) and above[1] == self.master and (title(parent) or ("",))[0] == "Worker"

    def send(self, pid, number, spare=True):
        """Returns what was done, None when that process may not be harmed or is gone."""
        try:
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            return None
        try:
            subject = title(pid)
            if subject is None or not self.belongs(pid) or (spare and subject[1] in self.spared):
                return None
            signal.pidfd_send_signal(pidfd, number)
        except ProcessLookupError:
            return None
        finally:
            os.close(pidfd)
        harm = Harm(time.monotonic(), number, *subject, pid)
        self.harms.append(harm)
        return harm

    def candidates(self, kind):
        """Pids in random order; those of guards are a worker's children."""
        pids = children(self.master)
        if kind == "Command":
            pids = [child for pid in pids if (title(pid) or ("", ""))[1].startswith("shell") for child in children(pid)]
        self.random.shuffle(pids)
        return (pid for pid in pids if (title(pid) or ("",))[0] == kind)

    def strike(self):
        """One random signal to one random process."""
        number = self.random.choices(list(WEIGHTS), WEIGHTS.values())[0]
        if number == signal.SIGCONT:
            pids = self.random.sample(sorted(self.stopped), len(self.stopped))
        else:
            pids = self.candidates(self.random.choices(list(KINDS), KINDS.values())[0])
        for pid in pids:
            harm = self.send(pid, number)
            if harm:
                (self.stopped.add if number == signal.SIGSTOP else self.stopped.discard)(pid)
                return harm
            self.stopped.discard(pid)
        return None

    def calm(self):
        """Whatever was stopped goes on."""
        for pid in children(self.master):
            for member in [pid, *children(pid)]:
                self.send(member, signal.SIGCONT, spare=False)
        self.stopped.clear()
