"""
How late this machine is: a thread that wants to wake up every few milliseconds notes when it did not. Bounds on the
time that something may take are for a machine that has the time.
"""
import threading
import time

STEP = 0.02  # seconds
found = []  # (time, seconds), only what is worth mentioning


def watch():
    while True:
        before = time.monotonic()
        time.sleep(STEP)
        now = time.monotonic()
        if now - before > 1.5 * STEP:
            found.append((now, now - before - STEP))


def start():
    threading.Thread(target=watch, daemon=True).start()


def total(begin):
    """Seconds by which it was late since a time, in all."""
    return sum(seconds for when, seconds in list(found) if when >= begin)


def worst(begin):
    """The longest of them."""
    return max((seconds for when, seconds in list(found) if when >= begin), default=0.0)
