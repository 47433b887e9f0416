"""The examples of packaging/exabgp: this system's ExaBGP takes them, and with them a route reaches a real router."""
import configparser
import os
import re
import subprocess

import pytest

from harness import paths
from harness.config import for_test
from harness.daemons import program
from harness.lab import Lab
from harness.standalone import Pipes, Service

pytestmark = [pytest.mark.one_level, pytest.mark.shipped]

EXAMPLES = paths.REPOSITORY / "packaging" / "exabgp"
CONFIGURATIONS = sorted(path.name for path in EXAMPLES.glob("*.conf"))
PROGRAM = "/usr/sbin/exacheck"


def environment():
    """The settings of exabgp.env as variables, but for the user, which a test cannot choose."""
    parser = configparser.ConfigParser()
    parser.read(EXAMPLES / "exabgp.env")
    found = {f"{section}.{key}".replace(".", "_"): value.strip("'")
             for section in parser for key, value in parser[section].items()}
    assert len(found) >= 8 and found["exabgp_api_ack"] == "true", found
    return {**found, "exabgp_daemon_user": "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")}


def test_there_are_some():
    assert CONFIGURATIONS == ["exabgp-6.conf", "exabgp-beside.conf", "exabgp.conf"]


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_taken_by_exabgp(tmp_path, name):
    """As a whole, and with the settings of exabgp.env, of which it knows each."""
    text = (EXAMPLES / name).read_text().replace(PROGRAM, str(paths.EXACHECK))
    (tmp_path / name).write_text(text)
    done = subprocess.run([program("exabgp"), "--test", "-d", str(tmp_path / name)], capture_output=True, text=True,
                          timeout=60, env={**os.environ, **environment()})
    told = done.stdout + done.stderr
    assert done.returncode == 0 and "decoding routes in configuration" in told, told[-3000:]


def test_settings_are_known():
    known = configparser.ConfigParser()
    known.read_string(subprocess.check_output([program("exabgp"), "--full-ini"], text=True))
    ours = configparser.ConfigParser()
    ours.read(EXAMPLES / "exabgp.env")
    for section in ours.sections():
        unknown = set(ours[section]) - set(known[section])
        assert not unknown, (section, unknown)


def in_lab(lab, text):
    """An example's neighbors with the lab's addresses, ports and AS numbers."""
    four, six = re.split(r"(?=^neighbor 2001:)", text, flags=re.MULTILINE)
    for old, new in (("192.0.2.254", lab.bird4), ("local-address 192.0.2.1", f"local-address {lab.exabgp4}"),
                     ("router-id 192.0.2.1", "router-id 10.255.0.2"), ("local-as 65000", "local-as 65001")):
        assert old in four
        four = four.replace(old, new)
    for old, new in (("neighbor 2001:db8::fe", "neighbor ::1"), ("local-address 2001:db8::1", "local-address ::1"),
                     ("router-id 192.0.2.1", "router-id 10.255.0.3"), ("local-as 65000", "local-as 65002")):
        assert old in six
        six = six.replace(old, new)
    assert (four + six).count("\thold-time") == 2
    return (four + six).replace("\thold-time", f"\tconnect {lab.port}; hold-time")


def configuration(directory, name, nginx, place=""):
    """An example's checks, of servers that are there."""
    text = (EXAMPLES / name).read_text()
    for old, new in (("host: 192.0.2.80", "host: 127.0.0.1"), ("host: 2001:db8::80", "host: ::1"),
                     ("url: http://www.example.org/", f"url: http://www.example.org:{nginx.ports['plain']}/"),
                     ("interval: 5", "interval: 0.5"), ("fast_interval: 1", "fast_interval: 0.5"),
                     ("- 2001:db8::fe", "- ::1"),
                     ("fifo /run/exabgp\n", f"fifo {place}\n")):
        text = text.replace(old, new)
    four, six = re.split(r"(?=^  - name: web v6)", text, flags=re.MULTILINE)
    six = six.replace(str(nginx.ports["plain"]), str(nginx.ports["ipv6"]))
    path = directory / "exacheck.yaml"
    path.write_text(for_test(four + six, directory))
    return path


@pytest.mark.parametrize("name", ["exabgp.conf", "exabgp-6.conf"])
def test_under_exabgp(directory, keep, nginx, name):
    """Both routes, each over its own session, with exacheck as ExaBGP's process."""
    lab = keep(Lab(directory, [], environment=environment()))
    path = configuration(directory, "exacheck.yaml", nginx)
    text = (EXAMPLES / name).read_text()
    assert PROGRAM in text and "/etc/exabgp/exacheck.yaml" in text
    text = text.replace(PROGRAM, str(paths.EXACHECK)).replace("/etc/exabgp/exacheck.yaml", str(path))
    lab.exabgp_conf.write_text(in_lab(lab, text))
    lab.start()
    lab.wait_route("192.0.2.80/32", "p4")
    lab.wait_route("2001:db8::80/128", "p6")


def test_beside_exabgp(directory, keep, nginx):
    """The same from outside, through the pipes."""
    pipes = keep(Pipes(directory, environment=environment()))
    pipes.exabgp_conf.write_text(in_lab(pipes, (EXAMPLES / "exabgp-beside.conf").read_text()))
    pipes.start()
    (directory / "beside").mkdir()
    text = configuration(directory, "exacheck-beside.yaml", nginx, pipes.place).read_text()
    service = Service(directory / "beside", text)
    try:
        pipes.wait_route("192.0.2.80/32", "p4")
        pipes.wait_route("2001:db8::80/128", "p6")
    finally:
        service.finish()
