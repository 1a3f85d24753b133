"""An HTML page as a row of printed blocks, through selectolax (its only importer).

A block is what stands between two line breaks. It knows how much of it is link text and in
which element it stands, which is all that `web` needs to tell the article from the rest.
Scripts, forms and hidden elements are no text. Nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from indexer.readers.errors import Stopped

DEEPEST = 2_000  # elements within each other
MOST_ELEMENTS = 500_000
LONGEST_CELL = 200  # characters; a table row with a longer cell is layout
CELL = "｜"
UNSEEN = {
    *("head", "script", "style", "noscript", "template", "select", "option", "button", "textarea"),
    *("iframe", "object", "svg", "video", "audio", "map", "input", "nav", "footer", "dialog"),
}
INLINE = {
    *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i"),
    *("ins", "kbd", "label", "mark", "q", "ruby", "s", "samp", "small", "span", "strike"),
    *("strong", "sub", "sup", "time", "tt", "u", "var", "o:p", "st1:chsdate", "st1:personname"),
}
HEADINGS = {f"h{n}": n for n in range(1, 7)}
HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
SPACE = re.compile(r"[ \t\r\n\f\xa0]+")
HAN = "[\u2e80-\u9fff\uff00-\uffef]"
BETWEEN_HAN = re.compile(rf"(?<={HAN})[\t\r\n\f][ \t\r\n\f]*(?={HAN})")
Node = Any  # selectolax's, which has no types


@dataclass(slots=True)
class Element:
    """An element that can hold blocks; ``parent`` is an index into the page's elements."""

    tag: str
    parent: int
    label: str  # its class and id, lower case


@dataclass(slots=True)
class Block:
    """Text between two line breaks."""

    text: str
    linked: int  # characters of it inside links
    owner: int  # index of its element
    heading: int = 0  # 1 to 6 in h1 to h6


@dataclass(slots=True)
class Page:
    """What a page prints, and what its head says about it."""

    blocks: list[Block]
    elements: list[Element]
    title: str
    meta: dict[str, str] = field(default_factory=dict)  # name, lower case -> content


def parse_page(html: str) -> Page:
    """The blocks of a page in reading order.

    :raises Stopped: if it is nested too deeply or holds too many elements.
    """
    tree = LexborHTMLParser(html)
    root = tree.root
    builder = _Builder()
    if root is not None:
        builder.walk(root)
    meta: dict[str, str] = {}
    for node in tree.css("meta"):
        values = node.attributes
        name = (values.get("name") or values.get("property") or "").strip().lower()
        if name:
            meta.setdefault(name, tidy(values.get("content") or ""))
    title = tree.css_first("title")
    return Page(builder.blocks, builder.elements, tidy(title.text()) if title else "", meta)


def tidy(text: str) -> str:
    """White space as a browser shows it; a line break between Chinese characters is none."""
    return SPACE.sub(" ", BETWEEN_HAN.sub("", text)).strip(" \u3000")


class _Builder:
    """Walks a tree without recursion."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.elements: list[Element] = []
        self.parts: list[tuple[str, bool]] = []  # (text, is in a link) of the open block
        self.owners: list[int] = []  # open elements, innermost last
        self.links = 0
        self.headings: list[int] = []

    def walk(self, root: Node) -> None:
        """Visit every node; ``None`` on the stack closes the element below it."""
        stack: list[tuple[Node, bool]] = [(root, True)]
        while stack:
            node, opening = stack.pop()
            if not opening:
                self.leave(node.tag)
                continue
            if node.tag == "-text":
                self.take(node.text_content or "")
            elif node.tag == "br":
                self.flush()
            elif not node.tag.startswith("-") and self.enter(node):
                stack.append((node, False))
                stack += [(child, True) for child in reversed(list(children(node)))]

    def take(self, text: str) -> None:
        """Add text to the open block; in <pre> a line break ends it."""
        preformatted = bool(self.owners) and self.elements[self.owners[-1]].tag == "pre"
        for n, part in enumerate(text.split("\n") if preformatted else [text]):
            if n:
                self.flush()
            self.parts.append((part, self.links > 0))

    def enter(self, node: Node) -> bool:
        """Open an element; False if nothing in it is read here."""
        tag = node.tag
        if tag in INLINE:
            if is_hidden(node):
                return False
            self.links += tag == "a"
            return True
        self.flush()
        if tag in UNSEEN or is_hidden(node):
            return False
        if tag == "tr" and (row := row_text(node)):
            self.blocks.append(Block(row, link_length(node), self.owners[-1]))
            return False
        values = node.attributes
        label = f"{values.get('class') or ''} {values.get('id') or ''}".lower()
        self.elements.append(Element(tag, self.owners[-1] if self.owners else -1, label))
        self.owners.append(len(self.elements) - 1)
        self.headings += [HEADINGS[tag]] if tag in HEADINGS else []
        if len(self.owners) > DEEPEST or len(self.elements) > MOST_ELEMENTS:
            raise Stopped("nested too deeply or too many elements", "网页嵌套过深或元素过多")
        return True

    def leave(self, tag: str) -> None:
        if tag in INLINE:
            self.links -= tag == "a"
            return
        self.flush()
        self.owners.pop()
        if tag in HEADINGS:
            self.headings.pop()

    def flush(self) -> None:
        """End the open block."""
        text = tidy("".join(part for part, _ in self.parts))
        if text:
            linked = sum(len(tidy(part)) for part, link in self.parts if link)
            heading = self.headings[-1] if self.headings else 0
            self.blocks.append(Block(text, linked, self.owners[-1], heading))
        self.parts.clear()


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below ``node``, texts too."""
    child = node.child
    while child is not None:
        yield child
        child = child.next


def is_hidden(node: Node) -> bool:
    """Whether an element is not shown."""
    values = node.attributes
    return "hidden" in values or HIDDEN.search(values.get("style") or "") is not None


def row_text(row: Node) -> str:
    """The cells of a row of data, with ｜ between them; '' for a row that lays out a page."""
    cells = [child for child in children(row) if child.tag in ("td", "th")]
    if len(cells) < 2 or row.css_first("table, div div, ul, p + p + p, script, form"):
        return ""
    texts = [tidy(cell.text(separator=" ")).replace("\n", "") for cell in cells]
    if sum(map(bool, texts)) < 2 or any(len(text) > LONGEST_CELL for text in texts):
        return ""
    return CELL.join(texts).rstrip(CELL)


def link_length(node: Node) -> int:
    """Characters inside links below ``node``."""
    return sum(len(tidy(link.text())) for link in node.css("a"))
