"""Operators' overrides: disable, drain and enable over the control socket, and what becomes of them."""
import os
import pathlib
import signal
import time

import pytest

from harness import paths
from harness.config import check, config, prefix
from harness.control import Control
from harness.wait import wait_until

pytestmark = pytest.mark.one_level

PASS = {"method": "shell", "command": "true"}
BY = "root" if os.geteuid() == 0 else None


@pytest.fixture
def runtime(directory):
    """A runtime directory that several runs have one after the other."""
    return str(directory / "shared")


def control(runtime):
    return Control(f"{runtime}/control.sock")


def ask(runtime, command, **fields):
    with control(runtime) as client:
        return client.ask(command, **fields)


def status(runtime, name):
    return ask(runtime, "status", names=[name])[1]


def checks(*options, **settings):
    """web 0 and so on, each with the options for it."""
    return config(*(check(f"web {n}", PASS, prefixes=[prefix(n)], **more) for n, more in enumerate(options)), **settings)


def grouped(runtime, name="web 0"):
    """Two checks, and a group of the second one."""
    document = checks({"name": name}, {}, runtime_dir=runtime)
    document["groups"] = [{"name": "site", "members": ["web 1"], "prefixes": [prefix(9)]}]
    return document


def executed(runtime, name, more=2):
    """Wait until the check was executed some more times."""
    enough = status(runtime, name)["successes"] + more
    return wait_until(lambda: (seen := status(runtime, name))["successes"] >= enough and seen, what=f"{name} to execute")


def test_disable_and_enable(start, runtime):
    run = start(grouped(runtime))
    for number in (0, 1, 9):
        run.wait_route(prefix(number))
    [line] = ask(runtime, "disable", names=["web 0"], for_s=3600, reason="new kernel")
    assert line["type"] == "override" and line["name"] == "web 0"
    assert line["override"]["kind"] == "disable" and line["override"]["reason"] == "new kernel"
    assert line["override"]["by"] == (BY or line["override"]["by"]) != ""
    assert line["override"]["until"] > line["override"]["set"]
    run.wait_no_route(prefix(0))
    found = executed(runtime, "web 0")  # which it goes on to be, and nothing comes of it
    assert found["state"] == "disabled" and found["override"] == line["override"] and found["last"]["result"] == "pass"
    assert run.logged("up -> disabled: disabled by") and run.logged(": new kernel")

    ask(runtime, "disable", names=["web 0", "site"])  # the one is replaced
    assert status(runtime, "web 0")["override"]["until"] is None
    run.wait_no_route(prefix(9))
    assert run.announced(prefix(1))  # its member is none of its business

    lines = ask(runtime, "enable", names=["*"])
    assert [(x["name"], x["override"], x.get("message")) for x in lines] == [
        ("web 0", None, None), ("web 1", None, "was not overridden"), ("site", None, None)]
    for number in (0, 9):
        run.wait_route(prefix(number))
    assert status(runtime, "web 0")["override"] is None


def renamed(start, run, runtime):
    run.path.write_text(run.path.read_text().replace("web 0", "other"))
    run.process.send_signal(signal.SIGHUP)
    run.wait_log("reloaded ")
    return run, "other"


def stopped(start, run, runtime):
    assert run.stop()[0] == 0
    return start(grouped(runtime), build=run.build), "web 0"


def killed(start, run, runtime):
    run.kill()
    return start(grouped(runtime), build=run.build), "web 0"


def killed_renamed(start, run, runtime):
    """What a reload has renamed is in the file under its new name."""
    renamed(start, run, runtime)
    wait_until(lambda: '"other"' in pathlib.Path(runtime, "overrides").read_text(), what="the new name in the file")
    run.kill()
    return start(grouped(runtime, "other"), build=run.build), "other"


def upgraded(start, run, runtime):
    os.utime(run.build / "exacheck")
    run.process.send_signal(signal.SIGUSR2)
    run.wait_log("upgraded from ", 40)
    return run, "web 0"


@pytest.mark.parametrize("event", [renamed, stopped, killed, killed_renamed, upgraded])
def test_survives(start, runtime, directory, event):
    build = paths.copy_build(directory)
    run = start(grouped(runtime), build=build)
    run.build = build
    for number in (0, 1, 9):
        run.wait_route(prefix(number))
    ask(runtime, "disable", names=["web 0", "site"], reason="new kernel", for_s=3600)
    for number in (0, 9):
        run.wait_no_route(prefix(number))
    before = status(runtime, "web 0")["override"]
    said = len(run.lines)

    new, name = event(start, run, runtime)
    new.wait_route(prefix(1))
    after = executed(runtime, name)
    assert after["state"] == "disabled" and status(runtime, "site")["state"] == "disabled"
    assert {key: after["override"][key] for key in ("kind", "by", "reason")} == {
        key: before[key] for key in ("kind", "by", "reason")}
    assert after["override"]["until"][:15] == before["until"][:15]  # but for what the file rounds
    since = [line.text for line in new.lines[said if new is run else 0:]]
    for number in (0, 9):  # not even for a moment
        assert not [line for line in since if line.startswith(f"announce route {prefix(number)} ")]

    ask(runtime, "enable", names=[name, "site"])
    for number in (0, 9):
        new.wait_route(prefix(number))
    assert not os.path.exists(f"{runtime}/overrides")


@pytest.mark.parametrize("event", [None, killed, upgraded])
def test_for_a_time(start, runtime, directory, event):
    """It ends in time, also when another process has gone on with it."""
    build = paths.copy_build(directory)
    run = start(grouped(runtime), build=build)
    run.build = build
    run.wait_route(prefix(0))
    begin = time.monotonic()
    ask(runtime, "disable", names=["web 0"], for_s=2)
    run.wait_no_route(prefix(0))
    if event:
        run, _ = event(start, run, runtime)
    run.wait_route(prefix(0))
    assert time.monotonic() - begin > 1.99  # the file has milliseconds
    assert status(runtime, "web 0")["override"] is None
    wait_until(lambda: not os.path.exists(f"{runtime}/overrides"), what="the file to go")


def test_drain(start, runtime):
    run = start(checks({"drain_time": 1, "drain": {"metric": 99}}, {}, runtime_dir=runtime))
    for number in (0, 1):
        run.wait_route(prefix(number))
    with control(runtime) as client:
        refusal = client.refusal("drain", names=["*"])
        assert refusal.code == "state" and '"web 1"' in refusal.message and not refusal.lines
        assert [x["override"] for x in client.ask("status")[1:]] == [None, None]
        [line] = client.ask("drain", names=["web 0"])
        assert line["override"]["kind"] == "drain"
    run.wait_for(lambda: [x for x in run.lines if x.text.startswith(f"announce route {prefix(0)}") and "med 99" in x.text],
                 what="drain")
    run.wait_no_route(prefix(0))
    assert run.announced(prefix(1))


def test_beside_the_disable_file(start, runtime, directory):
    """Disabled from the beginning of the first to the end of the last."""
    file = directory / "off"
    run = start(checks({"disable": str(file)}, runtime_dir=runtime))
    run.wait_route(prefix(0))
    file.touch()
    run.wait_no_route(prefix(0))
    ask(runtime, "disable", names=["web 0"])
    file.unlink()
    assert executed(runtime, "web 0")["state"] == "disabled"
    ask(runtime, "enable", names=["web 0"])
    run.wait_route(prefix(0))

    ask(runtime, "disable", names=["web 0"])
    run.wait_no_route(prefix(0))
    file.touch()
    wait_until(lambda: status(runtime, "web 0")["worker"]["next"] is None, what="the file to be seen")
    [line] = ask(runtime, "enable", names=["web 0"])
    assert "its disable file" in line["message"] and status(runtime, "web 0")["state"] == "disabled"
    file.unlink()
    run.wait_route(prefix(0))


def test_unknown_name_changes_nothing(start, runtime):
    run = start(checks({}, {}, runtime_dir=runtime))
    run.wait_route(prefix(0))
    with control(runtime) as client:
        for command in ("disable", "enable", "drain"):
            assert client.refusal(command, names=["web 0", "wbe 1"]).code == "name"
        assert client.refusal("disable").code == "request"
        assert client.refusal("disable", names=["web 0"], for_s=0).code == "request"
        assert client.refusal("disable", names=["web 0"], reason="two\nlines").code == "request"
        assert [x["override"] for x in client.ask("status")[1:]] == [None, None]
    assert not os.path.exists(f"{runtime}/overrides")


def test_without_a_runtime_directory(start, directory):
    """It works, and says that it will not survive."""
    socket = str(directory / "control.sock")
    run = start(checks({}, runtime_dir=str(directory / "no" / "such"), control={"socket": socket}))
    run.wait_route(prefix(0))
    with Control(socket) as client:
        warning, line = client.ask("disable", names=["web 0"])
        assert warning["type"] == "warning" and "restart" in warning["message"]
        assert line["type"] == "override"
        run.wait_no_route(prefix(0))
        client.ask("enable", names=["web 0"])
    run.wait_route(prefix(0))


def test_check_now_before_it_is_enabled(start, runtime, directory):
    """What is overridden is executed on request, so that one sees whether it may be enabled; one with its file is not."""
    mark, barrier = directory / "mark", directory / "barrier"
    mark.touch()
    run = start(config(check("web", {"method": "file", "path": str(mark)}, interval=600, disable=str(barrier)),
                       runtime_dir=runtime))
    run.wait_route(prefix(0))
    with control(runtime) as client:
        client.ask("disable", names=["web"])
        run.wait_no_route(prefix(0))
        mark.unlink()
        [told] = client.ask("check", names=["web"])
        assert (told["type"], told["state"]) == ("check", "disabled") and told["last"]["result"] == "fail", told
        barrier.touch()
        # at once, or where the system has no watch left for it, at that execution
        wait_until(lambda: client.ask("check", names=["web"])[0].get("message") == "it is disabled", what="to be disabled")
        assert status(runtime, "web")["disable_file_exists"]
    assert not run.announced(prefix(0)) and not run.logged("worker lost")
