"""tocsin plugin: the commands that concern plugins."""

from tocsin import PLUGINS, run


def test_without_a_command_the_commands_are_named():
    result = run("plugin")
    assert result.returncode == 2
    assert result.stderr.startswith("tocsin: say which command: ")
    assert "doc" in result.stderr


def test_a_command_that_is_none_is_named_with_those_that_are():
    result = run("plugin", "dock")
    assert result.returncode == 2
    assert result.stderr.startswith('tocsin: "dock" is none of its commands: ')


def test_the_help_of_a_part_is_its_own():
    whole, part = run("plugin", "--help"), run("plugin", "doc", "--help")
    assert (whole.returncode, part.returncode) == (0, 0)
    assert "tocsin plugin doc [--plugin-path FOLDER] NAME|FILE.so" in whole.stdout
    assert part.stdout.startswith("usage: tocsin plugin doc ")
    for name in ("new", "list", "doc"):
        assert f"  plugin {name} " in run("--help").stdout


def test_a_part_takes_its_arguments_after_its_name():
    result = run("plugin", "doc", "--plugin-path", PLUGINS, "file")
    assert (result.returncode, result.stdout.startswith("# file\n")) == (0, True)
    assert run("plugin", "doc").returncode == 2
