"""Shared fixtures: the bundled corpus, an index of it, small fakes."""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from indexer.build import build_index
from indexer.embedders import BundledEmbedder, Identity
from indexer.sources import bundled_corpus
from indexer.store import Index
from search_api.engine import Engine

EVAL = Path(__file__).parent / "eval"


class HashEmbedder:
    """A fake: counts of character pairs, hashed into 64 dimensions."""

    identity = Identity("hash", "1", 64)

    def embed_passages(self, texts):
        return np.array([self.embed_query(text) for text in texts], dtype=np.float32)

    def embed_query(self, text):
        vector = np.full(64, 1e-3, dtype=np.float32)
        for pair in pairwise(text):
            vector[blake2b("".join(pair).encode(), digest_size=1).digest()[0] % 64] += 1
        return vector / np.linalg.norm(vector)


def load_eval(name):
    return json.loads((EVAL / name).read_text("utf-8"))


def bare(text):
    """Without white space: for comparing with text that was typed by hand."""
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="session")
def embedder():
    return BundledEmbedder(threads=1)


@pytest.fixture(scope="session")
def corpus_index(tmp_path_factory, embedder):
    """Folder of an index of the five bundled reports."""
    root = tmp_path_factory.mktemp("corpus-index")
    build_index([bundled_corpus()], root, embedder)
    return root


@pytest.fixture(scope="session")
def engine(corpus_index, embedder):
    return Engine(Index.open(corpus_index), embedder)


@pytest.fixture
def small(tmp_path):
    """A folder of two made-up reports."""
    folder = tmp_path / "reports"
    folder.mkdir()
    for place, year, practice in (
        ("青禾县", 2023, "对重复信访逐案建立台账，由县级领导包案化解，全年化解积案12件。"),
        ("白鹭市", 2024, "组织律师参与接访，为来访群众提供法律咨询和法律援助86人次。"),
    ):
        lines = [
            f"{place}信访局{year}年法治政府建设工作报告",
            f"{year}年，{place}信访局认真履行职责，现将有关情况报告如下。",
            "一、主要做法",
            f"（一）依法办理。{practice}",
            "二、存在问题",
            "部分干部法治思维有待提高，工作推进还不平衡，宣传方式比较单一。",
        ]
        (folder / f"{place}-{year}.txt").write_text("\n".join(lines), "utf-8")
    return folder
