"""Every text is embedded once, and each passage and clause has its own vector."""

import numpy as np
import pytest
from conftest import HashEmbedder

from indexer.embedding import CHUNK, Texts, distinct, embed_passages, embedded_text
from indexer.focus import split_clauses
from indexer.packed import Packed
from indexer.reuse import Unfinished
from indexer.shapes import Passage, Role

LONG = "领导干部每周轮流到接访大厅接待来访群众，当面听取诉求；疑难事项由包案领导一盯到底。"


def passage(text, *path):
    return Passage("r", 0, len(text), text, 0, path, Role.WORK)


def test_texts_are_those_of_passages_then_those_of_their_clauses():
    passages = [passage(LONG, "一", "二"), passage("短句。")]
    texts = Texts(passages)
    spans = [(p, a, b) for p in passages for a, b in split_clauses(p.text)]
    clauses = [p.text[a:b] for p, a, b in spans]
    assert list(texts) == [f"一 二\n{LONG}", "短句。", *clauses]
    assert len(texts) == 2 + len(clauses) and texts.counts == (len(clauses) - 1, 1)
    with pytest.raises(IndexError):
        texts[len(texts)]


def test_distinct_texts_stand_in_the_order_in_which_they_come_first():
    found = distinct(["乙", "甲", "乙", "丙", "甲"])
    assert found.firsts.tolist() == [0, 1, 3]
    assert found.numbers.tolist() == [0, 1, 0, 2, 1]
    assert len(found.keys) == 3
    assert not len(distinct([]).keys)


@pytest.mark.parametrize(
    "texts",
    [
        ["短句。", "另一句。"],
        ["短句。", "短句。", LONG],
        [LONG, "短句。", f"{LONG}{LONG}", "短句。", LONG],
        [
            f"第{n}次接访，解决问题{n % 7}件；其余{n % 3}件转交有关部门限期办理。"
            for n in range(2 * CHUNK)
        ],
        [],
    ],
)
def test_each_text_is_embedded_once_and_each_place_has_its_vector(texts, tmp_path):
    """Whether texts repeat, are clauses too, or all differ."""
    model, asked = HashEmbedder(), []

    class Counting(HashEmbedder):
        def embed_passages(self, texts):
            asked.extend(texts)
            return super().embed_passages(texts)

    passages = [passage(text) for text in texts]
    steps = []
    unfinished = Unfinished(tmp_path, model.identity)
    made = embed_passages(passages, Counting(), unfinished, lambda *step: steps.append(step))
    own = [[p.text[a:b] for a, b in split_clauses(p.text)] for p in passages]
    wanted = {embedded_text(p) for p in passages} | {text for clauses in own for text in clauses}
    assert len(asked) == len(set(asked)) and set(asked) == wanted
    assert made.counts == tuple(map(len, own))
    assert made.passages.shape == (len(texts), 64)
    assert len(made.clauses) == sum(made.counts)
    if texts:
        assert steps[-1] == ("embed", len(wanted), len(wanted))
        assert np.array_equal(made.passages, model.embed_passages(texts))
        clauses = model.embed_passages([text for clauses in own for text in clauses])
        assert np.array_equal(made.clauses.codes, Packed.of(clauses).codes)
        assert np.array_equal(made.clauses.scales, Packed.of(clauses).scales)
