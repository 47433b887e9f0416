"""
The plan of one fault, as shim.h lays it out, and the copy of the programs that reads it.
"""
import ctypes
import enum
import errno
import mmap
import os
import shutil
import subprocess
from dataclasses import dataclass

FRAMES = 24
PATHS = 4096

Role = enum.IntEnum("Role", ["PROGRAM", "WORKER", "CHILD", "LATER"], start=0)
Call = enum.IntEnum("Call", [
    "MALLOC", "FORK", "EXEC", "SOCKETPAIR", "SENDMSG", "RECVMSG", "WRITE", "READ", "EPOLL_CREATE", "EPOLL_CTL",
    "EPOLL_WAIT", "POLL", "OPEN", "PIPE", "INOTIFY", "SOCKET", "CONNECT", "SOCKOPT", "DUP", "FCNTL", "STAT", "FILE",
    "PRCTL", "RLIMIT", "WAIT", "RANDOM", "SYSCALL"], start=0)

SHORT = 0  # in place of an errno: half of what was asked for
# What the kernel gives for each call; the first is also that of a storm.
ERRORS = {
    Call.MALLOC: (errno.ENOMEM,), Call.FORK: (errno.EAGAIN,), Call.EXEC: (errno.ENOMEM,),
    Call.SOCKETPAIR: (errno.EMFILE,), Call.SENDMSG: (errno.ENOBUFS, errno.EAGAIN),
    Call.RECVMSG: (errno.EINTR, errno.ENOMEM),
    Call.WRITE: (errno.EAGAIN, errno.EINTR, errno.ENOMEM, SHORT), Call.READ: (errno.EINTR, errno.EAGAIN, SHORT),
    Call.EPOLL_CREATE: (errno.EMFILE,), Call.EPOLL_CTL: (errno.ENOMEM,), Call.EPOLL_WAIT: (errno.EINTR,),
    Call.POLL: (errno.ENOMEM, errno.EINTR), Call.OPEN: (errno.EMFILE, errno.EINTR), Call.PIPE: (errno.EMFILE,),
    Call.INOTIFY: (errno.EMFILE,), Call.SOCKET: (errno.ENFILE,), Call.CONNECT: (errno.EAGAIN,),
    Call.SOCKOPT: (errno.ENOMEM,), Call.DUP: (errno.EBUSY,), Call.FCNTL: (errno.ENOMEM,), Call.STAT: (errno.ENOMEM,),
    Call.FILE: (errno.ENOSPC, errno.EIO), Call.PRCTL: (errno.EINVAL,), Call.RLIMIT: (errno.EPERM,), Call.WAIT: (errno.EINTR,), Call.RANDOM: (errno.EINTR,),
    Call.SYSCALL: (errno.ENOSYS,),
}
STORM = 0.3  # seconds
STORMS = (Call.MALLOC, Call.FORK, Call.SOCKETPAIR, Call.SENDMSG, Call.WRITE, Call.EPOLL_CTL, Call.POLL, Call.OPEN,
          Call.PIPE, Call.SOCKET, Call.FILE)


def name(program, role):
    return program + ("" if role == Role.PROGRAM else f" ({role.name.lower()})")


@dataclass(frozen=True)
class Fault:
    """The number-th call of a process of a program fails; number 0: none does."""

    program: str
    role: Role = Role.PROGRAM
    call: Call = Call.MALLOC
    number: int = 0
    error: int = 0
    storm: float = 0.0

    def __str__(self):
        if not self.number:
            return f"{self.program}: no fault"
        error = errno.errorcode.get(self.error, "short")
        return (f"{name(self.program, self.role)}: {self.call.name.lower()} {self.number} {error}"
                + (f" for {self.storm} s" if self.storm else ""))


class Layout(ctypes.Structure):
    """struct plan."""

    _fields_ = [
        ("program", ctypes.c_char * 32), ("role", ctypes.c_uint32), ("call", ctypes.c_uint32),
        ("number", ctypes.c_uint32), ("error", ctypes.c_int32), ("storm_ns", ctypes.c_int64),
        ("fired", ctypes.c_uint32), ("depth", ctypes.c_uint32), ("fired_ns", ctypes.c_int64), ("base", ctypes.c_uint64),
        ("frames", ctypes.c_uint64 * FRAMES), ("paths", ctypes.c_uint32), ("first", ctypes.c_uint32 * PATHS),
        ("reached", ctypes.c_uint32 * len(Call) * len(Role)),
    ]


class Tree:
    """A copy of the programs with a plan beside them, for one run at a time."""

    def __init__(self, programs, directory):
        self.path = directory / "build"
        shutil.copytree(programs, self.path)
        plan = self.path / "fault.plan"
        plan.write_bytes(bytes(ctypes.sizeof(Layout)))
        for place in (self.path, self.path / "libexec"):
            place.chmod(0o755)
        plan.chmod(0o666)  # workers have another identity
        os.link(plan, self.path / "libexec" / "fault.plan")
        with open(plan, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)

    def arm(self, fault):
        """For the next run."""
        self.memory[:] = bytes(len(self.memory))
        layout = Layout.from_buffer(self.memory)
        layout.role, layout.call, layout.number = fault.role, fault.call, fault.number
        layout.error, layout.storm_ns = fault.error, int(fault.storm * 1e9)
        layout.program = fault.program.encode()

    def read(self):
        return Layout.from_buffer_copy(self.memory)

    def reached(self):
        """(role, call) -> most calls of one process of the armed program."""
        layout = self.read()
        return {(role, call): layout.reached[role][call] for role in Role for call in Call
                if layout.reached[role][call]}

    def allocations(self):
        """The numbers of the first allocation on each way to one, of processes in the armed role."""
        layout = self.read()
        return set(layout.first[:min(layout.paths, PATHS)])

    def place(self, fault):
        """Where the fault happened: the program's functions, innermost first."""
        layout = self.read()
        program = self.path / ("" if fault.program == "exacheck" else "libexec") / fault.program
        addresses = [layout.frames[i] - layout.base for i in range(layout.depth)]
        inner = [hex(address - 1) for address in addresses if 0 < address < program.stat().st_size * 4]
        if not inner:
            return "?"
        text = subprocess.run(["addr2line", "-fsp", "-e", program, *inner], capture_output=True, text=True).stdout
        names = [line.split(" at ")[0] + " " + line.rpartition(" ")[2] for line in text.splitlines()]
        return " < ".join(name for name in names if "shim.c" not in name and "?" not in name)
