"""Old office formats, OFD, and files whose names say something else."""

import os
import shutil
import time
import zipfile
from pathlib import Path

import pytest

from indexer.readers import Stopped, Unreadable, read_document
from indexer.readers.isolated import Limits, read_isolated
from indexer.readers.office import find_office
from indexer.shapes import Document, Line
from tests.pages import TEMPLATES
from tests.test_isolation import children_of, is_alive, wait_until
from tests.test_readers_web import LINES, TITLE
from tests.wordfile import add_item, add_list, new_document

REPORT = Path(__file__).parent / "cases" / "report.doc"
TEXT = "今年以来，我局依法办理信访事项。"
EXPECTED = [
    "青禾县信访局2024年工作报告",
    "一、主要做法",
    "（一）依法办理。对重复信访逐案建立台账，全年化解积案12件。",
    "（二）源头治理。组织律师参与接访。",
    "二、存在问题",
    "部分干部法治思维有待提高，宣传方式比较单一。",
]
needs_office = pytest.mark.skipif(not find_office(), reason="LibreOffice is not installed")


def texts(document):
    assert isinstance(document, Document), document
    return [line.text for line in document.lines]


@needs_office
@pytest.mark.parametrize("name", ["a.doc", "a.wps", "-a b;c\n.doc"])
def test_old_word_files_are_read_with_their_numbers(tmp_path, name):
    path = Path(shutil.copyfile(REPORT, tmp_path / name))
    (found,) = read_isolated([path])
    assert texts(found) == EXPECTED


@needs_office
def test_a_damaged_old_file_is_reported(tmp_path):
    data = REPORT.read_bytes()
    (tmp_path / "a.doc").write_bytes(data[:600] + os.urandom(3000))
    (found,) = read_isolated([tmp_path / "a.doc"])
    assert isinstance(found, Unreadable), found


def test_without_libreoffice_the_reason_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (found,) = read_isolated([REPORT])
    assert type(found) is Unreadable
    assert "need LibreOffice" in str(found)
    assert "LibreOffice" in found.zh


@pytest.fixture
def office(tmp_path, monkeypatch):
    """Puts a program of this shell code where LibreOffice is looked for."""

    def office(code):
        program = tmp_path / "bin" / "soffice"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n" + code)
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        good = tmp_path / "good.txt"
        good.write_text(TEXT, "utf-8")
        limits = Limits(seconds=3)
        found = list(read_isolated([good, REPORT, good], workers=1, limits=limits))
        assert found[0] == found[2] == Document((Line(TEXT),))
        return found[1]

    return office


def test_a_libreoffice_that_hangs_is_stopped_with_all_it_started(office, tmp_path):
    before = children_of(os.getpid())
    started = time.monotonic()
    note = tmp_path / "pid"
    found = office(f"sleep 3600 &\necho $! > {note}\nwait\n")
    assert isinstance(found, Stopped)
    assert time.monotonic() - started < 30
    assert wait_until(lambda: not is_alive(int(note.read_text())))
    assert children_of(os.getpid()) <= before


@pytest.mark.parametrize("code", ["exit 1\n", "kill -9 $$\n", "echo x > /dev/null\n"])
def test_a_libreoffice_that_fails_is_reported(office, code):
    assert str(office(code)) == "LibreOffice cannot open it"


def test_the_name_does_not_decide_what_a_file_is(tmp_path):
    document = new_document()
    add_item(document, "主要做法", add_list(document))
    document.save(tmp_path / "a.doc")
    assert texts(read_document(tmp_path / "a.doc")) == ["一、主要做法"]
    (tmp_path / "b.doc").write_text(TEMPLATES["office"](TITLE, LINES, ""), "gb18030")
    assert texts(read_document(tmp_path / "b.doc")) == [TITLE, *LINES]
    shutil.copyfile(tmp_path / "a.doc", tmp_path / "c.txt")
    assert texts(read_document(tmp_path / "c.txt")) == ["一、主要做法"]


def test_an_encrypted_office_file_is_reported(tmp_path):
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    (tmp_path / "a.docx").write_bytes(data + "EncryptedPackage".encode("utf-16-le") + bytes(99))
    with pytest.raises(Unreadable, match="needs a password"):
        read_document(tmp_path / "a.docx")


OFD = '<ofd:{0} xmlns:ofd="http://www.ofdspec.org/2016">{1}</ofd:{0}>'


def text_object(x, y, text, size=5.6, **attributes):
    """A line of text, as the standard writes one."""
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return (
        f'<ofd:TextObject ID="9" Font="1" Size="{size}" Boundary="{x} {y} 180 {size}"{more}>'
        f'<ofd:TextCode X="0" Y="{0.85 * size}" DeltaX="g {len(text) - 1} {size}">{text}'
        "</ofd:TextCode></ofd:TextObject>"
    )


def write_ofd(path, *pages, info="", change=lambda parts: parts):
    """An OFD file of these pages, each the XML of its text objects."""
    listed = "".join(
        f'<ofd:Page ID="{n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(pages))
    )
    parts = {
        "OFD.xml": OFD.format(
            "OFD",
            f"<ofd:DocBody><ofd:DocInfo>{info}</ofd:DocInfo>"
            "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>",
        ),
        "Doc_0/Document.xml": OFD.format(
            "Document",
            "<ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>"
            f"</ofd:PageArea></ofd:CommonData><ofd:Pages>{listed}</ofd:Pages>",
        ),
    }
    for n, page in enumerate(pages):
        layer = f"<ofd:Content><ofd:Layer ID='5'>{page}</ofd:Layer></ofd:Content>"
        parts[f"Doc_0/Pages/Page_{n}/Content.xml"] = OFD.format("Page", layer)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in change(parts).items():
            packed.writestr(name, data)
    return path


def ofd_pages():
    """Two pages: a title, a paragraph that goes on over the page, page numbers."""
    width = 30
    body = "今年以来，我局坚持把信访工作法治化摆在突出位置，" * 12
    rows = [body[: width - 2], *(body[n : n + width] for n in range(width - 2, len(body), width))]
    first = [text_object(60, 30, "青禾县信访局工作报告", 7)]
    first += [text_object(28.2 if n else 39.4, 50 + 9 * n, t) for n, t in enumerate(rows[:5])]
    second = [text_object(28.2, 30 + 9 * n, t) for n, t in enumerate(rows[5:])]
    pages = []
    for number, objects in enumerate((first, second), 1):
        pages.append("".join([*reversed(objects), text_object(100, 285, f"— {number} —", 4)]))
    return body, pages


def test_an_ofd_file_is_read_in_order(tmp_path):
    body, pages = ofd_pages()
    path = write_ofd(tmp_path / "a.ofd", *pages, info="<ofd:Title>工作报告</ofd:Title>")
    document = read_document(path)
    assert texts(document)[0] == "青禾县信访局工作报告"
    assert "".join(texts(document)[1:]) == body
    assert [line.page for line in document.lines] == [1, 1, 2]
    assert document.properties == {"Title": "工作报告"}


def test_turned_and_hidden_text_of_an_ofd_file(tmp_path):
    page = text_object(28, 60, "放大的文字，", 1, CTM="5.6 0 0 5.6 0 0")
    page += text_object(28, 90, "看不见的文字，", Visible="false")
    assert texts(read_document(write_ofd(tmp_path / "a.ofd", page))) == ["放大的文字，"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda parts: {"OFD.xml": parts["OFD.xml"]}, "damaged or not an OFD"),
        (lambda parts: parts | {"OFD.xml": "<broken"}, "damaged or not an OFD"),
        (lambda parts: parts | {"Doc_0/Pages/Page_0/Content.xml": "<a/>"}, "no text layer"),
        (lambda parts: parts | {"Encryptions.xml": "<a/>"}, "needs a password"),
    ],
)
def test_an_unusable_ofd_file_is_reported(tmp_path, change, reason):
    path = write_ofd(tmp_path / "a.ofd", text_object(9, 9, TEXT), change=change)
    with pytest.raises(Unreadable, match=reason):
        read_document(path)


def test_entities_and_paths_of_an_ofd_file_reach_nothing(tmp_path):
    (tmp_path / "secret.xml").write_text("<a>机密</a>", "utf-8")
    attack = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{tmp_path}/secret.xml">]>'
    good = text_object(28, 30, TEXT)

    def entity(parts):
        name = "Doc_0/Pages/Page_0/Content.xml"
        return parts | {name: attack + parts[name].replace(TEXT, f"{TEXT}&x;")}

    def path(parts):
        root = parts["Doc_0/Document.xml"]
        return parts | {"Doc_0/Document.xml": root.replace("Pages/Page", f"../..{tmp_path}/Page")}

    assert texts(read_document(write_ofd(tmp_path / "a.ofd", good, change=entity))) == [TEXT]
    with pytest.raises(Unreadable, match="damaged"):
        read_document(write_ofd(tmp_path / "a.ofd", good, change=path))
