"""README.md is true: every example works, what it names is there, and the comparison has the benchmark's figures."""
import re
import shlex
import subprocess
import sys

import pytest

from harness import examples, paths
from harness.config import check, config
from harness.ctl import ctl
from harness.exacheck import run_once

pytestmark = [pytest.mark.one_level, pytest.mark.shipped]

README = paths.REPOSITORY / "README.md"
TEXT = README.read_text()
WORDS = " ".join(TEXT.split())
EXAMPLES = examples.of_markdown(README)
BENCH = paths.REPOSITORY / "tests" / "bench"


def some(kind, note=None):
    found = [example for example in EXAMPLES if example.kind == kind and note in (None, example.note)]
    assert found, f"no example of the kind {kind}"
    return found


def lines_of(example):
    """Its commands without what is said of them."""
    return [shlex.split(line, comments=True) for line in example.text.splitlines()]


@pytest.mark.parametrize("example", [example for example in EXAMPLES if examples.is_configuration(example)],
                         ids=lambda example: example.id)
def test_configuration(example, directory):
    examples.load(example, directory)


@pytest.mark.parametrize("example", some("shell"), ids=lambda example: example.id)
def test_shell_parses(example):
    assert examples.parse_shell(example)


def test_every_command_is_run_by_a_test():
    """Here, by the tests of the packages, or the reason is said."""
    for example in some("shell"):
        assert example.note in ("make", "live", "import") or example.parsed_only, example.id


def targets():
    done = subprocess.run(["make", "-pRrq", "NO_DEPS=1", ":"], cwd=paths.REPOSITORY, capture_output=True, text=True,
                          timeout=300)
    return set(re.findall(r"^([a-z][\w-]*):", done.stdout, re.MULTILINE))


def test_make_targets():
    known = targets()
    named = {word for example in some("shell", "make") for line in lines_of(example) for word in line[1:] or ["all"]
             if "=" not in word}
    named |= {word for command in re.findall(r"`make ([^`]+)`", WORDS) for word in command.split() if "=" not in word}
    assert {"run", "test", "demo", "bench", "compare"} <= named
    assert named <= known, named - known


def test_exacheck_ctl(start):
    """Each line, for a check as the lines have it."""
    example, = some("shell", "live")
    lines = lines_of(example)
    assert len(lines) >= 5
    run = start(config(check("web", {"method": "shell", "command": "true"}, prefixes=["192.0.2.1/32"])))
    run.wait_route("192.0.2.1/32")
    for line in lines:
        assert line[0] == "exacheck-ctl"
        done = ctl("-r", run.directory / "runtime", *line[1:])
        assert done.returncode == 0 and done.stdout, f"{line}: {done.stdout}{done.stderr}"
    assert run.wait_transition("web", "disabled")


THEIRS = {
    "/etc/exabgp/exabgp.conf": """process web {
    run python3 -m exabgp healthcheck --cmd "curl -sf http://127.0.0.1/" --ip 192.0.2.1/32 --withdraw-on-down;
    encoder text;
}
""",
    "/etc/exabgp/healthcheck.conf": """[global]
interval = 5
timeout = 2
metric = 100
rise = 3
fall = 2
logfile = /var/log/exabgp/healthcheck.log
debug = no
logcheck = no
nexthop = 198.51.100.1
disable = /etc/exabgp/disable

[web]
command = curl -sf http://127.0.0.1/
ip = 192.0.2.1
""",
    "/etc/anycast-healthchecker.d": """[web]
check_cmd = /usr/bin/curl -sf http://127.0.0.1/
check_interval = 5
check_timeout = 2
check_rise = 3
check_fail = 2
check_disabled = false
on_disabled = withdraw
ip_prefix = 192.0.2.1/32
""",
}


def place_theirs(argument, directory):
    """What stands for another program's configuration: a file, or one in a directory."""
    text = THEIRS.get(argument)
    if text is None:
        return argument
    path = directory / argument.rpartition("/")[2]
    if path.suffix == ".d":
        path.mkdir()
        (path / "web.conf").write_text(text)
    else:
        path.write_text(text)
    return path


def test_import(directory):
    """Each line leads to a configuration that announces 192.0.2.1."""
    example, = some("shell", "import")
    for words in lines_of(example):
        program, *arguments = words
        assert program == "exacheck" and arguments[0] == "import" and arguments.pop() == ">exacheck.yaml"
        done = run_once(*(place_theirs(argument, directory) for argument in arguments))
        assert done.returncode in (0, 1), f"{words}: {done.stderr}"
        path = directory / "exacheck.yaml"
        path.write_text(done.stdout)
        path.chmod(0o600)
        tested = run_once("test", "-f", path, "--print")
        assert tested.returncode == 0 and "192.0.2.1/32" in tested.stdout, f"{words}: {tested.stderr}"


def test_options_and_commands_of_exacheck():
    """What the text says that can be typed is in --help."""
    known = run_once("--help").stdout
    named = re.findall(r"`exacheck ([a-z][^`]*)`", WORDS)
    assert len(named) >= 3
    for words in map(str.split, named):
        assert re.search(rf"\b{words[0]}\b", known), words
        for option in words[1:]:
            assert not option.startswith("-") or option in known, words


def test_paths():
    named = set(re.findall(r"`([\w.-]+/[\w./*-]*|Makefile|[\w-]+\.yaml)`", TEXT)) | {"configuration.yaml", "Makefile"}
    assert len(named) > 8
    places = [paths.REPOSITORY, *(paths.REPOSITORY / name for name in ("tests", "supervisor"))]
    for name in named:
        if not name.startswith("build/"):
            assert any(any(place.glob(name.rstrip("/"))) for place in places), name


def test_the_picture_has_every_program():
    example, = some("output", "the processes")
    drawn = set(re.findall(r"\b(?:exacheck|worker)-[a-z]+", example.text))
    built = {path.name for path in paths.LIBEXEC.iterdir()} | {"exacheck-ctl"}
    assert drawn <= built, drawn - built
    assert {name for name in built if name.startswith("exacheck-")} <= drawn


SECTION = r"(exacheck[\w.-]*)\((\d)\),(?: section)? ((?:[A-Z][A-Z-]+ ?)+[A-Z](?: and [A-Z-]+\b)?)"


def test_sections_of_manuals():
    """Those that README, messages, and what is installed beside the manuals refer to."""
    packaging = paths.REPOSITORY / "packaging"
    files = [*packaging.glob("*.d/*"), *packaging.glob("systemd/**/*"), *packaging.glob("e*/*"), *packaging.glob("debian/*"),
             *paths.REPOSITORY.glob("supervisor/**/*.c")]
    texts = [WORDS, *(re.sub(r'"\s+"|\s*\n[#\s]*', " ", path.read_text()) for path in files if path.is_file())]
    found = [place for text in texts for place in re.findall(SECTION, text)]
    assert len(re.findall(SECTION, WORDS)) >= 4 and len(found) >= 9, found
    for page, section, headings in found:
        manual = (paths.REPOSITORY / "man" / f"{page}.{section}").read_text()
        for heading in headings.split(" and "):
            assert f".Sh {heading.strip()}\n" in manual, (page, heading)


def test_install_names_what_is_there(directory):
    """Wherever it is installed, examples and manuals name the program that is there; an import, where it will be."""
    subprocess.run(["make", "--silent", "--old-file=all", "install", f"BUILD={paths.BUILD}", f"DESTDIR={directory}",
                    "PREFIX=/opt/here"], cwd=paths.REPOSITORY, capture_output=True, text=True, timeout=300, check=True)
    texts = [path.read_text() for path in directory.rglob("*.*") if path.is_file()]
    place = re.compile(r"(?<!\S)/\S+/exacheck(?= run| healthcheck)|(?<!\S)/\S+/examples")
    named = {found for text in texts for found in place.findall(text)}
    assert {"/opt/here/sbin/exacheck", "/opt/here/share/doc/exacheck/examples"} <= named
    assert all((directory / name[1:]).exists() for name in named), named
    done = run_once("import", "exabgp-healthcheck", "--ip", "192.0.2.1")
    prefix = subprocess.run(["make", "--silent", "--eval=print: ; @echo $(SBINDIR)", "print"], cwd=paths.REPOSITORY,
                            capture_output=True, text=True, timeout=300, check=True).stdout.strip()
    assert f"run {prefix}/exacheck run" in done.stdout


def test_every_manual_is_named():
    pages = {f"{path.stem}({path.suffix[1:]})" for path in (paths.REPOSITORY / "man").glob("*.[1-9]")}
    assert pages == set(re.findall(r"\bexacheck[\w.-]*\(\d\)", TEXT))


@pytest.fixture
def compare(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    return __import__("compare")


def test_figures_have_the_names_of_the_benchmark(compare):
    names = [name for part in compare.PARTS.values() for name, _ in part.figures.values()]
    table = TEXT[TEXT.index("## Compared"):].split("\n\n| ", 1)[1].partition("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table]
    assert len(rows) > 10 and len({len(row) for row in rows[2:]}) == 1
    for row in rows[2:]:
        assert row[0] in names and all(row[1:]), row


def test_links():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT):
        assert (paths.REPOSITORY / target).exists(), target


def test_the_comparison_runs():
    """One short part of it: a reload takes the route away from nobody here, a restart does."""
    done = subprocess.run([sys.executable, BENCH / "compare.py", "--build", paths.BUILD, "--only", "change"],
                          capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    head, row = done.stdout.splitlines()
    assert re.search(r"exacheck +healthcheck of ExaBGP \d", head)
    ours, theirs = re.findall(r"([\d.]+) s\b", row)
    assert float(ours) == 0 and float(theirs) > 0.5, row
