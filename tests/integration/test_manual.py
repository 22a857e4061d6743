"""The help, the manual and the completions: all from one table, and as the tools that read them want
them."""

import json
import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

import pytest

import sinks
from tocsin import BINARY, BUILD, Tocsin, run

MANUAL = Path(os.environ.get("TOCSIN_MANUAL", BUILD / "docs/manual"))
PAGES = ["tocsin.1", "tocsin.yaml.5", "tocsin-rules.5"]


def described():
    return json.loads(run("help", "--json").stdout)["commands"]


def plain(page):
    """As it is read, without bold and breaks."""
    shown = subprocess.run(["/usr/bin/mandoc", "-Tutf8", "-Owidth=400", MANUAL / page],
                           capture_output=True, text=True, check=True).stdout
    return re.sub(r"\s+", " ", re.sub(".\b", "", shown))


# The help ----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", described(), ids=lambda command: command["name"])
def test_each_command_has_its_help(command):
    name = command["name"].split()
    shown = run(*name, "--help")
    assert shown.returncode == 0 and shown.stderr == ""
    assert shown.stdout.startswith(f"usage: tocsin {command['name']} ")
    assert f"\nexamples:\n  tocsin {command['name']}" in shown.stdout
    assert run("help", *name).stdout == shown.stdout
    for option in command["options"]:
        assert re.search(rf"^  {option['name']}\b", shown.stdout, re.MULTILINE)
    assert all(len(line) <= 80 for line in shown.stdout.splitlines()[2:] if not command["has_parts"]
               and not line.startswith("  tocsin "))


@pytest.mark.parametrize("command", described(), ids=lambda command: command["name"])
def test_the_usage_names_the_options_that_there_are(command):
    in_usage = set(re.findall(r"(?<![\w-])(-{1,2}[a-z][a-z-]*)", command["arguments"]))
    assert in_usage == {option["name"] for option in command["options"]} - {"-f"}


@pytest.mark.parametrize("command", [c for c in described() if not c["has_parts"]],
                         ids=lambda command: command["name"])
def test_each_command_takes_what_its_table_says_and_nothing_else(command):
    """arguments_read() holds the two together, and would end the process where they differ."""
    result = run(*command["name"].split(), "--no-such-option")
    assert result.returncode == 2 and 'unknown option "--no-such-option"' in result.stderr
    for option in command["options"]:
        if option["value"]:
            result = run(*command["name"].split(), option["name"])
            assert result.returncode == 2 and f"{option['name']} needs a value" in result.stderr


def test_the_help_of_all_fits_a_screens_width_and_names_each():
    shown = run("--help").stdout
    assert run("help").stdout == run("-h").stdout == shown
    for command in described():
        if not command["has_parts"]:
            assert re.search(rf"^  {command['name']} ", shown, re.MULTILINE)


def test_a_misspelt_command_is_told_the_nearest():
    for arguments in (["stauts"], ["help", "stauts"]):
        result = run(*arguments)
        assert result.returncode == 2
        assert result.stderr == 'tocsin: unknown command "stauts"; did you mean "status"?\n'
    assert "tocsin --help" in run("zzzzzzzz").stderr
    assert run("help", "plugin", "nothing").returncode == 2
    assert run("help", "sink-host").returncode == 2, "not for people"


# The manual --------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_mandoc_and_man_have_nothing_to_say(page):
    linted = subprocess.run(["/usr/bin/mandoc", "-Tlint", MANUAL / page], capture_output=True,
                            text=True)
    assert (linted.returncode, linted.stdout) == (0, "")
    shown = subprocess.run(["/usr/bin/man", "--warnings", "-l", MANUAL / page], capture_output=True,
                           text=True, env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"})
    assert (shown.returncode, shown.stderr) == (0, "") and len(shown.stdout) > 2000


def test_a_faulty_page_would_be_noticed(tmp_path):
    page = tmp_path / "faulty.1"
    page.write_text((MANUAL / "tocsin.1").read_text() + ".NoSuchMacro\n.RS\n")
    linted = subprocess.run(["/usr/bin/mandoc", "-Tlint", page], capture_output=True, text=True)
    assert linted.returncode != 0 and "NoSuchMacro" in linted.stdout


def test_the_page_of_commands_says_what_the_help_says():
    page = plain("tocsin.1")
    for command in described():
        if command["has_parts"]:
            continue
        assert f"tocsin {command['name']} {command['arguments']}".strip() in page
        for option in command["options"]:
            assert option["help"][1:] in page, option
        for example in command["examples"]:
            assert example["line"] in page


def test_the_pages_of_the_files_know_every_key():
    page = plain("tocsin.yaml.5")
    schema = json.loads(run("schema", "config").stdout)
    for key, shape in schema["properties"].items():
        assert re.search(rf" {key} ", page), key
        assert shape.get("description", "")[1:] in page
    for words in ("alarm_if_silent", "api_key", "Unless set: 7d.", "One of keyvalue, json", "give_up"):
        assert words in page, words
    page = plain("tocsin-rules.5")
    for words in ("if_not_enriched", "newer_than", "cidr", "unmatched", "has "):
        assert words in page, words


# The completions ---------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """With a configuration in it, of which something is wrong."""
    daemon = Tocsin(tmp_path, {"soc-teams": sinks.unreachable(), "soc-chat": sinks.unreachable(),
                               "duty": sinks.unreachable()}, settings="wrong: here\n")
    (tmp_path / "events").mkdir()
    (tmp_path / "event.json").write_text("{}")
    other = tmp_path / "other"
    other.mkdir()
    Tocsin(other, {"elsewhere": sinks.unreachable()})
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tocsin").symlink_to(BINARY)
    return daemon.folder


def environment(folder):
    return {"PATH": f"{folder}/bin:/usr/bin:/bin", "HOME": str(folder), "TERM": "dumb",
            "LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}


def shell(arguments, folder):
    result = subprocess.run(arguments, capture_output=True, text=True, cwd=folder, timeout=60,
                            env=environment(folder))
    assert result.returncode == 0, result.stderr
    return result.stdout


def complete_bash(line, folder):
    """As readline calls it: the words, and the number of the one before the cursor."""
    words = re.split(r" +", line)
    script = (f'source "{MANUAL}/tocsin.bash"\n'
              f"COMP_WORDS=({' '.join(repr(word) for word in words)})\n"
              f"COMP_CWORD={len(words) - 1}\n_tocsin\n"
              'printf "%s\\n" "${COMPREPLY[@]}"\n')
    return set(shell(["/usr/bin/bash", "--norc", "-c", script], folder).split("\n")) - {""}


def complete_fish(line, folder):
    script = f'source "{MANUAL}/tocsin.fish"; complete -C "{line}"'
    return {entry.split("\t")[0].rstrip("/") for entry in
            shell(["/usr/bin/fish", "--no-config", "-c", script], folder).splitlines()}


class Terminal:
    """A shell on a terminal of its own, and what it shows."""

    def __init__(self, arguments, folder):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(arguments[0], arguments, environment(folder))
        self.shown = ""

    def send(self, keys):
        os.write(self.fd, keys.encode())

    def wait_for(self, pattern, timeout=20):
        deadline = time.monotonic() + timeout
        while not (found := re.search(pattern, self.shown, re.DOTALL)):
            assert time.monotonic() < deadline, f"{pattern!r} is not in {self.shown!r}"
            if select.select([self.fd], [], [], 0.1)[0]:
                self.shown += os.read(self.fd, 4096).decode(errors="replace")
                self.shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", self.shown)
        return found

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


ZSHRC = """
unset zle_bracketed_paste
fpath=("{manual}" $fpath)
autoload -Uz compinit
compinit -u -D
PS1='ready> '
PROMPT_EOL_MARK=
LISTMAX=10000
setopt no_always_last_prompt
zstyle ':completion:*' verbose no
zstyle ':completion:*' list-packed no
bindkey '^X' list-choices
"""


def complete_zsh(line, folder):
    """What the completion system lists in a real line editor."""
    (folder / ".zshrc").write_text(ZSHRC.format(manual=MANUAL))
    terminal = Terminal(["/usr/bin/zsh", "-d", "-i"], folder)
    try:
        terminal.wait_for("ready> $")
        terminal.shown = ""
        terminal.send(line + "\x18")
        terminal.wait_for("\n.*ready> |\x07")
    finally:
        terminal.close()
    body = terminal.shown.split("\n", 1)[-1].rsplit("ready> ", 1)[0]
    return {word.rstrip("/") for word in body.split()}


SHELLS = [complete_bash, complete_zsh, complete_fish]


@pytest.mark.parametrize("complete", SHELLS)
@pytest.mark.parametrize("line, offered, not_offered", [
    ("tocsin ", {"serve", "status", "what-if", "plugin"}, {"sink-host", "names", "new", "--since"}),
    ("tocsin re", {"retry", "resume", "reload", "render", "replay"}, {"serve"}),
    ("tocsin drill ", {"soc-teams", "soc-chat", "duty"}, {"event.json"}),
    ("tocsin drill soc-", {"soc-teams", "soc-chat"}, {"duty"}),
    ("tocsin resume -c other/tocsin.yaml ", {"elsewhere"}, {"soc-teams"}),
    ("tocsin drill --level ", {"info", "low", "medium", "high", "urgent"}, {"soc-teams"}),
    ("tocsin events --", {"--since", "--follow", "--hook", "--help"}, {"--online"}),
    ("tocsin events --hook ", {"soc"}, {"soc-teams"}),
    ("tocsin retry --to ", {"soc-teams", "duty"}, set()),
    ("tocsin plugin ", {"new", "list", "doc", "check", "render"}, {"probe"}),
    ("tocsin plugin doc ", {"mattermost", "email", "syslog"}, {"soc-teams"}),
    ("tocsin plugin new --shape ", {"render", "deliver"}, set()),
    ("tocsin schema ", {"config", "rules"}, set()),
    ("tocsin explain --with eve", {"event.json", "events"}, set()),
    ("tocsin render --partials eve", {"events"}, {"event.json"}),
    ("tocsin help ", {"serve", "status"}, set()),
])
def test_a_shell_offers_what_there_is(complete, line, offered, not_offered, folder):
    found = complete(line, folder)
    assert offered <= found, found
    assert not found & not_offered, found


@pytest.mark.parametrize("complete", SHELLS)
def test_without_a_configuration_nothing_is_said(complete, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tocsin").symlink_to(BINARY)
    assert complete("tocsin drill ", tmp_path) <= {"bin", "tocsin", "drill", "\x07"}
