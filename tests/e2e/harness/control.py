"""
A client of the control socket that speaks the protocol of exacheck-ctl(8) itself: lines of JSON. What it is told is
looked at for what holds of every answer.
"""
import contextlib
import json
import pathlib
import socket

from . import paths
from .wait import wait_until

PROTOCOL = 1
TIMEOUT = 20.0 * paths.SLOWNESS


class Refused(Exception):
    """An answer that ended with an error; lines: what came before it."""

    def __init__(self, line, lines=()):
        super().__init__(f"{line['code']}: {line['message']}")
        self.code, self.message, self.line, self.lines = line["code"], line["message"], line, list(lines)


def path_of(run):
    """Where exacheck under test listens, unless its configuration says something else."""
    return run.directory / "runtime" / "control.sock"


class Control:
    """A connection. path: of the socket; or a run of exacheck, whose socket is waited for."""

    def __init__(self, path, timeout=TIMEOUT):
        self.path = path if isinstance(path, (str, pathlib.Path)) else path_of(path)
        self.pending = b""
        self.socket = wait_until(self._connected, timeout, f"{self.path} to take a connection")
        self.socket.settimeout(timeout)

    def _connected(self):
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(str(self.path))
            return sock
        except (FileNotFoundError, ConnectionRefusedError):
            sock.close()
            return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send_bytes(self, data):
        self.socket.sendall(data)

    def send(self, command, **fields):
        self.send_bytes(json.dumps({"protocol": PROTOCOL, "command": command, **fields}).encode() + b"\n")

    def line(self):
        """The next line, None at the end of the connection."""
        while b"\n" not in self.pending:
            data = self.socket.recv(65536)
            if not data:
                assert not self.pending, f"half a line at the end: {self.pending[:200]!r}"
                return None
            self.pending += data
        line, self.pending = self.pending.split(b"\n", 1)
        parsed = json.loads(line)
        assert isinstance(parsed, dict) and isinstance(parsed.get("type"), str), line
        return parsed

    def lines(self):
        """The lines of one answer but the last. Refused: it ends with an error."""
        found = []
        while (line := self.line()) is not None and line["type"] != "end":
            if line["type"] == "error":
                raise Refused(line, found)
            found.append(line)
        if line is None:
            raise EOFError(f"the connection ended after {found}")
        return found

    def ask(self, command, **fields):
        self.send(command, **fields)
        return self.lines()

    def refusal(self, command, **fields):
        """The error with which a request is refused."""
        try:
            lines = self.ask(command, **fields)
        except Refused as error:
            return error
        raise AssertionError(f"{command} {fields} was not refused: {lines}")


def ask(run, command, **fields):
    """One request on a connection of its own; the lines of the answer."""
    with Control(run) as control:
        return control.ask(command, **fields)


def version_after(run, upgrades, timeout=TIMEOUT):
    """What exacheck says of itself once it has been upgraded so often: until then it may be away in between."""
    def look():
        with contextlib.suppress(OSError, EOFError):
            [line] = ask(run, "version")
            return line if line["upgrades"] == upgrades else None

    return wait_until(look, timeout, "the upgrade")


def node(run, name, detail="brief"):
    """A check or a group as status shows it."""
    return [line for line in ask(run, "status", names=[name], detail=detail) if line["type"] != "exacheck"][0]
