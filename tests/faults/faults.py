#!/usr/bin/python3
"""
Fault injection: every call that a run of exacheck reaches fails once, one run for each. See scenario.py for what must
hold. First a few runs without a fault count the calls.
"""
import argparse
import itertools
import multiprocessing
import multiprocessing.util
import os
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import scenario  # noqa: E402
from harness import processes  # noqa: E402
from plan import ERRORS, STORM, STORMS, Call, Fault, Role, Tree, name  # noqa: E402
from targets import TARGETS, Tcp  # noqa: E402

SUPERVISOR = "exacheck"
COUNTING_RUNS = 3
QUICK_STRIDE = 7
STORM_STRIDE = 5  # storms that begin at neighbouring calls are nearly the same storm
# Above it the allocations of libraries that build big tables: the first on each way to one fails instead of all.
ALLOCATIONS_MAX = {Role.PROGRAM: 2000, Role.WORKER: 2000, Role.CHILD: 100, Role.LATER: 100}
# The sandbox is one for all methods, and so is what follows a fork: their calls fail under these.
SANDBOX_CALLS = (Call.PRCTL, Call.RLIMIT, Call.SYSCALL)
SHARED_PROGRAMS = ("exacheck", "worker-tcp", "worker-shell")
ERROR_STRIDE = 3  # of the errors of a call after its first, which each call has

FAILURES_MAX = 20  # one bug makes many, and each of them waits for its time-out

lane = None


class Lane:
    """What one process of the pool needs: a copy of the programs, and targets that live as long as it does."""

    def __init__(self, programs):
        processes.adopt_orphans()
        os.setpgid(0, 0)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="exacheck-faults-"))
        self.directory.chmod(0o755)
        self.tree = Tree(programs, self.directory)
        self.targets = {}
        self.closed = Tcp()
        multiprocessing.util.Finalize(self, shutil.rmtree, (self.directory,), {"ignore_errors": True}, exitpriority=1)

    def target(self, method):
        if method not in self.targets:
            self.targets[method] = TARGETS[method](self.directory)
        return self.targets[method]

    def play(self, fault):
        method = fault.program.removeprefix("worker-") if fault.program != SUPERVISOR else "tcp"
        return scenario.Scenario(self.directory, self.tree, self.target(method), self.closed.port, fault,
                                 respawn=fault.program == SUPERVISOR)


def lane_open(programs):
    global lane
    lane = Lane(programs)


def run_counting(fault):
    run = lane.play(fault)
    wrong = run.play()
    return fault, lane.tree.reached(), lane.tree.allocations(), wrong, run.story() if wrong else ""


def run_fault(fault):
    begin = time.monotonic()
    run = lane.play(fault)
    wrong = run.play()
    fired = lane.tree.read().fired
    place = lane.tree.place(fault) if wrong and fired else ""
    return fault, fired, wrong, place, run.story() if wrong else "", time.monotonic() - begin


def count(pool, programs):
    """
    (program, role, call) -> the numbers of the calls to fail. The most of some runs, as timing decides a little how
    many there are.
    """
    numbers, ways = {}, {}
    surveys = [Fault(program, role) for program in programs for role in Role] * COUNTING_RUNS
    for fault, found, allocations, wrong, story in pool.imap_unordered(run_counting, surveys):
        if wrong:
            sys.exit(f"{fault}: {wrong}\n{story}")
        ways.setdefault((fault.program, fault.role), set()).update(allocations)
        for (role, call), number in found.items():
            key = fault.program, role, call
            if number > len(numbers.get(key, ())):
                numbers[key] = range(1, number + 1)
    for (program, role), allocations in ways.items():
        key = program, role, Call.MALLOC
        if len(numbers.get(key, ())) > ALLOCATIONS_MAX[role]:
            numbers[key] = sorted(allocations)
    return numbers


def faults_of(program, role, call, numbers, quick):
    if (call in SANDBOX_CALLS or role == Role.CHILD) and program not in SHARED_PROGRAMS:
        return
    stride = QUICK_STRIDE if quick and len(numbers) > 2 * QUICK_STRIDE else 1
    for rank, error in enumerate(ERRORS[call][:1 if quick else None]):
        # neighbouring calls are often alike: each error begins at another one
        for number in numbers[rank % len(numbers)::ERROR_STRIDE * stride] if rank else numbers[::stride]:
            yield Fault(program, role, call, number, error)
    if call in STORMS:
        for number in numbers[::STORM_STRIDE * stride]:
            yield Fault(program, role, call, number, ERRORS[call][0], STORM)


def sweep(pool, faults, verbose):
    failures = missed = done = 0
    for fault, fired, wrong, place, story, seconds in pool.imap_unordered(run_fault, faults):
        done += 1
        missed += not fired
        if verbose:
            print(f"{fault}: {'fired' if fired else 'not reached'}, {seconds:.2f} s", flush=True)
        if wrong:
            failures += 1
            print(f"FAILED {fault}, at {place or 'no place: not reached'}\n  " + "\n  ".join(wrong))
            print("    " + story.replace("\n", "\n    "), flush=True)
        if failures == FAILURES_MAX:
            print(f"{failures} failures are enough")
            pool.terminate()
            break
    print(f"{done} runs: {failures} failed, {missed} did not reach their call")
    return failures


def count_text(numbers):
    return str(len(numbers)) if numbers[-1] == len(numbers) else f"{len(numbers)} ways to {numbers[-1]} or more"


def report(reached):
    for program, items in itertools.groupby(sorted(reached.items()), key=lambda item: item[0][:2]):
        text = ", ".join(f"{call.name.lower()} {count_text(numbers)}" for (_, _, call), numbers in items)
        print(f"{name(*program)}: {text}")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True, help="programs with the shim")
    parser.add_argument("--jobs", type=int, default=6 * (os.cpu_count() or 1),
                        help="runs at the same time; they mostly wait")
    parser.add_argument("--quick", action="store_true", help="of many calls only some")
    parser.add_argument("--program", action="append", help="only this one, such as exacheck or worker-tcp")
    parser.add_argument("--call", action="append", type=lambda name: Call[name.upper()], help="only this kind")
    parser.add_argument("--number", type=int, help="only this one")
    parser.add_argument("--verbose", action="store_true", help="a line for every run")
    parser.add_argument("--debug", action="store_true", help="exacheck with -v: other numbers, longer stories")
    return parser.parse_args()


def main():
    options = arguments()
    programs = options.program or [SUPERVISOR, *(f"worker-{method}" for method in TARGETS)]
    begin = time.monotonic()
    scenario.VERBOSE = options.debug
    with multiprocessing.get_context("fork").Pool(options.jobs, lane_open, (options.build,)) as pool:
        reached = count(pool, programs)
        report(reached)
        faults = [fault for (program, role, call), numbers in sorted(reached.items())
                  if not options.call or call in options.call
                  for fault in faults_of(program, role, call, numbers, options.quick)
                  if not options.number or fault.number == options.number]
        failures = sweep(pool, faults, options.verbose)
        pool.close()
        pool.join()
    print(f"{time.monotonic() - begin:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
