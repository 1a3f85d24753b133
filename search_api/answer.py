"""A question -> a cited answer made of verbatim sentences, or "insufficient evidence".

The form of the answer follows what is asked (`search_api.asked`): points, a figure, bureaus side
by side, a list of bureaus. What the question names becomes a filter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from indexer.embedders import Embedder, FloatArray
from indexer.focus import split_clauses
from indexer.passages import split_sentences
from indexer.shapes import Metadata
from indexer.store import Index
from indexer.words import tokens
from search_api.asked import Asked, Form
from search_api.engine import DIVERSE, Engine, Hit, SearchResult
from search_api.filters import Filters, allowed_reports

if TYPE_CHECKING:
    from search_api.indicators.table import Value
    from search_api.practices.lists import Practice

EVIDENCE = 10  # passages that sentences are taken from
MOST_BUREAUS, MOST_QUOTES = 5, 3  # bureaus in an answer, quotes of one bureau
SECONDARY = 0.25  # share of the floor from which a passage may add to an answer
SHORTEST = 12  # characters; a shorter sentence says nothing alone
NEAR_BEST = 0.65  # a quote must reach this share of the best sentence's score
SAME = 0.92  # cosine from which two sentences say the same
LISTED = 10  # bureaus in a list of them
MOST_FIGURES = 12
NUMBER = re.compile("[0-9０-９]")
ABOUT = 0.40  # cosine from which a sentence is about a practice
ASKED_TOO = 0.65  # share of the best practice's cosine from which a question asks for another too
WITH_NUMBER = 1.15  # a sentence with a number, where a figure is asked for


NOTHING_NAMED = Asked(Form.POINTS)


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a report: ``text == canonical_text[start:end]``."""

    passage_id: str
    start: int
    end: int
    text: str
    path: tuple[str, ...]
    page: int | None
    score: float

    @property
    def sha256(self) -> str:
        """Hash of the quoted text, UTF-8."""
        return sha256(self.text.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class BureauQuotes:
    """What one report says to the question."""

    meta: Metadata
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A practice and the quotes that are about it, by their numbers from 0 in the answer's
    order; without a practice, the quotes that are about none of the list."""

    practice: Practice | None
    quotes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The quotes by bureau; without ``sufficient`` evidence there are none, and ``search``
    holds the closest passages."""

    query: str
    sufficient: bool
    bureaus: tuple[BureauQuotes, ...]
    search: SearchResult
    evidence: tuple[Hit, ...] = ()  # the passages that quotes could be taken from
    asked: Asked = NOTHING_NAMED
    points: tuple[Point, ...] = ()
    figures: tuple[Value, ...] = ()
    of: int = 0  # bureaus that the filters allow

    @property
    def quotes(self) -> list[tuple[Metadata, Quote]]:
        """All quotes in their order, each with its report."""
        return [(group.meta, quote) for group in self.bureaus for quote in group.quotes]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a hit; ``start:end`` in the report, ``vector`` the sum of its clauses'."""

    hit: Hit
    start: int
    end: int
    text: str
    score: float
    vector: FloatArray


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question as it was understood, the filters that hold for it, and what was found."""

    asked: Asked
    filters: Filters
    found: SearchResult


def inquire(
    engine: Engine,
    text: str,
    *,
    k: int = EVIDENCE,
    filters: Filters = Filters(),  # noqa: B008 - frozen and empty
    expand: bool = True,
    ignored: Iterable[str] = (),
) -> Inquiry:
    """Understand a question and search for its ``k`` best passages.

    ``ignored`` are filters that are not to be taken from the question: region, year, level.

    :raises BadInput: for an unusable question, number or filter.
    """
    asked = engine.atlas.understand(text, filters, ignored)
    narrowed = asked.narrowed(filters)
    diversity = DIVERSE if asked.form in (Form.LIST, Form.COMPARISON) else None
    found = engine.search(text, k=k, filters=narrowed, expand=expand, diversity=diversity)
    return Inquiry(asked, narrowed, found)


def answer(
    engine: Engine,
    text: str,
    *,
    k: int = EVIDENCE,
    filters: Filters = Filters(),  # noqa: B008 - frozen and empty
    expand: bool = True,
    ignored: Iterable[str] = (),
) -> Answer:
    """Answer a question from the ``k`` best passages.

    :raises BadInput: for an unusable question, number or filter.
    """
    return answer_to(
        engine, inquire(engine, text, k=k, filters=filters, expand=expand, ignored=ignored)
    )


def answer_to(engine: Engine, inquiry: Inquiry) -> Answer:
    """The answer that an inquiry leads to."""
    asked, result = inquiry.asked, inquiry.found
    floor = engine.fusion.evidence_floor
    if asked.elsewhere or not result.hits or result.hits[0].score < floor:
        return Answer(result.query, False, (), result, asked=asked)
    query = engine.embedder.embed_query(result.read)
    evidence = [hit for hit in result.hits if hit.score >= SECONDARY * floor]
    sentences = [s for hit in evidence for s in sentences_of(engine, hit, query)]
    figure = asked.form is Form.FIGURE
    figures = figures_of(engine, inquiry) if figure else ()
    groups = grouped(choose(sentences, numbers=figure), asked.form)
    if figure and not figures and not any(NUMBER.search(s.text) for g in groups for s in g):
        return Answer(result.query, False, (), result, asked=asked)
    chosen = [sentence for group in groups for sentence in group]
    roles = engine.gazetteer.find(result.read).roles  # problems and plans are no practices
    by_practice = asked.form is Form.POINTS and not roles
    return Answer(
        query=result.query,
        sufficient=True,
        bureaus=tuple(BureauQuotes(g[0].hit.meta, tuple(map(quote_of, g))) for g in groups),
        search=result,
        evidence=tuple(evidence),
        asked=asked,
        points=points_of(engine, chosen, query) if by_practice else (),
        figures=figures,
        of=bureaus_allowed(engine, inquiry.filters),
    )


def bureaus_allowed(engine: Engine, filters: Filters) -> int:
    """How many bureaus' reports are drawn on."""
    reports = np.flatnonzero(allowed_reports(engine.index, filters)).tolist()
    return len({engine.index.metas[row].issuer for row in reports})


def figures_of(engine: Engine, inquiry: Inquiry) -> tuple[Value, ...]:
    """The values of the indicator that best answers to the question, as its filters allow."""
    from search_api.indicators.table import indicators  # only where a figure is asked for

    if not isinstance(engine.index, Index):  # they are kept on this machine only
        return ()
    found = indicators(engine.index, inquiry.asked.topic, filters=inquiry.filters)
    return tuple(v for v in found.values if v.group == 0)[:MOST_FIGURES]


def choose(sentences: Sequence[Sentence], *, numbers: bool = False) -> list[Sentence]:
    """The sentences that answer best, best first, none said twice.

    With ``numbers``, those that hold one before others.
    """
    raised = [
        replace(s, score=s.score * WITH_NUMBER) if numbers and NUMBER.search(s.text) else s
        for s in sentences
    ]
    ranked = sorted(raised, key=lambda s: -s.score)
    kept: list[Sentence] = []
    for s in ranked:
        if s.score < NEAR_BEST * ranked[0].score:
            break
        if all(float(s.vector @ other.vector) < SAME for other in kept):
            kept.append(s)
    return kept


def points_of(engine: Engine, chosen: Sequence[Sentence], query: FloatArray) -> tuple[Point, ...]:
    """The sentences by the practice that each is about, in the order of their best one.

    A sentence is read in the light of the question, which may ask for several: of the practices
    that both are about, the one that both are nearest to is meant.
    """
    practices, vectors = practice_vectors(engine.embedder)  # type: ignore[arg-type]
    asked, groups = vectors @ query, dict[int, list[int]]()
    asked_for = asked >= ASKED_TOO * asked.max()
    for n, sentence in enumerate(chosen):
        own = vectors @ sentence.vector
        both = np.flatnonzero((own >= ABOUT) & asked_for)
        nearest = both[(own + asked)[both].argmax()] if len(both) else -1
        groups.setdefault(int(nearest), []).append(n)
    best = sorted(groups, key=lambda at: (at < 0, -max(chosen[n].score for n in groups[at])))
    return tuple(Point(practices[at] if at >= 0 else None, tuple(groups[at])) for at in best)


@cache
def practice_vectors(embedder: Embedder) -> tuple[tuple[Practice, ...], FloatArray]:
    """The practices that come with the package, and the vectors of their Chinese names."""
    from search_api.practices.lists import shipped

    practices = shipped().practices
    return practices, np.stack([embedder.embed_query(p.zh) for p in practices])


def grouped(chosen: Sequence[Sentence], form: Form) -> list[list[Sentence]]:
    """Sentences by report, best report first, each report's in text order.

    A list of bureaus has one sentence of each, and more bureaus.
    """
    bureaus, quotes = (LISTED, 1) if form is Form.LIST else (MOST_BUREAUS, MOST_QUOTES)
    groups: dict[str, list[Sentence]] = {}
    for sentence in chosen:
        group = groups.setdefault(sentence.hit.meta.id, [])
        if len(group) < quotes:
            group.append(sentence)
    return [sorted(group, key=lambda s: s.start) for group in list(groups.values())[:bureaus]]


def quote_of(s: Sentence) -> Quote:
    """A sentence with what cites it."""
    passage = s.hit.passage
    return Quote(passage.id, s.start, s.end, s.text, passage.path, passage.page, s.score)


def sentences_of(engine: Engine, hit: Hit, query: FloatArray) -> list[Sentence]:
    """The sentences of a passage that say something, scored by their nearest clause.

    A better passage lends its sentences weight: a sentence is read in its passage.
    """
    text, base = hit.passage.text, hit.passage.start
    clauses = split_clauses(text)
    vectors = engine.index.clauses_of(hit.row)
    spans = [(a, b) for a, b in split_sentences(text) if b - a >= SHORTEST and tokens(text[a:b])]
    found = []
    for start, end in spans or [(0, len(text))]:
        own = [n for n, (a, b) in enumerate(clauses) if a < end and start < b]
        nearest = float((vectors[own] @ query).max())
        total = vectors[own].sum(axis=0)
        vector = total / max(1e-6, float(np.linalg.norm(total)))
        score = nearest * (1 + hit.score) / 2
        found.append(Sentence(hit, base + start, base + end, text[start:end], score, vector))
    return found
