"""docs/configuration.md: the table of all keys is what the option tables say, and nothing on the page
says otherwise."""

import re

import pages
import reference_table
from tocsin import run

TEXT = reference_table.PAGE.read_text()


def rows():
    """(key, default) of the table."""
    _, table, _ = pages.between(TEXT, reference_table.MARK)
    return dict(re.findall(r"^\| `(\S+)` \|[^|]*\| `?(.*?)`? \|", table, re.MULTILINE))


def test_the_table_is_what_the_program_says():
    assert TEXT == reference_table.page(), "./run docs renews it"


def test_each_key_of_the_file_has_its_row():
    keys = rows()
    assert set(reference_table.schema()["properties"]) <= set(keys)
    for key in ("sekoia.levels.high", "hooks.NAME.path", "sink_defaults.retry.give_up",
                "sinks.NAME.fallback"):
        assert key in keys, key


def test_each_row_says_what_it_is():
    _, table, _ = pages.between(TEXT, reference_table.MARK)
    for line in table.strip().splitlines()[2:]:
        cells = re.split(r" (?<!\\)\| ", line.strip("| "))
        assert len(cells) == 4 and cells[1] and cells[3], line


def test_the_defaults_in_the_text_are_those_of_the_table():
    """The page explains some keys by hand; where the table knows the default, it is the same."""
    by_hand = TEXT.partition("## Every key")[0]
    known = rows()
    checked = 0
    for key, told in re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", by_hand, re.MULTILINE):
        for default in (known.get(key), known.get(f"sink_defaults.{key}")):
            if default and default != "required":
                assert told == default, key
                checked += 1
    assert checked >= 5


def test_what_has_a_default_may_be_left_out(tmp_path):
    """A file with nothing but what the table calls required is fine."""
    config = tmp_path / "tocsin.yaml"
    config.write_text("hooks: {soc: {from: sekoia, path: /hooks/0b9c5a6e-3f21-4d8a}}\n"
                      "sinks: {board: {plugin: inbox}}\n")
    (tmp_path / "rules.yaml").write_text("rules: [{name: all, match: {}, send: [board]}]\n")
    result = run("check", "-c", config)
    assert result.returncode == 0, result.stderr
