"""
Running the workers that try to get out (tests/sandbox): one check an attempt, in one exacheck, and what came of each.
The targets of attempts on other processes are checks of the same run.
"""
import errno
import os
import re
import shutil
import socket

from . import paths, processes
from .config import check, config, prefix
from .hostile import TcpServer

ESCAPE = paths.BUILD / "escape"
WITHOUT = ESCAPE / "without"
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
ENDED = re.compile(r"\S+ (?:debug|warning|error) (?P<check>.+?): process \d+ ended "
                   r"(?:by (?P<signal>SIG\w+)|with status (?P<status>\d+))")
TARGETS = ("victim", "prey", "bait")  # looked at, killed, killed in another way


def escape_build(directory):
    """A copy of the built tree with those workers in place of the real ones."""
    build = paths.copy_build(directory)
    for program in paths.WORKERS:
        shutil.copy2(ESCAPE / "libexec" / f"worker-{program}", build / "libexec" / f"worker-{program}")
    return build


class Surroundings:
    """What attempts are aimed at: files, sockets and ports of the test's own that anyone may use."""

    def __init__(self, directory, keep):
        self.place = directory / "place"
        self.place.mkdir()
        self.place.chmod(0o777)
        self.own, self.other = keep(TcpServer()), keep(TcpServer())
        self.abstract = f"exacheck-test-{os.getpid()}-{self.other.port}"
        self.sockets = [keep(self.listen(socket.SOCK_STREAM, str(self.place / "stream"))),
                        keep(self.listen(socket.SOCK_DGRAM, str(self.place / "datagram"))),
                        keep(self.listen(socket.SOCK_STREAM, f"\0{self.abstract}"))]

    @staticmethod
    def listen(kind, address):
        sock = socket.socket(socket.AF_UNIX, kind)
        sock.bind(address)
        if address.startswith("/"):
            os.chmod(address, 0o777)
        if kind == socket.SOCK_STREAM:
            sock.listen(100)
        return sock

    def files(self):
        """As they are before a run."""
        for name in ("readable", "writable", "removable", "movable", "truncatable"):
            path = self.place / name
            path.write_text("content\n")
            path.chmod(0o666)
        for name in ("new", "made", "link", "moved"):
            path = self.place / name
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)

    def words(self, number):
        """What stands for the words in braces in an attempt; number: the signal that is sent to those who must live."""
        return {"place": self.place, "own": self.own.port, "other": self.other.port, "abstract": self.abstract,
                "signal": number}


def attempts_config(attempts, args, level, **settings):
    """A check for each attempt, executed once, and the targets."""
    targets = [check(name, {"method": "shell", "command": "true"}, prefixes=[prefix(800 + number)], interval=60)
               for number, name in enumerate(TARGETS)]
    return config(*targets, *(check(name, args, prefixes=[prefix(number)], interval=60)
                              for number, name in enumerate(attempts)), sandbox=level, **settings)


def death(ended):
    """How a worker ended: the signal's name, or its exit status."""
    return ended["signal"] or f"exit {ended['status']}"


def deaths(run):
    """The first of each check's workers that ended: check -> how."""
    found = {}
    for line in run.log:
        ended = ENDED.match(line.text)
        if ended:
            found.setdefault(ended["check"], death(ended))
    return found


def outcomes(run, attempts, timeout=60.0):
    """What came of each attempt: "escaped", the name of an errno, or how the worker died of it."""
    found = {}

    def verdicts():
        for transition in run.transitions:
            if transition.code and transition.state in ("up", "down"):
                found.setdefault(transition.check, transition)
        return set(attempts) <= set(found)

    run.wait_for(verdicts, timeout, f"verdicts of {attempts}")
    return {name: outcome(run, found[name]) for name in attempts}


def outcome(run, transition):
    if transition.reason == "died":
        return run.wait_for(lambda: deaths(run).get(transition.check), what=f"end of {transition.check}")
    text = re.sub("^contained: ", "", transition.text)
    assert text == "escaped" or text in errno.errorcode.values(), transition
    return text


def status(pid):
    """/proc/PID/status as a dictionary."""
    with open(f"/proc/{pid}/status") as file:
        return {name: value.strip() for name, _, value in (line.partition(":") for line in file)}


def memory_contains(pid, needles):
    """Those of the needles that stand somewhere in a process's readable memory; needs root."""
    found = set()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            area, rights, *_ = line.split()
            if "r" not in rights or "[v" in line:  # [vvar] and [vsyscall] are the kernel's
                continue
            begin, end = (int(text, 16) for text in area.split("-"))
            memory.seek(begin)
            try:
                content = memory.read(end - begin)
            except OSError:
                continue  # beyond the end of a file
            found |= {needle for needle in needles if needle in content}
    return found


def family(run):
    """The supervisor and everything below it: pid -> title."""
    return {pid: processes.cmdline(pid) for pid in [run.pid, *processes.descendants(run.pid)]}
