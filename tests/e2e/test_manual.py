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

pytestmark = pytest.mark.one_level

MAN = paths.REPOSITORY / "man"
PAGES = sorted(MAN.glob("*.[1-9]"))
EXAMPLES = [example for page in PAGES for example in examples.of_manual(page)]


def some(predicate):
    found = [example for example in EXAMPLES if predicate(example)]
    return pytest.mark.parametrize("example", found, ids=lambda example: example.id)


# A build with a sanitizer allows its workers more, and the table says so.
@pytest.mark.skipif(paths.SANITIZED, reason="the sanitizer's own calls would be in the table")
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
