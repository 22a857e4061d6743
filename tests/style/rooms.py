#!/usr/bin/python3
"""Includes go downwards only: a room of core/ may include itself and the rooms below it, a plugin
only the public header; and each library is known in the rooms that are there for it."""

import re
import sys
from pathlib import Path

ROOMS = ["cmd", "admin", "hook", "flow", "probe", "sink", "enrich", "lane", "store", "message", "rule",
         "event", "config", "base"]  # from the top down, as docs/architecture.md has them

# Whose types stay in which rooms.
LIBRARIES = {
    "event2/http": {"hook", "admin"},
    "curl/": {"lane"},
    "sqlite3.h": {"store"},
    "yaml.h": {"config"},
    "dlfcn.h": {"sink"},
    "glib": {"base"},
    "pcre2.h": {"rule"},
}
# The plugin that is linked in, and the room that knows it.
BUILT_IN = {"sink": "inbox"}
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def core_faults(path, room, ours, systems):
    allowed = set(ROOMS[ROOMS.index(room):]) if room else set(ROOMS)
    for name in ours:
        target = name.split("/")[0] if "/" in name else None
        if target is None:
            if name != "build_config.h":
                yield f"{path}: \"{name}\": say the room, \"{room}/{name}\""
        elif target == BUILT_IN.get(room):
            pass
        elif target not in ROOMS:
            yield f"{path}: \"{name}\" is in no room"
        elif target not in allowed:
            yield f"{path}: {room}/ may not include {target}/, which stands above it"
    for name in systems:
        for library, rooms in LIBRARIES.items():
            if name.startswith(library) and room not in rooms:
                yield f"{path}: <{name}> belongs into {' and '.join(sorted(rooms))}/ only"


def plugin_faults(path, ours):
    for name in ours:
        if name.split("/")[0] in ROOMS and not (path.parent / name).exists():
            yield f"{path}: a plugin knows tocsin/sink.h alone, not \"{name}\""


def main():
    top = Path(__file__).resolve().parents[2]
    faults = []
    files = sorted([*top.glob("core/**/*.[ch]"), *top.glob("plugins/**/*.[ch]")])
    for path in files:
        found = INCLUDE.findall(path.read_text())
        ours = [our for our, _ in found if our]
        systems = [system for _, system in found if system]
        short = path.relative_to(top)
        if short.parts[0] == "plugins":
            faults += plugin_faults(path, ours)
            continue
        room = short.parts[1] if len(short.parts) > 2 else None
        if room is not None and room not in ROOMS:
            faults.append(f"{short}: core/{room}/ is no room")
            continue
        faults += core_faults(short, room, ours, systems)
    print("\n".join(faults) or f"{len(files)} files include downwards")
    return 1 if faults else 0


sys.exit(main())
