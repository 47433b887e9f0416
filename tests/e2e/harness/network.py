"""
Free ports and network namespaces. A namespace lives as long as its holder process; sockets made in it
may be used from anywhere.
"""
import ctypes
import os
import random
import socket
import subprocess
import threading

from . import processes

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
dice = random.SystemRandom()


claims = []  # of free_port()


def claim_port(host="127.0.0.1"):
    """
    (port, claim): a port that nobody uses, TCP or UDP, and that stays free until somebody binds it: it is none of those
    that the kernel gives away, and no other test gets it until the claim is closed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        limit = int(file.read().split()[0])
    for _ in range(1000):
        port = dice.randrange(limit // 2, limit)
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0exacheck-test-port-{port}")
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(family, kind) as sock:
                    sock.bind((host, port))
            return port, claim
        except OSError:
            claim.close()
    raise AssertionError(f"no free port on {host}")


def free_port(host="127.0.0.1"):
    """One that is claimed as long as this process lives."""
    port, claim = claim_port(host)
    claims.append(claim)
    return port


class Namespace:
    """A network namespace with a loopback interface that is up, and room for rules before the local table's."""

    SETUP = "ip link set lo up && ip rule add pref 100 lookup local && ip rule del pref 0 && echo ready && exec cat"

    def __init__(self):
        self.holder = processes.start(["unshare", "--net", "sh", "-c", self.SETUP], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)
        assert self.holder.stdout.readline() == b"ready\n", "no network namespace"

    def enter_argv(self):
        """To put before a command line."""
        return ["nsenter", f"--target={self.holder.pid}", "--net"]

    def run(self, *argv):
        return subprocess.run([*self.enter_argv(), *argv], check=True, capture_output=True, text=True).stdout

    def call(self, function):
        """function() in a thread that is inside the namespace."""
        outcome = {}

        def inside():
            try:
                fd = os.open(f"/proc/{self.holder.pid}/ns/net", os.O_RDONLY)
                try:
                    if libc.setns(fd, CLONE_NEWNET) != 0:
                        raise OSError(ctypes.get_errno(), "setns")
                finally:
                    os.close(fd)
                outcome["value"] = function()
            except Exception as error:  # handed to the caller's thread below
                outcome["error"] = error

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if "error" in outcome:
            raise outcome["error"]
        return outcome["value"]

    def socket(self, *args):
        return self.call(lambda: socket.socket(*args))

    def write_sysctl(self, name, value):
        def write():
            with open(f"/proc/sys/{name}", "w") as file:
                file.write(str(value))
        self.call(write)

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()
        processes.finished(self.holder)
        self.holder.stdout.close()
