"""Passages, their words and vectors -> rows of the passages' collection, and back."""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from indexer.backend import ROLES, FloatArray
from indexer.embedding import Vectors
from indexer.lexical import LexicalEntry
from indexer.milvus import layout
from indexer.milvus.scoring import Totals, passage_vector
from indexer.packed import Packed
from indexer.records import COLUMNS, packed, report_row, unpacked
from indexer.shapes import Report

PACKED = ("text", "sections")  # columns that an index directory keeps packed


@dataclass(frozen=True, slots=True, eq=False)
class Details:
    """What a row of the collection says of a passage.

    Text and headings are None where they are too long for a row.
    """

    end: int
    section: int
    page: int | None
    text: str | None
    path: tuple[str, ...] | None
    vector: FloatArray
    clauses: Packed


def rows_of(
    places: Sequence[int],
    reports: Sequence[Report],
    entries: Sequence[LexicalEntry],
    vectors: Vectors,
    totals: Totals,
) -> Iterator[dict[str, Any]]:
    """The rows of all passages of ``reports``; ``entries`` and ``vectors`` are in their order."""
    ends = np.cumsum(vectors.counts)
    fields = layout.clause_fields(vectors.passages.shape[1])
    at = 0
    for place, report in zip(places, reports, strict=True):
        for passage in report.passages:
            clauses = vectors.clauses[ends[at] - vectors.counts[at] : ends[at]]
            yield {
                "row": layout.row_at(place, passage.start, ROLES.index(passage.role)),
                "report": place,
                "role": ROLES.index(passage.role),
                "end": passage.end,
                "section": passage.section,
                "page": passage.page or 0,
                "text": _short(passage.text),
                "path": _short(json.dumps(passage.path, ensure_ascii=False)),
                "tags": [layout.tag_number(tag) for tag in entries[at].tags],
                **clause_texts(clauses, fields),
                "vector": vectors.passages[at],
                "words": passage_vector(entries[at], totals),
            }
            at += 1


def _short(text: str) -> str:
    return text if len(text.encode("utf-8")) <= layout.SHORT else ""


def clause_texts(clauses: Packed, fields: Sequence[str]) -> dict[str, str]:
    """Clause vectors as text, cut to what a field can hold: all scales, then all codes."""
    data = clauses.scales.astype("<f2").tobytes() + clauses.codes.tobytes()
    text = b64encode(data).decode("ascii")
    most = layout.LONGEST - 4
    return {field: text[n * most : (n + 1) * most] for n, field in enumerate(fields)}


def details_of(row: Mapping[str, Any], fields: Sequence[str]) -> Details:
    """What a row that was read says."""
    vector = np.asarray(row["vector"], dtype=np.float32)
    data = b64decode("".join(row[field] for field in fields))
    count = len(data) // (2 + len(vector) // 2)
    scales = np.frombuffer(data, dtype="<f2", count=count)
    codes = np.frombuffer(data, dtype=np.uint8, offset=2 * count).reshape(count, -1)
    path = json.loads(row["path"]) if row["path"] else None
    return Details(
        end=int(row["end"]),
        section=int(row["section"]),
        page=int(row["page"]) or None,
        text=row["text"] or None,
        path=None if path is None else tuple(path),
        vector=vector,
        clauses=Packed(codes, scales),
    )


def report_record(report: Report) -> list[Any]:
    """A report as it is kept: the values of `indexer.records.COLUMNS` as JSON can hold them."""
    values = dict(zip(COLUMNS, report_row(0, report)[2:], strict=True))
    values |= {name: unpacked(values[name]) for name in PACKED}
    return [os.fsdecode(v) if isinstance(v, bytes) else v for v in values.values()]


def report_values(record: Sequence[Any]) -> list[Any]:
    """The values of `indexer.records.COLUMNS` from what `report_record` gave."""
    values = dict(zip(COLUMNS, record, strict=True))
    return list((values | {name: packed(values[name]) for name in PACKED}).values())
