"""Groups, guard, holds and hooks on the command line: test, --print, --diff, schema."""
import json

import jsonschema
import pytest

from harness.config import check, config, prefix
from harness.exacheck import run_once

pytestmark = pytest.mark.one_level

FILE = {"method": "file", "path": "/etc/passwd"}


def member(name):
    """A check that announces for its groups alone."""
    return {"name": name, "args": FILE}


def group(**options):
    return {"name": "pool", "members": ["a", "b", "c"], "prefixes": [prefix(1)], **options}


def document(*groups, **settings):
    """With one group more, of which all checks that announce nothing themselves are members."""
    others = {"name": "others", "members": ["a", "b"], "prefixes": [prefix(99)]}
    return {**config(member("a"), member("b"), check("c", FILE), **settings), "groups": [*groups, others]}


def written(directory, name, content):
    path = directory / name
    path.write_text(json.dumps(content))
    return path


WEIGHTS = [{"check": "a", "weight": 50}, {"check": "b", "weight": "30"}, "c"]

GROUPS = {
    "plain": (group(), True),
    "single member": (group(members="a"), True),
    "weights": (group(members=WEIGHTS, require={"weight": 80}), True),
    "any": (group(require="Any"), True),
    "at least": (group(require={"at_least": 2}), True),
    "keep last": (group(prefixes=None, guard={"keep_last": True}), True),
    "hooks": (group(prefixes=[], hooks={"up": "true", "change": "true", "timeout": 0.5}), True),
    "holds": (group(min_up=5, min_down="2.5", metric=5, metric_increase=10), True),
    "some": (group(require="some"), False),
    "two requirements": (group(require={"at_least": 2, "weight": 2}), False),
    "no requirement": (group(require={}), False),
    "at least none": (group(require={"at_least": 0}), False),
    "weight of nothing": (group(members=[{"check": "a", "weight": 0}]), False),
    "member without a name": (group(members=[{"weight": 5}]), False),
    "no members": (group(members=[]), False),
    "a number for keep_last": (group(guard={"keep_last": 1}), False),
    "an argument": (group(interval=5), False),
    "an unknown hook": (group(hooks={"changed": "true"}), False),
}


@pytest.mark.parametrize("group, accepted", GROUPS.values(), ids=GROUPS.keys())
def test_schema_and_program_agree(directory, group, accepted):
    path = written(directory, "group.json", document(group))
    done = run_once("-f", path, "test")
    assert (done.returncode == 0) == accepted, done.stderr
    validator = jsonschema.Draft202012Validator(json.loads(run_once("schema").stdout))
    assert validator.is_valid(document(group)) == accepted


@pytest.mark.parametrize("guard, accepted", [({"max_withdraw": "50%", "window": 60}, True),
                                             ({"max_withdraw": 50, "window": 60}, False),
                                             ({"max_withdraw": "50%"}, False), ({}, False), (None, True),
                                             ({"max_withdraw": "50%", "window": None}, False)])
def test_guard(directory, guard, accepted):
    content = document(group(), guard=guard)
    assert (run_once("-f", written(directory, "guard.json", content), "test").returncode == 0) == accepted
    schema = json.loads(run_once("schema").stdout)
    assert jsonschema.Draft202012Validator(schema).is_valid(content) == accepted


def test_print_parses_back(directory):
    content = document(*({**options, "name": f"pool {number}", "prefixes": [prefix(10 + number)]}
                         for number, (options, accepted) in enumerate(GROUPS.values()) if accepted),
                       guard={"max_withdraw": "62.5%", "window": 60})
    first = run_once("-f", written(directory, "first.json", content), "test", "--print")
    assert first.returncode == 0 and first.stderr == "", first.stderr
    again = directory / "again.yaml"
    again.write_text(first.stdout)
    second = run_once("-f", again, "test", "--print")
    assert (second.returncode, second.stderr, second.stdout) == (0, "", first.stdout)
    assert "max_withdraw: 62.5%" in first.stdout


def test_errors_have_places(directory):
    """A member that there is not, the group itself, more than there is: all at once, each with its place."""
    path = directory / "wrong.yaml"
    path.write_text("checks:\n  - {name: web, args: {method: file, path: /a}}\n"
                    "groups:\n  - name: pool\n    prefixes: 192.0.2.1\n    members:\n      - wbe\n      - pool\n"
                    "      - {check: web, weight: 5}\n    require: {at_least: 4}\n")
    done = run_once("-f", path, "test")
    assert done.returncode == 2
    found = [line.removeprefix(f"{path}:") for line in done.stderr.splitlines() if line.startswith(str(path))]
    assert len(found) == 3, done.stderr
    for line, (place, words) in zip(found, [("7:9: groups[1] (pool).members[1]: ", "did you mean web?"),
                                            ("8:9: groups[1] (pool).members[2]: ", "itself"),
                                            ("10:25: groups[1] (pool).require.at_least: ", "at most 3")]):
        assert line.startswith(place) and words in line, done.stderr


def test_diff(directory):
    """What a reload says: another prefix, a growing metric; nothing for members, thresholds, holds and hooks."""
    before = document(group(metric=10))
    after = document(group(metric=10, metric_increase=5, prefixes=[prefix(1), prefix(2)]))
    same = document(group(metric=10, members=["b", "a"], require="any", min_up=5, hooks={"up": "true"}))
    before, after, same = (written(directory, f"{name}.json", content)
                           for name, content in (("before", before), ("after", after), ("same", same)))
    announce = f"announce route {prefix(2)} next-hop self med 15"
    for old, new, expected in ((before, after, [announce]), (after, before, [f"withdraw route {prefix(2)}"]),
                               (before, same, [])):
        done = run_once("-f", new, "test", "--diff", old)
        assert done.returncode == 0 and done.stdout.splitlines() == expected, done
