"""The control socket: every command and every error, on the wire. exacheck-ctl has tests of its own."""
import pytest

from harness.config import check, config, prefix
from harness.control import Control, ask

pytestmark = pytest.mark.one_level

PASS = {"method": "shell", "command": "true"}


def some(count=3, **settings):
    return config(*(check(f"web {n}", PASS, prefixes=[prefix(n)]) for n in range(count)), **settings)


def test_version_and_status(start):
    run = start(some())
    for number in range(3):
        run.wait_route(prefix(number))
    with Control(run) as control:
        [line] = control.ask("version")
        assert line["type"] == "exacheck" and line["pid"] == run.pid and line["protocol"] == 1
        first, *nodes = control.ask("status", detail="full")  # another request on the same connection
        assert first["type"] == "exacheck" and first["pid"] == run.pid
        assert [(n["type"], n["name"], n["state"]) for n in nodes] == [("check", f"web {i}", "up") for i in range(3)]
        assert [n["name"] for n in control.ask("status", names=["web [12]"])[1:]] == ["web 1", "web 2"]
    assert [n["name"] for n in ask(run, "status", names=["web 2", "web 2", "*0"])[1:]] == ["web 0", "web 2"]
