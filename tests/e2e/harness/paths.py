"""Where the built tree is. EXACHECK_BUILD names it, else build/ of this repository."""
import os
import shutil
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("EXACHECK_BUILD") or REPOSITORY / "build").resolve()
EXACHECK = BUILD / "exacheck"
EXACHECK_CTL = BUILD / "exacheck-ctl"
LIBEXEC = BUILD / "libexec"
SANITIZED = EXACHECK.exists() and b"__asan_init" in EXACHECK.read_bytes()
METHODS = ("dns", "file", "http", "icmp", "ntp", "shell", "tcp")


def copy_build(directory):
    """A copy of the built tree that any user can run, wherever the original is."""
    build = directory / "build"
    shutil.copytree(LIBEXEC, build / "libexec")
    shutil.copy2(EXACHECK, build / "exacheck")
    for path in (build, build / "libexec"):
        path.chmod(0o755)
    return build
