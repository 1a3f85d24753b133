"""Which two reports: by id, or by bureau and years; and pairs that are worth looking at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, pairwise

from indexer.shapes import BadInput, Metadata

MOST_NAMED = 5  # reports that a refusal lists


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two reports, the earlier one first; ``same_bureau`` or of the same year."""

    a: Metadata
    b: Metadata
    same_bureau: bool


def check_pair(metas: Sequence[Metadata], a: str, b: str) -> None:
    """Refuse ids that are not in the index, and a report against itself.

    :raises BadInput: naming the id and the way out.
    """
    known = {meta.id for meta in metas}
    for report_id in (a, b):
        if report_id not in known:
            raise BadInput(
                f"no report “{report_id}” in this index: “bureau stats” lists what there is",
                f"索引中没有报告 “{report_id}”：用 “bureau stats” 查看有哪些报告",
            )
    if a == b:
        raise BadInput(
            f"both reports are “{a}”: name another one to compare it with",
            f"两份报告都是 “{a}”：请另选一份来对比",
        )


def report_of(metas: Sequence[Metadata], issuer: str, year: int) -> str:
    """The id of the one report of a bureau (its name or a part of it) and year.

    :raises BadInput: if there is none, or more than one; naming what there is.
    """
    of_bureau = [meta for meta in metas if issuer and issuer in meta.issuer]
    exact = [meta for meta in of_bureau if meta.issuer == issuer]
    of_bureau = exact or of_bureau
    if not of_bureau:
        raise BadInput(
            f"no issuer “{issuer}” in this index: “bureau stats” lists what there is",
            f"索引中没有机关 “{issuer}”：用 “bureau stats” 查看有哪些机关",
        )
    found = [meta for meta in of_bureau if meta.year == year]
    if len(found) == 1:
        return found[0].id
    if not found:
        years = sorted({meta.year for meta in of_bureau if meta.year})
        named = ", ".join(map(str, years)) or "?"
        raise BadInput(
            f"no report of “{issuer}” for {year}: there is one for {named}",
            f"没有 “{issuer}” {year} 年的报告：现有年份 {named}",
        )
    ids = ", ".join(meta.id for meta in found[:MOST_NAMED])
    more = " …" if len(found) > MOST_NAMED else ""
    raise BadInput(
        f"{len(found)} reports of “{issuer}” for {year}: name two report ids instead ({ids}{more})",
        f"“{issuer}” {year} 年有 {len(found)} 份报告：请直接写两个报告编号（{ids}{more}）",
    )


def same_bureau(a: Metadata, b: Metadata) -> bool:
    """Whether two reports are one bureau's."""
    return bool(a.issuer) and a.issuer == b.issuer


def suggestions(metas: Sequence[Metadata], most: int) -> list[Suggestion]:
    """Up to ``most`` pairs: a bureau's consecutive years, its other years, bureaus of one year."""
    chained = sorted(years_of_bureaus(metas), key=lambda s: (gap(s), -(s.b.year or 0), s.b.issuer))
    return [*chained, *islice(bureaus_of_years(metas), max(0, most - len(chained)))][:most]


def gap(found: Suggestion) -> int:
    """Years between the two."""
    return (found.b.year or 0) - (found.a.year or 0)


def years_of_bureaus(metas: Sequence[Metadata]) -> Iterator[Suggestion]:
    """Each report of a bureau with the one before it."""
    dated = [meta for meta in metas if meta.issuer and meta.year]
    dated.sort(key=lambda meta: (meta.issuer, meta.year or 0, meta.id))
    for _, group in groupby(dated, key=lambda meta: meta.issuer):
        for a, b in pairwise(group):
            if a.year != b.year:
                yield Suggestion(a, b, same_bureau=True)


def bureaus_of_years(metas: Sequence[Metadata]) -> Iterator[Suggestion]:
    """Neighbouring bureaus of one level with reports on the same year, the latest year first."""
    dated = [meta for meta in metas if meta.year]
    dated.sort(key=lambda meta: (-(meta.year or 0), meta.level or "", meta.region.code, meta.id))
    of_one_level: list[Suggestion] = []
    others: list[Suggestion] = []
    for a, b in pairwise(dated):
        if a.year == b.year and a.issuer != b.issuer:
            (of_one_level if a.level == b.level else others).append(Suggestion(a, b, False))
    yield from of_one_level
    yield from others
