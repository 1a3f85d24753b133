"""Answers: every quote is verbatim and can be checked again."""

from hashlib import sha256

import pytest

from search_api.answer import MOST_BUREAUS, MOST_QUOTES, answer
from search_api.filters import Filters

ASKED = [
    "重复信访怎么治理",
    "how do bureaus handle repeated petitioning",
    "《信访工作条例》怎么宣传",
]


@pytest.mark.parametrize("question", ASKED)
def test_every_quote_is_verbatim_and_stands_in_a_retrieved_passage(engine, question):
    found = answer(engine, question)
    assert found.sufficient
    retrieved = {hit.passage.id: hit.passage for hit in found.search.hits}
    for group in found.bureaus:
        report = engine.index.report(group.meta.id)
        for quote in group.quotes:
            assert report.text[quote.start : quote.end] == quote.text
            assert quote.sha256 == sha256(quote.text.encode()).hexdigest()
            passage = retrieved[quote.passage_id]
            assert passage.start <= quote.start < quote.end <= passage.end


@pytest.mark.parametrize("question", ASKED)
def test_answer_is_grouped_by_bureau_and_short(engine, question):
    bureaus = answer(engine, question).bureaus
    ids = [group.meta.id for group in bureaus]
    assert len(ids) == len(set(ids)) <= MOST_BUREAUS
    for group in bureaus:
        assert 1 <= len(group.quotes) <= MOST_QUOTES
        starts = [quote.start for quote in group.quotes]
        assert starts == sorted(starts)


def test_no_sentence_is_quoted_twice(engine):
    texts = [q.text for group in answer(engine, ASKED[2], k=30).bureaus for q in group.quotes]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(
    "question", ["how to bake sourdough bread", "红烧肉怎么做", "比特币价格走势"]
)
def test_a_question_beyond_the_reports_is_declined_with_the_closest_passages(engine, question):
    found = answer(engine, question)
    assert not found.sufficient
    assert found.bureaus == ()
    assert found.search.hits


def test_filters_hold_for_answers(engine):
    found = answer(engine, "法治宣传怎么开展", filters=Filters(year=(2023,)))
    assert {group.meta.year for group in found.bureaus} == {2023}
