#!/usr/bin/python3
"""
make lifecycle: what must survive reloads, kills, restarts of ExaBGP and upgrades, against a real ExaBGP and a real
BIRD. Each test prints how long it took; LIFECYCLE_SEED= plays a run again, as far as it can be.
"""
import argparse
import contextlib
import pathlib
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "chaos")]

import ending  # noqa: E402
import kills  # noqa: E402
import reloads  # noqa: E402
import restarts  # noqa: E402
import upgrades  # noqa: E402
from harness import driver  # noqa: E402

STORY_LIMIT = 30  # complaints shown


def make_acts(options):
    """name -> function of an ExitStack that returns what has complaints, notes and a story."""
    return {
        "reloads": lambda stack: reloads.perform(stack, options.seed, options.reloads),
        "kills": lambda stack: kills.perform(stack, options.seed, options.kills),
        "restarts": lambda stack: restarts.perform(stack, options.seed),
        "upgrades": lambda stack: upgrades.perform(stack, options.seed),
        "ending": ending.perform,
    }


def perform(name, act):
    """One test; returns whether it was well, and prints what was not."""
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        scene = act(stack)
    seconds = time.monotonic() - begin
    for note in scene.notes:
        print(f"lifecycle: {name}: {note}")
    for complaint in scene.complaints[:STORY_LIMIT]:
        print(f"lifecycle: {name}: WRONG: {complaint}")
    if scene.complaints:
        print("\n".join(scene.ending))
    print(f"lifecycle: {name}: {'ok' if not scene.complaints else 'FAILED'} in {seconds:.1f} s", flush=True)
    return not scene.complaints


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--reloads", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("only", nargs="*", help="names of tests; default: all")
    return driver.options(parser)


def main():
    options = arguments()
    driver.begin()
    print(f"lifecycle: seed {options.seed}", flush=True)
    acts = make_acts(options)
    unknown = set(options.only) - acts.keys()
    if unknown:
        sys.exit(f"no such test: {', '.join(unknown)}; there are {', '.join(acts)}")
    well = [perform(name, act) for name, act in acts.items() if not options.only or name in options.only]
    if not all(well):
        print(f"lifecycle: to play it again: LIFECYCLE_SEED={options.seed}")
    sys.exit(0 if all(well) else 1)


if __name__ == "__main__":
    main()
