"""Retrieval quality on labelled reports: the project's pipeline against plainer ones.

The development set (`tests/eval`) holds reports whose paragraphs are labelled with the
practices they describe, and questions about those practices. Reports are rendered to plain
text and indexed like any others; a paragraph ranks as high as its best passage.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from indexer.backend import EVERYTHING, Backend
from indexer.build import build_index
from indexer.embedders import Embedder
from indexer.embedding import embedded_text
from indexer.shapes import BadInput
from indexer.store import Index
from search_api.engine import DIVERSE, Engine
from search_api.fusion import Fusion
from search_api.metrics import DEPTH, Interval, Scores, interval, score
from search_api.query import parse_query
from search_api.wording.shares import prefer_distinctive

System = Callable[["Question"], Sequence[int]]  # a question -> rows, best first


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the ids of the paragraphs that answer it."""

    id: str
    text: str
    lang: str  # zh or en
    kind: str  # question or keywords
    topic: str  # the practice asked for
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class Collection:
    """Labelled reports: paragraphs by id, plain texts by report id, and questions."""

    texts: Mapping[str, str]
    paragraphs: Mapping[str, tuple[str, str]]  # id -> (report id, text)
    questions: tuple[Question, ...]


def load_collection(folder: Path) -> Collection:
    """Read `reports/*.json` and `queries.json` below ``folder``.

    :raises BadInput: if they are not there or not of this form.
    """
    try:
        texts, paragraphs, labels = {}, {}, {}
        for path in sorted((folder / "reports").glob("*.json")):
            report = json.loads(path.read_text("utf-8"))
            blocks = [block.get("heading") or block["text"] for block in report["blocks"]]
            texts[report["id"]] = "\n".join([report["title"], *blocks])
            for n, block in enumerate(report["blocks"]):
                if "text" in block:
                    paragraphs[f"{report['id']}#{n}"] = (report["id"], block["text"])
                    labels[f"{report['id']}#{n}"] = set(block["practices"])
        rows = json.loads((folder / "queries.json").read_text("utf-8"))
        questions = tuple(_question(row, labels) for row in rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{folder} holds no development set ({error!r})") from None
    if not texts:
        raise BadInput(f"{folder} holds no development set (no reports/*.json)")
    return Collection(texts, paragraphs, questions)


def _question(row: Mapping[str, str], labels: Mapping[str, set[str]]) -> Question:
    relevant = frozenset(i for i, practices in labels.items() if row["practice"] in practices)
    return Question(row["id"], row["text"], row["lang"], row["kind"], row["practice"], relevant)


def index_collection(collection: Collection, embedder: Embedder, root: Path) -> Index:
    """Index the collection's plain texts below ``root`` through the ordinary pipeline."""
    folder = root / "texts"
    folder.mkdir(parents=True)
    for report_id, text in collection.texts.items():
        (folder / f"{report_id}.txt").write_text(text, "utf-8")
    build_index([folder], root / "index", embedder)
    return Index.open(root / "index")


def paragraph_of_rows(collection: Collection, index: Backend) -> list[str]:
    """For each row the id of the paragraph it lies in, or '' for none."""
    spans: dict[str, list[tuple[int, int, str]]] = {}
    for paragraph_id, (report_id, text) in collection.paragraphs.items():
        start = index.report(report_id).text.find(text)
        if start >= 0:
            spans.setdefault(report_id, []).append((start, start + len(text), paragraph_id))
    passages = [index.passage(row) for row in range(len(index))]
    return [
        max(
            (0, ""),
            *((min(p.end, b) - max(p.start, a), i) for a, b, i in spans.get(p.report_id, ())),
        )[1]
        if p.report_id in spans
        else ""
        for p in passages
    ]


def rank_paragraphs(rows: Sequence[int], paragraphs: Sequence[str]) -> list[str]:
    """Paragraph ids in the order of their best passage."""
    return list(dict.fromkeys(paragraphs[row] for row in rows if paragraphs[row]))


class Judge:
    """Scores systems over one indexed collection."""

    def __init__(self, collection: Collection, index: Backend) -> None:
        self.collection = collection
        self.index = index
        self.paragraphs = paragraph_of_rows(collection, index)

    def scores(self, system: System) -> dict[str, Scores]:
        """Measures by question id."""
        return {q.id: self._score(q, system(q)) for q in self.collection.questions}

    def _score(self, question: Question, rows: Sequence[int]) -> Scores:
        ranked = rank_paragraphs(rows, self.paragraphs)
        reports = {self.collection.paragraphs[i][0] for i in ranked[:DEPTH]}
        return score(ranked, question.relevant)._replace(reports=len(reports))


def systems_of(engine: Engine) -> dict[str, System]:
    """The engine as it ships, without one of its means at a time, and its parts alone."""
    fusion, size = engine.fusion, len(engine.index)
    deaf = replace(fusion, zh=replace(fusion.zh, feedback=0), en=replace(fusion.en, feedback=0))

    def hybrid(fusion: Fusion, diversity: float | None = None) -> System:
        other = Engine(engine.index, engine.embedder, fusion=fusion, boosts=engine.boosts)

        def ranked(q: Question) -> list[int]:
            return [c.row for c in other.rank(parse_query(q.text), EVERYTHING, diversity=diversity)]

        return ranked

    def distinctive(q: Question) -> list[int]:
        ranked = engine.rank(parse_query(q.text), EVERYTHING)
        rows: list[int] = prefer_distinctive(engine.local, ranked).row.tolist()
        return rows

    def lexical(*, expand: bool) -> System:
        def ranked(q: Question) -> list[int]:
            query = parse_query(q.text, expand=expand)
            groups = (*query.groups, *query.inner)
            found, _ = engine.index.words(groups, size, boosts=engine.boosts, chosen=EVERYTHING)
            rows: list[int] = found.tolist()
            return rows

        return ranked

    def dense(q: Question) -> list[int]:
        vector = engine.embedder.embed_query(q.text)
        rows: list[int] = engine.index.nearest(vector, size, EVERYTHING).tolist()
        return rows

    return {
        "hybrid": hybrid(fusion),
        "hybrid, diverse": hybrid(fusion, DIVERSE),
        "hybrid, distinctive": distinctive,
        "hybrid, not spread": hybrid(fusion, 0.0),
        "hybrid, no feedback": hybrid(deaf),
        "hybrid, no clauses": hybrid(replace(fusion, clause=0.0)),
        "dense": dense,
        "BM25 + bridge": lexical(expand=True),
        "BM25": lexical(expand=False),
    }


def dense_system(texts: Sequence[str], embedder: Embedder) -> System:
    """Cosine alone with another model over the same ``texts``, row by row."""
    vectors = embedder.embed_passages(texts)
    return lambda q: np.argsort(-(vectors @ embedder.embed_query(q.text)), kind="stable").tolist()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a system on a group of questions."""

    system: str
    group: str  # en, zh, en/question …
    questions: int
    ndcg: Interval
    recall: Interval
    mrr: Interval
    reports: Interval  # different reports among the ten best paragraphs


def table(
    system: str, scores: Mapping[str, Scores], questions: Sequence[Question]
) -> Iterator[Row]:
    """Means with intervals by language, and by language and kind."""
    groups: dict[str, list[Scores]] = {}
    for q in questions:
        for name in (q.lang, f"{q.lang}/{q.kind}"):
            groups.setdefault(name, []).append(scores[q.id])
    for name, found in sorted(groups.items()):
        measures = (interval([s[m] for s in found]) for m in range(len(Scores._fields)))
        yield Row(system, name, len(found), *measures)


def evaluate(
    folder: Path,
    embedder: Embedder,
    baselines: Mapping[str, Embedder] | None = None,
    index: Backend | None = None,
) -> list[Row]:
    """The table of all systems on the development set in ``folder``.

    ``baselines`` are further models, scored by cosine alone. ``index`` may hold other reports
    too; without one, the development set alone is indexed.

    :raises BadInput: if ``folder`` holds no development set, or ``index`` lacks its reports.
    """
    collection = load_collection(folder)
    if index is not None:
        return compare(collection, Engine(index, embedder), baselines or {})
    with tempfile.TemporaryDirectory() as scratch:
        index = index_collection(collection, embedder, Path(scratch))
        rows = compare(collection, Engine(index, embedder), baselines or {})
        index.close()
    return rows


def compare(collection: Collection, engine: Engine, baselines: Mapping[str, Embedder]) -> list[Row]:
    """Every system's figures on an index that holds the collection's reports."""
    index = engine.index
    judge = Judge(collection, index)
    systems = systems_of(engine)
    texts = [embedded_text(index.passage(row)) for row in range(len(index))] if baselines else []
    for name, model in baselines.items():
        systems[name] = dense_system(texts, model)
    return [
        row
        for name, system in systems.items()
        for row in table(name, judge.scores(system), collection.questions)
    ]
