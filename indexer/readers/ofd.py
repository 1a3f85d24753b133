"""OFD files (GB/T 33190-2016, the national format of fixed pages), with lxml (its only importer).

A ZIP container of XML: the document names its pages, a page its text objects with the place
of every character, which `printed` puts in order as it does for a PDF. Template pages (seals,
letterheads) and pictures are left out.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from indexer.readers.errors import Unreadable
from indexer.readers.pace import page_done
from indexer.readers.packed import open_packed, read_packed
from indexer.readers.printed import (
    Glyph,
    PrintedPage,
    to_lines,
    to_visual_lines,
    without_running_heads,
)
from indexer.shapes import Document

MAX_PAGES = 500
MOST_GLYPHS = 50_000  # of a page
POINTS = 72 / 25.4  # in a millimetre
A4 = (0.0, 0.0, 210.0, 297.0)
NAMES = {"Title": "Title", "Author": "Author", "CreationDate": "CreationDate", "ModDate": "ModDate"}
UNIT = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]  # a transformation that changes nothing
Element = Any  # lxml's, which has no types


def read_ofd(path: Path) -> Document:
    """Read a .ofd file.

    :raises Unreadable: if it is damaged, encrypted or holds no text.
    """
    with open_packed(path) as packed:
        container = Container(packed)
        root = container.xml("OFD.xml")
        body = first(root, "DocBody")
        start = text_of(body, "DocRoot")
        if first(root, "Encryptions") is not None or "Encryptions.xml" in container.names:
            raise Unreadable("needs a password", "需要密码")
        properties = {
            name: text_of(first(body, "DocInfo"), tag)
            for tag, name in NAMES.items()
            if text_of(first(body, "DocInfo"), tag)
        }
        pages = list(read_pages(container, start))
    if not any(page.glyphs for page in pages):
        raise Unreadable("no text layer", "没有文本层")
    lines = without_running_heads(to_visual_lines(pages))
    return Document(tuple(to_lines(lines)), properties)


class Container:
    """The XML files inside an OFD file."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self.packed = packed
        self.names = {info.filename.lstrip("/"): info for info in packed.infolist()}

    def xml(self, name: str) -> Element:
        """The root of one file.

        :raises Unreadable: if it is missing or no XML.
        """
        info = self.names.get(posixpath.normpath(name).lstrip("/"))
        if info is None:
            raise Unreadable("damaged or not an OFD file", "已损坏或不是 OFD 文件")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            return etree.fromstring(read_packed(self.packed, info), parser)
        except etree.XMLSyntaxError:
            raise Unreadable("damaged or not an OFD file", "已损坏或不是 OFD 文件") from None


def read_pages(container: Container, start: str) -> Iterator[PrintedPage]:
    """The pages of the document whose root file is ``start``."""
    root = container.xml(start)
    folder = posixpath.dirname(start)
    usual = box_of(first(root, "CommonData"), A4)
    found = [page for pages in named(root, "Pages") for page in named(pages, "Page")]
    if len(found) > MAX_PAGES:
        raise Unreadable(
            f"{len(found)} pages exceed the limit of {MAX_PAGES}",
            f"共 {len(found)} 页，超过上限 {MAX_PAGES} 页",
        )
    for number, page in enumerate(found, 1):
        where = page.get("BaseLoc", "")
        content = container.xml(where if where.startswith("/") else posixpath.join(folder, where))
        height = (box_of(content, usual)[3]) * POINTS
        yield PrintedPage(number, height, glyphs_of(content))
        page_done()


def glyphs_of(content: Element) -> list[Glyph]:
    """The characters of a page.

    :raises Unreadable: if there are too many.
    """
    glyphs: list[Glyph] = []
    for item in content.iter("{*}TextObject"):
        if item.get("Visible", "true") != "false":
            glyphs += placed(item)
        if len(glyphs) > MOST_GLYPHS:
            raise Unreadable("a page with too many characters", "单页字符过多")
    return glyphs


def placed(item: Element) -> Iterator[Glyph]:
    """The characters of a text object, in points on the page."""
    left, top, *_ = *numbers(item.get("Boundary")), 0.0, 0.0
    matrix = numbers(item.get("CTM"))
    a, b, c, d, e, f = matrix if len(matrix) == 6 else UNIT
    size = (numbers(item.get("Size")) or [0.0])[0]
    x = y = 0.0
    for code in named(item, "TextCode"):
        x = (numbers(code.get("X")) or [x])[0]
        y = (numbers(code.get("Y")) or [y])[0]
        text = code.text or ""
        steps = deltas(code.get("DeltaX"), len(text)), deltas(code.get("DeltaY"), len(text))
        for at, char in enumerate(text):
            across, down = left + a * x + c * y + e, top + b * x + d * y + f
            wide, tall = abs(a) * size, abs(d) * size
            width = wide / 2 if char.isascii() else wide
            yield Glyph(
                char,
                across * POINTS,
                (across + width) * POINTS,
                (down - 0.85 * tall) * POINTS,
                (down + 0.15 * tall) * POINTS,
            )
            x += steps[0][at] if steps[0] else (0.0 if steps[1] else width / (abs(a) or 1))
            y += steps[1][at] if steps[1] else 0.0


def deltas(text: str | None, count: int) -> list[float]:
    """Distances from character to character; ``g n v`` stands for n times v."""
    if not text:
        return []
    found: list[float] = []
    words = text.split()[: 3 * count][::-1]
    while words and len(found) < count:
        word = words.pop()
        if word == "g" and len(words) >= 2:
            times = int((numbers(words.pop()) or [0.0])[0])
            found += numbers(words.pop())[:1] * min(times, count)
        else:
            found += numbers(word)
    return (found + [found[-1] if found else 0.0] * count)[:count]


def numbers(text: str | None) -> list[float]:
    """The numbers in an attribute; none where one of them is unusable."""
    try:
        found = [float(word) for word in (text or "").split()]
    except ValueError:
        return []
    return found if all(abs(value) < 1e6 for value in found) else []


def box_of(holder: Element | None, usual: tuple[float, ...]) -> tuple[float, ...]:
    """(x, y, width, height) of a page, in millimetres."""
    for box in holder.iter("{*}PhysicalBox") if holder is not None else ():
        found = numbers(box.text)
        if len(found) == 4 and found[3] > 0:
            return tuple(found)
    return usual


def named(holder: Element | None, name: str) -> list[Element]:
    """The children of this name, whatever their namespace."""
    return list(holder.findall(f"{{*}}{name}")) if holder is not None else []


def first(holder: Element | None, name: str) -> Element | None:
    """The first child of this name."""
    return next(iter(named(holder, name)), None)


def text_of(holder: Element | None, name: str) -> str:
    """The text of the first child of this name."""
    child = first(holder, name)
    return (child.text or "").strip() if child is not None else ""
