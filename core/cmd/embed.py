"""Writes text files into a C header as strings: embed.py [--depfile FILE] OUT NAME=FILE ..."""
import sys

arguments = sys.argv[1:]
depfile = arguments.pop(1) if arguments[0] == "--depfile" else None
out, *pairs = arguments[1:] if depfile else arguments
pairs = [pair.split("=", 1) for pair in pairs]
with open(out, "w", encoding="utf-8") as header:
    for name, path in pairs:
        header.write(f"static const char {name}[] =\n")
        with open(path, encoding="utf-8") as text:
            for line in text:
                quoted = line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("??", "?\\?")
                header.write(f'    "{quoted}"\n')
        header.write("    ;\n")
if depfile:
    with open(depfile, "w", encoding="utf-8") as rules:
        paths = " ".join(path.replace(" ", "\\ ") for _, path in pairs)
        rules.write(f"{out}: {paths}\n")
