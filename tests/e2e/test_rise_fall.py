"""
Exactly `rise` passes announce and exactly `fall` failures withdraw, for every method, at a service that
counts the executions itself and whose n-th execution passes or fails as a script says.
"""
import time

import pytest

from harness.config import check, config, prefix
from harness.scripted import SCRIPTED
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

INTERVAL = 0.5  # half of which the witness, or who changes the service, may be late on a busy machine
NUMBERS = (1, 2, 3)


def outcomes(rise, fall):
    """Near misses first, then the real thing, in both directions, twice."""
    almost_up = "P" * (rise - 1) + "F"
    almost_down = "F" * (fall - 1) + "P" if fall > 1 else ""
    return almost_up + "P" * rise + almost_down + "F" * fall + almost_up + "P" * rise


def expected_changes(script, rise, fall):
    """Plain reckoning, independent of the product: (up, number of executions that led to it)."""
    announced, passes, failures, changes = False, 0, 0, []
    for number, result in enumerate(script, 1):
        passes, failures = (passes + 1, 0) if result == "P" else (0, failures + 1)
        if not announced and passes >= rise:
            announced = True
            changes.append((True, number))
        elif announced and failures >= fall:
            announced = False
            changes.append((False, number))
    return changes


def changes(run, check_name):
    """(time, up) of each change of a check that its route follows, as exacheck's own clock has it."""
    found, shift = [], time.monotonic() - time.time()
    for told in run.transitions:
        up = told.state == "up"
        if told.check == check_name and told.state in ("up", "down") and up != bool(found and found[-1][1]):
            found.append((told.said + shift, up))
    return found


@pytest.mark.parametrize("method", sorted(SCRIPTED))
def test_exact(method, start, directory, keep, request):
    on_the_wire = method in ("icmp", "tcp")  # where nobody but a sniffer sees every execution
    namespace = request.getfixturevalue("namespace") if on_the_wire else None
    services, checks = {}, []
    for number in NUMBERS:
        script = outcomes(rise=number, fall=number)
        services[number] = keep(SCRIPTED[method](script, namespace, directory))
        checks.append(check(f"{method} {number}", {"timeout": 2, **services[number].args}, prefixes=[prefix(number)],
                            rise=number, fall=number, interval=INTERVAL, splay=True))
    run = start(config(*checks), wrapper=namespace.enter_argv() if namespace else ())
    for number in NUMBERS:
        script = services[number].script
        expected = expected_changes(script.outcomes, number, number)
        run.wait_for(lambda: len(run.rib.changes_of(prefix(number))) >= len(expected), 60,
                     f"{len(expected)} changes of {method} {number} (saw {script.seen})")
        # The witness may be a moment behind exacheck.
        wait_until(lambda: len(script.seen) >= expected[-1][1], what="the last execution")
        assert [up for _, up in run.rib.changes_of(prefix(number))] == [up for up, _ in expected], run.story()
        # An execution and what follows from it are a millisecond apart; the next is an interval away.
        actual = [(up, script.count_until(when + INTERVAL / 2)) for when, up in changes(run, f"{method} {number}")]
        assert actual == expected, f"{script.outcomes}: {script.seen}\n{run.story()}"
