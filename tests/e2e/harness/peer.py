"""
Stand-ins for ExaBGP at the other end of exacheck's stdin and stdout: each says what it answers to a line.
"""
import json


class ExaBGP:
    """ExaBGP 4.2.21: text answers, `done` for every command."""

    dialect = "v4"
    version = "exabgp 4.2.21"
    acks = True

    def answer(self, line):
        """Lines to write back for one line read."""
        if line == "":
            return ["error"] if self.acks else []  # what ExaBGP says to the newline that opens
        if line in ("system version", "version"):
            return [self.version] + (["done"] if self.acks else [])
        return self.answer_command(line)

    def answer_command(self, line):
        return ["done"] if self.acks else []


class ExaBGP5(ExaBGP):
    version = "exabgp 5.0.8"


class ExaBGP6(ExaBGP):
    """The coming major version: JSON version answer, `peer` instead of `neighbor`."""

    dialect = "v6"
    version = json.dumps({"version": "6.0.0-dev", "application": "exabgp"})
    neighbors = ("192.0.2.7", "2001:db8::7")

    def answer(self, line):
        if line == "peer list":
            return [json.dumps([{"peer-address": address, "state": "established"} for address in self.neighbors]),
                    "done"]
        return super().answer(line)


class ExaBGP6Text(ExaBGP):
    """The coming major version, told to speak the old interface."""

    version = "exabgp 6.0.0"


class NoAcks(ExaBGP):
    """exabgp.api.ack=false."""

    acks = False


class Mute(ExaBGP):
    """Somebody who never answers: a pipe, a test."""

    def answer(self, line):
        return []


class Refusing(ExaBGP):
    """Refuses the first `times` commands that hold `word`."""

    def __init__(self, word, times, with_message=False):
        self.word, self.times, self.with_message = word, times, with_message

    def answer_command(self, line):
        if self.word in line and self.times > 0:
            self.times -= 1
            return ["error: no such thing", "error"] if self.with_message else ["error"]
        return ["done"]


class FallsSilent(ExaBGP):
    """Answers until `silent` is set."""

    silent = False

    def answer(self, line):
        return [] if self.silent else super().answer(line)


class Forgetful(ExaBGP):
    """Loses the answer to the first `times` commands that hold `word`."""

    def __init__(self, word, times):
        self.word, self.times = word, times

    def answer_command(self, line):
        if self.word in line and self.times > 0:
            self.times -= 1
            return []
        return ["done"]
