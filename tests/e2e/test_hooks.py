"""Hooks: what they are told and in what order, and that nothing waits for them but each other."""
import os
import signal

import pytest

from harness import paths, processes
from harness.config import LEVEL, check, config, prefix
from harness.exacheck import EXIT_LIMIT
from harness.reload import reload
from harness.wait import wait_until


class Switch:
    """A file whose being there is what a check looks at."""

    def __init__(self, path):
        self.path = path
        self.args = {"method": "file", "path": str(path), "timeout": 5}

    def on(self):
        self.path.touch()

    def off(self):
        self.path.unlink()


class Diary:
    """A file that hooks, which are somebody else, append lines to; and one that those which block wait for."""

    def __init__(self, directory):
        self.path = directory / "diary"
        self.path.touch()
        self.path.chmod(0o666)
        self.gate = directory / "gate"

    def line(self, text):
        """The command that appends a line: one write."""
        return f'echo "{text}" >> {self.path}; '

    def blocks(self):
        """The command that waits until the gate is open."""
        return f"while ! test -e {self.gate}; do sleep 0.05; done; "

    def open(self):
        self.gate.touch()

    def lines(self):
        return self.path.read_text().splitlines()

    def wait(self, count, timeout=30):
        """So many lines, and no more."""
        wait_until(lambda: len(self.lines()) >= count, timeout, f"{count} lines of {self.path.read_text()!r}")
        return self.lines()


@pytest.fixture
def switch(directory):
    found = Switch(directory / "switch")
    found.on()
    return found


@pytest.fixture
def diary(directory):
    return Diary(directory)


def hooked(name, switch, hooks, number=0, **options):
    return check(name, switch.args, prefixes=[prefix(number)], hooks=hooks, **options)


def sleepers(mark):
    return [pid for pid in processes.all_pids() if processes.alive(pid) and mark in processes.cmdline(pid)]


def test_each_verdict_and_what_its_hooks_are_told(start, directory, switch, diary):
    told = "$STATE $CHECK: $PREFIXES: $REASON"
    hooks = {key: f"sleep 0.1; {diary.line(f'{key} {told}')}" for key in ("up", "down", "disabled")}
    hooks["change"] = diary.line(f"change {told}") + "echo 'announce route 10.0.0.0/8 next-hop 192.0.2.66'"
    disable = directory / "disable"
    run = start(config(check("web", switch.args, prefixes=[prefix(0), prefix(1)], hooks=hooks, disable=str(disable))))
    diary.wait(2)
    switch.off()
    diary.wait(4)
    disable.touch()
    diary.wait(6)
    expected = [(key, state) for state in ("UP", "DOWN", "DISABLED") for key in (state.lower(), "change")]
    for line, (key, state) in zip(diary.lines(), expected, strict=True):
        start_of_line, _, reason = line.rpartition(f"web: {prefix(0)} {prefix(1)}: ")
        assert start_of_line == f"{key} {state} " and reason, line
    assert b"10.0.0.0" not in bytes(run.stdout.raw)
    assert not run.logged("failed"), run.story()


def test_every_change_of_state(start, directory, switch, diary):
    """States that are no verdict have a hook, too; the others' come first, and a group has none but its verdict."""
    disable, place = directory / "disable", directory / "group"
    place.mkdir()
    of_group = Diary(place)
    hooks = {"up": diary.line("up"), "change": diary.line("change $STATE"), "transition": diary.line("$CHECK $STATE")}
    start({**config(check("web", switch.args, hooks=hooks, rise=2, fall=2, disable=str(disable))), "groups": [
        {"name": "all", "members": ["web"], "hooks": {"transition": of_group.line("$STATE")}}]})
    expected = ["web RISING", "up", "change UP", "web UP"]
    assert diary.wait(4) == expected
    switch.off()
    expected += ["web FALLING", "change DOWN", "web DOWN"]
    assert diary.wait(7) == expected
    disable.touch()
    expected += ["change DISABLED", "web DISABLED"]
    assert diary.wait(9) == expected
    disable.unlink()
    expected += ["web INIT", "web FALLING", "change DOWN", "web DOWN"]
    assert diary.wait(13) == expected
    assert of_group.wait(2) == ["UP", "DOWN"]


def test_who_runs_them(start, switch, diary):
    """Somebody else, as a command of a shell check: without rights, way back, or exacheck's descriptors."""
    facts = ("$(id -u) $(grep -c '^CapEff:.0000000000000000$' /proc/self/status) "
             "$(grep -c '^NoNewPrivs:.1$' /proc/self/status) $(ls /proc/self/fd | wc -l)")
    evil = f"echo 'announce route 10.0.0.0/8 next-hop 192.0.2.66' > /proc/{os.getpid()}/fd/1; "
    run = start(config(hooked("web", switch, {"up": diary.line(facts), "change": evil + diary.line("end")})))
    uid, capabilities, no_new_privileges, descriptors = diary.wait(2)[0].split()
    assert int(descriptors) <= 4
    if os.geteuid() == 0:
        assert int(uid) != 0 and capabilities == "1"
    if LEVEL != "off":
        assert no_new_privileges == "1"
    assert b"10.0.0.0" not in bytes(run.stdout.raw)


def test_one_that_hangs_delays_its_own_alone(start, switch, diary):
    """Neither a route, nor another check's hooks, nor the end."""
    mark = f"{500 + os.getpid() / 1e7:.7f}"
    run = start(config(
        hooked("hangs", switch, {"up": f"trap '' TERM; sleep {mark}; sleep {mark}", "timeout": 60,
                                 "down": diary.line("too early")}),
        hooked("other", switch, {key: diary.line(key) for key in ("up", "down", "change")}, 1)))
    diary.wait(2)
    wait_until(lambda: sleepers(mark), what="the hook's sleep")
    switch.off()
    run.wait_no_route(prefix(0))
    run.wait_no_route(prefix(1))
    assert diary.wait(4) == ["up", "change", "down", "change"]
    assert sleepers(mark)
    code, elapsed = run.stop()
    assert code == 0 and elapsed < EXIT_LIMIT
    wait_until(lambda: not sleepers(mark), what="the end of the command")


def test_timeout_ends_all_that_it_started(start, switch, diary):
    mark = f"{600 + os.getpid() / 1e7:.7f}"
    run = start(config(hooked("web", switch, {
        "up": f"trap '' TERM; (trap '' TERM; sleep {mark}) & sleep {mark}", "timeout": 0.5,
        "change": diary.line("next")})))
    run.wait_log("web: hook up failed (timeout): ")
    diary.wait(1)
    wait_until(lambda: not sleepers(mark), what="the end of the command's sleeps")


def test_of_a_group(start, directory, switch, diary):
    """A group has hooks as a check has, also one that announces nothing itself."""
    other = Switch(directory / "other")
    other.on()
    told = {"change": diary.line("$STATE $CHECK [$PREFIXES]")}
    start({**config(check("a", switch.args), check("b", other.args, prefixes=[prefix(1)])), "groups": [
        {"name": "any of both", "members": ["a", "b"], "require": "any", "prefixes": [prefix(2)], "hooks": told},
        {"name": "both", "members": ["a", "b"], "hooks": told}]})
    diary.wait(2)
    switch.off()
    diary.wait(3)
    other.off()
    lines = diary.wait(4)
    assert sorted(lines[:2]) == [f"UP any of both [{prefix(2)}]", "UP both []"]
    assert lines[2:] == ["DOWN both []", f"DOWN any of both [{prefix(2)}]"]


def test_failure_is_told(start, switch):
    run = start(config(hooked("web", switch, {"up": "echo 'disk is full' >&2; exit 3", "change": "kill -9 $$"})))
    run.wait_log("web: hook up failed (exit): exit status 3: disk is full")
    run.wait_log("web: hook change failed (signal)")


def test_many_at_once(start, switch, diary):
    """All of 200 checks go down: each has its hook run once; no route waits for them."""
    count = 200
    run = start(config(*(hooked(f"c{n}", switch, {"down": diary.line("$CHECK $STATE $PREFIXES")}, n, interval=1)
                         for n in range(count))))
    for n in range(count):
        run.wait_route(prefix(n), 30)
    switch.off()
    for n in range(count):
        run.wait_no_route(prefix(n), 30)
    assert sorted(diary.wait(count, 60)) == sorted(f"c{n} DOWN {prefix(n)}" for n in range(count))
    assert not run.logged("dropped"), run.story()


def test_reload(start, switch, diary):
    """What waits goes with its check; what runs goes on; what comes later is as the new configuration has it."""
    blocks = {"up": diary.line("begun") + diary.blocks() + diary.line("up"), "timeout": 60,
              "change": diary.line("$CHECK $STATE")}
    goes, stays = hooked("goes", switch, blocks), hooked("stays", switch, blocks, 1)
    run = start(config(goes, stays))
    diary.wait(2)
    reload(run, config({**stays, "hooks": {"down": diary.line("new $CHECK $STATE")}}))
    diary.open()
    assert sorted(diary.wait(5)[2:]) == ["stays UP", "up", "up"]
    switch.off()
    assert diary.wait(6)[5:] == ["new stays DOWN"]


def test_upgrade(start, directory, switch, diary):
    """What runs and what waits goes on in the next program, once and in order."""
    build = paths.copy_build(directory)
    run = start(config(
        hooked("web", switch, {"up": diary.line("begun") + diary.blocks() + diary.line("up $PREFIXES") + "exit 3",
                               "change": diary.line("change $STATE"), "timeout": 60}),
        hooked("late", switch, {"up": f"sleep 0.5; {diary.line('late')}"}, 1)), build=build)
    diary.wait(2)
    run.wait_route(prefix(0))
    before = len(run.logged("upgraded from "))
    os.kill(run.pid, signal.SIGUSR2)
    run.wait_for(lambda: run.logged("upgraded from ")[before:], 20, "upgrade")
    assert sorted(diary.lines()) == ["begun", "late"]
    diary.open()
    assert diary.wait(4)[2:] == [f"up {prefix(0)}", "change UP"]
    run.wait_log("web: hook up failed (exit): exit status 3")
    switch.off()
    assert diary.wait(5)[4:] == ["change DOWN"]
    assert not run.logged("could not be kept"), run.story()
