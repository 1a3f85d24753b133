"""How fast reports are indexed: ``python -m tests.bench.indexing [--passages N | --file F.jsonl]``.

Prints, as JSON lines, passages a second of the whole pipeline (files read, cut, segmented,
embedded and indexed, two cores), of all-MiniLM-L6-v2 under sentence-transformers embedding
the same texts and doing nothing else, and the ratio: whatever indexes with that model cannot
be faster than it. Then the time of a second run with nothing changed, and with one report
changed. Needs the extra [train] for that model's weights.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from time import perf_counter

from indexer.build import build_index
from indexer.embedders import BundledEmbedder, SentenceTransformerEmbedder
from indexer.training.data import minilm_folder
from tests.bench.bulk import made_up_passages, passages_of, write_reports


def timed(work: object) -> float:
    """Seconds that ``work()`` takes."""
    started = perf_counter()
    work()  # type: ignore[operator]
    return perf_counter() - started


def say(name: str, **figures: float) -> None:
    """One measurement."""
    rounded = {key: round(value, 3) for key, value in figures.items()}
    print(json.dumps({"measure": name} | rounded), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.indexing")
    parser.add_argument("--passages", type=int, default=2000, help="made up")
    parser.add_argument("--file", type=Path, help="JSONL with a field text, instead")
    given = parser.parse_args()
    bulk = passages_of(given.file) if given.file else made_up_passages(given.passages)
    texts = [text for text, _ in zip(bulk, range(given.passages), strict=False)]
    with tempfile.TemporaryDirectory() as scratch:
        folder, root = Path(scratch) / "texts", Path(scratch) / "index"
        write_reports(iter(texts), folder)
        model = BundledEmbedder()

        def build() -> None:
            build_index([folder], root, model)

        first = timed(build)
        say("whole pipeline", seconds=first, passages_per_second=len(texts) / first)
        other = SentenceTransformerEmbedder(str(minilm_folder()))
        alone = timed(lambda: other.embed_passages(texts))
        say("MiniLM, embedding alone", seconds=alone, passages_per_second=len(texts) / alone)
        say("ratio", whole_pipeline_to_minilm_alone=alone / first)
        again = timed(build)
        say("nothing changed", seconds=again, share_of_the_first=again / first)
        report = next(folder.iterdir())
        report.write_text(report.read_text("utf-8") + "\n新增一段：依法办理。", "utf-8")
        changed = timed(build)
        say("one report changed", seconds=changed, share_of_the_first=changed / first)


if __name__ == "__main__":
    main()
