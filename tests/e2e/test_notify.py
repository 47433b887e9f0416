"""exacheck-notify: who is told what and when; targets that hang, fail, come back; bursts; reloads; the end of exacheck."""
import json
import os
import signal
import socket
import subprocess

import pytest

from harness import paths, processes
from harness.config import check, config, prefix
from harness.control import Control, path_of
from harness.hostile import TcpServer
from harness.receiver import Receiver
from harness.reload import reload, write
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

PATIENCE = 30.0 * paths.SLOWNESS
CHECKS, FLIPS = 25, 42  # few checks, as each takes one of the few watches that a user may have


def target(name, receiver, **options):
    url = receiver if isinstance(receiver, str) else receiver.url
    return {"name": name, "url": url, "group": 0, "rate": 600, **options}


def document(checks, *targets):
    return {**config(*checks), "notifications": list(targets)}


def file_check(name, path, number=0, **options):
    return check(name, {"method": "file", "path": str(path)}, prefixes=[prefix(number)], **options)


@pytest.fixture
def file(directory):
    path = directory / "ready"
    path.touch()
    return path


@pytest.fixture
def receiver(keep):
    return keep(Receiver())


def log_of(run):
    """Changes to up and to down, as the log has them."""
    return [(t.check, t.state) for t in run.transitions if t.state in ("up", "down")]


def test_who_is_told_what(start, file, keep):
    """Each target gets what its filters let through, whole, and nothing else."""
    everything, withdrawals, other, errors = (keep(Receiver()) for _ in range(4))
    run = start(document(
        [file_check("web", file, metric=7), file_check("other", "/", 1, description="always there")],
        target("everything", everything, general_events=True),
        target("withdrawals", withdrawals, events=["withdraw"], checks=["web"]),
        target("other", other, checks=["other"]),
        target("errors", errors, events="error"),
    ))
    everything.wait("web up", PATIENCE, check="web", to="up")
    other.wait("other up", PATIENCE, check="other", to="up")
    file.unlink()
    down = withdrawals.wait("web down", PATIENCE, check="web", to="down")
    assert down["title"] == "ExaCheck Event - Route Withdrawal - web" and down["type"] == "failure", down
    [event] = down["events"]
    assert (event["event"], event["kind"], event["from"], event["effect"], event["prefixes"], event["nexthop"]) == (
        "withdraw", "down", "up", "withdrew", [prefix(0)], "self"), event
    assert "fail missing" in event["reason"] and event["at"] >= event["since"], event
    for text in ("The check web is down; its routes are withdrawn.", f"Prefixes:  {prefix(0)}", event["reason"],
                 "Before:    up since ", "Next hop:  self", f"Host:      {down['host']}"):
        assert text in down["message"], down["message"]
    file.touch()
    up = everything.wait("web up again", PATIENCE, check="web", **{"from": "down", "to": "up"})
    assert any(event["metric"] == 7 for event in up["events"]), up
    run.stop()
    wait_until(lambda: [event for event in everything.events() if event["text"].startswith("stopping")], PATIENCE, "the end")
    assert [event["event"] for event in everything.events() if event["check"]].count("announce") == 3
    assert any(event["check"] is None and event["event"] == "info" for event in everything.events())
    assert [(event["check"], event["event"]) for event in withdrawals.events()] == [("web", "withdraw")]
    assert [(event["check"], event["event"]) for event in other.events()] == [("other", "announce")]
    assert not errors.letters


def test_hanging_receiver(start, file, keep, receiver):
    """It delays neither another target nor a check."""
    silent = keep(TcpServer("silent"))
    run = start(document([file_check("web", file)], target("silent", f"json://127.0.0.1:{silent.port}/", timeout=60),
                         target("good", receiver)))
    receiver.wait("web up", PATIENCE, check="web", to="up")
    wait_until(lambda: silent.count == 1, PATIENCE, "an attempt that hangs")
    for state in ("down", "up") * 3:
        before = len(receiver.letters)
        file.unlink() if state == "down" else file.touch()
        run.wait_for(lambda: run.announced(prefix(0)) == (state == "up"), PATIENCE, f"the route when {state}")
        wait_until(lambda: any(event["to"] == state for letter in receiver.letters[before:] for event in letter["events"]),
                   PATIENCE, f"the word of {state}")
    assert silent.count == 1, "one at a time"
    run.stop()
    assert run.logged("notification silent: 7 events not delivered before the end"), run.story()


def test_burst(start, file, receiver):
    """1,000 changes within a few seconds are few messages, and none of them is missing."""
    run = start(document([file_check(f"check {n}", file, n, splay=True) for n in range(CHECKS)],
                         target("ops", receiver, group=1, rate=30)))
    for flip in range(FLIPS + 1):
        run.wait_for(lambda: len(log_of(run)) == CHECKS * (flip + 1), PATIENCE, f"change {flip} of all checks")
        if flip < FLIPS:
            file.touch() if flip % 2 else file.unlink()
    changes = log_of(run)
    wait_until(lambda: receiver.told("up") + receiver.told("down") >= len(changes), PATIENCE, "all of them")
    states = [state for _, state in changes]
    assert (receiver.told("up"), receiver.told("down")) == (states.count("up"), states.count("down"))
    assert receiver.told("events") == len(changes) == CHECKS * (FLIPS + 1) and receiver.told("lost") == 0
    assert len(receiver.letters) < len(changes) / 20, [letter["title"] for letter in receiver.letters]
    for letter in receiver.letters:
        assert len(letter["events"]) == letter["summary"]["listed"] <= 200, letter["title"]
        assert letter["summary"]["events"] - len(letter["events"]) == 0 or letter["summary"]["more"], letter["title"]
    listed = [(event["check"], event["to"]) for event in receiver.events()]
    assert len(listed) == len(changes) or len(listed) < len(changes) and any(
        "and " in letter["message"] and " more: check " in letter["message"] for letter in receiver.letters)


def told_of_exacheck(record):
    """Whether people who want general events are told of this line of the log."""
    if "check" in record or record["subsystem"] == "notification":
        return False
    return record["level"] in ("error", "warning") or record["subsystem"] in ("master", "configuration")


def test_lost(start, directory, file, receiver):
    """What has no room on the way to exacheck-notify, which does not listen, is told as a number."""
    log = directory / "all.log"
    run = start({**document([file_check("web", file)], target("ops", receiver, group=1, general_events=True)),
                 "logging": [{"method": "file", "destination": str(log), "structured": True, "size": "1GB"}]})
    run.wait_route(prefix(0))
    pid = notify_pid(run)
    write(run, {"checks": [{"name": f"{n} {'long' * 45}", "args": {"method": "file"}} for n in range(1000)]})
    os.kill(pid, signal.SIGSTOP)
    with Control(path_of(run)) as control:
        for _ in range(30):  # of 400 kB each
            control.ask("reload")
    os.kill(pid, signal.SIGCONT)

    wait_until(lambda: log.read_text().count("was not reloaded") == 30, PATIENCE, "the log")
    events = sum(map(told_of_exacheck, map(json.loads, log.read_text().splitlines()))) + 1  # web came up
    wait_until(lambda: receiver.told("events") + receiver.told("lost") == events > 30000, PATIENCE, "all of them")
    assert receiver.told("lost") > 0 and receiver.told("events") > 1000
    assert any(" lost before they reached exacheck-notify.\n" in letter["message"] for letter in receiver.letters)


def test_failing_receivers(start, file, keep):
    """What may pass is tried again, what does not pass is given up, and told later; each with its word in the log."""
    absent, shaky, wrong = keep(Receiver()), keep(Receiver(500, 200)), keep(Receiver(404, 200))
    absent.go_away()
    run = start(document([file_check("web", file)], *(target(name, receiver) for name, receiver in (
        ("absent", absent), ("shaky", shaky), ("wrong", wrong)))))
    run.wait_log("notification absent: not delivered, tried again for 1 h 0 min: ", PATIENCE)
    run.wait_log("notification shaky: not delivered, tried again for 1 h 0 min: ", PATIENCE)
    run.wait_log("notification wrong: gave up 1 event: ", PATIENCE)
    absent.come_back()
    file.unlink()
    for receiver in (absent, shaky):
        assert receiver.wait("what failed first", PATIENCE, to="up")["summary"]["undelivered"] is None
        receiver.wait("what came later", PATIENCE, to="down")
    told = wrong.wait("what came later", PATIENCE, to="down")
    assert told["message"].startswith("1 event could not be delivered at "), told["message"]
    assert told["summary"]["undelivered"]["events"] == 1
    assert [event["to"] for event in wrong.events()] == ["down"] and len(wrong.refused) == 1
    assert [event["to"] for event in shaky.events()] == ["up", "down"] and shaky.refused[0] == shaky.letters[0]
    for name in ("absent", "shaky"):
        run.wait_log(f"notification {name}: delivers again, ", 2 * PATIENCE)
    assert not run.logged("json://")


def test_reload(start, file, keep, receiver):
    """Another target has what comes from then on, the former one what came before; what that cannot have yet is said."""
    other, absent = keep(Receiver()), keep(Receiver())
    absent.go_away()
    run = start(document([file_check("web", file)], target("ops", receiver), target("absent", absent)))
    receiver.wait("web up", PATIENCE, check="web", to="up")
    run.wait_log("notification absent: not delivered, tried again ", PATIENCE)
    reload(run, document([file_check("web", file)], target("others", other)))
    run.wait_log("notification absent: 1 event not delivered yet: tried for half a minute more", PATIENCE)
    wait_until(lambda: len(run.logged("exacheck-notify: ready")) == 2, PATIENCE, "another exacheck-notify")
    file.unlink()
    other.wait("web down", PATIENCE, check="web", to="down")
    absent.come_back()
    absent.wait("web up, late", PATIENCE, check="web", to="up")
    for had, state in ((receiver, "up"), (absent, "up"), (other, "down")):
        assert [event["to"] for event in had.events()] == [state]


def notify_pid(run):
    def find():
        return [pid for pid in processes.children(run.pid) if "exacheck-notify" in processes.cmdline(pid)]

    return wait_until(find, PATIENCE, "exacheck-notify")[0]


def test_last_words(start, file, receiver):
    """Killed, exacheck has no last words; but those who are told of it are told that."""
    run = start(document([file_check("web", file)], target("ops", receiver, general_events=True, group=600, events=["announce", "error"])))
    run.wait_log("exacheck-notify: ready", PATIENCE)
    pid = notify_pid(run)
    wait_until(lambda: processes.cmdline(pid).startswith("exacheck-notify: 1 target, 1 waiting"), PATIENCE, "a title that counts")
    assert "json" not in processes.cmdline(pid) and str(receiver.port) not in processes.cmdline(pid)
    os.kill(run.pid, signal.SIGKILL)
    run.killed = True
    run.wait_exit()
    letter = receiver.wait("the last words", PATIENCE, event="error", fault="crash")
    assert f"exacheck (process {run.pid}) ended without a word" in letter["message"], json.dumps(letter)
    assert [event["to"] for event in receiver.events() if event["check"]] == ["up"]
    wait_until(lambda: not processes.alive(pid), PATIENCE, "the end of exacheck-notify")


def test_left_without_a_word(receiver):
    """An exacheck that lives has not ended, though there was no room for a word: what there is to tell is told, no more."""
    ours, its = socket.socketpair()
    child = subprocess.Popen([paths.LIBEXEC / "exacheck-notify", "best_effort"], stdin=subprocess.DEVNULL,
                             preexec_fn=lambda: os.dup2(its.fileno(), 3), pass_fds=[3])
    its.close()
    one = {"name": "it", "url": receiver.url, "checks": [], "events": ["error", "info"], "general": True, "group": 0, "rate": 60,
           "timeout": 20, "retry": 60}
    setup = {"type": "setup", "uid": os.getuid(), "gid": os.getgid(), "drop": False, "sandbox": "best_effort",
             "pid": os.getpid(), "host": "here", "version": "1", "targets": [one], "sentry": None}
    notice = {"type": "notice", "at": 1_700_000_000_000_000, "level": "info", "event": "info", "subsystem": "master",
              "text": "all is well"}
    ours.sendall("".join(json.dumps(line) + "\n" for line in (setup, notice)).encode())
    ours.shutdown(socket.SHUT_WR)
    assert child.wait(PATIENCE) == 0
    assert [event["text"] for event in receiver.events()] == ["all is well"]
