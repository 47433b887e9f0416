"""What a service manager hears: sd_notify(3) without its library."""
import os
import signal
import time
import uuid

import pytest

from harness import processes
from harness.beside import Beside
from harness.config import check, config, prefix
from harness.exacheck import EXIT_LIMIT
from harness.hostile import TcpServer
from harness.manager import Manager
from harness.wait import wait_until
from test_faults import tcp

VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


@pytest.fixture
def manager(directory, keep):
    return keep(Manager(directory / "notify"))


def two_checks(keep):
    return keep(TcpServer()), keep(TcpServer())


def test_life(start, keep, manager):
    """READY once, the status on change, STOPPING with the time it may take; all by the main process itself."""
    up, other = two_checks(keep)
    run = start(config(check("up", tcp(up), prefixes=[prefix(1)]), check("other", tcp(other), prefixes=[prefix(2)])),
                environment=manager.environment())
    manager.wait("READY", "1")
    manager.wait("STATUS", "2 of 2 up")
    other.go_away()
    manager.wait("STATUS", "1 of 2 up")
    run.stop()
    stopping = manager.wait("STOPPING", "1")
    assert int(stopping.fields["EXTEND_TIMEOUT_USEC"]) >= 1_000_000
    assert manager.values("READY") == ["1"] and not manager.all("WATCHDOG") and not manager.all("MAINPID")
    assert {message.pid for message in manager.messages} == {run.pid}
    assert manager.messages[0].fields == {"READY": "1"}


def test_abstract_name(start, keep):
    manager = keep(Manager(f"@exacheck-test/{uuid.uuid4()}"))
    server = keep(TcpServer())
    start(config(check("web", tcp(server))), environment=manager.environment())
    manager.wait("READY", "1")
    manager.wait("STATUS", "1 of 1 up")


def test_status_is_told_rarely(start, keep, manager):
    """However often checks change, once a second at most, and the last word is right."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), interval=0.1)), environment=manager.environment())
    manager.wait("READY")
    for _ in range(8):
        since = time.monotonic()
        server.go_away()
        run.wait_transition("web", "down", after=since)
        since = time.monotonic()
        server.come_back()
        run.wait_transition("web", "up", after=since)
    time.sleep(1.5)
    wait_until(lambda: manager.values("STATUS")[-1] == "1 of 1 up", what="the last word")
    told = manager.all("STATUS")
    assert all(later.when - earlier.when > 0.5 for earlier, later in zip(told, told[1:]))


def test_watchdog(start, keep, manager):
    """Twice in the time; a stopped process says nothing, which is the point of it."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server))), environment=manager.environment(watchdog=1))
    manager.wait("READY")
    time.sleep(3)
    told = len(manager.all("WATCHDOG"))
    assert 4 <= told <= 8, told
    os.kill(run.pid, signal.SIGSTOP)
    time.sleep(0.5)
    told = len(manager.all("WATCHDOG"))
    time.sleep(1.2)
    assert len(manager.all("WATCHDOG")) == told
    os.kill(run.pid, signal.SIGCONT)
    manager.wait("WATCHDOG", after=time.monotonic())


def test_watchdog_for_somebody_else(start, keep, manager):
    server = keep(TcpServer())
    start(config(check("web", tcp(server))), environment=manager.environment(watchdog=0.2, pid=1))
    manager.wait("READY")
    time.sleep(1)
    assert not manager.all("WATCHDOG")


@pytest.mark.parametrize("usec", ["0", "-5", "1e6", "99999999999999999999", ""])
def test_watchdog_nonsense(start, keep, manager, usec):
    server = keep(TcpServer())
    start(config(check("web", tcp(server))), environment={**manager.environment(), "WATCHDOG_USEC": usec})
    manager.wait("STATUS", "1 of 1 up")
    time.sleep(0.3)
    assert not manager.all("WATCHDOG")


@pytest.mark.parametrize("name", ["", "relative", "/nonexistent/socket", "@", "/", "vsock:2:1234", "/" + 200 * "x"])
def test_nobody_listens(start, keep, name):
    """A socket that is not there changes nothing."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server))), environment={"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "100000"})
    run.wait_route(prefix(0))
    time.sleep(0.2)
    code, elapsed = run.stop()
    assert code == 0 and elapsed < EXIT_LIMIT


def test_full_socket(start, keep, directory):
    """A manager that does not read holds up nothing, and hears READY when it reads again."""
    manager = keep(Manager(directory / "notify", reading=False))
    filled = manager.fill()
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server))), environment=manager.environment(watchdog=0.1))
    run.wait_route(prefix(0))
    count = server.count
    run.wait_for(lambda: server.count >= count + 3, what="executions meanwhile")
    manager.read()
    manager.wait("READY", "1")
    manager.wait("STATUS", "1 of 1 up")
    assert len(manager.all("X")) == filled


def test_no_child_has_it(start, keep, directory, manager):
    """Neither a shell command nor any process of exacheck's has the variables."""
    told = directory / "told"
    told.mkdir()
    told.chmod(0o777)
    run = start(config(check("shell", {"method": "shell", "command": f"env > {told}/env; true"}, interval=600)),
                environment=manager.environment(watchdog=10))
    run.wait_route(prefix(0))
    assert "PATH=" in (told / "env").read_text()
    texts = [(told / "env").read_text()]
    for pid in processes.descendants(run.pid):
        with open(f"/proc/{pid}/environ", "rb") as file:
            texts.append(file.read().decode())
    assert len(texts) >= 4
    for text in texts:
        assert not any(variable in text for variable in VARIABLES)


def test_waiting_for_exabgp(start, keep, directory, manager):
    """Ready without ExaBGP, and the status says what is missing."""
    beside = keep(Beside(directory / "exabgp.sock"))
    server = keep(TcpServer())
    start(config(check("web", tcp(server)), exabgp={"output": beside.output}), environment=manager.environment())
    manager.wait("READY", "1")
    manager.wait("STATUS", "1 of 1 up; waiting for ExaBGP")
    beside.start()
    manager.wait("STATUS", "1 of 1 up")
    beside.wait_route(prefix(0))


def test_reload(start, keep, manager):
    """RELOADING with the time, then READY again, also when the configuration is refused."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server))), environment=manager.environment())
    first = manager.wait("READY", "1")
    for text in (run.path.read_text(), "broken"):
        run.path.write_text(text)
        before = time.monotonic()
        os.kill(run.pid, signal.SIGHUP)
        reloading = manager.wait("RELOADING", "1", after=before)
        assert before - 1 < int(reloading.fields["MONOTONIC_USEC"]) / 1e6 < reloading.when + 1
        ready = manager.wait("READY", "1", after=reloading.when)
    assert first.when < reloading.when < ready.when
    order = [next(iter(m.fields)) for m in manager.messages if "STATUS" not in m.fields]
    assert order == ["READY", "RELOADING", "READY", "RELOADING", "READY"], order


def test_upgrade(start, keep, manager):
    """The next program of the same process is ready again and goes on with the watchdog."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server))), environment=manager.environment(watchdog=1))
    first = manager.wait("READY", "1")
    run.wait_route(prefix(0))
    os.kill(run.pid, signal.SIGUSR2)
    again = manager.wait("READY", "1", after=first.when)
    manager.wait("WATCHDOG", "1", after=again.when)
    manager.wait("STATUS", "1 of 1 up", after=again.when)
    assert {message.pid for message in manager.messages} == {run.pid}


def test_upgrade_is_no_pause_of_the_watchdog(start, keep, manager):
    """However many upgrades there are between two words to it."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server))), environment=manager.environment(watchdog=600))
    ready = manager.wait("READY", "1")
    for _ in range(2):
        before = time.monotonic()
        os.kill(run.pid, signal.SIGUSR2)
        ready = manager.wait("READY", "1", after=ready.when)
        manager.wait("WATCHDOG", "1", after=before)


def test_stopping_says_how_long_a_drain_takes(start, keep, manager):
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), drain_time=0.4)), environment=manager.environment())
    run.wait_route(prefix(0))
    manager.wait("READY")
    run.stop()
    assert int(manager.wait("STOPPING").fields["EXTEND_TIMEOUT_USEC"]) >= 1_500_000
