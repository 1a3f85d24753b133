"""Logical paragraphs -> the canonical text and its section tree.

Knows the habits of Chinese official reports: numbered headings that share a paragraph with
their text, headings whose numeral was lost, one section for problems and plans, a closing
paragraph that belongs to the chapter and not to its last item. Does not cut passages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from indexer.cleaning import CLOSED, LogicalLine
from indexer.numbering import HIGHEST, Item, parse_item, to_numeral
from indexer.roles import plan_start, roles_of_heading
from indexer.shapes import Outline, Paragraph, Role, Section

SPACE = re.compile(r"\s+")
TITLE_END = re.compile("(?:报告|总结|情况|要点|公报|方案|意见|通知|计划)$")
ISSUER_IN_TITLE = re.compile("..(?:局|信访办|办公室|委员会|厅|院|人民政府|党组|党委)")
DATE_LINE = re.compile(
    r"^(?:\d{4}年\d{1,2}月\d{1,2}日|[二〇○零Ｏ0一三四五六七八九十]{4}年.{1,3}月.{1,3}日)$"
)
ISSUER_LINE = re.compile(
    r"^\S{2,30}(?:局|办公室|信访办|委员会|党组|党委|政府|厅|中心)(?:（盖章）)?$"
)
CLOSING_WORDS = ("此外", "另外", "总之")
LONGEST_TITLE = 4  # lines above the last one of a title
LONGEST_RUN_IN = 60  # characters; a longer first sentence is text, not a heading
LONGEST_BARE = 30  # characters of a heading whose numeral is missing


@dataclass(slots=True)
class _Node:
    """A section being built; turned into a `Section` at the end."""

    number: str
    level: int
    start: int
    end: int
    parent: int | None
    run_in: bool = False
    role: Role | None = None
    twin: int | None = None  # the section whose heading and path this one shares
    body: list[tuple[int, int]] = field(default_factory=list)


def parse_outline(lines: Sequence[LogicalLine]) -> Outline:
    """Recover title, sections, roles and body from the lines of one report."""
    text = "\n".join(line.text for line in lines)
    starts = _line_starts(lines)
    first, last = _front(lines), _back(lines)
    title = _title([line.text for line in lines[:first]])
    builder = _Builder(text)
    for i in range(first, last):
        builder.add(lines[i], starts[i], lines[i + 1].text if i + 1 < last else "")
    builder.recover_lost_numbers()
    builder.split_mixed()
    outside = [*range(first), *range(last, len(lines))]
    matter = tuple((starts[i], starts[i] + len(lines[i].text)) for i in outside)
    sections, paragraphs = builder.finish()
    return Outline(text, title, sections, paragraphs, matter, _pages(lines, starts))


def _line_starts(lines: Sequence[LogicalLine]) -> list[int]:
    starts, at = [], 0
    for line in lines:
        starts.append(at)
        at += len(line.text) + 1
    return starts


def _pages(lines: Sequence[LogicalLine], starts: Sequence[int]) -> tuple[tuple[int, int], ...]:
    pages: list[tuple[int, int]] = []
    for line, start in zip(lines, starts, strict=True):
        for offset, page in line.breaks:
            if not pages or pages[-1][1] != page:
                pages.append((start + offset, page))
    return tuple(pages)


def _front(lines: Sequence[LogicalLine]) -> int:
    """Number of lines of the title block: all up to the first body text or heading."""
    titled = False
    for i, line in enumerate(lines):
        text = line.text
        ends_title = TITLE_END.search(SPACE.sub("", text)) is not None
        is_item = parse_item(text) is not None or (line.marked and titled and not ends_title)
        titled |= ends_title
        is_salutation = text.endswith(("：", ":")) and len(text) <= LONGEST_BARE
        is_body = text[-1] in CLOSED or "。" in text or (len(text) > LONGEST_RUN_IN)
        if is_item or (is_body and not is_salutation):
            return i
    return len(lines) if len(lines) < 3 else min(len(lines), 3)


def _back(lines: Sequence[LogicalLine]) -> int:
    """Index of the first line of the sign-off (issuer and date at the end)."""
    end = len(lines)
    while end and _is_sign_off(lines[end - 1].text):
        end -= 1
    return max(end, _front(lines))


def _is_sign_off(text: str) -> bool:
    bare = SPACE.sub("", text)
    return DATE_LINE.match(bare) is not None or ISSUER_LINE.match(bare) is not None


def _title(front: Sequence[str]) -> str:
    """The title in one line without spaces, joined from the lines it was broken into."""
    bare = [SPACE.sub("", line) for line in front]
    ends = ("".join(bare[max(0, i - 1) : i + 1]) for i in range(len(bare)))  # 情况报 / 告
    last = max((i for i, text in enumerate(ends) if TITLE_END.search(text)), default=None)
    if last is None:
        return max(bare, key=len, default="")
    title = bare[last]
    for line in reversed(bare[max(0, last - LONGEST_TITLE) : last]):
        if ISSUER_IN_TITLE.search(title) or line.endswith(("文件", "：", "号")):
            break
        title = line + title
    return title


class _Builder:
    """Adds lines in reading order; keeps the open section of each level."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.nodes: list[_Node] = []
        self.open: list[int] = []  # indexes of the open sections, outermost first

    def add(self, line: LogicalLine, start: int, following: str) -> None:
        item = parse_item(line.text)
        if item is not None:
            self._numbered(line.text, start, item)
        elif self._is_bare_heading(line, following):
            self._push(_Node("", 1, start, start + len(line.text), None))
        else:
            self._body(line.text, start)

    def _numbered(self, text: str, start: int, item: Item) -> None:
        cut = _heading_end(text, item)
        number = text[: item.length].strip(" 、．.")
        run_in = cut < len(text)
        self._push(_Node(number, item.level, start, start + cut, None, run_in))
        if run_in:
            self._take(start + cut, start + len(text))

    def _push(self, node: _Node) -> None:
        while self.open and self.nodes[self.open[-1]].level >= node.level:
            self.open.pop()
        node.parent = self.open[-1] if self.open else None
        self.nodes.append(node)
        self.open.append(len(self.nodes) - 1)

    def _body(self, text: str, start: int) -> None:
        if not self.open:
            self._push(_Node("", 9, start, start, None, role=Role.INTRO))
        node = self.nodes[self.open[-1]]
        if node.run_in and node.body and text.startswith(CLOSING_WORDS):
            self._push(_Node("", node.level, start, start, None, twin=node.parent))
        self._take(start, start + len(text))

    def _take(self, start: int, end: int) -> None:
        while start < end and self.text[start].isspace():
            start += 1
        if start < end:
            self.nodes[self.open[-1]].body.append((start, end))

    def _is_bare_heading(self, line: LogicalLine, following: str) -> bool:
        """A heading whose numeral is missing: short, no full stop, something under it."""
        text = line.text
        if len(text) > LONGEST_BARE or text[-1] in CLOSED or "。" in text or "，" in text:
            return False
        item = parse_item(following)
        return bool(following) and (line.marked or (item is not None and item.level == 2))

    def recover_lost_numbers(self) -> None:
        """Give sections their numerals back where later siblings show that they had one."""
        chapter = 0
        for node in self.nodes:
            chapter += node.level == 1
            lost = not node.number and node.level == 1 and node.start < node.end
            if lost and chapter <= HIGHEST:
                node.number = to_numeral(chapter)
        for i in reversed(range(len(self.nodes))):
            self._recover_children(i)

    def _recover_children(self, parent: int) -> None:
        """Turn the plain paragraphs before a first child （n） into children （一） … （n-1）."""
        child = self.nodes[parent + 1] if parent + 1 < len(self.nodes) else None
        if child is None or child.parent != parent:
            return
        item = parse_item(self.text[child.start : child.end])
        body = self.nodes[parent].body
        if item is None or item.level != 2 or len(body) != item.value - 1 or not body:
            return
        cuts = [self.text.find("。", start, start + LONGEST_BARE) + 1 for start, _ in body]
        if not all(start < cut < end for cut, (start, end) in zip(cuts, body, strict=True)):
            return
        found = []
        for n, (cut, (start, end)) in enumerate(zip(cuts, body, strict=True), 1):
            found.append(
                _Node(f"（{to_numeral(n)}）", 2, start, cut, parent, True, body=[(cut, end)])
            )
        self.nodes[parent].body = []
        self._insert(parent + 1, found)

    def split_mixed(self) -> None:
        """Set the roles; divide a section on problems and plans where the plans begin."""
        i = 0
        while i < len(self.nodes):
            node = self.nodes[i]
            if node.role is None:
                heading = self.text[node.start : node.end]
                roles = roles_of_heading(heading, top=node.parent is None)
                above = self.nodes[node.parent].role if node.parent is not None else None
                node.role = roles[0] if roles else (above or Role.WORK)
                if len(roles) == 2:
                    self._divide(i)
            i += 1

    def _divide(self, i: int) -> None:
        node = self.nodes[i]
        for n, (start, end) in enumerate(node.body):
            at = plan_start(self.text[start:end])
            if at is None:
                continue
            plans = _Node(node.number, node.level, start + at, start + at, node.parent)
            plans.role, plans.twin = Role.PLANS, i
            plans.body = [(start + at, end), *node.body[n + 1 :]]
            node.body = node.body[:n] + ([(start, start + at)] if at else [])
            self._insert(i + 1, [plans])
            return

    def _insert(self, at: int, new: list[_Node]) -> None:
        """Put nodes in at position ``at`` and renumber what points behind it."""
        for node in self.nodes:
            if node.parent is not None and node.parent >= at:
                node.parent += len(new)
            if node.twin is not None and node.twin >= at:
                node.twin += len(new)
        self.nodes[at:at] = new

    def finish(self) -> tuple[tuple[Section, ...], tuple[Paragraph, ...]]:
        sections: list[Section] = []
        paragraphs: list[Paragraph] = []
        for i, node in enumerate(self.nodes):
            above = sections[node.parent].path if node.parent is not None else ()
            heading = self.text[node.start : node.end].strip()
            path = (*above, heading) if heading else above
            section = Section(
                node.number,
                heading,
                node.start,
                node.end,
                node.parent,
                path,
                node.role or Role.WORK,
            )
            if node.twin is not None:
                section = _like(section, sections[node.twin], same=node.number != "")
            sections.append(section)
            paragraphs.extend(Paragraph(start, end, i) for start, end in node.body)
        return tuple(sections), tuple(paragraphs)


def _like(section: Section, twin: Section, *, same: bool) -> Section:
    """``section`` shown under ``twin``'s path; ``same``: it is the second half of it."""
    if not same:
        return replace(section, path=twin.path)
    return replace(section, heading=twin.heading, path=twin.path)


def _heading_end(text: str, item: Item) -> int:
    """Length of the heading at the start of a numbered line.

    Up to the first full stop or colon if that is near; the whole line if it holds no full
    stop; otherwise only the numeral (a numbered paragraph without a heading).
    """
    if "。" not in text:
        return len(text) if len(text) <= 2 * LONGEST_RUN_IN and "；" not in text else item.length
    stops = [at for at in (text.find(c, item.length) for c in "。：") if at >= 0]
    cut = min(stops) + 1
    return cut if cut <= LONGEST_RUN_IN else item.length
