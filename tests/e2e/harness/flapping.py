"""Services that come and go, and many checks that look at them without a load on the network."""
import threading

from .config import check, prefix

CHECKS, SERVICES = 100, 5
PERIOD = 0.5  # seconds: the checks' interval


class Services:
    """Files that are there while a service is up; each is looked at by a share of the checks."""

    def __init__(self, directory):
        self.files = [directory / f"ready{n}" for n in range(SERVICES)]
        for file in self.files:
            file.touch()
        self.stop, self.threads = threading.Event(), []

    def checks(self):
        return [check(f"check {n}", {"method": "file", "path": str(self.files[n % SERVICES])}, prefixes=[prefix(n)],
                      interval=PERIOD, splay=True) for n in range(CHECKS)]

    def flap(self):
        """Each comes and goes in a rhythm of its own, until set."""
        self.stop.clear()
        self.threads = [threading.Thread(target=self._flap, args=(file, 0.7 + 0.3 * n), daemon=True)
                        for n, file in enumerate(self.files)]
        for thread in self.threads:
            thread.start()

    def _flap(self, file, period):
        while True:
            for step in (file.unlink, file.touch):
                if self.stop.wait(period):
                    return
                step()

    def set(self, *up):
        """These are up from now on, the others are not; returns the prefixes to be announced."""
        self.stop.set()
        for thread in self.threads:
            thread.join()
        for n, file in enumerate(self.files):
            if n in up:
                file.touch()
            else:
                file.unlink(missing_ok=True)
        return {prefix(n) for n in range(CHECKS) if n % SERVICES in up}
