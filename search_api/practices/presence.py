"""Which report describes which practice: the evidence of every practice in every report.

A practice is one vector, the mean of those of its names, queries and example passages, and one
set of weighted words, those of its names and queries. The evidence of a passage for it is its
cosine, part of it that of its nearest clause, plus its lexical share; sections that do not tell
of work done lose some, unless they are asked for. A report is as good as its best passage, and a
logistic curve reads that as the probability that it describes the practice. Nothing is fitted to
single practices: the numbers were chosen on the development set under cross-validation over
practices (`search_api.practices.quality`).

Passages are read in blocks of whole reports, so that memory does not grow with the corpus, and
what was worked out for an index and a list is kept as long as its engine.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from indexer.backend import ROLES
from indexer.embedders import Embedder, FloatArray
from indexer.shapes import Role
from search_api.engine import Engine
from search_api.filters import member
from search_api.fusion import Curve
from search_api.practices.lists import Practice, PracticeList
from search_api.query import Group, parse_query

LEXICAL = 0.7  # weight of the lexical share
OUTSIDE = 0.08  # evidence taken from a section that does not tell of work done
CURVE = Curve(37.6, 0.5115)  # evidence of a report's best passage -> probability
FOUND = 0.5  # probability from which a report is said to have the practice
BLOCK = 1024  # passages whose clauses are in memory at once
POOL = 20_000  # passages with words of a practice that are looked at, or a fifth of all; the best
KEPT = 6  # lists, or choices of roles, whose evidence is kept for an engine


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What is looked for: a row for each practice of a list."""

    vectors: FloatArray  # (practices, dimension), means of unit vectors
    words: tuple[tuple[Group, ...], ...]  # by practice: of all its questions, weighted


@dataclass(frozen=True, eq=False)
class Presence:
    """The best passage of every report for every practice, both of shape (practices, reports)."""

    evidence: FloatArray  # of that passage; -inf for a report without any
    row: NDArray[np.int32]  # the passage; -1 for a report without any

    @cached_property
    def relevance(self) -> FloatArray:
        """The probability that a report describes a practice, of the same shape."""
        return CURVE(self.evidence.astype(np.float64)).astype(np.float32)


class Kept:
    """The `KEPT` values asked for last; two that ask for the same at once may both work it out."""

    def __init__(self) -> None:
        self._values: OrderedDict[object, Presence] = OrderedDict()
        self._lock = Lock()

    def get(self, key: object) -> Presence | None:
        """The value kept under ``key``."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: object, value: Presence) -> None:
        """Keep a value, and forget the one that was asked for least lately."""
        with self._lock:
            self._values[key] = value
            if len(self._values) > KEPT:
                self._values.popitem(last=False)


_kept: WeakKeyDictionary[Engine, Kept] = WeakKeyDictionary()
_targets: OrderedDict[tuple[str, str], Targets] = OrderedDict()  # by model and list
_lock = Lock()


def presence(engine: Engine, practices: PracticeList, roles: Sequence[str] = ()) -> Presence:
    """The evidence of every practice in every report of the index, kept for the next question.

    With ``roles``, passages of sections of these alone.

    :raises BadInput: naming a role that there is not.
    """
    chosen = frozenset(member(Role, role) for role in roles)
    key = (practices.digest, chosen)
    with _lock:
        kept = _kept.setdefault(engine, Kept())
    found = kept.get(key)
    if found is None:
        found = worked_out(engine, targets_of(practices, engine.embedder), chosen)
        kept.put(key, found)
    return found


def targets_of(practices: PracticeList, embedder: Embedder) -> Targets:
    """The vectors and words of a list, worked out once for a model."""
    key = (repr(embedder.identity), practices.digest)
    with _lock:
        known = _targets.get(key)
    if known is None:
        known = Targets(
            vectors=np.stack([vector_of(practice, embedder) for practice in practices.practices]),
            words=tuple(words_of(practice) for practice in practices.practices),
        )
        with _lock:
            _targets[key] = known
            if len(_targets) > KEPT:
                _targets.popitem(last=False)
    return known


def vector_of(practice: Practice, embedder: Embedder) -> FloatArray:
    """The mean vector of all that describes a practice, shape (dimension,).

    Its product with a unit vector is the mean of the cosines.
    """
    vectors = [embedder.embed_query(text) for text in practice.questions]
    if practice.examples:
        vectors += list(embedder.embed_passages([e.text for e in practice.examples]))
    mean: FloatArray = np.mean(vectors, axis=0, dtype=np.float32)
    return mean


def words_of(practice: Practice) -> tuple[Group, ...]:
    """The words of all that one would ask, each once."""
    queries = [parse_query(text) for text in practice.questions]
    return tuple(dict.fromkeys(g for query in queries for g in (*query.groups, *query.inner)))


def worked_out(
    engine: Engine, targets: Targets, roles: frozenset[Role], *, lexical: float = LEXICAL
) -> Presence:
    """The evidence of every target in every report; ``lexical`` weighs that of their words."""
    shape = (len(targets.words), len(engine.index.metas))
    best, row = np.full(shape, -np.inf, dtype=np.float32), np.full(shape, -1, dtype=np.int32)
    shares = [shares_of(engine, groups) for groups in targets.words]
    report = engine.local.column("report")
    asked = role_mask(engine, roles)
    for first, last in blocks(report):
        evidence = evidence_of(engine, targets.vectors, first, last)
        for n, (rows, values) in enumerate(shares):
            a, b = np.searchsorted(rows, (first, last))
            evidence[n, rows[a:b] - first] += np.float32(lexical) * values[a:b]
        evidence += penalties(engine, roles, first, last)
        if asked is not None:
            evidence[:, ~asked[first:last]] = -np.inf
        for number, a, b in segments(report[first:last]):
            place = evidence[:, a:b].argmax(axis=1)
            best[:, number] = evidence[np.arange(len(place)), a + place]
            row[:, number] = np.where(np.isfinite(best[:, number]), first + a + place, -1)
    return Presence(best, row)


def shares_of(engine: Engine, groups: Sequence[Group]) -> tuple[NDArray[np.int64], FloatArray]:
    """The rows that hold words of a practice, in order, and their lexical shares."""
    lexical = engine.local.lexical
    pool = max(POOL, len(engine.index) // 5)
    rows, scores = lexical.search(groups, min(pool, len(engine.index)), boosts=engine.boosts)
    ceiling = np.float32(lexical.ceiling(groups, absent=True) or 1.0)
    order = np.argsort(rows)
    shares = np.minimum(scores[order] / ceiling, 1.0).astype(np.float32)
    return rows[order], shares


def evidence_of(engine: Engine, vectors: FloatArray, first: int, last: int) -> FloatArray:
    """Cosines of passages ``first`` to ``last``, part of them their nearest clauses'.

    Shape (practices, passages).
    """
    whole: FloatArray = vectors @ engine.local.vectors.reconstruct(range(first, last)).T
    nearest = engine.local.clauses.nearest_of_all(vectors, first, last)
    mixed: FloatArray = whole + np.float32(engine.fusion.clause) * (nearest - whole)
    return mixed


def penalties(engine: Engine, roles: frozenset[Role], first: int, last: int) -> FloatArray:
    """What passages lose for their section, shape (passages,), negative or 0."""
    spared = [ROLES.index(role) for role in {Role.WORK, *roles}]
    outside = ~np.isin(engine.local.column("role")[first:last], spared)
    return np.where(outside, np.float32(-OUTSIDE), np.float32(0.0))


def role_mask(engine: Engine, roles: frozenset[Role]) -> NDArray[np.bool_] | None:
    """The passages of these roles, shape (passages,); None for all."""
    if not roles:
        return None
    mask: NDArray[np.bool_] = np.isin(
        engine.local.column("role"), [ROLES.index(role) for role in roles]
    )
    return mask


def blocks(report: NDArray[np.int32]) -> Iterator[tuple[int, int]]:
    """Spans of some `BLOCK` rows that cut no report in two; ``report`` is sorted."""
    first = 0
    while first < len(report):
        last = min(first + BLOCK, len(report))
        last = int(np.searchsorted(report, report[last - 1], side="right"))
        yield first, last
        first = last


def segments(report: NDArray[np.int32]) -> Iterator[tuple[int, int, int]]:
    """(report, first, last) of the runs of equal numbers."""
    edges = [0, *(np.flatnonzero(np.diff(report)) + 1).tolist(), len(report)]
    for first, last in pairwise(edges):
        if last > first:
            yield int(report[first]), first, last
