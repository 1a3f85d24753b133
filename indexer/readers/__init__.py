"""One module per file format; each turns a file into a `Document` of printed lines.

A reader is imported when its first file comes, so that reading plain text loads no parser.
Files of other people are read in child processes: see `isolated`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path

from indexer.readers.errors import Stopped, Unreadable, Unsupported
from indexer.readers.kinds import kind_of
from indexer.shapes import Document, Line

Reader = Callable[[Path], Document]
MAX_BYTES = 64 * 2**20
MAX_LINES = 50_000
MAX_CHARACTERS = 2_000_000
CONTROL = re.compile(  # of C0 and C1 all but the tab; marks and overrides of writing direction
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
READERS = {  # suffix -> module:function
    ".txt": "indexer.readers.text:read_text",
    ".md": "indexer.readers.text:read_text",
    ".pdf": "indexer.readers.pdf:read_pdf",
    ".html": "indexer.readers.web:read_web",
    ".htm": "indexer.readers.web:read_web",
    ".shtml": "indexer.readers.web:read_web",
    ".docx": "indexer.readers.word:read_word",
    ".ofd": "indexer.readers.ofd:read_ofd",
    ".doc": "indexer.readers.office:read_office",
    ".wps": "indexer.readers.office:read_office",
    ".rtf": "indexer.readers.office:read_office",
    ".odt": "indexer.readers.office:read_office",
}

__all__ = ["MAX_BYTES", "READERS", "Stopped", "Unreadable", "Unsupported", "read_document"]


def read_document(path: Path, readers: Mapping[str, str] = READERS) -> Document:
    """Read one file.

    :raises Unreadable: with a reason that fits into a ledger line.
    """
    suffix = path.suffix.lower()
    if suffix not in readers:
        known = ", ".join(readers)
        raise Unsupported(
            f"“{path.suffix or path.name}” is no supported format ({known})",
            f"不支持“{path.suffix or path.name}”格式（支持 {known}）",
        )
    size = path.stat().st_size
    if size == 0:
        raise Unsupported("the file is empty", "文件为空")
    if size > MAX_BYTES:
        raise Unreadable(
            f"{size:,} bytes exceed the limit of {MAX_BYTES:,}",
            f"文件大小 {size:,} 字节，超过上限 {MAX_BYTES:,}",
        )
    kind = kind_of(path)
    return checked(load_reader(readers.get(kind, readers[suffix]))(path))


def load_reader(name: str) -> Reader:
    """The function that ``module:function`` names."""
    module, _, function = name.partition(":")
    reader: Reader = getattr(import_module(module), function)
    return reader


def checked(document: Document) -> Document:
    """``document`` with one printed line in each `Line`, all of it valid text.

    :raises Unreadable: if it holds no Chinese or is too long.
    """
    limited(document.lines)
    lines = tuple(part for line in document.lines for part in plain_lines(line))
    limited(lines)
    if not any(has_han(line.text) for line in lines):
        raise Unsupported("no Chinese text found", "没有中文内容")
    properties = {valid(k): legible(v) for k, v in document.properties.items()}
    return Document(lines, properties)


def limited(lines: tuple[Line, ...]) -> None:
    """:raises Stopped: if there are too many lines or characters."""
    if len(lines) > MAX_LINES:
        raise Stopped(f"its text exceeds {MAX_LINES:,} lines", f"文本超过 {MAX_LINES:,} 行")
    if sum(len(line.text) for line in lines) > MAX_CHARACTERS:
        raise Stopped(
            f"its text exceeds {MAX_CHARACTERS:,} characters", f"文本超过 {MAX_CHARACTERS:,} 字"
        )


def plain_lines(line: Line) -> Iterator[Line]:
    """``line``, cut where its text breaks."""
    for part in valid(line.text).splitlines():
        yield Line(legible(part), line.page)


def legible(text: str) -> str:
    """``text`` without control characters: none is printed, and some turn terminals and lines."""
    return CONTROL.sub("", valid(text))


def valid(text: str) -> str:
    """``text`` without lone surrogates, which no file and no socket takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def has_han(text: str) -> bool:
    """Whether ``text`` holds a Chinese character."""
    return any("\u4e00" <= c <= "\u9fff" for c in text)
