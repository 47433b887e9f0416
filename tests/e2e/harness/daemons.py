"""Real servers from the distribution on loopback ports of their own: nginx, unbound, nsd, chronyd."""
import getpass
import json
import os
import shutil
import socket

from . import wire
from .network import free_port
from .processes import Daemon
from .wait import wait_until


def program(name):
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")
    assert path, f"{name} is not installed (make test-deps)"
    return path


def accepts(host, port):
    try:
        socket.create_connection((host, port), 1).close()
        return True
    except OSError:
        return False


def answers_udp(host, port, datagram):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.2)
        try:
            sock.sendto(datagram, (host, port))
            return bool(sock.recv(4096))
        except OSError:
            return False


NGINX = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/error.log warn;
{user}
events {{ worker_connections 256; }}
http {{
  log_format fields escape=json '{{"protocol":"$server_protocol","method":"$request_method","status":$status,'
    '"host":"$http_host","sni":"$ssl_server_name","user_agent":"$http_user_agent","uri":"$request_uri",'
    '"tls":"$ssl_protocol","address":"$remote_addr","client":"$ssl_client_verify"}}';
  access_log {directory}/access.log fields;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  default_type text/plain;
  {servers}
}}
"""

NGINX_LOCATIONS = """
    location = /healthz { return 200 "status: healthy\\nbuild 1234\\n"; }
    location = /created { return 201 "created\\n"; }
    location = /empty { return 204; }
    location = /moved { return 302 /healthz; }
    location = /broken { return 503 "maintenance\\n"; }
    location / { return 200 "hello\\n"; }
"""


class Nginx(Daemon):
    """A server block per entry of `servers`: name -> listen addresses, TLS certificate, HTTP/2, client CA."""

    def __init__(self, directory, servers):
        self.directory = directory
        self.ports = {}
        blocks = []
        for name, server in servers.items():
            host = server.get("host", "127.0.0.1")
            self.ports[name] = free_port(host)
            blocks.append(self._block(host, self.ports[name], **{k: v for k, v in server.items() if k != "host"}))
        user = "user root;" if os.geteuid() == 0 else ""
        config = directory / "nginx.conf"
        config.write_text(NGINX.format(directory=directory, servers="\n".join(blocks), user=user))
        self.hosts = {name: server.get("host", "127.0.0.1") for name, server in servers.items()}
        super().__init__([program("nginx"), "-c", str(config), "-e", str(directory / "error.log")],
                         directory / "nginx.out")

    @staticmethod
    def _block(host, port, certificate=None, http2=False, client_ca=None, extra=""):
        literal = f"[{host}]" if ":" in host else host
        flags = (" ssl" if certificate else "") + (" http2" if http2 else "")
        tls = f"ssl_certificate {certificate[0]}; ssl_certificate_key {certificate[1]};" if certificate else ""
        if client_ca:
            tls += f" ssl_client_certificate {client_ca}; ssl_verify_client on;"
        return f"server {{ listen {literal}:{port}{flags}; {tls} {extra} {NGINX_LOCATIONS} }}"

    def start(self):
        super().start()
        wait_until(lambda: all(accepts(self.hosts[name], port) for name, port in self.ports.items()),
                   what=f"nginx ({self.log_path})")
        return self

    def requests(self):
        """What the access log holds, one dict a request."""
        path = self.directory / "access.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


UNBOUND = """
server:
  interface: {host}@{port}
  do-daemonize: no
  use-syslog: no
  logfile: ""
  log-queries: yes
  chroot: ""
  username: ""
  directory: "{directory}"
  pidfile: "{directory}/unbound.pid"
  num-threads: 1
  access-control: 0.0.0.0/0 allow
  access-control: ::0/0 allow
  max-udp-size: 512
  module-config: "iterator"
  do-not-query-localhost: no
  outbound-msg-retry: 1
  local-zone: "test." static
{data}
remote-control:
  control-enable: no
"""

UNBOUND_DATA = [
    "test. SOA ns1.test. hostmaster.test. 2024010101 3600 900 604800 60",
    "test. NS ns1.test.", "test. MX 10 mail.test.", 'test. TXT "v=spf1 -all"', 'test. CAA 0 issue "ca.test"',
    "www.test. A 192.0.2.80", "www.test. A 192.0.2.81", "www.test. AAAA 2001:db8::80", "alias.test. CNAME www.test.",
    "_http._tcp.test. SRV 0 5 80 www.test.", "80.2.0.192.test. PTR www.test.",
    "resolver.example.net. A 192.0.2.53",
] + [f'big.test. TXT "{number:03d} {"x" * 200}"' for number in range(12)]


class Unbound(Daemon):
    """Answers for the zone test. and resolver.example.net; big.test is longer than a UDP answer may be; else SERVFAIL."""

    def __init__(self, directory, host="127.0.0.1"):
        self.host, self.port = host, free_port(host)
        data = "\n".join(f"  local-data: '{line}'" for line in UNBOUND_DATA)
        # A forwarder on the discard side of a closed port: every other name ends as SERVFAIL.
        data += "\nforward-zone:\n  name: \".\"\n  forward-addr: 127.0.0.1@1\n"
        config = directory / "unbound.conf"
        config.write_text(UNBOUND.format(host=host, port=self.port, directory=directory, data=data))
        super().__init__([program("unbound"), "-d", "-p", "-c", str(config)], directory / "unbound.log")

    def start(self):
        super().start()
        query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + wire.dns_name("www.test.") + b"\0\1\0\1"
        wait_until(lambda: answers_udp(self.host, self.port, query), what=f"unbound ({self.log_path})")
        return self

    def queries(self, name):
        """Queries seen for a name."""
        return sum(f" {name} " in line for line in self.log().splitlines())


NSD = """
server:
  ip-address: {host}@{port}
  zonesdir: "{directory}"
  database: ""
  pidfile: "{directory}/nsd.pid"
  xfrdfile: "{directory}/xfrd.state"
  zonelistfile: "{directory}/zone.list"
  xfrdir: "{directory}"
  username: "{user}"
  logfile: "{directory}/nsd.log"
  server-count: 1
  nsid: "ascii_pop1"
remote-control:
  control-enable: no
zone:
  name: auth.test
  zonefile: auth.zone
zone:
  name: broken.test
  zonefile: missing.zone
"""

NSD_ZONE = """$ORIGIN auth.test.
$TTL 60
@ SOA ns1 hostmaster 1 3600 900 604800 60
@ NS ns1
ns1 A 192.0.2.53
www A 192.0.2.80
"""


class Nsd(Daemon):
    """Authoritative for auth.test; broken.test has no zone file: SERVFAIL; other names: REFUSED."""

    def __init__(self, directory, host="127.0.0.1"):
        self.host, self.port = host, free_port(host)
        (directory / "auth.zone").write_text(NSD_ZONE)
        config = directory / "nsd.conf"
        config.write_text(NSD.format(host=host, port=self.port, directory=directory, user=getpass.getuser()))
        super().__init__([program("nsd"), "-d", "-c", str(config)], directory / "nsd.out")

    def start(self):
        super().start()
        query = b"\x12\x34\0\0\0\1\0\0\0\0\0\0" + wire.dns_name("www.auth.test.") + b"\0\1\0\1"
        wait_until(lambda: answers_udp(self.host, self.port, query), what=f"nsd ({self.log_path})")
        return self


class Chronyd(Daemon):
    """An NTP server of a given stratum that never touches the clock."""

    def __init__(self, directory, host="127.0.0.1", stratum=8):
        self.host, self.port = host, free_port(host)
        network = "::/0" if ":" in host else "0.0.0.0/0"
        local = f"local stratum {stratum}\n" if stratum else ""
        config = directory / f"chrony-{self.port}.conf"
        config.write_text(f"port {self.port}\ncmdport 0\nbindaddress {host}\nallow {network}\n{local}"
                          f"pidfile {directory}/chronyd-{self.port}.pid\nbindcmdaddress /\n")
        super().__init__([program("chronyd"), "-d", "-x", "-u", getpass.getuser(), "-f", str(config)],
                         directory / f"chronyd-{self.port}.log")

    def start(self):
        super().start()
        query = b"\x23" + bytes(39) + b"\x11" * 8
        wait_until(lambda: answers_udp(self.host, self.port, query), what=f"chronyd ({self.log_path})")
        return self
