"""What callgrind counted, read from its file (https://valgrind.org/docs/manual/cl-format.html)."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

COST = re.compile(r"[+-]?\d+|\*")


@dataclass
class Profile:
    """Instructions."""

    functions: Counter = field(default_factory=Counter)  # by name, its own; those of a library that
    # has no symbols are one, named as the library in brackets
    libraries: Counter = field(default_factory=Counter)  # by file name, its own
    entries: Counter = field(default_factory=Counter)  # by (library, function): what calls from other
    # libraries cost, with all that was called beneath

    def add(self, library, function, cost):
        self.functions[f"({library})" if function.startswith("0x") else function] += cost
        self.libraries[library] += cost


class _Names:
    """A name is written once, and is its number from then on."""

    def __init__(self):
        self._known = {}

    def get(self, kind, text):
        number, _, name = text.partition(" ")
        if name:
            self._known[kind, number] = name
        return self._known[kind, number]


def read(lines):
    profile, names = Profile(), _Names()
    library = function = called_library = called = None
    is_call = False
    for line in lines:
        key, is_assignment, value = line.rstrip("\n").partition("=")
        if is_assignment and key == "ob":
            library = Path(names.get("ob", value)).name
        elif is_assignment and key == "cob":
            called_library = Path(names.get("ob", value)).name
        elif is_assignment and key == "fn":
            function = names.get("fn", value)
        elif is_assignment and key == "cfn":
            called = names.get("fn", value)
        elif is_assignment and key == "calls":
            is_call = True  # what the next line counts is the callee's
        elif function and COST.fullmatch(line.partition(" ")[0]):
            cost = int(line.split()[1])
            if not is_call:
                profile.add(library, function, cost)
            elif called_library not in (None, library):
                profile.entries[called_library, called] += cost
            if is_call:
                is_call, called_library = False, None
    return profile
