#!/usr/bin/python3
"""
make chaos: workers and spawners of a running exacheck get KILL, TERM, STOP and CONT at random while the
services of their checks come and go. Afterwards the routes must be the truth, and what must hold all the time
must have held. A quarter of the checks is never harmed: those must not notice anything.
"""
import argparse
import contextlib
import os
import pathlib
import random
import re
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import judge  # noqa: E402
from harm import Harmer, children  # noqa: E402
from harness import driver, paths  # noqa: E402
from harness.exacheck import Exacheck  # noqa: E402
from harness.network import Namespace  # noqa: E402
from harness.wait import Timeout  # noqa: E402
from services import make_services  # noqa: E402
from watch import Inventory, Watcher  # noqa: E402

HARM_PERIOD = 0.1  # seconds
UP_SECONDS, DOWN_SECONDS = (2.0, 12.0), (0.3, 9.0)  # how long a service stays so
START_LIMIT = 120.0
BACKOFF_MAX = 60.0  # seconds: the longest that exacheck waits before it replaces what died
REST = 5.0  # seconds in which nothing may change any more
# kB: growth of a supervisor's memory from the first half to the end, where what had waited for stopped helpers has left
# holes, and of all that spared workers hold, per worker
SUPERVISOR_GROWTH, WORKER_GROWTH = 1024, 64
WORKERS_SHARE = 0.1  # by which all workers together may grow, replaced ones among them
STORY = 60  # lines
LOST = re.compile(r"^\d+ lines? w(?:as|ere) lost")  # exacheck-log's own


def prefix(number):
    return f"198.18.{number // 256}.{number % 256}/32"


class Chaos:
    """One run: start, play, settle, judge. What is wrong is collected in `complaints`: (check or None, text)."""

    def __init__(self, stack, seed, checks, seconds, build):
        self.seed, self.seconds = seed, seconds
        self.complaints, self.notes = [], []
        # three streams, so that what the processes do does not change what the services do
        self.dice = {name: random.Random(f"{seed} {name}") for name in ("services", "harm", "checks")}
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="exacheck-chaos-"))
        self.directory.chmod(0o755)
        stack.callback(shutil.rmtree, self.directory)
        self.namespace = self.make_namespace(stack)
        self.services = []
        self.subjects = []
        for service, count in make_services(checks, self.namespace, self.directory):
            stack.callback(service.close)
            self.services.append(service)
            for _ in range(count):
                number = len(self.subjects)
                self.subjects.append(judge.Subject(f"{service.method} {number}", service, prefix(number), False))
        for subject in self.dice["checks"].sample(self.subjects, len(self.subjects) // 4):
            subject.spared = True
        self.spared = {subject.name for subject in self.subjects if subject.spared}
        wrapper = self.namespace.enter_argv() if self.namespace else ()
        self.run = Exacheck(self.directory, self.configuration(), wrapper=wrapper, build=build)
        stack.callback(self.end)
        self.harmer = Harmer(self.run.pid, self.dice["harm"], self.spared)
        self.watcher = Watcher(self.run.pid)
        self.finished = False

    @staticmethod
    def make_namespace(stack):
        """Loopback addresses and ports of our own, where we may have them."""
        if os.geteuid() != 0:
            return None
        namespace = Namespace()
        stack.callback(namespace.close)
        namespace.write_sysctl("net/ipv4/ping_group_range", "0 2147483647")
        return namespace

    def configuration(self):
        return {
            "logging": [{"method": "file", "destination": str(self.directory / "log"),
                         "formatter": "{level.name}|{extra[check_name]}|{message}"}],
            "notifications": [{"name": "nobody", "url": "json://127.0.0.1:9/", "general_events": True}],
            "checks": [
            {"name": subject.name, "prefixes": [subject.prefix], "nexthop": "self", "rise": judge.RISE,
             "fall": judge.FALL, "interval": subject.service.interval,
             "args": {"method": subject.service.method, "timeout": subject.service.timeout,
                      **subject.service.args(number)}}
            for number, subject in enumerate(self.subjects)]}

    def complain(self, text, check=None):
        self.complaints.append((check, text))

    # The acts

    def flaps(self, begin):
        """(time, service, way) until the end, in order; the last of each service is how it stays."""
        dice, found = self.dice["services"], []
        for service in self.services:
            when, up = begin + dice.uniform(0, UP_SECONDS[1]), True
            while when < begin + self.seconds:
                up = not up
                found.append((when, service, None if up else dice.choice(service.ways)))
                when += dice.uniform(*(UP_SECONDS if up else DOWN_SECONDS))
        return sorted(found, key=lambda flap: flap[0])

    def truth(self):
        return {subject.prefix for subject in self.subjects if subject.service.way is None}

    def play(self):
        """The chaos itself."""
        begin = time.monotonic()
        flaps = self.flaps(begin)
        strike = begin
        while (now := time.monotonic()) < begin + self.seconds:
            if self.run.process.poll() is not None:
                raise Timeout(f"exacheck ended by itself with {self.run.process.returncode}")
            if flaps and flaps[0][0] <= now:
                _, service, way = flaps.pop(0)
                service.turn(way)
            elif strike <= now:
                self.harmer.strike()
                strike = max(strike + HARM_PERIOD, now)
            else:
                time.sleep(max(0.0, min([strike] + [flap[0] for flap in flaps[:1]]) - now))
        self.harmer.calm()
        return time.monotonic()

    def settle(self, before):
        """Nothing changes any more: the routes become the truth, and everything is as it was."""
        slowest = max(service.interval + service.timeout for service in self.services)
        limit = BACKOFF_MAX + (judge.RISE + 1) * slowest + judge.GRACE + self.margin()
        self.run.wait_for(lambda: self.run.rib.prefixes() == self.truth() and self.all_alive(), limit,
                          "the truth after the chaos")
        settled = time.monotonic()
        time.sleep(REST)
        if self.run.rib.prefixes() != self.truth():
            self.complain(f"not at rest: {self.run.rib.prefixes() ^ self.truth()}")
        after = self.inventory_like(before)
        for text in after.differences(before):
            self.complain(text)
        if before.descriptors is None:
            self.notes.append("not root: descriptors and memory were not looked at")
        self.judge_memory(before, after)
        return settled

    def all_alive(self):
        return len(Inventory(self.run.pid, ()).workers) == len(self.subjects)

    def inventory_like(self, before):
        """What is there now; looked at again for a while if it is not as before, as a worker may just be replaced."""
        deadline = time.monotonic() + 20
        while (after := Inventory(self.run.pid, self.spared)).differences(before) and time.monotonic() < deadline:
            time.sleep(0.5)
        return after

    def end_under_fire(self):
        """SIGTERM while some workers and spawners are stopped and some just died."""
        dice = self.dice["harm"]
        for pid in dice.sample(sorted(children(self.run.pid)), min(20, len(self.subjects) // 3)):
            self.harmer.send(pid, dice.choice([signal.SIGSTOP, signal.SIGSTOP, signal.SIGKILL]), spare=False)
        self.end()

    def end(self):
        """The harness's own judgement: stdout whole commands, ended in time, all withdrawn, nothing left."""
        if not self.finished:
            self.finished = True
            try:
                self.run.finish()
            except AssertionError as error:
                self.complain("; ".join(str(error).splitlines()[:3]))

    # The judgement

    def margin(self):
        return 1.0 + 2 * self.watcher.worst(0, time.monotonic())

    def judge_memory(self, before, after):
        """Flat: the most that the supervisor had in its last quarter is what it had in its second, or nearly."""
        samples = [kilobytes for _, kilobytes in self.watcher.memory]
        quarter = len(samples) // 4
        early, late = max(samples[quarter:2 * quarter], default=0), max(samples[3 * quarter:], default=0)
        self.notes.append(f"memory of the supervisor {early} -> {late} kB, of the workers {before.memory} -> "
                          f"{after.memory} kB, of the spared ones among them {sum(before.spared.values())} -> "
                          f"{sum(after.spared.values())} kB")
        if paths.SANITIZED:
            self.notes.append("built with sanitizers, which keep freed memory: its growth was not judged")
            return
        if late > early + SUPERVISOR_GROWTH:
            self.complain(f"the supervisor's memory grew from {early} to {late} kB")
        if after.memory > before.memory * (1 + WORKERS_SHARE):
            self.complain(f"the workers' memory grew from {before.memory} to {after.memory} kB")
        for name, kilobytes in after.spared.items():
            if kilobytes > before.spared.get(name, 0) + WORKER_GROWTH:
                self.complain(f"its memory grew from {before.spared.get(name, 0)} to {kilobytes} kB", name)

    def judge_log(self):
        """What is in the file was said, in this order, and once; what is missing was on its way to one that was killed."""
        said = iter([line.text.split(" ", 1)[1] for line in self.run.log])
        count = 0
        for line in (self.directory / "log").read_text().splitlines():
            level, name, text = line.split("|", 2)
            if LOST.search(text):
                continue
            count += 1
            if f"{level.lower()} {'' if name == 'MASTER' else name + ': '}{text}" not in said:
                self.complain(f"line {count} of the log's file is not the next of those that were said: {line}")
                return
        self.notes.append(f"{count} lines in the log's file")

    def judge(self, begin, end):
        run, late = self.run, self.watcher.worst
        margin = self.margin()
        shift = time.monotonic() - time.time()
        outcomes = judge.read_outcomes([line for line in run.log if line.when >= begin], shift)
        excused = 0
        for subject in self.subjects:
            seen = outcomes.get(subject.name, [])
            announced = judge.announced_spans(run, subject.prefix, end)
            complaints, count = judge.judge_grid(subject, seen, late)
            excused += count
            self.complaints += complaints + judge.judge_announced(subject, announced, end, margin)
            if subject.spared:
                self.complaints += judge.judge_spared(subject, seen, announced, end, margin, late)
        if run.logged("log lines were lost"):
            self.complain("log lines were lost: what happened is not known")
        for line in run.logged("(violation)") + run.logged("broke the protocol"):
            self.complain(f"nobody breaks the protocol here, and yet: {line}")
        for pid, seconds in self.watcher.unreaped.items():
            self.complain(f"pid {pid} was dead for {seconds:.1f} s and not reaped")
        self.judge_log()
        total = sum(map(len, outcomes.values()))
        harmed = sum(outcome.reason in judge.HARMED for seen in outcomes.values() for outcome in seen)
        changes = sum(len(service.times) - 1 for service in self.services)
        self.notes.append(f"{len(self.harmer.harms)} signals, {changes} changes of services, {total} outcomes of which "
                          f"{harmed} for harm, {len(run.rib.commands)} commands")
        self.notes.append(f"the machine was late by {late(0, end) * 1000:.0f} ms at most; {excused} grid points "
                          f"excused for that")

    def perform(self):
        try:
            self.run.wait_for(lambda: len(self.run.rib.routes) == len(self.subjects), START_LIMIT, "every route")
        except Timeout as error:
            self.complain(str(error).splitlines()[0])
            return
        time.sleep(2 * max(service.interval for service in self.services))
        before = Inventory(self.run.pid, self.spared)
        self.watcher.start()
        begin = time.monotonic()
        try:
            over = self.play()
            settled = self.settle(before)
            self.notes.append(f"settled {settled - over:.1f} s after the chaos")
        except Timeout as error:
            self.complain(str(error).splitlines()[0])
            self.complain_of_untruth()
        end = time.monotonic()
        self.watcher.stop()
        self.end_under_fire()
        self.judge(begin, end)

    def complain_of_untruth(self):
        announced = self.run.rib.prefixes()
        for subject in self.subjects:
            up = subject.service.way is None
            if (subject.prefix in announced) != up:
                self.complain(f"its service is {'up' if up else 'down'} and its route "
                              f"{'announced' if not up else 'not announced'}", subject.name)

    # The report

    def story(self, name):
        """All that is known about one check, its last lines."""
        run, subject = self.run, next(subject for subject in self.subjects if subject.name == name)
        words = (f" {name}: ", f"method {subject.service.method} ")
        lines = [(x.when, x.text) for x in run.log if any(word in x.text for word in words)]
        lines += [(x.when, f"stdout: {x.text}") for x in run.lines if f" {subject.prefix}" in x.text]
        lines += [(x.when, f"chaos: {x}") for x in self.harmer.harms if x.subject in (name, subject.service.method)]
        lines += [(since, f"chaos: {subject.service.name} is {way or 'up'}") for since, _, way in subject.service.times]
        return [f"{when:12.3f} {text[:300]}" for when, text in sorted(lines)]

    def report(self):
        parts = [f"chaos: {text}" for text in self.notes]
        if self.complaints:
            parts += [f"chaos: WRONG: {check + ': ' if check else ''}{text}" for check, text in self.complaints[:40]]
            parts.append(f"chaos: {len(self.complaints)} complaints in all")
            for name in list(dict.fromkeys(check for check, _ in self.complaints if check))[:3]:
                parts += [f"--- the story of {name}:", *self.story(name)[-STORY:]]
            parts += ["--- the end of the log:", self.run.story(STORY)]
            parts.append(f"chaos: to play it again: CHAOS_SEED={self.seed} CHAOS_SECONDS={self.seconds:g} "
                         f"CHAOS_CHECKS={len(self.subjects)}")
        return "\n".join(parts)

    def everything(self):
        """All stories in one."""
        return "\n".join(sorted({line for subject in self.subjects for line in self.story(subject.name)}))


def perform(seed, checks, seconds, build=paths.BUILD, log=None):
    """One run; returns (complaints, report). log: a file for all that was seen."""
    with contextlib.ExitStack() as stack:
        chaos = Chaos(stack, seed, checks, seconds, build)
        chaos.perform()
    if log:
        pathlib.Path(log).write_text(chaos.everything())
    return chaos.complaints, chaos.report()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--seconds", type=float, default=120.0, help="of chaos; settling comes after it")
    parser.add_argument("--checks", type=int, default=200)
    parser.add_argument("--log", help="a file for everything that was seen")
    return driver.options(parser)


def main():
    options = arguments()
    driver.begin()
    print(f"chaos: seed {options.seed}, {options.checks} checks, {options.seconds:g} s", flush=True)
    complaints, report = perform(options.seed, options.checks, options.seconds, log=options.log)
    print(report)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
