"""Which wordings stand where: every stretch of the corpus in order of its first characters.

The reports' streams (`indexer.formulations.text`) stand one behind the other in one array of
codes. Its places, sorted by the four characters that follow, find every occurrence of any
stretch by binary search. Beside each place stands how many bureaus print the eight characters
from there on, and apart the formulations that most bureaus share. The arrays are mapped into
memory; a text's own offsets follow from the gaps, the places where a mark was dropped.

    formulations/codes.npy    uint16 (characters + PAD,)   order.npy  uint32 (characters,)
                 shared.npy   uint16 (characters,)         starts.npy int64 (reports + 1,)
                 gap_at.npy   uint32, gap_origin.npy int32, gap_edge.npy uint8 (gaps,)
                 block_at.npy uint32, block_role.npy uint8 (blocks,)
                 common.npy   int64 (formulations, 2): place, length
                 common_in.npy uint8 (roles, formulations, reports / 8): bits
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from indexer.formulations.text import BLOCK, NONE, NUMBER, Codes, Positions

PREFIX = 4  # characters by which places are sorted
PAD = 8  # codes behind the last, so that a look at the following ones never ends outside
FOLDER = "formulations"


@dataclass(frozen=True, slots=True, eq=False)
class Formulations:
    """The wordings of a generation; see the module for shapes."""

    codes: Codes
    order: NDArray[np.uint32]
    shared: NDArray[np.uint16]
    starts: NDArray[np.int64]
    gap_at: NDArray[np.uint32]
    gap_origin: NDArray[np.int32]
    gap_edge: NDArray[np.uint8]
    block_at: NDArray[np.uint32]
    block_role: NDArray[np.uint8]
    common: NDArray[np.int64]
    common_in: NDArray[np.uint8]

    @classmethod
    def open(cls, folder: Path) -> Formulations:
        """Map what `write_formulations` wrote into ``folder``."""
        parts = {}
        for field in fields(cls):
            path = folder / FOLDER / f"{field.name}.npy"
            empty = path.stat().st_size <= 128  # nothing can be mapped of an empty array
            mapped = np.load(path, mmap_mode=None if empty else "r", allow_pickle=False)
            parts[field.name] = np.asarray(mapped)  # still mapped, without a memmap's costs
        return cls(**parts)

    def __len__(self) -> int:
        return len(self.order)

    def first_four(self, places: NDArray[np.integer]) -> NDArray[np.uint64]:
        """The four codes from each place on as one number, in the order of `order`."""
        at = places.astype(np.int64)
        packed = self.codes[at].astype(np.uint64)
        for step in range(1, PREFIX):
            packed = packed << np.uint64(16) | self.codes[at + step]
        return packed

    def ranges(self, stretches: Codes) -> tuple[Positions, Positions]:
        """Where in `order` the occurrences of stretches stand: [low, high) of each.

        ``stretches`` has the shape (stretches, characters), of 1 to `PREFIX` characters.
        """
        free = np.uint64(16 * (PREFIX - stretches.shape[1]))
        low = np.zeros(len(stretches), np.uint64)
        for column in stretches.T:
            low = low << np.uint64(16) | column
        high = low + np.uint64(1)  # of four characters, none is 0xFFFF: no overflow
        return self._before(low << free), self._before(high << free)

    def _before(self, keys: NDArray[np.uint64]) -> Positions:
        """How many places come before each key."""
        low = np.zeros(len(keys), np.int64)
        high = np.full(len(keys), len(self.order), np.int64)
        while (open_ := low < high).any():
            middle = (low + high) // 2
            places = self.order[np.minimum(middle, len(self.order) - 1)]
            less = open_ & (self.first_four(places) < keys)
            low = np.where(less, middle + 1, low)
            high = np.where(open_ & ~less, middle, high)
        return low

    def occurrences(self, stretch: Codes) -> Positions:
        """The places where exactly these codes stand, in order."""
        return next(self.occurrences_of([stretch]))

    def occurrences_of(self, stretches: Sequence[Codes]) -> Iterator[Positions]:
        """`occurrences` of each of ``stretches``, which are of `PREFIX` codes or all as long."""
        sizes = [min(PREFIX, len(stretch)) for stretch in stretches]
        grams = [sliding_window_view(s, n) for s, n in zip(stretches, sizes, strict=True)]
        if not grams:
            return
        lows, highs = self.ranges(np.concatenate(grams))
        first = 0
        for stretch, size, gram in zip(stretches, sizes, grams, strict=True):
            low, high = lows[first : first + len(gram)], highs[first : first + len(gram)]
            first += len(gram)
            rarest = int((high - low).argmin())
            places = self.order[low[rarest] : high[rarest]].astype(np.int64) - rarest
            places = places[(places >= 0) & (places + len(stretch) <= len(self))]
            for step in range(len(stretch)):
                if not rarest <= step < rarest + size:
                    places = places[self.codes[places + step] == stretch[step]]
            places.sort()
            yield places

    def windows(self, places: Positions, length: int) -> Codes:
        """``length`` codes from each place on, shape (places, length); 0 beyond the corpus."""
        at = places[:, None] + np.arange(length)
        inside = (at >= 0) & (at < len(self))
        found: Codes = np.where(inside, self.codes[np.clip(at, 0, len(self))], 0)
        return found.astype(np.uint16)

    def report_of(self, places: Positions) -> Positions:
        """The row of the report of each place."""
        return np.searchsorted(self.starts, places, side="right") - 1

    def role_of(self, places: Positions) -> NDArray[np.uint8]:
        """The role of each place's section, as an index into the roles of the index."""
        roles: NDArray[np.uint8] = self.block_role[self._last(self.block_at, places)]
        return roles

    def offsets(self, places: Positions) -> Positions:
        """The offset of each place in its report's text."""
        gap = self._last(self.gap_at, places)
        return self.gap_origin[gap].astype(np.int64) + places - self.gap_at[gap]

    def edges(self, first: int, last: int) -> NDArray[np.uint8]:
        """The strongest mark before each place from ``first`` to ``last``."""
        found = np.zeros(last - first, np.uint8)
        low, high = np.searchsorted(self.gap_at, np.array([first, last], self.gap_at.dtype))
        found[self.gap_at[low:high].astype(np.int64) - first] = self.gap_edge[low:high]
        return found

    def edge_at(self, places: Positions) -> NDArray[np.uint8]:
        """The strongest mark before each place, of the same shape."""
        gap = self._last(self.gap_at, places)
        found: NDArray[np.uint8] = np.where(self.gap_at[gap] == places, self.gap_edge[gap], NONE)
        return found.astype(np.uint8)

    def span(self, place: int, length: int, text: str) -> tuple[int, int]:
        """Start and end in ``text``, its report's, of ``length`` characters from a place on.

        A number is taken whole, with its sign of per cent.
        """
        first, last = self.offsets(np.array([place, place + length - 1])).tolist()
        end = last + 1
        if self.codes[place + length - 1] == NUMBER:
            while end < len(text) and (text[end].isdecimal() or _goes_on(text, end)):
                end += 1
            end += text[end : end + 1] in tuple("%％‰")
        return first, end

    def block(self, place: int) -> tuple[int, int]:
        """The places of the block round a place, its separator left out."""
        number = int(self._last(self.block_at, np.array([place]))[0])
        after = self.block_at[number + 1] if number + 1 < len(self.block_at) else len(self)
        return int(self.block_at[number]), int(after) - 1

    def sentence(self, place: int, strength: int) -> tuple[int, int]:
        """The places round ``place`` between marks of at least this strength."""
        first, last = self.block(place)
        cuts = first + np.flatnonzero(self.edges(first, last) >= min(strength, BLOCK))
        before, after = cuts[cuts <= place], cuts[cuts > place]
        return int(before[-1]) if len(before) else first, int(after[0]) if len(after) else last

    @staticmethod
    def _last(sorted_: NDArray[np.integer], places: NDArray[np.integer]) -> Positions:
        """The last entry at or before each place."""
        return np.searchsorted(sorted_, places.astype(sorted_.dtype), side="right") - 1


def _goes_on(text: str, at: int) -> bool:
    """Whether a mark within a number stands there, as in 98.12 or 1,001."""
    return text[at] in ".,．，" and text[at + 1 : at + 2].isdecimal() and text[at] != "，"
