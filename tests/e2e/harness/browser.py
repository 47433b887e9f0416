"""
A browser without a screen, driven as a person would: Chromium by its WebDriver, with a profile of its own that is gone
afterwards. It looks up no name and reaches nothing but 127.0.0.1.
"""
import contextlib
import os
import signal
import tempfile
from pathlib import Path

from . import paths, processes
from .network import free_port
from .wait import Timeout, wait_until

CHROMEDRIVER = "/usr/bin/chromedriver"
# What the browser leaves behind becomes the driver's child: this program is it, from before its execve on.
WRAPPER = f"""#!/usr/bin/python3
import ctypes, os, sys
ctypes.CDLL(None).prctl({processes.PR_SET_CHILD_SUBREAPER}, 1, 0, 0, 0)
os.execv({CHROMEDRIVER!r}, [{CHROMEDRIVER!r}, *sys.argv[1:]])
"""
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-extensions",
    "--disable-sync", "--disable-domain-reliability", "--metrics-recording-only", "--lang=en-GB",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--window-size=1440,960",
)


def artefacts():
    """Where pictures are kept for whoever wants to see them."""
    place = Path(os.environ.get("EXACHECK_ARTEFACTS") or paths.BUILD / "artefacts")
    place.mkdir(parents=True, exist_ok=True)
    return place


class Browser:
    def __init__(self):
        from selenium import webdriver  # not needed by any other test
        from selenium.webdriver.chrome.service import Service

        self.profile = tempfile.TemporaryDirectory(prefix="exacheck-browser-", ignore_cleanup_errors=True)
        wrapper = Path(self.profile.name, "chromedriver")
        wrapper.write_text(WRAPPER)
        wrapper.chmod(0o755)
        options = webdriver.ChromeOptions()
        for option in (*OPTIONS, f"--user-data-dir={self.profile.name}/profile"):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = Service(str(wrapper), port=free_port(), env={**os.environ, "HOME": self.profile.name})
        self.driver = webdriver.Chrome(options=options, service=service)
        self.pid = service.process.pid
        processes.ours.add(self.pid)

    def run(self, script, *arguments):
        """Statements of JavaScript; returns what they return."""
        return self.driver.execute_script(script, *arguments)

    def wait(self, script, *arguments, timeout=20.0 * paths.SLOWNESS):
        """Until they return something that is true; returns it."""
        try:
            return wait_until(lambda: self.run(script, *arguments), timeout, script)
        except Timeout as error:
            raise Timeout(f"{error}\nthe page:\n{self.run('return document.body.innerText')[:2000]}\n{self.log()}") from None

    def log(self):
        """Lines of the console since the last call."""
        return [f"{entry['level']} {entry['message']}" for entry in self.driver.get_log("browser")]

    def emulate(self, **features):
        """emulate(prefers_color_scheme="dark")"""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()]})

    def resize(self, width, height, mobile=False):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 2 if mobile else 1, "mobile": mobile})

    def picture(self, name):
        assert self.driver.save_screenshot(str(artefacts() / f"{name}.png"))

    def close(self):
        """Nothing of it is left afterwards: what does not end by itself is ended, each by its pid."""
        started = processes.descendants(self.pid)
        with contextlib.suppress(Exception):  # a browser that has died ends all the same
            self.driver.quit()
        processes.finished(self.driver.service.process)
        with contextlib.suppress(Timeout):
            wait_until(lambda: not any(map(processes.alive, started)), 3)
        for pid in filter(processes.alive, started):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.profile.cleanup()
