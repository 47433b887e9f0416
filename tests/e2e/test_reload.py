"""Reloads: the exact commands of each kind of change, and what must not be touched by it."""
import fcntl
import os
import random
import signal
import time

import pytest

from harness import late, processes
from harness.config import check, config, prefix
from harness.exacheck import run_once
from harness.hostile import TcpServer
from harness.reload import commands, refused, reload, reloads, replace, said, settle, text_of
from harness.wait import wait_until
from test_faults import tcp

INTERVAL = 0.3


@pytest.fixture
def server(keep):
    return keep(TcpServer())


def web(server, number=0, **options):
    """A check that is up, with a route of its own."""
    return check(f"web {number}", tcp(server), **{"prefixes": [prefix(number)], "interval": INTERVAL, **options})


def up(run, *numbers):
    run.wait_for(lambda: {prefix(number) for number in numbers} <= run.rib.prefixes(), what=f"routes {numbers}")


def routes_text(number, attributes=""):
    return f"announce route {prefix(number)} next-hop self{attributes}"


# Commands

ROUTE_CHANGES = {
    "metric": ({"metric": 7}, [routes_text(0, " med 7")]),
    "several attributes": ({"metric": 0, "local_preference": 5, "communities": ["65000:1"], "as_path": "65001 65002"},
                           [routes_text(0, " med 0 local-preference 5 as-path [ 65001 65002 ] community [ 65000:1 ]")]),
    "next hop": ({"nexthop": "192.0.2.9"}, [f"announce route {prefix(0)} next-hop 192.0.2.9"]),
    "another prefix": ({"prefixes": [prefix(5)]}, [routes_text(5), f"withdraw route {prefix(0)}"]),
    "a further prefix": ({"prefixes": [prefix(0), prefix(5)]}, [routes_text(5)]),
    "another prefix and metric": ({"prefixes": [prefix(5)], "metric": 3},
                                  [routes_text(5, " med 3"), f"withdraw route {prefix(0)}"]),
    # to a neighbor without ADD-PATH both are one route: said last, the withdraw would take away what was just announced
    "path id": ({"path_id": 4}, [f"withdraw route {prefix(0)}",
                                 f"announce route {prefix(0)} path-information 4 next-hop self"]),
    # a withdraw without neighbor takes the route from every neighbor: the one that keeps it gets it after that
    "neighbor": ({"neighbors": ["192.0.2.7"]}, [f"withdraw route {prefix(0)}",
                                                f"neighbor 192.0.2.7 announce route {prefix(0)} next-hop self"]),
    "metric_down": ({"metric_down": 900}, []),
    "description": ({"description": "words"}, []),
    "rise and fall": ({"rise": 4, "fall": 5}, []),
    "interval": ({"interval": 0.5}, []),
    "splay": ({"splay": True}, []),
    "arguments": ({"args": {"method": "shell", "command": "true"}}, []),
    "disable file": ({"disable": "/nonexistent/switch"}, []),
}


@pytest.mark.parametrize("change", ROUTE_CHANGES.values(), ids=ROUTE_CHANGES.keys())
def test_commands_of_a_change(start, server, directory, change):
    """What a change of one check says, the same as `test --diff` tells; and what its taking back says."""
    options, expected = change
    before, after = config(web(server), web(server, 1)), config(web(server, **options), web(server, 1))
    run = start(before)
    up(run, 0, 1)
    assert said(run, after, len(expected)) == expected, run.story()
    for name, document in (("before.json", before), ("after.json", after)):
        (directory / name).write_text(text_of(document, run.directory))
    done = run_once("-f", directory / "after.json", "test", "--diff", directory / "before.json")
    assert done.returncode == 0 and done.stdout.splitlines() == expected, done
    run.wait_for(lambda: len(run.rib.routes) >= 2, what="all routes")
    said(run, before)
    run.wait_for(lambda: run.rib.prefixes() == {prefix(0), prefix(1)} and len(run.rib.routes) == 2 and
                 run.rib.attributes(prefix(0)) == {"next-hop": "self"}, what="what there was before")
    assert not run.logged("worker lost"), run.story()


# What is not touched


def test_unchanged_check_is_not_touched(start, keep, server):
    """Others come, go and change around it: the same process on the same grid, no command about its route."""
    own = keep(TcpServer())
    steady = check("steady", tcp(own), prefixes=[prefix(9)], interval=INTERVAL)
    run = start(config(web(server), steady, web(server, 1)))
    up(run, 0, 1, 9)
    worker, mark, begin = run.worker("steady"), settle(run), own.count
    for number in range(6):
        order = [steady, web(server, 0, interval=0.1 + number / 10)][::(-1) ** number]
        reload(run, config(web(server, 2, metric=number), *order,
                           check("web 1", tcp(server), prefixes=[prefix(number)], interval=INTERVAL)))
        time.sleep(INTERVAL / 2)
    up(run, 5, 9)
    assert run.worker("steady") == worker
    assert not [line for line in commands(run, mark) if prefix(9) in line], run.story()
    times = [when for when, _ in own.seen]
    assert len(times) - begin >= 3
    # On one grid, though a busy machine may have held up some of them.
    off = [sorted(abs((when - one + INTERVAL / 2) % INTERVAL - INTERVAL / 2) for when in times) for one in times]
    held_up = min(1 + int(late.total(times[0]) / (INTERVAL / 3)), len(times) // 3)
    assert min(distances[-1 - held_up] for distances in off) < INTERVAL / 3, times
    assert not run.logged("worker lost"), run.story()


def test_nothing_changed(start, server):
    run = start(config(web(server)))
    up(run, 0)
    worker = run.worker("web 0")
    assert said(run, config(web(server))) == []
    run.wait_log("nothing has changed")
    assert run.worker("web 0") == worker


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_asked_while_starting(start, server, directory, number):
    """What is asked of exacheck before it can do it waits, and does not end it."""
    (directory / "runtime").mkdir()
    with open(directory / "runtime" / "lock", "w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)  # for which it waits
        run = start(config(web(server), runtime_dir=str(directory / "runtime")))
        wait_until(lambda: processes.children(run.pid), what="the launcher")
        os.kill(run.pid, number)
    up(run, 0)
    run.wait_log({signal.SIGHUP: "nothing has changed", signal.SIGUSR1: "there are no log files to open anew", signal.SIGUSR2: "upgraded"}[number])
    up(run, 0)


def test_renamed_and_reordered(start, server):
    """The same check under another name: its state stays, its process learns the name. Places alone change nothing."""
    run = start(config(web(server), web(server, 1)))
    up(run, 0, 1)
    workers = [run.worker("web 0"), run.worker("web 1")]
    renamed = {**web(server), "name": "new name"}
    assert said(run, config(web(server, 1), renamed)) == [], run.story()
    assert "0 added, 0 removed, 1 changed, 1 unchanged" in reloads(run)[-1]
    assert run.logged('new name: renamed, it was "web 0"')
    assert run.worker("new name") != workers[0] and run.worker("web 1") == workers[1]
    assert not [t for t in run.transitions if t.check == "new name"], run.story()
    assert not run.logged("worker lost"), run.story()


def test_order_decides_whose_attributes_count(start, server):
    """Two checks of one route: the first in the file that is up, also after they have changed places."""
    first, second = web(server, 0, metric=1), {**web(server, 0, metric=2), "name": "other"}
    run = start(config(first, second))
    run.wait_for(lambda: len([t for t in run.transitions if t.state == "up"]) == 2, what="both up")
    run.wait_route(prefix(0), med=1)
    assert said(run, config(second, first), 1) == [routes_text(0, " med 2")], run.story()
    assert said(run, config(first), 1) == [routes_text(0, " med 1")], run.story()


# Arguments


def test_arguments_changed(start, keep, server):
    """Another process, on the same grid; state and route stay until its verdict."""
    other, gone = keep(TcpServer()), keep(TcpServer())
    gone.go_away()
    run = start(config(web(server, fall=2, interval=0.6), web(server, 1)))
    up(run, 0, 1)
    worker = run.worker("web 0")
    assert said(run, config(web(other, fall=2, interval=0.6), web(server, 1))) == [], run.story()
    run.wait_for(lambda: other.count >= 2, what="executions with the new arguments")
    assert run.worker("web 0") != worker
    assert [up for _, up in run.rib.changes_of(prefix(0))] == [True], run.story()
    assert said(run, config(web(gone, fall=2, interval=0.6), web(server, 1))) == [], run.story()
    falling = run.wait_transition("web 0", "falling")
    down = run.wait_transition("web 0", "down")
    assert 0.4 < down.said - falling.said < 1.2, run.story()
    run.wait_no_route(prefix(0))
    assert not run.logged("worker lost"), run.story()


def test_method_changed(start, server):
    """The other method's spawner comes, and the one that nobody needs any more goes."""
    run = start(config(web(server), web(server, 1)))
    up(run, 0, 1)
    spawner, = run.spawners()
    shell = {"args": {"method": "shell", "command": "true"}}
    assert said(run, config(web(server, **shell), web(server, 1, **shell))) == [], run.story()
    run.wait_for(lambda: len(run.logged("worker started")) >= 4, what="two new workers")
    wait_until(lambda: spawner not in run.spawners() and len(run.spawners()) == 1, what="the other spawner alone")
    time.sleep(2 * INTERVAL)
    assert run.rib.prefixes() == {prefix(0), prefix(1)} and len(run.rib.changes) == 2, run.story()
    assert not run.logged("worker lost"), run.story()


def test_arguments_changed_while_the_old_ones_hang(start, keep, server):
    """An execution that hangs is not waited for, and is no failure: the new one has all of its time."""
    run = start(config(check("slow", {"method": "shell", "command": "sleep 60", "timeout": 90}, interval=120),
                       web(server, 1)))
    up(run, 1)
    wait_until(lambda: any("Checking" in processes.cmdline(pid) for pid in processes.children(run.pid)),
               what="execution")
    time.sleep(2)
    reload(run, config(check("slow", {"method": "shell", "command": "sleep 1.5", "timeout": 3}, interval=120),
                       web(server, 1)))
    first = run.wait_for(lambda: next((t for t in run.transitions if t.check == "slow"), None), what="a verdict")
    assert first.state == "up", run.story()
    wait_until(lambda: not [p for p in processes.all_pids() if processes.cmdline(p) == "sleep 60"
                            and processes.stat_fields(p) and run.pid in ancestors(p)], what="end of the old command")


def ancestors(pid):
    found = []
    while (fields := processes.stat_fields(pid)) and fields[1] > 1:
        pid = fields[1]
        found.append(pid)
    return found


def test_arguments_repaired_while_workers_wait(start, server):
    """A check whose workers die is not made to wait for the end of a delay once it is changed."""
    run = start(config(web(server, interval=0.1)))
    up(run, 0)
    for number in range(3):
        run.wait_for(lambda: len(run.logged("worker started")) > number, what="a worker")
        os.kill(run.worker("web 0"), signal.SIGKILL)
        run.wait_for(lambda: len(run.logged("worker lost (died)")) > number, what="its end")
    run.wait_log("a new one in 2 s")
    reload(run, config(web(server, interval=0.1, args={**tcp(server), "timeout": 0.4, "tcp_timeout": 0.4})))
    run.wait_route(prefix(0), timeout=1.5)


# Timing


def test_interval_of_an_hour_becomes_a_moment(start, server):
    run = start(config(web(server, interval=3600, rise=2)))
    run.wait_transition("web 0", "rising")
    worker = run.worker("web 0")
    reload(run, config(web(server, interval=INTERVAL, rise=2)))
    run.wait_route(prefix(0))
    assert run.worker("web 0") == worker and not run.logged("worker lost"), run.story()


def test_interval_becomes_an_hour(start, server):
    """What was announced before stays: the next execution is an hour away, and no lease runs out meanwhile."""
    run = start(config(web(server, interval=0.1, args={**tcp(server), "timeout": 0.2, "tcp_timeout": 0.2})))
    up(run, 0)
    reload(run, config(web(server, interval=3600, args={**tcp(server), "timeout": 0.2, "tcp_timeout": 0.2})))
    time.sleep(0.3)
    count = server.count
    time.sleep(1)
    assert server.count == count
    assert not run.logged("worker lost") and run.announced(prefix(0)), run.story()


def test_intervals_change_under_way(start, server):
    """Whenever it happens, whoever is late: nothing is held against a worker, and the grid is kept at the end."""
    generator = random.Random(4)
    intervals = (0.01, 0.04, 0.1, 0.25, 0.6)

    def document():
        return config(*(check(f"web {number}", tcp(server), prefixes=[prefix(number)],
                              interval=generator.choice(intervals)) for number in range(6)))

    run = start(document(), arguments=("-v",))
    up(run, *range(6))
    workers = [run.worker(f"web {number}") for number in range(6)]
    for turn in range(25):
        victim = (run.pid, generator.choice(workers), None)[turn % 3]
        if victim:
            os.kill(victim, signal.SIGSTOP)  # late for what comes now
        replace(run, document())
        run.process.send_signal(signal.SIGHUP)
        time.sleep(generator.choice((0, 0.05, 0.2)))
        if victim:
            os.kill(victim, signal.SIGCONT)
    reload(run, config(*(check(f"web {number}", tcp(server), prefixes=[prefix(number)], interval=INTERVAL)
                         for number in range(6))))
    time.sleep(1)
    assert not run.logged("worker lost"), run.logged("worker lost")
    assert [run.worker(f"web {number}") for number in range(6)] == workers
    assert len(run.rib.changes) == 6, run.story()
    executed, begin = server.count, time.monotonic()
    time.sleep(INTERVAL * 5)
    executed, wanted = server.count - executed, 6 * (time.monotonic() - begin) / INTERVAL
    assert abs(executed - wanted) <= 8 + 6 * late.total(begin) / INTERVAL, (executed, wanted)


def test_thresholds_and_metric_down(start, keep):
    """Counters are kept; what is wanted while down follows the configuration at once."""
    server = keep(TcpServer())
    server.go_away()
    run = start(config(web(server, rise=2, fall=2)))
    run.wait_transition("web 0", "down")
    settle(run)
    assert said(run, config(web(server, rise=2, fall=2, metric_down=500)), 1) == [
        routes_text(0, " med 500")], run.story()
    assert said(run, config(web(server, rise=2, fall=2, metric_down=600)), 1) == [
        routes_text(0, " med 600")], run.story()
    assert said(run, config(web(server, rise=2, fall=2)), 1) == [f"withdraw route {prefix(0)}"], run.story()
    server.come_back()
    run.wait_route(prefix(0))
    reload(run, config(web(server, rise=2, fall=1000, interval=0.1)))
    server.go_away()
    run.wait_log("falling (1/1000)")
    time.sleep(0.5)
    assert run.announced(prefix(0))
    reload(run, config(web(server, rise=2, fall=3, interval=0.1)))
    run.wait_no_route(prefix(0))


# Sets


def test_added_and_removed(start, server):
    run = start(config(web(server), web(server, 1)))
    up(run, 0, 1)
    gone = run.worker("web 0")
    since = settle(run)
    assert "1 added, 1 removed, 0 changed, 1 unchanged" in reload(run, config(web(server, 1), web(server, 2)))
    run.wait_for(lambda: run.rib.prefixes() == {prefix(1), prefix(2)}, what="the other routes")
    settle(run)
    assert commands(run, since) in (
        [f"withdraw route {prefix(2)}", f"withdraw route {prefix(0)}", routes_text(2)],
        [f"withdraw route {prefix(0)}", f"withdraw route {prefix(2)}", routes_text(2)],
        [routes_text(2), f"withdraw route {prefix(0)}"]), run.story()  # the verdict was as quick as the reload
    wait_until(lambda: not processes.alive(gone), what="end of the removed check's worker")


@pytest.mark.parametrize("stopped", ["spawner", "worker", "launcher"])
def test_removed_while_its_worker_is_born(start, server, stopped):
    """Whatever it waits for at that moment: no process of it remains, and another check is not hurt."""
    patient = {"args": {**tcp(server), "timeout": 60}}  # so that a stopped worker is waited for
    run = start(config(web(server, **patient)))
    up(run, 0)
    spawner, = run.spawners()
    victim = {"spawner": spawner, "launcher": run.launcher(), "worker": run.worker("web 0")}[stopped]
    os.kill(victim, signal.SIGSTOP)
    new = {"args": {"method": "shell", "command": "true"}} if stopped == "launcher" else {}
    reload(run, config(*(web(server, number, **(new if number else patient)) for number in range(8))))
    time.sleep(0.1)
    reload(run, config(web(server, **patient)))
    os.kill(victim, signal.SIGCONT)
    wait_until(lambda: len(processes.children(run.pid)) == 3, what="launcher, spawner and one worker")
    up(run, 0)
    assert [up for _, up in run.rib.changes_of(prefix(0))] == [True], run.story()


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_a_hundred_reloads_leak_nothing(start, keep, server):
    other = keep(TcpServer())
    generator = random.Random(7)

    def document(settings):
        methods = [tcp(server), tcp(other), {"method": "shell", "command": "true"}, {"method": "file", "path": "/"}]
        return config(*(check(f"web {number}", generator.choice(methods), prefixes=[prefix(number)],
                              interval=generator.choice((0.2, 0.5)), metric=generator.randrange(3))
                        for number in generator.sample(range(12), 6)), **settings)

    first = config(*(web(server, number) for number in range(4)))
    run = start(first)
    up(run, 0, 1, 2, 3)
    settle(run)
    before = descriptors(run.pid)
    for turn in range(100):
        reload(run, document({"live_reload": turn % 2 == 0}))
    reload(run, first)
    run.wait_for(lambda: run.rib.prefixes() == {prefix(number) for number in range(4)}, what="the first routes again")
    wait_until(lambda: len(processes.children(run.pid)) == 6, what="launcher, spawner and four workers")
    wait_until(lambda: descriptors(run.pid) == before, what=f"{before} descriptors")
    assert not run.logged("worker lost (violation)") and not run.logged("worker lost (lease)"), run.story()


# Refusals

BAD = {
    "syntax": '{"checks": [',
    "two errors": '{"checks": [{"name": "a", "args": {"method": "tcp", "host": "127.0.0.1", "port": 70000},'
                  ' "prefixes": ["192.0.2.1/24"]}]}',
    "empty": "",
    "no check": '{"checks": []}',
    "unknown key": '{"checks": [], "chekcs": 1}',
    "bytes": "checks: \x00",
}


def test_errors_change_nothing(start, server):
    run = start(config(web(server)))
    up(run, 0)
    worker, since = run.worker("web 0"), settle(run)
    for name, text in BAD.items():
        lines = refused(run, text)
        assert any(f" error {run.path}:" in line for line in lines), (name, lines)
    lines = refused(run, BAD["two errors"])
    assert [line for line in lines if "port: must be 1 to 65535, got 70000" in line], lines
    assert [line for line in lines if "192.0.2.1/24" in line], lines
    assert run.worker("web 0") == worker and commands(run, since) == [], run.story()
    assert said(run, config(web(server, metric=1)), 1) == [routes_text(0, " med 1")]


def test_what_is_no_configuration(start, server):
    """A pipe nobody writes to, a directory, a device, a huge file, none: told in no time."""
    run = start(config(web(server, interval=0.1)))
    up(run, 0)

    def huge():
        with open(run.path, "wb") as file:
            file.truncate(1 << 40)

    for make in (lambda: os.mkfifo(run.path), run.path.mkdir, lambda: run.path.symlink_to("/dev/zero"), huge,
                 lambda: run.path.symlink_to(run.path.name), lambda: None):
        if run.path.is_dir() and not run.path.is_symlink():
            run.path.rmdir()
        else:
            run.path.unlink(missing_ok=True)
        make()
        begin = time.monotonic()
        refused(run)
        assert time.monotonic() - begin < 5, make
    run.path.unlink(missing_ok=True)
    assert said(run, config(web(server, metric=1)), 1) == [routes_text(0, " med 1")]


# Settings


def test_level_of_the_sandbox_renews_workers(start, server):
    run = start(config(web(server), sandbox="best_effort"))
    up(run, 0)
    worker, spawner = run.worker("web 0"), run.spawners()
    assert said(run, config(web(server), sandbox="off")) == [], run.story()
    wait_until(lambda: run.worker("web 0") != worker, what="another worker")
    wait_until(lambda: run.spawners() != spawner and len(run.spawners()) == 1, what="another spawner")
    assert run.logged("exacheck itself stays confined"), run.story()
    time.sleep(2 * INTERVAL)
    assert [up for _, up in run.rib.changes_of(prefix(0))] == [True], run.story()


def test_other_workers_without_a_launcher(start, server):
    """Refused: those that there are go on."""
    run = start(config(web(server), sandbox="best_effort"))
    up(run, 0)
    run.expected_deaths.add("SIGKILL")
    os.kill(run.launcher(), signal.SIGKILL)
    run.wait_log("the launcher died")
    worker = run.worker("web 0")
    lines = refused(run, config(web(server, metric=1), sandbox="off"))
    assert [line for line in lines if "no other worker could be started; restart exacheck" in line], lines
    assert said(run, config(web(server, metric=1), sandbox="best_effort")) == [routes_text(0, " med 1")], run.story()
    assert run.worker("web 0") == worker


def test_user_of_the_workers(start, root, server):
    def owner(pid):
        return os.stat(f"/proc/{pid}").st_uid

    run = start(config(web(server), user="nobody"))
    up(run, 0)
    worker = run.worker("web 0")
    lines = refused(run, config(web(server, metric=1), user="no-such-user"))
    assert [line for line in lines if "no user no-such-user" in line], lines
    assert run.worker("web 0") == worker
    assert said(run, config(web(server), user="daemon")) == [], run.story()
    wait_until(lambda: run.worker("web 0") != worker, what="another worker")
    pid = run.worker("web 0")
    wait_until(lambda: "uid 1 " in "".join(run.logged("sandbox: identity")), what="the other user")
    assert pid and [up for _, up in run.rib.changes_of(prefix(0))] == [True], run.story()


def test_settings_for_a_restart(start, server, directory):
    """They are named and keep their value, again and again; the rest is applied."""
    run = start(config(web(server), runtime_dir=str(directory / "a")))
    up(run, 0)
    for metric in (1, 2):
        assert said(run, config(web(server, metric=metric), runtime_dir=str(directory / "b")), 1) == [
            routes_text(0, f" med {metric}")], run.story()
    assert len(run.logged(f"exacheck.runtime_dir stays {directory / 'a'}")) == 2, run.story()


def test_conversation_with_exabgp(start, server):
    """The dialect, acknowledgements and the resync are changed in place."""
    run = start(config(web(server)))
    up(run, 0)
    since = settle(run)
    reload(run, config(web(server), resync=0.3))
    run.wait_for(lambda: len(commands(run, since)) >= 3, what="announcements again and again")
    assert set(commands(run, since)) == {routes_text(0)}, run.story()
    reload(run, config(web(server), resync=0))
    time.sleep(0.3)
    since = settle(run)
    time.sleep(1)
    assert commands(run, since) == [], run.story()
