"""Passages -> vectors, each text embedded once and none that has a vector already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.embedders import Embedder, FloatArray
from indexer.focus import split_clauses
from indexer.reuse import Earlier, Key, Unfinished, text_key
from indexer.shapes import Passage, Report

CHUNK = 512  # texts between two steps of the progress bar
Progress = Callable[[str, int, int], None]  # (stage, done, total)


@dataclass(frozen=True, slots=True)
class Vectors:
    """Vectors of all passages and of all their clauses, each in order.

    Shapes (passages, dimension) and (clauses, dimension); ``counts[n]`` clauses in passage n.
    """

    passages: FloatArray
    clauses: FloatArray
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
    keys = [text_key(embedded_text(passage)) for passage in passages]
    old = earlier.rows_by_text(embedded_text)
    new = [passage for passage, key in zip(passages, keys, strict=True) if key not in old]
    texts = {embedded_text(p) for p in new} | {c for p in new for c in clauses_of(p)}
    made = embed_texts(sorted(texts), embedder, unfinished, progress)
    vectors: list[FloatArray] = []
    clauses: list[FloatArray] = []
    for passage, key in zip(passages, keys, strict=True):
        row = old.get(key)
        if row is None or earlier.index is None:
            vectors.append(made[key])
            clauses.append(np.stack([made[text_key(clause)] for clause in clauses_of(passage)]))
        else:
            vectors.append(earlier.index.vectors.reconstruct([row])[0])
            clauses.append(earlier.index.clauses.of(row))
    return Vectors(np.stack(vectors), np.concatenate(clauses), tuple(map(len, clauses)))


def embed_texts(
    texts: Sequence[str], embedder: Embedder, unfinished: Unfinished, progress: Progress
) -> Mapping[Key, FloatArray]:
    """The vector of every text, by key; those that a stopped build made are taken up."""
    made = unfinished.load()
    todo = [text for text in texts if text_key(text) not in made]
    done = len(texts) - len(todo)
    for start in range(0, len(todo), CHUNK):
        chunk = todo[start : start + CHUNK]
        keys = [text_key(text) for text in chunk]
        vectors = embedder.embed_passages(chunk)
        unfinished.add(keys, vectors)
        made.update(zip(keys, vectors, strict=True))
        progress("embed", done + start + len(chunk), len(texts))
    return made
