"""
A machine with systemd as its process 1: this system's files under a layer of their own, which is gone at the end, and
processes, network and cgroups of their own. Where that cannot be made the test that wants one is skipped, saying why.
"""
import os
import shutil
import subprocess

import pytest

from . import processes
from .paths import BUILD, REPOSITORY
from .wait import wait_until

SYSTEMD = "/usr/lib/systemd/systemd"
STARTED_LIMIT = 120  # seconds
NAMESPACES = ("unshare", "--cgroup", "--pid", "--fork", "--mount", "--net", "--uts", "--ipc", "--kill-child",
              "--propagation", "private")

# ROOT: where the layers come together; BOUND: directories that are the same inside; INSTALL: a command, with the new
# root as $ROOT, before it is started
SETUP = r"""
set -eu
mount -t tmpfs -o mode=755 machine "$PLACE"
mkdir "$PLACE/upper" "$PLACE/work" "$ROOT"
mount -t overlay -o "lowerdir=$LOWER,upperdir=$PLACE/upper,workdir=$PLACE/work" machine "$ROOT"
mount -t proc proc "$ROOT/proc"
mount -t sysfs -o ro sysfs "$ROOT/sys"
mount -t cgroup2 cgroup2 "$ROOT/sys/fs/cgroup"
mount -t tmpfs -o mode=755,nosuid tmpfs "$ROOT/dev"
mkdir "$ROOT/dev/pts" "$ROOT/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$ROOT/dev/pts"
for name in null zero full random urandom tty; do
	: >"$ROOT/dev/$name"
	mount --bind "/dev/$name" "$ROOT/dev/$name"
done
ln -s pts/ptmx "$ROOT/dev/ptmx"
ln -s /proc/self/fd "$ROOT/dev/fd"
mount -t tmpfs -o mode=755 tmpfs "$ROOT/run"
mount -t tmpfs tmpfs "$ROOT/tmp"
for path in $BOUND; do
	mkdir -p "$ROOT$path"
	mount --rbind "$path" "$ROOT$path"
done
cat >"$ROOT/etc/systemd/system/test.target" <<-END
	[Unit]
	Requires=basic.target
	After=basic.target
	AllowIsolate=yes
END
# what a system does once a day is not to be part of a test that runs at that hour
ln -sf /dev/null "$ROOT/etc/systemd/system/timers.target"
eval "$INSTALL"
ip link set lo up
cd "$ROOT"
pivot_root . mnt
umount -l /mnt
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin "$SYSTEMD" --system --unit=test.target --log-target=journal
"""


def cgroup_mount():
    """Where version 2 of cgroups is mounted; None: nowhere."""
    with open("/proc/mounts") as file:
        return next((line.split()[1] for line in file if line.split()[2] == "cgroup2"), None)


def lacking():
    """Why there can be no machine here; None: nothing stands in its way."""
    if os.geteuid() != 0:
        return "a machine needs root"
    if not os.path.exists(SYSTEMD):
        return "systemd is not installed"
    mounted = cgroup_mount()
    if mounted is None or not os.access(mounted, os.W_OK):
        return "no cgroups (version 2) to make"
    trial = subprocess.run([*NAMESPACES, "mount", "-t", "tmpfs", "trial", "/mnt"], capture_output=True, text=True)
    return f"no namespaces to mount in: {trial.stderr.strip()}" if trial.returncode else None


class Machine:
    """bound: directories to be had inside under the same name; install: shell commands that change $ROOT before."""

    def __init__(self, directory, bound=(), install=":", lower="/"):
        reason = lacking()
        if reason:
            pytest.skip(reason)
        self.place = directory / "machine"
        self.place.mkdir()
        self.log_path = directory / "machine.log"
        self.cgroup = f"{cgroup_mount()}/exacheck-test-{os.getpid()}"
        os.mkdir(self.cgroup)
        environment = {**os.environ, "PLACE": str(self.place), "ROOT": str(self.place / "root"), "LOWER": str(lower),
                       "BOUND": " ".join(map(str, bound)), "INSTALL": install, "SYSTEMD": SYSTEMD}
        enter = f'echo $$ >{self.cgroup}/cgroup.procs && exec "$@"'
        with open(self.log_path, "wb") as log:
            self.holder = processes.start(
                ["sh", "-c", enter, "sh", *NAMESPACES, "sh", "-c", SETUP],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        try:
            wait_until(self._started, STARTED_LIMIT, "systemd to have started", 0.05)
        except BaseException:
            self.close()
            raise

    def _started(self):
        assert self.holder.poll() is None, f"the machine ended: {self.log_path.read_text()}"
        self.pid = next(iter(processes.children(self.holder.pid)), None)
        if self.pid is None or not processes.cmdline(self.pid).startswith(SYSTEMD):
            return False
        return self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded")

    def enter_network(self):
        """To put before the command line of a server outside that is to be reached from inside."""
        return ["nsenter", f"--target={self.pid}", "--net"]

    def enter(self):
        """To put before a command line that is to run inside."""
        return ["nsenter", f"--target={self.pid}", "--all", "--root", "--wd"]

    def run(self, *argv, check=True, timeout=60):
        """A command inside, to its end."""
        done = subprocess.run([*self.enter(), *map(str, argv)],
                              capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
        assert not check or done.returncode == 0, f"{argv}: {done.returncode}: {done.stdout}{done.stderr}"
        return done

    def write(self, path, text):
        """A file inside."""
        inside = f"/proc/{self.pid}/root{path}"
        os.makedirs(os.path.dirname(inside), exist_ok=True)
        with open(inside, "w") as file:
            file.write(text)

    def show(self, unit, name):
        """A property of a unit."""
        return self.run("systemctl", "show", "--value", "--property", name, unit).stdout.strip()

    def journal(self, unit):
        return self.run("journalctl", "--no-pager", "--output=cat", f"--unit={unit}").stdout

    def close(self):
        self.holder.kill()
        self.holder.wait()
        processes.finished(self.holder)
        wait_until(self._gone, 20, f"the end of everything in {self.cgroup}", 0.05)
        shutil.rmtree(self.place)

    def _gone(self):
        """Whether its cgroups could be removed, which takes the end of all processes."""
        processes.orphans()  # reaps
        try:
            for path, _, _ in os.walk(self.cgroup, topdown=False):
                os.rmdir(path)
        except OSError:
            return False
        return True


# As a package would, of what is built here.
INSTALL = f"""make --silent --directory={REPOSITORY} --old-file=all install BUILD={BUILD} PREFIX=/usr \
DESTDIR=$ROOT UNITDIR=/usr/lib/systemd/system
setcap cap_net_raw+ep $ROOT/usr/libexec/exacheck/worker-icmp
systemd-sysusers --root=$ROOT"""
