"""The manuals: what is made from the program is as it makes it, they are sound mdoc, and every example in them works."""
import re
import shutil
import subprocess

import pytest

from harness import examples, paths

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
    assert len(EXAMPLES) >= 19


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
