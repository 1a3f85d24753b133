"""How well the matrix tells which report describes which practice, practice by practice.

`judged` scores the rule as it ships; `fitted` chooses its numbers under cross-validation over
practices: a practice is scored with the numbers that are best for the practices of other folds.
One rule has to serve lists with queries and examples as well as lists of bare names, so numbers
are chosen by the mean of both.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.embedders import Embedder
from search_api.engine import Engine
from search_api.evaluate import Collection, index_collection, load_collection
from search_api.fitting import fit_logistic
from search_api.fusion import Curve
from search_api.practices.lists import Practice, PracticeList, load_practices, shipped
from search_api.practices.presence import FOUND, presence, targets_of, worked_out

WEIGHTS = tuple(round(0.1 * n, 1) for n in range(1, 13))  # of the lexical share
FLOORS = tuple(round(0.4 + 0.005 * n, 3) for n in range(41))  # of evidence
FOLDS = 6
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Figure:
    """The found/not-found decision for one practice over all reports."""

    id: str
    name: str
    reports: int  # that describe it
    said: int  # that are said to
    right: int

    @property
    def precision(self) -> float:
        """Share of the reports said to have it that do; 0 if there are none."""
        return self.right / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        """Share of the reports that have it that are found."""
        return self.right / self.reports

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.right / (self.said + self.reports)


@dataclass(frozen=True, slots=True)
class Fitted:
    """The numbers that suit all practices best, and figures of practices held out."""

    lexical: float
    floor: float  # of evidence
    curve: Curve
    found: float  # the curve's value at the floor
    figures: tuple[Figure, ...]  # of each practice, with the numbers of the other folds


def means(figures: Sequence[Figure]) -> tuple[float, float, float]:
    """Macro precision, recall and F1."""
    columns = ([f.precision for f in figures], [f.recall for f in figures], [f.f1 for f in figures])
    precision, recall, f1 = (float(np.mean(column)) for column in columns)
    return precision, recall, f1


def judged(folder: Path, embedder: Embedder, practices: PracticeList | None = None) -> list[Figure]:
    """Figures of the shipped rule on the labelled reports in ``folder``.

    ``practices`` are matched with the labels by their ids; without them, those of
    ``folder/practices.json`` (`practices_for`).

    :raises BadInput: if there is no development set in ``folder``, or no practice of its ids.
    """
    collection = load_collection(folder)
    listed = with_labels(practices or practices_for(folder), collection)
    with tempfile.TemporaryDirectory() as scratch:
        engine = Engine(index_collection(collection, embedder, Path(scratch)), embedder)
        said = presence(engine, listed).relevance >= FOUND
        having = labels(collection, engine, listed)
        engine.index.close()
    return figures_of(listed, said, having)


def fitted(folder: Path, embedder: Embedder, practices: PracticeList | None = None) -> Fitted:
    """The numbers for the labelled reports in ``folder``, and held-out figures.

    :raises BadInput: as `judged`.
    """
    collection = load_collection(folder)
    listed = with_labels(practices or practices_for(folder), collection)
    with tempfile.TemporaryDirectory() as scratch:
        engine = Engine(index_collection(collection, embedder, Path(scratch)), embedder)
        evidence = by_weight(engine, listed)
        bare = by_weight(engine, bare_names(listed))
        having = labels(collection, engine, listed)
        engine.index.close()
    scores = (grid_of(evidence, having) + grid_of(bare, having)) / 2
    fold = np.arange(len(listed)) % FOLDS
    said = np.zeros_like(having)
    for n in range(FOLDS):
        weight, floor = best_of(scores[:, :, fold != n].mean(axis=2))
        said[fold == n] = evidence[weight][fold == n] >= FLOORS[floor]
    weight, floor = best_of(scores.mean(axis=2))
    curve = fit_logistic(evidence[weight].ravel(), having.ravel().astype(np.float64))
    return Fitted(
        lexical=WEIGHTS[weight],
        floor=FLOORS[floor],
        curve=curve,
        found=float(curve(np.array([FLOORS[floor]]))[0]),
        figures=tuple(figures_of(listed, said, having)),
    )


def by_weight(engine: Engine, listed: PracticeList) -> Matrix:
    """The evidence with every weight, (weights, practices, reports)."""
    targets = targets_of(listed, engine.embedder)
    runs = (worked_out(engine, targets, frozenset(), lexical=w).evidence for w in WEIGHTS)
    return np.stack(list(runs)).astype(np.float64)


def bare_names(listed: PracticeList) -> PracticeList:
    """The list with nothing but the names in one language."""
    bare = (Practice(p.id, zh=p.zh, en="" if p.zh else p.en) for p in listed.practices)
    return PracticeList(listed.version, tuple(bare))


def grid_of(evidence: Matrix, having: Mask) -> Matrix:
    """F1 with every weight and floor, (weights, floors, practices)."""
    return np.array([[f1_of(run >= floor, having) for floor in FLOORS] for run in evidence])


def best_of(grid: Matrix) -> tuple[int, int]:
    """Where (weights, floors) is best, smoothed over neighbours: a broad top beats a spike."""
    padded = np.pad(grid, 1, mode="edge")
    rows, columns = grid.shape
    smooth = sum(padded[a : a + rows, b : b + columns] for a in range(3) for b in range(3))
    weight, floor = np.unravel_index(int(np.argmax(smooth)), grid.shape)
    return int(weight), int(floor)


def f1_of(said: Mask, having: Mask) -> Matrix:
    """F1 of every practice, (practices,)."""
    f1: Matrix = 2 * (said & having).sum(axis=1) / (said.sum(axis=1) + having.sum(axis=1))
    return f1


def figures_of(listed: PracticeList, said: Mask, having: Mask) -> list[Figure]:
    """A figure for every practice; ``said`` and ``having`` are (practices, reports)."""
    counts = zip(having.sum(1), said.sum(1), (said & having).sum(1), strict=True)
    pairs = zip(listed.practices, counts, strict=True)
    return [Figure(p.id, p.name, *(int(n) for n in numbers)) for p, numbers in pairs]


def labels(collection: Collection, engine: Engine, listed: PracticeList) -> Mask:
    """Which report describes which practice, (practices, reports)."""
    place = {meta.id: n for n, meta in enumerate(engine.index.metas)}
    having = np.zeros((len(listed), len(place)), dtype=np.bool_)
    topics = reports_by_topic(collection)
    for n, practice in enumerate(listed.practices):
        having[n, [place[report] for report in topics[practice.id]]] = True
    return having


def reports_by_topic(collection: Collection) -> dict[str, set[str]]:
    """The reports that describe each practice, by its id; practices of no report are left out."""
    found: dict[str, set[str]] = {}
    for question in collection.questions:
        reports = {paragraph.partition("#")[0] for paragraph in question.relevant}
        if reports:
            found.setdefault(question.topic, set()).update(reports)
    return found


def with_labels(practices: PracticeList, collection: Collection) -> PracticeList:
    """The practices whose ids the labels know.

    :raises BadInput: if there is none.
    """
    known = reports_by_topic(collection)
    kept = tuple(practice for practice in practices.practices if practice.id in known)
    if not kept:
        practices.places(sorted(known)[:1])
    return PracticeList(practices.version, kept)


def practices_for(folder: Path) -> PracticeList:
    """The practices named in ``folder``: as the shipped list describes them where it does.

    Those that it does not know are described by the questions that ``folder`` has for them.
    """
    own = load_practices(folder / "practices.json")
    known = {(p.id, p.zh): p for p in shipped().practices}
    asked: dict[str, list[str]] = {}
    for question in load_collection(folder).questions:
        asked.setdefault(question.topic, []).append(question.text)
    described = (replace(p, queries=tuple(asked.get(p.id, p.queries))) for p in own.practices)
    return PracticeList(own.version, tuple(known.get((p.id, p.zh), p) for p in described))
