"""
The keys of exacheck.yaml(5): the head of each item that describes keys, with type, range and default, is made from the
schema; the prose below it is written by hand. Lines that readers do not see say what a list is about:

    .\\" keys of: NAME, NAME        the list that follows tells of keys of these maps, NAME as in parts/schema.py
    .\\" by hand                    the head of the next item is written by hand, as the maps differ in it
    .\\" keys of NAME are those of OTHER      and told there

Every key of every map has an item with prose, and no item is of a key that there is not; each key that need not be
given has its default, in the head or in the prose.
"""
import fnmatch
import re

from schema import tables

LIST = re.compile(r'\.\\" keys of: (.+)')
SAME = re.compile(r'\.\\" keys of (.+) are those of (.+)')
HEAD = re.compile(r"\.It Cm (.+?)(?: Pq (.+))?$")
BY_HAND = r'.\" by hand'
BEGIN, END = r'.\" what a group has as a check has it begins: made by man/generate', r'.\" ends'

PLURALS = {"address": "addresses", "community": "communities", "status": "statuses"}


class Wrong(Exception):
    """What is wrong with the page, and where."""


# A head

def word(text):
    """One that mdoc must not take for a macro."""
    return rf"\&{text}" if re.fullmatch(r"[A-Z][a-z]?[a-z]?", text) else text


def words(text):
    return " ".join(word(each) for each in text.split())


SPANS = {86400: "a day", 31536000: "a year", 315360000: "10 years"}


def number(value, kind=""):
    if kind == "seconds" and value in SPANS:
        return SPANS[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def range_phrase(key):
    least, above, most = key.range
    if "path" in key.kind or key.kind in ("string", "name") or key.kind.startswith("string"):
        return f" , at most {most} bytes{' each' if key.shape else ''}" if most else ""
    if least is None and most is None:
        return ""
    if above:
        return f" , above {number(least)}" + (f" , at most {number(most, key.kind)}" if most is not None else "")
    if most is None:
        return f" , {number(least)} or more"
    return f" , {number(least or 0)} to {number(most, key.kind)}"


def type_phrase(key):
    of = {"list": "list of ", "map": "map of "}.get(key.shape, "")
    if key.choices:
        return f"{of}Cm {' , '.join(map(word, key.choices))}", " No"
    kind = re.sub(r"(, )", " , ", key.kind)
    if key.shape:
        kind = PLURALS.get(kind, f"{kind}s")
    return of + words(kind), ""


def default_phrase(key):
    if isinstance(key.default, bool):
        return str(key.default).lower()
    if isinstance(key.default, tuple):
        return "all" if set(key.default) == set(key.choices) else " , ".join(key.default)
    return words(f"0{key.default}" if key.kind == "octal" else number(key.default))


def head(names, key):
    kind, back = type_phrase(key)
    text = f".It Cm {' , '.join(names)} Pq {kind}{range_phrase(key)}"
    if key.required:
        return f"{text} ;{back} required"
    if key.default is not None:
        return f"{text} ;{back} default: {default_phrase(key)}"
    return text


# A list of items

def items_of(lines, start):
    """(index of each item's head, lines of its body) of the list that begins at this line."""
    depth, found = 0, []
    for index in range(start, len(lines)):
        if lines[index].startswith(".Bl"):
            depth += 1
        elif lines[index].startswith(".El"):
            depth -= 1
            if depth == 0:
                return found
        elif depth == 1 and lines[index].startswith(".It "):
            found.append((index, []))
            continue
        if found:
            found[-1][1].append(lines[index])
    raise Wrong(f"line {start + 1}: a list without an end")


def expand(names, found):
    done = []
    for name in names.split(", "):
        matching = fnmatch.filter(found, name.replace("[", "[[]"))
        if not matching:
            raise Wrong(f"there is no map {name}")
        done += matching
    return done


def prose_of(body):
    return [line for line in body if not line.startswith(('.\\"', ".Pp", ".El", ".Bl"))]


def facts(name, maps, found):
    """What all of the maps say of the key."""
    missing = [each for each in maps if name not in found[each]]
    if missing:
        raise Wrong(f"{name}: there is no such key in {missing}")
    keys = {found[each][name] for each in maps}
    if len(keys) > 1:
        raise Wrong(f"{name}: differs in {maps}")
    return keys.pop()


def item_made(lines, index, body, maps, found, told):
    match = HEAD.fullmatch(lines[index])
    if not match:
        raise Wrong(f"line {index + 1}: no keys: {lines[index]}")
    names = [name for name in match[1].split() if name != ","]
    by_hand = lines[index - 1] == BY_HAND
    for each in maps:
        for name in names:
            if name not in found[each] or (name in told[each] and not by_hand):
                raise Wrong(f"line {index + 1}: {name}: no key of {each}, or told twice")
            told[each].add(name)
    prose = prose_of(body)
    if not prose:
        raise Wrong(f"line {index + 1}: {names}: no prose")
    if by_hand or not found[maps[0]][names[0]].kind:
        return
    keys = {facts(name, maps, found) for name in names}
    if len(keys) > 1:
        raise Wrong(f"line {index + 1}: {names} differ")
    key = keys.pop()
    says = any(re.search(r"\bdefault\b", line, re.IGNORECASE) for line in prose)
    if not key.required and key.kind != "map" and key.default is None and not says:
        raise Wrong(f"line {index + 1}: {names}: what is the default?")
    if key.default is not None and any(line.startswith("Default:") for line in prose):
        raise Wrong(f"line {index + 1}: {names}: the default is in the head already")
    lines[index] = head(names, key)


def same(name, other, found, told):
    for key, fact in found[name].items():
        if found[other].get(key) != fact:
            raise Wrong(f"{name}.{key} is not as that of {other}")
        told[name].add(key)


def group_keys(lines, found, told):
    """The list of those keys of a group that mean what they mean of a check."""
    begin, end = lines.index(BEGIN), lines.index(END)
    names = [name for name in found["groups[]"] if name not in told["groups[]"]]
    for name in names:
        facts(name, ("groups[]", "checks[]"), found)
        told["groups[]"].add(name)
    lines[begin + 1:end] = [f".Cm {' , '.join(names[:-1])}", "and", f".Cm {names[-1]} ."]


def heads(page, exacheck):
    found, lines = tables(exacheck), page.splitlines()
    told = {name: set() for name in found}
    for number_of, line in enumerate(lines):
        if match := LIST.fullmatch(line):
            maps = expand(match[1], found)
            for index, body in items_of(lines, number_of + 1):
                item_made(lines, index, body, maps, found, told)
        elif match := SAME.fullmatch(line):
            for name in expand(match[1], found):
                same(name, match[2], found, told)
    group_keys(lines, found, told)
    untold = {name: sorted(found[name].keys() - told[name]) for name in found if found[name].keys() - told[name]}
    if untold:
        raise Wrong(f"keys that are told nowhere: {untold}")
    return "\n".join(lines) + "\n"
