"""Waiting for something to become true, with a limit, telling what did not happen."""
import time


class Timeout(AssertionError):
    pass


def wait_until(predicate, timeout=20.0, what="condition", pause=0.01):
    """Poll until predicate() is true; returns its value."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Timeout(f"{what}: not within {timeout} s")
        time.sleep(pause)
