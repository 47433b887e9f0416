"""The conversation with ExaBGP: dialects, answers, refusals, hanging readers, the ways it ends."""
import signal
import time

import pytest

from harness import late, peer as peers, processes
from harness.config import check, config, prefix
from harness.exacheck import EXIT_LIMIT
from harness.hostile import TcpServer

pytestmark = pytest.mark.one_level

EVERYTHING = {"nexthop": "192.0.2.1", "metric": 0, "local_preference": 4294967295, "as_path": "65010 4200000001",
              "communities": ["65000:1", "no-export", "65000:1:2", "target:65000:7"]}
AS_WRITTEN = {"next-hop": "192.0.2.1", "med": 0, "local-preference": 4294967295,
              "as-path": ["65010", "4200000001"], "community": ["65000:1", "65535:65281"],
              "large-community": ["65000:1:2"], "extended-community": ["0x0002fde800000007"]}


def tcp(server):
    return {"method": "tcp", "host": "127.0.0.1", "port": server.port, "timeout": 2}


PEERS = {"4.2": peers.ExaBGP, "5.0": peers.ExaBGP5, "6.0": peers.ExaBGP6,
         "6.0 with the old interface": peers.ExaBGP6Text, "without acks": peers.NoAcks, "mute": peers.Mute}


@pytest.mark.parametrize("name", PEERS)
def test_dialects(start, keep, name):
    """Each peer gets commands that it understands, with every attribute, and all of them."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), prefixes=[prefix(0), prefix(1)], path_id=7, **EVERYTHING),
                       check("some", tcp(server), prefixes=[prefix(2)], neighbors=["192.0.2.7", "2001:db8::7"])),
                PEERS[name]())
    everything = {(prefix(0), 7, "*"), (prefix(1), 7, "*"),
                  (prefix(2), None, "192.0.2.7"), (prefix(2), None, "2001:db8::7")}
    run.wait_for(lambda: set(run.rib.routes) == everything, 20, "every route")
    assert run.rib.attributes(prefix(0)) == AS_WRITTEN
    server.go_away()
    run.wait_for(lambda: not run.rib.routes, what="withdraw of everything")


@pytest.mark.parametrize("dialect, marker", [("v4", "announce route"), ("v6", "peer * announce route")])
def test_dialect_given(start, keep, dialect, marker):
    """The configuration decides, whatever ExaBGP answers."""
    server = keep(TcpServer())
    peer = peers.Mute()
    peer.dialect = dialect
    run = start(config(check("web", tcp(server)), exabgp={"dialect": dialect}), peer)
    run.wait_route(prefix(0))
    assert any(line.text.startswith(marker) for line in run.lines)


def test_opening(start, keep):
    """A newline ends what a predecessor left half written; then the question for the version."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server))))
    run.wait_route(prefix(0))
    assert [line.text for line in run.lines[:2]] == ["", "system version"]
    assert not run.logged("error")


def test_acks_off_by_configuration(start, keep):
    """ack: off never waits for an answer."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), prefixes=[prefix(number) for number in range(20)]),
                       exabgp={"ack": "off", "max_in_flight": 1, "dialect": "v4"}), peers.Mute())
    run.wait_for(lambda: len(run.rib.routes) == 20, 9, "every route without one answer, for which it would wait 10 s")


def test_in_flight_is_bounded(start, keep):
    """With one command in flight the second waits for the answer to the first."""
    class Slow(peers.ExaBGP):
        def answer_command(self, line):
            time.sleep(0.05)
            asked.append(time.monotonic())
            return ["done"]

    asked = []
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), prefixes=[prefix(number) for number in range(8)]),
                       exabgp={"max_in_flight": 1}), Slow())
    run.wait_for(lambda: len(run.rib.routes) == 8, what="every route")
    written = [when for when, command in run.rib.commands]
    assert all(later >= earlier for earlier, later in zip(asked, written[1:])), (asked, written)


@pytest.mark.parametrize("with_message", [False, True])
def test_refusal_is_told_and_tried_again(start, keep, with_message):
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server)), check("other", tcp(server), prefixes=[prefix(1)])),
                peers.Refusing(prefix(0).split("/")[0], 2, with_message))
    run.wait_route(prefix(1))
    run.wait_for(lambda: sum(prefix(0) in line.text for line in run.lines) >= 3, 30, "two more tries")
    told = [line.text for line in run.log if line.text.split(" ")[1] == "warning" and prefix(0) in line.text]
    assert len(told) == 1, "the refusal is told once, not at every try"
    assert not with_message or "no such thing" in told[0]


def test_lost_answer(start, keep):
    """An answer that never comes does not stop the conversation: the command is said again."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server)), check("other", tcp(server), prefixes=[prefix(1)]),
                       exabgp={"max_in_flight": 1}), peers.Forgetful(prefix(0).split("/")[0], 1))
    run.wait_route(prefix(0), timeout=30)
    run.wait_route(prefix(1), timeout=30)


def test_resync(start, keep):
    """What is announced is said again, and nothing else."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), metric=7), resync=1))
    run.wait_route(prefix(0))
    run.wait_for(lambda: sum("announce" in line.text for line in run.lines) >= 3, what="two more announces")
    whens = [when for when, command in run.rib.commands if command.announce]
    assert all(later - earlier > 0.5 for earlier, later in zip(whens, whens[1:])), whens
    server.go_away()
    run.wait_no_route(prefix(0))
    count = len(run.lines)
    time.sleep(1.5)
    assert not any("announce" in line.text for line in run.lines[count:])


def test_reader_that_hangs(start, keep):
    """
    While nobody reads, checks go on and changes do not pile up: afterwards the latest state of each
    route is told, not its history.
    """
    server = keep(TcpServer())
    shaky = keep(TcpServer())
    many = [prefix(1000 + number) for number in range(400)]
    run = start(config(check("many", tcp(shaky), prefixes=many, interval=0.1, communities=["65000:1"] * 1),
                       check("web", tcp(server)), exabgp={"ack": "off", "dialect": "v4"}), peers.NoAcks())
    run.wait_for(lambda: len(run.rib.routes) == 401, what="all routes")
    run.pause()
    flaps = 12
    for _ in range(flaps):
        since = time.monotonic()
        shaky.go_away()
        run.wait_transition("many", "down", after=since)
        since = time.monotonic()
        shaky.come_back()
        run.wait_transition("many", "up", after=since)
    before = len(run.rib.commands)
    run.resume()
    run.wait_for(lambda: len(run.rib.routes) == 401, what="all routes again")
    time.sleep(0.5)
    told = len(run.rib.commands) - before
    # A pipe holds 64 KiB, some 900 lines of history; without coalescing it would be 9,600.
    assert told < 4000, told
    server.go_away()
    run.wait_no_route(prefix(0))


def test_reader_that_hangs_does_not_delay_the_end(start, keep):
    server = keep(TcpServer())
    many = [prefix(1000 + number) for number in range(2000)]
    run = start(config(check("many", tcp(server), prefixes=many)), peers.NoAcks(), reading=False)
    run.wait_transition("many", "up")
    time.sleep(0.3)
    run.process.terminate()
    begin = time.monotonic()
    run.wait_exit()
    assert time.monotonic() - begin - late.total(begin) < EXIT_LIMIT
    run.join_readers()


def test_unanswered_command_does_not_delay_the_end(start, keep):
    """ExaBGP hangs with its input open: every withdraw is written all the same, in time."""
    server, peer = keep(TcpServer()), peers.FallsSilent()
    prefixes = [prefix(number) for number in range(30)]
    run = start(config(check("web", tcp(server), prefixes=prefixes, metric=1, metric_down=2),
                       exabgp={"max_in_flight": 2}), peer)
    run.wait_for(lambda: len(run.rib.routes) == 30, what="all routes")
    peer.silent = True
    server.go_away()
    run.wait_for(lambda: any(route["med"] == 2 for route in run.rib.routes.values()), what="first unanswered command")
    code, elapsed = run.stop()
    assert code == 0 and elapsed < EXIT_LIMIT
    assert not run.rib.routes


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it(start, keep, number):
    """Exit 0 in time, every route withdrawn."""
    server = keep(TcpServer())
    prefixes = [prefix(number) for number in range(50)]
    run = start(config(*(check(f"web {n}", tcp(server), prefixes=[p]) for n, p in enumerate(prefixes))))
    run.wait_for(lambda: len(run.rib.routes) == 50, what="all routes")
    code, elapsed = run.stop(number)
    assert code == 0
    assert elapsed < EXIT_LIMIT
    assert not run.rib.routes


def test_shutdown_line(start, keep):
    """ExaBGP's farewell: withdraw and leave."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server))))
    run.wait_route(prefix(0))
    run.say(f"shutdown {run.pid} 1")
    assert run.wait_exit() == 0
    run.join_readers()
    assert not run.rib.routes


def test_end_of_file(start, keep):
    """ExaBGP is gone: nobody is left to announce for."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server))))
    run.wait_route(prefix(0))
    run.close_stdin()
    run.wait_exit()
    run.join_readers()
    assert not processes.end_orphans()


def test_broken_pipe(start, keep):
    """The reading end of stdout is closed: exacheck ends, and not by a signal."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server))))
    run.wait_route(prefix(0))
    run.close_stdout()
    server.go_away()
    assert run.wait_exit() >= 0, f"ended by signal {-run.exit_code}"
    assert not processes.end_orphans()


def test_noise_on_stdin(start, keep):
    """Unknown lines, binary bytes and half lines change nothing."""
    server = keep(TcpServer())
    run = start(config(check("web", tcp(server)), exabgp={"dialect": "v4"}), peers.Mute())
    run.writer.queue.put(b"\xff\xfe\0\0binary\n" + b"neighbor 127.0.0.1 up\n" + b"x" * 200000)
    run.writer.queue.put(b"\n{\"json\": 1}\nhalf")
    run.wait_route(prefix(0))
    server.go_away()
    run.wait_no_route(prefix(0))


def test_neighbor_events_are_not_answers(start, keep):
    class Chatty(peers.ExaBGP):
        def answer_command(self, line):
            return ["neighbor 127.0.0.1 up", "done"]

    server = keep(TcpServer())
    run = start(config(check("web", tcp(server), prefixes=[prefix(number) for number in range(20)]),
                       exabgp={"max_in_flight": 3}), Chatty())
    run.wait_for(lambda: len(run.rib.routes) == 20, what="all routes")


def test_no_word_of_the_configuration_reaches_exabgp(start, keep):
    """Words such as shutdown in a command end ExaBGP."""
    server = keep(TcpServer())
    run = start(config(check("shutdown reload\u00e9", tcp(server), description="teardown; restart",
                             communities=["graceful-shutdown", "no-peer"])))
    run.wait_route(prefix(0))
    assert run.rib.attributes(prefix(0))["community"] == ["65535:0", "65535:65284"]
    words = "\n".join(line.text for line in run.lines)
    assert "shutdown" not in words and "reload" not in words and "teardown" not in words
