"""What a version of include/tocsin/sink.h declares: its structs with their members in order, and its
constants with their values."""

import re
from dataclasses import dataclass


@dataclass
class Struct:
    name: str
    members: dict  # name: its declaration, without blanks that mean nothing
    end: int       # where the closing brace stands in the header
    stride: bool   # an array of it states how far apart two stand

    @property
    def may_grow(self):
        return next(iter(self.members)) == "size" or self.stride


class Interface:
    def __init__(self, text):
        bare = _blanked(text)
        self.structs = {}
        # At a line's beginning, or behind another one.
        for match in re.finditer(r"(?:^|(?<=; ))struct (tocsin_\w+) \{(.*?)\};", bare,
                                 re.MULTILINE | re.DOTALL):
            self._add(match[1], match[2], match.end() - len("};"), bare)
        self.constants = {}
        for body in re.findall(r"^enum \{(.*?)\};", bare, re.MULTILINE | re.DOTALL):
            self.constants.update(_values(body))

    def _add(self, name, body, end, bare):
        stride = name.removeprefix("tocsin_") + "_stride"
        self.structs[name] = Struct(name, dict(_members(body)), end,
                                    bool(re.search(rf"\b{stride}\b", bare)))


def _blanked(text):
    """The same length, without comments, and without what only C++ sees."""
    def blanks(match):
        return re.sub(r"[^\n]", " ", match[0])
    text = re.sub(r"/\*.*?\*/", blanks, text, flags=re.DOTALL)
    return re.sub(r"^#ifdef __cplusplus\n.*?^#else\n", blanks, text, count=1,
                  flags=re.MULTILINE | re.DOTALL)


def _split(text, divider):
    """At dividers that stand in no parentheses."""
    pieces, depth = [""], 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == divider and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += character
    return pieces


def _members(body):
    for declaration in filter(str.strip, _split(body, ";")):
        first, *others = _split(declaration, ",")
        kind, name = re.fullmatch(r"\s*(.*?)(\(\*\w+\)\(.*\)|\*?\w+)\s*", first, re.DOTALL).groups()
        for declarator in [name, *others]:
            yield re.search(r"\w+", declarator)[0], " ".join(f"{kind} {declarator}".split())


def _values(body):
    value = -1
    for entry in filter(str.strip, body.split(",")):
        name, _, given = (part.strip() for part in entry.partition("="))
        value = int(given) if given else value + 1
        yield name, value
