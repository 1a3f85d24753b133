"""Glosses stand where the word stands, and come from the lexicon."""

from itertools import pairwise

import pytest

from indexer.shapes import BadInput
from search_api.gloss import LONGEST, gloss_fields, glosses


def test_the_longest_term_is_glossed_where_it_stands():
    text = "建立信访工作联席会议，化解重复访。"
    found = {g.word: g for g in glosses(text)}
    assert "joint conference" in found["信访工作联席会议"].gloss
    for g in found.values():
        assert text[g.start : g.end] == g.word


def test_no_two_glosses_overlap_and_punctuation_divides_terms():
    found = glosses("坚持和发展新时代“枫桥经验”，党建、引领基层治理。")
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert not any("党建引领" in g.word for g in found)


def test_traditional_and_full_width_text_keeps_its_offsets():
    text = "開展　信 訪 工作𠮷２０２４"
    found = {g.word: text[g.start : g.end] for g in glosses(text)}
    assert found["信访工作"] == "信 訪 工作"


def test_unknown_words_are_left_out_and_long_texts_refused():
    assert glosses("𠮷𠮷 abc 123 ，。") == []
    assert gloss_fields([]) == {"words": []}
    with pytest.raises(BadInput):
        glosses("信" * (LONGEST + 1))
