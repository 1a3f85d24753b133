"""The formulations that most bureaus share, counted when the corpus was indexed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from indexer.formulations.common import CLEARLY_MORE
from indexer.formulations.text import Positions, letters
from indexer.shapes import BadInput
from indexer.store import Index
from search_api.filters import Filters
from search_api.wording.fuller import LOOKED_AT, usual
from search_api.wording.places import Instance, instances_at
from search_api.wording.scope import Scope, Usage

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class TopForm:
    """A formulation, who prints it, and one instance."""

    text: str
    usage: Usage
    instance: Instance


@dataclass(frozen=True, slots=True)
class Top:
    """The most shared formulations; ``bureaus`` and ``reports`` are those of the filters."""

    forms: tuple[TopForm, ...]
    total: int  # formulations that two of these bureaus share
    bureaus: int
    reports: int


def top(index: Index, *, k: int = 20, filters: Filters = Filters()) -> Top:  # noqa: B008 - frozen
    """The ``k`` formulations of 8 characters or more that most bureaus print.

    A part of a longer formulation is listed only if clearly more bureaus print it.

    :raises BadInput: for a number out of range, or a filter that the index does not know.
    """
    if not 1 <= k <= MOST_LISTED:
        raise BadInput(
            f"k = {k} is not between 1 and {MOST_LISTED}", f"k = {k} 不在 1–{MOST_LISTED} 之间"
        )
    scope = Scope.of(index, filters)
    held = index.formulations
    printed = printed_in(scope)  # (formulations, reports)
    counts = by_bureau(scope, printed)
    spans = [(place, length) for place, length in held.common.tolist()]
    texts = [letters(held.codes[place : place + length]) for place, length in spans]
    ranked = sorted(
        np.flatnonzero(counts >= 2).tolist(), key=lambda n: (-counts[n], -len(texts[n]), n)
    )
    apart = (n for n in ranked if not filters or not is_part(n, ranked, texts, counts))
    chosen = list(islice(apart, k))
    stretches = [held.codes[spans[n][0] : sum(spans[n])] for n in chosen]
    forms = []
    for n, found in zip(chosen, held.occurrences_of(stretches), strict=True):
        places = scope.keep(found)
        some = list(instances_at(index, places[:LOOKED_AT], spans[n][1]))
        text = usual([instance.text for instance in some])
        instance = next(instance for instance in some if instance.text == text)
        usage = scope.usage_of(np.flatnonzero(printed[n]), len(places))
        forms.append(TopForm(text, usage, instance))
    return Top(tuple(forms), len(ranked), scope.bureaus, int(scope.allowed.sum()))


def printed_in(scope: Scope) -> NDArray[np.bool_]:
    """Whether each formulation is printed in each allowed report."""
    bits = scope.index.formulations.common_in
    chosen = bits[list(scope.roles)] if scope.roles else bits
    either = np.bitwise_or.reduce(chosen, axis=0)
    held = np.unpackbits(either, axis=1, count=len(scope.allowed)).astype(np.bool_)
    return held & scope.allowed


def by_bureau(scope: Scope, printed: NDArray[np.bool_]) -> Positions:
    """How many bureaus print each formulation, shape (formulations,)."""
    order = np.argsort(scope.bureau, kind="stable")
    bureaus = scope.bureau[order]
    if not len(bureaus):
        return np.zeros(len(printed), np.int64)
    firsts = np.flatnonzero(np.concatenate([[True], bureaus[1:] != bureaus[:-1]]))
    counts: Positions = np.logical_or.reduceat(printed[:, order], firsts, axis=1).sum(axis=1)
    return counts


def is_part(number: int, ranked: list[int], texts: list[str], counts: Positions) -> bool:
    """Whether a formulation stands in a longer one that nearly as many bureaus print.

    Of the whole corpus that was seen to when it was indexed; fewer reports may differ.
    """
    text, most = texts[number], counts[number]
    return any(
        len(texts[n]) > len(text) and counts[n] * CLEARLY_MORE >= most and text in texts[n]
        for n in ranked
    )
