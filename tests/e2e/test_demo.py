"""make demo keeps its promise: the route appears, leaves and comes back, and it ends by itself in time."""
import re
import subprocess
import sys
import time

import pytest

from harness import paths, processes

pytestmark = [pytest.mark.one_level, pytest.mark.shipped]


def test_demo():
    begin = time.monotonic()
    process = processes.start([sys.executable, str(paths.REPOSITORY / "tests/demo/demo.py")], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    text = process.communicate(timeout=150)[0]
    processes.finished(process)
    assert process.returncode == 0, text
    assert time.monotonic() - begin < 100, "30 s on a machine with nothing else to do"
    assert [float(found) for found in re.findall(r"([\d.]+) s later", text)], text
    appeared, left, again = (text.index(word) for word in ("is in BIRD", "has left BIRD", "is back"))
    assert appeared < left < again
    assert "192.0.2.80/32" in text[appeared:left] and "(65000,80)" in text[appeared:left]
    assert "(no route)" in text[left:again]
    assert not processes.end_orphans()
