"""A matrix as plain fields: for the interface, and as rows of a table in a file."""

from __future__ import annotations

from search_api.compare import cited
from search_api.fields import Fields
from search_api.practices.lists import Practice, PracticeList
from search_api.practices.matrix import Cell, Column, Matrix, Row
from search_api.practices.presence import FOUND

FIGURES = 4  # digits of a relevance


def practices_fields(listed: PracticeList) -> Fields:
    """A list of practices as the interface sends it."""
    return {
        "version": listed.version,
        "practices": [
            {
                "id": practice.id,
                "zh": practice.zh,
                "en": practice.en,
                "queries": list(practice.queries),
                "examples": [{"text": e.text, "source": e.source} for e in practice.examples],
            }
            for practice in listed.practices
        ],
    }


def matrix_fields(found: Matrix) -> Fields:
    """A matrix as the interface sends it."""
    return {
        "version": found.version,
        "by": [str(axis) for axis in found.by],
        "reports": found.reports,
        "columns": [column_fields(column) for column in found.columns],
        "rows": [row_fields(row) for row in found.rows],
        "counts": {str(state): n for state, n in found.counts.items()},
        "more_columns": found.left_out,
        "floor": FOUND,
    }


def column_fields(column: Column) -> Fields:
    """A column: its value and label for every axis."""
    return {
        "values": [key.value for key in column.keys],
        "labels": [key.label for key in column.keys],
        "reports": len(column.reports),
    }


def row_fields(row: Row) -> Fields:
    """A practice with its cells."""
    return names_fields(row.practice) | {
        "found": row.found,
        "cells": [cell_fields(cell) for cell in row.cells],
    }


def names_fields(practice: Practice) -> Fields:
    """What a practice is called, and what a comparison of it would ask."""
    return {
        "id": practice.id,
        "zh": practice.zh,
        "en": practice.en,
        "query_zh": practice.question(english=False),
        "query_en": practice.question(english=True),
    }


def cell_fields(cell: Cell) -> Fields:
    """One cell with its best evidence; where nothing was found, the closest."""
    fields: Fields = {"state": str(cell.state), "found": cell.found, "reports": cell.reports}
    if cell.hit is None or cell.quote is None:
        return fields | {"score": None, "evidence": None}
    hit, quote = cell.hit, cell.quote
    evidence = {
        "passage_id": quote.passage_id,
        "report_id": hit.meta.id,
        "title": hit.meta.title,
        "issuer": hit.meta.issuer,
        "region": hit.meta.region.name,
        "year": hit.meta.year,
        "heading_path": list(quote.path),
        "role": str(hit.passage.role),
        "page": quote.page,
        "text": quote.text,
        "start": quote.start,
        "end": quote.end,
        "sha256": quote.sha256,
    }
    return fields | {"score": round(hit.score, FIGURES), "evidence": evidence}


def matrix_rows(found: Matrix) -> list[Fields]:
    """A flat row for every cell, for a table in a file."""
    return [
        flat_row(found, row, column, cell)
        for row in found.rows
        for column, cell in zip(found.columns, row.cells, strict=True)
    ]


def flat_row(found: Matrix, row: Row, column: Column, cell: Cell) -> Fields:
    """One cell as a row of a table; the quote of a cell without a find is the closest."""
    hit, quote = cell.hit, cell.quote
    axes = zip(found.by, column.keys, strict=True)
    return {
        "practice_id": row.practice.id,
        "practice_zh": row.practice.zh,
        "practice_en": row.practice.en,
        **{str(axis): key.label for axis, key in axes},
        "state": str(cell.state),
        "reports_found": cell.found,
        "reports": cell.reports,
        "score": round(hit.score, FIGURES) if hit else None,
        "report_id": hit.meta.id if hit else "",
        "start": quote.start if quote else None,
        "end": quote.end if quote else None,
        "quote": quote.text if quote else "",
        "sha256": quote.sha256 if quote else "",
        "citation": cited(hit.meta, quote) if hit and quote else "",
    }
