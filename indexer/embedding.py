"""Passages -> vectors, each text embedded once and none that has a vector already."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from indexer.embedders import Embedder, FloatArray
from indexer.focus import split_clauses
from indexer.packed import Packed
from indexer.reuse import Earlier, Key, Unfinished, text_key
from indexer.shapes import Passage, Progress, Report

CHUNK = 512  # texts between two steps of the progress bar


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """Vectors of all passages and of all their clauses, each in order.

    ``passages`` has the shape (passages, dimension); ``counts[n]`` clauses are in passage n.
    """

    passages: FloatArray
    clauses: Packed
    counts: tuple[int, ...]


def embedded_text(passage: Passage) -> str:
    """What the embedder sees of a passage: its heading path, then its text."""
    return "\n".join((" ".join(passage.path), passage.text)).strip()


def embed_reports(
    reports: Sequence[Report],
    embedder: Embedder,
    earlier: Earlier,
    unfinished: Unfinished,
    progress: Progress = lambda stage, done, total: None,
) -> Vectors:
    """The vectors of all passages of ``reports`` and of their clauses."""
    passages = [passage for report in reports for passage in report.passages]
    rows_by_text = earlier.rows_by_text(embedded_text)
    old = np.array([rows_by_text.get(text_key(embedded_text(p)), -1) for p in passages])
    new = old < 0
    made = embed_passages(list(compress(passages, new)), embedder, unfinished, progress)
    if earlier.index is None or new.all():
        return made
    vectors = np.empty((len(passages), embedder.identity.dimension), dtype=np.float32)
    vectors[new] = made.passages
    vectors[~new] = earlier.index.vectors.refined(old[~new])
    starts = iter(np.cumsum([0, *made.counts]).tolist())
    counts = iter(made.counts)
    clauses = [
        earlier.index.clauses.packed(row)
        if row >= 0
        else made.clauses[(start := next(starts)) : start + next(counts)]
        for row in old.tolist()
    ]
    return Vectors(vectors, Packed.joined(clauses), tuple(map(len, clauses)))


def embed_passages(
    passages: Sequence[Passage],
    embedder: Embedder,
    unfinished: Unfinished,
    progress: Progress = lambda stage, done, total: None,
) -> Vectors:
    """The vectors of ``passages`` and of their clauses; what a stopped build made is used.

    A million passages have six million clauses: only what is made of them is held as a whole.
    """
    texts = Texts(passages)
    found = distinct(texts)
    parts = partial(embedded, texts, found, embedder, unfinished, unfinished.load(), progress)
    of_passages, of_clauses = found.numbers[: len(passages)], found.numbers[len(passages) :]
    whole = int(of_passages.max(initial=-1)) + 1  # they come first, so their numbers do
    vectors = np.empty((whole, embedder.identity.dimension), dtype=np.float32)
    for start, made in parts(0, whole):
        vectors[start : start + len(made)] = made
    both = np.unique(of_clauses[of_clauses < whole])  # passages that are clauses too
    before = len(both) - whole
    packed = Packed.empty(len(found.keys) + before, embedder.identity.dimension)
    packed.put(0, vectors[both])
    for start, made in parts(whole, len(found.keys)):
        packed.put(start + before, made)
    if whole < len(passages):  # else all differ, as they stand
        vectors = vectors[of_passages]
    if len(both) or len(packed) < len(of_clauses):
        among = np.searchsorted(both, of_clauses)
        packed = packed[np.where(of_clauses < whole, among, of_clauses + before)]
    return Vectors(vectors, packed, texts.counts)


def embedded(
    texts: Texts,
    found: Distinct,
    embedder: Embedder,
    unfinished: Unfinished,
    stopped: Mapping[Key, FloatArray],
    progress: Progress,
    first: int,
    last: int,
) -> Iterator[tuple[int, FloatArray]]:
    """The vectors of the distinct texts ``first`` to before ``last``, `CHUNK` by `CHUNK`."""
    for start in range(first, last, CHUNK):
        end = min(start + CHUNK, last)
        keys = [key.tobytes() for key in found.keys[start:end]]
        made = {key: stopped[key] for key in keys if key in stopped}
        places = found.firsts[start:end].tolist()
        todo = {k: texts[n] for k, n in zip(keys, places, strict=True) if k not in made}
        if todo:
            vectors = embedder.embed_passages(list(todo.values()))
            unfinished.add(list(todo), vectors)
            made |= zip(todo, vectors, strict=True)
        progress("embed", end, len(found.keys))
        yield start, np.stack([made[key] for key in keys])


class Texts(Sequence[str]):
    """What is embedded of passages: the texts of them all, then those of all their clauses."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._spans = array("i")  # passage, start and end of each clause
        counts = array("i")
        for number, passage in enumerate(passages):
            spans = split_clauses(passage.text)
            counts.append(len(spans))
            for start, end in spans:
                self._spans.extend((number, start, end))
        self.counts = tuple(counts)

    def __len__(self) -> int:
        return len(self._passages) + len(self._spans) // 3

    def __getitem__(self, number: int) -> str:  # type: ignore[override]  # no slices
        if number < len(self._passages):
            return embedded_text(self._passages[number])
        at = (number - len(self._passages)) * 3
        if at >= len(self._spans):
            raise IndexError(number)
        passage, start, end = self._spans[at : at + 3]
        return self._passages[passage].text[start:end]


@dataclass(frozen=True, slots=True, eq=False)
class Distinct:
    """Texts without their repetitions, in the order in which they come first."""

    keys: NDArray[np.uint64]  # (distinct, 2), see `text_key`
    firsts: NDArray[np.int64]  # (distinct,): where each comes first
    numbers: NDArray[np.int64]  # (texts,): which of the distinct ones each is


def distinct(texts: Iterable[str]) -> Distinct:
    """Which of ``texts`` differ."""
    joined = bytearray()
    for text in texts:
        joined += text_key(text)
    keys = np.frombuffer(joined, dtype=np.uint64).reshape(-1, 2)
    order = np.lexsort((keys[:, 1], keys[:, 0]))  # stable
    ordered = keys[order]
    fresh = np.ones(len(keys), dtype=np.bool_)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    firsts = order[fresh]
    rank = np.empty(len(firsts), dtype=np.int64)
    rank[np.argsort(firsts)] = np.arange(len(firsts))
    numbers = np.empty(len(keys), dtype=np.int64)
    numbers[order] = rank[np.cumsum(fresh) - 1]
    firsts = np.sort(firsts)
    return Distinct(keys[firsts], firsts, numbers)
