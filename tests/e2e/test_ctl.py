"""
exacheck-ctl: what people see at 80 and 200 columns and in a pipe (golden files), all commands against a real exacheck,
and every way in which they can fail.
"""
import fnmatch
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess

import pytest

from harness import paths
from harness.config import check, config, prefix
from harness.ctl import Stand, ctl, environment, on_terminal
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

GOLDEN = pathlib.Path(__file__).parent / "golden"
VERSION = re.search(r"^VERSION := (.*)$", (paths.REPOSITORY / "Makefile").read_text(), re.MULTILINE)[1]
NOW = "2026-11-20T14:03:00.000Z"


# What a stand-in says

EXACHECK = {
    "type": "exacheck", "version": "1.2.3", "pid": 4711, "uptime_s": 93784.5, "time": NOW, "held": 1, "guarded": 1,
    "announced": 6, "upgrades": 0,
    "exabgp": {"version": "4.2.21", "dialect": "v4", "acks": True, "connected": True, "pending": 2, "errors": 1}}


def route(prefix, state="announced", by=None, error=None):
    return {"prefix": prefix, "path_id": None, "neighbor": None, "state": state, "by": by, "error": error}


def node(name, state, routes, **other):
    return {"type": "check", "name": name, "description": None, "method": "tcp", "state": state, "progress": state,
            "verdict": state, "found": state, "wish": "withdraw" if state == "down" else state, "held_until": None,
            "drains_until": None, "guarded": False, "override": None, "since": "2026-11-20T13:59:48.000Z",
            "last": {"result": "pass", "reason": "ok", "duration_ms": 0.42, "time": "2026-11-20T14:02:58.000Z", "text": "fine"},
            "worker": {"pid": 1234, "restarts": 0, "sandbox": "landlock seccomp", "next": "2026-11-20T14:03:13.000Z"},
            "prefixes": [one["prefix"] for one in routes], "routes": routes,
            "announced": any(one["state"] == "announced" for one in routes), **other}


def failed(reason, duration_ms=1.5):
    return {"result": "fail", "reason": reason, "duration_ms": duration_ms, "time": "2026-11-20T14:02:58.000Z", "text": "no"}


NODES = [
    node("web v4", "up", [route("192.0.2.1/32", by="web v4"), route("192.0.2.2/32", by="web v4")],
         description="the web server"),
    node("web v6", "down", [route("2001:db8::1/128", "withdrawn")], since="2026-11-18T14:03:00.000Z", last=failed("refused")),
    node("resolver with a name that is too long for a narrow terminal", "falling", [route("192.0.2.53/32")],
         progress="falling (1/3)", verdict="up", last=failed("timeout", 10000)),
    node("ntp", "disabled", [route("192.0.2.123/32", "withdrawn")], since="2026-11-20T12:00:00.000Z", override={
        "kind": "disable", "by": "root", "reason": "maintenance", "set": "2026-11-20T12:00:00.000Z",
        "until": "2026-11-20T14:30:00.000Z"}),
    node("held", "down", [route("192.0.2.4/32")], verdict="up", held_until="2026-11-20T14:05:00.000Z"),
    node("kept", "down", [route("192.0.2.5/32")], guarded=True),
    node("shared", "down", [route("192.0.2.1/32", by="web v4"), route("192.0.2.6/32", "rejected", error="no neighbor")]),
    node("fallback", "down", [route("192.0.2.7/32", by="fallback")], wish="down"),
    node("fresh", "startup", [route("192.0.2.8/32", "unknown")], verdict="undecided", since=None, last=None,
         worker={"pid": 0, "restarts": 0, "sandbox": None, "next": None}),
    node("steers\x1b[2J\x9b\u202ea terminal", "up", [route("192.0.2.9/32", by="steers")]),
    {**node("site", "up", [route("192.0.2.1/32", by="web v4")]), "type": "group", "method": None, "last": None, "worker": None,
     "threshold": 1, "members": [{"name": "web v4", "verdict": "up", "weight": 1}, {"name": "web v6", "verdict": "down", "weight": 1}]},
]
END = {"type": "end"}


RULES = {"down": "withdraw", "disabled": "withdraw", "min_up_s": 0.0, "min_down_s": 0.0, "drain_time_s": 0.0, "disable_file": None}


def explained(name, state, *, rules=None, **other):
    """With what `why` wants to know: three passes and three failures, an execution each 15 s, each 5 s while it changes."""
    return node(name, state, [route("192.0.2.1/32", "announced" if state == "up" else "withdrawn")], **{
        "rise": 3, "fall": 3, "count": 0, "interval_s": 15.0, "fast_interval_s": 5.0, "rules": {**RULES, **(rules or {})},
        "recent": [{"result": "pass", "reason": "ok", "duration_ms": 1.0, "time": f"2026-11-20T14:02:{28 + n}.000Z"}
                   for n in range(7)], "disable_file_exists": False, **other})


OVERRIDE = {"kind": "disable", "by": "root", "reason": "maintenance", "set": "2026-11-20T12:00:00.000Z", "until": None}
EXPLAINED = [
    explained("is up", "up", rules={"min_up_s": 60.0}),
    explained("rises", "rising", count=1, verdict="down", rules={"min_down_s": 90.0}),
    explained("falls", "falling", count=2, verdict="up", rules={"down": "announce"}),
    explained("is fresh", "startup", verdict="undecided", since=None, last=None, recent=[]),
    explained("is held", "down", verdict="up", held_until="2026-11-20T14:05:00.000Z"),
    explained("is kept", "down", guarded=True),
    explained("is overridden", "disabled", override=OVERRIDE),
    explained("drains", "disabled", override={**OVERRIDE, "kind": "drain", "until": "2026-11-20T14:30:00.000Z"}, wish="drain",
              drains_until="2026-11-20T14:03:30.000Z", disable_file_exists=True, rules={"disable_file": "/run/off"}),
    explained("has a file", "disabled", disable_file_exists=True, rules={"disable_file": "/run/off", "disabled": "announce"},
              worker={"pid": 1, "restarts": 0, "sandbox": "", "next": None}),
    {**explained("is a group", "down", method=None, last=None, recent=[], worker=None, threshold=3, members=[
        {"name": "is up", "verdict": "up", "weight": 2}, {"name": "rises", "verdict": "down", "weight": 1}]), "type": "group"},
]
ROUTE = {"type": "route", "prefix": "192.0.2.1/32", "path_id": None, "neighbor": None, "state": "announced", "desired": "announced",
         "attributes": "next-hop self", "held": False, "sent": "announced", "sent_attributes": "next-hop self",
         "acked": "announced", "kept": "announced", "error": None, "by": "is up"}
ROUTES = [
    {**ROUTE, "owners": [{"name": "is up", "wish": "announce"}, {"name": "rises", "wish": "announce"}]},
    {**ROUTE, "prefix": "192.0.2.2/32", "path_id": 7, "owners": [{"name": "rises", "wish": "withdraw"}]},
    {**ROUTE, "prefix": "192.0.2.3/32", "neighbor": "192.0.2.254", "state": "rejected", "error": "no neighbor matches",
     "owners": [{"name": "falls", "wish": "announce"}]},
    {**ROUTE, "prefix": "192.0.2.4/32", "held": True, "by": None, "owners": [{"name": "is fresh", "wish": "undecided"}]},
    {**ROUTE, "prefix": "192.0.2.5/32", "desired": "withdrawn", "by": None, "owners": [{"name": "is held", "wish": "withdraw"}]},
    {**ROUTE, "prefix": "192.0.2.6/32", "acked": "unknown", "by": "is kept", "owners": [{"name": "is kept", "wish": "announce"}]},
]


def canned(request):
    """As exacheck answers, of all that there is above."""
    def asked(name):
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in request.get("names", ["*"]))

    if request["command"] == "status":
        nodes = EXPLAINED if request["detail"] == "full" else NODES
        return [EXACHECK, *[one for one in nodes if asked(one["name"])], END]
    if request["command"] == "routes":
        return [*[one for one in ROUTES if asked(one["prefix"]) or any(asked(owner["name"]) for owner in one["owners"])], END]
    if request["command"] == "history":
        return [{"type": "history", "name": request.get("names", ["web"])[0], "changes": [
            {"state": "up", "time": f"2026-11-19T14:02:{28 + n}.000Z", "text": f"change {n}\x1b[0m"} for n in range(5)]}, END]
    return [{"type": "error", "code": "command", "message": "the stand-in knows nothing of it"}]


@pytest.fixture
def stand(directory, keep):
    def begin(answer=canned):
        return keep(Stand(directory / "stand.sock", answer)).path

    return begin


def golden(name, text):
    """The text is that of the golden file; EXACHECK_GOLDEN=write writes it."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("EXACHECK_GOLDEN") == "write":
        path.write_text(text)
    assert text == path.read_text()


# What people see

def test_status_at_80_columns(stand):
    code, text = on_terminal(80, "-s", stand(), "status", env={"NO_COLOR": "1"})
    assert code == 0
    golden("status-80", text)


def test_status_at_200_columns(stand):
    code, text = on_terminal(200, "-s", stand(), "status")
    assert code == 0 and "\033[" in text
    golden("status-200", text)
    assert {sequence for sequence in re.findall("\033[^m]*m", text)} <= {
        "\033[1m", "\033[0m", "\033[32m", "\033[33m", "\033[1;31m", "\033[36m"}, "only our own colours"


def test_status_in_a_pipe(stand):
    done = ctl("-s", stand(), "status")
    assert done.returncode == 0 and done.stderr == ""
    golden("status-pipe", done.stdout)


def test_why(stand):
    """Every rule that can decide, and what it says comes next."""
    place = stand()
    done = ctl("-s", place, "why", "*")
    assert done.returncode == 0 and done.stderr == ""
    golden("why", done.stdout)
    done = ctl("-s", place, "why", "192.0.2.1/32", "is held")
    assert done.returncode == 0 and done.stderr == ""
    golden("why-prefix", done.stdout)


def test_routes(stand):
    place = stand()
    golden("routes-pipe", ctl("-s", place, "routes").stdout)
    code, text = on_terminal(80, "-s", place, "routes", env={"NO_COLOR": "1"})
    assert code == 0
    golden("routes-80", text)


@pytest.mark.parametrize("width", [1, 20, 40])
def test_status_on_a_narrow_terminal(stand, width):
    code, text = on_terminal(width, "-s", stand(), "status", env={"NO_COLOR": "1"})
    table = text.splitlines()[:len(NODES) + 1]
    assert code == 0 and max(map(len, table)) <= width and all(table)
    assert width < 20 or re.match(r"web v6 +down\b", table[2]), "whose state it is"


def test_terminal_without_utf_8(stand):
    code, text = on_terminal(60, "-s", stand(), "status", env={"LC_ALL": "C"})
    assert code == 0 and text.isascii() and "resolver" in text


def test_status_json(stand):
    done = ctl("-s", stand(), "status", "--json")
    status = json.loads(done.stdout)
    assert {"version", "pid", "uptime_s", "exabgp", "checks", "groups"} <= status.keys() and "type" not in status
    assert [one["name"] for one in status["checks"]] == [one["name"] for one in NODES[:-1]]
    assert status["checks"][0] == {key: value for key, value in NODES[0].items() if key != "type"}
    assert status["groups"][0]["members"] == NODES[-1]["members"]
    assert "\x1b" not in done.stdout


def test_why_of_an_execution_that_lasts(stand):
    """What is late is not said to come, and the earliest times follow the check's grid."""
    hangs = {**NODES[0], "count": 0, "rise": 2, "fall": 3, "fast_interval_s": 10, "recent": [], "rules": {"down": "withdraw"},
             "worker": {"pid": 1, "restarts": 0, "sandbox": "", "next": "2026-11-20T14:02:58.000Z"}}
    done = ctl("-s", stand(lambda request: [EXACHECK, hangs, END] if request["command"] == "status" else [END]), "why", "web v4")
    assert "next:    executes since 14:02:58: there is no result yet\n" in done.stdout
    assert "3 failures in a row (at 14:03:18 at the earliest) -> down" in done.stdout, done.stdout


# Nagios

UP, DOWN, FALLING, DISABLED = NODES[0], NODES[1], NODES[2], NODES[3]
PERFDATA = re.compile(r" \| up=\d+;; down=\d+;; unsure=\d+;; disabled=\d+;; pending=\d+;; errors=\d+c;;\n$")


@pytest.mark.parametrize(("nodes", "arguments", "code", "word"), [
    ([UP], (), 0, "OK"), ([], (), 0, "OK"), ([UP, DISABLED], (), 0, "OK"),
    ([UP, FALLING], (), 1, "WARNING"), ([UP, DOWN], (), 2, "CRITICAL"), ([UP, NODES[4]], (), 2, "CRITICAL"),
    ([UP, {**UP, "name": "other", "held_until": NOW}], (), 1, "WARNING"), ([UP, {**UP, "name": "other", "guarded": True}], (), 2, "CRITICAL"),
    ([DOWN, UP], ("-w", "2"), 2, "CRITICAL"), ([DOWN, UP], ("-w", "1", "-c", "2"), 1, "WARNING"),
    ([DOWN, FALLING], ("-w", "1", "-c", "2"), 2, "CRITICAL"), ([DOWN, UP], ("-w", "2", "-c", "3"), 0, "OK"),
    ([DOWN, DOWN], ("-w", "0", "-c", "0"), 0, "OK"),
    ([UP, {**UP, "name": "other", "routes": [route("192.0.2.2/32", "rejected")]}], (), 1, "WARNING"),
])
def test_nagios(stand, nodes, arguments, code, word):
    done = ctl("-s", stand(lambda request: [EXACHECK, *nodes, END]), "nagios", *arguments)
    assert done.returncode == code and done.stderr == "", done
    assert done.stdout.startswith(f"EXACHECK {word} - ") and PERFDATA.search(done.stdout) and done.stdout.count("\n") == 1
    for one in nodes:
        assert (one["name"] in done.stdout) == (one["name"] == "other" or one["state"] != "up")


def test_nagios_without_exabgp(stand):
    """What is up is no good when ExaBGP is not told."""
    gone = {**EXACHECK, "exabgp": {**EXACHECK["exabgp"], "connected": False}}
    done = ctl("-s", stand(lambda request: [gone, UP, END]), "nagios", "-w", "5", "-c", "9")
    assert done.returncode == 2 and done.stdout.startswith("EXACHECK CRITICAL - ExaBGP is not connected; 1 of 1 up | "), done


def test_nagios_says_what_is_wrong(stand, directory):
    done = ctl("-s", stand(), "nagios")
    assert done.returncode == 2
    golden("nagios", done.stdout)
    for place, arguments, code, word in ((directory / "nobody", (), 2, "CRITICAL"), (directory, ("--nonsense",), 3, "UNKNOWN"),
                                         (directory, ("-w", "x"), 3, "UNKNOWN")):
        done = ctl("-s", place, "nagios", *arguments)
        assert done.returncode == code and done.stdout.startswith(f"EXACHECK {word} - "), done


# Errors

def error(code, message="that was it"):
    return lambda request: [{"type": "error", "code": code, "message": message}]


@pytest.mark.parametrize(("answer", "code", "words"), [
    (error("protocol", "this is protocol 2"), 6, "this is protocol 2"),
    (error("permission"), 4, "that was it"), (error("name"), 5, "that was it"), (error("state"), 1, "that was it"),
    (error("memory"), 1, "that was it"), (error("refused"), 1, "that was it"), (error("changed"), 1, "that was it"),
    (error("unheard of\x1b[2J", "\x1b[2J"), 1, "?[2J"),
    (lambda request: b"SSH-2.0-OpenSSH_9.2\r\n", 6, "no exacheck"), (lambda request: b"[]\n", 6, "no exacheck"),
    (lambda request: b"{\"type\": 5}\n", 6, "no exacheck"), (lambda request: b"\xff\xfe\n", 6, "no exacheck"),
    (lambda request: b"{\"type\":\"end\",\"type\":\"end\"}\n", 6, "no exacheck"),
    (lambda request: None, 1, "closed the connection"), (lambda request: b"{\"type\":\"exacheck\"", 1, "within 1 s"),
    (lambda request: [], 1, "does not answer within 1 s"),
])
def test_what_answers_is_wrong(stand, answer, code, words):
    done = ctl("-s", stand(answer), "-t", "1", "status")
    assert done.returncode == code and words in done.stderr and done.stdout == "" and "\x1b" not in done.stderr, done
    assert done.stderr.startswith("exacheck-ctl: ") and done.stderr.count("\n") == 1


NONSENSE = (None, True, 0, -1, 10**18, -1e300, 1e300, "", "x" * 300, "\x1b[0m\n", "日本" * 50, [], {}, [None, {"name": None}],
            "2026-13-99T99:99:99Z", "9999-12-31T23:59:59.999Z", "announced", "up", "down")


def damaged(value, chance, choose):
    """With other values here and there, or none."""
    if choose.random() < chance:
        return choose.choice(NONSENSE)
    if isinstance(value, dict):
        return {key: inner if key == "type" else damaged(inner, chance, choose) for key, inner in value.items()
                if choose.random() > chance / 3}
    return [damaged(inner, chance, choose) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("command", [("status", "-v"), ("status", "--json"), ("why", "*"), ("why", "192.0.2.1"), ("routes",),
                                     ("nagios",), ("history",), ("version",), ("check", "*"), ("names",)])
def test_what_answers_is_nonsense(stand, command):
    """Whatever there is instead of a value, it ends as it should, and steers no terminal."""
    choose = random.Random(str(command))
    place = stand(lambda request: [damaged(line, choose.choice((0.01, 0.05, 0.2)), choose) for line in canned(request)[:-1]] + [END])
    for _ in range(8):
        done = ctl("-s", place, *command)
        assert done.returncode in range(7) and "\x1b" not in done.stdout + done.stderr, done


def test_routes_of_a_check_are_told_apart(stand):
    """Of one prefix there may be several."""
    done = ctl("-s", stand(), "status", "-v")
    assert "192.0.2.1/32: next-hop self\n" in done.stdout and "192.0.2.2/32 (path id 7): next-hop self\n" in done.stdout, done
    assert "192.0.2.3/32 to 192.0.2.254: next-hop self\n" in done.stdout, done


def test_nobody_listens(directory):
    stale, file = directory / "stale.sock", directory / "file"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(stale))
    file.write_text("")
    for place in (directory / "nothing", stale, file, file / "below"):
        for command in (("status",), ("why", "web"), ("events", "--follow"), ("enable", "web"), ("upgrade",), ("version",)):
            done = ctl("-s", place, *command)
            assert done.returncode == 3 and f"no exacheck listens at {place}" in done.stderr, done
            assert "systemctl status exacheck" in done.stderr and done.stdout in ("", f"exacheck-ctl {VERSION}\n")
    done = ctl("-s", directory / ("x" * 120), "status")
    assert done.returncode == 2 and "longer than" in done.stderr


def test_permission_denied(root, stand, directory):
    """Of the socket: who may use it is told."""
    program = directory / "exacheck-ctl"
    shutil.copy2(paths.EXACHECK_CTL, program)
    place = stand()
    place.chmod(0o660)
    done = ctl("-s", place, "status", user="nobody", program=program)
    assert done.returncode == 4 and "permission denied: its mode is 0660 and its group root" in done.stderr, done


def test_where_the_socket_is(stand, directory):
    place = stand()
    assert ctl("status", env={"EXACHECK_SOCKET": str(place)}).returncode == 0
    assert ctl("-s", place, "status", env={"EXACHECK_SOCKET": "/nowhere"}).returncode == 0
    place.rename(directory / "control.sock")
    assert ctl("-r", directory, "status").returncode == 0
    assert "/run/exacheck/control.sock" in ctl("--help").stdout


@pytest.mark.parametrize("arguments", [
    (), ("nonsense",), ("-x", "status"), ("disable",), ("check",), ("why",), ("reload", "now"), ("log",), ("log", "a", "b"),
    ("status", "--follow"), ("enable", "web", "--for", "3m"), ("disable", "web", "--for", "soon"), ("events", "--since", "-1"),
    ("events", "web"), ("-t", "0", "status"), ("-s",), ("status", "--watch", "--json"), ("disable", "web", "--reason", "\udcff"),
    ("status", "\udcff"), ("status", "--watch"),
])
def test_wrong_use(directory, arguments):
    done = ctl("-s", directory / "nothing", *arguments)
    assert done.returncode == 2 and done.stderr and not done.stdout, done


def test_standard_output_is_full_or_closed(stand):
    command = [str(paths.EXACHECK_CTL), "-s", str(stand()), "status"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment(), timeout=60)
    assert done.returncode == 1 and "standard output: No space left" in done.stderr
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, env=environment(), timeout=60)
    os.close(writer)
    assert done.stderr == "" and done.returncode in (0, -signal.SIGPIPE)
