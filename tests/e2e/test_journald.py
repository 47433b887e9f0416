"""
The log in systemd's journal: a real systemd-journald in a mount namespace of its own, on whose stream standard error is, as
under systemd.
"""
import json
import os
import signal
import subprocess

import pytest

from harness import paths, processes
from harness.config import check, config, prefix
from harness.wait import Timeout, wait_until

pytestmark = pytest.mark.one_level

PATIENCE = 30 * paths.SLOWNESS
JOURNALD = "/lib/systemd/systemd-journald"
# Another /run, and an /etc with an identity that is no machine's
SETUP = f"""
mount -t tmpfs none /run && mkdir -p /run/etc /run/systemd/journald.conf.d /run/log/journal &&
cp -a /etc/. /run/etc && echo 11111111111111111111111111111111 >/run/etc/machine-id && mount --bind /run/etc /etc &&
printf '[Journal]\\nStorage=volatile\\nReadKMsg=no\\nAudit=\\nRateLimitBurst=0\\nForwardToSyslog=no\\n' \
  >/run/systemd/journald.conf.d/test.conf && exec {JOURNALD}
"""
# What systemd does for a service whose standard error, or output, is the journal.
CONNECT = """
import os, socket, sys
stream = socket.socket(socket.AF_UNIX)
stream.connect("/run/systemd/journal/stdout")
stream.sendall(b"stream\\n\\n6\\n1\\n0\\n0\\n0\\n")
os.dup2(stream.fileno(), int(sys.argv[2]))
found = os.fstat(2)
os.environ["JOURNAL_STREAM"] = f"{found.st_dev}:{found.st_ino + int(sys.argv[1])}"
os.execvp(sys.argv[3], sys.argv[3:])
"""


class Journal:
    def __init__(self, directory):
        self.holder = processes.Daemon(["unshare", "--mount", "sh", "-c", SETUP], directory / "journald.out",
                                       env={**os.environ, "SYSTEMD_LOG_TARGET": "console"}).start()
        self.argv = ["nsenter", f"--target={self.holder.process.pid}", "--mount"]
        root = f"/proc/{self.holder.process.pid}/root/run/systemd/journal"
        try:
            wait_until(lambda: os.path.exists(f"{root}/socket") and os.path.exists(f"{root}/stdout"), PATIENCE)
        except Timeout:
            raise Timeout(f"systemd-journald: {self.holder.log()}") from None

    def entries(self, **fields):
        """Those with these fields, one dict each, in their order."""
        done = subprocess.run([*self.argv, "journalctl", "--directory=/run/log/journal", "--output=json", "--no-pager",
                               "--all"], capture_output=True, text=True, check=True)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        return [entry for entry in found if fields.items() <= entry.items()]

    def wait(self, words, **fields):
        def there():
            return [entry for entry in self.entries(**fields) if words in entry["MESSAGE"]]

        return wait_until(there, PATIENCE, f"{words!r} in the journal", pause=0.1)

    def wrapper(self, shift=0, descriptor=2):
        """shift: of the inode in JOURNAL_STREAM, which is then that of something else. descriptor: that is the journal."""
        return [*self.argv, "/usr/bin/python3", "-c", CONNECT, str(shift), str(descriptor)]

    def close(self):
        self.holder.stop()


@pytest.fixture
def journal(root, directory, keep):
    return keep(Journal(directory))


def web(directory):
    (directory / "up").touch()
    return check("web", {"method": "file", "path": str(directory / "up")}, prefixes=[prefix(1)])


def test_fields(start, directory, journal):
    run = start(config(web(directory)), wrapper=journal.wrapper())
    run.wait_route(prefix(1))
    up, = journal.wait("web: startup -> up: ", SYSLOG_IDENTIFIER="exacheck")
    expected = {"PRIORITY": "5", "EXACHECK_CHECK": "web", "EXACHECK_LEVEL": "success", "EXACHECK_EVENT": "announce",
                "EXACHECK_SUBSYSTEM": "healthcheck", "EXACHECK_FROM": "startup", "EXACHECK_TO": "up",
                "CODE_FILE": "supervisor/transition.c", "CODE_FUNC": "transition_log", "_PID": str(run.pid),
                "_TRANSPORT": "journal"}
    assert expected.items() <= up.items() and int(up["CODE_LINE"]) > 0, up
    (directory / "up").unlink()
    down, = journal.wait("web: up -> down: ", EXACHECK_CHECK="web", EXACHECK_TO="down")
    assert (down["PRIORITY"], down["EXACHECK_EVENT"]) == ("3", "withdraw"), down
    started, = journal.wait("1 check of ", SYSLOG_IDENTIFIER="exacheck")
    assert started["PRIORITY"] == "6" and "EXACHECK_CHECK" not in started and "EXACHECK_TO" not in started, started
    run.stop()
    journal.wait("stopped", SYSLOG_IDENTIFIER="exacheck", PRIORITY="6")
    assert not journal.entries(_TRANSPORT="stdout")  # nothing went to standard error


def test_another_standard_error(start, directory, journal):
    """JOURNAL_STREAM that names something else says nothing of standard error: lines go there, as text."""
    run = start(config(web(directory)), wrapper=journal.wrapper(shift=1))
    run.wait_route(prefix(1))
    line, = journal.wait("success web: startup -> up: ", _TRANSPORT="stdout")
    assert "EXACHECK_CHECK" not in line and not journal.entries(_TRANSPORT="journal", SYSLOG_IDENTIFIER="exacheck")


def test_journal_gone_and_back(start, directory, journal):
    """What the journal does not take goes to standard error, and to the journal again when it is back."""
    run = start(config(web(directory)), wrapper=journal.wrapper())
    journal.wait("web: startup -> up: ")
    place = f"/proc/{run.pid}/root/run/systemd/journal"
    os.rename(f"{place}/socket", f"{place}/elsewhere")
    (directory / "up").unlink()
    run.wait_no_route(prefix(1))
    journal.wait("error web: up -> down: ", _TRANSPORT="stdout")
    os.rename(f"{place}/elsewhere", f"{place}/socket")
    (directory / "up").touch()
    journal.wait("web: down -> up: ", EXACHECK_CHECK="web")


def test_upgrade(start, directory, journal):
    """The next program is told of the journal as the first one was."""
    run = start(config(web(directory)), wrapper=journal.wrapper())
    run.wait_route(prefix(1))
    os.kill(run.pid, signal.SIGUSR2)
    journal.wait("upgraded from ", _TRANSPORT="journal")
    (directory / "up").unlink()
    journal.wait("web: up -> down: ", EXACHECK_CHECK="web", _PID=str(run.pid))
    assert not journal.entries(_TRANSPORT="stdout")


def test_no_child_has_it(start, directory, journal):
    told = directory / "told"
    told.mkdir()
    told.chmod(0o777)
    run = start(config(check("shell", {"method": "shell", "command": f"env > {told}/env; true"}, interval=600)),
                wrapper=journal.wrapper())
    run.wait_route(prefix(0))
    texts = [(told / "env").read_text()]
    for pid in processes.descendants(run.pid):
        with open(f"/proc/{pid}/environ", "rb") as file:
            texts.append(file.read().decode())
    assert len(texts) >= 4 and "PATH=" in texts[0]
    assert not any("JOURNAL_STREAM" in text for text in texts)


def test_standard_output(directory, journal):
    """A service without exabgp.output: commands in the journal would announce nothing, and everything would look well."""
    path = directory / "exacheck.yaml"
    path.write_text(json.dumps(config(web(directory), runtime_dir=str(directory / "runtime"))))
    done = subprocess.run([*journal.wrapper(shift=1, descriptor=1), paths.EXACHECK, "run", "-f", path], stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2 and "leads to the journal" in done.stderr and "exabgp.output" in done.stderr, done
    assert not journal.entries(_TRANSPORT="stdout")
