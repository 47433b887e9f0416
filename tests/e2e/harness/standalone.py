"""
exacheck beside a real ExaBGP instead of under it: named pipes between the two, BIRD as the peer. ExaBGP is started,
killed and started again as a test wants.
"""
import os
import subprocess

from .daemons import program
from .exacheck import Exacheck
from .lab import Lab


class Pipes(Lab):
    """BIRD, and an ExaBGP that takes commands from DIRECTORY/root/run/exabgp/exabgp.in."""

    api = ""
    settings = {"exabgp_api_cli": "true", "exabgp_api_pipename": "exabgp"}

    def __init__(self, directory, **options):
        self.root = directory / "root"
        self.place = self.root / "run" / "exabgp"
        self.arguments = ("--root", str(self.root))
        self.place.mkdir(parents=True)
        self.make_pipes()
        super().__init__(directory, (), **options)

    def make_pipes(self):
        for name in ("exabgp.in", "exabgp.out"):
            os.mkfifo(self.place / name)
            (self.place / name).chmod(0o666)

    def cli(self, *words, timeout=60):
        """exabgpcli on the same pipes; returns what it says."""
        done = subprocess.run([program("exabgpcli"), "--root", str(self.root), *words], capture_output=True, text=True,
                              timeout=timeout, env={**os.environ, "exabgp_api_pipename": "exabgp"})
        return done.stdout + done.stderr

    def accepts(self):
        """Whether the relay of an ExaBGP reads commands."""
        try:
            os.close(os.open(self.place / "exabgp.in", os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True


class Service(Exacheck):
    """exacheck as a service: nothing may ever appear on its stdout."""

    def finish(self):
        super().finish()
        assert not self.stdout.raw, f"on stdout of a service: {bytes(self.stdout.raw)[:400]!r}"
