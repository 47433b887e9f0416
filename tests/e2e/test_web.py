"""exacheck-web: what it shows, that it follows exacheck, comes back, and is confined; what hostile clients cannot do."""
import os
import signal
import socket
import time

import pytest

from harness import paths, processes
from harness.config import check, config, prefix
from harness.control import path_of
from harness.hostile import TcpServer
from harness.reload import reload
from harness.wait import wait_until
from harness.web import Web, by_name, pid_of, pids
from test_control_errors import ATTEMPTS, CHECKS, GRID, HARM as CONTROL_HARM, LATER, Hostile, lateness
from test_faults import tcp
from test_upgrade import put, upgrade

pytestmark = pytest.mark.one_level

NAME = "<script>alert(1)</script>"


@pytest.fixture
def server(keep):
    return keep(TcpServer())


@pytest.fixture
def web():
    return Web()


def document(web, *checks, **settings):
    return {**config(*checks, **settings), "metrics": {"listen": web.listen}}


def states(**expected):
    """A predicate: checks and groups of these names, and no others, are in these states."""
    def predicate(status):
        return {name: node["state"] for name, node in by_name(status).items()} == expected

    return predicate


def test_follows(start, server, web):
    """What is shown follows a service that dies, a reload that adds and removes, and one that moves the address."""
    run = start({**document(web, check("web", tcp(server)), check(NAME, tcp(server), prefixes=[prefix(1)])),
                 "groups": [{"name": "both", "members": ["web", NAME], "prefixes": [prefix(2)]}]})
    status = web.wait(states(**{"web": "up", NAME: "up", "both": "up"}))
    assert [node["name"] for node in status["checks"]] == ["web", NAME] and status["pid"] == run.pid
    web.wait(lambda status: by_name(status)["web"]["announced"] and by_name(status)["web"]["routes"][0]["by"] == "web")
    server.go_away()
    down = web.wait(lambda status: by_name(status)["both"]["state"] == "down" and not by_name(status)["web"]["announced"])
    node = by_name(down)["web"]
    assert node["state"] == "down" and node["last"]["reason"] == "refused" and node["recent"][-1]["result"] == "fail", node
    assert [member["verdict"] for member in by_name(down)["both"]["members"]] == ["down", "down"]
    other = Web()
    reload(run, document(other, check("web", tcp(server)), check("new", tcp(server), prefixes=[prefix(4)])))
    other.wait(states(web="down", new="down"), what="the other address")
    wait_until(lambda: not web.well(), what="the end of the former address")
    reload(run, config(check("web", tcp(server))))
    wait_until(lambda: not pids(run), what="the end of exacheck-web, which has nothing to do")


def test_differences(start, server, web):
    """`since` and `order`: what has changed, and nothing else."""
    run = start(document(web, check("web", tcp(server)), check("slow", tcp(server), interval=3600, prefixes=[prefix(1)])))
    first = web.wait(states(web="up", slow="up"))
    quiet = lambda s: [n["name"] for n in s["checks"]]
    wait_until(lambda: "web" in quiet(web.status(f"?since={first['sequence']}&order={first['order']}")), what="a change")
    later = wait_until(lambda: [s for s in [web.status()] if s["sequence"] > first["sequence"] + 3], what="changes")[0]
    part = web.status(f"?since={later['sequence']}&order={later['order']}")
    assert part["partial"] is True and "slow" not in quiet(part) and "names" not in part, part
    named = web.status(f"?since={later['sequence']}&order=1")
    assert named["names"] == {"checks": ["web", "slow"], "groups": []}
    for other_life in (later["sequence"] + 10**9, 5):
        whole = web.status(f"?since={other_life}&order={later['order']}")
        assert "partial" not in whole and quiet(whole) == ["web", "slow"]
    reload(run, document(web, check("web", tcp(server))))
    wait_until(lambda: web.status(f"?since={later['sequence']}&order={later['order']}").get("names") ==
               {"checks": ["web"], "groups": []}, what="the new names")


def test_answers(start, server, web):
    """Methods, paths, headers."""
    start(document(web, check("web", tcp(server))))
    web.wait()
    code, headers, body = web.get("/api/v1/status")
    assert code == 200 and headers["content-type"] == "application/json" and len(body) == int(headers["content-length"])
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff" and headers["connection"] == "close"
    assert headers["cache-control"] == "no-store" and headers["referrer-policy"] == "no-referrer"
    code, headers, body = web.get("/healthz", "HEAD")
    assert (code, body, headers["content-length"]) == (200, b"", "3")
    for method, path, expected in (("GET", "/nothing", 404), ("GET", "/healthz/..", 404), ("OPTIONS", "/", 405),
                                   ("DELETE", "/healthz", 405), ("BREW", "/healthz", 501)):
        assert web.get(path, method)[0] == expected, (method, path)


def test_lost(start, server, web):
    """Killed it comes back, and its supervisor's death is the end of it."""
    run = start(document(web, check("web", tcp(server))))
    web.wait(states(web="up"))
    former = pid_of(run)
    os.kill(former, signal.SIGKILL)
    run.expected_deaths.add("SIGKILL")
    pid = pid_of(run, former)
    web.wait(states(web="up"))
    run.kill()
    wait_until(lambda: not processes.alive(pid), what="the end of exacheck-web")


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def test_stopped(start, server, web):
    """One that does not listen costs no memory, and checks nothing."""
    checks = [check(f"check {i}", tcp(server), prefixes=[prefix(i)], interval=0.1) for i in range(20)]
    run = start(document(web, *checks))
    web.wait(lambda status: all(node["state"] == "up" for node in status["checks"]))
    pid = pid_of(run)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(1)  # the pipe is full
    before = resident_kb(run.pid)
    time.sleep(2)
    if not paths.SANITIZED:  # whose heap keeps what is freed
        assert resident_kb(run.pid) < before + 1024
    server.go_away()
    run.wait_transition("check 7", "down")
    os.kill(pid, signal.SIGCONT)
    web.wait(lambda status: all(node["state"] == "down" for node in status["checks"]))
    assert pids(run) == [pid]


def test_upgrade(start, server, web, directory):
    """Another program starts another exacheck-web, at the same address."""
    build = paths.copy_build(directory)
    run = start(document(web, check("web", tcp(server))), build=build)
    web.wait(states(web="up"))
    former = pid_of(run)
    put(build, paths.BUILD / "upgrade" / "next")
    upgrade(run)
    assert web.wait(lambda status: status["version"] == "9.9.9")["upgrades"] == 1
    assert not processes.alive(former) and len(pids(run)) == 1


def test_address_taken(start, server, web):
    """An address that is taken is told, and tried again."""
    with socket.create_server(("127.0.0.1", web.port)):
        run = start(document(web, check("web", tcp(server))))
        run.wait_transition("web", "up")
        run.wait_log(f"exacheck-web: cannot listen on {web.listen}: Address already in use", timeout=30)
    web.wait(states(web="up"))


@pytest.mark.skipif(paths.SANITIZED, reason="a sanitizer's build may make calls and take memory of its own")
def test_confined(root, start, server, web):
    """Identity, capabilities, filter, limits, descriptors; of what it is told of the sandbox all is said."""
    run = start(document(web, check("web", tcp(server)), sandbox="strict"))
    web.wait()
    pid = pid_of(run)
    with open(f"/proc/{pid}/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    assert "0" not in status["Uid"].split() + status["Gid"].split() and status["Groups"].strip() == ""
    assert {status[f"Cap{name}"] for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    with open(f"/proc/{pid}/limits") as file:
        limits = {line[:26].strip(): line[26:].split()[:2] for line in file}
    assert limits["Max core file size"] == limits["Max file size"] == limits["Max processes"] == ["0", "0"]
    assert limits["Max open files"] == ["128", "128"]
    wait_until(lambda: sum("socket" in what for what in processes.descriptors(pid).values()) == 2,
               what="nothing but the channel and what listens")
    held = processes.descriptors(pid)
    kinds = sorted(what.split(":")[0] for fd, what in held.items() if fd > 2)
    assert {held[fd] for fd in (0, 1, 2)} == {"/dev/null"} and set(kinds) <= {"socket", "anon_inode", "pipe"}, held
    line = run.wait_log(f"exacheck-web: ready: serving {web.listen}; sandbox ").text
    assert all(word in line for word in ("identity(uid ", "no_new_privs", "rlimits", "landlock(ABI", "seccomp")), line


# A hostile exacheck-web

HOSTILE = {
    "says what it never should": ("head -c 1 <&3 >/dev/null; printf 'ready: sandbox of\\001 none\\n' >&3; exec sleep 60",
                                  "says what it never should: it is killed"),
    "says too much": ("head -c 1 <&3 >/dev/null; while printf 'problem: another one\\n' >&3; do :; done",
                      "says what it never should: it is killed"),
    "ends at once": ("exit 1", "exacheck-web ended; another is started"),
    "does not end": ("trap '' TERM; cat <&3 >/dev/null; exec sleep 60", None),
}


@pytest.mark.parametrize("script, told", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_program(start, server, web, directory, script, told):
    """It cannot do more than be restarted, ever more seldom, or killed at the end."""
    build = paths.copy_build(directory)
    (build / "libexec/exacheck-web").write_text(f"#!/bin/sh\n{script}\n")
    run = start(document(web, check("web", tcp(server))), build=build)
    run.wait_transition("web", "up")
    if told:
        run.wait_log(told)
        run.wait_for(lambda: len(run.logged("exacheck-web ended; another is started")) >= 3, what="further tries")
        assert len(run.logged("another one")) < 100 and not run.logged("exacheck-web: ready")
    else:
        pid_of(run)
    run.wait_route(prefix(0))


# Hostile clients

def loris(web):
    """A byte now and then: the request is never complete."""
    with web.connect() as connection:
        begin = time.monotonic()
        connection.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        try:
            while time.monotonic() - begin < 60:
                connection.sendall(b"a")
                time.sleep(0.25)
        except OSError:
            pass
        return time.monotonic() - begin


def ended(connection, data):
    """Send it; whether the other end closes."""
    try:
        connection.sendall(data)
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass
    return True


def test_slow_loris(start, server, web):
    """Each byte in time, and cut nevertheless."""
    start(document(web, check("web", tcp(server))))
    web.wait()
    assert 2 < loris(web) < 30


def test_hostile_requests(start, server, web):
    """Too much of everything."""
    run = start(document(web, check("web", tcp(server))))
    web.wait()
    pid = pid_of(run)
    for data in (b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
                 b"POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 100_000,
                 b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n" + b"x" * 100_000,
                 b"GET / HTTP/9.9\r\n\r\n", b"\0" * 100_000, b"\r\n" * 50_000, b"GET http://[::1 HTTP/1.1\r\n\r\n",
                 b"CONNECT x HTTP/1.1\r\n\r\n", b"GET //%00%ff?%00=%zz&since=1e9 HTTP/1.1\r\n\r\n",
                 b"HEAD /healthz HTTP/1.0\r\n\r\n" * 1000):
        with web.connect() as connection:
            assert ended(connection, data)
    assert web.well() and pids(run) == [pid], run.story()


def test_hostile_crowd(start, server, web):
    """More connections than there is room for, of those who send nothing, half close, or never read: others are served."""
    long = "x" * 30_000  # so that an answer does not fit into what a socket takes
    checks = [check(f"check {i}", tcp(server), prefixes=[prefix(i)], description=long) for i in range(40)]
    run = start(document(web, *checks))
    web.wait(lambda status: len(status["checks"]) == 40)
    pid = pid_of(run)
    crowd = []
    try:
        for number in range(150):
            connection = web.connect()
            crowd.append(connection)
            if number % 3 == 1:
                connection.shutdown(socket.SHUT_WR)
            elif number % 3 == 2:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.sendall(b"GET /api/v1/status HTTP/1.1\r\n\r\n")
        wait_until(web.well, 60, "an answer in the crowd")
        assert len(processes.descriptors(pid)) < 90
    finally:
        for connection in crowd:
            connection.close()
    web.wait(lambda status: all(node["state"] == "up" for node in status["checks"]))
    assert pids(run) == [pid], run.story()
    wait_until(lambda: len(processes.descriptors(pid)) < 12, what="the end of all connections")


def request(path):
    return f"GET {path} HTTP/1.1\r\n\r\n".encode()


def hammers(self, client):
    client.sendall(request("/api/v1/status?since=1"))
    while client.recv(65536):
        pass


def never_reads(self, client):
    client.sendall(request("/api/v1/status"))
    self.over.wait(1)


def floods(self, client):
    """Connections, as many as there come."""


def huge_header(self, client):
    client.sendall(b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000)


def half_a_request(self, client):
    client.sendall(b"GET / HT")
    client.shutdown(socket.SHUT_WR)
    self.over.wait(0.5)


def byte_by_byte(self, client):
    for byte in request("/metrics" + "x" * 5000):
        if not self.over.is_set():
            client.sendall(bytes([byte]))
            time.sleep(0.001)


class HostileVisitor(Hostile):
    """The same at a web server."""

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.path.port), 1)


HARM = [hammers, hammers, hammers, never_reads, never_reads, floods, floods, huge_header, half_a_request, byte_by_byte]


def test_ten_who_mean_harm(start, web):
    """Ten here and ten at the control socket at once: the checks keep their grid, and in the end others are served."""
    checks = [check(f"web {n}", {"method": "file", "path": "/"}, prefixes=[prefix(n)], interval=GRID, splay=True)
              for n in range(CHECKS)]
    run = start(document(web, *checks), arguments=())
    web.wait(lambda status: all(node["state"] == "up" for node in status["checks"]))
    pid, found = pid_of(run), []
    while len(found) < ATTEMPTS and not any(harmed < quiet + LATER for quiet, harmed in found):
        quiet = lateness(run)
        hostile = [HostileVisitor(web, act) for act in HARM] + [Hostile(path_of(run), act) for act in CONTROL_HARM]
        for one in hostile:
            one.start()
        found.append((quiet, lateness(run)))
        for one in hostile:
            one.close()
        assert all(one.rounds > 0 for one in hostile)
    assert any(harmed < quiet + LATER for quiet, harmed in found), found
    web.wait(lambda status: all(node["state"] == "up" for node in status["checks"]))
    assert pids(run) == [pid] and not run.logged("worker lost"), run.story()


def cpu_ns(pid):
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0])


def test_scrapes_cost_exacheck_nothing(start, server, web):
    """Fifty of them: less than a millisecond each of the supervisor's time, in which it does everything else as well."""
    run = start(document(web, check("web", tcp(server), interval=60)))
    web.wait(states(web="up"))
    before = cpu_ns(run.pid)
    for _ in range(50):
        assert web.get("/metrics")[0] == 200 and web.get("/api/v1/status")[0] == 200
    assert cpu_ns(run.pid) - before < 50 * 10**6 * paths.SLOWNESS
