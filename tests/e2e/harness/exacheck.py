"""
exacheck under test: started on a configuration, with a stand-in for ExaBGP on its stdin and stdout. Every
byte of stdout is kept with its time and must be whole valid commands; every process must be gone at the end.
"""
import contextlib
import fcntl
import json
import os
import queue
import resource
import select
import signal
import subprocess
import termios
import threading
import time
from dataclasses import dataclass

from . import late, paths, processes
from .commands import Rib
from .config import for_test
from .crashes import assert_no_crash
from .logline import parse_transition
from .peer import ExaBGP
from .wait import Timeout, wait_until

EXIT_LIMIT = 2.0 * paths.SLOWNESS  # seconds from SIGTERM to the end: after those ExaBGP kills its process
DEFAULT_TIMEOUT = 20.0


@dataclass
class Line:
    when: float  # CLOCK_MONOTONIC, seconds
    text: str


class LineReader(threading.Thread):
    """Reads a pipe to its end; hands over each line with its time; can be told to stop reading for a while."""

    def __init__(self, pipe, on_line):
        super().__init__(daemon=True)
        self.pipe, self.on_line = pipe, on_line
        self.raw = bytearray()
        self.go, self.parked = threading.Event(), threading.Event()
        self.go.set()
        self.busy = False  # has read what it has not handed on yet

    def catch_up(self, patience=5):
        """Return when what was written so far has been handed on; soon, if it is not."""
        deadline = time.monotonic() + patience
        with contextlib.suppress(OSError, ValueError):  # closed
            while self.go.is_set() and self.is_alive() and time.monotonic() < deadline and (
                    any(fcntl.ioctl(self.pipe.fileno(), termios.FIONREAD, bytes(4))) or self.busy):
                time.sleep(0.001)

    def pause(self):
        """Returns when nothing is read any more."""
        self.go.clear()
        if self.is_alive():
            self.parked.wait()

    def resume(self):
        self.go.set()

    def run(self):
        pending = b""
        while True:
            if not self.go.is_set():
                self.parked.set()
                self.go.wait()
                self.parked.clear()
            try:
                if not select.select([self.pipe], [], [], 0.1)[0]:
                    continue
                self.busy = True
                data = os.read(self.pipe.fileno(), 65536)
            except (OSError, ValueError):
                return  # closed by the test
            if not data:
                return
            when = time.monotonic()
            self.raw += data
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                self.on_line(Line(when, line.decode("utf-8", "backslashreplace")))
            self.busy = False


class Writer(threading.Thread):
    """Writes answers, so that a helper that does not read blocks nobody but this thread."""

    def __init__(self, pipe):
        super().__init__(daemon=True)
        self.pipe = pipe
        self.queue = queue.Queue()
        self.written = 0

    def run(self):
        while (data := self.queue.get()) is not None:
            try:
                self.pipe.write(data)
                self.pipe.flush()
                self.written += len(data)
            except (OSError, ValueError):
                return


class Exacheck:
    """One run. config: a dict, or the text of the file; None: there is none, and command says all."""

    def __init__(self, directory, config, peer=None, *, arguments=("-v",), environment=None, wrapper=(),
                 build=paths.BUILD, file_name="exacheck.yaml", reading=True, command=None):
        self.directory = directory
        self.path = directory / file_name
        if config is not None:
            config = for_test(config, directory)
            self.path.write_text(config if isinstance(config, str) else json.dumps(config, indent=1))
        self.peer = peer or ExaBGP()
        self.rib = Rib(self.peer.dialect)
        self.lines, self.log, self.transitions, self.broken = [], [], [], []
        self.changed = threading.Condition()
        self.exit_code = None
        self.killed = False  # by the test, with SIGKILL
        self.expected_deaths = set()  # names of signals by which the test lets processes of this run end
        self.started = time.monotonic()
        self.process = processes.start(
            [*wrapper, str(build / "exacheck"), *(command or ("run", "-f", str(self.path), *arguments))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/",
            env={**os.environ, **(environment or {})},
        )
        self.pid = self.process.pid
        self.writer = Writer(self.process.stdin)
        self.stdout = LineReader(self.process.stdout, self._on_command)
        self.stderr = LineReader(self.process.stderr, self._on_log)
        if not reading:
            self.pause()
        for thread in (self.writer, self.stdout, self.stderr):
            thread.start()

    # What arrives

    def _on_command(self, line):
        with self.changed:
            self.lines.append(line)
            try:
                self.rib.feed(line.text, line.when)
            except ValueError as error:
                self.broken.append(str(error))
            self.changed.notify_all()
        for answer in self.peer.answer(line.text):
            self.say(answer)

    def _on_log(self, line):
        with self.changed:
            self.log.append(line)
            transition = parse_transition(line.text, line.when)
            if transition:
                self.transitions.append(transition)
            self.changed.notify_all()

    # What the stand-in does

    def say(self, text):
        self.writer.queue.put(text.encode() + b"\n")

    def pause(self):
        """Stop reading stdout, as an ExaBGP that hangs."""
        self.stdout.pause()

    def resume(self):
        self.stdout.resume()

    def close_stdin(self):
        self.process.stdin.close()

    def close_stdout(self):
        """Nobody will ever read again: the next write is EPIPE."""
        self.pause()
        self.process.stdout.close()

    # Waiting

    def wait_for(self, predicate, timeout=DEFAULT_TIMEOUT, what="condition"):
        """
        Wait until predicate() is true; looked at whenever a line arrives. Returns its value. What was said and logged
        before is there by then, in whatever order the pipes are read.
        """
        deadline = time.monotonic() + timeout
        with self.changed:
            while not (value := predicate()):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Timeout(f"{what}: not within {timeout} s\n{self.story()}")
                self.changed.wait(min(left, 0.05))
                heard = not self.stdout.is_alive() and not self.stderr.is_alive()
                if self.process.poll() is not None and heard and not predicate():
                    raise Timeout(f"{what}: exacheck ended with {self.process.returncode}\n{self.story()}")
        self.stderr.catch_up()
        self.stdout.catch_up()
        return value

    def wait_route(self, prefix, timeout=DEFAULT_TIMEOUT, **attributes):
        """Wait until the prefix is announced, with at least these attributes (med=5); returns them all."""
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}

        def there():
            found = self.rib.attributes(prefix)
            return found if found is not None and wanted.items() <= found.items() else None

        return self.wait_for(there, timeout, f"route {prefix} {wanted or ''}")

    def wait_no_route(self, prefix, timeout=DEFAULT_TIMEOUT):
        self.wait_for(lambda: prefix not in self.rib.prefixes(), timeout, f"withdraw of {prefix}")

    def wait_transition(self, check, state, timeout=DEFAULT_TIMEOUT, after=0.0):
        """The first change of a check to this state after a time."""

        def find():
            return next((t for t in self.transitions if t.check == check and t.state == state and t.when > after), None)

        return self.wait_for(find, timeout, f"{check} -> {state}")

    def wait_log(self, text, timeout=DEFAULT_TIMEOUT):
        """The first log line that holds text."""
        return self.wait_for(lambda: next((x for x in self.log if text in x.text), None), timeout, f"log {text!r}")

    def wait_commands(self, count, timeout=DEFAULT_TIMEOUT):
        self.wait_for(lambda: len(self.rib.commands) >= count, timeout, f"{count} commands")

    def logged(self, text):
        return [line.text for line in self.log if text in line.text]

    def announced(self, prefix):
        return prefix in self.rib.prefixes()

    # Processes

    def worker(self, check):
        """The pid of a check's worker."""
        needle = f"[{check}]"

        def find():
            return [pid for pid in processes.children(self.pid) if needle in processes.cmdline(pid)]

        return wait_until(find, DEFAULT_TIMEOUT, f"worker of {check}")[0]

    def launcher(self):
        """The pid of the process that starts the spawners."""
        def find():
            return [pid for pid in processes.children(self.pid) if "ExaCheck Launcher" in processes.cmdline(pid)]

        return wait_until(find, DEFAULT_TIMEOUT, "launcher")[0]

    def spawners(self):
        """The pids of the children that are neither the launcher nor a worker."""
        found = processes.children(self.pid)
        for _ in range(3):  # a title is not there while it changes
            titles = {pid: processes.cmdline(pid) for pid in found}
            found = [pid for pid in found if not any(kind in titles[pid] for kind in ("Check Launcher", "Check Worker"))]
            time.sleep(0.01)
        return [pid for pid in found if processes.alive(pid)]  # one that ends has no title either

    # The end

    def wait_exit(self, timeout=DEFAULT_TIMEOUT):
        """Wait for the end; returns the exit code."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Timeout(f"exacheck did not end within {timeout} s\n{self.story()}") from None
        self.exit_code = self.process.returncode
        return self.exit_code

    def stop(self, number=signal.SIGTERM, timeout=DEFAULT_TIMEOUT):
        """Signal and wait; returns (exit code, seconds it took, without those by which this machine was late)."""
        begin = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.wait_exit(timeout)
        elapsed = time.monotonic() - begin - late.total(begin)
        self.join_readers()
        return code, elapsed

    def join_readers(self):
        self.resume()
        for thread in (self.stdout, self.stderr):
            thread.join(20)

    def kill(self):
        self.killed = True
        self.process.kill()
        self.wait_exit()
        self.join_readers()

    def check_stdout(self):
        """stdout held whole valid commands and nothing else."""
        assert not self.broken, f"not a command: {self.broken}\n{self.story()}"
        raw = bytes(self.stdout.raw)
        assert raw == b"" or raw.endswith(b"\n"), f"half a line at the end: {raw[-200:]!r}"

    def finish(self):
        """Teardown: end it, check what must hold at the end of every run."""
        ended_before = self.process.poll() is not None
        try:
            if not ended_before:
                code, elapsed = self.stop()
        except Timeout:
            self.kill()
            raise
        finally:
            processes.finished(self.process)
            left = processes.end_orphans()
            self.close()
        self.check_stdout()
        assert_no_crash([line.text for line in self.log], self.process.returncode, self.expected_deaths)
        assert not left, f"processes left: {left}\n{self.story()}"
        if not ended_before:
            assert code == 0, f"exit code {code} after SIGTERM\n{self.story()}"
            assert elapsed < EXIT_LIMIT, f"{elapsed:.2f} s from SIGTERM to the end\n{self.story()}"
            assert not self.rib.routes, f"routes left at the end: {self.rib.routes}\n{self.story()}"

    def close(self):
        self.join_readers()
        self.writer.queue.put(None)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                pipe.close()
            except OSError:
                pass

    def story(self, lines=60):
        """What happened, for a failing test."""
        merged = [(x.when, "stdout", x.text) for x in self.lines] + [(x.when, "stderr", x.text) for x in self.log]
        merged.sort()
        return "\n".join(f"{when - self.started:8.3f} {where}: {text[:400]}" for when, where, text in merged[-lines:])


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_once(*arguments, timeout=60, input_text="", environment=None, build=paths.BUILD):
    """exacheck with arguments, to its end: subprocess.CompletedProcess with text, and .seconds of a processor."""
    begin = cpu_of_children()
    done = subprocess.run(
        [str(build / "exacheck"), *map(str, arguments)], capture_output=True, text=True, errors="backslashreplace",
        timeout=timeout, input=input_text, env={**os.environ, **(environment or {})}, cwd="/",
    )
    done.seconds = cpu_of_children() - begin
    assert_no_crash(done.stderr.splitlines(), done.returncode)
    return done
