"""The command line: run, test, schema, help, version, environment, exit codes."""
import json
import os
import pty
import re
import subprocess

import jsonschema
import pytest

from harness import paths, processes
from harness.config import check, config
from harness.exacheck import run_once
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

VALID = config(check("web", {"method": "tcp", "host": "127.0.0.1", "port": 80}))


@pytest.fixture
def valid(directory):
    path = directory / "valid.yaml"
    path.write_text(json.dumps(VALID))
    return path


@pytest.fixture
def invalid(directory):
    path = directory / "invalid.yaml"
    path.write_text("checks:\n  - name: web\n    args: {method: tcp, host: 127.0.0.1, port: 70000}\n"
                    "    prefixes: 192.0.2.1\n    intervall: 3\n")
    return path


def test_version():
    done = run_once("--version")
    assert done.returncode == 0 and "exacheck" in done.stdout.lower()
    assert any(character.isdigit() for character in done.stdout)


@pytest.mark.parametrize("arguments", [["-h"], ["--help"], ["run", "-h"], ["test", "--help"], ["schema", "-h"]])
def test_help(arguments):
    done = run_once(*arguments)
    assert done.returncode == 0
    assert "sage" in done.stdout


def test_help_names_the_commands():
    text = run_once("--help").stdout
    for word in ("run", "test", "schema", "--version"):
        assert word in text


@pytest.mark.parametrize("arguments", [[], ["frobnicate"], ["test", "--nosuch"], ["run", "-f"], ["--nosuch"]])
def test_wrong_use(arguments):
    done = run_once(*arguments)
    assert done.returncode not in (0, -11)
    assert done.stderr and not done.stdout.startswith("announce")


def test_test_valid(valid):
    done = run_once("test", "-f", valid)
    assert done.returncode == 0, done.stderr
    assert "valid" in done.stdout + done.stderr


def test_test_invalid(invalid):
    """Every error, each with its place."""
    done = run_once("test", "-f", invalid)
    assert done.returncode == 2
    text = done.stdout + done.stderr
    assert f"{invalid}:3:" in text and "70000" in text
    assert f"{invalid}:5:" in text and "intervall" in text and "interval" in text.replace("intervall", "")


def test_run_invalid(invalid):
    done = run_once("run", "-f", invalid)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "70000" in done.stderr


def test_long_option(valid):
    assert run_once("test", "--file", valid).returncode == 0
    assert run_once("test", f"--file={valid}").returncode == 0


def test_environment_names_the_file(valid, invalid):
    assert run_once("test", environment={"EXACHECK_CONFIG": str(valid)}).returncode == 0
    assert run_once("test", environment={"EXACHECK_CONFIG": str(invalid)}).returncode == 2
    assert run_once("test", "-f", valid, environment={"EXACHECK_CONFIG": str(invalid)}).returncode == 0


def test_default_file():
    done = run_once("test", environment={"EXACHECK_CONFIG": ""})
    if os.path.exists("/etc/exabgp/exacheck.yaml"):
        assert done.returncode in (0, 2)
    else:
        assert done.returncode == 2 and "/etc/exabgp/exacheck.yaml" in done.stderr


def test_print_parses_back(directory, valid):
    """The effective configuration, with every default, is a configuration that means the same."""
    first = run_once("test", "--print", "-f", valid)
    assert first.returncode == 0, first.stderr
    for default in ("timeout: 10", "tcp_timeout: 5", "rise: 1", "nexthop: self"):
        assert default in first.stdout, first.stdout
    again = directory / "again.yaml"
    again.write_text(first.stdout)
    second = run_once("test", "--print", "-f", again)
    assert second.returncode == 0, second.stderr
    assert second.stdout == first.stdout


def test_json_file(directory, valid):
    path = directory / "valid.json"
    path.write_text(valid.read_text())
    assert run_once("test", "-f", path).returncode == 0


def test_schema():
    done = run_once("schema")
    assert done.returncode == 0
    schema = json.loads(done.stdout)
    assert "2020-12" in schema["$schema"]
    text = json.dumps(schema)
    for word in ("checks", "prefixes", "icmp_timeout", "verify_ssl", "max_stratum", "require_resolve", "communities"):
        assert f'"{word}"' in text


def test_schema_accepts_and_refuses():
    schema = json.loads(run_once("schema").stdout)
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    validator.validate(VALID)
    for broken in (
        {"checks": [{**VALID["checks"][0], "nosuch": 1}]},
        {"checks": [{**VALID["checks"][0], "args": {"method": "tcp", "host": "127.0.0.1", "port": 70000}}]},
        {"checks": [{**VALID["checks"][0], "args": {"method": "telnet"}}]},
        {"checks": [{key: value for key, value in VALID["checks"][0].items() if key != "name"}]},
    ):
        assert not validator.is_valid(broken), broken


@pytest.mark.parametrize("arguments, accepted", [
    ({"address_family": "IPv4"}, True), ({"address_family": "ipv4"}, True), ({"address_family": "IPv5"}, False),
    ({"request_method": "Get"}, True), ({"request_method": "get"}, True), ({"request_method": "Gets"}, False),
    ({"sandbox": False}, True), ({"sandbox": True}, False), ({"sandbox": "No"}, True), ({"sandbox": "yes"}, False),
])
def test_schema_and_program_agree_on_words(directory, arguments, accepted):
    """Words are accepted in any case, and off as YAML and JSON write it."""
    schema = json.loads(run_once("schema").stdout)
    document = config(check("web", {"method": "http", "url": "http://127.0.0.1/", **arguments}))
    path = directory / "words.json"
    path.write_text(json.dumps(document))
    assert (run_once("test", "-f", path).returncode == 0) == accepted
    assert jsonschema.Draft202012Validator(schema).is_valid(document) == accepted


def test_ack_as_boolean(directory):
    """`ack: on` is true once a program has turned YAML into JSON."""
    path = directory / "ack.json"
    path.write_text(json.dumps({**VALID, "exacheck": {"exabgp": {"ack": True}}}))
    assert "ack: on" in run_once("test", "--print", "-f", path).stdout.replace('"', "")


def test_names_are_shown_as_written(directory):
    path = directory / "names.yaml"
    path.write_text("checks:\n  - name: \u65e5\u672c\n    args: {method: tcp, host: \u00e9.test, port: 0}\n"
                    "    prefixes: 192.0.2.1\n", encoding="utf-8")
    for command in ("test", "run"):
        done = subprocess.run([str(paths.EXACHECK), command, "-f", str(path)], capture_output=True, timeout=60,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == 2
        text = done.stderr.decode("utf-8")
        assert "(\u65e5\u672c)" in text and 'got "\u00e9.test"' in text, text


@pytest.mark.parametrize("key", ["user", "group"])
def test_unknown_identity_is_a_warning(directory, key):
    """A start as root would refuse it; the file may be meant for another machine."""
    path = directory / "identity.json"
    path.write_text(json.dumps({**VALID, "exacheck": {key: "no-such-name"}}))
    done = run_once("test", "-f", path)
    assert done.returncode == 0
    assert "warning" in done.stderr and f"no {key} no-such-name" in done.stderr
    path.write_text(json.dumps({**VALID, "exacheck": {key: "root"}}))
    assert run_once("test", "-f", path).stderr == ""


FILE = config(check("file", {"method": "file", "path": "/"}))


def run_with(redirections, path):
    """exacheck run through a shell that redirects; the directory of its descriptors is /proc/PID/fd."""
    return processes.start(["/bin/sh", "-c", f'exec "$0" run -f "$1" {redirections}', str(paths.EXACHECK), str(path)],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def test_no_standard_output(directory):
    """Closed, or a full disk: an error, and no socket takes the place of descriptor 1."""
    path = directory / "file.json"
    path.write_text(json.dumps(FILE))
    for redirection, reason in ((">&-", b"Bad file descriptor"), (">/dev/full", b"No space left")):
        process = run_with(redirection, path)
        _, errors = process.communicate(timeout=60)
        processes.finished(process)
        assert process.returncode == 1, errors
        assert b"cannot write to standard output: " + reason in errors


def test_closed_descriptors_are_not_given_to_sockets(directory, root):
    """What is written to standard error must not reach a worker's channel."""
    path = directory / "file.json"
    path.write_text(json.dumps(FILE))
    for redirection, number in (("2>&-", 2), ("<&-", 0)):
        process = run_with(redirection, path)
        try:
            place = f"/proc/{process.pid}/fd"
            wait_until(lambda: any("Worker [" in processes.cmdline(pid) for pid in processes.children(process.pid)),
                       what="a worker")
            assert os.readlink(f"{place}/{number}") == "/dev/null"
        finally:
            process.terminate()
            process.communicate(timeout=60)
            processes.finished(process)
        assert process.returncode == 0


def test_verbosity(start, valid):
    """-v repeated and EXACHECK_VERBOSITY tell more."""
    sizes = []
    for arguments, environment in (((), {}), (("-v", "-v", "-v"), {}), ((), {"EXACHECK_VERBOSITY": "3"})):
        run = start(config(check("true", {"method": "shell", "command": "true"})), arguments=arguments,
                    environment=environment)
        run.wait_for(lambda: any("announce" in line.text for line in run.lines), what="an announce")
        run.stop()
        sizes.append(len(run.log))
    assert sizes[1] > sizes[0] and sizes[2] > sizes[0], sizes


def test_quiet_by_default_but_for_transitions(start):
    run = start(config(check("true", {"method": "shell", "command": "true"})), arguments=())
    run.wait_transition("true", "up")


def test_terminal_is_told_about_exabgp(valid):
    """On a terminal one line on stderr says who would read this."""
    leader, follower = pty.openpty()
    process = processes.start([str(paths.EXACHECK), "run", "-f", str(valid)], stdin=subprocess.DEVNULL,
                              stdout=follower, stderr=subprocess.PIPE, text=True)
    os.close(follower)
    try:
        line = process.stderr.readline()
        while line and "ExaBGP" not in line:
            line = process.stderr.readline()
        assert "ExaBGP" in line
    finally:
        process.terminate()
        process.wait(20)
        processes.finished(process)
        process.stderr.close()
        os.close(leader)


def test_ctl_version():
    done = subprocess.run([str(paths.EXACHECK_CTL), "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and any(character.isdigit() for character in done.stdout)


# A build with a sanitizer allows itself more, and its table says so.
shown_as_shipped = pytest.mark.skipif(paths.SANITIZED, reason="the sanitizer's own calls are in the table")


@shown_as_shipped
def test_sandbox_table():
    """What each check keeps, each set of system calls explained."""
    done = run_once("-f", paths.REPOSITORY / "man" / "sandbox.yaml", "test", "--sandbox")
    assert done.returncode == 0
    rows, *sets = done.stdout.split("\n\n")
    rows = {row[0]: row[1:] for row in (re.split(" {2,}", line) for line in rows.splitlines())}
    assert rows["tcp of an address"] == ["tcp", "TCP 25", "none", "always tcp"]
    assert rows["file with contains"][2] == "beside /run/service/ready"
    assert rows["http of a name"][1] == "TCP 443/53, UDP, local"
    assert rows["http with follow_redirects"][1].startswith("TCP any,")
    assert rows["shell"][1:] == ["its user's"] * 3
    assert rows["tcp with sandbox off"][1:] == ["not confined"] * 3
    explained = {text.strip().split(":")[0]: text for text in sets}
    assert {name for row in rows.values() for name in row[3].split()} - {"SYSTEM", "CALLS", "its", "user's", "not",
                                                                         "confined"} == set(explained)
    assert "socket(AF_INET SOCK_STREAM IPPROTO_TCP)" in explained["tcp"] and "socket" not in explained["look"]
