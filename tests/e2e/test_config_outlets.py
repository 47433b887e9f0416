"""Logging, notifications, sentry in the configuration: what users of ExaCheck have, warnings, schema, reload, manual."""
import json
import re

import jsonschema
import pytest
import yaml

from harness import paths
from harness.config import check, config, prefix
from harness.exacheck import run_once
from harness.receiver import Receiver
from harness.reload import commands, reload, settle

pytestmark = pytest.mark.one_level

CONFIGURATIONS = paths.REPOSITORY / "tests" / "e2e" / "configurations"
# What is said of each: everything that has no effect, or another one than was probably meant.
WARNINGS = {
    "chat.yaml": [],
    "mail-and-syslog.yaml": [
        "logging[1].events: datadump has no effect: its lines are of level trace, which level does not let through"],
    "everything-else.json": [
        "sentry.profiles_sample_rate: has no effect: there are no profiles",
        "sentry.attach_stacktrace: has no effect: an error names the line of the program that it comes from",
        "sentry.include_local_variables: has no effect: no variables are ever sent"],
    "misspelt.yaml": [
        "logging[1].port: has no effect: destination is a socket of this machine",
        "logging[1].events: datadump is left out: it is for files that are not structured",
        "logging[2].destination: directory /nonexistent/exacheck: No such file or directory: "
        "the log begins once it is there, or can be made",
        'logging[2].checks: there is no check or group "wbe"; did you mean web?',
        "notifications[1] (ops).checks: there is no check or group MASTER: for what exacheck itself has to tell say "
        "general_events: true",
        "sentry.debug: has no effect: exacheck-notify says what goes wrong in any case"],
}


class Loader(yaml.SafeLoader):
    """Scalars as exacheck's documentation has them: true is a boolean, 64496:1 is text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":int", ":timestamp"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


@pytest.fixture(scope="module")
def validator():
    return jsonschema.Draft202012Validator(json.loads(run_once("schema").stdout))


def warnings(done):
    """Without the place in the file."""
    return [re.sub(r"^.*?:\d+:\d+: warning: ", "", line) for line in done.stderr.splitlines()]


@pytest.mark.parametrize("name", sorted(WARNINGS))
def test_users_configurations(directory, validator, name):
    """They are valid, nothing that has no effect is passed over, and what is printed is the same once more."""
    path = directory / name
    path.write_text((CONFIGURATIONS / name).read_text())
    path.chmod(0o600)
    done = run_once("test", "--print", "-f", path)
    assert done.returncode == 0, done.stderr
    assert warnings(done) == WARNINGS[name]
    again = directory / "again.yaml"
    again.write_text(done.stdout)
    again.chmod(0o600)
    assert run_once("test", "--print", "-f", again).stdout == done.stdout
    for document in (path, again):
        validator.validate(yaml.load(document.read_text(), Loader))


@pytest.mark.parametrize("key, item, accepted", [
    ("logging", {"method": "File", "size": "64MiB", "count": "3"}, True),
    ("logging", {"method": "file", "size": "64 MB"}, True),
    ("logging", {"method": "file", "size": "lots"}, False),
    ("logging", {"method": "file", "compression_format": "TAR.BZ2", "compress": False}, True),
    ("logging", {"method": "file", "port": 514}, False),
    ("logging", {"method": "syslog", "protocol": "TCP", "facility": "LOCAL0", "format": "rfc3164"}, True),
    ("logging", {"method": "syslog", "size": "1MB"}, False),
    ("logging", {"method": "syslog", "events": ["info", "nothing"]}, False),
    ("logging", {"method": "syslog", "events": "Info"}, True),
    ("logging", {"method": "journal"}, False),
    ("logging", {"level": "info"}, False),
    ("notifications", {"name": "a", "url": "json://127.0.0.1"}, True),
    ("notifications", {"name": "a", "url": "json://127.0.0.1", "events": ["debug"]}, False),
    ("notifications", {"name": "a", "url": "json://127.0.0.1", "rate": 601}, False),
    ("notifications", {"name": "a", "url": "json://127.0.0.1", "group": 0, "retry": "0"}, True),
    ("notifications", {"url": "json://127.0.0.1"}, False),
])
def test_schema_and_program_agree(directory, validator, key, item, accepted):
    document = json.loads((CONFIGURATIONS / "everything-else.json").read_text())
    document = {"checks": document["checks"], key: [item]}
    path = directory / "exacheck.json"
    path.write_text(json.dumps(document))
    done = run_once("test", "-f", path)
    assert (done.returncode == 0) == accepted, done.stderr
    assert validator.is_valid(document) == accepted


def test_diff_names_what_has_changed(directory):
    """Nothing is announced or withdrawn for it."""
    old, new = directory / "old.yaml", directory / "new.yaml"
    text = (CONFIGURATIONS / "mail-and-syslog.yaml").read_text().replace("level: debug", "level: trace")
    old.write_text(text)
    new.write_text(text.replace("level: error", "level: warning").replace("p%40ssw0rd", "another"))
    for path in (old, new):
        path.chmod(0o600)
    done = run_once("test", "--diff", old, "-f", new)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines()[0].endswith(" info changed: logging, notifications")
    assert "another" not in done.stderr
    assert not run_once("test", "--diff", old, "-f", old).stderr


def test_reload_leaves_checks_alone(start, directory):
    """Loggers come, change and go: the same worker, no command, and a line that says what it was about."""
    document = config(check("web", {"method": "file", "path": "/etc/hostname"}, prefixes=[prefix(0)]))
    run = start(document)
    run.wait_route(prefix(0))
    worker, lines = run.worker("web"), settle(run)
    for destination in ("one.log", "other.log", None):
        item = {"method": "file", "destination": str(directory / str(destination)), "structured": True}
        taken = reload(run, {**document, "logging": [item] if destination else []})
        assert taken.endswith(": 0 added, 0 removed, 0 changed, 1 unchanged")
    assert len(run.logged(" info changed: logging")) == 3
    assert run.worker("web") == worker
    assert commands(run, lines) == [], run.story()
    reload(run, document)
    assert run.logged("nothing has changed")


def test_manual_names_every_member_of_a_webhook(start, keep):
    """What programs find in a request is what the manual says, no more and no less."""
    page = (paths.REPOSITORY / "man" / "exacheck.yaml.5").read_text()
    section = page.split(".Ss Webhooks")[1].split(".Sh ")[0]
    lines = [line for line in section.splitlines() if line.startswith((".Va ", ".It Va ", ".Pq Va "))]
    named = {word for line in lines for word in re.findall("[a-z_]+", line.split("Va ", 1)[1])}
    receiver = keep(Receiver())
    start({**config(check("web", {"method": "file", "path": "/etc/hostname"}, prefixes=[prefix(0)])),
           "notifications": [{"name": "hook", "url": receiver.url, "group": 0}]})
    letter = receiver.wait("the announcement", check="web", effect="announced")
    assert named == {*letter, *letter["summary"], *letter["events"][0]}
