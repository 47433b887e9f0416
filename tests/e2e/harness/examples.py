"""
Examples of manuals (mdoc) and of Markdown: each is found, and says what it is in a line before it that readers do not
see. Without that it is an error, so that no example is left untested.

    .\" example: configuration              <!-- example: shell; parsed only: needs systemd -->
    .Bd -literal -offset indent             ```sh

What it is:
    configuration       a whole one
    fragment of WHAT    of one: a check, a group, args, exacheck (its settings), configuration (keys beside checks)
    shell               commands for sh; lines that begin with $ or # are the commands then, others what they print
    exabgp              a configuration of ExaBGP
    c, output, ...      what the test of it knows
    packages: ...       (of Markdown) what the tests of the packages do, word by word; without `example:`

What follows a semicolon is for the test: a word of its own, or `parsed only: REASON` for what is not executed.
"""
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

from . import paths
from .exacheck import run_once

MANUAL_MARK = re.compile(r'\.\\" example: (.+)')
MARKDOWN_MARK = re.compile(r"<!-- (?:example: |(?=packages: ))(.+) -->")
BLOCK = re.compile(r"\.Bd (-literal|-unfilled)\b")
PARSED = "parsed only: "


@dataclass
class Example:
    path: Path
    line: int  # of its first line
    kind: str
    note: str  # what follows the semicolon, or ""
    text: str

    @property
    def id(self):
        return f"{self.path.name}:{self.line}"

    @property
    def parsed_only(self):
        """Why it is not executed, or None."""
        return self.note.removeprefix(PARSED) if self.note.startswith(PARSED) else None


def example_of(path, line, mark, lines):
    if mark is None:
        raise ValueError(f"{path.name}:{line}: an example without a line before it that says what it is, see examples.py")
    kind, _, note = mark[1].partition(";")
    return Example(path, line, kind.strip(), note.strip(), "".join(f"{text}\n" for text in lines))


def plain(text):
    """A line of a literal block of mdoc, as it is read."""
    for escape, letter in ((r"\(dq", '"'), (r"\-", "-"), (r"\&", ""), (r"\(aq", "'")):
        text = text.replace(escape, letter)
    return text.replace(r"\e", "\\")


def of_manual(path):
    """Every literal block, and every one-line display that has a mark."""
    lines, found = Path(path).read_text().splitlines(), []
    for index, line in enumerate(lines):
        mark = MANUAL_MARK.fullmatch(lines[index - 1]) if index else None
        if BLOCK.match(line):
            end = lines.index(".Ed", index)
            found.append(example_of(Path(path), index + 2, mark, map(plain, lines[index + 1:end])))
        elif line.startswith((".Dl ", ".D1 ")):
            found.append(example_of(Path(path), index + 1, mark, [plain(line[4:])]))
    return found


def of_markdown(path):
    """Every fenced block."""
    lines, found = Path(path).read_text().splitlines(), []
    index = 0
    while index < len(lines):
        if lines[index].lstrip().startswith("```"):
            indent = len(lines[index]) - len(lines[index].lstrip())
            end = next(at for at in range(index + 1, len(lines)) if lines[at].strip() == "```")
            mark = MARKDOWN_MARK.fullmatch(lines[index - 1].strip()) if index else None
            found.append(example_of(Path(path), index + 2, mark, [line[indent:] for line in lines[index + 1:end]]))
            index = end
        index += 1
    return found


# Configurations

class Loader(yaml.SafeLoader):
    """Scalars stay the text that they are: 65000:53 is a community, 0660 a mode."""

    yaml_implicit_resolvers = {"<": yaml.SafeLoader.yaml_implicit_resolvers["<"]}


def indented(text, prefix="    "):
    return "".join(f"{prefix}{line}\n" if line else "\n" for line in text.splitlines())


def missing(text, defaults):
    """Lines for those keys that the text has not at its own level."""
    return "".join(f"{key}: {value}\n" for key, value in defaults.items()
                   if not re.search(rf"^(- |  )?{key}:", text, re.MULTILINE))


ARGS = "{method: tcp, host: 127.0.0.1, port: 80}"
ONE = f"checks:\n  - {{name: web, prefixes: [198.18.0.1/32, 198.18.0.2/32], args: {ARGS}}}\n"


def of_check(text):
    keys = text + missing(text, {"name": "web", "prefixes": "198.18.0.1/32", "args": ARGS})
    return f"checks:\n  -\n{indented(keys)}"


def of_group(text):
    keys = text + missing(text, {"name": "pool", "prefixes": "198.18.0.3/32", "members": "web"})
    return f"{ONE}groups:\n  -\n{indented(keys)}"


def of_args(text):
    return of_check(f"args:\n{indented(text)}")


def of_settings(text):
    return f"{ONE}exacheck:\n{indented(text)}"


def of_configuration(text):
    return text if re.search(r"^checks:", text, re.MULTILINE) else ONE + text


FRAGMENTS = {"a check": of_check, "a group": of_group, "args": of_args, "exacheck": of_settings,
             "configuration": of_configuration}


def is_configuration(example):
    return example.kind == "configuration" or example.kind.startswith("fragment of ")


def configuration_of(example):
    """The text of a whole configuration that has the example in it."""
    if example.kind == "configuration":
        return example.text
    return FRAGMENTS[example.kind.removeprefix("fragment of ")](example.text)


def load_text(text, directory):
    """`exacheck test` of keys or of a whole configuration, in a file that not everybody may read, with logs elsewhere:
    no error, and no warning."""
    path = directory / "example.yaml"
    path.write_text(re.sub(r"/var/log/(\w+/)?", f"{directory}/", of_configuration(text)))
    path.chmod(0o600)
    done = run_once("test", "-f", path)
    assert done.returncode == 0 and not done.stderr, f"{done.stderr}\n{path.read_text()}"
    return yaml.load(path.read_text(), Loader)


def load(example, directory):
    return load_text(configuration_of(example), directory)


# Commands

def prompted(text):
    return re.search(r"^[$#] ", text, re.MULTILINE) is not None


def commands_of(example):
    """
    [(command, what it prints)]: of a block with prompts, each command with its continued lines; else all of it is one.
    A command continues while its line ends in a backslash or a pipe, or a here-document lasts.
    """
    if not prompted(example.text):
        return [(example.text, "")]
    found, inside, ending = [], False, None
    for line in example.text.splitlines():
        if re.match(r"[$#] ", line) and not inside:
            found.append([line[2:], ""])
        elif inside:
            found[-1][0] += f"\n{line}"
        else:
            assert found, f"{example.id}: begins with what a command prints"
            found[-1][1] += f"{line}\n"
            continue
        here = re.search(r"<<-?\s*'?(\w+)'?", line)
        ending = here[1] if here else ending
        inside = line.strip() != ending if ending else line.rstrip().endswith(("\\", "|"))
        ending = ending if inside else None
    return [tuple(pair) for pair in found]


def parse_shell(example):
    """The commands, once sh has parsed each."""
    commands = commands_of(example)
    for command, _ in commands:
        done = subprocess.run(["sh", "-n", "-c", command], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{example.id}: {command}: {done.stderr}"
    return commands


def run_shell(example, replacements=(), environment=None, cwd="/"):
    """
    Execute the commands one after the other, with the programs of the build first in PATH and with what stands for a
    place of this machine replaced: [(what the example says is printed, subprocess.CompletedProcess)].
    """
    found, path = [], f"{paths.BUILD}:{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    for command, expected in parse_shell(example):
        for old, new in replacements:
            command = command.replace(old, str(new))
        found.append((expected, subprocess.run(
            ["sh", "-c", command], capture_output=True, text=True, timeout=120, cwd=cwd, stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {}), "PATH": path})))
    return found


def exabgp_accepts(example, directory):
    """ExaBGP's own validation of it, for a program that is there."""
    path = directory / "exabgp.conf"
    text = re.sub(r"(?m)^(\s*run )\S+", r"\1/bin/true", example.text)
    path.write_text(text)
    done = subprocess.run(["exabgp", "--test", str(path)], capture_output=True, text=True, timeout=120,
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "exabgp_daemon_user": "root"})
    said = done.stdout + done.stderr
    assert done.returncode == 0 and "error" not in said.lower(), f"{example.id}: {said}"
