"""ntp: every key, against chronyd and against clocks that are wrong."""
import time

from harness import wire
from harness.config import run_cases
from harness.hostile import Udp
from harness.network import free_port


def ntp(server, **more):
    return {"method": "ntp", "host": server.host, "port": server.port, **more}


def test_chronyd(start, chronyd, chronyd6, chronyd_unsynchronised):
    run_cases(start, {
        "answers": (ntp(chronyd), "pass"),
        "ipv6": (ntp(chronyd6), "pass"),
        "version 2": (ntp(chronyd, version=2), "pass"),
        "version 3": (ntp(chronyd, version=3), "pass"),
        "version 4": (ntp(chronyd, version=4), "pass"),
        "offset": (ntp(chronyd, max_offset=0.5), "pass"),
        "stratum at the limit": (ntp(chronyd, max_stratum=8), "pass"),
        "stratum above the limit": (ntp(chronyd, max_stratum=7), "fail stratum"),
        "stratum 12": (ntp(chronyd6, max_stratum=11), "fail stratum"),
        "not synchronised": (ntp(chronyd_unsynchronised), ("fail unsynchronised", "fail stratum")),
        "source": (ntp(chronyd, source="127.0.0.80"), "pass"),
        "interface": (ntp(chronyd, interface="lo"), "pass"),
    })


def clock(**fields):
    return lambda query, peer: [wire.ntp_response(query, **fields)]


NOT_SYNCHRONISED = ("fail unsynchronised", "fail stratum", "fail protocol")

HOSTILE = {
    "right": (clock(), {}, "pass"),
    "ahead": (clock(offset=3), {"max_offset": 1}, "fail offset"),
    "behind": (clock(offset=-3), {"max_offset": 1}, "fail offset"),
    "ahead, within": (clock(offset=0.3), {"max_offset": 1}, "pass"),
    "ahead, nobody asks": (clock(offset=1000), {}, "pass"),
    "wrong originate": (clock(originate=b"\x11" * 8), {}, ("fail timeout", "fail protocol")),
    "zero originate": (clock(originate=bytes(8)), {}, ("fail timeout", "fail protocol")),
    "kiss of death": (clock(stratum=0, reference=b"DENY"), {}, NOT_SYNCHRONISED),
    "rate limited": (clock(stratum=0, reference=b"RATE"), {}, NOT_SYNCHRONISED),
    "leap alarm": (clock(leap=3), {}, "fail unsynchronised"),
    "stratum 16": (clock(stratum=16), {}, ("fail stratum", "fail unsynchronised")),
    "stratum 4 of 4": (clock(stratum=4), {"max_stratum": 4}, "pass"),
    "stratum 5 of 4": (clock(stratum=5), {"max_stratum": 4}, "fail stratum"),
    "root dispersion": (clock(root_dispersion=5.0), {"max_root_dispersion": 1}, ("fail offset", "fail unsynchronised")),
    "root dispersion within": (clock(root_dispersion=0.5), {"max_root_dispersion": 1}, "pass"),
    "other version": (clock(version=2), {"version": 4}, ("fail protocol", "fail timeout")),
    "client mode": (clock(mode=3), {}, ("fail protocol", "fail timeout")),
    "broadcast mode": (clock(mode=5), {}, ("fail protocol", "fail timeout")),
    "47 bytes": (clock(length=47), {}, ("fail protocol", "fail timeout")),
    "empty": (lambda query, peer: [b""], {}, ("fail protocol", "fail timeout")),
    "transmit zero": (clock(transmit=bytes(8)), {}, ("fail protocol", "fail unsynchronised")),
    "says nothing": (lambda query, peer: [], {}, "fail timeout"),
}


def test_hostile(start, keep):
    cases = {}
    for name, (answer, more, expected) in HOSTILE.items():
        patience = 0.6 if "fail timeout" in expected else 10  # where an answer counts, it may be late
        cases[name] = (ntp(keep(Udp(answer)), ntp_timeout=patience, timeout=patience + 1.4, **more), expected)
    cases["port closed"] = ({"method": "ntp", "host": "127.0.0.1", "port": free_port(), "ntp_timeout": 0.6},
                            ("fail refused", "fail timeout"))
    found = run_cases(start, cases, options={"interval": 3})
    assert 500 <= found["says nothing"].milliseconds < 1900


def test_transmit_timestamp_is_a_nonce(start, keep):
    """The time of day is nobody's business, and cannot be guessed."""
    server = keep(Udp(clock()))
    run_cases(start, {"clock": (ntp(server), "pass")}, options={"interval": 0.1})
    queries = list(server.queries)
    nonces = {query[40:48] for query in queries}
    assert len(nonces) == len(queries)
    now = wire.ntp_time(time.time())[:4]
    assert all(nonce[:3] != now[:3] for nonce in nonces)
