"""PDF files, through pdfplumber (its only importer).

The text layer of each page is read by where its characters stand (`printed`); ruled tables
become rows of text. A page whose layer is missing or makes no sense is recognised from its
picture (`ocr`) where that is installed; where not, the reader says which pages are lost.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect

from indexer.readers import ocr
from indexer.readers.errors import Unreadable, Unsupported, raise_exhaustion
from indexer.readers.pace import page_done
from indexer.readers.printed import (
    CELL,
    Glyph,
    PrintedPage,
    VisualLine,
    to_lines,
    to_visual_lines,
    with_rows,
    without_running_heads,
)
from indexer.shapes import Document

MAX_PAGES = 500
MOST_GLYPHS = 50_000  # of a page
MOST_RULES = 2_000  # lines and boxes of a page in which tables are looked for
LONGEST_CELL = 200  # characters; a "table" with a longer one is a frame round text
FEWEST = 10  # characters of a page that is not just a page number
MOST_LOST = 0.5  # share of pages that may be missing from a report
CID = re.compile(r"\(cid:\d+\)")
STRANGE = re.compile("[\ue000-\uf8ff\ufffd\x80-\xff\x00-\x08]")  # private use, half-decoded bytes
MOST_STRANGE = 0.15  # share of such characters in a usable text layer
logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # what fails is in the ledger
Page = Any  # pdfplumber has no stubs
Box = tuple[float, float, float, float]  # x0, top, x1, bottom


def read_pdf(path: Path) -> Document:
    """Read a PDF; `Document.properties` may hold ``Missing``: the pages that could not be read.

    :raises Unreadable: if it is encrypted, damaged, too long, or most of it has no text.
    """
    try:
        with path.open("rb") as handle, pdfplumber.open(handle) as pdf:
            if len(pdf.pages) > MAX_PAGES:
                raise Unreadable(
                    f"{len(pdf.pages)} pages exceed the limit of {MAX_PAGES}",
                    f"共 {len(pdf.pages)} 页，超过上限 {MAX_PAGES} 页",
                )
            properties = {k: v for k, v in pdf.metadata.items() if isinstance(v, str)}
            layers = read_layers(pdf.pages)
    except Unreadable:
        raise
    except Exception as error:  # whatever a broken file makes the parser stumble over
        raise_exhaustion(error)
        if any(isinstance(arg, PDFPasswordIncorrect) for arg in error.args):
            raise Unreadable("needs a password", "需要密码") from None
        raise Unreadable("damaged or not a PDF", "已损坏或不是 PDF 文件") from None
    pages, unread = layers.pages, layers.unread
    if unread and ocr.is_installed():
        pages |= recognised(path, unread)
    missing = [number for number in unread if not pages[number].glyphs]
    if not any(page.glyphs for page in pages.values()) or len(missing) > MOST_LOST * len(pages):
        raise nothing_read(unread)
    if missing:
        properties["Missing"] = ", ".join(map(str, missing))
    printed = to_visual_lines([pages[number] for number in sorted(pages)])
    lines = without_running_heads(
        [
            list(with_rows(own, layers.rows.get(number, ())))
            for number, own in zip(sorted(pages), printed, strict=True)
        ]
    )
    return Document(tuple(to_lines(lines)), properties)


@dataclass(slots=True)
class Layers:
    """What the text layers of a PDF's pages hold, by page number."""

    pages: dict[int, PrintedPage] = field(default_factory=dict)
    rows: dict[int, list[VisualLine]] = field(default_factory=dict)  # of tables
    unread: dict[int, str] = field(default_factory=dict)  # why a page's layer is of no use


def read_layers(pages: Sequence[Page]) -> Layers:
    """The text layer of every page.

    :raises Unreadable: if a page holds too much.
    """
    found = Layers()
    for page in pages:
        number, height = page.page_number, float(page.height)
        problem = problem_of(page)
        if problem:
            found.unread[number] = problem
            found.pages[number] = PrintedPage(number, height, ())
        else:
            boxes, found.rows[number] = tables(page, height)
            found.pages[number] = PrintedPage(number, height, glyphs_of(page, boxes))
        page.close()
        page_done()
    return found


def problem_of(page: Page) -> str:
    """Why the text layer of a page cannot be used; '' if it can, or the page is blank."""
    text = "".join(char["text"] for char in page.chars[:MOST_GLYPHS]).strip()
    bare = CID.sub("\ufffd", text)
    if bare and len(STRANGE.findall(bare)) > MOST_STRANGE * len(bare):
        return "garbled"
    area = sum(abs(image["width"] * image["height"]) for image in page.images[:MOST_RULES])
    pictured = area > 0.3 * float(page.width * page.height)
    drawn = len(page.curves) + len(page.rects) > 0 and not text
    return "scanned" if len(bare) < FEWEST and (pictured or drawn) else ""


def glyphs_of(page: Page, boxes: Sequence[Box]) -> list[Glyph]:
    """The upright characters of a page outside of ``boxes``."""
    if len(page.chars) > MOST_GLYPHS:
        raise Unreadable("a page with too many characters", "单页字符过多")
    return [
        Glyph(c["text"], c["x0"], c["x1"], c["top"], c["bottom"])
        for c in distinct(page.chars)
        if c["upright"] and not any(is_inside(c, box) for box in boxes)
    ]


def distinct(chars: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each character once: bold print is often the same one twice, a hair apart."""
    seen: set[tuple[str, int, int]] = set()
    for char in chars:
        column, row = round(char["x0"]), round(char["top"])
        near = [(char["text"], column + a, row + b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
        if char["text"].isspace() or seen.isdisjoint(near):
            yield char
        seen.add(near[4])


def is_inside(char: dict[str, Any], box: Box) -> bool:
    """Whether a character's middle lies in (x0, top, x1, bottom)."""
    x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
    return bool(box[0] <= x <= box[2] and box[1] <= y <= box[3])


def tables(page: Page, height: float) -> tuple[list[Box], list[VisualLine]]:
    """Where a page's ruled tables stand, and their rows."""
    if not 4 <= len(page.lines) + len(page.rects) + len(page.curves) <= MOST_RULES:
        return [], []
    boxes, rows = [], []
    for table in page.find_tables():
        cells = [[tidy(cell) for cell in row] for row in table.extract()]
        wide = max(map(len, cells), default=0)
        longest = max((len(cell) for row in cells for cell in row), default=0)
        if len(cells) < 2 or wide < 2 or longest > LONGEST_CELL:
            continue
        boxes.append(table.bbox)
        for row, texts in zip(table.rows, cells, strict=True):
            text = CELL.join(texts).strip(CELL)
            if text:
                x0, top, x1, _ = row.bbox
                size = (x1 - x0) / max(1, len(text))
                rows.append(
                    VisualLine(text, x0, x1, top, size, page.page_number, 0, height, whole=True)
                )
    return boxes, rows


def tidy(cell: str | None) -> str:
    """A cell's lines as one."""
    return "".join(line.strip() for line in (cell or "").splitlines())


def recognised(path: Path, unread: Iterable[int]) -> dict[int, PrintedPage]:
    """Pages read from their pictures."""
    found = {}
    for number, height, glyphs in ocr.recognise(path, sorted(unread)):
        found[number] = PrintedPage(number, height, glyphs)
        page_done()
    return found


def nothing_read(unread: dict[int, str]) -> Unreadable:
    """Why a PDF gave too little text."""
    kinds = set(unread.values())
    if not kinds:
        return Unsupported("no text in it", "没有文字内容")
    if ocr.is_installed():
        return Unreadable("scanned, and no text was recognised", "扫描件，未能识别出文字")
    if "garbled" in kinds:
        return Unreadable(
            f"its text layer is unusable (fonts without a character map): {ocr.INSTALL}",
            f"文本层无法使用（字体缺少字符映射）：{ocr.INSTALL_ZH}",
        )
    return Unreadable(
        f"scanned, no text layer: {ocr.INSTALL}", f"扫描件，没有文本层：{ocr.INSTALL_ZH}"
    )
