"""The hostile zoo: plugins with one fault each (tests/zoo/), and the check of `tocsin plugin check`
that caught each of them. Prints the table."""

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tocsin import BUILD, run

SOURCES = Path(__file__).resolve().parents[1] / "zoo"
ZOO = Path(os.environ.get("TOCSIN_ZOO", BUILD / "tests/zoo"))
FIRST_LINE = re.compile(r"/\* (\w+(?:, \w+)*): (.*?)\.? ?(\*/)?$")


def members():
    """Name, the check that has to catch it, what it does."""
    for source in sorted(SOURCES.glob("*.c")):
        declared, does = FIRST_LINE.match(source.read_text().splitlines()[0]).groups()[:2]
        yield source.stem, declared, does


def examine(member):
    name, declared, does = member
    result = run("plugin", "check", "--json", ZOO / f"{name}.so", timeout=120)
    assert result.returncode in (0, 1), f"{name}: {result.stderr}"
    card = json.loads(result.stdout)
    assert card["passed"] == (result.returncode == 0)
    caught = [check for check in card["checks"] if check["result"] == "failed"]
    return name, declared, does, caught


def test_each_member_is_caught_by_its_check():
    with ThreadPoolExecutor(2) as pool:
        table = list(pool.map(examine, members()))
    wrong = []
    for name, declared, does, caught in table:
        names = [check["name"] for check in caught] or ["accepted"]
        reason = caught[0]["reasons"][0] if caught else ""
        is_right = names == declared.split(", ")
        print(f"{'' if is_right else 'WRONG: '}{name:20} {', '.join(names):14} {does}\n"
              f"{'':20} {reason}")
        if not is_right:
            wrong.append((name, declared, names, reason))
    assert len(table) > 60
    assert not wrong
