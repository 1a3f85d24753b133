"""Reports as resources: the list of them, and the text of each, in parts where it is long."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from indexer.backend import Backend
from indexer.shapes import BadInput, Metadata
from search_api.tools.tool import LONGEST_VALUE

SCHEME = "report"
LIST_URI = "reports://list"
TEMPLATE = "report://{report_id}{?start}"
PAGE = 100  # reports of one page of the list of resources
MOST_LISTED = 2000  # reports of the list as one resource
PART = 50_000  # characters of a text in one part
LONGEST_URI = 3000  # characters: an id of 300, each written as up to nine


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a report's text; ``next`` is the address of what follows it, or None."""

    uri: str
    media_type: str
    text: str
    meta: dict[str, object]


def report_uri(report_id: str, start: int = 0) -> str:
    """The address of a report's text from ``start`` on."""
    return f"{SCHEME}://{quote(report_id, safe='')}" + (f"?start={start}" if start else "")


def page_of(index: Backend, cursor: str) -> tuple[list[Metadata], str | None]:
    """The reports of a page, and the cursor of the next one.

    :raises BadInput: for a cursor that is none.
    """
    start = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 10 else -1
    if cursor and not 0 < start < len(index.metas):
        raise BadInput(f"cursor “{cursor[:60]}” leads nowhere: leave it out to begin again")
    start = max(0, start)
    end = start + PAGE
    page = list(islice(index.metas, start, end))
    return page, str(end) if end < len(index.metas) else None


def read(index: Backend, uri: str) -> Part:
    """What stands at an address.

    :raises BadInput: if nothing does.
    """
    if uri == LIST_URI:
        return report_list(index)
    if len(uri) > LONGEST_URI:
        raise nothing_at(uri)
    try:
        parts = urlsplit(uri)
        asked = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise nothing_at(uri) from None
    start = asked.pop("start", "0")
    if parts.scheme != SCHEME or parts.path.strip("/") or asked or parts.fragment:
        raise nothing_at(uri)
    if not (start.isascii() and start.isdigit() and len(start) < 10):
        raise BadInput(f"start = {start[:60]} is not a whole number")
    report_id = unquote(parts.netloc)
    if len(report_id) > LONGEST_VALUE:
        raise nothing_at(uri)
    return text_from(index, report_id, int(start), uri)


def nothing_at(uri: str) -> BadInput:
    """The refusal of an address."""
    return BadInput(f"there is nothing at “{uri[:100]}”: {LIST_URI} lists the reports")


def text_from(index: Backend, report_id: str, start: int, uri: str) -> Part:
    """A report's text from ``start`` on, `PART` characters at most.

    :raises BadInput: for a report that is not there, or a start beyond its end.
    """
    stored = index.report(report_id)
    if start >= max(1, len(stored.text)):
        raise BadInput(
            f"start = {start:,} lies beyond the {len(stored.text):,} characters there are"
        )
    end = min(len(stored.text), start + PART)
    more = end < len(stored.text)
    meta = {
        "start": start,
        "end": end,
        "characters": len(stored.text),
        "text_sha256": stored.text_sha256,
        "next": report_uri(report_id, end) if more else None,
    }
    return Part(uri, "text/plain", stored.text[start:end], meta)


def report_list(index: Backend) -> Part:
    """The reports as JSON, `MOST_LISTED` of them at most."""
    rows = [
        {
            "uri": report_uri(meta.id),
            "report_id": meta.id,
            "title": meta.title,
            "issuer": meta.issuer,
            "region": meta.region.name,
            "year": meta.year,
        }
        for meta in index.metas[:MOST_LISTED]
    ]
    told = {"reports": rows, "left_out": len(index.metas) - len(rows)}
    return Part(LIST_URI, "application/json", json.dumps(told, ensure_ascii=False), {})
