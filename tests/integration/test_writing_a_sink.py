"""docs/writing-a-sink.md: its commands, as they stand there, in an empty folder, with an installed
tocsin; and what it shows of their output."""

import re
import socket

import pytest

from installed import Installed  # first: it needs a process with one thread
from stage import TESTS

PAGE = TESTS.parent / "docs" / "writing-a-sink.md"
MARK = "@@@ end of block"
# A command that is left running at a block's end is ready before the next block, as it is for people.
WAIT_FOR_RECEIVER = "until (: < /dev/tcp/127.0.0.1/9000) 2>/dev/null; do :; done"


def blocks(page):
    """(commands, the output that is shown or None) of each block of commands."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    for (kind, text), (next_kind, shown) in zip(found, [*found[1:], ("", "")]):
        if kind == "sh":
            yield text, shown if next_kind == "text" else None


def pattern(shown):
    """`...` stands for what differs from one time to the next: within a line, or, alone in it, for
    any number of lines."""
    lines = [r"(?:.*\n)*" if line == "..." else
             ".*".join(map(re.escape, re.sub(" +", " ", line).split("..."))) + r"\n"
             for line in shown.splitlines()]
    return "".join(lines)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    installed = Installed(tmp_path_factory.mktemp("installed"))
    yield installed
    installed.stop()


@pytest.fixture(scope="module")
def outputs(installed, tmp_path_factory):
    """Of each block, all of them run by one shell. The page's port may be somebody else's: another
    one stands in its place."""
    port = str(free_port())
    lines = [f"{text}{WAIT_FOR_RECEIVER if text.rstrip().endswith('&') else ''}\necho '{MARK}'"
             for text, _ in blocks(PAGE.read_text())]
    whole = installed.run("\n".join(lines).replace("9000", port), tmp_path_factory.mktemp("empty"))
    return [part.lstrip("\n").replace(port, "9000") for part in whole.split(MARK)][:-1]


BLOCKS = list(blocks(PAGE.read_text()))


def test_the_page_has_its_commands():
    commands = "".join(text for text, _ in BLOCKS)
    for word in ("tocsin plugin new", "meson test", "tocsin check", "tocsin drill", "meson install",
                 "tocsin plugin list", "cc -shared", "c++ -std=c++20", "--shape deliver"):
        assert word in commands, word


def test_all_of_them_go_well(outputs):
    assert len(outputs) == len(BLOCKS)


@pytest.mark.parametrize("index", [i for i, (_, shown) in enumerate(BLOCKS) if shown])
def test_the_output_is_what_the_page_shows(outputs, index):
    text, shown = BLOCKS[index]
    output = re.sub(" +", " ", outputs[index])
    assert re.fullmatch(pattern(shown), output), f"{text}\n{outputs[index]}"


@pytest.mark.parametrize("page", sorted(path.name for path in PAGE.parent.glob("*.md")))
def test_every_page_that_a_page_names_is_there(page):
    """One was renamed, and others spoke of it."""
    path = PAGE.parent / page
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_the_headings_that_the_page_names_are_there():
    text = PAGE.read_text()
    names = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
             for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    assert set(re.findall(r"\(#([^)]+)\)", text)) <= names
