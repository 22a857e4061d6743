"""docs/cookbook/: each recipe is a rules file whose tests pass, and docs/cookbook.md shows it."""

import json
import os
import shutil
import subprocess

import pytest
import yaml

import cookbook_page
from tocsin import BINARY, as_yaml, plugin_path

RECIPES = cookbook_page.recipes()
NAMES = [recipe.path.name for recipe in RECIPES]
every_recipe = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The cookbook, with the plugins of the build."""
    folder = tmp_path_factory.mktemp("cookbook") / "cookbook"
    shutil.copytree(cookbook_page.FOLDER, folder)
    with open(folder / "tocsin.yaml", "a") as config:
        config.write(f"plugin_path: {as_yaml(plugin_path())}\n")
    return folder


def tocsin(folder, recipe, *words):
    return subprocess.run([BINARY, words[0], "-c", "tocsin.yaml", *words[1:]], cwd=folder, text=True,
                          env={**os.environ, "RECIPE": recipe}, capture_output=True, timeout=30)


@every_recipe
def test_its_tests_pass(folder, name):
    came = tocsin(folder, name, "test")
    assert came.returncode == 0, came.stdout + came.stderr


@every_recipe
def test_check_finds_nothing_in_it(folder, name):
    """What is said of the common configuration, such as sinks that this recipe does not name, is
    not about the recipe."""
    came = tocsin(folder, name, "check", "--json")
    faults = [fault for fault in json.loads(came.stdout)
              if fault["severity"] == "error" or fault["file"].endswith(name)]
    assert came.returncode == 0 and not faults, faults or came.stderr


@every_recipe
def test_its_tests_show_that_somebody_is_told_and_somebody_is_not(name):
    """Otherwise a rule that always matches, or never, would pass."""
    recipe = yaml.safe_load((cookbook_page.FOLDER / name).read_text())
    told = [frozenset(one["sink"] if isinstance(one, dict) else one for one in test["expect"])
            for test in recipe["tests"]]
    assert len(set(told)) > 1, told


@every_recipe
@pytest.mark.parametrize("mutation", ["no rules", "match all"])
def test_its_tests_would_notice(folder, name, mutation):
    """Rules that do nothing, and rules that match everything, fail the tests of each recipe."""
    recipe = yaml.safe_load((folder / name).read_text())
    if mutation == "no rules":
        recipe["rules"] = [{"name": "nothing", "match": {}, "send": []}]
    else:
        for rule in recipe["rules"]:
            rule["match"] = {}
    (folder / "changed.yaml").write_text(json.dumps(recipe))
    came = tocsin(folder, "changed.yaml", "test")
    assert came.returncode == 1, came.stdout + came.stderr


def test_there_are_twenty_numbered_one_after_the_other():
    assert len(RECIPES) >= 20
    assert [recipe.number for recipe in RECIPES] == list(range(1, len(RECIPES) + 1))


def test_the_page_shows_them():
    assert cookbook_page.PAGE.read_text() == cookbook_page.page(), "./run docs renews it"
