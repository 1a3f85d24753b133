"""Text -> vectors: the bundled model, or any sentence-transformers model.

Vectors are float32, of unit length, so that a dot product is the cosine. The bundled model
runs on onnxruntime and tokenizers (their only importer is here) and never imports torch;
sentence-transformers (only importer too) is loaded when another model is asked for.
"""

from __future__ import annotations

import json
import logging
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.resources import as_file, files
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.shapes import BadInput
from indexer.words import fold

FloatArray = NDArray[np.float32]
BUNDLED = "bundled"
BATCH_TOKENS = 512  # padded tokens in one run of the model: more fall out of the cache


@dataclass(frozen=True, slots=True)
class Identity:
    """What an index must record to refuse vectors of another model."""

    name: str
    digest: str
    dimension: int
    query_prompt: str = ""
    passage_prompt: str = ""

    def to_json(self) -> dict[str, str | int]:
        """The fields as they stand in an index manifest."""
        return asdict(self)


class Embedder(Protocol):
    """Anything that turns passages and queries into unit vectors."""

    @property
    def identity(self) -> Identity:
        """The model, its dimension and its prompts."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        """Vectors of ``texts``, shape (n, dimension)."""
        ...

    def embed_query(self, text: str) -> FloatArray:
        """The vector of a query, shape (dimension,)."""
        ...


def open_embedder(
    name: str = BUNDLED, *, query_prompt: str | None = None, passage_prompt: str | None = None
) -> Embedder:
    """The bundled model, or the sentence-transformers model of this name or folder.

    :raises BadInput: if no such model can be loaded.
    """
    if name == BUNDLED:
        return BundledEmbedder()
    return SentenceTransformerEmbedder(name, query_prompt, passage_prompt)


class BundledEmbedder:
    """The small bilingual model that comes with the project (see `indexer/training`).

    Batches are computed side by side, each on one thread: that is faster than one batch on
    all threads, and much so where other work keeps a core busy.
    """

    def __init__(self, *, threads: int | None = None) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        with as_file(files("indexer") / "bundled" / "model") as folder:
            config = json.loads((folder / "config.json").read_text("utf-8"))
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            options.log_severity_level = 3
            self._session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._threads = threads or default_threads()
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(int(config["max_tokens"]))
        self._identity = Identity(
            name=BUNDLED,
            digest=config["sha256"]["model.onnx"],
            dimension=int(config["dimension"]),
            query_prompt=config.get("query_prompt", ""),
            passage_prompt=config.get("passage_prompt", ""),
        )

    @property
    def identity(self) -> Identity:
        """The model, its dimension and its prompts."""
        return self._identity

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        """Vectors of ``texts``, shape (n, dimension); batched by length."""
        return self._embed([self._identity.passage_prompt + fold(text) for text in texts])

    def embed_query(self, text: str) -> FloatArray:
        """The vector of a query, shape (dimension,)."""
        vector: FloatArray = self._embed([self._identity.query_prompt + fold(text)])[0]
        return vector

    def _embed(self, texts: list[str]) -> FloatArray:
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        out = np.empty((len(ids), self._identity.dimension), dtype=np.float32)

        def fill(batch: list[int]) -> None:
            out[batch] = self._run([ids[i] for i in batch])

        batches = list(batches_of(ids))
        if min(self._threads, len(batches)) > 1:
            with ThreadPoolExecutor(self._threads) as pool:
                deque(pool.map(fill, batches), maxlen=0)
        else:
            for batch in batches:
                fill(batch)
        return out

    def _run(self, rows: list[list[int]]) -> FloatArray:
        width = max(1, max(len(row) for row in rows))
        input_ids = np.zeros((len(rows), width), dtype=np.int64)
        mask = np.zeros((len(rows), width), dtype=np.int64)
        for n, row in enumerate(rows):
            input_ids[n, : len(row)] = row
            mask[n, : len(row)] = 1
        feed = {"input_ids": input_ids, "attention_mask": mask}
        vectors: FloatArray = self._session.run(["embedding"], feed)[0]
        return vectors


def batches_of(ids: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Places in ``ids``, shortest first, in batches of at most `BATCH_TOKENS` when padded."""
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    batch: list[int] = []
    for position, i in enumerate(order):
        batch.append(i)
        last = position + 1 == len(order)
        if last or (len(batch) + 1) * len(ids[order[position + 1]]) > BATCH_TOKENS:
            yield batch
            batch = []


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, by hub name or folder, with its own prompts."""

    def __init__(
        self, name: str, query_prompt: str | None = None, passage_prompt: str | None = None
    ) -> None:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        for library in ("sentence_transformers", "transformers", "huggingface_hub"):
            logging.getLogger(library).setLevel(logging.ERROR)  # the refusal below says it all
        try:
            self._model = SentenceTransformer(name, device="cpu")
        except (OSError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise BadInput(f"the model “{name}” cannot be loaded ({reason[:200]})") from None
        prompts = self._model.prompts or {}
        stored = prompts.get("document") or prompts.get("passage") or ""
        self._identity = Identity(
            name=str(Path(name).resolve()) if Path(name).is_dir() else name,
            digest=self._digest(),
            dimension=int(self._model.get_embedding_dimension() or 0),
            query_prompt=(prompts.get("query") or "") if query_prompt is None else query_prompt,
            passage_prompt=stored if passage_prompt is None else passage_prompt,
        )

    def _digest(self) -> str:
        """Hash of the first and last weights: tells two models of one name apart."""
        weights = [p.detach().float().numpy() for p in self._model.parameters()]
        return sha256(weights[0].tobytes() + weights[-1].tobytes()).hexdigest()

    @property
    def identity(self) -> Identity:
        """The model, its dimension and its prompts."""
        return self._identity

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        """Vectors of ``texts``, shape (n, dimension)."""
        return self._encode(list(texts), self._identity.passage_prompt)

    def embed_query(self, text: str) -> FloatArray:
        """The vector of a query, shape (dimension,)."""
        vector: FloatArray = self._encode([text], self._identity.query_prompt)[0]
        return vector

    def _encode(self, texts: list[str], prompt: str) -> FloatArray:
        vectors = self._model.encode(
            texts, prompt=prompt or None, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def default_threads() -> int:
    """Threads for the bundled model: ``OMP_NUM_THREADS`` if set, else the cores we may use."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return int(wanted) if wanted.isdigit() and int(wanted) else len(os.sched_getaffinity(0))
