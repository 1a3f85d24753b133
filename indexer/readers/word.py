"""DOCX files, through python-docx (its only importer).

What is printed in the body comes out in order: numbered paragraphs with the numbers that Word
makes up, table rows as lines with ｜ between their cells, text boxes and notes after the
paragraph that holds them. Headings are marked as in Markdown. Running heads, tables of
contents, deleted and hidden text stay out. Nothing that a document links to is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE as KIND
from docx.oxml.parser import parse_xml

from indexer.readers.errors import Unreadable, raise_exhaustion
from indexer.readers.packed import open_packed
from indexer.readers.wordlists import Element, Numbering, W, is_on, to_int, value_of
from indexer.shapes import Document, Line

CELL = "｜"
LONGEST_HEADING = 60  # characters; a longer paragraph in a heading style is text
LONGEST_CELL = 200  # a row with a longer cell of several paragraphs is layout, not a table
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
UNSEEN = {f"{W}{name}" for name in ("pPr", "del", "moveFrom", "instrText", "rt", "rPr", "delText")}
SIGNS = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
BREAKS = {f"{W}{name}": sign for name, sign in SIGNS.items()}
CONTENTS = re.compile(r"^(?:toc|目录|table of (?:contents|figures))\b", re.IGNORECASE)
NAMES = {  # of python-docx -> as in a PDF
    "title": "Title",
    "author": "Author",
    "subject": "Subject",
    "keywords": "Keywords",
    "created": "CreationDate",
    "modified": "ModDate",
}


def read_word(path: Path) -> Document:
    """Read a .docx file.

    :raises Unreadable: if it is damaged, encrypted or no DOCX.
    :raises Stopped: if it unpacks to too much.
    """
    with open_packed(path):
        pass
    try:
        with path.open("rb") as handle:
            document = docx.Document(handle)
            body = _Body(document)
            lines = tuple(Line(text) for text in body.lines(document.element.body))
            return Document(lines, to_properties(document.core_properties))
    except Unreadable:
        raise
    except Exception as error:  # whatever a broken file makes the parser stumble over
        raise_exhaustion(error)
        raise Unreadable("damaged or not a DOCX file", "已损坏或不是 DOCX 文件") from None


def to_properties(found: Any) -> dict[str, str]:  # noqa: ANN401 - python-docx has no types here
    """Title, author and dates, under the names that a PDF uses."""
    values = {name: getattr(found, key, None) for key, name in NAMES.items()}
    return {name: str(value) for name, value in values.items() if value}


class _Body:
    """Turns the blocks of one document into lines; counts its lists on the way."""

    def __init__(self, document: Any) -> None:  # noqa: ANN401 - see above
        part = document.part
        styles = document.styles.element.findall(f"{W}style")
        self.styles = {style.get(f"{W}styleId", ""): style for style in styles}
        self.numbering = Numbering(_related(part, KIND.NUMBERING), self.styles)
        self.notes = _notes(_related(part, KIND.FOOTNOTES), "footnote")
        self.notes |= _notes(_related(part, KIND.ENDNOTES), "endnote")

    def lines(self, block: Element) -> Iterator[str]:
        """The printed lines of a body, cell, text box or note."""
        for child in block:
            if child.tag == f"{W}p":
                yield from self.paragraph(child)
            elif child.tag == f"{W}tbl":
                yield from self.table(child)
            elif child.tag == f"{W}sdt" and not _is_contents(child):
                for content in child.findall(f"{W}sdtContent"):
                    yield from self.lines(content)
            elif child.tag in (f"{W}ins", f"{W}moveTo", f"{W}customXml", f"{W}smartTag"):
                yield from self.lines(child)

    def paragraph(self, element: Element) -> Iterator[str]:
        """A paragraph, then the text boxes and notes that it holds."""
        properties = element.find(f"{W}pPr")
        boxes: list[Element] = []
        text = "".join(_pieces(element, boxes)).strip()
        if CONTENTS.match(self.style_name(properties)):
            return
        number = self.numbering.number(properties)  # an empty paragraph counts too
        if text:
            level = self.heading_level(properties)
            mark = "#" * level + " " if level and len(text) <= LONGEST_HEADING else ""
            yield mark + _glued(number.strip(), text)
        for box in boxes:
            yield from self.lines(self.notes.pop(_note_key(box), box))

    def table(self, element: Element) -> Iterator[str]:
        """A table's rows; one that only lays text out, as that text."""
        for row in _rows(element):
            cells = [list(self.lines(cell)) for cell in _cells(row)]
            filled = [cell for cell in cells if cell]
            layout = any(len(c) > 1 and sum(map(len, c)) > LONGEST_CELL for c in filled)
            if len(filled) == 1 or layout:
                for cell in filled:
                    yield from cell
            elif filled:
                texts = ["".join(line.lstrip("# ") for line in cell) for cell in cells]
                yield CELL.join(text.replace("\n", "") for text in texts).rstrip(CELL)

    def style_name(self, properties: Element | None) -> str:
        """The name of a paragraph's style."""
        return value_of(self.styles.get(value_of(properties, "pStyle")), "name")

    def heading_level(self, properties: Element | None) -> int:
        """1 to 6 for a heading, by the outline level or name of its style; else 0."""
        chain = self.numbering.chain(value_of(properties, "pStyle"))
        for style, holder in (("", properties), *chain):
            level = to_int(value_of(holder, "outlineLvl"))
            if level is not None:
                return min(level + 1, 6) if level < 9 else 0
            name = value_of(self.styles.get(style), "name").lower() if style else ""
            if name.startswith("heading ") or name == "title":
                return min(to_int(name[8:]) or 1, 6)
        return 0


def _related(part: Any, kind: str) -> Element | None:  # noqa: ANN401 - see above
    """The root of the part that ``part`` points to; None if there is none inside the file."""
    for relation in part.rels.values():
        if relation.reltype == kind and not relation.is_external:
            return parse_xml(relation.target_part.blob)
    return None


def _notes(root: Element | None, name: str) -> dict[tuple[str, str], Element]:
    """(kind, id) -> note; separators between text and notes are none."""
    found = root.findall(f"{W}{name}") if root is not None else ()
    return {(name, note.get(f"{W}id", "")): note for note in found if note.get(f"{W}type") is None}


def _note_key(element: Element) -> tuple[str, str]:
    name = element.tag.removeprefix(W).removesuffix("Reference")
    return name, element.get(f"{W}id", "")


def _pieces(element: Element, boxes: list[Element]) -> Iterator[str]:
    """The text of a paragraph; text boxes and references to notes go to ``boxes``."""
    for child in element:
        tag = child.tag
        if tag == f"{W}t" or tag == MATH:
            yield child.text or ""
        elif tag in BREAKS:
            yield BREAKS[tag]
        elif tag in (f"{W}txbxContent", f"{W}footnoteReference", f"{W}endnoteReference"):
            boxes.append(child)
        elif not _is_unseen(child):
            yield from _pieces(child, boxes)


def _is_unseen(element: Element) -> bool:
    tag = element.tag
    hidden = tag == f"{W}r" and is_on(element.find(f"{W}rPr"), "vanish")
    return hidden or tag in UNSEEN or tag == FALLBACK or not isinstance(tag, str)


def _glued(number: str, text: str) -> str:
    """A number before its text; a space only where two digits or Latin words would touch."""
    if not number:
        return text
    near = number[-1].isascii() and number[-1] not in ")]" and text[0].isascii()
    return f"{number} {text}" if near else number + text


def _is_contents(element: Element) -> bool:
    """Whether a content control holds a table of contents."""
    kinds = element.findall(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
    return any(kind.get(f"{W}val") == "Table of Contents" for kind in kinds)


def _rows(table: Element) -> Iterator[Element]:
    """The rows of a table, those inside content controls and insertions too."""
    for child in table:
        if child.tag == f"{W}tr":
            if not is_on(child.find(f"{W}trPr"), "del"):
                yield child
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}customXml"):
            yield from _rows(child)


def _cells(row: Element) -> Iterator[Element]:
    for child in row:
        if child.tag == f"{W}tc":
            yield child
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}customXml"):
            yield from _cells(child)
