"""What is told of plugins from their own tables: `tocsin plugin doc`, docs/plugins/, `plugin list`."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

import plugin_pages
from plugin_pages import PAGES, TREE
from tocsin import BINARY, PLUGINS, TEST_PLUGINS, run

SOURCE = """
#include <tocsin/sink.h>
struct config {{ {members} bool unused; }};
static const struct tocsin_option options[] = {{ {options} }};
static void *open(struct tocsin_call *call, const void *config, const char **why)
{{ (void)call, (void)why; return (void *)config; }}
static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{{ (void)instance, (void)call, (void)request; }}
TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {{
    TOCSIN_SINK_V1, .name = "made", .version = "2.5", .help = "is made for this test",
    .config_size = sizeof(struct config), .option_stride = sizeof(struct tocsin_option),
    .option_count = {count}, .options = options, .open = open, .render = render, {more} }};
"""


@pytest.fixture
def make_plugin(tmp_path):
    """A plugin's file: rows of (type of the member, the option's name, flags, fallback, choices,
    help); more members of its descriptor."""
    def make(rows=(), more="", name="made"):
        folder = tmp_path / "plugins"
        folder.mkdir(exist_ok=True)
        code = SOURCE.format(
            members=" ".join(f"{kind} {option};" for kind, option, *_ in rows),
            options=", ".join("TOCSIN_WORDS(struct config, " + ", ".join([option, *rest]) + ")"
                              for _, option, *rest in rows) or "{0}",
            count=len(rows), more=more)
        plugin = folder / f"{name}.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-fvisibility=hidden", "-I", TREE / "include",
                        "-Werror", "-x", "c", "-", "-o", plugin],
                       input=code, text=True, check=True)
        return plugin
    return make


def doc(plugin):
    result = run("plugin", "doc", plugin)
    assert result.returncode == 0, result.stderr
    return result.stdout


# The pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", plugin_pages.names())
def test_the_page_of_each_plugin_is_what_its_table_says(name):
    written = (PAGES / f"{name}.md").read_text()
    assert written == plugin_pages.page(name), "./run docs renews it"


def test_there_is_a_page_a_plugin_and_no_other():
    built = sorted(["inbox", *(path.stem for path in PLUGINS.glob("*/*.so"))])
    assert sorted(path.stem for path in PAGES.glob("*.md")) == plugin_pages.names() == built


@pytest.mark.parametrize("name", plugin_pages.names())
def test_page_and_readme_lead_to_each_other(name):
    readme = TREE / "plugins" / name / "README.md"
    assert f"(../../docs/plugins/{name}.md)" in readme.read_text()
    assert f"(../../plugins/{name}/README.md)" in (PAGES / f"{name}.md").read_text()


def test_run_docs_renews_them(tmp_path):
    """A page that somebody edited, and one of a plugin that is gone."""
    tree = tmp_path / "tree"
    (tree / "tests").mkdir(parents=True)
    shutil.copytree(TREE / "docs" / "plugins", tree / "docs" / "plugins")
    shutil.copytree(TREE / "tests" / "integration", tree / "tests" / "integration")
    for name in plugin_pages.names():
        (tree / "plugins" / name).mkdir(parents=True)
        (tree / "plugins" / name / "README.md").touch()
    (tree / "docs/plugins/teams.md").write_text("edited")
    (tree / "docs/plugins/gone.md").touch()

    subprocess.run(["/usr/bin/python3", tree / "tests/integration/plugin_pages.py", "--write"],
                   env={**os.environ, "TOCSIN_BIN": str(BINARY), "TOCSIN_PLUGINS": str(PLUGINS)},
                   check=True)

    assert {path.name: path.read_text() for path in (tree / "docs/plugins").iterdir()} == \
        {path.name: path.read_text() for path in PAGES.iterdir()}


# What is printed -------------------------------------------------------------------------------


def test_each_kind_of_option_is_told(make_plugin):
    printed = doc(make_plugin([
        ("const char *", "word", "0", '""', "NULL", '"a word"'),
        ("const char *", "target", "TOCSIN_REQUIRED | TOCSIN_URL", "NULL", "NULL", '"a URL"'),
        ("const char *", "cert", "TOCSIN_PATH", "NULL", "NULL", '"a file"'),
        ("struct tocsin_secret", "key", "0", "NULL", "NULL", '"a secret"'),
        ("struct tocsin_secret", "hook", "TOCSIN_URL", "NULL", "NULL", '"a secret URL"'),
        ("bool", "loud", "0", '"yes"'.replace("yes", "true"), "NULL", '"a switch"'),
        ("int64_t", "many", "0", '"3"', "NULL", '"a number"'),
        ("struct tocsin_duration", "wait", "0", '"10s"', "NULL", '"a duration"'),
        ("struct tocsin_size", "most", "0", '"64k"', "NULL", '"a size"'),
        ("struct tocsin_choice", "mode", "0", '"one"', '"one  two"', '"a choice"'),
        ("struct tocsin_list", "names", "0", "NULL", "NULL", '"a list"'),
        ("struct tocsin_list", "keys", "TOCSIN_HIDDEN", "NULL", "NULL", '"secrets"'),
        ("struct tocsin_list", "files", "TOCSIN_PATH", "NULL", "NULL", '"files"'),
        ("struct tocsin_map", "pairs", "0", "NULL", "NULL", '"a map"'),
    ]))

    assert printed.partition("## Options\n\n")[2].partition("\n\n## ")[0] == """\
- `word` (text; default `""`): a word
- `target` (URL; required): a URL
- `cert` (file): a file
- `key` (text, secret): a secret
- `hook` (URL, secret): a secret URL
- `loud` (`true` or `false`; default `true`): a switch
- `many` (number; default `3`): a number
- `wait` (duration; default `10s`): a duration
- `most` (size; default `64k`): a size
- `mode` (one of `one` `two`; default `one`): a choice
- `names` (list of texts): a list
- `keys` (list of texts, secret): secrets
- `files` (list of files): files
- `pairs` (map of texts): a map"""


def test_what_a_plugin_says_is_neither_markup_nor_more_than_a_line(make_plugin):
    printed = doc(make_plugin([("const char *", "word", "0", '"a `tick`"', "NULL",
                                r'"# <b>*bold*</b>\n# a_head \033[31m[x](y) a_b_c _d_"')],
                              more=r'.max_text = 100, .flavour = TOCSIN_HTML,'))

    assert (r"- `word` (text; default `` a `tick` ``): \# \<b\>\*bold\*\</b\> # a_head"
            r" \[31m\[x\](y) a_b_c \_d\_") in re.sub(" +", " ", printed)
    assert "Texts are HTML, of which it shows 100 characters." in printed
    assert "\033" not in printed


def test_the_hosts_options_stand_there_with_the_plugins_own_defaults(make_plugin):
    printed = doc(make_plugin(more='.rate = "7/m", .concurrency = 2,'))
    assert "It has no options of its own." in printed
    assert "- `rate` (text; default `7/m`)" in printed
    assert "- `concurrency` (number; default `2`)" in printed
    assert "- `retry` (map)" in printed and "\n  - `give_up` (duration; default `24h`)" in printed


@pytest.mark.parametrize("name, makes_its_own", [("teams", False), ("syslog", True)])
def test_only_sinks_whose_requests_tocsin_makes_have_a_proxy(name, makes_its_own):
    printed = plugin_pages.page(name)
    assert ("It makes its own connections." in printed) == makes_its_own
    assert ("tocsin makes its requests." in printed) != makes_its_own
    common = printed.partition("## Options of every sink")[2]
    assert ("- `proxy` (" in common) != makes_its_own


def test_every_option_that_is_told_is_taken_by_check(make_daemon):
    """Each default, written down as it is told, changes nothing: a table that tells of what is not
    there, or by another name, fails here."""
    for name in ("webhook", "file"):
        sink = {"plugin": name, "url": "https://example.org/in", "path": "/tmp/x"}
        sink.pop("path" if name == "webhook" else "url")
        block = None
        for line in plugin_pages.page(name).splitlines():
            row = re.match(r"( *)- `(\w+)` \((.*?)(?:; default `(.*)`)?\): ", line)
            if row and row[3] == "map":
                block = sink.setdefault(row[2], {})
            elif row and row[4] is not None:
                (block if row[1] else sink)[row[2]] = yaml.load(row[4], Loader=yaml.BaseLoader)
        assert "retry" in sink and "timeout" in sink
        result = make_daemon({"mine": sink}).command("check")
        assert "mine" not in result.stdout + result.stderr, result.stdout + result.stderr


def test_an_unknown_plugin_is_named_with_the_nearest(tmp_path):
    result = run("plugin", "doc", "--plugin-path", PLUGINS, "tems")
    assert result.returncode == 3
    assert 'no plugin "tems" in' in result.stderr and 'did you mean "teams"?' in result.stderr
    assert run("plugin", "doc").returncode == 2


# The list --------------------------------------------------------------------------------------


def list_plugins(*folders):
    return run("plugin", "list", *[word for folder in folders
                                   for word in ("--plugin-path", folder)])


def test_each_plugin_is_listed_with_its_shape():
    result = list_plugins(PLUGINS)
    assert result.returncode == 0
    rows = [re.fullmatch(r"(\S+) +1\.0 +(render|deliver|built in) +(\S.*)", line).groups()
            for line in result.stdout.splitlines()]
    assert rows[0][:2] == ("inbox", "built in")
    assert sorted(name for name, _, _ in rows) == plugin_pages.names()
    assert {(name, shape) for name, shape, _ in rows} >= {("teams", "render"), ("email", "deliver")}
    for name, _, told in rows:
        assert f"\n\n{told}\n\n" in plugin_pages.page(name).replace("\\", "")


def test_what_cannot_be_used_is_listed_with_the_reason(make_plugin, tmp_path):
    folder = make_plugin().parent
    make_plugin(name="future", more=".major = 2,")
    make_plugin(name="lying", rows=[("bool", "timeout", "0", "NULL", "NULL", '"taken"')])
    (folder / "text.so").write_text("no code")
    (folder / "readme.txt").write_text("no plugin, and not named like one")
    subprocess.run(["cc", "-shared", "-x", "c", "/dev/null", "-o", folder / "empty.so"], check=True)

    result = list_plugins(folder)

    assert result.returncode == 1
    lines = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert set(lines) == {"inbox", "made", "future", "lying", "text", "empty"}
    assert re.fullmatch(r"made +2\.5 +render +is made for this test", lines["made"])
    for name, reason in {"future": "made for plugin interface 2, this tocsin has 1",
                         "lying": "timeout", "text": "text.so: file too short",
                         "empty": "it has no symbol tocsin_sink_plugin"}.items():
        assert "cannot be used: " in lines[name] and reason in lines[name], lines[name]
        assert str(folder / f"{name}.so") in lines[name]


def test_the_first_of_several_folders_wins_as_it_does_in_the_configuration(make_plugin, tmp_path):
    ours = make_plugin(name="teams").parent
    assert re.search(r"^teams +2\.5 ", list_plugins(ours, PLUGINS).stdout, re.MULTILINE)
    assert re.search(r"^teams +1\.0 ", list_plugins(PLUGINS, ours).stdout, re.MULTILINE)


def test_an_empty_folder_and_one_that_is_not_there(tmp_path):
    empty = list_plugins(tmp_path)
    assert empty.returncode == 0
    assert re.fullmatch(rf"inbox +\S+ +built in .*\nand none in {tmp_path}\n", empty.stdout)
    gone = list_plugins(TEST_PLUGINS, tmp_path / "gone")
    assert gone.returncode == 3
    assert f"no folder of plugins {tmp_path}/gone: No such file" in gone.stderr
    file = tmp_path / "file"
    file.touch()
    assert "Not a directory" in list_plugins(file).stderr
