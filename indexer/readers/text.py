"""Plain text and Markdown, in the encodings that government sites use."""

from __future__ import annotations

import codecs
import unicodedata
from contextlib import suppress
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
DECLARED = {  # what a page says -> what is tried
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
}
MOST_BROKEN = 0.02  # share of control and unassigned characters in a text that is one
MOST_LOST = 0.001  # share of undecodable bytes in a text that is shown with gaps (\ufffd)


def read_text(path: Path) -> Document:
    """Read a .txt or .md file.

    :raises Unreadable: if the bytes are no text in a known encoding.
    """
    text = decode(path.read_bytes())
    return Document(tuple(Line(line) for line in text.splitlines()))


def decode(data: bytes, declared: str = "") -> str:
    """Bytes -> text: by byte-order mark, as UTF-8, as ``declared``, else by the likeliest
    Chinese encoding. A few broken bytes, as where a file was cut, become \ufffd.

    :raises Unreadable: if none fits.
    """
    for bom, encoding in BOMS.items():
        if data.startswith(bom):
            return checked(data, encoding)
    attempts = [("utf-8", False), ("utf-8", True)]
    if declared.lower() in DECLARED:
        attempts += [(DECLARED[declared.lower()], gaps) for gaps in (False, True)]
    for encoding, gaps in attempts:
        with suppress(Unreadable):
            return checked(data, encoding, gaps=gaps)
    best = charset_normalizer.from_bytes(data, cp_isolation=CANDIDATES).best()
    if best is not None:
        return checked(data, best.encoding)
    with suppress(Unreadable):
        return checked(data, "gb18030", gaps=True)
    raise Unreadable(
        "not text in UTF-8, UTF-16, GB18030 or Big5",
        "不是 UTF-8、UTF-16、GB18030 或 Big5 编码的文本",
    )


def checked(data: bytes, encoding: str, *, gaps: bool = False) -> str:
    """Decode and refuse what is not text; ``gaps`` allows a few undecodable bytes.

    :raises Unreadable: on undecodable bytes or too many control characters.
    """
    try:
        text = data.decode(encoding, "replace" if gaps else "strict")
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"not valid {encoding} text (byte {error.start})",
            f"不是有效的 {encoding} 文本（第 {error.start} 字节）",
        ) from None
    if gaps and text.count("\ufffd") > max(1, MOST_LOST * len(text)):
        raise Unreadable(f"not {encoding} text", f"不是 {encoding} 文本")
    odd = (c for c in text if not c.isprintable() and not c.isspace())
    broken = sum(unicodedata.category(c) != "Cf" for c in odd)  # invisible marks break nothing
    if broken > MOST_BROKEN * len(text):
        raise Unreadable("mostly control characters: not a text file", "多为控制字符，不是文本文件")
    return text
