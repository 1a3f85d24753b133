"""How well embeddings find what they should: labelled reports and held-out groups.

Ranks every passage for every query by brute force. BM25 is here only to measure the
embedder beside a lexical score as the search does; serving uses another implementation.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.training.data import Group
from indexer.training.quantise import Float

Embed = Callable[[Sequence[str]], Float]  # texts -> [len(texts), width] of unit length
DEPTH = 10


@dataclass(frozen=True)
class Task:
    """Queries, passages and which belong together."""

    passages: list[str]
    queries: list[str]
    languages: list[str]  # of the queries: "zh" or "en"
    relevant: NDArray[np.bool_]  # [queries, passages]


def read_task(folder: Path) -> Task:
    """Labelled reports: every text block under its heading is a passage."""
    passages: list[str] = []
    labels: list[frozenset[str]] = []
    for path in sorted((folder / "reports").glob("*.json")):
        heading = ""
        for block in json.loads(path.read_text(encoding="utf-8"))["blocks"]:
            if "heading" in block:
                heading = block["heading"] + "\n"
                continue
            passages.append(heading + block["text"])
            labels.append(frozenset(block["practices"]))
    queries = json.loads((folder / "queries.json").read_text(encoding="utf-8"))
    relevant = np.array([[query["practice"] in label for label in labels] for query in queries])
    return Task(passages, [q["text"] for q in queries], [q["lang"] for q in queries], relevant)


def held_out_task(groups: Sequence[Group], held: Sequence[Group]) -> Task:
    """Find the held-out groups' passages by their queries among all groups' passages."""
    passages = [text for group in (*held, *groups) for text in (group.a, group.b)]
    queries = [query for group in held for query in group.queries]
    relevant = np.zeros((len(queries), len(passages)), dtype=bool)
    for row in range(len(queries)):
        relevant[row, row // 4 * 2 : row // 4 * 2 + 2] = True
    return Task(passages, queries, ["zh", "zh", "en", "en"] * len(held), relevant)


def ndcg(scores: Float, relevant: NDArray[np.bool_]) -> Float:
    """nDCG@10 of each query with yes-or-no relevance: [queries]."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    gains = np.take_along_axis(relevant, best, axis=1)
    discounts = 1.0 / np.log2(np.arange(2, DEPTH + 2))
    ideal = np.array([discounts[: int(n)].sum() for n in relevant.sum(axis=1)])
    figures: Float = (gains * discounts).sum(axis=1) / np.maximum(ideal, 1e-9)
    return figures


def dense_scores(task: Task, embed: Embed) -> Float:
    """Cosine of every query with every passage: [queries, passages]."""
    scores: Float = embed(task.queries) @ embed(task.passages).T
    return scores


def bm25_scores(task: Task, *, k1: float = 1.2, b: float = 0.75) -> Float:
    """BM25 over jieba's search-mode tokens: [queries, passages]."""
    counts = [Counter(_tokens(passage)) for passage in task.passages]
    lengths = np.array([sum(count.values()) for count in counts], dtype=np.float32)
    norm = k1 * (1 - b + b * lengths / lengths.mean())
    scores = np.zeros((len(task.queries), len(counts)), dtype=np.float32)
    for row, query in enumerate(task.queries):
        for token in _tokens(query):
            tf = np.array([count[token] for count in counts], dtype=np.float32)
            found = int((tf > 0).sum())
            idf = math.log(1 + (len(counts) - found + 0.5) / (found + 0.5))
            scores[row] += idf * tf * (k1 + 1) / (tf + norm)
    return scores


def _tokens(text: str) -> list[str]:
    import rjieba

    return [token for token in rjieba.cut_for_search(text.lower()) if re.search(r"\w", token)]


def fused(dense: Float, lexical: Float, *, weight: float = 0.7) -> Float:
    """Weighted sum of both scores after standardising each query's."""

    def standard(scores: Float) -> Float:
        spread = scores.std(axis=1, keepdims=True) + 1e-9
        centred: Float = (scores - scores.mean(axis=1, keepdims=True)) / spread
        return centred

    return weight * standard(dense) + (1 - weight) * standard(lexical)


def by_language(task: Task, scores: Float) -> dict[str, float]:
    """Mean nDCG@10 per query language."""
    figures = ndcg(scores, task.relevant)
    languages = np.array(task.languages)
    return {lang: float(figures[languages == lang].mean()) for lang in sorted(set(languages))}
