"""DOCX: the numbers that Word makes up, tables, and what is printed but not in a paragraph."""

import datetime
import zipfile
import zlib
from itertools import pairwise

import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from indexer.cleaning import to_paragraphs
from indexer.outline import parse_outline
from indexer.readers import Stopped, Unreadable, read_document
from indexer.readers.numerals import write_numeral
from tests.wordfile import add_item, add_list, add_style, add_use, new_document

RESTART = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{}"/></w:lvlOverride>'


@pytest.fixture
def document():
    return new_document()


@pytest.fixture
def lines(document, tmp_path):
    """The lines read from ``document`` as it stands."""

    def lines():
        path = tmp_path / "a.docx"
        document.save(path)
        return [line.text for line in read_document(path).lines]

    return lines


def test_four_levels_of_official_numbering(document, lines):
    key = add_list(document)
    for level in (0, 1, 1, 2, 2, 3, 1, 2, 0, 1):
        add_item(document, "内容", key, level)
    numbers = ["一、", "（一）", "（二）", "1.", "2.", "（1）", "（三）", "1.", "二、", "（一）"]
    assert lines() == [number + "内容" for number in numbers]


def test_a_list_goes_on_after_plain_text_and_restarts_where_told(document, lines):
    first = add_list(document)
    add_item(document, "甲", first)
    document.add_paragraph("正文。")
    add_item(document, "乙", first)
    again = add_use(document, 1, RESTART.format(1))
    on = add_use(document, 1)
    for key in (again, again, on, first):
        add_item(document, "丙", key)
    assert lines() == ["一、甲", "正文。", "二、乙", "一、丙", "二、丙", "三、丙", "四、丙"]


def test_a_level_that_never_restarts_and_numbers_in_digits(document, lines):
    levels = (("chineseCounting", "第%1章"), ("decimal", "%1.%2"), ("chineseCounting", "%3、"))
    more = {1: "<w:isLgl/>", 2: '<w:lvlRestart w:val="0"/>'}
    key = add_list(document, levels, per_level=more)
    for level in (0, 1, 2, 0, 1, 2):
        add_item(document, "节", key, level)
    assert lines() == ["第一章节", "1.1节", "一、节", "第二章节", "2.1节", "二、节"]


def test_numbers_come_through_styles(document, lines):
    key = add_list(document, per_level={1: '<w:pStyle w:val="Item"/>'})
    add_style(document, "Chapter", key=key, level=0)
    add_style(document, "Item", key=key)
    add_style(document, "Sub", based_on="Item")
    plain = add_style(document, "Plain", key=0, based_on="Chapter")
    for style in ("Chapter", "Item", "Sub", "Chapter", "Item", plain):
        document.add_paragraph("内容", style=style)
    add_item(document, "正文", 0, style="Chapter")
    expected = ["一、内容", "（一）内容", "（二）内容", "二、内容", "（一）内容", "内容", "正文"]
    assert lines() == expected


def test_a_list_defined_by_a_list_style(document, lines):
    key = add_list(document, extra='<w:styleLink w:val="Gongwen"/>')
    add_style(document, "Gongwen", key=key)
    linked = add_list(document, (), extra='<w:numStyleLink w:val="Gongwen"/>')
    for level in (0, 1, 1):
        add_item(document, "内容", linked, level)
    assert lines() == ["一、内容", "（一）内容", "（二）内容"]


def test_bullets_leave_no_number_and_digits_stay_apart(document, lines):
    bullets = add_list(document, [("bullet", "\uf0b7")])
    digits = add_list(document, [("decimal", "%1.")])
    add_item(document, "要点", bullets)
    add_item(document, "2024年", digits)
    add_item(document, "年度", digits)
    add_item(document, "", digits)
    add_item(document, "年度", digits)
    assert lines() == ["要点", "1. 2024年", "2.年度", "4.年度"]


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("chineseCounting", "一 二 十 十一 二十 二十一 一百 一百零三 一百一十 一千零一"),
        ("ideographDigital", "一 二 一〇 一一 二〇 二一 一〇〇 一〇三 一一〇 一〇〇一"),
        ("chineseLegalSimplified", "壹 贰 壹拾 壹拾壹 贰拾 贰拾壹 壹佰 壹佰零叁 壹佰壹拾 壹仟零壹"),
        ("decimalEnclosedCircle", "① ② ⑩ ⑪ ⑳ 21 100 103 110 1001"),
        ("decimalFullWidth", "１ ２ １０ １１ ２０ ２１ １００ １０３ １１０ １００１"),
        ("upperRoman", "I II X XI XX XXI C CIII CX MI"),
        ("lowerLetter", "a b j k t u vvvv yyyy fffff 1001"),
        ("ideographTraditional", "甲 乙 癸 甲 癸 甲 癸 丙 癸 甲"),
        ("decimal", "1 2 10 11 20 21 100 103 110 1001"),
        ("nosuch", "1 2 10 11 20 21 100 103 110 1001"),
    ],
)
def test_numeral_styles(style, expected):
    values = (1, 2, 10, 11, 20, 21, 100, 103, 110, 1001)
    assert " ".join(write_numeral(value, style) for value in values) == expected


def test_table_rows_are_lines_and_layout_tables_are_text(document, lines):
    table = document.add_table(3, 3)
    rows = [["事项", "数量", "备注"], ["来信", "12件", ""], ["来访", "", "上升"]]
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    merged = table.add_row()
    merged.cells[0].merge(merged.cells[2]).text = "合计12件"
    frame = document.add_table(1, 1)
    frame.cell(0, 0).text = "一、主要做法"
    frame.cell(0, 0).add_paragraph("今年以来，成效明显。")
    assert lines() == [
        "事项｜数量｜备注",
        "来信｜12件",
        "来访｜｜上升",
        "合计12件",
        "一、主要做法",
        "今年以来，成效明显。",
    ]


def test_headings_are_marked_and_a_long_one_is_text(document, lines):
    document.add_heading("青禾县信访局工作报告", 0)
    document.add_heading("主要做法", 1)
    document.add_heading("今年以来，" * 20, 2)
    document.add_paragraph("正文。").paragraph_format.element.get_or_add_pPr().append(
        parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="1"/>')
    )
    assert lines() == [
        "# 青禾县信访局工作报告",
        "# 主要做法",
        "今年以来，" * 20,
        "## 正文。",
    ]


BOX = (
    "<w:r {ns}><mc:AlternateContent xmlns:mc="
    '"http://schemas.openxmlformats.org/markup-compatibility/2006">'
    "<mc:Choice Requires='wps'><w:drawing><w:txbxContent><w:p><w:r>"
    "<w:t>青禾县文件</w:t></w:r></w:p></w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p><w:r>"
    "<w:t>青禾县文件</w:t></w:r></w:p></w:txbxContent></w:pict></mc:Fallback>"
    "</mc:AlternateContent></w:r>"
)


def test_what_is_printed_is_read_and_nothing_else(document, lines):
    paragraph = document.add_paragraph("开头")
    ns = nsdecls("w")
    for xml in (
        f"<w:ins {ns}><w:r><w:t>增加</w:t></w:r></w:ins>",
        f"<w:del {ns}><w:r><w:delText>删去</w:delText></w:r></w:del>",
        f"<w:r {ns}><w:rPr><w:vanish/></w:rPr><w:t>隐藏</w:t></w:r>",
        f"<w:hyperlink {ns}><w:r><w:t>链接</w:t></w:r></w:hyperlink>",
        f"<w:sdt {ns}><w:sdtContent><w:r><w:t>控件</w:t></w:r></w:sdtContent></w:sdt>",
        f"<w:r {ns}><w:instrText>PAGE</w:instrText></w:r>",
        f"<w:r {ns}><w:br/><w:t>另行</w:t><w:tab/><w:t>其后</w:t></w:r>",
        BOX.format(ns=ns),
    ):
        paragraph._p.append(parse_xml(xml))
    add_style(document, "toc 1")
    document.add_paragraph("开头\t1", style="toc 1")
    document.sections[0].header.paragraphs[0].text = "页眉"
    assert lines() == ["开头增加链接控件", "另行 其后", "青禾县文件"]


def test_properties_have_the_names_of_a_pdf(document, tmp_path):
    document.add_paragraph("正文")
    document.core_properties.title = "青禾县信访局工作报告"
    document.core_properties.author = "青禾县信访局"
    document.core_properties.created = datetime.datetime(2025, 1, 10, 8, 0)
    document.save(tmp_path / "a.docx")
    found = read_document(tmp_path / "a.docx").properties
    assert found["Title"] == "青禾县信访局工作报告"
    assert found["Author"] == "青禾县信访局"
    assert found["CreationDate"].startswith("2025-01-10")


def test_a_report_numbered_by_word_has_the_outline_of_the_typed_one(document, lines):
    key = add_list(document)
    document.add_paragraph("青禾县信访局2024年工作报告")
    add_item(document, "主要做法", key, 0)
    add_item(document, "依法办理。对重复信访逐案建立台账。", key, 1)
    add_item(document, "源头治理。组织律师参与接访。", key, 1)
    add_item(document, "存在问题", key, 0)
    document.add_paragraph("宣传方式比较单一。")
    from indexer.shapes import Line

    outline = parse_outline(to_paragraphs([Line(text) for text in lines()]))
    paths = [section.path for section in outline.sections]
    assert paths == [
        ("一、主要做法",),
        ("一、主要做法", "（一）依法办理。"),
        ("一、主要做法", "（二）源头治理。"),
        ("二、存在问题",),
    ]


def replaced(document, path, name, change):
    """``document`` saved at ``path``, one of its parts changed."""
    document.save(path)
    with zipfile.ZipFile(path) as packed:
        parts = {info.filename: packed.read(info) for info in packed.infolist()}
    parts[name] = change(parts[name])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for key, data in parts.items():
            packed.writestr(key, data)
    return path


@pytest.mark.parametrize("name", ["x", "p", "i"])
def test_entities_are_neither_expanded_nor_fetched(document, tmp_path, name):
    (tmp_path / "secret.txt").write_text("机密内容", "utf-8")
    where = f"file://{tmp_path}/secret.txt"
    declared = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{where}"><!ENTITY a "信访">'
    declared += f'<!ENTITY % p SYSTEM "{where}">%p;' if name == "p" else ""
    declared += "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghi"))
    document.add_paragraph("正文X")

    def attack(data):
        data = data.replace("正文X".encode(), f"正文&{name};".encode())
        return data.replace(b"<w:document", declared.encode() + b"]><w:document", 1)

    path = replaced(document, tmp_path / "a.docx", "word/document.xml", attack)
    try:
        found = [line.text for line in read_document(path).lines]
    except Unreadable as error:
        assert "damaged" in str(error)
    else:
        assert found == ["正文"]


def test_a_remote_template_is_not_opened(document, tmp_path, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *a: pytest.fail("opened a connection"))
    document.add_paragraph("正文")
    settings = document.part.part_related_by(
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings"
    )
    for kind in ("attachedTemplate", "footnotes", "numbering", "image"):
        where = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/" + kind
        settings.rels.get_or_add_ext_rel(where, "http://127.0.0.1:9/evil.dotm")
        document.part.rels.get_or_add_ext_rel(where, "http://127.0.0.1:9/evil")
    document.save(tmp_path / "a.docx")
    assert [line.text for line in read_document(tmp_path / "a.docx").lines] == ["正文"]


def test_a_bomb_is_refused_before_it_is_unpacked(document, tmp_path):
    document.add_paragraph("正文")
    path = replaced(document, tmp_path / "a.docx", "word/document.xml", lambda data: data)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/media/zero.bin", bytes(300 * 2**20))
    assert path.stat().st_size < 2**20
    with pytest.raises(Stopped, match="exceeded 256 MiB unpacked"):
        read_document(path)


def test_a_directory_that_lies_about_sizes_does_not_help_a_bomb(document, tmp_path):
    def attack(data):
        return data.replace(b"<w:body>", b"<w:body>" + b"<w:p/>" * 3_000_000)

    path = replaced(document, tmp_path / "a.docx", "word/document.xml", attack)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as packed:
        real = packed.getinfo("word/document.xml").file_size
    at = data.find(real.to_bytes(4, "little"))
    while at >= 0:
        data[at : at + 4] = (1000).to_bytes(4, "little")
        at = data.find(real.to_bytes(4, "little"))
    path.write_bytes(data)
    with pytest.raises(Unreadable, match="damaged"):
        read_document(path)


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04 broken", b"not a zip", zlib.compress(b"x" * 1000), b"PK\x05\x06" + bytes(18)],
)
def test_a_damaged_file_is_reported(tmp_path, data):
    (tmp_path / "a.docx").write_bytes(data)
    with pytest.raises(Unreadable, match="damaged or not a"):
        read_document(tmp_path / "a.docx")
