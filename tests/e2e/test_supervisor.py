"""The supervisor itself: what it gave up, the launcher that starts for it, the watchdog over its loop."""
import os
import signal
import subprocess
import time

import pytest

from harness import paths, processes
from harness.config import check, config, prefix
from harness.exacheck import run_once
from harness.hostile import TcpServer
from harness.wait import wait_until
from test_faults import tcp

INTERVAL = 0.3


def status_of(pid):
    """/proc/PID/status as a dict."""
    with open(f"/proc/{pid}/status") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def run_with(start, keep, level="best_effort", **options):
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), interval=INTERVAL, fall=2), sandbox=level), **options)
    run.wait_route(prefix(0))
    return run, server


@pytest.mark.parametrize("level, seccomp, privileges", [("best_effort", "2", "1"), ("strict", "2", "1"), ("off", "0", "0")])
def test_confined(start, keep, level, seccomp, privileges):
    """What the level says is applied to the supervisor, never to the launcher; one log line tells it."""
    run, _ = run_with(start, keep, level)
    status, launcher = status_of(run.pid), status_of(run.launcher())
    assert (status["Seccomp"], status["NoNewPrivs"]) == (seccomp, privileges)
    assert (launcher["Seccomp"], launcher["NoNewPrivs"]) == ("0", "0")
    told = run.logged("supervisor confined: ")
    if level == "off":
        assert not told
    else:
        assert len(told) == 1 and "no_new_privs" in told[0] and "seccomp" in told[0], told


def test_confined_supervisor_has_processes_started(start, keep):
    """A spawner and a worker that end later are replaced through the launcher."""
    run, server = run_with(start, keep, "strict")
    worker, (spawner,) = run.worker("web"), run.spawners()
    os.kill(spawner, signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: not processes.alive(worker), what="end of the worker")
    assert run.worker("web") != worker
    count = server.count
    run.wait_for(lambda: server.count >= count + 3, 20, "executions of the new worker")
    assert all(processes.stat_fields(pid)[1] == run.pid for pid in (run.worker("web"), *run.spawners()))


def test_launcher_holds_nothing(start, keep, root):
    """Its descriptors are /dev/null and its channel; it is a session of its own, and signals do not end it."""
    run, _ = run_with(start, keep)
    launcher = run.launcher()
    held = processes.descriptors(launcher)
    null = (0, 1) if paths.SANITIZED else (0, 1, 2)  # a sanitizer's report needs the last
    assert sorted(held) == [0, 1, 2, 3] and all(held[fd] == "/dev/null" for fd in null), held
    assert held[3].startswith("socket:")
    assert os.getsid(launcher) == launcher
    os.kill(launcher, signal.SIGTERM)
    os.kill(launcher, signal.SIGINT)
    time.sleep(0.2)
    assert run.launcher() == launcher


def test_memory_is_closed(start, keep, directory, root):
    """Run by any user, what holds secrets can neither be traced by that user nor leave a core file."""
    wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    run, _ = run_with(start, keep, build=paths.copy_build(directory), wrapper=wrapper)
    for pid in (run.pid, run.launcher()):
        assert status_of(pid)["Uid"].split()[0] == "65534"
        assert os.stat(f"/proc/{pid}/mem").st_uid == 0, "dumpable: what it keeps in /proc is its user's"


def test_dead_launcher(start, keep):
    """Living workers go on; a dead one cannot be replaced, and its route is withdrawn."""
    victim, other = keep(TcpServer()), keep(TcpServer())
    run = start(config(check("victim", tcp(victim), prefixes=[prefix(1)], interval=INTERVAL),
                       check("other", tcp(other), prefixes=[prefix(2)], interval=INTERVAL)))
    run.wait_route(prefix(1))
    run.wait_route(prefix(2))
    os.kill(run.launcher(), signal.SIGKILL)
    run.wait_log("the launcher died: no spawner can be started any more; restart exacheck")
    spawner, = run.spawners()
    os.kill(spawner, signal.SIGKILL)
    wait_until(lambda: not processes.alive(spawner), what="end of the spawner")
    os.kill(run.worker("victim"), signal.SIGKILL)
    run.wait_no_route(prefix(1))
    run.wait_log("cannot start worker-tcp")
    count = other.count
    run.wait_for(lambda: other.count >= count + 5, what="further executions of the other check")
    assert [up for _, up in run.rib.changes_of(prefix(2))] == [True], run.story()
    assert len(run.logged("the launcher died")) == 1


STALL = r"""
/* A loop that stands still from the moment a file is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static void
stall(void)
{
	const struct timespec step = {1, 0};

	while (access(getenv("STALL"), F_OK) == 0)
		nanosleep(&step, NULL);
}

int
epoll_wait(int fd, struct epoll_event *events, int count, int timeout)
{
	int (*real)(int, struct epoll_event *, int, int) = dlsym(RTLD_NEXT, "epoll_wait");

	stall();
	return real(fd, events, count, timeout);
}

int
epoll_pwait2(int fd, struct epoll_event *events, int count, const struct timespec *timeout, const sigset_t *mask)
{
	int (*real)(int, struct epoll_event *, int, const struct timespec *, const sigset_t *) =
	    dlsym(RTLD_NEXT, "epoll_pwait2");

	stall();
	return real(fd, events, count, timeout, mask);
}
"""


@pytest.fixture
def stalling(directory):
    """(environment for exacheck, the file that stalls its loop)."""
    source, library, switch = directory / "stall.c", directory / "stall.so", directory / "stall"
    source.write_text(STALL)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    sanitizer = os.environ.get("ASAN_OPTIONS", "")
    return {"LD_PRELOAD": str(library), "STALL": str(switch), "EXACHECK_WATCHDOG": "1",
            "ASAN_OPTIONS": f"{sanitizer}:verify_asan_link_order=0"}, switch


def test_watchdog(start, keep, stalling):
    """A loop that stands still: abort, with every process."""
    environment, switch = stalling
    run, _ = run_with(start, keep, environment=environment)
    family = processes.descendants(run.pid)
    assert len(family) == 3
    switch.write_text("")
    run.expected_deaths = {"SIGABRT"}
    assert run.wait_exit() == -signal.SIGABRT, run.story()
    wait_until(lambda: not any(map(processes.alive, family)), what="end of every process")
    run.join_readers()
    assert run.logged("watchdog: the event loop has not turned for 1 s"), run.story()


def test_watchdog_off(start, keep, stalling):
    environment, switch = stalling
    run, _ = run_with(start, keep, environment={**environment, "EXACHECK_WATCHDOG": "0"})
    switch.write_text("")
    time.sleep(3)
    assert run.process.poll() is None
    switch.unlink()


def test_stopped_is_no_stall(start, keep):
    """SIGSTOP for longer than the watchdog waits."""
    run, server = run_with(start, keep, environment={"EXACHECK_WATCHDOG": "1"})
    for seconds in (1.2, 2.5):
        os.kill(run.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(run.pid, signal.SIGCONT)
        count = server.count
        run.wait_for(lambda: server.count >= count + 2, what="executions after the stop")


@pytest.mark.parametrize("value", ["-1", "0.01", "ten", "5s", "1e9", "nan"])
def test_watchdog_limit_refused(value):
    done = run_once("run", "-f", "/nonexistent", environment={"EXACHECK_WATCHDOG": value})
    assert done.returncode == 2
    assert f'EXACHECK_WATCHDOG must be 0 (off) or a number of seconds from 0.1 to 86400, got "{value}"' in done.stderr
