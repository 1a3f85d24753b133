"""The order of passages for a question: two halves fused, feedback from the best, then spread.

Both halves propose their best; every proposed passage gets evidence of all kinds (see
`search_api.fusion`). What costs most, the clauses, is looked at only for those that are best
without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.backend import EVERYTHING, ROLES, Backend, Chosen, RowArray
from indexer.embedders import Embedder, FloatArray
from indexer.lexical import Boosts
from indexer.shapes import Role
from indexer.words import tokens
from search_api.fusion import Candidates, Column, Fusion, Weights
from search_api.mentions import Gazetteer, Mentions
from search_api.query import Query

POOL = 128  # passages that each half proposes, and whose clauses are looked at
HEARD = 16  # of which the feedback's speakers are chosen with their clauses
BODY = Boosts(body=1, heading=0, title=0)
UNASKED = (Role.INTRO, Role.DUTY, Role.PLANS)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked: its vector, what it names, and the rows that hold its words."""

    vector: FloatArray
    mentions: Mentions
    rows: RowArray  # in order
    shares: Column  # of the question's words, by row


@dataclass(frozen=True, slots=True, eq=False)
class Proposed:
    """Rows that may answer and what speaks for each but its clauses, columns of shape (n,)."""

    rows: RowArray
    report: NDArray[np.int32]
    vectors: FloatArray  # (n, dimension)
    cosine: Column  # of the whole passage
    lexical: Column
    prior: Column

    def plus(self, other: Proposed) -> Proposed:
        """These and the others."""
        return Proposed(
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.report, other.report]),
            np.concatenate([self.vectors, other.vectors]),
            np.concatenate([self.cosine, other.cosine]),
            np.concatenate([self.lexical, other.lexical]),
            np.concatenate([self.prior, other.prior]),
        )

    def evidence(self, weights: Weights) -> Column:
        """What speaks for each row, without feedback."""
        return self.cosine + weights.lexical * self.lexical + self.prior


class Ranker:
    """Ranks the passages of one index for questions."""

    def __init__(
        self,
        index: Backend,
        embedder: Embedder,
        gazetteer: Gazetteer,
        fusion: Fusion,
        boosts: Boosts,
    ) -> None:
        self.index = index
        self.embedder = embedder
        self.gazetteer = gazetteer
        self.fusion = fusion
        self.boosts = boosts

    def rank(
        self,
        query: Query,
        chosen: Chosen,
        *,
        pool: int,
        diversity: float,
        voice: FloatArray | None,
    ) -> Candidates:
        """All candidates, best first; see `search_api.engine.Engine.rank`."""
        weights = self.fusion.weights(english=query.english)
        question = self._question(query, chosen, pool)
        found = self._proposed(question, self._first(question, chosen, pool))
        if voice is None:
            voice = self._voice(question, found, weights)
        near = self.index.nearest(voice, pool, chosen)
        found = found.plus(self._proposed(question, near[~among(near, found.rows)[1]]))
        likeness = (found.vectors @ voice).astype(np.float64)
        best = largest(found.evidence(weights) + weights.feedback * likeness, pool)
        cosine = self._with_clauses(question, found, best)
        candidates = Candidates.of(found.rows, cosine, found.lexical, found.prior, likeness)
        return weights.ranked(candidates, found.report, diversity)

    def voice(self, query: Query) -> FloatArray:
        """The mean vector of the best passages of the whole index, weighted by relevance."""
        question = self._question(query, EVERYTHING, POOL)
        found = self._proposed(question, self._first(question, EVERYTHING, POOL))
        return self._voice(question, found, self.fusion.weights(english=query.english))

    def _question(self, query: Query, chosen: Chosen, pool: int) -> Question:
        index = self.index
        groups = (*query.groups, *query.inner)
        rows, scores = index.words(groups, pool, boosts=self.boosts, chosen=chosen)
        ceiling = index.ceiling(query.groups, absent=True) + index.ceiling(query.inner) or 1.0
        order = rows.argsort()
        shares = np.minimum(scores[order] / ceiling, 1.0)
        vector, mentions = self.embedder.embed_query(query.read), self.gazetteer.find(query.read)
        return Question(vector, mentions, rows[order], shares)

    def _first(self, question: Question, chosen: Chosen, pool: int) -> RowArray:
        """What both halves find on their own, in order."""
        found = [question.rows, self.index.nearest(question.vector, pool, chosen)]
        if question.mentions.places is not None:
            there = of_reports(chosen, question.mentions.places)
            found.append(self.index.nearest(question.vector, pool, there))
        return union(found)

    def _proposed(self, question: Question, rows: RowArray) -> Proposed:
        """``rows`` with their evidence."""
        vectors = self.index.vectors_of(rows)
        cosine = (vectors @ question.vector).astype(np.float64)
        report, role = self.index.facts(rows)
        prior = self._prior(question.mentions, rows, report, role)
        return Proposed(rows, report, vectors, cosine, shares_of(question, rows), prior)

    def _prior(
        self,
        mentions: Mentions,
        rows: RowArray,
        report: NDArray[np.int32],
        role: NDArray[np.int32],
    ) -> Column:
        """The evidence that each row has by what the question names, without its text."""
        fusion = self.fusion
        unasked = [role in UNASKED and role not in mentions.roles for role in ROLES]
        prior: Column = np.array(unasked)[role] * -fusion.unasked
        if mentions.places is not None:
            prior += fusion.place * mentions.places[report]
        if mentions.years is not None:
            prior += fusion.year * mentions.years[report]
        for word in (word for number in mentions.numbers for word in tokens(number)):
            exact, _ = self.index.words([[(word, 1.0)]], POOL, boosts=BODY, chosen=EVERYTHING)
            prior += fusion.number * np.isin(rows, exact)
        return prior

    def _voice(self, question: Question, found: Proposed, weights: Weights) -> FloatArray:
        """Mean vector of the best passages, each weighted by its relevance."""
        speakers = self.fusion.speakers
        evidence = found.evidence(weights)
        best = largest(evidence, HEARD)
        cosine = self._with_clauses(question, found, best)
        evidence[best] += cosine[best] - found.cosine[best]
        best = best[np.lexsort((found.rows[best], -evidence[best]))[:speakers]]
        relevance = weights.first(evidence[best]).astype(np.float32)
        voice: FloatArray = relevance @ found.vectors[best] / np.float32(speakers)
        return voice

    def _with_clauses(self, question: Question, found: Proposed, best: RowArray) -> Column:
        """The cosines of ``found``, those of ``best`` mixed with their nearest clauses'."""
        cosine = found.cosine.copy()
        nearest = self.index.clause_cosines(question.vector, found.rows[best])
        cosine[best] += self.fusion.clause * (nearest - cosine[best])
        return cosine


def of_reports(chosen: Chosen, reports: NDArray[np.bool_]) -> Chosen:
    """Those of ``chosen`` that stand in ``reports``, shape (all reports,)."""
    both = reports if chosen.reports is None else reports & chosen.reports
    return Chosen(both, chosen.roles, chosen.tags)


def union(parts: Sequence[RowArray]) -> RowArray:
    """All rows of ``parts``, each once, in order; np.unique costs three times as much."""
    rows = np.concatenate(parts)
    rows.sort()
    return rows[np.flatnonzero(np.diff(rows, prepend=-1))]


def among(rows: RowArray, known: RowArray) -> tuple[RowArray, NDArray[np.bool_]]:
    """Where each of ``rows`` stands in ``known``, which is in order, and whether it is there."""
    if not len(known):
        return np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
    at = np.minimum(known.searchsorted(rows), len(known) - 1)
    return at, known[at] == rows


def shares_of(question: Question, rows: RowArray) -> Column:
    """The share of the question's words that each of ``rows`` holds."""
    at, held = among(rows, question.rows)
    shares = np.zeros(len(rows))
    shares[held] = question.shares[at[held]]
    return shares


def largest(values: Column, k: int) -> RowArray:
    """The places of the ``k`` largest values, in no order."""
    if len(values) <= k:
        return np.arange(len(values))
    return np.argpartition(-values, k)[:k]
