"""The test collection: good reports in every format, and files made to do harm.

`write_good` and `write_hostile` fill a folder and say what is in it; everything is made here
from a few lines of text.
"""

from __future__ import annotations

import codecs
import io
import os
import random
import socket
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from tests.pages import TEMPLATES
from tests.paper import draw_lines, draw_pages, draw_picture, new_canvas
from tests.wordfile import add_item, add_list, new_document

PRACTICES = (
    "对重复信访事项逐案建立台账，由县级领导包案化解，全年化解积案{}件，群众满意率稳步提升。",
    "组织律师参与接访，为来访群众提供法律咨询和法律援助{}人次，引导群众依法逐级反映诉求。",
    "完善信访听证制度，邀请人大代表和政协委员参加听证{}场，做到公开公正、以理服人。",
    "加强源头预防，开展重大决策社会稳定风险评估{}件，从源头上减少信访矛盾的发生。",
)
CASES = Path(__file__).parent / "cases"
GOOD = 100


def report(number: int) -> tuple[str, list[str]]:
    """(title, lines) of a made-up report; no two are alike."""
    place = "青白红金银铜云山河江"[number % 10] + "禾溪岭川林湖洲原泉峰"[number // 10] + "县"
    title = f"{place}信访局{2018 + number % 7}年法治政府建设工作报告"
    done = [text.format(number * 7 + at) for at, text in enumerate(PRACTICES)]
    lines = [
        f"今年以来，{place}信访局认真履行职责，现将有关情况报告如下。",
        "一、主要做法",
        f"（一）依法办理。{done[number % 4]}",
        f"（二）规范程序。{done[(number + 1) % 4]}",
        "二、存在问题",
        f"部分干部法治思维有待提高，工作推进还不平衡，有{number}个乡镇宣传方式比较单一。",
    ]
    return title, lines


def text_file(encoding: str, bom: bytes = b"") -> Callable[[Path, str, list[str]], None]:
    """A writer of plain text."""
    return lambda path, title, lines: path.write_bytes(  # type: ignore[return-value]
        bom + "\n".join([title, *lines]).encode(encoding)
    )


def page_file(name: str, encoding: str) -> Callable[[Path, str, list[str]], None]:
    """A writer of web pages."""
    return lambda path, title, lines: path.write_bytes(  # type: ignore[return-value]
        TEMPLATES[name](title, lines, "2025-01-10").encode(encoding)
    )


def word_file(path: Path, title: str, lines: list[str]) -> None:
    """A DOCX whose numbers Word makes up."""
    document = new_document()
    key = add_list(document)
    document.add_paragraph(title)
    for line in lines:
        if line[1] == "、":
            add_item(document, line[2:], key, 0)
        elif line[0] == "（":
            add_item(document, line[3:], key, 1)
        else:
            document.add_paragraph(line)
    document.save(str(path))


def pdf_file(columns: int) -> Callable[[Path, str, list[str]], None]:
    """A writer of PDF files."""
    return lambda path, title, lines: draw_pages(  # type: ignore[return-value]
        path, [title, *lines], columns=columns, head="工作报告"
    )


FORMATS: tuple[tuple[str, Callable[[Path, str, list[str]], None]], ...] = (
    (".txt", text_file("utf-8")),
    (".docx", word_file),
    (".html", page_file("modern", "utf-8")),
    (".pdf", pdf_file(1)),
    (".txt", text_file("gb18030")),
    (".htm", page_file("tables", "gb18030")),
    (".md", text_file("utf-8", codecs.BOM_UTF8)),
    (".html", page_file("sloppy", "utf-8")),
    (".pdf", pdf_file(2)),
    (".txt", text_file("utf-16-le", codecs.BOM_UTF16_LE)),
)


def write_good(folder: Path, count: int = GOOD) -> list[Path]:
    """``count`` readable reports, in all formats, spread over the alphabet."""
    paths = []
    for number in range(count):
        suffix, write = FORMATS[number % len(FORMATS)]
        path = folder / f"{chr(97 + number * 7 % 26)}-good-{number:03}{suffix}"
        write(path, *report(number))
        paths.append(path)
    return paths


def write_hostile(folder: Path) -> list[Path]:
    """Everything else; what becomes of each does not matter to its neighbours."""
    for number, (name, data) in enumerate(hostile_bytes()):
        (folder / f"{chr(97 + number * 5 % 26)}-{name}").write_bytes(data)
    write_odd_names(folder)
    write_odd_entries(folder)
    return [path for path in folder.iterdir() if "-good-" not in path.name]


def hostile_bytes() -> Iterator[tuple[str, bytes]]:
    """(name, content) of every hostile file that is one."""
    yield from hostile_texts()
    yield from hostile_pages()
    yield from hostile_pdfs()
    yield from hostile_words()
    yield from hostile_archives()
    yield from misnamed()


def hostile_texts() -> Iterator[tuple[str, bytes]]:
    """Plain text that is none, or that is too much of it."""
    line = "信访工作，".encode()
    yield "empty.txt", b""
    yield "blank.txt", b" \r\n\t\n" * 50
    yield "ff.txt", b"\xff" * 100_000
    yield "nul.txt", bytes(100_000)
    yield "random.txt", random.Random(1).randbytes(200_000)
    yield "control.md", bytes(range(1, 32)) * 3000
    yield "odd-utf16.txt", codecs.BOM_UTF16_LE + "信访".encode("utf-16-le") * 99 + b"\x01"
    yield "surrogates.txt", b"\xed\xa0\x80\xed\xb0\x80" * 999 + line
    yield "cut.txt", line * 999 + b"\xe4\xbf"
    yield "two-encodings.txt", line * 99 + "信访工作，".encode("gb18030") * 99
    yield "one-line.txt", line * 1_500_000
    yield "many-lines.txt", "访\n".encode() * 900_000
    yield "long-lines.txt", ("（一".encode() * 50_000 + b"\n") * 3
    yield "points.txt", "一是二是三是、".encode() * 60_000
    yield "brackets.txt", ("访" + "[{(" * 300_000).encode()
    yield "numerals.txt", ("一二三四五六七八九十" * 40_000).encode()
    yield "spaces.txt", ("信" + " " * 800_000 + "访").encode()
    yield "bidi.txt", "\u202e\u200b\ufeff信访\u2066工作，成效明显。\x00\x1b[31m".encode() * 99
    yield "html-in-text.txt", "<script>alert('信访')</script>，正文。\n".encode() * 20
    yield "formula.txt", "=HYPERLINK(\"http://x\",\"信访\")，正文。\n@SUM(1)\n".encode() * 20


def hostile_pages() -> Iterator[tuple[str, bytes]]:
    """Web pages that nest, repeat and refer."""
    yield "nested.html", b"<div>" * 200_000 + "信访。".encode()
    yield "nested-tables.html", b"<table><tr><td>" * 60_000 + "信访。".encode()
    yield "unclosed.html", "<p><font><b><i><u>信访。".encode() * 30_000
    yield "attributes.html", b"<p " + b"a=b " * 900_000 + ">信访。</p>".encode()
    yield "elements.html", "<p>访".encode() * 900_000
    yield "links.html", "<a href=x>信访，</a>".encode() * 50_000
    yield "cells.html", b"<table>" + "<tr><td>信<td>访，".encode() * 100_000
    yield "comment.html", b"<!--" + "信访。".encode() * 100_000
    yield "script.html", b"<script>" + "信访。".encode() * 100_000
    yield "entities.html", b"&lt;" * 500_000 + "信访。".encode()
    yield "frames.html", b"<frameset><frame src=http://127.0.0.1:9/x></frameset>"
    yield "xxe.html", (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + "<p>信访，&x;</p>".encode()
    )
    yield "meta.html", b"<meta " + b"charset" * 200_000
    yield "strange-charset.html", b'<meta charset="unicode_escape">' + "信访，".encode("gbk") * 50


def pdf(*objects: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A PDF of these objects, numbered from 1."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d %s>>\n" % (len(objects) + 1, trailer)
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start


def stream(data: bytes, *, layers: int = 1, extra: bytes = b"") -> bytes:
    """A stream object, deflated ``layers`` times."""
    for _ in range(layers):
        data = zlib.compress(data, 9)
    filters = b"/Filter [%s]" % (b"/FlateDecode " * layers) if layers else b""
    return b"<</Length %d %s %s>>\nstream\n%s\nendstream" % (len(data), filters, extra, data)


CATALOG = b"<</Type /Catalog /Pages 2 0 R>>"
PAGES = b"<</Type /Pages /Kids [3 0 R] /Count 1>>"
FONT = b"/Resources <</Font <</F 5 0 R>> /XObject <</X 4 0 R>>>>"
PAGE = b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %s>>" % FONT
HELVETICA = b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"


def one_page(content: bytes, *, page: bytes = PAGE, font: bytes = HELVETICA) -> bytes:
    """A PDF of one page with this content stream object."""
    return pdf(CATALOG, PAGES, page, content, font)


def hostile_pdfs() -> Iterator[tuple[str, bytes]]:
    """PDF files that are broken, locked, endless or immense."""
    whole = made_pdf(lambda canvas: draw_lines(canvas, ["信访工作，成效明显。"] * 20))
    yield "truncated.pdf", whole[: len(whole) // 2]
    yield "header.pdf", b"%PDF-1.7\n"
    yield "garbage.pdf", b"%PDF-1.7\n" + random.Random(2).randbytes(100_000)
    yield "locked.pdf", made_pdf(lambda c: draw_lines(c, ["信访"]), encrypt="secret")
    yield "blank.pdf", made_pdf(lambda canvas: canvas.showPage())
    yield "scan.pdf", made_pdf(lambda canvas: draw_picture(canvas, CASES / "scan.png"))
    yield "flate-bomb.pdf", one_page(stream(bytes(10**9)))
    yield "flate-in-flate.pdf", one_page(stream(b"BT /F 9 Tf (x) Tj ET\n" * 10**6, layers=3))
    yield "operators.pdf", one_page(stream(b"BT /F 1 Tf (abcdefgh) Tj ET\n" * 400_000))
    yield "nested-state.pdf", one_page(stream(b"q " * 2_000_000))
    yield "arrays.pdf", one_page(stream(b"[" * 2_000_000))
    yield "dictionaries.pdf", pdf(b"<</A " * 100_000, PAGES, PAGE, stream(b""), HELVETICA)
    yield "rectangles.pdf", one_page(stream(b"1 1 9 9 re S 3 3 m 90 90 l S\n" * 60_000))
    yield "grid.pdf", one_page(
        stream(b"".join(b"%d 0 m %d 842 l S 0 %d m 595 %d l S\n" % (n, n, n, n) for n in range(450)))
    )
    yield "form-loop.pdf", one_page(
        stream(b"/X Do " * 50, extra=b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] " + FONT)
    )
    yield "kids-loop.pdf", pdf(CATALOG, b"<</Type /Pages /Kids [2 0 R 2 0 R] /Count 2>>")
    yield "many-pages.pdf", pdf(
        CATALOG,
        b"<</Type /Pages /Kids [%s] /Count 99999>>" % (b"3 0 R " * 99_999),
        PAGE,
        stream(b"BT /F 9 Tf (x) Tj ET"),
        HELVETICA,
    )
    yield "xref-loop.pdf", pdf(CATALOG, PAGES, PAGE, stream(b""), trailer=b"/Root 1 0 R /Prev 9")
    yield "huge-page.pdf", one_page(stream(b""), page=PAGE.replace(b"595 842", b"9999999 9999999"))
    yield "huge-image.pdf", one_page(
        stream(
            bytes(10_000_000),
            extra=b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 "
            b"/BitsPerComponent 8 /ColorSpace /DeviceRGB",
        )
    )
    cmap = b"1 begincodespacerange <0000> <FFFF> endcodespacerange 1 begincidrange "
    cmap += b"<00000000> <FFFFFFFF> 0 endcidrange"
    yield "cmap.pdf", pdf(
        CATALOG,
        PAGES,
        PAGE,
        stream(b"BT /F 9 Tf <00010002> Tj ET" * 999),
        b"<</Type /Font /Subtype /Type0 /BaseFont /X /Encoding 6 0 R /DescendantFonts [7 0 R] "
        b"/ToUnicode 6 0 R>>",
        stream(cmap, extra=b"/Type /CMap /CMapName /X"),
        b"<</Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo <</Registry (A) "
        b"/Ordering (B) /Supplement 0>>>>",
    )
    yield "script.pdf", pdf(
        b"<</Type /Catalog /Pages 2 0 R /OpenAction <</S /JavaScript /JS (app.alert(1))>>>>",
        PAGES,
        PAGE,
        stream(b"BT /F 9 Tf (x) Tj ET"),
        HELVETICA,
    )


def made_pdf(draw: Callable[..., object], **options: object) -> bytes:
    """What ``draw`` puts on a canvas."""
    out = io.BytesIO()
    canvas = new_canvas("unused", **options)
    canvas._filename = out
    draw(canvas)
    canvas.save()
    return out.getvalue()


def packed(parts: dict[str, bytes], **options: int) -> bytes:
    """A ZIP container."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **options) as container:  # type: ignore[arg-type]
        for name, data in parts.items():
            container.writestr(name, data)
    return out.getvalue()


def word_parts(text: str = "信访工作，成效明显。") -> dict[str, bytes]:
    """The parts of a good DOCX."""
    out = io.BytesIO()
    document = new_document()
    add_item(document, text, add_list(document))
    document.save(out)
    with zipfile.ZipFile(out) as container:
        return {name: container.read(name) for name in container.namelist()}


def word_with(change: Callable[[bytes], bytes], name: str = "word/document.xml") -> bytes:
    """A DOCX one part of which is changed."""
    parts = word_parts()
    return packed(parts | {name: change(parts[name])})


def hostile_words() -> Iterator[tuple[str, bytes]]:
    """DOCX files that unpack, nest, refer and lie."""
    parts = word_parts()
    whole = packed(parts)
    body = b"<w:body>"
    yield "truncated.docx", whole[: len(whole) // 2]
    yield "no-document.docx", packed({"a.txt": b"x"})
    yield "empty-parts.docx", packed(dict.fromkeys(parts, b""))
    yield "zip-bomb.docx", packed(parts | {"word/media/a.bin": bytes(400 * 2**20)})
    yield "xml-bomb.docx", word_with(lambda x: x.replace(body, body + b"<w:p/>" * 9_000_000))
    yield "paragraphs.docx", word_with(
        lambda x: x.replace(body, body + "<w:p><w:r><w:t>访</w:t></w:r></w:p>".encode() * 400_000)
    )
    yield "nested-tables.docx", word_with(
        lambda x: x.replace(body, body + b"<w:tbl><w:tr><w:tc>" * 5_000)
    )
    yield "deep.docx", word_with(
        lambda x: x.replace(body, body + b"<w:sdt><w:sdtContent>" * 90 + b"</w:sdtContent></w:sdt>" * 90)
    )
    entities = b"<!DOCTYPE d [<!ENTITY a 'xxxxxxxxxx'>"
    for a, b in pairwise("abcdefghij"):
        entities += f"<!ENTITY {b} '{f'&{a};' * 10}'>".encode()
    yield "entity-bomb.docx", word_with(
        lambda x: x.replace(b"<w:document", entities + b"]><w:document", 1).replace(
            "信访".encode(), b"&j;"
        )
    )
    outside = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    yield "xxe.docx", word_with(
        lambda x: x.replace(b"<w:document", outside + b"<w:document", 1).replace(
            "信访".encode(), "信访&x;".encode()
        )
    )
    remote = (
        b'<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        b'relationships/attachedTemplate" Target="http://127.0.0.1:9/a.dotm" TargetMode="External"/>'
    )
    yield "remote-template.docx", word_with(
        lambda x: x.replace(b"</Relationships>", remote + b"</Relationships>"),
        "word/_rels/document.xml.rels",
    )
    yield "style-loop.docx", word_with(
        lambda x: x.replace(b'w:basedOn w:val="Normal"', b'w:basedOn w:val="Heading1"'),
        "word/styles.xml",
    )
    yield "wild-numbers.docx", word_with(
        lambda x: x.replace(b'w:start w:val="1"', b'w:start w:val="99999999999999"'),
        "word/numbering.xml",
    )
    yield "locked.docx", (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(900) + "EncryptedPackage".encode("utf-16-le")
    )


def hostile_archives() -> Iterator[tuple[str, bytes]]:
    """ZIP archives that reach out, nest and unpack."""
    good = "\n".join([*report(999 % 100)[1]]).encode()
    yield "slip.zip", packed({"../../evil.txt": good, "/etc/evil.txt": good, "C:\\evil.txt": good})
    inner = packed({f"{n}.txt": bytes(10**6) for n in range(16)})
    for _ in range(3):
        inner = packed({f"{n}.zip": inner for n in range(16)})
    yield "forty-two.zip", inner
    yield "zeros.zip", packed({f"{n}.txt": bytes(60 * 2**20) for n in range(40)})
    yield "members.zip", packed({f"{n}.txt": b"" for n in range(20_000)})
    yield "truncated.zip", packed({"a.txt": good * 99})[:-40]
    locked = bytearray(packed({"a.txt": good}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + place] |= 1
    yield "locked.zip", bytes(locked)


def misnamed() -> Iterator[tuple[str, bytes]]:
    """Files that are not what they are called."""
    yield "is-png.pdf", (CASES / "scan.png").read_bytes()
    yield "is-text.pdf", "信访工作，成效明显。".encode() * 50
    yield "is-text.docx", "信访工作，成效明显。".encode() * 50
    yield "is-program.doc", b"\x7fELF" + random.Random(3).randbytes(9_000)
    yield "is-nothing.wps", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000)
    yield "is-random.ofd", random.Random(4).randbytes(9_000)
    yield "is-picture.html", (CASES / "scan.png").read_bytes()
    yield "program.exe", b"MZ" + bytes(900)
    yield "table.xlsx", packed({"xl/workbook.xml": b"<a/>"})
    yield "no-suffix", "信访工作，成效明显。".encode()


def write_odd_names(folder: Path) -> None:
    """Good text under names that break lines, pages and shells."""
    text = "\n".join([*report(998 % 100)[1]])
    names = [
        b"new\nline.txt",
        b"<script>alert(1)<.txt",
        b'quote"\';--.txt',
        b"-rf --help.txt",
        "‮gnp.txt".encode(),
        b"bytes-\xff\xfe.txt",
        b"n" * 251 + b".txt",
        b"=cmd|x.txt",
        "空　格 .txt".encode(),
        b"%00%2e%2e.txt",
    ]
    for number, name in enumerate(names):
        with open(os.fsencode(folder) + b"/" + name, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(f"{text}第{number}份，独一无二。")


def write_odd_entries(folder: Path) -> None:
    """What is in a folder and no file of it."""
    (folder / "passwd.txt").symlink_to("/etc/passwd")
    (folder / "outside.pdf").symlink_to("/etc")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "dangling.docx").symlink_to(folder / "nowhere.docx")
    (folder / "up").symlink_to(folder.parent)
    os.mkfifo(folder / "pipe.txt")
    (folder / "folder.pdf").mkdir()
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(folder / "s.txt")[-100:] if len(str(folder)) > 90 else str(folder / "s.txt"))
    with (folder / "sparse.pdf").open("wb") as file:
        file.truncate(3 * 2**30)
