"""How exacheck ends: everything withdrawn, or kept, or drained first, and never later than ExaBGP waits."""
import json
import os
import signal
import time

import pytest

from harness import late, peer as peers, processes
from harness.beside import Beside
from harness.config import check, config, for_test, prefix
from harness.exacheck import EXIT_LIMIT
from harness.hostile import TcpServer
from harness.wait import wait_until
from test_faults import tcp

DRAIN_LIMIT = 0.5  # seconds, as a process of ExaBGP


def withdraws(run, route):
    """When it was withdrawn after it was announced; one that opens, for a predecessor's sake, does not count."""
    return [when for when, up in run.rib.changes_of(route) if not up]


def announces(run, route):
    return [(when, command.attributes) for when, command in run.rib.commands
            if command.announce and command.prefix == route]


def test_keep(start, keep):
    """on_exit keep: nothing is said about what is announced; what was withdrawn stays so."""
    up, down = keep(TcpServer()), keep(TcpServer())
    run = start(config(check("up", tcp(up), prefixes=[prefix(1)], drain_time=5),
                       check("down", tcp(down), prefixes=[prefix(2)]), on_exit="keep"))
    run.wait_route(prefix(1))
    run.wait_route(prefix(2))
    down.go_away()
    run.wait_no_route(prefix(2))
    family = processes.descendants(run.pid)
    code, elapsed = run.stop()
    assert code == 0 and elapsed < EXIT_LIMIT
    assert run.rib.prefixes() == {prefix(1)}, run.story()
    assert not withdraws(run, prefix(1)) and len(announces(run, prefix(1))) == 1, run.story()
    wait_until(lambda: not any(map(processes.alive, family)), what="end of every process")


def test_sigint_is_for_good(start, keep):
    """on_exit keep is for who comes after; SIGINT says that nobody does."""
    run = start(config(check("web", tcp(keep(TcpServer()))), on_exit="keep"))
    run.wait_route(prefix(0))
    code, elapsed = run.stop(signal.SIGINT)
    assert code == 0 and elapsed < EXIT_LIMIT
    assert not run.rib.routes and withdraws(run, prefix(0)), run.story()
    assert not (run.directory / "runtime" / "journal").exists()


def test_keep_when_exabgp_goes(start, keep):
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server)), on_exit="keep"))
    run.wait_route(prefix(0))
    run.say("shutdown")
    assert run.wait_exit() == 0
    run.join_readers()
    assert run.announced(prefix(0)) and not withdraws(run, prefix(0)), run.story()


def test_drain_under_exabgp(start, keep):
    """Up routes are announced with the attributes for the drain, then withdrawn, all in ExaBGP's time."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), metric=10, communities=["65000:1"], drain_time=30,
                             drain={"local_preference": 0, "metric": 900})))
    run.wait_route(prefix(0), med=10)
    begin = time.monotonic()
    code, elapsed = run.stop()
    assert code == 0 and elapsed < EXIT_LIMIT, run.story()
    (_, first), (_, second) = announces(run, prefix(0))
    assert "local-preference" not in first
    assert (second["med"], second["local-preference"], second["community"]) == (900, 0, ["65000:1"])
    withdrawn, = withdraws(run, prefix(0))
    assert withdrawn - begin > DRAIN_LIMIT


def test_drain_default(start, keep):
    """Without `drain`: what is announced, and graceful-shutdown (RFC 8326)."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), metric=10, communities=["65000:1", "65000:1:2"], drain_time=0.2)))
    run.wait_route(prefix(0))
    run.stop()
    assert announces(run, prefix(0))[-1][1] == {
        "next-hop": "self", "med": 10, "community": ["65000:1", "65535:0"], "large-community": ["65000:1:2"]}


def test_drain_is_for_what_is_up(start, keep):
    """A check that is down or has no drain_time is withdrawn at once; each drains for its own time."""
    servers = [keep(TcpServer()) for _ in range(4)]
    shared = {"metric": 1, "down": {"metric": 2}, "drain": {"metric": 3}}
    run = start(config(check("long", tcp(servers[0]), prefixes=[prefix(1)], drain_time=0.45, **shared),
                       check("short", tcp(servers[1]), prefixes=[prefix(2)], drain_time=0.15, **shared),
                       check("down", tcp(servers[2]), prefixes=[prefix(3)], drain_time=0.45, **shared),
                       check("plain", tcp(servers[3]), prefixes=[prefix(4)], metric=1)))
    for number in (1, 2, 3, 4):
        run.wait_route(prefix(number), med=1)
    servers[2].go_away()
    run.wait_route(prefix(3), med=2)
    begin = time.monotonic()
    code, _ = run.stop()
    assert code == 0 and not run.rib.routes
    ends = {number: run.rib.changes_of(prefix(number))[-1][0] - begin for number in (1, 2, 3, 4)}
    # At once is before whatever drains is withdrawn; how much before a busy machine decides.
    assert max(ends[3], ends[4]) < ends[2] < ends[1], (ends, run.story())
    assert ends[2] >= 0.15 and ends[1] >= 0.45, (ends, run.story())
    assert [attributes["med"] for _, attributes in announces(run, prefix(1))] == [1, 3]
    assert [attributes["med"] for _, attributes in announces(run, prefix(3))] == [1, 2]
    assert run.logged("draining for 0.4") or run.logged("draining for 0.5")


def test_no_drain_when_exabgp_goes(start, keep):
    """Its farewell is no moment to say more than withdraw."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), metric=1, drain={"metric": 2}, drain_time=30)))
    run.wait_route(prefix(0))
    run.say("shutdown")
    begin = time.monotonic()
    assert run.wait_exit() == 0
    assert time.monotonic() - begin - late.total(begin) < EXIT_LIMIT
    run.join_readers()
    assert not run.announced(prefix(0)) and len(announces(run, prefix(0))) == 1, run.story()


@pytest.mark.parametrize("peer", [peers.NoAcks, peers.Mute])
def test_drain_without_answers(start, keep, peer):
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), metric=1, drain={"metric": 2}, drain_time=30),
                       exabgp={"ack": "off", "dialect": "v4"}), peer())
    run.wait_route(prefix(0))
    code, elapsed = run.stop()
    assert code == 0 and elapsed < EXIT_LIMIT and not run.rib.routes
    assert [attributes["med"] for _, attributes in announces(run, prefix(0))] == [1, 2]


def test_drain_with_a_reader_that_hangs(start, keep):
    """A drain that nobody hears does not make the end any later."""
    server = keep(TcpServer())
    many = [prefix(number) for number in range(2000)]
    run = start(config(check("web", tcp(server), prefixes=many, drain={"metric": 2}, drain_time=30)),
                peers.NoAcks(), reading=False)
    run.wait_transition("web", "up")
    time.sleep(0.3)
    begin = time.monotonic()
    run.process.terminate()
    run.wait_exit()
    assert time.monotonic() - begin - late.total(begin) < EXIT_LIMIT
    run.join_readers()


def test_disabled_attributes(start, keep, directory):
    """`disabled` announces instead of withdrawing, until the next verdict."""
    server = keep(TcpServer())
    switch = directory / "maintenance"
    run = start(config(check("web", tcp(server), disable=str(switch), metric=1, rise=2, down={"metric": 2},
                             disabled={"metric": 3, "communities": ["65000:66"]})))
    run.wait_route(prefix(0), med=1)
    switch.write_text("")
    run.wait_route(prefix(0), med=3, community=["65000:66"])
    switch.unlink()
    run.wait_route(prefix(0), med=1)
    server.go_away()
    run.wait_route(prefix(0), med=2)
    server.come_back()
    run.wait_route(prefix(0), med=1)
    assert [attributes["med"] for _, attributes in announces(run, prefix(0))] == [1, 3, 1, 2, 1]
    assert not withdraws(run, prefix(0)), run.story()


def test_thousand_announced_checks(start, directory):
    """All withdrawn, all reaped, exit 0, in ExaBGP's time."""
    ready = directory / "ready"
    ready.write_text("")
    count = 1000
    args = {"method": "file", "path": str(ready), "timeout": 60}
    run = start(config(*(check(f"check {n}", args, prefixes=[prefix(n)], interval=60) for n in range(count))))
    run.wait_for(lambda: len(run.rib.routes) == count, 60, "all routes")
    family = processes.children(run.pid)
    assert len(family) >= count
    code, elapsed = run.stop()
    assert code == 0 and not run.rib.routes, run.story()
    assert elapsed < EXIT_LIMIT
    wait_until(lambda: not any(map(processes.alive, family)), what="end of every process")


@pytest.fixture
def beside(directory, keep):
    """An ExaBGP beside exacheck, which is not started yet."""
    return keep(Beside(directory / "exabgp.sock"))


def test_drain_beside_exabgp(start, keep, beside):
    """All of drain_time; a check that fails meanwhile is withdrawn at once, and does not come back."""
    good, bad = keep(TcpServer()), keep(TcpServer())
    shared = {"metric": 1, "drain": {"metric": 3}, "drain_time": 3}
    run = start(config(check("good", tcp(good), prefixes=[prefix(1)], **shared),
                       check("bad", tcp(bad), prefixes=[prefix(2)], **shared), exabgp={"output": beside.output}))
    beside.start()
    for number in (1, 2):
        beside.wait_route(prefix(number), med=1)
    begin = time.monotonic()
    run.process.terminate()
    for number in (1, 2):
        beside.wait_route(prefix(number), med=3)
    bad.go_away()
    beside.wait_no_route(prefix(2))
    assert run.wait_exit() == 0
    elapsed = time.monotonic() - begin
    assert 2.9 < elapsed < 3 + EXIT_LIMIT + late.total(begin), elapsed
    beside.wait_no_route(prefix(1))
    failed, drained = (beside.rib.changes_of(prefix(number))[-1][0] - begin for number in (2, 1))
    assert failed < drained - 0.5 and drained > 2.9, (failed, drained)


def test_what_drains_already_goes_on(start, keep, beside, directory):
    """The end cuts no drain short that has begun before it, nor does it begin it anew."""
    switch = directory / "maintenance"
    run = start(config(check("web", tcp(keep(TcpServer())), metric=1, drain={"metric": 3}, drain_time=4,
                             disable=str(switch)), exabgp={"output": beside.output}))
    beside.start()
    beside.wait_route(prefix(0), med=1)
    disabled = time.monotonic()
    switch.touch()
    beside.wait_route(prefix(0), med=3)
    time.sleep(1.5)
    stopped = time.monotonic()
    run.process.terminate()
    assert run.wait_exit() == 0
    beside.wait_no_route(prefix(0))
    drained = beside.rib.changes_of(prefix(0))[-1][0]
    assert drained - disabled > 3.9 and drained - stopped < 3.9 + late.total(stopped), run.story()


def test_second_signal_ends_the_drain(start, keep, beside):
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), metric=1, drain={"metric": 3}, drain_time=60),
                       exabgp={"output": beside.output}))
    beside.start()
    beside.wait_route(prefix(0), med=1)
    run.process.terminate()
    beside.wait_route(prefix(0), med=3)
    time.sleep(0.3)
    assert prefix(0) in beside.rib.prefixes()
    code, elapsed = run.stop()
    assert code == 0 and elapsed < EXIT_LIMIT
    beside.wait_no_route(prefix(0))
    assert run.logged("no more draining")


def test_no_exabgp_no_drain(start, keep, beside):
    """Where there is no ExaBGP there is nothing to drain, to withdraw or to wait for."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), drain_time=60), exabgp={"output": beside.output}))
    run.wait_transition("web", "up")
    code, elapsed = run.stop()
    assert code == 0 and elapsed < EXIT_LIMIT, run.story()


def test_keep_beside_exabgp(start, keep, beside):
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), drain_time=60), on_exit="keep", exabgp={"output": beside.output}))
    beside.start()
    beside.wait_route(prefix(0))
    code, elapsed = run.stop()
    assert code == 0 and elapsed < EXIT_LIMIT
    assert [up for _, up in beside.rib.changes_of(prefix(0))] == [True]


def test_keep_and_start_again(start, keep, directory):
    """The next one carries what was kept: not a word about it before its verdict, what is gone is withdrawn."""
    servers = [keep(TcpServer()) for _ in range(3)]
    checks = [check(f"web {n}", tcp(server), prefixes=[prefix(n)], metric=n, fall=4)
              for n, server in enumerate(servers)]
    settings = {"on_exit": "keep", "runtime_dir": str(directory / "shared")}
    first = start(config(*checks, **settings))
    first.wait_for(lambda: len(first.rib.routes) == 3, what="all routes")
    assert first.stop()[0] == 0 and len(first.rib.routes) == 3
    servers[1].go_away()
    second = start(config(*checks[:2], **settings))
    second.wait_transition("web 1", "down")
    second.wait_transition("web 0", "up")
    second.wait_for(lambda: (prefix(2), None, "*") in second.rib.opening, what="withdraw of what is not configured")
    second.wait_for(lambda: (prefix(1), None, "*") in second.rib.opening, what="withdraw of what is down")
    assert (prefix(0), None, "*") not in second.rib.opening, second.story()
    assert second.rib.opening[prefix(1), None, "*"] > second.wait_transition("web 1", "falling").when
    assert second.stop()[0] == 0


def test_reload_changes_the_end(start, keep):
    """on_exit, drain and drain_time of the configuration that runs at the end count."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), metric=1), on_exit="keep"))
    run.wait_route(prefix(0))
    run.path.write_text(json.dumps(for_test(
        config(check("web", tcp(server), metric=1, drain_time=0.2, drain={"metric": 2})), run.directory)))
    os.kill(run.pid, signal.SIGHUP)
    run.wait_log("reloaded ")
    code, _ = run.stop()
    assert code == 0 and not run.rib.routes
    assert [attributes["med"] for _, attributes in announces(run, prefix(0))] == [1, 2]


def test_no_reload_while_it_drains(start, keep, beside):
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), metric=1, drain={"metric": 2}, drain_time=2),
                       exabgp={"output": beside.output}))
    beside.start()
    beside.wait_route(prefix(0), med=1)
    run.process.terminate()
    beside.wait_route(prefix(0), med=2)
    run.path.write_text("broken")
    os.kill(run.pid, signal.SIGHUP)
    assert run.wait_exit() == 0
    run.join_readers()
    beside.wait_no_route(prefix(0))
    assert not run.logged("reload"), run.story()


def test_stopped_while_it_drains(start, keep):
    """Whatever held it up, there is time left to withdraw."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), metric=1, drain={"metric": 2}, drain_time=30)))
    run.wait_route(prefix(0), med=1)
    run.process.terminate()
    run.wait_route(prefix(0), med=2)
    run.process.send_signal(signal.SIGSTOP)
    time.sleep(1.5)
    run.process.send_signal(signal.SIGCONT)
    assert run.wait_exit() == 0
    run.join_readers()
    assert not run.rib.routes and not run.logged("not everything"), run.story()


def test_hold_that_ends_in_the_end(start, keep):
    """What waits for its time when the end comes is not announced by a process that is about to go."""
    peer, server, hold = peers.FallsSilent(), keep(TcpServer()), 3.0
    run = start(config(check("up", tcp(keep(TcpServer())), prefixes=[prefix(1)]),
                       check("held", tcp(server), min_down=hold)), peer)
    server.go_away()
    run.wait_route(prefix(1))
    since = run.wait_transition("held", "down").when
    server.come_back()
    run.wait_log("; held down for")
    peer.silent = True  # so that the end takes all the time there is
    time.sleep(max(0, since + hold - 0.3 - time.monotonic()))
    run.process.terminate()
    assert run.wait_exit() == 0
    run.join_readers()
    assert not run.rib.routes, run.story()
