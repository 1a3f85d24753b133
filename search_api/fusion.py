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

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage, its kinds of evidence, and the relevance that follows from them."""

    row: int
    cosine: float  # of the passage and of its nearest clause, mixed
    lexical: float  # share of the question's words; 0: none in common
    prior: float = 0.0  # for what the question names, against sections it does not ask for
    feedback: float = 0.0  # likeness to the best passages, weighted by their relevance
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Curve:
    """A logistic curve from evidence to probability."""

    slope: float
    middle: float  # evidence at which the probability is one half

    def __call__(self, evidence: float) -> float:
        """The probability at ``evidence``."""
        return 1 / (1 + math.exp(-self.slope * (evidence - self.middle)))


@dataclass(frozen=True, slots=True)
class Weights:
    """How evidence is weighed for questions of one language."""

    lexical: float
    feedback: float
    first: Curve  # of cosine and words
    final: Curve  # of these and feedback

    def before_feedback(self, found: Sequence[Candidate]) -> list[Candidate]:
        """``found`` scored without feedback, best first."""
        return _sorted(replace(c, score=self.first(self.evidence(c))) for c in found)

    def after_feedback(self, found: Sequence[Candidate]) -> list[Candidate]:
        """``found`` scored with feedback, best first."""
        return _sorted(replace(c, score=self.final(self.evidence(c))) for c in found)

    def spread(
        self, ranked: Sequence[Candidate], report: Callable[[int], int], penalty: float
    ) -> list[Candidate]:
        """``ranked``, where all but a report's best passage lose ``penalty`` of their evidence."""
        seen: set[int] = set()
        spread: list[Candidate] = []
        for c in ranked:
            here = report(c.row)
            again = here in seen
            spread.append(replace(c, score=self.final(self.evidence(c) - penalty)) if again else c)
            seen.add(here)
        return _sorted(spread)

    def evidence(self, c: Candidate) -> float:
        """The weighted sum of all evidence for ``c``."""
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


def _sorted(found: Iterable[Candidate]) -> list[Candidate]:
    """Best first; ties keep the order of rows."""
    return sorted(found, key=lambda c: (-c.score, c.row))
