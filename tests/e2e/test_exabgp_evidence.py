"""What tells exacheck under a real ExaBGP that routes were lost: neighbors that come up; and that they come back."""
import json
import signal

import pytest

from harness import paths
from harness.config import check, config, for_test, prefix
from harness.hostile import TcpServer
from harness.lab import Lab
from harness.wait import wait_until

pytestmark = pytest.mark.one_level


class Telling(Lab):
    """An ExaBGP that tells its helper of neighbors."""

    api = "api { processes [ health ]; neighbor-changes; }"


class TellingJson(Telling):
    encoder = "json"


@pytest.mark.parametrize("kind", [Telling, TellingJson])
def test_neighbor_redefined(directory, keep, kind):
    """ExaBGP reloads with another identity of a neighbor, which then knows no route: soon it has them all."""
    server = keep(TcpServer())
    prefixes = {prefix(number) for number in range(10)}
    path = directory / "exacheck.yaml"
    web = check("web", {"method": "tcp", "host": "127.0.0.1", "port": server.port}, prefixes=sorted(prefixes))
    path.write_text(json.dumps(for_test(config(web, resync=0), directory)))
    lab = keep(kind(directory, [paths.EXACHECK, "run", "-f", path, "-v"])).start()

    def there():
        return lab.established() == {"p4", "p6"} and {route.prefix for route in lab.routes(protocol="p4")} == prefixes

    wait_until(there, 40, "every route")
    lab.change_neighbor("router-id 10.255.0.2", "router-id 10.255.0.9")
    lab.exabgp.process.send_signal(signal.SIGUSR1)
    wait_until(lambda: lab.exabgp.log().count("loaded new configuration successfully") >= 2, what="ExaBGP's reload")
    wait_until(lambda: "router-id 10.255.0.9" in lab.exabgp.log(), what="routes for the new neighbor")
    wait_until(there, 40, "every route again", 0.05)
