"""
The services that the checks look at, one class a method: each is up, or down in one of several ways, and
remembers since when. Invariant: `times` never claims more than is true - a time up or down begins after the
change was made and ends before the next one begins.
"""
import os
import socket
import time

from harness import wire
from harness.hostile import HttpServer, TcpServer, Udp, http_response, make_socket

METHOD_TIMEOUT = 0.4  # seconds; an execution as a whole may take a little longer
TIMEOUT = 0.5


class Service:
    """`ways`: how it may be down. change() does it."""

    method = None
    ways = ()
    interval = 1.25  # seconds; longer than the lease, so that every grid point has its outcome before the next
    timeout = TIMEOUT

    def __init__(self, number, namespace, directory):
        self.name = f"{self.method}-service {number}"
        self.number, self.namespace, self.directory = number, namespace, directory
        self.way = None  # None: up
        self.open()
        self.times = [[time.monotonic(), None, None]]  # since, until (None: still), way

    def turn(self, way):
        """Make it up (None) or down in a way."""
        before = time.monotonic()
        self.change(way)
        self.way = way
        self.times[-1][1] = before
        self.times.append([time.monotonic(), None, way])

    def spans(self, up, end):
        """The times up, or down, until `end`, as (since, until)."""
        merged = []
        for since, until, way in self.times:
            until = end if until is None else until
            if (way is None) != up:
                merged.append(None)
            elif merged and merged[-1]:
                merged[-1] = (merged[-1][0], until)
            else:
                merged.append((since, until))
        return [span for span in merged if span]

    def open(self):
        pass

    def change(self, way):
        """Answers look at self.way; what else there is to do."""

    def close(self):
        pass


class TcpService(Service):
    """A port that is open or closed. A second socket keeps the number: nobody else gets it meanwhile."""

    method = "tcp"
    ways = ("closed",)

    def open(self):
        self.placeholder = make_socket(socket.SOCK_STREAM, "127.0.0.1", 0, self.namespace)
        self.server = TcpServer(port=self.placeholder.getsockname()[1], namespace=self.namespace)

    def args(self, number):
        return {"host": "localhost" if number % 4 == 3 else "127.0.0.1", "port": self.server.port,
                "tcp_timeout": METHOD_TIMEOUT}

    def change(self, way):
        if way is None:
            self.server.come_back()
        else:
            self.server.go_away()

    def close(self):
        self.server.close()
        self.placeholder.close()


class HttpService(Service):
    """200; or 503, a closed connection, no answer at all."""

    method = "http"
    ways = ("503", "closes", "hangs")

    def open(self):
        self.server = HttpServer(self.answer, namespace=self.namespace)

    def answer(self, request):
        way = self.way
        if way == "hangs":
            time.sleep(2 * TIMEOUT)
        return {None: http_response(200), "503": http_response(503)}.get(way)

    def args(self, number):
        return {"url": f"http://127.0.0.1:{self.server.port}/", "http_timeout": METHOD_TIMEOUT}

    def close(self):
        self.server.close()


class DnsService(Service):
    method = "dns"
    ways = ("SERVFAIL", "silent")

    def open(self):
        self.server = Udp(self.answer, namespace=self.namespace)

    def answer(self, query, peer):
        if self.way == "silent":
            return []
        if self.way == "SERVFAIL":
            return [wire.dns_response(query, rcode=wire.SERVFAIL)]
        return [wire.dns_response(query, [wire.dns_a("192.0.2.80")])]

    def args(self, number):
        return {"host": "127.0.0.1", "port": self.server.port, "query": "www.test", "query_type": "a",
                "dns_timeout": METHOD_TIMEOUT}

    def close(self):
        self.server.close()


class NtpService(Service):
    method = "ntp"
    ways = ("unsynchronised", "silent")

    def open(self):
        self.server = Udp(self.answer, namespace=self.namespace)

    def answer(self, query, peer):
        return [] if self.way == "silent" else [wire.ntp_response(query, leap=0 if self.way is None else 3)]

    def args(self, number):
        return {"host": "127.0.0.1", "port": self.server.port, "ntp_timeout": METHOD_TIMEOUT}

    def close(self):
        self.server.close()


class IcmpService(Service):
    """An address of the namespace; down: what comes from it is dropped, which is its replies."""

    method = "icmp"
    ways = ("silent",)
    interval = 2.0
    timeout = 1  # at least one second for each packet

    def open(self):
        self.address = f"127.1.0.{self.number + 1}"

    def args(self, number):
        return {"host": self.address, "count": 1, "icmp_timeout": METHOD_TIMEOUT}

    def change(self, way):
        if (way is None) != (self.way is None):
            action = "del" if way is None else "add"
            self.namespace.run("ip", "rule", action, "pref", "10", "from", self.address, "blackhole")


class FileService(Service):
    """A file at the end of a link: the worker is not told of its coming and going, so that outcomes are the grid's."""

    method = "file"
    ways = ("absent",)

    def open(self):
        self.path = self.directory / f"ready-{self.number}"
        self.link = self.directory / f"link-{self.number}"
        self.link.symlink_to(self.path)
        self.change(None)

    def args(self, number):
        return {"path": str(self.link)}

    def change(self, way):
        if way is None:
            self.path.write_text("ready\n")
        else:
            self.path.unlink(missing_ok=True)


class ShellService(Service):
    """
    A command that reads how it is to end; "hangs" leaves work for whoever ends it. It is one process: what a command has
    started itself outlives a worker that is killed, until it ends.
    """

    method = "shell"
    ways = ("fails", "hangs")

    def open(self):
        self.path = self.directory / f"mode-{self.number}"
        self.change(None)

    def args(self, number):
        return {"command": f"read mode < {self.path}; case $mode in up) exit 0;; hangs) exec sleep 60;; *) exit 1;; esac"}

    def change(self, way):
        new = self.path.with_suffix(".new")
        new.write_text(f"{way or 'up'}\n")
        os.rename(new, self.path)


# Of a hundred checks.
SHARES = {TcpService: 60, HttpService: 12, DnsService: 8, NtpService: 8, IcmpService: 4, FileService: 4,
          ShellService: 4}
CHECKS_A_SERVICE = 5


def make_services(checks, namespace, directory):
    """[(service, how many checks look at it)], `checks` in all. Echo requests need a namespace of our own."""
    kinds = [kind for kind in SHARES if namespace or kind is not IcmpService]
    wanted = {kind: max(1, checks * SHARES[kind] // 100) for kind in kinds}
    wanted[TcpService] += checks - sum(wanted.values())
    found = []
    for kind, count in wanted.items():
        for number in range(-(-count // CHECKS_A_SERVICE)):
            found.append((kind(number, namespace, directory),
                          min(CHECKS_A_SERVICE, count - number * CHECKS_A_SERVICE)))
    return found
