"""
The log at syslog servers: what a real rsyslogd makes of it by each way there, and servers that are late, that are killed,
that are silent: nothing else waits for them, and what is lost is counted.
"""
import json
import re
import socket

import pytest

from harness import paths
from harness.config import check, config, prefix
from harness.syslog import Rsyslog
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

PATIENCE = 30 * paths.SLOWNESS
EVERYTHING = {"level": "debug", "structured": False, "events": ["announce", "datadump", "debug", "error", "info", "withdraw"]}
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3,6})?([+-]\d\d:\d\d|Z)")


@pytest.fixture
def rsyslog(directory, keep):
    place = directory / "rsyslog"
    place.mkdir()
    return keep(Rsyslog(place))


def syslog(where, **options):
    return {"method": "syslog", **where, **options}


def logging(loggers, *checks):
    return {**config(*checks), "logging": loggers}


NAME = "web ] \u00e9"


def web(directory):
    """A check of a file: it is up while that is there."""
    return check(NAME, {"method": "file", "path": str(directory / "up")}, prefixes=[prefix(1)])


def busy(directory, count):
    """Checks that are often executed, each with a line; few, as each takes one of the few watches that a user may have."""
    return [check(f"c{number}", {"method": "file", "path": str(directory)}, prefixes=[prefix(number)], interval=0.05)
            for number in range(count)]


def beside(directory):
    return {"method": "file", "destination": str(directory / "beside.log"), "formatter": "{message}", **EVERYTHING}


def lines_beside(directory):
    return (directory / "beside.log").read_text().splitlines()


def way_of(message):
    """As in destinations() of the server."""
    new = re.match(r"<\d+>1 ", message["raw"]) is not None
    name = {"imuxsock": "local", "imudp": "udp", "imtcp": "tcp"}[message["input"]]
    return name + ({"local": "5424"}.get(name, "") if new else {"local": ""}.get(name, "3164"))


def by_way(rsyslog, words):
    """The one message of each way that holds some words, once all are there."""
    def found():
        messages = [message for message in rsyslog.received() if words in message["raw"]]
        ways = {way_of(message): message for message in messages}
        assert len(ways) == len(messages), messages
        return ways if ways.keys() == rsyslog.destinations().keys() else None

    return wait_until(found, PATIENCE, f"{words!r} by each way at {rsyslog.directory}")


@pytest.mark.parametrize("structured", [True, False])
def test_every_way(start, directory, rsyslog, structured):
    """Each transport and format is understood, with all its fields."""
    (directory / "up").touch()
    rsyslog.start()
    run = start(logging([syslog(where, facility="local3", structured=structured)
                         for where in rsyslog.destinations().values()], web(directory)))
    run.wait_route(prefix(1))
    (directory / "up").unlink()
    run.wait_no_route(prefix(1))
    for way, message in by_way(rsyslog, "up -> down").items():
        text = message["message"].strip("\ufeff ")
        assert message["program"] == "exacheck" and message["pid"] == str(run.pid), message
        assert (message["severity"], message["facility"]) == ("err", "local3"), message
        assert DATE.fullmatch(message["time"]) and message["host"], message
        if way.endswith("3164") or way == "local":
            assert message["tag"] == f"exacheck[{run.pid}]:" and message["data"] == "-", message
            fields = json.loads(text.removeprefix("@cee:")) if structured else {}
        else:
            assert message["id"] == "withdraw", message
            fields = dict(re.findall(r'(\w+)="((?:\\.|[^"\\])*)"', message["data"])) if structured else {}
            assert message["data"].startswith("[exacheck@32473 ") == structured, message
        if structured:
            assert fields["check"].replace("\\", "") == NAME and fields["event"] == "withdraw", message
            assert (fields["from"], fields["to"], fields["subsystem"]) == ("up", "down", "healthcheck"), message
            assert fields.get("message", text).startswith("up -> down: "), message
        else:
            assert text.startswith(f"{NAME}: up -> down: "), message


def texts(rsyslog, way):
    return [message["message"].strip("\ufeff ") for message in rsyslog.received() if way_of(message) == way]


def test_late_server(start, directory, rsyslog):
    """A server that is not there yet gets every line, once, in order; it is told once that it is missing."""
    ways = {way: where for way, where in rsyslog.destinations().items() if way in ("local", "udp", "tcp")}
    run = start(logging([*(syslog(where, formatter="{message}", **EVERYTHING) for where in ways.values()),
                         beside(directory)], *busy(directory, 2)))
    run.wait_for(lambda: len(run.logged("lines wait for it")) == 3, PATIENCE, "three problems")
    rsyslog.start()
    run.wait_for(lambda: len(run.logged("works again")) == 3, PATIENCE, "three ends of problems")
    for way in ways:
        wait_until(lambda: any("works again" in text for text in texts(rsyslog, way)), PATIENCE, f"lines by {way}")
        got = texts(rsyslog, way)
        wait_until(lambda: len(lines_beside(directory)) >= len(got), PATIENCE, "the log beside, which may be behind")
        assert got == lines_beside(directory)[:len(got)], way
    assert len(run.logged("lines wait for it")) == 3


def outage(lines, problem):
    """From the last time that there was this problem to its end; None: it is not there, or has not ended."""
    begin = max((number for number, line in enumerate(lines) if line == problem), default=len(lines))
    end = next((number for number in range(begin, len(lines)) if lines[number].endswith("works again")), None)
    return lines[begin:end] if end else None


def test_killed_server(start, directory, rsyslog):
    """
    Killed and started again while lines come by TCP: what it had taken may be lost with it, also what it takes while it
    dies, and what came while it was away is there, whole and in order.
    """
    rsyslog.start()
    where = rsyslog.destinations()["tcp"]
    run = start(logging([syslog(where, formatter="{message}", **EVERYTHING), beside(directory)], *busy(directory, 4)))
    wait_until(lambda: len(rsyslog.received()) > 100, PATIENCE, "lines")
    rsyslog.kill()
    run.wait_log("lines wait for it")
    wait_until(lambda: len(lines_beside(directory)) > 300, PATIENCE, "lines meanwhile")
    problem = run.logged("lines wait for it")[-1].split(" ", 2)[2]
    rsyslog.start()
    wait_until(lambda: outage(texts(rsyslog, "tcp"), problem), PATIENCE, "the end of it")
    got, kept = texts(rsyslog, "tcp"), lines_beside(directory)
    assert outage(got, problem) == outage(kept, problem)
    assert set(got) <= set(kept)


class Silent:
    """Takes connections by TCP, and reads nothing from them until it is told to."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.listener.settimeout(PATIENCE)
        self.port = self.listener.getsockname()[1]
        self.peer = None

    def accept(self):
        self.peer, _ = self.listener.accept()

    def read(self, pattern):
        """All there is to what is looked for, and its group."""
        self.peer.settimeout(PATIENCE)
        got = b""
        while not (found := re.search(pattern, got)):
            part = self.peer.recv(65536)
            assert part, "closed"
            got += part
        return got[:found.end()], found[1]

    def close(self):
        self.listener.close()
        if self.peer:
            self.peer.close()


def test_silent_server(start, directory, keep):
    """A server that reads nothing delays no check and no other log; lines beyond what can be kept are counted."""
    server = keep(Silent())
    where = {"destination": "127.0.0.1", "port": server.port, "protocol": "tcp", "format": "rfc3164"}
    long = "{message} " + 900 * "x"
    run = start(logging([syslog(where, formatter=long, **EVERYTHING), beside(directory)], *busy(directory, 10)))
    server.accept()
    run.wait_log("lines are lost: the server takes them too slowly")
    seen = len(lines_beside(directory))
    wait_until(lambda: len(lines_beside(directory)) > seen + 200, PATIENCE, "the other log goes on")
    got, told = server.read(rb": (\d+) lines were lost: the server takes them too slowly")
    lost = int(told)
    texts = [line.split(": ", 1)[1].removesuffix(" " + 900 * "x") for line in got.decode().splitlines()[:-1]]
    wait_until(lambda: len(lines_beside(directory)) >= len(texts) + lost, PATIENCE, "as many lines beside as came and were lost")
    assert lost > 0 and texts == lines_beside(directory)[:len(texts)]
    run.wait_log(f"{lost} lines were lost: the server takes them too slowly")
    run.wait_for(lambda: len(run.rib.prefixes()) == 10, what="every check is up")
