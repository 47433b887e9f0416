#!/usr/bin/python3
"""
Unit test programs under valgrind: run.py PROGRAM ... Every error, every leak and every
descriptor left open at a process's end is a finding; libcheck forks each test, so that each has an end of its
own. Invariant: what is not known to be harmless is a finding; valgrind's exit code alone says nothing of
descriptors.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

OPTIONS = ("--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
           "--errors-for-leak-kinds=definite,indirect,possible", "--track-fds=yes", "--num-callers=30",
           "--error-exitcode=99")
# Tests by tag that cannot be judged here: they need the C library's own heap, or speed and calls of the bare machine.
EXCLUDED = "c-heap native"
SLOWNESS = "10"  # for libcheck's time-outs
PREFIX = re.compile(r"^(?:==|--)\d+(?:==|--) ?", re.M)
COUNT = re.compile(r"^FILE DESCRIPTORS: .*\n", re.M)
LONG = ("test_config", "test_ledger_random", "test_config_notify", "test_config_group", "test_config_logging", "test_overrides",
        "test_checks", "test_channel", "test_state")  # first, so that none is left over
# What valgrind itself cannot do: a call that it does not know fails as on an older kernel; a test that needs the call
# fails by itself. Of requests to devices openpty(3)'s is one, and nothing depends on its effect on memory.
NOISE = re.compile(r"^WARNING: unhandled \S+ syscall: .*\n(?:.+\n){4}"
                   r"|^Warning: noted but unhandled ioctl 0x5441 .*\n(?: {3}.*\n)*", re.M)
HARMLESS = ("<inherited from parent>",  # was open when the program began
            "open_tmp_file")  # libcheck's own, for what its child tells it


def findings(text):
    """The paragraphs of a log that tell of a defect."""
    paragraphs = NOISE.sub("", COUNT.sub("", PREFIX.sub("", text))).split("\n\n")
    return [paragraph.strip("\n") for paragraph in paragraphs
            if paragraph.strip() and not (paragraph.lstrip("\n").startswith("Open ") and
                                          any(word in paragraph for word in HARMLESS))]


def run(program):
    """(program, seconds, text of what is wrong)"""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="exacheck-valgrind-") as directory:
        done = subprocess.run(
            ["valgrind", *OPTIONS, f"--log-file={directory}/%p", program],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env={**os.environ, "CK_EXCLUDE_TAGS": EXCLUDED, "CK_TIMEOUT_MULTIPLIER": SLOWNESS, "UNIT_SLOW": "1"})
        found = [finding for log in sorted(pathlib.Path(directory).iterdir())
                 for finding in findings(log.read_text(errors="replace"))]
    if done.returncode != 0:
        found.append(f"exit code {done.returncode}\n{done.stdout}")
    return program, time.monotonic() - begin, "\n\n".join(found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", nargs="+")
    options = parser.parse_args()
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        programs = sorted(options.programs, key=lambda program: os.path.basename(program) not in LONG)
        running = [pool.submit(run, program) for program in programs]
        for future in concurrent.futures.as_completed(running):
            program, seconds, wrong = future.result()
            print(f"{os.path.basename(program)}: {'FAILED' if wrong else 'clean'}, {seconds:.1f} s\n{wrong}".rstrip(),
                  flush=True)
            failed += bool(wrong)
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
