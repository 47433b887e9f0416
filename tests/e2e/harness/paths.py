"""Where the built tree is. EXACHECK_BUILD names it, else build/ of this repository."""
import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("EXACHECK_BUILD") or REPOSITORY / "build").resolve()
EXACHECK = BUILD / "exacheck"
EXACHECK_CTL = BUILD / "exacheck-ctl"
LIBEXEC = BUILD / "libexec"
METHODS = ("dns", "file", "http", "icmp", "ntp", "shell", "tcp")
