"""
Random changes of a configuration: each edits a list of checks of the model in place and says in words what it did.
Invariant: what comes out is always a configuration without errors, and the same dice give the same edits.
"""
import json

import model

FEWEST, MOST = 45, 55  # checks
FAST, RISE_MAX, FALL_MAX = 0.05, 3, 3
INTERVALS = (0.15, 0.2, 0.25, 0.3)
COMMUNITIES = ("65000:1", "65000:2", "65000:77", "65001:9")


class Editor:
    """ports, services: how many there are; the first `ports` are looked at with tcp, the others with file."""

    def __init__(self, dice, services):
        self.dice, self.services = dice, services
        self.names = self.prefixes = 0

    # What a check can be made of

    def new_name(self):
        self.names += 1
        return f"web {self.names}"

    def new_prefix(self):
        self.prefixes += 1
        number = self.prefixes % 32768
        if self.dice.random() < 0.1:
            return f"198.51.{number // 4 % 256}.{number % 4 * 64}/26"
        return f"198.18.{number // 256}.{number % 256}/32" if number < 65536 else None

    def new_timing(self):
        dice = self.dice
        return {"interval": dice.choice(INTERVALS), "fast_interval": FAST, "rise": dice.randint(0, RISE_MAX),
                "fall": dice.randint(1, FALL_MAX)}

    def value_of(self, name):
        dice = self.dice
        return {
            "metric": lambda: dice.choice([0, dice.randint(1, 500)]),
            "metric_down": lambda: 1000 + dice.randint(0, 50),
            "local_preference": lambda: dice.randint(0, 300),
            "communities": lambda: sorted(dice.sample(COMMUNITIES, dice.randint(1, 3))),
            "as_path": lambda: " ".join(str(65010 + dice.randint(0, 5)) for _ in range(dice.randint(1, 3))),
            "nexthop": lambda: f"192.0.2.{dice.randint(1, 200)}",
        }[name]()

    OPTIONS = ("metric", "metric_down", "local_preference", "communities", "as_path", "nexthop")

    def new_check(self):
        dice = self.dice
        check = model.Check(self.new_name(), dice.randrange(self.services), [self.new_prefix()],
                            timing=self.new_timing())
        for name in self.OPTIONS:
            if dice.random() < 0.25:
                check.options[name] = self.value_of(name)
        if dice.random() < 0.2:
            check.prefixes.append(self.new_prefix())
        if dice.random() < 0.2:
            self.set_peers(check)
        return check

    def set_peers(self, check):
        """Path identifiers only where the session keeps them apart."""
        check.peers = self.dice.choice([model.PEERS, ("p4",), ("p6",)])
        if check.peers != ("p4",):
            check.path_id = None

    def some(self, checks):
        return self.dice.choice(checks)

    @staticmethod
    def alone(checks, check):
        """No other check names any of its prefixes."""
        return not any(other is not check and set(other.prefixes) & set(check.prefixes) for other in checks)

    # Edits; each returns what it did, None when it found nothing to do

    def add(self, checks):
        if len(checks) >= MOST:
            return None
        check = self.new_check()
        checks.insert(self.dice.randint(0, len(checks)), check)
        return f"add {check.name}"

    def remove(self, checks):
        if len(checks) <= FEWEST:
            return None
        check = self.some(checks)
        checks.remove(check)
        return f"remove {check.name}"

    def replace(self, checks):
        """Another check in the place of one, with its prefixes."""
        old, new = self.some(checks), self.new_check()
        new.prefixes, new.peers, new.path_id = list(old.prefixes), old.peers, old.path_id
        if not self.alone(checks, old):
            new.options.pop("metric_down", None)
        checks[checks.index(old)] = new
        return f"replace {old.name} by {new.name}"

    def attribute(self, checks):
        check, name = self.some(checks), self.dice.choice(self.OPTIONS)
        if name == "metric_down" and not self.alone(checks, check):
            return None
        if name in check.options and self.dice.random() < 0.3:
            del check.options[name]
        else:
            check.options[name] = self.value_of(name)
        return f"{name} of {check.name} is {check.options.get(name)}"

    def argument(self, checks):
        check = self.some(checks)
        check.service = self.dice.randrange(self.services)
        return f"{check.name} looks at service {check.service}"

    def rename(self, checks):
        check = self.some(checks)
        old, check.name = check.name, self.new_name()
        return f"rename {old} to {check.name}"

    def reorder(self, checks):
        check = self.some(checks)
        checks.remove(check)
        checks.insert(self.dice.randint(0, len(checks)), check)
        return f"move {check.name} to {checks.index(check)}"

    def timing(self, checks):
        check, new = self.some(checks), self.new_timing()
        name = self.dice.choice(["interval", "rise", "fall"])
        check.timing[name] = new[name]
        return f"{name} of {check.name} is {new[name]}"

    def prefix(self, checks):
        check = self.some(checks)
        kind = self.dice.choice(["another", "more", "fewer"])
        if kind == "fewer" and len(check.prefixes) > 1:
            check.prefixes.pop(self.dice.randrange(len(check.prefixes)))
        elif kind == "more" and len(check.prefixes) < 3:
            check.prefixes.append(self.new_prefix())
        else:
            check.prefixes[self.dice.randrange(len(check.prefixes))] = self.new_prefix()
        return f"prefixes of {check.name} are {check.prefixes}"

    def path(self, checks):
        found = [check for check in checks if check.peers == ("p4",) and self.alone(checks, check)]
        if not found:
            return None
        check = self.some(found)
        check.path_id = self.dice.choice([None, 0, self.dice.randint(1, 9)])
        return f"path_id of {check.name} is {check.path_id}"

    def peers(self, checks):
        check = self.some(checks)
        if not self.alone(checks, check):
            return None
        self.set_peers(check)
        return f"peers of {check.name} are {check.peers}"

    def share(self, checks):
        """Two checks announce one prefix."""
        check, other = self.dice.sample(checks, 2)
        if not self.alone(checks, check) or not self.alone(checks, other):
            return None
        for one in (check, other):
            one.options.pop("metric_down", None)
        check.prefixes, check.peers, check.path_id = [other.prefixes[0]], other.peers, other.path_id
        return f"{check.name} shares {check.prefixes} with {other.name}"

    EDITS = {add: 10, remove: 10, replace: 4, attribute: 30, argument: 10, rename: 8, reorder: 8, timing: 8, prefix: 8,
             path: 4, peers: 5, share: 4}

    def edit(self, checks):
        """One to four random edits; returns them in words."""
        said = []
        for _ in range(self.dice.choice([1, 1, 1, 2, 4])):
            text = self.dice.choices(list(self.EDITS), self.EDITS.values())[0](self, checks)
            if text:
                said.append(text)
        return ", ".join(said) or "nothing"

    def broken(self, document):
        """The text of a file that must be refused, and why."""
        dice = self.dice
        good = json.dumps(document)
        kinds = {
            "cut off": lambda: good[:dice.randrange(1, len(good) - 1)],
            "empty": lambda: "",
            "noise": lambda: "\0\x01{]" + good[50:90],
            "no such key": lambda: json.dumps({**document, "cheks": []}),
            "a value that is none": lambda: good.replace('"interval": 0.', '"interval": -0.', 1),
            "two names alike": lambda: json.dumps({**document, "checks": document["checks"] + document["checks"][:1]}),
            "no method": lambda: good.replace('"method": "tcp"', '"method": "tpc"', 1),
        }
        kind = dice.choice(list(kinds))
        return kinds[kind](), kind
