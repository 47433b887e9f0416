"""dns: every key, against unbound and nsd, and against a server of our own for answers that are wrong."""
import pytest

from harness import wire
from harness.config import check, config, prefix, run_cases
from harness.hostile import TcpServer, Udp, udp_beside
from harness.network import free_port


def dns(server, query="www.test", kind="a", **more):
    return {"method": "dns", "host": server.host, "port": server.port, "query": query, "query_type": kind, **more}


def test_answers(start, unbound, unbound6):
    run_cases(start, {
        "a": (dns(unbound), "pass"),
        "aaaa": (dns(unbound, kind="AAAA"), "pass"),
        "cname": (dns(unbound, "alias.test", "cname"), "pass"),
        "mx": (dns(unbound, "test", "mx"), "pass"),
        "ns": (dns(unbound, "test", "Ns"), "pass"),
        "ptr": (dns(unbound, "80.2.0.192.test", "ptr"), "pass"),
        "srv": (dns(unbound, "_http._tcp.test", "srv"), "pass"),
        "txt": (dns(unbound, "test", "txt"), "pass"),
        "caa": (dns(unbound, "test", "caa"), "pass"),
        "soa by default": ({key: value for key, value in dns(unbound, "test").items() if key != "query_type"}, "pass"),
        "final dot": (dns(unbound, "www.test."), "pass"),
        "upper case": (dns(unbound, "WWW.TEST"), "pass"),
        "ipv6": (dns(unbound6), "pass"),
        "tcp": (dns(unbound, tcp=True), "pass"),
        "tcp ipv6": (dns(unbound6, tcp=True), "pass"),
        "longer than a datagram": (dns(unbound, "big.test", "txt"), "pass"),
        "last of a long answer": (dns(unbound, "big.test", "txt", response=".*011 "), "pass"),
        "nxdomain": (dns(unbound, "nothing.test"), "fail rcode"),
        "no such type": (dns(unbound, "www.test", "mx"), "fail empty"),
        "nxdomain is fine": (dns(unbound, "nothing.test", require_resolve=False), "pass"),
        "no records is fine": (dns(unbound, "www.test", "mx", require_resolve=False), "pass"),
        "nxdomain expected": (dns(unbound, "nothing.test", rcode="NXDOMAIN"), "pass"),
        "nxdomain expected, answered": (dns(unbound, rcode="nxdomain"), "fail rcode"),
        "source": (dns(unbound, source="127.0.0.79"), "pass"),
        "interface": (dns(unbound, interface="lo"), "pass"),
    })


def test_patterns(start, unbound):
    run_cases(start, {
        "address": (dns(unbound, response=r"192\.0\.2\.8[01]$"), "pass"),
        "second record": (dns(unbound, response=r"192\.0\.2\.81"), "pass"),
        "from the start only": (dns(unbound, response=r"0\.2\.80"), "fail pattern"),
        "no record": (dns(unbound, response=r"192\.0\.2\.9"), "fail pattern"),
        "mx": (dns(unbound, "test", "mx", response=r"10 mail\.test\."), "pass"),
        "soa": (dns(unbound, "test", "soa", response=r"ns1\.test\. hostmaster\.test\. 2024010101 "), "pass"),
        "ns": (dns(unbound, "test", "ns", response="ns1.test"), "pass"),
        "srv": (dns(unbound, "_http._tcp.test", "srv", response=r"0 5 80 www\.test\.$"), "pass"),
        "txt": (dns(unbound, "test", "txt", response=r'"?v=spf1 -all'), "pass"),
        "aaaa": (dns(unbound, kind="aaaa", response="2001:db8::80"), "pass"),
    })


def test_authoritative_server(start, nsd):
    run_cases(start, {
        "answered": (dns(nsd, "www.auth.test"), "pass"),
        "any": (dns(nsd, "auth.test", "any"), "pass"),
        "servfail": (dns(nsd, "www.broken.test"), "fail rcode"),
        "refused": (dns(nsd, "www.elsewhere.test"), "fail rcode"),
        "servfail passes when not required": (dns(nsd, "www.broken.test", require_resolve=False), "pass"),
        "refused expected": (dns(nsd, "www.elsewhere.test", rcode="REFUSED"), "pass"),
        "one of several": (dns(nsd, "www.broken.test", rcode=["NOERROR", "SERVFAIL"]), "pass"),
        "nxdomain": (dns(nsd, "gone.auth.test"), "fail rcode"),
    })


def forged(records=True, **fields):
    """A server whose only answer has wrong fields."""
    return lambda query, peer: [wire.dns_response(query, [wire.dns_a("192.0.2.1")] if records else [], **fields)]


def pointer_loop(query, peer):
    return [wire.dns_response(query)[:-len(wire.dns_question(query))] + wire.dns_question(query)
            + b"\xc0" + bytes([12 + len(wire.dns_question(query))]) + b"\0\1\0\1\0\0\0\0\0\4\1\2\3\4"]


def promised_more(query, peer):
    message = bytearray(wire.dns_response(query, [wire.dns_a("192.0.2.1")]))
    message[6:8] = b"\0\x63"  # 99 answers announced, one there
    return [bytes(message)]


HOSTILE = {
    "says nothing": (lambda query, peer: [], "fail timeout"),
    "wrong id": (forged(id_change=1), "fail timeout"),
    "a query": (forged(is_response=False), ("fail timeout", "fail protocol")),
    "other question": (forged(question=wire.dns_name("evil.test") + b"\0\1\0\1"), ("fail timeout", "fail protocol")),
    "3 bytes": (lambda query, peer: [query[:3]], ("fail timeout", "fail protocol")),
    "empty": (lambda query, peer: [b""], ("fail timeout", "fail protocol")),
    "cut short": (lambda query, peer: [forged()(query, peer)[0][:-6]], ("fail timeout", "fail protocol")),
    "noise": (lambda query, peer: [query[:2] + b"\xff" * 500], ("fail timeout", "fail protocol")),
    "pointer loop": (pointer_loop, ("fail timeout", "fail protocol", "fail empty")),
    "99 answers promised": (promised_more, ("fail timeout", "fail protocol")),
    "no records": (forged(records=False), "fail empty"),
    "servfail": (forged(records=False, rcode=wire.SERVFAIL), "fail rcode"),
    "wrong id first, then right": (
        lambda query, peer: forged(id_change=7)(query, peer) + forged()(query, peer), "pass"),
    "right": (forged(), "pass"),
}


def test_hostile(start, keep):
    cases = {}
    for name, (answer, expected) in HOSTILE.items():
        server = keep(Udp(answer))
        patience = 0.6 if "fail timeout" in expected else 10  # where an answer counts, it may be late
        cases[name] = (dns(server, dns_timeout=patience, timeout=patience + 1.4), expected)
    truncated = keep(Udp(forged(records=False, truncated=True)))
    cases["truncated, tcp closed"] = (dns(truncated, dns_timeout=0.6), ("fail refused", "fail timeout"))
    silent_tcp = keep(TcpServer("silent"))
    while not (beside := udp_beside(silent_tcp, forged(records=False, truncated=True))):
        silent_tcp = keep(TcpServer("silent"))
    keep(beside)
    cases["truncated, tcp silent"] = (dns(silent_tcp, dns_timeout=0.6), "fail timeout")
    cases["tcp silent"] = (dns(silent_tcp, dns_timeout=0.6, tcp=True), "fail timeout")
    reset = keep(TcpServer("reset"))
    cases["tcp reset"] = (dns(reset, dns_timeout=0.6, tcp=True), ("fail reset", "fail closed"))
    closes = keep(TcpServer("close"))
    cases["tcp closes"] = (dns(closes, dns_timeout=0.6, tcp=True), ("fail closed", "fail reset"))
    cases["port closed"] = ({"method": "dns", "host": "127.0.0.1", "port": free_port(), "query": "www.test",
                             "query_type": "a", "dns_timeout": 0.6}, ("fail refused", "fail timeout"))
    found = run_cases(start, cases, options={"interval": 3})
    for name in ("says nothing", "wrong id"):
        assert 500 <= found[name].milliseconds < 1900, found[name]


@pytest.mark.parametrize("flag, field", [("authoritative", "authoritative"), ("dnssec", "authentic")])
def test_flags(start, keep, flag, field):
    with_flag, without = keep(Udp(forged(**{field: True}))), keep(Udp(forged()))
    found = run_cases(start, {
        "asked and there": (dns(with_flag, **{flag: True}), "pass"),
        "not asked": (dns(without), "pass"),
        "asked and not there": (dns(without, **{flag: True}), ("fail protocol", "fail rcode", "fail empty")),
    })
    assert found["asked and not there"].code == "fail"


def test_min_answers(start, unbound):
    found = run_cases(start, {
        "two of two": (dns(unbound, min_answers=2), "pass"),
        "two of three": (dns(unbound, min_answers=3), ("fail empty", "fail protocol")),
    })
    assert "3" in found["two of three"].text


def test_ids_and_ports_vary(start, keep):
    """Answers cannot be foretold: neither the id nor the source port repeats."""
    ids, ports = [], []

    def answer(query, peer):
        ids.append(query[:2])
        ports.append(peer[1])
        return forged()(query, peer)

    server = keep(Udp(answer))
    checks = [check(f"dns {number}", dns(server), prefixes=[prefix(number)], interval=0.1) for number in range(5)]
    run = start(config(*checks))
    run.wait_for(lambda: len(ids) >= 60, what="60 queries")
    assert len(set(ids)) > 50
    assert len(set(ports)) > 20
