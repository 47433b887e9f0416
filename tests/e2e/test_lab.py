"""
The whole path: exacheck in the process block of a real ExaBGP, a real BIRD as its peers on loopback;
every attribute read back from BIRD's table.
"""
import json
import os
import signal
import time

import pytest

from harness import paths, processes
from harness.config import check, config, for_test
from harness.hostile import TcpServer
from harness.lab import Lab, loopback
from harness.wait import wait_until


def tcp(server):
    return {"method": "tcp", "host": "127.0.0.1", "port": server.port, "timeout": 2}


@pytest.fixture
def lab(directory, keep):
    """lab(config) starts everything and waits for both sessions."""
    def begin(document, **options):
        path = directory / "exacheck.yaml"
        path.write_text(json.dumps(for_test(document, directory)))
        made = keep(Lab(directory, [paths.EXACHECK, "run", "-f", path, "-v"], **options))
        return made.start()

    return begin


def helpers(lab):
    """Pids of exacheck under ExaBGP."""
    return [pid for pid in processes.children(lab.exabgp.process.pid) if "ExaCheck Master" in processes.cmdline(pid)]


def test_every_attribute(lab, keep):
    up = keep(TcpServer())
    running = lab(config(
        check("all", tcp(up), prefixes=["192.0.2.1"], metric=50, local_preference=250, nexthop="192.0.2.77",
              as_path="65010 4200000001", communities=["65000:1", "no-export", "65000:1:2", "target:65000:7"]),
        check("zeros", tcp(up), prefixes=["192.0.2.2"], metric=0, local_preference=0),
        check("self", tcp(up), prefixes=["192.0.2.3", "192.0.2.64/26"]),
        check("extended", tcp(up), prefixes=["192.0.2.4"], communities=[
            "origin:65001:99", "0x0002fde800000008", "target:4200000001:5", "blackhole", "65535:65281"]),
    ))
    route = running.wait_route("192.0.2.1/32", "p4")
    assert route.attributes["med"] == "50"
    assert route.attributes["local_pref"] == "250"
    assert route.attributes["as_path"] == "65010 4200000001"
    assert route.attributes["next_hop"] == "192.0.2.77"
    assert set(route.attributes["community"].split()) == {"(65000,1)", "(65535,65281)"}
    assert route.attributes["large_community"] == "(65000, 1, 2)"
    assert route.attributes["ext_community"] == "(rt, 65000, 7)"
    zeros = running.wait_route("192.0.2.2/32", "p4")
    assert (zeros.attributes["med"], zeros.attributes["local_pref"]) == ("0", "0")
    assert zeros.attributes["next_hop"] == running.exabgp4
    own = running.wait_route("192.0.2.3/32", "p4")
    assert own.attributes["next_hop"] == running.exabgp4
    assert own.attributes["as_path"] == "" and "med" not in own.attributes
    running.wait_route("192.0.2.64/26", "p4")
    extended = running.wait_route("192.0.2.4/32", "p4").attributes
    assert set(extended["community"].split()) == {"(65535,666)", "(65535,65281)"}
    for text in ("(ro, 65001, 99)", "(rt, 65000, 8)", "(rt, 4200000001, 5)"):
        assert text in extended["ext_community"]
    # The other neighbor is another autonomous system: it sees the same route with that in its path.
    assert running.wait_route("192.0.2.3/32", "p6").attributes["as_path"] == "65002"


def test_paths_neighbors_and_families(lab, keep):
    up = keep(TcpServer())
    bird4 = loopback()
    running = lab(config(
        check("one", tcp(up), prefixes=["192.0.2.1"], path_id=7, metric=1),
        check("two", tcp(up), prefixes=["192.0.2.1"], path_id="0.0.1.0", metric=2),
        check("zero", tcp(up), prefixes=["192.0.2.5"], path_id=0),
        check("only p4", tcp(up), prefixes=["192.0.2.2"], neighbors=[bird4]),
        check("only p6", tcp(up), prefixes=["192.0.2.3"], neighbors="::1", nexthop="192.0.2.9"),
        check("v6", tcp(up), prefixes=["2001:db8::1", "2001:db8:1::/48"], nexthop="self", neighbors="::1", metric=6,
              communities=["65000:1", "65000:1:2"]),
    ), bird4=bird4)
    running.wait_route("192.0.2.1/32", "p4", med=1)
    running.wait_route("192.0.2.1/32", "p4", med=2)
    running.wait_route("192.0.2.5/32", "p4")
    assert running.path_ids("192.0.2.1/32") == {7, 256}
    assert running.path_ids("192.0.2.5/32") == {0}
    running.wait_route("192.0.2.2/32", "p4")
    running.wait_route("192.0.2.3/32", "p6")
    sixth = running.wait_route("2001:db8::1/128", "p6")
    assert sixth.attributes["next_hop"].split()[0] == "::1"
    assert sixth.attributes["med"] == "6" and sixth.attributes["community"] == "(65000,1)"
    assert sixth.attributes["large_community"] == "(65000, 1, 2)"
    running.wait_route("2001:db8:1::/48", "p6")
    assert not running.routes("192.0.2.2/32", "p6")
    assert not running.routes("192.0.2.3/32", "p4")
    # Everything leaves when the service does, paths with their ids as well.
    up.go_away()
    wait_until(lambda: not running.routes(), what=f"every route leaving {running.birdc('show', 'route', 'all')}")


def test_service_comes_and_goes(lab, keep):
    up = keep(TcpServer())
    running = lab(config(check("web", tcp(up), prefixes=["192.0.2.1"], rise=2, fall=2, metric=10),
                         check("fading", tcp(up), prefixes=["192.0.2.2"], metric=10, metric_down=1000)))
    running.wait_route("192.0.2.1/32", "p4", med=10)
    for _ in range(2):
        up.go_away()
        running.wait_no_route("192.0.2.1/32")
        running.wait_route("192.0.2.2/32", "p4", med=1000)
        up.come_back()
        running.wait_route("192.0.2.1/32", "p4", med=10)
        running.wait_route("192.0.2.2/32", "p4", med=10)
    assert running.established() == {"p4", "p6"}


def test_exabgp_ends(lab, keep):
    """SIGTERM of ExaBGP ends exacheck and every worker."""
    up = keep(TcpServer())
    running = lab(config(*(check(f"web {n}", tcp(up), prefixes=[f"192.0.2.{n}"]) for n in range(1, 20))))
    running.wait_route("192.0.2.19/32", "p4")
    helper = helpers(running)[0]
    wait_until(lambda: len(processes.descendants(helper)) == 21, what="launcher, spawner and 19 workers")
    family = [helper, *processes.descendants(helper)]
    running.exabgp.process.send_signal(signal.SIGTERM)
    wait_until(lambda: not any(map(processes.alive, family)), what="the end of exacheck and its workers")
    running.exabgp.process.wait(60)


def test_exabgp_killed(lab, keep):
    """kill -9 of ExaBGP: end-of-file is all that tells; nothing of exacheck stays."""
    up = keep(TcpServer())
    running = lab(config(check("web", tcp(up), prefixes=["192.0.2.1"])))
    running.wait_route("192.0.2.1/32", "p4")
    helper = helpers(running)[0]
    family = [helper, *processes.descendants(helper)]
    os.kill(running.exabgp.process.pid, signal.SIGKILL)
    wait_until(lambda: not any(map(processes.alive, family)), what="the end of exacheck and its workers")


def test_exacheck_killed(lab, keep):
    """kill -9 of exacheck: ExaBGP starts it again, routes are what the services say."""
    up, down = keep(TcpServer()), keep(TcpServer())
    running = lab(config(check("steady", tcp(up), prefixes=["192.0.2.1"]),
                         check("dies meanwhile", tcp(down), prefixes=["192.0.2.2"])))
    running.wait_route("192.0.2.1/32", "p4")
    running.wait_route("192.0.2.2/32", "p4")
    old = helpers(running)[0]
    family = processes.descendants(old)
    down.go_away()
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: set(helpers(running)) - {old}, what="a new exacheck")
    wait_until(lambda: not any(map(processes.alive, family)), what="the end of the old workers")
    running.wait_no_route("192.0.2.2/32")
    running.wait_route("192.0.2.1/32", "p4")
    down.come_back()
    running.wait_route("192.0.2.2/32", "p4")
    assert running.established() == {"p4", "p6"}


def test_exabgp_reload(lab, keep):
    """SIGUSR1 (reload) leaves the helper and its routes alone."""
    up = keep(TcpServer())
    running = lab(config(check("web", tcp(up), prefixes=["192.0.2.1"])))
    running.wait_route("192.0.2.1/32", "p4")
    before = helpers(running)
    running.exabgp.process.send_signal(signal.SIGUSR1)
    wait_until(lambda: running.exabgp.log().count("loaded new configuration successfully") >= 2, what="ExaBGP's reload")
    time.sleep(1)
    assert helpers(running) == before
    running.wait_route("192.0.2.1/32", "p4")


def test_exabgp_restarts_helpers(lab, keep):
    """SIGUSR2: SIGTERM to the helper, a new one is started; the route is there afterwards."""
    up = keep(TcpServer())
    running = lab(config(check("web", tcp(up), prefixes=["192.0.2.1"])))
    running.wait_route("192.0.2.1/32", "p4")
    before = helpers(running)
    running.exabgp.process.send_signal(signal.SIGUSR2)
    wait_until(lambda: set(helpers(running)) - set(before), what="a new exacheck")
    running.wait_route("192.0.2.1/32", "p4")
