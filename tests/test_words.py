"""One segmentation for passages and queries; folding for matching only."""

import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.sources import bundled_corpus
from indexer.words import (
    content_words,
    cut,
    fold,
    fold_aligned,
    is_english,
    matched_spans,
    tokens,
    tokens_with_offsets,
)


@pytest.mark.parametrize(
    ("written", "usual"),
    [
        ("重複信訪", "重复信访"),
        ("２０２４年", "2024年"),
        ("信 访 局", "信访局"),
        ("ＬＥＤ显示屏", "led显示屏"),
        ("群众　来访", "群众 来访"),
    ],
)
def test_fold_gives_the_usual_form(written, usual):
    assert fold(written) == usual


@pytest.mark.parametrize(
    "term", ["信访", "法治化", "化解率", "重复信访", "诉访分离", "三到位一处理"]
)
def test_terms_of_the_field_are_words(term):
    assert term in tokens(f"今年以来{term}工作取得成效")


def test_content_words_leave_question_words_out():
    assert content_words(cut("重复信访怎么治理？")) == ["重复信访", "治理"]
    assert content_words(cut("how do they handle it")) == ["handle"]
    assert content_words(cut("怎么")) == ["怎么"]  # nothing else to search for


def test_words_agree_with_jieba_itself():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba

        jieba.setLogLevel("ERROR")
        jieba.initialize()
    text = fold((bundled_corpus() / "jieyang-2024.txt").read_text("utf-8"))
    from rjieba import Jieba

    ours, theirs = Jieba().cut_for_search(text), jieba.lcut_for_search(text)
    same = len(set(ours) & set(theirs)) / len(set(ours) | set(theirs))
    assert same >= 0.99


@given(st.text(max_size=60))
def test_offsets_point_at_what_was_matched(text):
    folded, origin = fold_aligned(text)
    assert len(folded) == len(origin)
    assert list(origin) == sorted(origin)
    for token in tokens_with_offsets(text):
        assert 0 <= token.start < token.end <= len(text)


def test_matched_spans_in_spaced_text():
    text = "揭 阳 市 信 访 局逐案化解重复信访"
    spans = matched_spans(text, frozenset(["信访局", "重复信访"]))
    assert [re.sub(r"\s", "", text[a:b]) for a, b in spans] == ["信访局", "重复信访"]


@pytest.mark.parametrize(
    ("query", "english"),
    [
        ("how do bureaus", True),
        ("重复信访", False),
        ("怎么处理 repeated petitions", True),
        ("LED屏怎么用", False),
        ("2024", False),
    ],
)
def test_is_english(query, english):
    assert is_english(query) is english
