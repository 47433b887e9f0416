"""
Random services, configurations, reloads and upgrades: what is announced, with which MED, is always what follows from
the services and the file alone, reckoned here once more and independently.
"""
import random

import pytest

from harness.config import prefix
from harness.reload import reload, settle
from test_policy import document, services, upgrade, watching  # noqa: F401 (a fixture)

pytestmark = pytest.mark.one_level

NAMES, PREFIXES, STEPS = "abcdef", 6, 30


class Trace:
    """One random life. seed: it can be lived again."""

    def __init__(self, seed, services, directory):  # noqa: F811
        self.random, self.directory = random.Random(seed), directory
        self.up = {name for name in NAMES if self.maybe(0.5)}
        self.off = set()
        self.services = dict(zip(NAMES, services(NAMES, self.up)))
        self.steps = []

    def maybe(self, share):
        return self.random.random() < share

    def switch(self, name):
        """The file that disables."""
        return self.directory / f"off-{name}"

    # Configurations

    def node(self, **attributes):
        """Prefixes, and some of the attributes: name -> the lowest value."""
        numbers = self.random.sample(range(PREFIXES), self.random.randint(1, 2))
        found = {"prefixes": [prefix(number) for number in numbers]}
        for name, lowest in attributes.items():
            if self.maybe(0.5):
                found[name] = self.random.randint(lowest, lowest + 99)
        if self.maybe(0.3) and "metric" in found:
            found["metric_increase"] = 5
        return found

    def checks(self):
        found = []
        for name in self.random.sample(NAMES, self.random.randint(2, 5)):
            options = self.node(metric=1, metric_down=1000)
            if self.maybe(0.3):
                options["disabled"] = {"metric": 2000}
            if self.maybe(0.7):
                options["disable"] = str(self.switch(name))
            found.append(watching(name, self.services[name], **options))
        return found

    def group(self, number, names):
        members = self.random.sample(names, self.random.randint(1, len(names)))
        weights = [self.random.randint(1, 5) for _ in members]
        count = self.random.randint(1, len(members))
        weight = self.random.randint(1, sum(weights))
        require = self.random.choice(["all", "any", {"at_least": count}, {"weight": weight}])
        if isinstance(require, dict) and "weight" in require:
            members = [{"check": name, "weight": weight} for name, weight in zip(members, weights)]
        return {"name": f"group {number}", "members": members, "require": require,
                **self.node(metric=200, metric_down=1200)}

    def document(self):
        checks = self.checks()
        names = [check["name"] for check in checks]
        return document(checks, [self.group(number, names) for number in range(self.random.randint(0, 3))])

    # What follows from it

    def verdicts(self, made):
        """Of each node, in the order in which they come."""
        found = {check["name"]: "disabled" if "disable" in check and check["name"] in self.off else
                 "up" if check["name"] in self.up else "down" for check in made["checks"]}
        for group in made.get("groups", []):
            weights = {member["check"]: member["weight"] for member in group["members"]} if isinstance(
                group["members"][0], dict) else dict.fromkeys(group["members"], 1)
            require = group["require"]
            needed = {"all": len(weights), "any": 1}[require] if isinstance(require, str) else max(require.values())
            there = sum(weight for name, weight in weights.items() if found[name] == "up")
            found[group["name"]] = "up" if there >= needed else "down"
        return found

    def expected(self, made):
        """The MED of each prefix that is announced."""
        verdicts, found = self.verdicts(made), {}
        nodes = [*made["checks"], *made.get("groups", [])]
        for node in sorted(nodes, key=lambda node: verdicts[node["name"]] != "up"):
            verdict = verdicts[node["name"]]
            set_of = {"up": {"metric": node.get("metric")}, "disabled": node.get("disabled"),
                      "down": {"metric": node["metric_down"]} if "metric_down" in node else None}[verdict]
            for place, route in enumerate(node["prefixes"] if set_of else []):
                metric = set_of["metric"]
                found.setdefault(route, metric and metric + place * node.get("metric_increase", 0))
        return found

    # Changes

    def change_service(self):
        name = self.random.choice(NAMES)
        self.up ^= {name}
        self.services[name].set(name in self.up)
        self.steps.append(f"{name} {name in self.up}")

    def change_switch(self):
        name = self.random.choice(NAMES)
        self.off ^= {name}
        self.switch(name).touch() if name in self.off else self.switch(name).unlink()
        self.steps.append(f"{name} disabled {name in self.off}")


@pytest.mark.parametrize("seed", range(4))
def test_random(start, services, directory, seed):  # noqa: F811
    trace = Trace(seed, services, directory)
    made = trace.document()
    run = start(made)
    run.launcher()  # it takes signals by then

    def routes():
        return {key[0]: attributes.get("med") for key, attributes in run.rib.routes.items()}

    for _ in range(STEPS):
        expected = trace.expected(made)
        run.wait_for(lambda: routes() == expected, what=f"{expected} after {trace.steps} in {made}")
        for _ in range(trace.random.randint(0, 2)):
            trace.change_service()
        if trace.maybe(0.2):
            trace.change_switch()
        if trace.maybe(0.3):
            made = trace.document()
            reload(run, made)
            trace.steps.append("reload")
        if trace.maybe(0.05):
            upgrade(run)
            trace.steps.append("upgrade")
    expected = trace.expected(made)
    run.wait_for(lambda: routes() == expected, what=f"{expected} after {trace.steps} in {made}")
    settle(run)
    assert routes() == expected, (trace.steps, made)
