"""Makes the manual pages of what the program says of itself: of its commands (`tocsin help --json`)
and of its two files (the JSON schemas in conf/). What stands here is only what neither knows."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import completion

DATE = "2026-11-26"  # of the last change to these pages' own words

VALUES = [
    "Types come from the option, never from how YAML might read a value: NO, on, 08 and 22:30 are what "
    "is written.",
    "Durations are 250ms, 5s, 10m, 2h or 7d; sizes are 512, 64k, 1m or 2g.",
    "${NAME} is an environment variable, ${NAME:-default} one with a default, ${file:PATH} a file's "
    "content without its last newline, ${cred:NAME} a systemd credential, $${ a literal ${. They are "
    "replaced in values of tocsin.yaml only, and never parsed again.",
    "Relative paths are relative to the file that names them. Keys at the top that begin with x- are "
    "ignored: a place for anchors.",
]
RULES = [
    "All rules are tried from top to bottom, and every match sends; after a match with stop: true no "
    "other is tried. A sink that several rules reach gets one message, the first one's. send: [] is a "
    "decision to tell nobody.",
    "The keys of a match are dotted paths into the event, which must all hold; any, all and not combine "
    "them. A value is a text (equal), a list (one of these), or a map of operators.",
    "A test of looked-up data whose look-up failed is unknown. A rule that ends unknown sends, marked as "
    "not enriched; if_not_enriched: skip turns that off.",
    "Titles and texts are Mustache templates. {{x}} is escaped for the sink that shows it.",
]
STATUSES = [("0", "fine"), ("1", "the answer is no: a failed check, a failed test, something wrong"),
            ("2", "bad usage"), ("3", "it could not be done")]


def escaped(text):
    """For roff: nothing of a text is a request, an escape or a typographic hyphen."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return text.replace("^", "\\(ha").replace("~", "\\(ti")


def lines_of(text):
    """Escaped, in lines that people can read, none of which is taken for a request."""
    lines = textwrap.wrap(escaped(text), 78, break_long_words=False, break_on_hyphens=False)
    return ["\\&" + line if line.startswith((".", "'")) else line for line in lines]


class Page:
    """A page in the making, with the macros of man(7)."""

    def __init__(self, name, section, version, what):
        self.lines = [f'.TH "{name.upper()}" "{section}" "{DATE}" "tocsin {version}" "tocsin manual"']
        self.section("NAME")
        self.lines.append(f"{escaped(name)} \\- {escaped(what)}")

    def section(self, title):
        self.lines.append(f".SH {title}")

    def subsection(self, title):
        self.lines.append(f'.SS "{escaped(title)}"')

    def paragraph(self, text):
        if not self.lines[-1].startswith((".SH", ".SS")):
            self.lines.append(".PP")
        self.lines += lines_of(text)

    def entry(self, term, text):
        """term: (bold, italic) parts."""
        bold, italic = term
        shown = f"\\fB{escaped(bold)}\\fR" + (f" \\fI{escaped(italic)}\\fR" if italic else "")
        self.lines += [".TP", shown, *lines_of(text)]

    def deeper(self):
        self.lines.append(".RS")

    def back(self):
        self.lines.append(".RE")

    def literal(self, text):
        if not self.lines[-1].startswith((".SH", ".SS")):
            self.lines.append(".PP")
        self.lines += [".nf", ".RS 4"]
        self.lines += ["\\&" + escaped(line) for line in text.rstrip("\n").split("\n")]
        self.lines += [".RE", ".fi"]

    def see_also(self, *pages):
        self.section("SEE ALSO")
        self.lines += [f".BR {escaped(name)} ({section}){',' if (name, section) != pages[-1] else ''}"
                       for name, section in pages]

    def text(self):
        return "\n".join(self.lines) + "\n"


# tocsin(1) ---------------------------------------------------------------------------------


def add_command(page, command):
    page.subsection(f"tocsin {command['name']} {command['arguments']}".strip())
    page.paragraph(sentence(command["help"]))
    if command["details"]:
        page.paragraph(command["details"])
    for option in command["options"]:
        page.entry((option["name"], option["value"]), sentence(option["help"]))
    if command["examples"]:
        page.lines.append(".PP")
        page.lines.append("Examples:")
    for example in command["examples"]:
        page.entry((f"tocsin {example['line']}", None), sentence(example["what"]))


def sentence(text):
    """Words that are written so, `true: ...`, stay as they are."""
    if text.split()[0].endswith(":"):
        return text + ("" if text.endswith(".") else ".")
    return text[0].upper() + text[1:] + ("" if text.endswith(("?", ".")) else ".")


def command_page(described):
    page = Page("tocsin", 1, described["version"], "route security alerts to where people read them")
    page.section("SYNOPSIS")
    page.lines.append("\\fBtocsin\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR] ...")
    page.section("DESCRIPTION")
    page.paragraph(
        "A security platform posts an event to a secret URL; tocsin writes it to disk, answers 202, "
        "looks up the alert behind it, decides by a rules file who must hear of it, and hands it to "
        "sinks. It never loses an event that it answered for, and can always say why somebody was "
        "told, or was not.")
    page.paragraph(
        "Where a daemon runs, the commands that ask for its state speak to it at the configuration's "
        "admin address; where none runs, they read the ledger. WHEN is a time such as "
        "2026-11-25T20:00:00Z (without a zone it is UTC), or how long ago: 2h.")
    page.section("COMMANDS")
    for command in described["commands"]:
        if not command["has_parts"]:
            add_command(page, command)
    page.section("EXIT STATUS")
    for status, what in STATUSES:
        page.entry((status, None), sentence(what))
    page.section("ENVIRONMENT")
    page.entry(("TOCSIN_CONFIG", None), "The configuration where no -c names one.")
    page.entry(("NO_COLOR", None), "Set to something: no colours, on a terminal neither.")
    page.section("FILES")
    page.entry(("./tocsin.yaml, /etc/tocsin/tocsin.yaml", None),
               "The configuration where neither -c nor TOCSIN_CONFIG names one.")
    page.see_also(("tocsin-rules", 5), ("tocsin.yaml", 5))
    return page.text()


# The files ---------------------------------------------------------------------------------


class Schema:
    def __init__(self, document):
        self.definitions = document["$defs"]
        self.document = document

    def resolved(self, shape):
        """With what it refers to, its own words first."""
        if "$ref" in shape:
            target = self.definitions[shape["$ref"].rsplit("/", 1)[1]]
            return {**self.resolved(target), **{k: v for k, v in shape.items() if k != "$ref"}}
        return shape

    def alternatives(self, shape):
        shape = self.resolved(shape)
        return [shape] + [self.resolved(one) for key in ("anyOf", "allOf") for one in shape.get(key, ())]

    def properties(self, shape):
        """Of a map, or of the alternative that is one, or of a list's elements."""
        for one in self.alternatives(shape):
            if one.get("properties"):
                return one["properties"]
            if isinstance(one.get("items"), dict):
                return self.properties(one["items"])
        return {}

    def each(self, shape):
        """The shape of what stands below names that the user chooses."""
        for one in self.alternatives(shape):
            if isinstance(one.get("additionalProperties"), dict):
                return one["additionalProperties"]
        return None

    def words(self, shape):
        choices = []
        for one in self.alternatives(shape):
            choices += [choice for choice in one.get("enum", ()) if isinstance(choice, str)]
        return choices


def about(schema, shape):
    """What is said of a key beside its name."""
    whole = schema.resolved(shape)
    text = sentence(whole.get("description", "see the rules page"))
    kind = schema.definitions.get(shape.get("$ref", "").rsplit("/", 1)[-1], {}).get("description")
    if kind and kind not in ("a text", whole.get("description")):
        text += f" {sentence(kind)}"
    choices = schema.words(shape)
    if choices:
        text += " One of " + ", ".join(dict.fromkeys(choices)) + "."
    if "default" in whole:
        default = whole["default"]
        text += f" Unless set: {default if isinstance(default, str) else json.dumps(default)}."
    return text


def add_keys(page, schema, properties, depth=0):
    for key, shape in properties.items():
        page.entry((key, None), about(schema, shape))
        inner, each = schema.properties(shape), schema.each(shape)
        if depth > 1 or key == "match":
            continue
        if each and schema.properties(each):
            page.deeper()
            page.entry(("", "NAME"), "A name of your choice: 1 to 64 of a-z 0-9 . _ -.")
            add_inside(page, schema, schema.properties(each), depth)
            page.back()
        elif inner:
            add_inside(page, schema, inner, depth)


def add_inside(page, schema, properties, depth):
    page.deeper()
    add_keys(page, schema, properties, depth + 1)
    page.back()


def configuration_page(version, document, example):
    schema = Schema(document)
    page = Page("tocsin.yaml", 5, version, "configuration of tocsin")
    page.section("DESCRIPTION")
    page.paragraph("Unknown keys, wrong types, duplicates and missing secrets are errors, which tocsin "
                   "check reports all at once with their lines.")
    for text in VALUES:
        page.paragraph(text)
    page.section("KEYS")
    add_keys(page, schema, document["properties"])
    page.paragraph("A sink's other options are its plugin's: tocsin plugin doc NAME.")
    page.section("EXAMPLE")
    page.literal(example)
    page.see_also(("tocsin", 1), ("tocsin-rules", 5))
    return page.text()


def rules_page(version, document, example):
    schema = Schema(document)
    page = Page("tocsin-rules", 5, version, "rules of tocsin: who hears of what")
    page.section("DESCRIPTION")
    for text in RULES:
        page.paragraph(text)
    page.section("KEYS")
    add_keys(page, schema, document["properties"])
    page.section("OPERATORS")
    page.paragraph("A test of one path is a map of these, which must all hold.")
    add_keys(page, schema, schema.properties({"$ref": "#/$defs/test"}), depth=2)
    page.section("EXAMPLE")
    page.literal(example)
    page.see_also(("tocsin", 1), ("tocsin.yaml", 5))
    return page.text()


def main(program, folder, *outputs):
    """Writes the pages and completions that the outputs name. folder: conf/, where the schemas are
    that tests hold to what the program says."""
    def said(*arguments):
        return json.loads(subprocess.run([program, *arguments], check=True, capture_output=True).stdout)

    described = said("help", "--json")
    version = described["version"]
    examples = {name: (Path(folder) / name).read_text() for name in ("tocsin.yaml", "rules.yaml")}
    pages = {
        "tocsin.1": lambda: command_page(described),
        "tocsin.yaml.5": lambda: configuration_page(
            version, json.loads((Path(folder) / "tocsin.schema.json").read_text()),
            examples["tocsin.yaml"]),
        "tocsin-rules.5": lambda: rules_page(
            version, json.loads((Path(folder) / "rules.schema.json").read_text()),
            examples["rules.yaml"]),
        "tocsin.bash": lambda: completion.bash(described),
        "_tocsin": lambda: completion.zsh(described),
        "tocsin.fish": lambda: completion.fish(described),
    }
    for output in map(Path, outputs):
        output.write_text(pages[output.name]())


if __name__ == "__main__":
    main(*sys.argv[1:])
