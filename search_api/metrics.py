"""Rank measures and their uncertainty. A judged query without results counts as 0."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import NamedTuple

import numpy as np

RESAMPLES = 1000
DEPTH = 10


class Scores(NamedTuple):
    """Measures of one query at depth 10."""

    ndcg: float
    recall: float
    mrr: float
    reports: int = 0  # different reports among the ten


class Interval(NamedTuple):
    """A mean with its bootstrap 95 % interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def score(ranked: Sequence[str], relevant: Set[str]) -> Scores:
    """Binary nDCG@10, recall@10 and MRR@10 of one ranking."""
    gains = [item in relevant for item in ranked[:DEPTH]]
    discounts = [1 / np.log2(rank + 2) for rank in range(DEPTH)]
    dcg = sum(d for d, gain in zip(discounts, gains, strict=False) if gain)
    ideal = sum(discounts[: min(DEPTH, len(relevant))])
    first = next((rank for rank, gain in enumerate(gains, 1) if gain), None)
    return Scores(
        ndcg=float(dcg / ideal) if ideal else 0.0,
        recall=sum(gains) / len(relevant) if relevant else 0.0,
        mrr=1 / first if first else 0.0,
    )


def interval(values: Sequence[float], seed: int = 7) -> Interval:
    """Mean and percentile bootstrap over queries."""
    data = np.asarray(values, dtype=np.float64)
    draws = np.random.default_rng(seed).integers(0, len(data), size=(RESAMPLES, len(data)))
    low, high = np.percentile(data[draws].mean(axis=1), (2.5, 97.5))
    return Interval(float(data.mean()), float(low), float(high))
