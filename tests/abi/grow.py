#!/usr/bin/env python3
"""The plugin interface as a later release might have it: grow.py SINK.h OUT writes the header with a
member appended to every struct that may grow, and with TOCSIN_GROWN defined."""

import sys
from pathlib import Path

from interface import Interface


def grown(text):
    """A member at the end of each, named for its struct."""
    pieces, at = ["#define TOCSIN_GROWN 1\n"], 0
    for struct in Interface(text).structs.values():
        if struct.may_grow:
            pieces += [text[at:struct.end], f" uint64_t grown_{struct.name.removeprefix('tocsin_')};\n"]
            at = struct.end
    return "".join([*pieces, text[at:]])


if __name__ == "__main__":
    source, out = map(Path, sys.argv[1:])
    out.write_text(grown(source.read_text()))
