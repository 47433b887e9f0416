#!/usr/bin/python3
"""The life of the packages on one machine, which is given up afterwards: installed by README.md's quick start, another
package added, upgraded while it runs, removed, purged. usage: life.py SOURCE

SOURCE has README.md, build/deb (the packages) and build/next (the same in a later version). Invariant: after the purge
the machine has the files, users and groups that it had before.
"""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

from quickstart import Failure, output, quick_start, route, say, server_stop, service_restart, wait_for

CONFIGURATION = pathlib.Path("/etc/exabgp/exacheck.yaml")
EXABGP = pathlib.Path("/etc/exabgp/exabgp.conf")
# What the system writes by itself, there or not: it counts only where it has our name.
VOLATILE = ("/var/log/", "/var/cache/", "/var/lib/apt/", "/var/lib/dpkg/", "/var/lib/systemd/", "/root/")
ELSEWHERE = ("/proc", "/sys", "/dev", "/tmp", "/root/exacheck")
ACCOUNTS = ("passwd", "group", "shadow", "gshadow")
# Written by hand, as the quick start says, and taken away by hand.
BY_HAND = (str(EXABGP), "/etc/systemd/system/exabgp.service.d")


def counts(path):
    return "exacheck" in path or not (path.startswith(VOLATILE + ("/run/",)) or "/__pycache__" in path)


def snapshot():
    """Every path that counts with its mode and owner, and the accounts."""
    found = {}
    for directory, directories, files in os.walk("/"):
        directories[:] = [name for name in directories if os.path.join(directory, name) not in ELSEWHERE]
        for name in directories + files:
            path = os.path.join(directory, name)
            if counts(path):
                status = os.lstat(path)
                found[path] = (oct(status.st_mode), status.st_uid, status.st_gid)
    for name in ACCOUNTS:
        found[f"accounts in {name}"] = pathlib.Path("/etc", name).read_text()
    return found


def compare(before, after):
    changes = [f"{path}: {before.get(path, 'not there')} -> {after.get(path, 'not there')}"
               for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]
    if changes:
        raise Failure("after the purge the machine is not as before:\n" + "\n".join(changes))


def apt(*arguments):
    subprocess.run(["apt", *arguments], check=True, stdin=subprocess.DEVNULL)


def running(*where):
    """(version, pid) of the exacheck that listens there."""
    text = output("exacheck-ctl", *where, "version")
    found = re.search(r"^exacheck (\S+) \(pid (\d+)\)", text, re.MULTILINE)
    if found is None:
        raise Failure(f"exacheck-ctl version: {text}")
    return found.groups()


def told():
    """How often ExaBGP told BIRD anything, and since when BIRD has the route."""
    counters = re.findall(r"^\s+Import (?:updates|withdraws):.*$", output("birdc", "show", "protocols", "all", "exabgp"),
                          re.MULTILINE)
    return counters, route()


def installed():
    names = output("dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package}\n")
    return {name.split()[1] for name in names.splitlines() if not name.startswith("not-installed")}


def libraries_absent():
    """The package exacheck alone brings neither libcurl nor ldns."""
    if names := [name for name in installed() if name.startswith(("libcurl", "libldns"))]:
        raise Failure(f"{names}, though only exacheck is installed")


def upgraded(what, install):
    """The same process goes on with another program, and BIRD is told nothing."""
    before, said = running(), told()
    install()
    wait_for(lambda: running() != before or what, what)
    if told() != said:
        raise Failure(f"{what}: a route moved: {said} -> {told()}")
    if running()[1] != before[1]:
        raise Failure(f"{what}: another process: {before} -> {running()}")
    return before[0], running()[0]


def method_missing(source, directory):
    """A configuration that needs a package is refused with its name, and works once that is there."""
    config = "/tmp/http.yaml"
    pathlib.Path(config).write_text("checks: [{name: w, args: {method: http, url: 'http://127.0.0.1/'}, "
                                    "prefixes: 192.0.2.1/32}]\n")
    said = output("exacheck", "test", "-f", config)
    if "install the package exacheck-worker-http" not in said:
        raise Failure(f"without worker-http: {said}")
    upgraded("exacheck-worker-http comes", lambda: apt("install", "-y", *packages(directory, "exacheck-worker-http")))
    if "valid, 1 check" not in (said := output("exacheck", "test", "-f", config)):
        raise Failure(f"with worker-http: {said}")


def packages(directory, *names):
    return [str(path) for name in names for path in directory.glob(f"{name}_*.deb")]


@contextlib.contextmanager
def healthcheck():
    """One in place of ExaBGP's own, beside the other; what has to be said to exacheck-ctl to ask it."""
    arguments = ("--name", "beside", "--command", "true", "--ip", "198.51.100.1", "--no-ip-setup", "--no-ack", "--user", "nobody")
    process = subprocess.Popen(["exacheck", "healthcheck", *arguments], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        where = ("--runtime", "/run/exacheck/healthcheck-beside")
        wait_for(lambda: " (pid " in output("exacheck-ctl", *where, "version"), "exacheck healthcheck")
        yield where
    finally:
        process.terminate()
        process.wait()


def upgrade(source):
    names = ("exacheck", "exacheck-worker-http")
    with healthcheck() as beside:
        before = running(*beside)
        old, new = upgraded("the upgrade", lambda: apt("install", "-y", *packages(source / "build/next", *names)))
        if new == old:
            raise Failure(f"the upgrade: the running exacheck is still {old}")
        if running(*beside) != (new, before[1]):
            raise Failure(f"the upgrade: exacheck healthcheck: {before} -> {running(*beside)}")
    say(f"exacheck {old} became {new}: the same process, and BIRD was told nothing")
    handler = "/etc/needrestart/restart.d/exacheck.service"
    upgraded("needrestart's handler", lambda: subprocess.run([handler], check=True))
    capability = output("getcap", "/usr/libexec/exacheck/worker-icmp")
    if "cap_net_raw" not in capability:
        raise Failure("the upgrade: worker-icmp has lost its capability")


def service_active():
    return output("systemctl", "is-active", "exacheck").strip() == "active"


def service_reload():
    """systemctl tells whether the configuration was taken, on a system without kill(1), too."""
    right = CONFIGURATION.read_text()
    for text, taken in ((f"{right}wrong: true\n", False), (right, True)):
        CONFIGURATION.write_text(text)
        if (subprocess.run(["systemctl", "reload", "exacheck"]).returncode == 0) != taken:
            raise Failure(f"systemctl reload: a configuration that is {'right' if taken else 'wrong'}")
    if not service_active():
        raise Failure("a reload ended the service")


def service_beside():
    """exacheck.service instead of ExaBGP's process, and the route is back."""
    subprocess.run(["systemctl", "stop", "exabgp"], check=True)
    wait_for(lambda: not route(), "the route leaving BIRD")
    text = re.sub(r"^process exacheck .*?^}\n|^\s*api .*?\n", "", EXABGP.read_text(), flags=re.MULTILINE | re.DOTALL)
    EXABGP.write_text(text)
    with open(CONFIGURATION, "a") as file:
        file.write("exacheck: {exabgp: {output: fifo /run/exabgp}, on_exit: keep}\n")
    subprocess.run(["systemctl", "start", "exabgp", "exacheck"], check=True)
    wait_for(route, "the route of exacheck.service")


def end(others):
    """As README.Debian says: the end of the service, though on_exit is keep, and of all that came with the packages."""
    apt("remove", "-y", "exacheck")
    wait_for(lambda: not route(), "the route leaving BIRD, of which nobody knows any more")
    if service_active():
        raise Failure("the package is removed, and its service goes on")
    if not CONFIGURATION.exists():
        raise Failure("remove took the configuration away")
    apt("purge", "-y", "exacheck", "exacheck-worker-http")
    apt("purge", "-y", *sorted(installed() - others))
    server_stop()
    for path in BY_HAND:
        (shutil.rmtree if os.path.isdir(path) else os.remove)(path)


def main():
    source = pathlib.Path(sys.argv[1])
    os.chdir(source)
    before, others = snapshot(), installed()
    try:
        steps = quick_start(source / "README.md", without=("build",))
        libraries_absent()
        service_restart(steps)
        method_missing(source, source / "build/deb")
        upgrade(source)
        service_beside()
        service_reload()
        end(others)
        compare(before, snapshot())
    except Failure as failure:
        print(output("journalctl", "--no-pager", "-n", "100"))
        sys.exit(f"life: {failure}")
    say("purged: nothing is left")


if __name__ == "__main__":
    main()
