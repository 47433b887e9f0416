"""Workers that die, hang, are replaced by nonsense; spawners that die. The other checks never notice."""
import os
import re
import signal
import stat
import textwrap
import time

import pytest

from harness import paths, processes
from harness.config import check, config, prefix
from harness.exacheck import EXIT_LIMIT
from harness.hostile import HttpServer, TcpServer
from harness.wait import wait_until

INTERVAL = 0.3
TIMEOUT = 1.0
FALL = 2
GRACE = 2.0 * paths.SLOWNESS  # the supervisor's own, and a loaded machine's


def tcp(server):
    return {"method": "tcp", "host": "127.0.0.1", "port": server.port, "timeout": TIMEOUT, "tcp_timeout": 0.5}


def pair(keep, **more):
    """Two checks of the same method; the first is the victim."""
    victim, other = keep(TcpServer()), keep(TcpServer())
    return victim, other, config(
        check("victim", tcp(victim), prefixes=[prefix(1)], interval=INTERVAL, fall=FALL),
        check("other", tcp(other), prefixes=[prefix(2)], interval=INTERVAL), **more)


def both_up(run):
    run.wait_route(prefix(1))
    run.wait_route(prefix(2))


def assert_undisturbed(run, server):
    """The other check kept its route and its pace, and still does."""
    count = server.count
    run.wait_for(lambda: server.count >= count + 3, what="further executions of the other check")
    assert [up for _, up in run.rib.changes_of(prefix(2))] == [True], run.story()
    times = [when for when, _ in server.seen]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    assert max(gaps) < INTERVAL + 0.3 * paths.SLOWNESS, gaps


def test_killed_worker_is_replaced(start, keep):
    """One death costs at most one failing result: with fall 2 the route stays."""
    victim, other, text = pair(keep)
    run = start(text)
    both_up(run)
    old = run.worker("victim")
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: not processes.alive(old), 5, "end of the old worker")
    assert run.worker("victim") != old
    seen = victim.count
    run.wait_for(lambda: victim.count >= seen + 4, what="executions of the new worker")
    assert [up for _, up in run.rib.changes_of(prefix(1))] == [True]
    assert_undisturbed(run, other)


def test_worker_killed_again_and_again(start, keep):
    """A worker that never lives to a result: its route is withdrawn; it comes back when left alone."""
    victim, other, text = pair(keep)
    run = start(text)
    both_up(run)
    victim.go_away()  # so that no execution in between passes
    begin = time.monotonic()
    deadline = begin + FALL * INTERVAL + TIMEOUT + GRACE
    while run.announced(prefix(1)) and time.monotonic() < deadline:
        for pid in processes.children(run.pid):
            if "[victim]" in processes.cmdline(pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        time.sleep(0.02)
    assert not run.announced(prefix(1)), run.story()
    victim.come_back()
    run.wait_route(prefix(1), timeout=30)
    assert_undisturbed(run, other)


def test_stopped_worker(start, keep):
    """SIGSTOP: silence is failure. The worker is replaced, the route comes back."""
    victim, other, text = pair(keep)
    run = start(text)
    both_up(run)
    old = run.worker("victim")
    stopped = time.monotonic()
    os.kill(old, signal.SIGSTOP)
    victim.go_away()  # its successor finds the service gone as well
    run.wait_no_route(prefix(1), timeout=FALL * INTERVAL + TIMEOUT + GRACE)
    wait_until(lambda: not processes.alive(old), 5, "end of the stopped worker")
    victim.come_back()
    run.wait_route(prefix(1), timeout=30)
    assert run.rib.changes_of(prefix(1))[1][0] - stopped < FALL * INTERVAL + TIMEOUT + GRACE
    assert_undisturbed(run, other)


def test_stopped_worker_alone_withdraws(start, keep):
    """fall 1: the missed lease alone withdraws, with its reason in the log."""
    server = keep(TcpServer())
    run = start(config(check("victim", tcp(server), prefixes=[prefix(1)], interval=INTERVAL)))
    run.wait_route(prefix(1))
    since = time.monotonic()
    os.kill(run.worker("victim"), signal.SIGSTOP)
    down = run.wait_transition("victim", "down", after=since, timeout=INTERVAL + TIMEOUT + GRACE)
    assert down.reason == "lease"
    run.wait_route(prefix(1), timeout=30)


def build_with(directory, method, program):
    """A copy of the built tree whose worker for one method is another program."""
    build = paths.copy_build(directory)
    worker = build / "libexec" / f"worker-{method}"
    worker.unlink()
    worker.write_text(program)
    worker.chmod(worker.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return build


GARBAGE = """
#!/usr/bin/python3
# Speaks as a spawner and hands back workers that {what}.
import ctypes, os, platform, socket, struct, sys, time
channel = socket.socket(fileno=3)

def send(sock, kind, body):
    sock.send(struct.pack("II", kind, 8 + len(body)) + body)

def clone():
    "A child of our parent's, as clone(2) with CLONE_PARENT makes it."
    number = {{"x86_64": 56, "aarch64": 220}}[platform.machine()]
    return ctypes.CDLL(None).syscall(number, 0x8000 | 17, 0, 0, 0, 0)

{body}
"""

SPAWNERS = {
    "exits at once": "sys.exit(1)",
    "says nothing": "time.sleep(3600)",
    "random bytes": "while True:\n    channel.send(os.urandom(200))\n    time.sleep(0.01)",
    "announces on stdout": "print('announce route 10.9.9.0/24 next-hop self', flush=True)\ntime.sleep(3600)",
    "results out of turn": "while True:\n    send(channel, 7, bytes(224))\n    time.sleep(0.01)",
    "wrong protocol version": "send(channel, 2, struct.pack('I', 99))\ntime.sleep(3600)",
    "closes its channel": "channel.close()\ntime.sleep(3600)",
    "floods": "send(channel, 2, struct.pack('I', 1))\nchannel.setblocking(True)\nwhile True:\n"
              "    send(channel, 9, struct.pack('I', 0) + b'x' * 512)",
}


@pytest.mark.parametrize("what", SPAWNERS)
def test_spawner_replaced_by_nonsense(start, keep, directory, what):
    """Nothing is announced for its checks, nothing reaches ExaBGP, the other methods go on."""
    program = textwrap.dedent(GARBAGE).lstrip().format(what=what, body=SPAWNERS[what])
    build = build_with(directory, "http", program)
    web, other = keep(HttpServer()), keep(TcpServer())
    run = start(config(
        check("victim", {"method": "http", "url": f"http://127.0.0.1:{web.port}/", "timeout": TIMEOUT,
                         "http_timeout": TIMEOUT}, prefixes=[prefix(1)], interval=INTERVAL),
        check("other", tcp(other), prefixes=[prefix(2)], interval=INTERVAL)), build=build)
    run.wait_route(prefix(2))
    run.wait_transition("victim", "down", timeout=20)
    assert not run.announced(prefix(1))
    assert "10.9.9.0/24" not in run.rib.prefixes()
    assert_undisturbed(run, other)
    assert cpu_seconds(run.pid) < 2 * paths.SLOWNESS, "the supervisor is kept busy"


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def reason_number(name):
    """The value of REASON_name."""
    text = (paths.REPOSITORY / "common" / "result.h").read_text()
    members = re.findall(r"^\tREASON_(\w+),", text[text.index("enum reason"):], re.MULTILINE)
    return members.index(name)


# Message types 6 and 7: started (520 bytes in all), result (232 bytes: code, reason, last, reserved, duration, text).
STARTED = "send(other, 6, bytes(512))"
RESULT = "send(other, 7, struct.pack('IIIIq', {}, {}, 0, 0, 1) + bytes({}))"

# What a worker does after it got its job.
WORKERS = {
    "random bytes": ["other.send(os.urandom(300))"],
    "a header that lies": ["other.send(struct.pack('II', 7, 4000) + bytes(224))"],
    "result before started": [RESULT.format(0, 0, 200)],
    "a code out of range": [STARTED, RESULT.format(77, 0, 200)],
    "a reason out of range": [STARTED, RESULT.format(1, 9999, 200)],
    "a reason of the supervisor's": [STARTED, RESULT.format(1, reason_number("LEASE"), 200)],
    "a byte too many": [STARTED, RESULT.format(0, 0, 201)],
    "a byte too few": [STARTED, RESULT.format(0, 0, 199)],
    "started twice": [STARTED, STARTED],
    "a spawner's message": [STARTED, "send(other, 3, bytes(12))"],
    "a descriptor along": ["socket.send_fds(other, [struct.pack('II', 6, 520) + bytes(512)], [0])"],
    "hangs up": ["other.close()"],
}

WORKER_SPAWNER = """
send(channel, 2, struct.pack('I', 1))
while True:
    data, fds, *_ = socket.recv_fds(channel, 4096, 4)
    ident = struct.unpack_from('I', data, 8)[0]
    pid = clone()
    if pid == 0:
        other = socket.socket(fileno=fds[0])
        other.recv(200000)
        {action}
        time.sleep(3600)
    os.close(fds[0])
    send(channel, 3, struct.pack('Iii', ident, pid, 0))
"""


@pytest.mark.parametrize("what", WORKERS)
def test_worker_that_breaks_the_protocol(start, keep, directory, what):
    body = WORKER_SPAWNER.format(action="; ".join(WORKERS[what]))
    build = build_with(directory, "http", textwrap.dedent(GARBAGE).lstrip().format(what=what, body=body))
    web, other = keep(HttpServer()), keep(TcpServer())
    run = start(config(
        check("victim", {"method": "http", "url": f"http://127.0.0.1:{web.port}/", "timeout": TIMEOUT,
                         "http_timeout": TIMEOUT}, prefixes=[prefix(1)], interval=INTERVAL),
        check("other", tcp(other), prefixes=[prefix(2)], interval=INTERVAL)), build=build)
    run.wait_route(prefix(2))
    run.wait_transition("victim", "down", timeout=20)
    assert not run.announced(prefix(1))
    assert_undisturbed(run, other)


STRANGER = """
send(channel, 2, struct.pack('I', 1))
while True:
    data, fds, *_ = socket.recv_fds(channel, 4096, 4)
    send(channel, 3, struct.pack('Iii', struct.unpack_from('I', data, 8)[0], {pid}, 0))
"""


def test_spawner_that_names_a_stranger(start, keep, directory):
    """A process that is no child of the supervisor is not taken for a worker, and never signalled."""
    stranger = processes.start(["sleep", "600"])
    try:
        program = textwrap.dedent(GARBAGE).lstrip().format(what="are none", body=STRANGER.format(pid=stranger.pid))
        build = build_with(directory, "http", program)
        other = keep(TcpServer())
        run = start(config(
            check("victim", {"method": "http", "url": "http://127.0.0.1:1/", "timeout": TIMEOUT,
                             "http_timeout": TIMEOUT}, prefixes=[prefix(1)], interval=INTERVAL),
            check("other", tcp(other), prefixes=[prefix(2)], interval=INTERVAL)), build=build)
        run.wait_route(prefix(2))
        run.wait_transition("victim", "down", timeout=20)
        time.sleep(INTERVAL + TIMEOUT)
        assert_undisturbed(run, other)
        run.stop()
        assert stranger.poll() is None, "the stranger was killed"
    finally:
        stranger.kill()
        stranger.wait()
        processes.finished(stranger)


def test_spawner_killed(start, keep):
    """A dead spawner is started again when it is needed; living workers go on."""
    victim, other, text = pair(keep)
    run = start(text)
    both_up(run)
    workers = {name: run.worker(name) for name in ("victim", "other")}
    doomed = run.spawners()
    assert len(doomed) == 1, [processes.cmdline(pid) for pid in processes.children(run.pid)]
    os.kill(doomed[0], signal.SIGKILL)
    time.sleep(0.5)
    os.kill(workers["victim"], signal.SIGKILL)
    wait_until(lambda: not processes.alive(workers["victim"]), 5, "end of the worker")
    assert run.worker("victim") not in workers.values()
    seen = victim.count
    run.wait_for(lambda: victim.count >= seen + 3, 20, "executions of the new worker")
    run.wait_route(prefix(1))
    assert_undisturbed(run, other)


def test_supervisor_killed(start, keep):
    """kill -9 of the supervisor: no worker and no spawner outlives it."""
    _, _, text = pair(keep)
    run = start(text)
    both_up(run)
    family = processes.descendants(run.pid)
    assert len(family) == 4, [processes.cmdline(pid) for pid in family]  # launcher, spawner, two workers
    run.kill()
    wait_until(lambda: not any(map(processes.alive, family)), 5, "end of every process")


def test_many_checks_end_in_time(start, keep):
    """200 workers: SIGTERM to exit under 1.5 s, every route withdrawn."""
    server = keep(TcpServer())
    run = start(config(*(check(f"web {number}", tcp(server), prefixes=[prefix(number)], interval=1, splay=True)
                         for number in range(200))))
    run.wait_for(lambda: len(run.rib.routes) == 200, 30, "200 routes")
    code, elapsed = run.stop()
    assert code == 0 and elapsed < EXIT_LIMIT and not run.rib.routes


def test_process_titles(start, keep):
    server = keep(TcpServer())
    run = start(config(check("a web", tcp(server), interval=5, rise=3)))
    run.wait_transition("a web", "rising")
    title = re.compile(r"ExaCheck Worker \[a web\]: Sleeping for \d\.\d{3} seconds \[rising \(1/3\)\]")

    def titles():
        return [processes.cmdline(pid) for pid in processes.children(run.pid)]

    wait_until(lambda: any(map(title.fullmatch, titles())), 5, f"title of the worker among {titles()}")
    assert f"ExaCheck Master Process [{run.path}]" in processes.cmdline(run.pid)


def test_no_descriptor_leaks(start, keep, root):
    """Killing workers again and again leaves the supervisor with as many descriptors as before."""
    victim, other, text = pair(keep)
    run = start(text)
    both_up(run)

    def descriptors():
        return len(os.listdir(f"/proc/{run.pid}/fd"))

    before = descriptors()
    for _ in range(3):
        old = run.worker("victim")
        os.kill(old, signal.SIGKILL)
        wait_until(lambda: not processes.alive(old), 5, "end of the worker")
        run.worker("victim")
    seen = victim.count
    run.wait_for(lambda: victim.count >= seen + 2, 30, "executions of the last worker")
    assert descriptors() <= before + 1
