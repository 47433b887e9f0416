#!/usr/bin/python3
"""The quick start of README.md, word by word, on the machine that this runs on, which is not the same afterwards.

Its blocks run as they stand, in their order, in one shell as root; those named with --without are left out. Then: the
route is in BIRD; it leaves when the service ends, and comes back with it. Needs nothing but Python, so that it runs
wherever the packages are installed, and as a test of the Debian package.
"""
import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

PREFIX = "192.0.2.80/32"
BLOCK = re.compile(r"<!-- packages: quick start, (\w+) -->\n```sh\n(.*?)```\n", re.DOTALL)
SERVER = "/tmp/quickstart-server.pid"


class Failure(Exception):
    pass


def say(text):
    print(f"== {text}", flush=True)


def output(*command):
    """What a command says, whether it succeeds or not."""
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


def wait_for(predicate, what, timeout=60):
    deadline = time.monotonic() + timeout
    while not (value := predicate()):
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not within {timeout} s")
        time.sleep(0.2)
    return value


def blocks(readme):
    """The shell blocks between the markers, by their names, in their order."""
    text = readme.read_text()
    begin, end = text.index("<!-- quick start -->"), text.index("<!-- quick start ends -->")
    section = text[begin:end]
    found = dict(BLOCK.findall(section))
    if not found or len(found) != section.count("```") / 2:
        raise Failure(f"{readme}: a block of the quick start has no marker of its own")
    return found


def route():
    """What BIRD knows of the prefix; empty when it is not there."""
    text = output("birdc", "show", "route", "all", PREFIX)
    return text if f"{PREFIX} " in text and "[exabgp " in text else ""


def run(text):
    """One shell runs it all; what its last & started is remembered."""
    subprocess.run(["bash", "-euxc", f"{text}\necho ${{!-}} >{SERVER}"], check=True, stdin=subprocess.DEVNULL)


def server_stop():
    os.kill(int(pathlib.Path(SERVER).read_text()), signal.SIGTERM)


def quick_start(readme, without=()):
    """Follow it until the route is seen. Returns its blocks."""
    steps = blocks(readme)
    look = steps.pop("look")
    run("\n".join(text for name, text in steps.items() if name not in without))
    wait_for(route, f"{PREFIX} in BIRD")
    seen = subprocess.run(["bash", "-euc", look], check=True, stdout=subprocess.PIPE, text=True).stdout
    print(seen)
    if not re.search(r"^\s*web\b.*\bup\b", seen, re.MULTILINE) or PREFIX not in seen:
        raise Failure("the last block does not show the check and its route")
    return steps


def service_restart(steps):
    """The service ends: the route leaves; it is back: so is the route."""
    server_stop()
    wait_for(lambda: not route(), f"{PREFIX} leaving BIRD")
    say("the service ended, and the route left")
    run(next(line for line in steps["start"].splitlines() if line.startswith("python3 ")))
    wait_for(route, f"{PREFIX} in BIRD again")
    say("the service is back, and so is the route")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("readme", type=pathlib.Path)
    parser.add_argument("--without", default="", help="blocks to leave out, with commas between them")
    arguments = parser.parse_args()
    try:
        service_restart(quick_start(arguments.readme, arguments.without.split(",")))
        server_stop()
    except Failure as failure:
        print(output("journalctl", "--no-pager", "-n", "60"))
        sys.exit(f"quickstart: {failure}")
    say("the quick start works")


if __name__ == "__main__":
    main()
