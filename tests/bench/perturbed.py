"""Vectors for a million passages without embedding a million: real ones, perturbed.

A pool of texts is embedded for real. Any other text gets the vector of one of them, chosen by a
hash of the text, plus noise that the same hash chooses, at a cosine of about `NEAR` to it. So the
same text always has the same vector, and vectors stand in clusters as real ones do; what a text
means has no part in it, and nothing measured on them says anything about the quality of answers.
Questions are embedded for real.

``python -m tests.bench.perturbed --passages F.jsonl --out V.npz`` writes such vectors of
all-MiniLM-L6-v2 for the comparison with other libraries (arrays ids, vectors, seconds): the first
`POOLED` passages have their own. Needs the extra [train].
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from indexer.embedders import BundledEmbedder, Embedder, FloatArray, Identity
from indexer.focus import split_clauses

POOLED = 3000  # passages that are embedded for real
NEAR = 0.9  # mean cosine of a text's vector to the one it was made from
SHORT = 40  # characters: a shorter text is taken for a clause
BANK = 1 << 20  # normal deviates; a text's noise is a window of them


@dataclass(frozen=True, slots=True)
class Pool:
    """Real vectors of some passages and of their clauses, shapes (n, d) and (m, d)."""

    passages: FloatArray
    clauses: FloatArray

    @classmethod
    def of(cls, texts: Sequence[str], embedder: Embedder) -> Pool:
        """Embed ``texts`` and their clauses."""
        clauses = sorted({text[a:b] for text in texts for a, b in split_clauses(text)})
        return cls(embedder.embed_passages(texts), embedder.embed_passages(clauses))

    @classmethod
    def kept(cls, path: Path, texts: Iterator[str], embedder: Embedder) -> Pool:
        """The pool that ``path`` holds, or one of the first `POOLED` texts, written there."""
        model = embedder.identity.digest
        if path.is_file():
            with np.load(path, allow_pickle=False) as held:
                if str(held["model"]) == model:
                    return cls(held["passages"], held["clauses"])
        made = cls.of(list(islice(texts, POOLED)), embedder)
        with path.open("wb") as handle:
            np.savez(handle, model=model, passages=made.passages, clauses=made.clauses)
        return made


class Perturbed:
    """Turns any text into a perturbed vector of a pool; some 100,000 a second."""

    def __init__(self, vectors: FloatArray, seed: int = 7) -> None:
        self._vectors = vectors
        width = vectors.shape[1]
        spread = np.sqrt((1 / NEAR**2 - 1) / width)  # so long that the cosine comes to `NEAR`
        bank = np.random.default_rng(seed).standard_normal(BANK + width, dtype=np.float32)
        self._noise = sliding_window_view(bank * np.float32(spread), width)

    def of(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors of ``texts``, shape (n, dimension)."""
        if not len(texts):
            return self._vectors[:0]
        keys = np.array([key_of(text) for text in texts], dtype=np.uint64)
        return self.near(keys % np.uint64(len(self._vectors)), keys >> np.uint64(32))

    def near(self, sources: NDArray[np.uint64], windows: NDArray[np.uint64]) -> FloatArray:
        """Unit vectors near the pool's ``sources``, with the noise of ``windows``."""
        return unit(self._vectors[sources] + self._noise[windows % np.uint64(BANK)])

    def again(self, vectors: FloatArray) -> FloatArray:
        """``vectors``, each perturbed once more."""
        return unit(vectors + self._noise[np.arange(len(vectors)) * 1009 % BANK])


def key_of(text: str) -> int:
    """64 bits of a text's hash."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def unit(vectors: FloatArray) -> FloatArray:
    """``vectors`` at unit length."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    scaled: FloatArray = vectors / lengths[:, None]
    return scaled


class PerturbedEmbedder:
    """An `Embedder` that passes for the bundled model; questions really go through it."""

    def __init__(self, pool: Pool, model: Embedder | None = None) -> None:
        self._model = model or BundledEmbedder()
        self.passages, self._clauses = Perturbed(pool.passages), Perturbed(pool.clauses)

    @property
    def identity(self) -> Identity:
        """The bundled model's."""
        return self._model.identity

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        """Perturbed vectors of ``texts``, shape (n, dimension); short ones are clauses."""
        vectors = np.empty((len(texts), self.identity.dimension), dtype=np.float32)
        short = np.array([len(text) < SHORT for text in texts], dtype=np.bool_)
        for chosen, made in ((short, self._clauses), (~short, self.passages)):
            rows = np.flatnonzero(chosen)
            if len(rows):
                vectors[rows] = made.of([texts[row] for row in rows.tolist()])
        return vectors

    def embed_query(self, text: str) -> FloatArray:
        """The real vector of a question, shape (dimension,)."""
        return self._model.embed_query(text)


def write_vectors(passages: Path, out: Path) -> None:
    """Write vectors of all-MiniLM-L6-v2 for the passages of a JSONL file."""
    from indexer.embedders import SentenceTransformerEmbedder
    from indexer.training.data import minilm_folder

    with passages.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    started = perf_counter()
    model = SentenceTransformerEmbedder(str(minilm_folder()))
    real = model.embed_passages([row["text"] for row in rows[:POOLED]])
    seconds = perf_counter() - started
    made = Perturbed(real).of([row["text"] for row in rows[POOLED:]])
    ids = np.array([row["id"] for row in rows])
    np.savez(out, ids=ids, vectors=np.concatenate([real, made]), seconds=seconds)
    print(json.dumps({"vectors": len(rows), "embedded": len(real), "seconds": round(seconds, 1)}))


def main() -> None:
    """Write the vectors."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.perturbed")
    parser.add_argument("--passages", type=Path, required=True, help="JSONL with id and text")
    parser.add_argument("--out", type=Path, required=True, help=".npz")
    given = parser.parse_args()
    write_vectors(given.passages, given.out)


if __name__ == "__main__":
    main()
