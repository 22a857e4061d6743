#!/usr/bin/python3
"""How big things may get: functions 70 lines, files 600, the plugin interface 170 and nothing but
C11 headers in it. Needs universal-ctags."""

import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

FUNCTION_LINES, FILE_LINES, INTERFACE_LINES = 70, 600, 170
C11_HEADERS = {"stdbool.h", "stddef.h", "stdint.h", "stdarg.h", "limits.h"}


def functions(files):
    tags = subprocess.run(
        ["ctags", "--languages=C", "--map-C=+.h", "--kinds-C=f", "--fields=+ne",
         "--output-format=json", "-f", "-", *map(str, files)],
        check=True, capture_output=True, text=True).stdout
    for line in tags.splitlines():
        tag = json.loads(line)
        if "end" in tag:
            yield tag["end"] - tag["line"] + 1, tag["path"], tag["line"], tag["name"]


def main():
    top = Path(__file__).resolve().parents[2]
    code = sorted([*top.glob("core/**/*.[ch]"), *top.glob("plugins/**/*.[ch]")])
    faults = []
    sizes = []
    for size, path, line, name in functions(code):
        sizes.append(size)
        if size > FUNCTION_LINES:
            faults.append(f"{path}:{line}: {name}() has {size} lines, more than {FUNCTION_LINES}")
    for path in [*code, *sorted(top.glob("tests/**/*.[ch]"))]:
        lines = path.read_text().count("\n")
        if lines > FILE_LINES:
            faults.append(f"{path}: {lines} lines, more than {FILE_LINES}")
    interface = top / "include/tocsin/sink.h"
    text = interface.read_text()
    if text.count("\n") > INTERFACE_LINES:
        faults.append(f"{interface}: more than {INTERFACE_LINES} lines")
    for header in re.findall(r"^#include <(\S+)>", text, re.MULTILINE):
        if header not in C11_HEADERS:
            faults.append(f"{interface}: <{header}> is not one of C11's")
    print("\n".join(faults))
    print(f"{len(sizes)} functions, median {statistics.median(sizes):.0f} lines, "
          f"longest {max(sizes)}")
    return 1 if faults else 0


sys.exit(main())
