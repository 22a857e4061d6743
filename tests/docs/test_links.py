"""Whatever a page links to inside the tree is there: files, folders, and headings in them."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import pages

LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
PAGES = sorted({*pages.all_pages(), *pages.TREE.glob("tests/**/*.md"),
                *pages.TREE.glob("subprojects/**/*.md")})
DOCUMENTATION = "docs/README.md"


def links(page):
    """(the file, the heading or "") of each link that leads to the tree."""
    text = re.sub(r"`[^`\n]*`", "", pages.without_blocks(page.read_text()))
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, heading = target.partition("#")
        yield (page.parent / name).resolve() if name else page, heading


@pytest.mark.parametrize("page", PAGES, ids=pages.name_of)
def test_links_lead_somewhere(page):
    for file, heading in links(page):
        assert file.exists(), f"no {file}"
        assert file.is_relative_to(pages.TREE), f"{file} is outside"
        if heading:
            assert heading in pages.anchors(file.read_text()), f"{file.name} has no #{heading}"


def test_every_page_can_be_reached_from_the_map():
    """By links, however many; from README.md too, since that leads to the map."""
    seen, ahead = set(), [pages.TREE / "README.md"]
    assert any(file == pages.TREE / DOCUMENTATION for file, _ in links(ahead[0]))
    while ahead:
        page = ahead.pop()
        if page in seen:
            continue
        seen.add(page)
        for file, _ in links(page):
            if file.is_dir():
                ahead += file.glob("*.md")
            elif file.suffix == ".md":
                ahead.append(file)
    assert {pages.name_of(page) for page in map(Path, pages.all_pages())} <= \
        {pages.name_of(page) for page in seen}


@pytest.mark.parametrize("text, slug", [
    ("# A `code` & more", "a-code--more"),
    ("## 1. What, now?", "1-what-now"),
    ("## [A link](x.md) in it", "a-link-in-it"),
])
def test_headings_have_the_names_that_links_use(text, slug):
    assert pages.anchors(text) == {slug}


def test_a_heading_in_a_block_is_none():
    assert pages.anchors("```sh\n# a comment\n```\n# Real\n") == {"real"}


def test_the_architecture_has_one_picture_and_it_names_rooms():
    text = (pages.DOCS / "architecture.md").read_text()
    name, = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    picture = ElementTree.parse(pages.DOCS / name).getroot()
    found = {child.tag.rpartition("}")[2]: child for child in picture}
    assert found["title"].text and found["desc"].text and "dark" in found["style"].text
    names = {part for one in picture.iter() if one.get("class") == "name"
             for part in one.text.split(", ")}
    rooms = {folder.name for folder in (pages.TREE / "core").iterdir() if folder.is_dir()}
    assert {"hook", "enrich", "rule", "message", "lane"} <= names & rooms
