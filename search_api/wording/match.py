"""Where a wording stands in the corpus, exactly or nearly.

Candidates come from short stretches of the wording (seeds), looked up in the sorted places of
`indexer.formulations.table`: occurrences of seeds that keep their distances lie on one diagonal,
and a diagonal with enough of them is a candidate. A short phrase is thereby found in the longest
sentence: what counts is how much of the phrase is there, not how alike both are as wholes. Then
alignment (Sellers 1980: free ends in the text) finds the span with the fewest edits.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from indexer.formulations.table import Formulations
from indexer.formulations.text import MARK, SEPARATOR, Codes, Positions, letters
from indexer.words import tokens_with_offsets

ALIKE = 0.7  # similarity from which a wording is nearly the same
SHORTEST_NEAR = 6  # characters; of a shorter phrase only exact occurrences are of use
MOST_SEEDS = 500_000  # occurrences of seeds that are looked at, rarest seeds first
MOST_LOOKED_AT = 10_000  # candidates, those with the most seeds first
MOST_ALIGNED = 500  # of those that are worded differently
MOST_FORMS = 60  # forms whose places are counted, the likest and most frequent first
REACH = 3  # characters by which a span may grow to the end of a word
BEYOND = np.uint16(0xFFFF)  # equals no code

Edits = NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One way in which the wording is printed, and the places where it is."""

    codes: Codes
    similarity: float  # 1 - edits / characters; 1: exact but for marks and numbers
    places: Positions  # in order


def edits_allowed(length: int) -> int:
    """How many characters of a wording may be added, left out or changed."""
    return int((1 - ALIKE) * length) if length >= SHORTEST_NEAR else 0


def seed_length(length: int) -> int:
    """How many characters the seeds of a wording have."""
    return 2 if length < 8 else 3 if length < 16 else 4


def find(held: Formulations, wording: Codes) -> list[Form]:
    """The forms in which a wording is printed, the most alike first.

    A place belongs to the form that is most alike: 以…为指导 is not counted again inside
    坚持以…为指导.
    """
    found = {wording.tobytes(): 0} | nearly(held, wording)
    nearest = sorted(found.items(), key=lambda form: (form[1], -len(form[0])))
    stretches = [np.frombuffer(codes, np.uint16) for codes, _ in nearest]
    taken = Taken()
    forms = []
    for codes, (_, edits), places in zip(
        stretches, nearest, held.occurrences_of(stretches), strict=True
    ):
        free = taken.take(places, len(codes))
        if len(free):
            forms.append(Form(codes, max(0.0, 1 - edits / len(wording)), free))
    return forms


class Taken:
    """Stretches of the corpus that belong to a form already."""

    def __init__(self) -> None:
        self._starts = self._ends = np.empty(0, np.int64)

    def take(self, places: Positions, length: int) -> Positions:
        """The places whose ``length`` characters are still free; they are taken now."""
        after = np.searchsorted(self._ends, places, side="right")
        starts = np.append(self._starts, np.iinfo(np.int64).max)
        free = places[starts[after] >= places + length]
        merged = np.concatenate([self._starts, free])
        order = np.argsort(merged, kind="stable")
        self._starts = merged[order]
        self._ends = np.concatenate([self._ends, free + length])[order]
        return free


def nearly(held: Formulations, wording: Codes) -> dict[bytes, int]:
    """The codes of other forms than the exact one, each with its edits."""
    allowed = edits_allowed(len(wording))
    if not allowed:
        return {}
    first, count = candidates(held, wording, allowed)
    if not len(first):
        return {}
    starts, ends, edits = align(wording, held.windows(first - allowed, len(wording) + 3 * allowed))
    good = np.flatnonzero((edits <= allowed) & (ends > starts))
    worth = (1 - edits[good] / len(wording)) * np.log2(1 + count[good])
    found: dict[bytes, tuple[int, int]] = {}  # codes -> edits, place
    for n in good[np.argsort(-worth, kind="stable")].tolist():
        place = int(first[n]) - allowed + int(starts[n])
        codes = held.codes[place : place + int(ends[n] - starts[n])]
        found.setdefault(codes.tobytes(), (int(edits[n]), place))
    whole: dict[bytes, int] = {}
    for known, (fewest, place) in islice(found.items(), MOST_FORMS):
        length = len(known) // 2
        before, after = to_words(held, wording, place, length)
        codes = held.codes[place - before : place + length + after]
        if (codes != SEPARATOR).all():
            whole.setdefault(codes.tobytes(), fewest)
    return whole


def candidates(held: Formulations, wording: Codes, allowed: int) -> tuple[Positions, Positions]:
    """Where other forms may begin, one place of each wording, and how often each was seen.

    A diagonal is a seed's place less its offset in the wording: where the wording would begin.
    """
    size = seed_length(len(wording))
    diagonals, used = seeds(held, wording, size)
    if not len(diagonals):
        return diagonals, diagonals
    diagonals.sort()
    cuts = np.flatnonzero(np.diff(diagonals) > allowed) + 1
    begins = np.concatenate([[0], cuts])
    sizes = np.diff(np.append(begins, len(diagonals)))
    kept = used - allowed * size  # seeds that so many edits leave at least
    enough = np.flatnonzero(sizes >= max(kept, 1 if len(wording) < 12 else 2))
    if len(enough) > MOST_LOOKED_AT:
        fullest = np.argsort(-sizes[enough], kind="stable")[:MOST_LOOKED_AT]
        enough = enough[fullest]
    first = diagonals[begins[enough]]
    windows = held.windows(first, len(wording) + allowed)
    key = (windows.astype(np.uint64) * weights(windows.shape[1])).sum(axis=1)
    _, one, count = np.unique(key, return_index=True, return_counts=True)
    exact = (windows[one, : len(wording)] == wording).all(axis=1)
    one, count = one[~exact], count[~exact]
    fullest = np.lexsort((-count, -sizes[enough][one]))[:MOST_ALIGNED]
    return first[one[fullest]], count[fullest]


def weights(width: int) -> NDArray[np.uint64]:
    """Random odd numbers, the same in every run, shape (width,)."""
    return np.random.default_rng(width).integers(1, 2**63, width, dtype=np.uint64) | np.uint64(1)


def seeds(held: Formulations, wording: Codes, size: int) -> tuple[Positions, int]:
    """The diagonals of all occurrences of the rarest seeds, and how many seeds these are."""
    found = held.lookups(sliding_window_view(wording, size))
    places: dict[int, Positions] = {}
    for n in found.least.argsort(kind="stable").tolist():
        if sum(len(p) for p in places.values() if len(p) < found.least[n]) > MOST_SEEDS:
            break  # it and those after it are not among the rarest
        places[n] = found.places(n)
    rarest = sorted(places, key=lambda n: (len(places[n]), n))
    count = np.cumsum([len(places[n]) for n in rarest])
    within = rarest[: max(1, int((count <= MOST_SEEDS).sum()))]
    return np.concatenate([places[n] - n for n in within]), len(within)


def align(wording: Codes, windows: Codes) -> tuple[Positions, Positions, Edits]:
    """(start, end, edits) of the span of each window with the fewest edits; shortest if equal."""
    edits = table(wording, windows, np.zeros(windows.shape[1] + 1, np.int16))
    ends = edits.argmin(axis=1)
    back = ends[:, None] - 1 - np.arange(windows.shape[1])
    turned = np.where(back >= 0, np.take_along_axis(windows, np.maximum(back, 0), 1), BEYOND)
    anchored = np.arange(windows.shape[1] + 1, dtype=np.int16)
    lengths = table(wording[::-1], turned, anchored).argmin(axis=1)
    return ends - lengths, ends, edits.min(axis=1)


def table(wording: Codes, windows: Codes, first: Edits) -> Edits:
    """The last row of the table of edits of each window, shape (windows, width + 1)."""
    steps = np.arange(windows.shape[1] + 1, dtype=np.int16)
    row = np.broadcast_to(first, (len(windows), len(first)))
    for code in wording:
        changed = row[:, :-1] + (windows != code)
        longer = row + np.int16(1)
        longer[:, 1:] = np.minimum(longer[:, 1:], changed)
        row = np.minimum.accumulate(longer - steps, axis=1) + steps
    return row


def to_words(held: Formulations, wording: Codes, place: int, length: int) -> tuple[int, int]:
    """By how many characters a span must grow on both sides to end where a word ends.

    Only a side that differs from the wording grows, and never over a mark.
    """
    before = after = 0
    if held.codes[place] != wording[0]:
        start, end = held.sentence(place, MARK)
        edges = word_edges(held.codes[start:end])
        before = min((place - start - e for e in edges if e <= place - start), default=0)
    last = place + length - 1
    if held.codes[last] != wording[-1]:
        start, end = held.sentence(last, MARK)
        edges = word_edges(held.codes[start:end])
        after = min((e - (last + 1 - start) for e in edges if e > last - start), default=0)
    return (before if before <= REACH else 0), (after if after <= REACH else 0)


def word_edges(codes: Codes, mode: Literal["search", "default"] = "default") -> set[int]:
    """Where the words of a stretch without marks begin and end; ``search``: words in words too."""
    words = tokens_with_offsets(letters(codes), mode)
    return {edge for word in words for edge in (word.start, word.end)}


def known_stretches(held: Formulations, wording: Codes, shortest: int) -> list[tuple[int, int]]:
    """The longest stretches of a wording that the corpus prints, from left to right.

    They begin and end between words, do not overlap, and have ``shortest`` characters at least.
    """
    if len(wording) < max(shortest, 4):
        return []
    grams = held.lookups(sliding_window_view(wording, 4))
    printed = [grams.printed(n) for n in range(len(wording) - 3)]
    known = np.concatenate([[False], printed, [False]])
    cuts = np.flatnonzero(np.diff(known.astype(np.int8)))
    edges = sorted(word_edges(wording, "search"))
    found = []
    for begin, end in zip(cuts[::2].tolist(), (cuts[1::2] + 3).tolist(), strict=True):
        found += _printed(held, wording, begin, end, [e for e in edges if begin <= e <= end])
    chosen: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda span: span[0] - span[1]):
        if end - start >= shortest and all(end <= a or b <= start for a, b in chosen):
            chosen.append((start, end))
    return sorted(chosen)


def _printed(
    held: Formulations, wording: Codes, begin: int, end: int, edges: list[int]
) -> list[tuple[int, int]]:
    """For each edge the longest stretch from there on that is printed somewhere."""
    spans = []
    for start in [edge for edge in edges if edge + 4 <= end]:
        places = held.occurrences(wording[start : start + 4])
        reach = start + 4
        while len(places) and reach < end:
            places = places[held.codes[places + (reach - start)] == wording[reach]]
            reach += 1 if len(places) else 0
        ends = [edge for edge in edges if start + 4 <= edge <= reach]
        spans += [(start, ends[-1])] if ends else []
    return spans
