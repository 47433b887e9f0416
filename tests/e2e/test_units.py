"""
The systemd units: tight enough by systemd's own measure, and wide enough for everything that exacheck does. Live, on a
machine of their own with systemd, Debian's exabgp.service and a check of every method.
"""
import json
import re
import shutil
import subprocess

import pytest

from harness import daemons, paths
from harness.config import check, config, prefix
from harness.machine import INSTALL, Machine
from harness.wait import wait_until

pytestmark = [pytest.mark.one_level,
              pytest.mark.skipif(paths.SANITIZED, reason="units are for the program that is installed")]

UNITS = paths.REPOSITORY / "packaging" / "systemd"
EXPOSURE = 2.0  # at most, as systemd-analyze(1) counts
NEIGHBOR = """
neighbor 127.0.0.2 {{
  router-id 10.255.0.2; local-address 127.0.0.1; local-as 65000; peer-as 65001;
  family {{ ipv4 unicast; ipv6 unicast; }}
  {api}
}}
"""
PROCESS = """
process exacheck {
  run /usr/sbin/exacheck run --file /etc/exabgp/exacheck.yaml;
  encoder text;
}
"""


def test_exposure(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / "exacheck.service"
    shutil.copy(UNITS / "exacheck.service", unit)  # without the drop-ins beside it, which widen it
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--threshold={int(EXPOSURE * 10)}",
                           "--no-pager", str(unit)], capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert float(re.search(r"Overall exposure level.*: ([\d.]+)", done.stdout)[1]) <= EXPOSURE
    assert not done.stderr, done.stderr


class Server(daemons.Daemon):
    """A server of the harness, reached from inside a machine only."""

    def __init__(self, server, machine):
        super().__init__([*machine.enter_network(), *server.argv], server.log_path)
        self.port = server.port


@pytest.fixture(scope="module")
def machine(root, session_directory):
    place = session_directory / "units"
    place.mkdir()
    made = Machine(place, bound=[place], install=INSTALL)
    made.directory = place
    yield made
    made.close()


@pytest.fixture(scope="module")
def checks(machine):
    """One of each method; each passes, and only with all that it may need."""
    place = machine.directory
    machine.write("/srv/ready", "ready")  # /tmp is its own there
    servers = []
    for make in (daemons.Unbound, daemons.Chronyd, lambda place: daemons.Nginx(place, {"plain": {}})):
        servers.append(make(place))
    servers[2].port = servers[2].ports["plain"]
    dns, ntp, http = running = [Server(server, machine).start() for server in servers]
    local = {"host": "127.0.0.1", "timeout": 5}
    methods = {
        "dns": {**local, "query": "www.test", "query_type": "a", "port": dns.port},
        "file": {"path": "/srv/ready", "contains": "ready"},
        "http": {"url": f"http://127.0.0.1:{http.port}/healthz", "timeout": 5},
        "icmp": {**local, "count": 1},
        "ntp": {**local, "port": ntp.port},
        "shell": {"command": "ss -ltn >/dev/null && test -r /proc/loadavg"},
        "tcp": {**local, "port": http.port},
    }
    yield [check(method, {"method": method, **args}, prefixes=[prefix(number)], interval=0.5)
           for number, (method, args) in enumerate(methods.items())]
    for server in running:
        server.stop()


def status(machine):
    """check name -> what exacheck-ctl tells of it; empty while it is not there."""
    done = machine.run("exacheck-ctl", "status", "--json", check=False)
    return {entry["name"]: entry for entry in json.loads(done.stdout)["checks"]} if done.returncode in (0, 1) else {}


def wait_announced(machine, names, unit):
    def all_up():
        found = status(machine)
        return found if set(found) == set(names) and all(entry["announced"] for entry in found.values()) else None

    try:
        return wait_until(all_up, 60, f"{sorted(names)} announced", 0.1)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{machine.journal(unit)}") from error


def configure(machine, checks, more=None, **settings):
    """The configuration, which an exacheck that runs has not read yet. more: beside settings and checks."""
    machine.write("/etc/exabgp/exacheck.yaml", json.dumps({**config(*checks, **settings), **(more or {})}))


# What writes files and addresses: exacheck-log as ExaBGP's user, exacheck-web and exacheck-address as the workers'.
LOG, METRICS, STATES = "/var/log/exacheck/exacheck.log", "/var/lib/exacheck/exacheck.prom", "/var/lib/exacheck"
BESIDE = {"sandbox": "strict", "exabgp": {"output": "fifo /run/exabgp"}, "status_dir": STATES,
          "control": {"group": "adm"},
          "more": {"metrics": {"textfile": METRICS}, "logging": [{"method": "file", "destination": LOG}]}}
ADDRESS = "198.18.250.1"


@pytest.fixture
def beside(machine, checks):
    """exacheck.service beside exabgp.service, with the pipes that the latter makes."""
    machine.write("/etc/exabgp/exabgp.conf", NEIGHBOR.format(api=""))
    dropins = "/run/systemd/system/exacheck.service.d"
    machine.write(f"{dropins}/quick.conf", "[Service]\nWatchdogSec=3\nSupplementaryGroups=adm\n")  # in place of 30
    for name in ("addresses.conf", "files.conf"):
        machine.write(f"{dropins}/{name}", (UNITS / "exacheck.service.d" / name).read_text())
    machine.run("install", "-d", "-o", "exacheck", "/var/lib/exacheck")
    configure(machine, checks, **BESIDE)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "exabgp")
    machine.run("systemctl", "start", "exacheck")
    yield machine
    machine.run("systemctl", "stop", "exacheck", "exabgp")


def processes_of(machine, unit):
    """pid -> (user, title) of what runs in its cgroup."""
    path = machine.show(unit, "ControlGroup")
    pids = machine.run("cat", f"/sys/fs/cgroup{path}/cgroup.procs", check=False).stdout.split()
    listing = machine.run("ps", "-o", "pid=,user=,args=", "-p", ",".join(pids or ["0"]), check=False).stdout
    lines = listing.splitlines()
    return {int(pid): (user, title) for pid, user, title in (line.split(None, 2) for line in lines)}


def addresses(machine):
    return machine.run("ip", "-o", "address", "show", "dev", "lo").stdout


def test_beside_exabgp(beside, checks):
    """Every method works, confined as outside; files, addresses; reload, upgrade, a supervisor that hangs, the end."""
    names = [entry["name"] for entry in checks]
    user = beside.run("id", "-u", "exacheck").stdout.strip()
    found = wait_announced(beside, names, "exacheck")
    for name, entry in found.items():
        applied = entry["worker"]["sandbox"]
        assert f"identity(uid {user} " in applied, applied
        assert name == "shell" or "landlock(ABI" in applied and "seccomp" in applied, applied
    users = {title: user for user, title in processes_of(beside, "exacheck").values()}
    assert {user for title, user in users.items() if "Worker" in title} == {"exacheck"}, users
    assert {user for title, user in users.items() if "Master" in title} == {"exabgp"}, users
    assert beside.run("stat", "--format=%U:%G", "/run/exacheck/control.sock").stdout.strip() == "exabgp:adm"
    for path in (LOG, METRICS, f"{STATES}/tcp"):
        wait_until(lambda: beside.run("test", "-s", path, check=False).returncode == 0, 20, path, 0.1)
    assert "tcp: startup -> up" in beside.run("journalctl", "--output=cat", "EXACHECK_CHECK=tcp").stdout
    last = {**checks[-1], "prefixes": [f"{ADDRESS}/32"], "ip_setup": {"interface": "lo"}}
    configure(beside, [{"name": "wrong"}], **BESIDE)
    assert beside.run("systemctl", "reload", "exacheck", check=False).returncode != 0
    wait_announced(beside, names, "exacheck")
    configure(beside, [*checks[1:-1], last], **BESIDE)
    beside.run("systemctl", "reload", "exacheck")
    names = names[1:]
    wait_announced(beside, names, "exacheck")
    wait_until(lambda: ADDRESS in addresses(beside), 20, f"{ADDRESS} on the loopback interface", 0.1)
    first = beside.show("exacheck", "MainPID")
    assert "upgraded" in beside.run("exacheck-ctl", "upgrade").stdout
    wait_announced(beside, names, "exacheck")
    assert beside.show("exacheck", "MainPID") == first
    beside.run("kill", "-STOP", first)
    wait_until(lambda: beside.show("exacheck", "MainPID") not in ("0", first), 60, "a restart by the watchdog", 0.1)
    wait_announced(beside, names, "exacheck")
    beside.run("systemctl", "stop", "exacheck")
    assert (beside.show("exacheck", "Result"), beside.show("exacheck", "ExecMainStatus")) == ("success", "0")
    assert not processes_of(beside, "exacheck") and ADDRESS not in addresses(beside)


@pytest.fixture
def under(machine, checks):
    """exacheck in the process block of exabgp.service, with the drop-in for that."""
    machine.write("/etc/exabgp/exabgp.conf", PROCESS + NEIGHBOR.format(api="api { processes [ exacheck ]; }"))
    machine.write("/etc/systemd/system/exabgp.service.d/exacheck.conf",
                  (UNITS / "exabgp.service.d" / "exacheck.conf").read_text())
    configure(machine, checks, sandbox="strict")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "exabgp")
    yield machine
    machine.run("systemctl", "stop", "exabgp")
    machine.run("rm", "-r", "/etc/systemd/system/exabgp.service.d")
    machine.run("systemctl", "daemon-reload")


def test_under_exabgp(under, checks):
    """Debian's service and the drop-in: every method works; what was announced is known after a restart."""
    names = [entry["name"] for entry in checks]
    for name, entry in wait_announced(under, names, "exabgp").items():
        applied = entry["worker"]["sandbox"]
        assert name == "shell" or "landlock(ABI" in applied and "seccomp" in applied, applied
    assert {user for user, _ in processes_of(under, "exabgp").values()} == {"exabgp"}
    first = under.show("exabgp", "MainPID")
    under.run("systemctl", "kill", "--signal=KILL", "exabgp")
    wait_until(lambda: under.show("exabgp", "MainPID") not in ("0", first), 60, "another ExaBGP", 0.1)
    wait_announced(under, names, "exabgp")
    assert under.journal("exabgp").count("no journal") <= 1, "of the second start"
    under.run("systemctl", "stop", "exabgp")
    assert under.show("exabgp", "Result") == "success" and not processes_of(under, "exabgp")


def test_verify(machine):
    """systemd has no word of complaint, of the service with each drop-in and of exabgp.service with its own."""
    for service in ("exacheck", "exabgp"):
        for path in sorted((UNITS / f"{service}.service.d").glob("*.conf")):
            machine.write(f"/run/verify/{service}.service.d/{path.name}", path.read_text())
        text = machine.run("cat", machine.show(service, "FragmentPath")).stdout
        machine.write(f"/run/verify/{service}.service", text)
        done = machine.run("systemd-analyze", "verify", "--man=no", f"/run/verify/{service}.service")
        assert not done.stdout + done.stderr, done.stdout + done.stderr
