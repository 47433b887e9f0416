"""The command line: run, test, schema, help, version, environment, exit codes."""
import json
import os
import pty
import subprocess

import pytest

from harness import paths, processes
from harness.config import check, config
from harness.exacheck import run_once

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
    jsonschema = pytest.importorskip("jsonschema")
    if not hasattr(jsonschema, "Draft202012Validator"):
        pytest.skip("this jsonschema does not know draft 2020-12")
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
        process.wait(5)
        processes.finished(process)
        process.stderr.close()
        os.close(leader)


def test_ctl_version():
    done = subprocess.run([str(paths.EXACHECK_CTL), "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and any(character.isdigit() for character in done.stdout)
