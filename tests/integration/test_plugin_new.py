"""`tocsin plugin new`, and the template that it writes: built out of tree, installed, in use."""

import os
import re
import shutil
import subprocess

import pytest

from installed import Installed, symbols  # first: it needs a process with one thread
from fakes.webhook import Webhook
from fakes.line_server import LineServer
from stage import TESTS, load_event
from tocsin import run

TEMPLATE = TESTS.parent / "subprojects" / "sink-template"
KINDS = [("render", "c"), ("render", "c++"), ("deliver", "c"), ("deliver", "c++")]
MESON = "meson setup build && meson compile -C build && meson test -C build"
EXPORTED = ["tocsin_sink_plugin"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    installed = Installed(tmp_path_factory.mktemp("installed"))
    yield installed
    installed.stop()


def new(folder, *arguments):
    return run("plugin", "new", *arguments, cwd=folder)


# The template ----------------------------------------------------------------------------------


def test_the_template_builds_out_of_tree_against_an_installed_tocsin(installed, tmp_path):
    project = shutil.copytree(TEMPLATE, tmp_path / "project")

    output = installed.run(MESON + " && meson install -C build", project)

    assert "warning:" not in output, output
    assert re.search(r"Ok: +4\b", output) and re.search(r"Fail: +0\b", output), output
    for name in ("sink-template", "deliver", "render_cpp", "deliver_cpp"):
        assert symbols(project / "build" / f"{name}.so") == EXPORTED
    assert (installed.plugins / "sink-template.so").exists()
    listed = installed.run("tocsin plugin list", project)
    assert re.search(r"^sink-template +1\.0 +render +posts each message", listed, re.MULTILINE)


def test_the_template_is_about_sixty_lines():
    lines = (TEMPLATE / "sink-template.c").read_text().splitlines()
    assert sum(1 for line in lines if line.strip()) <= 65


def test_a_test_of_the_template_fails_when_the_sink_says_something_else(installed, tmp_path):
    project = tmp_path / "pager"
    new(tmp_path, "pager")
    source = project / "pager.c"
    source.write_text(source.read_text().replace('"{\\"title\\"', '"{\\"headline\\"'))

    result = subprocess.run(["bash", "-c", MESON], cwd=project, env=installed.env(),
                            capture_output=True, text=True, timeout=120)

    assert result.returncode != 0
    log = (project / "build/meson-logs/testlog.txt").read_text()
    assert "--- expected" in log and '"headline"' in log


def test_the_example_in_the_header_builds_by_its_own_line(installed, tmp_path):
    head = (installed.prefix / "include/tocsin/sink.h").read_text().partition("*/")[0]
    example = [line.removeprefix(" *     ") for line in head.splitlines()
               if line.startswith(" *     ")]
    line, = [line for line in example if line.startswith("cc ")]
    (tmp_path / "mine.c").write_text("\n".join(one for one in example if one != line))

    assert installed.run(line.replace("cc ", "cc -Wall -Wpedantic ", 1), tmp_path) == ""

    assert symbols(tmp_path / "mine.so") == EXPORTED
    assert "posts plain text" in run("plugin", "doc", tmp_path / "mine.so").stdout


@pytest.mark.parametrize("source", ["render", "deliver"])
def test_in_c_plus_plus_17_only_pedantic_has_something_to_say(installed, source):
    line = (f"c++ -std=c++17 -Wall -Wextra -Wno-missing-field-initializers -shared -fPIC "
            f"-o /dev/null examples/{source}.cpp $(pkg-config --cflags tocsin)")
    assert installed.run(line, TEMPLATE) == ""
    pedantic = installed.run(line.replace("-Wextra", "-Wextra -Wpedantic"), TEMPLATE)
    assert set(re.findall(r"\[-W([\w+-]+)\]", pedantic)) == {"c++20-extensions"}


# A project of its own --------------------------------------------------------------------------


@pytest.mark.parametrize("shape, language", KINDS)
def test_what_is_made_builds_and_passes_its_test_and_the_kit_at_once(installed, tmp_path, shape, language):
    made = new(tmp_path, "pager", "--shape", shape, "--language", language, "my-pager")
    assert made.returncode == 0, made.stderr

    output = installed.run(made.stdout.splitlines()[-1].removeprefix("next: "), tmp_path)

    assert "warning" not in output.lower(), output
    assert re.search(r"Ok: +1\b", output), output
    plugin = tmp_path / "my-pager" / "build" / "pager.so"
    assert symbols(plugin) == EXPORTED
    assert "# pager\n" in run("plugin", "doc", plugin).stdout
    checked = run("plugin", "check", plugin)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("shape, language", KINDS)
def test_nothing_that_is_made_tells_of_the_template(tmp_path, shape, language):
    new(tmp_path, "pager", "--shape", shape, "--language", language)

    texts = {str(path.relative_to(tmp_path / "pager")): path.read_text()
             for path in (tmp_path / "pager").rglob("*") if path.is_file()}

    source = "pager.c" if language == "c" else "pager.cpp"
    assert set(texts) == {".gitignore", "README.md", "meson.build", "pager.map", source,
                          "test/host.h", "test/test.c", "test/expected.txt"}
    for name, text in texts.items():
        assert not re.search(r"sink-template|is_subproject|tocsin plugin new|examples", text), name
        assert text.endswith("\n"), name
    for name in ("README.md", "meson.build"):
        assert re.search(rf"\b{re.escape(source)}\b", texts[name]), name
    assert f".{shape} = {shape}," in texts[source]


def test_the_folder_has_the_plugins_name_unless_said_otherwise(tmp_path):
    assert new(tmp_path, "pager").returncode == 0
    assert new(tmp_path, "pager", "other").returncode == 0
    assert (tmp_path / "pager/pager.c").read_text() == (tmp_path / "other/pager.c").read_text()


@pytest.mark.parametrize("name, reason", [
    ("Pager", "small letters"),
    ("9to5", "begins with a letter"),
    ("", "begins with a letter"),
    ("pa ger", "small letters"),
    ("../pager", "small letters"),
    ("pager.so", "small letters"),
    ("páger", "small letters"),
    ("a" * 65, "at most 64"),
    ("test", "meson"),
    ("clean-gcno", "meson"),
    ("meson-pager", "meson"),
    ("inbox", "built in"),
])
def test_a_bad_name_is_refused_and_nothing_is_written(tmp_path, name, reason):
    result = new(tmp_path, name)

    assert result.returncode == 2
    assert reason in result.stderr and f'"{name}"' in result.stderr
    assert not any(tmp_path.iterdir())


def test_the_longest_name_is_one(tmp_path):
    assert new(tmp_path, "a" * 64).returncode == 0


def test_the_name_of_an_installed_plugin_is_refused(installed, tmp_path):
    result = subprocess.run(["bash", "-c", "tocsin plugin new teams"], cwd=tmp_path,
                            env=installed.env(), capture_output=True, text=True)
    assert result.returncode == 2
    assert f"there is a plugin of that name in {installed.plugins}" in result.stderr


@pytest.mark.parametrize("arguments, reason", [
    ([], "which name"),
    (["pager", "--shape", "round"], '--shape must be render or deliver, not "round"'),
    (["pager", "--language", "rust"], '--language must be c or c++, not "rust"'),
    (["pager", "--shape"], "--shape needs a value"),
    (["pager", "a", "b"], "one argument too many"),
    (["pager", "--colour"], "unknown option"),
])
def test_other_arguments_are_refused(tmp_path, arguments, reason):
    result = new(tmp_path, *arguments)
    assert result.returncode == 2
    assert reason in result.stderr and "usage: tocsin plugin new" in result.stderr
    assert not any(tmp_path.iterdir())


def test_a_folder_that_is_there_stays_as_it_is(tmp_path):
    (tmp_path / "pager").mkdir()
    (tmp_path / "file").write_text("mine")

    for place in (["pager"], ["pager", "file"]):
        result = new(tmp_path, *place)
        assert result.returncode == 3
        assert f"{place[-1]} is there already" in result.stderr
    assert not any((tmp_path / "pager").iterdir())
    assert (tmp_path / "file").read_text() == "mine"


def test_a_place_that_cannot_be_written_to_is_named(tmp_path):
    result = new(tmp_path, "pager", "no/such/folder")
    assert result.returncode == 3
    assert "no/such/folder: No such file or directory" in result.stderr


# In use ----------------------------------------------------------------------------------------


def build_by_the_line_of_the_readme(installed, folder):
    line, = re.findall(r"^(?:cc|c\+\+) .*-shared.*$", (folder / "README.md").read_text(), re.MULTILINE)
    output = installed.run(line, folder)
    assert output == "", output
    plugin = folder / "pager.so"
    assert symbols(plugin) == EXPORTED
    return plugin


@pytest.mark.parametrize("language", ["c", "c++"])
def test_a_render_sink_posts_what_happened(installed, tmp_path, started, make_daemon, language):
    new(tmp_path, "pager", "--language", language)
    plugin = build_by_the_line_of_the_readme(installed, tmp_path / "pager")
    receiver = started(Webhook())
    daemon = make_daemon({"mine": {"plugin": os.path.relpath(plugin, tmp_path / "tocsin"),
                                   "url": receiver.url, "token": "planted-token", "prefix": "SOC"}})

    daemon.start().accept(load_event("alert-created-rich"))

    entry, = receiver.wait_for(1)
    assert entry["json"]["title"].startswith("SOC: ")
    assert set(entry["json"]) == {"title", "text", "link"}
    assert receiver.heads[0]["Authorization"] == "Bearer planted-token"
    assert receiver.heads[0]["Content-Type"].startswith("application/json")
    daemon.wait_settled()
    daemon.stop()
    assert "planted-token" not in daemon.log()


@pytest.mark.parametrize("language", ["c", "c++"])
def test_a_deliver_sink_keeps_its_promises(installed, tmp_path, started, make_daemon, language):
    new(tmp_path, "pager", "--shape", "deliver", "--language", language)
    plugin = build_by_the_line_of_the_readme(installed, tmp_path / "pager")
    # Given a far end that first breaks off, then talks nonsense, then refuses, and then takes all.
    far_end = started(LineServer([b"", b"220 mail.example.org", b"no n\xf6t th\xc3\xa4t\x1b", b"ok"]))
    daemon = make_daemon(
        {"mine": {"plugin": str(plugin), "url": far_end.url, "concurrency": 1, "timeout": "5s"}},
        settings="sink_defaults: {retry: {first: 100ms, max: 1s, give_up: 1h}}\n").start()

    first = daemon.accept(load_event("alert-created-rich"))
    far_end.wait_for(3)
    daemon.wait_settled()
    second = daemon.accept({"type": "probe"})
    far_end.wait_for(4)
    daemon.wait_settled()

    # Where it is not known whether it arrived it went again, with the same id; refused, it did not.
    assert len({*far_end.lines[:3]}) == 1 and far_end.lines[2] != far_end.lines[3]
    (refused,), (delivered,) = (daemon.event(id)["deliveries"] for id in (first, second))
    assert refused["state"] == "dead" and "refused: n?t th??t?" in str(refused)
    assert delivered["state"] == "delivered"


def test_a_deliver_sinks_bad_address_is_a_fault_of_the_configuration(installed, tmp_path, make_daemon):
    new(tmp_path, "pager", "--shape", "deliver")
    plugin = build_by_the_line_of_the_readme(installed, tmp_path / "pager")
    for url in ("tcp://example.org:7000", "tcp://192.0.2.1", "http://192.0.2.1:7000"):
        daemon = make_daemon({"mine": {"plugin": str(plugin), "url": url}})
        result = daemon.command("check")
        assert result.returncode == 1
        assert "url: must be like tcp://192.0.2.1:7000" in result.stdout + result.stderr, url
