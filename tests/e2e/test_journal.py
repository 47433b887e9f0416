"""
The journal: what a killed exacheck left announced is known to its successor. With real ExaBGP and BIRD where a route is
concerned, with a stand-in where only the file matters.
"""
import errno
import fcntl
import json
import os
import re
import shutil
import signal
import time

import pytest

from harness import peer as peers
from harness import paths, processes
from harness.config import check, config, for_test, prefix
from harness.ctl import ctl
from harness.escape import WITHOUT
from harness.exacheck import run_once
from harness.hostile import TcpServer
from harness.lab import Lab
from harness.wait import wait_until


def tcp(server):
    return {"method": "tcp", "host": "127.0.0.1", "port": server.port, "timeout": 2}


class Subject:
    """exacheck under a real ExaBGP, whose configuration can be changed before the next start."""

    def __init__(self, directory, document):
        self.directory, self.path = directory, directory / "exacheck.yaml"
        self.configure(document)
        self.lab = Lab(directory, [paths.EXACHECK, "run", "-f", self.path, "-v"]).start()

    def configure(self, document):
        self.path.write_text(json.dumps(for_test(document, self.directory)))

    def pids(self):
        return [pid for pid in processes.children(self.lab.exabgp.process.pid)
                if "ExaCheck Master" in processes.cmdline(pid)]

    def log(self):
        return self.lab.exabgp.log()

    def wait_log(self, text, since=0, timeout=30.0):
        return wait_until(lambda: text in self.log()[since:], timeout, f"{text!r} in {self.log()[-3000:]}")

    def kill(self):
        """SIGKILL; returns where the log of the next exacheck begins, when that one runs."""
        old, since = self.pids()[0], len(self.log())
        os.kill(old, signal.SIGKILL)
        wait_until(lambda: set(self.pids()) - {old}, what="a new exacheck")
        return since

    def updates(self):
        """How many updates and withdraws BIRD has received from p4: (updates, withdraws)."""
        text = self.lab.birdc("show", "protocols", "all", "p4")
        return tuple(int(re.search(rf"Import {what}:\s+(\d+)", text)[1]) for what in ("updates", "withdraws"))

    def close(self):
        self.lab.close()


@pytest.fixture
def under_exabgp(directory, keep):
    return lambda *arguments: keep(Subject(directory, config(*arguments)))


def route_count(subject, *prefixes):
    return sum(bool(subject.lab.routes(one, "p4")) for one in prefixes)


def test_killed_and_nothing_moves(under_exabgp, keep):
    """What is up throughout is carried: not one update or withdraw, however often exacheck is killed."""
    up = keep(TcpServer())
    subject = under_exabgp(check("web", tcp(up), prefixes=[prefix(1), prefix(2)], rise=2, metric=5),
                           check("local", tcp(up), prefixes=[prefix(3)], rise=2, neighbors=["::1"]))
    subject.lab.wait_route(prefix(1), "p4")
    subject.lab.wait_route(prefix(2), "p4")
    subject.lab.wait_route(prefix(3), "p6")
    before = subject.updates()
    for _ in range(2):
        since = subject.kill()
        subject.wait_log("carrying 3 routes of a predecessor, withdrawing 0", since)
        subject.wait_log("web: up -> up", since)
        subject.wait_log("local: up -> up", since)
    time.sleep(0.3)
    assert subject.updates() == before
    assert "ExaBGP seems to have been restarted" not in subject.log()
    assert route_count(subject, prefix(1), prefix(2)) == 2
    assert subject.lab.routes(prefix(3), "p6")


def test_killed_and_no_longer_configured(under_exabgp, keep):
    """A route that is in the configuration no more is withdrawn before any verdict; the other one is left alone."""
    up = keep(TcpServer())
    slow = {"rise": 50, "interval": 1}
    stays, goes = check("stays", tcp(up), prefixes=[prefix(1)]), check("goes", tcp(up), prefixes=[prefix(2)])
    subject = under_exabgp(stays, goes)
    subject.lab.wait_route(prefix(1), "p4")
    subject.lab.wait_route(prefix(2), "p4")
    before = subject.updates()
    subject.configure(config({**stays, **slow, "name": "stays, but anew"}))
    since = subject.kill()
    subject.lab.wait_no_route(prefix(2), "p4")
    subject.wait_log("carrying 1 route of a predecessor, withdrawing 1 that is no longer configured", since)
    assert " -> up" not in subject.log()[since:]
    time.sleep(1)
    assert subject.updates() == (before[0], before[1] + 1)
    assert route_count(subject, prefix(1)) == 1


def test_killed_and_service_down(under_exabgp, keep):
    """Down meanwhile: withdrawn after `fall` failures and not before."""
    up = keep(TcpServer())
    subject = under_exabgp(check("web", tcp(up), prefixes=[prefix(1)], fall=4, interval=0.5))
    subject.lab.wait_route(prefix(1), "p4")
    up.go_away()
    since = subject.kill()
    subject.wait_log("falling (2/4)", since)
    assert route_count(subject, prefix(1)) == 1
    subject.lab.wait_no_route(prefix(1), "p4")
    subject.wait_log("web: falling (3/4) -> down", since)


def test_disabled_meanwhile(under_exabgp, keep, directory):
    """Disabled is a verdict: withdrawn at once."""
    up = keep(TcpServer())
    mark = directory / "maintenance"
    subject = under_exabgp(check("web", tcp(up), prefixes=[prefix(1)], disable=str(mark), fall=50))
    subject.lab.wait_route(prefix(1), "p4")
    mark.touch()
    subject.kill()
    subject.lab.wait_no_route(prefix(1), "p4")


def test_exabgp_restarted(under_exabgp, keep):
    """A new ExaBGP has nothing of what the journal says: the route is announced to it after its verdict."""
    up = keep(TcpServer())
    subject = under_exabgp(check("web", tcp(up), prefixes=[prefix(1)]))
    subject.lab.wait_route(prefix(1), "p4")
    subject.lab.exabgp.process.send_signal(signal.SIGSTOP)  # it must not start another exacheck
    os.kill(subject.pids()[0], signal.SIGKILL)
    subject.lab.exabgp.kill()
    subject.lab.wait_no_route(prefix(1), "p4")
    since = len(subject.log())
    subject.lab.exabgp.start()
    subject.lab.wait_route(prefix(1), "p4", timeout=30)
    subject.wait_log("ExaBGP seems to have been restarted", since)


def test_stopped_leaves_nothing_to_carry(under_exabgp, keep, directory):
    """Nor a journal, unless ExaBGP was too slow to acknowledge the withdraw in time."""
    up = keep(TcpServer())
    subject = under_exabgp(check("web", tcp(up), prefixes=[prefix(1)]))
    subject.lab.wait_route(prefix(1), "p4")
    journal = directory / "runtime" / "journal"
    wait_until(lambda: f"A {prefix(1)} - - next-hop self" in journal.read_text(), what="the record")
    since = len(subject.log())
    os.kill(subject.pids()[0], signal.SIGTERM)
    subject.wait_log(" stopped", since)
    subject.wait_log("web: startup -> up", since)
    subject.lab.wait_route(prefix(1), "p4")
    log = subject.log()[since:]
    assert ("no journal: every configured route is withdrawn first" in log or
            "carrying 0 routes of a predecessor, withdrawing 0 that are no longer configured" in log)


# The file, with a stand-in for ExaBGP.

@pytest.fixture
def shared(directory):
    """Settings for runs with one runtime directory."""
    return {"runtime_dir": str(directory / "shared")}


def crash(start, document, *routes):
    """A run that ends by SIGKILL with these routes announced."""
    run = start(document)
    for route in routes:
        run.wait_route(route)
    run.kill()


def opening(run):
    """The prefixes that were withdrawn before anything else was said of them."""
    return sorted(key[0] for key in run.rib.opening)


def test_without_a_journal_everything_is_withdrawn_first(start, keep):
    """Exactly one withdraw of each configured route, before any verdict, except where the announce is quicker."""
    up = keep(TcpServer())
    slow = {"rise": 50}
    run = start(config(check("a", tcp(up), prefixes=[prefix(1), prefix(2)], **slow),
                       check("b", tcp(up), prefixes=[prefix(3)], neighbors=["192.0.2.7", "2001:db8::7"], **slow),
                       check("c", tcp(up), prefixes=[prefix(4)], path_id=7, **slow)))
    run.wait_log("no journal: every configured route is withdrawn first")
    run.wait_for(lambda: len(run.rib.opening) == 5, what="five withdraws")
    assert set(run.rib.opening) == {(prefix(1), None, "*"), (prefix(2), None, "*"), (prefix(3), None, "192.0.2.7"),
                                    (prefix(3), None, "2001:db8::7"), (prefix(4), 7, "*")}
    time.sleep(0.5)
    assert not run.rib.commands


def test_with_a_journal_nothing_is_said_before_the_verdict(start, keep, shared):
    up = keep(TcpServer())
    first, second = check("a", tcp(up), prefixes=[prefix(1)]), check("b", tcp(up), prefixes=[prefix(2)])
    crash(start, config(first, second, **shared), prefix(1), prefix(2))
    third = check("c", tcp(up), prefixes=[prefix(3)], rise=50)
    run = start(config({**first, "name": "anew", "rise": 5}, third, **shared))
    run.wait_log("carrying 1 route of a predecessor, withdrawing 1 that is no longer configured")
    run.wait_for(lambda: opening(run) == [prefix(2), prefix(3)], what="withdraws of the old and the new")
    run.wait_route(prefix(1))
    assert opening(run) == [prefix(2), prefix(3)]
    texts = [line.text for line in run.lines]
    announced = next(number for number, text in enumerate(texts) if text.startswith("announce"))
    assert sum(text.startswith("withdraw") for text in texts[:announced]) == 2, run.story()


def damage_cut(size):
    def cut(path):
        os.truncate(path, size if size >= 0 else path.stat().st_size + size)
    return cut


def damage_noise(path):
    path.write_bytes(os.urandom(500))


def damage_behind(path):
    with path.open("ab") as file:
        file.write(os.urandom(100) + b"\n")


def damage_zeros(path):
    path.write_bytes(bytes(path.stat().st_size))


def damage_directory(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [damage_cut(0), damage_cut(1), damage_cut(191), damage_cut(192), damage_cut(-1),
                                    damage_noise, damage_behind, damage_zeros, damage_directory],
                         ids=["empty", "one byte", "header", "only header", "last byte", "noise", "noise behind", "zeros",
                              "directory"])
def test_damaged_journal(start, keep, shared, directory, damage):
    """It is told, and everything is withdrawn first, as without one."""
    up = keep(TcpServer())
    document = config(check("web", tcp(up), prefixes=[prefix(1), prefix(2)]), **shared)
    crash(start, document, prefix(1), prefix(2))
    damage(directory / "shared" / "journal")
    run = start(document)
    run.wait_log("journal is ignored")
    run.wait_log("no journal: every configured route is withdrawn first")
    run.wait_route(prefix(1))
    run.wait_route(prefix(2))
    assert not run.logged("carrying")
    if damage is damage_directory:
        (directory / "shared" / "journal").rmdir()


def test_killed_between_record_and_header(start, keep, shared, directory):
    """One record more than the header counts is as good as the others."""
    up = keep(TcpServer())
    document = config(check("web", tcp(up), prefixes=[prefix(1)]), **shared)
    crash(start, document, prefix(1))
    with (directory / "shared" / "journal").open("a") as file:
        file.write(f"A {prefix(9)} - - next-hop self\n")
    run = start(document)
    run.wait_log("carrying 1 route of a predecessor, withdrawing 1")
    run.wait_for(lambda: opening(run) == [prefix(9)], what="the withdraw of the last one")


def test_runtime_directory_that_cannot_be_made(start, keep, directory):
    up = keep(TcpServer())
    run = start(config(check("web", tcp(up), prefixes=[prefix(1)]), runtime_dir=str(directory / "no" / "such")))
    told = run.wait_log("cannot use the runtime directory")
    assert " warning " in told.text and "set exacheck.runtime_dir" in told.text
    run.wait_route(prefix(1))
    up.go_away()
    run.wait_no_route(prefix(1))


def test_directory_removed_while_running(start, keep, shared, directory):
    """The journal is there again at the next command, and complete; so is what else the next start needs to know."""
    up, other = keep(TcpServer()), keep(TcpServer())
    document = config(check("web", tcp(up), prefixes=[prefix(1)]), check("other", tcp(other), prefixes=[prefix(2)]),
                      check("third", tcp(up), prefixes=[prefix(3)]), **shared)
    run = start(document)
    for number in (1, 2, 3):
        run.wait_route(prefix(number))
    place = directory / "shared"
    assert ctl("-r", place, "disable", "third").returncode == 0
    run.wait_no_route(prefix(3))
    shutil.rmtree(place)
    other.go_away()
    run.wait_no_route(prefix(2))
    other.come_back()
    run.wait_route(prefix(2))
    for name in ("configuration", "control.sock", "journal", "overrides"):
        wait_until((place / name).exists, what=name)
    assert ctl("-r", place, "status").returncode == 0
    run.kill()
    again = start(document)
    again.wait_log("carrying 2 routes of a predecessor, withdrawing 0")
    again.wait_log("third: disabled: ")


@pytest.mark.one_level
def test_directory_replaced_while_running(start, keep, shared, directory):
    """A reload takes possession of the new one, so that no other exacheck does; not of one that another has."""
    server, place = keep(TcpServer()), directory / "shared"
    web, other = check("web", tcp(server), prefixes=[prefix(1)]), check("other", tcp(server), prefixes=[prefix(2)])

    def reload(run, document):
        run.path.write_text(json.dumps(document))
        run.process.send_signal(signal.SIGHUP)
        run.wait_log("reloaded ")

    run = start(config(web, **shared))
    run.wait_route(prefix(1))
    place.rename(directory / "away")
    place.mkdir()
    reload(run, config({**web, "metric": 1}, **shared))
    run.wait_route(prefix(1), med=1)
    second = start(config(other, **shared))
    second.wait_log("another exacheck")
    second.wait_route(prefix(2))
    second.stop()

    place.rename(directory / "away again")
    second = start(config(other, **shared))
    second.wait_route(prefix(2))
    texts = {path: path.read_text() for path in (place / "journal", place / "configuration")}
    reload(run, config({**web, "metric": 2}, **shared))
    run.wait_route(prefix(1), med=2)
    assert run.stop()[0] == 0
    assert {path: path.read_text() for path in texts} == texts


def test_full_disk(root, start, keep, directory):
    """No room for the journal: told once, it is made invalid, and routes come and go as ever."""
    up = keep(TcpServer())
    place = directory / "small"
    place.mkdir()
    many = [prefix(100 + number) for number in range(150)]
    mount = ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs -o size=8k none {place} && exec "$@"', "sh"]
    run = start(config(check("web", tcp(up), prefixes=many, metric=5, communities=["65000:1"]),
                       runtime_dir=str(place / "run")), wrapper=mount)
    run.wait_log("journal cannot be written")
    run.wait_for(lambda: len(run.rib.routes) == len(many), what="every route")
    assert not os.path.exists(f"/proc/{run.pid}/root{place}/run/journal")
    up.go_away()
    run.wait_for(lambda: not run.rib.routes, what="every route withdrawn")
    up.come_back()
    run.wait_for(lambda: len(run.rib.routes) == len(many), what="every route again")
    assert len(run.logged("journal cannot be written")) == 1


def test_two_on_one_directory(start, keep, shared):
    """The second waits a moment for the first to end, warns, and does its work without a journal."""
    up = keep(TcpServer())
    first = start(config(check("web", tcp(up), prefixes=[prefix(1)]), **shared))
    first.wait_route(prefix(1))
    second = start(config(check("web", tcp(up), prefixes=[prefix(2)]), **shared))
    told = second.wait_log("another exacheck")
    assert f"(process {first.pid})" in told.text and "runtime_dir" in told.text
    second.wait_route(prefix(2))
    second.stop()
    first.kill()
    # The first one's journal is what it was.
    third = start(config(check("web", tcp(up), prefixes=[prefix(1)], rise=5), **shared))
    third.wait_log("carrying 1 route of a predecessor, withdrawing 0")
    third.wait_route(prefix(1))
    assert opening(third) == []


def test_predecessor_that_is_ending(start, keep, shared):
    """Started while the former one is still at it, it waits for the lock, and has a journal."""
    up = keep(TcpServer())
    document = config(check("web", tcp(up), prefixes=[prefix(1)]), **shared)
    first = start(document)
    first.wait_route(prefix(1))
    second = start(document)
    first.stop()
    second.wait_route(prefix(1))
    assert not second.logged("another exacheck")


def test_withdraw_that_nobody_acknowledged(start, keep, shared):
    """What could not be withdrawn at the end is withdrawn by the next one, at once."""
    class Deaf(peers.ExaBGP):
        def answer_command(self, line):
            return [] if line.startswith("withdraw") and prefix(1) in line and self.announced else self.note(line)

        def note(self, line):
            self.announced = self.announced or line.startswith("announce")
            return ["done"]

        announced = False

    up = keep(TcpServer())
    first = start(config(check("web", tcp(up), prefixes=[prefix(1)]), **shared), Deaf())
    first.wait_route(prefix(1))
    first.stop()
    second = start(config(check("other", tcp(up), prefixes=[prefix(2)], rise=50), **shared))
    second.wait_log("carrying 0 routes of a predecessor, withdrawing 0")
    second.wait_for(lambda: opening(second) == [prefix(1), prefix(2)], what="the withdraw of both")


def test_killed_while_the_configuration_is_wrong(under_exabgp, keep):
    """What ran before goes on: nothing moves, a service that dies is withdrawn, and a configuration that is right applies."""
    dies, stays = keep(TcpServer()), keep(TcpServer())
    checks = check("dies", tcp(dies)), check("stays", tcp(stays), prefixes=[prefix(1)])
    subject = under_exabgp(*checks)
    for one in (prefix(0), prefix(1)):
        subject.lab.wait_route(one, "p4")
    before = subject.updates()
    subject.configure({**config(*checks), "chekcs": []})
    since = subject.kill()
    subject.wait_log("chekcs", since)
    subject.wait_log("cannot be used, and ExaBGP may have routes of what ran before", since)
    subject.wait_log("dies: up -> up", since)
    subject.wait_log("stays: up -> up", since)
    assert subject.updates() == before
    dies.go_away()
    subject.lab.wait_no_route(prefix(0), "p4")
    assert route_count(subject, prefix(1)) == 1

    subject.configure(config(checks[1], check("new", tcp(stays), prefixes=[prefix(2)])))
    os.kill(subject.pids()[0], signal.SIGHUP)
    subject.lab.wait_route(prefix(2), "p4")
    assert route_count(subject, prefix(1)) == 1


def setting(name, value):
    return lambda right: re.sub('"exacheck": {', rf'\g<0>"{name}": "{value}", ', right)


CANNOT_RUN = {
    "a user that is not there": (setting("user", "no-such-user"), ()),
    "what the kernel lacks": (setting("sandbox", "strict"), (str(WITHOUT), f"landlock_create_ruleset={errno.ENOSYS}", "--")),
    "no document": (lambda right: "# runtime_dir: /run/exacheck\n" + right[:-5], ()),
}


@pytest.mark.one_level
@pytest.mark.parametrize("change", CANNOT_RUN)
def test_killed_while_the_configuration_cannot_run(root, start, keep, change):
    """What ran before goes on, wherever it was kept."""
    make, wrapper = CANNOT_RUN[change]
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server))))
    run.wait_route(prefix(0))
    run.kill()
    right = run.path.read_text()
    run.path.write_text(make(right))
    assert run.path.read_text() != right
    command = {"command": ("run", "-f", str(run.path), "-v"), "wrapper": wrapper}
    again = start(None, **command)
    again.wait_log("that goes on, as kept in")
    again.wait_route(prefix(0))
    server.go_away()
    again.wait_no_route(prefix(0))
    assert again.stop()[0] == 0
    assert start(None, **command).wait_exit() in (1, 2)


@pytest.mark.one_level
def test_killed_while_there_is_no_configuration(start, keep):
    """What ran before goes on, if it was kept in a directory that the service manager made."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server))))
    run.wait_route(prefix(0))
    run.kill()
    run.path.unlink()
    again = start(None, command=("run", "-f", str(run.path), "-v"),
                  environment={"RUNTIME_DIRECTORY": f"{run.directory}:{run.directory}/runtime"})
    again.wait_log("that goes on, as kept in")
    again.wait_route(prefix(0))
    server.go_away()
    again.wait_no_route(prefix(0))


@pytest.mark.one_level
def test_ended_while_starting(start, keep, shared, directory):
    """As soon as there is a process it withdraws at its end what a predecessor left."""
    server = keep(TcpServer())
    document = config(check("web", tcp(server)), **shared)
    crash(start, document, prefix(0))
    with (directory / "shared" / "lock").open("r+") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        again = start(document)
        assert again.launcher()
        again.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
    assert again.wait_exit() == 0
    assert again.logged("carrying 1 route") and opening(again) == [prefix(0)], again.story()


@pytest.mark.one_level
def test_configuration_that_cannot_be_kept(start, keep):
    """It is as soon as it can be; the one of before is of no use."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server))))
    run.wait_route(prefix(0))
    kept, obstacle = run.directory / "runtime" / "configuration", run.directory / "runtime" / "configuration.new"
    obstacle.mkdir()
    run.path.write_text(run.path.read_text().replace(prefix(0), prefix(1)))
    run.process.send_signal(signal.SIGHUP)
    run.wait_route(prefix(1))
    run.wait_log("configuration cannot be written")
    assert not kept.exists()
    obstacle.rmdir()
    run.process.send_signal(signal.SIGHUP)
    run.wait_log("configuration is written again")
    assert prefix(1) in kept.read_text()


def test_configuration_kept(start, keep):
    """While there may be routes, for exacheck alone to read, and for who has the same source."""
    server = keep(TcpServer())
    document = config(check("web", tcp(server)))
    run = start(document)
    run.wait_route(prefix(0))
    kept = run.directory / "runtime" / "configuration"
    assert kept.stat().st_mode & 0o777 == 0o600 and prefix(0) in kept.read_text()
    right = run.path.read_text()
    run.path.write_text(json.dumps({**json.loads(right), "checks": [check("web", tcp(server), prefixes=[prefix(1)])]}))
    run.process.send_signal(signal.SIGHUP)
    run.wait_route(prefix(1))
    wait_until(lambda: prefix(1) in kept.read_text() and prefix(0) not in kept.read_text(), what="the new one kept")
    run.kill()

    wrong = json.dumps({**json.loads(right), "chekcs": []})
    other = run.directory / "other.yaml"
    other.write_text(wrong)
    done = run_once("run", "-f", other)
    assert done.returncode == 2 and not done.stdout, done
    run.path.write_text(wrong)
    again = start(None, command=("run", "-f", str(run.path), "-v"))
    again.wait_log("cannot be used")
    again.wait_route(prefix(1))
    again.stop()
    assert not kept.exists()
    done = run_once("run", "-f", run.path)
    assert done.returncode == 2 and not done.stdout, done
