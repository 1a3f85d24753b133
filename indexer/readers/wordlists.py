"""Word's automatic numbering: the 一、（一）1. that a DOCX file keeps outside its text.

A paragraph points to a list (``numId``) and a level, itself or through its style; the list
points to a definition (``abstractNum``) that says how each level counts and looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from indexer.readers.numerals import write_numeral

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
LEVELS = 9
LONGEST_NUMBER = 60  # characters
PLACE = re.compile(r"%([1-9])")
SILENT = ("none", "bullet")  # styles that print no number
Element = Any  # lxml's; the library that parsed it stays behind one door


@dataclass(frozen=True, slots=True)
class ListLevel:
    """How one level of a list counts."""

    style: str = "decimal"
    text: str = ""  # e.g. （%1）
    start: int = 1
    restart: int | None = None  # the level, 1-based, that starts it anew; 0: none; None: any above
    legal: bool = False  # all of its numbers in digits
    paragraph_style: str = ""


@dataclass(slots=True)
class WordList:
    """A definition's levels and where its counting stands."""

    levels: dict[int, ListLevel]
    counts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The lists of one document; `number` must see its paragraphs in order."""

    def __init__(self, root: Element | None, styles: Mapping[str, Element]) -> None:
        self.styles = styles  # style id -> element
        self.definitions: dict[str, WordList] = {}
        self.links: dict[str, str] = {}  # definition -> the style that holds its levels
        self.lists: dict[str, str] = {}  # numId -> definition
        self.overrides: dict[str, dict[int, Element]] = {}
        self.begun: set[tuple[str, int]] = set()
        for element in root.findall(f"{W}abstractNum") if root is not None else ():
            self._define(element)
        for element in root.findall(f"{W}num") if root is not None else ():
            key = element.get(f"{W}numId", "")
            self.lists[key] = value_of(element, "abstractNumId")
            changes = element.findall(f"{W}lvlOverride")
            self.overrides[key] = {to_int(c.get(f"{W}ilvl")) or 0: c for c in changes}

    def _define(self, element: Element) -> None:
        levels = {
            to_int(level.get(f"{W}ilvl")) or 0: to_level(level)
            for level in element.findall(f"{W}lvl")
        }
        key = element.get(f"{W}abstractNumId", "")
        self.definitions[key] = WordList(levels)
        self.links[key] = value_of(element, "numStyleLink")

    def number(self, properties: Element | None) -> str:
        """The number printed before a paragraph with these ``properties`` (its w:pPr)."""
        key, at = self.place(properties)
        found = self._list(key)
        if found is None or not 0 <= at < LEVELS:
            return ""
        level = self._level(found, key, at)
        self._count(found, key, at, level)
        if level.style in SILENT or not level.text:
            return ""
        return PLACE.sub(lambda m: self._written(found, key, int(m[1]) - 1, level), level.text)[
            :LONGEST_NUMBER
        ]

    def place(self, properties: Element | None) -> tuple[str, int]:
        """(numId, level) of a paragraph: its own, else its style's; ('', 0) without a list."""
        key, at = "", None
        style = value_of(properties, "pStyle") or self.default_style
        for owner, holder in [("", properties), *self.chain(style)]:
            found = holder.find(f"{W}numPr") if holder is not None else None
            if found is None:
                continue
            level = to_int(value_of(found, "ilvl"))
            at = level if at is None else at
            key = value_of(found, "numId")
            if key:
                if owner and level is None:
                    at = self._level_of_style(key, owner) if at is None else at
                break
        return ("", 0) if key in ("", "0") else (key, at or 0)

    @property
    def default_style(self) -> str:
        """The style of paragraphs that name none."""
        for key, element in self.styles.items():
            if element.get(f"{W}type") == "paragraph" and element.get(f"{W}default") in (
                "1",
                "true",
            ):
                return key
        return ""

    def chain(self, style: str) -> Iterator[tuple[str, Element | None]]:
        """(id, w:pPr) of a style and of those it is based on."""
        seen: set[str] = set()
        while style in self.styles and style not in seen:
            seen.add(style)
            yield style, self.styles[style].find(f"{W}pPr")
            style = value_of(self.styles[style], "basedOn")

    def _level_of_style(self, key: str, style: str) -> int:
        found = self._list(key)
        levels = found.levels.items() if found else ()
        return next((at for at, level in levels if level.paragraph_style == style), 0)

    def _list(self, key: str) -> WordList | None:
        definition = self.lists.get(key, "")
        link = self.links.get(definition)
        if link:  # the levels stand where the list style points
            _, holder = next(self.chain(link), ("", None))
            found = holder.find(f"{W}numPr") if holder is not None else None
            definition = self.lists.get(value_of(found, "numId"), definition)
        return self.definitions.get(definition)

    def _level(self, found: WordList, key: str, at: int) -> ListLevel:
        change = self.overrides.get(key, {}).get(at)
        element = change.find(f"{W}lvl") if change is not None else None
        if element is not None:
            return to_level(element)
        return found.levels.get(at, ListLevel())

    def _count(self, found: WordList, key: str, at: int, level: ListLevel) -> None:
        change = self.overrides.get(key, {}).get(at)
        anew = to_int(value_of(change, "startOverride"))
        if anew is not None and (key, at) not in self.begun:
            found.counts[at] = anew
        elif at in found.counts:
            found.counts[at] += 1
        else:
            found.counts[at] = level.start
        self.begun.add((key, at))
        for below in [b for b in found.counts if b > at]:
            restart = self._level(found, key, below).restart
            if restart is None or 0 < at + 1 <= restart:
                del found.counts[below]

    def _written(self, found: WordList, key: str, at: int, owner: ListLevel) -> str:
        level = self._level(found, key, at)
        style = "decimal" if owner.legal else level.style
        value = found.counts.get(at, level.start)
        return "" if style in SILENT else write_numeral(value, style)


def to_level(element: Element) -> ListLevel:
    """A w:lvl element; what is missing or unusable takes Word's default."""
    start, restart = (to_int(value_of(element, name)) for name in ("start", "lvlRestart"))
    return ListLevel(
        style=value_of(element, "numFmt") or "decimal",
        text=value_of(element, "lvlText"),
        start=start or 0,
        restart=restart,
        legal=is_on(element, "isLgl"),
        paragraph_style=value_of(element, "pStyle"),
    )


def value_of(element: Element | None, name: str) -> str:
    """The ``w:val`` of a child element; '' if there is none."""
    child = element.find(f"{W}{name}") if element is not None else None
    return child.get(f"{W}val", "") if child is not None else ""


def is_on(element: Element | None, name: str) -> bool:
    """Whether an on/off property is set."""
    child = element.find(f"{W}{name}") if element is not None else None
    return child is not None and child.get(f"{W}val", "1") not in ("0", "false", "off")


def to_int(text: str | None) -> int | None:
    """A small whole number, else None."""
    short = (text or "")[:6]
    return int(short) if short.isascii() and short.isdigit() else None
