"""
A real ExaBGP with exacheck in its process block and a real BIRD as its peers, on loopback, ports and
addresses of their own. Reads routes back from BIRD's table.
"""
import os
import random
import re
import shlex
import subprocess
from dataclasses import dataclass, field

from .crashes import assert_no_crash
from .daemons import program
from .network import free_port
from .processes import Daemon, end_orphans
from .wait import wait_until

BIRD = """
log "{directory}/bird.log" all;
router id 10.255.0.1;
protocol device {{ }}
protocol bgp p4 {{
  local {bird4} port {port} as 65001; neighbor {exabgp4} as 65001;
  passive yes; multihop; strict bind yes; debug {{ routes }};
  ipv4 {{ import filter {{ print "community of ", net, ": ", bgp_community; accept; }}; export none; add paths rx; }};
  ipv6 {{ import all; export none; }};
}}
protocol bgp p6 {{
  local ::1 port {port} as 65001; neighbor ::1 as 65002;
  passive yes; multihop; strict bind yes; allow bgp_local_pref on; debug {{ routes }};
  ipv4 {{ import all; export none; extended next hop on; }};
  ipv6 {{ import all; export none; }};
}}
"""

PROCESS = """
process {name} {{
  run {run};
  encoder {encoder};
}}
"""

EXABGP = """{process}
neighbor {bird4} {{
  router-id 10.255.0.2; local-address {exabgp4}; local-as 65001; peer-as 65001;
  connect {port}; hold-time 30;
  family {{ ipv4 unicast; ipv6 unicast; }}
  capability {{ add-path send/receive; }}
  {api}
}}
neighbor ::1 {{
  router-id 10.255.0.3; local-address ::1; local-as 65002; peer-as 65001;
  connect {port}; hold-time 30;
  family {{ ipv4 unicast; ipv6 unicast; }}
  {api}
}}
"""

ROUTE = re.compile(r"^(\S*)\s+(?:unicast|unreachable|blackhole|prohibit) \[(\w+) ")
ATTRIBUTE = re.compile(r"^\s+(?:BGP\.|)(\w+): (.*)$")


@dataclass
class Route:
    """One path in BIRD's table."""

    prefix: str
    protocol: str
    attributes: dict = field(default_factory=dict)  # as birdc prints them: local_pref, med, as_path …


def parse_routes(text):
    """The paths in the output of `birdc show route all`."""
    routes, prefix = [], None
    for line in text.splitlines():
        found = ROUTE.match(line)
        if found:
            prefix = found[1] or prefix  # a further path of the same prefix starts with blanks
            routes.append(Route(prefix, found[2]))
            continue
        attribute = ATTRIBUTE.match(line)
        if attribute and routes:
            routes[-1].attributes[attribute[1]] = attribute[2].strip()
    return routes


def loopback():
    """A 127/8 address that no other run is likely to use: peers are told apart by address."""
    return f"127.{random.randint(64, 250)}.{random.randint(1, 250)}.{random.randint(2, 250)}"


class Lab:
    """
    BIRD and ExaBGP; command: what ExaBGP runs as its helper, or a dictionary of those that it runs, by name. bird4: BIRD's
    IPv4 address.
    """

    api = None  # what neighbors have of it; None: the processes
    encoder = "text"
    arguments = ()  # of ExaBGP, before the configuration
    settings = {"exabgp_api_cli": "false"}

    def __init__(self, directory, command, environment=None, bird4=None):
        self.directory = directory
        self.bird4, self.exabgp4 = bird4 or loopback(), loopback()
        self.port = free_port(self.bird4)
        names = {"directory": directory, "bird4": self.bird4, "exabgp4": self.exabgp4, "port": self.port}
        commands = command if isinstance(command, dict) else {"health": command}
        names["process"] = "".join(self.process(name, words) for name, words in commands.items() if words)
        processes = f"api {{ processes [ {', '.join(commands)} ]; }}"
        names["api"] = processes if self.api is None else self.api
        bird_conf, self.exabgp_conf = directory / "bird.conf", directory / "exabgp.conf"
        bird_conf.write_text(BIRD.format(**names))
        self.exabgp_conf.write_text(EXABGP.format(**names))
        self.control = directory / "bird.ctl"
        self.bird = Daemon([program("bird"), "-f", "-c", str(bird_conf), "-s", str(self.control),
                            "-P", str(directory / "bird.pid")], directory / "bird.out")
        settings = {"exabgp_daemon_user": "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody"),
                    "exabgp_log_destination": "stdout", "exabgp_daemon_daemonize": "false",
                    "exabgp_log_level": "INFO", **self.settings}
        self.exabgp = Daemon([program("exabgp"), *self.arguments, str(self.exabgp_conf)], directory / "exabgp.log",
                             env={**os.environ, **settings, **(environment or {})})

    def process(self, name, words):
        return PROCESS.format(name=name, run=" ".join(map(shlex.quote, map(str, words))), encoder=self.encoder)

    def start_bird(self):
        self.bird.start()
        wait_until(self.control.exists, what="BIRD's control socket")

    def wait_sessions(self):
        wait_until(lambda: self.established() == {"p4", "p6"}, 60, "both BGP sessions")

    def start(self):
        self.start_bird()
        self.exabgp.start()
        self.wait_sessions()
        return self

    def change_neighbor(self, old, new):
        """Another definition of ExaBGP's neighbors, at its next reload."""
        text = self.exabgp_conf.read_text()
        assert old in text
        self.exabgp_conf.write_text(text.replace(old, new))

    def birdc(self, *words):
        done = subprocess.run([program("birdc"), "-r", "-s", str(self.control), *words], capture_output=True,
                              text=True, timeout=60)
        return done.stdout

    def established(self):
        return {line.split()[0] for line in self.birdc("show", "protocols").splitlines() if "Established" in line}

    def routes(self, prefix=None, protocol=None):
        found = parse_routes(self.birdc("show", "route", "all"))
        return [route for route in found
                if (prefix is None or route.prefix == prefix) and (protocol is None or route.protocol == protocol)]

    def path_ids(self, prefix):
        """The path identifiers with which p4 ever received the prefix: birdc does not show them, the trace does."""
        text = (self.directory / "bird.log").read_text()
        pattern = rf"p4\.ipv4 > added (?:\[best\] )?{re.escape(prefix)} (\d+)L"
        return {int(found) for found in re.findall(pattern, text)}

    def wait_route(self, prefix, protocol=None, timeout=30.0, **attributes):
        """The first path to prefix (from that protocol) with these attributes."""

        def find():
            for route in self.routes(prefix, protocol):
                if all(route.attributes.get(name) == str(value) for name, value in attributes.items()):
                    return route
            return None

        return wait_until(find, timeout, f"{prefix} in BIRD ({attributes}): {self.birdc('show', 'route', 'all')}", 0.05)

    def wait_no_route(self, prefix, protocol=None, timeout=30.0):
        wait_until(lambda: not self.routes(prefix, protocol), timeout, f"{prefix} leaving BIRD", 0.05)

    def close(self):
        self.exabgp.stop(timeout=10)
        self.bird.stop()
        left = end_orphans()
        assert not left, f"processes left by ExaBGP and its helper: {left}"
        assert_no_crash(self.exabgp.log().splitlines())
