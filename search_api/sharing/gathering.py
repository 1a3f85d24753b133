"""What is to be collected, read from what other verbs print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from indexer.shapes import BadInput
from search_api.sharing.collections import MOST_ITEMS, Wanted
from search_api.sharing.quotes import Quote, is_unicode, quotes_from_lines


def wanted_from(text: str) -> list[Wanted]:
    """Spans from a text: ids, JSON lines of search or ask, or a collection's file.

    :raises BadInput: naming the line that is none of these.
    """
    text = text.removeprefix("\ufeff")
    found = list(_whole(text) or _lines(text))
    if len(found) > MOST_ITEMS:
        raise BadInput(
            f"{len(found):,} passages at once are too many: at most {MOST_ITEMS:,}",
            f"一次最多收藏 {MOST_ITEMS:,} 段",
        )
    return found


def _whole(text: str) -> list[Wanted]:
    """From a text that is one JSON value: a collection, an answer, a list of rows."""
    if not text.lstrip().startswith(("{", "[")):
        return []
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if isinstance(value, dict):
        value = value.get("items") or list(_quotes_of(value))
    return [_item(row, n) for n, row in enumerate(value)] if isinstance(value, list) else []


def _quotes_of(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The quotes of an answer of “bureau ask --json”, each with its report."""
    bureaus = answer.get("bureaus")
    for bureau in bureaus if isinstance(bureaus, list) else []:
        if isinstance(bureau, dict) and isinstance(bureau.get("quotes"), list):
            for quote in bureau["quotes"]:
                if isinstance(quote, dict):
                    yield {"report_id": bureau.get("report_id"), **quote}


def _lines(text: str) -> Iterator[Wanted]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith(("{", "[")):
            answer = _whole(line) if '"bureaus"' in line else []
            yield from answer or [_item(_object(line, number), number - 1)]
        elif line.strip():
            yield Wanted(line.strip())


def _object(line: str, number: int) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise BadInput(f"line {number} is not JSON", f"第 {number} 行不是 JSON") from None


def _item(row: object, at: int) -> Wanted:
    """A row that has a span and its text.

    :raises BadInput: naming the line and the field.
    """
    try:
        quote: Quote = next(quotes_from_lines([json.dumps(row)]))
    except BadInput as error:
        number = at + 1
        said, zh = str(error).removeprefix("line 1"), error.zh.removeprefix("第 1 行")
        raise BadInput(f"line {number}{said}", f"第 {number} 行{zh}") from None
    note = row.get("note") if isinstance(row, dict) else ""
    kept = note if isinstance(note, str) and is_unicode(note) else ""
    return Wanted(f"{quote.report_id}:{quote.start}-{quote.end}", quote.text, kept)
