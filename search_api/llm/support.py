"""How far a sentence is borne out by the passages that it cites: a number between 0 and 1.

Three things speak for it: its nearest sentence in the passages by meaning, the same for its
least supported clause, and the share of its words that stand there (English words by their
Chinese ones). What denies where the passage affirms, or the reverse, loses. The numbers of
the logistic curve are fitted by ``python -m tests.bench.grounding``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from indexer.bridge import expand_english
from indexer.embedders import Embedder, FloatArray
from indexer.passages import split_sentences
from indexer.words import content_words, cut, fold, is_english

SHORTEST = 4  # characters of a clause that is judged by itself
# Numbers are checked by themselves.
NUMBER = re.compile("\\d|年度?$|^[零〇一二两三四五六七八九十百千万亿分之点]{2}")
CLAUSE_ZH = re.compile("[，；：。!！?？]|(?:并且?|以及|同时)(?=[\u3400-\u9fff]{4})")
CLAUSE_EN = re.compile(r"[,;:.!?—]\s(?:(?:and|but|while|which|who|where|because|so)\b)?")
BARE = re.compile(r"[，。；：！？、,;:!?“”‘’\"'()（）《》\s]+")
DENIAL_ZH = re.compile(
    "不(?![断仅但同定少忘]|动产)|未(?!来|成年)|没有?|无(?!论|偿|人机|障碍)|取消|停止|拒绝|难以"
)
SHORTFALL = re.compile(
    "没有(?!因)|未能|不够|不足|不[强高深]|不到位|不[均平]衡|不完善|不熟练|薄弱|有待"
)
DENIAL_EN = re.compile(
    r"\b(?:not?|never|none|nor|neither|without|cannot|instead of|closed|abolish\w*|stopped"
    r"|refus\w+|fail\w*|lack\w*|un(?:even|able|willing)|little|poor(?:ly)?|insufficient\w*"
    r"|inadequate\w*|few\w*)\b|n't\b",
    re.IGNORECASE,
)


class Signs(NamedTuple):
    """What speaks for a sentence."""

    whole: float  # cosine with its nearest sentence
    least: float  # the same and its share of words, of the clause that has least of both
    words: float  # share of its words that stand in the passages
    denial: float  # 1 where one of sentence and nearest sentence denies and the other does not


@dataclass(frozen=True, slots=True)
class Curve:
    """Signs -> probability that a sentence is borne out."""

    whole: float
    least: float
    words: float
    denial: float
    middle: float

    def __call__(self, signs: Signs) -> float:
        """The probability."""
        evidence = sum(getattr(self, name) * value for name, value in signs._asdict().items())
        return float(1 / (1 + np.exp(self.middle - evidence)))


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A sentence of a passage: ``start:end`` in the report, ``vector`` of unit length."""

    start: int
    end: int
    text: str
    vector: FloatArray


def parts_of(text: str, base: int, embedder: Embedder) -> tuple[Part, ...]:
    """The sentences of a passage that begins at ``base``."""
    spans = split_sentences(text) or [(0, len(text))]
    vectors = embedder.embed_passages([text[a:b] for a, b in spans])
    return tuple(
        Part(base + a, base + b, text[a:b], vector)
        for (a, b), vector in zip(spans, vectors, strict=True)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A sentence to be judged; vectors of it and of its clauses, shape (1 + clauses, dimension)."""

    text: str
    clauses: tuple[str, ...]
    english: bool
    vectors: FloatArray

    @classmethod
    def of(cls, text: str, embedder: Embedder) -> Claim:
        """Read a sentence."""
        english = is_english(text)
        cut_at = CLAUSE_EN if english else CLAUSE_ZH
        clauses = tuple(c for c in cut_at.split(text) if len(BARE.sub("", c)) >= SHORTEST)
        return cls(text, clauses, english, embedder.embed_passages([text, *clauses]))

    def nearest(self, parts: Sequence[Part]) -> Part:
        """The sentence that says most nearly the same."""
        return max(parts, key=lambda part: float(part.vector @ self.vectors[0]))


def signs(claim: Claim, parts: Sequence[Part], names: str = "") -> Signs:
    """What speaks for ``claim`` in the sentences that it cites.

    ``names`` are those of the cited bureaus: a claim may say whose work it tells of.
    """
    cosines = claim.vectors @ spoken(parts).T  # (1 + clauses, sentences and neighbours)
    text = "".join(part.text for part in parts)
    words = shared(claim.text, text, names, english=claim.english) or 0.0
    whole = float(cosines[0].max())
    by_clause = [whole / 2 + words / 2]
    for clause, near in zip(claim.clauses, cosines[1:].max(axis=1).tolist(), strict=True):
        share = shared(clause, text, names, english=claim.english)
        if share is not None:
            by_clause.append(near / 2 + share / 2)
    return Signs(
        whole=whole,
        least=min(by_clause),
        words=words,
        denial=float(reversed_(claim, claim.nearest(parts).text)),
    )


def spoken(parts: Sequence[Part]) -> FloatArray:
    """Vectors of sentences, then of each two neighbours together, shape (n, dimension)."""
    single = np.stack([part.vector for part in parts])
    pairs = single[:-1] + single[1:]
    norms = np.maximum(np.linalg.norm(pairs, axis=1, keepdims=True), 1e-6)
    both: FloatArray = np.concatenate([single, pairs / norms])
    return both


def shared(said: str, text: str, names: str, *, english: bool) -> float | None:
    """The share of the words that stand in ``text``, by their length; None if there are none."""
    text, names = fold(text), fold(names)
    if english:
        terms = expand_english(fold(said))
        weights = [(len(e.term.split()), any(w in text for w, _ in e.words)) for e in terms]
    else:
        told = (w for w in content_words(cut(said)) if w not in names and len(w) > 1)
        words = [w for w in told if not NUMBER.search(w)]
        weights = [(len(word), word in text) for word in words]
    total = sum(weight for weight, _ in weights)
    return sum(weight for weight, found in weights if found) / total if total else None


def reversed_(claim: Claim, source: str) -> bool:
    """Whether a claim denies where its source does not, or praises where that finds fault."""
    if denies(claim.text):
        return not denies(source)
    return bool(SHORTFALL.search(source)) and not SHORTFALL.search(claim.text)


def denies(text: str) -> bool:
    """Whether a sentence says that something is not so."""
    return bool((DENIAL_EN if is_english(text) else DENIAL_ZH).search(text))
