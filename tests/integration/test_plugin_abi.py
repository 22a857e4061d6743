"""The plugin interface from one release to the next: tests/abi/README.md says what is promised."""

import json
import re
import subprocess
import sys

import pytest

from fakes.hook_server import HookServer
from fakes.line_server import LineServer
from fakes.webhook import Webhook
from stage import TESTS, load_event
from tocsin import TEST_PLUGINS, run

ABI = TESTS / "abi"
sys.path.insert(0, str(ABI))

from grow import grown  # noqa: E402
from interface import Interface  # noqa: E402

BUILT = TEST_PLUGINS.parent / "abi"
TODAY = (TESTS.parent / "include/tocsin/sink.h").read_text()
RELEASES = sorted(path.name for path in ABI.iterdir() if re.fullmatch(r"\d+\.\d+", path.name))
VERSIONS = [*RELEASES, "today", "grown"]


class Tea(HookServer):
    """Asks for tea first, and then takes what comes."""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def accept(self, handler, raw):
        if len(self.requests) % 2 == 0:
            return 418, {}, "tea?", None
        return 200, {"X-Id": "m-17"}, "taken", {"json": json.loads(raw)}


# Old and new plugins in today's daemon ----------------------------------------------------------


def test_plugins_of_every_header_say_the_same(make_daemon, started):
    receivers = {version: started(Tea()) for version in VERSIONS}
    daemon = make_daemon({
        version: {"plugin": str(BUILT / f"probe-{version}.so"), "url": receiver.url,
                  "word": "hello", "loud": "true", "number": 12, "pause": "3m", "room": "1m",
                  "mode": "three", "names": ["x", "y", "z"], "pairs": {"k": "planted-pair"}}
        for version, receiver in receivers.items()}).start()

    event = daemon.accept(load_event("alert-created-rich"))
    told = {version: receiver.wait_for(1)[0]["json"] for version, receiver in receivers.items()}
    daemon.wait_settled()

    assert told["today"]["config"] == (
        "word hello; loud 1; number 12; pause 180000; room 1048576; mode 2; names x y z; "
        "pairs k=planted-pair")
    assert re.search(r"type alert; action created; hook soc; title \S.*; facts \S+",
                     told["today"]["message"])
    for version in VERSIONS:
        assert told[version] == told["today"], version
        assert told[version]["more"] == "nothing"
    for delivery in daemon.event(event)["deliveries"]:
        assert delivery["state"] == "delivered"
        assert delivery["receipt"] == "taken, id m-17, after asked for tea", delivery
    daemon.stop()
    assert "planted-pair" not in daemon.log()


@pytest.mark.parametrize("version", VERSIONS)
def test_the_template_of_every_header_runs(make_daemon, started, version):
    receiver, far_end = started(Webhook()), started(LineServer())
    daemon = make_daemon({
        "render": {"plugin": str(BUILT / f"render-{version}.so"), "url": receiver.url},
        "deliver": {"plugin": str(BUILT / f"deliver-{version}.so"), "url": far_end.url}}).start()

    event = daemon.accept(load_event("alert-created-rich"))
    entry, = receiver.wait_for(1)
    line, = far_end.wait_for(1)
    daemon.wait_settled()

    title = entry["json"]["title"].removeprefix("alert: ")
    assert title and line.endswith(title)
    assert {delivery["state"] for delivery in daemon.event(event)["deliveries"]} == {"delivered"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_plugins_own_check_is_asked(make_daemon, version):
    daemon = make_daemon({"mine": {"plugin": str(BUILT / f"probe-{version}.so"),
                                   "url": "https://example.org/in", "word": "refused"}})
    result = daemon.command("check")
    assert result.returncode == 1 and "word: not that one" in result.stdout + result.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_told_of_a_plugin_depends_on_no_header(version):
    told = [run("plugin", "doc", BUILT / f"probe-{name}.so").stdout for name in (version, "today")]
    assert told[0] == told[1] and "- `pairs` (map of texts, secret; default `{k: v}`)" in told[0]


# What may change in the header ------------------------------------------------------------------


def measure(text, folder):
    """{struct: size} and {(struct, member): offset} by the compiler."""
    interface = Interface(text)
    (folder / "tocsin").mkdir(exist_ok=True, parents=True)
    (folder / "tocsin" / "sink.h").write_text(text)
    lines = [f'printf("%zu\\n", sizeof(struct {struct.name}));' + "".join(
        f' printf("%zu\\n", offsetof(struct {struct.name}, {member}));' for member in struct.members)
        for struct in interface.structs.values()]
    program = folder / "measure"
    subprocess.run(["cc", "-I", folder, "-x", "c", "-", "-o", program], check=True, text=True,
                   input="#include <stdio.h>\n#include <tocsin/sink.h>\nint main(void) {\n"
                         + "\n".join(lines) + "\n}\n")
    numbers = iter(map(int, subprocess.run([program], check=True, capture_output=True,
                                           text=True).stdout.split()))
    sizes, offsets = {}, {}
    for struct in interface.structs.values():
        sizes[struct.name] = next(numbers)
        for member in struct.members:
            offsets[struct.name, member] = next(numbers)
    return sizes, offsets


def breaches(old, new, folder):
    """What a header may not do to plugins that an older one built."""
    before, after = Interface(old), Interface(new)
    (old_sizes, old_offsets), (_, new_offsets) = measure(old, folder / "old"), measure(new, folder / "new")
    found = [f"{name} is gone or another number" for name, value in before.constants.items()
             if after.constants.get(name) != value]
    for name, struct in before.structs.items():
        was, now = list(struct.members.items()), list(getattr(after.structs.get(name), "members", {}).items())
        if now[:len(was)] != was or any(old_offsets[name, member] != new_offsets[name, member]
                                        for member in struct.members):
            found.append(f"{name} is gone, or begins otherwise")
            continue
        if len(now) > len(was) and not struct.may_grow:
            found.append(f"{name} has neither size nor stride, and grew")
        found += [f"{name}.{member} lies where {name} had padding, so TOCSIN_HAS() lies"
                  for member, _ in now[len(was):] if new_offsets[name, member] < old_sizes[name]]
    return found


@pytest.mark.parametrize("release", RELEASES)
def test_todays_header_only_adds_to_that_of_a_release(release, tmp_path):
    assert breaches((ABI / release / "tocsin/sink.h").read_text(), TODAY, tmp_path) == []


def test_a_header_that_has_grown_only_adds(tmp_path):
    assert breaches(TODAY, grown(TODAY), tmp_path) == []
    members = {name: len(struct.members) for name, struct in Interface(TODAY).structs.items()}
    more = {name for name, struct in Interface(grown(TODAY)).structs.items()
            if len(struct.members) > members[name]}
    assert more == {"tocsin_" + name for name in (
        "option", "fact", "message", "outcome", "request", "answer", "call", "host", "sink_plugin")}


@pytest.mark.parametrize("old, new, breach", [
    ("uint32_t size, attempt, level", "uint32_t size, level, attempt", "tocsin_message is gone, or begins"),
    ("int32_t urgency; ", "int64_t urgency; ", "tocsin_message is gone, or begins"),
    ("struct tocsin_duration { int64_t ms; };", "struct tocsin_duration { int64_t ms, more; };",
     "tocsin_duration has neither size nor stride, and grew"),
    ("TOCSIN_DELIVERED = 1, TOCSIN_RETRY,", "TOCSIN_DELIVERED = 1, TOCSIN_LATER, TOCSIN_RETRY,",
     "TOCSIN_RETRY is gone or another number"),
    ("TOCSIN_HIDDEN = 8", "TOCSIN_HIDDEN = 16", "TOCSIN_HIDDEN is gone or another number"),
    ("(*judge)(void *instance, ", "(*judge)(void *instance, int more, ",
     "tocsin_sink_plugin is gone, or begins"),
])
def test_what_breaks_plugins_is_noticed(old, new, breach, tmp_path):
    assert TODAY.count(old) == 1
    found = breaches(TODAY, TODAY.replace(old, new), tmp_path)
    assert any(one.startswith(breach) for one in found), found


def test_a_member_in_the_padding_at_a_structs_end_is_noticed(tmp_path):
    """Older plugins' size covers it, and what they have there is nothing they chose."""
    probe = re.search(r"\n    void \(\*probe\)[^\n]*", TODAY)[0]
    before = TODAY.replace(probe, "")
    after = before.replace("uint32_t max_text;", "uint32_t max_text; uint32_t in_padding;")
    found = breaches(before, after, tmp_path)
    assert any(one.startswith("tocsin_sink_plugin.in_padding lies where") for one in found), found


def test_every_member_and_constant_is_pinned():
    pins = (ABI / "test_layout.c").read_text()
    today = Interface(TODAY)
    assert re.findall(r"^    SIZE\((\w+), ", pins, re.MULTILINE) == list(today.structs)
    assert re.findall(r"^    MEMBER\((\w+), (\w+), ", pins, re.MULTILINE) == [
        (struct.name, member) for struct in today.structs.values() for member in struct.members]
    assert re.findall(r"^    CONSTANT\((\w+), ", pins, re.MULTILINE) == list(today.constants)


def test_no_declaration_is_overlooked():
    """By the compiler's own list of what the header names."""
    preprocessed = subprocess.run(["cc", "-E", "-P", "-I", TESTS.parent / "include", "-x", "c", "-"],
                                  input="#include <tocsin/sink.h>\n", capture_output=True, text=True,
                                  check=True).stdout
    today = Interface(TODAY)
    assert set(re.findall(r"struct (tocsin_\w+) \{", preprocessed)) == set(today.structs)
    assert set(re.findall(r"\b(TOCSIN_[A-Z_]+)\b", preprocessed)) == set(today.constants)
