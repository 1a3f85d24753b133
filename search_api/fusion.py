"""Two scores -> one relevance between 0 and 1 that means the same for every query.

The evidence for a passage is its cosine with the question, part of it that of its nearest
clause, plus the share of the question's
words that it holds (BM25 over the highest BM25 that the question allows), weighted by the
question's language. A logistic curve reads evidence as the probability that the passage
answers. The best passages of this first pass then speak for others like them (relevance
feedback after Rocchio): each adds its cosine with a candidate, weighted by its own relevance,
so that a question which nothing answers gains nothing. A second curve reads the sum. All
numbers are fitted on the development set by ``bureau eval --fit``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage, its kinds of evidence, and the relevance that follows from them."""

    row: int
    cosine: float  # of the passage and of its nearest clause, mixed
    lexical: float  # share of the question's words; 0: none in common
    prior: float = 0.0  # for what the question names, against sections it does not ask for
    feedback: float = 0.0  # likeness to the best passages, weighted by their relevance
    score: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Many candidates, one column for each field of `Candidate`, all of shape (n,)."""

    row: NDArray[np.int64]
    cosine: Column
    lexical: Column
    prior: Column
    feedback: Column
    score: Column

    @classmethod
    def of(
        cls,
        row: NDArray[np.int64],
        cosine: Column,
        lexical: Column,
        prior: Column,
        feedback: Column,
    ) -> Candidates:
        """Candidates without a score."""
        return cls(row, cosine, lexical, prior, feedback, np.zeros(len(row)))

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, n: int) -> Candidate:
        return Candidate(*(getattr(self, field.name)[n].item() for field in fields(self)))

    def __iter__(self) -> Iterator[Candidate]:
        columns = (getattr(self, field.name).tolist() for field in fields(self))
        return (Candidate(*values) for values in zip(*columns, strict=True))

    def by_score(self, score: Column) -> Candidates:
        """The candidates with these scores, best first; ties keep the order of rows."""
        order = np.lexsort((self.row, -score))
        return Candidates(
            self.row[order],
            self.cosine[order],
            self.lexical[order],
            self.prior[order],
            self.feedback[order],
            score[order],
        )


@dataclass(frozen=True, slots=True)
class Curve:
    """A logistic curve from evidence to probability."""

    slope: float
    middle: float  # evidence at which the probability is one half

    def __call__(self, evidence: Column) -> Column:
        """The probabilities at ``evidence``, of the same shape."""
        probability: Column = 1 / (1 + np.exp(-self.slope * (evidence - self.middle)))
        return probability


@dataclass(frozen=True, slots=True)
class Weights:
    """How evidence is weighed for questions of one language."""

    lexical: float
    feedback: float
    first: Curve  # of cosine and words
    final: Curve  # of these and feedback

    def ranked(self, found: Candidates, report: NDArray[np.int32], penalty: float) -> Candidates:
        """``found`` scored, best first; all but a report's best lose ``penalty`` of evidence.

        ``report`` names the report of each, shape (n,).
        """
        evidence = self.evidence(found)
        order = np.lexsort((found.row, -evidence))
        again = np.full(len(found), penalty)
        again[order[np.unique(report[order], return_index=True)[1]]] = 0.0
        return found.by_score(self.final(evidence - again))

    def evidence(self, c: Candidates) -> Column:
        """The weighted sum of all evidence for each candidate, shape (n,)."""
        return c.cosine + self.lexical * c.lexical + c.prior + self.feedback * c.feedback


@dataclass(frozen=True, slots=True)
class Fusion:
    """The weights for the bundled model, by language of the question."""

    zh: Weights = Weights(0.8, 1.0, Curve(19.59, 0.5957), Curve(10.47, 1.1638))
    en: Weights = Weights(0.6, 1.0, Curve(22.98, 0.5537), Curve(10.51, 1.1263))
    place: float = 0.35  # evidence for a passage of a place that the question names
    year: float = 0.15  # of a year that it names
    number: float = 0.35  # that holds a number that it names
    unasked: float = 0.08  # taken from a passage outside work done, unless asked for
    again: float = 0.12  # taken from a further passage of a report that has a better one
    clause: float = 0.3  # share of the nearest clause in the cosine
    speakers: int = 3  # best passages that give feedback
    evidence_floor: float = 0.1  # relevance of the best passage from which there is an answer
    lexical_floor: float = 0.05  # lexical share from which a hit counts as found by words
    semantic_floor: float = 0.35  # cosine from which a hit counts as found semantically

    def weights(self, *, english: bool) -> Weights:
        """The weights for a question's language."""
        return self.en if english else self.zh
