"""Restricting a search: OR within a facet, AND across facets, before anything is ranked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from indexer.backend import EVERYTHING, Backend, Chosen
from indexer.shapes import BadInput, Level, Metadata, Role

REMEMBERED = 64  # choices kept resolved
Named = TypeVar("Named", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the user chose; an empty tuple restricts nothing.

    ``region`` takes codes or names at any level (350000, 福建省, 永安), ``issuer`` a name or
    a part of one.
    """

    issuer: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    year: tuple[int, ...] = ()
    role: tuple[str, ...] = ()
    report: tuple[str, ...] = ()
    level: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def without(self) -> list[tuple[str, Filters]]:
        """(name, the filters without that one) for every name that restricts."""
        named = [field.name for field in fields(self) if getattr(self, field.name)]
        return [(name, replace(self, **{name: ()})) for name in named]


def restrict(index: Backend, filters: Filters) -> Chosen:
    """The passages that ``filters`` allow.

    :raises BadInput: naming an issuer, region, role, level or report that the index does not have.
    """
    return _resolved(ref(index), filters) if filters else EVERYTHING


def allowed_reports(index: Backend, filters: Filters) -> NDArray[np.bool_]:
    """The reports of which ``filters`` allow a passage, shape (reports,).

    :raises BadInput: as `restrict` does.
    """
    chosen = restrict(index, filters)
    if chosen.reports is not None and not chosen.roles:
        return chosen.reports
    allowed = np.ones(len(index.metas), dtype=np.bool_)
    if chosen.roles:
        allowed[:] = False
        allowed[index.facts(index.rows_of(chosen))[0]] = True
    return allowed


@lru_cache(maxsize=REMEMBERED)
def _resolved(index: ref[Backend], filters: Filters) -> Chosen:
    """`restrict`, remembered as long as the index lives: the same filters come again and again."""
    held = index()
    metas = held.metas if held else ()
    chosen = np.ones(len(metas), dtype=np.bool_)
    tags: list[tuple[str, ...]] = []
    for values, test, tag in _report_facets(filters, metas):
        if values:
            hit = np.array([any(test(meta, v) for v in values) for meta in metas], dtype=np.bool_)
            chosen &= hit
            tags.append(tuple(sorted({tag(meta) for meta, h in zip(metas, hit, strict=True) if h})))
    roles = tuple(member(Role, value) for value in filters.role)
    if roles:
        tags.append(tuple(f"role:{role}" for role in roles))
    return Chosen(chosen, roles, tuple(tags))


def in_region(meta: Metadata, value: str) -> bool:
    """Whether a report's region is, or lies in, the one of this code or name."""
    region = meta.region
    names = (region.province, region.prefecture, region.county, region.name)
    return value in region.codes or value in names or any(_short(n) == value for n in names if n)


def _short(name: str) -> str:
    return name.rstrip("省市县区旗") if len(name) > 2 else name


def _report_facets(
    filters: Filters, metas: Sequence[Metadata]
) -> list[tuple[Sequence[str | int], Callable[..., bool], Callable[[Metadata], str]]]:
    """(values, test of a report against one value, tag of a chosen report) per facet."""
    for value in filters.report:
        _known(any(meta.id == value for meta in metas), "report", value)
    for value in filters.issuer:
        _known(any(value in meta.issuer for meta in metas), "issuer", value)
    for value in filters.region:
        _known(any(in_region(meta, value) for meta in metas), "region", value)
    for value in filters.level:
        member(Level, value)
    return [
        (filters.report, lambda meta, v: meta.id == v, lambda meta: f"report:{meta.id}"),
        (filters.issuer, lambda meta, v: v in meta.issuer, lambda meta: f"issuer:{meta.issuer}"),
        (filters.region, in_region, lambda meta: f"region:{meta.region.code}"),
        (filters.year, lambda meta, v: meta.year == v, lambda meta: f"year:{meta.year}"),
        (filters.level, lambda meta, v: meta.level == v, lambda meta: f"level:{meta.level}"),
    ]


def _known(known: bool, name: str, value: str) -> None:
    if not known:
        raise BadInput(
            f"no {name} “{value}” in this index: “bureau stats” lists what there is",
            f"索引中没有 {name} “{value}”：用 “bureau stats” 查看",
        )


def member(kind: type[Named], value: str) -> Named:
    """The member of an enumeration with this value.

    :raises BadInput: listing what there is.
    """
    try:
        return kind(value)
    except ValueError:
        name, known = kind.__name__.lower(), ", ".join(kind)
        raise BadInput(
            f"no {name} “{value}”: one of {known}", f"没有 “{value}” 这个 {name}：{known}"
        ) from None
