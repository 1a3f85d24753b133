"""An index's passages with the vectors of another model: to compare models, not to keep.

Everything else is copied as it is, so the files that the reports were read from need not be there.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from indexer.embedders import Embedder
from indexer.embedding import embed_passages
from indexer.focus import ClauseVectors
from indexer.generations import Manifest, publish
from indexer.integrity import hash_tree
from indexer.layout import BY_SIZE
from indexer.reuse import Unfinished
from indexer.shapes import Progress
from indexer.store import Index
from indexer.vectors import VectorIndex

REPLACED = ("manifest.json", "CHECKED", "*.faiss", "residuals.npy", "clause*.npy")


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
    passages = [index.passage(row) for row in range(len(index))]
    vectors = embed_passages(passages, embedder, unfinished, progress)

    def write(folder: Path) -> Manifest:
        ignored = shutil.ignore_patterns(*REPLACED)
        shutil.copytree(index.folder, folder, ignore=ignored, dirs_exist_ok=True)
        layout = BY_SIZE.layout(len(vectors.passages), embedder.identity.dimension)
        layout = VectorIndex.write(folder, vectors.passages, layout)
        ClauseVectors.write(folder, vectors.clauses, vectors.counts)
        hashes = hash_tree(folder)
        return replace(index.manifest, embedder=embedder.identity, sha256=hashes, vectors=layout)

    publish(root, write)
    unfinished.drop()
    return Index.open(root)
