"""
Reloads of a running exacheck: another configuration in its file, a word that it was taken, and what that said.
"""
import contextlib
import json
import os
import signal
import time

from .config import for_test
from .wait import Timeout

QUIET = 0.15  # seconds without a line: what a reload says, it says at once


def text_of(document, directory):
    """A file's text; directory: of the run that is to read it."""
    return document if isinstance(document, str) else json.dumps(for_test(document, directory), indent=1)


def write(run, document):
    """In place, as an editor that does not rename."""
    run.path.write_text(text_of(document, run.directory))


def replace(run, document):
    """By rename, as most editors do."""
    temporary = run.path.with_name(run.path.name + ".new")
    temporary.write_text(text_of(document, run.directory))
    os.rename(temporary, run.path)


def reloads(run):
    """Lines of the log about reloads that were taken."""
    return run.logged("info reloaded ")


def refusals(run):
    return run.logged("was not reloaded")


def commands(run, since):
    """Commands after that many lines of standard output."""
    return [line.text for line in run.lines[since:] if line.text.split(" ")[0] in ("announce", "withdraw", "neighbor")]


def settle(run):
    """Wait until nothing is said; returns how many lines there are."""
    while True:
        count = len(run.lines)
        time.sleep(QUIET)
        if len(run.lines) == count:
            return count


def reload(run, document):
    """Replace and signal; returns the line of the log that says what was taken."""
    replace(run, document)  # a signal sent before may be served while this is written
    before = len(reloads(run)), len(refusals(run))
    run.process.send_signal(signal.SIGHUP)
    run.wait_for(lambda: (len(reloads(run)), len(refusals(run))) != before, what="a word on the reload")
    assert len(refusals(run)) == before[1], run.story()
    return reloads(run)[-1]


def said(run, document, count=0):
    """Reload; returns the commands that it led to: at least so many, as one may wait for the answer to another."""
    since = settle(run)
    reload(run, document)
    with contextlib.suppress(Timeout):
        run.wait_for(lambda: len(commands(run, since)) >= count)
    settle(run)
    return commands(run, since)


def refused(run, document=None):
    """A reload that must be refused; returns what the log says from the signal on."""
    if document is not None:
        write(run, document)
    before, lines = len(refusals(run)), len(run.log)
    run.process.send_signal(signal.SIGHUP)
    run.wait_for(lambda: len(refusals(run)) > before, what="a refusal")
    return [line.text for line in run.log[lines:]]
