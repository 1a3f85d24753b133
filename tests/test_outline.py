"""Every bundled report is cut as a careful reader cuts it (labels in eval/outlines.json)."""

import pytest
from clock import least_seconds
from conftest import bare, load_eval
from hypothesis import given
from hypothesis import strategies as st

from indexer.cleaning import to_paragraphs
from indexer.outline import parse_outline
from indexer.passages import ENDLESS, cut_passages
from indexer.readers import read_document
from indexer.shapes import Line, Role
from indexer.sources import bundled_corpus

GOLD = load_eval("outlines.json")
PASSAGES = {
    "yongan-2024": 13,
    "fushan-2023": 24,
    "chengkou-2024": 15,
    "sanmenxia-2025": 14,
    "jieyang-2024": 27,
}


def outline_of(report_id):
    document = read_document(bundled_corpus() / f"{report_id}.txt")
    return parse_outline(to_paragraphs(document.lines))


def outline_of_text(text):
    return parse_outline(to_paragraphs([Line(line) for line in text.splitlines()]))


def described(outline):
    """The outline in the form of the labels."""
    rows = []
    for number, section in enumerate(outline.sections):
        spans = [p for p in outline.paragraphs if p.section == number]
        body = "".join(bare(outline.text[p.start : p.end]) for p in spans)
        rows.append(
            {
                "heading": bare(section.heading),
                "path": [bare(heading) for heading in section.path],
                "role": str(section.role),
                "body_starts": body[:8],
                "body_ends": body[-8:],
            }
        )
    return rows


@pytest.mark.parametrize("report_id", GOLD)
def test_sections_headings_and_roles_are_those_of_the_labels(report_id):
    gold = [
        {
            "heading": bare(row["heading"]),
            "path": [bare(heading) for heading in row["path"]],
            "role": row["role"],
            "body_starts": bare(row["body_starts"])[:8],
            "body_ends": bare(row["body_ends"])[-8:],
        }
        for row in GOLD[report_id]["sections"]
    ]
    assert described(outline_of(report_id)) == gold


@pytest.mark.parametrize("report_id", GOLD)
def test_title_is_that_of_the_labels(report_id):
    assert outline_of(report_id).title == GOLD[report_id]["title"]


@pytest.mark.parametrize(("report_id", "count"), PASSAGES.items())
def test_passages_are_spans_and_cover_all_text_once(report_id, count):
    outline = outline_of(report_id)
    passages = cut_passages(report_id, outline)
    assert len(passages) == count
    covered = [0] * len(outline.text)
    spans = [(s.start, s.end) for s in outline.sections] + list(outline.matter)
    for start, end in spans + [(p.start, p.end) for p in passages]:
        for at in range(start, end):
            covered[at] += 1
    for passage in passages:
        assert outline.text[passage.start : passage.end] == passage.text
        assert 0 < len(passage.text) <= ENDLESS
        assert passage.id == f"{report_id}:{passage.start}-{passage.end}"
    wrong = [at for at, n in enumerate(covered) if n != 1 and not outline.text[at].isspace()]
    assert wrong == []


@pytest.mark.parametrize("report_id", GOLD)
def test_canonical_text_keeps_every_printed_character(report_id):
    printed = (bundled_corpus() / f"{report_id}.txt").read_text("utf-8")
    assert bare(outline_of(report_id).text) == bare(printed.replace("**", "").replace("#", ""))


def test_list_of_numbers_in_a_sentence_is_no_outline():
    outline = outline_of_text(
        "某局报告\n一、做法\n落实“1, 3, 5, 7, 15”快速办理机制，从源头化解矛盾。"
    )
    assert [s.heading for s in outline.sections] == ["一、做法"]


def test_heading_with_a_colon_and_no_text_stays_whole():
    outline = outline_of_text("某局报告\n（一）预防端：前移防线\n建立台账，动态管理，逐月清零。")
    assert outline.sections[0].heading == "（一）预防端：前移防线"


def test_numbered_paragraph_without_heading_keeps_its_text():
    long = (
        "1.对辖区内排查出的各类矛盾纠纷逐一登记造册并明确责任单位和办结时限"
        + "，逐案推进" * 10
        + "。其余照办。"
    )
    outline = outline_of_text("某局报告\n一、做法\n" + long)
    assert outline.sections[1].heading == "1."
    assert outline.text[outline.paragraphs[0].start :].startswith("对辖区内")


def test_text_without_any_heading_is_one_introduction():
    outline = outline_of_text("某局报告\n今年以来，我局认真开展工作，取得成效。")
    assert [(s.heading, s.role) for s in outline.sections] == [("", Role.INTRO)]


def test_page_is_known_for_every_passage_of_a_paged_document():
    lines = [Line("某局报告", 1), Line("一、做法", 1), Line("开展排查，", 1), Line("逐案化解。", 2)]
    outline = parse_outline(to_paragraphs(lines))
    assert outline.text.endswith("开展排查，逐案化解。")
    assert [outline.page_at(outline.text.index(w)) for w in ("开展", "逐案")] == [1, 2]


@pytest.mark.parametrize(
    "line", ["一" * 100_000, "（" * 100_000, "1." * 50_000, "第一" * 50_000, " " * 99_999 + "一"]
)
def test_hostile_line_costs_at_most_a_tenth_of_a_second(line):
    seconds = least_seconds(lambda: outline_of_text("某局报告\n" + line))
    assert seconds < 0.1 * 5  # five lines' worth: processors differ


NUMBERS = ["一、", "二、", "（一）", "(三)", "1.", "（2）", "第一部分", "一是学习。"]
MARKS = ["。", "，", "：", "；", "**", "# ", " ", "（", "）", "A"]
WORDS = ["主要做法", "存在问题和下步打算", "附件", "报告", "信访局", "2024年", "二〇二五年一月十日"]
SENTENCES = ["下一步，我局将继续努力。", "此外，加强宣传。", "认真开展工作，取得成效"]
FRAGMENTS = st.sampled_from([*NUMBERS, *MARKS, *WORDS, *SENTENCES])
LINES = st.lists(st.lists(FRAGMENTS, max_size=6).map("".join), max_size=12)


@given(LINES)
def test_nothing_is_lost_or_doubled_whatever_the_lines(lines):
    outline = outline_of_text("\n".join(lines))
    passages = cut_passages("x", outline)
    covered = [0] * len(outline.text)
    spans = [(s.start, s.end) for s in outline.sections] + list(outline.matter)
    for start, end in spans + [(p.start, p.end) for p in passages]:
        for at in range(start, end):
            covered[at] += 1
    assert [n for at, n in enumerate(covered) if n != 1 and not outline.text[at].isspace()] == []
    for section in outline.sections:
        assert section.parent is None or outline.sections[section.parent] is not section


@pytest.mark.parametrize("broken", ["情况报\n告", "情况\n报告", "\n情况报告", "情\n况报\n告"])
def test_a_title_may_be_broken_anywhere(broken):
    text = f"青禾县信访局2024年度法治政府建设{broken}\n2024年，本局依法办理信访事项。"
    assert outline_of_text(text).title == "青禾县信访局2024年度法治政府建设情况报告"


def test_a_marked_heading_after_the_title_is_no_part_of_it():
    outline = outline_of_text("# 某局2024年工作报告\n# 主要做法\n依法办理信访事项。")
    assert outline.title == "某局2024年工作报告"
    assert [section.heading for section in outline.sections if section.heading] == ["主要做法"]


def test_rows_of_a_table_are_never_joined():
    rows = [
        "某局工作报告",
        "一、情况",
        "事项，数量较多，持续较长，涉及面较广的｜初访，重访，其他｜合计",
        "来信｜12｜13",
    ]
    texts = [p.text for p in to_paragraphs([Line(row) for row in rows])]
    assert texts == rows


def test_a_paragraph_that_the_layout_shows_to_go_on_is_joined():
    lines = [
        Line("某局工作报告", 1),
        Line("今年办理完毕。", 1, goes_on=True),
        Line("其余仍在办理。", 2),
    ]
    assert [p.text for p in to_paragraphs(lines)][1:] == ["今年办理完毕。其余仍在办理。"]


def test_a_document_of_many_unnumbered_headings_is_read():
    outline = outline_of_text("\n".join(["# 某局报告"] + ["# 标题", "依法办理信访事项。"] * 150))
    assert len(outline.sections) >= 150
    assert outline.sections[-1].number == ""


def test_a_figure_alone_on_a_line_stays_and_a_page_number_goes():
    paragraphs = to_paragraphs(
        [
            Line("全年受理信访事项总量为，", 3),
            Line("120", 3),
            Line("件。", 3),
            Line("3", 3),
            Line("- 3 -", 3),
        ]
    )
    assert [p.text for p in paragraphs] == ["全年受理信访事项总量为，120件。"]
    assert [p.text for p in to_paragraphs([Line("共"), Line("12"), Line("第 2 页")])] == [
        "共",
        "12",
    ]


@pytest.mark.parametrize("line", ["信访事项，", "（一）甲。乙", "某局", "# 甲"])
def test_many_lines_cost_time_in_proportion(line):
    def seconds(n):
        return least_seconds(lambda: outline_of_text("\n".join([line] * n)))

    assert seconds(16_000) < 10 * seconds(4_000) + 0.2
