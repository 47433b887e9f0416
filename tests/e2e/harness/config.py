"""Configurations of tests: short ways to write checks, and tables of cases run by one exacheck."""
import json
import os
import re

INTERVAL = 0.2
LEVEL = os.environ.get("EXACHECK_TEST_SANDBOX")  # of the sandbox, where a test does not say it


def prefix(number):
    """The n-th documentation host route."""
    return f"198.18.{number // 256}.{number % 256}/32"


def check(name, args, /, **options):
    """A check that is quick to judge: every result counts, no splay."""
    return {"name": name, "args": args, "prefixes": [prefix(0)], "nexthop": "self", "interval": INTERVAL, "rise": 1,
            "fall": 1, "splay": False, **options}


def config(*checks, **settings):
    return {**({"exacheck": settings} if settings else {}), "checks": list(checks)}


def settings_of(text):
    """The settings of a configuration in YAML: where they begin and how far they are indented; None: there are none."""
    found = re.search(r"^exacheck:[ ]*\n(?P<indent>[ ]+)(?=\S)", text, re.MULTILINE)
    assert found or not re.search("^exacheck:", text, re.MULTILINE), "settings are to be written as a block"
    return found


def with_settings(document, **defaults):
    """A configuration (a dictionary, or the text of a file) with these settings, unless it has them."""
    if isinstance(document, dict):
        return {**document, "exacheck": {**defaults, **document.get("exacheck", {})}}
    if document.lstrip().startswith("{"):
        return json.dumps(with_settings(json.loads(document), **defaults))
    settings = settings_of(document)
    lines = [f"{name}: {value}" for name, value in defaults.items()
             if not re.search(rf"^ +{name}: \S", document, re.MULTILINE) or not settings]
    if not settings:
        return f"{document.rstrip()}\nexacheck: {{{', '.join(lines)}}}\n"
    place = settings.start("indent")
    return document[:place] + "".join(f"{settings['indent']}{line}\n" for line in lines) + document[place:]


def for_test(document, directory):
    """As a test runs it: with a runtime directory of its own, and the level that is tested."""
    defaults = {"runtime_dir": str(directory / "runtime")}
    if LEVEL:
        defaults["sandbox"] = LEVEL
    return with_settings(document, **defaults)


def cases_config(cases, settings=None, **options):
    """One check a case; cases: name -> (arguments, expected outcome)."""
    checks = [check(name, args, prefixes=[prefix(number)], **options)
              for number, (name, (args, _)) in enumerate(cases.items())]
    return config(*checks, **(settings or {}))


def outcome(transition):
    """"pass ok", "fail timeout" …"""
    return f"{transition.code} {transition.reason}"


def run_cases(start, cases, settings=None, timeout=40.0, options=None, **arguments):
    """
    Run all cases at once and compare the first verdict of each with what is expected: "pass", or "fail
    REASON", or "error REASON", or a tuple of several. Returns name -> transition.
    """
    run = start(cases_config(cases, settings, **(options or {})), **arguments)

    def verdicts():
        found = {}
        for transition in run.transitions:
            if transition.code and transition.state in ("up", "down"):
                found.setdefault(transition.check, transition)
        return found if len(found) == len(cases) else None

    run.wait_for(verdicts, timeout, f"verdicts of {sorted(cases)}")
    found = verdicts()
    wrong = {}
    for name, (_, expected) in cases.items():
        allowed = expected if isinstance(expected, tuple) else (expected,)
        actual = outcome(found[name])
        if actual not in ["pass ok" if text == "pass" else text for text in allowed]:
            wrong[name] = f"{actual} ({found[name].text}) instead of {expected}"
    assert not wrong, f"{wrong}\n{run.story()}"
    for number, name in enumerate(cases):
        passed = found[name].code == "pass"
        run.wait_for(lambda: run.announced(prefix(number)) == passed, what=f"route of {name} as its verdict")
    return found
