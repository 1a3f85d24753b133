"""Hits -> a cited answer made of verbatim sentences, or "insufficient evidence"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from indexer.embedders import FloatArray
from indexer.focus import split_clauses
from indexer.passages import split_sentences
from indexer.shapes import Metadata
from indexer.words import tokens
from search_api.engine import Engine, Hit, SearchResult
from search_api.filters import Filters

EVIDENCE = 10  # passages that sentences are taken from
MOST_BUREAUS, MOST_QUOTES = 5, 3  # bureaus in an answer, quotes of one bureau
SECONDARY = 0.25  # share of the floor from which a passage may add to an answer
SHORTEST = 12  # characters; a shorter sentence says nothing alone
NEAR_BEST = 0.65  # a quote must reach this share of the best sentence's score
SAME = 0.92  # cosine from which two sentences say the same


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
class Answer:
    """The quotes by bureau; without ``sufficient`` evidence there are none, and ``search``
    holds the closest passages."""

    query: str
    sufficient: bool
    bureaus: tuple[BureauQuotes, ...]
    search: SearchResult
    evidence: tuple[Hit, ...] = ()  # the passages that quotes could be taken from


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a hit; ``start:end`` in the report, ``vector`` the sum of its clauses'."""

    hit: Hit
    start: int
    end: int
    text: str
    score: float
    vector: FloatArray


def answer(
    engine: Engine,
    text: str,
    *,
    k: int = EVIDENCE,
    filters: Filters = Filters(),  # noqa: B008 - frozen and empty
    expand: bool = True,
) -> Answer:
    """Answer a question from the ``k`` best passages.

    :raises BadInput: for an unusable question, number or filter.
    """
    return answer_from(engine, engine.search(text, k=k, filters=filters, expand=expand))


def answer_from(engine: Engine, result: SearchResult) -> Answer:
    """The answer that a search leads to."""
    floor = engine.fusion.evidence_floor
    if not result.hits or result.hits[0].score < floor:
        return Answer(result.query, False, (), result)
    query = engine.embedder.embed_query(result.read)
    evidence = [hit for hit in result.hits if hit.score >= SECONDARY * floor]
    sentences = [s for hit in evidence for s in sentences_of(engine, hit, query)]
    return Answer(result.query, True, by_bureau(choose(sentences)), result, tuple(evidence))


def choose(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The sentences that answer best, best first, none said twice."""
    ranked = sorted(sentences, key=lambda s: -s.score)
    kept: list[Sentence] = []
    for s in ranked:
        if s.score < NEAR_BEST * ranked[0].score:
            break
        if all(float(s.vector @ other.vector) < SAME for other in kept):
            kept.append(s)
    return kept


def by_bureau(chosen: Sequence[Sentence]) -> tuple[BureauQuotes, ...]:
    """Group sentences by report, best report first; each report's quotes in text order."""
    groups: dict[str, list[Sentence]] = {}
    for sentence in chosen:
        group = groups.setdefault(sentence.hit.meta.id, [])
        if len(group) < MOST_QUOTES:
            group.append(sentence)
    return tuple(
        BureauQuotes(group[0].hit.meta, tuple(_quotes(group)))
        for group in list(groups.values())[:MOST_BUREAUS]
    )


def _quotes(group: Sequence[Sentence]) -> list[Quote]:
    return [quote_of(s) for s in sorted(group, key=lambda s: s.start)]


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
    vectors = engine.index.clauses.of(hit.row)
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
