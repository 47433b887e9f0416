"""A program under test: started with a configuration as ExaBGP would start it, answered as ExaBGP answers.

Touches the processes it starts and a temporary directory. Ends what it started by pid, never by name.
"""

import json
import os
import re
import subprocess
import threading
import time

import processes
from helpers import target_prefix

COMMAND = re.compile(r"\b(announce|withdraw)\b")
PREFIX = re.compile(r"\b\d+\.\d+\.\d+\.\d+/\d+")
EXIT_LIMIT_S = 15
SETTLE_S = 2  # after the last announcement: start-up is not in the figures


class SubjectError(Exception):
    """The program under test did not do what can be measured."""


class FakeExabgp(threading.Thread):
    """Answers commands as ExaBGP 4.2 does, and notes when which route was announced or withdrawn."""

    def __init__(self, commands, answers):
        super().__init__(daemon=True)
        self.commands, self.answers = commands, answers  # descriptors; answers may be None
        self.changed = threading.Condition()
        self.rib = {}     # prefix: announced?
        self.events = []  # (ns, verb, prefix)

    def run(self):
        pending = b""
        while True:
            data = os.read(self.commands, 65536)
            now = time.monotonic_ns()
            if not data:
                break
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                self.take(line.decode("ascii", "replace"), now)
        with self.changed:
            self.changed.notify_all()

    def take(self, line, now):
        verb = COMMAND.search(line)
        if verb:
            with self.changed:
                for prefix in PREFIX.findall(line):
                    self.rib[prefix] = verb.group() == "announce"
                    self.events.append((now, verb.group(), prefix))
                self.changed.notify_all()
            self.answer("done\n")
        elif "version" in line:
            self.answer("exabgp 4.2.21\ndone\n")
        else:
            self.answer("error\n")

    def answer(self, text):
        if self.answers is None:
            return
        try:
            os.write(self.answers, text.encode())
        except OSError:
            self.answers = None  # the other side is gone; its commands may still be in the pipe

    def announced(self):
        return sum(self.rib.values())

    def await_true(self, condition, limit_s):
        """Wait until condition() holds; whether it did within limit_s."""
        with self.changed:
            return self.changed.wait_for(condition, limit_s)


def check(index, args, **keys):
    """A check as the configuration has it, for target `index`."""
    return dict({"name": "bench-%05d" % index, "args": args, "prefixes": [target_prefix(index)],
                 "interval": 1, "rise": 1, "fall": 1}, **keys)


class Subject:
    """One run of the program with one configuration; a context manager that ends the whole process tree."""

    def __init__(self, command, directory, checks, **document):
        self.count = len(checks)
        self.errors = open(os.path.join(directory, "stderr"), "w+b")
        path = os.path.join(directory, "bench.yaml")  # JSON is YAML: no library is needed to write it
        with open(path, "w") as file:
            json.dump({"exacheck": {"runtime_dir": directory}, **document, "checks": checks}, file, indent=1)
        self.started_ns = time.monotonic_ns()
        self.process = subprocess.Popen([*command, "run", "-f", path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.errors)
        self.members = [processes.Process(self.process.pid)]
        self.exabgp = FakeExabgp(self.process.stdout.fileno(), self.process.stdin.fileno())
        self.exabgp.start()

    def __enter__(self):
        return self

    def complaint(self):
        self.errors.seek(0, os.SEEK_END)
        self.errors.seek(max(0, self.errors.tell() - 2000))
        lines = self.errors.read().decode("utf-8", "replace").strip().splitlines()
        return "; ".join(lines[-3:]) or "nothing on stderr"

    def await_announced(self, limit_s=60):
        """Seconds from the start until every check's route is announced."""
        limit = time.monotonic() + limit_s
        while not self.exabgp.await_true(lambda: self.exabgp.announced() == self.count, 0.5):
            if self.process.poll() is not None:
                raise SubjectError("ended with status %d: %s" % (self.process.returncode, self.complaint()))
            if time.monotonic() > limit:
                raise SubjectError("announced %d of %d routes in %d s: %s" % (
                    self.exabgp.announced(), self.count, limit_s, self.complaint()))
        return (time.monotonic_ns() - self.started_ns) / 1e9

    def tree(self):
        """The processes as of now; remembered, so that a later look can tell which were left behind."""
        self.members = processes.tree(self.process.pid)
        return self.members

    def settled(self):
        """The processes once start-up is over."""
        time.sleep(SETTLE_S)
        return self.tree()

    def terminate(self):
        """SIGTERM; (seconds to the exit, routes still announced, processes left behind)."""
        members = self.tree()
        begin = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(EXIT_LIMIT_S)
        except subprocess.TimeoutExpired:
            raise SubjectError("still there %d s after SIGTERM" % EXIT_LIMIT_S) from None
        seconds = time.monotonic() - begin
        left = sum(member.alive() for member in members)
        self.exabgp.join(5)
        return seconds, self.exabgp.announced(), left

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.tree()
            self.process.terminate()
            try:
                self.process.wait(EXIT_LIMIT_S)
            except subprocess.TimeoutExpired:
                pass
        for member in self.members:
            if member.alive():
                os.kill(member.pid, 9)
        self.process.wait()
        self.exabgp.join(5)
        for file in (self.process.stdin, self.process.stdout, self.errors):
            try:
                file.close()
            except BrokenPipeError:
                pass
