"""The test collection: good reports in every format, and files made to do harm.

`write_good` and `write_hostile` fill a folder and say what is in it; everything is made here
from a few lines of text.
"""

from __future__ import annotations

import codecs
import os
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.hostile_pdfs import hostile_pdfs
from tests.hostile_words import hostile_words, packed
from tests.pages import TEMPLATES
from tests.paper import draw_pages
from tests.wordfile import add_item, add_list, new_document

PRACTICES = (
    "对重复信访事项逐案建立台账，由县级领导包案化解，全年化解积案{}件，群众满意率稳步提升。",
    "组织律师参与接访，为来访群众提供法律咨询和法律援助{}人次，引导群众依法逐级反映诉求。",
    "完善信访听证制度，邀请人大代表和政协委员参加听证{}场，做到公开公正、以理服人。",
    "加强源头预防，开展重大决策社会稳定风险评估{}件，从源头上减少信访矛盾的发生。",
)
Writer = Callable[[Path, str, list[str]], object]  # of (path, title, lines)
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


def text_file(encoding: str, bom: bytes = b"") -> Writer:
    """A writer of plain text."""
    return lambda path, title, lines: path.write_bytes(
        bom + "\n".join([title, *lines]).encode(encoding)
    )


def page_file(name: str, encoding: str) -> Writer:
    """A writer of web pages."""
    return lambda path, title, lines: path.write_bytes(
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


def pdf_file(columns: int) -> Writer:
    """A writer of PDF files."""
    return lambda path, title, lines: draw_pages(path, [title, *lines], columns=columns)


FORMATS: tuple[tuple[str, Writer], ...] = (
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
    yield "formula.txt", '=HYPERLINK("http://x","信访")，正文。\n@SUM(1)\n'.encode() * 20


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
    yield (
        "xxe.html",
        (
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            + "<p>信访，&x;</p>".encode()
        ),
    )
    yield "meta.html", b"<meta " + b"charset" * 200_000
    yield "strange-charset.html", b'<meta charset="unicode_escape">' + "信访，".encode("gbk") * 50


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
        b"quote\"';--.txt",
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
    if len(str(folder)) < 90:  # a longer address is none
        with socket.socket(socket.AF_UNIX) as end:
            end.bind(str(folder / "socket.txt"))
    with (folder / "sparse.pdf").open("wb") as file:
        file.truncate(3 * 2**30)
