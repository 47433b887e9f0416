"""
The sandbox seen from outside, as the kernel tells it of every process; and that no process knows what is not its own.
"""
import base64
import grp
import os
import pwd
import re
import shlex

import pytest

from harness import paths, processes
from harness.config import check, config, prefix
from harness.escape import NOBODY, family, memory_contains, status
from harness.hostile import HttpServer, TcpServer
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapAmb")
NONE = "0" * 16
NET_ADMIN = 1 << 12


def methods(directory, port):
    """A check of every method, remote ones of an address and of a name; their outcome does not matter. No name is a method's."""
    path = directory / "ready"
    path.write_text("x")
    return {
        "dns of an address": {"method": "dns", "host": "127.0.0.1", "port": port, "query": "x."},
        "dns of a name": {"method": "dns", "host": "localhost", "port": port, "query": "x."},
        "file alone": {"method": "file", "path": str(path)},
        "file with contains": {"method": "file", "path": str(path), "contains": "x"},
        "http of an address": {"method": "http", "url": f"http://127.0.0.1:{port}/"},
        "http of a name": {"method": "http", "url": f"http://localhost:{port}/"},
        "http with redirects": {"method": "http", "url": f"http://127.0.0.1:{port}/", "follow_redirects": True},
        "icmp of an address": {"method": "icmp", "host": "127.0.0.1"},
        "icmp of a name": {"method": "icmp", "host": "localhost", "privileged": True},
        "ntp of an address": {"method": "ntp", "host": "127.0.0.1", "port": port},
        "ntp of a name": {"method": "ntp", "host": "localhost", "port": port},
        "shell command": {"method": "shell", "command": "exec sleep 600", "timeout": 700},
        "tcp of an address": {"method": "tcp", "host": "127.0.0.1", "port": port},
        "tcp of a name": {"method": "tcp", "host": "localhost", "port": port},
    }


def start_all(start, directory, port, level, **options):
    settings = options.pop("settings", {})
    checks = methods(directory, port)
    run = start(config(*(check(name, args, prefixes=[prefix(number)], interval=60)
                         for number, (name, args) in enumerate(checks.items())), sandbox=level, **settings),
                arguments=("-v", "-v"), **options)
    for name in checks:
        run.wait_log(f"{name}: worker started; sandbox: ")
    return run, {name: run.worker(name) for name in checks}


def command_of(run, check_name):
    """The pid of the process that runs a shell check's command."""
    needle = f"ExaCheck Command [{check_name}]"
    return wait_until(lambda: [pid for pid in processes.descendants(run.pid) if needle in processes.cmdline(pid)],
                      what=needle)[0]


def limits(pid):
    """name -> (soft, hard), as text."""
    with open(f"/proc/{pid}/limits") as file:
        rows = (re.split(r" {2,}", line.strip()) for line in file)
        return {row[0]: (row[1], row[2]) for row in rows if len(row) > 2}


def assert_nobody_can_look(pid):
    """Not dumpable: its files in /proc are root's whoever it runs as."""
    assert os.stat(f"/proc/{pid}/environ").st_uid == 0, "its memory can be read by its user"


def assert_identity(pid, user, group, clear_bounding=True):
    facts = status(pid)
    assert facts["Uid"].split() == [str(user)] * 4 and facts["Gid"].split() == [str(group)] * 4
    assert facts["Groups"] == ""
    assert {name: facts[name] for name in CAPABILITIES} == dict.fromkeys(CAPABILITIES, NONE)
    if clear_bounding:
        assert facts["CapBnd"] == NONE


def assert_confined(pid, name):
    facts = status(pid)
    shell = name == "shell command"
    assert facts["NoNewPrivs"] == "1"
    assert facts["Seccomp"] == ("0" if shell else "2"), name
    assert limits(pid)["Max core file size"] == ("0", "0")
    assert limits(pid)["Max open files"][0] == ("1024" if shell else "128")
    if not shell:
        assert limits(pid)["Max file size"] == ("0", "0")
        if not paths.SANITIZED:
            data = (256 if name.startswith("http") else 64) << 20
            assert limits(pid)["Max data size"] == (str(data), str(data))
        assert limits(pid)["Max processes"][0] == "0" or name == "http with redirects"
    assert_nobody_can_look(pid)


INOTIFY = "anon_inode:inotify"


def assert_descriptors(pid, name):
    """The null device, its channel, and what a check holds; nothing of the spawner's or the supervisor's."""
    if name.startswith("file"):
        # of those that a user may have others have some: then it tries again at each execution
        wait_until(lambda: INOTIFY in processes.descriptors(pid).values(), 60, f"a watch of {name}")
    found = processes.descriptors(pid)
    standard = [found.pop(fd) for fd in range(3)]
    assert standard[:2] == ["/dev/null"] * 2
    assert standard[2] == "/dev/null" or paths.SANITIZED  # whose report needs it
    assert found.pop(3).startswith("socket:")
    if name.startswith("file"):  # how it is told that its file comes or goes
        inotify = [fd for fd, target in found.items() if target == INOTIFY]
        assert len(inotify) == 1, found
        del found[inotify[0]]
    assert all(target.startswith("socket:") for target in found.values()), found
    assert len(found) <= (2 if name.startswith(("icmp", "shell")) else 1 if name.startswith("ntp") else 3), found


def assert_memory_of_its_own(pid):
    """Nothing that another process could be told by, or tell it by."""
    with open(f"/proc/{pid}/maps") as maps:
        shared = [line for line in maps if line.split()[1].endswith("s") and not line.split()[1].startswith("r--s") or
                  "/dev/zero" in line]
    assert not shared


@pytest.mark.parametrize("settings", [{}, {"user": "daemon", "group": "mail"}], ids=["by default", "as configured"])
def test_workers(root, start, directory, keep, settings):
    server = keep(TcpServer())
    run, workers = start_all(start, directory, server.port, "strict", settings=settings)
    command = command_of(run, "shell command")
    user = pwd.getpwnam(settings["user"]) if settings else pwd.getpwnam("nobody")
    group = grp.getgrnam(settings["group"]).gr_gid if settings else user.pw_gid
    for name, pid in workers.items():
        assert_identity(pid, user.pw_uid, group)
        assert_confined(pid, name)
        assert_descriptors(pid, name)
        assert_memory_of_its_own(pid)
    assert_identity(command, user.pw_uid, group)
    assert_confined(command, "shell command")
    for line in run.logged("worker started; sandbox: "):
        assert f"identity(uid {user.pw_uid} gid {group}) no_new_privs rlimits" in line
        if "shell command: " not in line:
            assert re.search(r"landlock\(ABI \d+[^)]*\) seccomp", line), line


def test_workers_of_another_user(start, directory, keep):
    """Started without privileges: the same but for the identity."""
    server = keep(TcpServer("silent"))
    run, workers = start_all(start, directory, server.port, "strict", build=paths.copy_build(directory),
                             wrapper=NOBODY if os.geteuid() == 0 else ())
    user, group = (65534, 65534) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    for name, pid in workers.items():
        if os.geteuid() == 0:
            assert_identity(pid, user, group, clear_bounding=False)
        assert_confined(pid, name)


def test_mark(root, start, keep):
    """The one capability that an argument asks for, and no other."""
    server = keep(TcpServer())
    run = start(config(check("marked", {"method": "tcp", "host": "127.0.0.1", "port": server.port, "mark": 7}),
                       sandbox="strict"))
    run.wait_route(prefix(0))
    facts = status(run.worker("marked"))
    assert {int(facts[name], 16) for name in ("CapPrm", "CapEff")} == {NET_ADMIN}
    assert {int(facts[name], 16) for name in ("CapInh", "CapAmb")} == {0}
    assert facts["Uid"].split()[0] != "0" and facts["Seccomp"] == "2"


def test_spawners(root, start, directory, keep):
    server = keep(TcpServer())
    run, _ = start_all(start, directory, server.port, "strict")
    spawners = {pid: title for pid, title in family(run).items() if "ExaCheck Spawner [" in title}
    assert len(spawners) == len(paths.METHODS)
    for pid, title in spawners.items():
        facts = status(pid)
        assert (facts["NoNewPrivs"], facts["Seccomp"]) == ("1", "0" if "[shell]" in title else "2"), title
        assert_nobody_can_look(pid)


@pytest.mark.parametrize("method", ["tcp", "http", "shell"])
def test_one_check_without(start, directory, keep, method):
    """sandbox: off of one check is nobody else's: it has a spawner of its own."""
    server = keep(TcpServer())
    args = next(args for args in methods(directory, server.port).values() if args["method"] == method)
    run = start(config(check("free", {**args, "sandbox": "off"}, prefixes=[prefix(0)], interval=60),
                       check("confined", args, prefixes=[prefix(1)], interval=60), sandbox="strict"),
                arguments=("-v", "-v"))
    free, confined = run.worker("free"), run.worker("confined")
    told = run.wait_log("free: worker started; sandbox: ").text
    assert told.endswith(" off") and "seccomp" not in told and "landlock" not in told, told
    told = run.wait_log("confined: worker started; sandbox: ").text
    assert not told.endswith(" off") and "no_new_privs rlimits" in told, told
    assert (status(free)["NoNewPrivs"], status(free)["Seccomp"]) == ("0", "0")
    assert (status(confined)["NoNewPrivs"], status(confined)["Seccomp"]) == ("1", "0" if method == "shell" else "2")
    assert limits(free)["Max file size"][0] == "unlimited"
    spawners = [pid for pid, title in family(run).items() if f"ExaCheck Spawner [{method}]" in title]
    assert sorted(status(pid)["Seccomp"] for pid in spawners) == (["0", "0"] if method == "shell" else ["0", "2"])


# Looks for workers and guards of other checks, and tries to get at their memory: prints what it got at.
INTRUDER = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
got = []
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        title = open(f"/proc/{pid}/cmdline").read()
        parent = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1]
        above = open(f"/proc/{parent}/stat").read().rpartition(")")[2].split()[1]
    except OSError:
        continue
    if not any(f"ExaCheck {kind} [{name}]" in title for kind, name in
               (("Worker", "victim"), ("Command", "victim"), ("Worker", "intruder"), ("Command", "intruder"))):
        continue
    if RUN not in (int(parent), int(above)):
        continue
    for name in ("mem", "environ", "maps"):
        try:
            open(f"/proc/{pid}/{name}", "rb").read(1 if name != "mem" else 0)
            got.append(name)
        except OSError:
            pass
    if libc.ptrace(0x4206, int(pid), 0, 0) == 0:
        got.append("ptrace")
print(" ".join(sorted(set(got))) or "nothing", end="")
raise SystemExit(1)
"""


@pytest.mark.parametrize("level", ["strict", "off"])
def test_command_against_workers(start, directory, level):
    """A command of the same user gets at no worker's memory, nor at that of the process that started it."""
    script = directory / "intruder.py"
    script.write_text(INTRUDER)
    wrapper = NOBODY if os.geteuid() == 0 else ()
    command = f"exec /usr/bin/python3 {shlex.quote(str(script))}"
    wait = f"until [ -e {directory}/pid ]; do sleep 0.1; done; sed -i s/RUN/$(cat {directory}/pid)/ {script}"
    run = start(config(
        check("victim", {"method": "shell", "command": "exec sleep 600", "timeout": 700}, prefixes=[prefix(1)]),
        check("intruder", {"method": "shell", "command": f"{wait}; {command}"}, interval=60), sandbox=level),
        build=paths.copy_build(directory), wrapper=wrapper)
    command_of(run, "victim")
    directory.chmod(0o777)
    script.chmod(0o666)
    (directory / "new").write_text(str(run.pid))
    (directory / "new").rename(directory / "pid")
    text = run.wait_transition("intruder", "down").text
    if level == "strict":
        assert text == "exit status 1: nothing"
    else:
        assert text == "exit status 1: environ maps mem ptrace"


def secret_checks(port):
    """Checks with secrets of their own: name -> (arguments, secrets)."""
    def http(name):
        password = f"pass{name}word{os.getpid()}"
        token = f"token{name}{os.getpid()}"
        secrets = {password.encode(), token.encode(), base64.b64encode(f"user:{password}".encode())}
        return ({"method": "http", "url": f"http://user:{password}@127.0.0.1:{port}/", "headers": {"X-Token": token}},
                secrets)

    variable = f"variable{os.getpid()}"
    return {"one": http("One"), "two": http("Two"),
            "shell": ({"method": "shell", "command": 'test -n "$SECRET"', "environment": {"SECRET": variable}},
                      {variable.encode()}),
            "other shell": ({"method": "shell", "command": "true"}, set()),
            "tcp": ({"method": "tcp", "host": "127.0.0.1", "port": port}, set())}


@pytest.mark.skipif(paths.SANITIZED, reason="a sanitizer's process has terabytes of address space to search")
@pytest.mark.parametrize("level", ["strict", "off"])
def test_secrets_stay_with_their_check(root, start, keep, level):
    """Searched for in the memory of every process: they are the supervisor's and the own worker's alone."""
    server = keep(HttpServer())
    checks = secret_checks(server.port)
    every = set().union(*(secrets for _, secrets in checks.values()))
    # No command runs any more when memories are searched: one that comes and goes has no title to tell whose it is.
    run = start(config(*(check(name, args, prefixes=[prefix(number)], **({"interval": 600} if "shell" in name else {}))
                         for number, (name, (args, _)) in enumerate(checks.items())), sandbox=level))
    for number in range(len(checks)):
        run.wait_route(prefix(number))
    # one more life of a worker after the others, from a spawner that has served them
    victim = run.worker("two")
    os.kill(victim, 9)
    seen = len(server.requests)
    wait_until(lambda: not processes.alive(victim), what="end of the worker")
    run.wait_for(lambda: len(server.requests) >= seen + 6, what="requests")
    encoded = {secret for secret in every if secret.startswith(base64.b64encode(b"use"))}
    for pid, title in family(run).items():
        own = next((secrets for name, (_, secrets) in checks.items() if f"[{name}]" in title), set())
        found = memory_contains(pid, every)
        if pid == run.pid:
            assert found >= every - encoded, "the supervisor's memory is not searched well"
        elif "Worker" in title:
            assert found >= own - encoded, f"the memory of {title} is not searched well"
            assert found <= own, title
        else:
            assert not found - own, f"{title} knows {found}"
