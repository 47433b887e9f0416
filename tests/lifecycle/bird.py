"""
BIRD seen from outside: its table and counters through its control socket, and from its log every single route
that came, changed or went, so that no withdraw can be missed however short it was. Only reads.
"""
import collections
import re
import socket
from dataclasses import dataclass

from harness.lab import parse_routes

# "p4.ipv4 > added [best] 192.0.2.1/32 5L 2G unreachable": the number before L is the path identifier received.
EVENT = re.compile(r"\S+ \S+ <TRACE> (?P<peer>\w+)\.ipv[46] > (?P<verb>\w+)(?: \[\w+\])? (?P<prefix>[0-9a-f.:]+/\d+)"
                   r" (?P<path>\d+)L .*")
VERBS = {"added": "added", "updated": "added", "ignored": "added", "removed": "removed"}
COUNTER = re.compile(r"^ +Import (updates|withdraws): +(\d+) ", re.MULTILINE)
PEERS = ("p4", "p6")


@dataclass(frozen=True)
class Event:
    """What came for a route: added (also one that replaces, and one that says nothing new) or removed."""

    peer: str
    verb: str
    prefix: str
    path: int

    @property
    def key(self):
        return (self.peer, self.prefix, self.path)


class Follower:
    """A file that grows: the whole lines since the last look."""

    def __init__(self, path):
        self.file = open(path, errors="replace")
        self.rest = ""

    def lines(self):
        *lines, self.rest = (self.rest + self.file.read()).split("\n")
        return lines

    def close(self):
        self.file.close()


class Bird:
    """control: the path of its control socket; log: of its log."""

    def __init__(self, control, log):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(str(control))
        self.read_answer()
        self.log = Follower(log)

    def read_answer(self):
        """Up to the line whose code is followed by a blank, without the codes, as birdc shows it."""
        data = b""
        while not data.endswith(b"\n") or not re.match(rb"\d{4} ", data[:-1].rpartition(b"\n")[2]):
            more = self.sock.recv(1 << 20)
            assert more, "BIRD closed its control socket"
            data += more
        lines = data.decode().splitlines()
        return "\n".join(re.sub(r"^(\d{4}[- ]| )", "", line) for line in lines)

    def ask(self, question):
        self.sock.sendall(question.encode() + b"\n")
        return self.read_answer()

    def routes(self):
        return parse_routes(self.ask("show route all"))

    def established(self):
        return {line.split()[0] for line in self.ask("show protocols").splitlines() if "Established" in line}

    def received(self, peer):
        """(updates, withdraws) that came from a peer."""
        found = collections.Counter()
        for kind, count in COUNTER.findall(self.ask(f"show protocols all {peer}")):
            found[kind] += int(count)
        return found["updates"], found["withdraws"]

    def events(self):
        """Since the last look. BIRD writes an event before it answers a question asked after it."""
        return [Event(found["peer"], VERBS[found["verb"]], found["prefix"], int(found["path"]))
                for line in self.log.lines() if (found := EVENT.fullmatch(line))]

    def close(self):
        self.sock.close()
        self.log.close()
