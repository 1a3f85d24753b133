"""PDF: reading order, what stands in the margins, tables, and pages without usable text."""

from pathlib import Path

import pytest

from indexer.cleaning import to_paragraphs
from indexer.readers import Unreadable, Unsupported, ocr, read_document
from indexer.readers.isolated import read_isolated
from indexer.readers.printed import PAGE_NUMBER, VisualLine, goes_on
from tests.conftest import bare
from tests.paper import draw_lines, draw_pages, draw_picture, new_canvas

SCAN = Path(__file__).parent / "cases" / "scan.png"
SENTENCE = (
    "今年以来，我局坚持把信访工作法治化摆在突出位置，建立健全排查化解台账，实行领导包案，"
    "逐案明确责任单位和办结时限，对重复信访事项集中攻坚，全年化解信访积案{}件，"
    "群众满意率稳步提升，全县信访形势总体平稳。"
)
PARAGRAPHS = [f"{n}是{SENTENCE.format(12 + at)}" for at, n in enumerate("一二三四五六七八九" * 2)]
needs_ocr = pytest.mark.skipif(not ocr.is_installed(), reason="the extra [ocr] is not installed")


def paragraphs_of(path):
    return [bare(p.text) for p in to_paragraphs(read_document(path).lines)]


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("head", ["", "青禾县信访局工作报告", "青禾县信访局工作报告　第 {} 期"])
@pytest.mark.parametrize("foot", ["— {} —", "- {} -", "{}", "第 {} 页 共 9 页", "{}/9"])
def test_columns_heads_and_page_numbers(tmp_path, columns, head, foot):
    path = draw_pages(tmp_path / "a.pdf", PARAGRAPHS, columns=columns, head=head, foot=foot)
    found = paragraphs_of(path)
    assert "".join(found) == "".join(PARAGRAPHS)
    pages = read_document(path).lines[-1].page
    assert pages > 1
    assert len(PARAGRAPHS) <= len(found) < len(PARAGRAPHS) + pages
    assert {text[:8] for text in PARAGRAPHS} <= {text[:8] for text in found}


@pytest.mark.parametrize("count", [1, 4, 9, 13])
def test_a_page_whose_second_column_is_short(tmp_path, count):
    path = draw_pages(tmp_path / "a.pdf", PARAGRAPHS[:count] * 2, columns=2, rows=20)
    assert "".join(paragraphs_of(path)) == "".join(PARAGRAPHS[:count] * 2)


def test_a_title_across_both_columns_comes_first(tmp_path):
    canvas = new_canvas(tmp_path / "a.pdf")
    draw_lines(canvas, ["青禾县信访局2024年法治政府建设工作报告"], x=130, top=800, size=18)
    draw_lines(canvas, ["甲，左栏第一行文字共有十七个字啊呀", *["甲" * 17] * 9], x=80, top=750)
    draw_lines(canvas, ["乙" * 17] * 10, x=308, top=745)
    canvas.save()
    texts = "".join(paragraphs_of(tmp_path / "a.pdf"))
    assert texts.startswith("青禾县信访局2024年法治政府建设工作报告甲，左栏")
    assert texts.rindex("甲") < texts.index("乙")


@pytest.mark.parametrize(
    "text", ["1", "— 3 —", "-12-", "·5·", "第3页", "第 3 页 共 10 页", "3/10", "ii", "一3一", "- 3"]
)
def test_page_numbers(text):
    assert PAGE_NUMBER.match(text)


@pytest.mark.parametrize("text", ["2024年", "一、主要做法", "12件", "三", "第三章", "1.加强领导"])
def test_what_is_no_page_number(text):
    assert not PAGE_NUMBER.match(text)


def test_a_figure_in_the_text_is_no_page_number(tmp_path):
    canvas = new_canvas(tmp_path / "a.pdf")
    draw_lines(
        canvas, ["12", "　　件信访积案已经化解，成效明显。", "　　群众满意率稳步提升。"], top=800
    )
    canvas.save()
    assert "".join(paragraphs_of(tmp_path / "a.pdf")).startswith("12件信访积案")


def test_table_rows_are_lines(tmp_path):
    canvas = new_canvas(tmp_path / "a.pdf")
    draw_lines(canvas, ["　　办理情况见下表。"])
    rows = [("事项", "数量", "备注"), ("来信", "12件", "含邮件"), ("来访", "", "上升")]
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            x, y = 80 + 140 * column, 700 - 30 * at
            canvas.rect(x, y, 140, 30)
            draw_lines(canvas, [text], x=x + 5, top=y + 10)
    draw_lines(canvas, ["　　群众满意率稳步提升。"], top=580)
    canvas.save()
    assert paragraphs_of(tmp_path / "a.pdf") == [
        "办理情况见下表。",
        "事项｜数量｜备注",
        "来信｜12件｜含邮件",
        "来访｜｜上升",
        "群众满意率稳步提升。",
    ]


def test_bold_print_made_of_two_copies_is_read_once(tmp_path):
    canvas = new_canvas(tmp_path / "a.pdf")
    for shift in (0, 0.4):
        draw_lines(canvas, ["　　群众满意率稳步提升，人人努力，层层落实。"], x=80 + shift)
    canvas.save()
    assert paragraphs_of(tmp_path / "a.pdf") == ["群众满意率稳步提升，人人努力，层层落实。"]


def test_latin_words_keep_their_spaces(tmp_path):
    canvas = new_canvas(tmp_path / "a.pdf")
    draw_lines(canvas, ["　　采用 Data Platform V2 平台，办结率 98.5%。"])
    canvas.save()
    lines = read_document(tmp_path / "a.pdf").lines
    assert [line.text for line in lines] == ["采用 Data Platform V2 平台，办结率 98.5%。"]


def unmapped(path):
    """A PDF whose font has no way from glyphs to characters."""
    canvas = new_canvas(path, pageCompression=0)
    draw_lines(canvas, [PARAGRAPHS[0][:30]] * 3)
    canvas.save()
    data = path.read_bytes()
    assert b"/UniGB-UCS2-H" in data
    data = data.replace(b"/UniGB-UCS2-H", b"/Identity-H  ").replace(b"(GB1)", b"(XX1)")
    path.write_bytes(data)
    return path


@pytest.fixture
def no_ocr(monkeypatch):
    monkeypatch.setattr(ocr, "is_installed", lambda: False)


def test_an_unmapped_font_is_reported_not_indexed(tmp_path, no_ocr):
    with pytest.raises(Unreadable, match=r"text layer is unusable.*bureau-search\[ocr\]"):
        read_document(unmapped(tmp_path / "a.pdf"))


def test_a_scan_without_ocr_says_what_to_install(tmp_path, no_ocr):
    canvas = new_canvas(tmp_path / "a.pdf")
    draw_picture(canvas, SCAN)
    canvas.save()
    with pytest.raises(Unreadable, match=r"scanned, no text layer: install bureau-search\[ocr\]"):
        read_document(tmp_path / "a.pdf")


def test_a_report_with_a_scanned_page_names_the_page(tmp_path, no_ocr):
    canvas = new_canvas(tmp_path / "a.pdf")
    for page in range(3):
        if page == 1:
            draw_picture(canvas, SCAN)
        else:
            draw_lines(canvas, [PARAGRAPHS[page][:30]])
            canvas.showPage()
    canvas.save()
    document = read_document(tmp_path / "a.pdf")
    assert document.properties["Missing"] == "2"
    assert {line.page for line in document.lines} == {1, 3}


@needs_ocr
def test_a_scanned_page_is_recognised_between_others(tmp_path):
    canvas = new_canvas(tmp_path / "a.pdf")
    draw_lines(canvas, ["　　" + PARAGRAPHS[0][:30]])
    canvas.showPage()
    draw_picture(canvas, SCAN)
    canvas.save()
    (document,) = read_isolated([tmp_path / "a.pdf"])
    assert "Missing" not in document.properties
    assert {line.page for line in document.lines} == {1, 2}
    text = bare("".join(line.text for line in document.lines if line.page == 2))
    expected = bare(SCAN.with_suffix(".txt").read_text("utf-8"))
    assert errors(expected, text) <= 0.03 * len(expected)
    starts = [line.text[:4] for line in document.lines if line.page == 2]
    assert {"一是每月", "在层级纠"} & {start[:4] for start in starts} or len(starts) >= 4


def errors(expected, found):
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.distance(expected, found)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("(一）源头预防:每周摸排", "（一）源头预防：每周摸排"),
        ("（四)责任抓严", "（四）责任抓严"),
        ("（2021-2025)年", "（2021-2025）年"),
        ("10:30至12:00, V2(beta)", "10:30至12:00, V2(beta)"),
        ("同比下降5%,", "同比下降5%，"),
        ("down by 5%,", "down by 5%,"),
    ],
)
def test_recognised_punctuation_takes_the_width_of_its_neighbours(given, expected):
    assert ocr.widened(given) == expected


def test_a_blank_file_is_passed_over(tmp_path):
    canvas = new_canvas(tmp_path / "a.pdf")
    canvas.showPage()
    canvas.save()
    with pytest.raises(Unsupported, match="no text in it"):
        read_document(tmp_path / "a.pdf")


def test_a_heading_whose_second_line_is_one_character_is_one_line(tmp_path):
    def line(text, x1, top, tall):
        return VisualLine(text, 74.5, x1, top, 16.0, page=1, tall=tall)

    first, rest = (
        line("党政主要负责人履行职责情", 520.0, 100.0, 19.5),
        line("况", 91.0, 125.0, 24.6),
    )
    margins = {(1, 0): (74.5, 520.0)}
    assert goes_on(first, rest, margins)
    assert not goes_on(first, line("况", 91.0, 125.0, 40.0), margins)
    assert not goes_on(first, line("另一种字号的标题", 300.0, 125.0, 24.6), margins)
