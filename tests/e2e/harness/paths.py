"""Where the built tree is. EXACHECK_BUILD names it, else build/ of this repository."""
import os
import re
import shutil
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("EXACHECK_BUILD") or REPOSITORY / "build").resolve()
EXACHECK = BUILD / "exacheck"
EXACHECK_CTL = BUILD / "exacheck-ctl"
LIBEXEC = BUILD / "libexec"
METHODS = ("dns", "file", "http", "icmp", "ntp", "shell", "tcp")
WORKERS = (*METHODS, "tls")  # their programs: that of tcp checks inside TLS is another

PROGRAM = EXACHECK.read_bytes() if EXACHECK.exists() else b""
# A build with sanitizers is slower, takes more memory, and writes its findings to every process's standard error.
SANITIZED = b"__asan_init" in PROGRAM or b"__ubsan_handle" in PROGRAM
SLOWNESS = 3 if SANITIZED else 1  # times longer that the program may take: for every bound on its own speed


def copy_build(directory):
    """A copy of the built tree that any user can run, wherever the original is."""
    build = directory / "build"
    shutil.copytree(LIBEXEC, build / "libexec")
    shutil.copy2(EXACHECK, build / "exacheck")
    for path in (build, build / "libexec"):
        path.chmod(0o755)
    return build


def as_packaged(text):
    """A text that names the installed program, by the place that packages give it."""
    return re.sub(r"\brun /\S+/exacheck run\b", "run /usr/sbin/exacheck run", text)
