"""How fast reports are indexed: ``python -m tests.bench.indexing [--passages N | --file F.jsonl]``.

Prints, as JSON lines, passages a second of the whole pipeline (files read, cut, segmented,
embedded and indexed, two cores), of all-MiniLM-L6-v2 under sentence-transformers embedding
the same texts and doing nothing else, and the ratio: whatever indexes with that model cannot
be faster than it. With ``--peers VENV`` (a virtual environment with `tests.bench.peers.INSTALL`)
the pipeline and txtai, haystack and chroma, each with that model, index the same texts in turn,
each in a process of its own, ``--rounds`` times: medians, and the ratio to the fastest. The
seconds begin when the model is loaded; the pipeline begins with files, the others with texts.

Then, unless ``--only-peers``, the time of a second run with nothing changed, and with one report
changed; ``--a-report N`` says how many passages a report has. Needs the extra [train] for the
model's weights.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from indexer.build import build_index
from indexer.embedders import BundledEmbedder, SentenceTransformerEmbedder
from indexer.training.data import minilm_folder
from tests.bench import peers
from tests.bench.bulk import A_REPORT, made_up_passages, passages_of, write_reports

CORES = 2
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
OURS = "this project"
BUILD = """
import sys
from pathlib import Path
from tests.bench.indexing import spent_on
print(spent_on(Path(sys.argv[1]), Path(sys.argv[2])))
"""


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work()`` takes."""
    started = perf_counter()
    work()
    return perf_counter() - started


def say(name: str, **figures: float | Sequence[float]) -> None:
    """One measurement."""
    rounded = {
        key: round(value, 3) if isinstance(value, float | int) else [round(v, 1) for v in value]
        for key, value in figures.items()
    }
    print(json.dumps({"measure": name} | rounded), flush=True)


def spent_on(folder: Path, root: Path) -> str:
    """Seconds, and the processor's, of the pipeline over ``folder``, the model being loaded."""
    model, before = BundledEmbedder(), sum(os.times()[:4])
    seconds = timed(lambda: build_index([folder], root, model))
    return json.dumps({"seconds": seconds, "processor": sum(os.times()[:4]) - before})


def spoken(command: Sequence[str]) -> str:
    """The last line that a child process says, with `CORES` threads; its stderr is shown.

    :raises CalledProcessError: if it fails.
    """
    threads = dict.fromkeys(THREADS, str(CORES))
    done = subprocess.run(
        command, stdout=subprocess.PIPE, env=os.environ | threads, text=True, check=True
    )
    return done.stdout.strip().splitlines()[-1]


def compare(texts: Sequence[str], folder: Path, scratch: Path, venv: Path, rounds: int) -> None:
    """Index ``texts`` with every library in turn and print the medians."""
    given = scratch / "texts.json"
    given.write_text(json.dumps(texts, ensure_ascii=False), "utf-8")
    seconds: dict[str, list[float]] = {name: [] for name in (OURS, *peers.PEERS)}
    processor: dict[str, list[float]] = {name: [] for name in seconds}
    for turn in range(rounds):
        for name, own in seconds.items():
            place = scratch / f"{name.replace(' ', '-')}-{turn}"
            if name == OURS:
                said = spoken([sys.executable, "-c", BUILD, str(folder), str(place)])
            else:
                place.mkdir()
                arguments = (name, str(given), str(minilm_folder()), str(place))
                said = spoken([str(venv / "bin" / "python"), peers.__file__, *arguments])
            spent = json.loads(said)
            own.append(spent["seconds"])
            processor[name].append(spent["processor"])
            print(f"{turn + 1}: {name}: {own[-1]:.1f} s", file=sys.stderr, flush=True)
    rates = {name: len(texts) / median(own) for name, own in seconds.items()}
    for name, rate in rates.items():
        spent = {"seconds": seconds[name], "processor_seconds": processor[name]}
        say(name, passages_per_second=rate, **spent)
    say("ratio", ours_to_the_fastest_peer=rates.pop(OURS) / max(rates.values()))


def again(texts: Sequence[str], folder: Path, root: Path) -> None:
    """The first run, the model alone, and second runs with nothing and one report changed."""
    model = BundledEmbedder()

    def build() -> None:
        build_index([folder], root, model)

    first = timed(build)
    reports = sum(1 for _ in folder.iterdir())
    rate = len(texts) / first
    say("whole pipeline", reports=reports, seconds=first, passages_per_second=rate)
    second = timed(build)
    say("nothing changed", seconds=second, share_of_the_first=second / first)
    report = next(folder.iterdir())
    report.write_text(report.read_text("utf-8") + "\n新增一段：依法办理。", "utf-8")
    changed = timed(build)
    say("one report changed", seconds=changed, share_of_the_first=changed / first)
    other = SentenceTransformerEmbedder(str(minilm_folder()))
    alone = timed(lambda: other.embed_passages(texts))
    say("MiniLM, embedding alone", seconds=alone, passages_per_second=len(texts) / alone)
    say("ratio", whole_pipeline_to_minilm_alone=alone / first)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.indexing")
    parser.add_argument("--passages", type=int, default=2000, help="made up")
    parser.add_argument("--file", type=Path, help="JSONL with a field text, instead")
    parser.add_argument("--a-report", type=int, default=A_REPORT, help="passages in each")
    parser.add_argument("--peers", type=Path, help="virtual environment of the other libraries")
    parser.add_argument("--rounds", type=int, default=3, help="of the comparison with them")
    parser.add_argument("--only-peers", action="store_true", help="stop after it")
    given = parser.parse_args()
    bulk = passages_of(given.file) if given.file else made_up_passages(given.passages)
    texts = [text for text, _ in zip(bulk, range(given.passages), strict=False)]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        folder = scratch / "reports"
        write_reports(iter(texts), folder, each=given.a_report)
        if given.peers:
            compare(texts, folder, scratch, given.peers, given.rounds)
        if not given.only_peers:
            again(texts, folder, scratch / "index")


if __name__ == "__main__":
    main()
