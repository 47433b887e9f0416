"""
Kernels and privileges other than this machine's: mechanisms that are not there, older versions of Landlock, and what
worker-icmp may be given to open its sockets with.
"""
import errno
import os
import platform
import re
import signal
import subprocess

import pytest

from harness import paths, processes
from harness.config import check, config, prefix, run_cases
from harness.escape import NOBODY, WITHOUT, escape_build, family, status
from harness.hostile import HttpServer, TcpServer
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

NET_RAW = 1 << 13
EVERYBODY, NO_ONE = "0 2147483647", "1 0"  # ping_group_range

# what the kernel lacks -> (system call, errno, mechanism)
LACKING = {
    "landlock not built in": ("landlock_create_ruleset", errno.ENOSYS, "landlock"),
    "landlock not enabled": ("landlock_create_ruleset", errno.EOPNOTSUPP, "landlock"),
    "seccomp not built in": ("seccomp", errno.ENOSYS, "seccomp"),
    "seccomp without filters": ("seccomp", errno.EINVAL, "seccomp"),
}
NUMBERS = {"landlock_create_ruleset": 444, "seccomp": 317 if platform.machine() == "x86_64" else 277}


def confined_checks(directory, keep):
    """Checks that pass, one for each kind of sandbox."""
    tcp, http = keep(TcpServer()), keep(HttpServer())
    path = directory / "ready"
    path.write_text("ready")
    return {
        "tcp of an address": {"method": "tcp", "host": "127.0.0.1", "port": tcp.port},
        "tcp of a name": {"method": "tcp", "host": "localhost", "port": tcp.port, "address_family": "ipv4"},
        "http of an address": {"method": "http", "url": f"http://127.0.0.1:{http.port}/"},
        "http with redirects": {"method": "http", "url": f"http://127.0.0.1:{http.port}/", "follow_redirects": True},
        "file with contains": {"method": "file", "path": str(path), "contains": "ready"},
    }


def without(what):
    """To put before a command line."""
    call, error, _ = LACKING[what]
    return (str(WITHOUT), f"{call}={error}", "--")


@pytest.mark.parametrize("what", LACKING)
def test_strict_without_mechanism(root, start, directory, keep, what):
    """Every execution is an error that names what is missing and what to do; a shell check needs neither."""
    call, error, mechanism = LACKING[what]
    build = escape_build(directory)
    (build / "libexec" / "without").write_text(f"{NUMBERS[call]} {error}\n")  # for the workers alone
    cases = {name: (args, "error local") for name, args in confined_checks(directory, keep).items()}
    found = run_cases(start, cases, settings={"sandbox": "strict"}, build=build)
    for name in cases:
        text = found[name].text
        assert f"sandbox: {mechanism}: not in this kernel" in text and "best_effort" in text, text


@pytest.mark.parametrize("what", LACKING)
def test_strict_supervisor_without_mechanism(root, start, directory, keep, what):
    """The supervisor does not start, and says why and what to do."""
    run = start(config(check("command", {"method": "shell", "command": "true"}), sandbox="strict"), wrapper=without(what))
    assert run.wait_exit() == 1
    told = run.wait_log("the supervisor is not confined by").text
    assert f"{LACKING[what][2]}: not in this kernel" in told and "best_effort" in told, told
    assert not run.rib.commands


def test_reload_to_strict_without_mechanism(root, start, keep):
    """It is refused, as a start would be: nothing is withdrawn for it."""
    server = keep(TcpServer())
    args = {"method": "tcp", "host": "127.0.0.1", "port": server.port}
    run = start(config(check("web", args), sandbox="best_effort"), wrapper=without("landlock not built in"))
    run.wait_route(prefix(0))
    run.path.write_text(run.path.read_text().replace("best_effort", "strict"))
    run.process.send_signal(signal.SIGHUP)
    run.wait_log("was not reloaded: everything goes on as before")
    assert run.logged("the supervisor is not confined by landlock: not in this kernel, which strict demands")
    count = server.count
    run.wait_for(lambda: server.count > count + 2, what="executions")
    assert [up for _, up in run.rib.changes_of(prefix(0))] == [True], run.story()


@pytest.mark.parametrize("what", LACKING)
def test_best_effort_without_mechanism(root, start, directory, keep, what):
    """Runs with the rest, and says what it lacks."""
    mechanism = LACKING[what][2]
    checks = confined_checks(directory, keep)
    run = start(config(*(check(name, args, prefixes=[prefix(number)])
                         for number, (name, args) in enumerate(checks.items())), sandbox="best_effort"),
                wrapper=without(what), arguments=("-v", "-v"))
    for number, name in enumerate(checks):
        run.wait_route(prefix(number))
        told = run.wait_log(f"{name}: worker started; sandbox: ").text
        assert f"{mechanism}(not in this kernel)" in told, told
        other = "seccomp" if mechanism == "landlock" else "landlock"
        assert re.search(rf"\b{other}(\(ABI|$)", told), told
        if mechanism == "landlock":
            facts = status(run.worker(name))
            assert int(facts["Seccomp_filters"]) >= 2 and facts["NoNewPrivs"] == "1"


@pytest.mark.parametrize("abi", range(1, 8))
def test_older_landlock(root, start, directory, keep, abi):
    """Each version is used as far as it goes, and what it cannot do is told."""
    checks = confined_checks(directory, keep)
    run = start(config(*(check(name, args, prefixes=[prefix(number)])
                         for number, (name, args) in enumerate(checks.items())), sandbox="strict"),
                wrapper=(str(WITHOUT), f"landlock={abi}", "--"), arguments=("-v", "-v"))
    expected = f"landlock(ABI {abi}{', no ports' if abi < 4 else ''}{', no signals' if abi < 6 else ''})"
    for number, name in enumerate(checks):
        run.wait_route(prefix(number))
        assert expected in run.wait_log(f"{name}: worker started; sandbox: ").text


def test_mechanism_that_fails(root, start, directory, keep):
    """One that is there and cannot be entered: nothing is executed, at any level but off."""
    checks = confined_checks(directory, keep)
    run = start(config(*(check(name, args, prefixes=[prefix(number)])
                         for number, (name, args) in enumerate(checks.items())), sandbox="best_effort"),
                wrapper=(str(WITHOUT), "landlock_restrict_self=12", "--"))
    for name in checks:
        assert run.wait_transition(name, "down").reason == "spawn"
    assert "cannot confine the spawner: landlock: Cannot allocate memory" in run.wait_log("cannot confine").text


# ICMP

def icmp(**more):
    return {"method": "icmp", "host": "127.0.0.1", "count": 1, "icmp_timeout": 2, **more}


def socket_kinds(pid):
    """Of its ICMP sockets: "raw" and "datagram"."""
    own = {re.sub(r"\D", "", target) for target in processes.descriptors(pid).values()}
    found = set()
    for kind, names in (("raw", ("raw", "raw6")), ("datagram", ("icmp", "icmp6"))):
        for name in names:
            with open(f"/proc/{pid}/net/{name}") as file:
                if {line.split()[9] for line in file.readlines()[1:]} & own:
                    found.add(kind)
    return found


def capabilities(pid):
    """All that it has or could take, but for the bounding set, which only root can empty."""
    facts = status(pid)
    return {name: int(facts[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")}


def assert_only_icmp_ever_had(run, kind):
    """The capability: no worker has it, no process but the icmp spawner and those that start it."""
    worker = run.worker("ping")
    assert set(capabilities(worker).values()) == {0}
    assert socket_kinds(worker) == {kind}
    for pid, title in family(run).items():
        if "Worker" in title or ("Spawner" in title and "Spawner [icmp]" not in title):
            assert set(capabilities(pid).values()) == {0}, f"{title}: {capabilities(pid)}"


def start_icmp(start, directory, keep, namespace, groups, wrapper, build=None, args=None, **options):
    namespace.write_sysctl("net/ipv4/ping_group_range", groups)
    server = keep(TcpServer(namespace=namespace))
    return start(config(check("ping", args or icmp()),
                        check("other", {"method": "tcp", "host": "127.0.0.1", "port": server.port}, prefixes=[prefix(1)]),
                        check("command", {"method": "shell", "command": "true"}, prefixes=[prefix(2)])),
                 build=build or paths.copy_build(directory), wrapper=[*namespace.enter_argv(), *wrapper], **options)


def build_with_capability(directory):
    build = paths.copy_build(directory)
    subprocess.run(["setcap", "cap_net_raw+ep", str(build / "libexec" / "worker-icmp")], check=True)
    return build


AMBIENT = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+net_raw",
           "--ambient-caps=-all,+net_raw")


def wait_all_routes(run):
    for number in range(3):
        run.wait_route(prefix(number))


def test_icmp_by_file_capability(start, directory, keep, namespace):
    run = start_icmp(start, directory, keep, namespace, NO_ONE, NOBODY, build_with_capability(directory))
    wait_all_routes(run)
    assert_only_icmp_ever_had(run, "raw")
    assert set(capabilities(run.pid).values()) == {0}


def test_icmp_by_ambient_capability(start, directory, keep, namespace):
    run = start_icmp(start, directory, keep, namespace, NO_ONE, AMBIENT)
    wait_all_routes(run)
    assert_only_icmp_ever_had(run, "raw")


def test_icmp_outside_the_bounding_set(start, directory, keep, namespace):
    """As under a service with another bounding set: the kernel executes no file whose capability is not in it."""
    run = start_icmp(start, directory, keep, namespace, EVERYBODY, ("setpriv", "--bounding-set=-net_raw", *NOBODY[1:]),
                     build_with_capability(directory))
    assert run.wait_transition("ping", "down").reason == "spawn"
    assert "CapabilityBoundingSet=" in run.wait_log("cannot start worker-icmp: Operation not permitted").text
    run.wait_route(prefix(1))


def test_icmp_by_group(start, directory, keep, namespace):
    """Datagram sockets, of a system that lets everyone have them."""
    run = start_icmp(start, directory, keep, namespace, EVERYBODY, NOBODY)
    wait_all_routes(run)
    assert_only_icmp_ever_had(run, "datagram")


def test_icmp_prefers_datagrams(start, directory, keep, namespace):
    run = start_icmp(start, directory, keep, namespace, EVERYBODY, NOBODY, build_with_capability(directory))
    wait_all_routes(run)
    assert_only_icmp_ever_had(run, "datagram")


def test_icmp_privileged_by_capability(start, directory, keep, namespace):
    run = start_icmp(start, directory, keep, namespace, EVERYBODY, NOBODY, build_with_capability(directory),
                     icmp(privileged=True))
    wait_all_routes(run)
    assert_only_icmp_ever_had(run, "raw")


def test_icmp_as_root(start, directory, keep, namespace):
    run = start_icmp(start, directory, keep, namespace, NO_ONE, ())
    wait_all_routes(run)
    worker = run.worker("ping")
    assert set(capabilities(worker).values()) == {0} and int(status(worker)["CapBnd"], 16) == 0
    assert socket_kinds(worker) == {"raw"}


@pytest.mark.parametrize("privileged", [False, True])
def test_icmp_without_either(start, directory, keep, namespace, privileged):
    """One error that names the remedies, and the other checks go on."""
    run = start_icmp(start, directory, keep, namespace, NO_ONE, NOBODY, args=icmp(privileged=privileged))
    down = run.wait_transition("ping", "down")
    assert (down.code, down.reason) == ("error", "local")
    assert "worker-icmp" in down.text and "cap_net_raw" in down.text
    assert ("net.ipv4.ping_group_range" in down.text) != privileged
    run.wait_route(prefix(1))
    run.wait_route(prefix(2))


# A service manager that starts exacheck as another user, with the right to change identity

IDENTITY = ("setpriv", "--reuid=65533", "--regid=65533", "--clear-groups",
            "--inh-caps=-all,+setuid,+setgid,+setpcap,+kill,+net_raw",
            "--ambient-caps=-all,+setuid,+setgid,+setpcap,+kill,+net_raw")


def test_identity_by_capabilities(start, directory, keep, namespace):
    """Workers are another user than exacheck though it is not root, and keep nothing of what let them change."""
    namespace.write_sysctl("net/ipv4/ping_group_range", NO_ONE)
    directory.chmod(0o777)
    (directory / "runtime").mkdir(mode=0o777)
    (directory / "runtime").chmod(0o777)
    server = keep(TcpServer(namespace=namespace))
    command = 'test $(id -u) = 65534 && grep -q "^CapBnd:[[:space:]]*0*$" /proc/self/status'
    run = start(config(check("ping", icmp()),
                       check("other", {"method": "tcp", "host": "127.0.0.1", "port": server.port, "timeout": 1},
                             prefixes=[prefix(1)]),
                       check("command", {"method": "shell", "command": command}, prefixes=[prefix(2)]),
                       user="nobody", runtime_dir=str(directory / "runtime")),
                build=paths.copy_build(directory), wrapper=[*namespace.enter_argv(), *IDENTITY])
    wait_all_routes(run)
    assert status(run.pid)["Uid"].split() == ["65533"] * 4
    for name in ("ping", "other", "command"):
        worker = run.worker(name)
        assert status(worker)["Uid"].split() == ["65534"] * 4
        assert set(capabilities(worker).values()) == {0} and int(status(worker)["CapBnd"], 16) == 0
    assert socket_kinds(run.worker("ping")) == {"raw"}
    hung = run.worker("other")
    os.kill(hung, signal.SIGSTOP)
    wait_until(lambda: not processes.alive(hung), what="end of the worker that hangs, which takes CAP_KILL")
