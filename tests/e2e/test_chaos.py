"""make chaos in short: a few seconds, few checks, another seed each time; a failure tells which."""
import random
import sys

from harness import paths

sys.path.insert(0, str(paths.REPOSITORY / "tests" / "chaos"))

import chaos  # noqa: E402


def test_short_chaos():
    complaints, report = chaos.perform(random.SystemRandom().randrange(10**6), 40, 10)
    print(report)
    assert not complaints, report
