"""Passages -> vectors, each text embedded once and none that has a vector already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from indexer.embedders import Embedder, FloatArray
from indexer.focus import Packed, split_clauses
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


def clauses_of(passage: Passage) -> list[str]:
    """The clauses of a passage, in order."""
    return [passage.text[start:end] for start, end in split_clauses(passage.text)]


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
    vectors[~new] = earlier.index.vectors.reconstruct(old[~new])
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
    """The vectors of ``passages`` and of their clauses; what a stopped build made is used."""
    whole = {text_key(text := embedded_text(p)): text for p in passages}
    own = [[(text_key(text), text) for text in clauses_of(p)] for p in passages]
    parts = dict(clause for clauses in own for clause in clauses)
    stopped, total = unfinished.load(), len(whole) + len(parts)

    def embedded(texts: Mapping[Key, str], before: int) -> Iterator[FloatArray]:
        """The vectors of ``texts`` in their order, in parts."""
        keys = list(texts)
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            todo = [key for key in chunk if key not in stopped]
            made = {key: stopped[key] for key in chunk if key in stopped}
            if todo:
                vectors = embedder.embed_passages([texts[key] for key in todo])
                unfinished.add(todo, vectors)
                made |= zip(todo, vectors, strict=True)
            progress("embed", before + start + len(chunk), total)
            yield np.stack([made[key] for key in chunk])

    nothing = np.empty((0, embedder.identity.dimension), dtype=np.float32)
    vectors = np.concatenate([nothing, *embedded(whole, 0)])
    place = {key: n for n, key in enumerate(whole)}
    stopped |= {key: vectors[place[key]] for key in place.keys() & parts.keys()}
    packed = Packed.joined([Packed.of(v) for v in (nothing, *embedded(parts, len(whole)))])
    places = [place[text_key(embedded_text(p))] for p in passages]
    place = {key: n for n, key in enumerate(parts)}
    clauses = np.array([place[key] for clauses in own for key, _ in clauses], dtype=np.int64)
    return Vectors(vectors[places], packed[clauses], tuple(map(len, own)))
