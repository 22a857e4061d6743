"""A mail as Python's email package reads it, which knows nothing of how tocsin writes: whatever it has
to forgive is a fault."""

import email
import email.policy
from email.utils import parsedate_to_datetime

ONCE = ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type",
        "Auto-Submitted", "X-Priority")


def read(raw):
    """raw: as it came over the wire. The mail; an AssertionError says what is wrong with it."""
    assert raw.isascii(), "bytes beyond ASCII"
    lines = raw.split(b"\r\n")
    for line in lines:
        assert b"\r" not in line and b"\n" not in line, f"a bare CR or LF: {line!r}"
        assert len(line) <= 998, f"a line of {len(line)} bytes: {line[:80]!r}"
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    for name in ONCE:
        assert len(mail.get_all(name, [])) == 1, f"{name}: {mail.get_all(name)}"
    assert "Bcc" not in mail
    assert parsedate_to_datetime(mail["Date"]).tzinfo, mail["Date"]
    for part in mail.walk():
        check_part(part)
    return mail


def check_part(part):
    assert not part.defects, part.defects
    for name, value in part.items():
        if name == "Received":
            continue  # a server's own words, which may hold tabs
        assert not value.defects, (name, value, value.defects)
        assert not any(ord(letter) < 0x20 or letter == "\x7f" for letter in value), (name, value)
    if part.is_multipart():
        assert part.get_content_type() == "multipart/alternative"
        assert [child.get_content_type() for child in part.iter_parts()] == ["text/plain", "text/html"]
        assert not (part.preamble or "").strip() and not (part.epilogue or "").strip()
    else:
        assert part.get_content_charset() == "utf-8"
        assert part.get_payload(decode=True).decode("utf-8", "strict").strip()
