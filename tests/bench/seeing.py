"""What looking costs: exacheck-ctl status, a scrape, and those who mean harm, while the checks keep their grid.

Touches loopback, temporary directories and the processes it starts.
"""

import contextlib
import http.client
import http.server
import os
import socket
import subprocess
import tempfile
import threading
import time

import processes
from figures import percentile
from helpers import Service, target_address
from measure import EDGE_NS, lateness_ms
from subject import Subject, check

STATUS_RUNS = 15
SCRAPES = 300  # so that what the supervisor does otherwise, now more and now less, is little of it
HOSTILE = 10          # clients of each kind of socket
QUIET_S = 3           # how long the supervisor is watched without anybody who looks
PAUSE_S = 0.2         # between requests of those who hammer


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def timed_ms(act, times):
    """The median of so many runs, in milliseconds."""
    took = []
    for _ in range(times):
        begin = time.monotonic()
        act()
        took.append((time.monotonic() - begin) * 1000)
    return percentile(took, 0.5)


def program_run(*command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def get(port, path="/metrics"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    if answer.status != 200:
        raise OSError("%s: status %d" % (path, answer.status))
    return body


def web_await(port, limit_s=20):
    """Until everything is shown there."""
    limit = time.monotonic() + limit_s
    while True:
        try:
            return get(port, "/healthz")
        except (OSError, http.client.HTTPException):
            if time.monotonic() > limit:
                raise
            time.sleep(0.1)


def supervisor_cpu_ms(subject, act):
    """CPU that the supervisor uses while act runs, in milliseconds."""
    root = [processes.Process(subject.process.pid)]
    before = sum(processes.cpu_ns(root).values())
    act()
    return (sum(processes.cpu_ns(root).values()) - before) / 1e6


def scrape_cpu_ms(subject, port):
    """What a scrape costs the supervisor: as many in a while, against a while without."""
    idle = supervisor_cpu_ms(subject, lambda: time.sleep(QUIET_S))

    def scrapes():
        end = time.monotonic() + QUIET_S
        for _ in range(SCRAPES):
            get(port)
        time.sleep(max(0, end - time.monotonic()))

    return max(0.0, supervisor_cpu_ms(subject, scrapes) - idle) / SCRAPES


class Hostile(threading.Thread):
    """One who means harm, until told to stop: connects, sends what it likes, and reads or does not."""

    def __init__(self, connect, request, reads):
        super().__init__(daemon=True)
        self.connect, self.request, self.reads = connect, request, reads
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            with contextlib.suppress(OSError), self.connect() as client:
                client.settimeout(PAUSE_S)
                client.sendall(self.request)
                while self.reads and client.recv(65536):
                    pass
                self.over.wait(PAUSE_S)


def hostile_all(control, port):
    """Ten at each socket: some hammer, some never read, some send what nobody asked for."""
    def at_control():
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PAUSE_S)
        client.connect(control)
        return client

    def at_web():
        return socket.create_connection(("127.0.0.1", port), PAUSE_S)

    status = b'{"protocol":1,"command":"status","detail":"full"}\n'
    kinds = [(at_control, status, True), (at_control, status, False), (at_control, b"x" * 100000, False),
             (at_control, b'{"protocol":', False), (at_web, b"GET /metrics HTTP/1.1\r\n\r\n", True),
             (at_web, b"GET /api/v1/status HTTP/1.1\r\n\r\n", False), (at_web, b"GET / HTTP/1.1\r\nX: " + b"y" * 100000, False),
             (at_web, b"GET / HT", False)]
    controls, webs = kinds[:4], kinds[4:]
    return [Hostile(*some[number % len(some)]) for some in (controls, webs) for number in range(HOSTILE)]


def harmed(control, port, seconds):
    """Let them loose for so long; the time in which all of them were there."""
    clients = hostile_all(control, port)
    for client in clients:
        client.start()
    begin = time.monotonic_ns()
    time.sleep(seconds)
    end = time.monotonic_ns()
    for client in clients:
        client.over.set()
    for client in clients:
        client.join()
    return begin, end


def measure_seeing(command, options):
    """exacheck-ctl status, scrapes and hostile clients beside many tcp checks."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, Service(options.build, "sink") as sink:
        os.chmod(directory, 0o755)
        checks = [check(index, {"method": "tcp", "host": target_address(index), "port": sink.port})
                  for index in range(options.checks)]
        control = directory + "/control.sock"
        ctl = [os.path.join(options.build, "exacheck-ctl"), "-s", control, "status"]
        with Subject(command, directory, checks, metrics={"listen": "127.0.0.1:%d" % port}) as subject:
            subject.await_announced()
            subject.settled()
            web_await(port)
            values = {"status": timed_ms(lambda: program_run(*ctl), STATUS_RUNS),
                      "scrape": timed_ms(lambda: get(port), STATUS_RUNS),
                      "scrape_cpu": scrape_cpu_ms(subject, port)}
            begin, end = harmed(control, port, min(10, options.seconds))
        late, _, _, _ = lateness_ms(sink.visits(), begin + EDGE_NS, end)
    return dict(values, hostile_p99=percentile(late, 0.99))


def floor_seeing(options):
    """Starting a program that prints as much; a server that has the answer ready."""
    body = b"exacheck_check_state{check=\"bench-00000\",state=\"startup\"} 0\n" * (20 * options.checks)

    class Ready(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ready) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        scrape = timed_ms(lambda: get(server.server_address[1]), STATUS_RUNS)
        server.shutdown()
    return {"status": timed_ms(lambda: program_run("seq", str(10 * options.checks)), STATUS_RUNS), "scrape": scrape}
