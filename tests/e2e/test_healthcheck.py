"""`exacheck healthcheck`: under a real ExaBGP in place of its own, several at once; and what it answers by itself."""
import json
import os
import shutil
import signal

import pytest

from harness import paths, processes
from harness.ctl import ctl
from harness.exacheck import run_once
from harness.healthcheck import Diary, environment
from harness.lab import Lab
from harness.wait import wait_until
from test_exit_lab import history

pytestmark = pytest.mark.one_level

IP, OTHER = "198.18.5.1", "198.18.5.2"
QUICK = ("--interval", "0.2", "--rise", "1", "--fall", "1", "--no-ip-setup", "--no-syslog")


def options(service, *more):
    return (*QUICK, "--cmd", f"test -e {service}", *more)


@pytest.fixture
def service(directory):
    path = directory / "service"
    path.touch()
    return path


@pytest.fixture
def drop_in(start, directory):
    """drop_in(option...) runs it, with its runtime directories where the test's files are."""
    def begin(*arguments, more=(), wrapper=()):
        return start(None, command=("healthcheck", *map(str, arguments)), wrapper=wrapper,
                     environment={**environment(directory), **dict(more)})

    return begin


def socket_of(directory, name):
    return directory / "runtime" / f"healthcheck-{name}" / "control.sock"


def pid_of(path):
    """The process that a file names, once it does."""
    wait_until(lambda: path.exists() and path.read_text().endswith("\n"), what=f"{path}")
    return int(path.read_text())


def test_two_under_exabgp(directory, keep, service):
    """Killed, upgraded and reloaded, of which peers see nothing but what has changed; neither knows of the other."""
    file, pid = directory / "web.conf", directory / "web.pid"
    file.write_text(f"# of the web\nname = web\nup-metric = 10\nip = {IP}\npid = {pid}\n")
    exacheck = [paths.EXACHECK, "healthcheck"]
    lab = keep(Lab(directory, {"web": [*exacheck, "-F", file, *options(service)],
                               "other": [*exacheck, *options(service, "--name", "other", "--ip", OTHER)]},
                   environment(directory))).start()
    web, other = f"{IP}/32", f"{OTHER}/32"
    lab.wait_route(web, "p4", med=10)
    lab.wait_route(other, "p4", med=100)

    def status(name="web"):
        done = ctl("-s", socket_of(directory, name), "--json", "status")
        return json.loads(done.stdout) if done.returncode == 0 else None

    first = pid_of(pid)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: pid_of(pid) != first and status(), what="the next one")
    second = pid_of(pid)
    assert ctl("-s", socket_of(directory, "web"), "upgrade").returncode == 0
    assert pid_of(pid) == second and "[healthcheck web]" in processes.cmdline(second)
    assert history(lab, web) == ["added"]
    file.write_text(file.read_text().replace("10", "20"))
    os.kill(second, signal.SIGHUP)
    lab.wait_route(web, "p4", med=20)
    wait_until(lambda: len(history(lab, web)) > 1, what="the trace of it")
    assert "removed" not in history(lab, web) and history(lab, other) == ["added"]
    service.unlink()
    lab.wait_route(web, "p4", med=1000)
    lab.wait_route(other, "p4", med=1000)
    lab.exabgp.stop(timeout=10)
    wait_until(lambda: not processes.alive(second), what="the end with ExaBGP")
    assert not pid.exists()


def test_said_again(directory, keep, service):
    """
    As with theirs, a neighbor that ExaBGP's reload makes anew has the route soon, though ExaBGP tells nobody of it; and one
    that another process withdraws is back.
    """
    other = directory / "other"
    other.touch()
    exacheck = [paths.EXACHECK, "healthcheck"]
    lab = keep(Lab(directory, {"web": [*exacheck, *options(service, "--name", "web", "--ip", IP)],
                               "other": [*exacheck, *options(other, "--name", "other", "--ip", IP, "--withdraw-on-down")]},
                   environment(directory))).start()

    def removals():
        return history(lab, f"{IP}/32").count("removed")

    # each withdraws at its start what it knows nothing of
    wait_until(lambda: lab.exabgp.log().count("startup -> up") == 2, what="both up")
    lab.wait_route(f"{IP}/32", "p4")
    before = removals()
    lab.change_neighbor("router-id 10.255.0.2", "router-id 10.255.0.9")
    lab.exabgp.process.send_signal(signal.SIGUSR1)
    wait_until(lambda: removals() > before, 40, "the end of the session")
    lab.wait_route(f"{IP}/32", "p4")
    before = removals()
    other.unlink()
    wait_until(lambda: removals() > before, 40, "what the other one withdraws")
    lab.wait_route(f"{IP}/32", "p4")


def test_a_reload_that_is_refused(drop_in, directory, service):
    """Findings name a line of the file; what runs goes on."""
    file = directory / "web.conf"
    file.write_text(f"ip = {IP}\n")
    run = drop_in("-F", file, *options(service), "--name", "web")
    run.wait_route(f"{IP}/32", med=100)
    file.write_text(f"ip = {IP}\nup-metric = many\n")
    run.process.send_signal(signal.SIGHUP)
    run.wait_log("was not reloaded")
    assert run.logged(f"{file}:2: up-metric: ")
    file.write_text(f"ip = {IP}\nup-metric = 7\n")
    run.process.send_signal(signal.SIGHUP)
    run.wait_route(f"{IP}/32", med=7)
    run.wait_log("0 added, 0 removed, 1 changed")


@pytest.mark.parametrize("end", [signal.SIGUSR2, signal.SIGKILL])
@pytest.mark.parametrize("wrong", ["name = web\nup-metric = many\n", "name = web\nother = 1\n", "name = web\nhelp\n",
                                   None])
def test_a_wrong_file_at_an_upgrade_and_after_a_crash(drop_in, directory, service, end, wrong):
    """
    What runs, or ran, goes on until the file is right: no route stays that nobody checks, and none leaves. After a crash it
    has to be known what it is called: without the file, by --name.
    """
    file = directory / "web.conf"
    file.write_text(f"name = web\nip = {IP}\n")
    command = ("-F", file, *options(service, *(("--name", "web") if wrong is None and end == signal.SIGKILL else ())))
    run = drop_in(*command)
    run.wait_route(f"{IP}/32", med=100)
    if wrong is None:
        file.unlink()
    else:
        file.write_text(f"ip = {IP}\n{wrong}")
    run.process.send_signal(end)
    if end == signal.SIGKILL:
        run.wait_exit()
        run = drop_in(*command)
        run.wait_log("goes on, as kept in")
        run.wait_route(f"{IP}/32", med=100)
    else:
        run.wait_log("upgraded from")
    file.write_text(f"name = web\nip = {IP}\nup-metric = 7\n")
    run.process.send_signal(signal.SIGHUP)
    run.wait_route(f"{IP}/32", med=7)
    service.unlink()
    run.wait_route(f"{IP}/32", med=1000)


@pytest.mark.parametrize("end", [signal.SIGUSR2, signal.SIGKILL])
def test_no_room_for_the_process_id(drop_in, directory, service, end):
    """A reason not to start, but not one to leave routes to themselves."""
    place = directory / "pids"
    place.mkdir()
    command = options(service, "--ip", IP, "--name", "web", "--pid", place / "web.pid")
    run = drop_in(*command)
    run.wait_route(f"{IP}/32", med=100)
    shutil.rmtree(place)
    run.process.send_signal(end)
    if end == signal.SIGKILL:
        run.wait_exit()
        run = drop_in(*command)
    else:
        run.wait_log("upgraded from")
    run.wait_log(f"--pid: cannot write {place}/web.pid")
    run.wait_route(f"{IP}/32", med=100)
    service.unlink()
    run.wait_route(f"{IP}/32", med=1000)
    assert run.stop()[0] == 0
    assert drop_in(*command).wait_exit() == 2


def test_interval_that_becomes_0(drop_in, directory, service):
    """Nobody has reloaded the file: an upgrade is no reason to leave, and the route to itself."""
    file = directory / "web.conf"
    file.write_text(f"ip = {IP}\ninterval = 0.2\n")
    run = drop_in("-F", file, "--name", "web", *QUICK[2:], "--cmd", f"test -e {service}")
    run.wait_route(f"{IP}/32", med=100)
    file.write_text(f"ip = {IP}\ninterval = 0\n")
    run.process.send_signal(signal.SIGUSR2)
    run.wait_log("upgraded from")
    service.unlink()
    run.wait_route(f"{IP}/32", med=1000)


def test_interval_0(drop_in, directory, service):
    """It leaves once there is a state, and its hooks have been run; the route stays. So does that of the next."""
    diary = Diary(directory / "diary")
    for first in (True, False):
        run = drop_in(*options(service, "--ip", IP, "--interval", "0", "--rise", "2", "--fast-interval", "0.1",
                               "--execute", f"sleep 0.3; {diary.hook}"))
        assert run.wait_exit() == 0
        run.join_readers()
        assert run.rib.attributes(f"{IP}/32")["med"] == 100 and bool(run.rib.opening) == first, run.story()
    assert diary.states() == ["RISING", "UP", "RISING", "UP"]
    down = drop_in(*options(directory / "nowhere", "--ip", OTHER, "--interval", "0", "--withdraw-on-down"))
    assert down.wait_exit() == 0 and not down.rib.routes


def test_hook_in_the_background(drop_in, directory, service):
    """There it goes on when the command has ended; here the command does not end before it."""
    diary = Diary(directory / "diary")
    run = drop_in(*options(service, "--ip", IP, "--up-execute", f"(sleep 1; {diary.hook}) &"))
    run.wait_for(lambda: diary.states() == ["UP"], what="the hook")
    assert run.logged("--up-execute: what it leaves in the background is waited for")


def test_end_of_the_parent(drop_in, service):
    run = drop_in(*options(service, "--ip", IP))
    run.wait_route(f"{IP}/32")
    run.close_stdin()
    assert run.wait_exit() == 0


def test_one_of_a_name(drop_in, directory, service):
    """
    The second of a name says so, and announces what it has to, as theirs does: were it to end, ExaBGP would start it again,
    and end itself. With another name, or of other options, it is another one.
    """
    run = drop_in(*options(service, "--ip", IP, "--name", "web"))
    run.wait_route(f"{IP}/32")
    second = drop_in(*options(service, "--ip", OTHER, "--name", "web"))
    second.wait_route(f"{OTHER}/32")
    second.wait_log(f"healthcheck web is running already, as process {run.pid}: ")
    done = ctl("-s", socket_of(directory, "web"), "--json", "status")
    assert f"{IP}/32" in done.stdout and f"{OTHER}/32" not in done.stdout
    assert second.stop()[0] == 0 and not second.announced(f"{OTHER}/32")
    for more in (("--name", "web 2"), ()):
        other = drop_in(*options(service, "--ip", OTHER, *more))
        other.wait_route(f"{OTHER}/32")
    assert len(list((directory / "runtime").iterdir())) == 3


def test_any_user(drop_in, directory, service, root):
    """Started by ExaBGP as a user who may not write to the runtime directory: without what is kept there, or in its own."""
    (directory / "runtime").mkdir()
    run = drop_in(*options(service, "--ip", IP, "--name", "the 'web'"),
                  wrapper=("setpriv", "--reuid=65534", "--clear-groups"))
    run.wait_route(f"{IP}/32")
    assert run.logged(f"cannot use the runtime directory {directory}/runtime/healthcheck-the%20'web'")
    own = directory / "own"
    own.mkdir()
    os.chown(own, 65534, 65534)
    drop_in(*options(service, "--ip", IP, "--name", "web"), wrapper=("setpriv", "--reuid=65534", "--clear-groups"),
            more={"EXACHECK_RUNTIME": "", "RUNTIME_DIRECTORY": f"{own}:{directory}/another"}).wait_route(f"{IP}/32")
    assert (own / "healthcheck-web" / "control.sock").is_socket()


def test_addresses_of_the_loopback_interface(drop_in, directory, service, namespace):
    """Without --ip it is what lay there at the start, after a reload and an upgrade as well."""
    namespace.run("ip", "address", "add", IP, "dev", "lo")
    file = directory / "web.conf"
    file.write_text("up-metric = 7\n")
    run = drop_in("-F", file, *options(service), wrapper=namespace.enter_argv())
    run.wait_route(f"{IP}/32", med=7)
    namespace.run("ip", "address", "add", OTHER, "dev", "lo")
    file.write_text("up-metric = 8\n")
    run.process.send_signal(signal.SIGHUP)
    run.wait_route(f"{IP}/32", med=8)
    run.process.send_signal(signal.SIGUSR2)
    run.wait_log("upgraded from")
    file.write_text("up-metric = 9\n")
    run.process.send_signal(signal.SIGHUP)
    run.wait_route(f"{IP}/32", med=9)
    assert not run.announced(f"{OTHER}/32")


def test_environment_of_commands(drop_in, directory):
    """What ExaBGP's own have: that of ExaBGP."""
    odd = {"VIP": IP, "EMPTY": "", "ODD": "a: b, {c} 'd' \"e\" #f \u00e9", "MORE": "x" * 20000, "FAR_MORE": "x" * 30000,
           "BASH_FUNC_x%%": "() { :; }", "LINES2": "a\nb", "BYTES": "\udcff"}
    command = f'test "$VIP" = {IP} && test -n "$ODD" && test -z "$EMPTY$FAR_MORE$EXACHECK_RUNTIME" && test ${{#MORE}} = 20000'
    run = drop_in(*QUICK, "--cmd", command, "--ip", IP, more=odd)
    run.wait_route(f"{IP}/32", med=100)
    assert run.logged("--command: does not have all of ExaBGP's environment: ")


SUDO = {"command": (("--cmd", "sudo -n true"), "--command: sudo does not work in a command"),
        "ping": (("--cmd", "/bin/ping -c 1 ::1"), "--command: ping works in a command only where net.ipv4.ping_group_range has"),
        "addresses": (("--sudo",), "--sudo: exacheck sets addresses up without sudo")}


@pytest.mark.parametrize("what", SUDO)
def test_sudo(drop_in, what):
    """It is said, and what can go on does."""
    arguments, text = SUDO[what]
    run = drop_in(*QUICK, "--ip", IP, *arguments)
    run.wait_route(f"{IP}/32")
    assert run.logged(text)


LOGGED = {"--silent": ((), ("web: startup -> up", "supervisor confined")),
          "--no-syslog": (("web: startup -> up", "supervisor confined"), ("web: up: pass",)),
          "--debug": (("web: startup -> up", "web: up: pass"), ())}


@pytest.mark.parametrize("option", LOGGED)
def test_standard_error(drop_in, service, option):
    """What goes wrong, and the more the less goes to syslog."""
    written, left_out = LOGGED[option]
    run = drop_in(*QUICK[:-1], "--cmd", f"test -e {service}", "--ip", IP, "--name", "web", option)
    run.wait_route(f"{IP}/32", med=100)
    for text in written:
        run.wait_log(text)
    service.unlink()
    run.wait_log("web: up -> down")
    assert not [text for text in left_out if run.logged(text)]


REFUSED = {
    "option": (("--bogus", "1"), 'error: "--bogus" is no option'),
    "value": (("--rise", "many"), "error: --rise: "),
    "file": (("-F", "/nowhere/web.conf"), "/nowhere/web.conf"),
    "user": (("--ip", IP, "--user", "no-such-user"), "--user: no user no-such-user on this system"),
    "group": (("--ip", IP, "--group", "no-such-group"), "--group: no group no-such-group on this system"),
    "community": (("--ip", IP, "--community", "65000:1 no-exprt"), "--community: no-exprt is left out: "),
    "AS set": (("--ip", IP, "--as-path", "64496 ( 64497 )"), "--as-path: is left out: "),
    "pid": (("--ip", IP, "--pid", "/nowhere/pid"), "--pid: cannot write /nowhere/pid: No such file or directory"),
    "ways to log": (("--silent", "--no-syslog"), "does not go together with --silent"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(directory, name):
    arguments, text = REFUSED[name]
    done = run_once("healthcheck", *arguments, environment=environment(directory))
    assert done.returncode == 2 and done.stdout == ""
    assert text in done.stderr and not [line for line in done.stderr.splitlines() if ".yaml" in line]


def test_help():
    done = run_once("healthcheck", "--help")
    assert done.returncode == 0 and done.stderr == ""
    for option in ("--withdraw-on-down", "--disabled-execute", "--no-ack", "--config, -F"):
        assert option in done.stdout
