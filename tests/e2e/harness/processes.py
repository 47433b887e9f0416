"""
Processes of the tests: started in a session of their own, so that whatever they leave behind is found by
its session id and ended by pid. Nothing else is ever signalled.
"""
import os
import signal
import subprocess
import time


def stat_fields(pid):
    """(state, ppid, session) of a process, None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0].decode(), int(fields[1]), int(fields[3])


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def session_pids(session):
    """Living processes of a session (zombies have no life left)."""
    found = []
    for pid in all_pids():
        fields = stat_fields(pid)
        if fields and fields[2] == session and fields[0] != "Z":
            found.append(pid)
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


def alive(pid):
    fields = stat_fields(pid)
    return bool(fields) and fields[0] != "Z"


def end_session(session, grace=2.0):
    """End what is left of a session that a test started; returns what was left as text."""
    left = {pid: cmdline(pid) for pid in session_pids(session)}
    for pid in left:
        try:
            os.kill(pid, signal.SIGCONT)
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    deadline = time.monotonic() + grace
    while session_pids(session) and time.monotonic() < deadline:
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
            self.process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env, cwd=self.cwd,
                start_new_session=True,
            )
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
        end_session(process.pid)

    def kill(self):
        """At once, as a crash would."""
        self.stop(signal.SIGKILL)

    def log(self):
        with open(self.log_path, "r", errors="replace") as file:
            return file.read()
