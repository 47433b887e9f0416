"""exacheck-ctl status --watch, driven by keys in tmux; and status of many checks."""
import os
import shlex
import signal
import subprocess
import time

import pytest

from harness import paths, processes
from harness.config import check, config, prefix
from harness.ctl import ctl, environment
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

PATIENCE = 20 * paths.SLOWNESS


class Terminal:
    """A shell in a tmux server of its own."""

    def __init__(self, directory, columns=100, lines=24):
        self.where = str(directory / "tmux.sock")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", lines, "env", "PS1=$ ", "sh")
        self.wait(lambda text: text.startswith("$"), "a prompt")

    def tmux(self, *arguments):
        done = subprocess.run(["tmux", "-S", self.where, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              env=environment())
        assert done.returncode == 0, done
        return done.stdout

    def text(self):
        return self.tmux("capture-pane", "-p")

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def run(self, *command):
        self.keys("-l", " ".join(map(shlex.quote, map(str, command))))
        self.keys("Enter")

    def wait(self, predicate, what):
        """Until the screen is so; returns it."""
        try:
            return wait_until(lambda: next((text for text in [self.text()] if predicate(text)), None), PATIENCE, what, 0.05)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text()}") from None

    def wait_shell(self):
        """The shell has the terminal again, and it echoes what is typed and ends lines."""
        self.wait(lambda text: text.rstrip().endswith("\n$"), "the next prompt")
        self.keys("-l", "stty -a | grep -c ' echo .*\\| onlcr'")
        self.wait(lambda text: "stty -a" in text, "the echo of what is typed")
        self.keys("Enter")
        self.wait(lambda text: "\n2\n" in text and "NAME" not in text, "a terminal as it was")
        self.keys("clear", "Enter")
        self.wait(lambda text: text.strip() == "$", "an empty screen")

    def close(self):
        server = int(self.tmux("display-message", "-p", "#{pid}"))
        self.tmux("kill-server")
        wait_until(lambda: not processes.alive(server), PATIENCE, "the end of tmux")


def rows(text):
    """Names in the table, from the top down."""
    lines = text.splitlines()
    title = next((i for i, line in enumerate(lines) if line.startswith("NAME ")), len(lines))
    return [line.split(" ")[0] for line in lines[title + 1:-1] if line.strip()]


@pytest.fixture
def terminal(directory, start):
    """Ends before what was started: all processes that are left then are taken for exacheck's."""
    opened = Terminal(directory)
    yield opened
    opened.close()


def test_watch(terminal, start, directory):
    present = directory / "present"
    present.touch()
    other = {"method": "shell", "command": "true"}
    document = config(check("web", {"method": "file", "path": str(present)}),
                      *(check(f"other-{n:02}", other, prefixes=[prefix(n)], interval=1) for n in range(1, 40)))
    run = start(document)
    for number in range(40):
        run.wait_route(prefix(number))
    names = ["web", *(f"other-{n:02}" for n in range(1, 40))]
    place = run.directory / "runtime" / "control.sock"
    terminal.run(paths.EXACHECK_CTL, "-s", place, "status", "--watch")
    text = terminal.wait(lambda text: rows(text) == names[:20], "the first rows")
    assert f"pid {run.pid}, runs for " in text and "40 checks: 40 up; 40 routes announced\n" in text and "; ExaBGP 4" in text

    terminal.keys("NPage")
    terminal.wait(lambda text: rows(text) == names[19:39], "the next page")
    terminal.keys("NPage", "Down")
    terminal.wait(lambda text: rows(text) == names[20:], "the end")
    terminal.keys("Home", "Down")
    terminal.wait(lambda text: rows(text) == names[1:21], "one further")
    terminal.keys("Home", "s")
    terminal.wait(lambda text: "sorted by NAME" in text and rows(text) == sorted(names)[:20], "sorted by name")
    terminal.keys("S")
    terminal.wait(lambda text: rows(text) == sorted(names, reverse=True)[:20], "in reverse")
    terminal.keys("S", "s", "/", "W", "e", "x", "BSpace", "Enter")
    terminal.wait(lambda text: rows(text) == ["web"] and "with We, sorted by STATE" in text, "the filter")
    terminal.keys("Escape")
    present.unlink()
    terminal.wait(lambda text: rows(text)[:2] == ["web", "other-01"] and "fail missing" in text, "the one that is down, first")
    terminal.keys("?")
    terminal.wait(lambda text: "scroll" in text and not rows(text), "help")
    terminal.keys("?")
    terminal.tmux("resize-window", "-x", 60, "-y", 10)
    terminal.wait(lambda text: len(rows(text)) == 6 and "NEXT" not in text, "fewer rows")
    terminal.tmux("resize-window", "-x", 100, "-y", 24)
    terminal.wait(lambda text: len(rows(text)) == 20, "all rows")

    run.stop()
    terminal.wait(lambda text: "trying again" in text and "no exacheck listens" in text and not rows(text), "that it has ended")
    again = start(document)
    os.symlink(again.directory / "runtime" / "control.sock", place)
    terminal.wait(lambda text: rows(text)[:1] == ["web"] and f"pid {again.pid}," in text, "the next exacheck")
    terminal.keys("q")
    terminal.wait_shell()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_watch_is_ended(terminal, directory, number):
    terminal.run(paths.EXACHECK_CTL, "-r", directory, "status", "--watch")
    terminal.wait(lambda text: "not running, or not to be seen: trying again" in text, "that nobody listens")
    [pid] = wait_until(lambda: subprocess.run(["pgrep", "-f", f"exacheck-ctl -r {directory} status"], capture_output=True,
                                              text=True).stdout.split(), what="the program")
    os.kill(int(pid), number)
    terminal.wait(lambda text: "trying again" not in text and "$" in text, "the shell")
    terminal.wait_shell()


MANY = 1000 if not paths.SANITIZED else 200  # these take much memory each


def test_status_of_many(start, directory):
    """Under 100 ms, beside what the machine takes to start a program."""
    here = {"method": "file", "path": str(directory)}
    run = start(config(*(check(f"web {n}", here, prefixes=[prefix(n)], interval=3600) for n in range(MANY))), arguments=())
    run.wait_for(lambda: len(run.rib.prefixes()) == MANY, 3 * PATIENCE, "all routes")
    place = run.directory / "runtime" / "control.sock"

    def took(*arguments):
        begin = time.monotonic()
        done = ctl("-s", place, *arguments)
        assert done.returncode == 0, done
        return time.monotonic() - begin, done.stdout

    floor = min(took("--help")[0] for _ in range(5))
    text = wait_until(lambda: next((text for spent, text in [took("status")] if spent < floor + 0.1 * paths.SLOWNESS), None),
                      PATIENCE, "a status in time")
    assert text.count("\n") == MANY + 2 and f"\n{MANY} checks: {MANY} up; {MANY} routes announced; " in text
