"""Writes text files into a C header as strings: embed.py OUT NAME=FILE ..."""
import sys

out, *pairs = sys.argv[1:]
with open(out, "w", encoding="utf-8") as header:
    for pair in pairs:
        name, path = pair.split("=", 1)
        header.write(f"static const char {name}[] =\n")
        with open(path, encoding="utf-8") as text:
            for line in text:
                quoted = line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
                header.write(f'    "{quoted}"\n')
        header.write("    ;\n")
