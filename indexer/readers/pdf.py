"""PDF files with a text layer, through pdfplumber (its only importer).

Visual lines are put together into paragraphs by their margins: a line that reaches the right
edge goes on in the next one unless that is indented. Running heads are dropped. Scanned
pages have no text here; the reader says so.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect

from indexer.readers.errors import Unreadable
from indexer.shapes import Document, Line

MAX_PAGES = 500
logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # what fails is in the ledger
EDGE = 2.0  # character widths within which a line counts as reaching the margin


@dataclass(frozen=True, slots=True)
class VisualLine:
    """A line as printed; positions in points from the page's left edge."""

    text: str
    x0: float
    x1: float
    size: float  # mean character width
    page: int


def read_pdf(path: Path) -> Document:
    """Read a PDF's text layer.

    :raises Unreadable: if it is encrypted, damaged, too long or has no text layer.
    """
    try:
        with path.open("rb") as handle, pdfplumber.open(handle) as pdf:
            if len(pdf.pages) > MAX_PAGES:
                raise Unreadable(f"{len(pdf.pages)} pages exceed the limit of {MAX_PAGES}")
            pages = [page_lines(page) for page in pdf.pages]
            properties = {k: v for k, v in pdf.metadata.items() if isinstance(v, str)}
    except Unreadable:
        raise
    except Exception as error:  # whatever a broken file makes the parser stumble over
        locked = any(isinstance(arg, PDFPasswordIncorrect) for arg in error.args)
        raise Unreadable("needs a password" if locked else "damaged or not a PDF") from None
    if not any(pages):
        raise Unreadable("scanned, no text layer")
    lines = without_running_heads(pages)
    return Document(tuple(to_lines(lines)), properties)


def page_lines(page: Any) -> list[VisualLine]:  # noqa: ANN401 - pdfplumber has no stubs
    """The visual lines of one page, top to bottom."""
    found = []
    for row in page.extract_text_lines(return_chars=True):
        text = row["text"].strip()
        if text:
            size = (row["x1"] - row["x0"]) / max(1, len(row["chars"]))
            found.append(VisualLine(text, row["x0"], row["x1"], size, page.page_number))
    page.close()
    return found


def without_running_heads(pages: Sequence[Sequence[VisualLine]]) -> list[VisualLine]:
    """All lines but those that open or close more than half of three pages or more."""
    edges = Counter(text for page in pages if page for text in {page[0].text, page[-1].text})
    heads = {text for text, n in edges.items() if len(pages) >= 3 and n > len(pages) / 2}
    return [
        line
        for page in pages
        for at, line in enumerate(page)
        if not (line.text in heads and at in (0, len(page) - 1))
    ]


def to_lines(lines: Sequence[VisualLine]) -> list[Line]:
    """Join visual lines into paragraphs; a page's parts stay apart so that pages are known."""
    left = min((line.x0 for line in lines), default=0.0)
    right = max((line.x1 for line in lines), default=0.0)
    joined: list[Line] = []
    for at, line in enumerate(lines):
        before = lines[at - 1] if at else None
        if before and before.page == line.page and goes_on(before, line, left, right):
            joined[-1] = Line(joined[-1].text + line.text, line.page)
        else:
            joined.append(Line(line.text, line.page))
    return joined


def goes_on(before: VisualLine, line: VisualLine, left: float, right: float) -> bool:
    """Whether ``line`` continues the paragraph of ``before``."""
    full = before.x1 >= right - EDGE * before.size
    indented = line.x0 > left + EDGE / 2 * line.size
    return full and not indented
