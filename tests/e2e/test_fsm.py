"""States over time: intervals, splay, disable files, metric_down, and how soon a change is told."""
import contextlib
import os
import statistics
import time

import pytest

from harness import late, paths
from harness.config import check, config, prefix
from harness.hostile import HttpServer, TcpServer, http_response
from harness.scripted import ScriptedDns
from harness.wait import Timeout, wait_until

pytestmark = pytest.mark.one_level

NOISE = 0.6 if paths.SANITIZED else 0.4  # seconds by which a loaded machine may be late


def tcp(server, **more):
    return {"method": "tcp", "host": "127.0.0.1", "port": server.port, "timeout": 2, **more}


def gaps(server):
    times = [when for when, _ in server.seen]
    return [later - earlier for earlier, later in zip(times, times[1:])]


class Asking(HttpServer):
    """
    Notes at each request whether the route is announced. Those after the first `number` are answered when it is: which
    execution brought it is known, however late anybody is.
    """

    def __init__(self, number):
        self.number, self.subject, self.noted = number, None, []
        super().__init__(self.note)
        self.args = {"method": "http", "url": f"http://127.0.0.1:{self.port}/", "timeout": 20, "http_timeout": 20}

    def note(self, request):
        if len(self.noted) >= self.number:
            with contextlib.suppress(Timeout):
                wait_until(lambda: self.announced, 15)
        self.noted.append(self.announced)
        return http_response()

    @property
    def announced(self):
        return bool(self.subject) and self.subject.announced(prefix(0))

    def assert_route_came_with_the_last(self):
        wait_until(lambda: len(self.noted) > self.number, 40, "one execution more")
        assert self.noted[:self.number + 1] == [False] * self.number + [True], self.subject.story()


def test_nothing_before_the_first_verdict(start, keep):
    """One pass of three announces nothing; the route comes with the third."""
    server = keep(Asking(3))
    run = server.subject = start(config(check("web", server.args, rise=3)))
    server.assert_route_came_with_the_last()
    announces = [command for _, command in run.rib.commands if command.announce]
    assert len(announces) == 1


def test_unchanged_state_says_nothing(start, keep):
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), interval=0.1)))
    run.wait_route(prefix(0))
    count = len(run.lines)
    seen = server.count
    run.wait_for(lambda: server.count >= seen + 10, what="10 more executions")
    assert len(run.lines) == count


@pytest.mark.parametrize("rise", [0, 1])
def test_rise_and_fall_of_zero_and_one(start, keep, rise):
    server = keep(Asking(1))
    run = server.subject = start(config(check("web", server.args, rise=rise, fall=rise)))
    server.assert_route_came_with_the_last()
    server.go_away()
    assert run.wait_transition("web", "down").old == "up"


def test_withdraw_within_interval_and_50_ms(start, keep):
    """interval 1, fall 1: from the closed port to the withdraw at most interval + 50 ms."""
    checks, servers = [], []
    for number in range(10):
        servers.append(keep(TcpServer()))
        checks.append(check(f"web {number}", tcp(servers[-1]), prefixes=[prefix(number)], interval=1, splay=True))
    run = start(config(*checks))
    for number in range(10):
        run.wait_route(prefix(number))
    delays, begin = [], time.monotonic()
    for number, server in enumerate(servers):
        closed = server.go_away()
        run.wait_no_route(prefix(number))
        delays.append(run.rib.changes_of(prefix(number))[-1][0] - closed)
        time.sleep(0.07)
    # The median holds the promise; single ones may suffer from the machine's other work.
    assert statistics.median(delays) <= 1 + 0.05 * paths.SLOWNESS, delays
    assert max(delays) <= 1 + 0.05 * paths.SLOWNESS + NOISE + late.worst(begin), delays


def test_many_checks_start_without_a_failure(start, keep):
    """Waiting for the spawner's turn is no failure, however early a check's first grid point is."""
    server, count = keep(TcpServer()), 400 // paths.SLOWNESS
    run = start(config(*(check(f"c{number}", tcp(server), prefixes=[prefix(number)], interval=1, rise=1)
                         for number in range(count))))
    run.wait_for(lambda: len(run.rib.routes) == count, 60, "every route")
    failures = [line.text for line in run.log if ": fail " in line.text or ": error " in line.text]
    assert not failures, failures[:3]


def test_fixed_grid(start, keep):
    """Start to start, without drift: a slow answer does not move the next execution."""
    def slow(request):
        time.sleep(0.1)
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    server = keep(HttpServer(slow))
    url = f"http://127.0.0.1:{server.port}/"
    run = start(config(check("slow", {"method": "http", "url": url}, interval=0.25)))
    run.wait_for(lambda: server.count >= 13, 20, "13 executions")
    times = [when for when, _ in server.seen][:13]
    assert abs((times[-1] - times[0]) - 12 * 0.25) < NOISE, gaps(server)


def test_overlong_execution_skips_grid_points(start, keep):
    """An execution of 0.42 s at an interval of 0.2 s starts at every third point (late: a fourth), never at once."""
    def slow(request):
        time.sleep(0.42)
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    server = keep(HttpServer(slow))
    run = start(config(check("slow", {"method": "http", "url": f"http://127.0.0.1:{server.port}/"}, interval=0.2)))
    run.wait_for(lambda: server.count >= 6, 20, "6 executions")
    assert 0.55 < statistics.median(gaps(server)) < 0.95, gaps(server)


def test_fast_interval(start, keep):
    """fast_interval while rising and falling, interval otherwise."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), interval=1.2, fast_interval=0.2, rise=4, fall=4)))
    begin = run.wait_transition("web", "rising").when
    up = run.wait_transition("web", "up").when
    assert up - begin < 3 * 0.2 + 2 * NOISE
    rising = gaps(server)[:3]
    assert max(rising) < 0.2 + NOISE, rising
    run.wait_for(lambda: server.count >= 7, what="three executions when up")
    assert min(gaps(server)[4:]) > 1.2 - NOISE, gaps(server)
    server.go_away()
    falling = run.wait_transition("web", "falling", after=up).when
    down = run.wait_transition("web", "down", after=up).when
    assert down - falling < 3 * 0.2 + 2 * NOISE


def test_splay(start, keep):
    """The first executions of many checks are spread over the interval; without splay they are not."""
    def spread(splay):
        servers = [keep(TcpServer()) for _ in range(16)]
        run = start(config(*(check(f"web {number}", tcp(server), prefixes=[prefix(number)], interval=2, splay=splay)
                             for number, server in enumerate(servers))))
        run.wait_for(lambda: all(server.count for server in servers), what="every first execution")
        run.stop()
        firsts = sorted(server.seen[0][0] for server in servers)
        return firsts[-1] - firsts[0]

    assert 0.8 < spread(True) < 2.0 + NOISE
    assert spread(False) < 0.8


def test_disable_file(start, keep, directory):
    """While the file exists the route is withdrawn at once and the check does not run."""
    server = keep(TcpServer())
    switch = directory / "maintenance"
    run = start(config(check("web", tcp(server), disable=str(switch), interval=1, metric=5, metric_down=500)))
    run.wait_route(prefix(0), med=5)
    made = time.monotonic()
    switch.write_text("")
    run.wait_no_route(prefix(0))
    assert run.rib.changes_of(prefix(0))[-1][0] - made < 1 + NOISE + late.worst(made)
    assert run.wait_transition("web", "disabled").old == "up"
    time.sleep(0.3)
    count = server.count
    time.sleep(1.5)
    assert server.count == count, "a disabled check ran"
    removed = time.monotonic()
    switch.unlink()
    run.wait_route(prefix(0))
    assert run.rib.changes_of(prefix(0))[-1][0] - removed < 2 + NOISE + late.worst(removed)


def test_disable_is_noticed_at_once(start, keep, directory):
    """Not only at the next interval."""
    server = keep(TcpServer())
    switch = directory / "maintenance"
    # Others' workers may have taken all that a user may have of inotify, which this needs.
    run = start(config(check("web", tcp(server), disable=str(switch), interval=8),
                       **({"user": "games"} if os.geteuid() == 0 else {})))
    run.wait_route(prefix(0))
    made = time.monotonic()
    switch.write_text("")
    run.wait_no_route(prefix(0))
    assert run.rib.changes_of(prefix(0))[-1][0] - made < 4


def test_disabled_from_the_start(start, keep, directory):
    server = keep(TcpServer())
    switch = directory / "maintenance"
    switch.write_text("")
    run = start(config(check("web", tcp(server), disable=str(switch))))
    run.wait_transition("web", "disabled")
    time.sleep(0.6)
    assert server.count == 0 and not run.announced(prefix(0))
    switch.unlink()
    run.wait_route(prefix(0))


def test_disable_survives_flapping(start, keep, directory):
    """A disabled check starts over: rise passes are needed again."""
    server = keep(Asking(3))
    switch = directory / "maintenance"
    run = server.subject = start(config(check("web", server.args, disable=str(switch), rise=3)))
    server.assert_route_came_with_the_last()
    switch.write_text("")
    run.wait_no_route(prefix(0))
    time.sleep(0.3)
    server.noted.clear()
    switch.unlink()
    server.assert_route_came_with_the_last()


def test_metric_down(start, keep):
    """Down announces with the other MED in place of the withdraw, as documented."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), metric=10, metric_down=1000, local_preference=0)))
    run.wait_route(prefix(0), med=10, local_preference=0)
    server.go_away()
    run.wait_route(prefix(0), med=1000, local_preference=0)
    server.come_back()
    run.wait_route(prefix(0), med=10)
    assert [up for _, up in run.rib.changes_of(prefix(0))] == [True], "the route left in between"


def test_metric_down_from_the_start(start, keep):
    """A service that is down at the start is announced with the metric for it."""
    server = keep(TcpServer())
    server.go_away()
    run = start(config(check("web", tcp(server), metric_down=1000, fall=2)))
    run.wait_route(prefix(0), med=1000)
    server.come_back()
    run.wait_for(lambda: (run.rib.attributes(prefix(0)) or {"med": 1}).get("med") is None, what="route without a MED")


def test_shared_prefix_with_metric_down(start, keep):
    """What a check announces for being down gives way to what another announces for being up."""
    first, second = keep(TcpServer()), keep(TcpServer())
    run = start(config(check("first", tcp(first), metric=1, metric_down=1000), check("second", tcp(second), metric=2)))
    run.wait_route(prefix(0), med=1)
    run.wait_transition("second", "up")
    first.go_away()
    run.wait_route(prefix(0), med=2)
    second.go_away()
    run.wait_route(prefix(0), med=1000)
    second.come_back()
    run.wait_route(prefix(0), med=2)
    first.come_back()
    run.wait_route(prefix(0), med=1)
    assert [up for _, up in run.rib.changes_of(prefix(0))] == [True], "the route left in between"


def test_shared_prefix(start, keep):
    """Two checks, one prefix: announced while either is up, with the attributes of the first that is."""
    first, second = keep(TcpServer()), keep(TcpServer())
    run = start(config(check("first", tcp(first), metric=1), check("second", tcp(second), metric=2)))
    run.wait_route(prefix(0), med=1)
    run.wait_transition("second", "up")
    first.go_away()
    run.wait_route(prefix(0), med=2)
    down = run.wait_transition("first", "down")
    assert down.routes == f"withdrew {prefix(0)}, of which others keep 1 announced", run.story()
    second.go_away()
    run.wait_no_route(prefix(0))
    assert run.wait_transition("second", "down").routes == f"withdrew {prefix(0)}", run.story()
    assert [up for _, up in run.rib.changes_of(prefix(0))] == [True, False], "the route left too early"
    second.come_back()
    run.wait_route(prefix(0), med=2)
    first.come_back()
    run.wait_route(prefix(0), med=1)


def test_several_prefixes(start, keep):
    server = keep(TcpServer())
    prefixes = [prefix(1), prefix(2), "198.19.0.0/24"]
    run = start(config(check("web", tcp(server), prefixes=prefixes)))
    run.wait_for(lambda: run.rib.prefixes() == set(prefixes), what="all prefixes")
    server.go_away()
    run.wait_for(lambda: not run.rib.prefixes(), what="no prefix")


def test_checks_are_independent(start, keep, directory):
    """A check that fails does not touch the others."""
    steady = keep(TcpServer())
    shaky = keep(ScriptedDns("PF" * 20, None, directory))
    run = start(config(check("steady", tcp(steady), prefixes=[prefix(1)]),
                       check("shaky", shaky.args, prefixes=[prefix(2)], interval=0.1)))
    run.wait_for(lambda: len(run.rib.changes_of(prefix(2))) >= 10, 20, "10 changes")
    assert [up for _, up in run.rib.changes_of(prefix(1))] == [True]


def test_log_tells_transitions(start, keep):
    """One line a transition: old and new state, reason, duration and what it did."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), rise=2, fall=2)))
    run.wait_route(prefix(0))
    up = run.wait_transition("web", "up")
    assert up.old == "rising (1/2)" and (up.code, up.reason) == ("pass", "ok")
    assert f"port {server.port}" in up.text and up.milliseconds < 1000
    assert "announced" in up.routes and prefix(0) in up.routes
    server.go_away()
    down = run.wait_transition("web", "down")
    assert down.old == "falling (1/2)" and (down.code, down.reason) == ("fail", "refused")
    assert "withdrew" in down.routes or "withdrawn" in down.routes
    assert prefix(0) in down.routes
