"""The benchmark's C helpers, driven over pipes: services to look at, and bare loops as the floor.

Touches only the processes it starts; closing a helper's standard input ends it, so that none outlives
this program whatever becomes of it.
"""

import collections
import ipaddress
import os
import subprocess

SERVICE_NAME = "bench.test"  # the name in the test certificate; see tls.c
TARGETS_PER_NET = 250

Visit = collections.namedtuple("Visit", "index at_ns")


def _offset(index):
    return (index // TARGETS_PER_NET << 8) + 1 + index % TARGETS_PER_NET


def target_address(index):
    """The loopback address of target `index`, as target_address() in helper.c."""
    return str(ipaddress.IPv4Address("127.1.0.0") + _offset(index))


def target_prefix(index):
    """The route that the check of target `index` stands for."""
    return "%s/32" % (ipaddress.IPv4Address("10.1.0.0") + _offset(index))


class HelperError(Exception):
    """A helper could not do its work; nothing can be said about the program under test."""


class Helper:
    """One running helper; a context manager that ends it."""

    def __init__(self, build, name, *arguments):
        self.argv = ["%s/bench/%s" % (build, name)] + [str(argument) for argument in arguments]
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def line(self):
        text = self.process.stdout.readline()
        if not text:
            raise HelperError("%s ended with status %s" % (" ".join(self.argv), self.process.wait()))
        return text.strip()

    def finish(self):
        """End the helper and return what it still had to say, as lines."""
        output, _ = self.process.communicate()
        if self.process.returncode != 0:
            raise HelperError("%s ended with status %s" % (" ".join(self.argv), self.process.returncode))
        return output.splitlines()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()


class Service(Helper):
    """A service that notes its visits: `sink` for tcp, `tls serve` for https."""

    def __init__(self, build, name, *arguments):
        super().__init__(build, name, *arguments)
        self.port = int(self.line())

    def visits(self):
        """End the service; what came, in order."""
        return [Visit(*map(int, line.split())) for line in self.finish()]


def bare_cpu(build, name, *arguments):
    """Run a bare loop to its end; nanoseconds of CPU for one iteration."""
    with Helper(build, name, *arguments) as helper:
        return float(helper.finish()[-1].split()[1])


def make_certificates(directory):
    """A test CA and a certificate for SERVICE_NAME in directory: ca.pem, service.pem, service.key."""
    def openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], cwd=directory, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise HelperError("openssl %s: %s" % (" ".join(arguments), done.stdout))

    os.chmod(directory, 0o755)  # workers run as another user when the program was started as root
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-x509"]
    openssl("req", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=bench CA",
            "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", *key, "-keyout", "service.key", "-out", "service.pem", "-subj", "/CN=" + SERVICE_NAME,
            "-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:false",
            "-addext", "subjectAltName=DNS:" + SERVICE_NAME)
