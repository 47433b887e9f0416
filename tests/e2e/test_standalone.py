"""
exacheck as a service beside ExaBGP: named pipes to a real ExaBGP with a real BIRD as its peer, a unix socket to a
stand-in. ExaBGP comes, goes and comes back; whatever it forgets is said again.
"""
import signal
import socket
import threading
import time

import pytest

from harness import paths
from harness.config import check, config, prefix
from harness.flapping import Services
from harness.hostile import TcpServer
from harness.standalone import Pipes, Service
from harness.wait import wait_until

PATIENCE = 1.0  # seconds for which exacheck waits at its end for an ExaBGP that is away
BACK = 5.0 * paths.SLOWNESS  # seconds from ExaBGP accepting commands to the full table


def tcp(server):
    return {"method": "tcp", "host": "127.0.0.1", "port": server.port, "timeout": 2}


def many(server, count, **options):
    """One check with so many prefixes."""
    return check("many", tcp(server), prefixes=[prefix(number) for number in range(count)], **options)


@pytest.fixture
def service(directory):
    """service(config) runs exacheck as a service; ended and judged at the end."""
    runs = []

    def begin(document, **options):
        place = directory / f"service{len(runs)}"
        place.mkdir()
        runs.append(Service(place, document, **options))
        return runs[-1]

    yield begin
    for run in runs:
        run.finish()


@pytest.fixture
def pipes(directory, keep):
    """pipes() makes BIRD run and ExaBGP ready to be started."""
    def begin(**options):
        made = keep(Pipes(directory, **options))
        made.start_bird()
        return made

    return begin


def fifo(lab, **settings):
    return {"exabgp": {"output": f"fifo {lab.place}", **settings}}


def table(lab):
    return {route.prefix for route in lab.routes(protocol="p4")}


def wait_table(lab, prefixes, timeout=40.0):
    wait_until(lambda: table(lab) == set(prefixes), timeout, f"{len(prefixes)} routes: {len(table(lab))}", 0.05)


def all_of(count):
    return {prefix(number) for number in range(count)}


class Restart:
    """ExaBGP killed and started anew; when it accepted commands, and the routes it took since."""

    def __init__(self, lab):
        self.lab = lab
        lab.exabgp.kill()
        self.mark = len(lab.exabgp.log())
        wait_until(lambda: not lab.accepts(), what="the end of ExaBGP's relay")
        lab.exabgp.start()
        wait_until(lab.accepts, 40, "ExaBGP accepting commands")
        self.accepted = time.monotonic()

    def taken(self):
        """Different routes that ExaBGP says it has added."""
        log = self.lab.exabgp.log()[self.mark:]
        whole = log[:log.rfind("\n") + 1]  # its last line may be about to be written
        return {line.rsplit(" : ", 1)[1].split()[0] for line in whole.splitlines() if "route added to" in line}

    def wait_taken(self, prefixes):
        wait_until(lambda: self.taken() == prefixes, BACK + 20, f"routes in ExaBGP: {self.taken()}")
        return time.monotonic() - self.accepted


def test_before_exabgp(pipes, service, keep):
    """Started first: it waits, says so once, and tells everything when ExaBGP is there; withdraws at its end."""
    server, lab = keep(TcpServer()), pipes()
    run = service(config(many(server, 3), **fifo(lab)))
    run.wait_transition("many", "up")
    run.wait_log("waiting for ExaBGP")
    time.sleep(0.6)
    assert len(run.logged("waiting for ExaBGP")) == 1, run.story()
    lab.exabgp.start()
    lab.wait_sessions()
    wait_table(lab, all_of(3))
    run.wait_log("ExaBGP is there")
    assert len(run.logged("ExaBGP is there")) == 1
    server.go_away()
    wait_table(lab, ())
    server.come_back()
    wait_table(lab, all_of(3))
    code, elapsed = run.stop()
    assert code == 0 and elapsed < 3 * paths.SLOWNESS
    wait_table(lab, ())


def test_exabgp_restarts(pipes, service, keep):
    """kill -9 of ExaBGP and its return, twice in quick succession: the full table is back soon each time."""
    server, lab = keep(TcpServer()), pipes()
    lab.exabgp.start()
    run = service(config(many(server, 50), **fifo(lab)))
    lab.wait_sessions()
    wait_table(lab, all_of(50))
    for _ in range(2):
        elapsed = Restart(lab).wait_taken(all_of(50))
        assert elapsed < BACK, run.story()
    Restart(lab)
    assert Restart(lab).wait_taken(all_of(50)) < BACK, run.story()
    lab.wait_sessions()
    wait_table(lab, all_of(50))
    assert run.process.poll() is None


def test_restart_unseen(pipes, service, keep):
    """exacheck was stopped while ExaBGP was started anew: it notices afterwards."""
    server, lab = keep(TcpServer()), pipes()
    lab.exabgp.start()
    run = service(config(many(server, 10), **fifo(lab)))
    lab.wait_sessions()
    wait_table(lab, all_of(10))
    run.process.send_signal(signal.SIGSTOP)
    lab.exabgp.kill()
    wait_until(lambda: not lab.established(), what="the end of both BGP sessions")
    lab.exabgp.start()
    lab.wait_sessions()
    assert not table(lab)
    run.process.send_signal(signal.SIGCONT)
    wait_table(lab, all_of(10))


@pytest.mark.parametrize("old, new", [("hold-time 30", "hold-time 40"),
                                      ("router-id 10.255.0.2", "router-id 10.255.0.9")])
def test_neighbor_redefined(pipes, service, keep, old, new):
    """ExaBGP reloads with another definition of a neighbor, which then knows no route."""
    server, lab = keep(TcpServer()), pipes()
    lab.exabgp.start()
    run = service(config(many(server, 10), resync=0, **fifo(lab)))
    lab.wait_sessions()
    wait_table(lab, all_of(10))
    lab.change_neighbor(old, new)
    mark = len(lab.exabgp.log())
    lab.exabgp.process.send_signal(signal.SIGUSR1)
    wait_until(lambda: "connected to peer" in lab.exabgp.log()[mark:], 40, "a new BGP session")
    wait_until(lambda: lab.established() == {"p4", "p6"} and table(lab) == all_of(10), 40,
               f"routes after the reload\n{run.story()}", 0.05)


def test_everything_while_services_flap(directory, pipes, service):
    """ExaBGP reloads with another neighbor, dies, is stopped, is replaced unseen: in the end BIRD has the truth."""
    services, lab = Services(directory), pipes()
    lab.exabgp.start()
    run = service(config(*services.checks(), resync=0, **fifo(lab)))
    lab.wait_sessions()
    wait_table(lab, services.set(*range(5)))
    services.flap()

    def reload():
        lab.change_neighbor("hold-time 30;", "hold-time 31;")
        lab.exabgp.process.send_signal(signal.SIGUSR1)

    def restart():
        lab.exabgp.kill()
        lab.exabgp.start()

    def stop():
        lab.exabgp.process.send_signal(signal.SIGSTOP)
        time.sleep(1)
        lab.exabgp.process.send_signal(signal.SIGCONT)

    def restart_unseen():
        run.process.send_signal(signal.SIGSTOP)
        restart()
        time.sleep(0.8)
        run.process.send_signal(signal.SIGCONT)

    for event in (restart, reload, stop, restart_unseen, restart, restart_unseen):
        event()
        time.sleep(0.7)
    truth = services.set(0, 2, 3)
    lab.wait_sessions()
    wait_table(lab, truth)


def test_stop_while_exabgp_reloads(pipes, service, keep):
    """ExaBGP cannot be reached while it reloads, and keeps its routes: the end waits that long to withdraw them."""
    server, lab, back = keep(TcpServer()), pipes(), []
    lab.exabgp.start()
    for turn in range(4):
        run = service(config(many(server, 5), **fifo(lab)))
        run.wait_log("ExaBGP is there", 40)
        wait_until(lambda: lab.exabgp.log().count("loaded new configuration successfully") > turn, 40, "configuration")
        lab.wait_sessions()
        wait_table(lab, all_of(5))
        lab.exabgp.process.send_signal(signal.SIGUSR1)
        run.wait_log("is gone or begins anew")
        begin = time.monotonic()
        code, elapsed = run.stop()
        back.append(lab.accepts())
        assert code == 0 and elapsed < 5 * paths.SLOWNESS
        if time.monotonic() - begin < PATIENCE:
            break
    else:  # on a busy machine ExaBGP is away for longer than it is waited for
        assert not all(back), run.story()
        return
    wait_table(lab, ())


def test_stop_without_exabgp(pipes, service, keep):
    """When it does not come back, that is no long wait."""
    server, lab = keep(TcpServer()), pipes()
    lab.exabgp.start()
    run = service(config(many(server, 5), **fifo(lab)))
    lab.wait_sessions()
    wait_table(lab, all_of(5))
    lab.exabgp.kill()
    run.wait_log("is gone or begins anew")
    code, elapsed = run.stop()
    assert code == 0 and elapsed < 5 * paths.SLOWNESS


def test_exabgpcli_beside(pipes, service, keep):
    """An operator uses the same pipes: routes stay right, and later changes are still understood."""
    server, lab = keep(TcpServer()), pipes()
    lab.exabgp.start()
    run = service(config(many(server, 5), **fifo(lab)))
    lab.wait_sessions()
    wait_table(lab, all_of(5))
    time.sleep(0.5)
    answers = [lab.cli("show", "neighbor", "summary") for _ in range(3)]
    assert any("established" in answer for answer in answers), answers
    for turn in range(2):
        server.go_away()
        lab.cli("version")
        wait_table(lab, ())
        server.come_back()
        lab.cli("version")
        wait_table(lab, all_of(5))
    assert not run.logged("was refused")
    # An answer that exabgpcli took is waited for to the last.
    code, elapsed = run.stop(timeout=20)
    assert code == 0 and elapsed < 10 * paths.SLOWNESS
    wait_table(lab, ())


def test_strange_answers(pipes, service, keep):
    """Lines that nobody here asked for are told once, and the count of answers stays right."""
    server, lab = keep(TcpServer()), pipes()
    lab.exabgp.start()
    run = service(config(many(server, 5), **fifo(lab)))
    lab.wait_sessions()
    wait_table(lab, all_of(5))
    with open(lab.place / "exabgp.out", "wb", buffering=0) as pipe:
        for _ in range(3):
            pipe.write(b"neighbor 127.0.0.1 is somebody else's answer\ndone\ndone\n")
            time.sleep(0.3)
    run.wait_log("another program")
    server.go_away()
    wait_table(lab, ())
    server.come_back()
    wait_table(lab, all_of(5))
    assert len(run.logged("another program")) == 1


def test_two_services(pipes, service, keep):
    """The second waits until the first has ended."""
    server, lab = keep(TcpServer()), pipes()
    lab.exabgp.start()
    first = service(config(check("one", tcp(server), prefixes=[prefix(1)]), **fifo(lab)))
    lab.wait_sessions()
    wait_table(lab, [prefix(1)])
    second = service(config(check("two", tcp(server), prefixes=[prefix(2)]), **fifo(lab)))
    second.wait_log("another exacheck uses")
    second.wait_transition("two", "up")
    time.sleep(0.6)
    assert table(lab) == {prefix(1)}
    assert len(second.logged("another exacheck uses")) == 1
    first.stop()
    wait_table(lab, [prefix(2)])


PROBLEMS = {
    "missing": (lambda place: (place / "exabgp.in").unlink(), "mkfifo"),
    "a file": (lambda place: ((place / "exabgp.in").unlink(), (place / "exabgp.in").touch()), "is no named pipe"),
    "a file to read": (lambda place: ((place / "exabgp.out").unlink(), (place / "exabgp.out").touch()),
                       "is no named pipe"),
    "a socket": (lambda place: ((place / "exabgp.in").unlink(),
                                socket.socket(socket.AF_UNIX).bind(str(place / "exabgp.in"))), "is no named pipe"),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_wrong_pipes(pipes, service, keep, name):
    """What is wrong is told once, with what to do; when it is done all is well."""
    server, lab = keep(TcpServer()), pipes()
    spoil, told = PROBLEMS[name]
    spoil(lab.place)
    run = service(config(many(server, 2), **fifo(lab)))
    run.wait_log(told)
    time.sleep(0.6)
    assert len(run.logged(told)) == 1, run.story()
    for path in lab.place.iterdir():
        path.unlink()
    lab.make_pipes()
    lab.exabgp.start()
    lab.wait_sessions()
    wait_table(lab, all_of(2))


def test_no_permission(directory, root, pipes, service, keep):
    """As another user than the pipes are for: told once, with what to do; then all is well."""
    server, lab = keep(TcpServer()), pipes()
    for path in lab.place.iterdir():
        path.chmod(0o600)
    lab.exabgp.start()
    lab.wait_sessions()
    run = service(config(many(server, 2), **fifo(lab)), build=paths.copy_build(directory),
                  wrapper=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    run.wait_log("no permission to read and write")
    time.sleep(0.6)
    assert len(run.logged("no permission")) == 1, run.story()
    assert "chmod 660" in run.logged("no permission")[0]
    for path in lab.place.iterdir():
        path.chmod(0o666)
    wait_table(lab, all_of(2))


class SocketServer:
    """A stand-in for ExaBGP's unix socket: one client at a time, the line protocol of version 4."""

    def __init__(self, path):
        self.path, self.lines, self.client = path, [], None
        self.lock = threading.Lock()
        self.open()

    def open(self):
        self.lines = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(1)
        self.thread = threading.Thread(target=self.serve, args=(self.listener,), daemon=True)
        self.thread.start()

    def serve(self, listener):
        while True:
            try:
                self.client, _ = listener.accept()
            except OSError:
                return
            pending = b""
            while data := self.receive():
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    self.lines.append(line.decode())
                    self.answer(line.decode())

    def receive(self):
        try:
            return self.client.recv(65536)
        except OSError:
            return b""

    def answer(self, line):
        text = "exabgp 4.2.21\ndone\n" if line == "system version" else "error\n" if not line else "done\n"
        try:
            self.client.sendall(text.encode())
        except OSError:
            pass

    def close(self):
        """As ExaBGP's end: nobody listens, the connection ends."""
        for end in (self.listener, self.client):
            if end:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                end.close()
        self.thread.join(5)
        self.path.unlink(missing_ok=True)


def announced(server):
    return {line.split()[2] for line in server.lines if line.startswith("announce route")}


def test_socket(directory, service, keep):
    """A unix socket: absent, there, gone, back."""
    checked, path = keep(TcpServer()), directory / "exabgp.sock"
    run = service(config(many(checked, 20), exabgp={"output": f"socket {path}"}))
    run.wait_log("waiting for ExaBGP")
    exabgp = keep(SocketServer(path))
    run.wait_for(lambda: announced(exabgp) == all_of(20), what="every route")
    for _ in range(2):
        exabgp.close()
        time.sleep(0.4)
        exabgp.open()
        run.wait_for(lambda: announced(exabgp) == all_of(20), BACK, "every route again")
    run.wait_for(lambda: len(run.logged("ExaBGP is there")) == 3, what="the third time it is there")
    checked.go_away()
    run.wait_for(lambda: sum(line.startswith("withdraw") for line in exabgp.lines) >= 20, what="every withdraw")


def test_stdin_means_nothing(directory, service, keep):
    """Neither the end of stdin nor what it holds is ExaBGP's."""
    checked, path = keep(TcpServer()), directory / "exabgp.sock"
    exabgp = keep(SocketServer(path))
    run = service(config(many(checked, 1), exabgp={"output": f"socket {path}"}))
    run.wait_for(lambda: announced(exabgp) == all_of(1), what="the route")
    run.say("shutdown")
    time.sleep(0.3)
    run.close_stdin()
    time.sleep(0.5)
    assert run.process.poll() is None
    checked.go_away()
    run.wait_for(lambda: any(line.startswith("withdraw") for line in exabgp.lines), what="the withdraw")
