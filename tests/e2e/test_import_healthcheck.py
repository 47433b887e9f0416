"""
`exacheck import exabgp-healthcheck`: the options are read as ExaBGP's own program reads them, and real-life configurations
become what golden files say, which are valid.
"""
import importlib
import json
import os
import pathlib
import random
import shlex
import signal
import subprocess
import sys

import pytest

from harness import paths, processes
from harness.exacheck import run_once
from harness.network import Namespace
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

GOLDEN = pathlib.Path(__file__).parent / "golden" / "import"
CASES = sorted(path for path in GOLDEN.glob("healthcheck-*") if path.suffix in (".args", ".conf"))
SEED, ROUNDS = 20260801, 1000


# The options, against argparse itself

FLAGS = ["debug", "no-ack", "sudo", "deaggregate-networks", "no-ip-setup", "dynamic-ip-setup", "withdraw-on-down"]
LOG_FLAGS = ["silent", "no-syslog"]
VALUES = {
    "name": ["web", "", "a b", "-", "-x", "-d", "- x", "-1"],
    "user": ["nobody"], "group": ["nogroup"],
    "interval": ["5", "0.25", "1e1", " 7 ", "1_0", "x", "", "5s", ".5", "5."],
    "fast-interval": ["1", "0", "2.5"],
    "timeout": ["5", "0", "007", "+3", "1.5", "1_0", "x"],
    "rise": ["3", "0", "-1", "x"], "fall": ["1", "-.5", "2"],
    "disable": ["/tmp/off", "off"],
    "command": ["true", "curl -sf http://localhost", "a=b", "-x y", "-c", "-c x", "--ip x", "x=1 y"],
    "cmd": ["true", "test -e /x = y"],
    "next-hop": ["192.0.2.1", "2001:db8::1", "self", "192.0.2.1/32"],
    "ip": ["192.0.2.1", "192.0.2.0/24", "192.0.2.1/24", "2001:db8::/32", "192.0.2.0/255.255.255.0", "x",
           "192.0.2.0/0.0.0.255", "10.0.0.0/8"],
    "local-preference": ["-1", "0", "100"], "start-ip": ["1", "-1", "0"], "label": ["web", "we b"],
    "up-metric": ["1"], "down-metric": ["0"], "disabled-metric": ["7", "x7"], "increase": ["-1", "0", "10"],
    "community": ["65000:1", "65000:1 65000:2", ""], "extended-community": ["target:1:2"],
    "large-community": ["1:2:3"], "disabled-community": ["65000:2"], "as-path": ["1 2"], "up-as-path": [""],
    "down-as-path": ["1 1 1"], "disabled-as-path": ["-1"], "path-id": ["0", "5"],
    "neighbor": ["192.0.2.3", "2001:db8::3"],
    "execute": ["a", "b c", "d=e"], "up-execute": ["x"], "down-execute": ["-y z"], "disabled-execute": ["-1.5"],
}
LETTERS = {"debug": "d", "no-ack": "a", "silent": "s", "name": "n", "interval": "i", "fast-interval": "f", "timeout": "t",
           "command": "c", "next-hop": "N"}
ATTRIBUTES = {"fast-interval": "fast", "ip": "ips", "dynamic-ip-setup": "ip_dynamic", "neighbor": "neighbors"}
LISTS = ["ip", "neighbor", "execute", "up-execute", "down-execute", "disabled-execute"]


def flag_words(dice):
    chosen = dice.sample(FLAGS + LOG_FLAGS, dice.randint(1, 3))
    letters = [LETTERS[name] for name in chosen if name in LETTERS]
    if letters and dice.random() < 0.3:
        tail = dice.choice(["", "", "n" + dice.choice(["web", "d", "1"]), "i5", "x", "n"])
        return ["-" + "".join(letters) + tail]
    return [option_spelling(dice, name) for name in chosen]


def option_spelling(dice, name):
    """Its name, or as much of it as one pleases, or its letter."""
    if name in LETTERS and dice.random() < 0.3:
        return "-" + LETTERS[name]
    if dice.random() < 0.3:
        return "--" + name[:dice.randint(1, len(name))]
    return "--" + name


def value_words(dice, name):
    value, spelling = dice.choice(VALUES[name]), option_spelling(dice, name)
    if dice.random() < 0.3:
        return [f"{spelling}={value}"]
    if len(spelling) == 2 and dice.random() < 0.5 and value:
        return [spelling + value]
    return [spelling, value]


def syslog_words(dice):
    return dice.choice([["-sF", "local0"], ["--syslog-facility=user"], ["-sF=cron"], ["--sys", "mail"]])


def command_line(dice):
    words = []
    for _ in range(dice.randint(0, 5)):
        kind = dice.random()
        if kind < 0.2:
            words += flag_words(dice)
        elif kind < 0.25:
            words += syslog_words(dice)
        elif kind < 0.28:
            words.append(dice.choice(["stray", "--nosuch", "-z", "-5", ""]))
        else:
            words += value_words(dice, dice.choice(list(VALUES)))
    return ["x" if word == "--" else word for word in words]  # of which versions of Python think differently


def config_file(dice, path):
    lines = []
    for _ in range(dice.randint(0, 6)):
        name = dice.choice(list(VALUES) + FLAGS + LOG_FLAGS)
        line = name[:dice.randint(2, len(name))] if dice.random() < 0.2 else name
        if name in VALUES and dice.random() < 0.97:
            line += dice.choice(["=", " = ", "= "]) + dice.choice(VALUES[name])
        lines.append(dice.choice(["", " ", "\t"]) + line + dice.choice(["", " ", "\r"]))
        lines += dice.choice([[], [], ["# ip = x"], [""]])
    path.write_text("\n".join(lines) + dice.choice(["", "\n"]))


class Theirs:
    """Debian's own program, of which nothing runs but parse()."""

    def __init__(self, monkeypatch, capsys):
        self.module = importlib.import_module("exabgp.application.healthcheck")
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def parse(self, words):
        self.monkeypatch.setattr(sys, "argv", ["healthcheck", *words])
        try:
            options = self.module.parse()
        except SystemExit as error:
            assert error.code == 2, words
            return None
        finally:
            self.capsys.readouterr()
        if options.config is not None:
            options.config.close()
        return options

    def values(self, words):
        """As our dump has them."""
        options = self.parse(words)
        if options is None:
            return None
        values = {"silent": options.silent, "no-syslog": options.no_syslog, "syslog-facility": options.syslog_facility,
                  "no-ip-setup": not options.ip_setup}
        for name in [*FLAGS, *VALUES]:
            if name in ("no-ip-setup", "cmd"):
                continue
            value = getattr(options, ATTRIBUTES.get(name, name.replace("-", "_")))
            if name in LISTS:
                value = [str(item) for item in value or []]
            elif name == "path-id":
                value = value or 0
            values[name] = str(value) if name == "next-hop" and value is not None else value
        return values


def test_options_as_argparse(directory, monkeypatch, capsys):
    """Many command lines and files, right and wrong: the same values, or both refuse."""
    dice, theirs = random.Random(SEED), Theirs(monkeypatch, capsys)
    lines = []
    for number in range(ROUNDS):
        words = command_line(dice)
        if dice.random() < 0.4:
            path = directory / f"{number}.conf"
            config_file(dice, path)
            at = 0 if dice.random() < 0.5 else len(words)
            words[at:at] = dice.choice([["-F", str(path)], [f"--config={path}"], [f"-F{path}"]])
        lines.append(words)
    done = subprocess.run([str(paths.BUILD / "healthcheck" / "options")], input="\n".join(map(json.dumps, lines)),
                          capture_output=True, text=True, timeout=120, check=True)
    ours = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(ours) == len(lines)
    read = 0
    for words, got in zip(lines, ours):
        expected = theirs.values(words)
        if expected is None:
            assert "error" in got, (words, got)
            continue
        assert "error" not in got, (words, got["error"], expected)
        read += 1
        assert {name: got[name] for name in expected} == expected, words
    assert ROUNDS / 5 < read < ROUNDS * 4 / 5, read


# Golden files

def arguments_of(path):
    """A .args file has words as a shell reads them, with comments; a .conf file is an argument itself."""
    if path.suffix == ".args":
        return shlex.split(path.read_text(), comments=True)
    return [path.name]


def imported(arguments):
    done = subprocess.run([str(paths.EXACHECK), "import", "exabgp-healthcheck", *arguments], cwd=GOLDEN,
                          capture_output=True, text=True, timeout=60)
    return done.returncode, *(text.replace(str(GOLDEN), "/DIRECTORY") for text in (done.stdout, done.stderr))


def golden(path, text):
    """The text is that of the golden file; EXACHECK_GOLDEN=write writes it."""
    if os.environ.get("EXACHECK_GOLDEN") == "write":
        path.write_text(text)
    assert path.read_text() == text


@pytest.mark.parametrize("path", CASES, ids=[path.name for path in CASES])
def test_golden(path, directory):
    status, configuration, notes = imported(arguments_of(path))
    golden(path.with_suffix(".yaml"), paths.as_packaged(configuration))
    golden(path.with_suffix(".notes"), notes)
    words = {line.split(": ")[1] for line in notes.splitlines()}
    assert status == (2 if "error" in words else 1 if "warning" in words else 0)
    assert (configuration == "") == (status == 2)
    if status != 2:
        written = directory / "imported.yaml"
        written.write_text(configuration)
        done = run_once("test", "-f", written)
        assert done.returncode == 0, done.stderr


def test_all_options_are_in_golden_files():
    words = " ".join(path.read_text(errors="replace") for path in CASES)
    helped = subprocess.run([str(paths.BUILD / "healthcheck" / "options")], input="[]", capture_output=True, text=True,
                            timeout=60, check=True)
    names = set(json.loads(helped.stdout)) - {"help"}
    assert len(names) > 45
    assert not {name for name in names if name not in words}


# Addresses of the loopback interface

@pytest.fixture
def loopback(keep):
    """A namespace with addresses on its loopback interface."""
    namespace = keep(Namespace())
    for address in ("192.0.2.1/32 dev lo label lo:dns", "192.0.2.2/32 dev lo label lo:dns2", "192.0.2.3/32 dev lo",
                    "198.51.100.1/24 dev lo", "198.51.100.9 peer 198.51.100.10/32 dev lo", "2001:db8::1/128 dev lo"):
        subprocess.run(["nsenter", "--net", f"--target={namespace.holder.pid}", "ip", "address", "add", *address.split()],
                       check=True)
    return namespace


@pytest.mark.parametrize("options, prefixes", [
    ([], ["192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32", "2001:db8::1/128"]),
    (["--label", "dns"], ["192.0.2.1/32", "192.0.2.2/32"]),
    (["--label", "dns", "--label-exact-match"], ["192.0.2.1/32"]),
    (["--label", "web"], []),
])
def test_loopback(loopback, options, prefixes):
    """Without --ip it is the addresses that are on the loopback interface now, as `ip` shows them."""
    done = subprocess.run(["nsenter", "--net", f"--target={loopback.holder.pid}", str(paths.EXACHECK), "import",
                           "exabgp-healthcheck", *options, "--cmd", "true"], capture_output=True, text=True, timeout=60)
    found = [word for line in done.stdout.splitlines() if line.strip().startswith("prefixes:")
             for word in json.loads(line.split(": ", 1)[1])]
    assert found == prefixes
    if prefixes:
        assert done.returncode == 0 and "on the loopback interface now" in done.stderr
    else:
        assert done.returncode == 2 and "no address to announce on the loopback interface with the label web" in done.stderr


def test_loopback_dynamic(loopback):
    """What others put there stays there, which theirs takes away."""
    done = subprocess.run([*loopback.enter_argv(), str(paths.EXACHECK), "import", "exabgp-healthcheck", "--cmd", "true",
                           "--label", "dns", "--dynamic-ip-setup"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "warning: --dynamic-ip-setup: addresses that are on the interface without exacheck stay there" in done.stderr


def test_loopback_reload(loopback, directory, keep):
    """A reload of `exacheck healthcheck` finds the same addresses, in the same order, and does not put them there itself."""
    log = directory / "log"
    with open(log, "w") as errors:
        run = processes.start([*loopback.enter_argv(), str(paths.EXACHECK), "healthcheck", "--cmd", "true", "--rise", "1",
                               "--start-ip", "1", "--no-ack", "--debounce", "--no-syslog", "--debug", "--name", "reload"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                              env={**os.environ, "EXACHECK_RUNTIME": str(directory)})
    metrics = {}
    while len(metrics) < 4:
        line = run.stdout.readline()
        assert line, log.read_text()
        if line.startswith("announce"):
            metrics[line.split()[2]] = line.split()[6]
    run.send_signal(signal.SIGHUP)
    wait_until(lambda: "reloaded" in log.read_text(), timeout=60, what="a reload")
    run.stdin.close()
    rest = run.stdout.read()
    run.wait()
    run.stdout.close()
    processes.finished(run)
    assert "nothing has changed" in log.read_text(), log.read_text()
    assert metrics == {"192.0.2.2/32": "100", "192.0.2.3/32": "101", "2001:db8::1/128": "102", "192.0.2.1/32": "103"}
    assert "announce" not in rest
