"""
SIGTERM with a thousand announced checks: every route withdrawn, every process reaped, exit 0, in under LIMIT, and what
this machine needs only to end and reap as many processes that do nothing.
"""
import os
import pathlib
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass, field

from farm import Farm
from harness import paths, processes
from harness.exacheck import Exacheck
from scene import children

CHECKS = 1000
PORTS = 20
START_LIMIT = 120.0
LIMIT = 2.0 * paths.SLOWNESS  # seconds, after which ExaBGP kills its process


@dataclass
class Outcome:
    complaints: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    ending: list = field(default_factory=list)


def floor():
    """Seconds in which as many idle processes of ours are killed and reaped, one after another."""
    pids = []
    for _ in range(CHECKS):
        pid = os.fork()
        if pid == 0:
            signal.pause()
            os._exit(0)
        pids.append(pid)
    begin = time.monotonic()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for pid in pids:
        os.waitpid(pid, 0)
    return time.monotonic() - begin


def configuration(farm, directory):
    return {"exacheck": {"runtime_dir": str(directory / "runtime")},
            "checks": [{"name": f"web {number}", "args": farm.args(number % PORTS), "nexthop": "self",
                        "prefixes": [f"198.18.{number // 256}.{number % 256}/32"], "interval": 5, "rise": 1, "fall": 2}
                       for number in range(CHECKS)]}


def perform(stack):
    outcome = Outcome()
    floor_seconds = floor()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="exacheck-lifecycle-"))
    directory.chmod(0o755)
    stack.callback(shutil.rmtree, directory, ignore_errors=True)
    farm = Farm(directory, PORTS)
    stack.callback(farm.close)
    run = Exacheck(directory, configuration(farm, directory), arguments=())
    stack.callback(run.close)
    try:
        run.wait_for(lambda: len(run.rib.routes) == CHECKS, START_LIMIT, "every route")
        family = children(run.pid)
        code, seconds = run.stop()
        outcome.notes.append(f"{len(family)} processes: {seconds:.2f} s from SIGTERM to the end; to kill and reap "
                             f"{CHECKS} idle processes takes {floor_seconds:.2f} s")
        judge(outcome, run, code, seconds - floor_seconds, family)
    except AssertionError as error:
        outcome.complaints.append("; ".join(str(error).splitlines()[:3]))
        run.kill()
    processes.finished(run.process)
    return outcome


def judge(outcome, run, code, seconds, family):
    if len(family) < CHECKS:
        outcome.complaints.append(f"{len(family)} processes for {CHECKS} checks")
    if code != 0:
        outcome.complaints.append(f"exit code {code}")
    if seconds > LIMIT:
        outcome.complaints.append(f"{seconds:.2f} s from SIGTERM to the end")
    if run.rib.routes:
        outcome.complaints.append(f"{len(run.rib.routes)} routes were not withdrawn")
    deadline = time.monotonic() + 5
    while (left := [pid for pid in family if processes.alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    if left:
        outcome.complaints.append(f"{len(left)} processes are left")
    run.check_stdout()
