"""Process trees: who belongs to a program, how much CPU they used, how much memory is theirs.

Reads /proc only. CPU comes from schedstat (nanoseconds), because the ticks of /proc/PID/stat are coarser
than everything one check does in a minute.
"""

import fcntl
import os
import sys
import termios


class Process:
    """A process by pid and start time, so that a recycled pid is never taken for it."""

    def __init__(self, pid):
        self.pid = pid
        self.start = start_time(pid)

    def alive(self):
        try:
            return start_time(self.pid) == self.start and state(self.pid) != "Z"
        except OSError:
            return False


def _stat(pid):
    with open("/proc/%d/stat" % pid) as file:
        return file.read().rpartition(")")[2].split()


def start_time(pid):
    return int(_stat(pid)[19])


def state(pid):
    return _stat(pid)[0]


def _tasks(pid):
    return os.listdir("/proc/%d/task" % pid)


def tree(root):
    """Every process of the tree, the root first. Those that end while we look are left out."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop(0)
        try:
            found.append(Process(pid))
            for task in _tasks(pid):
                with open("/proc/%d/task/%s/children" % (pid, task)) as file:
                    waiting.extend(map(int, file.read().split()))
        except OSError:
            continue
    return found


def cpu_ns(processes):
    """CPU used so far by each process, all its threads, as {pid: ns}."""
    used = {}
    for process in processes:
        try:
            total = 0
            for task in _tasks(process.pid):
                with open("/proc/%d/task/%s/schedstat" % (process.pid, task)) as file:
                    total += int(file.read().split()[0])
            used[process.pid] = total
        except OSError:
            continue
    return used


def command_line(process):
    """Its arguments or title; nothing of a process that is gone."""
    try:
        with open("/proc/%d/cmdline" % process.pid, "rb") as file:
            return file.read().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def children_ticks(pid):
    """CPU of the children that a process has waited for, and theirs: clock ticks of user and system mode."""
    return [int(field) for field in _stat(pid)[13:15]]


def unread(descriptor):
    """Bytes in a pipe."""
    return int.from_bytes(fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)), sys.byteorder)


def memory_kb(process):
    """(proportional set size, private part of it) in kB; None when the kernel does not let us look."""
    sizes = {}
    try:
        with open("/proc/%d/smaps_rollup" % process.pid) as file:
            for line in file:
                key, _, value = line.partition(":")
                if key in ("Pss", "Private_Clean", "Private_Dirty"):
                    sizes[key] = int(value.split()[0])
        return sizes["Pss"], sizes["Private_Clean"] + sizes["Private_Dirty"]
    except (OSError, KeyError):
        return None


def workers(processes):
    """The tree without its root, without spawners and, where there are such, without the root's other selves.

    A spawner is the oldest process of an executable that is not the root's own: workers are forked from it.
    """
    def executable(process):
        try:
            return os.readlink("/proc/%d/exe" % process.pid)
        except OSError:
            return None

    root, oldest, rest, selves = executable(processes[0]), {}, [], set()
    for process in processes[1:]:
        path = executable(process)
        rest.append(process)
        if path == root:
            selves.add(process.pid)
        elif path is not None and (path not in oldest or
                                   (process.start, process.pid) < (oldest[path].start, oldest[path].pid)):
            oldest[path] = process
    others = {process.pid for process in oldest.values()} | selves if oldest else set()
    return [process for process in rest if process.pid not in others] if len(others) < len(rest) else rest
