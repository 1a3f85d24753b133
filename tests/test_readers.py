"""Files as bureaus publish them, and files that are not what they say."""

import codecs

import pytest

from indexer.cleaning import to_paragraphs
from indexer.readers import Unreadable, Unsupported, read_document

TEXT = "青禾县信访局2024年工作报告\n今年以来，我局依法办理信访事项，切实维护群众合法权益。\n"


@pytest.mark.parametrize(
    ("encoding", "bom"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("gb18030", b""),
    ],
)
def test_text_in_the_encodings_of_government_sites(tmp_path, encoding, bom):
    path = tmp_path / "a.txt"
    path.write_bytes(bom + (TEXT * 5).encode(encoding))
    lines = [line.text for line in read_document(path).lines]
    assert lines == (TEXT * 5).splitlines()


@pytest.mark.parametrize(
    ("name", "data", "error", "reason"),
    [
        ("a.txt", b"", Unsupported, "empty"),
        ("a.txt", b"\xff" * 4096, Unreadable, "not"),
        ("a.txt", bytes(range(256)) * 8, Unreadable, "not"),
        ("a.txt", b"only English here\n", Unsupported, "no Chinese text"),
        ("a.xyz", TEXT.encode(), Unsupported, ".xyz"),
        ("noname", TEXT.encode(), Unsupported, "noname"),
        ("a.pdf", b"%PDF-1.7 broken", Unreadable, "damaged"),
        ("a.pdf", TEXT.encode(), Unreadable, "not a PDF"),
    ],
)
def test_unusable_file_is_refused_with_a_reason(tmp_path, name, data, error, reason):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(error, match=reason):
        read_document(path)


@pytest.fixture(scope="session")
def pdf(tmp_path_factory):
    """A two-page PDF set like an official report: centred title, indents, page numbers."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    path = tmp_path_factory.mktemp("pdf") / "qinghe.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    for number, rows in enumerate(PAGES, 1):
        canvas.setFont("STSong-Light", 16)
        for row, (indent, text) in enumerate(rows):
            canvas.drawString(80 + 16 * indent, 760 - 28 * row, text)
        canvas.drawCentredString(297, 40, f"- {number} -")
        canvas.showPage()
    canvas.save()
    return path


WIDTH = 27  # characters in a full line
BODY = (
    "今年以来，我局坚持把信访工作法治化摆在突出位置，建立健全排查化解台账，实行县级领导包案，"
    "逐案明确责任单位和办结时限，对重复信访事项集中攻坚，全年化解信访积案十二件，"
    "群众满意率稳步提升。"
)
FLOW = [(2, BODY[: WIDTH - 2])] + [
    (0, BODY[at : at + WIDTH]) for at in range(WIDTH - 2, len(BODY), WIDTH)
]
PAGES = [
    [(6, "青禾县信访局2024年法治政府"), (9, "建设工作报告"), (2, "一、主要做法"), *FLOW[:2]],
    [*FLOW[2:], (2, "二、存在问题"), (2, "宣传方式比较单一。")],
]


def test_pdf_lines_become_paragraphs_with_pages(pdf):
    paragraphs = to_paragraphs(read_document(pdf).lines)
    assert [p.text for p in paragraphs] == [
        "青禾县信访局2024年法治政府",
        "建设工作报告",
        "一、主要做法",
        BODY,
        "二、存在问题",
        "宣传方式比较单一。",
    ]
    assert [page for _, page in paragraphs[3].breaks] == [1, 2]


def test_pdf_without_text_layer_is_reported(tmp_path):
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "scan.pdf"))
    canvas.rect(100, 100, 200, 200, fill=1)
    canvas.save()
    with pytest.raises(Unreadable, match="scanned"):
        read_document(tmp_path / "scan.pdf")


def test_pdf_with_a_password_is_reported(tmp_path):
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "locked.pdf"), encrypt="secret")
    canvas.drawString(100, 100, "x")
    canvas.save()
    with pytest.raises(Unreadable, match="password"):
        read_document(tmp_path / "locked.pdf")


def test_control_and_direction_characters_are_not_text(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(
        "信访\u202e局\x1b[31m报告\u2067标题\x9b，正文\t如下\u200e。\n" * 3 + TEXT * 20, "utf-8"
    )
    document = read_document(path)
    assert document.lines[0].text == "信访局[31m报告标题，正文\t如下。"
    assert len({line.text for line in document.lines[:3]}) == 1
