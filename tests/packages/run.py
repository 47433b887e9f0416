#!/usr/bin/python3
"""The Debian packages on machines of their own: Debian 12 and 13, made by debootstrap, booted with systemd.

On each, life.py: install by README.md's quick start, see the route, upgrade without a word to BIRD, purge, nothing left;
and autopkgtest, which runs the tests that are part of the source package.
The packages are those that `make deb` made here; those that are upgraded to are made here in a later version. Where such
a machine cannot be made this says why, and ends with status 77. usage: run.py [--build DIRECTORY] [SUITE ...]
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from harness import machine, processes  # noqa: E402

SUITES = ("bookworm", "trixie")  # the oldest first: packages of one work on the later ones
SKIPPED = 77
LIFE_LIMIT = 600  # seconds
SOURCE = "/root/exacheck"  # inside

# What is on the machine before: ExaBGP and BIRD, what autopkgtest needs, and, to be had without a network, all that the
# packages need.
PREPARE = f"""
set -eu
mount -t proc proc /proc
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get update -qq
apt-get install -y -qq --no-install-recommends systemd exabgp bird2 apt-utils dpkg-dev
rm /usr/sbin/policy-rc.d
cd {SOURCE}
apt-get install -y -qq --download-only ./build/deb/*.deb
"""

CHANGES = """exacheck ({version}) unstable; urgency=medium

  * A later version, for a test of upgrades.

 -- The exacheck developers <exacheck@example.org>  Thu, 01 Jan 2037 00:00:00 +0000

"""


class Skip(Exception):
    pass


def say(text):
    print(f"package-test: {text}", flush=True)


def mirror():
    """Where this system has Debian from."""
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)"],
                            capture_output=True, text=True).stdout
    for line in listed.splitlines():
        if line.startswith("Debian Debian "):
            return line.split()[2].rstrip("/") + "/"
    raise Skip("apt knows no mirror of Debian (apt-get update?)")


def suites_here():
    """The suites that packages of this system can be installed on."""
    release = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release") if "=" in line)
    name = release.get("VERSION_CODENAME", "")
    if release.get("ID") != "debian" or name not in SUITES:
        raise Skip(f"packages that are built here ({release.get('PRETTY_NAME')}) are not of Debian 12 or 13")
    return SUITES[SUITES.index(name):]


def logged(command, log, **options):
    """Run it; when it fails, the end of its log is shown."""
    with open(log, "ab") as file:
        if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, **options).returncode != 0:
            text = pathlib.Path(log).read_text(errors="replace")[-6000:]
            raise SystemExit(f"{text}\npackage-test: failed: {' '.join(map(str, command))}; all of it is in {log}")


def root_make(suite, place):
    """The files of a fresh system; made once."""
    root = place / suite
    if not root.exists():
        if shutil.which("debootstrap") is None:
            raise Skip("debootstrap is not installed")
        unfinished = place / f"{suite}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        address = mirror()
        try:
            urllib.request.urlopen(f"{address}dists/{suite}/Release", timeout=30).close()
        except OSError as error:
            raise Skip(f"{suite} is not to be had of {address}: {error}") from error
        logged(["debootstrap", "--variant=minbase", suite, unfinished, address], place / f"{suite}.log")
        unfinished.rename(root)
    return root


def packages(directory):
    return [path for path in directory.glob("*.deb") if "-dbgsym_" not in path.name]


def root_fill(root, build, log):
    """The source's files that the test needs, under the names that README.md has for them."""
    inside = root / SOURCE.lstrip("/")
    shutil.rmtree(inside, ignore_errors=True)
    for name, directory in (("deb", build / "deb"), ("next", build / "deb-next")):
        (inside / "build" / name).mkdir(parents=True)
        for path in packages(directory):
            shutil.copy(path, inside / "build" / name)
    shutil.copy(HERE.parents[1] / "README.md", inside)
    shutil.copytree(HERE, inside / "tests/packages", ignore=shutil.ignore_patterns("__pycache__"))
    logged(["unshare", "--mount", "--pid", "--fork", "--kill-child", "chroot", root, "sh", "-c", PREPARE], log)


def source_unpack(build, place):
    """The source package's tree, in a directory that is made anew."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    logged(["dpkg-source", "--extract", *(build / "deb").glob("*.dsc"), place / "exacheck"], place / "build.log")
    return place / "exacheck"


def next_build(build):
    """The source package in a later version, to upgrade to; without its tests and, to be quick, not optimised."""
    place = build / "deb-next"
    source = source_unpack(build, place)
    changelog = source / "debian/changelog"
    text = changelog.read_text()
    version = text[text.index("(") + 1:text.index(")")]
    changelog.write_text(CHANGES.format(version=f"{version}+next") + text)
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C.UTF-8",
                   "DEB_BUILD_OPTIONS": f"nocheck noopt parallel={os.cpu_count()}"}
    logged(["dpkg-buildpackage", "--build=binary", "--unsigned-changes"], place / "build.log", cwd=source, env=environment)


def live(suite, root, log):
    with tempfile.TemporaryDirectory(prefix="exacheck-packages-") as directory:
        booted = machine.Machine(pathlib.Path(directory), lower=root)
        try:
            done = booted.run("env", "-i", "HOME=/root", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive",
                              "python3", f"{SOURCE}/tests/packages/life.py", SOURCE, check=False, timeout=LIFE_LIMIT)
        finally:
            booted.close()
    with open(log, "a") as file:
        file.write(done.stdout + done.stderr)
    for line in (done.stdout + done.stderr).splitlines():
        if line.startswith("== "):
            say(f"{suite}: {line[3:]}")
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout}{done.stderr}\npackage-test: failed: {suite}; all of it is in {log}")


def autopkgtest(suite, root, build, source, log):
    """The source package's own tests; none may be skipped."""
    logged(["autopkgtest", *packages(build / "deb"), f"{source}/", "--", HERE / "virt-machine", root], log)
    say(f"{suite}: autopkgtest passes")


def run(build, suites):
    if (reason := machine.lacking()) is not None:
        raise Skip(reason)
    wanted = [suite for suite in suites_here() if not suites or suite in suites]
    place = build / "packages"
    place.mkdir(exist_ok=True)
    if not packages(build / "deb"):
        raise SystemExit(f"package-test: {build}/deb has no packages: make deb")
    next_build(build)
    source = source_unpack(build, build / "deb-source")
    for suite in wanted:
        began = time.monotonic()
        log = place / f"{suite}.log"
        log.write_text("")
        root = root_make(suite, place)
        root_fill(root, build, log)
        live(suite, root, log)
        autopkgtest(suite, root, build, source, log)
        say(f"{suite}: done in {time.monotonic() - began:.0f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parents[1] / "build")
    parser.add_argument("suites", nargs="*", choices=[[], *SUITES])
    arguments = parser.parse_args()
    processes.adopt_orphans()
    try:
        run(arguments.build.resolve(), arguments.suites)
    except Skip as reason:
        say(f"skipped: {reason}")
        sys.exit(SKIPPED)


if __name__ == "__main__":
    main()
