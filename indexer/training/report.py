"""Figures of the bundled model: size, faithfulness to its float form, speed, retrieval.

Nothing here is a threshold; the tests hold those.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from indexer.embedders import BundledEmbedder
from indexer.training.batches import Encoder
from indexer.training.data import MODEL, read_groups, split_groups
from indexer.training.export import average_model
from indexer.training.quantise import Float
from indexer.training.retrieval import (
    Embed,
    Task,
    bm25_scores,
    by_language,
    dense_scores,
    fused,
    held_out_task,
    read_task,
)
from indexer.training.transplant import MAX_TOKENS

ROOT = MODEL.parent.parent.parent
THREADS = 2
PASSAGE = 120  # characters of the passages that speed is measured on
DISTRACTORS = 6  # every n-th group's passages stand among the held-out ones


def float_embed(folders: Sequence[Path]) -> Embed:
    """Embedding function of the mean of sentence-transformers models, in float32."""
    tokenizer = Tokenizer.from_file(str(folders[0] / "tokenizer.json"))
    encoder = Encoder(average_model(folders), tokenizer, max_tokens=MAX_TOKENS)
    encoder.model.eval()  # type: ignore[no-untyped-call]
    return lambda texts: _embed(encoder, texts)


@torch.inference_mode()
def _embed(encoder: Encoder, texts: Sequence[str]) -> Float:
    parts = [
        encoder.embed(texts[start : start + 256], half=False).cpu().numpy()
        for start in range(0, len(texts), 256)
    ]
    return np.concatenate(parts)


def paragraphs(corpus: Path) -> list[str]:
    """The paragraphs of the public reports that come with the project."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(corpus.glob("*.txt")))
    lines = (line.strip() for text in texts for line in text.splitlines())
    return [line for line in lines if len(line) >= 20]


def agreement(left: Embed, right: Embed, texts: Sequence[str]) -> dict[str, float]:
    """Cosine between two models' embeddings of the same texts."""
    cosines = (left(texts) * right(texts)).sum(axis=1)
    return {"mean": float(cosines.mean()), "least": float(cosines.min())}


def _seconds(action: Callable[[], object], rounds: int) -> float:
    """Median duration of an action after one warm-up."""
    action()
    durations: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        durations.append(time.perf_counter() - began)
    return statistics.median(durations)


def speeds(corpus: Path, floating: Embed) -> dict[str, float]:
    """Loading, one query, and passages a second beside the same model in torch float."""
    began = time.perf_counter()
    bundled = BundledEmbedder(threads=THREADS)
    load = time.perf_counter() - began
    torch.set_num_threads(THREADS)
    text = "".join(paragraphs(corpus))
    passages = [text[i : i + PASSAGE] for i in range(0, len(text) - PASSAGE, PASSAGE)]
    query = _seconds(lambda: bundled.embed_query("对反复上访的老问题怎么办"), rounds=50)
    ours = _seconds(lambda: bundled.embed_passages(passages), rounds=3)
    theirs = _seconds(lambda: floating(passages), rounds=3)
    return {
        "load_s": load,
        "query_ms": query * 1000,
        "passages_per_s": len(passages) / ours,
        "torch_passages_per_s": len(passages) / theirs,
    }


def retrieval(task: Task, embed: Embed, *, hybrid: bool) -> dict[str, dict[str, float]]:
    """nDCG@10 by query language: dense alone and, where asked, fused with BM25."""
    dense = dense_scores(task, embed)
    figures = {"dense": by_language(task, dense)}
    if hybrid:
        figures["hybrid"] = by_language(task, fused(dense, bm25_scores(task)))
    return figures


def report_bundled(floating: Sequence[Path], *, corpus: Path, labelled: Path) -> dict[str, object]:
    """Everything about the exported model, against its float form: the mean of `floating`."""
    bundled = BundledEmbedder(threads=THREADS)
    reference = float_embed(floating)
    return {
        "bytes": sum(path.stat().st_size for path in MODEL.iterdir()),
        "cosine_int8_float": agreement(bundled.embed_passages, reference, paragraphs(corpus)),
        "speed": speeds(corpus, reference),
        "ndcg@10": retrieval(read_task(labelled), bundled.embed_passages, hybrid=True),
    }


def report_folders(folders: Sequence[Path], *, labelled: Path, every: int) -> dict[str, object]:
    """Retrieval figures of trained models' mean; `every` as in the runs' --hold-out."""
    embed = float_embed(folders)
    figures: dict[str, object] = {"development": retrieval(read_task(labelled), embed, hybrid=True)}
    groups, held = split_groups(read_groups(), every)
    if held:
        figures["held_out"] = retrieval(
            held_out_task(groups[::DISTRACTORS], held), embed, hybrid=False
        )
    return figures
