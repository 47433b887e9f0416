#!/usr/bin/python3
"""exacheck beside the programs that it replaces: the figures of the README, all of one run.

    compare.py --build build [--seconds 20] [--peer NAME=COMMAND]... [--only PART]... [--markdown]

Runs exacheck, ExaBGP's own healthcheck where /usr/bin/python3 has it, and others that take exacheck's
configuration (a script can translate it for them). Everything happens on loopback; ExaBGP is played by the
benchmark, but where its own end is measured. Exit status: 0, or 2 when something could not be measured.
"""

import argparse
import collections
import os
import shlex
import sys

import comparison
import contenders
from figures import show
from helpers import HelperError
from subject import SubjectError

Part = collections.namedtuple("Part", "measure figures")
PARTS = {
    "memory": Part(comparison.measure_memory, {
        "pss_1": ("memory (PSS) of 1 check", "MB"),
        "pss_20": ("memory (PSS) of 20 checks", "MB"),
    }),
    "cpu": Part(comparison.measure_cpu, {
        "cpu_shell": ("CPU of 1,000 executions of `true`", "s"),
        "cpu_tcp": ("CPU of 1,000 tcp checks", "s"),
    }),
    "death": Part(comparison.measure_death, {
        "death": ("service dead to withdraw, interval 1, fall 1", "ms"),
    }),
    "watch": Part(comparison.measure_watch, {
        "watch": ("the same with `watch: true`", "ms"),
    }),
    "harm": Part(comparison.measure_harm, {
        "killed": ("service dead, its check killed: withdraw", "s"),
        "stopped": ("service dead, its check stopped: withdraw", "s"),
        "unanswered": ("service dead, ExaBGP answers nothing: withdraw", "s"),
    }),
    "storm": Part(comparison.measure_storm, {
        "storm": ("%d kills of a check's process in a minute: ExaBGP" % comparison.STORM, ""),
    }),
    "output": Part(comparison.measure_output, {
        "leaked": ("a command's output reaches ExaBGP", ""),
        "unread": ("answers of ExaBGP left unread", "B"),
    }),
    "shared": Part(comparison.measure_shared, {
        "shared": ("two checks of a prefix, one down: the route in %d s" % comparison.WATCH_S, ""),
    }),
    "change": Part(comparison.measure_change, {
        "change": ("another MED: route away", "s"),
    }),
    "exactness": Part(comparison.measure_exactness, {
        "exact": ("rise and fall count results in a row", ""),
    }),
}
OWN = ("watch",)      # parts that only exacheck's configuration can say
NO_PEER = ("storm",)  # parts in which what translates for a peer would hide how it ends


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="where exacheck and the helpers were built")
    parser.add_argument("--seconds", type=int, default=20, help="seconds to watch the CPU (default 20)")
    parser.add_argument("--peer", metavar="NAME=COMMAND", action="append", default=[], help="takes `run -f FILE`")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part only; may be repeated")
    parser.add_argument("--markdown", action="store_true", help="a table for the README")
    options = parser.parse_args()
    if not 1 <= options.seconds <= 3600:
        parser.error("--seconds: must be 1 to 3600, got %d" % options.seconds)
    options.peers = [peer.partition("=")[0] for peer in options.peer]
    options.programs = {"exacheck": [os.path.join(options.build, "exacheck")]}
    for peer in options.peer:
        name, equals, command = peer.partition("=")
        if not (name and equals and shlex.split(command)) or name in options.programs:
            parser.error("--peer: must be NAME=COMMAND with a name of its own, got %s" % peer)
        options.programs[name] = shlex.split(command)
    return options


def field(options):
    """{name: contender}."""
    found = {"exacheck": contenders.Program(options.programs["exacheck"])}
    version = contenders.version_of_exabgp()
    if version:
        found["healthcheck of ExaBGP " + version] = contenders.Healthcheck()
    found.update((name, contenders.Program(options.programs[name])) for name in options.peers)
    return found


def measure(name, contender, options):
    """({figure: value}, [what could not be measured])."""
    values, failures = {}, []
    for part, (function, figures) in PARTS.items():
        apart = (OWN if name != "exacheck" else ()) + (NO_PEER if name in options.peers else ())
        if part not in (options.only or PARTS) or part in apart:
            continue
        print("%s: %s" % (name, function.__doc__), file=sys.stderr, flush=True)
        try:
            values.update(function(contender, options))
        except (SubjectError, HelperError, OSError) as error:
            failures.append("%s: %s: %s" % (name, part, error))
    return values, failures


def cell(value, unit):
    if value is None:
        return "-"
    return value if isinstance(value, str) else ("%s %s" % (show(round(value, 3)), unit)).strip()


def rows(results, options):
    yield ["", *results]
    for part, (_, figures) in PARTS.items():
        for key, (name, unit) in figures.items():
            if part in (options.only or PARTS):
                yield [name, *(cell(values.get(key), unit) for values in results.values())]


def print_table(lines, markdown):
    if markdown:
        lines.insert(1, ["---"] + ["--:"] * (len(lines[0]) - 1))
        for line in lines:
            print("| %s |" % " | ".join(line))
        return
    widths = [max(map(len, column)) for column in zip(*lines)]
    for first, *rest in lines:
        print("  ".join([first.ljust(widths[0]), *(text.rjust(width) for text, width in zip(rest, widths[1:]))]))


def main():
    options = arguments()
    results, failures = {}, []
    for name, contender in field(options).items():
        results[name], failed = measure(name, contender, options)
        failures += failed
    print_table(list(rows(results, options)), options.markdown)
    for failure in failures:
        print(failure, file=sys.stderr)
    return 2 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
