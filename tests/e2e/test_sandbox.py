"""
From inside the real sandbox: each attempt to get out, by a worker of each method, against what is expected of it there; and
the same attempts without a sandbox, where they succeed as far as the workers' user may at all.
"""
import os
import platform
import socket

import pytest

from harness import paths, processes
from harness.escape import NOBODY, TARGETS, Surroundings, attempts_config, escape_build, outcomes

pytestmark = [pytest.mark.one_level, pytest.mark.skipif(
    paths.SANITIZED, reason="a sanitizer's build may make calls and take memory of its own")]

ESCAPED = "escaped"
MPTCP, VSOCK = 262, 40


def sock(family, kind, protocol=0):
    return f"socket {int(family)} {int(kind)} {int(protocol)}"


STREAM, DATAGRAM, RAW = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW

# attempt -> (without a sandbox, in one, exceptions: what a variant has -> there). Several outcomes: any of them, as a
# kernel may be configured. The first exception that applies counts.
ATTEMPTS = {
    # files
    "read /etc/passwd": (ESCAPED, "EACCES", {}),
    "read /etc/hosts": (ESCAPED, "EACCES", {"resolver": ESCAPED}),
    "read {place}/readable": (ESCAPED, "EACCES", {"read": ESCAPED}),
    "stat /etc/passwd": (ESCAPED, "EPERM", {"look": ESCAPED}),
    "list /etc": (ESCAPED, "EACCES", {}),
    "list-own": (ESCAPED, "EPERM", {"look": "EACCES"}),
    "write {place}/new": (ESCAPED, "EACCES", {"resolver": "EPERM", "read": "EPERM"}),
    "write {place}/writable": (ESCAPED, "EACCES", {"resolver": "EPERM", "read": "EPERM"}),
    "unlink {place}/removable": (ESCAPED, "EPERM", {}),
    "mkdir {place}/made": (ESCAPED, "EPERM", {}),
    "rename {place}/movable {place}/moved": (ESCAPED, "EPERM", {}),
    "truncate {place}/truncatable": (ESCAPED, "EPERM", {}),
    "symlink {place}/link": (ESCAPED, "EPERM", {}),
    # processes
    "execve": ("exit 0", "SIGSYS", {}),
    "fork": (ESCAPED, "EPERM", {}),
    "fork-sibling": (ESCAPED, "EPERM", {}),
    "thread": (ESCAPED, "EPERM", {"threads": ESCAPED}),
    "ptrace worker:victim": ("EPERM", "SIGSYS", {}),
    # where the supervisor, who would trace it, is confined, Landlock refuses
    "traceme": ((ESCAPED, "EPERM"), "SIGSYS", {}),
    "vm-read": (ESCAPED, "SIGSYS", {}),
    "vm-read worker:victim": ("EPERM", "SIGSYS", {}),
    "kill {signal} supervisor": ("EPERM", "EPERM", {}),
    "kill {signal} spawner": ("EPERM", "EPERM", {}),
    "kill {signal} worker:victim": (ESCAPED, "EPERM", {}),
    "kill 9 worker:prey": (ESCAPED, "EPERM", {}),
    "sigio 9 worker:bait": (ESCAPED, "EPERM", {}),
    "proc-read mem worker:victim": ("EACCES", "EACCES", {}),
    "proc-read environ worker:victim": ("EACCES", "EACCES", {}),
    "proc-read cmdline worker:victim": (ESCAPED, "EACCES", {}),
    "proc-read environ supervisor": ("EACCES", "EACCES", {}),
    "proc-read mem supervisor": ("EACCES", "EACCES", {}),
    "proc-write oom_score_adj supervisor": ("EACCES", "EACCES", {"resolver": "EPERM", "read": "EPERM"}),
    "proc-write mem supervisor": ("EACCES", "EACCES", {"resolver": "EPERM", "read": "EPERM"}),
    "dumpable": (ESCAPED, "EPERM", {}),
    "nice": (ESCAPED, "EPERM", {}),
    # memory and descriptors
    "map-executable": (ESCAPED, "EPERM", {"resolver": ESCAPED}),
    "make-executable": (ESCAPED, "EPERM", {"resolver": ESCAPED}),
    "memory": (ESCAPED, "ENOMEM", {}),
    "shared-memory": (ESCAPED, "EPERM", {}),
    "memfd": (ESCAPED, "EPERM", {}),
    "descriptors": (ESCAPED, "EMFILE", {}),
    "raise-limit": (ESCAPED, "EPERM", {"commands": "EPERM"}),
    # the network
    sock(socket.AF_INET, STREAM): (ESCAPED, "EPERM", {"tcp": ESCAPED, "resolver": ESCAPED}),
    sock(socket.AF_INET, DATAGRAM): (ESCAPED, "EPERM", {"udp": ESCAPED, "resolver": ESCAPED}),
    sock(socket.AF_INET6, DATAGRAM): (ESCAPED, "EPERM", {"udp": ESCAPED, "resolver": ESCAPED, "http": ESCAPED}),
    sock(socket.AF_INET, STREAM, MPTCP): ((ESCAPED, "ENOPROTOOPT", "EPROTONOSUPPORT"), "EPERM", {}),
    sock(socket.AF_INET, DATAGRAM, socket.IPPROTO_ICMP): (("EACCES", ESCAPED), "EPERM", {}),
    sock(socket.AF_INET, RAW, socket.IPPROTO_ICMP): ("EPERM", "EPERM", {}),
    sock(socket.AF_UNIX, STREAM): (ESCAPED, "EPERM", {"resolver": ESCAPED}),
    sock(socket.AF_UNIX, DATAGRAM): (ESCAPED, "EPERM", {"resolver": ESCAPED}),
    sock(socket.AF_NETLINK, RAW, 0): (ESCAPED, "EPERM", {"resolver": ESCAPED}),
    sock(socket.AF_NETLINK, RAW, 9): ((ESCAPED, "EPROTONOSUPPORT"), "EPERM", {}),
    sock(socket.AF_PACKET, RAW): ("EPERM", "EPERM", {}),
    sock(VSOCK, STREAM): ((ESCAPED, "EAFNOSUPPORT"), "EPERM", {}),
    "connect {own}": (ESCAPED, "EPERM", {"tcp": ESCAPED, "resolver": "EACCES"}),
    "connect {other}": (ESCAPED, "EPERM", {"any port": ESCAPED, "tcp": "EACCES", "resolver": "EACCES"}),
    "connect-mptcp {other}": ((ESCAPED, "ENOPROTOOPT", "EPROTONOSUPPORT"), "EPERM", {}),
    "linger": (ESCAPED, "EPERM", {}),
    "fast-open {other}": (ESCAPED, "EPERM", {}),
    "fast-open-sendmsg {other}": (ESCAPED, "EPERM", {}),
    "bind 0": (ESCAPED, "EPERM", {"tcp": "EACCES", "resolver": "EACCES"}),
    "listen": (ESCAPED, "EPERM", {}),
    "unix {place}/stream": (ESCAPED, "EPERM", {"resolver": ESCAPED}),
    "abstract {abstract}": (ESCAPED, "EPERM", {}),
    "pair-datagram {place}/datagram": (ESCAPED, "EPERM", {}),
    "forge": ("ENOTSOCK", "ENOTSOCK", {"ping": "EPERM"}),
    "snoop": ("ENOTSOCK", "ENOTSOCK", {"ping": "EPERM"}),
    # the kernel's other doors
    "io_uring": ((ESCAPED, "EPERM", "ENOSYS"), "SIGSYS", {}),
    "bpf": (("EPERM", ESCAPED), "SIGSYS", {}),
    "keyctl": ((ESCAPED, "ENOSYS", "EDQUOT"), "SIGSYS", {}),  # a user may have so many keys
    "unshare": ((ESCAPED, "EPERM", "ENOSPC"), "SIGSYS", {}),
    "chroot": ("EPERM", "SIGSYS", {}),
    "mount": ("EPERM", "SIGSYS", {}),
    "setuid": ("EPERM", "EPERM", {}),
    "personality": (ESCAPED, "EPERM", {}),
    "umask": (ESCAPED, "EPERM", {}),
    "chdir": (ESCAPED, "EPERM", {}),
}
if platform.machine() == "x86_64":
    ATTEMPTS["int80"] = ((ESCAPED, "SIGSEGV"), "SIGSYS", {})
    ATTEMPTS["x32"] = ((ESCAPED, "ENOSYS"), "SIGSYS", {})

# Without a sandbox: what differs where nobody changed the user, so that workers may be looked into (the supervisor never) and all be
# signalled,
AS_ONE_USER = {
    "ptrace worker:victim": ESCAPED, "vm-read worker:victim": ESCAPED, "kill {signal} supervisor": ESCAPED,
    "kill {signal} spawner": ESCAPED, "proc-read mem worker:victim": ESCAPED,
    "proc-read environ worker:victim": ESCAPED,
}
# and with a raw socket.
WITH_RAW_SOCKET = {"forge": ESCAPED, "snoop": ESCAPED}

# variant -> (arguments, what it has)
VARIANTS = {
    "dns": ({"method": "dns", "host": "127.0.0.1", "port": "{own}", "query": "x."}, ("tcp", "udp")),
    "dns of a name": ({"method": "dns", "host": "localhost", "port": "{own}", "query": "x."},
                      ("tcp", "udp", "resolver", "look")),
    "file": ({"method": "file", "path": "{place}/readable"}, ("look",)),
    "file with contains": ({"method": "file", "path": "{place}/readable", "contains": "x"}, ("look", "read")),
    "http": ({"method": "http", "url": "http://127.0.0.1:{own}/"}, ("tcp", "http")),
    "http of a name": ({"method": "http", "url": "http://localhost:{own}/"}, ("tcp", "http", "resolver", "look")),
    "http with redirects": ({"method": "http", "url": "http://127.0.0.1:{own}/", "follow_redirects": True},
                            ("any port", "tcp", "http", "resolver", "look", "threads")),
    "icmp": ({"method": "icmp", "host": "127.0.0.1", "privileged": True}, ("ping",)),
    "icmp of a name": ({"method": "icmp", "host": "localhost", "privileged": True}, ("ping", "resolver", "look")),
    "ntp": ({"method": "ntp", "host": "127.0.0.1", "port": "{own}"}, ("udp",)),
    "ntp of a name": ({"method": "ntp", "host": "localhost", "port": "{own}"}, ("udp", "resolver", "look")),
    "shell": ({"method": "shell", "command": "true"}, ("commands",)),
    "tcp": ({"method": "tcp", "host": "127.0.0.1", "port": "{own}"}, ("tcp",)),
    "tcp of a name": ({"method": "tcp", "host": "localhost", "port": "{own}"}, ("tcp", "resolver", "look")),
    "tcp inside TLS": ({"method": "tcp", "host": "127.0.0.1", "port": "{own}", "tls": True, "verify_ssl": False}, ("tcp",)),
}


def run_attempts(start, surroundings, directory, variant, level, expected, **options):
    """All attempts in one exacheck; compares what came of each with what is expected: template -> outcomes."""
    surroundings.files()
    spared = level == "strict" and "commands" not in VARIANTS[variant][1]
    words = surroundings.words(9 if spared else 0)
    named = {template.format(**words): template for template in expected}
    args = {key: value.format(**words) if isinstance(value, str) else value
            for key, value in VARIANTS[variant][0].items()}
    build = escape_build(directory / level)
    run = start(attempts_config(named, args, level, **options.pop("settings", {})), build=build, arguments=("-v", "-v"),
                **options)
    run.expected_deaths = {"SIGSYS", "SIGSEGV"}  # of those that the sandbox stops, or that reach for what is not there
    workers = {name: run.worker(name) for name in TARGETS} if spared else {}
    wrong = {}
    for name, outcome in outcomes(run, named).items():
        allowed = expected[named[name]]
        if outcome not in (allowed if isinstance(allowed, tuple) else (allowed,)):
            wrong[name] = f"{outcome} instead of {allowed}"
    assert not wrong
    for name, pid in workers.items():
        assert processes.alive(pid) and run.worker(name) == pid, f"{name} is another process"
    run.stop()
    return run


def confined(variant):
    """What is expected in the sandbox."""
    has = VARIANTS[variant][1]
    found = {}
    for attempt, (free, default, exceptions) in ATTEMPTS.items():
        if "commands" in has:  # as the user, whose commands need the system as it is
            default = free
        found[attempt] = next((outcome for tag, outcome in exceptions.items() if tag in has), default)
    return found


def unconfined(variant):
    """What is expected without."""
    expected = {attempt: free for attempt, (free, _, _) in ATTEMPTS.items()}
    if "ping" in VARIANTS[variant][1]:
        expected.update(WITH_RAW_SOCKET)
    return expected


@pytest.fixture
def surroundings(directory, keep):
    for level in ("strict", "off"):
        (directory / level).mkdir()
    return Surroundings(directory, keep)


@pytest.mark.parametrize("variant", VARIANTS)
def test_attempts(root, start, directory, surroundings, variant):
    run_attempts(start, surroundings, directory, variant, "strict", confined(variant))
    for path in ("new", "made", "link", "moved"):
        assert ("commands" in VARIANTS[variant][1]) == os.path.lexists(surroundings.place / path)


@pytest.mark.parametrize("variant", VARIANTS)
def test_attempts_without_sandbox(root, start, directory, surroundings, variant):
    """The proof that the attempts are real: they succeed as far as the user may."""
    run_attempts(start, surroundings, directory, variant, "off", unconfined(variant))


SAMPLE = ("tcp", "http of a name", "file", "shell")


@pytest.mark.parametrize("variant", SAMPLE)
def test_attempts_as_another_user(start, directory, surroundings, variant):
    """Started without privileges, where every process of exacheck has the same user."""
    expected = confined(variant)
    if variant == "shell":
        expected.update(AS_ONE_USER)
        # neither dumpable nor to be read, whoever's it is
        expected.update({attempt: "EPERM" for attempt in ("ptrace worker:victim", "vm-read worker:victim")})
        expected.update({f"proc-read {what} worker:victim": "EACCES" for what in ("mem", "environ")})
    run_attempts(start, surroundings, directory, variant, "strict", expected, wrapper=NOBODY if os.geteuid() == 0 else ())


@pytest.mark.parametrize("variant", SAMPLE)
def test_attempts_as_another_user_without_sandbox(start, directory, surroundings, variant):
    run_attempts(start, surroundings, directory, variant, "off", {**unconfined(variant), **AS_ONE_USER},
                 wrapper=NOBODY if os.geteuid() == 0 else ())


def test_attempts_of_a_configured_user(root, start, directory, surroundings):
    run_attempts(start, surroundings, directory, "tcp", "strict", confined("tcp"),
                 settings={"user": "daemon", "group": "mail"})
