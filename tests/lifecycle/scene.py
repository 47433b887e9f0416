"""
One exacheck under a real ExaBGP with a real BIRD behind it, and services of its own: what the lifecycle tests act
on. Invariant: whatever it started is gone when it is closed, and complaints are collected, not raised.
"""
import json
import os
import pathlib
import re
import shutil
import tempfile
import time

import model
from bird import Bird, Follower
from farm import Farm
from harness import paths, processes
from harness.crashes import assert_no_crash
from harness.lab import Lab, loopback
from harness.logline import parse_transition
from harness.wait import Timeout
from respawn import master_pid, write_script

PAUSE = 0.004  # seconds between looks at what is waited for
STORY, STORIES = 25, 3  # lines of the log before a complaint, and before how many
QUIET = {"exabgp_log_level": "ERR"}  # its log is not read, and it is the slowest of what it does
BEGUN = re.compile(r"Z info exacheck \S+ started: \d+ checks? of ")
WORKER = re.compile(r"ExaCheck Worker \[([^]]*)\]")


class Scene:
    """respawn: exacheck is started again at once when it ends, by a helper of ours instead of by ExaBGP."""

    def __init__(self, stack, ports, files=0, respawn=False, settings=None, lab_class=Lab):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="exacheck-lifecycle-"))
        self.directory.chmod(0o755)
        if not os.environ.get("LIFECYCLE_KEEP"):
            stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
        self.complaints, self.notes = [], []
        self.settings = {"runtime_dir": str(self.directory / "runtime"), **(settings or {})}
        self.path = self.directory / "exacheck.yaml"
        self.farm = Farm(self.directory, ports, files)
        stack.callback(self.farm.close)
        self.log_path = self.directory / "exacheck.log"
        self.log_path.touch()
        self.log = Follower(self.log_path)
        stack.callback(self.log.close)
        self.lines = []  # of the log, all of them
        self.told = []  # what went before the first complaints
        self.states = {}  # check -> its state as the log says
        self.begun = ""  # when the last exacheck did, as the log says
        self.heard = {}  # check -> its last two states, of whatever life
        self.resumed = {}  # check -> (those two of former lives, the state from which this one went on)
        self.bird4 = loopback()
        self.addresses = {"p4": self.bird4, "p6": "::1"}
        self.respawn = respawn
        self.checks = []
        self.lab = self.bird = None
        self.stack = stack

    def complain(self, text):
        self.complaints.append(text)
        if len(self.complaints) <= STORIES:
            self.told += [f"when it was found that {text}:", *self.lines[-STORY:]]

    # The configuration

    def document(self, checks):
        return {"exacheck": self.settings, "checks": [check.document(self.farm, self.addresses) for check in checks]}

    def write(self, checks):
        self.write_text(json.dumps(self.document(checks)))

    def write_text(self, text):
        """As an editor does it: a new file in the place of the old one."""
        new = self.path.with_suffix(".new")
        new.write_text(text)
        os.rename(new, self.path)

    # Start and end

    def start(self, checks):
        self.checks = checks
        self.write(checks)
        command = write_script(self.directory, [paths.EXACHECK, "run", "-f", self.path, "-v"], self.log_path,
                               self.respawn)
        self.lab = Lab(self.directory, command, QUIET, self.bird4)
        self.stack.callback(self.close_lab)
        self.lab.start()
        self.bird = Bird(self.lab.control, self.directory / "bird.log")
        self.stack.callback(self.bird.close)

    def close_lab(self):
        try:
            self.lab.close()
            self.read_log()
            assert_no_crash(self.lines)
        except AssertionError as error:
            self.complain("; ".join(str(error).splitlines()[:3]))

    @property
    def master(self):
        """The pid of exacheck."""
        return master_pid(self.directory)

    # Waiting

    def read_log(self):
        """Take in what exacheck logged since the last look; returns it."""
        lines = self.log.lines()
        self.lines += lines
        for line in lines:
            if BEGUN.search(line):
                self.begun = line.split()[0]
                self.states.clear()
            transition = parse_transition(line, 0.0)
            if transition:
                former = self.heard.get(transition.check, ())
                if transition.check not in self.states:
                    self.resumed[transition.check] = (former, transition.old)
                self.states[transition.check] = transition.state
                self.heard[transition.check] = (*former[-1:], transition.new)
        return lines

    def wait(self, predicate, limit, what):
        deadline = time.monotonic() + limit
        while not (value := predicate()):
            if time.monotonic() > deadline:
                raise Timeout(f"{what() if callable(what) else what}: not within {limit:.2f} s")
            time.sleep(PAUSE)
        return value

    def unsettled(self):
        """Checks whose state is not as their service is."""
        self.read_log()
        return [check.name for check in self.checks
                if self.states.get(check.name) != ("up" if self.farm.up[check.service] else "down")]

    def wanted(self):
        return model.wanted(self.checks, self.farm.up)

    def table_differences(self):
        return model.differences(self.wanted(), self.bird.routes())

    def wait_table(self, limit):
        """Until BIRD's table is what it must be; returns what is wrong with it, nothing when all is well."""
        deadline = time.monotonic() + limit
        while (found := self.table_differences()) and time.monotonic() < deadline:
            time.sleep(PAUSE)
        return found

    # Processes

    def workers(self):
        """pid -> the name of its check."""
        found = {}
        master = self.master
        for pid in children(master):
            match = WORKER.search(processes.cmdline(pid))
            if match:
                found[pid] = match[1]
        return found

    @property
    def ending(self):
        """What the log said before what was wrong."""
        return [f"  log: {line[:300]}" for line in self.told]


def children(pid):
    """Cheaper than a look at every process there is."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
