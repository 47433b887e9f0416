"""
Deaths that no test may overlook. A worker that crashes is replaced, so that the test's subject goes on as
if nothing were: exacheck's own lines about its children, and what a sanitizer wrote, tell of it.
"""
import re
import signal

# Signals that mean a defect, or a system call that the sandbox refuses.
CRASHES = {getattr(signal, name).value: name
           for name in ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGSYS", "SIGTRAP", "SIGXCPU", "SIGXFSZ")}
SHOWN = 200  # lines: a sanitizer's report is long
ENDED = re.compile(r"\bended by (SIG[A-Z0-9]+)")
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|\bruntime error: |WARNING: \w+Sanitizer")


def crashes(lines, expected=()):
    """The lines that tell of a crash; expected: names of signals."""
    found = []
    for line in lines:
        if SANITIZER.search(line):
            found.append(line)
        ended = ENDED.search(line)
        if ended and ended[1] in CRASHES.values() and ended[1] not in expected:
            found.append(line)
    return found


def assert_no_crash(lines, exit_code=0, expected=()):
    """exit_code: as subprocess tells it, negative for a signal; None: not known."""
    found = crashes(lines, expected)
    name = CRASHES.get(-(exit_code or 0))
    if name and name not in expected:
        found.append(f"exacheck ended by {name}")
    assert not found, "\n".join(["a process crashed:", *found, "all that was said:", *lines[-SHOWN:]])
