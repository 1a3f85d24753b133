"""An index's passages with the vectors of another model: to compare models, not to keep.

Everything else is copied as it is, so the files that the reports were read from need not be there.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from indexer.embedders import Embedder
from indexer.embedding import Progress, Vectors, clauses_of, embed_texts, embedded_text
from indexer.files import write_durably
from indexer.focus import ClauseVectors
from indexer.reuse import Unfinished, text_key
from indexer.store import Index, Manifest, hash_tree, publish
from indexer.vectors import VectorIndex

REPLACED = ("manifest.json", "vectors.faiss", "clause*.npy")


def reembedded(
    index: Index,
    embedder: Embedder,
    root: Path,
    progress: Progress = lambda stage, done, total: None,
) -> Index:
    """The passages of ``index`` with ``embedder``'s vectors, as an index below ``root``.

    :raises OSError: if there is no room for it.
    """
    root.mkdir(parents=True, exist_ok=True)
    unfinished = Unfinished(root, embedder.identity)
    vectors = vectors_of(index, embedder, unfinished, progress)

    def write(folder: Path) -> Manifest:
        ignored = shutil.ignore_patterns(*REPLACED)
        shutil.copytree(index.folder, folder, ignore=ignored, dirs_exist_ok=True)
        data = VectorIndex.from_vectors(vectors.passages).to_bytes()
        write_durably(folder / "vectors.faiss", data)
        ClauseVectors.write(folder, vectors.clauses, vectors.counts)
        return replace(index.manifest, embedder=embedder.identity, sha256=hash_tree(folder))

    publish(root, write)
    unfinished.drop()
    return Index.open(root)


def vectors_of(
    index: Index, embedder: Embedder, unfinished: Unfinished, progress: Progress
) -> Vectors:
    """The vectors of an index's passages and of their clauses, in its order."""
    passages = [index.passage(row) for row in range(len(index))]
    clauses = [clauses_of(passage) for passage in passages]
    texts = {embedded_text(p) for p in passages} | {text for own in clauses for text in own}
    made = embed_texts(sorted(texts), embedder, unfinished, progress)
    return Vectors(
        np.stack([made[text_key(embedded_text(p))] for p in passages]),
        np.stack([made[text_key(text)] for own in clauses for text in own]),
        tuple(map(len, clauses)),
    )
