"""Chinese outline numbering: 一、 （一） 1. （1） and the points 一是, 二是.

Every pattern is linear in the length of the line: no repetition stands inside another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
HIGHEST = 99  # numeral that is understood
NUMERAL = "[一二三四五六七八九十]{1,3}"
ITEM = re.compile(
    rf"(?P<first>{NUMERAL})(?:、|[．.](?!\d))\s?"
    rf"|第(?P<chapter>{NUMERAL})(?:部分|章|节)[、：:\s]?"
    rf"|[（(]\s?(?P<second>{NUMERAL})\s?[)）]\s?[、.]?"
    r"|(?P<third>\d{1,2})[．、.](?!\d)\s?"
    r"|[（(]\s?(?P<fourth>\d{1,2})\s?[)）]\s?[、.]?"
)
LEVELS = {"first": 1, "chapter": 1, "second": 2, "third": 3, "fourth": 4}
POINT = re.compile(rf"(?:(?<=[。；：！？;:\n])|^)\s?(?:{NUMERAL}(?:是|要)|第{NUMERAL}[，,])")


@dataclass(frozen=True, slots=True)
class Item:
    """The numbering at the start of a line: its depth (1 to 4), value and length."""

    level: int
    value: int
    length: int


def parse_item(text: str) -> Item | None:
    """The numbering that ``text`` starts with, or None."""
    match = ITEM.match(text)
    if match is None or match.lastgroup is None:
        return None
    numeral = match[match.lastgroup]
    value = int(numeral) if numeral.isascii() else parse_numeral(numeral)
    return Item(LEVELS[match.lastgroup], value, match.end()) if value else None


def starts_item(text: str) -> bool:
    """Whether ``text`` starts with outline numbering or a point such as 一是."""
    return parse_item(text) is not None or POINT.match(text) is not None


def parse_numeral(numeral: str) -> int:
    """Value of a Chinese numeral below 100; 0 if it is none (such as 十十)."""
    if numeral in DIGITS:
        return DIGITS[numeral]
    tens, ten, ones = numeral.partition("十")
    if not ten or len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return 0
    return DIGITS.get(tens, 1) * 10 + DIGITS.get(ones, 0)


def to_numeral(value: int) -> str:
    """The Chinese numeral of ``value`` (1 to `HIGHEST`)."""
    tens, ones = divmod(value, 10)
    head = "" if not tens else ("十" if tens == 1 else "一二三四五六七八九"[tens - 1] + "十")
    return head + ("一二三四五六七八九"[ones - 1] if ones else "")


def point_starts(text: str) -> list[int]:
    """Offsets at which the points 一是, 二是 … of ``text`` begin."""
    return [m.end() - len(m[0].lstrip()) for m in POINT.finditer(text)]
