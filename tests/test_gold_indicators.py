"""The hand-made labels of indicators fit the texts that the index holds."""

import json
import re
from itertools import pairwise

import pytest

from indexer.build import build_index
from indexer.store import Index
from tests.bench.scripts import INVENTED, typed
from tests.conftest import HashEmbedder, load_eval

GOLD = load_eval("indicators.json")["reports"]
LEAST = {
    "yongan-2024": 13,
    "fushan-2023": 2,
    "chengkou-2024": 13,
    "sanmenxia-2025": 3,
    "jieyang-2024": 12,
    "dev-02": 35,
    "dev-06": 94,
    "dev-07": 163,
    "dev-12": 108,
    "dev-20": 35,
    "dev-21": 147,
    "dev-22": 123,
    "dev-23": 113,
    "dev-26": 185,
    "dev-27": 28,
}
FIELDS = ["start", "end", "text", "value", "unit", "approx", "comparison", "name"]
DIGITS = re.compile(r"(\d+(?:\.\d+)?)[至余多\d]*([万亿]?)")
SCALE = {"": 1, "万": 10**4, "亿": 10**8}


@pytest.fixture(scope="module")
def texts(corpus_index, tmp_path_factory):
    """Canonical text of every labelled report, by id."""
    folder = tmp_path_factory.mktemp("development")
    for name in (name for name in LEAST if name.startswith("dev-")):
        record = json.loads((INVENTED / f"{name}.json").read_text("utf-8"))
        (folder / f"{name}.txt").write_text(typed(record), "utf-8")
    root = tmp_path_factory.mktemp("development-index")
    build_index([folder], root, HashEmbedder())
    opened = [Index.open(corpus_index), Index.open(root)]
    yield {meta.id: index.report(meta.id).text for index in opened for meta in index.metas}
    for index in opened:
        index.close()


def test_no_label_was_lost():
    assert list(GOLD) == list(LEAST)
    assert all(len(GOLD[name]) >= least for name, least in LEAST.items())


@pytest.mark.parametrize("report", LEAST)
def test_a_label_is_the_text_at_its_span(report, texts):
    wrong = [x for x in GOLD[report] if texts[report][x["start"] : x["end"]] != x["text"]]
    assert wrong == []


@pytest.mark.parametrize("report", LEAST)
def test_labels_stand_in_reading_order_and_apart(report):
    assert all(a["end"] <= b["start"] for a, b in pairwise(GOLD[report]))


@pytest.mark.parametrize("report", LEAST)
def test_no_number_is_cut(report, texts):
    """No digit stands before a label, and no scale after it."""
    text = texts[report]
    for label in GOLD[report]:
        assert not re.match(r"[\d.]", text[label["start"] - 1]), label
        assert not re.match(r"[%万亿]", text[label["end"] :]), label


@pytest.mark.parametrize("report", LEAST)
def test_a_label_is_whole(report):
    for label in GOLD[report]:
        assert list(label) == FIELDS
        assert label["name"]
        assert label["unit"]
        assert label["approx"] == bool(re.search("[余多近约超]", label["text"]))
        assert label["value"] >= 0 or label["comparison"]


@pytest.mark.parametrize("report", LEAST)
def test_a_value_is_what_the_digits_say(report):
    for label in GOLD[report]:
        if found := DIGITS.search(label["text"]):
            assert abs(label["value"]) == pytest.approx(float(found[1]) * SCALE[found[2]])
