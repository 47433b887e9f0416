"""Configurations that are wrong: a clear message with its place, exit 2, soon."""
import json
import os
import resource
import subprocess

import pytest

from harness import paths
from harness.config import check, config
from harness.exacheck import run_once

pytestmark = pytest.mark.one_level

QUICK = 3.0 * paths.SLOWNESS  # seconds of a processor


def verify(path, *words):
    """exit 2, soon, with all words in the message."""
    done = run_once("test", "-f", path, timeout=60)
    text = done.stdout + done.stderr
    assert done.returncode == 2, (done.returncode, text[:2000])
    assert done.seconds < QUICK, done.seconds
    assert len(text) < 200_000, len(text)
    for word in words:
        assert word.lower() in text.lower(), f"{word!r} is missing: {text[:2000]}"
    return text


def write(directory, content):
    path = directory / "bad.yaml"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_missing_file(directory):
    verify(directory / "nosuch.yaml", "nosuch.yaml", "No such file")


def test_directory(directory):
    verify(directory, "directory")


def test_unreadable(directory):
    verify("/proc/self/mem", "mem")


def test_device():
    verify("/dev/zero", "/dev/zero", "regular file")


def test_fifo(directory):
    """Nobody writes: it must not wait for that."""
    path = directory / "fifo.yaml"
    os.mkfifo(path)
    verify(path, "regular file")


ALIAS_BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)) + "checks: *a11\n"

MERGE_BOMB = "m0: &m0 {a: 1}\n" + "".join(
    f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}\n" for n in range(1, 12)) + "checks: *m11\n"

DOCUMENTS = {
    "empty": (b"", ["empty"]),
    "only a comment": ("# nothing here\n", ["empty"]),
    "null": ("null\n", []),
    "a scalar": ("hello\n", ["map"]),
    "a list": ("- a\n- b\n", ["map"]),
    "two documents": ("checks: []\n---\nchecks: []\n", ["document"]),
    "binary": (bytes(range(256)) * 40, []),
    "ELF": (open("/bin/true", "rb").read()[:100000], []),
    "not UTF-8": (b"checks:\n  - name: \xff\xfe\n", ["UTF-8"]),
    "NUL in a name": (b'checks:\n  - name: "a\\0b"\n', []),
    "unclosed": ("checks: [\n  {name: web\n", [":"]),
    "tab": ("checks:\n\t- name: web\n", [":2:"]),
    "10 MB of [": ("[" * (10 * 2**20), []),
    "deep maps": ("{a: " * 100_000, []),
    "deep blocks": ("".join(" " * n + "a:\n" for n in range(1500)), []),
    "alias bomb": (ALIAS_BOMB, []),
    "merge bomb": (MERGE_BOMB, []),
    "alias to itself": ("checks: &a [*a]\n", []),
    "unknown alias": ("checks: *nowhere\n", ["nowhere"]),
    "duplicate key": ("checks: []\nchecks: []\n", [":2:", "checks"]),
    "no checks": ("exacheck: {}\n", ["checks"]),
    "empty checks": ("checks: []\n", ["checks"]),
    "checks as a map": ("checks: {a: b}\n", ["list"]),
    "unknown key at the top": ("checkz: []\n", ["checkz", "checks"]),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents(directory, name):
    content, words = DOCUMENTS[name]
    path = write(directory, content)
    verify(path, path.name, *words)


def test_fifty_megabytes(directory):
    """Refused by size, not read into memory."""
    path = directory / "bad.yaml"
    line = b"# " + b"x" * 997 + b"\n"
    path.write_bytes(line * (50 * 2**20 // len(line)))
    verify(path, "bad.yaml")


@pytest.mark.skipif(paths.SANITIZED, reason="AddressSanitizer reserves terabytes of address space")
@pytest.mark.parametrize("name", ["10 MB of [", "deep maps", "alias bomb", "merge bomb", "binary"])
def test_memory_is_bounded(directory, name):
    """With 256 MB of address space the message is the same: nothing grows without limit."""
    path = write(directory, DOCUMENTS[name][0])
    limit = 256 * 2**20
    done = subprocess.run([str(paths.EXACHECK), "test", "-f", str(path)], capture_output=True, text=True, timeout=60,
                          errors="replace", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    assert done.returncode == 2, (done.returncode, done.stderr[:500])
    assert path.name in done.stdout + done.stderr


TCP = {"method": "tcp", "host": "127.0.0.1", "port": 80}
DNS = {"method": "dns", "host": "127.0.0.1", "query": "a.test"}
HTTP = {"method": "http", "url": "http://127.0.0.1/"}
ICMP = {"method": "icmp", "host": "127.0.0.1"}
NTP = {"method": "ntp", "host": "127.0.0.1"}

# name -> (arguments, other keys of the check, words of the message)
CHECKS = {
    "port too high": ({**TCP, "port": 70000}, {}, ["args.port", "70000", "65535"]),
    "port zero": ({**TCP, "port": 0}, {}, ["args.port"]),
    "port a word": ({**TCP, "port": "http"}, {}, ["args.port", "http"]),
    "port a list": ({**TCP, "port": [80]}, {}, ["args.port"]),
    "port missing": ({"method": "tcp", "host": "127.0.0.1"}, {}, ["port"]),
    "host missing": ({"method": "tcp", "port": 80}, {}, ["host"]),
    "no method": ({"host": "127.0.0.1"}, {}, ["method"]),
    "unknown method": ({**TCP, "method": "telnet"}, {}, ["telnet", "tcp"]),
    "unknown key": ({**TCP, "prot": 80}, {}, ["prot", "port"]),
    "key of another method": ({**TCP, "query": "x"}, {}, ["query"]),
    "args a list": ([1], {}, ["args"]),
    "timeout zero": ({**TCP, "timeout": 0}, {}, ["args.timeout"]),
    "timeout negative": ({**TCP, "timeout": -1}, {}, ["args.timeout"]),
    "timeout not a number": ({**TCP, "timeout": ".nan"}, {}, ["args.timeout"]),
    "timeout infinite": ({**TCP, "timeout": ".inf"}, {}, ["args.timeout"]),
    "tcp_timeout above timeout": ({**TCP, "timeout": 3, "tcp_timeout": 4}, {}, ["tcp_timeout", "timeout"]),
    "family against host": ({**TCP, "address_family": "ipv6"}, {}, ["address_family", "127.0.0.1"]),
    "family against source": ({**TCP, "source": "::1"}, {}, ["source"]),
    "family unknown": ({**TCP, "address_family": "ipx"}, {}, ["ipx", "ipv4"]),
    "boolean not one": ({**TCP, "all_valid": "perhaps"}, {}, ["all_valid", "perhaps"]),
    "dns without query": ({"method": "dns", "host": "127.0.0.1"}, {}, ["query"]),
    "dns unknown type": ({**DNS, "query_type": "bogus"}, {}, ["query_type", "bogus"]),
    "dns bad pattern": ({**DNS, "response": "(unclosed"}, {}, ["response"]),
    "dns response without resolve": ({**DNS, "response": "x", "require_resolve": False}, {}, ["response"]),
    "dns label too long": ({**DNS, "query": "x" * 64 + ".test"}, {}, ["query"]),
    "http no url": ({"method": "http"}, {}, ["url"]),
    "http other scheme": ({"method": "http", "url": "ftp://127.0.0.1/"}, {}, ["url"]),
    "http no host": ({"method": "http", "url": "http:///x"}, {}, ["url"]),
    "http header with a newline": ({**HTTP, "headers": {"X": "a\r\nb: c"}}, {}, ["headers"]),
    "http status 99": ({**HTTP, "expected_status": 99}, {}, ["expected_status"]),
    "http range backwards": ({**HTTP, "expected_status": "299-200"}, {}, ["expected_status"]),
    "http status and require_status": (
        {**HTTP, "expected_status": 200, "require_status": True}, {}, ["require_status"]),
    "http data with get": ({**HTTP, "data": {"a": 1}}, {}, ["data"]),
    "http method": ({**HTTP, "request_method": "BREW"}, {}, ["request_method"]),
    "http user:host family": ({**HTTP, "address_family": "ipv6", "host": "127.0.0.1"}, {}, ["address_family"]),
    "icmp count 0": ({**ICMP, "count": 0}, {}, ["count"]),
    "icmp loss of all": ({**ICMP, "count": 2, "max_loss": 2}, {}, ["max_loss"]),
    "icmp jitter of one": ({**ICMP, "count": 1, "max_jitter": 5}, {}, ["max_jitter"]),
    "icmp longer than timeout": ({**ICMP, "count": 5, "icmp_timeout": 3}, {}, ["icmp_timeout"]),
    "icmp latency above timeout": ({**ICMP, "max_latency": 2500}, {}, ["max_latency"]),
    "ntp version 5": ({**NTP, "version": 5}, {}, ["version"]),
    "ntp stratum 16": ({**NTP, "max_stratum": 16}, {}, ["max_stratum"]),
    "file relative": ({"method": "file", "path": "relative"}, {}, ["path"]),
    "shell without command": ({"method": "shell"}, {}, ["command"]),
    "name missing": (TCP, {"name": None}, ["name"]),
    "name with quotes": (TCP, {"name": "a'b"}, ["name"]),
    "prefixes missing": (TCP, {"prefixes": None}, ["prefixes"]),
    "prefixes empty": (TCP, {"prefixes": []}, ["prefixes"]),
    "prefix no network": (TCP, {"prefixes": ["300.1.1.1"]}, ["prefixes", "300.1.1.1"]),
    "prefix host bits": (TCP, {"prefixes": ["192.0.2.1/24"]}, ["192.0.2.0/24"]),
    "prefix too long": (TCP, {"prefixes": ["192.0.2.1/33"]}, ["prefixes"]),
    "prefixes of two families": (TCP, {"prefixes": ["192.0.2.1", "2001:db8::1"]}, ["prefixes"]),
    "next hop of the other family": (TCP, {"nexthop": "2001:db8::1"}, ["nexthop"]),
    "next hop a word": (TCP, {"nexthop": "me"}, ["nexthop"]),
    "rise too high": (TCP, {"rise": 65536}, ["rise"]),
    "fall negative": (TCP, {"fall": -1}, ["fall"]),
    "rise a fraction": (TCP, {"rise": 1.5}, ["rise"]),
    "interval zero": (TCP, {"interval": 0}, ["interval"]),
    "metric too high": (TCP, {"metric": 2**32}, ["metric", "4294967295"]),
    "local preference negative": (TCP, {"local_preference": -1}, ["local_preference"]),
    "path id": (TCP, {"path_id": "1.2.3"}, ["path_id"]),
    "community too high": (TCP, {"communities": ["65536:1"]}, ["communities", "65536:1"]),
    "community a word": (TCP, {"communities": ["no-such"]}, ["communities", "no-such"]),
    "as path zero": (TCP, {"as_path": "65000 0"}, ["as_path"]),
    "as path a word": (TCP, {"as_path": "shutdown"}, ["as_path"]),
    "neighbor a name": (TCP, {"neighbors": ["router.test"]}, ["neighbors"]),
    "disable relative": (TCP, {"disable": "here"}, ["disable"]),
    "unknown key of a check": (TCP, {"comunities": ["1:1"]}, ["comunities", "communities"]),
}


@pytest.mark.parametrize("name", CHECKS)
def test_checks(directory, name):
    args, more, words = CHECKS[name]
    one = {key: value for key, value in check("web", args, **more).items() if value is not None}
    path = write(directory, config(one))
    text = verify(path, f"{path}:", *words)
    assert f"{path}:1:" in text, "no place in the message"


def test_duplicate_names(directory):
    verify(write(directory, config(check("web", TCP), check("web", TCP))), "web", "name")


def test_every_error_is_told(directory):
    """Not only the first, and in the order of the file."""
    text = verify(write(directory, """
exacheck:
  live_reload: maybe
checks:
  - name: one
    args: {method: tcp, host: 127.0.0.1, port: 70000}
    prefixes: 192.0.2.1/24
  - name: two
    args: {method: nosuch}
    prefixes: [192.0.2.2]
    metric: many
"""), "maybe", "70000", "192.0.2.0/24", "nosuch", "many")
    lines = [int(line.split(":")[1]) for line in text.splitlines() if "bad.yaml:" in line]
    assert lines == sorted(lines) and set(lines) >= {3, 6, 7, 9, 11}


def test_place_is_exact(directory):
    """FILE:LINE:COL: checks[1] (web).args.port: …"""
    text = verify(write(directory, "checks:\n  - name: web\n    prefixes: 192.0.2.1\n    args:\n      method: tcp\n"
                                   "      host: 127.0.0.1\n      port: 70000\n"))
    assert "bad.yaml:7:13: checks[1] (web).args.port: must be 1 to 65535, got 70000" in text


def test_message_cannot_fake_lines(directory):
    """Control characters of the file do not reach the terminal."""
    text = verify(write(directory, config(check("web", {**TCP, "host": "a\u001b[31m\nb"}))))
    assert "\x1b" not in text
