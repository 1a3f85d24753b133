"""Which wordings stand where: every stretch of the corpus in order of its first characters.

The reports' streams (`indexer.formulations.text`) stand one behind the other in one array of
codes. Every second place, sorted by the four characters that follow, finds every occurrence of
any stretch by binary search: a stretch begins at such a place, or what follows its first
character does. For each place it is known how many bureaus print the eight characters from
there on, and apart stand the formulations that most bureaus share. The arrays are mapped into
memory; a text's own offsets follow from the gaps, the places before which a mark or a digit was
dropped, and from how many characters were.

    formulations/codes.npy    uint16 (characters + PAD,)
                 order_low.npy uint16, order_high.npy uint8 or uint16 (characters // 2,): the
                              lower and upper bits of half of each odd place, sorted
                 starts.npy   int64 (reports + 1,), origin.npy int32 (reports,): first offsets
                 shared.npy   uint8 (bytes,), shared_at.npy int64 (reports + 1,): see `counts`
                 gap_at.npy   uint32, gap_dropped.npy int8 or wider, gap_edge.npy uint8 (gaps,)
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

from indexer.formulations.counts import Counts, Packed, unpack
from indexer.formulations.text import BLOCK, NONE, NUMBER, Codes, Positions

PREFIX = 4  # characters by which places are sorted
PAD = 8  # codes behind the last, so that a look at the following ones never ends outside
ALL = np.uint64(2**64 - 1)  # comes after four codes, of which none is 0xFFFF
FOLDER = "formulations"


@dataclass(frozen=True, slots=True, eq=False)
class Lookups:
    """Where stretches stand: at odd places, and before odd places where the rest of them does."""

    held: Formulations
    code: Codes  # the first of each stretch
    ranks: Positions  # (4, stretches): low and high of the odd places of it, and of its rest

    @property
    def least(self) -> Positions:
        """At how many places each stretch stands at least: the odd ones."""
        odd: Positions = self.ranks[1] - self.ranks[0]
        return odd

    @property
    def most(self) -> Positions:
        """At how many places each stretch stands at most; so many are looked at."""
        looked_at: Positions = self.least + self.ranks[3] - self.ranks[2]
        return looked_at

    def printed(self, number: int) -> bool:
        """Whether a stretch stands anywhere."""
        return bool(self.least[number]) or len(self.places(number)) > 0

    def places(self, number: int) -> Positions:
        """The places where a stretch stands, in any order."""
        low, high, rest_low, rest_high = self.ranks[:, number].tolist()
        even = self.held.halves(slice(rest_low, rest_high))  # half of the place before each
        even = even[self.held.codes[::2][even] == self.code[number]]
        return np.concatenate([self.held.halves(slice(low, high)) * 2 + 1, even * 2])


@dataclass(frozen=True, slots=True, eq=False)
class Formulations:
    """The wordings of a generation; see the module for shapes."""

    codes: Codes
    order_low: NDArray[np.uint16]
    order_high: NDArray[np.unsignedinteger]
    starts: NDArray[np.int64]
    origin: NDArray[np.int32]
    shared: Packed
    shared_at: NDArray[np.int64]
    gap_at: NDArray[np.uint32]
    gap_dropped: NDArray[np.signedinteger]
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
        return len(self.codes) - PAD

    def halves(self, ranks: slice | Positions) -> Positions:
        """Half of the odd places that have these ranks, sorted by the four codes from there on."""
        above: Positions = self.order_high[ranks].astype(np.int64)
        return above << 16 | self.order_low[ranks]

    def bureaus(self, report: int) -> Counts:
        """How many bureaus print the eight characters from each place of a report on.

        0 where they do not lie in one sentence.
        """
        return unpack(self.shared, self.shared_at, report)

    def first_four(self, places: Positions) -> NDArray[np.uint64]:
        """The four codes from each place on as one number, by which places are sorted."""
        packed = self.codes[places].astype(np.uint64)
        for step in range(1, PREFIX):
            packed = packed << np.uint64(16) | self.codes[places + step]
        return packed

    def lookups(self, stretches: Codes) -> Lookups:
        """Where stretches of 1 to `PREFIX` characters stand; shape (stretches, characters)."""
        keys = np.concatenate([*_keys(stretches), *_keys(stretches[:, 1:])])
        return Lookups(self, stretches[:, 0], self._before(keys).reshape(4, -1))

    def _before(self, keys: NDArray[np.uint64]) -> Positions:
        """How many odd places come before each key."""
        low = np.zeros(len(keys), np.int64)
        high = np.full(len(keys), len(self.order_low), np.int64)
        while (open_ := low < high).any():
            middle = (low + high) // 2
            places = self.halves(np.minimum(middle, len(self.order_low) - 1)) * 2 + 1
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
        found = self.lookups(np.concatenate(grams))
        most = found.most
        first = 0
        for stretch, size, gram in zip(stretches, sizes, grams, strict=True):
            rarest = int(most[first : first + len(gram)].argmin())
            places = found.places(first + rarest) - rarest
            first += len(gram)
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
        """The offset of each place in its report's text; they are in order, and of one report."""
        if not len(places):
            return places
        report = int(self.starts.searchsorted(places[0], side="right")) - 1
        start = self.starts[report]
        within = np.array((start, places[-1] + 1), self.gap_at.dtype)
        first, last = self.gap_at.searchsorted(within).tolist()
        dropped = self.gap_dropped[first:last].cumsum(dtype=np.int64)
        before: Positions = dropped[self._last(self.gap_at[first:last], places)]
        return before + places + int(self.origin[report] - start)

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


def _keys(stretches: Codes) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """What four codes that begin with a stretch are not before, and what they are before."""
    low = np.zeros(len(stretches), np.uint64)
    for column in stretches.T:
        low = low << np.uint64(16) | column
    if not stretches.shape[1]:
        return low, np.full_like(low, ALL)
    free = np.uint64(16 * (PREFIX - stretches.shape[1]))
    return low << free, (low + np.uint64(1)) << free


def _goes_on(text: str, at: int) -> bool:
    """Whether a mark within a number stands there, as in 98.12 or 1,001."""
    return text[at] in ".,．，" and text[at + 1 : at + 2].isdecimal() and text[at] != "，"
