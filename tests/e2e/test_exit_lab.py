"""What peers see of exacheck's end: a real ExaBGP, under which or beside which it runs, and a real BIRD."""
import os
import re
import signal
import time

from harness import processes
from harness.config import check, config, prefix
from harness.hostile import TcpServer
from harness.wait import wait_until
from test_lab import helpers, lab, tcp  # noqa: F401 (a fixture)
from test_standalone import fifo, pipes, service  # noqa: F401 (fixtures)

GRACEFUL_SHUTDOWN = "(65535,0)"


def history(running, route):
    """What became of the route in BIRD's table, in order: added, updated, removed …"""
    text = (running.directory / "bird.log").read_text()
    return re.findall(rf"p4\.ipv4 > (\w+) (?:\[\w+\] )?{re.escape(route)} ", text)


def replaced(running):
    """End exacheck with SIGTERM; wait until ExaBGP has started another."""
    old, = helpers(running)
    os.kill(old, signal.SIGTERM)
    wait_until(lambda: not processes.alive(old), what="end of exacheck")
    wait_until(lambda: helpers(running) not in ([], [old]), what="the next exacheck")


def test_keep_across_a_restart(lab, keep):  # noqa: F811
    """SIGTERM, and ExaBGP starts another: peers see nothing of it, and of a change only the change."""
    server = keep(TcpServer())
    running = lab(config(check("web", tcp(server), prefixes=[prefix(1)], metric=10, fall=2), on_exit="keep"))
    running.wait_route(prefix(1), "p4", med=10)
    wait_until(lambda: history(running, prefix(1))[-1:] == ["added"], what="the trace of it")
    before = history(running, prefix(1))
    replaced(running)
    count = server.count
    wait_until(lambda: server.count >= count + 3, what="executions of the next one")
    time.sleep(0.5)
    assert history(running, prefix(1)) == before
    server.go_away()
    running.wait_no_route(prefix(1))
    wait_until(lambda: history(running, prefix(1))[len(before):], what="the trace of that")
    assert history(running, prefix(1))[len(before):] == ["removed"]


def test_drain_under_exabgp(lab, keep):  # noqa: F811
    """The community for it, then the withdraw; the next one announces as usual."""
    server = keep(TcpServer())
    running = lab(config(check("web", tcp(server), prefixes=[prefix(1)], metric=10, rise=10, drain_time=30)))
    first = running.wait_route(prefix(1), "p4", med=10)
    assert "community" not in first.attributes
    old, = helpers(running)
    os.kill(old, signal.SIGTERM)
    # BIRD's log has it, however short it was in the table.
    wait_until(lambda: re.search(rf"community of {prefix(1)}: .*{re.escape(GRACEFUL_SHUTDOWN)}",
                                 (running.directory / "bird.log").read_text()), what="the community for it")
    wait_until(lambda: "removed" in history(running, prefix(1)), what="the withdraw")
    wait_until(lambda: helpers(running) not in ([], [old]), what="the next exacheck")
    assert "community" not in running.wait_route(prefix(1), "p4", med=10).attributes


def test_drain_beside_exabgp(pipes, service, keep):  # noqa: F811
    """All of drain_time."""
    server, running = keep(TcpServer()), pipes()
    running.exabgp.start()
    drain = {"metric": 999, "communities": ["graceful-shutdown", "65000:1"]}
    run = service(config(check("web", tcp(server), prefixes=[prefix(1)], metric=10, drain_time=3, drain=drain),
                         **fifo(running)))
    running.wait_sessions()
    running.wait_route(prefix(1), "p4", med=10)
    begin = time.monotonic()
    run.process.terminate()
    found = running.wait_route(prefix(1), "p4", med=999)
    assert set(found.attributes["community"].split()) == {GRACEFUL_SHUTDOWN, "(65000,1)"}
    running.wait_no_route(prefix(1))
    assert time.monotonic() - begin > 2.9
    assert run.wait_exit() == 0
