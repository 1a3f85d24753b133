"""Figures of the index on Milvus: ``python -m tests.bench.milvus``.

The development reports, in a folder and on milvus-lite, in one run: how far the ten best of the
144 questions agree, with sparse vectors of our own words and with Milvus's own BM25 function
(jieba analyser); how long a question takes; how many bytes a passage takes of each kind.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from pymilvus import DataType, Function, FunctionType, MilvusClient

from indexer.backend import EVERYTHING
from indexer.embedders import open_embedder
from indexer.milvus.building import build_on_milvus
from indexer.milvus.index import MilvusIndex
from indexer.store import Index
from search_api.engine import Engine
from search_api.evaluate import index_collection, load_collection
from tests.conftest import EVAL


class ByFunction:
    """A Milvus index whose words are found by Milvus's own BM25."""

    def __init__(self, index: MilvusIndex, file: Path) -> None:
        self._index = index
        self._client = MilvusClient(str(file))
        schema = MilvusClient.create_schema(auto_id=False)
        jieba = {"tokenizer": {"type": "jieba", "mode": "search"}}
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field(
            "text", DataType.VARCHAR, max_length=65535, enable_analyzer=True, analyzer_params=jieba
        )
        schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
        names = {"input_field_names": ["text"], "output_field_names": ["words"]}
        schema.add_function(Function(name="bm25", function_type=FunctionType.BM25, **names))
        self._client.create_collection("passages", schema=schema)
        self._client.insert("passages", [self._row(r) for r in index.rows_of(EVERYTHING).tolist()])
        params = MilvusClient.prepare_index_params()
        constants = {"bm25_k1": 1.2, "bm25_b": 0.75}
        params.add_index(
            "words", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=constants
        )
        self._client.create_index("passages", params)
        self._client.load_collection("passages")

    def _row(self, row: int) -> dict[str, object]:
        passage = self._index.passage(row)
        meta = self._index.metas[int(self._index.facts([row])[0][0])]
        return {"row": row, "text": " ".join([meta.title, *passage.path, passage.text])}

    def __getattr__(self, name: str) -> object:
        return getattr(self._index, name)

    def __len__(self) -> int:
        return len(self._index)

    def words(self, groups, k, *, boosts, chosen):
        """As the index's own, but Milvus cuts, weighs and adds up."""
        asked = " ".join(word for group in groups for word, _ in group)
        if not asked:
            return []
        hits = self._client.search(
            "passages", [asked], anns_field="words", limit=k, output_fields=["row"]
        )
        return [(int(hit["row"]), float(hit["distance"])) for hit in hits[0]]


def tops(engine: Engine, questions: list[str]) -> tuple[list[list[str]], list[float]]:
    """The ten best passages of each question, and milliseconds."""
    found, times = [], []
    engine.search(questions[0])
    for question in questions:
        began = time.perf_counter()
        found.append([hit.passage.id for hit in engine.search(question, k=10).hits])
        times.append(1000 * (time.perf_counter() - began))
    return found, times


def agreement(one: list[list[str]], other: list[list[str]]) -> tuple[float, float]:
    """Mean and least share of ten that both have."""
    shares = [len(set(a) & set(b)) / len(a) for a, b in zip(one, other, strict=True)]
    return statistics.mean(shares), min(shares)


def bytes_of(index: MilvusIndex) -> dict[str, float]:
    """Mean bytes that a row's fields hold."""
    rows = index._server.call("query", index.generation, filter="row >= 0", output_fields=["*"])
    sizes = {
        "vector": [4 * len(row["vector"]) for row in rows],
        "words": [8 * len(row["words"]) for row in rows],
        "clauses": [len(row["clauses"]) for row in rows],
        "text and headings": [len((row["text"] + row["path"]).encode()) for row in rows],
        "tags and numbers": [8 * len(row["tags"]) + 8 + 4 + 1 + 3 * 4 for row in rows],
    }
    return {name: statistics.mean(values) for name, values in sizes.items()}


def main() -> None:
    """Print the figures."""
    model, collection = open_embedder(), load_collection(EVAL)
    questions = [question.text for question in collection.questions]
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        index_collection(collection, model, root)
        where = f"milvus://{root}/m.db/reports"
        began = time.perf_counter()
        built = build_on_milvus([root / "texts"], where, model)
        print(f"built in {time.perf_counter() - began:.1f} s: {built.result}")
        far = MilvusIndex.open(where)
        local, local_ms = tops(Engine(Index.open(root / "index"), model), questions)
        sparse, sparse_ms = tops(Engine(far, model), questions)
        function, _ = tops(Engine(ByFunction(far, root / "f.db"), model), questions)
        for name, found in (("sparse vectors", sparse), ("BM25 function", function)):
            mean, least = agreement(local, found)
            print(f"{name}: {mean:.4f} of ten agree, at least {least:.1f}")
        same = np.mean([a == b for a, b in zip(local, sparse, strict=True)])
        print(f"sparse vectors: the same ten in the same order in {same:.0%} of questions")
        for name, times in (("folder", local_ms), ("milvus-lite", sparse_ms)):
            p50, p95 = np.percentile(times, (50, 95))
            print(f"{name}: p50 {p50:.0f} ms, p95 {p95:.0f} ms")
        sizes = bytes_of(far)
        for name, size in sizes.items():
            print(f"{name}: {size:.0f} bytes a passage")
        kept = sum(
            len(r["body"])
            for r in far._server.scan(far.generation + "_records", "key >= 0", ("body",))
        )
        print(f"records: {kept / len(far):.0f} bytes a passage")
        print(f"in all: {sum(sizes.values()) + kept / len(far):.0f} bytes a passage")


if __name__ == "__main__":
    main()
