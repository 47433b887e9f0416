"""
Processes of the tests. Whatever a process of ours leaves behind becomes a child of the test process (it is
a subreaper), where it is found and ended by pid. Nothing else is ever signalled.
"""
import contextlib
import ctypes
import os
import signal
import subprocess
import time

PR_SET_CHILD_SUBREAPER = 36
ours = set()  # pids of children that were started on purpose and are not waited for yet


def adopt_orphans():
    """From now on orphans among our descendants are ours."""
    assert ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def start(argv, **options):
    """subprocess.Popen in a session of its own; finished() when it has been waited for."""
    process = subprocess.Popen(argv, start_new_session=True, **options)
    ours.add(process.pid)
    return process


def finished(process):
    ours.discard(process.pid)


def stat_fields(pid):
    """(state, ppid) of a process, None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0].decode(), int(fields[1])


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def orphans():
    """Living children of ours that nobody started on purpose; dead ones are reaped."""
    found = []
    for pid in all_pids():
        fields = stat_fields(pid)
        if not fields or fields[1] != os.getpid() or pid in ours:
            continue
        if fields[0] != "Z":
            found.append(pid)
            continue
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass  # somebody else was quicker
    return found


def children(pid):
    """Living children."""
    found = []
    for candidate in all_pids():
        fields = stat_fields(candidate)
        if fields and fields[1] == pid and fields[0] != "Z":
            found.append(candidate)
    return found


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child] + descendants(child)
    return found


def cmdline(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def descriptors(pid):
    """Open descriptors: number -> what it is. One that is closed while they are looked at is not among them."""
    found = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            found[int(fd)] = os.readlink(f"/proc/{pid}/fd/{fd}")
    return found


def alive(pid):
    fields = stat_fields(pid)
    return bool(fields) and fields[0] != "Z"


def end_orphans(patience=5.0, grace=10.0):
    """End what is still left after a moment; returns what that was as text."""
    deadline = time.monotonic() + patience
    while orphans() and time.monotonic() < deadline:
        time.sleep(0.02)
    left = {pid: cmdline(pid) for pid in orphans()}
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    deadline = time.monotonic() + grace
    while orphans() and time.monotonic() < deadline:
        time.sleep(0.02)
    return [f"{pid} {text}" for pid, text in left.items()]


class Daemon:
    """A server program in the foreground, output to a file; start and stop as often as wanted."""

    def __init__(self, argv, log_path, env=None, cwd=None):
        self.argv, self.log_path, self.env, self.cwd = argv, log_path, env, cwd
        self.process = None

    def start(self):
        assert self.process is None
        with open(self.log_path, "ab") as log:
            self.process = start(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env,
                                 cwd=self.cwd)
        return self

    def stop(self, number=signal.SIGTERM, timeout=5.0):
        if self.process is None:
            return
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(number)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        finished(process)

    def kill(self):
        """At once, as a crash would."""
        self.stop(signal.SIGKILL)

    def log(self):
        with open(self.log_path, "r", errors="replace") as file:
            return file.read()
