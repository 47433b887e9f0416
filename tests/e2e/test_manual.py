"""The manuals: what is made from the program is as it makes it, they are sound mdoc, and every example in them works."""
import json
import re
import shutil
import struct
import subprocess

import pytest
import yaml

from harness import examples, paths
from harness.config import check, config, prefix
from harness.exacheck import run_once
from harness.receiver import Receiver
from harness.web import Web, by_name

pytestmark = [pytest.mark.one_level, pytest.mark.shipped]

MAN = paths.REPOSITORY / "man"
PAGES = sorted(MAN.glob("*.[1-9]"))
EXAMPLES = [example for page in PAGES for example in examples.of_manual(page)]


def some(predicate):
    found = [example for example in EXAMPLES if predicate(example)]
    return pytest.mark.parametrize("example", found, ids=lambda example: example.id)


# A build with a sanitizer allows its workers more, and the table says so.
def test_the_pages_are_as_they_are_made():
    done = subprocess.run([MAN / "generate", paths.EXACHECK, "--check"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_is_sound(page):
    assert shutil.which("mandoc") and shutil.which("groff")
    lint = subprocess.run(["mandoc", "-Tlint", "-W", "style", page], capture_output=True, text=True, timeout=60)
    # pages of this machine that are not installed; ours are looked at below
    faults = [line for line in lint.stdout.splitlines() if "referenced manual not found" not in line]
    assert not faults, "\n".join(faults)
    said = subprocess.run(["groff", "-mdoc", "-ww", "-Tutf8", page], capture_output=True, text=True, timeout=60).stderr
    assert not said, said


def test_references_among_the_pages():
    ours = {(page.stem, page.suffix[1:]) for page in PAGES}
    assert len(ours) >= 4
    for page in PAGES:
        for name, section in re.findall(r"\bXr (exacheck\S*) (\d)", page.read_text()):
            assert (name, section) in ours, f"{page.name}: {name}({section})"


def test_every_example_is_found():
    assert len(EXAMPLES) >= 20


@some(examples.is_configuration)
def test_configuration(example, directory):
    examples.load(example, directory)


@some(lambda example: example.kind == "shell")
def test_shell_parses(example):
    assert examples.parse_shell(example)


@some(lambda example: example.kind == "exabgp")
def test_exabgp_takes_it(example, directory):
    examples.exabgp_accepts(example, directory)


@some(lambda example: example.kind == "url")
def test_url(example, directory):
    examples.load_text(f"notifications:\n  - name: example\n    url: {example.text}", directory)


def keys_used(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_used(inner)
    for inner in value if isinstance(value, list) else ():
        yield from keys_used(inner)


# Accepted for ExaCheck's sake, or not there yet: an example of what has no effect would mislead.
WITHOUT_EXAMPLE = {"profiles_sample_rate", "attach_stacktrace", "include_local_variables", "debug", "tls", "send", "expect"}


def test_every_key_has_an_example(directory):
    schema = json.loads(run_once("schema").stdout)
    keys = set(property_names(schema)) - WITHOUT_EXAMPLE
    used = set()
    for example in examples.of_manual(MAN / "exacheck.yaml.5"):
        if examples.is_configuration(example):
            used |= set(keys_used(yaml.load(examples.configuration_of(example), examples.Loader)))
    assert len(keys) > 120 and not keys - used, keys - used


def property_names(schema):
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for inner in schema.values():
            yield from property_names(inner)
    for inner in schema if isinstance(schema, list) else ():
        yield from property_names(inner)


def section(page, name):
    return page[page.index(f".Sh {name}\n"):].split("\n.Sh ", 2)[0] if f".Sh {name}\n" in page else ""


# exacheck-worker(7)

def one(kind, note=""):
    found, = [example for example in EXAMPLES if (example.kind, example.note) == (kind, note)]
    return found


def test_the_worker_of_the_manual_works(start, directory):
    """Compiled by the command that stands there, in the place of ours: a route comes and goes with a file."""
    build = paths.copy_build(directory)
    (directory / "worker-file.c").write_text(one("c", "worker-file").text)
    (command, _), = examples.commands_of(one("shell", "compile"))
    done = subprocess.run(f"{command} -std=gnu17 -Wall -Wextra -Werror", shell=True, cwd=directory, capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == 0, done.stderr
    (build / "libexec" / "worker-file").unlink()
    shutil.copy(directory / "worker-file", build / "libexec")
    path, off = directory / "ready", directory / "off"
    path.touch()
    run = start(config(check("ready", {"method": "file", "path": str(path)}, fall=2, disable=str(off))), build=build)
    run.wait_route(prefix(0))
    path.unlink()
    run.wait_no_route(prefix(0))
    assert run.wait_transition("ready", "down").text == "it cannot be read"
    path.touch()
    run.wait_route(prefix(0))
    off.touch()
    run.wait_transition("ready", "disabled")
    run.wait_no_route(prefix(0))
    off.unlink()
    run.wait_route(prefix(0))
    assert not run.logged("protocol")


def test_the_record_of_the_manual():
    """As the option table encodes it."""
    data = bytes.fromhex(one("record").text)
    assert data == struct.pack("<HBBI", 4, 2, 0, 8) + b"port" + struct.pack("<q", 53)


WORKER = (MAN / "exacheck-worker.7").read_text()


def column_rows(text):
    """The rows of the first table of columns in the text, without the heading."""
    return [line.removeprefix(".It ").split(" Ta ") for line in text.split("\n.El")[0].splitlines()
            if line.startswith(".It ") and " Ta " in line and not line.startswith(".It Sy")]


def test_messages_of_the_manual(directory):
    """Types and sizes are those of the program's own structures."""
    told = {name: (int(number), int(size.split()[0])) for name, _, number, size in column_rows(section(WORKER, "MESSAGES"))}
    lines = "".join(f'printf("{name} %d %zu\\n", MESSAGE_{name}, sizeof(struct message_{name.lower()}));' for name in told)
    (directory / "sizes.c").write_text(f'#include <stdio.h>\n#include "message.h"\nint main(void) {{ {lines} }}\n')
    subprocess.run(["cc", "-std=gnu17", "-D_GNU_SOURCE", f"-I{paths.REPOSITORY / 'common'}", "-o", "sizes", "sizes.c"],
                   check=True, cwd=directory, timeout=120)
    said = subprocess.run([directory / "sizes"], capture_output=True, text=True, check=True, timeout=60).stdout
    found = {name: (int(number), int(size)) for name, number, size in map(str.split, said.splitlines())}
    assert len(told) == 10 and told == found


def test_reasons_of_the_manual():
    header = (paths.REPOSITORY / "common/result.h").read_text()
    names = dict(re.findall(r'\[(REASON_\w+)\] = "([\w-]+)"', (paths.REPOSITORY / "common/result.c").read_text()))
    order = list(dict.fromkeys(re.findall(r"\b(REASON_[A-Z_]+)\b", header[header.index("REASON_OK"):header.index("REASON_LEASE")])))
    told = [(int(number), name) for number, name, _ in column_rows(section(WORKER, "REASONS"))]
    assert len(order) == 28 and told == [(number, names[reason]) for number, reason in enumerate(order)]


# exacheck(8)

SUPERVISOR = (MAN / "exacheck.8").read_text()


def test_commands_and_options_of_exacheck():
    """--help, the synopsis and the descriptions name the same, and the program knows no more."""
    said = run_once("--help").stdout
    commands = set(re.findall(r"^  ([a-z]+)  ", said, re.MULTILINE))
    options = set(re.findall(r"--([a-z-]+)", said))
    assert {"run", "test", "schema", "import"} <= commands and {"file", "diff", "version"} <= options
    synopsis, described = section(SUPERVISOR, "SYNOPSIS"), section(SUPERVISOR, "DESCRIPTION")
    assert set(re.findall(r"^\.Cm (\w+)", synopsis, re.MULTILINE)) == commands
    listed = described[described.index(".Pp\nThe commands are"):described.index(".Pp\nThe options are")]
    assert set(re.findall(r"^\.It Cm (\w+)", listed, re.MULTILINE)) == commands
    described = re.sub(r"\.It Cm healthcheck\n.*?(?=\.It|\.El)", "", described, flags=re.DOTALL)  # it has others
    assert set(re.findall(r"Fl Fl ([a-z-]+)", described[:described.index(".Ss ")])) == options
    source = (paths.REPOSITORY / "supervisor/command_line.c").read_text()
    table = source[source.index("struct option options[]"):]
    assert set(re.findall(r'\{"([a-z-]+)", ', table[:table.index("};")])) == options


# Of the program to itself: between a process and the one that takes its place.
OWN_VARIABLES = {"EXACHECK_STATE"}


def test_environment_variables():
    """Every variable that a program reads is in ENVIRONMENT of a page, and there is no other."""
    read = set()
    for path in [*paths.REPOSITORY.glob("supervisor/**/*.c"), *paths.REPOSITORY.glob("common/**/*.c")]:
        text = path.read_text()
        names = dict(re.findall(r'#define (\w+_VARIABLE) "(\w+)"', text))
        read |= {names.get(name, name).strip('"') for name in re.findall(r'\bgetenv\(("\w+"|\w+_VARIABLE)\)', text)}
        read |= set(re.findall(r'"(\w+)"', "".join(re.findall(r"const inherited\[\] = \{(.*?)\}", text))))
    read = {name for name in read if not name.endswith("SAN_OPTIONS")} - OWN_VARIABLES
    told = {name for page in PAGES for line in re.findall(r"^\.It Ev (.+)", section(page.read_text(), "ENVIRONMENT"), re.MULTILINE)
            for name in line.split(" , ")}
    assert "EXACHECK_WATCHDOG" in read and read <= told, read - told
    assert not told - read - {"LC_ALL", "LC_CTYPE", "LANG"}, told - read  # those are the C library's


def test_signals():
    source = (paths.REPOSITORY / "supervisor/supervisor_act.c").read_text()
    handled = set(re.findall(r"^\t\{(SIG\w+), ", source, re.MULTILINE)) - {"SIGCHLD"}
    told = set(re.findall(r"SIG\w+", "".join(re.findall(r"^\.It Dv .+", section(SUPERVISOR, "SIGNALS"), re.MULTILINE))))
    assert len(handled) >= 5 and handled == told


def sources():
    """All string literals of the programs, with those put together that are one."""
    text = "\n".join(path.read_text() for path in sorted(paths.REPOSITORY.glob("supervisor/**/*.c")))
    return re.sub(r'"\s*\n\s*"', "", text)


def test_diagnostics_are_what_is_said():
    """The longest piece of each message, between what differs, is a program's."""
    text = sources()
    for page in (SUPERVISOR, (MAN / "exacheck-ctl.8").read_text()):
        messages = re.findall(r'^\.It "(.+)"', section(page, "DIAGNOSTICS"), re.MULTILINE)
        assert messages and len(set(messages)) == len(messages)
        for message in messages:
            pieces = [piece.strip() for piece in re.split(r"\.\.\.|/run/\S+|: |; |\b0660\b", message)]
            assert max(pieces, key=len) in text, message


# exacheck-migrate(7)

IMPORT = paths.REPOSITORY / "supervisor" / "import"


def rows(mark):
    """The rows of the table behind this comment: (what is there, what is here), without the heading."""
    text = (MAN / "exacheck-migrate.7").read_text()
    lines = text[text.index(f'.\\" {mark}\n'):].split("\n.El")[0].splitlines()
    return [tuple(line.removeprefix(".It ").split(" Ta ")) for line in lines if line.startswith(".It ") and ".It Sy" not in line]


def test_every_option_of_healthcheck_is_told():
    source = (IMPORT / "healthcheck_options.c").read_text()
    names = {name for found in re.findall(r"\{\.names = \{(.*?)\}", source) for name in re.findall(r'"([\w-]+)"', found)}
    told = [name for option, _ in rows("options of healthcheck") for name in re.findall(r"Fl Fl ([\w-]+)", option)]
    assert len(names) > 45 and sorted(told) == sorted(names)


@pytest.mark.parametrize(("mark", "source"), [("keys of perl", "perl.c"), ("keys of anycast", "anycast_service.c")])
def test_every_key_of_other_programs_is_told(mark, source):
    text = (IMPORT / source).read_text()
    names = re.findall(r'"(\w+)"', re.search(r"known\[\] = \{(.*?)NULL\}", text, re.DOTALL)[1])
    told = [name for key, _ in rows(mark) for name in re.findall(r"\w{2,}", key) if name != "Li"]
    assert len(names) > 10 and sorted(told) == sorted(names)


# Options that take a value, and one for each; all others are flags.
VALUES = {
    "command": "test -e /", "cmd": "test -e /", "timeout": "3", "interval": "7", "fast-interval": "2", "rise": "2", "fall": "2",
    "disable": "/run/off", "name": "web", "ip": "192.0.2.82/32", "next-hop": "192.0.2.1", "neighbor": "192.0.2.254",
    "path-id": "7", "up-metric": "50", "down-metric": "51", "disabled-metric": "52", "increase": "9", "local-preference": "300",
    "community": "65000:1", "extended-community": "target:65000:1", "large-community": "1:2:3", "disabled-community": "65000:2",
    "as-path": "65001", "up-as-path": "65002", "down-as-path": "65003", "disabled-as-path": "65004", "label": "web",
    "ip-ifname": "192.0.2.80/32%dummy0", "execute": "true", "up-execute": "true", "down-execute": "true",
    "disabled-execute": "true", "user": "nobody", "group": "daemon", "syslog-facility": "local0",
}
ADDRESSES = ["--ip", "192.0.2.80/32", "--ip", "192.0.2.81/32"]
TOGETHER = {"deaggregate-networks": ["--ip", "192.0.2.84/30"], "ip-ifname": ["--ip-ifname", "192.0.2.81/32%dummy0"]}


def at(document, key):
    """The value of a key as the table names it; None: it is not there."""
    first, *rest = key.split(".")
    value = document.get(first) if first in ("exacheck", "logging") else document["checks"][0].get(first)
    for name in rest:
        value = (value[0] if isinstance(value, list) else value or {}).get(name)
    return value


def imported(*options):
    done = run_once("import", "exabgp-healthcheck", *options)
    assert done.returncode in (0, 1), done.stderr
    return yaml.load(done.stdout, examples.Loader)


def test_options_of_healthcheck_become_what_is_told():
    """With each option the key that the table names is another than without."""
    usual, done = imported(*ADDRESSES), 0
    for option, key in rows("options of healthcheck"):
        keys = re.findall(r"[\w.]{3,}", key.split(" No ")[0].removeprefix("Cm ")) if key.startswith("Cm ") else []
        for name in re.findall(r"Fl Fl ([\w-]+)", option) if keys else ():
            words = [f"--{name}", *([VALUES[name]] if name in VALUES else [])]
            document = imported(*ADDRESSES, *words, *TOGETHER.get(name, ()))
            for key in keys:
                assert at(document, key) not in (None, at(usual, key)), (name, key, document)
                done += 1
    assert done > 35
    withdrawing = imported(*ADDRESSES, "--withdraw-on-down")
    assert at(usual, "down") and at(usual, "disabled") and not at(withdrawing, "down") and not at(withdrawing, "disabled")
    assert at(usual, "ip_setup") and not at(imported(*ADDRESSES, "--no-ip-setup"), "ip_setup")
    assert "logging" in usual and "logging" not in imported(*ADDRESSES, "--no-syslog")


# Commands, as they stand but for places of the machine

@some(lambda example: (example.kind, example.note) == ("shell", "valid"))
def test_commands_of_a_configuration(example, directory):
    place = directory / "exacheck.yaml"
    place.write_text(examples.ONE)
    for _, done in examples.run_shell(example, environment={"EXACHECK_CONFIG": str(place)}, cwd=directory):
        assert done.returncode == 0 and done.stdout and not done.stderr, done


FORMER = {
    "import healthcheck": ("/etc/exabgp/healthcheck.conf", "command = nc -z ::1 80\nip = 192.0.2.80/32\nrise = 2\n"),
    "import perl": ("/etc/exabgp/healthcheck.conf", """[global]
interval = 5\ntimeout = 2\nmetric = 100\nrise = 2\nfall = 3\nlogfile = /tmp/none/healthcheck.log\ndebug = no\nlogcheck = no
nexthop = 192.0.2.1
[web]
command = "nc -z 192.0.2.80 80"\nip = 192.0.2.80\ndisable = /etc/web.disabled
"""),
    "import anycast": ("/etc/anycast-healthchecker.d", """[web]
check_cmd = nc -z 192.0.2.80 80\nip_prefix = 192.0.2.80/32\ncheck_disabled = false
"""),
}


@some(lambda example: example.note in FORMER)
def test_commands_that_import(example, directory):
    """What they print is a configuration."""
    place, text = FORMER[example.note]
    former = directory / "former"
    if place.endswith(".d"):
        former.mkdir()
        (former / "web.conf").write_text(text)
    else:
        former.write_text(text)
    for _, done in examples.run_shell(example, [(place, former)]):
        assert done.returncode == 0, done
        assert yaml.load(done.stdout, examples.Loader)["checks"][0]["prefixes"] == ["192.0.2.80/32"]
        (directory / "made.yaml").write_text(done.stdout)
        assert run_once("test", "-f", directory / "made.yaml").returncode == 0


def test_commands_that_see_and_steer(start, directory, keep):
    """The examples of exacheck-ctl(8), on an exacheck that has what they name."""
    ops, gone = keep(Receiver()), keep(Receiver(404))
    shell, fails, web = {"method": "shell", "command": "true"}, {"method": "shell", "command": "false"}, Web()
    run = start({**config(check("web v4", shell, drain_time=0.5), check("web v6", fails, prefixes=[prefix(1)], drain_time=0.5)),
                 "metrics": {"listen": web.listen}, "notifications": [{"name": name, "url": receiver.url, "events": ["error"], "checks": ["web v4"]}
                                   for name, receiver in (("ops", ops), ("on call", gone))]})
    run.wait_log("exacheck-notify: ready")
    run.wait_route(prefix(0))
    run.wait_transition("web v6", "down")
    socket = run.directory / "runtime" / "control.sock"
    web.wait(lambda found: [by_name(found)[name]["state"] for name in ("web v4", "web v6")] == ["up", "down"])
    places = [("/run/exacheck/control.sock", socket), ("127.0.0.1:9101", f"127.0.0.1:{web.port}")]

    def of(note):
        return examples.run_shell(one("shell", note), places, {"EXACHECK_SOCKET": str(socket)})

    (expected, status), (_, why) = of("status")
    assert status.returncode == why.returncode == 0, (status, why)
    assert status.stdout.split("\n")[0].split() == expected.split("\n")[0].split()
    assert "web v6" in why.stdout
    for note in ("down", "metrics"):
        (expected, done), = of(note)
        assert done.stdout == expected and not done.stderr, done
    (_, protocol), = of("protocol")
    assert [json.loads(line)["type"] for line in protocol.stdout.splitlines()] == ["exacheck", "end"], protocol
    (expected, notify), = of("notify")
    said = sorted(line.split(": ")[:2] for line in notify.stdout.splitlines())
    assert said == sorted(line.split(": ")[:2] for line in expected.splitlines()) and notify.returncode == 1, notify
    (_, drain), (_, enable) = of("drain")
    assert drain.returncode == enable.returncode == 0, (drain, enable)
    run.wait_route(prefix(0))


def test_what_is_only_parsed_has_a_reason():
    """Whatever a test executes is named above; the rest says why it is not."""
    executed = {"compile", "valid", "status", "protocol", "notify", "drain", "down", "metrics", *FORMER}
    for example in EXAMPLES:
        assert example.kind != "shell" or example.note in executed or example.parsed_only, example
