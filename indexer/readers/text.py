"""Plain text and Markdown, in the encodings that government sites use."""

from __future__ import annotations

import codecs
from pathlib import Path

import charset_normalizer

from indexer.readers.errors import Unreadable
from indexer.shapes import Document, Line

BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CANDIDATES = ["gb18030", "big5", "utf_16_le", "utf_16_be"]
MOST_BROKEN = 0.02  # share of control and unassigned characters in a text that is one


def read_text(path: Path) -> Document:
    """Read a .txt or .md file.

    :raises Unreadable: if the bytes are no text in a known encoding.
    """
    text = decode(path.read_bytes())
    return Document(tuple(Line(line) for line in text.splitlines()))


def decode(data: bytes) -> str:
    """Bytes -> text: by byte-order mark, as UTF-8, else by the likeliest Chinese encoding.

    :raises Unreadable: if none fits.
    """
    for bom, encoding in BOMS.items():
        if data.startswith(bom):
            return checked(data, encoding)
    try:
        return checked(data, "utf-8")
    except Unreadable:
        best = charset_normalizer.from_bytes(data, cp_isolation=CANDIDATES).best()
        if best is None:
            raise Unreadable("not text in UTF-8, UTF-16, GB18030 or Big5") from None
        return checked(data, best.encoding)


def checked(data: bytes, encoding: str) -> str:
    """Decode strictly and refuse what is not text.

    :raises Unreadable: on undecodable bytes or too many control characters.
    """
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"not valid {encoding} text (byte {error.start})") from None
    broken = sum(not c.isprintable() and not c.isspace() for c in text)
    if broken > MOST_BROKEN * len(text):
        raise Unreadable("mostly control characters: not a text file")
    return text
