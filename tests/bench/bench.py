#!/usr/bin/python3
"""Figures of exacheck beside the machine's own floor and, if named, beside another program's.

    bench.py --build build [--checks 1000] [--seconds 20] [--peer NAME=COMMAND] [--only PART] [--strict]

Everything happens on loopback, on ports the kernel chooses. Exit status: 0 every target is met (within
the noise that the floors show, exactly with --strict), 1 one is missed, 2 the benchmark could not run.
"""

import argparse
import collections
import os
import shlex
import sys

import measure
import seeing
from figures import Table
from helpers import HelperError
from subject import SubjectError

INTERVAL_MS = 1000
NOISE_SHARE_MAX = 0.25  # a machine on which floors differ by more is too busy to excuse everything
PSS_SHARE = 0.02        # how pages happen to be shared
REFERENCE_FLOORS = {"tcp_cpu": 13.0}  # the floor of the machine for which a target was set: a slower one may take more

# The parts of the benchmark, each with the floors that are run before and after it, those that are run
# once, and its figures: key: (name, unit, target).
Part = collections.namedtuple("Part", "measure floors_around floors_once figures")
PARTS = {
    "tcp": Part(measure.measure_tcp, [measure.floor_tcp, measure.floor_herd], [measure.floor_processes], {
        "tcp_p50": ("tcp start lateness, median", "ms"),
        "tcp_p99": ("tcp start lateness, 99th percentile", "ms", 10),
        "tcp_max": ("tcp start lateness, maximum", "ms"),
        "tcp_missing": ("tcp executions missing", "", 0),
        "tcp_cpu": ("CPU per tcp execution (floor: tight loop)", "us", 100),
        "tcp_cpu_paced": ("CPU per tcp execution (floor: on the grid)", "us"),
        "tcp_cpu_herd": ("CPU per tcp execution (floor: process per check)", "us"),
        "tcp_pss_mean": ("PSS of a tcp worker, mean", "kB", 160),
        "tcp_pss_max": ("PSS of a tcp worker, maximum", "kB", 160),
        "tcp_private": ("private memory of a tcp worker, mean", "kB"),
        "tcp_pss_root": ("PSS of the supervisor, tcp checks", "kB"),
        "tcp_pss_check": ("PSS of everything, per tcp check", "kB"),
        "start": ("start to every route announced", "s"),
        "exit": ("SIGTERM to exit, every route announced", "ms", 1500),
        "exit_routes": ("routes left announced at exit", "", 0),
        "exit_left": ("processes left at exit", "", 0),
    }),
    "https": Part(measure.measure_https, [measure.floor_https], [], {
        "https_cpu": ("CPU per https execution", "us", 1500),
        "https_pss_mean": ("PSS of an https worker, mean", "kB", 300),
        "https_pss_max": ("PSS of an https worker, maximum", "kB", 300),
        "https_private": ("private memory of an https worker, mean", "kB"),
        "https_pss_root": ("PSS of the supervisor, https checks", "kB"),
        "https_pss_check": ("PSS of everything, per https check", "kB"),
    }),
    "withdraw": Part(measure.measure_withdraw, [measure.floor_withdraw], [], {
        "withdraw_p50": ("closed port to withdraw, median", "ms", INTERVAL_MS + 50),
        "withdraw_max": ("closed port to withdraw, maximum", "ms", INTERVAL_MS + 50),
    }),
    "seeing": Part(seeing.measure_seeing, [seeing.floor_seeing], [], {
        "status": ("exacheck-ctl status of the tcp checks, median", "ms", 100),
        "scrape": ("scrape of /metrics, median", "ms", 50),
        "scrape_cpu": ("the supervisor's CPU a scrape", "ms", 1),
        "hostile_p99": ("tcp start lateness beside 20 hostile clients, 99th percentile", "ms", 10),
    }),
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="where exacheck and the helpers were built")
    parser.add_argument("--checks", type=int, default=1000, help="number of tcp checks (default 1000)")
    parser.add_argument("--seconds", type=int, default=20, help="seconds to watch them (default 20)")
    parser.add_argument("--peer", metavar="NAME=COMMAND", help="another program that takes `run -f FILE`")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part only; may be repeated")
    parser.add_argument("--strict", action="store_true", help="no allowance for noise")
    options = parser.parse_args()
    if not 1 <= options.checks <= 5000:
        parser.error("--checks: must be 1 to 5000, got %d" % options.checks)
    if not 2 <= options.seconds <= 3600:
        parser.error("--seconds: must be 2 to 3600, got %d" % options.seconds)
    options.programs = {"exacheck": [os.path.join(options.build, "exacheck")]}
    if options.peer:
        name, equals, command = options.peer.partition("=")
        if not (name and equals and shlex.split(command)) or name in options.programs:
            parser.error("--peer: must be NAME=COMMAND with a name of its own, got %s" % options.peer)
        options.programs[name] = shlex.split(command)
    return options


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_floors(table, floors, options):
    for floor in floors:
        say("floor: %s" % floor.__doc__.splitlines()[0])
        for key, value in floor(options).items():
            if value is not None:
                table[key].floors.append(value)


def run_part(table, name, options):
    part = PARTS[name]
    run_floors(table, part.floors_around + part.floors_once, options)
    for program, command in options.programs.items():
        say("%s: %s" % (program, part.measure.__doc__.splitlines()[0]))
        try:
            table.record(program, part.measure(command, options))
        except (SubjectError, OSError) as error:
            table.failures.append((program, "%s: %s" % (name, error)))
    run_floors(table, part.floors_around, options)


def floors_spread(table, key):
    """By which share the floors of a figure, and of those that stand beside it, differed before and after."""
    return max(max(figure.floors) / min(figure.floors) - 1
               for other, figure in table.figures.items() if other.startswith(key) and figure.floors)


def allow_noise(table):
    """How far a target may be exceeded: by what the machine itself was late, or by what its floors differ."""
    for key, figure in table.figures.items():
        if figure.target is None:
            continue
        if key.endswith(("_pss_mean", "_pss_max")):
            figure.noise = figure.target * PSS_SHARE
        elif not figure.floors:
            figure.noise = 0.0
        elif key.endswith("_cpu"):
            slower = max(1.0, figure.floor() / REFERENCE_FLOORS.get(key, figure.floor()))
            figure.noise = figure.target * (slower * (1 + min(NOISE_SHARE_MAX, floors_spread(table, key))) - 1)
        elif key.startswith("withdraw"):
            figure.noise = max(0.0, max(figure.floors) - INTERVAL_MS)
        else:
            figure.noise = max(figure.floors)


def main():
    options = arguments()
    parts = [part for part in PARTS if part in (options.only or PARTS)]
    for program, command in options.programs.items():
        if not os.access(command[0], os.X_OK) and "/" in command[0]:
            say("%s: cannot run %s" % (program, command[0]))
            return 2
    table = Table(list(options.programs), [PARTS[part].figures for part in parts])
    try:
        for part in parts:
            run_part(table, part, options)
    except HelperError as error:
        say("bench: %s" % error)
        return 2
    allow_noise(table)
    table.print(options.strict)
    return 1 if table.missed(options.strict) else 0


if __name__ == "__main__":
    sys.exit(main())
