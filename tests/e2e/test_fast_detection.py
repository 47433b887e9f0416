"""What is noticed between executions: the end of a connection that is held (tcp watch), a file that comes and goes."""
import contextlib
import math
import os
import signal
import socket
import statistics
import subprocess
import sys
import time

import pytest

from harness import paths, processes
from harness.config import check, config, prefix
from harness.hostile import TcpServer, make_socket
from test_hostile_worker import Hostile
from test_upgrade import PROGRAMS, put, upgrade

LONG = 3600  # seconds: nothing happens on the grid
# The number of inotify(7) instances is limited for each user, and other tests' workers have theirs.
OWN_USER = {"user": "daemon"} if os.geteuid() == 0 else {}

SERVICE = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
print(server.getsockname()[1], flush=True)
held = []
while True:
    held.append(server.accept()[0])
"""


class Service:
    """A process that accepts connections and holds them."""

    def __init__(self, port=0):
        self.process = processes.start([sys.executable, "-I", "-S", "-c", SERVICE, str(port)], stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def kill(self):
        """Returns when it was told."""
        when = time.monotonic()
        self.process.send_signal(signal.SIGKILL)
        return when

    def close(self):
        self.process.kill()
        self.process.wait()
        processes.finished(self.process)
        self.process.stdout.close()


class Talker(TcpServer):
    """Keeps connections and sends something on each, again and again."""

    def handle(self, connection, peer, data):
        self.open_connections.append(connection)
        self.talk()

    def talk(self):
        for connection in self.open_connections:
            with contextlib.suppress(OSError):
                connection.send(b"220 ready\r\n" * 100)


def tcp(service, **more):
    return {"method": "tcp", "host": "127.0.0.1", "port": service.port, "watch": True, **more}


def end(server):
    """As a process that ends: the port, and what it holds."""
    server.go_away()
    for connection in server.open_connections:
        connection.close()


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def seconds_to_the_close(service):
    """Kill it; returns when it was told, and how long a plain client takes to see its connection closed."""
    with socket.create_connection(("127.0.0.1", service.port), 10) as client:
        when = service.kill()
        with contextlib.suppress(ConnectionError):
            client.recv(1)
        return when, time.monotonic() - when


def test_killed_services(start, keep):
    """From the kill of a service to the withdraw, as a median of some: milliseconds, not the interval."""
    services = [keep(Service()) for _ in range(11)]
    run = start(config(*(check(f"web {number}", tcp(service), prefixes=[prefix(number)], interval=15)
                         for number, service in enumerate(services))))
    for number in range(len(services)):
        run.wait_route(prefix(number))
    delays, floors = [], []
    for number, service in enumerate(services):
        when, floor = seconds_to_the_close(service)
        run.wait_no_route(prefix(number), timeout=20)
        delays.append(run.rib.changes_of(prefix(number))[-1][0] - when)
        floors.append(floor)
    bound = (0.010 + 20 * statistics.median(floors)) * paths.SLOWNESS
    assert statistics.median(delays) < bound, f"{sorted(delays)}, the floor: {sorted(floors)}"


def test_counts(start, keep):
    """What is noticed counts as one result; the others come at the fast interval."""
    service = keep(Service())
    run = start(config(check("web", tcp(service), interval=LONG, fast_interval=0.4, fall=3)))
    run.wait_route(prefix(0))
    when = service.kill()
    run.wait_no_route(prefix(0))
    assert run.rib.changes_of(prefix(0))[-1][0] - when > 0.4
    assert [change.state for change in run.transitions] == ["up", "falling", "down"], run.story()
    assert not run.logged("worker lost")


def test_closing_server_is_not_hammered(start, keep):
    """Connections that are closed at once, again and again: a few more executions, and the grid goes on."""
    closing, on_grid = keep(TcpServer("close")), keep(TcpServer("close"))
    run = start(config(check("closing", tcp(closing), interval=LONG),
                       check("on grid", tcp(on_grid), prefixes=[prefix(1)], interval=0.5)))
    run.wait_route(prefix(0))
    run.wait_for(lambda: closing.count >= 5 and on_grid.count >= 5, what="executions off the grid")
    before, count = time.monotonic(), on_grid.count
    run.wait_for(lambda: on_grid.count >= count + 4, what="executions on the grid")
    elapsed = time.monotonic() - closing.seen[0][0]
    assert closing.count <= 6 + math.log2(1 + elapsed)  # at once and soon 5 times, then after 1, 2, 4 … s
    assert on_grid.count - count <= (time.monotonic() - before) / 0.5 + 4
    assert [up for _, up in run.rib.changes_of(prefix(0)) + run.rib.changes_of(prefix(1))] == [True, True], run.story()
    assert not run.logged("worker lost")


def test_execution_that_lasts_into_the_grid(start, keep):
    """One that began off the grid and is not done when a grid point comes is that point's: in time for its lease."""
    server = keep(make_socket(socket.SOCK_STREAM, "127.0.0.1"))
    server.listen(0)
    args = {"method": "tcp", "host": "127.0.0.1", "port": server.getsockname()[1], "watch": True, "timeout": 2,
            "tcp_timeout": 1.5}
    run = start(config(check("web", args, interval=1)))
    held = keep(server.accept()[0])
    run.wait_route(prefix(0))
    for _ in range(4):  # nobody is accepted any more: who tries waits
        filler = keep(socket.socket())
        filler.setblocking(False)
        filler.connect_ex(server.getsockname())
    held.close()
    run.wait_no_route(prefix(0))
    run.wait_for(lambda: len(run.logged("web: down: fail timeout")) >= 2, what="executions on the grid")
    assert run.wait_transition("web", "down").reason == "timeout"
    assert not run.logged("worker lost"), run.story()


def test_one_connection_is_held(start, keep):
    """What the service says changes nothing; each execution's connection takes the place of the former."""
    talker, plain = keep(Talker()), keep(TcpServer("silent"))
    run = start(config(check("watched", tcp(talker)), check("plain", tcp(plain, watch=False), prefixes=[prefix(1)])))
    run.wait_for(lambda: talker.count >= 6, what="executions")
    for _ in range(20):
        talker.talk()
        time.sleep(0.02)
    pids = [run.worker(name) for name in ("watched", "plain")]
    # at most one more, during an execution
    run.wait_for(lambda: descriptors(pids[0]) == descriptors(pids[1]) + 1, what="one descriptor more")
    seen = [when for when, _ in talker.seen]
    assert len(seen) <= (seen[-1] - seen[0]) / 0.2 + 2, "executed for what it said"
    assert not run.logged("worker lost")


def test_held_across_an_upgrade(start, keep, directory):
    """The connection is the worker's, which stays; what it has to say the new program understands."""
    server = keep(TcpServer("silent"))
    build = paths.copy_build(directory)
    run = start(config(check("web", tcp(server), interval=LONG)), build=build)
    run.wait_route(prefix(0))
    worker = run.worker("web")
    put(build, PROGRAMS / "next")
    upgrade(run)
    end(server)
    run.wait_no_route(prefix(0))
    assert run.worker("web") == worker
    assert not run.logged("worker lost")


@pytest.mark.parametrize("more", [{}, {"contains": "up"}, {"max_age": 1000}], ids=["path", "contains", "max_age"])
def test_file(start, directory, more):
    flag = directory / "flag"
    other = {} if more else {"exists": False}
    run = start(config(check("flag", {"method": "file", "path": str(flag), **more}, interval=LONG),
                       check("no flag", {"method": "file", "path": str(flag), **other}, prefixes=[prefix(1)],
                             interval=LONG), **OWN_USER))
    run.wait_for(lambda: len(run.transitions) >= 2, what="verdicts")
    for _ in range(1 if more else 2):
        flag.write_text("up\n")
        run.wait_route(prefix(0))
        run.wait_for(lambda: run.announced(prefix(1)) == bool(more), what="the other one's verdict")
        flag.unlink()
        run.wait_no_route(prefix(0))
        run.wait_for(lambda: run.announced(prefix(1)) != bool(more), what="the other one's verdict")


def test_file_of_a_disabled_check(start, directory):
    """While it is disabled nothing makes it execute, and afterwards it starts over, on the grid."""
    flag, switch = directory / "flag", directory / "switch"
    switch.write_text("")
    run = start(config(check("flag", {"method": "file", "path": str(flag)}, disable=str(switch), interval=1)))
    run.wait_transition("flag", "disabled")
    flag.write_text("")
    switch.unlink()
    run.wait_route(prefix(0))
    flag.unlink()
    run.wait_no_route(prefix(0))
    assert [change.state for change in run.transitions][:2] == ["disabled", "startup"], run.story()


@pytest.mark.one_level
def test_hostile_workers(start, keep, directory):
    """Results off the grid: believed up to a bound, from a worker that has something to watch."""
    failure = "result:off_grid=1:code=1:reason=1"
    words = ["started first=2 result:off_grid=1 flood", f"started first=2 {failure} repeat=1 hang",
             f"started first=2 {failure}:last=1 repeat=1 exit=0"]
    hostile = Hostile(start, keep, directory, [("file", item) for item in words])
    run = hostile.begin()
    hostile.wait_down(20 * paths.SLOWNESS)
    hostile.assert_withdrawn_in_time()
    run.wait_log("worker lost (violation)")
    hostile.finish()
