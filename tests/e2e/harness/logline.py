"""
Lines that exacheck writes to stderr. The one form of a transition:
TIME LEVEL NAME: OLD -> NEW: CODE REASON (TEXT) in N ms; ROUTES
"""
import re
from dataclasses import dataclass
from datetime import datetime

LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (error|warning|info|success|debug|trace) (.*)")
TRANSITION = re.compile(
    r"(?P<check>.+?): (?P<old>[a-z]+(?: \(\d+/\d+\))?) -> (?P<new>[a-z]+(?: \(\d+/\d+\))?)"
    r"(?:: (?P<code>pass|fail|error) (?P<reason>[a-z_-]+)(?: \((?P<text>.*)\))?"
    r"(?: in (?P<ms>[\d.]+) ms)?)?(?:[;:] (?P<routes>.*))?"
)


@dataclass
class Transition:
    """One change of a check's state; code and what follows only when a result was its cause."""

    when: float  # at which it was read
    said: float  # the program's own time of day
    level: str
    check: str
    old: str
    new: str
    code: str | None
    reason: str | None
    text: str
    milliseconds: float | None
    routes: str

    @property
    def state(self):
        return self.new.split(" ")[0]


def parse_transition(line, when):
    """The transition in a log line, None when it is another line."""
    outer = LINE.fullmatch(line)
    inner = TRANSITION.fullmatch(outer[3]) if outer else None
    if not inner:
        return None
    return Transition(
        when, datetime.fromisoformat(outer[1].replace("Z", "+00:00")).timestamp(), outer[2],
        inner["check"], inner["old"], inner["new"], inner["code"], inner["reason"],
        inner["text"] or "", float(inner["ms"]) if inner["ms"] else None, inner["routes"] or "",
    )
