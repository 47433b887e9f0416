"""tcp: every key, open, closed, filtered and silent ports, what is said there, several addresses."""
import re
import time

from harness.config import check, config, prefix, run_cases
from harness.hostile import FullBacklog, Talker, TcpServer
from harness.network import free_port
from harness.wait import wait_until


def tcp(port, host="127.0.0.1", **more):
    return {"method": "tcp", "host": host, "port": port, **more}


def test_verdicts(start, keep):
    accepting = keep(TcpServer("close"))
    accepting6 = keep(TcpServer("close", host="::1"))
    silent = keep(TcpServer("silent"))
    full = keep(FullBacklog())
    closed = free_port()
    found = run_cases(start, {
        "accepts and closes": (tcp(accepting.port), "pass"),
        "accepts, says nothing": (tcp(silent.port), "pass"),
        "ipv6": (tcp(accepting6.port, "::1"), "pass"),
        "zone": (tcp(accepting6.port, "::1%lo"), "pass"),
        "number of a zone": (tcp(accepting6.port, "::1%1"), "pass"),
        "source with a zone": (tcp(accepting6.port, "::1", source="::1%lo"), "pass"),
        "family given": (tcp(accepting.port, address_family="ipv4"), "pass"),
        "quoted port": (tcp(str(accepting.port)), "pass"),
        "closed": (tcp(closed), "fail refused"),
        "closed ipv6": (tcp(closed, "::1"), "fail refused"),
        "no answer, tcp_timeout": (tcp(full.port, tcp_timeout=0.4, timeout=5), "fail timeout"),
        "no answer, timeout": (tcp(full.port, tcp_timeout=0.4, timeout=0.4), "fail timeout"),
        "source": (tcp(accepting.port, source="127.0.0.77"), "pass"),
        "source not ours": (tcp(accepting.port, source="203.0.113.77"), ("error local", "fail unreachable")),
        "interface": (tcp(accepting.port, interface="lo"), "pass"),
        "no such interface": (tcp(accepting.port, interface="nosuch0"), ("error local", "error permission")),
        "name": (tcp(accepting.port, "localhost", address_family="ipv4"), "pass"),
        "no such name": (tcp(accepting.port, "does-not-exist.invalid"), "fail resolve"),
    })
    wait_until(lambda: any(peer[0] == "127.0.0.77" for _, peer in accepting.seen), what="the connection from there")
    assert "127.0.0.1" in found["closed"].text and str(closed) in found["closed"].text
    for name in ("no answer, tcp_timeout", "no answer, timeout"):
        assert 350 <= found[name].milliseconds < 2000, found[name]


def test_defaults_of_timeouts(start, keep):
    """A port that never answers fails after tcp_timeout's default, 5 s."""
    full = keep(FullBacklog())
    found = run_cases(start, {"filtered": (tcp(full.port), "fail timeout")})
    assert 4500 <= found["filtered"].milliseconds < 8000


def hosts_wrapper(directory, text):
    """Runs exacheck with an /etc/hosts of its own."""
    hosts = directory / "hosts"
    hosts.write_text(text)
    return ["unshare", "--mount", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]


def overwrite(path, text):
    """Another text of the same length: nobody ever sees an empty file."""
    assert len(text) == path.stat().st_size
    with open(path, "r+") as file:
        file.write(text)


def test_several_addresses(root, start, keep, directory):
    first = keep(TcpServer(host="127.0.0.11"))
    second = keep(TcpServer(host="127.0.0.12", port=first.port))
    second.go_away()
    sixth = keep(TcpServer(host="::1", port=first.port))
    text = ("127.0.0.1 localhost\n127.0.0.11 two.test\n127.0.0.12 two.test\n127.0.0.12 mixed.test\n::1 mixed.test\n"
            "127.0.0.12 gone.test\n127.0.0.13 gone.test\n")
    found = run_cases(start, {
        "any": (tcp(first.port, "two.test"), "pass"),
        "all": (tcp(first.port, "two.test", all_valid=True), "fail refused"),
        "none": (tcp(first.port, "gone.test"), "fail refused"),
        "either family": (tcp(first.port, "mixed.test"), "pass"),
        "only ipv6": (tcp(first.port, "mixed.test", address_family="ipv6", all_valid=True), "pass"),
        "only ipv4": (tcp(first.port, "mixed.test", address_family="ipv4"), "fail refused"),
        "no ipv6 address": (tcp(first.port, "two.test", address_family="ipv6"), "fail resolve"),
    }, wrapper=hosts_wrapper(directory, text))
    assert "127.0.0.12" in found["all"].text
    wait_until(lambda: sixth.count > 0, what="a connection by IPv6")


def test_addresses_in_parallel(root, start, keep, directory):
    """One address that never answers does not take the time of the one that does."""
    full = keep(FullBacklog("127.0.0.21"))
    good = keep(TcpServer(host="127.0.0.22", port=full.port))
    text = "127.0.0.1 localhost\n127.0.0.21 half.test\n127.0.0.22 half.test\n"
    found = run_cases(start, {
        "any": (tcp(full.port, "half.test", tcp_timeout=2), "pass"),
        "all": (tcp(full.port, "half.test", tcp_timeout=0.5, all_valid=True), "fail timeout"),
    }, wrapper=hosts_wrapper(directory, text))
    assert found["any"].milliseconds < 1500
    wait_until(lambda: good.count > 0, what="a connection to the other address")


def test_mark(start, namespace, keep):
    """Packets with the mark meet a rule that forbids them."""
    server = keep(TcpServer(namespace=namespace))
    namespace.run("ip", "rule", "add", "pref", "5", "fwmark", "7", "prohibit")
    found = run_cases(start, {
        "unmarked": (tcp(server.port), "pass"),
        "other mark": (tcp(server.port, mark=8), "pass"),
        "marked": (tcp(server.port, mark=7), ("fail unreachable", "error permission", "error local", "fail refused")),
    }, wrapper=namespace.enter_argv())
    assert found["marked"].code != "pass"


def test_name_resolved_every_time(root, start, keep, directory):
    """A name that moves is followed."""
    server = keep(TcpServer(host="127.0.0.31"))
    wrapper = hosts_wrapper(directory, "127.0.0.31 moving.test\n")
    run = start(config(check("moving", tcp(server.port, "moving.test"))), wrapper=wrapper)
    run.wait_route(prefix(0))
    overwrite(directory / "hosts", "127.0.0.32 moving.test\n")
    run.wait_no_route(prefix(0))
    assert run.wait_transition("moving", "down").reason == "refused"
    overwrite(directory / "hosts", "127.0.0.31 moving.test\n")
    run.wait_route(prefix(0))


def until(connection, end):
    """What comes up to and with these bytes, or to the end."""
    heard = b""
    while not heard.endswith(end) and (more := connection.recv(65536)):
        heard += more
    return heard


def until_closed(connection):
    while connection.recv(65536):
        pass


def smtp(connection):
    connection.sendall(b"220 mx.test ESMTP\r\n")
    if until(connection, b"\r\n") == b"EHLO probe\r\n":
        connection.sendall(b"250-mx.test\r\n250 SIZE\r\n")
        until_closed(connection)


def drip(connection):
    for byte in b"* OK [CAPABILITY IMAP4rev1] ready\r\n":
        connection.sendall(bytes([byte]))
        time.sleep(0.005)
    until_closed(connection)


def babble(connection):
    while True:
        connection.sendall(b"garbage " * 8192)


def answer_after_end(connection):
    heard = until(connection, b"end\n")
    connection.sendall(b"%d bytes\n" % len(heard))


def half_closed(connection):
    connection.sendall(b"go on ")
    connection.shutdown(1)
    until_closed(connection)


def deaf(connection):
    time.sleep(30)


SAID = {
    "banner": (smtp, {"expect": r"^220 .*ESMTP\r\n"}, "pass"),
    "question and answer": (smtp, {"send": "EHLO probe\r\n", "expect": r"(?m)^250 "}, "pass"),
    "other answer": (smtp, {"expect": "^554", "tcp_timeout": 0.5}, "fail pattern"),
    "drips": (drip, {"expect": r"ready\r\n$"}, "pass"),
    "drips without end": (drip, {"expect": "never", "tcp_timeout": 0.6}, "fail pattern"),
    "garbage without end": (babble, {"expect": "never"}, "fail pattern"),
    "garbage that matches": (babble, {"expect": "garbage"}, "pass"),
    "zeroes": (lambda connection: connection.sendall(b"\0\xff\0ok"), {"expect": "ok$"}, "pass"),
    "no answer": (deaf, {"expect": "x", "tcp_timeout": 0.4}, "fail timeout"),
    "closed": (lambda connection: None, {"expect": ""}, "fail closed"),
    "half closed": (half_closed, {"send": "x" * 60000, "expect": "^go on "}, "pass"),
    "half closed, other text": (half_closed, {"expect": "stop"}, "fail pattern"),
    "only sent": (until_closed, {"send": "hello"}, "pass"),
    "never read": (deaf, {"send": "x" * 65536, "expect": "x", "tcp_timeout": 0.5}, "fail timeout"),
    "long text": (answer_after_end, {"send": "y" * 60000 + "end\n", "expect": "^60004 bytes"}, "pass"),
}


def test_said_and_heard(start, keep):
    found = run_cases(start, {
        name: (tcp(keep(Talker(script)).port, **more), expected) for name, (script, more, expected) in SAID.items()
    }, options={"interval": 5})
    assert '"220 mx.test ESMTP\\r\\n"' in found["other answer"].text
    assert re.search('65536 bytes .*: "garbage garbage', found["garbage without end"].text)
    assert "without an answer" in found["closed"].text


def test_what_is_said_is_said_every_time(start, keep):
    """A service that changes its words is noticed, and what was sent is in no line of the log."""
    words = [b"+PONG\r\n"]
    heard = []

    def answer(connection):
        heard.append(until(connection, b"\r\n"))
        connection.sendall(words[0])

    run = start(config(check("words", tcp(keep(Talker(answer)).port, send="AUTH sesame\r\n", expect=r"^\+PONG"))),
                arguments=("-v", "-v", "-v", "-v"))
    run.wait_route(prefix(0))
    words[0] = b"-LOADING\r\n"
    run.wait_no_route(prefix(0))
    assert run.wait_transition("words", "down").reason == "pattern"
    assert set(heard) == {b"AUTH sesame\r\n"}
    assert not run.logged("sesame")
