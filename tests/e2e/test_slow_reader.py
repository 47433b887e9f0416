"""
An ExaBGP that does not read, reads slowly, answers late or says much: checks stay on time, nothing is lost, and what
it has at the end is the truth.
"""
import fcntl
import json
import os
import re
import signal
import threading
import time
from datetime import datetime

import pytest

from harness import paths, peer as peers
from harness.config import config, for_test
from harness.exacheck import Line
from harness.flapping import CHECKS, PERIOD, Services
from harness.lab import Lab
from harness.standalone import Pipes, Service
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

LATE = 1.5 * paths.SLOWNESS  # seconds that an execution may be late on a busy machine
F_SETPIPE_SZ = 1031
EXECUTION = re.compile(r"(\S+Z) \w+ (check \d+): [^:]*: (?:pass|fail) ")


@pytest.fixture
def services(directory):
    return Services(directory)


def assert_on_time(lines, begin, end):
    """Every check was executed throughout, each time no later than allowed; begin, end: datetimes."""
    times = {}
    for line in lines:
        found = EXECUTION.match(line)
        if found:
            times.setdefault(found[2], []).append(datetime.fromisoformat(found[1].replace("Z", "+00:00")).timestamp())
    assert len(times) == CHECKS
    for name, seen in times.items():
        seen = [begin, *(when for when in seen if begin < when < end), end]
        gap = max(later - earlier for earlier, later in zip(seen, seen[1:]))
        assert gap < PERIOD + LATE, f"{name}: {gap:.2f} s without an execution"


def wait_table(lab, prefixes):
    def table():
        return {protocol: {route.prefix for route in lab.routes(protocol=protocol)} for protocol in ("p4", "p6")}

    wait_until(lambda: table() == {"p4": prefixes, "p6": prefixes}, 60, f"the truth in BIRD: {len(prefixes)}", 0.1)


class Under:
    """exacheck under ExaBGP."""

    def __init__(self, directory, keep, document):
        path = directory / "exacheck.yaml"
        path.write_text(json.dumps(for_test(document, directory)))
        self.lab = keep(Lab(directory, [paths.EXACHECK, "run", "-f", path, "-v"])).start()

    def log(self):
        return self.lab.exabgp.log().splitlines()


class Beside:
    """exacheck beside ExaBGP, named pipes between the two."""

    def __init__(self, directory, keep, document):
        self.lab = keep(Pipes(directory)).start()
        place = directory / "service"
        place.mkdir()
        self.run = Service(place, {**document, "exacheck": {"exabgp": {"output": f"fifo {self.lab.place}"}}})
        keep(self)

    def log(self):
        return [line.text for line in self.run.log]

    def close(self):
        self.run.finish()


@pytest.mark.parametrize("kind", [Under, Beside])
@pytest.mark.parametrize("stopped", [3, 12.5])
def test_exabgp_stopped(directory, keep, services, kind, stopped):
    """
    SIGSTOP of a real ExaBGP while 100 checks flap, for less and for more than answers are waited for; then BIRD gets
    the truth, which changes once more.
    """
    running = kind(directory, keep, config(*services.checks()))
    wait_table(running.lab, services.set(0, 1, 2, 3, 4))
    services.flap()
    begin = time.time()
    running.lab.exabgp.process.send_signal(signal.SIGSTOP)
    try:
        time.sleep(stopped)
        truth = services.set(0, 1, 2)
        time.sleep(PERIOD)
        end = time.time()
    finally:
        running.lab.exabgp.process.send_signal(signal.SIGCONT)
    wait_table(running.lab, truth)
    assert_on_time(running.log(), begin, end)
    wait_table(running.lab, services.set(1, 2, 4))


def test_reader_byte_by_byte(start, services):
    """Somebody reads one byte at a time, from a pipe that holds a page: whole commands, and the truth at the end."""
    run = start(config(*services.checks()), peers.ExaBGP(), reading=False)
    fcntl.fcntl(run.process.stdout, F_SETPIPE_SZ, 4096)
    services.flap()
    begin = time.time()
    done = threading.Event()

    def read():
        line = b""
        while not done.is_set() or line:
            byte = os.read(run.process.stdout.fileno(), 1)
            if not byte:
                return
            run.stdout.raw += byte
            if byte == b"\n":
                run._on_command(Line(time.monotonic(), line.decode()))
                line = b""
                time.sleep(0.001)
            else:
                line += byte

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    time.sleep(4)
    truth = services.set(0, 1)
    run.wait_for(lambda: run.rib.prefixes() == truth, 60, "the truth")
    assert_on_time([line.text for line in run.log], begin + 1, time.time())
    done.set()
    services.set()  # gives the reader its last line
    reader.join(20)
    assert not reader.is_alive()
    run.resume()  # the two must not share a line


class Talkative(peers.ExaBGP):
    """Answers the first commands after a megabyte of other lines each."""

    def __init__(self, times):
        self.times = times

    def answer_command(self, line):
        if self.times <= 0:
            return ["done"]
        self.times -= 1
        return ["neighbor 192.0.2.1 receive update " + "x" * 990] * 1000 + ["y" * 100000, "done"]


def test_much_is_answered(start, services):
    """Megabytes of lines that are no answers, one of them longer than any that is kept."""
    run = start(config(*services.checks(), exabgp={"max_in_flight": 3}), Talkative(5))
    begin = time.time()
    run.wait_for(lambda: len(run.rib.routes) == CHECKS, 60, "every route")
    run.wait_for(lambda: len(run.logged("startup -> up")) == CHECKS, what="word of every check")
    assert_on_time([line.text for line in run.log], begin + 1, time.time())
    services.set()
    run.wait_for(lambda: not run.rib.routes, what="withdraw of everything")
    assert not run.logged("no answer")


class Late(peers.ExaBGP):
    """Answers and reads after a while only, for the first commands."""

    def __init__(self, times, seconds):
        self.times, self.seconds = times, seconds

    def answer_command(self, line):
        if self.times > 0:
            self.times -= 1
            time.sleep(self.seconds)
        return ["done"]


def test_late_answers(start, services):
    """Answers that take seconds each: what is overtaken meanwhile is not said."""
    run = start(config(*services.checks(), exabgp={"max_in_flight": 2}), Late(3, 2))
    begin = time.time()
    services.flap()
    time.sleep(5)
    truth = services.set(2, 3, 4)
    run.wait_for(lambda: run.rib.prefixes() == truth, 60, "the truth")
    assert_on_time([line.text for line in run.log], begin + 1, time.time())
    assert len(run.rib.commands) < 6 * CHECKS, "history was told"
