"""One module per file format; each turns a file into a `Document` of printed lines."""

from __future__ import annotations

from pathlib import Path

from indexer.readers.errors import Unreadable, Unsupported
from indexer.readers.pdf import read_pdf
from indexer.readers.text import read_text
from indexer.shapes import Document

MAX_BYTES = 64 * 2**20
READERS = {".txt": read_text, ".md": read_text, ".pdf": read_pdf}

__all__ = ["MAX_BYTES", "READERS", "Unreadable", "Unsupported", "read_document"]


def read_document(path: Path) -> Document:
    """Read one file.

    :raises Unreadable: with a reason that fits into a ledger line.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(READERS)
        raise Unsupported(f"“{path.suffix or path.name}” is no supported format ({known})")
    size = path.stat().st_size
    if size == 0:
        raise Unsupported("the file is empty")
    if size > MAX_BYTES:
        raise Unreadable(f"{size:,} bytes exceed the limit of {MAX_BYTES:,}")
    document = reader(path)
    if not any(has_han(line.text) for line in document.lines):
        raise Unsupported("no Chinese text found")
    return document


def has_han(text: str) -> bool:
    """Whether ``text`` holds a Chinese character."""
    return any("\u4e00" <= c <= "\u9fff" for c in text)
