"""exacheck-ctl notify-test: a message to each target, or one, and what became of it; who is told of by name."""
import json

import pytest

from harness import paths
from harness.config import check, config, prefix
from harness.control import path_of
from harness.ctl import ctl
from harness.receiver import Receiver
from harness.reload import reload
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

LIMIT = 30.0 * paths.SLOWNESS
SHELL = {"method": "shell", "command": "true"}


def document(*notifications):
    return {**config(check("web", SHELL)), "notifications": list(notifications)}


def target(name, receiver, **more):
    return {"name": name, "url": receiver.url, "events": ["error"], **more}


def asked(run, *arguments):
    return ctl("-s", path_of(run), *arguments)


def test_delivered_and_not(start, keep):
    """What each target answers is told of it, by its name and without its URL; a test is a message of its own."""
    ops, gone = keep(Receiver()), keep(Receiver(404))
    run = start(document(target("ops", ops), target("on call", gone)))
    run.wait_log("exacheck-notify: ready", LIMIT)
    done = asked(run, "notify-test", "ops")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ops: delivered\n", ""), run.story()
    assert len(ops.letters) == 1 and not gone.refused
    assert "ops" in ops.letters[0]["message"] and ops.letters[0]["title"], ops.letters

    done = asked(run, "notify-test")
    lines = sorted(done.stdout.splitlines())
    assert done.returncode == 1 and lines[1] == "ops: delivered", (done, run.story())
    assert lines[0].startswith("on call: failed: ") and "404" in lines[0] and str(gone.port) not in lines[0], lines
    done = asked(run, "--json", "notify-test")
    told = {line["name"]: line for line in map(json.loads, done.stdout.splitlines()) if line["type"] == "target"}
    assert done.returncode == 1 and told.keys() == {"ops", "on call"}
    assert told["ops"] == {"type": "target", "name": "ops", "ok": True, "message": ""} and not told["on call"]["ok"]
    assert len(ops.letters) == 3 and len(gone.refused) == 2  # a test is never tried again

    told = json.loads(asked(run, "status", "--json").stdout)["notifications"]
    assert told["targets"] == ["ops", "on call"] and told["lost"] == told["failures"] == 0
    assert asked(run, "targets").stdout == "ops\non call\n"


def test_refused(start, keep):
    """Nobody to tell, until a reload brings somebody; a name that none has."""
    ops = keep(Receiver())
    run = start(document())
    run.wait_route(prefix(0))
    done = asked(run, "notify-test")
    assert done.returncode == 1 and "neither notifications nor sentry" in done.stderr, done
    reload(run, document(target("ops", ops)))
    run.wait_log("exacheck-notify: ready", LIMIT)
    done = asked(run, "notify-test", "opps")
    assert done.returncode == 5 and 'no notification is named "opps": did you mean "ops"?' in done.stderr, done
    assert asked(run, "notify-test", "ops").returncode == 0 and len(ops.letters) == 1, run.story()


def test_figures(start, keep):
    """What became of messages is counted, by the words of one exacheck-notify after the other."""
    ops, gone = keep(Receiver()), keep(Receiver(404))
    run = start(document(target("gone", gone, events=["announce"], group=0)))
    run.wait_route(prefix(0))

    def figures():
        return json.loads(asked(run, "status", "--json").stdout)["notifications"]

    wait_until(lambda: figures()["gave_up"] == 1, LIMIT, "a message that does not arrive")
    assert figures()["notices"] >= 1 and figures()["lost"] == figures()["failures"] == 0
    reload(run, document(target("ops", ops, events=["announce"], group=0)))
    asked(run, "disable", "web")
    asked(run, "enable", "web")
    wait_until(lambda: figures()["delivered"] == 1, LIMIT, "a message by the next process")
    assert figures()["gave_up"] == 1
