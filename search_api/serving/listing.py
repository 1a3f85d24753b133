"""A search as one page of a longer list: cursor, facets with their links, where it comes from.

A cursor is opaque to its user: the place in the list, the generation and a digest of the
question, so that a page can neither be mixed from two generations nor from two questions.
Ranking fuses a pool of candidates (`search_api.engine.POOL`) that grows with the place in the
list, so beyond it a passage may move by a few places between two pages.
"""

from __future__ import annotations

import base64
import json
from binascii import Error as BadBase64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from time import perf_counter
from urllib.parse import urlencode

from indexer.shapes import BadInput, Fate
from search_api.engine import MOST_HITS, Engine, SearchResult
from search_api.faceting import FacetValue
from search_api.fields import Fields, meta_fields
from search_api.filters import Filters, restrict

Facets = Mapping[str, Sequence[FacetValue]]
Pairs = Sequence[tuple[str, str]]  # of a query string, in its order
MOST_TROUBLES = 1000  # lines of files that are not in the index
PLACE = ("k", "cursor")  # parameters that choose a page and not a list
SUFFIX = "省市县区旗"  # a region may be chosen without it


def start_of(cursor: str, engine: Engine, params: Pairs, most: int = MOST_HITS) -> int:
    """How many of ``most`` things come before the page that ``cursor`` leads to; 0 without one.

    :raises BadInput: for a cursor of another question or generation, or no cursor at all.
    """
    if not cursor:
        return 0
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        start, generation, asked = json.loads(base64.urlsafe_b64decode(padded))
    except (BadBase64, UnicodeError, ValueError, TypeError):
        raise BadInput(
            f"cursor “{cursor}” is not one of this server’s: leave it out to begin again",
            f"cursor “{cursor}” 无效：去掉它即从头开始",
        ) from None
    if generation != engine.index.generation or asked != digest(params):
        raise BadInput(
            f"cursor “{cursor}” belongs to another question or to an older index: "
            "leave it out to begin again",
            f"cursor “{cursor}” 属于另一个查询或旧索引：去掉它即从头开始",
        )
    if not isinstance(start, int) or not 0 < start < most:
        raise BadInput(f"cursor “{cursor}” leads beyond the end", f"cursor “{cursor}” 超出了末尾")
    return start


def cursor_to(start: int, engine: Engine, params: Pairs) -> str:
    """The cursor of the page that begins after ``start`` hits."""
    place = [start, engine.index.generation, digest(params)]
    packed = json.dumps(place, separators=(",", ":")).encode("ascii")
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def digest(params: Pairs) -> str:
    """Of all parameters that decide what is listed."""
    chosen = sorted(pair for pair in params if pair[0] not in PLACE)
    return sha256(json.dumps(chosen).encode("ascii")).hexdigest()[:12]


def paged(result: SearchResult, start: int) -> SearchResult:
    """``result`` without its first ``start`` hits; what was folded under one of them is not."""
    hits, firsts = [], {hit.passage.id: hit.passage.id for hit in result.hits[start:]}
    for hit in result.hits[start:]:
        if hit.same_as and hit.same_as not in firsts:
            firsts[hit.same_as] = hit.passage.id
        first = firsts[hit.same_as] if hit.same_as else None
        hits.append(replace(hit, same_as=first if first != hit.passage.id else None))
    return replace(result, hits=tuple(hits))


def listing_fields(
    result: SearchResult,
    engine: Engine,
    params: Pairs,
    *,
    start: int,
    began: float,
    filters: Filters,
) -> Fields:
    """What a page of a list says beside its hits; ``began`` is when, by `perf_counter`."""
    end = start + len(result.hits)
    more = result.hits and end < min(result.total, MOST_HITS)
    return {
        "facets": facet_fields(result.facets, params, "/v1/search"),
        "without": [] if result.total else without_fields(engine, filters),
        "next": cursor_to(end, engine, params) if more else None,
        "index": index_line(engine),
        "took_ms": round(1000 * (perf_counter() - began), 1),
    }


def without_fields(engine: Engine, filters: Filters) -> list[Fields]:
    """For each chosen filter, its values and how many passages there would be without it."""
    return [
        {"name": name, "values": [str(v) for v in getattr(filters, name)], "total": total}
        for name, total in engine.without(filters)
    ]


def reports_page(engine: Engine, params: Pairs, *, start: int, k: int) -> Fields:
    """The ``k`` reports after the first ``start``, with their ledger lines.

    The first page has the lines of files that were skipped or failed too, `MOST_TROUBLES` of
    them at most; ``files`` counts them all.
    """
    index = engine.index
    metas = index.metas[start : start + k]
    shown = {meta.id for meta in metas}
    troubles = [entry for entry in index.ledger if not entry.report_id]
    listed = set(map(id, troubles[:MOST_TROUBLES] if start == 0 else ()))
    lines = [e for e in index.ledger if e.report_id in shown or id(e) in listed]
    end = start + len(metas)
    counts = Counter(str(entry.fate) for entry in index.ledger)
    return {
        "generation": index.generation,
        "created": index.manifest.created,
        "reports": [meta_fields(meta) for meta in metas],
        "total": len(index.metas),
        "next": cursor_to(end, engine, params) if end < len(index.metas) else None,
        "passages": index.manifest.passages,
        "embedder": index.manifest.embedder.to_json(),
        "ledger": [asdict(entry) for entry in lines],
        "files": {str(fate): counts[str(fate)] for fate in Fate},
    }


def index_line(engine: Engine) -> Fields:
    """Which index answered."""
    manifest = engine.index.manifest
    return {
        "generation": engine.index.generation,
        "reports": manifest.reports,
        "passages": manifest.passages,
        "embedder": manifest.embedder.name,
    }


def facets_of(engine: Engine, question: str | None, filters: Filters, *, expand: bool) -> Facets:
    """Counts over the passages that a question ranks; without one, over all that are allowed.

    :raises BadInput: for an unusable question or filter.
    """
    if question is not None:
        return engine.search(question, k=1, filters=filters, expand=expand).facets
    return engine.facets_of(restrict(engine.index, filters))


def facet_fields(facets: Facets, params: Pairs, path: str) -> Fields:
    """Facets with counts; ``toggle_url`` chooses a value, or takes the choice back."""
    return {
        name: [
            {
                "value": facet.value,
                "label": facet.label,
                "count": facet.count,
                "selected": bool(wanted := chosen(name, facet.value, facet.label, params)),
                "toggle_url": f"{path}?{toggled(name, facet.value, wanted, params)}",
            }
            for facet in values
        ]
        for name, values in facets.items()
    }


def chosen(name: str, value: str, label: str, params: Pairs) -> list[str]:
    """The parameters ``name`` that choose this value, in whichever form they were given."""
    given = [v for n, v in params if n == name]
    if name == "issuer":
        return [v for v in given if v in value]
    if name == "region":
        return [v for v in given if v == value or is_tail(v, label)]
    return [v for v in given if v == value]


def is_tail(name: str, label: str) -> bool:
    """Whether a full region name (福建省三明市永安市) ends with ``name`` (永安, 永安市)."""
    return bool(name) and (label.endswith(name) or label.rstrip(SUFFIX).endswith(name))


def toggled(name: str, value: str, wanted: Iterable[str], params: Pairs) -> str:
    """The query string with the value added, or without every parameter that chose it."""
    drop = set(wanted)
    rest = [(n, v) for n, v in params if n != "cursor" and not (n == name and v in drop)]
    return urlencode(rest if drop else [*rest, (name, value)])
