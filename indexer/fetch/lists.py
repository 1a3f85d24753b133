"""The list of URLs: one a line; empty lines and what follows a # are passed over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from indexer.fetch.client import parse_url
from indexer.fetch.shapes import Failure
from indexer.readers.errors import Unreadable
from indexer.readers.text import decode
from indexer.shapes import BadInput

COMMENT = re.compile(r"(^|\s)#.*")
PASSWORD = re.compile(r"//[^/@\s]*@")
SHOWN = 300  # characters of a line that is no URL
QUOTE = "'"  # keeps a spreadsheet from running what follows it
RUNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Entry:
    """A URL of the list, or a line that is none and why."""

    url: str
    failure: Failure | None = None


def read_list(data: bytes, name: str) -> list[Entry]:
    """The entries of a list, each once, in order.

    :raises BadInput: if it is no text or holds no entry.
    """
    try:
        text = decode(data).removeprefix("\ufeff") if data else ""
    except Unreadable as error:
        raise BadInput(f"{name}: {error}", f"{name}：{error.zh}") from None
    lines = (COMMENT.sub("", line).strip() for line in text.splitlines())
    entries = {entry.url: entry for entry in map(entry_from, filter(None, lines))}
    if not entries:
        raise BadInput(f"{name} names no URL", f"{name} 中没有网址")
    return list(entries.values())


def entry_from(line: str) -> Entry:
    """One line of the list."""
    try:
        if len(line.split()) > 1:
            raise Failure("one URL a line, please", "每行只能有一个网址")
        return Entry(parse_url(line))
    except Failure as failure:
        shown = PASSWORD.sub("//***@", "".join(c for c in line if c.isprintable()))[:SHOWN]
        return Entry(QUOTE + shown if shown.startswith(RUNS) else shown, failure)


def list_bytes(path: Path) -> bytes:
    """The bytes of a list in a file.

    :raises BadInput: if it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        why = error.strerror
        raise BadInput(f"{path} cannot be read ({why})", f"无法读取 {path}（{why}）") from None
