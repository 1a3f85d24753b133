"""When an answer is refused: ``python -m tests.bench.evidence``.

Asks the questions of the development set, which its 30 reports and the five bundled ones answer,
and 60 that they do not (other topics, other places, plausible practices that are absent), and
prints one JSON line for each language and for both: questions, share answered and share declined
at the shipped threshold, and the AUROC of the evidence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from indexer.build import build_index
from indexer.embedders import BundledEmbedder
from indexer.sources import bundled_corpus
from indexer.store import Index
from search_api.answer import answer
from search_api.engine import Engine
from search_api.evaluate import load_collection

EVAL = Path(__file__).parents[1] / "eval"


@dataclass(frozen=True)
class Asked:
    """A question, whether the reports answer it, and what the program made of it."""

    id: str
    lang: str
    text: str
    answerable: bool
    evidence: float  # 0 where all places or years that it names are absent
    answered: bool


def asked(engine: Engine, rows: Iterable[tuple[str, str, str]], answerable: bool) -> list[Asked]:
    """The questions (id, language, text), each with the evidence found for it."""
    found = []
    for name, lang, text in rows:
        told = answer(engine, text)
        score = told.search.hits[0].score if told.search.hits and not told.asked.elsewhere else 0.0
        found.append(Asked(name, lang, text, answerable, score, told.sufficient))
    return found


def all_asked(engine: Engine) -> list[Asked]:
    """Every question of both kinds."""
    questions = load_collection(EVAL).questions
    no = json.loads((EVAL / "unanswerable.json").read_text("utf-8"))
    return [
        *asked(engine, ((q.id, q.lang, q.text) for q in questions), answerable=True),
        *asked(engine, ((q["id"], q["lang"], q["text"]) for q in no), answerable=False),
    ]


def auroc(questions: Sequence[Asked]) -> float:
    """How often an answerable question has more evidence than one that is not."""
    yes = np.array([q.evidence for q in questions if q.answerable])
    no = np.array([q.evidence for q in questions if not q.answerable])
    above = yes[:, None] > no[None, :]
    even = yes[:, None] == no[None, :]
    return float(above.mean() + even.mean() / 2)


def row(questions: Sequence[Asked], lang: str) -> dict[str, object]:
    """The figures of one language, or of all."""
    chosen = [q for q in questions if lang in (q.lang, "all")]
    yes = [q for q in chosen if q.answerable]
    no = [q for q in chosen if not q.answerable]
    return {
        "lang": lang,
        "answerable": len(yes),
        "answered": round(sum(q.answered for q in yes) / len(yes), 3),
        "unanswerable": len(no),
        "declined": round(sum(not q.answered for q in no) / len(no), 3),
        "auroc": round(auroc(chosen), 3),
    }


def engine_over_everything(folder: Path) -> Engine:
    """An engine over the development reports and the bundled ones."""
    texts = folder / "texts"
    texts.mkdir()
    for report_id, text in load_collection(EVAL).texts.items():
        (texts / f"{report_id}.txt").write_text(text, "utf-8")
    embedder = BundledEmbedder(threads=1)
    build_index([texts, bundled_corpus()], folder / "index", embedder)
    return Engine(Index.open(folder / "index"), embedder)


def main() -> None:
    """Measure and print."""
    with TemporaryDirectory() as scratch:
        questions = all_asked(engine_over_everything(Path(scratch)))
    for lang in ("zh", "en", "all"):
        print(json.dumps(row(questions, lang)))
    for q in questions:
        if q.answered != q.answerable:
            print(
                json.dumps(
                    {"wrong": q.id, "text": q.text, "evidence": round(q.evidence, 3)},
                    ensure_ascii=False,
                )
            )


if __name__ == "__main__":
    main()
