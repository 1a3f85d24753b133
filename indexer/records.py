"""Reports and ledger lines as rows of the index, and back: save and load side by side."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from sys import intern
from typing import Any

from indexer.shapes import (
    BadIndex,
    Fate,
    LedgerEntry,
    Level,
    Metadata,
    Origin,
    Region,
    Report,
    Role,
    Section,
)

SHARED = 4096  # regions and the like kept once for all reports
COLUMNS = (
    "meta",
    "text",  # UTF-8, zlib
    "sections",  # JSON, zlib
    "text_sha256",
    "file_sha256",
    "source",
    "manifest_row",
    "note",
    "note_zh",
)


@dataclass(frozen=True)
class StoredReport:
    """A report as an index holds it; what a passage does not need is read when asked for."""

    meta: Metadata
    text: str  # canonical
    packed_sections: bytes
    text_sha256: str
    file_sha256: str
    source: str  # absolute path of the file it was read from
    manifest_json: str
    note: str = ""  # what of it could not be read
    note_zh: str = ""

    @classmethod
    def from_row(cls, row: Sequence[Any], meta: Metadata | None = None) -> StoredReport:
        """From the values of `COLUMNS`; ``meta`` is its metadata if it was read before."""
        json_meta, text, sections, text_sha256, file_sha256, source, manifest_row, *notes = row
        return cls(
            meta or report_from_json(json_meta),
            unpacked(text),
            sections,
            text_sha256,
            file_sha256,
            os.fsdecode(source),
            manifest_row,
            *notes,
        )

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """Its outline, in reading order.

        :raises BadIndex: if another version of the program wrote it.
        """
        try:
            return sections_from_json(unpacked(self.packed_sections))
        except (KeyError, TypeError, ValueError, zlib.error):
            raise BadIndex(
                f"“{self.meta.id}” was indexed by another version: rebuild with “bureau index”",
                f"“{self.meta.id}” 由其他版本索引：请用 “bureau index” 重建",
            ) from None

    @cached_property
    def manifest_row(self) -> dict[str, str]:
        """What a person said of it; empty without a row."""
        row: dict[str, str] = json.loads(self.manifest_json)
        return row


def report_row(row: int, report: Report) -> tuple[Any, ...]:
    """``row``, the report's id and the values of `COLUMNS`."""
    return (
        row,
        report.meta.id,
        json.dumps(asdict(report.meta), ensure_ascii=False),
        packed(report.text),
        packed(json.dumps([asdict(section) for section in report.sections], ensure_ascii=False)),
        report.text_sha256,
        report.file_sha256,
        os.fsencode(report.source.path.absolute()),
        json.dumps(dict(report.source.row), ensure_ascii=False),
        report.note,
        report.note_zh,
    )


def packed(text: str) -> bytes:
    """A text as it is kept: Chinese takes less than half the room."""
    return zlib.compress(text.encode("utf-8", "surrogatepass"))


def unpacked(data: bytes) -> str:
    """The text of what `packed` gave."""
    return zlib.decompress(data).decode("utf-8", "surrogatepass")


def report_from_json(data: str) -> Metadata:
    """Metadata from its JSON."""
    fields = json.loads(data)
    level = Level(fields["level"]) if fields["level"] else None
    fields |= {"region": region_of(**fields["region"]), "level": level}
    fields |= {name: tuple(map(intern, fields[name])) for name in ("keywords", "names")}
    fields["origins"] = origins_of(tuple(map(tuple, fields["origins"])))
    fields["confidence"] = tuple((field, share) for field, share in fields["confidence"])
    return Metadata(**fields)


@lru_cache(maxsize=SHARED)
def region_of(**fields: str) -> Region:
    """A region, one object for all reports of it."""
    return Region(**fields)


@lru_cache(maxsize=SHARED)
def origins_of(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, Origin], ...]:
    """Where fields come from, one object for all reports that have them from there."""
    return tuple((field, Origin(origin)) for field, origin in pairs)


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
