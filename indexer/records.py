"""Reports and ledger lines as rows of the index, and back: save and load side by side."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from indexer.shapes import Fate, LedgerEntry, Level, Metadata, Region, Report, Role, Section


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report as an index holds it."""

    meta: Metadata
    text: str  # canonical
    sections: tuple[Section, ...]
    text_sha256: str
    file_sha256: str

    @classmethod
    def from_row(cls, row: tuple[str, str, str, str, str]) -> StoredReport:
        """From (meta, text, sections, text_sha256, file_sha256)."""
        meta, text, sections, text_sha256, file_sha256 = row
        return cls(
            report_from_json(meta), text, sections_from_json(sections), text_sha256, file_sha256
        )


def report_row(row: int, report: Report) -> tuple[Any, ...]:
    """(row, id, meta, text, sections, text_sha256, file_sha256)."""
    sections = [asdict(section) for section in report.outline.sections]
    return (
        row,
        report.meta.id,
        json.dumps(asdict(report.meta), ensure_ascii=False),
        report.outline.text,
        json.dumps(sections, ensure_ascii=False),
        report.text_sha256,
        report.file_sha256,
    )


def report_from_json(data: str) -> Metadata:
    """Metadata from its JSON."""
    fields = json.loads(data)
    level = Level(fields["level"]) if fields["level"] else None
    fields |= {"region": Region(**fields["region"]), "level": level}
    fields |= {name: tuple(fields[name]) for name in ("keywords", "names")}
    return Metadata(**fields)


def sections_from_json(data: str) -> tuple[Section, ...]:
    """Sections from their JSON."""
    return tuple(
        Section(**{**s, "path": tuple(s["path"]), "role": Role(s["role"])})
        for s in json.loads(data)
    )


def ledger_to_json(entry: LedgerEntry) -> str:
    """A ledger line as JSON."""
    return json.dumps(asdict(entry), ensure_ascii=False)


def ledger_from_json(data: str) -> LedgerEntry:
    """A ledger line from its JSON."""
    fields = json.loads(data)
    return LedgerEntry(**{**fields, "fate": Fate(fields["fate"])})
