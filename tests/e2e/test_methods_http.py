"""http: every key, against nginx for TLS, HTTP/2 and IPv6, and against a server of our own for hostile answers."""
import itertools
import json
import time

import pytest

from harness.config import check, config, prefix, run_cases
from harness.hostile import HttpServer, TcpServer, http_response
from harness.network import free_port
from harness.wait import wait_until


def http(url, **more):
    return {"method": "http", "url": url, **more}


def test_status_and_body(start, nginx):
    base = f"http://127.0.0.1:{nginx.ports['plain']}"
    ipv6 = f"http://[::1]:{nginx.ports['ipv6']}"
    run_cases(start, {
        "200": (http(f"{base}/healthz"), "pass"),
        "201": (http(f"{base}/created"), "pass"),
        "204": (http(f"{base}/empty"), "pass"),
        "302": (http(f"{base}/moved"), "fail status"),
        "302 followed": (http(f"{base}/moved", follow_redirects=True, response="healthy"), "pass"),
        "503": (http(f"{base}/broken"), "fail status"),
        "404 expected": (http(f"{base}/nosuch", expected_status=404), "fail status"),
        "503 expected": (http(f"{base}/broken", expected_status=503), "pass"),
        "one of a list": (http(f"{base}/broken", expected_status=[200, 503]), "pass"),
        "none of a list": (http(f"{base}/healthz", expected_status=[201, 204]), "fail status"),
        "range": (http(f"{base}/created", expected_status="200-299"), "pass"),
        "outside of range": (http(f"{base}/broken", expected_status=["200-299", 404]), "fail status"),
        "any status": (http(f"{base}/broken", require_status=False), "pass"),
        "pattern": (http(f"{base}/healthz", response=r"status: \w+"), "pass"),
        "pattern further on": (http(f"{base}/healthz", response="build [0-9]+"), "pass"),
        "pattern, other text": (http(f"{base}/healthz", response="status: sick"), "fail pattern"),
        "pattern, bad status": (http(f"{base}/broken", response="maintenance"), "fail status"),
        "pattern, any status": (http(f"{base}/broken", response="maintenance", require_status=False), "pass"),
        "ipv6": (http(f"{ipv6}/healthz"), "pass"),
        "ipv6 refused": (http(f"http://[::1]:{free_port('::1')}/"), "fail refused"),
        "refused": (http(f"http://127.0.0.1:{free_port()}/"), "fail refused"),
        "host": (http(f"http://www.test:{nginx.ports['plain']}/healthz", host="127.0.0.1"), "pass"),
        "host closed": (http(f"http://www.test:{nginx.ports['plain']}/healthz", host="127.0.0.9"), "fail refused"),
        "no such name": (http("http://does-not-exist.invalid/"), "fail resolve"),
        "source": (http(f"{base}/source", source="127.0.0.78"), "pass"),
        "interface": (http(f"{base}/", interface="lo"), "pass"),
        "family": (http(f"http://localhost:{nginx.ports['plain']}/", address_family="ipv4"), "pass"),
    })

    def logged(name, value):  # after the answer was sent
        return any(request[name] == value for request in nginx.requests())

    wait_until(lambda: logged("uri", "/source"), what="the log of it")
    seen = {request["uri"]: request for request in nginx.requests()}
    assert seen["/source"]["address"] == "127.0.0.78"
    wait_until(lambda: logged("host", f"www.test:{nginx.ports['plain']}"), what="the log of that host")


def test_tls(start, nginx, authority, certificates):
    def https(server, **more):
        return http(f"https://www.test:{nginx.ports[server]}/healthz", host=nginx.hosts[server], **more)

    trusted = {"verify_ssl": True, "ca_file": str(authority.ca)}
    found = run_cases(start, {
        "not verified": (https("tls"), "pass"),
        "verified": (https("tls", **trusted), "pass"),
        "verified ipv6": (https("tls6", **trusted), "pass"),
        "verified by address": (http(f"https://127.0.0.1:{nginx.ports['tls']}/", **trusted), "pass"),
        "unknown authority": (https("tls", verify_ssl=True), "fail certificate"),
        "expired": (https("expired", **trusted), "fail certificate"),
        "expired, not verified": (https("expired"), "pass"),
        "other name": (https("other", **trusted), "fail certificate"),
        "other name, not verified": (https("other"), "pass"),
        "ends in 5 days, 3 asked": (https("short", min_cert_days=3), "pass"),
        "ends in 5 days, 14 asked": (https("short", min_cert_days=14), "fail certificate"),
        "same, verified": (https("short", min_cert_days=14, **trusted), "fail certificate"),
        "ends in 5 days, verified": (https("short", **trusted), "pass"),
        "http2": (https("h2", http2=True), "pass"),
        "http2 verified": (https("h2", http2=True, **trusted), "pass"),
        "http2 asked, not spoken": (https("tls", http2=True), "pass"),
        "plain HTTP behind https": (http(f"https://127.0.0.1:{nginx.ports['plain']}/"), "fail tls"),
        "client certificate": (https("mutual", client_cert=str(certificates["client"][0]),
                                     client_key=str(certificates["client"][1])), "pass"),
        "client certificate missing": (https("mutual"), ("fail status", "fail tls")),
    })
    assert "day" in found["ends in 5 days, 14 asked"].text

    def requests():
        return [request for request in nginx.requests() if request["tls"]]

    wait_until(lambda: {"HTTP/2.0", "HTTP/1.1"} <= {request["protocol"] for request in requests()}, what="both")
    assert {request["sni"] for request in requests() if request["uri"] == "/healthz"} == {"www.test"}


def test_request(start, keep):
    server = keep(HttpServer())
    base = f"http://127.0.0.1:{server.port}"
    run_cases(start, {
        "plain": (http(f"{base}/plain?x=1&y=2"), "pass"),
        "agent": (http(f"{base}/agent", user_agent="probe/7"), "pass"),
        "headers": (http(f"{base}/headers", headers={"X-Probe": "yes", "X-Number": 17, "Host": "other.test"}), "pass"),
        "post data": (http(f"{base}/post", request_method="post", data={"a b": "c&d", "n": 5}), "pass"),
        "put body": (http(f"{base}/put", request_method="PUT", body="raw bytes"), "pass"),
        "put data": (http(f"{base}/putdata", request_method="PUT", data={"k": "v"}), "pass"),
        "delete": (http(f"{base}/delete", request_method="DELETE"), "pass"),
        "options": (http(f"{base}/options", request_method="OPTIONS"), "pass"),
        "head": (http(f"{base}/head", request_method="HEAD"), "pass"),
        "login": (http(f"http://user:pass@127.0.0.1:{server.port}/login"), "pass"),
    })
    seen = {request.target: request for request in server.requests}
    assert seen["/plain?x=1&y=2"].method == "GET"
    assert seen["/plain?x=1&y=2"].headers["host"] == f"127.0.0.1:{server.port}"
    assert seen["/plain?x=1&y=2"].headers["user-agent"].startswith("exacheck/")
    assert seen["/agent"].headers["user-agent"] == "probe/7"
    assert seen["/headers"].headers["x-probe"] == "yes" and seen["/headers"].headers["x-number"] == "17"
    assert seen["/headers"].headers["host"] == "other.test"
    assert seen["/post"].method == "POST"
    assert seen["/post"].headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen["/post"].body in (b"a+b=c%26d&n=5", b"a%20b=c%26d&n=5")
    assert (seen["/put"].method, seen["/put"].body) == ("PUT", b"raw bytes")
    assert (seen["/putdata"].method, seen["/putdata"].body) == ("PUT", b"k=v")
    assert seen["/delete"].method == "DELETE"
    assert seen["/options"].method == "OPTIONS"
    assert seen["/head"].method == "HEAD"
    assert seen["/login"].headers["authorization"] == "Basic dXNlcjpwYXNz"


def endless_headers(request):
    yield b"HTTP/1.1 200 OK\r\n"
    for number in itertools.count():
        yield f"X-Filler-{number}: {'y' * 1000}\r\n".encode()


def big_body(request):
    size = 100 * 2**20
    yield f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\nstarts well ".encode()
    chunk = b"z" * 65536
    for _ in range(size // len(chunk)):
        yield chunk


def endless_chunks(request):
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"1000\r\n" + b"w" * 4096 + b"\r\n"


HOSTILE = {
    "half a header": (lambda request: b"HTTP/1.1 200 OK\r\nContent-Le", {}, ("fail closed", "fail protocol")),
    "half a body": (lambda request: b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", {}, "fail closed"),
    "closes at once": (lambda request: None, {}, ("fail closed", "fail protocol", "fail reset")),
    "no HTTP": (lambda request: b"SSH-2.0-OpenSSH_9.2\r\n", {}, ("fail protocol", "fail closed")),
    "endless headers": (endless_headers, {}, ("fail protocol", "fail timeout")),
    "100 MB, no pattern": (big_body, {}, "pass"),
    "100 MB, pattern early": (big_body, {"response": "starts well"}, "pass"),
    "100 MB, pattern never": (big_body, {"response": "never there"}, "fail pattern"),
    "endless chunks": (endless_chunks, {}, "pass"),
    "NUL in the body": (lambda request: http_response(body=b"a\0b\xff\xfe end"), {"response": "end"}, "pass"),
    "redirect to file": (lambda request: http_response(302, headers=["Location: file:///etc/passwd"]),
                         {"follow_redirects": True}, ("fail protocol", "fail status")),
    "redirect loop": (lambda request: http_response(302, headers=["Location: /"]), {"follow_redirects": True},
                      ("fail protocol", "fail status")),
    "costly pattern": (lambda request: http_response(body=b"a" * 5000 + b"!"), {"response": "(a+)+$"},
                       ("error pattern-limit", "fail pattern")),
    "status 99999": (lambda request: b"HTTP/1.1 99999 What\r\n\r\n", {"require_status": False},
                     ("fail protocol", "fail closed", "fail status")),
}


def test_hostile(start, keep):
    cases = {}
    for name, (answer, more, expected) in HOSTILE.items():
        server = keep(HttpServer(answer))
        cases[name] = (http(f"http://127.0.0.1:{server.port}/", http_timeout=20, timeout=30, **more), expected)
    silent, reset = keep(TcpServer("silent")), keep(TcpServer("reset"))
    cases["silent"] = (http(f"http://127.0.0.1:{silent.port}/", http_timeout=0.5, timeout=2), "fail timeout")
    cases["silent TLS"] = (http(f"https://127.0.0.1:{silent.port}/", http_timeout=0.5, timeout=2), "fail timeout")
    cases["reset"] = (http(f"http://127.0.0.1:{reset.port}/"), ("fail reset", "fail closed"))
    found = run_cases(start, cases, timeout=60, options={"interval": 5})
    for name in ("silent", "silent TLS"):
        assert 450 <= found[name].milliseconds < 1900, found[name]


@pytest.mark.parametrize("dripping", [False, True])
def test_slow_body(start, keep, dripping):
    """http_timeout bounds the whole exchange, not each step of it."""
    def drip(request):
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        for _ in range(1000):
            time.sleep(0.05 if dripping else 10)
            yield b"x"

    server = keep(HttpServer(drip))
    found = run_cases(start, {"slow": (http(f"http://127.0.0.1:{server.port}/", http_timeout=0.6), "fail timeout")})
    assert 500 <= found["slow"].milliseconds < 2500


def test_connections_are_new_and_closed(start, keep):
    """Every execution connects anew: a dead server is not hidden by a connection that still lives."""
    server = keep(HttpServer())
    run = start(config(check("web", http(f"http://127.0.0.1:{server.port}/"))))
    run.wait_route(prefix(0))
    run.wait_for(lambda: server.count >= 4, what="4 connections")
    assert len(server.requests) <= server.count


def test_secrets_stay_out_of_the_log(start, keep):
    server = keep(HttpServer(lambda request: http_response(503)))
    run = start(config(check("web", http(f"http://user:sesame@127.0.0.1:{server.port}/", headers={"X-Key": "tuna"}))),
                arguments=("-v", "-v", "-v", "-v"))
    run.wait_transition("web", "down")
    assert not run.logged("sesame") and not run.logged("tuna"), json.dumps([line.text for line in run.log])
