"""The pages of the documentation, and what stands in them."""

import re
from collections import namedtuple
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
DOCS = TREE / "docs"
FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$",
                   re.MULTILINE | re.DOTALL)

Block = namedtuple("Block", "kind text line")


def all_pages():
    """README.md, the other pages at the top, all below docs/, and the plugins' own."""
    return sorted([*TREE.glob("*.md"), *DOCS.rglob("*.md"), *TREE.glob("plugins/*/README.md")])


def name_of(page):
    return str(page.relative_to(TREE))


def read(name):
    return (TREE / name).read_text()


def blocks(text):
    """The fenced blocks, without the indentation of a list that they stand in."""
    for found in FENCE.finditer(text):
        lines = [line.removeprefix(found["indent"]) for line in found["text"].splitlines(True)]
        yield Block(found["kind"].strip(), "".join(lines), text.count("\n", 0, found.start()) + 1)


def without_blocks(text):
    return FENCE.sub("", text)


def anchors(text):
    """What a heading is called in a link, as GitHub and most others make it."""
    found, seen = set(), {}
    for heading in re.findall(r"^#+ +(.*?) *$", without_blocks(text), re.MULTILINE):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if slug in seen else slug)
        seen[slug] = seen.get(slug, 0) + 1
    return found


def between(text, mark):
    """What stands between the comments `<!-- MARK begins. -->` and `<!-- MARK ends. -->`: the text
    before, between and after."""
    begin, end = f"<!-- {mark} begins. -->\n", f"<!-- {mark} ends. -->"
    before, begin, rest = text.partition(begin)
    inside, end, after = rest.partition(end)
    assert begin and end, f"the page has no place for {mark}"
    return before + begin, inside, end + after
