"""What is read from a file of callgrind's."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import callgrind  # noqa: E402

PROFILE = """\
version: 1
positions: line
events: Ir

ob=(1) /usr/bin/tocsin
fl=(1) rule.c
fn=(1) rule_match
16 400
+3 100
cob=(2) /usr/lib/libjansson.so.4
cfi=(2) ???
cfn=(2) 0x0000000000003f20
calls=7 0
* 9000
fi=(3) list.h
-2 50
fe=(1)

fn=(5) 0x0000000000001000
7 20

ob=(2)
fl=(2)
fn=(2)
0 6000
cfn=(3) malloc
calls=2 0
0 3000

fn=(4) 0x0000000000005a10
0 500

ob=(3) /usr/lib/libc.so.6
fn=(3)
0 3000
totals: 10070
"""


def read():
    return callgrind.read(PROFILE.splitlines(keepends=True))


def test_own_costs_are_counted_once():
    costs = read().functions
    assert costs == {"rule_match": 550, "(tocsin)": 20, "(libjansson.so.4)": 6500, "malloc": 3000}
    assert sum(costs.values()) == 10070  # callgrind's own total


def test_a_librarys_costs_are_those_of_its_functions():
    assert read().libraries == {"tocsin": 570, "libjansson.so.4": 6500, "libc.so.6": 3000}


def test_what_is_called_from_another_library_counts_with_all_beneath():
    assert read().entries == {("libjansson.so.4", "0x0000000000003f20"): 9000}
