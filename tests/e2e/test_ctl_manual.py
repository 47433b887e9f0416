"""exacheck-ctl(8), --help and completion say what there is: the same commands, options and fields."""
import re
import shlex
import subprocess

import pytest

from harness import paths
from harness.config import check, config, prefix
from harness.control import Control
from harness.ctl import ctl, environment
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

MANUAL = (paths.REPOSITORY / "man/exacheck-ctl.8").read_text()
BASH = paths.REPOSITORY / "packaging/completion/exacheck-ctl.bash"
ZSH = paths.REPOSITORY / "packaging/completion/_exacheck-ctl"
HELP = ctl("--help").stdout if paths.EXACHECK_CTL.exists() else ""
COMMANDS = re.findall(r"^  ([a-z-]+) ", HELP, re.MULTILINE)


def test_the_manual_has_every_command_and_option():
    assert len(COMMANDS) == 15
    documented = re.findall(r"^\.It Cm ([\w-]+)(?: |$)", MANUAL[:MANUAL.index(".Sh THE CONTROL PROTOCOL")], re.MULTILINE)
    assert sorted(documented) == sorted(COMMANDS)
    zsh, bash = ZSH.read_text(), BASH.read_text()
    for command in COMMANDS:
        assert f"\t\t'{command}:" in zsh
    assert f'commands="{" ".join(COMMANDS)}"' in bash
    source = (paths.REPOSITORY / "supervisor/ctl/options.c").read_text()
    options = re.findall(r'^    \{"([a-z-]+)", ', source[source.index("struct option options[]"):], re.MULTILINE)
    assert {"socket", "follow", "dry-run"} <= set(options)
    for option in options:
        assert f"Fl Fl {option}" in MANUAL and f"--{option}" in bash and f"--{option}" in zsh, option


def keys_of(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def test_the_manual_has_every_field(start):
    shell = {"method": "shell", "command": "true"}
    run = start({**config(check("web", shell)), "groups": [{"name": "site", "members": ["web"], "prefixes": [prefix(1)]}]})
    run.wait_route(prefix(1))
    found = set()
    with Control(run) as control:
        control.ask("disable", names=["web"], for_s=60, reason="words")
        for command, fields in (("version", {}), ("status", {"detail": "full"}), ("routes", {}), ("history", {}), ("events", {}),
                                ("enable", {"names": ["web"]}), ("reload", {}), ("log", {"level": "debug"})):
            for line in control.ask(command, **fields):
                found |= {line["type"], *keys_of(line)}
    protocol = MANUAL[MANUAL.index(".Sh THE CONTROL PROTOCOL"):MANUAL.index(".Sh ENVIRONMENT")]
    words = set(re.findall(r"\w+", protocol))
    assert len(found) > 60 and not found - words, found - words


# Completion

def complete(line, place=None):
    """What bash would offer at the end of the line."""
    words = shlex.split(line) + ([""] if line.endswith(" ") else [])
    words[0] = str(paths.EXACHECK_CTL)
    script = (f"source {shlex.quote(str(BASH))}; COMP_WORDS=({' '.join(map(shlex.quote, words))}); "
              f"COMP_CWORD={len(words) - 1}; _exacheck_ctl; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60,
                          env=environment({"EXACHECK_SOCKET": str(place or "/nowhere")}))
    assert done.returncode == 0 and done.stderr == "", done
    return done.stdout.split("\n")[:-1] if done.stdout.strip() else []


@pytest.mark.parametrize(("line", "expected"), [
    ("exacheck-ctl ", COMMANDS), ("exacheck-ctl re", ["reload"]), ("exacheck-ctl -r /tmp --json st", ["status"]),
    ("exacheck-ctl status --w", ["--watch"]), ("exacheck-ctl disable web --f", ["--for"]), ("exacheck-ctl enable web --f", []),
    ("exacheck-ctl reload --d", ["--dry-run"]), ("exacheck-ctl log d", ["debug"]), ("exacheck-ctl events --since ", []),
    ("exacheck-ctl upgrade ", []), ("exacheck-ctl why ", []),
])
def test_completion(line, expected):
    assert complete(line) == list(expected)


def test_completion_of_names(start):
    shell = {"method": "shell", "command": "true"}
    run = start({**config(check("web v4", shell), check("web v6", shell, prefixes=[prefix(1)]),
                          check("$(touch /tmp/x) `y`", shell, prefixes=[prefix(2)])),
                 "notifications": [{"name": name, "url": "json://127.0.0.1:9/"} for name in ("ops", "on call")]})
    run.wait_route(prefix(2))
    place = run.directory / "runtime" / "control.sock"
    wait_until(lambda: complete("exacheck-ctl why ", place) == [r"web\ v4", r"web\ v6", r"\$\(touch\ /tmp/x\)\ \`y\`"],
               what="names")
    assert complete("exacheck-ctl status web", place) == [r"web\ v4", r"web\ v6"]
    assert complete(f"exacheck-ctl -r {place.parent} why w") == [r"web\ v4", r"web\ v6"]
    assert complete("exacheck-ctl notify-test ", place) == ["ops", r"on\ call"]
