"""
What the checks of a run look at: one service per method that is up or down as told.
"""
import socket
import time

from harness import wire
from harness.hostile import HttpServer, Udp, http_response
from harness.network import Namespace, free_port


class Target:
    """wrapper: words before the command line of exacheck."""

    wrapper = ()
    namespace = None


class Tcp(Target):
    """A port that stays bound while it is closed: another program must not come to listen there."""

    def __init__(self, directory=None):
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", free_port()))  # one that the kernel chose would go back to it when closed
        self.listening = False
        self.port = self.sock.getsockname()[1]
        self.args = {"method": "tcp", "host": "127.0.0.1", "port": self.port}

    def up(self):
        self.down()  # whoever was not accepted is gone
        self.sock.listen(1024)
        self.listening = True

    def down(self):
        if self.listening:
            self.sock.shutdown(socket.SHUT_RDWR)  # Linux: not listening any more, but bound as before
        self.listening = False


class Http(Target):
    def __init__(self, directory):
        self.passes = True
        self.server = HttpServer(lambda request: http_response(200 if self.passes else 503))
        self.args = {"method": "http", "url": f"http://127.0.0.1:{self.server.port}/", "response": "ok"}

    def up(self):
        self.passes = True

    def down(self):
        self.passes = False


class Dns(Target):
    def __init__(self, directory):
        self.passes = True
        self.server = Udp(self.answer)
        self.args = {"method": "dns", "host": "127.0.0.1", "port": self.server.port, "query": "www.test",
                     "query_type": "a", "response": "192"}

    def answer(self, query, peer):
        if self.passes:
            return [wire.dns_response(query, [wire.dns_a("192.0.2.80")])]
        return [wire.dns_response(query, rcode=wire.SERVFAIL)]

    up, down = Http.up, Http.down


class Ntp(Target):
    def __init__(self, directory):
        self.passes = True
        self.server = Udp(lambda query, peer: [wire.ntp_response(query, leap=0 if self.passes else 3)])
        self.args = {"method": "ntp", "host": "127.0.0.1", "port": self.server.port}

    up, down = Http.up, Http.down


class File(Target):
    def __init__(self, directory):
        self.path = directory / f"ready-{time.monotonic_ns()}"
        self.args = {"method": "file", "path": str(self.path)}
        self.up()

    def up(self):
        self.path.write_text("ready\n")

    def down(self):
        self.path.unlink(missing_ok=True)


class Shell(File):
    def __init__(self, directory):
        super().__init__(directory)
        self.args = {"method": "shell", "command": f"test -e {self.path}"}


class Icmp(Target):
    """A network namespace of its own whose only interface goes up and down."""

    def __init__(self, directory):
        self.namespace = Namespace()
        self.wrapper = self.namespace.enter_argv()
        self.args = {"method": "icmp", "host": "127.0.0.1", "count": 1, "icmp_timeout": 0.1}

    def up(self):
        self.namespace.run("ip", "link", "set", "lo", "up")

    def down(self):
        self.namespace.run("ip", "link", "set", "lo", "down")


TARGETS = {"dns": Dns, "file": File, "http": Http, "icmp": Icmp, "ntp": Ntp, "shell": Shell, "tcp": Tcp}
