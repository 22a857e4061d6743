"""A page's commands, run in order by one shell as a reader would type them, and what came of each.

In a block `console`, lines that begin with `$ ` are commands, and what follows is their output: a
line `...` stands for any lines, `...` within a line for anything there. A block `sh` is commands
alone. A command of `sh` must end well; one of `console` may also say no (1), for some do."""

import os
import re
import signal
import subprocess
import tempfile
from collections import namedtuple

import pages

MARK = "@@@ end of command"

Command = namedtuple("Command", "text shown kind line")
Result = namedtuple("Result", "command output")


def commands(text):
    for block in pages.blocks(text):
        if block.kind == "sh":
            yield Command(block.text, None, "sh", block.line)
        elif block.kind == "console":
            for line, shown in re.findall(r"^\$ ([^\n]*(?:\\\n[^\n]*)*)\n((?:(?!\$ )[^\n]*\n)*)",
                                          block.text, re.MULTILINE):
                yield Command(line + "\n", shown, "console", block.line)


def is_as_shown(shown, output):
    """Blanks in a row count as one: columns are as wide as what stands in them."""
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else
                      ".*?".join(map(re.escape, re.sub(" +", " ", line).split("..."))) + r"\n"
                      for line in shown.splitlines())
    output = re.sub(" +", " ", output)
    return re.fullmatch(pattern, output if output.endswith("\n") or not output else output + "\n")


def _guarded(command):
    text = command.text if command.kind == "sh" else f"{{ {command.text}}} || [ $? -eq 1 ]\n"
    return f"{text}\necho '{MARK}'\n"


def stop_all(group):
    """The shell's group, in which nothing asked for jobs of its own."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(found, folder, environment, before=None, after=None, timeout=60):
    """Runs the commands; before and after map a part of a command's text to shell lines of the test's
    own, such as a wait for what a reader would wait for. What is left running is stopped."""
    script = []
    for command in found:
        script += [lines for part, lines in (before or {}).items() if part in command.text]
        script.append(_guarded(command))
        script += [lines for part, lines in (after or {}).items() if part in command.text]
    with tempfile.TemporaryFile("w+") as out:  # a pipe would be held open by what is left running
        shell = subprocess.Popen(
            ["bash", "-eu", "-c", "\n".join(script)], cwd=folder, stdin=subprocess.DEVNULL,
            stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, **environment})
        try:
            status = shell.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            status = "no end"
        finally:
            stop_all(shell.pid)
        out.seek(0)
        whole = out.read()
    assert status == 0, f"ended with {status}:\n{whole[-4000:]}"
    outputs = [part.removeprefix("\n") for part in whole.split(MARK)]
    assert len(outputs) == len(found) + 1, whole
    return [Result(*pair) for pair in zip(found, outputs)]
