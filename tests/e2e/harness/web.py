"""exacheck-web as its clients see it: plain requests, and what those do that mean harm."""
import contextlib
import http.client
import json
import socket

from . import processes
from .network import free_port
from .wait import wait_until

NAME = "libexec/exacheck-web"


class Web:
    """The address of exacheck-web, and requests to it."""

    def __init__(self):
        self.port = free_port()
        self.listen = f"127.0.0.1:{self.port}"

    def get(self, path, method="GET", timeout=20):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def status(self, query=""):
        code, _, body = self.get(f"/api/v1/status{query}")
        assert code == 200, body
        return json.loads(body)

    def well(self):
        """Whether it answers and hears of exacheck."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get("/healthz")[::2] == (200, b"ok\n")
        return False

    def wait(self, predicate=lambda status: True, timeout=20, what="status page"):
        """Wait until it is well and its status is such; returns that."""
        found = []

        def look():
            if self.well():
                with contextlib.suppress(OSError, http.client.HTTPException):
                    status = self.status()
                    if predicate(status):
                        found.append(status)
            return bool(found)

        wait_until(look, timeout, what, pause=0.05)
        return found[0]

    def connect(self):
        """A connection without a request."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


def by_name(status):
    return {node["name"]: node for node in (*status["checks"], *status["groups"])}


def pids(run):
    """Processes of exacheck-web."""
    return [pid for pid in processes.children(run.pid) if NAME in processes.cmdline(pid)]


def pid_of(run, other_than=None):
    """Its pid as soon as there is one, perhaps another one than that."""
    def find():
        return [pid for pid in pids(run) if pid != other_than]

    return wait_until(find, 20, "exacheck-web")[0]
