"""What the long tests that are programs of their own begin with."""
import random
import sys

from harness import late, paths, processes


def options(parser):
    """The parser's, with a seed: another one each time, unless it is given."""
    parser.add_argument("--seed", type=int, default=None, help="default: another one each time")
    found = parser.parse_args()
    if found.seed is None:
        found.seed = random.SystemRandom().randrange(10**6)
    return found


def begin():
    if not paths.EXACHECK.exists():
        sys.exit(f"{paths.EXACHECK} is not built: run make first")
    processes.adopt_orphans()
    late.start()
