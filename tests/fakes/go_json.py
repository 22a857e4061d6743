"""encoding/json of Go, as far as a server that decodes what strangers post depends on it
(https://pkg.go.dev/encoding/json#Unmarshal and its source, decode.go).

A kind is what a declared type takes: one of the names below, a dict of members (a struct), or a list of
one kind (a slice)."""

import json

STRING, OBJECT, INT, BOOL, ANY = "string", "object", "int", "bool", "any"
SLACK_BOOL = "slack bool"  # model.SlackCompatibleBool: decodes itself, so null reaches it too
INT64 = range(-2 ** 63, 2 ** 63)


class DecodeError(Exception):
    """What encoding/json would not take."""


def first_value(raw):
    """Of a stream of bytes. Whatever follows the first value is not looked at; bytes that are no
    UTF-8, and halves of surrogate pairs, become U+FFFD."""
    text = raw.decode(errors="replace").lstrip(" \t\r\n")
    try:
        value = json.JSONDecoder(parse_constant=refuse).raw_decode(text)[0]
    except (ValueError, RecursionError) as fault:
        raise DecodeError(str(fault)) from None
    return clean(value)


def refuse(name):
    raise DecodeError(name)  # NaN and its kin, which Python takes


def clean(value):
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {clean(name): clean(member) for name, member in value.items()}
    return [clean(item) for item in value] if isinstance(value, list) else value


def decode(value, kind):
    """null leaves the zero value, names match in any case and the last one wins, unknown ones are
    ignored, a wrong type is an error. None is the zero value."""
    if kind == SLACK_BOOL:
        return decode_slack_bool(value)
    if value is None or kind == ANY:
        return value
    if isinstance(kind, dict):
        return decode_struct(value, kind)
    if isinstance(kind, list):
        demand(isinstance(value, list), value, "an array")
        return [decode(item, kind[0]) for item in value]
    is_bool = isinstance(value, bool)
    demand({STRING: isinstance(value, str), OBJECT: isinstance(value, dict), BOOL: is_bool,
            INT: isinstance(value, int) and not is_bool and value in INT64}[kind], value, kind)
    return value


def decode_struct(value, members):
    demand(isinstance(value, dict), value, "an object")
    struct = {}
    for name, member in value.items():
        known = name.casefold()
        if known in members:
            decoded = decode(member, members[known])
            if decoded is not None or members[known] == ANY:
                struct[known] = decoded
    return struct


def decode_slack_bool(value):
    """The document's own words, in any case, with quotes or without."""
    word = value.lower() if isinstance(value, str) else json.dumps(value)
    demand(word in ("true", "false"), value, "a bool")
    return word == "true"


def demand(fits, value, kind):
    if not fits:
        raise DecodeError(f"{value!r} is not {kind}")


def go_print(value):
    """fmt.Sprintf("%v") of what was decoded into an interface: numbers are float64."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return print_number(float(value))
    if isinstance(value, list):
        return f"[{' '.join(go_print(item) for item in value)}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{name}:{go_print(value[name])}' for name in sorted(value))}]"
    return value


def print_number(number):
    """%v is %g with the fewest digits that will do; a million is 1e+06."""
    for digits in range(17):
        if float(text := f"{number:.{digits}e}") == number:
            break
    mantissa, exponent = text.split("e")
    if not -4 <= int(exponent) < 6:
        return f"{mantissa}e{int(exponent):+03d}"
    return f"{number:.{max(0, digits - int(exponent))}f}"


def runes(value):
    """How many code points json.Marshal makes of it: < > & and two line ends become \\u003c and the
    like."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(text) + 5 * sum(text.count(mark) for mark in "<>&\u2028\u2029")
