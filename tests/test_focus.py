"""Clauses and their vectors."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.focus import LONGEST, ClauseVectors, split_clauses
from indexer.packed import Packed


def test_clauses_end_at_marks_and_hold_a_few_words():
    text = "对缠访闹访、滋事扰序等违法信访行为，依法处置，起到良好警示作用。深入开展实践行动。"
    assert [text[a:b] for a, b in split_clauses(text)] == [
        "对缠访闹访、滋事扰序等违法信访行为，依法处置，",
        "起到良好警示作用。深入开展实践行动。",
    ]


@given(st.text(alphabet="信访局，。；、abc \n", max_size=200))
def test_clauses_are_in_order_and_do_not_overlap(text):
    spans = split_clauses(text)
    assert spans[0][0] >= 0
    assert spans[-1][1] <= max(len(text), 1)
    for (_, end), (start, _) in pairwise(spans):
        assert end <= start


def test_every_word_lies_in_a_clause():
    text = "一是坚持学习。" + "各级各部门认真履行职责，" * 20 + "取得成效。"
    covered = "".join(text[a:b] for a, b in split_clauses(text))
    assert covered == text
    assert max(b - a for a, b in split_clauses(text)) <= LONGEST + 12


def test_nearest_clause_round_trip(tmp_path):
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(6, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ClauseVectors.write(tmp_path, Packed.of(vectors), [1, 3, 2])
    clauses = ClauseVectors.open(tmp_path)
    query = vectors[2]
    exact = vectors @ query
    assert clauses.nearest(query, [1, 2, 0]) == pytest.approx(
        [exact[1:4].max(), exact[4:].max(), exact[0]], abs=0.1
    )
    assert clauses.of(1).shape == (3, 16)
    assert clauses.nearest(query, []).shape == (0,)


def test_codes_are_read_and_not_mapped_and_their_file_is_closed(tmp_path):
    vectors = np.eye(64, dtype=np.float32)
    ClauseVectors.write(tmp_path, Packed.of(vectors), [4] * 16)
    clauses = ClauseVectors.open(tmp_path)
    assert clauses.nearest(vectors[9], range(16)).argmax() == 2
    assert clauses.nearest_of_all(vectors[9:11], 1, 5).shape == (2, 4)
    assert str(tmp_path) not in Path("/proc/self/maps").read_text("utf-8")
    assert open_files(tmp_path) == ["clauses.npy"]
    del clauses
    assert not open_files(tmp_path)


def open_files(folder):
    held = (file.resolve() for file in Path("/proc/self/fd").iterdir())
    return [file.name for file in held if file.is_relative_to(folder)]


def test_packed_vectors_keep_their_cosines_and_are_packed_the_same_again():
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(500, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    packed = Packed.of(vectors)
    assert packed.codes.nbytes + packed.scales.nbytes == 500 * (384 // 2 + 2)
    error = packed.cosines(vectors[:20]) - vectors @ vectors[:20].T
    assert np.abs(error).max() < 0.05 and np.sqrt((error**2).mean()) < 0.01
    again = Packed.of(packed.unpacked())
    assert np.array_equal(again.codes, packed.codes)
    assert np.array_equal(again.scales, packed.scales)
    assert packed.unpacked() @ vectors[0] == pytest.approx(
        packed.cosines(vectors[:1])[:, 0], abs=1e-5
    )
    assert not Packed.of(np.zeros((1, 8), np.float32)).unpacked().any()
