"""Fits and measures how well true sentences are told from false ones (`search_api.llm.support`).

`python -m tests.bench.grounding` prints the fitted numbers, then what becomes of the sentences of
`tests/eval/grounding.json` that nothing was fitted on, numbers and names checked as well. Kinds of
false ones: made up, swapped, the opposite, a wrong number, a true sentence with a false tail, and
"near" ones that change who does it or where; "far" ones are true in quite other words.
"""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from indexer.build import build_index
from indexer.embedders import BundledEmbedder
from indexer.sources import bundled_corpus
from indexer.store import Index
from search_api.answer import answer
from search_api.engine import Engine
from search_api.llm.grounding import Grounds, Verdict
from search_api.llm.support import Claim, Signs, parts_of, signs

ROWS = Path(__file__).parents[1] / "eval" / "grounding.json"
RIDGE = 1.0


def load():
    return json.loads(ROWS.read_text("utf-8"))


def signs_of(index, embedder, row):
    """The signs of a row's sentence, from its passage."""
    passage = index.passage(index.row_of(row["passage"]))
    meta = index.report(passage.report_id).meta
    parts = parts_of(passage.text, passage.start, embedder)
    return signs(Claim.of(row["sentence"], embedder), parts, meta.issuer + meta.region.name)


def fit(table, truth, rounds=4000, rate=0.5):
    """Logistic regression with a ridge, by gradient descent: (weights, middle)."""
    x = np.column_stack([table, np.ones(len(table))])
    weights = np.zeros(x.shape[1])
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-x @ weights))
        ridge = RIDGE * np.append(weights[:-1], 0) / 10
        weights -= rate * (x.T @ (p - truth) + ridge) / len(x)
    return weights[:-1], -weights[-1]


def verdict(engine, row):
    """What becomes of a row's sentence where it cites its passage."""
    index = engine.index
    at = index.row_of(row["passage"])
    found = answer(engine, index.passage(at).text, k=50).search.hits
    hit = next(hit for hit in found if hit.row == at)
    grounds = Grounds(engine, [hit], engine.embedder, english=row["lang"] == "en")
    return grounds.check(f"{row['sentence']}[1]").verdict


def measured(engine, rows):
    """(language, kind, true) -> how many sentences had which verdict."""
    counts = {}
    for row in rows:
        group = (row["lang"], row["kind"], row["true"])
        counts.setdefault(group, Counter())[verdict(engine, row)] += 1
    return counts


def quality(counts, lang):
    """(precision, recall) of what is called supported, and the share of false ones shown."""
    own = {group: found for group, found in counts.items() if group[0] == lang}
    right = sum(found[Verdict.SUPPORTED] for group, found in own.items() if group[2])
    wrong = sum(found[Verdict.SUPPORTED] for group, found in own.items() if not group[2])
    true = sum(sum(found.values()) for group, found in own.items() if group[2])
    return right / (right + wrong), right / true


def show_fit(engine, rows, *, all_rows):
    table = np.array([signs_of(engine.index, engine.embedder, row) for row in rows])
    truth = np.array([row["true"] for row in rows], dtype=float)
    held = np.array([row["held_out"] for row in rows])
    for lang in ("zh", "en"):
        own = np.array([row["lang"] == lang for row in rows])
        weights, middle = fit(table[own & ~held], truth[own & ~held])
        named = dict(zip(Signs._fields, weights.round(2).tolist(), strict=True))
        print(lang, named, "middle", round(float(middle), 2))
        score = 1 / (1 + np.exp(middle - table @ weights))
        for n in sorted(np.flatnonzero(own), key=lambda n: score[n]) if all_rows else ():
            print(f"{score[n]:.2f}", int(truth[n]), table[n].round(2), rows[n]["sentence"])


def main():
    with tempfile.TemporaryDirectory() as folder:
        embedder = BundledEmbedder(threads=1)
        build_index([bundled_corpus()], Path(folder), embedder)
        engine = Engine(Index.open(Path(folder)), embedder)
        unnumbered = [row for row in load() if row["kind"] != "number"]
        show_fit(engine, unnumbered, all_rows="-v" in sys.argv)
        counts = measured(engine, [row for row in load() if row["held_out"]])
    for (lang, kind, true), found in sorted(counts.items()):
        print(lang, "true " if true else "false", f"{kind:10}", dict(found))
    for lang in ("zh", "en"):
        precision, recall = quality(counts, lang)
        print(lang, f"supported: precision {precision:.2f}, recall {recall:.2f}")


if __name__ == "__main__":
    main()
