"""The same wording is found as by comparing the runs of letters of all pairs."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexer.words import fold
from search_api.likeness import NO_LETTER, jaccard, same_wording, shingles


def runs(text):
    """All runs of three letters and digits of the folded text; the text if it is shorter."""
    kept = NO_LETTER.sub("", fold(text))
    return {kept[at : at + 3] for at in range(len(kept) - 2)} or {kept}


def share(one, other):
    return len(runs(one) & runs(other)) / len(runs(one) | runs(other))


words = st.sampled_from(
    ["信访", "局", "２０２４年", "，", " ", "A", "é", "e\u0301", "重複", "𠀀", "\ud800"]
)
texts = st.one_of(st.text(max_size=20), st.lists(words, max_size=12).map("".join))


@given(texts, texts)
def test_runs_of_letters_are_compared_as_texts_are(one, other):
    assert len(set(shingles(one).tolist())) == len(runs(one))
    codes = [set(shingles(text).tolist()) for text in (one, other)]
    assert jaccard(*codes) == share(one, other)


@given(st.lists(texts, max_size=8))
def test_a_text_is_folded_under_the_first_that_is_shown_and_like_it(found):
    vectors = np.zeros((len(found), 2), dtype=np.float32)
    vectors[:, 0] = 1
    if found:
        vectors[-1] = 0, 1  # far from all others
    expected = []
    for n, text in enumerate(found):
        earlier = [at for at in range(n) if expected[at] is None and n < len(found) - 1]
        expected.append(next((at for at in earlier if share(found[at], text) >= 0.7), None))
    assert same_wording(found, vectors) == expected
