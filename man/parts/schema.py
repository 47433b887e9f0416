"""What `exacheck schema` says of the keys of each map of the configuration."""
import json
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    kind: str  # the type, as people call it; empty: no option table has the key, its head is written by hand
    shape: str  # "", "list" or "map" of that
    choices: tuple
    range: tuple  # (minimum, the value must be above it, maximum) each None or a number; of texts the length in bytes
    required: bool
    default: object  # None: none


def value_of(node):
    """Without the null that stands for a key that is not given."""
    forms = node.get("anyOf", [])
    return forms[0] if len(forms) == 2 and forms[1] == {"type": "null"} else node


def item_of(node):
    """(one item, shape)"""
    forms = node.get("oneOf", [])
    if len(forms) == 2 and forms[1].get("type") == "array":
        return forms[0], "list"
    if isinstance(node.get("additionalProperties"), dict):
        return node["additionalProperties"], "map"
    return node, ""


def choices_of(item):
    """As they are written in the program: the schema has them in other cases, too."""
    words = [word for word in item.get("anyOf", [{}])[0].get("enum", []) if isinstance(word, str)]
    return tuple({word.lower(): word for word in reversed(words)}.values())[::-1]


def range_of(item):
    above = item.get("exclusiveMinimum")
    least = above if above is not None else item.get("minimum")
    return least, above is not None, item.get("maximum", item.get("maxLength"))


def key_of(node, required):
    item, shape = item_of(value_of(node))
    default = node.get("default")
    return Key(node.get("$comment", ""), shape, choices_of(item), range_of(item), required,
               tuple(default) if isinstance(default, list) else default)


def maps_below(name, node):
    """(name, schema) of each map at this place: those of a list's items have [], those chosen by a word its name."""
    node = value_of(node)
    if "items" in node:
        name, node = f"{name}[]", node["items"]
    for form in node.get("oneOf", []) + [form for form in node.get("anyOf", []) if isinstance(form, dict)]:
        if "properties" in form:
            yield f"{name} {form['title']}" if "title" in form else name, form
        elif form.get("type") == "array":
            yield from maps_below(name, form)
    if "properties" in node:
        yield name, node


def walk(name, node, found):
    found[name] = {key: key_of(inner, key in node["required"]) for key, inner in node["properties"].items()}
    for key, inner in node["properties"].items():
        place = key if name == "configuration" else f"{name}.{key}"
        for below, form in maps_below(place, inner):
            walk(below, form, found)


def tables(exacheck):
    """Name of each map -> its keys, name -> Key."""
    done = subprocess.run([exacheck, "schema"], capture_output=True, text=True, check=True)
    found = {}
    walk("configuration", json.loads(done.stdout), found)
    return found
