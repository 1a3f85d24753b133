"""One segmentation for passages and queries; folding for matching only."""

import re
import sys
import unicodedata
import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from conftest import load_eval
from hypothesis import given
from hypothesis import strategies as st

from indexer.sources import bundled_corpus
from indexer.words import (
    FOLDING,
    HELD,
    PLAIN,
    SPACED_HAN,
    _segmenter,
    _simplified,
    content_words,
    cut,
    fold,
    fold_aligned,
    is_english,
    matched_spans,
    tokens,
    tokens_with_offsets,
)
from search_api.query import parse_query


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


def fold_whole(text):
    """What `fold` does, on the whole text at once."""
    text = unicodedata.normalize("NFKC", text).lower().translate(_simplified())
    return SPACED_HAN.sub(lambda m: re.sub(r"\s+", "", m[0]), text)


plain = st.characters().filter(PLAIN.fullmatch)
anything = st.text(st.sampled_from("信訪 局\t２，…A　·—Σéı\u0301\u3099ｶﾞ각"), max_size=20)


@given(st.one_of(st.text(max_size=40), st.text(plain, max_size=40), anything))
def test_fold_is_that_of_the_whole_text(text):
    assert fold(text) == fold_whole(text)


def test_plain_characters_never_change_with_their_neighbours():
    kept = [char for char in map(chr, range(sys.maxunicode + 1)) if PLAIN.fullmatch(char)]
    assert len(kept) > 27_000
    assert not any(map(unicodedata.combining, kept))
    folded = "".join(kept).translate(FOLDING)
    assert folded == unicodedata.normalize("NFKC", "".join(kept)).lower().translate(_simplified())
    assert unicodedata.is_normalized(
        "NFKC", "".join(map(unicodedata.normalize, ["NFKC"] * len(kept), kept))
    )


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


def spans_one_by_one(text, words):
    """The spans of ``text`` that ``words`` cover, character by character."""
    covered = [False] * len(text)
    folded, origin = fold_aligned(text)
    for word, start, end in _segmenter().tokenize(folded, "search"):
        if word in words:
            covered[origin[start] : origin[end - 1] + 1] = [True] * (
                origin[end - 1] + 1 - origin[start]
            )
    return covered


def covered_by(spans, length):
    covered = [False] * length
    for start, end in spans:
        covered[start:end] = [True] * (end - start)
    return covered


QUERIES = [parse_query(row["text"]).words for row in load_eval("queries.json")[::6]]


def test_matched_spans_are_what_the_words_cover(engine):
    texts = [engine.index.passage(row).text for row in range(len(engine.index))]
    for words in QUERIES:
        for text in texts:
            spans = matched_spans(text, words)
            assert covered_by(spans, len(text)) == spans_one_by_one(text, words)
            assert all(a < b < c for (a, b), (c, _) in pairwise(spans))


@given(
    st.one_of(anything, st.text(max_size=30)), st.sets(st.sampled_from(["信访", "局", "2", "a"]))
)
def test_matched_spans_of_any_text(text, words):
    spans = matched_spans(text, frozenset(words))
    assert covered_by(spans, len(text)) == spans_one_by_one(text, words)


def test_threads_find_the_same_spans(engine):
    """More passages than are held are cut at once."""
    texts = [engine.index.passage(row).text + str(n) for n in range(30) for row in range(90)]
    assert len(texts) > HELD
    expected = [spans_one_by_one(text, QUERIES[0]) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            found = pool.map(lambda text: matched_spans(text, QUERIES[0]), texts)
            assert [covered_by(s, len(t)) for s, t in zip(found, texts, strict=True)] == expected


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
