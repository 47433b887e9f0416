"""
Calls that fail, some of them: tests/faults tries them all.
"""
import fcntl
import subprocess
import sys

import pytest

from harness import paths, processes

FAULTS = paths.REPOSITORY / "tests" / "faults" / "faults.py"
LIMIT = 600  # seconds

pytestmark = pytest.mark.one_level  # with strict a fault in a mechanism is an error of its own


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The programs with the shim, made from the objects of the build under test."""
    with open(paths.BUILD / "faults.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several tests at a time may be about to
        done = subprocess.run(["make", "-s", "-C", paths.REPOSITORY, f"BUILD={paths.BUILD}", "faults-programs"],
                              capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return paths.BUILD / "faults"


@pytest.mark.skipif(paths.SANITIZED, reason="the shim takes the place of calls that a sanitizer's own take")
@pytest.mark.parametrize("program", ["exacheck", "worker-tcp"])
def test_some_calls_fail(programs, program):
    """Every call of the few, some of the many: no wrong announce, no hang, no stray byte, nothing left."""
    driver = processes.start([sys.executable, FAULTS, "--build", programs, "--program", program, "--quick"],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        output, _ = driver.communicate(timeout=LIMIT)
    finally:
        driver.kill()
        driver.wait()
        processes.finished(driver)
    assert driver.returncode == 0, output[-8000:]
    assert " 0 failed" in output, output[-2000:]
