"""
ExaBGP's own healthcheck, as Debian has it, and ours on the same options: what ExaBGP would make of what each says, and
in which states their hooks were run.
"""
import contextlib
import os
import re
import signal
import subprocess
import threading
from dataclasses import dataclass

from . import processes
from .commands import parse
from .exacheck import DEFAULT_TIMEOUT, LineReader, run_once
from .wait import Timeout, wait_until

NAMES = {"no-export": "65535:65281", "no-advertise": "65535:65282"}  # of communities
LISTS = ("community", "large-community", "extended-community")  # whose order means nothing


def extended(found):
    """target:A:B and origin:A:B as in RFC 4360, with an AS number of two octets."""
    return f"0x00{'02' if found[1] == 'target' else '03'}{int(found[2]):04x}{int(found[3]):08x}"


def strict(line):
    """A line of theirs as ours would be: without a next hop in a withdraw, and communities as numbers."""
    if "withdraw" in line:
        line = re.sub(r" next-hop \S+", "", line)
    line = re.sub(r"\b(target|origin):(\d+):(\d+)", extended, line)
    return " ".join(NAMES.get(word, word) for word in line.split(" "))


def histories(commands):
    """(prefix, path id, neighbor) -> what became of the route: its attributes, None where it was withdrawn."""
    found = {}
    for command in commands:
        said = {name: sorted(value) if name in LISTS else value for name, value in command.attributes.items()}
        for key in command.keys():
            past = found.setdefault(key, [None])
            if past[-1] != (said if command.announce else None):
                past.append(said if command.announce else None)
    return {key: past for key, past in found.items() if past != [None]}


class Diary:
    """A file that hooks append STATE to."""

    def __init__(self, path):
        self.path = path
        path.touch()
        path.chmod(0o666)
        self.hook = f"echo $STATE >> {path}"

    def states(self):
        return self.path.read_text().split()


class Theirs:
    """python3 -m exabgp healthcheck, under a stand-in for ExaBGP that answers every line."""

    def __init__(self, arguments, diary, acks=True):
        self.diary, self.acks = diary, acks
        self.lines, self.commands, self.errors = [], [], []
        self.changed = threading.Condition()
        self.process = processes.start(
            ["/usr/bin/python3", "-m", "exabgp", "healthcheck", *arguments], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/")
        self.readers = [LineReader(self.process.stdout, self.heard),
                        LineReader(self.process.stderr, lambda line: self.errors.append(line.text))]
        for reader in self.readers:
            reader.start()

    def heard(self, line):
        with self.changed:
            self.lines.append(line.text)
            self.commands.append(parse(strict(line.text)))
            self.changed.notify_all()
        with contextlib.suppress(OSError, ValueError):
            if self.acks:
                self.process.stdin.write(b"done\n")
                self.process.stdin.flush()

    def wait(self, states, routes, again=True):
        """
        Wait until its hooks have seen these states and each route was said once more: it says them at every interval, after
        the hook, and none before the answer to the one before. Not again: its interval is longer than the test.
        """
        wait_until(lambda: self.diary.states() == states, DEFAULT_TIMEOUT,
                   f"{states}, not {self.diary.states()}; {self.errors}")
        with self.changed:
            wanted = routes + (len(self.lines) if again else 0)
            if not self.changed.wait_for(lambda: len(self.lines) >= wanted, DEFAULT_TIMEOUT):
                raise Timeout(f"{routes} more lines: {self.lines}; {self.errors}")

    def end(self):
        """SIGTERM, unless it has ended: its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait_exit()

    def wait_exit(self):
        code = self.process.wait(DEFAULT_TIMEOUT)
        for reader in self.readers:
            reader.join(DEFAULT_TIMEOUT)
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.wait_exit()
        processes.finished(self.process)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()


def imported(arguments):
    """The configuration that our import makes of the options."""
    done = run_once("import", "exabgp-healthcheck", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Service:
    """What the command of a healthcheck looks at, and the file that disables it."""

    directory: os.PathLike

    def __post_init__(self):
        self.place, self.disable = self.directory / "service", self.directory / "disabled"
        self.command = f"test -e {self.place}"

    def become(self, what):
        """up, down, disabled, enabled"""
        path = self.place if what in ("up", "down") else self.disable
        if what in ("up", "disabled"):
            path.touch()
        else:
            path.unlink(missing_ok=True)


def environment(directory):
    """Where `exacheck healthcheck` has its own runtime directories."""
    return {"EXACHECK_RUNTIME": str(directory / "runtime")}
