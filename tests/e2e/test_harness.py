"""The judges must themselves be strict: what ExaBGP would misunderstand is refused, no crash is overlooked."""
import pytest

from harness import commands
from harness.crashes import assert_no_crash
from harness.lab import parse_routes
from harness.logline import parse_transition

pytestmark = pytest.mark.one_level

GOOD = {
    "announce route 192.0.2.1/32 next-hop self": "v4",
    "announce route 192.0.2.1/32 path-information 7 next-hop 192.0.2.9 med 0 local-preference 4294967295": "v4",
    "announce route 2001:db8::/48 next-hop self as-path [ 65000 4200000000 ] community [ 65000:1 ]": "v4",
    "neighbor 192.0.2.7 withdraw route 192.0.2.1/32 path-information 0.0.0.7": "v4",
    "neighbor 192.0.2.7, neighbor ::1 announce route 192.0.2.1/32 next-hop self": "v4",
    "peer * announce route 192.0.2.1/32 next-hop self large-community [ 1:2:3 ]": "v6",
    "peer [192.0.2.7, ::1] withdraw route 192.0.2.1/32": "v6",
    "peer 192.0.2.7 announce route 192.0.2.1/32 next-hop self extended-community [ 0x0002fde800000007 ]": "v6",
    "": "v4",
    "system version": "v4",
}

BAD = {
    "announce route 192.0.2.1/24 next-hop self": "host bits",
    "announce route 192.0.2.1/32": "no next hop",
    "withdraw route 192.0.2.1/32 next-hop self": "next hop of a withdraw",
    "announce route 192.0.2.1/32 next-hop self as-path 65000": "no brackets",
    "announce route 192.0.2.1/32 next-hop self community [ no-export ]": "a word",
    "announce route 192.0.2.1/32 next-hop self community [ ]": "empty list",
    "announce route 192.0.2.1/32 next-hop self med 4294967296": "number too high",
    "announce route 192.0.2.1/32 next-hop self med -1": "negative",
    "announce route 192.0.2.1/32 next-hop self med 1 med 2": "twice",
    "announce route 192.0.2.1/32 next-hop self ": "blank at the end",
    "announce route 192.0.2.1/32 next-hop self shutdown": "other word",
    "announce route 192.0.2.1/32 next-hop s\u00e9lf": "not ASCII",
    "peer * announce route 192.0.2.1/32 next-hop self": "the other dialect",
    "2024-01-01 info: starting": "a log line",
    "shutdown": "a command that ends ExaBGP",
}


@pytest.mark.parametrize("line", GOOD)
def test_accepts(line):
    commands.parse(line, GOOD[line])


@pytest.mark.parametrize("line", BAD)
def test_refuses(line):
    with pytest.raises(commands.CommandError):
        commands.parse(line, "v4")


def test_replay():
    rib = commands.Rib()
    rib.feed("announce route 192.0.2.1/32 next-hop self med 1", 1.0)
    rib.feed("announce route 192.0.2.1/32 next-hop self med 2", 2.0)
    rib.feed("withdraw route 192.0.2.9/32", 3.0)
    assert rib.attributes("192.0.2.1/32") == {"next-hop": "self", "med": 2}
    rib.feed("withdraw route 192.0.2.1/32", 4.0)
    assert rib.changes_of("192.0.2.1/32") == [(1.0, True), (4.0, False)]


def test_log_lines():
    line = ("2026-01-02T03:04:05.678Z info web: rising (2/3) -> up: pass ok (connected to 127.0.0.1 port 80) in 0.4 ms"
            "; announced 192.0.2.1/32")
    found = parse_transition(line, 0.0)
    assert (found.check, found.old, found.new, found.code, found.reason) == ("web", "rising (2/3)", "up", "pass", "ok")
    assert (found.text, found.milliseconds) == ("connected to 127.0.0.1 port 80", 0.4)
    assert found.routes == "announced 192.0.2.1/32"
    assert parse_transition("2026-01-02T03:04:05.678Z info starting", 0.0) is None


def test_bird_table():
    first, second = parse_routes(
        "Table master4:\n192.0.2.1/32  unreachable [p4 02:10:19.448 from 127.0.0.9] * (100) [i]\n\tBGP.med: 5\n"
        "                     unicast [p6 02:10:19.448 from ::1] (100) [i]\n\tBGP.as_path: \n")
    assert (first.prefix, first.protocol, first.attributes["med"]) == ("192.0.2.1/32", "p4", "5")
    assert (second.prefix, second.protocol, second.attributes["as_path"]) == ("192.0.2.1/32", "p6", "")


@pytest.mark.parametrize("line, exit_code, expected, fails", [
    ("2026-01-02T03:04:05.678Z warning web: process 7 ended by SIGSEGV", 0, (), True),
    ("2026-01-02T03:04:05.678Z warning web: process 7 ended by SIGSYS", 0, ("SIGSYS",), False),
    ("2026-01-02T03:04:05.678Z warning web: process 7 ended by SIGABRT", 0, ("SIGSYS",), True),
    ("2026-01-02T03:04:05.678Z debug web: process 7 ended by SIGKILL", 0, (), False),
    ("2026-01-02T03:04:05.678Z warning web: process 7 ended by SIGTERM", 0, (), False),
    ("==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x1", 0, ("SIGABRT",), True),
    ("==7==ERROR: LeakSanitizer: detected memory leaks", 0, (), True),
    ("common/net.c:3:5: runtime error: signed integer overflow", 0, (), True),
    ("", -11, (), True),
    ("", -9, (), False),
    ("", None, (), False),
])
def test_crashes_are_found(line, exit_code, expected, fails):
    try:
        assert_no_crash(["before", line, "after"], exit_code, expected)
    except AssertionError:
        assert fails
    else:
        assert not fails
