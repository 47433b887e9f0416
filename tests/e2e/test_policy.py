"""
Several checks behind a route, states other than up and gone, holds and the guard: under a stand-in for ExaBGP, with
files as services. What a predecessor left and what random traces lead to is tested elsewhere.
"""
import itertools
import os
import signal
import time

import pytest

from harness.config import check, config, prefix
from harness.manager import Manager
from harness.reload import reload, settle
from harness.scripted import ScriptedHttp
from harness.wait import wait_until

pytestmark = pytest.mark.one_level


class Service:
    """Up while its file is there."""

    def __init__(self, path):
        self.path = path

    def set(self, up):
        """Returns a time that is not after the change."""
        begin = time.monotonic()
        if up:
            self.path.touch()
        else:
            self.path.unlink()
        return begin


@pytest.fixture
def services(directory):
    """services("ab", "b"): two of them, the second of which is up."""

    def make(names, up=""):
        made = [Service(directory / name) for name in names]
        for name, service in zip(names, made):
            if name in up:
                service.set(True)
        return made

    return make


def watching(name, service, **options):
    """A check of the service; prefixes=None: without any."""
    made = check(name, {"method": "file", "path": str(service.path)}, **options)
    return {key: value for key, value in made.items() if value is not None}


def document(checks, groups=(), **settings):
    return {**config(*checks, **settings), **({"groups": list(groups)} if groups else {})}


def told(run, since=0):
    """MEDs of the announces and None for each withdraw, of everything that was said."""
    return [command.attributes.get("med") if command.announce else None for _, command in run.rib.commands[since:]]


def upgrade(run):
    before = len(run.logged("upgraded from "))
    os.kill(run.pid, signal.SIGUSR2)
    run.wait_for(lambda: len(run.logged("upgraded from ")) > before, 20, "upgrade")


# Groups and shared prefixes

RULES = {  # what each group requires, and whether it is there with these members
    "all": ("all", lambda up: len(up) == 3),
    "any": ("any", lambda up: len(up) > 0),
    "two": ({"at_least": 2}, lambda up: len(up) >= 2),
    "weight": ({"weight": 70}, lambda up: sum({"a": 50, "b": 30, "c": 20}[name] for name in up) >= 70),
}


def test_groups(start, services, directory):
    """Every combination of members; a member with a prefix of its own announces it as ever; disabled is failing."""
    members, off = dict(zip("abc", services("abc", "abc"))), directory / "off"
    number_of = {rule: number for number, rule in enumerate(RULES)}
    weights = [{"check": name, "weight": weight} for name, weight in (("a", 50), ("b", 30), ("c", 20))]
    run = start(document(
        [watching("a", members["a"], prefixes=None), watching("b", members["b"], prefixes=None, disable=str(off)),
         watching("c", members["c"], prefixes=[prefix(9)])],
        [{"name": rule, "members": weights if rule == "weight" else ["a", "b", "c"], "require": require,
          "prefixes": [prefix(number_of[rule])]} for rule, (require, _) in RULES.items()]))

    def expected(up):
        return {prefix(number_of[rule]) for rule, (_, there) in RULES.items() if there(up)} | (
            {prefix(9)} if "c" in up else set())

    history = []
    for up in ("abc", "ab", "a", "ac", "c", "", "b", "bc", "abc"):  # one change at a time
        for name in set(up) ^ set(history[-1] if history else "abc"):
            members[name].set(name in up)
        run.wait_for(lambda: run.rib.prefixes() == expected(up), what=f"routes with {up!r}")
        history.append(up)
    for present, up in ((True, "ac"), (False, "abc")):
        off.touch() if present else off.unlink()
        run.wait_for(lambda: run.rib.prefixes() == expected(up), what=f"routes with b disabled: {present}")
        history.append(up)
    for route in expected("abc"):
        there = [True] + [now for was, now in itertools.pairwise(route in expected(up) for up in history) if was != now]
        assert [up for _, up in run.rib.changes_of(route)] == there, run.story()
    assert run.logged("all: up -> down") and run.logged("all: down -> up"), run.story()


def test_shared_prefix(start, services):
    """The first in the file that is up gives the attributes, a group after every check; another one is one announce."""
    found = services("abc")
    run = start(document(
        [watching("a", found[0], metric=1), watching("b", found[1], metric=2), watching("c", found[2], prefixes=None)],
        [{"name": "g", "members": ["c"], "prefixes": [prefix(0)], "metric": 3}]))
    for name in "abc":
        run.wait_transition(name, "down")
    expected = []
    for index, up, med in ((2, True, 3), (1, True, 2), (0, True, 1), (0, False, 2), (1, False, 3), (2, False, None)):
        found[index].set(up)
        expected.append(med)
        run.wait_for(lambda: told(run)[-1:] == [med], what=f"MED {med}")
    found[1].set(True)
    run.wait_route(prefix(0), med=2)
    found[0].set(True)
    run.wait_route(prefix(0), med=1)
    found[1].set(False)  # who does not give the attributes may come and go
    run.wait_transition("b", "down", after=run.rib.commands[-1][0])
    settle(run)
    assert told(run) == [*expected, 2, 1], run.story()


def test_metric_increase(start, services):
    """Each further prefix has a worse MED, in every state."""
    service, = services("a", "a")
    run = start(document([watching("a", service, prefixes=[prefix(n) for n in range(3)], metric=100, metric_down=1000,
                                   metric_increase=10)]))
    for up, metric in ((True, 100), (False, 1000)):
        service.set(up)
        for number in range(3):
            run.wait_route(prefix(number), med=metric + 10 * number)


# Time

LONG = 3.0  # more than a busy machine needs for what a test does meanwhile


def test_holds(start, services, keep, directory):
    """What lasts counts when its time has come, and is shown until then; what does not last is forgotten."""
    manager = keep(Manager(directory / "notify"))
    brief, up, down = services(["brief", "up", "down"], ["down"])
    run = start(document([watching("brief", brief, min_up=LONG, prefixes=[prefix(0)]),
                          watching("up", up, min_up=LONG, prefixes=[prefix(1)]),
                          watching("down", down, min_down=LONG, prefixes=[prefix(2)])]),
                environment=manager.environment())
    run.wait_route(prefix(2))
    brief.set(True)
    run.wait_route(prefix(0))
    brief.set(False)
    held = run.wait_log("; held up for").when
    brief.set(True)
    run.wait_transition("brief", "up", after=held)
    since_up = up.set(True)
    run.wait_route(prefix(1))
    since_down = down.set(False)
    run.wait_no_route(prefix(2))
    up.set(False)
    down.set(True)
    run.wait_log("; held down for")
    wait_until(lambda: any("; 2 held, 0 kept by the guard" in text for text in manager.values("STATUS")), 10,
               f"holds in {manager.values('STATUS')}")
    run.wait_route(prefix(2))
    run.wait_no_route(prefix(1))
    manager.wait("STATUS", "2 of 3 up")
    changes = {number: run.rib.changes_of(prefix(number)) for number in range(3)}
    assert [[up for _, up in changes[number]] for number in range(3)] == [[True], [True, False], [True, False, True]]
    assert changes[1][-1][0] - since_up >= LONG and changes[2][-1][0] - since_down >= LONG, run.story()
    assert run.logged("up: up -> down: min_up is over; withdrew"), run.story()
    assert run.logged("down: down -> up: min_down is over; announced"), run.story()


def test_drain(start, services, directory):
    """Disabled: worse for drain_time, then gone; enabled meanwhile: as before, and never gone."""
    service, = services("a", "a")
    off = directory / "off"
    run = start(document([watching("a", service, disable=str(off), metric=10, drain_time=LONG,
                                   drain={"metric": 999, "communities": "graceful-shutdown"})]))
    run.wait_route(prefix(0), med=10)
    off.touch()
    run.wait_route(prefix(0), med=999, community=["65535:0"])
    off.unlink()
    run.wait_for(lambda: told(run) == [10, 999, 10], what="as before")
    begin = time.monotonic()
    off.touch()
    run.wait_no_route(prefix(0))
    assert told(run) == [10, 999, 10, 999, None]
    assert run.rib.changes_of(prefix(0))[-1][0] - begin >= LONG
    service.set(False)
    off.unlink()
    run.wait_transition("a", "down")
    off.touch()  # nothing to drain
    run.wait_transition("a", "disabled", after=run.wait_transition("a", "down").when)
    settle(run)
    assert len(told(run)) == 5, run.story()


# The guard


def test_guard(start, services, keep, directory):
    """Half of six routes and no more in a window, loudly; what is disabled goes all the same."""
    manager = keep(Manager(directory / "notify"))
    found, off = services("abcdef", "abcdef"), directory / "off"
    checks = [watching(service.path.name, service, prefixes=[prefix(number)], disable=str(off) + service.path.name)
              for number, service in enumerate(found)]
    run = start(document(checks, guard={"max_withdraw": "50%", "window": 2 * LONG}), environment=manager.environment())
    run.wait_for(lambda: len(run.rib.routes) == 6, what="all routes")
    begin = found[0].set(False)
    for service in found[1:4]:
        service.set(False)
    guarded = run.wait_log("the guard keeps announced")
    assert " error " in run.wait_log("the guard: failing checks would withdraw too much").text
    for name in "abcd":
        run.wait_transition(name, "down")
    run.wait_for(lambda: len(run.rib.routes) == 3, what="half of the routes")
    manager.wait("STATUS", "2 of 6 up; 0 held, 1 kept by the guard")
    (directory / "offf").touch()
    run.wait_no_route(prefix(5))
    assert len(run.rib.routes) == 2
    run.wait_for(lambda: run.rib.prefixes() == {prefix(4)}, what="the withdraw that was refused")
    last = max(when for when, up, _ in run.rib.changes)
    assert last - begin >= 2 * LONG and guarded.when < last, run.story()
    run.wait_log("the guard permits it now; withdrew")
    run.wait_log("the guard: nothing is kept announced any more")


def test_guard_between_results(start, services):
    """What is refused for what was lost goes at the end of the window, though no check has a result then."""
    first, second, late = services(["first", "second", "late"], ["first", "second"])
    sizes = ((first, [1, 2, 3]), (second, [4, 5]), (late, [6, 7, 8, 9]))
    checks = [watching(service.path.name, service, prefixes=list(map(prefix, numbers)), interval=60, splay=False)
              for service, numbers in sizes]
    run = start(document(checks, guard={"max_withdraw": "39%", "window": LONG}))
    run.wait_for(lambda: len(run.rib.routes) == 5, what="two checks")
    for service in (first, second):
        service.set(False)
        run.wait_transition(service.path.name, "down")
    late.set(True)
    run.wait_no_route(prefix(4))
    went = [run.rib.changes_of(prefix(number))[-1][0] for number in (1, 4)]
    assert not run.announced(prefix(1)) and went[1] - went[0] > LONG / 2, run.story()


def test_keep_last(start, services):
    """A group's last route stays whatever fails, and goes when another comes back."""
    first, second = services("ab", "ab")
    run = start(document([watching("a", first, prefixes=[prefix(1)]), watching("b", second, prefixes=[prefix(2)])],
                         [{"name": "g", "members": ["a", "b"], "require": "any", "guard": {"keep_last": True}}]))
    run.wait_for(lambda: len(run.rib.routes) == 2, what="both routes")
    first.set(False)
    run.wait_no_route(prefix(1))
    second.set(False)
    run.wait_log("the guard keeps announced")
    run.wait_transition("g", "down")
    settle(run)
    assert run.rib.prefixes() == {prefix(2)}, run.story()
    first.set(True)
    run.wait_for(lambda: run.rib.prefixes() == {prefix(1)}, what="the one that works")
    assert [up for _, up in run.rib.changes_of(prefix(2))] == [True, False]


def test_keep_last_is_for_failures(start, services, directory):
    """Whoever disables the members means the group: also when failures came first."""
    found, off = services("ab", "ab"), [directory / "offa", directory / "offb"]
    run = start(document([watching(service.path.name, service, prefixes=None, disable=str(switch))
                          for service, switch in zip(found, off)],
                         [{"name": "g", "members": ["a", "b"], "require": "any", "prefixes": [prefix(0)],
                           "guard": {"keep_last": True}}]))
    run.wait_route(prefix(0))
    for switch in off:
        switch.touch()
    run.wait_no_route(prefix(0))
    assert not run.logged("the guard keeps"), run.story()
    for switch in off:
        switch.unlink()
    run.wait_route(prefix(0))
    for service in found:
        service.set(False)
    run.wait_log("the guard keeps announced")
    off[0].touch()
    run.wait_transition("a", "disabled", after=run.wait_log("the guard keeps announced").when)
    settle(run)
    assert run.announced(prefix(0)), run.story()  # the other one's failure is no will
    off[1].touch()
    run.wait_no_route(prefix(0))


# Reloads and upgrades


def test_reload_and_upgrade(start, services, keep, directory):
    """What counts, waits, drains or is guarded goes on in the middle of it."""
    fall, time_limit = 12, 2 * LONG
    counted = keep(ScriptedHttp("PP" + "F" * 100, None, directory))
    held, drained, kept = services(["held", "drained", "kept"], ["drained", "kept"])
    off = directory / "off"

    def checks(**more):
        return document(
            [check("counted", {"timeout": 2, **counted.args}, prefixes=[prefix(1)], fall=fall, interval=0.5, **more),
             watching("held", held, prefixes=[prefix(2)], min_up=time_limit, **more),
             watching("drained", drained, prefixes=[prefix(3)], drain_time=time_limit, drain={"metric": 999},
                      disable=str(off), **more),
             watching("kept", kept, prefixes=[prefix(4)], **more)],
            [{"name": "g", "members": ["kept"], "guard": {"keep_last": True}}])

    run = start(checks())
    since_up = held.set(True)
    for number in (1, 2, 3, 4):
        run.wait_route(prefix(number))
    held.set(False)
    kept.set(False)
    run.wait_log("; held up for")
    run.wait_log("the guard keeps announced")
    since_off = time.monotonic()
    off.touch()
    run.wait_route(prefix(3), med=999)
    run.wait_for(lambda: len(counted.script.seen) >= 4, what="two failures")
    reload(run, checks(local_preference=7))
    for number in (2, 3, 4):
        run.wait_route(prefix(number), local_preference=7)
    upgrade(run)
    run.wait_no_route(prefix(1), 20)
    failures = counted.script.count_until(run.rib.changes_of(prefix(1))[-1][0]) - 2
    assert fall <= failures < fall + 2, run.story()
    run.wait_no_route(prefix(2))
    run.wait_no_route(prefix(3))
    assert run.rib.changes_of(prefix(2))[-1][0] - since_up >= time_limit, run.story()
    assert run.rib.changes_of(prefix(3))[-1][0] - since_off >= time_limit, run.story()
    assert run.rib.prefixes() == {prefix(4)}, run.story()
    run.wait_transition("g", "up", after=kept.set(True))
    run.wait_transition("g", "down", after=kept.set(False))
    assert [up for _, up in run.rib.changes_of(prefix(4))] == [True]
