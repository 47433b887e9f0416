"""The container file, as far as it can be looked at without an engine: its instructions, files, packages and names."""
import json
import re
import shlex
import subprocess

import pytest

from harness import paths
from harness.ctl import ctl
from harness.daemons import program

pytestmark = [pytest.mark.one_level, pytest.mark.shipped]

FILE = paths.REPOSITORY / "packaging" / "container" / "Containerfile"
KNOWN = {"ARG", "FROM", "RUN", "COPY", "WORKDIR", "ENV", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}


def instructions():
    """[(instruction, rest)] with lines that go on joined and comments gone."""
    lines = [line for line in FILE.read_text().splitlines() if not line.startswith("#")]
    text = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def stages():
    """The instructions by stage; the first is what comes before any."""
    found = [[]]
    for instruction, rest in instructions():
        if instruction == "FROM":
            found.append([])
        found[-1].append((instruction, rest))
    return found


def commands(stage):
    """Of each RUN the commands, split into words."""
    return [shlex.split(part) for instruction, rest in stage if instruction == "RUN" for part in rest.split("&&")]


def installed(stage):
    """Packages that a stage installs by name."""
    return {word for words in commands(stage) if words[:2] == ["apt-get", "install"] for word in words[2:]
            if not word.startswith(("-", "/"))}


def test_shape(stages):
    """Two stages on one base of a named version; the last one runs as a user, and says what it runs as a list."""
    assert {instruction for instruction, _ in instructions()} <= KNOWN
    assert len(stages) == 3
    (_, base), = stages[0]
    assert re.fullmatch(r"DEBIAN=debian:[a-z]+-slim", base), base
    assert [stage[0][1].split()[0] for stage in stages[1:]] == ["${DEBIAN}"] * 2
    last = dict(stages[2])
    assert last["USER"] == "exabgp"
    order = [instruction for instruction, _ in stages[2]]
    assert order.index("USER") > max(index for index, name in enumerate(order) if name in ("RUN", "COPY"))
    for name in ("ENTRYPOINT", "CMD"):
        assert json.loads(last[name])
    assert json.loads(last["ENTRYPOINT"]) == [program("exabgp")]


def test_copies(stages):
    """What is copied is in the source, or was made by the stage before."""
    (_, first), = [entry for entry in stages[1] if entry[0] == "COPY"]
    assert first == ". /src/exacheck" and dict(stages[1])["WORKDIR"] == "/src/exacheck"
    (_, second), = [entry for entry in stages[2] if entry[0] == "COPY"]
    assert second == "--from=build /packages /packages"
    assert ["mkdir", "/packages"] in commands(stages[1])
    for words in commands(stages[1]):
        if words[0] == "cp" and not words[-2].startswith("../"):
            assert (paths.REPOSITORY / words[-2]).exists(), words


def test_layers_are_small(stages):
    """Nothing that is only recommended; lists of packages are gone where they were fetched."""
    for stage in stages[1:]:
        runs = [rest for instruction, rest in stage if instruction == "RUN" and "apt-get" in rest]
        assert runs
        for run in runs:
            assert "apt-get update" in run and run.rstrip().endswith("/var/lib/apt/lists/*"), run
        for words in commands(stage):
            if words[0] == "apt-get" and words[1] != "update":
                assert "--no-install-recommends" in words and "-y" in words, words


def test_packages_exist(stages):
    names = installed(stages[1]) | installed(stages[2])
    assert {"exabgp", "build-essential"} <= names
    policy = subprocess.run(["apt-cache", "policy", *sorted(names)], capture_output=True, text=True).stdout
    if "Candidate:" not in policy:
        pytest.skip("apt knows no packages here")
    for name in names:
        assert re.search(rf"^{re.escape(name)}:\n.*\n  Candidate: \d", policy, re.MULTILINE), f"{name} in\n{policy}"


def test_settings_and_health(stages):
    """ExaBGP knows each setting; the command that tells whether all is well is one, and fails where nothing runs."""
    known = subprocess.run([program("exabgp"), "--full-env"], capture_output=True, text=True, check=True).stdout
    settings = dict(word.split("=") for word in dict(stages[2])["ENV"].split())
    for name in settings:
        assert re.search(rf"^{name.replace('_', '.')}=", known.replace("_", "."), re.MULTILINE), (name, known)
    words = json.loads(dict(stages[2])["HEALTHCHECK"].split("CMD", 1)[1])
    done = ctl("--socket", "/nonexistent", *words[1:])
    assert words[0] == "exacheck-ctl" and done.returncode == 3, (done.returncode, done.stderr)
