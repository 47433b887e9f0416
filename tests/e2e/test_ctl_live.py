"""exacheck-ctl and a real exacheck: every command, and what it changes."""
import json
import os
import re
import shutil
import subprocess

import pytest

from harness import paths
from harness.config import check, config, prefix
from harness.ctl import ctl, environment
from harness.reload import write
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

INTERVAL = 0.3


def socket_of(run):
    return run.directory / "runtime" / "control.sock"


def ask(run, *arguments, code=0, **options):
    """What exacheck-ctl writes to standard output; to standard error, too, when it is to fail."""
    done = ctl("-s", socket_of(run), *arguments, **options)
    assert done.returncode == code, f"{done}\n{run.story()}"
    return done.stdout if code == 0 else done.stdout + done.stderr


def files(directory, **settings):
    """A check that is up while a file is there, one that is down, one that can be drained; a group of the first two."""
    present = directory / "present"
    present.touch()
    return present, {**config(
        check("web v4", {"method": "file", "path": str(present)}, prefixes=[prefix(1), prefix(2)], interval=INTERVAL, fall=3,
              description="the web server"),
        check("web v6", {"method": "file", "path": str(directory / "absent")}, prefixes=[prefix(3)], interval=INTERVAL),
        check("drained", {"method": "file", "path": str(directory)}, prefixes=[prefix(4)], interval=INTERVAL,
              drain_time=60, drain={"metric": 1000}),
        **settings), "groups": [{"name": "site", "members": ["web v4", "web v6"], "require": "any", "prefixes": [prefix(1)]}]}


@pytest.fixture
def settled(start, directory):
    """(run, the file that the first check wants), everything as it stays."""
    present, document = files(directory)
    run = start(document)
    for number in (1, 2, 4):
        run.wait_route(prefix(number))
    run.wait_transition("web v6", "down")
    wait_until(lambda: all(route["sent"] == route["acked"] != "unknown" for route in json.loads(ask(run, "routes", "--json"))["routes"])
               and "0 pending" in ask(run, "status"), what="ExaBGP's answers")
    return run, present


def test_what_is(settled):
    run, present = settled
    lines = ask(run, "status").splitlines()
    assert re.match(r"NAME +STATE +SINCE +LAST +NEXT +PREFIXES +ANNOUNCED$", lines[0])
    assert re.match(rf"web v4 +up +\d+\S+ +pass \S+s +(in \d+s|now) +{prefix(1)} {prefix(2)} +yes$", lines[1]), lines
    assert re.match(rf"web v6 +down +\S+ +fail missing \S+s +\S.* {prefix(3)} +no$", lines[2]), lines
    assert re.match(rf"site +up \(has 1, needs 1\) +\S+ +{prefix(1)} +by web v4$", lines[4]), lines
    assert re.match(r"3 checks: 2 up, 1 down; 1 group: 1 up; \d routes announced; ExaBGP .*connected, 0 pending$", lines[5])
    assert len(ask(run, "status", "web*").splitlines()) == 4
    verbose = ask(run, "status", "-v", "web v4")
    assert f"pid {run.worker('web v4')}, 0 restarts, sandbox: " in verbose and "the web server" in verbose
    assert f"{prefix(2)}: next-hop self" in verbose

    status = json.loads(ask(run, "status", "--json"))
    assert status["pid"] == run.pid and status["uptime_s"] > 0 and status["version"]
    assert {"dialect", "acks", "pending", "errors"} <= status["exabgp"].keys()
    web = status["checks"][0]
    assert (web["name"], web["method"], web["state"], web["announced"]) == ("web v4", "file", "up", True)
    assert web["prefixes"] == [prefix(1), prefix(2)] and web["successes"] >= 1 and web["failures"] == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", web["since"])
    assert {"result": "pass", "reason": "ok"}.items() <= web["last"].items() and {"duration_ms", "time"} <= web["last"].keys()
    assert web["worker"]["pid"] == run.worker("web v4") and {"restarts", "sandbox"} <= web["worker"].keys()
    assert [group["name"] for group in status["groups"]] == ["site"]
    assert ask(run, "names").splitlines() == ["web v4", "web v6", "drained", "site"]

    assert json.loads(ask(run, "version", "--json"))["exacheck"]["pid"] == run.pid
    assert re.fullmatch(rf"exacheck-ctl \S+\nexacheck \S+ \(pid {run.pid}\)\n", ask(run, "version"))
    assert ask(run, "nagios", "web v4").startswith("EXACHECK OK - 1 of 1 up | up=1;;")
    assert "web v6 is down | up=3;; down=1;;" in ask(run, "nagios", code=2)
    assert "UNKNOWN - no check or group matches" in ask(run, "nagios", "nosuch", code=3)


def test_routes_and_why(settled):
    run, present = settled
    routes = ask(run, "routes").splitlines()
    assert re.match(r"PREFIX +STATE +DESIRED +SENT +ACKED +BY +OWNERS +ATTRIBUTES$", routes[0])
    assert re.match(rf"{prefix(1)} +announced +announced +announced +announced +web v4 +web v4: announce, site: announce +next-hop self",
                    routes[1]), routes
    [route] = json.loads(ask(run, "routes", "--json", prefix(3)))["routes"]
    assert (route["prefix"], route["state"], route["desired"]) == (prefix(3), "withdrawn", "withdrawn")

    why = ask(run, "why", "web v4")
    for words in ("web v4 is up for ", "1 pass in a row (rise) brought it up", "  last:    ", " exists", "  changed: ",
                  "startup -> up: pass ok", f"{prefix(1)} is announced, also wanted by site [next-hop self]", "  next:    executes "):
        assert words in why, why
    assert re.search(rf"3 failures in a row \(at [\d:]{{8}} at the earliest\) -> down, withdraws {prefix(1)} {prefix(2)}, "
                     "but for what others want announced\n$", why), why
    why = ask(run, "why", "web v6")
    assert "1 failure in a row (fall) brought it down" in why and "fail missing" in why
    assert re.search(rf"1 pass in a row \(at [\d:]{{8}} at the earliest\) -> up, announces {prefix(3)}\n$", why), why
    why = ask(run, "why", prefix(1).removesuffix("/32"))
    assert why.startswith(f"{prefix(1)} is announced, for web v4 [next-hop self]\n  web v4 wants it announced\n")
    assert "\nsite is up (has 1, needs 1) for " in why and "web v4 is up, web v6 is down" in why
    assert f"fewer than 1 of its members up -> down, withdraws {prefix(1)}, but for what others" in why
    both = json.loads(ask(run, "why", "--json", prefix(1)))
    assert [one["name"] for one in both["checks"] + both["groups"]] == ["web v4", "site"]
    assert both["checks"][0]["recent"] and both["routes"][0]["prefix"] == prefix(1)
    for unknown, near in (("web v5", 'did you mean "web v'), ("nosuch*", "matches"), ("203.0.113.9", "203.0.113.9")):
        assert near in ask(run, "why", unknown, code=5)


def test_history_and_events(settled, keep):
    run, present = settled
    assert re.search(r"^web v6\n  [-\d]{10} [:.\d]{12}  down        startup -> down: fail missing .*\n$", ask(run, "history", "web v6"))
    assert "web v4\n" in ask(run, "history") and json.loads(ask(run, "history", "--json"))["history"][0]["name"] == "web v4"
    events = [json.loads(line) for line in ask(run, "events", "--json").splitlines()]
    assert [one["number"] for one in events] == list(range(1, len(events) + 1))
    assert ask(run, "events", "--since", events[-2]["number"]).startswith(f"{events[-1]['number']}  ")

    follower = subprocess.Popen([str(paths.EXACHECK_CTL), "-s", str(socket_of(run)), "events", "--follow", "--since",
                                 str(events[-1]["number"])], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=environment())
    try:
        present.unlink()
        seen = ""
        while "web v4: falling (2/3) -> down" not in seen:
            line = follower.stdout.readline()
            assert line, f"it ended: {follower.stderr.read()}"
            seen += line
        run.stop()
        assert follower.wait(20) == 1 and "closed the connection" in follower.stderr.read()
    finally:
        follower.kill()
        follower.communicate()


def test_overrides(settled):
    run, present = settled
    text = ask(run, "disable", "web v4", "--for", "1h30m", "--reason", "new kernel")
    assert re.fullmatch(r"web v4: disabled by .+ until \d\d:\d\d:\d\d: new kernel\n|.*[A-Z][a-z]{2} \d\d .*\n", text), text
    run.wait_no_route(prefix(2))
    wait_until(lambda: re.search(r"^web v4 +disabled by .+ until ", ask(run, "status"), re.MULTILINE), what="status")
    why = ask(run, "why", "web v4")
    assert re.search(r"why:     it was disabled at [\d:]+ by .*: new kernel", why) and "or with exacheck-ctl enable" in why, why
    assert "reason: new kernel" in ask(run, "status", "-v", "web v4")
    status = json.loads(ask(run, "status", "--json", "web v4"))["checks"][0]
    assert status["override"]["reason"] == "new kernel" and status["state"] == "disabled"
    assert "disabled=1;;" in ask(run, "nagios", "web v4")
    assert ask(run, "enable", "web v4") == "web v4: enabled\n"
    run.wait_route(prefix(2))
    assert ask(run, "enable", "web v4") == "web v4: was not overridden\n"

    assert "drain_time" in ask(run, "drain", "web v4", code=1)
    assert ask(run, "drain", "drained").startswith("drained: drained by ")
    run.wait_route(prefix(4), med=1000)
    wait_until(lambda: "drains until" in ask(run, "why", "drained"), what="drains")
    assert json.loads(ask(run, "enable", "--json", "drained"))["override"] is None
    assert "disabled by" in ask(run, "disable", "site") and "site is" in ask(run, "nagios", "site")


def test_check_now(start, directory):
    present = directory / "present"
    run = start(config(check("web", {"method": "file", "path": str(present)}, interval=600, splay=False)))
    run.wait_transition("web", "down")
    present.touch()
    assert re.fullmatch(r"web: up: pass \S+s: .+\n", ask(run, "check", "web"))
    run.wait_route(prefix(0))
    # not more than once a second is anything executed on request
    done = wait_until(lambda: next((x for x in [ctl("-s", socket_of(run), "check", "--json", "w*")] if x.returncode == 0), None),
                      what="another execution")
    assert json.loads(done.stdout)["state"] == "up"


def test_reload_and_log(start, directory):
    present, document = files(directory)
    run = start(document)
    run.wait_route(prefix(2))
    assert ask(run, "reload").splitlines()[-1] == "nothing has changed"
    document["checks"][0]["metric"] = 7
    write(run, document)
    assert ask(run, "reload", "--dry-run").splitlines()[-1] == "the configuration is valid; nothing was applied"
    assert run.rib.attributes(prefix(2)).get("med") is None
    assert ask(run, "reload").splitlines()[-1] == "the configuration is in force"
    run.wait_route(prefix(2), med=7)
    document["checks"][0]["rise"] = -1
    write(run, document)
    for arguments in ((), ("--dry-run",)):
        text = ask(run, "reload", *arguments, code=1)
        assert re.search(rf"{re.escape(str(run.path))}:\d+:\d+: .*rise", text) and "refused: the former" in text, text
    assert ask(run, "log", "trace") == "the level of the log is trace; it was debug\n"
    assert "level" in ask(run, "log", "loud", code=1)


def test_who_may_not_change_anything(root, start, directory):
    present, document = files(directory, control={"mode": "0666"})
    run = start(document)
    run.wait_route(prefix(2))
    program = directory / "exacheck-ctl"
    shutil.copy2(paths.EXACHECK_CTL, program)
    assert "web v4" in ask(run, "status", user="nobody", program=program)
    for command in (("disable", "web v4"), ("drain", "drained"), ("enable", "site"), ("check", "web v4"), ("reload",),
                    ("upgrade",), ("log", "error")):
        text = ask(run, *command, user="nobody", program=program, code=4)
        assert f"{command[0]} is for root and the user that exacheck runs as" in text
    assert run.announced(prefix(2))
