"""icmp: every key, in a network namespace whose kernel answers or does not."""
import re

import pytest

from harness.config import run_cases
from harness.scripted import ScriptedIcmp

EVERYBODY = "0 2147483647"  # ping_group_range: unprivileged echo sockets for all groups


def icmp(host="127.0.0.1", **more):
    return {"method": "icmp", "host": host, "count": 2, "interval": 0.05, "icmp_timeout": 1, **more}


@pytest.mark.parametrize("unprivileged", [True, False], ids=["ping_group_range", "raw only"])
def test_verdicts(start, namespace, unprivileged):
    namespace.write_sysctl("net/ipv4/ping_group_range", EVERYBODY if unprivileged else "1 0")
    namespace.run("ip", "addr", "add", "192.0.2.1/32", "dev", "lo")
    namespace.run("ip", "route", "add", "blackhole", "192.0.2.2/32")
    namespace.run("ip", "route", "add", "unreachable", "192.0.2.3/32")
    # Replies of this address are dropped, as by a host that is not there.
    namespace.run("ip", "addr", "add", "192.0.2.4/32", "dev", "lo")
    namespace.run("ip", "rule", "add", "pref", "10", "from", "192.0.2.4", "blackhole")
    found = run_cases(start, {
        "loopback": (icmp(), "pass"),
        "an address": (icmp("192.0.2.1"), "pass"),
        "ipv6": (icmp("::1"), "pass"),
        "privileged": (icmp(privileged=True), "pass"),
        "privileged ipv6": (icmp("::1", privileged=True), "pass"),
        "one packet": (icmp(count=1), "pass"),
        "by default": ({"method": "icmp", "host": "127.0.0.1"}, "pass"),
        "no reply": (icmp("192.0.2.4"), ("fail loss", "fail timeout")),
        "no reply, privileged": (icmp("192.0.2.4", privileged=True), ("fail loss", "fail timeout")),
        "unreachable": (icmp("192.0.2.3"), "fail unreachable"),
        "blackhole": (icmp("192.0.2.2"), ("fail loss", "fail unreachable", "error local")),
        "no route": (icmp("203.0.113.1"), "fail unreachable"),
        "quick enough": (icmp(icmp_timeout=3, max_latency=2500), "pass"),
        "too slow": (icmp(max_latency=0.0001), "fail latency"),
        "steady": (icmp(count=3, icmp_timeout=3, max_jitter=2500), "pass"),
        "unsteady": (icmp(count=4, max_jitter=0.0000001), "fail jitter"),
        "big": (icmp(size=1400), "pass"),
        "source": (icmp(source="192.0.2.1"), "pass"),
        "interface": (icmp(interface="lo"), "pass"),
    }, wrapper=namespace.enter_argv(), options={"interval": 2})
    assert found["no reply"].milliseconds < 8000


def test_loss_allowed(start, namespace, directory, keep):
    """A path that loses every second packet, exactly."""
    def lossy():
        return keep(ScriptedIcmp("PF" * 500, namespace, directory)).address

    found = run_cases(start, {
        "none forgiven": (icmp(lossy(), interval=0.25, icmp_timeout=1), "fail loss"),
        "one of two forgiven": (icmp(lossy(), interval=0.25, icmp_timeout=1, max_loss=1), "pass"),
        "two of four forgiven": (icmp(lossy(), interval=0.25, icmp_timeout=1, count=4, max_loss=2), "pass"),
        "one of four forgiven": (icmp(lossy(), interval=0.25, icmp_timeout=1, count=4, max_loss=1), "fail loss"),
    }, wrapper=namespace.enter_argv(), options={"interval": 3})
    assert re.search(r"\b1\b.*\b2\b", found["none forgiven"].text), found["none forgiven"].text


def test_message_counts_packets(start, namespace):
    namespace.run("ip", "rule", "add", "pref", "10", "from", "127.0.0.5", "blackhole")
    found = run_cases(start, {"lossy": (icmp("127.0.0.5", count=3, icmp_timeout=0.2), "fail loss")},
                      wrapper=namespace.enter_argv())
    assert re.search(r"3", found["lossy"].text), found["lossy"].text
