"""tcp inside TLS: whom it believes, against nginx; and servers that break off, drip, babble or never read."""
import re
import socket
import ssl
import threading

import pytest

from harness import processes
from harness.config import check, config, prefix, run_cases
from harness.hostile import Talker, TcpServer
from harness.reload import reload
from harness.wait import wait_until

LONG = 120  # seconds: an interval after which no test waits


def tls(port, host="127.0.0.1", **more):
    return {"method": "tcp", "tls": True, "host": host, "port": port, **more}


def get(path, host="www.test"):
    return {"send": f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n", "expect": r"^HTTP/1\.1 200 "}


def test_certificates(start, nginx, authority, certificates):
    by_name = {"server_name": "www.test", "ca_file": str(authority.ca)}
    by_address = {"ca_file": str(authority.ca)}
    client = {"client_cert": str(certificates["client"][0]), "client_key": str(certificates["client"][1])}
    port = nginx.ports
    found = run_cases(start, {
        "by name": (tls(port["tls"], **by_name, **get("/tcp-name")), "pass"),
        "by name with a dot": (tls(port["tls"], ca_file=str(authority.ca), server_name="www.test."), "pass"),
        "by address": (tls(port["tls"], **by_address, **get("/tcp-address")), "pass"),
        "by address, ipv6": (tls(port["tls6"], "::1", **by_address), "pass"),
        "by another address": (tls(port["tls"], server_name="127.0.0.2", **by_address), "fail certificate"),
        "unknown authority": (tls(port["tls"], server_name="www.test"), "fail certificate"),
        "unknown, not verified": (tls(port["tls"], verify_ssl=False), "pass"),
        "expired": (tls(port["expired"], **by_name), "fail certificate"),
        "expired, not verified": (tls(port["expired"], verify_ssl=False), "pass"),
        "other name": (tls(port["other"], **by_name), "fail certificate"),
        "its name": (tls(port["other"], ca_file=str(authority.ca), server_name="other.test"), "pass"),
        "ends in 5 days, 3 asked": (tls(port["short"], **by_name, min_cert_days=3), "pass"),
        "ends in 5 days, 14 asked": (tls(port["short"], **by_name, min_cert_days=14), "fail certificate"),
        "not verified, 14 asked": (tls(port["short"], verify_ssl=False, min_cert_days=14), "fail certificate"),
        "with ours": (tls(port["mutual"], **by_name, **client, **get("/")), "pass"),
        "without ours": (tls(port["mutual"], **by_name, **get("/")), ("fail pattern", "fail tls")),
        "plain HTTP": (tls(port["plain"]), "fail tls"),
        "no such ca_file": (tls(port["tls"], ca_file="/nonexistent/ca.pem"), "error local"),
    })
    assert "expired" in found["expired"].text and "mismatch" in found["other name"].text
    assert "wrong version number" in found["plain HTTP"].text and "ca_file" in found["no such ca_file"].text

    def names():
        return {request["uri"]: request["sni"] for request in nginx.requests()}

    wait_until(lambda: {"/tcp-name", "/tcp-address"} <= names().keys(), what="the log of both")
    assert (names()["/tcp-name"], names()["/tcp-address"]) == ("www.test", "")


def inside(certificate, script, **settings):
    """A script of a Talker, after a handshake with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    for name, value in settings.items():
        setattr(context, name, value)
    if settings:
        context.set_ciphers("DEFAULT@SECLEVEL=0")

    def converse(connection):
        script(context.wrap_socket(connection, server_side=True))

    return converse


def dripping(certificate, script):
    """The same, but every byte of TLS is sent by itself."""
    def converse(connection):
        near, far = socket.socketpair()

        def pump(source, target, size):
            while data := source.recv(size):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threads = [threading.Thread(target=quietly, args=(pump, connection, far, 65536), daemon=True),
                   threading.Thread(target=quietly, args=(pump, far, connection, 1), daemon=True)]
        for thread in threads:
            thread.start()
        with near:
            quietly(inside(certificate, script), near)
        for thread in threads:
            thread.join(10)
        far.close()

    return converse


def quietly(function, *arguments):
    try:
        function(*arguments)
    except OSError:  # ssl.SSLError is one: the client has gone
        pass


def until_closed(connection):
    while connection.recv(65536):
        pass


def greet(connection):
    connection.sendall(b"* OK IMAP4rev1 ready\r\n")
    if connection.recv(100) == b"a LOGOUT\r\n":
        connection.sendall(b"* BYE\r\n")
        connection.sendall(b"a OK done\r\n")
        until_closed(connection)


def babble(connection):
    while True:
        connection.sendall(b"garbage " * 2048)


def half_closed(connection):
    """TLS's end in this direction, while the other one goes on; of the connection nothing ends."""
    connection.sendall(b"that is all")
    quietly(connection.unwrap)
    until_closed(connection)


def hello_cut(connection):
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03")


def not_tls(connection):
    while True:
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_said_inside(start, keep, certificates, authority):
    good, trusted = certificates["good"], {"ca_file": str(authority.ca)}
    asked = {"send": "a LOGOUT\r\n", "expect": r"a OK .*\r\n"}
    old = {"minimum_version": ssl.TLSVersion.TLSv1, "maximum_version": ssl.TLSVersion.TLSv1_1}
    tls12 = {"maximum_version": ssl.TLSVersion.TLSv1_2}
    deaf = threading.Event()
    scripts = {
        "asked": (inside(good, greet), asked, "pass"),
        "asked in TLS 1.2": (inside(good, greet, **tls12), asked, "pass"),
        "banner": (inside(good, greet), {"expect": r"^\* OK .*\r\n"}, "pass"),
        "in drips": (dripping(good, greet), asked, "pass"),
        "other answer": (inside(good, greet), {"expect": "NO", "tcp_timeout": 1}, "fail pattern"),
        "garbage without end": (inside(good, babble), {"expect": "never"}, "fail pattern"),
        "ended inside": (inside(good, half_closed), {"expect": "more"}, "fail pattern"),
        "ended, and that is all": (inside(good, half_closed), {"expect": "all$"}, "pass"),
        "never read": (inside(good, lambda connection: deaf.wait(30)), {"send": "x" * 65536, "expect": "x",
                                                                       "tcp_timeout": 1}, "fail timeout"),
        "only sent": (inside(good, until_closed), {"send": "x" * 65536}, "pass"),
        "only TLS 1.1": (inside(good, until_closed, **old), {}, "fail tls"),
        "closed": (lambda connection: None, {}, ("fail tls", "fail reset")),
        "hello cut off": (hello_cut, {}, "fail tls"),
        "not TLS": (not_tls, {}, "fail tls"),
    }
    cases = {name: (tls(keep(Talker(lambda connection, script=script: quietly(script, connection))).port, **trusted,
                        **more), expected) for name, (script, more, expected) in scripts.items()}
    cases["silent"] = (tls(keep(TcpServer("silent")).port, tcp_timeout=0.5), "fail timeout")
    cases["reset"] = (tls(keep(TcpServer("reset")).port), ("fail reset", "fail tls"))
    found = run_cases(start, cases, options={"interval": LONG})
    deaf.set()
    assert re.search(r'does not match in 11 bytes, its end: "that is all"', found["ended inside"].text)
    assert "connection closed" in found["hello cut off"].text
    assert "TLS handshake with 127.0.0.1 port" in found["silent"].text


def test_watched(start, keep, certificates, authority):
    """The connection that is held is the one on which all was said; its end is noticed at once."""
    held = []

    def hold(connection):
        connection.sendall(b"220 ready\r\n")
        held.append(connection)
        until_closed(connection)

    server = keep(Talker(lambda connection: quietly(inside(certificates["good"], hold), connection)))
    run = start(config(check("held", tls(server.port, ca_file=str(authority.ca), expect="^220 ", watch=True),
                             interval=LONG)))
    run.wait_route(prefix(0))
    wait_until(lambda: len(held) == 1, what="the connection that is held")
    server.go_away()
    held[0].shutdown(socket.SHUT_RDWR)
    run.wait_no_route(prefix(0))
    # the port may close a moment after the check came
    assert run.wait_transition("held", "down").reason in ("refused", "reset", "tls")


def test_reload(start, keep, certificates, authority):
    """A check becomes one inside TLS, and back: another program, the same route."""
    def serve(connection):  # says the same to those who speak TLS and to those who do not
        talk = inside(certificates["good"], greet) if connection.recv(1, socket.MSG_PEEK) == b"\x16" else until_closed
        quietly(talk, connection)

    server = keep(Talker(serve))
    plain = {"method": "tcp", "host": "127.0.0.1", "port": server.port}
    run = start(config(check("web", plain)))
    run.wait_route(prefix(0))
    for args, spawner in ((tls(server.port, ca_file=str(authority.ca), expect="^. OK "), "tls"), (plain, "tcp")):
        worker = run.worker("web")
        reload(run, config(check("web", args)))
        wait_until(lambda: [processes.cmdline(pid) for pid in run.spawners() if f"Spawner [{spawner}]" in
                            processes.cmdline(pid)], what=f"spawner {spawner}")
        wait_until(lambda: len(run.spawners()) == 1, what="no other")
        wait_until(lambda: run.worker("web") != worker, what="another worker")
    assert [up for _, up in run.rib.changes_of(prefix(0))] == [True], run.story()
