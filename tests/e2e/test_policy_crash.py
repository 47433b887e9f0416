"""
The supervisor is killed, and another one starts on its runtime directory: what a check has counted, what is held,
drained or guarded, and what its groups have found goes on.
"""
import json
import pathlib
import signal
import time

import pytest

from harness.config import check, config, for_test, prefix
from harness.hostile import TcpServer

pytestmark = pytest.mark.one_level

LONG = 600  # seconds: longer than a test


def tcp(server):
    return {"method": "tcp", "host": "127.0.0.1", "port": server.port, "timeout": 5}


@pytest.fixture
def shared(directory):
    """Settings for runs with one runtime directory."""
    return {"runtime_dir": str(directory / "shared")}


def started_anew(run):
    """What the log says of checks that begin at the beginning."""
    return [t for t in run.transitions if t.old == "startup"]


def noted(shared, key):
    """What the journal has noted under a key."""
    lines = (pathlib.Path(shared["runtime_dir"]) / "journal").read_text().splitlines()
    return json.loads([line for line in lines if line.startswith(f"N {key} ")][-1].split(" ", 2)[2])


def withdrawn(run, route, after=0.0):
    """When a route was withdrawn after a time, once it is."""
    def find():
        return next((line.when for line in run.lines
                     if line.text == f"withdraw route {route}" and line.when > after), None)

    return run.wait_for(find, what=f"withdraw of {route}")


def test_counts_go_on(start, keep, shared):
    """One of three failures before the crash, two after it; and of three passes."""
    falls, rises = keep(TcpServer()), keep(TcpServer())
    rises.go_away()
    document = config(check("falls", tcp(falls), prefixes=[prefix(1)], interval=1.5, fall=3),
                      check("rises", tcp(rises), prefixes=[prefix(2)], interval=1.5, rise=3), **shared)
    run = start(document)
    run.wait_route(prefix(1))
    run.wait_transition("rises", "down")
    falls.go_away()
    rises.come_back()
    run.wait_transition("falls", "falling")
    run.wait_transition("rises", "rising")
    run.kill()
    run = start(document)
    withdrawn(run, prefix(1))
    run.wait_route(prefix(2))
    assert run.logged("falling (2/3) -> down") and run.logged("rising (2/3) -> up")
    assert not run.logged("(1/3)"), run.story()


def test_hold_goes_on(start, keep, shared):
    """Killed while up and held, down afterwards, too: withdrawn when min_up is over, which began in the first life."""
    web = keep(TcpServer())
    document = config(check("web", tcp(web), prefixes=[prefix(1)], min_up=4), **shared)
    run = start(document)
    run.wait_route(prefix(1))
    up = run.rib.changes_of(prefix(1))[-1][0]
    web.go_away()
    run.wait_log("held up for")
    since = noted(shared, "check:web")["since"]
    run.kill()
    run = start(document)
    run.wait_log("held up for")
    assert noted(shared, "check:web")["since"] == since
    assert withdrawn(run, prefix(1)) - up > 3.5, run.story()
    assert run.logged("min_up is over")


def test_drain_goes_on(start, keep, shared, directory):
    """Disabled, draining and killed: it is withdrawn when drain_time is over, which is not begun anew."""
    web, mark = keep(TcpServer()), directory / "maintenance"
    document = config(check("web", tcp(web), prefixes=[prefix(1)], disable=str(mark), drain={"metric": 77},
                            drain_time=4), **shared)
    run = start(document)
    run.wait_route(prefix(1))
    mark.touch()
    run.wait_route(prefix(1), med=77)
    begun, end = time.monotonic(), noted(shared, "check:web")["drained"]
    run.kill()
    run = start(document)
    run.wait_log("draining")
    assert noted(shared, "check:web")["drained"] == end
    assert withdrawn(run, prefix(1)) - begun > 3.5, run.story()
    assert run.logged("drain_time is over")


def test_guard_and_group_go_on(start, keep, shared):
    """Two routes of five were lost before it is killed: a third is refused afterwards, too. The group stays up."""
    servers = [keep(TcpServer()) for _ in range(4)]
    checks = [check(f"web {n}", tcp(server), prefixes=[prefix(n)]) for n, server in enumerate(servers)]
    group = {"name": "both", "members": ["web 2", "web 3"], "prefixes": [prefix(9)]}
    document = {**config(*checks, guard={"max_withdraw": "50%", "window": LONG}, **shared), "groups": [group]}
    run = start(document)
    for number in (*range(4), 9):
        run.wait_route(prefix(number))
    for number in range(2):
        servers[number].go_away()
        run.wait_no_route(prefix(number))
    run.kill()
    run = start(document)
    run.wait_log("both: up: 2 of its members up")
    servers[2].go_away()
    run.wait_log(f"the guard keeps announced {prefix(2)}")
    run.wait_log(f"the guard keeps announced {prefix(9)}")
    assert not started_anew(run), run.story()
    assert not [line for line in run.lines if line.text.startswith("withdraw") and
                line.text.split()[2] in (prefix(2), prefix(3), prefix(9))], run.story()


def test_stopped_begins_anew(start, keep, shared, directory):
    """An end that withdraws leaves nothing to go on with; one that keeps the routes does."""
    web = keep(TcpServer())
    document = config(check("web", tcp(web), prefixes=[prefix(1)], rise=2), **shared)
    run = start(document)
    run.wait_route(prefix(1))
    run.stop()
    assert not (directory / "shared" / "journal").exists()
    keeping = json.loads(json.dumps(document))
    keeping["exacheck"]["on_exit"] = "keep"
    run = start(keeping)
    run.wait_log("web: startup -> rising (1/2)")
    run.wait_route(prefix(1))
    run.stop()
    assert 'N check:web {"verdict":1' in (directory / "shared" / "journal").read_text()
    run = start(document)
    run.wait_log("web: up")
    run.wait_log("announced")
    assert not started_anew(run), run.story()


def test_reload_and_upgrade_go_on(start, keep, shared, directory):
    """What is held and what drains does so until its time, whatever happens to configuration and program meanwhile."""
    web, mark = keep(TcpServer()), directory / "maintenance"
    document = config(check("held", tcp(web), prefixes=[prefix(1)], min_up=4),
                      check("drains", tcp(web), prefixes=[prefix(2)], disable=str(mark), drain_time=4), **shared)
    run = start(document)
    run.wait_route(prefix(1))
    run.wait_route(prefix(2))
    up = run.rib.changes_of(prefix(1))[-1][0]
    mark.touch()
    web.go_away()
    run.wait_log("draining")
    begun = time.monotonic()
    run.wait_log("held up for")
    before = [noted(shared, "check:held")["since"], noted(shared, "check:drains")["drained"]]
    for item in document["checks"]:
        item["metric"] = 5
    run.path.write_text(json.dumps(for_test(document, run.directory)))
    run.process.send_signal(signal.SIGHUP)
    run.wait_route(prefix(1), med=5)
    run.process.send_signal(signal.SIGUSR2)
    run.wait_log("upgraded from")
    assert [noted(shared, "check:held")["since"], noted(shared, "check:drains")["drained"]] == before
    assert withdrawn(run, prefix(1), up) - up > 3.5, run.story()
    assert withdrawn(run, prefix(2), begun) - begun > 3.5, run.story()
    assert run.logged("min_up is over") and run.logged("drain_time is over")
