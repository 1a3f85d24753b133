"""How much of a text other bureaus print too: from boilerplate to distinctive."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from indexer.formulations.common import SHORTEST
from indexer.formulations.table import Formulations
from indexer.formulations.text import SENTENCE, Positions
from indexer.store import Index
from search_api.fusion import Candidates, Column

LEVELS = ("distinctive", "rare", "common", "boilerplate")
FROM = (0.02, 0.1, 0.3)  # share of the other bureaus from which the next level holds
CLOSINGS = frozenset("。；！？;!?”’」』）)》")  # marks that belong to the sentence before them
MILD = 0.3  # share of its score that a passage of nothing but shared wording loses


@dataclass(frozen=True, slots=True)
class SentenceShare:
    """A sentence and the share of the other bureaus that print its wording.

    That is the mean over its characters of the share of bureaus that print eight characters
    round them. None for a sentence of fewer characters, or where there is no other bureau.
    """

    start: int
    end: int
    share: float | None

    @property
    def level(self) -> str | None:
        """One of `LEVELS`."""
        return (
            None if self.share is None else LEVELS[int(np.searchsorted(FROM, self.share, "right"))]
        )


def sentence_shares(index: Index, report_id: str) -> tuple[list[SentenceShare], int]:
    """The sentences of a report with their shares, and the number of other bureaus.

    :raises BadInput: if there is no such report.
    """
    text = index.report(report_id).text
    row = next(n for n, meta in enumerate(index.metas) if meta.id == report_id)
    held = index.formulations
    others = len({meta.issuer or meta.id for meta in index.metas}) - 1
    first, last = held.starts[row : row + 2].tolist()
    printed = covering(held, row)
    found = []
    edges = held.edges(first, last)
    cuts = [*np.flatnonzero(edges >= SENTENCE).tolist(), last - first]
    for a, b in pairwise(cuts):
        length = int((held.codes[first + a : first + b] > 0).sum())
        if length:
            start, end = held.span(first + a, length, text)
            while text[end : end + 1] in CLOSINGS:
                end += 1
            known = others and length >= SHORTEST
            share = float(printed[a : a + length].mean()) / others if known else None
            found.append(SentenceShare(start, end, share))
    return found, others


def covering(held: Formulations, report: int) -> NDArray[np.float64]:
    """For each place of a report the most other bureaus that print eight characters round it."""
    counts = np.maximum(held.bureaus(report).astype(np.float64) - 1, 0)
    padded = np.concatenate([np.zeros(SHORTEST - 1), counts])
    most: NDArray[np.float64] = sliding_window_view(padded, SHORTEST).max(axis=1)
    return most


def shared_part(index: Index, rows: Positions) -> Column:
    """The part of each passage's characters that another bureau prints too, shape (rows,)."""
    held = index.formulations
    part = np.zeros(len(rows))
    reports = index.column("report")[rows]
    for report in np.unique(reports).tolist():
        first, last = held.starts[report : report + 2].tolist()
        offsets = held.offsets(np.arange(first, last))
        printed = np.concatenate([[0], np.cumsum(covering(held, report) > 0)])
        mine = np.flatnonzero(reports == report)
        starts = np.searchsorted(offsets, index.column("start")[rows[mine]])
        ends = np.searchsorted(offsets, index.column("end")[rows[mine]])
        part[mine] = (printed[ends] - printed[starts]) / np.maximum(1, ends - starts)
    return part


def prefer_distinctive(index: Index, ranked: Candidates) -> Candidates:
    """``ranked`` in an order in which shared wording costs a passage some of its place.

    Scores stay as they are: they say how relevant a passage is, not how it is worded.
    """
    if not len(ranked):
        return ranked
    worth = ranked.score * (1 - MILD * shared_part(index, ranked.row))
    order = np.lexsort((ranked.row, -worth))
    return Candidates(*(getattr(ranked, field.name)[order] for field in fields(ranked)))
