#!/usr/bin/env python3
"""docs/plugins/: the page of each plugin in the tree, as `tocsin plugin doc` prints it. With --write
they are renewed (./run docs); test_plugin_doc.py holds them to it."""

import sys
from pathlib import Path

from tocsin import PLUGINS, run

TREE = Path(__file__).resolve().parents[2]
PAGES = TREE / "docs" / "plugins"
FOOTER = """
---

Printed by `tocsin plugin doc {name}`, from the plugin's own table; `./run docs` renews it. Setting it
up, what its messages show, and what failures look like: [plugins/{name}](../../plugins/{name}/README.md).
"""


def names():
    return sorted(readme.parent.name for readme in (TREE / "plugins").glob("*/README.md"))


def page(name):
    printed = run("plugin", "doc", "--plugin-path", PLUGINS, name)
    assert printed.returncode == 0, printed.stderr
    return printed.stdout + FOOTER.format(name=name)


def main():
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: plugin_pages.py --write")
    PAGES.mkdir(exist_ok=True)
    for old in PAGES.glob("*.md"):
        old.unlink()
    for name in names():
        (PAGES / f"{name}.md").write_text(page(name))
    print(f"docs/plugins: {len(names())} pages")


if __name__ == "__main__":
    main()
