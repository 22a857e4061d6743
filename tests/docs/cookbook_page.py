#!/usr/bin/env python3
"""docs/cookbook.md, made of the recipes in docs/cookbook/. With --write it is renewed (./run docs);
test_cookbook.py holds it to them."""

import re
import sys
import textwrap

import yaml

from pages import DOCS

FOLDER = DOCS / "cookbook"
PAGE = DOCS / "cookbook.md"
HEAD = """\
# Cookbook

{count} rules files for what people want most. Each is a whole `rules.yaml` that can be taken as it is,
with [tests](rules.md#test-the-tests-in-the-rules-file) that also show what it must not do, and these
tests run with all others of tocsin. The sinks and hooks that they name are in
[cookbook/tocsin.yaml](cookbook/tocsin.yaml). What a rule can ask is on [a page of its own](rules.md),
and so is [how messages are worded](messages.md).

To try one, in `docs/cookbook/`:

```console
$ RECIPE=07-our-own-scanner.yaml tocsin test -c tocsin.yaml
ok      its scans are quiet
ok      something else from the scanner is not, for somebody may have taken it over
ok      an urgent scan is told
ok      a neighbour's scan is told
ok      with the Alert API down nothing is suppressed
5 tests, all ok
```

All rules are tried from top to bottom and every match sends; where recipes are put together, order
matters for `stop` only.

"""
FOOT = """\
---

Made of the files in [cookbook/](cookbook/) by `./run docs`.
"""


class Recipe:
    """A file: a comment of a title, an empty line and the reasons; the rules; the tests."""

    def __init__(self, path):
        self.path = path
        text = path.read_text()
        found = re.fullmatch(r"# ([^\n]+)\n#\n((?:# [^\n]+\n)+)(rules:\n.*?)^(tests:\n.*)", text,
                             re.MULTILINE | re.DOTALL)
        assert found, f"{path.name}: a title, the reasons, the rules, the tests"
        self.title, why, self.rules, _ = found.groups()
        self.why = textwrap.fill(re.sub(r"^# ", "", why, flags=re.MULTILINE), 104,
                                 break_on_hyphens=False, break_long_words=False)
        self.number = int(path.name[:2])
        self.tests = [test["name"] for test in yaml.safe_load(text)["tests"]]

    def shown(self):
        return (f"## {self.number}. {self.title}\n\n{self.why}\n\n```yaml\n{self.rules}```\n\n"
                f"Its tests ([{self.path.name}](cookbook/{self.path.name})): "
                f"{'; '.join(self.tests)}.\n\n")


def recipes():
    return [Recipe(path) for path in sorted(FOLDER.glob("[0-9][0-9]-*.yaml"))]


def page():
    found = recipes()
    contents = "".join(f"{one.number}. [{one.title}](#{anchor(one)})\n" for one in found)
    return HEAD.format(count=len(found)) + contents + "\n" + "".join(
        one.shown() for one in found) + FOOT


def anchor(recipe):
    return re.sub(r"[^\w\- ]", "", f"{recipe.number}. {recipe.title}".lower()).replace(" ", "-")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: cookbook_page.py --write")
    PAGE.write_text(page())
    print(f"docs/cookbook.md: {len(recipes())} recipes")
