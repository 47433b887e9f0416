"""Where the built tree is. EXACHECK_BUILD names it, else build/ of this repository."""
import os
import shutil
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("EXACHECK_BUILD") or REPOSITORY / "build").resolve()
EXACHECK = BUILD / "exacheck"
EXACHECK_CTL = BUILD / "exacheck-ctl"
LIBEXEC = BUILD / "libexec"
METHODS = ("dns", "file", "http", "icmp", "ntp", "shell", "tcp")


def is_sanitized():
    """Whether the build is one with sanitizers: slower, with a large address space, and its findings on stderr."""
    return b"__asan_default_options" in (content := EXACHECK.read_bytes()) or b"__ubsan_default_options" in content


# How many times longer the program may take: for every bound on its own speed.
SLOWNESS = 3 if EXACHECK.exists() and is_sanitized() else 1


def copy_build(directory):
    """A copy of the built tree that any user can run, wherever the original is."""
    build = directory / "build"
    shutil.copytree(LIBEXEC, build / "libexec")
    shutil.copy2(EXACHECK, build / "exacheck")
    for path in (build, build / "libexec"):
        path.chmod(0o755)
    return build
