import pytest

from indexer.bridge import expand_chinese, expand_english


def words(query):
    return {e.term: [w for w, _ in e.words] for e in expand_english(query)}


def test_longest_term_goes_first():
    found = words("how do bureaus handle repeated petitioning")
    assert found["repeated petitioning"][0] == "重复信访"
    assert "petitioning" not in found


@pytest.mark.parametrize(
    "form", ["repeated petition", "repeated petitions", "Repeated Petitioning"]
)
def test_forms_of_a_word_lead_to_the_same_terms(form):
    assert "重复信访" in words(form)[form.lower()]


def test_question_words_are_not_carried():
    assert words("how do they do it") == {}


def test_chinese_words_are_left_alone():
    assert list(words("怎么处理 repeated petitions")) == ["repeated petitions"]


def test_weights_fall_from_one():
    for expansion in expand_english("public hearing of disputes with lawyers"):
        weights = [weight for _, weight in expansion.words]
        assert weights[0] == 1.0
        assert weights == sorted(weights, reverse=True)
        assert len(expansion.words) <= 40


def test_chinese_terms_lead_to_their_variants():
    (found,) = expand_chinese(["重复信访"])
    weights = dict(found.words)
    assert weights["重复访"] == 0.7
    assert 0 < weights["缠访"] < 0.7
    assert expand_chinese(["不是词"]) == ()
