"""The control socket: every command and every error, on the wire. exacheck-ctl has tests of its own."""
import time

import pytest

from harness.config import check, config, prefix
from harness.control import Control, ask, node
from harness.reload import replace, write
from harness.hostile import TcpServer
from harness.wait import wait_until
from test_faults import tcp

pytestmark = pytest.mark.one_level

PASS = {"method": "shell", "command": "true"}


def some(count=3, **settings):
    return config(*(check(f"web {n}", PASS, prefixes=[prefix(n)]) for n in range(count)), **settings)


def test_version_and_status(start):
    run = start(some())
    for number in range(3):
        run.wait_route(prefix(number))
    with Control(run) as control:
        [line] = control.ask("version")
        assert line["type"] == "exacheck" and line["pid"] == run.pid and line["protocol"] == 1
        first, *nodes = control.ask("status", detail="full")  # another request on the same connection
        assert first["type"] == "exacheck" and first["pid"] == run.pid
        assert [(n["type"], n["name"], n["state"]) for n in nodes] == [("check", f"web {i}", "up") for i in range(3)]
        assert [n["name"] for n in control.ask("status", names=["web [12]"])[1:]] == ["web 1", "web 2"]
    assert [n["name"] for n in ask(run, "status", names=["web 2", "web 2", "*0"])[1:]] == ["web 0", "web 2"]


def test_names_among_many(start):
    """More nodes than are looked at at once: each name is compared with all of them."""
    groups = [{"name": f"g{n}", "members": ["web 0"], "prefixes": [prefix(n)]} for n in range(1, 600)]
    run = start({**some(1), "groups": groups})
    run.wait_route(prefix(599))
    with Control(run) as control:
        for names in (["g599"], ["g255", "g256", "g257"], ["g511", "g512", "web 0"], ["g59?"]):
            found = [line["name"] for line in control.ask("status", names=names)[1:]]
            assert found == sorted(found, key=lambda name: int(name[1:]) if name[0] == "g" else 0)
            assert set(found) == (set(names) if names != ["g59?"] else {f"g59{n}" for n in range(10)})
        assert len(control.ask("status")) == len(control.ask("status", names=["*"])) == 601
        assert control.refusal("status", names=["g*", "g600"]).code == "name"


def test_names_that_look_like_globs(start):
    """A name is that name first: what is to be disabled is that one check, and one with a backslash can be named at all."""
    names = ["web", "w*", "web[1]", "web1", "back\\slash?"]
    run = start(config(*(check(name, PASS, prefixes=[prefix(n)]) for n, name in enumerate(names))))
    with Control(run) as control:
        for name in names:
            assert [n["name"] for n in control.ask("status", names=[name])[1:]] == [name]
        assert [n["name"] for n in control.ask("status", names=["w?b*"])[1:]] == ["web", "web[1]", "web1"]


def test_routes(start):
    run = start(some())
    for number in range(3):
        run.wait_route(prefix(number))
    with Control(run) as control:
        everything = control.ask("routes")
        assert [line["prefix"] for line in everything] == [prefix(n) for n in range(3)]
        assert {line["state"] for line in everything} == {"announced"}
        for names in ([prefix(1)], [prefix(1).removesuffix("/32")], ["web 1"], ["web 1", prefix(1)]):
            [line] = control.ask("routes", names=names)
            assert line["prefix"] == prefix(1) and line["by"] == "web 1" and line["owners"], line
        refused = control.refusal("routes", names=["198.18.9.9"])
        assert refused.code == "name" and "no check, group or route matches" in str(refused)


def test_history_and_events(start, directory):
    switch = directory / "switch"
    switch.touch()
    run = start(config(check("web", {"method": "file", "path": str(switch)})))
    run.wait_route(prefix(0))
    with Control(run) as follower, Control(run) as control:
        [history] = control.ask("history", names=["web"])
        assert history["name"] == "web" and history["changes"][-1]["state"] == "up"
        seen = control.ask("events")
        assert next(x for x in seen if x.get("after") == "up")["level"] == "success", "as in the log"
        numbers = [line["number"] for line in seen]
        assert numbers == list(range(1, len(seen) + 1))
        assert [line["after"] for line in seen if line["name"] == "web"][-1] == "up"
        assert control.ask("events", since=numbers[-1] - 1)[0] == seen[-1]
        assert control.ask("events", since=10 ** 9)[:len(seen)] == seen  # of another life: all there is
        follower.send("events", since=numbers[-1], follow=True)
        switch.unlink()
        while (line := follower.line())["name"] != "web" or line["after"] != "down":
            assert line["type"] == "event", line
        assert line["number"] > numbers[-1]
    run.wait_no_route(prefix(0))


def test_log_level(start):
    run = start(some(1), arguments=())
    with Control(run) as control:
        assert control.ask("version")[0]["log_level"] == "success"
        [line] = control.ask("log", level="trace")
        assert (line["level"], line["before"]) == ("trace", "success")
        assert control.ask("version")[0]["log_level"] == "trace"
        run.wait_log(" debug web 0: ")
        assert control.refusal("log").code == "request"
        assert control.refusal("log", level="loud").code == "request"


def test_events_that_are_gone(start):
    """More than are kept: who wants those after a number is told how many there were; who wants all gets what there is."""
    run = start(some(1), arguments=())
    run.wait_route(prefix(0))
    with Control(run) as control:
        for number in range(1200):
            control.ask("log", level="info" if number % 2 else "success")
        first, *rest = control.ask("events", since=5)
        assert first["type"] == "lost" and rest[0]["number"] == 5 + first["count"] + 1, (first, rest[0])
        assert len(rest) == 1024 and control.ask("events") == rest
        assert all(after["number"] == before["number"] + 1 for before, after in zip(rest, rest[1:]))


def outcome(lines):
    assert all(line["type"] == "report" for line in lines[:-1]) and lines[-1]["type"] == "reload", lines
    return lines[-1]["result"], [line["line"] for line in lines[:-1]]


def test_reload(start):
    run = start(some())
    for number in range(3):
        run.wait_route(prefix(number))
    with Control(run) as control:
        assert outcome(control.ask("reload"))[0] == "same"
        replace(run, some(2))
        result, report = outcome(control.ask("reload", dry_run=True))
        assert result == "valid" and "web 2: removed" in report and f"withdraw route {prefix(2)}" in report, report
        assert not run.logged("web 2: removed") and len(control.ask("status")) == 4
        result, report = outcome(control.ask("reload"))
        assert result == "done" and "web 2: removed" in report, report
        assert len(control.ask("status")) == 3
        run.wait_no_route(prefix(2))
        write(run, "checks: [{name: bad}]")
        for dry in (True, False):
            result, report = outcome(control.ask("reload", dry_run=dry))
            assert result == "refused" and any(": checks[1] (bad).args: is required" in line for line in report), report
        assert len(control.ask("status")) == 3
        assert control.ask("version")[0]["reloads"] == {"refused": 1, "same": 1, "done": 1}


def test_check_now(start, directory):
    """Beside the grid, which stays where it was; each check told of once."""
    mark = directory / "switch"
    mark.touch()
    file = {"method": "file", "path": str(mark)}
    run = start({**config(check("slow", file, interval=600), check("other", file, prefixes=[prefix(1)], interval=600),
                          check("busy", {"method": "shell", "command": "sleep 60", "timeout": 60},
                                prefixes=[prefix(2)])),
                 "groups": [{"name": "both", "members": ["slow", "other"], "prefixes": [prefix(3)]}]})
    run.wait_route(prefix(3))
    with Control(run) as control:
        before = node(run, "slow")
        mark.unlink()
        [told] = control.ask("check", names=["slow"])
        assert told["type"] == "check" and told["state"] == "down" and told["failures"] > before["failures"], told
        assert told["worker"]["next"] == before["worker"]["next"]
        assert told["worker"]["pid"] == before["worker"]["pid"] and told["worker"]["restarts"] == 0
        run.wait_no_route(prefix(0))
        mark.touch()
        wait_until(lambda: "being executed" in control.ask("check", names=["busy"])[0]["message"], what="its execution")
        told = {line["name"]: line for line in control.ask("check", names=["*"])}
        assert set(told) == {"slow", "other", "busy", "both"}, told
        assert told["other"]["type"] == "check" and told["other"]["successes"] >= 2, told["other"]
        assert "being executed" in told["busy"]["message"] and "group" in told["both"]["message"], told
        if told["slow"]["type"] == "skipped":
            assert "within the last second" in told["slow"]["message"]
            wait_until(lambda: control.ask("check", names=["slow"])[0]["type"] == "check", what="the pause to be over")
        run.wait_route(prefix(0))
        assert control.refusal("check").code == "request"  # names must be said
    assert node(run, "slow")["worker"]["next"] == before["worker"]["next"]
    assert not run.logged("worker lost"), run.story()


def test_check_now_of_one_that_hangs(start, directory):
    """It has its lease as any other execution."""
    mark = directory / "mark"
    mark.touch()
    run = start(config(check("web", {"method": "shell", "command": f"test -e {mark} || kill -STOP $PPID",
                                     "timeout": 0.5}, interval=600)))
    run.wait_route(prefix(0))
    mark.unlink()
    [told] = ask(run, "check", names=["web"])
    mark.touch()
    assert told["type"] == "check" and told["state"] == "down" and told["last"]["reason"] in ("lease", "timeout"), told
    run.wait_no_route(prefix(0))
    run.expected_deaths |= {"SIGKILL"}


def test_check_now_after_one_that_was_slow(start, directory):
    """An execution took longer than an interval: that is no reason to refuse all that are asked for later."""
    mark = directory / "mark"
    run = start(config(check("web", {"method": "shell", "command": f"test ! -e {mark} || sleep 1", "timeout": 10},
                             interval=0.5)))
    run.wait_route(prefix(0))
    with Control(run) as control:
        mark.touch()
        wait_until(lambda: (node(run, "web")["last"] or {}).get("duration_ms", 0) > 900, what="a slow execution")
        mark.unlink()
        wait_until(lambda: control.ask("check", names=["web"])[0]["type"] == "check", what="an execution on request")
    assert not run.logged("worker lost"), run.story()


def test_check_now_again_and_again(start, keep):
    """Of one that is often executed anyway: whatever moment it comes at, no result is out of turn."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), interval=0.15), check("fast", tcp(server), prefixes=[prefix(1)],
                                                                      interval=5, fast_interval=0.1, rise=20)))
    run.wait_route(prefix(0))
    end = time.monotonic() + 4
    told = {"check": 0, "skipped": 0}
    with Control(run) as control:
        while time.monotonic() < end:
            for line in control.ask("check", names=["*"]):
                told[line["type"]] += 1
    assert told["check"] >= 3, told
    assert not run.logged("worker lost"), run.story()
