"""Workers and spawners between two lives: what the supervisor believes must be what is the case."""
import os
import signal
import time

from harness import processes
from harness.config import check, config, prefix
from harness.hostile import HttpServer, TcpServer, http_response
from harness.wait import wait_until
from test_faults import tcp

INTERVAL = 0.3


def test_disable_file_that_goes_while_no_worker_lives(start, keep, directory):
    """The successor of a worker that said "disabled" runs the check again: its results count."""
    server = keep(TcpServer())
    switch = directory / "maintenance"
    switch.write_text("")
    run = start(config(check("web", tcp(server), disable=str(switch), interval=INTERVAL)))
    run.wait_transition("web", "disabled")
    worker = run.worker("web")
    os.kill(worker, signal.SIGSTOP)  # so that it cannot notice
    switch.unlink()
    os.kill(worker, signal.SIGKILL)
    run.wait_route(prefix(0))


def test_disable_file_that_comes_while_no_worker_lives(start, keep, directory):
    server = keep(TcpServer())
    switch = directory / "maintenance"
    run = start(config(check("web", tcp(server), disable=str(switch), interval=INTERVAL, fall=10)))
    run.wait_route(prefix(0))
    worker = run.worker("web")
    os.kill(worker, signal.SIGSTOP)
    switch.write_text("")
    os.kill(worker, signal.SIGKILL)
    run.wait_transition("web", "disabled")
    run.wait_no_route(prefix(0))


def test_disable_file_noticed_only_at_the_next_execution(start, keep, directory):
    """Behind a symbolic link nothing announces the change: the worker goes on, and executes once."""
    server = keep(TcpServer())
    real = directory / "elsewhere"
    real.mkdir()
    real.chmod(0o755)
    (real / "maintenance").write_text("")
    switch = directory / "maintenance"
    switch.symlink_to(real / "maintenance")
    run = start(config(check("web", tcp(server), disable=str(switch), interval=INTERVAL, rise=3)))
    run.wait_transition("web", "disabled")
    worker = run.worker("web")
    (real / "maintenance").unlink()
    run.wait_route(prefix(0))
    assert run.worker("web") == worker, run.story()
    assert not run.logged("worker lost"), run.story()
    run.wait_for(lambda: server.count >= 3, what="the server's own word on the third execution")
    times = [when for when, _ in server.seen][:3]
    assert min(b - a for a, b in zip(times, times[1:])) > INTERVAL / 2, times


def test_late_supervisor_keeps_the_grid(start, keep):
    """Results that waited for a busy supervisor do not move the grid from which the lease is counted."""
    server = keep(TcpServer())
    run = start(config(check("web", {**tcp(server), "timeout": 0.3, "tcp_timeout": 0.3}, interval=1.5,
                             fast_interval=0.2, rise=1, fall=1)))
    run.wait_route(prefix(0))
    worker = run.worker("web")
    os.kill(run.pid, signal.SIGSTOP)
    time.sleep(3.4)
    os.kill(run.pid, signal.SIGCONT)
    count = server.count
    run.wait_for(lambda: server.count >= count + 4, what="4 further executions")
    assert not run.logged("worker lost"), run.story()
    assert run.worker("web") == worker
    assert [up for _, up in run.rib.changes_of(prefix(0))] == [True], run.story()


def test_results_that_waited_for_a_late_supervisor(start, keep):
    """They are the outcomes of grid points gone by, also while the clock reaches further ones: no rule was broken."""
    server = keep(TcpServer())
    run = start(config(*(check(f"web {number}", tcp(server), prefixes=[prefix(number)], interval=0.003)
                         for number in range(4))))
    run.wait_for(lambda: len(run.rib.routes) == 4, what="4 routes")
    for _ in range(4):
        os.kill(run.pid, signal.SIGSTOP)
        time.sleep(0.9)
        os.kill(run.pid, signal.SIGCONT)
        time.sleep(0.3)
    assert not run.logged("worker lost"), run.logged("worker lost")


def test_late_worker_that_answers_slowly(start, keep):
    """
    Workers that a spawner made too late execute the grid point that has failed by then, and may still be at it
    when the next one comes: whichever of their results are counted, none is held against them.
    """
    server = keep(HttpServer(slow_answer))
    web = {"method": "http", "url": f"http://127.0.0.1:{server.port}/", "timeout": 0.5, "http_timeout": 0.5}
    run = start(config(*(check(f"web {number}", web, prefixes=[prefix(number)], interval=0.8, fall=9, splay=True)
                         for number in range(12))))
    run.wait_for(lambda: len(run.rib.routes) == 12, what="12 routes")
    spawner, = run.spawners()
    os.kill(spawner, signal.SIGSTOP)
    for number in range(12):
        os.kill(run.worker(f"web {number}"), signal.SIGKILL)
    time.sleep(1.9)  # until each has failed once or twice for want of a worker
    os.kill(spawner, signal.SIGCONT)
    seen = server.count
    run.wait_for(lambda: server.count >= seen + 36, what="three further executions of each")
    assert run.logged("worker lost (died)") and not run.logged("worker lost (violation)"), run.story()


def slow_answer(request):
    time.sleep(0.3)
    return http_response()


def test_stopped_spawner_is_replaced(start, keep):
    """One that no longer answers is ended: its checks come back."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), interval=INTERVAL)))
    run.wait_route(prefix(0))
    worker = run.worker("web")
    spawner, = run.spawners()
    os.kill(spawner, signal.SIGSTOP)
    os.kill(worker, signal.SIGKILL)
    run.wait_no_route(prefix(0))
    wait_until(lambda: not processes.alive(spawner), 30, "end of the stopped spawner")
    run.wait_route(prefix(0), timeout=30)


def test_crash_is_told(start, keep):
    """A worker or spawner that a signal other than SIGKILL ended has a defect: the log names check and signal."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), interval=INTERVAL)), arguments=())
    run.expected_deaths = {"SIGSYS"}
    run.wait_route(prefix(0))
    worker = run.worker("web")
    spawner, = run.spawners()
    for victim, words in ((worker, f"error web: process {worker} ended by SIGSYS"),
                          (spawner, f"error process {spawner} ended by SIGSYS")):
        os.kill(victim, signal.SIGSYS)
        run.wait_log(words)
    run.wait_for(lambda: run.worker("web") != worker, what="its successor")


def test_disable_file_out_of_reach(start, keep, directory):
    """That it cannot be seen does not mean that it is gone: the check stays disabled, and the log says why."""
    server = keep(TcpServer())
    place = directory / "place"
    place.mkdir()
    place.chmod(0o755)
    switch = place / "maintenance"
    switch.write_text("")
    run = start(config(check("web", tcp(server), disable=str(switch), interval=INTERVAL)))
    run.wait_transition("web", "disabled")
    place.chmod(0)
    try:
        run.wait_log("cannot look at the disable file")
        time.sleep(3 * INTERVAL)
        assert server.count == 0 and not run.announced(prefix(0))
        assert len(run.logged("cannot look at the disable file")) == 1
    finally:
        place.chmod(0o755)
    switch.unlink()
    run.wait_route(prefix(0))
