"""A stand-in for a service manager: the datagram socket of sd_notify(3), each message kept with its time."""
import os
import socket
import struct
import threading
import time
from dataclasses import dataclass

from .wait import wait_until

CREDENTIALS = struct.Struct("3i")  # pid, uid, gid


@dataclass
class Message:
    when: float  # CLOCK_MONOTONIC, seconds
    pid: int  # of whoever sent it, as the kernel says
    fields: dict


class Manager:
    """name: a path, or @ and an abstract name. reading: False leaves everything in the socket."""

    def __init__(self, name, reading=True):
        self.name = str(name)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.sock.bind("\0" + self.name[1:] if self.name.startswith("@") else self.name)
        self.messages = []
        self.going = True
        self.thread = threading.Thread(target=self._run, daemon=True)
        if reading:
            self.read()

    def read(self):
        self.sock.settimeout(0.1)
        self.thread.start()

    def environment(self, watchdog=None, pid=None):
        found = {"NOTIFY_SOCKET": self.name}
        if watchdog is not None:
            found["WATCHDOG_USEC"] = str(int(watchdog * 1e6))
        if pid is not None:
            found["WATCHDOG_PID"] = str(pid)
        return found

    def _run(self):
        while self.going:
            try:
                data, ancillary, _, _ = self.sock.recvmsg(4096, socket.CMSG_SPACE(CREDENTIALS.size))
            except TimeoutError:
                continue
            pid = CREDENTIALS.unpack(ancillary[0][2])[0]
            fields = dict(line.split("=", 1) for line in data.decode().splitlines())
            self.messages.append(Message(time.monotonic(), pid, fields))

    def all(self, key):
        return [message for message in self.messages if key in message.fields]

    def wait(self, key, value=None, timeout=20.0, after=0.0):
        """The first message with this field (of that value) after a time."""

        def find():
            return next((m for m in self.all(key)
                         if m.when > after and value in (None, m.fields[key])), None)

        return wait_until(find, timeout, f"{key}={value or ''} among {[m.fields for m in self.messages]}")

    def values(self, key):
        return [message.fields[key] for message in self.all(key)]

    def fill(self):
        """Until the socket takes no more; returns how many datagrams it took."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.setblocking(False)
            for count in range(100000):
                try:
                    other.sendto(b"X=1", self.sock.getsockname())
                except BlockingIOError:
                    return count
        raise AssertionError("the socket takes everything")

    def close(self):
        self.going = False
        if self.thread.is_alive():
            self.thread.join(5)
        self.sock.close()
        if not self.name.startswith("@"):
            os.unlink(self.name)
