"""Choosing the fusion's numbers on the development set, so that the choice is not luck.

The two weights are chosen together by nDCG@10 under cross-validation over practices: the
questions of a practice never help to choose the weights they are scored with. The curves
are maximum-likelihood fits over the candidates of all questions.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.backend import EVERYTHING
from indexer.embedders import Embedder
from search_api.engine import Engine
from search_api.evaluate import (
    Collection,
    Judge,
    Question,
    index_collection,
    load_collection,
    rank_paragraphs,
)
from search_api.fusion import Curve, Weights
from search_api.metrics import score
from search_api.query import parse_query

LEXICAL = tuple(round(0.05 * n, 2) for n in range(19))
FEEDBACK = (0.0, 0.25, 0.5, 0.75, 1.0)  # beyond 1 a passage's friends outvote the question
TOLERANCE = 0.004  # nDCG within which two choices are equally good
FOLDS = 6
NEAR = 50  # candidates of a question that the curves are fitted on
BINS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0)
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bin:
    """Candidates of like relevance: how many, and which share of them is relevant."""

    low: float
    high: float
    candidates: int
    predicted: float
    relevant: float


@dataclass(frozen=True, slots=True)
class Fit:
    """What was found for one language."""

    lang: str
    weights: Weights
    ndcg: float  # with the chosen weights, on the questions they were chosen on
    cross_validated: float
    reliability: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """All evidence for all rows of an index, one line a question."""

    questions: Sequence[Question]
    cosine: FloatArray  # (questions, rows)
    lexical: FloatArray  # (questions, rows)
    prior: FloatArray  # (questions, rows)
    labels: FloatArray  # (questions, rows): 1 where the row's paragraph is relevant
    likeness: FloatArray  # (rows, rows): cosines between passages
    paragraphs: Sequence[str]
    speakers: int

    def first(self, lexical: float) -> FloatArray:
        """Evidence before feedback, (questions, rows)."""
        return self.cosine + lexical * self.lexical + self.prior

    def final(self, lexical: float, feedback: float, curve: Curve) -> FloatArray:
        """Evidence after feedback, (questions, rows)."""
        first = self.first(lexical)
        best = np.argsort(-first, axis=1)[:, : self.speakers]
        weight = 1 / (
            1 + np.exp(-curve.slope * (np.take_along_axis(first, best, 1) - curve.middle))
        )
        heard = np.einsum("qs,qsr->qr", weight, self.likeness[best]) / self.speakers
        final: FloatArray = first + feedback * heard
        return final

    def curve(self, evidence: FloatArray) -> Curve:
        """The logistic curve of the `NEAR` best candidates of every question."""
        best = np.argsort(-evidence, axis=1)[:, :NEAR]
        x = np.take_along_axis(evidence, best, 1).ravel()
        y = np.take_along_axis(self.labels, best, 1).ravel()
        return fit_logistic(x, y)

    def ndcg(self, evidence: FloatArray) -> FloatArray:
        """nDCG@10 of every question, (questions,)."""
        order = np.argsort(-evidence, axis=1, kind="stable")
        found = [
            score(rank_paragraphs(rows, self.paragraphs), q.relevant).ndcg
            for q, rows in zip(self.questions, order.tolist(), strict=True)
        ]
        return np.array(found)


def fit(folder: Path, embedder: Embedder) -> list[Fit]:
    """Fit both languages' weights on the development set in ``folder``."""
    collection = load_collection(folder)
    with tempfile.TemporaryDirectory() as scratch:
        index = index_collection(collection, embedder, Path(scratch))
        engine = Engine(index, embedder)
        tables = [gather(collection, engine, lang) for lang in ("en", "zh")]
        index.close()
    return [fit_table(table) for table in tables]


def gather(collection: Collection, engine: Engine, lang: str) -> Table:
    """The evidence of every row for every question of one language."""
    judge = Judge(collection, engine.index)
    questions = [q for q in collection.questions if q.lang == lang]
    rows = len(engine.index)
    cosine, lexical, prior = np.zeros((3, len(questions), rows))
    for n, q in enumerate(questions):
        for c in engine.rank(parse_query(q.text), EVERYTHING, pool=rows, diversity=0):
            cosine[n, c.row], lexical[n, c.row], prior[n, c.row] = c.cosine, c.lexical, c.prior
    vectors = engine.index.vectors_of(range(rows))
    return Table(
        questions=questions,
        cosine=cosine,
        lexical=lexical,
        prior=prior,
        labels=np.array([[float(p in q.relevant) for p in judge.paragraphs] for q in questions]),
        likeness=(vectors @ vectors.T).astype(np.float64),
        paragraphs=judge.paragraphs,
        speakers=engine.fusion.speakers,
    )


def fit_table(table: Table) -> Fit:
    """Choose weights by cross-validation, then fit the curves for them."""
    choices = list(product(LEXICAL, FEEDBACK))
    firsts = {w: table.curve(table.first(w)) for w in LEXICAL}
    ndcg = np.array([table.ndcg(table.final(w, f, firsts[w])) for w, f in choices])
    topics = sorted({q.topic for q in table.questions})
    fold = np.array([topics.index(q.topic) % FOLDS for q in table.questions])
    held = [ndcg[_best(ndcg[:, fold != f])][fold == f] for f in range(FOLDS)]
    chosen = _best(ndcg)
    lexical, feedback = choices[chosen]
    evidence = table.final(lexical, feedback, firsts[lexical])
    final = table.curve(evidence)
    return Fit(
        lang=table.questions[0].lang,
        weights=Weights(lexical, feedback, firsts[lexical], final),
        ndcg=float(ndcg[chosen].mean()),
        cross_validated=float(np.concatenate(held).mean()),
        reliability=tuple(reliability(evidence, table.labels, final)),
    )


def _best(ndcg: FloatArray) -> int:
    """The choice with the largest lexical weight among those as good as the best.

    ``ndcg`` is (choices, questions). Means are smoothed over neighbouring lexical weights: a
    broad top is worth more than a spike. Real reports share more wording with questions than
    invented ones do, so within `TOLERANCE` of the best the question's own words win.
    """
    grid = ndcg.mean(axis=1).reshape(len(LEXICAL), len(FEEDBACK))
    padded = np.pad(grid, ((1, 1), (0, 0)), mode="edge")
    smooth = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
    lexical = int(np.flatnonzero((smooth >= smooth.max() - TOLERANCE).any(axis=1))[-1])
    return lexical * len(FEEDBACK) + int(smooth[lexical].argmax())


def fit_logistic(x: FloatArray, y: FloatArray, steps: int = 50) -> Curve:
    """The logistic curve of most likelihood (Newton's method, lightly damped)."""
    a, b = 10.0, -10.0 * float(x.mean())
    design = np.stack([x, np.ones_like(x)], axis=1)
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(a * x + b, -30, 30)))
        gradient = design.T @ (y - p) - 1e-3 * np.array([a, b])
        hessian = (design * (p * (1 - p))[:, None]).T @ design + 1e-3 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        a, b = a + float(step[0]), b + float(step[1])
    return Curve(round(a, 2), round(-b / a, 4))


def reliability(evidence: FloatArray, labels: FloatArray, curve: Curve) -> list[Bin]:
    """Predicted relevance beside the share that is relevant, by bins of relevance."""
    predicted = 1 / (1 + np.exp(-curve.slope * (evidence - curve.middle)))
    bins = []
    for low, high in pairwise(BINS):
        inside = (predicted >= low) & ((predicted < high) | (high == 1.0))
        if inside.any():
            means = float(predicted[inside].mean()), float(labels[inside].mean())
            bins.append(Bin(low, high, int(inside.sum()), *means))
    return bins
