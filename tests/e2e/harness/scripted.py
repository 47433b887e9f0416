"""
One service per method whose n-th execution passes or fails as its Script says, and which counts the
executions where they arrive: on the wire, at the server, in the file system, in the command itself.
"""
import itertools
import os
import socket
import struct
import threading
import time

from . import wire
from .hostile import HttpServer, Script, TcpServer, Udp, http_response

SETTLE = 0.01  # seconds that an execution on loopback is given to end before the service changes


class Sniffer(threading.Thread):
    """Calls on_packet(ip packet) for every IPv4 packet that arrives on lo inside a namespace."""

    PACKET_HOST = 0

    def __init__(self, namespace, on_packet):
        super().__init__(daemon=True)
        self.on_packet = on_packet
        self.sock = namespace.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
        self.sock.bind(("lo", 0x0003))
        self.sock.settimeout(0.2)
        self.stopping = False
        self.start()

    def run(self):
        while not self.stopping:
            try:
                packet, (_, protocol, kind, *_) = self.sock.recvfrom(65536)
            except socket.timeout:
                continue
            if protocol == 0x0800 and kind == self.PACKET_HOST:
                self.on_packet(packet)

    def close(self):
        self.stopping = True
        self.join(5)
        self.sock.close()


class ScriptedTcp:
    """A port that is open or closed; SYN packets are counted."""

    def __init__(self, outcomes, namespace, directory):
        self.script = Script(outcomes)
        self.server = TcpServer(namespace=namespace)
        self.args = {"method": "tcp", "host": "127.0.0.1", "port": self.server.port}
        self.arrange()
        self.sniffer = Sniffer(namespace, self.on_packet)

    def on_packet(self, packet):
        header = (packet[0] & 15) * 4
        if packet[9] != socket.IPPROTO_TCP or packet[header + 13] & 0x12 != 0x02:
            return
        if struct.unpack("!H", packet[header + 2:header + 4])[0] != self.server.port:
            return
        self.script.next()
        # Closing the port resets connections that were not accepted yet: let it be accepted first.
        passes = sum(passed for _, passed in self.script.seen)
        deadline = time.monotonic() + 1
        while self.server.count < passes and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(SETTLE)
        self.arrange()

    def arrange(self):
        if self.script.peek():
            self.server.come_back()
        else:
            self.server.go_away()

    def close(self):
        self.sniffer.close()
        self.server.close()


class ScriptedIcmp:
    """A host that replies or does not: an address of the namespace, whose kernel answers nobody. Requests are counted."""

    numbers = itertools.count(1)

    def __init__(self, outcomes, namespace, directory):
        self.script = Script(outcomes)
        self.address = f"127.1.0.{next(self.numbers)}"
        self.args = {"method": "icmp", "host": self.address, "count": 1, "icmp_timeout": 0.5}
        namespace.write_sysctl("net/ipv4/icmp_echo_ignore_all", 1)
        self.sock = namespace.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.sock.bind((self.address, 0))
        self.sniffer = Sniffer(namespace, self.on_packet)

    def on_packet(self, packet):
        request = packet[(packet[0] & 15) * 4:]
        if packet[9] != socket.IPPROTO_ICMP or request[0] != 8 or packet[16:20] != socket.inet_aton(self.address):
            return
        if self.script.next():
            reply = bytes((0, 0, 0, 0)) + request[4:]
            self.sock.sendto(reply[:2] + struct.pack("!H", checksum(reply)) + reply[4:],
                             (socket.inet_ntoa(packet[12:16]), 0))

    def close(self):
        self.sniffer.close()
        self.sock.close()


def checksum(data):
    """Of the Internet (RFC 1071)."""
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class ScriptedHttp:
    """Answers 200 or, in turn, 503 and a closed connection."""

    def __init__(self, outcomes, namespace, directory):
        self.script = Script(outcomes)
        self.server = HttpServer(self.answer, namespace=namespace)
        self.args = {"method": "http", "url": f"http://127.0.0.1:{self.server.port}/"}

    def answer(self, request):
        if self.script.next():
            return http_response(200)
        return http_response(503) if len(self.script.seen) % 2 else None

    def close(self):
        self.server.close()


class ScriptedDns:
    """Answers with an address or SERVFAIL."""

    def __init__(self, outcomes, namespace, directory):
        self.script = Script(outcomes)
        self.server = Udp(self.answer, namespace=namespace)
        self.args = {"method": "dns", "host": "127.0.0.1", "port": self.server.port, "query": "www.test",
                     "query_type": "a"}

    def answer(self, query, peer):
        if self.script.next():
            return [wire.dns_response(query, [wire.dns_a("192.0.2.80")])]
        return [wire.dns_response(query, rcode=wire.SERVFAIL)]

    def close(self):
        self.server.close()


class ScriptedNtp:
    """A clock that is synchronised or says that it is not."""

    def __init__(self, outcomes, namespace, directory):
        self.script = Script(outcomes)
        self.server = Udp(self.answer, namespace=namespace)
        self.args = {"method": "ntp", "host": "127.0.0.1", "port": self.server.port}

    def answer(self, query, peer):
        return [wire.ntp_response(query, leap=0 if self.script.next() else 3)]

    def close(self):
        self.server.close()


class ScriptedFile:
    """
    A file that is there or not, at the end of a symbolic link, so that the worker is not told of its coming and going.
    Executions are seen by the access time of the link, which the kernel moves forward whenever somebody follows it.
    """

    def __init__(self, outcomes, namespace, directory):
        self.script = Script(outcomes)
        real = directory / f"real-{id(self)}"
        real.mkdir()
        self.file = real / "ready"
        self.link = directory / f"link-{id(self)}"
        self.link.symlink_to(self.file)
        self.args = {"method": "file", "path": str(self.link)}
        self.stopping = False
        self.arrange()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def access_time(self):
        return os.lstat(self.link).st_atime_ns

    def watch(self):
        while not self.stopping:
            if self.access_time() != self.mark:
                self.script.next()
                time.sleep(SETTLE)
                self.arrange()
            time.sleep(0.002)

    def arrange(self):
        if self.script.peek():
            self.file.write_text("ready\n")
        else:
            self.file.unlink(missing_ok=True)
        os.utime(self.link, (0, 0), follow_symlinks=False)  # old, so that the next walk is recorded
        self.mark = self.access_time()

    def close(self):
        self.stopping = True
        self.thread.join(5)


SHELL = """
cd {directory} || exit 9
date +%s.%N >> {label}.runs
n=$(wc -l < {label}.runs)
outcome=$(printf %s {outcomes} | cut -c "$n")
[ "${{outcome:-{last}}}" = P ]
"""


class ScriptedShell:
    """A command that counts its own runs in a file."""

    def __init__(self, outcomes, namespace, directory):
        label = f"shell-{id(self)}"
        self.script = ShellScript(outcomes, directory / f"{label}.runs")
        directory.chmod(0o777)
        self.args = {"method": "shell", "command": SHELL.format(directory=directory, label=label, outcomes=outcomes,
                                                                last=outcomes[-1])}

    def close(self):
        pass


class ShellScript(Script):
    """Runs as the command wrote them down, on the monotonic clock."""

    def __init__(self, outcomes, path):
        self.path = path
        super().__init__(outcomes)

    @property
    def seen(self):
        if not self.path.exists():
            return []
        shift = time.monotonic() - time.time()
        lines = self.path.read_text().splitlines()
        return [(float(line) + shift, self.outcomes[min(n, len(self.outcomes) - 1)] == "P")
                for n, line in enumerate(lines)]

    @seen.setter
    def seen(self, value):
        pass


SCRIPTED = {"dns": ScriptedDns, "file": ScriptedFile, "http": ScriptedHttp, "icmp": ScriptedIcmp, "ntp": ScriptedNtp,
            "shell": ScriptedShell, "tcp": ScriptedTcp}
