"""
Configurations as users of the Python ExaCheck write them, with its documented keys: they run unchanged and
emit the same routes, save where ExaCheck does not do what its documentation says.
"""
import os

import pytest

from harness import paths, wire
from harness.exacheck import run_once
from harness.hostile import HttpServer, TcpServer, Udp

# Every key of ExaCheck's documentation. Nothing of it is checked here but that it is accepted.
EVERY_KEY = """
---
exacheck:
  live_reload: true
  monitoring_interval: 30

checks:
  - name: ICMP gateway
    description: Ping the gateway
    args:
      method: icmp
      host: 192.0.2.254
      timeout: 10
      interval: 0.5
      count: 3
      icmp_timeout: 2
      privileged: false
      max_loss: 1
      max_latency: 150.5
      max_jitter: 20
    prefixes:
      - 192.0.2.255
    nexthop: 192.0.2.1
    path_id: 1.1.1.1
    metric: 100
    metric_down: 1000
    local_preference: 150
    disable: /var/run/maintenance
    neighbors:
      - 192.0.2.10
      - 2001:db8::10
    communities:
      - 64500:1
      - 64500:1:2
      - no-export
    as_path: 64500 64500
    interval: 10
    rise: 2
    fall: 3

  - name: Web server
    args: {method: http, url: "https://www.example.com/health", host: 127.0.0.1, http_timeout: 5, response: "^OK",
           expected_status: [200, 204], user_agent: probe, headers: {X-Probe: anycast}, verify_ssl: true,
           request_method: POST, data: {key: value}, http2: true, address_family: ipv4, all_valid: true}
    prefixes: 192.0.2.253/32
    nexthop: self

  - name: Resolver
    args:
      method: dns
      host: dns.example.com
      query: example.com
      query_type: aaaa
      tcp: true
      port: 5353
      dns_timeout: 3
      response: 2001:db8::1
      require_resolve: true
    prefixes: ["2001:db8::53/128"]
    nexthop: 2001:db8::1
    as_path: 64500

  - name: Time
    args: {method: ntp, host: pool.ntp.org, port: 123, version: 3, ntp_timeout: 2, max_offset: 0.5, max_stratum: 3}
    prefixes: [192.0.2.252]
    nexthop: self

  - name: Script
    args: {method: shell, command: /usr/local/bin/check --all, timeout: 20, environment: {LANG: C, LEVEL: "3"}}
    prefixes: [192.0.2.251, 192.0.2.250]
    nexthop: self

  - name: File
    args: {method: file, path: /tmp/ready, exists: false}
    prefixes: [192.0.2.249]
    nexthop: self

  - name: Port
    args: {method: tcp, host: 127.0.0.1, port: 443, tcp_timeout: 3}
    prefixes: [192.0.2.248]
    nexthop: self

logging:
  - method: file
    destination: /var/log/exacheck.log
    level: info
    size: 10MB
    count: 5
    compress: true
    compression_format: gz
  - method: syslog
    destination: /dev/log
    level: error

notifications:
  - name: Chat
    description: Tell the team
    url: https://chat.example.com/hook
    checks: [Web server]

sentry:
  enabled: false
"""


def test_every_documented_key(directory):
    path = directory / "exacheck.yaml"
    path.write_text(EVERY_KEY)
    done = run_once("test", "-f", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def port_of(keep):
    return keep(TcpServer()).port


def test_anycast_dns_node(start, keep, directory):
    """Two checks for one service address, one as-path, communities as users write them."""
    def answer(query, peer):
        return [wire.dns_response(query, [wire.dns_record(wire.TYPES["NS"], wire.dns_name("ns1.test"))])]

    resolver = keep(Udp(answer))
    run = start(f"""
---
# Anycast resolver
checks:
  - &resolver
    name: DNS query
    args:
      method: dns
      host: 127.0.0.1
      port: {resolver.port}
      query_type: ns
      query: google.com
    prefixes:
      - 192.0.2.252
    nexthop: 192.0.2.3
    as_path: 1234
    communities:
      - 123:124
    interval: 0.2
    rise: 1
  - <<: *resolver
    name: DNS query with validation
    args:
      method: dns
      host: 127.0.0.1
      port: {resolver.port}
      query_type: ns
      query: google.com
      response: ns1.test
""")
    assert run.wait_route("192.0.2.252/32") == {
        "next-hop": "192.0.2.3", "as-path": ["1234"], "community": ["123:124"]}
    run.wait_transition("DNS query with validation", "up")


def test_web_farm(start, keep):
    server = keep(HttpServer())
    run = start(f"""
checks:
  - name: Example Basic HTTP Check
    description: Perform a HTTP request to the web server
    args:
      method: http
      host: 127.0.0.1
      url: "http://example.com:{server.port}/"
    prefixes:
      - 192.0.2.255
    nexthop: self
    interval: 0.2
    rise: 2
    fall: 2
    path_id: 1.1.1.1
    metric: 0
    local_preference: 0
""")
    attributes = run.wait_route("192.0.2.255/32")
    assert attributes == {"next-hop": "self", "med": 0, "local-preference": 0}
    assert {key[1] for key in run.rib.routes} == {0x01010101}
    assert server.requests[0].headers["host"] == f"example.com:{server.port}"


def test_values_as_users_write_them(start, port_of, directory):
    """Quoted numbers, single values for lists, booleans of YAML 1.1, communities that look like times."""
    run = start(f"""
exacheck:
  live_reload: yes
checks:
  - name: "File test to check if it is not there"
    args: {{method: file, path: {directory}/none, exists: no}}
    prefixes: 192.0.2.1
    nexthop: self
    interval: "0.2"
    rise: "1"
    communities: 65000:10
  - name: TCP
    args: {{method: tcp, host: 127.0.0.1, port: "{port_of}", timeout: "5"}}
    prefixes: [192.0.2.2/32, 192.0.2.4/31]
    nexthop: self
    interval: .2
    rise: 0
    communities: ["1:59", "22:30:59", local-as, no-advertise]
    as_path: "64500 64500 64501"
  - name: Command
    args: {{method: shell, command: true}}
    prefixes: 192.0.2.3
    nexthop: self
    interval: 0.2
    rise: 1
    as_path: 64500
""")
    assert run.wait_route("192.0.2.1/32")["community"] == ["65000:10"]
    attributes = run.wait_route("192.0.2.2/32")
    assert attributes["community"] == ["1:59", "65535:65283", "65535:65282"]
    assert attributes["large-community"] == ["22:30:59"]
    assert attributes["as-path"] == ["64500", "64500", "64501"]
    assert run.wait_route("192.0.2.3/32")["as-path"] == ["64500"]
    run.wait_route("192.0.2.4/31")


def test_ipv6_service(start, keep):
    server = keep(TcpServer(host="::1"))
    run = start(f"""
checks:
  - name: v6
    args: {{method: tcp, host: "::1", port: {server.port}}}
    prefixes: ["2001:DB8:0:0::1", 2001:db8:1::/48]
    nexthop: 2001:db8::2
    interval: 0.2
    rise: 1
    fall: 1
    neighbors: "2001:db8::ffff"
""")
    assert run.wait_route("2001:db8::1/128") == {"next-hop": "2001:db8::2"}
    run.wait_route("2001:db8:1::/48")
    assert {key[2] for key in run.rib.routes} == {"2001:db8::ffff"}
    server.go_away()
    run.wait_for(lambda: not run.rib.routes, what="withdraw")


def test_json_configuration(start, port_of):
    run = start(f'{{"checks": [{{"name": "j", "args": {{"method": "tcp", "host": "127.0.0.1", "port": {port_of}}},'
                ' "prefixes": ["192.0.2.9"], "nexthop": "self", "interval": 0.2, "rise": 1, "as_path": 1}]}',
                file_name="exacheck.json")
    assert run.wait_route("192.0.2.9/32")["as-path"] == ["1"]


def test_defaults(directory, port_of):
    """interval 15, rise 3, fall 3, timeout 10: as documented."""
    path = directory / "exacheck.yaml"
    path.write_text(f"checks:\n  - name: d\n    args: {{method: tcp, host: 127.0.0.1, port: {port_of}}}\n"
                    "    prefixes: 192.0.2.9\n    nexthop: self\n")
    done = run_once("test", "--print", "-f", path)
    assert done.returncode == 0
    for text in ("interval: 15", "rise: 3", "fall: 3", "timeout: 10", "tcp_timeout: 5"):
        assert text in done.stdout


def test_runs_under_a_user_who_is_not_root(start, keep, directory):
    """ExaBGP's helpers run as exabgp or nobody, with a umask of 0137 and / as directory."""
    server = keep(TcpServer())
    wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    wrapper += ["sh", "-c", 'umask 0137; exec "$@"', "sh"]
    run = start(f"""
checks:
  - name: tcp
    args: {{method: tcp, host: 127.0.0.1, port: {server.port}}}
    prefixes: 192.0.2.9
    nexthop: self
    interval: 0.2
    rise: 1
""", wrapper=wrapper, build=paths.copy_build(directory))
    run.wait_route("192.0.2.9/32")
