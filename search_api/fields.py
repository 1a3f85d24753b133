"""Results as plain fields: the one form that the command line and HTTP print as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from indexer.backend import Backend
from indexer.bridge import Expansion
from indexer.records import StoredReport
from indexer.shapes import Metadata, Passage, Section
from search_api.citations import citation
from search_api.engine import Hit, SearchResult

Fields = dict[str, Any]


def hit_fields(hit: Hit) -> Fields:
    """One hit: rank, citation, text, score and how it matched."""
    passage, meta = hit.passage, hit.meta
    return {
        "rank": hit.rank,
        "passage_id": passage.id,
        "report_id": passage.report_id,
        "title": meta.title,
        "issuer": meta.issuer,
        "region": meta.region.name,
        "year": meta.year,
        "heading_path": list(passage.path),
        "role": str(passage.role),
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "page": passage.page,
        "score": round(hit.score, 4),
        "matched": str(hit.matched),
        "same_as": hit.same_as,
    }


def search_fields(result: SearchResult) -> Fields:
    """A whole search result."""
    return {
        "query": result.query,
        "corrections": [list(pair) for pair in result.corrections],
        "expansion": expansion_fields(result.expansion),
        "total": result.total,
        "hits": [hit_fields(hit) | {"marks": [list(m) for m in hit.marks]} for hit in result.hits],
        "facets": {
            name: [{"value": v.value, "label": v.label, "count": v.count} for v in values]
            for name, values in result.facets.items()
        },
    }


def expansion_fields(expansion: tuple[Expansion, ...]) -> list[Fields]:
    """The English terms of a query and the Chinese words they were carried to."""
    return [{"term": e.term, "words": [word for word, _ in e.words]} for e in expansion]


def meta_fields(meta: Metadata) -> Fields:
    """A report's metadata."""
    return {
        "report_id": meta.id,
        "title": meta.title,
        "issuer": meta.issuer,
        "region": meta.region.name,
        "region_code": meta.region.code,
        "level": str(meta.level) if meta.level else None,
        "year": meta.year,
        "date": meta.date,
        "file": meta.file,
        "keywords": list(meta.keywords),
        "weak": {field: str(origin) for field, origin in meta.weak.items()},
        "origins": {field: str(origin) for field, origin in meta.origins},
        "confidence": dict(meta.confidence),
    }


def section_fields(section: Section) -> Fields:
    """A node of a report's outline."""
    return {
        "number": section.number,
        "heading": section.heading,
        "start": section.start,
        "end": section.end,
        "parent": section.parent,
        "heading_path": list(section.path),
        "role": str(section.role),
    }


def passage_fields(report: StoredReport, passage: Passage, section: tuple[int, int]) -> Fields:
    """A passage, its section's text and what verifies it."""
    start, end = section
    return {
        "passage_id": passage.id,
        **meta_fields(report.meta),
        "heading_path": list(passage.path),
        "role": str(passage.role),
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "page": passage.page,
        "section_text": report.text[start:end],
        "section_start": start,
        "section_end": end,
        "text_sha256": report.text_sha256,
        "citation": citation(report.meta, passage.path, passage.page, passage.start, passage.end),
    }


def index_fields(index: Backend) -> Fields:
    """What an index holds: reports, counts, embedder and ledger."""
    manifest = index.manifest
    return {
        "generation": index.generation,
        "created": manifest.created,
        "reports": [meta_fields(meta) for meta in index.metas],
        "passages": manifest.passages,
        "embedder": manifest.embedder.to_json(),
        "ledger": [asdict(entry) for entry in index.ledger],
    }
