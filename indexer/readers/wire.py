"""What crosses the pipe between the building process and its readers: JSON, nothing pickled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from indexer.readers import valid
from indexer.shapes import Document, Line


def document_to_json(document: Document) -> bytes:
    """One line of UTF-8 without a line break; texts and pages side by side."""
    fields = {
        "lines": [line.text for line in document.lines],
        "pages": [line.page for line in document.lines],
        "open": [n for n, line in enumerate(document.lines) if line.goes_on],
        "properties": document.properties,
    }
    return json.dumps(fields, ensure_ascii=False).encode("utf-8")


def document_from_json(data: bytes) -> Document:
    """The inverse of `document_to_json`.

    :raises ValueError: if ``data`` is anything else.
    """
    fields = json.loads(data.decode("utf-8"))
    if not isinstance(fields, dict) or set(fields) != {"lines", "pages", "open", "properties"}:
        raise ValueError("no document")
    texts, pages, properties = fields["lines"], fields["pages"], fields["properties"]
    if not _all(texts, str) or not _all(pages, int | None) or len(texts) != len(pages):
        raise ValueError("no lines of text")
    if not isinstance(properties, dict) or not _all([*properties.values()], str):
        raise ValueError("no properties")
    for text in (*texts, *properties, *properties.values()):
        text.encode("utf-8")  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
    if not _all(fields["open"], int):
        raise ValueError("no numbers of lines")
    going_on = set(fields["open"])
    pairs = enumerate(zip(texts, pages, strict=True))
    lines = tuple(Line(text, page, n in going_on) for n, (text, page) in pairs)
    return Document(lines, properties)


def members_to_json(members: Sequence[tuple[int, str]]) -> bytes:
    """(place, name) of the files in an archive; names as valid text."""
    return json.dumps([[place, valid(name)] for place, name in members]).encode("ascii")


def members_from_json(data: bytes) -> list[tuple[int, str]]:
    """The inverse of `members_to_json`.

    :raises ValueError: if ``data`` is anything else.
    """
    found = json.loads(data.decode("utf-8"))
    if not _all(found, list) or not all(len(pair) == 2 for pair in found):
        raise ValueError("no members")
    if not _all([place for place, _ in found], int) or not _all([name for _, name in found], str):
        raise ValueError("no members")
    return [(place, valid(name)) for place, name in found]


def _all(values: Any, kind: Any) -> bool:  # noqa: ANN401 - unchecked JSON
    return isinstance(values, list) and all(isinstance(value, kind) for value in values)
