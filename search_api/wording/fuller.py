"""A wording as it usually goes on: 办事依法、遇事找法 … 解决问题用法、化解矛盾靠法."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from indexer.formulations.common import NO_FIRST, NO_LAST
from indexer.formulations.table import Formulations
from indexer.formulations.text import MARK, SENTENCE, SEPARATOR, Positions, letters
from indexer.words import tokens_with_offsets
from search_api.wording.match import Form
from search_api.wording.places import balanced
from search_api.wording.scope import Scope

MOST_PLACES = 500  # occurrences that are looked at
FURTHEST = 40  # characters that are added on one side
LEAST_SHARE = 0.5  # of the bureaus that print a wording: so many must go on alike
LOOKED_AT = 8  # occurrences whose marks are looked at
LEAST_MORE = 2  # characters that a fuller form has more


@dataclass(frozen=True, slots=True)
class Fuller:
    """A longer form, verbatim from one report, and how many bureaus print it."""

    text: str
    bureaus: int


def fuller_form(scope: Scope, form: Form) -> Fuller | None:
    """The longest form round a wording that half of its bureaus, and two at least, print."""
    held = scope.index.formulations
    places = form.places[:MOST_PLACES]
    least = max(2, LEAST_SHARE * len(np.unique(scope.bureau[held.report_of(places)])))
    places, after = extended(scope, places, len(form.codes), 1, least)
    places, before = extended(scope, places, -1, -1, least)
    first, length = int(places[0]) - before, len(form.codes) + before + after
    start, end = trimmed(held, first, first + before, first + length - after, first + length)
    if end - start < len(form.codes) + LEAST_MORE:
        return None
    places = scope.keep(held.occurrences(held.codes[start:end]))
    reports = held.report_of(places)
    texts = []
    for place, row in zip(places[:LOOKED_AT].tolist(), reports.tolist(), strict=False):
        text = scope.index.report(scope.index.metas[row].id).text
        a, b = balanced(text, *held.span(place, end - start, text))
        texts.append(text[a:b])
    return Fuller(usual(texts), len(np.unique(scope.bureau[reports])))


def usual(texts: Sequence[str]) -> str:
    """The text that most often occurs; wordings may differ in marks and numbers."""
    return Counter(texts).most_common(1)[0][0]


def extended(
    scope: Scope, places: Positions, offset: int, step: int, least: float
) -> tuple[Positions, int]:
    """The places where the text goes on alike, and for how many characters.

    From ``offset`` beside each place on, in the direction of ``step``, the character that most
    bureaus print next is taken as long as ``least`` bureaus do; no sentence is left.
    """
    held = scope.index.formulations
    added = 0
    while added < FURTHEST:
        inside = places[(places + offset >= 0) & (places + offset < len(held))]
        codes = held.codes[inside + offset]
        same_sentence = held.edge_at(inside + offset + (step < 0)) < SENTENCE
        open_ = same_sentence & (codes != SEPARATOR)
        bureau = scope.bureau[held.report_of(inside)]
        pairs = np.unique(np.stack([codes[open_], bureau[open_]]), axis=1)[0]
        kinds, counts = np.unique(pairs, return_counts=True)
        if not len(kinds) or counts.max() < least:
            break
        places = inside[open_ & (codes == kinds[counts.argmax()])]
        offset, added = offset + step, added + 1
    return places, added


def trimmed(held: Formulations, first: int, start: int, end: int, last: int) -> tuple[int, int]:
    """``first:last`` shortened, not below ``start:end``, to where a phrase begins and ends."""
    begins, finishes = {start}, {end}
    marks = first + np.flatnonzero(held.edges(first, last + 1) >= MARK)
    pieces = sorted(
        {held.sentence(first, MARK)[0], *marks.tolist(), held.sentence(last - 1, MARK)[1]}
    )
    for a, b in pairwise(pieces):
        for word in tokens_with_offsets(letters(held.codes[a:b]), "default"):
            begins |= {a + word.start} if word.word not in NO_FIRST else set()
            finishes |= {a + word.end} if word.word not in NO_LAST else set()
    before = min(place for place in begins if first <= place <= start)
    return before, max(place for place in finishes if end <= place <= last)
