"""From what stands where on a page to lines in reading order: columns, margins, paragraphs.

Works on glyphs with positions, whether a PDF's text layer or the recognition of a scan gave
them. Knows no file format and no library.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from indexer.numbering import starts_item
from indexer.shapes import Line

FEW = 2  # characters whose recognised box is a poor measure of their height
TALLER_FEW = 0.5
EDGE = 2.0  # character widths within which a line counts as reaching the margin
MARGIN = 0.12  # share of a page's height, at its top and bottom, where running heads stand
APART = 1.2  # usual distances between lines that a running head keeps from the text
PITCH = 1.7  # usual distances between lines, from which a paragraph ends
TALLER = 0.2  # difference in size at which lines are no longer of one paragraph
HEADLINE = 1.3  # usual heights of a row, from which it is no row of the text
NEARBY = {True: 0.25, False: 0.9}  # character widths of a space: between Latin, else
INDENTED = 0.03  # share of indented lines in a text that marks paragraphs so
GUTTER = 0.6  # character widths on either side of the line between two columns
BORROWED = 0.8  # share of rows that must leave the other pages' gutter free
FEWEST_ROWS = 8  # of a page with two columns, and of one that shows its own margins
CELL = "｜"
DASHES = "[-—–－―一·•.~\\s]*"  # 一 is what recognition makes of a dash
PAGE_NUMBER = re.compile(
    rf"^{DASHES}(?:第\s?)?(?:\d{{1,4}}|[ivxⅠ-ⅿ]{{1,6}})(?:\s?页)?"
    rf"(?:\s?[/／,，]?\s?共?\s?\d{{1,4}}\s?页?)?{DASHES}$"
)
DASHED = re.compile(r"^[-—–－―一·•第].*\d|\d\s?[/／页]")  # a page number beyond doubt
DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Glyph:
    """A printed character (or run of them); positions in points from the page's top left."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class VisualLine:
    """A line as printed, or a row of a table (``whole``), which nothing is joined to."""

    text: str
    x0: float
    x1: float
    top: float
    size: float  # mean character width
    page: int
    column: int = 0  # 0: the page's full width; 1, 2: left, right
    height: float = 0.0  # of the page
    tall: float = 0.0  # its highest character
    whole: bool = False


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """What stands on a page; ``height`` in points."""

    number: int
    height: float
    glyphs: Sequence[Glyph]


Row = list[Glyph]


def to_visual_lines(pages: Sequence[PrintedPage]) -> list[list[VisualLine]]:
    """The lines of each page in reading order: a left column before the right one.

    A page that shows no columns of its own, such as a half-filled last one, has those of the
    others if it can.
    """
    rows = [to_rows(page.glyphs) for page in pages]
    gutters = [find_gutter(own) for own in rows]
    found = [gutter for gutter in gutters if gutter is not None]
    usual = median(found) if found else None
    return [
        page_lines(page, own, gutter if gutter is not None else borrowed(own, usual))
        for page, own, gutter in zip(pages, rows, gutters, strict=True)
    ]


def page_lines(page: PrintedPage, rows: Sequence[Row], gutter: float | None) -> list[VisualLine]:
    """The lines of one page whose columns part at ``gutter``."""
    found: list[VisualLine] = []
    left: list[Glyph] = []
    right: list[Glyph] = []

    def put(parts: Iterable[Glyph], column: int) -> None:
        for row in to_rows(list(parts)):
            line = to_line(row, page, column)
            if line.text:
                found.append(line)

    usual = median(height_of(row) for row in rows) if rows else 0.0
    for row in rows:
        apart = gutter is not None and is_free(row, gutter, GUTTER * width_of(row))
        if gutter is not None and apart and not is_headline(row, gutter, usual):
            left += [glyph for glyph in row if glyph.x1 <= gutter]
            right += [glyph for glyph in row if glyph.x1 > gutter]
        else:
            put(left, 1)
            put(right, 2)
            left, right = [], []
            put(row, 0)
    put(left, 1)
    put(right, 2)
    return found


def borrowed(rows: Sequence[Row], gutter: float | None) -> float | None:
    """The gutter of other pages, if next to nothing on this one is printed across it."""
    if gutter is None:
        return None
    free = sum(is_free(row, gutter, GUTTER * width_of(row)) for row in rows)
    return gutter if free >= BORROWED * len(rows) else None


def to_rows(glyphs: Sequence[Glyph]) -> list[Row]:
    """Glyphs on one height together, from left to right; rows from top to bottom."""
    rows: list[Row] = []
    middle = size = 0.0
    for glyph in sorted(glyphs, key=lambda g: g.top + g.bottom):
        at, tall = (glyph.top + glyph.bottom) / 2, glyph.bottom - glyph.top
        if rows and at - middle <= 0.5 * max(size, tall):
            rows[-1].append(glyph)
            size = max(size, tall)
        else:
            rows.append([glyph])
            middle, size = at, tall
    return [sorted(row, key=lambda g: g.x0) for row in rows]


def width_of(row: Sequence[Glyph]) -> float:
    """The mean character width of a row."""
    return sum(g.x1 - g.x0 for g in row) / max(1, sum(len(g.text) for g in row))


def height_of(row: Sequence[Glyph]) -> float:
    """The height of a row's highest character."""
    return max(glyph.bottom - glyph.top for glyph in row)


def is_headline(row: Sequence[Glyph], gutter: float, usual: float) -> bool:
    """Whether a row stands large and in the middle across both columns: 报　告 of a title."""
    printed = [glyph for glyph in row if glyph.text.strip()]
    if not printed or height_of(printed) < HEADLINE * usual:
        return False
    middle = (min(g.x0 for g in printed) + max(g.x1 for g in printed)) / 2
    return abs(middle - gutter) < 2 * width_of(printed)


def find_gutter(rows: Sequence[Row]) -> float | None:
    """Where two columns part; None if the page has one."""
    rows = [row for row in rows if any(not glyph.text.isspace() for glyph in row)]
    if len(rows) < FEWEST_ROWS:
        return None
    start = min(row[0].x0 for row in rows)
    end = max(glyph.x1 for row in rows for glyph in row)
    size = median(width_of(row) for row in rows)
    best, most = None, 0.0
    for step in range(30, 71):
        x = start + (end - start) * step / 100
        free = sum(is_free(row, x, GUTTER * size) for row in rows)
        score = free - abs(step - 50) / 100  # the middle one of several
        if score > most:
            best, most = x, score
    if best is None or most < 0.7 * len(rows):
        return None
    both = [row for row in rows if row[0].x1 < best < row[-1].x0 and is_free(row, best, size / 2)]
    full = [row for row in both if best - max(g.x1 for g in row if g.x1 <= best) < 3 * size]
    return best if len(both) >= 0.4 * len(rows) and len(full) >= 0.5 * len(both) else None


def is_free(row: Sequence[Glyph], x: float, reach: float) -> bool:
    """Whether nothing of ``row`` is printed within ``reach`` of ``x``."""
    return not any(g.x0 < x + reach and g.x1 > x - reach and not g.text.isspace() for g in row)


def to_line(row: Sequence[Glyph], page: PrintedPage, column: int) -> VisualLine:
    """The text of a row, with spaces where its glyphs stand apart."""
    printed = [glyph for glyph in row if glyph.text.strip()]
    if not printed:
        return VisualLine("", 0, 0, 0, 0, page.number)
    size = width_of(printed)
    parts: list[str] = []
    before: Glyph | None = None
    for glyph in row:
        if before is not None and not before.text.isspace() and not glyph.text.isspace():
            latin = before.text[-1:].isascii() and glyph.text[:1].isascii()
            if glyph.x0 - before.x1 > NEARBY[latin] * max(size, glyph.bottom - glyph.top):
                parts.append(" ")
        parts.append(glyph.text)
        before = glyph
    text = re.sub(r"\s+", " ", "".join(parts)).strip()
    x0, x1 = printed[0].x0, max(glyph.x1 for glyph in printed)
    top = min(glyph.top for glyph in printed)
    tall = max(glyph.bottom - glyph.top for glyph in printed)
    return VisualLine(text, x0, x1, top, size, page.number, column, page.height, tall)


def without_running_heads(pages: Sequence[Sequence[VisualLine]]) -> list[VisualLine]:
    """All lines but page numbers and what most pages begin or end with in their margins."""
    pages = [page for page in pages if page]
    counts = Counter(key for page in pages for key in {head_key(x) for x in page if in_margin(x)})
    least = max(2, len(pages) // 2 + 1) if len(pages) < 8 else max(3, len(pages) // 3)
    heads = {key for key, n in counts.items() if n >= least}
    pitch = usual_pitch([line for page in pages for line in page])
    kept: list[VisualLine] = []
    for page in pages:
        downwards = sorted(page, key=lambda line: line.top)
        gone = outer_lines(downwards, heads, pitch) + outer_lines(downwards[::-1], heads, pitch)
        kept += [line for line in page if line not in gone]
    return kept


def outer_lines(inwards: Sequence[VisualLine], heads: set[str], pitch: float) -> list[VisualLine]:
    """The running heads among a page's lines, from its edge inwards.

    What stands no further from the text than its lines do from each other may be text.
    """
    found: list[VisualLine] = []
    for line in inwards:
        number = PAGE_NUMBER.match(line.text.lower()) is not None
        if not in_margin(line) or not (number or head_key(line) in heads):
            break
        found.append(line)
    for count in range(len(found), 0, -1):
        line, *inner = inwards[count - 1 : count + 1]
        if not inner or abs(inner[0].top - line.top) >= APART * pitch:
            return found[:count]
    return [line for line in found[:1] if DASHED.search(line.text)]


def head_key(line: VisualLine) -> str:
    """What a running head has in common on all pages: all but its numbers and spaces."""
    return DIGITS.sub("0", line.text.replace(" ", ""))


def in_margin(line: VisualLine) -> bool:
    """Whether a line stands where running heads do."""
    return not MARGIN * line.height <= line.top <= (1 - MARGIN) * line.height


def to_lines(lines: Sequence[VisualLine]) -> list[Line]:
    """Join visual lines into paragraphs; a page's parts stay apart so that pages are known."""
    margins = find_margins(lines)
    pitch = usual_pitch(lines)
    inner = sum(line.x0 - margins[key_of(line)][0] > line.size for line in lines)
    indented = inner > INDENTED * len(lines)
    joined: list[Line] = []
    for at, line in enumerate(lines):
        before = lines[at - 1] if at else None
        rest = (
            before
            and goes_on(before, line, margins)
            and not (key_of(before) == key_of(line) and line.top - before.top > PITCH * pitch)
            and (indented or not starts_item(line.text))
        )
        if before and rest and before.page == line.page:
            joined[-1] = Line(joined[-1].text + glue(before, line) + line.text, line.page)
            continue
        if rest and indented:  # over the page: sure only where paragraphs are indented
            joined[-1] = replace(joined[-1], goes_on=True)
        joined.append(Line(line.text, line.page))
    return joined


def key_of(line: VisualLine) -> tuple[int, int]:
    """(page, column) of a line."""
    return line.page, line.column


def find_margins(lines: Sequence[VisualLine]) -> dict[tuple[int, int], tuple[float, float]]:
    """(left, right) of each column of each page; a page with few lines takes them from all."""
    columns: dict[tuple[int, int], list[VisualLine]] = defaultdict(list)
    for line in lines:
        columns[key_of(line)].append(line)
    everywhere: dict[int, list[VisualLine]] = defaultdict(list)
    for line in lines:
        everywhere[line.column].append(line)
    found = {}
    for key, own in columns.items():
        texts = [line for line in own if not line.whole]
        if len(texts) < FEWEST_ROWS:
            texts = [line for line in everywhere[key[1]] if not line.whole] or own
        found[key] = (min(line.x0 for line in texts), max(line.x1 for line in texts))
    return found


def usual_pitch(lines: Sequence[VisualLine]) -> float:
    """The usual distance from line to line."""
    steps = [b.top - a.top for a, b in pairwise(lines) if key_of(a) == key_of(b) and b.top > a.top]
    return median(steps) if steps else 0.0


def goes_on(
    before: VisualLine, line: VisualLine, margins: dict[tuple[int, int], tuple[float, float]]
) -> bool:
    """Whether ``line`` continues the paragraph of ``before``."""
    differing = TALLER if len(line.text) > FEW else TALLER_FEW
    if before.whole or line.whole or abs(before.tall - line.tall) > differing * before.tall:
        return False
    full = before.x1 >= margins[key_of(before)][1] - EDGE * before.size
    indented = line.x0 > margins[key_of(line)][0] + EDGE / 2 * line.size
    return full and not indented


def glue(before: VisualLine, line: VisualLine) -> str:
    """A space where two Latin words would run together."""
    first, second = before.text[-1], line.text[0]
    return (
        " " if first.isascii() and second.isascii() and first.isalpha() and second.isalpha() else ""
    )


def with_rows(lines: Sequence[VisualLine], rows: Iterable[VisualLine]) -> Iterator[VisualLine]:
    """Put the rows of tables between the lines of their page, by height."""
    waiting = sorted(rows, key=lambda row: row.top)
    for line in lines:
        while waiting and line.column == 0 and waiting[0].top < line.top:
            yield waiting.pop(0)
        yield line
    yield from (replace(row, whole=True) for row in waiting)
