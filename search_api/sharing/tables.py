"""Rows of results as CSV, XLSX or JSON that a spreadsheet opens and does not run.

A cell that begins like a formula gets an apostrophe in front, and so does one that begins with
an apostrophe: taking one apostrophe away always gives the text back (`original`).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from search_api.citations import ARROW, citation
from search_api.engine import SearchResult
from search_api.fields import Fields, hit_fields

QUOTE = "'"
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"
LONGEST_CELL = 32_767  # characters that a cell of an XLSX file can hold


class TableFormat(StrEnum):
    """The forms of a table."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


MEDIA_TYPES = {
    TableFormat.CSV: "text/csv; charset=utf-8",
    TableFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    TableFormat.JSON: "application/json",
}


def table_rows(result: SearchResult) -> list[Fields]:
    """A row for each hit, with its citation."""
    return [
        hit_fields(hit)
        | {
            "citation": citation(
                hit.meta, hit.passage.path, hit.passage.page, hit.passage.start, hit.passage.end
            )
        }
        for hit in result.hits
    ]


def table(form: TableFormat, rows: Sequence[Fields]) -> bytes:
    """The rows as the bytes of a file."""
    return FORMS[form](rows)


def to_csv(rows: Sequence[Fields]) -> str:
    """CSV with a byte-order mark and a header line; nothing but the mark for no rows."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]) if rows else [])
    if rows:
        writer.writeheader()
    for row in rows:
        writer.writerow({name: cell(value) for name, value in row.items()})
    return BOM + buffer.getvalue()


def to_xlsx(rows: Sequence[Fields]) -> bytes:
    """An XLSX workbook of one sheet; every text is stored as text, never as a formula."""
    # openpyxl costs a search nothing: only this form needs it
    from openpyxl import Workbook  # type: ignore[import-untyped]
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # type: ignore[import-untyped]

    book = Workbook(write_only=True)
    sheet = book.create_sheet("bureau")
    for values in [list(rows[0]) if rows else [], *(list(row.values()) for row in rows)]:
        cells = []
        for value in map(cell, values):
            text = isinstance(value, str)
            made = WriteOnlyCell(sheet)
            made.value = (
                ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)[:LONGEST_CELL] if text else value
            )
            if text:
                made.data_type = "s"
            cells.append(made)
        sheet.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def to_json(rows: Sequence[Fields]) -> str:
    """A JSON list of objects; texts as they are, since no spreadsheet reads it unasked."""
    return json.dumps(list(rows), ensure_ascii=False, indent=1) + "\n"


def cell(value: Any) -> Any:  # noqa: ANN401 - a cell holds any plain value
    """A value as a cell: lists joined, text that a spreadsheet would run made inert."""
    text = ARROW.join(map(str, value)) if isinstance(value, list) else value
    return inert(text) if isinstance(text, str) else text


def inert(text: str) -> str:
    """``text``, with an apostrophe in front where it begins like a formula or with one."""
    runs = text.lstrip(" \u3000\u00a0").startswith(RUNS) or text.startswith(QUOTE)
    return QUOTE + text if runs else text


def original(text: str) -> str:
    """The text that `inert` was given."""
    return text.removeprefix(QUOTE)


FORMS: dict[TableFormat, Callable[[Sequence[Fields]], bytes]] = {
    TableFormat.CSV: lambda rows: to_csv(rows).encode("utf-8"),
    TableFormat.XLSX: to_xlsx,
    TableFormat.JSON: lambda rows: to_json(rows).encode("utf-8"),
}
