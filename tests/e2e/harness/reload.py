"""
Reloads of a running exacheck: another configuration in its file, a word that it was taken, and what that said.
"""
import json
import os
import signal
import time

from .config import at_level

QUIET = 0.15  # seconds without a line: what a reload says, it says at once


def text_of(document):
    return document if isinstance(document, str) else json.dumps(at_level(document), indent=1)


def write(run, document):
    """In place, as an editor that does not rename."""
    run.path.write_text(text_of(document))


def replace(path, document):
    """By rename, as most editors do."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text_of(document))
    os.rename(temporary, path)


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
    """Write and signal; returns the line of the log that says what was taken."""
    write(run, document)
    before = len(reloads(run)), len(refusals(run))
    run.process.send_signal(signal.SIGHUP)
    run.wait_for(lambda: (len(reloads(run)), len(refusals(run))) != before, what="a word on the reload")
    assert len(refusals(run)) == before[1], run.story()
    return reloads(run)[-1]


def said(run, document):
    """Reload; returns the commands that it led to."""
    since = settle(run)
    reload(run, document)
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
