"""
Upgrade in place: another program under the same pid, and nobody outside notices. Each test runs a copy of the built tree,
in which the program is replaced as a package does it: by rename.
"""
import os
import shutil
import signal
import time

import pytest

from harness import paths, processes
from harness.config import check, config, prefix
from harness.hostile import TcpServer
from harness.wait import wait_until

PROGRAMS = paths.BUILD / "upgrade"
VERSION = os.popen(f"{paths.EXACHECK} --version").read().split()[1]


def tcp(server):
    return {"method": "tcp", "host": "127.0.0.1", "port": server.port, "timeout": 2}


@pytest.fixture
def build(directory):
    return paths.copy_build(directory)


def put(build, program):
    """A program (a path, or the text of a script) takes the place of exacheck."""
    new = build / "exacheck.new"
    if isinstance(program, str):
        new.write_text(program)
    else:
        shutil.copy2(program, new)
    new.chmod(0o755)
    os.replace(new, build / "exacheck")


def upgrade(run, timeout=20):
    """Ask for an upgrade and wait for it."""
    before = len(run.logged("upgraded from "))
    os.kill(run.pid, signal.SIGUSR2)
    return run.wait_for(lambda: run.logged("upgraded from ")[before:], timeout, "upgrade")[0]


def refused(run, timeout=20):
    """Ask for an upgrade that comes to nothing; returns why."""
    before = len(run.logged("upgrade refused: "))
    os.kill(run.pid, signal.SIGUSR2)
    return run.wait_for(lambda: run.logged("upgrade refused: ")[before:], timeout, "refusal")[0]


def descriptors(pid):
    place = f"/proc/{pid}/fd"
    return sorted(os.readlink(f"{place}/{fd}").split(":")[0] for fd in os.listdir(place))


def start_with(start, keep, build, count=3, **options):
    servers = [keep(TcpServer()) for _ in range(count)]
    run = start(config(*(check(f"web{n}", tcp(server), prefixes=[prefix(n)]) for n, server in enumerate(servers))),
                build=build, **options)
    for n in range(count):
        run.wait_route(prefix(n))
    return run, servers


def test_another_version(start, keep, build):
    """Another program, the same processes at first; not a word to ExaBGP; workers are replaced one after the other."""
    run, servers = start_with(start, keep, build)
    workers = {n: run.worker(f"web{n}") for n in range(3)}
    launcher, commands = run.launcher(), len(run.lines)
    put(build, PROGRAMS / "next")
    line = upgrade(run)
    assert f"upgraded from {VERSION} to 9.9.9: 3 workers kept" in line
    assert run.launcher() == launcher
    for n in range(3):
        wait_until(lambda: run.worker(f"web{n}") != workers[n], 10, "another worker")
    counts = [server.count for server in servers]
    run.wait_for(lambda: all(s.count >= c + 3 for s, c in zip(servers, counts)), what="executions")
    assert len(run.lines) == commands, run.story()
    assert not run.logged("worker lost") and not run.logged("->")[3:], run.story()
    servers[0].go_away()
    run.wait_no_route(prefix(0))
    servers[0].come_back()
    run.wait_route(prefix(0))


BROKEN = {
    "script that fails": ("#!/bin/sh\nexit 1\n", "ended before it answered"),
    "garbage": ("garbage", "cannot start"),
    "other state": (PROGRAMS / "state", "does not take the state"),
    "hangs": ("#!/bin/sh\nexec sleep 60\n", "does not answer within 5 s"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_program_that_does_not_work(start, keep, build, name):
    """The old one goes on, says why, and can be upgraded later."""
    program, reason = BROKEN[name]
    run, servers = start_with(start, keep, build, 2)
    worker, commands = run.worker("web0"), len(run.lines)
    put(build, program)
    why = refused(run)
    assert reason in why and f"exacheck {VERSION} goes on" in why
    assert run.worker("web0") == worker and len(run.lines) == commands
    servers[0].go_away()
    run.wait_no_route(prefix(0))
    servers[0].come_back()
    run.wait_route(prefix(0))
    put(build, PROGRAMS / "next")
    upgrade(run)
    if name == "other state":
        assert run.logged("the state is of version 1, this program knows 99: restart exacheck instead")


def test_program_is_gone(start, keep, build):
    run, _ = start_with(start, keep, build, 1)
    (build / "exacheck").rename(build / "elsewhere")
    assert "No such file or directory" in refused(run)
    put(build, build / "elsewhere")
    (build / "exacheck").chmod(0o644)
    assert "Permission denied" in refused(run)
    (build / "exacheck").chmod(0o755)
    upgrade(run)
    assert run.announced(prefix(0))


def test_twenty_times(start, keep, build):
    """Neither descriptors nor processes nor memory pile up, and no verdict changes."""
    run, servers = start_with(start, keep, build, 5)
    commands = len(run.lines)
    upgrade(run)
    wait_until(lambda: len(run.spawners()) == 1, 10, "one spawner")
    held = descriptors(run.pid)
    for number in range(20):
        put(build, PROGRAMS / "next" if number % 2 == 0 else paths.EXACHECK)
        upgrade(run)
    counts = [server.count for server in servers]
    run.wait_for(lambda: all(s.count >= c + 5 for s, c in zip(servers, counts)), what="executions")
    wait_until(lambda: len(run.spawners()) == 1, 10, "one spawner")
    wait_until(lambda: len(processes.children(run.pid)) == 7, 10, "launcher, spawner, five workers")
    wait_until(lambda: descriptors(run.pid) == held, 10, f"{held} open")
    assert len(run.lines) == commands, run.story()
    assert not run.logged("worker lost") and not run.logged("refused"), run.story()


def test_other_worker_protocol(start, keep, build):
    """Workers that this program cannot talk to are replaced at once, without a failure."""
    run, servers = start_with(start, keep, build)
    workers, commands = {run.worker(f"web{n}") for n in range(3)}, len(run.lines)
    put(build, PROGRAMS / "protocol")
    assert ": 0 workers kept" in upgrade(run)
    assert not workers & {run.worker(f"web{n}") for n in range(3)}
    counts = [server.count for server in servers]
    run.wait_for(lambda: all(s.count >= c + 3 for s, c in zip(servers, counts)), what="executions")
    assert len(run.lines) == commands and not run.logged("worker lost"), run.story()


def test_no_result_is_lost(start, keep, build):
    """A service that goes during the upgrade is found out, after exactly as many executions as otherwise."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), prefixes=[prefix(1)], fall=4, rise=2)), build=build)
    run.wait_route(prefix(1))
    server.go_away()
    run.wait_transition("web", "falling (2/4)")
    upgrade(run)
    run.wait_no_route(prefix(1))
    states = [t.state for t in run.transitions if t.check == "web"]
    assert states[-1] == "down" and all(f"falling ({n}/4)" not in states[-1] for n in (1, 2)), states


def test_end_during_upgrade(start, keep, build):
    """SIGTERM that comes during the upgrade ends it, whichever program it reaches."""
    for pause in (0, 0.002, 0.01, 0.02, 0.05):
        run, _ = start_with(start, keep, build, 2)
        os.kill(run.pid, signal.SIGUSR2)
        time.sleep(pause)
        code, _ = run.stop()
        assert code == 0 and not run.rib.routes, run.story()
        run.finish()
