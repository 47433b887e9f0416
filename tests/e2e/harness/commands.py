"""
ExaBGP commands as exacheck writes them: a strict parser for both dialects and the table of routes that
results from replaying them. Anything that is not exactly one known command is an error: a stray byte on
stdout would be a BGP command.
"""
import ipaddress
import re
from dataclasses import dataclass, field

# Attributes with one decimal value, and lists in brackets with the shape of their items.
NUMBERS = ("med", "local-preference")
LISTS = {
    "as-path": re.compile(r"\d+"),
    "community": re.compile(r"\d+:\d+"),
    "large-community": re.compile(r"\d+:\d+:\d+"),
    "extended-community": re.compile(r"0x[0-9a-f]{16}|(?:target|origin):\d+:\d+"),
}
QUESTIONS = ("system version", "version", "peer list")
LINE_MAX = 4096  # one atomic write to a pipe


class CommandError(ValueError):
    """The line is no command that ExaBGP takes on every version."""


@dataclass
class Command:
    """One line: announce or withdraw of one route."""

    announce: bool
    prefix: str
    path_id: int | None
    neighbors: tuple  # empty: all
    attributes: dict = field(default_factory=dict)

    def keys(self):
        for neighbor in self.neighbors or ("*",):
            yield (self.prefix, self.path_id, neighbor)


class Tokens:
    """Words of a line, taken one by one."""

    def __init__(self, line):
        self.line = line
        self.words = line.split(" ")
        self.position = 0

    def more(self):
        return self.position < len(self.words)

    def take(self, *expected):
        if not self.more():
            raise CommandError(f"line ends early: {self.line!r}")
        word = self.words[self.position]
        if expected and word not in expected:
            raise CommandError(f"{word!r} instead of {' or '.join(expected)}: {self.line!r}")
        self.position += 1
        return word

    def number(self, limit=2**32 - 1):
        word = self.take()
        if not word.isdigit() or int(word) > limit:
            raise CommandError(f"number {word!r}: {self.line!r}")
        return int(word)

    def bracketed(self, shape):
        self.take("[")
        items = []
        while (word := self.take()) != "]":
            if not shape.fullmatch(word):
                raise CommandError(f"item {word!r}: {self.line!r}")
            items.append(word)
        if not items:
            raise CommandError(f"empty list: {self.line!r}")
        return items


def address(text, line):
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise CommandError(f"address {text!r}: {line!r}") from error


def take_neighbors_v4(tokens):
    """`neighbor A, neighbor B ` before the verb, or nothing."""
    neighbors = []
    while tokens.words[tokens.position] == "neighbor":
        tokens.take("neighbor")
        word = tokens.take()
        neighbors.append(address(word.rstrip(","), tokens.line))
        if not word.endswith(","):
            break
    return tuple(neighbors)


def take_neighbors_v6(tokens):
    """`peer * `, `peer A ` or `peer [A, B] `."""
    tokens.take("peer")
    word = tokens.take()
    if word == "*":
        return ()
    if not word.startswith("["):
        return (address(word, tokens.line),)
    words = [word]
    while not words[-1].endswith("]"):
        words.append(tokens.take())
    items = " ".join(words)[1:-1].split(",")
    return tuple(address(item.strip(), tokens.line) for item in items)


def parse(line, dialect="v4"):
    """The command in a line without its newline, None for a question or the empty line that may open."""
    if len(line) + 1 > LINE_MAX:
        raise CommandError(f"{len(line)} bytes: {line[:100]!r}")
    if not line.isascii() or not line.isprintable():
        raise CommandError(f"not printable ASCII: {line!r}")
    if line == "" or line in QUESTIONS:
        return None
    tokens = Tokens(line)
    neighbors = take_neighbors_v6(tokens) if dialect == "v6" else take_neighbors_v4(tokens)
    announce = tokens.take("announce", "withdraw") == "announce"
    tokens.take("route")
    word = tokens.take()
    try:
        prefix = str(ipaddress.ip_network(word))
    except ValueError as error:
        raise CommandError(f"prefix {word!r}: {line!r}") from error
    command = Command(announce, prefix, None, neighbors)
    while tokens.more():
        parse_attribute(tokens, command)
    if announce != ("next-hop" in command.attributes):
        raise CommandError(f"next-hop belongs to every announce and to no withdraw: {line!r}")
    return command


def parse_attribute(tokens, command):
    name = tokens.take()
    if name in command.attributes:
        raise CommandError(f"{name} twice: {tokens.line!r}")
    if name == "next-hop":
        word = tokens.take()
        command.attributes[name] = word if word == "self" else address(word, tokens.line)
    elif name == "path-information":
        word = tokens.take()
        command.path_id = int(ipaddress.IPv4Address(word)) if "." in word else int(word)
    elif name in NUMBERS:
        command.attributes[name] = tokens.number()
    elif name in LISTS:
        command.attributes[name] = tokens.bracketed(LISTS[name])
    else:
        raise CommandError(f"attribute {name!r}: {tokens.line!r}")


class Rib:
    """Routes as ExaBGP would hold them: (prefix, path id, neighbor or *) -> attributes."""

    def __init__(self, dialect="v4"):
        self.dialect = dialect
        self.routes = {}
        self.changes = []  # (time, up, key), only when a route came or went
        self.commands = []  # (time, Command), without the opening
        self.opening = {}  # key -> time: routes that were withdrawn before anything else was said of them
        self.known = set()  # keys of which something was said

    def feed(self, line, when):
        command = parse(line, self.dialect)
        if command is None or self.opens(command, when):
            return
        self.commands.append((when, command))
        for key in command.keys():
            if command.announce and key not in self.routes:
                self.changes.append((when, True, key))
            if not command.announce and key in self.routes:
                self.changes.append((when, False, key))
            if command.announce:
                self.routes[key] = command.attributes
            else:
                self.routes.pop(key, None)
        if not command.neighbors:
            self.cover(command, when)

    def cover(self, command, when):
        """A command without neighbor is every neighbor's: what was said to one of them before is no more."""
        for key in [key for key in self.routes if key[:2] == (command.prefix, command.path_id) and key[2] != "*"]:
            del self.routes[key]
            if not command.announce:
                self.changes.append((when, False, key))

    def opens(self, command, when):
        """
        Whether it is the one withdraw of a route that nothing was said of before: a predecessor may have left it
        announced, so that it stands before everything else unless the announce does.
        """
        new = [key for key in command.keys() if key not in self.known]
        self.known.update(new)
        if command.announce or not new:
            return False
        self.opening.update((key, when) for key in new)
        return True

    def prefixes(self):
        return {prefix for prefix, _, _ in self.routes}

    def attributes(self, prefix):
        """Of the only route to this prefix, None when there is none."""
        found = [attributes for key, attributes in self.routes.items() if key[0] == prefix]
        assert len(found) < 2, f"several routes to {prefix}: {self.routes}"
        return found[0] if found else None

    def changes_of(self, prefix):
        return [(when, up) for when, up, key in self.changes if key[0] == prefix]
