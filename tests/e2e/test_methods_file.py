"""file: path and exists, in every combination, and paths that cannot be looked at."""
import os

import pytest

from harness.config import check, config, prefix, run_cases


def file(path, **more):
    return {"method": "file", "path": str(path), **more}


def test_verdicts(start, directory):
    there = directory / "there"
    there.write_text("state: ok\n")
    (directory / "folder").mkdir()
    (directory / "dangling").symlink_to(directory / "nowhere")
    (directory / "link").symlink_to(there)
    run_cases(start, {
        "there": (file(there), "pass"),
        "not there": (file(directory / "no"), "fail missing"),
        "absent as wished": (file(directory / "no", exists=False), "pass"),
        "present, not wished": (file(there, exists=False), "fail present"),
        "quoted boolean": (file(there, exists="no"), "fail present"),
        "folder": (file(directory / "folder"), "pass"),
        "link": (file(directory / "link"), "pass"),
        "dangling link": (file(directory / "dangling"), "fail missing"),
        "path with blanks and quotes": (file(directory / "it's a \"file\""), "fail missing"),
        "through a file": (file(there / "below"), ("fail missing", "error local", "error permission")),
    })


@pytest.mark.parametrize("exists", [True, False])
def test_parent_that_cannot_be_read(root, start, directory, exists):
    """What cannot be looked at by the user whom workers run as is an error, never a pass."""
    secret = directory / "secret"
    secret.mkdir(mode=0o700)
    (secret / "file").write_text("")
    run_cases(start, {"hidden": (file(secret / "file", exists=exists), "error permission")})


def test_comes_and_goes(start, directory):
    flag = directory / "flag"
    run = start(config(check("flag", file(flag)), check("no flag", file(flag, exists=False), prefixes=[prefix(1)])))
    run.wait_route(prefix(1))
    for _ in range(2):
        flag.write_text("")
        run.wait_route(prefix(0))
        run.wait_no_route(prefix(1))
        flag.unlink()
        run.wait_no_route(prefix(0))
        run.wait_route(prefix(1))


def test_age_and_content(start, directory):
    fresh, old = directory / "fresh", directory / "old"
    fresh.write_text("state: ok\nload: 3\n")
    old.write_text("state: ok\n")
    os.utime(old, (1_000_000_000, 1_000_000_000))
    run_cases(start, {
        "fresh": (file(fresh, max_age=3600), "pass"),
        "old": (file(old, max_age=3600), "fail age"),
        "content": (file(fresh, contains="load: [0-9]"), "pass"),
        "other content": (file(fresh, contains="state: bad"), "fail pattern"),
    })
