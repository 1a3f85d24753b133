"""A passage as an entry of a bibliography: GB/T 7714, RIS, BibTeX, CSL-JSON.

A bureau's report is a report ([R]) that the bureau itself publishes. The index knows no
address on the web, so no entry claims one ([R/OL], [EB/OL]) and none has a date of access.
The entry follows the 2015 edition of GB/T 7714. Under the name of the 2025 edition it is the
same: no published note on that edition touches an element that stands here, but its full text
was not at hand to compare. Where no date of
publication is known, the year reported on stands in brackets, as an estimate.

Every entry leads back to the passage: heading path, span and, where there is one, the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from indexer.shapes import Metadata, Passage
from search_api.citations import ARROW

ISO_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$", re.ASCII)
NO_PLACE, NO_ISSUER, NO_TITLE = "[出版地不详]", "[责任者不详]", "[题名不详]"
UNSAFE_IN_KEY = re.compile(r"[^A-Za-z0-9:.+-]")
TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",  # \{ would unbalance the field's own braces
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{c: "\\" + c for c in "$&#%_"},
    }
)


class Style(StrEnum):
    """The forms of an entry."""

    GBT_2025 = "gbt7714-2025"
    GBT_2015 = "gbt7714-2015"
    RIS = "ris"
    BIBTEX = "bibtex"
    CSL_JSON = "csl-json"


MEDIA_TYPES = {
    Style.GBT_2025: "text/plain",
    Style.GBT_2015: "text/plain",
    Style.RIS: "application/x-research-info-systems",
    Style.BIBTEX: "application/x-bibtex",
    Style.CSL_JSON: "application/vnd.citationstyles.csl+json",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What all forms print; every text is one line."""

    id: str  # of the passage
    issuer: str
    title: str
    place: str  # "" where it is not known
    published: tuple[int, ...]  # (year, month, day) as far as known
    estimated: bool  # the year is the one reported on
    page: int | None
    where: str  # heading path
    span: tuple[int, int]  # characters of the report's canonical text
    quote: str
    remark: str = ""  # of the person who cites it

    @classmethod
    def from_passage(cls, meta: Metadata, passage: Passage) -> Entry:
        """The entry of a passage of the report that ``meta`` describes."""
        published, estimated = dated(meta.date, meta.year)
        return cls(
            id=one_line(passage.id),
            issuer=one_line(meta.issuer),
            title=one_line(meta.title),
            place=place_of(meta),
            published=published,
            estimated=estimated,
            page=passage.page,
            where=where_of(passage.path),
            span=(passage.start, passage.end),
            quote=one_line(passage.text),
        )

    @property
    def note(self) -> str:
        """Heading path and span."""
        return f"{self.where}，[{self.id}]" if self.where else f"[{self.id}]"


def dated(date: str | None, year: int | None) -> tuple[tuple[int, ...], bool]:
    """(year, month, day) as far as known, and whether it is only the year reported on."""
    found = ISO_DATE.match(date or "")
    known = tuple(int(part) for part in found.groups() if part) if found else ()
    return known or ((year,) if year else ()), not known


def where_of(path: Sequence[str]) -> str:
    """A heading path in one line."""
    return ARROW.join(one_line(heading).rstrip("。：") for heading in path)


def one_line(text: str) -> str:
    """``text`` without line breaks or control characters: they end a field in most forms."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def place_of(meta: Metadata) -> str:
    """The place of publication: the narrowest known division, 永安市 as 永安."""
    region = meta.region
    name = region.county or region.prefecture or region.province
    return one_line(name.removesuffix("市") if len(name) > 2 else name)


def reference(style: Style, meta: Metadata, passage: Passage) -> str:
    """The entry of a passage, ending with a line end."""
    entry = Entry.from_passage(meta, passage)
    return FORMS[style](entry)


def to_gbt(entry: Entry) -> str:
    """GB/T 7714, numeric style; a second line leads to the passage."""
    return f"{gbt_line(entry)}\n引文位置：{entry.note}\n"


def gbt_line(entry: Entry) -> str:
    """The entry itself, without its end of line; a page is given where it is known."""
    issuer, year = entry.issuer or NO_ISSUER, entry.published[:1]
    printed = f", [{year[0]}]" if year and entry.estimated else f", {year[0]}" if year else ""
    page = f": {entry.page}" if entry.page else ""
    publisher = entry.issuer or "[出版者不详]"
    imprint = f"{entry.place or NO_PLACE}: {publisher}{printed}{page}"
    return f"{issuer}. {entry.title or NO_TITLE}[R]. {imprint}."


def to_ris(entry: Entry) -> str:
    """RIS: one tag a line."""
    year, month, day = (*(f"{n:02}" for n in entry.published), "", "", "")[:3]
    fields = [
        ("TY", "RPRT"),
        ("ID", entry.id),
        ("AU", entry.issuer),
        ("TI", entry.title),
        ("PB", entry.issuer),
        ("CY", entry.place),
        ("PY", year),
        ("DA", "" if entry.estimated else f"{year}/{month}/{day}/"),
        ("SP", str(entry.page or "")),
        ("LA", "zh-CN"),
        ("AB", entry.quote),
        ("N1", entry.note),
        ("N1", entry.remark),
    ]
    lines = [f"{tag}  - {value}" for tag, value in fields if value]
    return "\r\n".join([*lines, "ER  - ", ""])


def to_bibtex(entry: Entry) -> str:
    """BibTeX: a techreport; a body's name in braces of its own is not taken for a person's."""
    fields = {
        "author": f"{{{tex(entry.issuer)}}}",
        "title": f"{{{tex(entry.title)}}}",
        "institution": tex(entry.issuer),
        "address": tex(entry.place),
        "year": "".join(f"{year:04}" for year in entry.published[:1]),
        "month": "".join(str(month) for month in entry.published[1:2]),
        "pages": str(entry.page or ""),
        "language": "chinese",
        "abstract": tex(entry.quote),
        "note": tex(entry.note),
        "annote": tex(entry.remark),
    }
    lines = [
        f"  {name} = {{{value}}}," for name, value in fields.items() if value not in ("", "{}")
    ]
    return "\n".join([f"@techreport{{{bibtex_key(entry.id)},", *lines, "}", ""])


def tex(text: str) -> str:
    """``text`` with what TeX would act on written out."""
    return text.translate(TEX)


def bibtex_key(passage_id: str) -> str:
    """A key that BibTeX takes: other characters dropped, what they were kept as a hash."""
    safe = UNSAFE_IN_KEY.sub("", passage_id)
    return safe if safe == passage_id else f"r{sha256(passage_id.encode()).hexdigest()[:8]}:{safe}"


def to_csl_json(entry: Entry) -> str:
    """CSL-JSON: a list of one item, as reference managers import it."""
    return json.dumps([csl_item(entry)], ensure_ascii=False, indent=1) + "\n"


def csl_item(entry: Entry) -> dict[str, object]:
    """The item of CSL-JSON; what is not known is left out."""
    start, end = entry.span
    item: dict[str, object] = {
        "id": entry.id,
        "type": "report",
        "language": "zh-CN",
        "title": entry.title,
        "author": [{"literal": entry.issuer}] if entry.issuer else [],
        "publisher": entry.issuer,
        "publisher-place": entry.place,
        "page": str(entry.page or ""),
        "abstract": entry.quote,
        "note": entry.note,
        "annote": entry.remark,
        "custom": {"passage_id": entry.id, "start": start, "end": end},
    }
    if entry.published:
        issued: dict[str, object] = {"date-parts": [list(entry.published)]}
        item["issued"] = issued | ({"circa": True} if entry.estimated else {})
    return {name: value for name, value in item.items() if value}


FORMS: dict[Style, Callable[[Entry], str]] = {
    Style.GBT_2025: to_gbt,
    Style.GBT_2015: to_gbt,
    Style.RIS: to_ris,
    Style.BIBTEX: to_bibtex,
    Style.CSL_JSON: to_csl_json,
}
