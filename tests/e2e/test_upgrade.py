"""
Upgrade in place: another program under the same pid, and nobody outside notices. Each test runs a copy of the built
tree, in which the program is replaced as a package does it: by rename.
"""
import contextlib
import json
import os
import pathlib
import random
import re
import selectors
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from harness import paths, processes
from harness.config import check, config, for_test, prefix
from harness.hostile import TcpServer
from harness.lab import Lab
from harness.peer import ExaBGP6, FallsSilent, Mute, NoAcks
from harness.standalone import Pipes
from harness.wait import wait_until

PROGRAMS = paths.BUILD / "upgrade"
VERSION = os.popen(f"{paths.EXACHECK} --version").read().split()[1]


def tcp(server):
    return {"method": "tcp", "host": "127.0.0.1", "port": server.port, "timeout": 2}


@pytest.fixture
def build(directory):
    return paths.copy_build(directory)


def put(build, program):
    """A program (a path, or the text of a script) takes the place of exacheck."""
    new = build / "exacheck.new"
    if isinstance(program, str):
        new.write_text(program)
    else:
        shutil.copy2(program, new)
    new.chmod(0o755)
    os.replace(new, build / "exacheck")


def upgrade(run, timeout=40):
    """Ask for an upgrade and wait for it."""
    before = len(run.logged("upgraded from "))
    os.kill(run.pid, signal.SIGUSR2)
    return run.wait_for(lambda: run.logged("upgraded from ")[before:], timeout, "upgrade")[0]


def refused(run, timeout=40):
    """Ask for an upgrade that comes to nothing; returns why."""
    before = len(run.logged("upgrade refused: "))
    os.kill(run.pid, signal.SIGUSR2)
    return run.wait_for(lambda: run.logged("upgrade refused: ")[before:], timeout, "refusal")[0]


def descriptors(pid):
    return sorted(target.split(":")[0] for target in processes.descriptors(pid).values())


def steady(look):
    """What it sees twice in a row: nothing that only comes and goes."""
    while (seen := look()) != (time.sleep(0.1), look())[1]:
        pass
    return seen


def start_with(start, keep, build, count=3, **options):
    servers = [keep(TcpServer()) for _ in range(count)]
    run = start(config(*(check(f"web{n}", tcp(server), prefixes=[prefix(n)]) for n, server in enumerate(servers))),
                build=build, **options)
    for n in range(count):
        run.wait_route(prefix(n))
    return run, servers


def test_another_version(start, keep, build):
    """Another program, the same processes at first; not a word to ExaBGP; workers are replaced one after the other."""
    run, servers = start_with(start, keep, build)
    workers = {n: run.worker(f"web{n}") for n in range(3)}
    launcher, commands = run.launcher(), len(run.lines)
    put(build, PROGRAMS / "next")
    line = upgrade(run)
    assert f"upgraded from {VERSION} to 9.9.9: 3 workers kept" in line
    assert run.launcher() == launcher
    for n in range(3):
        wait_until(lambda: run.worker(f"web{n}") != workers[n], what="another worker")
    counts = [server.count for server in servers]
    run.wait_for(lambda: all(s.count >= c + 3 for s, c in zip(servers, counts)), what="executions")
    assert len(run.lines) == commands, run.story()
    assert not run.logged("worker lost") and not run.logged("->")[3:], run.story()
    servers[0].go_away()
    run.wait_no_route(prefix(0))
    servers[0].come_back()
    run.wait_route(prefix(0))


BROKEN = {
    "script that fails": ("#!/bin/sh\nexit 1\n", "ended before it answered"),
    "garbage": ("garbage", "cannot start"),
    "other state": (PROGRAMS / "state", "does not take the state"),
    "says too much": ("#!/usr/bin/python3\nimport socket, struct\nchannel = socket.socket(fileno=3)\n"
                      "while True: channel.send(struct.pack('=III512s', 9, 524, 0, b'no'))\n",
                      "does not end its complaints"),
    "hangs": ("#!/bin/sh\nexec sleep 60\n", "does not answer within 5 s"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_program_that_does_not_work(start, keep, build, name):
    """The old one goes on, says why, and can be upgraded later."""
    program, reason = BROKEN[name]
    run, servers = start_with(start, keep, build, 2)
    worker, commands = run.worker("web0"), len(run.lines)
    put(build, program)
    why = refused(run)
    assert reason in why and f"exacheck {VERSION} goes on" in why
    assert run.worker("web0") == worker and len(run.lines) == commands
    servers[0].go_away()
    run.wait_no_route(prefix(0))
    servers[0].come_back()
    run.wait_route(prefix(0))
    put(build, PROGRAMS / "next")
    upgrade(run)
    if name == "other state":
        assert run.logged("the state is of version 2, this program knows 99: restart exacheck instead")


def test_program_is_gone(start, keep, build):
    run, _ = start_with(start, keep, build, 1)
    (build / "exacheck").rename(build / "elsewhere")
    assert "No such file or directory" in refused(run)
    put(build, build / "elsewhere")
    (build / "exacheck").chmod(0o644)
    assert "Permission denied" in refused(run)
    (build / "exacheck").chmod(0o755)
    upgrade(run)
    assert run.announced(prefix(0))


def test_program_is_replaced_meanwhile(start, keep, build):
    """What is executed is what took the state, not what took its place since."""
    run, _ = start_with(start, keep, build, 1)
    go = build / "go"
    shutil.copy2(paths.EXACHECK, build / "real")
    put(build, f"#!/bin/sh\nuntil [ -e {go} ]; do sleep 0.05; done\nexec {build}/real preflight\n")
    os.kill(run.pid, signal.SIGUSR2)
    wait_until(lambda: any("preflight" in processes.cmdline(pid) for pid in processes.children(run.pid)), what="preflight")
    put(build, pathlib.Path("/bin/false"))
    go.touch()
    run.wait_log("was replaced meanwhile: try again")
    put(build, PROGRAMS / "next")
    upgrade(run)
    assert run.announced(prefix(0))


def test_twenty_times(start, keep, build):
    """Neither descriptors nor processes nor memory pile up, and no verdict changes."""
    run, servers = start_with(start, keep, build, 5)
    commands = len(run.lines)
    upgrade(run)
    wait_until(lambda: len(run.spawners()) == 1, what="one spawner")
    held = steady(lambda: descriptors(run.pid))
    for number in range(20):
        put(build, PROGRAMS / "next" if number % 2 == 0 else paths.EXACHECK)
        upgrade(run)
    counts = [server.count for server in servers]
    run.wait_for(lambda: all(s.count >= c + 5 for s, c in zip(servers, counts)), what="executions")
    wait_until(lambda: len(run.spawners()) == 1, what="one spawner")
    wait_until(lambda: len(processes.children(run.pid)) == 7, what="launcher, spawner, five workers")
    wait_until(lambda: descriptors(run.pid) == held, what=f"{held} open")
    assert len(run.lines) == commands, run.story()
    assert not run.logged("worker lost") and not run.logged("refused"), run.story()


def test_other_worker_protocol(start, keep, build):
    """Workers that this program cannot talk to are replaced at once, without a failure."""
    run, servers = start_with(start, keep, build)
    workers, commands = {run.worker(f"web{n}") for n in range(3)}, len(run.lines)
    put(build, PROGRAMS / "protocol")
    assert ": 0 workers kept" in upgrade(run)
    wait_until(lambda: not workers & {run.worker(f"web{n}") for n in range(3)}, what="other workers")
    counts = [server.count for server in servers]
    run.wait_for(lambda: all(s.count >= c + 3 for s, c in zip(servers, counts)), what="executions")
    assert len(run.lines) == commands and not run.logged("worker lost"), run.story()


def test_other_worker_protocol_during_an_execution(start, build):
    """A worker that takes the place of one in the midst of an execution has all of its time for another."""
    args = {"method": "shell", "command": "sleep 1.5", "timeout": 2.4}
    run = start(config(check("slow", args, prefixes=[prefix(1)], interval=3, rise=1, fall=1)), build=build)
    run.wait_route(prefix(1))
    put(build, PROGRAMS / "protocol")
    time.sleep(2.5)  # the second execution has begun a second ago
    upgrade(run)
    run.wait_for(lambda: len(run.logged("exit status 0")) >= 2 or run.logged("no result"), what="the second result")
    assert run.announced(prefix(1)) and not run.logged("no result"), run.story()


def test_state_is_not_kept(start, keep, build):
    """What was handed over, the secrets of the configuration too, does not stay in memory a second time."""
    run, _ = start_with(start, keep, build, 2)
    upgrade(run)
    sizes = [os.stat(f"/proc/{run.pid}/fd/{fd}").st_size for fd, target in processes.descriptors(run.pid).items()
             if any(name in target for name in ("memfd:", "/dev/shm/"))]
    assert sizes == [0]


def test_no_result_is_lost(start, keep, build):
    """A service that goes during the upgrade is found out after exactly as many executions as otherwise."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), prefixes=[prefix(1)], fall=5, rise=2)), build=build)
    run.wait_route(prefix(1))
    server.go_away()
    run.wait_log("falling (2/5)")
    upgrade(run)
    run.wait_no_route(prefix(1))
    for count in (2, 3, 4):
        assert len(run.logged(f"web: falling ({count}/5): ")) == 1, run.story()
    assert len(run.logged("web: falling (4/5) -> down")) == 1, run.story()


def ctl(*arguments):
    return subprocess.run([str(paths.EXACHECK_CTL), *map(str, arguments)], capture_output=True, text=True, timeout=60)


def test_ctl(start, keep, build):
    """exacheck-ctl says how an upgrade went, and what a reload came to."""
    run, servers = start_with(start, keep, build, 2)
    runtime = run.directory / "runtime"
    put(build, PROGRAMS / "next")
    done = ctl("-r", runtime, "upgrade")
    assert (done.returncode, done.stdout) == (
        0, f"exacheck (pid {run.pid}) was upgraded from {VERSION} to 9.9.9\n"), done
    run.wait_log("upgraded from")
    put(build, "#!/bin/sh\nexit 1\n")
    done = ctl("--runtime", runtime, "upgrade")
    assert done.returncode == 1 and "exacheck 9.9.9" in done.stderr and "goes on: " in done.stderr
    assert "ended before it answered" in done.stderr
    done = ctl("-r", runtime, "reload")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "nothing has changed"), done
    run.wait_log("nothing has changed")
    run.stop()
    done = ctl("-r", runtime, "upgrade")
    assert done.returncode == 3 and "no exacheck listens" in done.stderr


def test_ctl_command_line(directory):
    for arguments in ((), ("upgrade", "now"), ("nonsense",), ("-x", "upgrade")):
        assert ctl(*arguments).returncode == 2
    assert ctl("-r", directory / "nowhere", "upgrade").returncode == 3
    assert ctl("--help").stdout.startswith("usage: exacheck-ctl")


ENDS = {
    "SIGTERM": lambda run: os.kill(run.pid, signal.SIGTERM),
    "shutdown": lambda run: run.say("shutdown 1 1"),
    "end of file": lambda run: run.close_stdin(),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_end_during_upgrade(start, keep, build, end):
    """The end that comes during the upgrade is the end, whichever program hears of it."""
    for pause in (0, 0.002, 0.005, 0.01, 0.015, 0.03):
        run, _ = start_with(start, keep, build, 2)
        os.kill(run.pid, signal.SIGUSR2)
        time.sleep(pause)
        end(run)
        assert run.wait_exit() == 0, run.story()
        run.finish()
        assert not run.rib.routes, run.story()


WRAPPER = """#!/bin/sh
[ "$1" = preflight ] && exec {real} "$@"
exit 1
"""


@pytest.mark.one_level
def test_execution_fails(start, keep, build):
    """The program is whole, but must not be executed by a confined exacheck: everything goes on as before."""
    run, servers = start_with(start, keep, build, 3)
    lines, held = len(run.lines), steady(lambda: descriptors(run.pid))
    (build / "exacheck").rename(build / "real")
    put(build, WRAPPER.format(real=build / "real"))
    why = refused(run)
    assert "cannot execute" in why and "it must be in the directory that it was started from" in why
    counts = [server.count for server in servers]
    run.wait_for(lambda: all(s.count >= c + 3 for s, c in zip(servers, counts)), what="executions")
    assert len(run.lines) == lines, run.story()
    wait_until(lambda: descriptors(run.pid) == held, what=f"{held} open")
    os.kill(run.worker("web1"), signal.SIGKILL)
    servers[0].go_away()
    run.wait_no_route(prefix(0))
    put(build, build / "real")
    upgrade(run)
    servers[0].come_back()
    run.wait_route(prefix(0))


@pytest.mark.one_level
def test_working_directory_is_gone(start, keep, build, directory):
    """Nor can the configuration be found, which an upgrade does not ask for."""
    place, server = directory / "place", keep(TcpServer())
    place.mkdir()
    document = config(check("web", tcp(server), prefixes=[prefix(1)]), live_reload=True)
    (place / "here.yaml").write_text(json.dumps(for_test(document, directory)))
    run = start(None, command=("run", "-f", "here.yaml", "-v"), build=build,
                wrapper=("sh", "-c", f'cd {place} && exec "$@"', "sh"))
    run.wait_route(prefix(1))
    shutil.rmtree(place)
    upgrade(run)
    server.go_away()
    run.wait_no_route(prefix(1))


def test_state_that_is_none(start, keep):
    """A variable that somebody else set is no state: told, and that is all."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), prefixes=[prefix(1)])), environment={"EXACHECK_STATE": "77"})
    run.wait_log("cannot go on from the state")
    run.wait_route(prefix(1))


def test_end_comes_before_a_reload(start, keep, build):
    """A reload that waits for the end of an upgrade is not begun when exacheck itself ends."""
    run, servers = start_with(start, keep, build, 2)
    put(build, "#!/bin/sh\nsleep 60\n")
    other = config(check("other", tcp(servers[0]), prefixes=[prefix(5)]))
    run.path.write_text(json.dumps(for_test(other, run.directory)))
    os.kill(run.pid, signal.SIGUSR2)
    run.wait_log("looking at")
    os.kill(run.pid, signal.SIGHUP)
    code, _ = run.stop()
    assert code == 0 and not run.logged("reloaded") and not run.logged("other: added"), run.story()


# Together with everything else that happens


def test_busy(start, keep, build):
    """Services flap while one upgrade follows another: what is announced in the end is the truth."""
    run, servers = start_with(start, keep, build, 20)
    random.seed(4)
    for round in range(6):
        for server in random.sample(servers, 8):
            if server.sock:
                server.go_away()
            else:
                server.come_back()
        time.sleep(random.uniform(0, 0.3))
        put(build, PROGRAMS / "next" if round % 2 == 0 else paths.EXACHECK)
        upgrade(run)
    truth = {prefix(n) for n, server in enumerate(servers) if server.sock}
    run.wait_for(lambda: run.rib.prefixes() == truth, what=f"{truth}")
    assert not run.logged("worker lost"), run.story()


def test_workers_die(start, keep, build):
    """Processes are killed before, during and after upgrades: each has a successor, and none is left over."""
    run, servers = start_with(start, keep, build, 6)
    random.seed(5)
    for _ in range(6):
        living = [pid for pid in processes.children(run.pid) if pid != run.launcher()]
        victims = random.sample(living, min(3, len(living)))
        before = len(run.logged("upgraded from "))
        for number, victim in enumerate(victims):
            if number == len(victims) - 1:
                os.kill(run.pid, signal.SIGUSR2)
            time.sleep(random.uniform(0, 0.02))
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        if victims:
            run.wait_for(lambda: run.logged("upgraded from ")[before:], what="upgrade")
    run.wait_for(lambda: len(run.rib.prefixes()) == 6, 90, "every route")
    wait_until(lambda: len(processes.children(run.pid)) == 8, 90, "launcher, spawner, six workers")
    counts = [server.count for server in servers]
    run.wait_for(lambda: all(s.count >= c + 3 for s, c in zip(servers, counts)), 90, what="executions")


def test_reload_meanwhile(start, keep, build):
    """What is asked for during an upgrade happens after it, by whichever program."""
    servers = [keep(TcpServer()) for _ in range(3)]
    checks = [check(f"web{n}", tcp(server), prefixes=[prefix(n)]) for n, server in enumerate(servers)]
    run = start(config(*checks[:2]), build=build)
    run.wait_route(prefix(0))
    run.wait_route(prefix(1))
    run.path.write_text(json.dumps(for_test(config(checks[0], checks[2]), run.directory)))
    os.kill(run.pid, signal.SIGUSR2)
    run.wait_log("looking at")
    os.kill(run.pid, signal.SIGHUP)
    run.wait_log("upgraded from")
    run.wait_for(lambda: run.rib.prefixes() == {prefix(0), prefix(2)}, what="the new configuration")
    assert [up for _, up in run.rib.changes_of(prefix(0))] == [True], run.story()
    put(build, "#!/bin/sh\nsleep 0.2\nexit 1\n")
    run.path.write_text(json.dumps(for_test(config(*checks[:2]), run.directory)))
    os.kill(run.pid, signal.SIGUSR2)
    run.wait_for(lambda: len(run.logged("looking at")) >= 2, what="second upgrade")
    os.kill(run.pid, signal.SIGHUP)
    run.wait_log("upgrade refused")
    run.wait_for(lambda: run.rib.prefixes() == {prefix(0), prefix(1)}, what="the old configuration")


def test_silent_exabgp(start, keep, build):
    """As long as a command is unanswered nobody knows what ExaBGP has: the upgrade is put off."""
    peer = FallsSilent()
    run, servers = start_with(start, keep, build, 2, peer=peer)
    peer.silent = True
    servers[0].go_away()
    run.wait_no_route(prefix(0))
    assert "ExaBGP does not answer" in refused(run)
    peer.silent = False
    run.say("done")
    upgrade(run)
    servers[0].come_back()
    run.wait_route(prefix(0))


@pytest.mark.parametrize("peer", [ExaBGP6(), NoAcks(), Mute()], ids=["version 6", "no answers", "nobody"])
def test_other_peers(start, keep, build, peer):
    """The dialect is kept without a question, and whether answers come."""
    run, servers = start_with(start, keep, build, 2, peer=peer)
    run.wait_log(" commands")  # word of the version, or that none was told
    time.sleep(0 if peer.acks and not isinstance(peer, Mute) else 2.5)  # and of whether answers come
    lines = len(run.lines)
    upgrade(run)
    servers[0].go_away()
    run.wait_no_route(prefix(0))
    assert len(run.lines) == lines + 1, run.story()


def test_any_user(start, keep, build, root):
    """The state is handed over by a process without privileges, too."""
    run, _ = start_with(start, keep, build, 2, wrapper=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    lines = len(run.lines)
    upgrade(run)
    upgrade(run)
    assert len(run.lines) == lines, run.story()
    assert os.stat(f"/proc/{run.pid}/mem").st_uid == 0, "dumpable after the upgrade"


def test_worker_program_that_does_not_work(start, keep, build):
    """The old processes stay as long as the new program of their method does not say that it is ready."""
    run, servers = start_with(start, keep, build, 3)
    workers, lines = {run.worker(f"web{n}") for n in range(3)}, len(run.lines)
    worker = build / "libexec" / "worker-tcp"
    worker.rename(build / "aside")
    worker.write_text("#!/bin/sh\nexit 1\n")
    worker.chmod(0o755)
    put(build, PROGRAMS / "next")
    upgrade(run)
    run.wait_log("spawner of method tcp ended")
    counts = [server.count for server in servers]
    run.wait_for(lambda: all(s.count >= c + 8 for s, c in zip(servers, counts)), what="executions")
    assert {run.worker(f"web{n}") for n in range(3)} == workers and len(run.lines) == lines, run.story()
    assert len(run.logged("spawner of method tcp ended")) < 6, run.story()
    (build / "aside").rename(worker)
    wait_until(lambda: not workers & {run.worker(f"web{n}") for n in range(3)}, 70, "new workers")
    assert len(run.lines) == lines and not run.logged("worker lost"), run.story()


def test_before_the_verdict(start, keep, build, directory):
    """A route that a dead predecessor left is still carried after an upgrade: nobody has said anything of it."""
    server = keep(TcpServer())
    web = check("web", tcp(server), prefixes=[prefix(1)])
    first = start(config(web, runtime_dir=str(directory / "common")))
    first.wait_route(prefix(1))
    first.kill()
    # by another name, so that the predecessor's verdict is not its own
    another = {**web, "name": "another", "rise": 40, "fall": 40}
    second = start(config(another, runtime_dir=str(directory / "common")), build=build)
    second.wait_log("carrying 1 route")
    second.wait_log("rising (2/40)")
    put(build, PROGRAMS / "next")
    upgrade(second)
    second.wait_log("rising (6/40)")
    assert not second.rib.commands, second.story()
    second.wait_route(prefix(1), 40)
    assert [up for _, up in second.rib.changes_of(prefix(1))] == [True], second.story()


# With a real ExaBGP


class Doors(threading.Thread):
    """Listening ports that one thread serves: when each was knocked at."""

    def __init__(self, count):
        super().__init__(daemon=True)
        self.sockets = [socket.create_server(("127.0.0.1", 0), backlog=64) for _ in range(count)]
        self.times = [[] for _ in self.sockets]
        self.selector = selectors.DefaultSelector()
        for number, server in enumerate(self.sockets):
            server.setblocking(False)
            self.selector.register(server, selectors.EVENT_READ, number)
        self.stopping = False
        self.start()

    def run(self):
        while not self.stopping:
            for key, _ in self.selector.select(0.1):
                with contextlib.suppress(OSError):
                    key.fileobj.accept()[0].close()
                    self.times[key.data].append(time.monotonic())

    def gaps(self, begin, end):
        """The times between two knocks at the same door."""
        gaps = []
        for times in self.times:
            inside = [when for when in times if begin <= when <= end]
            assert inside
            gaps += [later - earlier for earlier, later in zip(inside, inside[1:])]
        return gaps

    def close(self):
        self.stopping = True
        self.join(5)
        for server in self.sockets:
            server.close()


def updates(lab):
    """UPDATEs that BIRD has seen, of all protocols and families."""
    numbers = re.findall(r"Import (?:updates|withdraws):\s+(\d+)", lab.birdc("show", "protocols", "all"))
    assert len(numbers) >= 8
    return sum(map(int, numbers))


def helpers_of(lab):
    """The processes of exacheck that are ExaBGP's children."""
    return [pid for pid in processes.children(lab.exabgp.process.pid) if "ExaCheck" in processes.cmdline(pid)]


def test_nobody_notices(directory, keep, build):
    """Under load: not one UPDATE, the same helper of ExaBGP, and no check is late."""
    interval, count = 0.2, 50
    doors = keep(Doors(count))
    document = for_test(config(*(
        check(f"door{n}", {"method": "tcp", "host": "127.0.0.1", "port": door.getsockname()[1], "timeout": 2},
              prefixes=[prefix(n)], interval=interval, splay=True) for n, door in enumerate(doors.sockets))), directory)
    path = directory / "exacheck.yaml"
    path.write_text(json.dumps(document))
    lab = keep(Lab(directory, [build / "exacheck", "run", "-f", path, "-v"])).start()
    wait_until(lambda: len(lab.routes(protocol="p4")) == count, 40, "every route", 0.1)
    helpers = helpers_of(lab)
    time.sleep(1)
    begin = time.monotonic()
    time.sleep(3)
    floor = doors.gaps(begin, time.monotonic())
    seen, begin = updates(lab), time.monotonic()
    for number in range(3):
        put(build, PROGRAMS / "next" if number != 1 else paths.EXACHECK)
        os.kill(helpers[0], signal.SIGUSR2)
        wait_until(lambda: lab.exabgp.log().count("upgraded from") == number + 1, 40, "upgrade")
    time.sleep(2)
    gaps = doors.gaps(begin, time.monotonic())
    assert updates(lab) == seen
    assert len(lab.routes(protocol="p4")) == count
    assert len(helpers) == 1 and helpers_of(lab) == helpers
    assert "worker lost" not in lab.exabgp.log()
    # A busy machine holds up some; an upgrade that anybody noticed would hold up a knock at each door.
    late = [sum(gap > interval + 0.1 * paths.SLOWNESS for gap in found) / len(found) for found in (gaps, floor)]
    allowed = late[1] + count / 2 / len(gaps)
    assert late[0] <= allowed, f"{late[0]:.3f} of them late, without an upgrade {late[1]:.3f}: {max(gaps):.3f} s"


def test_beside_exabgp(directory, start, keep, build):
    """Named pipes stay open, and locked: ExaBGP is not told anything anew."""
    lab = keep(Pipes(directory)).start()
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), prefixes=["192.0.2.1"]), exabgp={"output": f"fifo {lab.place}"}),
                build=build)
    lab.wait_route("192.0.2.1/32", "p4")
    seen = updates(lab)
    for program in (PROGRAMS / "next", paths.EXACHECK):
        put(build, program)
        upgrade(run)
    time.sleep(1)
    assert updates(lab) == seen and lab.routes("192.0.2.1/32", "p4")
    assert not run.logged("another exacheck") and len(run.logged("ExaBGP is there")) == 1, run.story()
    server.go_away()
    lab.wait_no_route("192.0.2.1/32")
    server.come_back()
    lab.wait_route("192.0.2.1/32", "p4")
