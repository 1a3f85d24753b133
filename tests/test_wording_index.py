"""The extracted wordings against what a plain search through the texts finds."""

import numpy as np
import pytest
from clock import least_seconds

from indexer.formulations.build import build, low_and_high, write_arrays
from indexer.formulations.common import SHORTEST
from indexer.formulations.counts import pack, unpack
from indexer.formulations.table import Formulations
from indexer.formulations.text import CLAUSE, NUMBER, SENTENCE, Block, Text, letters, stream_of
from search_api.wording import match

SAID = [
    ("甲县信访局", "一是推动形成办事依法、遇事找法的氛围。共办理信访事项1,652件，办结率98.12%。"),
    ("甲县信访局", "推动形成办事依法，遇事找法的氛围。"),
    ("乙县信访局", "引导群众办事依法、遇事找法的氛围更浓。共办理信访事项７件。"),
]


def texts(said=SAID):
    return [Text(bureau, text, [Block(0, len(text), 1)]) for bureau, text in said]


def spans_of(held, said, wording):
    codes = stream_of(wording).codes[:-1]
    for place in held.occurrences(codes).tolist():
        row = int(held.report_of(np.array([place]))[0])
        start, end = held.span(place, len(codes), said[row][1])
        yield row, said[row][1][start:end]


def test_marks_spaces_width_and_numbers_do_not_count():
    stream = stream_of("“第 一 议 题”：２０２４年，98.12%ＡＢ與")
    assert letters(stream.codes) == "第一议题0年0ab与\0"
    assert stream.edge[4] == CLAUSE
    assert [int(at) for at in stream.origin[:5]] == [1, 3, 5, 7, 10]


def test_a_character_beyond_the_first_plane_keeps_offsets():
    text = "𠮷野家😀办事依法"
    stream = stream_of(text)
    assert [text[at] for at in stream.origin[:-1]] == list("𠮷野家😀办事依法")


def test_occurrences_are_verbatim_spans_of_their_reports():
    held = build(texts())
    assert list(spans_of(held, SAID, "办事依法遇事找法")) == [
        (0, "办事依法、遇事找法"),
        (1, "办事依法，遇事找法"),
        (2, "办事依法、遇事找法"),
    ]
    assert [text for _, text in spans_of(held, SAID, "办理信访事项3件")] == [
        "办理信访事项1,652件",
        "办理信访事项７件",
    ]
    assert [text for _, text in spans_of(held, SAID, "办结率9")] == ["办结率98.12%"]


def test_every_stretch_is_found_wherever_it_stands(engine):
    held = engine.index.formulations
    whole = letters(held.codes[: len(held)])
    chance = np.random.default_rng(5)
    for _ in range(200):
        length = int(chance.integers(1, 12))
        at = int(chance.integers(0, len(held) - length))
        wanted = whole[at : at + length]
        if "\0" in wanted:
            continue
        plain = [n for n in range(len(whole)) if whole.startswith(wanted, n)]
        assert held.occurrences(held.codes[at : at + length]).tolist() == plain


@pytest.mark.parametrize("most", [1, 4, 12, 60, 100_000])
def test_the_rarest_seeds_are_taken_as_long_as_there_is_room(engine, monkeypatch, most):
    monkeypatch.setattr(match, "MOST_SEEDS", most)
    held = engine.index.formulations
    whole = letters(held.codes[: len(held)])
    for wording in ("推进信访工作法治化", "深入学习贯彻习近平法治思想", "信访工作条例量子"):
        for size in (2, 3, 4):
            codes = stream_of(wording).codes[:-1]
            seeds = [wording[n : n + size] for n in range(len(wording) - size + 1)]
            stand = [[at for at in range(len(whole)) if whole.startswith(s, at)] for s in seeds]
            rarest = sorted(range(len(seeds)), key=lambda n: len(stand[n]))
            total = np.cumsum([len(stand[n]) for n in rarest])
            taken = rarest[: max(1, int((total <= most).sum()))]
            diagonals, used = match.seeds(held, codes, size)
            assert used == len(taken)
            assert sorted(diagonals) == sorted(at - n for n in taken for at in stand[n])


def test_a_printed_stretch_is_known_wherever_it_stands(engine):
    held = engine.index.formulations
    for at in range(50, 90):  # odd and even places alike
        gram = held.codes[at : at + 4]
        if (gram > 0).all():
            found = held.lookups(gram[None, :])
            assert found.printed(0)
            assert at in found.places(0)
            assert found.least[0] <= len(found.places(0)) <= found.most[0]
    assert not held.lookups(stream_of("牡蛎养殖").codes[None, :4]).printed(0)


def test_bureaus_are_counted_once_for_each_stretch_of_eight(engine):
    index = engine.index
    held = index.formulations
    bureaus = [index.metas[int(r)].issuer for r in held.report_of(np.arange(len(held)))]
    stretches = {}
    whole = letters(held.codes[: len(held)])
    edges = held.edges(0, len(held))
    for at in range(len(held) - SHORTEST + 1):
        inner = edges[at + 1 : at + SHORTEST]
        if "\0" not in whole[at : at + SHORTEST] and (not len(inner) or inner.max() < SENTENCE):
            stretches.setdefault(whole[at : at + SHORTEST], []).append(at)
    assert stretches
    expected = np.zeros(len(held), np.int64)
    for places in stretches.values():
        expected[places] = len({bureaus[at] for at in places})
    counted = [held.bureaus(report) for report in range(len(index.metas))]
    assert np.concatenate(counted).tolist() == expected.tolist()


def test_offsets_lead_back_to_the_text(engine):
    index = engine.index
    held = index.formulations
    for row, meta in enumerate(index.metas):
        first, last = held.starts[row : row + 2].tolist()
        text = index.report(meta.id).text
        places = np.arange(first, last)
        kept = places[held.codes[first:last] > 0]
        printed = "".join(text[at] for at in held.offsets(kept).tolist())
        shown = letters(stream_of(printed.replace("0", "1")).codes).replace("\0", "")
        numbers = held.codes[kept] == NUMBER
        assert shown.replace("0", "") == letters(held.codes[kept[~numbers]])


def test_arrays_come_back_as_they_were_written(tmp_path):
    built = build(texts())
    write_arrays(tmp_path, built)
    opened = Formulations.open(tmp_path)
    assert opened.codes.tolist() == built.codes.tolist()
    every = slice(0, len(built))
    assert opened.halves(every).tolist() == built.halves(every).tolist()
    assert sorted(opened.halves(every) * 2 + 1) == list(range(1, len(built), 2))
    assert opened.bureaus(2).tolist() == built.bureaus(2).tolist()
    assert opened.common_in.shape == built.common_in.shape


@pytest.mark.parametrize("size", [2**24, 2**24 + 1])
def test_a_place_takes_three_bytes_as_long_as_that_is_enough(size):
    halves = np.zeros(size, np.uint32)
    halves[:3] = size - 1, 0x12345, 7
    low, high = low_and_high(halves)
    assert low.itemsize + high.itemsize == (3 if size == 2**24 else 4)
    again = high[:4].astype(np.int64) << 16 | low[:4]
    assert again.tolist() == [size - 1, 0x12345, 7, 0]


def test_counts_come_back_report_by_report():
    counts = np.array([0, 1, 1, 255, 256, 65535, 2, 2], np.uint16)
    packed, at = pack(counts, np.array([0, 3, 3, 8]))
    assert [unpack(packed, at, n).tolist() for n in range(3)] == [
        [0, 1, 1],
        [],
        [255, 256, 65535, 2, 2],
    ]


def test_a_long_run_of_marks_and_an_overlap_keep_offsets():
    text = "甲乙" + "…" * 300 + "丙丁" + " " * 40_000 + "戊己庚"
    for blocks in ([Block(0, len(text), 1)], [Block(0, 2, 1), Block(1, len(text), 1)]):
        held = build([Text("甲", "子", [Block(0, 1, 1)]), Text("乙", text, blocks)])
        places = np.arange(2, len(held))
        places = places[held.codes[places] > 0]
        printed = "".join(text[at] for at in held.offsets(places).tolist())
        assert printed == letters(held.codes[places])


def test_a_corpus_without_a_word_has_no_wordings(tmp_path):
    write_arrays(tmp_path, build(texts([("甲", "。，《》")])))
    opened = Formulations.open(tmp_path)
    assert len(opened) == 0
    assert opened.occurrences(stream_of("信访工作").codes[:-1]).tolist() == []


def test_numbers_of_headings_and_title_blocks_are_left_out(engine):
    held = engine.index.formulations
    whole = letters(held.codes[: len(held)])
    assert "\0主要做法和成效\0" in whole
    assert "一主要做法和成效" not in whole
    assert "永安市人民政府信访局文件" not in whole


@pytest.mark.parametrize("row", range(5))
def test_text_of_a_report_covers_its_passages(engine, row):
    index = engine.index
    first, last = np.searchsorted(index.column("report"), (row, row + 1))
    held = index.formulations
    begin, end = held.starts[row : row + 2].tolist()
    offsets = set(held.offsets(np.arange(begin, end)).tolist())
    text = index.report(index.metas[row].id).text
    for n in range(int(first), int(last)):
        passage = index.passage(n)
        letters_in = [i for i in range(passage.start, passage.end) if "一" <= text[i] <= "龥"]
        assert set(letters_in) <= offsets


def test_extraction_is_cheap(engine):
    index = engine.index
    made = [
        Text(meta.issuer, text, [Block(0, len(text), 1)])
        for meta in index.metas
        for text in [index.report(meta.id).text] * 8
    ]
    assert least_seconds(lambda: build(made)) / len(made) < 0.02
