"""
The processes beside the workers that are told what happens, exacheck-log and exacheck-notify: one that is killed is
replaced, others take their place at a reload and an upgrade, none is left at the end, and nothing else is disturbed.
"""
import os
import re
import signal
import subprocess
import time

import pytest

from harness import paths, processes
from harness.config import check, config, prefix
from harness.reload import reload
from harness.wait import wait_until
from test_upgrade import put, upgrade

pytestmark = pytest.mark.one_level

NAMES = ("exacheck-log", "exacheck-notify")
ALL = ["announce", "datadump", "debug", "error", "info", "withdraw"]
CHECKS = [f"c{i}" for i in range(3)]
STAMP = re.compile(r"^\S+ ")


def helpers(run, name):
    return [pid for pid in processes.children(run.pid) if name in processes.cmdline(pid)]


def pid_of(run, name, former=None):
    """The one process of this program that is not the former one."""
    return wait_until(lambda: [pid for pid in helpers(run, name) if pid != former], 40, name)[0]


def document(directory, log, **more):
    """Checks of files; all that happens goes to a file, in the form of standard error."""
    return {**config(*(check(name, {"method": "file", "path": str(directory / name)}, prefixes=[prefix(i)], interval=0.1)
                       for i, name in enumerate(CHECKS))),
            "logging": [{"method": "file", "destination": str(log), "level": "debug", "events": ALL,
                         "formatter": "{level.name}|{extra[check_name]}|{message}"}], **more}


def written(*logs):
    """The lines of files as they are on standard error."""
    found = []
    for log in logs:
        for line in log.read_text().splitlines():
            level, name, text = line.split("|", 2)
            found.append(f"{level.lower()} {'' if name == 'MASTER' else name + ': '}{text}")
    return found


def said(run):
    return [STAMP.sub("", line.text) for line in run.log]


def flip(directory, times):
    """The checks fail and pass again and again."""
    for turn in range(times):
        for name in CHECKS:
            if turn % 2:
                (directory / name).touch()
            else:
                (directory / name).unlink()
        time.sleep(0.12)


@pytest.fixture
def there(directory):
    for name in CHECKS:
        (directory / name).touch()
    (directory / "logs").mkdir()
    return directory


def test_by_hand():
    """Started by somebody else they say so, and end."""
    for name in (*NAMES, "exacheck-web"):
        done = subprocess.run([paths.LIBEXEC / name], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (1, f"{name}: started by exacheck itself, not by hand\n")


def test_killed(start, there):
    """Another one takes the place of each that is killed; checks, workers and routes go on as they were."""
    run = start(document(there, there / "logs/log", notifications=[
        {"name": "ops", "url": "json://127.0.0.1:9/", "general_events": True}]))
    for i in range(len(CHECKS)):
        run.wait_route(prefix(i))
    workers = [run.worker(name) for name in CHECKS]
    commands = len(run.lines)
    for name in NAMES:
        former = pid_of(run, name)
        run.wait_log(f"{name}: ready: ")
        os.kill(former, signal.SIGKILL)
        run.wait_log(f"{name} ended; another is started now; what was on its way to it may be lost")
        pid_of(run, name, former)
        run.wait_for(lambda: len(run.logged(f"{name}: ready: ")) == 2, what=f"another {name}")
    assert [run.worker(name) for name in CHECKS] == workers
    assert not [line.text for line in run.lines[commands:] if "withdraw" in line.text], run.story()
    assert not [transition for transition in run.transitions if transition.state == "down"], run.story()
    wait_until(lambda: any("exacheck-notify ended" in line for line in written(there / "logs/log")), 40, "the line")


def test_every_line_once(start, there):
    """Through a reload that logs elsewhere, an upgrade, and the end: every line is there once, in order, the last one too."""
    build = paths.copy_build(there)
    first, second = there / "logs/first", there / "logs/second"
    run = start(document(there, first), build=build)
    run.wait_route(prefix(0))
    flip(there, 4)
    reload(run, document(there, second))
    flip(there, 4)
    run.wait_for(lambda: len(run.logged("exacheck-log: ready: ")) == 2, what="another exacheck-log")
    put(build, paths.BUILD / "upgrade" / "next")
    os.kill(run.pid, signal.SIGUSR1)
    upgrade(run)
    flip(there, 4)
    run.wait_for(lambda: len(run.logged("exacheck-log: ready: ")) == 3, what="the third exacheck-log")
    assert run.stop()[0] == 0
    lines = said(run)
    told = lines[lines.index(written(first)[0]):lines.index("info stopped") + 1]
    assert "info log files are opened anew" in told
    assert written(first, second) == told, run.story()
