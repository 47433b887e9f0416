"""
The patterns under packaging/examples, as they stand but for addresses, ports, paths and times: real services, a real
ExaBGP, and what a real BIRD makes of it at each step.
"""
import os
import pathlib
import re
import signal
import time

import pytest
import yaml

from harness import daemons, paths
from harness.exacheck import run_once
from harness.hostile import Talker, TcpServer
from harness.lab import loopback
from harness.logline import LINE, TRANSITION
from harness.wait import wait_until
from test_exit_lab import history
from test_lab import helpers, lab  # noqa: F401 (a fixture)

pytestmark = [pytest.mark.one_level, pytest.mark.shipped]

EXAMPLES = paths.REPOSITORY / "packaging" / "examples"
GRACEFUL_SHUTDOWN = "(65535,0)"
# What a test may say otherwise than the file.
PLACES = {"host", "port", "url", "disable", "neighbors"}
TIMES = {"interval": 0.2, "fast_interval": 0.1, "timeout": 5, "dns_timeout": 5, "http_timeout": 5, "tcp_timeout": 5}


class Loader(yaml.SafeLoader):
    """Scalars stay the text that they are, 64496:53 above all."""

    yaml_implicit_resolvers = {"<": yaml.SafeLoader.yaml_implicit_resolvers["<"]}


def example(name, times=None, **nodes):
    """The file, with what is there replaced: times everywhere, and the keys of each check or group."""
    document = yaml.load((EXAMPLES / name).read_text(), Loader)
    found = {node["name"]: node for node in document["checks"] + document.get("groups", [])}
    assert nodes.keys() <= found.keys()
    for name, node in found.items():
        own = nodes.get(name, {})
        assert own.keys() <= PLACES & {*node, *node.get("args", {})}
        for place in (node, node.get("args", {})):
            place.update({key: value for key, value in {**TIMES, **(times or {}), **own}.items() if key in place})
    return document


def wait_state(running, name, state):
    """Until that is the last that exacheck's log says of a check or group."""

    def last():
        lines = (LINE.fullmatch(line) for line in running.exabgp.log().splitlines())
        found = [change for change in (TRANSITION.fullmatch(line[3]) for line in lines if line) if change]
        return next((change["new"] for change in reversed(found) if change["check"] == name), None)

    wait_until(lambda: last() == state, 15, f"{name} {state}", 0.05)


def steps(running, prefix):
    """What became of the route in BIRD's table: + added or changed, - removed."""
    return "".join("-" if word == "removed" else "+" for word in history(running, prefix))


def communities(route):
    return set(route.attributes["community"].split())


def make(directory, name):
    place = directory / name
    place.mkdir()
    return place


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*")), ids=lambda path: path.name)
def test_file_is_valid(path, directory):
    """As it stands but for where logs lie, without a warning, for a file that not everybody may read."""
    copy = directory / path.name
    copy.write_text(path.read_text().replace("/var/log/", f"{directory}/"))
    copy.chmod(0o600)
    done = run_once("test", "-f", copy)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_anycast_dns(lab, directory, keep):  # noqa: F811
    """Each family comes and goes with its resolver, all addresses of it; the file withdraws both."""
    off = directory / "off"
    four = keep(daemons.Unbound(make(directory, "four")).start())
    six = keep(daemons.Unbound(make(directory, "six"), "::1").start())
    running = lab(example("anycast-dns.yaml", **{
        "resolver IPv4": {"host": four.host, "port": four.port, "disable": str(off)},
        "resolver IPv6": {"host": six.host, "port": six.port, "disable": str(off), "neighbors": "::1"}}))
    routes = {four: [("192.0.2.53/32", "p4"), ("198.51.100.53/32", "p4")],
              six: [("2001:db8::53/128", "p6"), ("2001:db8:100::53/128", "p6")]}

    def wait_routes(*servers):
        for server in servers:
            for prefix, protocol in routes[server]:
                running.wait_route(prefix, protocol, community="(64496,53)")

    wait_routes(four, six)
    for server, other in ((four, six), (six, four)):
        server.stop()
        for prefix, _ in routes[server]:
            running.wait_no_route(prefix)
        wait_routes(other)
        server.start()
        wait_routes(server)
    off.touch()
    wait_until(lambda: not running.routes(), 15, "every route leaving")
    off.unlink()
    wait_routes(four, six)


def test_multi_service(lab, directory, keep):  # noqa: F811
    """Both routes while everything works; without any one of it neither."""
    off = directory / "off"
    web = keep(daemons.Nginx(make(directory, "nginx"), {"plain": {}}).start())
    names = keep(daemons.Unbound(make(directory, "unbound")).start())
    mail = keep(Talker(lambda connection: connection.sendall(b"220 mx.example.net ESMTP\r\n")))
    running = lab(example(
        "multi-service.yaml", web={"url": f"http://127.0.0.1:{web.ports['plain']}/healthz", "disable": str(off)},
        names={"host": names.host, "port": names.port}, mail={"host": mail.host, "port": mail.port}))
    routes = ("192.0.2.80/32", "192.0.2.81/32")
    services = [(web.stop, web.start), (names.stop, names.start), (mail.go_away, mail.come_back),
                (off.touch, off.unlink)]
    for breaks, mends in services:
        for prefix in routes:
            running.wait_route(prefix, "p4", community="(64496,80)")
        breaks()
        for prefix in routes:
            running.wait_no_route(prefix)
        mends()
    for prefix in routes:
        running.wait_route(prefix, "p4", community="(64496,80)")


def test_weighted(lab, keep):  # noqa: F811
    """50 and either of the others announce, the two others do not."""
    prefix, names = "198.51.100.80/32", ["back end 1", "back end 2", "back end 3"]
    large, middle, small = servers = [keep(TcpServer()) for _ in names]
    running = lab(example("weighted.yaml", {"min_down": 0.3}, **{
        name: {"host": server.host, "port": server.port} for name, server in zip(names, servers)}))
    name_of = dict(zip(servers, names))

    def stop(server):
        server.go_away()
        wait_state(running, name_of[server], "down")

    def go(server):
        server.come_back()
        wait_state(running, name_of[server], "up")

    for name in names:
        wait_state(running, name, "up")
    running.wait_route(prefix, "p4")
    stop(small)
    go(small)
    stop(middle)
    assert steps(running, prefix) == "+"  # 80, 100, 70
    stop(small)
    running.wait_no_route(prefix)  # 50
    go(small)
    running.wait_route(prefix, "p4")  # 70
    stop(large)
    running.wait_no_route(prefix)  # 20
    go(middle)
    wait_state(running, "load balancer", "down")
    time.sleep(0.5)  # more than min_down
    assert not running.routes(prefix)  # 50
    go(large)
    running.wait_route(prefix, "p4")  # 100
    assert steps(running, prefix) == "+-+-+"


def test_graceful_shutdown(lab, directory, keep):  # noqa: F811
    """The file, and SIGTERM: first worse, then gone; as before afterwards, also without having been gone."""
    prefix, off, drain_time = "192.0.2.80/32", directory / "off", 4
    web = keep(daemons.Nginx(make(directory, "nginx"), {"plain": {}}).start())
    running = lab(example(
        "graceful-shutdown.yaml", {"drain_time": drain_time},
        web={"url": f"http://127.0.0.1:{web.ports['plain']}/healthz", "disable": str(off)}))

    def wait_as_usual():
        assert communities(running.wait_route(prefix, "p4", med=100, as_path="64496")) == {"(64496,80)"}

    def wait_drained():
        route = running.wait_route(prefix, "p4", med=4294967295, as_path="64496 64496 64496 64496")
        assert communities(route) == {"(64496,80)", GRACEFUL_SHUTDOWN}

    wait_as_usual()
    begin = time.monotonic()
    off.touch()
    wait_drained()
    running.wait_no_route(prefix)
    assert time.monotonic() - begin >= drain_time
    off.unlink()
    wait_as_usual()
    off.touch()
    wait_drained()
    off.unlink()
    wait_as_usual()
    assert steps(running, prefix) == "++-+++"
    # ExaBGP leaves its processes half a second: what was seen is in BIRD's log.
    old, = helpers(running)
    os.kill(old, signal.SIGTERM)
    wait_until(lambda: helpers(running) not in ([], [old]), 15, "the next exacheck")
    wait_until(lambda: len(steps(running, prefix)) >= 9, 15, "the route again")
    assert steps(running, prefix) == "++-++++-+"
    wait_as_usual()


def test_med_failover(lab, keep):  # noqa: F811
    """BIRD's choice is the primary while it works, then the backup; with neither of them the primary again."""
    prefix, bird4 = "198.51.100.80/32", loopback()
    primary, backup = keep(TcpServer()), keep(TcpServer())
    running = lab(example("med-failover.yaml", {"min_down": 0.3}, **{
        name: {"host": server.host, "port": server.port, "neighbors": bird4}
        for name, server in (("primary", primary), ("backup", backup))}), bird4=bird4)

    def wait_routes(*expected):
        """Next hop and MED of each, the best first."""
        wait_until(lambda: [(route.attributes["next_hop"], int(route.attributes["med"])) for route
                            in running.routes(prefix, "p4")] == list(expected), 15,
                   f"{expected} in {running.birdc('show', 'route', 'all')}", 0.05)

    first, second = "192.0.2.11", "192.0.2.12"
    wait_routes((first, 100), (second, 200))
    primary.go_away()
    wait_routes((second, 200), (first, 1000))
    backup.go_away()
    wait_routes((first, 1000), (second, 2000))
    backup.come_back()
    wait_routes((second, 200), (first, 1000))
    primary.come_back()
    wait_routes((first, 100), (second, 200))
    assert running.path_ids(prefix) == {1, 2}
    assert "-" not in steps(running, prefix)


# Moving over: the file holds another program's configuration, too, and stands for the same routes.

ROUTING = ("prefixes", "nexthop", "interval", "fast_interval", "rise", "fall", "metric", "local_preference",
           "communities", "as_path", "path_id", "neighbors", "down", "disabled", "disable", "ip_setup")


def effective(path):
    """What a configuration has of its checks' routing, defaults and all."""
    done = run_once("test", "-f", path, "--print")
    assert done.returncode == 0, done.stderr
    return {node["name"]: {key: node.get(key) for key in ROUTING} for node in yaml.load(done.stdout, Loader)["checks"]}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("from-*.yaml")), ids=lambda path: path.name)
def test_moving_over(path, directory):
    text = path.read_text()
    before = "".join(f"{line}\n" for line in re.findall(r"^#   \| ?(.*)", text, re.MULTILINE))
    command, place = re.search(r"^#   exacheck (import [\w-]+) (\S+) >", text, re.MULTILINE).groups()
    assert command.endswith(path.stem.removeprefix("from-")) and len(before.splitlines()) > 5
    theirs = directory / pathlib.PurePath(place).name
    if theirs.suffix == ".d":
        theirs.mkdir()
        (theirs / "one.conf").write_text(before)
    else:
        theirs.write_text(before)
    done = run_once(*command.split(), theirs)
    assert done.returncode == 0, done.stderr  # nothing is lost
    imported = directory / "imported.yaml"
    imported.write_text(done.stdout)
    assert effective(imported) == effective(path)


def test_configuration_yaml_with_all_that_is_commented_out(directory):
    """A # before a key, and before what is no sentence, is taken away; but not every machine has the user."""
    text = (paths.REPOSITORY / "configuration.yaml").read_text()
    text = re.sub(r"^( +)# (?!user:)(?=( {2})*[a-z_]+:( |$))", r"\1", text, flags=re.MULTILINE)
    text = re.sub(r"^#(?! \S| {3}\S)", "", text, flags=re.MULTILINE)
    path = directory / "configuration.yaml"
    path.write_text(text.replace("/var/log/", f"{directory}/"))
    path.chmod(0o600)
    done = run_once("test", "-f", path)
    assert done.returncode == 0 and not done.stderr, f"{done.stderr}\n{text}"
    assert len(yaml.load(text, Loader)["checks"]) >= 7 and "guard:" in run_once("test", "-f", path, "--print").stdout
