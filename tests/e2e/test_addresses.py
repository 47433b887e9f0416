"""ip_setup: addresses of prefixes on interfaces, in a network namespace of the test's own."""
import contextlib
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

from harness import paths, processes
from harness.config import check, config
from harness.control import Control, path_of
from harness.ctl import ctl
from harness.reload import reload
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

PATIENCE = 30
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+net_admin",
          "--ambient-caps=-all,+net_admin")
UNPRIVILEGED = ("setpriv", "--bounding-set=-net_admin", "--inh-caps=-all")


class Host:
    """The machine, which is a namespace: its addresses, and what happens to them."""

    def __init__(self, namespace):
        self.namespace = namespace

    def ip(self, *arguments):
        return self.namespace.run("ip", *arguments)

    def details(self):
        """(interface, address) -> what is known of it, of those that the kernel did not make itself."""
        links = json.loads(self.ip("-json", "address", "show"))
        return {(link["ifname"], entry["local"]): entry for link in links for entry in link.get("addr_info", ())
                if entry["local"] not in ("127.0.0.1", "::1") and not entry["local"].startswith("fe80:")}

    def addresses(self):
        return set(self.details())

    def wait(self, *expected):
        """Until just these are there: "192.0.2.1" on lo, "svc0 192.0.2.1" elsewhere."""
        wanted = {tuple(text.split()) if " " in text else ("lo", text) for text in expected}
        try:
            wait_until(lambda: self.addresses() == wanted, PATIENCE, f"addresses {sorted(wanted)}")
        except AssertionError as error:
            raise AssertionError(f"{error}; there are {sorted(self.addresses())}") from None

    def wait_label(self, address, label):
        wait_until(lambda: self.details().get(("lo", address), {}).get("label") == label, PATIENCE,
                   f"{address} as {label}")


class Monitor:
    """Every change of an address from now on, told by the kernel."""

    END = "198.51.100.99"  # comes and goes to find out what has been told by now

    def __init__(self, host, path):
        self.host, self.path = host, path
        self.file = open(path, "w")
        self.process = processes.start([*host.namespace.enter_argv(), "env", "TZ=UTC",
                                        "ip", "-ts", "-oneline", "monitor", "address"], stdout=self.file)
        self.taken = 0
        self.news()

    def news(self):
        """The changes since the last call, but for those that are made here."""
        def told():
            self.host.ip("address", "add", f"{self.END}/32", "dev", "lo")
            self.host.ip("address", "del", f"{self.END}/32", "dev", "lo")
            lines = self.path.read_text().splitlines()[self.taken:]
            return lines if any("Deleted" in line and self.END in line for line in lines) else None

        lines = wait_until(told, PATIENCE, "ip monitor", pause=0.1)
        self.taken += len(lines)
        return [line for line in lines if self.END not in line]

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.file.close()
        processes.finished(self.process)


@pytest.fixture
def host(namespace):
    return Host(namespace)


@pytest.fixture
def file(directory):
    path = directory / "up"
    path.touch()
    return path


@pytest.fixture
def begin(start, host):
    """begin(checks, ...) runs exacheck in the namespace."""
    def run(*checks, wrapper=(), groups=(), build=None, **settings):
        document = {**config(*checks, **settings), **({"groups": list(groups)} if groups else {})}
        return start(document, wrapper=[*host.namespace.enter_argv(), *wrapper], **({"build": build} if build else {}))
    return run


def service(name, file, prefixes, **setup):
    """A check that is up while the file is there."""
    address = {"nexthop": "2001:db8::9"} if ":" in str(prefixes) else {}
    return check(name, {"method": "file", "path": str(file)}, prefixes=prefixes, ip_setup=setup, **address)


def helper(run):
    """The pid of exacheck-address."""
    def find():
        return [pid for pid in processes.children(run.pid) if "exacheck-address" in processes.cmdline(pid)]
    return wait_until(find, PATIENCE, "exacheck-address")[0]


def seconds(line):
    """The time of a line, of the log or of ip monitor."""
    return datetime.datetime.fromisoformat(re.search(r"\d{4}-\d\d-\d\dT[0-9:.]+", line).group()).timestamp()


def looked(run, there):
    """Until exacheck-address has said that so many are there, in the runtime directory that the configuration names."""
    socket = pathlib.Path(json.loads(run.path.read_text())["exacheck"]["runtime_dir"]) / "control.sock"

    def figures():
        with contextlib.suppress(OSError, EOFError), Control(socket) as control:  # in the midst of an upgrade
            return control.ask("version")[0]["addresses"]

    wait_until(lambda: (figures() or {}).get("there") == there, PATIENCE, f"{there} addresses")


def test_there_and_gone(begin, host, file, directory):
    """Always, or while it is up; what others put there stays; one that several want stays as long as any of them does."""
    other = directory / "other"
    host.ip("link", "add", "svc0", "type", "bridge")
    host.ip("link", "set", "svc0", "up")
    host.ip("address", "add", "192.0.2.1/32", "dev", "lo")
    host.ip("address", "add", "192.0.2.9/24", "dev", "svc0")
    before = ("192.0.2.1", "svc0 192.0.2.9")
    run = begin(service("always", file, ["192.0.2.0/31"], label="svc"),
                service("six", file, ["2001:db8::1"], dynamic=True),
                service("also", other, ["2001:db8::1", "2001:db8::2"], dynamic=True),
                service("bridge", other, ["192.0.2.9", "192.0.2.10"], interface="svc0"))
    always = (*before, "192.0.2.0", "svc0 192.0.2.10")
    run.wait_route("2001:db8::1/128")
    host.wait(*always, "2001:db8::1")
    found = host.details()
    assert found["lo", "192.0.2.0"]["label"] == "lo:svc" and found["lo", "192.0.2.0"]["prefixlen"] == 32
    assert found["lo", "192.0.2.1"]["label"] == "lo", "not ours: left as it was"
    assert found["lo", "2001:db8::1"]["prefixlen"] == 128 and "tentative" not in found["lo", "2001:db8::1"]
    other.touch()
    host.wait(*always, "2001:db8::1", "2001:db8::2")
    file.unlink()
    run.wait_transition("six", "down")
    file.touch()
    run.wait_transition("six", "up", after=run.wait_transition("six", "down").when)
    other.unlink()
    host.wait(*always, "2001:db8::1")
    file.unlink()
    host.wait(*always)
    host.ip("address", "del", "192.0.2.0/32", "dev", "lo")
    host.wait(*always)
    run.wait_log("exacheck-address: 192.0.2.0 was removed by somebody else: put back")
    run.stop()
    host.wait(*before)


def test_reload(begin, host, file, directory, keep):
    """What a reload does not concern does not move; an interface may come later."""
    run = begin(service("web", file, ["192.0.2.1", "192.0.2.2"]), service("dns", file, "192.0.2.3", label="a"))
    run.wait_route("192.0.2.1/32")
    host.wait("192.0.2.1", "192.0.2.2", "192.0.2.3")
    monitor = keep(Monitor(host, directory / "monitor"))
    line = reload(run, config(service("web", file, ["192.0.2.1", "192.0.2.4"], dynamic=True),
                              service("dns", file, "192.0.2.3", label="b"),
                              service("late", file, "192.0.2.5", interface="svc0")))
    assert "1 added, 0 removed, 2 changed" in line
    host.wait("192.0.2.1", "192.0.2.3", "192.0.2.4")
    host.wait_label("192.0.2.3", "lo:b")
    assert not [line for line in monitor.news() if "192.0.2.1/" in line]
    assert run.logged("dns: changed: ip_setup")
    run.wait_log("there is no interface svc0: its addresses wait for it")
    host.ip("link", "add", "svc0", "type", "bridge")
    host.wait("192.0.2.1", "192.0.2.3", "192.0.2.4", "svc0 192.0.2.5")
    run.wait_log("there is an interface svc0 now")
    reload(run, config({**service("web", file, "192.0.2.1"), "ip_setup": None}))
    host.wait()
    assert not [line.text for line in run.lines if line.text.startswith("withdraw route 192.0.2.1/")][1:], "its route stays"


def test_nothing_moves(begin, host, file, directory, keep):
    """By an upgrade, by the end of the process, at an end that keeps, by a kill; the next start cleans up."""
    checks = [service("web", file, ["192.0.2.1"], dynamic=True), service("dns", file, "192.0.2.2")]
    run = begin(*checks, on_exit="keep")
    run.wait_route("192.0.2.1/32")
    host.wait("192.0.2.1", "192.0.2.2")
    monitor = keep(Monitor(host, directory / "monitor"))
    run.expected_deaths.add("SIGKILL")
    os.kill(helper(run), signal.SIGKILL)
    run.wait_for(lambda: len(run.logged("exacheck-address: ready")) == 2, PATIENCE, "another exacheck-address")
    os.kill(run.pid, signal.SIGUSR2)
    run.wait_for(lambda: len(run.logged("exacheck-address: ready")) == 3, PATIENCE, "one after the upgrade")
    looked(run, 2)
    assert run.stop()[0] == 0
    runtime = run.directory / "runtime"
    run = begin(*checks, runtime_dir=str(runtime))
    looked(run, 2)
    run.kill()
    assert monitor.news() == []
    # what is not wanted any more goes, though nothing else is; what looks alike and is not ours stays
    host.ip("address", "add", "192.0.2.8/32", "dev", "lo", "metric", "1234")
    run = begin({**service("web", file, ["192.0.2.1"]), "ip_setup": None}, runtime_dir=str(runtime))
    host.wait("192.0.2.8")
    run.stop()
    assert not (runtime / "addresses").exists()
    assert host.addresses() == {("lo", "192.0.2.8")}


def test_two_of_them(begin, host, file):
    """Two of the machine do not touch each other's."""
    first = begin(service("web", file, ["192.0.2.1", "192.0.2.2"]))
    host.wait("192.0.2.1", "192.0.2.2")
    second = begin(service("web", file, ["192.0.2.2", "192.0.2.3"]))
    host.wait("192.0.2.1", "192.0.2.2", "192.0.2.3")
    first.stop()
    host.wait("192.0.2.2", "192.0.2.3")
    second.stop()
    host.wait()


def test_unprivileged(begin, host, file):
    """It says what is missing, once; routes do not wait for addresses."""
    run = begin(service("web", file, ["192.0.2.1", "192.0.2.2"]), wrapper=UNPRIVILEGED)
    run.wait_route("192.0.2.1/32")
    run.wait_log("exacheck-address: cannot put up 192.0.2.1: CAP_NET_ADMIN is missing: start exacheck as root, or with "
                 "AmbientCapabilities=CAP_NET_ADMIN in its unit")
    assert host.addresses() == set()
    wait_until(lambda: "2 of 2 addresses missing" in ctl("-s", path_of(run), "status").stdout, PATIENCE, "that it is shown")


def test_cannot_be_started(begin, directory, file):
    """Then nothing is there, which is shown."""
    build = paths.copy_build(directory)
    (build / "libexec" / "exacheck-address").write_text("no program\n")
    run = begin(service("web", file, ["192.0.2.1", "192.0.2.2"]),
                service("six", directory / "no", "2001:db8::1", dynamic=True), build=build)
    run.wait_route("192.0.2.1/32")
    wait_until(lambda: "2 of 2 addresses missing" in ctl("-s", path_of(run), "status").stdout, PATIENCE, "their lack")
    run.wait_log("cannot start exacheck-address: ")


def test_ipv6_switched_off(begin, host, file):
    """As in many containers; IPv4 is not held up by it, and of what fails in different ways each is said, once."""
    host.namespace.run("sysctl", "-qw", "net.ipv6.conf.lo.disable_ipv6=1")
    host.ip("link", "add", "svc0", "mtu", "1000", "type", "bridge")  # too little for IPv6
    run = begin(service("six", file, ["2001:db8::1", "2001:db8::2"]), service("four", file, "192.0.2.1"),
                service("small", file, ["2001:db8::3", "2001:db8::4"], interface="svc0"))
    host.wait("192.0.2.1")
    looked(run, 1)
    host.ip("address", "del", "192.0.2.1/32", "dev", "lo")
    run.wait_log("192.0.2.1 was removed by somebody else: put back")
    assert [line.split("exacheck-address: ")[1] for line in run.logged("cannot put")] == [
        "cannot put 2001:db8::1 on lo: IPv6 is switched off there: sysctl net/ipv6/conf/lo/disable_ipv6",
        "cannot put 2001:db8::3 on svc0: Invalid argument"]


def test_capability_alone(begin, host, file, directory):
    """As a service manager gives it to another user than root."""
    runtime = directory / "runtime"
    runtime.mkdir()
    os.chown(runtime, 65534, 65534)
    run = begin(service("web", file, "192.0.2.1"), wrapper=NOBODY, runtime_dir=str(runtime))
    host.wait("192.0.2.1")
    assert run.stop()[0] == 0
    host.wait()


def test_end_that_nobody_saw(begin, host, file):
    """An end that does not come in time is none: the next start takes away what is left, though it wants none."""
    checks = [service("web", file, ["192.0.2.1"])]
    first = begin(*checks)
    host.wait("192.0.2.1")
    first.expected_deaths.add("SIGKILL")
    os.kill(helper(first), signal.SIGSTOP)
    assert first.stop()[0] == 0
    assert host.addresses() == {("lo", "192.0.2.1")}
    begin({**checks[0], "ip_setup": None}, runtime_dir=str(first.directory / "runtime"))
    host.wait()
    assert first.logged("exacheck-address did not take all addresses away: what is left stays until the next start")


def test_route_first(begin, host, file, directory, keep):
    """What a reload takes away goes as what came down does: its route half a second before its address."""
    stays = service("dns", file, "192.0.2.3")
    run = begin(service("web", file, "192.0.2.1"), service("six", file, "2001:db8::1", dynamic=True), stays)
    for prefix in ("192.0.2.1/32", "2001:db8::1/128"):
        run.wait_route(prefix)
    host.wait("192.0.2.1", "2001:db8::1", "192.0.2.3")
    monitor = keep(Monitor(host, directory / "monitor"))
    told = seconds(reload(run, config(stays)))
    host.wait("192.0.2.3")
    gone = [line for line in monitor.news() if "Deleted" in line]
    assert len(gone) == 2 and all(seconds(line) - told > 0.4 for line in gone), gone


def test_interface_of_two_names(begin, host, file):
    """What two want by different names of an interface is one address."""
    host.ip("link", "add", "svc0", "type", "bridge")
    host.ip("link", "set", "svc0", "up")
    host.ip("link", "property", "add", "dev", "svc0", "altname", "service0")
    run = begin(service("one", file, "192.0.2.1", interface="svc0"),
                service("two", file, ["192.0.2.1", "192.0.2.2"], interface="service0"))
    host.wait("svc0 192.0.2.1", "svc0 192.0.2.2")
    looked(run, 2)
    host.ip("address", "del", "192.0.2.2/32", "dev", "svc0")
    run.wait_log("exacheck-address: 192.0.2.2 was removed by somebody else: put back")


def test_interface_down(begin, host, file):
    """An address that is there is of no use then: that is said, and shown."""
    host.ip("link", "add", "svc0", "type", "bridge")
    run = begin(service("web", file, "192.0.2.1", interface="svc0"))
    run.wait_log("exacheck-address: the interface svc0 is down: its addresses are of no use until it is up")
    host.wait("svc0 192.0.2.1")
    wait_until(lambda: "1 of 1 addresses missing" in ctl("-s", path_of(run), "status").stdout, PATIENCE, "its lack")
    host.ip("link", "set", "svc0", "up")
    run.wait_log("exacheck-address: the interface svc0 is up now")
    looked(run, 1)
    host.ip("link", "set", "svc0", "down")
    looked(run, 0)


def test_in_use_elsewhere(begin, host, file):
    """An address that somebody put there in the usual way, and that the kernel does not use: another host has it."""
    host.ip("link", "add", "svc0", "type", "veth", "peer", "name", "peer0")
    for name in ("svc0", "peer0"):
        host.ip("link", "set", name, "up")
    host.ip("address", "add", "2001:db8::1/64", "dev", "peer0", "nodad")
    host.ip("address", "add", "2001:db8::1/64", "dev", "svc0")
    wait_until(lambda: "dadfailed" in host.ip("address", "show", "dev", "svc0"), PATIENCE, "dadfailed")
    run = begin(service("six", file, "2001:db8::1", interface="svc0"))
    run.wait_log("exacheck-address: 2001:db8::1 is on svc0, by somebody else's hand, and not in use")
    wait_until(lambda: "1 of 1 addresses missing" in ctl("-s", path_of(run), "status").stdout, PATIENCE, "its lack")
    host.ip("address", "del", "2001:db8::1/64", "dev", "svc0")
    wait_until(lambda: host.details().get(("svc0", "2001:db8::1"), {}).get("prefixlen") == 128, PATIENCE, "ours")
    run.wait_log("exacheck-address: what could not be done is done")


@pytest.mark.parametrize("line", ["supervisor confined: ", " started: "])
def test_end_at_once(begin, host, file, line):
    """Who takes away what a predecessor left may be yet to be started when the end comes."""
    checks = [service("web", file, ["192.0.2.1"])]
    first = begin(*checks)
    host.wait("192.0.2.1")
    first.kill()
    run = begin(*checks, runtime_dir=str(first.directory / "runtime"))
    run.wait_log(line)
    assert run.stop()[0] == 0
    host.wait()
