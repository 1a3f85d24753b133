"""Quotes checked again: does the report still say this at this place?

The check is of characters, not of meaning: a quote is verbatim only if the span of the
report's canonical text is exactly the quote.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from indexer.backend import Backend
from indexer.shapes import BadInput

T = TypeVar("T", str, int)
MOST_SHOWN = 4000  # characters of what a span says now


class State(StrEnum):
    """What became of a quote."""

    VERBATIM = "verbatim"  # the span says exactly this
    CHANGED = "changed"  # the span says something else
    MISSING = "missing"  # there is no such report, or its text has no such span


@dataclass(frozen=True, slots=True)
class Quote:
    """A text and where it is said to stand; ``end`` is exclusive."""

    report_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A quote's state, what its span says now (cut at `MOST_SHOWN`), and where else it stands."""

    quote: Quote
    state: State
    now: str | None = None
    elsewhere: tuple[int, int] | None = None  # its first place in the report, if it has moved
    text_sha256: str | None = None


def verify(index: Backend, quotes: Sequence[Quote]) -> list[Verdict]:
    """A verdict for each quote, in their order."""
    known = {meta.id for meta in index.metas}
    stored = {q.report_id: index.report(q.report_id) for q in quotes if q.report_id in known}
    return [
        checked(quote, stored[quote.report_id].text, stored[quote.report_id].text_sha256)
        if quote.report_id in stored
        else Verdict(quote, State.MISSING)
        for quote in quotes
    ]


def checked(quote: Quote, text: str, digest: str) -> Verdict:
    """The verdict on a quote from a report's canonical text."""
    there = 0 <= quote.start < quote.end <= len(text)
    now = text[quote.start : quote.end] if there else None
    if now == quote.text:
        return Verdict(quote, State.VERBATIM, shown(now), None, digest)
    place = text.find(quote.text) if quote.text else -1
    elsewhere = (place, place + len(quote.text)) if place >= 0 else None
    state = State.MISSING if now is None else State.CHANGED
    return Verdict(quote, state, shown(now), elsewhere, digest)


def shown(now: str | None) -> str | None:
    """What a span says, cut where it is long."""
    return now[:MOST_SHOWN] if now else now


def tally(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """The number of quotes in each state."""
    counts = Counter(verdict.state for verdict in verdicts)
    return {str(state): counts[state] for state in State}


def verdict_fields(verdict: Verdict) -> dict[str, object]:
    """A verdict as plain fields."""
    quote = verdict.quote
    return {
        "report_id": quote.report_id,
        "start": quote.start,
        "end": quote.end,
        "status": str(verdict.state),
        "now": verdict.now,
        "elsewhere": list(verdict.elsewhere) if verdict.elsewhere else None,
        "text_sha256": verdict.text_sha256,
    }


def quotes_from_lines(lines: Iterable[str]) -> Iterator[Quote]:
    """Quotes from JSON lines, such as those of “bureau search --json”; empty lines are skipped.

    :raises BadInput: naming the line and the field.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line.removeprefix("\ufeff"))
        except (ValueError, RecursionError):
            raise BadInput(f"line {number} is not JSON", f"第 {number} 行不是 JSON") from None
        if not isinstance(fields, dict):
            raise BadInput(f"line {number} is no JSON object", f"第 {number} 行不是 JSON 对象")
        yield Quote(
            report_id=_field(fields, "report_id", str, number),
            start=_field(fields, "start", int, number),
            end=_field(fields, "end", int, number),
            text=_field(fields, "text", str, number),
        )


def _field(fields: dict[str, object], name: str, kind: type[T], line: int) -> T:
    value = fields.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        what = "text" if kind is str else "a whole number"
        zh = "文本" if kind is str else "整数"
        raise BadInput(f"line {line}: {name} is not {what}", f"第 {line} 行：{name} 缺失或不是{zh}")
    if isinstance(value, str) and not is_unicode(value):
        raise BadInput(
            f"line {line}: {name} is not valid Unicode text",
            f"第 {line} 行：{name} 不是有效的 Unicode 文本",
        )
    return value


def is_unicode(text: str) -> bool:
    """Whether ``text`` has no lone surrogate, which JSON can write but no file can hold."""
    return not any("\ud800" <= c <= "\udfff" for c in text)
