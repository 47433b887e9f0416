"""
One run of exacheck with one fault: the service is up, goes down, comes back, the configuration changes, exacheck is told
to end. What must hold whatever fails:
- a route is announced only while its service is up, and withdrawn soon after it went down;
- stdout holds whole valid commands, stderr whole log lines, nothing is left at the end, neither route nor process;
- a reload is either taken or refused, and if refused, taken when it is asked for again;
- a question at the control socket is answered, refused, or ends the connection, and is answered when asked again;
- exacheck ends only when told to, or before it announced anything, and then with an error that it tells.
"""
import json
import os
import signal
import time

from harness import processes
from harness.config import check, config, for_test, prefix
from harness.control import Control, Refused
from harness.exacheck import Exacheck
from harness.logline import LINE
from harness.wait import Timeout
from plan import STORM

INTERVAL = 0.05
TIMEOUT = 0.3
START_LIMIT = 30.0  # a worker or spawner that failed is tried again after 0, 1, 2, 4 s
DOWN_LIMIT = INTERVAL + TIMEOUT + 0.25 + 5.0  # the lease's grace, and what a busy machine takes
EXIT_LIMIT = 1.5 + 3.5
LATE = 0.3  # how long after a service went down a result from before may still arrive
QUIET = 2 * INTERVAL  # watched while down
# The C library ends a process that has no memory where it looks up users.
LIBRARY = ("Assertion", "Unexpected error.", "cannot allocate memory for thread-local data")
VERBOSE = False  # debug lines are calls too, of one kind over and over
ASK_LIMIT = 5.0  # a check's timeout and two seconds
QUESTIONS = [("status", {"detail": "full"}), ("routes", {"names": ["target"]}), ("history", {}), ("events", {}),
             ("check", {"names": ["*"]}), ("disable", {"names": ["never"], "for_s": 60}), ("enable", {"names": ["*"]}),
             ("reload", {"dry_run": True}), ("log", {"level": "success"})]
ROUTE, NEVER, ADDED = prefix(1), prefix(2), prefix(3)


def configuration(target, closed_port):
    """One check of the target, and one of a service that is never there."""
    timings = {"interval": INTERVAL}
    checks = [
        check("target", {"timeout": TIMEOUT, **target.args}, prefixes=[ROUTE], **timings),
        check("never", {"method": "tcp", "host": "127.0.0.1", "port": closed_port, "timeout": TIMEOUT},
              prefixes=[NEVER], **timings),
    ]
    if target.args["method"] != "tcp":
        checks.pop()  # it would need another spawner
    return config(*checks)


def changed(document):
    """Another attribute and other arguments of one check, another interval and name of one, and one more."""
    target, never = document["checks"]
    more = {**target, "name": "added", "prefixes": [ADDED]}
    return config({**target, "metric": 7, "args": {**target["args"], "timeout": TIMEOUT + 0.1}},
                  {**never, "name": "renamed"}, more, live_reload=True)


def outlets(directory, closed_port):
    """Everybody outside who is told what happens; nobody receives the notifications."""
    return {"logging": [{"method": "file", "destination": str(directory / "faults.log")}],
            "notifications": [{"name": "ops", "url": f"json://127.0.0.1:{closed_port}/", "general_events": True}]}


class Ended(Exception):
    """exacheck ended by itself."""


class Scenario:
    """play() gives what was wrong, a list of sentences."""

    def __init__(self, directory, tree, target, closed_port, fault, respawn=False):
        self.target, self.tree, self.fault, self.respawn, self.wrong = target, tree, fault, respawn, []
        self.windows = []  # (begin, end) of times while the service was down for sure
        target.up()
        tree.arm(fault)
        self.document = configuration(target, closed_port)
        self.outlets = outlets(directory, closed_port) if respawn else {}
        self.document.update(self.outlets)
        self.run = Exacheck(directory, self.document, wrapper=target.wrapper,
                            arguments=("-v",) if VERBOSE else (), build=tree.path)

    def await_route(self, wanted, limit, what):
        self.await_that(lambda: self.run.announced(ROUTE) == wanted, limit, what)

    def await_that(self, condition, limit, what):
        run = self.run
        deadline = time.monotonic() + limit
        with run.changed:
            while not condition():
                if run.process.poll() is not None and not run.stdout.is_alive():
                    raise Ended
                if time.monotonic() > deadline:
                    raise Timeout(f"{what}: not within {limit:.1f} s")
                run.changed.wait(0.05)

    def kill_processes(self):
        """Every worker, spawner and helper, so that the ways of replacing them are taken too."""
        for pid in processes.all_pids():
            fields = processes.stat_fields(pid)
            if not fields or fields[1] != self.run.pid:
                continue
            if any(kind in processes.cmdline(pid) for kind in ("ExaCheck Worker", "ExaCheck Spawner", "exacheck-log",
                                                                   "exacheck-notify")):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def question(self, command, fields):
        """Whether it is answered."""
        try:
            with Control(self.run, ASK_LIMIT) as control:
                control.ask(command, **fields)
            return True
        except Refused as error:
            if error.code != "memory":
                raise Timeout(f"{command}: {error}") from None
        except (EOFError, OSError):
            if self.run.process.poll() is not None:
                raise Ended from None
        time.sleep(STORM)
        return False

    def deaf(self):
        """Whether nobody can ask, which was said; a busy machine may read it long after the announcement."""
        return bool(self.run.logged("no control socket"))

    def questions(self):
        """Everything that control clients may want."""
        for command, fields in QUESTIONS:
            try:
                if not any(self.question(command, fields) for _ in range(3)):
                    raise Timeout(f"{command}: not answered")
            except Timeout:
                if not self.deaf():
                    raise
                return

    def life(self):
        self.await_route(True, START_LIMIT, "announce")
        if self.respawn and not self.deaf():
            self.questions()
        self.target.down()
        down = time.monotonic()
        self.await_route(False, DOWN_LIMIT, "withdraw of a service that is down")
        if self.respawn:
            self.kill_processes()
        time.sleep(QUIET)
        self.windows.append((down + LATE, time.monotonic()))
        self.target.up()
        self.await_route(True, START_LIMIT, "announce of a service that came back")
        if self.respawn:
            self.reload()

    def reload(self):
        """The changed configuration; asked for again while it is refused."""
        run = self.run
        run.path.write_text(json.dumps(for_test({**changed(self.document), **self.outlets}, run.directory)))

        def taken():
            return (run.rib.attributes(ROUTE) or {}).get("med") == 7 and run.announced(ADDED)

        for attempt in range(3):
            run.process.send_signal(signal.SIGHUP)
            try:
                self.await_that(lambda: taken() or len(run.logged("was not reloaded")) > attempt, START_LIMIT, "reload")
            except Timeout:
                if attempt == 2:
                    raise
            if taken():
                return
            time.sleep(STORM)
        raise Timeout("reload: refused again and again")

    def end(self):
        """Ask for the end; exacheck must be gone within the limit."""
        run = self.run
        begin = time.monotonic()
        try:
            if run.process.poll() is None:
                run.process.send_signal(signal.SIGTERM)
            run.wait_exit(EXIT_LIMIT)
        except Timeout:
            self.wrong.append(f"no end within {EXIT_LIMIT:.1f} s of SIGTERM")
            run.kill()
        run.join_readers()
        return time.monotonic() - begin

    def in_library(self):
        """glibc 2.36 itself crashes when it looks up users without memory; nothing was announced then."""
        return "user_find" in self.tree.place(self.fault)

    def judge_end(self, ended_alone):
        run, code = self.run, self.run.process.returncode
        announced = any(command.announce for _, command in run.rib.commands)
        if ended_alone and announced:
            self.wrong.append(f"ended by itself with status {code} after it had announced")
        elif ended_alone and code < 0 and self.in_library():
            pass
        elif ended_alone and code not in (1, 2) and not any(word in line.text for line in run.log for word in LIBRARY):
            self.wrong.append(f"ended by itself with status {code}")
        elif ended_alone and not run.log:
            self.wrong.append(f"ended by itself with status {code} and not a word")
        elif not ended_alone and code != 0:
            self.wrong.append(f"ended with status {code} after SIGTERM")
        if run.rib.routes:
            self.wrong.append(f"routes left: {sorted(run.rib.prefixes())}")

    def judge_output(self):
        run = self.run
        try:
            run.check_stdout()
        except AssertionError as error:
            self.wrong.append(str(error).partition("\n")[0])
        raw = bytes(run.stderr.raw)
        if raw and not raw.endswith(b"\n"):
            self.wrong.append(f"half a line on stderr: {raw[-100:]!r}")
        for line in run.log:
            if not LINE.fullmatch(line.text) and not any(word in line.text for word in ("exacheck: ", *LIBRARY)):
                self.wrong.append(f"not a log line: {line.text!r}")
        for when, up, key in run.rib.changes:
            if up and key[0] == NEVER:
                self.wrong.append("a service that is never there was announced")
            if up and any(begin < when < end for begin, end in self.windows):
                self.wrong.append("announced while down")

    def play(self):
        ended_alone = False
        try:
            self.life()
        except Timeout as error:
            self.wrong.append(str(error))
        except Ended:
            ended_alone = True
        self.end()
        processes.finished(self.run.process)
        left = processes.end_orphans()
        if left:
            self.wrong.append(f"processes left: {left}")
        self.judge_end(ended_alone)
        self.judge_output()
        self.run.close()
        return self.wrong

    def story(self):
        return self.run.story(25)
