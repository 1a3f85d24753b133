"""The reports that filters leave, and who of them prints what."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from indexer.backend import ROLES
from indexer.formulations.text import Positions
from indexer.shapes import Role
from indexer.store import Index
from search_api.filters import Filters, allowed_reports, member


@dataclass(frozen=True, slots=True)
class Usage:
    """Who prints a wording: bureaus, reports, occurrences, and the years from first to last."""

    bureaus: int
    reports: int
    occurrences: int
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is given: clusters of a part, variants and instances of a cluster."""

    clusters: int = 6
    variants: int = 12
    instances: int = 60


BRIEF = Limits(3, 5, 6)  # for each part of a longer draft
EXPORTED = Limits(20, 60, 2000)


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The reports that filters leave, as columns over the rows of the index's reports."""

    index: Index
    allowed: NDArray[np.bool_]
    bureau: NDArray[np.int64]  # number of the bureau
    year: NDArray[np.int64]  # 0 where it is not known
    roles: tuple[int, ...]  # () for all
    limits: Limits = Limits()

    @classmethod
    def of(cls, index: Index, filters: Filters) -> Scope:
        """Resolve ``filters``.

        :raises BadInput: naming what the index does not have.
        """
        roles = tuple(ROLES.index(member(Role, role)) for role in filters.role)
        allowed = allowed_reports(index, replace(filters, role=()))
        names: dict[str, int] = {}
        bureau = [names.setdefault(m.issuer or m.id, len(names)) for m in index.metas]
        years = [meta.year or 0 for meta in index.metas]
        return cls(index, allowed, np.array(bureau, np.int64), np.array(years, np.int64), roles)

    def keep(self, places: Positions) -> Positions:
        """The places in reports and sections that are allowed."""
        held = self.index.formulations
        kept = places[self.allowed[held.report_of(places)]]
        return kept[np.isin(held.role_of(kept), self.roles)] if self.roles else kept

    def usage(self, places: Positions) -> Usage:
        """Who prints what stands at these places."""
        reports = np.unique(self.index.formulations.report_of(places))
        return self.usage_of(reports, len(places))

    def usage_of(self, reports: Positions, occurrences: int) -> Usage:
        """Usage by these reports."""
        years = self.year[reports]
        years = years[years > 0]
        first, last = (int(years.min()), int(years.max())) if len(years) else (None, None)
        bureaus = len(np.unique(self.bureau[reports]))
        return Usage(bureaus, len(reports), occurrences, first, last)

    @property
    def bureaus(self) -> int:
        """How many bureaus are left."""
        return len(np.unique(self.bureau[self.allowed]))
