"""
The importers of INI files: every golden configuration with its YAML and its notes, the reader against Python's
configparser and shlex over random files, and an imported configuration at work.
"""
import configparser
import json
import os
import pathlib
import random
import re
import shlex
import subprocess

import pytest

from harness import paths
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

GOLDEN = pathlib.Path(__file__).parent / "golden" / "import"
LIMIT = 30 * paths.SLOWNESS
PROGRAMS = {"perl": "exabgp-healthcheck-perl", "anycast": "anycast-healthchecker"}


def exacheck(*arguments, cwd=GOLDEN):
    return subprocess.run([paths.EXACHECK, *arguments], cwd=cwd, capture_output=True, text=True,
                          timeout=60 * paths.SLOWNESS)


def cases():
    """Of NAME.conf and NAME.d the directory."""
    names = {path.stem: path.name for kind in PROGRAMS for suffix in (".conf", ".d")
             for path in sorted(GOLDEN.glob(f"{kind}-*{suffix}"))}
    assert len([name for name in names if name.startswith("perl-")]) >= 8
    assert len([name for name in names if name.startswith("anycast-")]) >= 8
    return list(names.values())


def golden(path, text):
    """The text is that of the golden file, which is not there when there is none; EXACHECK_GOLDEN=write writes it."""
    if os.environ.get("EXACHECK_GOLDEN") == "write":
        path.write_text(text) if text else path.unlink(missing_ok=True)
    assert text == (path.read_text() if path.exists() else "")



@pytest.mark.parametrize("source", cases())
def test_golden(source, directory):
    name = source.rsplit(".", 1)[0]
    done = exacheck("import", PROGRAMS[name.split("-")[0]], source)
    golden(GOLDEN / f"{name}.notes", done.stderr)
    golden(GOLDEN / f"{name}.yaml", paths.as_packaged(done.stdout))
    kinds = {line.split(": ")[1] for line in done.stderr.splitlines()}
    assert kinds <= {"note", "warning", "error"}
    assert done.returncode == (2 if "error" in kinds else 1 if "warning" in kinds else 0)
    assert (done.stdout == "") == (done.returncode == 2)
    if done.stdout:
        path = directory / "exacheck.yaml"
        path.write_text(done.stdout)
        tested = exacheck("test", "-f", str(path))
        assert tested.returncode == 0, tested.stderr


def test_usage(directory):
    """Arguments that are none, and files that cannot be read: a word, exit status 2, and no configuration."""
    (directory / "nul.conf").write_bytes(b"[global]\n\0\n")
    (directory / "long.conf").write_bytes(b"#" * (1024 * 1024 + 1))
    (directory / "many.conf").write_text("[s]\n" + "".join(f"k{number} = 1\n" for number in range(600)))
    for arguments, words in {
        ("exabgp-healthcheck-perl", "missing.conf"): "missing.conf: cannot open it: No such file or directory",
        ("exabgp-healthcheck-perl", "."): "cannot read it: Is a directory",
        ("exabgp-healthcheck-perl", "nul.conf"): "nul.conf: is not text: it has a NUL",
        ("exabgp-healthcheck-perl", "long.conf"): "long.conf: has more than 1048576 bytes",
        ("exabgp-healthcheck-perl", "many.conf"): "many.conf:502: the section has more than 500 keys",
        ("exabgp-healthcheck-perl", "a", "b"): "has one configuration file, got 2 arguments",
        ("anycast-healthchecker", "missing.d"): "missing.d: cannot open it: No such file or directory",
        ("anycast-healthchecker", "nul.conf", "missing.d"): "nul.conf: is not text: it has a NUL",
        ("anycast-healthchecker",): "usage: exacheck import",
    }.items():
        done = exacheck("import", *arguments, cwd=directory)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr


def test_files_in_order():
    """Named one by one, files are read in that order, and no other is."""
    done = exacheck("import", PROGRAMS["anycast"], "anycast-twice.d/2.conf", "anycast-twice.d/1.conf")
    assert done.returncode == 0 and "command: /usr/local/bin/old" in done.stdout and "fall: 5" in done.stdout
    assert "json_stdout" not in done.stderr
    both = exacheck("import", PROGRAMS["anycast"], "anycast-twice.conf", "anycast-twice.d")
    alone = exacheck("import", PROGRAMS["anycast"], "anycast-twice.d")
    assert both.stdout == alone.stdout and "is read as well" in alone.stderr and "is read as well" not in both.stderr


# What dump says, one line of JSON for each argument.

def dump(what, arguments):
    done = subprocess.run([paths.BUILD / "import" / "dump", what, *arguments], stdout=subprocess.PIPE, check=True,
                          timeout=60 * paths.SLOWNESS)
    lines = done.stdout.decode().splitlines()
    assert len(lines) == len(arguments)
    return [json.loads(line) for line in lines]


PIECES = ("[a]\n", "[b]\n", "[a b] c\n", "[DEFAULT]\n", "k=", "K : ", "j = ", "x", "y z", " ", "\t", "\n", "\n", "  ",
          "#", "; c\n", "%(k)s", "%(J)s", "%%", "%", "=", ":", "]", "[", "\r\n", "\r", "=v\n", " k = v\n", "  l=1\n")
LINES = ("[a]\n", "[ b ]\n", "k{0}=%(k1)s\n", "k{0} = x\n", "K{0} : v %%%% \n", "  more\n", "\t\n", "# c\n", " ; d\n",
         "\tk{0} = a = b\n", "k{0}=%(K2)s z\n")


def random_ini(choices, number):
    if number % 2:
        return choices.choice(("[a]\n", "")) + "".join(choices.choices(PIECES, k=choices.randint(1, 12)))
    return "[s]\n" + "".join(line.format(at) for at, line in enumerate(choices.choices(LINES, k=choices.randint(1, 9))))


def of_configparser(path):
    parser = configparser.ConfigParser()

    def texts(section, keys):
        for key in keys:
            try:
                yield key, [parser.get(section, key), [parser.get(section, key, raw=True)]]
            except configparser.InterpolationError:
                yield key, [None, [parser.get(section, key, raw=True)]]

    try:
        parser.read(path)
    except configparser.Error:
        return None
    # of a section without what it has of [DEFAULT]
    found = {section: dict(texts(section, parser._sections[section])) for section in parser.sections()}
    return {**found, **({"DEFAULT": dict(texts("DEFAULT", parser.defaults()))} if parser.defaults() else {})}


def test_reads_as_configparser_does(directory):
    choices, files = random.Random(8), []
    for number in range(400):
        files.append(directory / f"{number}.conf")
        files[-1].write_bytes(random_ini(choices, number).encode())
    accepted = 0
    for path, ours in zip(files, dump("python", files)):
        theirs = of_configparser(path)
        if ours and not ours.get("DEFAULT", True):
            del ours["DEFAULT"]  # configparser has an empty one in any case
        assert ours == theirs, path.read_bytes()
        accepted += theirs is not None
    assert 50 < accepted < 350


COMMAND_PIECES = ("a", "b-c", " ", "  ", "'", '"', "\\", "$x", "|", ";", "*", "=", "A=1", "#", "\n", "~", "<", "`", "(",
                  "{", "é")


def test_splits_as_shlex_does():
    choices = random.Random(8)
    commands = ["".join(choices.choices(COMMAND_PIECES, k=choices.randint(0, 9))) for _ in range(400)]
    made = []
    for command, ours in zip(commands, dump("command", commands)):
        try:
            words = shlex.split(command) or None
        except ValueError:
            words = None
        assert (None if ours is None else shlex.split(ours)) == words, command
        if words:
            made.append((ours, words))
    assert 50 < len(made) < 350
    script = "".join(f"printf '%s\\0' {command}; printf '\\n\\0'\n" for command, _ in made)
    heard = subprocess.run(["/bin/sh", "-c", script], stdout=subprocess.PIPE, check=True).stdout.decode()
    assert [part.split("\0")[:-1] for part in heard.split("\n\0")[:-1]] == [words for _, words in made]


def test_perl_at_work(start, directory):
    """The routes of healthcheck.pl for the same states, its status files and its logs."""
    alive, off, status, logs = (directory / name for name in ("alive", "off", "status", "logs"))
    source = directory / "healthcheck.conf"
    for place in (directory, logs):  # where others write
        place.mkdir(exist_ok=True)
        place.chmod(0o777)
    alive.touch()
    source.write_text(f"""[global]
interval=1
timeout=1
metric=100
rise=1
fall=1
logfile={logs}/healthcheck
logcheck=no
debug=no
disable={off}
nexthop=192.0.2.1
[web]
command="test -e {alive}"
ip=198.51.100.1
ip=198.51.100.64/26
[other]
command="test -e {alive} && exit 3"
metric=5
ip=203.0.113.1/32
""")
    done = exacheck("import", PROGRAMS["perl"], str(source))
    assert done.returncode == 0, done.stderr
    run = start(done.stdout.replace("/var/healthcheck", str(status)))
    prefixes = "198.51.100.1/32", "198.51.100.64/26"

    def says(name, state):
        """Wait until its file has this state; returns its other lines."""
        path = status / name
        wait_until(lambda: path.exists() and path.read_text().startswith(f"Service State: {state}\n"), LIMIT,
                   f"{name}: {state}")
        return path.read_text().split("\n")[1:]

    for prefix in prefixes:
        run.wait_route(prefix, LIMIT)
    date, *rest = says("web", "UP")
    assert re.fullmatch(r"Last State Change: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", date)
    assert rest == ["Nexthop: 192.0.2.1", f"Managed IP's: {' '.join(prefixes)} ", ""]
    says("other", "DOWN")
    off.touch()
    for prefix in prefixes:
        run.wait_no_route(prefix, LIMIT)
    says("web", "DISABLED")
    says("other", "DISABLED")
    off.unlink()
    says("web", "UP")
    alive.unlink()
    says("web", "DOWN")
    for prefix in prefixes:
        run.wait_no_route(prefix, LIMIT)
    announced = {line.text for line in run.lines if line.text.startswith("announce ")}
    assert announced == {f"announce route {prefix} next-hop 192.0.2.1 med 100" for prefix in prefixes}
    log = logs / "healthcheck"
    wait_until(lambda: log.exists() and "web: " in log.read_text(), LIMIT, "the log")


def test_anycast_at_work(start, directory, namespace):
    """An address that comes to its interface and leaves it, what is disabled, and what is announced without a check."""
    source = directory / "services.conf"
    source.write_text(f"""[DEFAULT]
check_interval = 0.5
check_timeout = 10
check_rise = 1
check_fail = 1
check_cmd = test -d "{directory}"
[assigned]
ip_prefix = 198.51.100.1
check_disabled = no
[quoted]
check_cmd = test 'a;b' = a;b
ip_prefix = 198.51.100.2
check_disabled = no
ip_check_disabled = yes
[disabled]
ip_prefix = 198.51.100.3
ip_check_disabled = yes
[always]
ip_prefix = 198.51.100.4
on_disabled = advertise
check_cmd = false
""")
    done = exacheck("import", PROGRAMS["anycast"], str(source))
    assert done.returncode == 0, done.stderr
    run = start(done.stdout, wrapper=namespace.enter_argv())
    for number in (2, 4):
        run.wait_route(f"198.51.100.{number}/32", LIMIT)
    run.wait_transition("assigned", "down", LIMIT)
    run.wait_transition("disabled", "disabled", LIMIT)
    namespace.run("ip", "address", "add", "198.51.100.1/32", "dev", "lo")
    run.wait_route("198.51.100.1/32", LIMIT)
    namespace.run("ip", "address", "delete", "198.51.100.1/32", "dev", "lo")
    run.wait_no_route("198.51.100.1/32", LIMIT)
    assert not run.announced("198.51.100.3/32") and run.announced("198.51.100.4/32")
