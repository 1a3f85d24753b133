"""Printed lines -> logical paragraphs.

Removes what the conversion left behind (``**`` and ``#`` marks, blank lines) and joins a
paragraph that a page break cut in two. Characters and the spaces inside a line stay as they
are printed. Which paragraph is a heading is decided in `outline`, not here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from indexer.numbering import starts_item
from indexer.shapes import Line

CLOSED = frozenset("。！？；：…”’」』!?;:")
SENTENCE_MARK = re.compile("[，。；！？、,;：]")
MARK = re.compile(r"^#{1,6}\s+")
EMPHASIS = re.compile(r"\*\*|__|\ufeff|\u200b|\x00")
CELL = "｜"  # between the cells of a table's row
PAGE_NUMBER = re.compile(r"^(?:[-—–－][ \d]{1,5}[-—–－]|第 ?\d{1,3} ?页)$")
LONGEST_HEADING = 40  # characters; a longer line without a full stop is running text


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """A paragraph or heading after joining.

    ``breaks`` lists (offset in ``text``, page) where a part of it begins.
    """

    text: str
    marked: bool  # the source marked it as a heading (Markdown #)
    breaks: tuple[tuple[int, int], ...] = ()
    goes_on: bool = False  # the source showed that it continues


def to_paragraphs(lines: Iterable[Line]) -> list[LogicalLine]:
    """Join ``lines`` into logical paragraphs, in order.

    A page number goes: one between dashes, 第 3 页, or a bare one that is its page's. Any other
    bare number stays: it may be the figure of a broken sentence.
    """
    groups: list[list[LogicalLine]] = []
    for line in lines:
        text, marked = strip_marks(line.text)
        if not text or PAGE_NUMBER.match(text) or text == str(line.page):
            continue
        breaks = ((0, line.page),) if line.page is not None else ()
        new = LogicalLine(text, marked, breaks, line.goes_on)
        if groups and continues(groups[-1][-1], new, within=len(groups[-1]) > 1):
            groups[-1].append(new)
        else:
            groups.append([new])
    return [joined(group) for group in groups]


def strip_marks(text: str) -> tuple[str, bool]:
    """The line without conversion marks, and whether it was marked as a heading."""
    text = EMPHASIS.sub("", text).strip()
    bare = MARK.sub("", text)
    return bare.strip(), bare != text


def continues(before: LogicalLine, after: LogicalLine, *, within: bool = False) -> bool:
    """Whether ``after`` is the rest of ``before``, cut off by a page break.

    ``within``: ``before`` is itself the rest of a paragraph, however short it is.
    """
    if before.marked or after.marked or CELL in before.text or CELL in after.text:
        return False
    if before.goes_on:
        return True
    if starts_item(after.text):
        return False
    return is_open(before.text) or (within and before.text[-1] not in CLOSED)


def is_open(text: str) -> bool:
    """Whether ``text`` is running text that stops in mid-sentence."""
    if text[-1] in CLOSED:
        return False
    if text[-1] in ")）" and ("。" not in text or text[0] in "(（"):
        return False
    if text[-1] in "，、,《（(“":
        return True
    has_marks = SENTENCE_MARK.search(text) is not None
    return "。" in text or "；" in text or (has_marks and len(text) > LONGEST_HEADING)


def joined(parts: Sequence[LogicalLine]) -> LogicalLine:
    """One paragraph out of its parts; a space only where Latin words would run together."""
    if len(parts) == 1:
        return parts[0]
    texts: list[str] = []
    breaks: list[tuple[int, int]] = []
    length = 0
    for n, part in enumerate(parts):
        glue = glue_between(parts[n - 1].text, part.text) if n else ""
        texts += [glue, part.text]
        breaks += [(offset + length + len(glue), page) for offset, page in part.breaks]
        length += len(glue) + len(part.text)
    return LogicalLine("".join(texts), parts[0].marked, tuple(breaks))


def glue_between(before: str, after: str) -> str:
    """What stands between two parts of a paragraph."""
    latin = before[-1].isascii() and after[0].isascii()
    return " " if latin and not before[-1].isdigit() and not after[0].isdigit() else ""
