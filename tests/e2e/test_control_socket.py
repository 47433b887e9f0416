"""The control socket as a file: who may connect, what it replaces, what becomes of it; and through an upgrade."""
import os
import socket
import stat

import pytest

from harness import paths
from harness.config import check, config, prefix
from harness.control import Control, ask, path_of, version_after
from harness.reload import reload
from harness.wait import wait_until
from test_control import PASS, some
from test_upgrade import PROGRAMS, put

pytestmark = pytest.mark.one_level


def mode(path):
    found = os.stat(path)
    assert stat.S_ISSOCK(found.st_mode)
    return stat.S_IMODE(found.st_mode)


def test_settings(start, directory):
    """Path, mode and group, from the start and after a reload; an answer goes on meanwhile."""
    group = os.getgroups()[0] if os.getgroups() else os.getegid()
    run = start(some(1, control={"mode": "0640"}))
    run.wait_route(prefix(0))
    assert mode(path_of(run)) == 0o640
    other = directory / "elsewhere.sock"
    with Control(run) as follower:
        follower.send("events", follow=True)
        assert follower.line()["type"] == "event"
        assert ask(run, "reload")[-1]["result"] == "same"
        reload(run, some(1, control={"mode": "0600", "group": str(group), "socket": str(other)}))
        wait_until(lambda: not path_of(run).exists(), what="the former file to be gone")
        while "reloaded" not in follower.line()["text"]:
            pass
    assert mode(other) == 0o600 and os.stat(other).st_gid == group
    with Control(other) as control:
        assert control.ask("version")[0]["pid"] == run.pid
        reload(run, some(1, control={"socket": str(other), "group": "no such group"}))
        run.wait_log("no group no such group on this system")
        assert control.ask("version") and mode(other) == 0o600  # as it was
    reload(run, some(1))
    with Control(run) as control:
        assert control.ask("version") and not other.exists() and mode(path_of(run)) == 0o660
    run.stop()
    assert not path_of(run).exists()


def test_what_is_there_already(start, directory):
    """What is no socket stays; a socket that a killed exacheck left is replaced, one with a listener is not."""
    place = directory / "place.sock"
    place.write_text("precious")
    run = start(some(1, control={"socket": str(place)}))
    run.wait_log(f"no control socket at {place}: it is there and is no socket: move it away")
    run.wait_route(prefix(0))
    place.unlink()
    reload(run, some(1, control={"socket": str(place)}, resync=200))  # another try
    with Control(place) as control:
        assert control.ask("version")[0]["pid"] == run.pid
    run.kill()
    assert place.exists()
    second = start(some(1, control={"socket": str(place)}))
    with Control(place) as control:
        assert control.ask("version")[0]["pid"] == second.pid
    third = start(some(1, control={"socket": str(place)}))
    third.wait_log(f"no control socket at {place}: another process listens there")
    with Control(place) as control:
        assert control.ask("version")[0]["pid"] == second.pid
    third.stop()
    place.unlink()
    with socket.socket(socket.AF_UNIX) as mine:  # what was put in its place is not its own
        mine.bind(str(place))
        second.stop()
        assert place.exists()


def test_nowhere_to_listen(start, directory):
    """It costs nothing but the socket."""
    run = start(some(1, control={"socket": str(directory / "missing" / "place.sock")}))
    run.wait_log("its directory: No such file or directory")
    run.wait_route(prefix(0))


def test_long_path(start, directory):
    """As long as the system's addresses are, where there is no room for another name beside it."""
    place = directory / ("x" * (107 - len(str(directory)) - 1))
    run = start(some(1, control={"socket": str(place)}))
    with Control(place) as control:
        assert control.ask("version")[0]["pid"] == run.pid


def test_upgrade(start, directory):
    """The connection ends when it happens, and another one finds the same process; else it is told why not."""
    build = paths.copy_build(directory)
    run = start(config(check("web", PASS)), build=build)
    run.wait_route(prefix(0))
    with Control(run) as control, Control(run) as second:
        put(build, "#!/bin/sh\nsleep 1\nexit 1\n")
        control.send("upgrade")
        assert control.line()["type"] == "upgrading"
        wait_until(lambda: run.logged("upgrade: looking at"), what="its beginning")
        assert second.refusal("upgrade").code == "state"
        assert second.refusal("reload").code == "state"
        line = control.line()
        assert line["code"] == "refused" and "ended before it answered" in line["message"], line
        before = control.ask("version")[0]
        assert (before["upgrades"], before["upgrades_refused"]) == (0, 1)
        put(build, PROGRAMS / "next")
        with pytest.raises(EOFError):
            control.ask("upgrade")
    after = version_after(run, 1)
    assert (after["version"], after["pid"]) == ("9.9.9", run.pid)
    assert after["version"] != before["version"] and run.announced(prefix(0))
