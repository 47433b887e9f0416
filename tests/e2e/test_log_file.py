"""
Logs in files: who gets which line, that each line is there once whatever happens to the file and to the process that
writes it, and what becomes of files that were rotated.
"""
import bz2
import gzip
import io
import json
import lzma
import os
import re
import shutil
import signal
import tarfile
import zipfile

import pytest

from harness import paths, processes
from harness.config import check, config, prefix
from harness.reload import reload
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

PATIENCE = 20 * paths.SLOWNESS
ALL = {"level": "debug", "structured": True, "events": ["announce", "datadump", "debug", "error", "info", "withdraw"]}
ROTATED = r"\.\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_\d{6}"
LOG_LINE = re.compile(r"\S+ (error|warning|info|success|debug|trace) (.*)")


def untar(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return archive.extractfile(archive.getmembers()[0]).read()


def unzip(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(archive.namelist()[0])


UNPACK = {"": bytes, "gz": gzip.decompress, "bz2": bz2.decompress, "xz": lzma.decompress, "lzma": lzma.decompress,
          "tar": untar, "tar.gz": untar, "tar.bz2": untar, "tar.xz": untar, "zip": unzip}


class Log:
    """A log and the files that it was rotated to. proc: of a process in whose mount namespace they are."""

    def __init__(self, path, **options):
        self.path = path
        self.config = {"method": "file", "destination": str(path), **ALL, **options}
        self.pattern = re.compile(re.escape(path.stem) + ROTATED + re.escape(path.suffix) + r"(?:\.([a-z0-9.]+))?")

    def rotated(self):
        """name -> suffix of its compression, oldest first."""
        names = sorted(os.listdir(self.path.parent)) if self.path.parent.is_dir() else []
        return {name: found[1] or "" for name in names
                if (found := self.pattern.fullmatch(name)) and not name.endswith(".tmp")}

    def text(self):
        """All of it, oldest first. While files are being rotated and compressed: None."""
        files = {}
        for name, suffix in self.rotated().items():  # one that is compressed may not have been removed yet
            files[name.removesuffix(f".{suffix}")] = name, suffix
        try:
            old = [UNPACK[suffix]((self.path.parent / name).read_bytes()) for name, suffix in files.values()]
            return b"".join([*old, self.path.read_bytes()]).decode()
        except (FileNotFoundError, KeyError, EOFError):
            return None

    def records(self, whole=True):
        """whole: nobody is writing."""
        wait_until(lambda: self.text() is not None, PATIENCE, "all files of the log")
        lines, _, rest = self.text().rpartition("\n")
        assert not rest or not whole, f"half a line: {rest!r}"
        return [json.loads(line) for line in lines.splitlines()]

    def has(self, words):
        return words in (self.text() or "")

    def wait(self, words):
        wait_until(lambda: self.has(words), PATIENCE, f"{words!r} in {self.path}")


def as_on_stderr(record):
    return f"{record['level']} " + (f"{record['check']}: " if "check" in record else "") + record["message"]


def same_as_stderr(run, log):
    """Everything from the first to the last line, once each, in order; what is said of the configuration is before."""
    told = [" ".join(found.groups()) for line in run.log if (found := LOG_LINE.fullmatch(line.text))]
    lines = [as_on_stderr(record) for record in log.records()]
    told = told[told.index(lines[0]):told.index("info stopped") + 1]
    assert lines == told


def logging(logs, *checks, **settings):
    return {**config(*checks, **settings), "logging": [log.config for log in logs]}


def busy(directory, count=20, **options):
    """Checks that are often executed, each with a line; few, as each takes one of the few watches that a user may have."""
    return [check(f"c{number}", {"method": "file", "path": str(directory)}, prefixes=[prefix(number)],
                  **{"interval": 0.05, **options}) for number in range(count)]


def writer(run):
    """The pid of exacheck-log."""
    def find():
        return [pid for pid in processes.children(run.pid) if "exacheck-log" in processes.cmdline(pid)]

    return wait_until(find, PATIENCE, "exacheck-log")[0]


FILTERS = {
    "all": ({}, lambda record: True),
    "level": ({"level": "info"}, lambda record: record["level"] in ("error", "warning", "info", "success")),
    "events": ({"events": ["announce", "withdraw"]}, lambda record: record["event"] in ("announce", "withdraw")),
    "subsystems": ({"subsystems": ["master", "healthcheck"]},
                   lambda record: record["subsystem"] in ("master", "healthcheck")),
    "checks": ({"checks": ["c1"]}, lambda record: record.get("check") == "c1"),
}


def test_filters(start, directory):
    """In a directory that is somebody else's, in the strictest sandbox; a logger that names the same file shares it."""
    place = directory / "logs"
    place.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(place, 65534, 65534)
    logs = {name: Log(place / f"{name}.log", **options) for name, (options, _) in FILTERS.items()}
    twice = Log(place / "all.log", events=["announce"])
    switch = directory / "switch"
    switch.touch()
    run = start(logging([*logs.values(), twice], *(check(f"c{number}", {"method": "file", "path": str(switch)},
                                                          prefixes=[prefix(number)]) for number in range(3)),
                        sandbox="strict"))
    run.wait_for(lambda: len(run.rib.routes) == 3, what="routes")
    switch.unlink()
    run.wait_for(lambda: not run.rib.routes, what="no routes")
    run.stop()
    records = logs["all"].records()
    announced = [record for record in records if record["event"] == "announce"]
    assert len(announced) == 6 and sum(record["event"] == "withdraw" for record in records) == 3
    records = [record for number, record in enumerate(records) if record not in records[:number]]
    for name, (_, wanted) in FILTERS.items():
        if name != "all":
            assert logs[name].records() == [record for record in records if wanted(record)], name
    assert (place / "all.log").stat().st_mode & 0o777 == 0o640


def test_each_line_once(start, directory):
    """Many rotations, with compression, a reload in the middle, to the last line."""
    log = Log(directory / "logs" / "x.log", size="20kB", count=1000)
    run = start(logging([log], *busy(directory)))
    wait_until(lambda: len(log.rotated()) >= 10, PATIENCE, "rotations")
    reload(run, logging([log], *busy(directory, 21)))
    count = len(log.rotated())
    wait_until(lambda: len(log.rotated()) >= count + 5 and "gz" in log.rotated().values(), PATIENCE,
               "rotations, compressed")
    run.stop()
    same_as_stderr(run, log)
    assert all((log.path.parent / name).stat().st_size <= 20000 for name, suffix in log.rotated().items() if not suffix)


def test_writer_killed(start, directory):
    """What was written stays, once; the next one goes on, and finishes what was left behind."""
    log = Log(directory / "logs" / "x.log", size="20kB", count=1000)
    run = start(logging([log], *busy(directory)))
    run.expected_deaths.add("SIGKILL")
    wait_until(lambda: len(log.rotated()) >= 3, PATIENCE, "rotations")
    pid = writer(run)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not processes.alive(pid), PATIENCE, "the end")
    name = next(iter(log.rotated())).removesuffix(".gz")
    (log.path.parent / f"{name}.gz.tmp").write_bytes(b"half")
    writer(run)
    wait_until(lambda: len(log.rotated()) > 3 and set(log.rotated().values()) == {"gz"} and
               not list(log.path.parent.glob("*.tmp")), PATIENCE, "all compressed")
    run.stop()
    lines = [as_on_stderr(record) for record in log.records()]
    told = iter(" ".join(found.groups()) for line in run.log if (found := LOG_LINE.fullmatch(line.text)))
    missing = [line for line in lines if not any(line == other for other in told)]
    assert not missing, missing[:5]  # each of them is there once, and in order
    assert lines[-1] == "info stopped"


def test_full_disk(root, start, directory):
    """What cannot be written is kept, then counted, and told in the log and beside; no check is disturbed."""
    place = directory / "small"
    place.mkdir()
    log = Log(place / "x.log", size="100MB")
    fill = f"mount -t tmpfs -o size=20m none {place} && ! cat /dev/zero > {place}/ballast 2>/dev/null"
    mount = ["unshare", "--mount", "sh", "-c", f'{fill} && exec "$@"', "sh"]
    run = start(logging([log], *busy(directory, 25, interval=0.02)), wrapper=mount)
    inside = Log(type(place)(f"/proc/{run.pid}/root{log.path}"))
    run.wait_log(f"log {log.path} cannot be written: No space left on device")
    # more than can be kept
    run.wait_for(lambda: sum(len(line.text) for line in run.log) > 300 * 1024, PATIENCE, "many lines")
    os.unlink(f"/proc/{run.pid}/root{place}/ballast")
    run.wait_log(f"log {log.path} is written again")
    inside.wait("were lost: No space left on device")
    assert len(run.logged("cannot be written")) == 1
    told = re.search(r" (\d+) lines were lost", run.logged("is written again")[0])
    records = inside.records(whole=False)
    where = next(number for number, record in enumerate(records) if "were lost: No space" in record["message"])
    assert records[where]["message"].startswith(f"{told[1]} lines were lost")
    assert records[where]["subsystem"] == "logging" and records[where]["level"] == "warning"
    assert sum(len(json.dumps(record)) for record in records[:where]) > 200 * 1024  # these were kept
    assert len(run.rib.routes) == 25


def test_moved_and_removed(start, directory):
    """By logrotate with SIGUSR1, by others without a word; and a directory that goes and comes back."""
    log = Log(directory / "logs" / "x.log")
    run = start(logging([log], *busy(directory, 1)))
    log.wait("ready: ")
    moved = directory / "logs" / "moved.log"
    log.path.rename(moved)
    run.process.send_signal(signal.SIGUSR1)
    wait_until(log.path.exists, PATIENCE, "a file anew")
    log.path.unlink()
    wait_until(log.path.exists, PATIENCE, "a file anew, without a word")
    log.path.parent.rename(directory / "gone")
    (directory / "logs").touch()  # so that it cannot be made anew
    run.wait_log(f"log {log.path} cannot be written: Not a directory")
    (directory / "logs").unlink()
    (directory / "gone").rename(directory / "logs")
    run.wait_log(f"log {log.path} is written again")
    log.wait("is written again")
    shutil.rmtree(directory / "logs")
    wait_until(log.text, PATIENCE, "a directory anew, with lines")
    assert moved.parent.exists() and len(run.rib.routes) == 1


def test_every_compression(start, directory):
    logs = {suffix: Log(directory / suffix / "x.log", size="5kB", count=1000, compression_format=suffix)
            for suffix in UNPACK if suffix}
    reference = Log(directory / "all.log")
    run = start(logging([reference, *logs.values()], *busy(directory, 2), sandbox="strict"))
    for suffix, log in logs.items():
        wait_until(lambda log=log, suffix=suffix: suffix in log.rotated().values(), PATIENCE, suffix)
    run.stop()
    records = reference.records()
    for suffix, log in logs.items():
        assert set(log.rotated().values()) <= {suffix, ""}
        assert log.records() == records, suffix
    assert not run.logged("cannot be compressed"), run.story()
