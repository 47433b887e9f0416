"""
What must hold of a run, judged after it from the log lines, the replayed routes and what the services were.
Every function returns complaints, (check or None, text), none of them when all is well.
"""
import calendar
import collections
import re
import time
from dataclasses import dataclass

GRACE = 0.25  # seconds past its timeout in which a result may still come, as the supervisor grants it
RISE, FALL = 2, 2
BIN = 0.02  # seconds
# Why an execution failed for which the service cannot be blamed.
HARMED = {"lease", "died", "violation", "spawn"}

OUTCOME = re.compile(
    r"(?P<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(?P<ms>\d{3})Z [a-z]+ (?P<check>[^:]+): "
    r"(?:[a-z]+(?: \(\d+/\d+\))? -> )?(?P<state>[a-z]+)(?: \(\d+/\d+\))?: (?P<code>pass|fail|error) "
    r"(?P<reason>[a-z_-]+) \(.* in (?P<took>[\d.]+) ms(?:; .*)?")


@dataclass
class Outcome:
    when: float  # as exacheck says, on the monotonic clock
    begun: float  # the execution; without one, the grid point itself
    state: str
    code: str
    reason: str


@dataclass
class Subject:
    """A check and what is known of it."""

    name: str
    service: object
    prefix: str
    spared: bool  # nobody harmed its worker

    @property
    def lease(self):
        return self.service.timeout + GRACE


def read_outcomes(lines, shift):
    """check -> its outcomes, from log lines; shift: what to add to the time of day."""
    found = {}
    for line in lines:
        match = OUTCOME.fullmatch(line.text)
        if match:
            seconds = calendar.timegm(time.strptime(match["stamp"], "%Y-%m-%dT%H:%M:%S")) + int(match["ms"]) / 1000
            when = seconds + shift
            found.setdefault(match["check"], []).append(
                Outcome(when, when - float(match["took"]) / 1000, match["state"], match["code"], match["reason"]))
    return found


def grid_phase(outcomes, interval):
    """Where in the interval the grid's points lie: nearly all executions begin there, none before."""
    bins = collections.Counter(int(outcome.begun % interval / BIN) for outcome in outcomes)
    return bins.most_common(1)[0][0] * BIN


def judge_grid(subject, outcomes, late):
    """
    No lease was missed: since an outcome is due before the next grid point, every grid point has one, and only
    one. A late worker's result may stand for the grid point at which its execution began or for one at which it
    ended. One that is missing is excused when the machine was late by then; returns (complaints, excused).
    """
    interval = subject.service.interval
    if len(outcomes) < 2:
        return [(subject.name, f"{len(outcomes)} outcomes in all")], 0
    origin = grid_phase(outcomes, interval) - (interval - subject.lease) / 2
    complaints, excused, number = [], 0, None
    for before, outcome in zip([None, *outcomes], outcomes):
        first, last = ((when - origin) // interval for when in (outcome.begun, outcome.when))
        if number is None or first <= number + 1 <= last:
            number = first if number is None else number + 1
            continue
        if late(outcome.begun - 2 * interval, outcome.when + interval) > (interval - subject.lease) / 3:
            excused += 1
        else:
            complaints.append((subject.name, f"{first - number - 1:.0f} grid points without an outcome between "
                               f"{before} and {outcome}"))
        number = first
    return complaints, excused


def announced_spans(run, prefix, end):
    spans, since = [], None
    for when, up in run.rib.changes_of(prefix):
        if up:
            since = when
        elif since is not None:
            spans.append((since, when))
            since = None
    return spans + ([(since, end)] if since is not None else [])


def overlaps(spans, begin, end):
    return [(max(begin, a), min(end, b)) for a, b in spans if max(begin, a) < min(end, b)]


def judge_announced(subject, announced, end, margin):
    """Never announced when its service has been down for longer than finding it out may take."""
    bound = FALL * subject.service.interval + subject.lease + margin
    return [(subject.name, f"announced {b - a:.2f} s after the {bound:.2f} s in which a service that was down from "
             f"{since:.2f} to {until:.2f} must be withdrawn")
            for since, until in subject.service.spans(False, end)
            for a, b in overlaps(announced, since + bound, until)]


def judge_spared(subject, outcomes, announced, end, margin, late):
    """A check that nobody harmed has no failure but its service's, and is announced while that is up."""
    bound = RISE * subject.service.interval + subject.lease + margin
    # none is spared at the end
    harmed = [outcome for outcome in outcomes if outcome.reason in HARMED and outcome.when < end]
    complaints = [(subject.name, f"unharmed, and yet {outcome}") for outcome in harmed
                  if late(outcome.when - 2 * subject.lease, outcome.when + GRACE) < GRACE / 2]
    for since, until in subject.service.spans(True, end):
        wanted = max(0.0, until - since - bound)
        covered = sum(b - a for a, b in overlaps(announced, since + bound, until))
        if wanted - covered > 0.001:
            complaints.append((subject.name, f"unharmed, up from {since:.2f} to {until:.2f}, and not announced for "
                               f"{wanted - covered:.2f} s of it"))
    return complaints
