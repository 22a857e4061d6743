#!/usr/bin/env python3
"""The table of all keys in docs/configuration.md, made of `tocsin schema`, and so of the option tables
that read the file. With --write it is renewed (./run docs); test_reference.py holds the page to it."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration"))

import pages  # noqa: E402
from tocsin import PLUGINS, run  # noqa: E402

PAGE = pages.DOCS / "configuration.md"
MARK = "The table of all keys"
NAME = "NAME"  # one that the user chooses
HEADING = "| key | value | default | |\n|---|---|---|---|\n"
TYPES = {"text": "text", "text-or-empty": "text", "url": "URL", "url-or-empty": "URL",
         "bool": "`true` or `false`", "int": "number", "size": "size", "duration": "duration"}


def schema():
    printed = run("schema", "--plugin-path", PLUGINS, "config")
    assert printed.returncode == 0, printed.stderr
    return json.loads(printed.stdout)


def alternatives(shape):
    """The shapes that a value may have, without what stands for ${...}."""
    return [one for one in shape.get("anyOf", []) if one.get("$ref") != "#/$defs/replaced"]


def type_of(shape):
    if "$ref" in shape:
        return TYPES[shape["$ref"].rpartition("/")[2]]
    if "enum" in shape:
        return " ".join(f"`{word}`" for word in shape["enum"])
    if shape.get("type") == "array":
        return "list"
    if "properties" in shape or "additionalProperties" in shape:
        return "map"
    if shape.get("type") == "string" or "pattern" in shape:
        return "URL" if "[Hh][Tt]" in json.dumps(shape) else "text"
    found = list(dict.fromkeys(type_of(one) for one in alternatives(shape)))
    return " or ".join(sorted(found, key=len))


def maps_of(shape):
    """The maps that a value may be."""
    return [one for one in [shape, *shape.get("anyOf", [])]
            if "properties" in one or isinstance(one.get("additionalProperties"), dict)]


def cell(text):
    return str(text).replace("|", "\\|")


def row(path, shape, is_required):
    default = shape.get("default")
    told = "required" if is_required else "" if default is None else \
        f"`{json.dumps(default).strip(chr(34))}`"
    return f"| `{path}` | {cell(type_of(shape))} | {told} | {cell(shape.get('description', ''))} |\n"


def rows(shape, path):
    """Of a map's keys and what is in them, the former's names before it."""
    found = ""
    for key, inner in shape.get("properties", {}).items():
        found += row(f"{path}{key}", inner, key in shape.get("required", []))
        for one in maps_of(inner):
            found += rows(one, f"{path}{key}.")
    each = shape.get("additionalProperties")
    if isinstance(each, dict):
        found += rows(each, f"{path}{NAME}.")
    return found


def host_options(whole):
    """What every sink has beside the options of its plugin, and sink_defaults do not."""
    sinks = [shape["properties"] for name, shape in whole["$defs"].items() if name.startswith("sink-")]
    own = set(sinks[0]).intersection(*sinks[1:])
    return {key: shape for key, shape in sinks[0].items()
            if key in own and key not in whole["properties"]["sink_defaults"]["properties"]}


def table():
    whole = schema()
    found = ""
    for key, shape in whole["properties"].items():
        if key == "sinks":
            continue
        # The look-ups of the types that are known have the same keys as any other.
        if key == "enrich":
            shape = {**shape, "properties": {}}
        found += row(key, shape, key in whole.get("required", []))
        for one in maps_of(shape):
            found += rows(one, f"{key}.")
    found += row("sinks", {**whole["properties"]["sinks"], "type": "object"}, False)
    for key, shape in host_options(whole).items():
        if key == "plugin":  # in each plugin's shape its own name
            shape = {"$ref": "#/$defs/text", "description": "a plugin's name, or a path with a slash"}
        found += row(f"sinks.{NAME}.{key}", shape, key == "plugin")
    return HEADING + found


def page():
    before, _, after = pages.between(PAGE.read_text(), MARK)
    return f"{before}\n{table()}\n{after}"


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: reference_table.py --write")
    PAGE.write_text(page())
    print(f"docs/configuration.md: {table().count(chr(10)) - 2} keys")
