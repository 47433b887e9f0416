"""A stand-in for an ExaBGP that exacheck runs beside: its unix socket, and the routes that come out of the commands."""
import socket
import threading
import time

from .commands import Rib
from .peer import ExaBGP
from .wait import wait_until


class Beside:
    """Listens at path from start() on; answers as peer does."""

    def __init__(self, path, peer=None):
        self.path = str(path)
        self.peer = peer or ExaBGP()
        self.rib = Rib(self.peer.dialect)
        self.broken = []
        self.sock = None

    @property
    def output(self):
        """For exabgp.output."""
        return f"socket {self.path}"

    def start(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(self.path)
        self.sock.listen(1)
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def _run(self):
        while True:
            try:
                connection, _ = self.sock.accept()
            except OSError:
                return  # closed by the test
            with connection, connection.makefile("r", newline="\n") as lines:
                for line in lines:
                    self._line(connection, line.rstrip("\n"))

    def _line(self, connection, line):
        try:
            self.rib.feed(line, time.monotonic())
        except ValueError as error:
            self.broken.append(str(error))
        for answer in self.peer.answer(line):
            connection.sendall(answer.encode() + b"\n")

    def wait_route(self, prefix, timeout=20.0, **attributes):
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        wait_until(lambda: wanted.items() <= (self.rib.attributes(prefix) or {"": None}).items() and
                   prefix in self.rib.prefixes(), timeout, f"route {prefix} {wanted} in {self.rib.routes}")

    def wait_no_route(self, prefix, timeout=20.0):
        wait_until(lambda: prefix not in self.rib.prefixes(), timeout, f"withdraw of {prefix}")

    def close(self):
        assert not self.broken, f"not a command: {self.broken}"
        if self.sock:
            self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.close()
