"""The programs that are compared, each run as it is meant to be and answered as ExaBGP answers.

exacheck, and any program that takes its configuration, is one process tree (Supervised); ExaBGP's own healthcheck
is one process a check, started again when it ends, as ExaBGP does (Herd). Touches the processes it starts and a
directory.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import time

import processes
from subject import FakeExabgp, Subject

HEALTHCHECK = ["/usr/bin/python3", "-m", "exabgp", "healthcheck", "--no-ip-setup", "--no-syslog", "--withdraw-on-down"]
TICK_NS = 10**9 // os.sysconf("SC_CLK_TCK")
POLL_S = 0.005
EXIT_LIMIT_S = 15


def check(number, command, **keys):
    """What every contender is told of a check. args: exacheck's own method instead of the command."""
    return dict({"prefix": "10.2.0.%d/32" % number, "command": command, "args": None, "rise": 1, "fall": 1,
                 "metric": 100, "timeout": 2}, **keys)


def process_of_check(members):
    """The one of them that bears the name of the first check, as entries() has it; None if there is none."""
    return next((member for member in members if "check-0" in processes.command_line(member)), None)


class Run:
    """What can be said of either kind of run; streams are what each process tells ExaBGP."""

    def events(self):
        """Every announce and withdraw so far, in order: (ns, verb, prefix)."""
        return sorted(event for stream in self.streams() for event in list(stream.events))

    def await_event(self, verb, prefix, after_ns, limit_s):
        """ns of the first such event after that moment; None if there is none in time."""
        limit = time.monotonic() + limit_s
        while True:
            for at, what, where in self.events():
                if at > after_ns and (what, where) == (verb, prefix):
                    return at
            if time.monotonic() > limit:
                return None
            self.tend()
            time.sleep(POLL_S)

    def fall_silent(self):
        """ExaBGP answers no command any more."""
        for stream in self.streams():
            stream.answers = None

    def usage(self):
        """{(pid, start): ns of CPU} of the processes there are, with the children that each has waited for."""
        members = self.present()
        own, found = processes.cpu_ns(members), {}
        for process in members:
            try:
                waited = sum(processes.children_ticks(process.pid)) * TICK_NS
            except OSError:
                continue
            if process.pid in own:
                found[process.pid, process.start] = own[process.pid] + waited
        return found


class Supervised(Subject, Run):
    """One program for all checks, with exacheck's configuration."""

    def __init__(self, command, directory, checks):
        self.directory, self.path = directory, os.path.join(directory, "bench.yaml")
        super().__init__(command, directory, self.entries(checks))
        self.count = len({one["prefix"] for one in checks})

    @staticmethod
    def entries(checks):
        return [{"name": "check-%d" % number, "prefixes": [one["prefix"]], "interval": 1, "metric": one["metric"],
                 "args": dict(one["args"] or {"method": "shell", "command": one["command"]}, timeout=one["timeout"]),
                 "rise": one["rise"], "fall": one["fall"]} for number, one in enumerate(checks)]

    def streams(self):
        return [self.exabgp]

    def tend(self):
        """Nothing: it looks after its processes itself."""

    def present(self):
        return self.tree()

    def victim(self):
        """The process of the only check."""
        return process_of_check(self.tree()).pid

    def change(self, checks):
        """Another configuration in place of this one."""
        with open(self.path) as file:
            document = json.load(file)
        document["checks"] = self.entries(checks)
        with open(self.path + ".new", "w") as file:
            json.dump(document, file, indent=1)
        os.rename(self.path + ".new", self.path)
        self.process.send_signal(signal.SIGHUP)

    def unread(self):
        """Bytes of answers that nobody has read."""
        return processes.unread(self.process.stdin.fileno())


class Herd(Run):
    """ExaBGP's healthcheck, a process for each check; a context manager that ends them."""

    def __init__(self, directory, checks):
        self.directory = directory
        self.log = open(os.path.join(directory, "healthcheck.log"), "wb")
        self.running, self.all = [], []
        for one in checks:
            self.begin(one)

    @staticmethod
    def argv(one):
        return [*HEALTHCHECK, "--interval", "1", "--fast-interval", "1", "--timeout", str(one["timeout"]),
                "--rise", str(one["rise"]), "--fall", str(one["fall"]), "--up-metric", str(one["metric"]),
                "--ip", one["prefix"], "--cmd", one["command"]]

    def begin(self, one):
        process = subprocess.Popen(self.argv(one), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        stream = FakeExabgp(process.stdout.fileno(), process.stdin.fileno())
        stream.start()
        self.running.append((process, stream, one))
        self.all.append((process, stream))

    def tend(self):
        """As ExaBGP does: a process that ended is started again."""
        for process, stream, one in list(self.running):
            if process.poll() is not None:
                self.running.remove((process, stream, one))
                self.begin(one)

    def streams(self):
        return [stream for _, stream in self.all]

    def present(self):
        return [member for process, _, _ in self.running for member in processes.tree(process.pid)]

    def victim(self):
        return self.running[0][0].pid

    def change(self, checks):
        """As ExaBGP does at a reload with another command: end the process, start the other."""
        for process, _, _ in self.running:
            process.terminate()
            process.wait(EXIT_LIMIT_S)
        self.running.clear()
        for one in checks:
            self.begin(one)

    def unread(self):
        return sum(processes.unread(process.stdin.fileno()) for process, _, _ in self.running)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process, _, _ in self.running:
            process.send_signal(signal.SIGCONT)
            process.kill()  # SIGTERM would wait for an answer to each withdraw
        for process, stream in self.all:
            process.wait()
            stream.join(5)
            process.stdout.close()
            try:
                process.stdin.close()
            except BrokenPipeError:
                pass
        self.log.close()


class Program:
    """A contender that is one program for all checks."""

    def __init__(self, command):
        self.command = [os.path.abspath(command[0]), *command[1:]] if "/" in command[0] else command

    def begin(self, directory, checks):
        return Supervised(self.command, directory, checks)

    def process_line(self, directory, checks):
        """What ExaBGP is told to run."""
        path = os.path.join(directory, "bench.yaml")
        with open(path, "w") as file:
            json.dump({"exacheck": {"runtime_dir": directory}, "checks": Supervised.entries(checks)}, file)
        return shlex.join([*self.command, "run", "-f", path])

    @staticmethod
    def victim(members):
        """The process of the only check among those below ExaBGP; None while there is none."""
        return process_of_check(members)


class Healthcheck:
    """The contender that ExaBGP brings with it: one process a check."""

    begin = Herd

    def process_line(self, directory, checks):
        return shlex.join(Herd.argv(checks[0]))

    @staticmethod
    def victim(members):
        return members[0] if members else None


def version_of_exabgp():
    """The version of the ExaBGP whose healthcheck is run, None when there is none."""
    done = subprocess.run(["/usr/bin/python3", "-c", "import exabgp.version as v; print(v.version)"],
                          capture_output=True, text=True)
    words = done.stdout.split()
    if done.returncode != 0 or not words:
        print("compare: no exabgp for /usr/bin/python3: %s" % done.stderr.strip(), file=sys.stderr)
        return None
    return words[-1].partition("-")[0]
