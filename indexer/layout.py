"""How an index keeps its vectors: chosen by size, recorded in its manifest.

Every component is kept as one signed byte: a quarter of the room and a sixth of the time of
floats, and of the ten nearest passages to a real question 99 % stay. Up to `MOST_FLAT` passages
all are compared. Beyond, an inverted file (IVF) of product-quantised residuals says which
thousand (one in 800 if that is more) are worth comparing: it is built faster than HNSW and
searched twice as fast as one-bit codes (RaBitQ). The more passages there are, the nearer they
come to each other: from `REFINED_FROM` on its codes are longer, and what bytes leave out is kept
at four bits a component, for the best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from indexer.shapes import BadInput

MOST_FLAT = 50_000  # passages up to which comparing all takes under a millisecond
REFINED_FROM = 500_000  # passages among which the nearest differ by less than a byte tells apart
SPREAD = 4.0  # standard deviations of a unit vector's components that fit into a byte
LISTS_PER_ROOT = 2  # lists of an inverted file for each unit of the square root of passages
PROBES = 96  # lists looked into
WIDTH, FINE = 3, 2  # components that share four bits, and from `REFINED_FROM` passages on


class Kind(StrEnum):
    """How the nearest vectors are found."""

    FLAT = "flat"  # all are compared
    IVF = "ivf"  # those in the lists that are nearest


@dataclass(frozen=True, slots=True)
class VectorLayout:
    """How vectors are kept.

    ``step`` is the value of one unit of a component's byte; ``refined``, whether what the bytes
    leave out is kept too; ``width``, how many components share four bits in an inverted file.
    """

    kind: Kind
    step: float
    lists: int = 0
    probes: int = 0
    refined: bool = False
    width: int = 0

    def same(self, other: VectorLayout) -> bool:
        """Whether they differ in nothing that anyone chose."""
        return replace(self, step=other.step) == other


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a layout; None leaves it to the number of passages."""

    kind: Kind | None = None
    probes: int | None = None

    @classmethod
    def kept(cls, layout: VectorLayout, passages: int, dimension: int) -> Wanted:
        """What must have been asked for so that an index of so many has this layout."""
        usual = BY_SIZE.layout(passages, dimension).same(layout)
        return BY_SIZE if usual else cls(layout.kind, layout.probes or None)

    def layout(self, passages: int, dimension: int) -> VectorLayout:
        """The layout for so many passages.

        :raises BadInput: for a number of probes that makes no sense.
        """
        if self.probes is not None and self.probes < 1:
            raise BadInput(
                f"probes = {self.probes} is not at least 1", f"probes = {self.probes} 应至少为 1"
            )
        step = SPREAD / math.sqrt(dimension) / 127
        if (self.kind or (Kind.FLAT if passages <= MOST_FLAT else Kind.IVF)) is Kind.FLAT:
            return VectorLayout(Kind.FLAT, step)
        lists = max(1, min(passages, round(LISTS_PER_ROOT * math.sqrt(passages))))
        probes = min(lists, self.probes or PROBES)
        refined = passages >= REFINED_FROM
        return VectorLayout(Kind.IVF, step, lists, probes, refined, FINE if refined else WIDTH)


BY_SIZE = Wanted()
