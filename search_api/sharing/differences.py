"""How a quote in an article differs from the span that it is said to be.

Words count, layout does not: line ends, spaces that touch a Chinese character, and the form of
quotation marks (a quote within a quote has other marks) change nothing. Every other character does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from operator import eq

from indexer.words import fold
from search_api.changes.shapes import Op, Run
from search_api.changes.wording import runs_of

ONE_MARK = str.maketrans(dict.fromkeys("“”„‟＂«»「」『』｢｣﹁﹂﹃﹄〝〞‘’‚‛'`´", '"'))
UNSEEN = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
SPACE = re.compile(r"(?<=[0-9A-Za-z])\s+(?=[0-9A-Za-z])|(\s+)")
LEFT_OUT = re.compile(r"[\[［(（【]?(?:…+|\.{3,}|·{3,}|。{3,})[\]］)）】]?")
ENDS = "。！？；!?;"
NUMBER = re.compile(r"[0-9０-９]+(?:[.,．，][0-9０-９]+)*(?:\s{0,3}[%％‰])?")
NO_WORD = re.compile(r"[^\w%％‰]+|_")
SHORTEST = 2  # characters of a piece beside an ellipsis
SHOWN, AROUND = 160, 6  # characters of a difference, and beside it
LONGEST = 2000  # characters in which single differences are looked for


class Remark(StrEnum):
    """What is to be said of a quote or a footnote beside its state."""

    MARKS = "marks"  # other quotation marks
    PART = "part"  # only a part of the span
    SHORTENED = "shortened"  # words are left out where …… stands
    CUT = "cut"  # words are left out at its end, and nothing says so
    SCRIPT = "script"  # traditional characters, or full-width ones
    PUNCTUATION = "punctuation"
    NUMBERS = "numbers"
    WORDS = "words"
    MOVED = "moved"  # it stands elsewhere in the report
    REPORT = "report"  # the report says something else than when it was collected
    SOURCE = "source"  # the footnote names another title, bureau, year or page
    NO_QUOTE = "no_quote"  # a footnote behind words that are no quote
    NO_FOOTNOTE = "no_footnote"
    NO_PLACE = "no_place"  # the footnote says no place in a report
    UNDEFINED = "undefined"  # a mark without a footnote
    UNUSED = "unused"  # a footnote without a mark
    TWICE = "twice"  # a second footnote of the same label


@dataclass(frozen=True, slots=True)
class Likeness:
    """Whether a quote says what a span says, what is to be said of it, and where they part.

    Of ``runs`` those inserted stand in the quote alone, those deleted in the span alone.
    """

    same: bool
    remarks: tuple[Remark, ...] = ()
    runs: tuple[Run, ...] = ()


def normal(text: str) -> str:
    """The form in which quotes are compared."""
    return spaced(text).translate(ONE_MARK)


def spaced(text: str) -> str:
    """``text`` without layout: a space is kept only between letters or digits."""
    return SPACE.sub(lambda m: "" if m[1] else " ", UNSEEN.sub("", text))


def likeness(said: str, span: str, *, block: bool) -> Likeness:
    """How a quote is like its span; of a ``block`` quote a part must consist of sentences."""
    quote, source = normal(said), normal(span)
    marks = () if spaced(said) in spaced(span) else (Remark.MARKS,)
    if quote == source:
        return Likeness(True, marks)
    if quote and (at := source.find(quote)) >= 0:
        if not block or whole_sentences(source, at, at + len(quote)):
            return Likeness(True, (Remark.PART, *marks))
        return parted(said, span, (Remark.CUT,))
    pieces = [piece for piece in LEFT_OUT.split(quote) if piece]
    if LEFT_OUT.search(quote) and (left := left_out(pieces, source)) is not None:
        return Likeness(True, (Remark.SHORTENED,), (Run(Op.DELETED, left[:SHOWN]),))
    return parted(said, span, (kind_of(quote, source),))


def whole_sentences(source: str, start: int, end: int) -> bool:
    """Whether a part begins and ends where sentences do."""
    begins = start == 0 or source[start - 1] in ENDS
    return begins and (end == len(source) or source[end - 1] in ENDS)


def left_out(pieces: list[str], source: str) -> str | None:
    """What of ``source`` the pieces leave out, if they stand there in this order."""
    at, between = 0, []
    for piece in pieces:
        found = source.find(piece, at)
        if found < 0 or len(piece) < SHORTEST:
            return None
        between.append(source[at:found])
        at = found + len(piece)
    return "……".join(part for part in [*between, source[at:]] if part) if pieces else None


def kind_of(quote: str, source: str) -> Remark:
    """What two texts differ in."""
    if normal(fold(quote)) == normal(fold(source)):
        return Remark.SCRIPT
    if NUMBER.sub("0", quote) == NUMBER.sub("0", source):
        return Remark.NUMBERS
    if NO_WORD.sub("", quote) == NO_WORD.sub("", source):
        return Remark.PUNCTUATION
    return Remark.WORDS


def parted(said: str, span: str, remarks: tuple[Remark, ...]) -> Likeness:
    """Two texts that differ, with what differs between their common ends."""
    texts = spaced(span), spaced(said)  # as long as their normal forms
    source, quote = (text.translate(ONE_MARK) for text in texts)
    first = common(source, quote)
    shorter = min(len(quote), len(source)) - first
    last = min(common(source[::-1], quote[::-1]), shorter)
    begin = whole_number(quote, max(0, first - AROUND), -1)
    ends = (whole_number(text, len(text) - last + AROUND, 1) for text in texts)
    old, new = (t[begin : min(e, begin + LONGEST)] for t, e in zip(texts, ends, strict=True))
    return Likeness(False, remarks, tuple(shortened(runs_of(old, new))))


def shortened(runs: Sequence[Run]) -> Iterator[Run]:
    """The runs, of those that are the same only what is beside others, `SHOWN` in all."""
    left = SHOWN
    for n, run in enumerate(runs):
        text, ends = run.text, (0 if n == 0 else AROUND, 0 if n == len(runs) - 1 else AROUND)
        if run.op is Op.SAME and len(text) > sum(ends) + 1:
            stop = whole_number(text, ends[0], 1) if ends[0] else 0
            start = whole_number(text, len(text) - ends[1], -1) if ends[1] else len(text)
            text = text if start <= stop else f"{text[:stop]}…{text[start:]}"
        yield Run(run.op, text if len(text) <= left else text[:left] + "…")
        left -= len(text)
        if left <= 0:
            return


def whole_number(text: str, at: int, step: int) -> int:
    """The nearest place from ``at`` on, in steps of ``step``, where no number is cut in two."""
    while 0 < at < len(text) and text[at - 1].isdigit() and text[at].isdigit():
        at += step
    return at


def common(one: str, other: str) -> int:
    """The number of characters that two texts begin with together."""
    return sum(1 for _ in takewhile(bool, map(eq, one, other)))
