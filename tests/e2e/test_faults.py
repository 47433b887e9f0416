"""Workers that die and hang, spawners that die. The other checks never notice."""
import os
import re
import signal
import time

from harness import late, paths, processes
from harness.config import check, config, prefix
from harness.exacheck import EXIT_LIMIT
from harness.hostile import TcpServer
from harness.wait import wait_until

INTERVAL = 0.3
TIMEOUT = 1.0
FALL = 2
GRACE = 5.0 * paths.SLOWNESS  # the supervisor's own, and a loaded machine's


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
    assert max(gaps) < INTERVAL + 0.3 * paths.SLOWNESS + 2 * late.worst(times[0]), gaps


def test_killed_worker_is_replaced(start, keep):
    """One death costs at most one failing result: with fall 2 the route stays."""
    victim, other, text = pair(keep)
    run = start(text)
    both_up(run)
    old = run.worker("victim")
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: not processes.alive(old), what="end of the old worker")
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
    wait_until(lambda: not processes.alive(old), what="end of the stopped worker")
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


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def reason_number(name):
    """The value of REASON_name."""
    text = (paths.REPOSITORY / "common" / "result.h").read_text()
    members = re.findall(r"^\tREASON_(\w+),", text[text.index("enum reason"):], re.MULTILINE)
    return members.index(name)


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
    wait_until(lambda: not processes.alive(workers["victim"]), what="end of the worker")
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
    wait_until(lambda: not any(map(processes.alive, family)), what="end of every process")


def test_many_checks_end_in_time(start, keep):
    """200 workers: SIGTERM to exit in ExaBGP's time, every route withdrawn."""
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

    wait_until(lambda: any(map(title.fullmatch, titles())), what=f"title of the worker among {titles()}")
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
        wait_until(lambda: not processes.alive(old), what="end of the worker")
        run.worker("victim")
    seen = victim.count
    run.wait_for(lambda: victim.count >= seen + 2, 30, "executions of the last worker")
    wait_until(lambda: descriptors() <= before + 1, what=f"{before} descriptors, or one more")
