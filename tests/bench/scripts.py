"""A report as its author typed it: paragraphs, and which of their numbers Word would make.

The originals are the bundled reports and reports of the development set, as plain text. What
the pipeline reads from that text is what it must read from every rendering of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexer.cleaning import LogicalLine, to_paragraphs
from indexer.metadata import guess_date
from indexer.numbering import parse_item
from indexer.outline import parse_outline
from indexer.readers.text import read_text
from indexer.shapes import Line, Outline
from indexer.sources import bundled_corpus

INVENTED = Path(__file__).parents[1] / "eval" / "reports"
CHOSEN = ("00", "03", "06", "09", "12", "15", "18", "21", "24", "27")
LEVELS = 4  # of numbers that are made automatically
USUAL = ("%、", "（%）", "#.", "（#）")  # patterns of an official report
UNDATED = "2025-01-21"  # when a report that says nothing was put on the web
SHORT = "-short"  # ending of the id of a report whose paragraphs are cut after a sentence


@dataclass(frozen=True, slots=True)
class Typed:
    """A paragraph: ``text`` without its number, of which ``heading`` characters are one.

    ``kind`` is front, item, body or signed. ``pattern`` is the number with % for a Chinese
    numeral or # for digits, '' without a number; ``level`` counts from 0.
    """

    text: str
    kind: str
    heading: int = 0
    pattern: str = ""
    value: int = 0
    level: int = 0
    number: str = ""  # as printed


@dataclass(frozen=True, slots=True)
class Script:
    """A report to be rendered."""

    id: str
    original: Path
    title: str
    date: str  # ISO 8601, its own or an invented one
    lines: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands in the lists of a document: list, level, value to start anew at."""

    list: int
    level: int
    restart: int | None


@dataclass(slots=True)
class Lists:
    """The lists of a document; each has a pattern for every level."""

    patterns: list[tuple[str, ...]] = field(default_factory=list)
    places: list[Place | None] = field(default_factory=list)  # one for each paragraph


def write_originals(folder: Path, wanted: Sequence[str] = ()) -> list[Script]:
    """Write the originals as UTF-8 text and tell what to render; ``wanted``: ids, else all.

    :raises KeyError: if an id is none of these.
    """
    texts = {path.stem: path.read_text("utf-8") for path in bundled_corpus().glob("*.txt")}
    for path in (INVENTED / f"dev-{n}.json" for n in CHOSEN):
        texts[path.stem] = typed(json.loads(path.read_text("utf-8")))
    folder.mkdir(parents=True, exist_ok=True)
    scripts = []
    for name in wanted or sorted(texts):
        text = texts[name.removesuffix(SHORT)]
        path = folder / f"{name}.txt"
        path.write_text(shortened(text) if name.endswith(SHORT) else text, "utf-8")
        scripts.append(script_of(path))
    return scripts


def typed(record: dict) -> str:
    """A report of the development set as text, signed and dated."""
    year, month, day = (int(part) for part in record["date"].split("-"))
    blocks = [block.get("heading") or block["text"] for block in record["blocks"]]
    signed = [record["issuer"], f"{year}年{month}月{day}日"]
    return "\n\n".join([record["title"], *blocks, *signed]) + "\n"


def shortened(text: str) -> str:
    """Every paragraph up to its first full stop."""
    lines = [line.text for line in to_paragraphs(map(Line, text.splitlines()))]
    return "\n".join(line[: line.find("。") + 1 or None] for line in lines) + "\n"


def script_of(path: Path) -> Script:
    """What stands in an original."""
    lines = to_paragraphs(read_text(path).lines)
    outline = parse_outline(lines)
    date = guess_date([outline.text[a:b] for a, b in outline.matter]) or UNDATED
    return Script(path.stem, path, outline.title, date, tuple(to_typed(lines, outline)))


def to_typed(lines: Sequence[LogicalLine], outline: Outline) -> list[Typed]:
    """Each line with what the outline says of it."""
    headings = {s.start: s.end for s in outline.sections if s.end > s.start}
    first = min(p.start for p in outline.paragraphs)
    matter = dict(outline.matter)
    found, at = [], 0
    for line in lines:
        text, end = line.text, headings.get(at, at)
        item = parse_item(text)
        if at in matter:
            found.append(Typed(text, "front" if at < first else "signed"))
        elif item is None or item.level > LEVELS:
            found.append(Typed(text, "item" if end > at else "body", end - at))
        else:
            number = text[: item.length].rstrip()
            rest = text[item.length :]
            kept = max(0, end - at - item.length)
            pattern, level = pattern_of(number), item.level - 1
            found.append(Typed(rest, "item", kept, pattern, item.value, level, number))
        at += len(text) + 1
    return found


def pattern_of(number: str) -> str:
    """（一） -> （%）, 1. -> #."""
    numeral = "".join(c for c in number if c in "一二三四五六七八九十" or c.isdigit())
    return number.replace(numeral, "#" if numeral.isascii() else "%")


def to_lists(lines: Sequence[Typed]) -> Lists:
    """The lists that print the numbers of ``lines`` where Word counts."""
    seen = Counter((line.level, line.pattern) for line in lines if line.pattern)
    main = list(USUAL)
    for (level, pattern), _ in reversed(seen.most_common()):
        main[level] = pattern
    lists = Lists([tuple(main)])
    counts: list[dict[int, int]] = [{}]
    for line in lines:
        if not line.pattern:
            lists.places.append(None)
            continue
        own = tuple(line.pattern if n == line.level else p for n, p in enumerate(main))
        if own not in lists.patterns:
            lists.patterns.append(own)
            counts.append({})
        at = lists.patterns.index(own)
        expected = counts[at].get(line.level, 0) + 1
        restart = None if expected == line.value else line.value
        counts[at] = {n: c for n, c in counts[at].items() if n < line.level}
        counts[at][line.level] = line.value
        lists.places.append(Place(at, line.level, restart))
    return lists
