"""A collection as the skeleton of an article, in Markdown.

Every quote is a block quote with a footnote of its own; the footnote is an entry of GB/T 7714 and
ends with a locator, `report:start-end sha256:…`, which says where the quote stands and what it
was. Footnotes are numbered in the order of their first mention. A report that is quoted again has
its whole entry again, not “同[1]”: editors renumber and move footnotes, and each must stand alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote

from search_api.sharing.collections import Collection, Item
from search_api.sharing.markdown import escaped
from search_api.sharing.references import Entry, gbt_line, one_line

DIGITS = 16  # of the quote's SHA-256 in a locator: enough to tell whether it has changed
DASH = "[-‐‑‒–—−]"
LOCATOR = re.compile(
    r"(?<![\w.%~+@-])(?P<id>[\w.%~+@-]{1,300})[ ]?[:：][ ]?"
    rf"(?P<start>\d{{1,9}})[ ]?{DASH}[ ]?(?P<end>\d{{1,9}})"
    r"(?!\d)(?:[ ,，;；]{0,3}sha-?256[ ]?[:：][ ]?(?P<sha256>[0-9a-f]{8,64}))?",
    re.IGNORECASE,
)
PRINTED = re.compile(rf"\[([^\[\]]{{1,300}}):(\d{{1,9}}){DASH}(\d{{1,9}})\]")


@dataclass(frozen=True, slots=True)
class Locator:
    """Where a footnote says that its quote stands; ``sha256`` are its first digits, or ""."""

    report_id: str
    start: int
    end: int
    sha256: str = ""


def to_markdown(collection: Collection) -> str:
    """The article."""
    parts = [f"# {escaped(one_line(collection.name))}"]
    notes = []
    for n, item in enumerate(collection.items, 1):
        if item.note:
            parts.append(escaped(item.note))
        parts.append(block_quote(item.text, n))
        notes.append(f"[^{n}]: {footnote(item)}")
    return "\n\n".join([*parts, *notes]) + "\n"


def block_quote(text: str, n: int) -> str:
    """A text as a block quote that the mark ``n`` follows."""
    return "\n".join(f"> {line}".rstrip() for line in f"{escaped(text)}[^{n}]".split("\n"))


def footnote(item: Item) -> str:
    """The entry, the headings above the quote, and the locator."""
    where = f" 引文位置：{escaped(item.entry.where)}." if item.entry.where else ""
    return f"{gbt_line(escaped_entry(item.entry))}{where} `{locator(item)}`"


def escaped_entry(entry: Entry) -> Entry:
    """An entry whose texts show as they are in Markdown."""
    issuer, title, place = (escaped(text) for text in (entry.issuer, entry.title, entry.place))
    return replace(entry, issuer=issuer, title=title, place=place)


def locator(item: Item) -> str:
    """`report:start-end sha256:…`; characters of the id that an editor might change are coded."""
    return f"{coded(item.report_id)}:{item.start}-{item.end} sha256:{item.sha256[:DIGITS]}"


def coded(report_id: str) -> str:
    """An id of letters, digits, dots and hyphens alone; others as in a web address."""
    kept = (c if c.isalnum() or c in "._-" else percent(c) for c in report_id)
    return "".join(kept)


def percent(char: str) -> str:
    """A character's UTF-8 bytes, percent-encoded."""
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))


def locators(text: str) -> list[Locator]:
    """The places that a footnote names; those with a hash alone, if there are any."""
    text = " ".join(text.split())
    found = [
        Locator(unquote(m["id"]), int(m["start"]), int(m["end"]), (m["sha256"] or "").lower())
        for m in LOCATOR.finditer(text)
    ]
    hashed = [place for place in found if place.sha256]
    printed = [Locator(i, int(a), int(b)) for i, a, b in PRINTED.findall(text)]
    return hashed or printed or found
