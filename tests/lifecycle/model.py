"""
What must be announced, written without a look at exacheck: from a configuration and from which services are up
follows what each peer must have. Pure. Invariant: nothing here knows what was announced before.
"""
import copy
import dataclasses
import itertools
from dataclasses import dataclass, field

PEERS = ("p4", "p6")


@dataclass
class Check:
    """One check of the configuration; its place in the list is its place in the file."""

    name: str
    service: int
    prefixes: list
    peers: tuple = PEERS  # all of them: no neighbors are named
    path_id: int | None = None
    options: dict = field(default_factory=dict)  # metric, local_preference, communities, as_path, nexthop, metric_down
    timing: dict = field(default_factory=dict)  # interval, fast_interval, rise, fall

    def attributes(self, up):
        """What it wants announced, None: nothing."""
        wanted = {name: value for name, value in self.options.items() if name != "metric_down"}
        if up:
            return wanted
        if "metric_down" in self.options:
            return {**wanted, "metric": self.options["metric_down"]}
        return None

    def document(self, farm, addresses):
        """As the configuration says it. addresses: of each peer, as ExaBGP names it."""
        item = {"name": self.name, "args": farm.args(self.service), "prefixes": self.prefixes, "nexthop": "self",
                "splay": False, **self.timing, **self.options}
        if self.peers != PEERS:
            item["neighbors"] = [addresses[peer] for peer in self.peers]
        if self.path_id is not None:
            item["path_id"] = self.path_id
        return item


def wanted(checks, up):
    """(peer, prefix, path id) -> attributes; up: of each service whether it is."""
    found = {}
    for check in checks:
        attributes = check.attributes(up[check.service])
        if attributes is None:
            continue
        for peer in check.peers:
            for prefix in check.prefixes:
                found.setdefault((peer, prefix, check.path_id or 0), attributes)
    return found


def without_name(check):
    return dataclasses.replace(check, name="")


def pairs(old, new):
    """name of a check in `new` -> the one in `old` that it continues: of the same name, or the same but for its name."""
    by_name = {check.name: check for check in old}
    found = {check.name: by_name[check.name] for check in new if check.name in by_name}
    left = [check for check in old if check.name not in found]
    for check in new:
        same = next((other for other in left if check.name not in found and
                     without_name(other) == without_name(check)), None)
        if same:
            left.remove(same)
            found[check.name] = same
    return found


class Owner:
    """A check and one route that it names. up: True, False or None, which is not known yet."""

    def __init__(self, check, up_now, up_later):
        self.check, self.up_now, self.up_later = check, up_now, up_later


def decide(owners, ups, announced):
    """
    The attributes of a route: of its first owner that wants it. It stays as it is when nobody does and one does not
    know yet, unless another has said no.
    """
    for owner, up in zip(owners, ups):
        attributes = None if up is None else owner.check.attributes(up)
        if attributes is not None:
            return attributes
    return announced if ups and all(up is None for up in ups) else None


def steps(states):
    """What is said when a route goes through these attributes, None: withdrawn."""
    return tuple("removed" if after is None else "added" for before, after in zip(states, states[1:]) if before != after)


def sequences(owners, announced):
    """
    Everything that may have to be said of a route: at once for what its owners have become, and then in whatever
    order those come to their verdicts whose service is not as it was. What is overtaken before it was said need not
    be. A set of tuples of added and removed.
    """
    found = set()
    moving = [number for number, owner in enumerate(owners) if owner.up_now != owner.up_later]
    for order in itertools.permutations(moving):
        ups = [owner.up_now for owner in owners]
        between = [decide(owners, ups, announced)]
        for number in order:
            ups[number] = owners[number].up_later
            between.append(decide(owners, ups, between[-1]))
        last = between.pop()
        for count in range(len(between) + 1):
            found.update(steps([announced, *some, last]) for some in itertools.combinations(between, count))
    return found


def expectations(old, up_old, new, up_new):
    """key -> what may be said of it (see sequences) when one configuration follows another, and services turn."""
    continued = pairs(old, new)
    before = wanted(old, up_old)
    owners = {key: [] for key in before}
    for check in new:
        origin = continued.get(check.name)
        up_now = None if origin is None else up_old[origin.service]
        for peer in check.peers:
            for prefix in check.prefixes:
                owners.setdefault((peer, prefix, check.path_id or 0), []).append(
                    Owner(check, up_now, up_new[check.service]))
    return {key: sequences(owning, before.get(key)) for key, owning in owners.items()}


def exact(checks):
    """(neighbor or None for all, prefix, path id or None) -> the checks that name exactly that, as ExaBGP is told."""
    found = {}
    for check in checks:
        for neighbor in (None,) if check.peers == PEERS else check.peers:
            for prefix in check.prefixes:
                found.setdefault((neighbor, prefix, check.path_id), []).append(check)
    return found


def first_withdraws(old, up_old, new):
    """
    peer -> how many withdraws are said of routes that nobody has named so far and that are not announced at once: a
    predecessor may have left them. ExaBGP passes them on, though BIRD has no such route.
    """
    continued, before = pairs(old, new), exact(old)
    found = dict.fromkeys(PEERS, 0)
    for (neighbor, prefix, path), checks in exact(new).items():
        if (neighbor, prefix, path) in before or (None, prefix, path) in before:
            continue
        origins = [(check, continued.get(check.name)) for check in checks]
        if all(origin is None or check.attributes(up_old[origin.service]) is None for check, origin in origins):
            for peer in PEERS if neighbor is None else (neighbor,):
                found[peer] += 1
    return found


def names(checks):
    """(peer, prefix, path id) -> the ways in which checks name it: which peers are meant, whether with a path id."""
    found = {}
    for check in checks:
        for peer in check.peers:
            for prefix in check.prefixes:
                found.setdefault((peer, prefix, check.path_id or 0), set()).add((check.peers, check.path_id))
    return found


def renamed_routes(old, new):
    """
    Routes that are the same to a peer and not to ExaBGP, as another set of neighbors or path id 0 instead of none
    names them now: these cannot but be withdrawn and announced again at once.
    """
    before, after = names(old), names(new)
    return {key for key in before.keys() & after.keys() if before[key] != after[key]}


def seen_by(peer, attributes):
    """
    Attributes as BIRD shows them, None: not there; only what a peer of this kind keeps as it was sent. p6 is another
    autonomous system.
    """
    communities = [text.replace(":", ",") for text in attributes.get("communities", [])]
    shown = {"med": attributes.get("metric"), "community": " ".join(f"({text})" for text in communities) or None}
    if peer == "p4":
        shown["local_pref"] = attributes.get("local_preference", 100)
        shown["as_path"] = attributes.get("as_path", "")
        if "nexthop" in attributes:
            shown["next_hop"] = attributes["nexthop"]
    return {name: None if value is None else str(value) for name, value in shown.items()}


def differences(wanted_routes, routes):
    """Between what is wanted and the routes in a table; empty: it is as wanted."""
    left, found = list(routes), []
    for (peer, prefix, path), attributes in wanted_routes.items():
        shown = seen_by(peer, attributes)
        match = next((route for route in left if (route.protocol, route.prefix) == (peer, prefix) and
                      all(route.attributes.get(name) == value for name, value in shown.items())), None)
        if match:
            left.remove(match)
        else:
            found.append(f"{peer} lacks {prefix} path {path} {shown}")
    return found + [f"{route.protocol} has {route.prefix} {route.attributes}" for route in left]


def clone(checks):
    return copy.deepcopy(checks)
