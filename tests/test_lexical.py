"""BM25: what is skipped is not among the best, and words for one thing are levelled."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.lexical import FURTHER, Boosts, LexicalEntry, LexicalIndex, levelled

WORDS = [f"词{n}" for n in range(12)]


@pytest.fixture(scope="module")
def lexical(tmp_path_factory):
    """3,000 passages in which word n stands once in n + 1, some of them often."""
    folder = tmp_path_factory.mktemp("lexical") / "lexical"
    entries = [
        LexicalEntry(
            body=[w for n, w in enumerate(WORDS) if at % (n + 1) == 0 for _ in range(1 + at % 3)],
            heading=[WORDS[at % 12]],
            title=[WORDS[at % 5]],
            tags=[f"年{at % 4}"],
        )
        for at in range(3_000)
    ]
    LexicalIndex.build(folder, entries)
    return LexicalIndex(folder)


GROUPS = st.lists(
    st.lists(st.tuples(st.sampled_from(WORDS), st.floats(0.1, 1)), min_size=1, max_size=3),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(GROUPS, st.integers(1, 50), st.sampled_from([(), (("年1", "年3"),)]))
def test_the_best_are_the_best_of_all(lexical, groups, k, tags):
    rows, scores = lexical.search(groups, k, boosts=Boosts(), tags=tags)
    every = dict(
        zip(
            *(c.tolist() for c in lexical.search(groups, 3_000, boosts=Boosts(), tags=tags)),
            strict=True,
        )
    )
    assert scores.tolist() == pytest.approx(sorted(every.values(), reverse=True)[:k], rel=1e-5)
    assert scores.tolist() == pytest.approx([every[row] for row in rows.tolist()], rel=1e-5)
    if tags:
        assert all(row % 4 in (1, 3) for row in every)


def test_a_word_that_most_passages_hold_is_looked_for_only_where_there_is_no_other(lexical):
    alone, _ = lexical.search([[("词0", 1.0)]], 3_000, boosts=Boosts())
    assert len(alone) == 3_000
    both, _ = lexical.search([[("词0", 1.0)], [("词9", 1.0)]], 3_000, boosts=Boosts())
    headed = {at for at in range(3_000) if at % 12 in (0, 9)}  # in headings it is rare
    titled = set(range(0, 3_000, 5))
    assert set(both.tolist()) == set(range(0, 3_000, 10)) | headed | titled


def test_a_field_that_says_the_same_of_most_passages_is_left_out(tmp_path):
    bodies, titles = (["甲"], ["乙"], ["丙"], ["丁"]), (["甲"], ["甲"], ["甲"], ["丁"])
    entries = [
        LexicalEntry(body=body, heading=[], title=title, tags=[])
        for body, title in zip(bodies, titles, strict=True)
    ]
    LexicalIndex.build(tmp_path / "lexical", entries)
    found = LexicalIndex(tmp_path / "lexical")
    assert found.search([[("甲", 1.0)]], 4, boosts=Boosts())[0].tolist() == [0]
    rows, scores = found.search([[("丁", 1.0)]], 4, boosts=Boosts())
    assert rows.tolist() == [3]
    assert scores[0] > found.search([[("丁", 1.0)]], 4, boosts=Boosts(title=0))[1][0]


def test_nothing_is_found_for_unknown_words_or_no_place(lexical):
    for groups, k in ([[("无", 1.0)]], 5), ([], 5), ([[("词0", 1.0)]], 0):
        rows, scores = lexical.search(groups, k, boosts=Boosts())
        assert rows.tolist() == scores.tolist() == []


def test_a_rare_word_for_a_thing_counts_no_more_than_the_usual_one():
    usual, odd, unknown, less = (
        ("访", 1.0, 2.0),
        ("诣", 0.8, 8.0),
        ("谒", 1.0, 0.0),
        ("问", 0.2, 1.0),
    )
    found = dict(levelled([odd, usual, unknown, less]))
    assert list(found) == ["访", "诣", "问"]  # what counts most first
    assert found["访"] == 1.0
    assert found["诣"] * 8.0 == pytest.approx(FURTHER * 0.8 * 2.0)
    assert found["问"] == pytest.approx(FURTHER * 0.2)
    assert levelled([("谒", 1.0, 0.0)]) == levelled([]) == []


def test_a_ceiling_is_reached_by_the_best_word_of_each_group(lexical):
    groups = [[("词3", 1.0), ("词4", 0.5)], [("无", 1.0)]]
    held = lexical.ceiling(groups)
    assert held == pytest.approx(2.2 * math.log(1 + (3_000 - 750 + 0.5) / (750 + 0.5)))
    assert lexical.ceiling(groups, absent=True) > held
