"""Configurations side by side on a user's own questions: is another model worth it?

The first configuration is the index as it is. Another embedder needs the passages embedded
again: that is done in a temporary index. A ranking is read as the judged spans that it shows, in
their order, between passages that show none: a passage that shows nothing but what was shown
before takes no place. nDCG uses the grades themselves as gains, as trec_eval does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from indexer.embedders import Embedder, open_embedder
from indexer.reembedding import reembedded
from indexer.shapes import BadInput, Passage, Progress
from indexer.store import Index
from search_api.engine import Engine
from search_api.fields import Fields
from search_api.judged import Judged, Question
from search_api.metrics import DEPTH, RESAMPLES, Interval, interval
from search_api.rerank import open_reranker

SEARCHED = 100  # passages of a ranking: enough for ten places
SEED = 7
Judgements = Mapping[str, Sequence[Judged]]
Tell = Callable[[str, int], None]  # (model, passages): that it embeds an index again


class Marks(NamedTuple):
    """How one ranking did, at depth 10."""

    ndcg: float
    recall: float
    mrr: float
    judged: float  # share of the ten places that somebody judged


@dataclass(frozen=True, slots=True)
class Trial:
    """One configuration and how it did, by question id, with the first places of each ranking."""

    name: str
    marks: dict[str, Marks]
    ranked: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """A configuration on a group of questions; differences are to the first configuration."""

    system: str
    group: str
    questions: int
    ndcg: Interval
    recall: Interval
    mrr: Interval
    judged: float
    ndcg_difference: Interval | None
    recall_difference: Interval | None
    mrr_difference: Interval | None

    @property
    def verdict(self) -> str:
        """What the difference in nDCG says: better, worse, unclear; "" for the first."""
        found = self.ndcg_difference
        if found is None:
            return ""
        return "better" if found.low > 0 else "worse" if found.high < 0 else "unclear"


def mark(ranked: Sequence[str], grades: Mapping[str, int]) -> Marks:
    """Graded nDCG@10, recall@10 and MRR@10 of a ranking; ``grades`` of all that was judged."""
    top = ranked[:DEPTH]
    discounts = 1 / np.log2(np.arange(DEPTH) + 2)
    gains = np.array([grades.get(item, 0) for item in top], dtype=np.float64)
    best = np.array(sorted(grades.values(), reverse=True)[:DEPTH], dtype=np.float64)
    first = next((place for place, gain in enumerate(gains, 1) if gain), None)
    return Marks(
        ndcg=float(gains @ discounts[: len(gains)] / (best @ discounts[: len(best)])),
        recall=int((gains > 0).sum()) / sum(grade > 0 for grade in grades.values()),
        mrr=1 / first if first else 0.0,
        judged=sum(item in grades for item in top) / len(top) if top else 0.0,
    )


def shown(passages: Sequence[Passage], judged: Sequence[Judged]) -> list[str]:
    """A ranking as ids: of the judged spans that passages show, and of passages that show none."""
    ids: dict[str, None] = {}
    for passage in passages:
        held = [span.id for span in judged if span.is_in(passage)]
        ids |= dict.fromkeys(held or [passage.id])
    return list(ids)


def answerable(questions: Sequence[Question], judgements: Judgements) -> list[Question]:
    """The questions that some judged span answers.

    :raises BadInput: if there is none.
    """
    kept = [q for q in questions if any(span.grade for span in judgements.get(q.id, ()))]
    if not kept:
        raise BadInput("no question has a span judged above 0", "没有任何问题有大于 0 的标注")
    return kept


def trial(
    name: str, engine: Engine, questions: Sequence[Question], judgements: Judgements
) -> Trial:
    """One configuration asked every question."""
    marks, ranked = {}, {}
    for question in questions:
        judged = judgements[question.id]
        hits = engine.search(question.text, k=SEARCHED).hits
        ids = shown([hit.passage for hit in hits], judged)
        marks[question.id] = mark(ids, {span.id: span.grade for span in judged})
        ranked[question.id] = ids[:DEPTH]
    return Trial(name, marks, ranked)


def run_trials(
    index: Index,
    questions: Sequence[Question],
    judgements: Judgements,
    *,
    embedders: Sequence[str] = (),
    rerankers: Sequence[str] = (),
    tell: Tell = lambda model, passages: None,
    progress: Progress = lambda stage, done, total: None,
) -> Iterator[Trial]:
    """The index as it is, then with each embedder; each of them with each reranker too.

    :raises BadInput: if a model cannot be loaded; before anything is embedded.
    """
    opened = {name: open_reranker(name) for name in rerankers}
    built = index.manifest.embedder
    prompts = {"query_prompt": built.query_prompt, "passage_prompt": built.passage_prompt}
    models = {built.name: open_embedder(built.name, **prompts)}
    models |= {name: open_embedder(name) for name in embedders if name != built.name}
    for name, model in models.items():
        with ExitStack() as stack:
            own = index
            if model.identity != built:
                tell(name, len(index))
                own = temporary(stack, index, model, progress)
            for reranker, by in ((None, None), *opened.items()):
                engine = Engine(own, model, reranker=by)
                label = f"{name} + {reranker}" if reranker else name
                yield trial(label, engine, questions, judgements)


def temporary(stack: ExitStack, index: Index, model: Embedder, progress: Progress) -> Index:
    """The index with another model's vectors, until ``stack`` ends."""
    scratch = stack.enter_context(TemporaryDirectory(prefix="bureau-eval-"))
    made = reembedded(index, model, Path(scratch) / "index", progress)
    stack.callback(made.close)
    return made


def table(trials: Sequence[Trial], questions: Sequence[Question]) -> list[Row]:
    """Means with bootstrap intervals, and paired differences to the first trial."""
    groups: dict[str, list[str]] = {}
    for question in questions:
        for group in question.groups:
            groups.setdefault(group, []).append(question.id)
    return [
        row_of(trial, trials[0], group, groups[group])
        for group in sorted(groups)
        for trial in trials
    ]


def row_of(trial: Trial, first: Trial, group: str, ids: Sequence[str]) -> Row:
    """One line of the table."""
    own = np.array([trial.marks[i] for i in ids])  # shape (questions, measures)
    base = np.array([first.marks[i] for i in ids])
    ndcg, recall, mrr = (interval(own[:, m].tolist(), SEED) for m in range(3))
    differences: list[Interval | None] = [None] * 3
    if trial is not first:
        differences = [interval((own - base)[:, m].tolist(), SEED) for m in range(3)]
    return Row(
        trial.name, group, len(ids), ndcg, recall, mrr, float(own[:, 3].mean()), *differences
    )


def row_fields(row: Row) -> Fields:
    """A row as plain fields; an interval is [mean, low, high]."""
    return {
        name: [round(number, 4) for number in value] if isinstance(value, tuple) else value
        for name, value in asdict(row).items()
    } | {"judged": round(row.judged, 4), "verdict": row.verdict or None}


def saved(
    rows: Sequence[Row], trials: Sequence[Trial], questions: Sequence[Question], index: Index
) -> str:
    """Everything as one JSON document: what was asked of what, and every question's ranking."""
    told = {
        "index": {
            "generation": index.generation,
            "created": index.manifest.created,
            "reports": index.manifest.reports,
            "passages": index.manifest.passages,
            "embedder": index.manifest.embedder.to_json(),
        },
        "depth": DEPTH,
        "bootstrap": {"resamples": RESAMPLES, "seed": SEED, "interval": 0.95},
        "rows": [row_fields(row) for row in rows],
        "questions": [
            {"id": q.id, "text": q.text, "lang": q.lang, "kind": q.kind, "system": t.name}
            | {name: round(value, 4) for name, value in t.marks[q.id]._asdict().items()}
            | {"ranked": t.ranked[q.id]}
            for q in questions
            for t in trials
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"
