"""What control clients get wrong, or have no right to; and what becomes of those who mean harm."""
import array
import contextlib
import datetime
import json
import os
import socket
import threading
import time

import pytest

from harness import paths, processes
from harness.config import check, config, prefix
from harness.control import TIMEOUT, Control, Refused, ask, path_of
from harness.reload import replace
from harness.wait import wait_until
from test_control import some

pytestmark = pytest.mark.one_level

OTHER = 65534  # a uid that is neither root's nor the supervisor's
READERS, CLIENTS = 48, 64  # at once
GOOD = b'{"protocol":1,"command":"version"}\n'

BAD_LINES = {
    "not JSON": (b"status\n", "request", "not a line of JSON"),
    "empty line": (b"\n", "request", "not a line of JSON"),
    "a list": (b'["status"]\n', "request", "JSON object"),
    "no protocol": (b'{"command":"status"}\n', "request", '"protocol" must be a number'),
    "another protocol": (b'{"protocol":2,"command":"status"}\n', "protocol", "protocol 2 is asked for"),
    "no command": (b'{"protocol":1}\n', "request", '"command" must be'),
    "a command twice": (b'{"protocol":1,"command":"status","command":"log"}\n', "request", "duplicate"),
    "unknown command": (b'{"protocol":1,"command":"statis"}\n', "command", 'did you mean "status"'),
    "unknown command, cut inside of a character": (
        '{"protocol":1,"command":"'.encode() + "xé".encode() * 40 + b'"}\n', "command", "unknown command"),
    "unknown field": (b'{"protocol":1,"command":"status","name":"x"}\n', "request", 'unknown field "name"'),
    "field of another command": (b'{"protocol":1,"command":"status","follow":true}\n', "request",
                                 '"follow" has no meaning'),
    "names are no list": (b'{"protocol":1,"command":"status","names":"x"}\n', "request", '"names" must be'),
    "a name is no text": (b'{"protocol":1,"command":"status","names":[1]}\n', "request", '"names" must be'),
    "a name that is dear to compare with": (b'{"protocol":1,"command":"status","names":["*' + b"[" * 60000 + b'"]}\n',
                                            "request", "1 to 255 bytes"),
    "a long name of nothing": (b'{"protocol":1,"command":"status","names":["' + b"[" * 255 + b'"]}\n', "name", "matches"),
    "an event before the first": (b'{"protocol":1,"command":"events","since":-1}\n', "request", '"since" must be'),
    "not UTF-8": (b'{"protocol":1,"command":"\xff"}\n', "request", "not a line of JSON"),
    "deep": (b'{"protocol":1,"command":' + b"[" * 30000 + b"\n", "request", "not a line of JSON"),
    "no such name": (b'{"protocol":1,"command":"status","names":["*","wob 1"]}\n', "name", 'did you mean "web 1"'),
}


def test_bad_lines(start):
    """Each is refused with its code, on a connection that goes on."""
    run = start(some())
    run.wait_route(prefix(0))
    with Control(run) as control:
        for name, (line, code, message) in BAD_LINES.items():
            control.send_bytes(line)
            with pytest.raises(Refused) as refused:
                control.lines()
            assert refused.value.code == code and message in refused.value.message, (name, refused.value)
            assert refused.value.line.get("protocol") == (1 if code == "protocol" else None)
        control.send_bytes(GOOD + GOOD[:10])  # and the rest of it later
        assert control.lines()[0]["pid"] == run.pid
        control.send_bytes(GOOD[10:-1])
        control.socket.shutdown(socket.SHUT_WR)  # its end is the end of the line, too
        assert control.lines()[0]["pid"] == run.pid and control.line() is None
    with Control(run) as control:
        control.send_bytes(GOOD[:-2] + b" " * (65536 - len(GOOD)) + b"}\n")  # the longest there is
        assert control.lines()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            control.send_bytes(b"x" * (1 << 20))
        with pytest.raises(Refused) as refused:
            control.lines()
        assert refused.value.code == "request" and "65536 bytes" in refused.value.message
        with contextlib.suppress(ConnectionResetError):
            assert control.line() is None
    assert run.process.poll() is None


def as_user(uid, act):
    """What act returns when another user does it."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            os.write(writing, json.dumps(act()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    os.waitpid(pid, 0)
    assert text, "it ended without a word"
    return json.loads(text)


WRITES = {**{command: {"names": ["*"]} for command in ("check", "disable", "drain", "enable")}, "reload": {},
          "upgrade": {}, "notify-test": {}, "log": {"level": "trace"}}


def test_permission(start, root):
    """Others read as the socket's mode lets them, and change nothing, be they the workers' user."""
    run = start(some(1, control={"mode": "0666"}, user="nobody"))
    run.wait_route(prefix(0))
    path = str(path_of(run))

    def others():
        with Control(path) as control:
            control.ask("status")
            return [control.refusal(command, **fields).code for command, fields in WRITES.items()]

    assert as_user(OTHER, others) == ["permission"] * len(WRITES)
    os.chmod(path, 0o660)

    def connects():
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(path)

    assert as_user(OTHER, connects) != 0
    run.wait_route(prefix(0))


def test_changed_meanwhile(start):
    """A client that reads too late for what it asked is told so, and may ask again."""
    checks = [check(f"web {n}", {"method": "file", "path": "/"}, prefixes=[prefix(n)], interval=600,
                    description="x" * 8000) for n in range(80)]
    run = start(config(*checks))
    run.wait_route(prefix(79))
    with Control(run) as control:
        control.send("status")
        assert control.line()["type"] == "exacheck"  # it has begun, and cannot have ended
        replace(run, config(*checks[1:]))
        assert ask(run, "reload")[-1]["result"] == "done"
        with pytest.raises(Refused) as refused:
            control.lines()
        assert refused.value.code == "changed"
        assert len(control.ask("status")) == len(checks)  # exacheck itself, and all but one


def descriptors(run):
    return len(processes.descriptors(run.pid))


def test_clients_are_bounded(start, root):
    """Readers do not take all the places; who finds none is told; descriptors that are passed are not kept."""
    run = start(some(1, control={"mode": "0666"}))
    run.wait_route(prefix(0))
    path = str(path_of(run))
    before = descriptors(run)

    def readers():
        clients = [Control(path) for _ in range(READERS)]
        for client in clients:
            client.ask("version")
        with Control(path) as control:
            told = control.line()["code"]
        return told

    assert as_user(OTHER, readers) == "busy"
    wait_until(lambda: descriptors(run) == before, TIMEOUT, "the readers to be gone")
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Control(run)) for _ in range(CLIENTS)]
        for client in clients:
            client.ask("version")
        with Control(run) as control:
            assert control.line()["code"] == "busy" and control.line() is None
        clients[0].close()
        wait_until(lambda: descriptors(run) <= before + CLIENTS - 1, TIMEOUT, "the place of one that went away")
        assert ask(run, "version")
    wait_until(lambda: descriptors(run) == before, TIMEOUT, "all of them to be gone")
    with Control(run) as control:
        handed = array.array("i", [control.socket.fileno()] * 20)
        with contextlib.suppress(OSError):  # newer kernels refuse it
            control.socket.sendmsg([b" "], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handed)])
        control.send_bytes(GOOD)
        assert control.lines()
        assert descriptors(run) == before + 1


class Hostile(threading.Thread):
    """One who means harm until told to stop; act: what it does with a connection, again and again."""

    def __init__(self, path, act):
        super().__init__(daemon=True)
        self.path, self.act = path, act
        self.over = threading.Event()
        self.rounds = 0

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(1)
        client.connect(str(self.path))
        return client

    def run(self):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)  # what it does itself is not what is tested
        while not self.over.is_set():
            with contextlib.suppress(OSError), self.connect() as client:
                self.act(self, client)
            self.rounds += 1
            self.over.wait(0.01)

    def close(self):
        self.over.set()
        self.join(TIMEOUT)


STATUS = b'{"protocol":1,"command":"status","detail":"full"}\n'


def hammers(self, client):
    client.sendall(STATUS)
    while not self.over.is_set() and (data := client.recv(65536)):
        if data.endswith(b'{"type":"end"}\n'):
            client.sendall(STATUS)


def never_reads(self, client):
    while not self.over.is_set():
        client.sendall(STATUS)  # until nothing fits any more


def talks_garbage(self, client):
    client.sendall(b"\0{]\n" * 1000)
    while client.recv(65536):
        pass


def half_a_line(self, client):
    client.sendall(STATUS[:20])
    self.over.wait(0.5)


def a_megabyte(self, client):
    client.sendall(b"x" * (1 << 20))


def byte_by_byte(self, client):
    for byte in b"x" * 5000:
        if not self.over.is_set():
            client.sendall(bytes([byte]))


HARM = [hammers, hammers, hammers, never_reads, never_reads, talks_garbage, talks_garbage, half_a_line, a_megabyte,
        byte_by_byte]
CHECKS, GRID = 60, 0.2
WINDOW = 3.0  # seconds
LATER = 0.010 * paths.SLOWNESS  # seconds
ATTEMPTS = 4  # on a machine that does other things as well


def lateness(run):
    """99 of 100 results of the next seconds come at most so late, by each check's own grid; in seconds."""
    begin = datetime.datetime.now(datetime.timezone.utc)
    time.sleep(WINDOW)
    found = []
    for node in ask(run, "status", detail="full")[1:]:
        times = [datetime.datetime.fromisoformat(one["time"].replace("Z", "+00:00")) for one in node["recent"]]
        offsets = [(when - times[0]).total_seconds() for when in times if when > begin]
        phases = [(offset + GRID / 2) % GRID - GRID / 2 for offset in offsets]
        assert len(phases) > WINDOW / GRID / 3, node
        found += [phase - min(phases) for phase in phases]
    return sorted(found)[len(found) * 99 // 100]


def for_a_while(run, found):
    """How late the checks are without and with those who mean harm, until it is well."""
    while len(found) < ATTEMPTS and not any(harmed < quiet + LATER for quiet, harmed in found):
        quiet = lateness(run)
        hostile = [Hostile(path_of(run), act) for act in HARM]
        for one in hostile:
            one.start()
        found.append((quiet, lateness(run)))
        for one in hostile:
            one.close()
        assert all(one.rounds > 0 for one in hostile)


def test_ten_who_mean_harm(start):
    """The checks keep their grid, others are served, and in the end nothing is left of them."""
    checks = [check(f"web {n}", {"method": "file", "path": "/"}, prefixes=[prefix(n)], interval=GRID, splay=True)
              for n in range(CHECKS)]
    run = start(config(*checks), arguments=())
    for number in range(CHECKS):
        run.wait_route(prefix(number))
    before, found, begin = descriptors(run), [], time.monotonic()
    with Control(run) as half, Control(run) as stuck:
        half.send_bytes(STATUS[:20])
        with contextlib.suppress(TimeoutError):
            stuck.socket.settimeout(1)
            stuck.send_bytes(STATUS * 10000)
        for_a_while(run, found)
        wait_until(lambda: ask(run, "version")[0]["clients"]["dropped"] >= 2, TIMEOUT, "those who keep it waiting gone")
        assert time.monotonic() - begin >= 10
    assert any(harmed < quiet + LATER for quiet, harmed in found), found
    assert run.rib.prefixes() == {prefix(number) for number in range(CHECKS)}, run.story()
    assert not run.logged("worker lost"), run.story()
    wait_until(lambda: descriptors(run) == before, TIMEOUT, "all of them to be gone")
