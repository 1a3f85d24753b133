"""Markdown, as far as quotes and footnotes need it: escaping text, and reading an article.

An article may have been edited by hand or by a program: lines are wrapped anew, footnotes moved
and renumbered, characters escaped in other ways. What is read here is what a reader would see:
block quotes, quotes in quotation marks that a footnote follows, and footnotes. Indented code,
reference links and nested footnotes are not looked at.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

ESCAPED = re.compile(r"([\\`*_\[\]<>#|~&!$^@\"'{}])|(?<=[.\-])([.\-])|(?<=www)(\.)|:(?=//)")
AT_START = re.compile(r"^(\s*)(?:([-+=:])|(\d{1,9})([.)]))")
ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
HIDDEN = 0xDC00  # an escaped character is read as a lone surrogate, which no file can hold
SHOW = {HIDDEN + code: chr(code) for code in range(128)}
REF = re.compile(r"\[\^([^\[\]\s]{1,100})\]")
FOOTNOTE = re.compile(r"\s{0,3}\[\^([^\[\]\s]{1,100})\]:[ \t]*(.*)", re.S)
FENCE = re.compile(r"\s{0,3}(```|~~~)")
QUOTED = re.compile(r"\s*>")
LIST = re.compile(r"\s*(?:[-+*]|\d{1,9}[.)])\s+")
CLOSING = "。，；、！？：,.;:!?）)〕】"  # may stand between a quote and its mark; brackets last
TAIL = CLOSING + "”」』’\"'"
STRESS = "*_~` \n"  # marks of emphasis may stand there too
WINDOW = 300  # characters beside a mark in which the end of a quote is looked for
PAIRS = {"”": "“", "」": "「", "』": "『", "’": "‘", "»": "«", '"': '"', "＂": "＂", "〞": "〝"}
DASHES = ("—", "–", "--", "―")
FARTHEST = 5000  # characters between quotation marks


def escaped(text: str) -> str:
    """``text`` as Markdown that shows it as it is; a line a paragraph."""
    lines = (AT_START.sub(_guarded, ESCAPED.sub(r"\\\g<0>", line)) for line in text.splitlines())
    return "\n\n".join(line.strip() for line in lines if line.strip())


def _guarded(found: re.Match[str]) -> str:
    space, sign, number, dot = found.groups()
    return f"{space}\\{sign}" if sign else f"{space}{number}\\{dot}"


@dataclass(frozen=True, slots=True)
class Quotation:
    """A quote of an article; ``labels`` are those of its footnotes, ``tail`` is punctuation
    behind the footnote's mark, which may belong to the quote."""

    text: str
    labels: tuple[str, ...]
    line: int
    block: bool
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Footnote:
    """A footnote as it is defined."""

    label: str
    text: str
    line: int


@dataclass(slots=True)
class Article:
    """What an article quotes and cites, in its order."""

    quotations: list[Quotation] = field(default_factory=list)
    footnotes: list[Footnote] = field(default_factory=list)
    marks: list[tuple[str, int]] = field(default_factory=list)  # (label, line) of every mark


@dataclass(slots=True)
class Block:
    """Lines that belong together; ``kind`` is text, quote or footnote."""

    kind: str
    line: int
    lines: list[str]
    label: str = ""


def read_article(text: str) -> Article:
    """The quotes and footnotes of a Markdown text."""
    article = Article()
    before: list[str] = []  # marks at the end of the paragraph before, which no quote has
    for block in blocks(without_comments(text)):
        if block.kind == "footnote":
            said = plain("\n".join(block.lines))
            article.footnotes.append(Footnote(plain(block.label), said, block.line))
            continue
        body = "\n".join(block.lines)
        for mark in REF.finditer(body):
            line = block.line + body.count("\n", 0, mark.start())
            article.marks.append((plain(mark[1]), line))
        if block.kind == "quote":
            article.quotations += block_quotes(body, block.line, before)
            before = []
        else:
            found, before = inline_quotes(body, block.line)
            article.quotations += found
    return article


def without_comments(text: str) -> str:
    """``text`` without HTML comments, its line ends in one form and all in their places."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    kept, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        kept += [text[at:start], "\n" * text.count("\n", start, end)]
        at = end + 3
    return "".join([*kept, text[at:]])


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a text without comments; code between fences is left out."""
    lines = ESCAPE.sub(lambda m: chr(HIDDEN + ord(m[1])), text).split("\n")
    block: Block | None = None
    fence = ""
    for number, line in enumerate(lines, 1):
        mark = FENCE.match(line)
        if fence or mark:
            if block:
                yield block
            block = None
            fence = "" if mark and mark[1] == fence else fence or (mark[1] if mark else "")
            continue
        begun = begin(line, number, block)
        if begun is not block and block:
            yield block
        block = begun
    if block:
        yield block


def begin(line: str, number: int, block: Block | None) -> Block | None:
    """The block that a line belongs to: ``block``, which it lengthens, or a new one, or none."""
    footnote = FOOTNOTE.match(line)
    if footnote:
        return Block("footnote", number, [footnote[2]], footnote[1])
    marker = LIST.match(line)
    rest = line[marker.end() :] if marker else line
    if QUOTED.match(rest):
        said = re.sub(r"^(?:\s*> ?)+", "", rest)
        if block and block.kind == "quote" and rest == line:
            block.lines.append(said)
            return block
        return Block("quote", number, [said])
    if not line.strip():
        if block and block.kind == "footnote":
            block.lines.append("")  # an indented paragraph may follow
            return block
        return None
    ended = block and block.kind == "footnote" and block.lines[-1] == "" and line[:1] not in " \t"
    if block and not ended and rest == line and not line.lstrip().startswith("#"):
        block.lines.append(line)
        return block
    return Block("text", number, [rest])


def plain(text: str) -> str:
    """What a reader sees of inline Markdown: no emphasis, links as their words."""
    text = re.sub(r"\\(?=\n|$)", "", text)
    text = re.sub(r"!\[[^\[\]]*\]\([^()\s]*\)", "", text)
    text = re.sub(r"\[([^\[\]^][^\[\]]*)\]\([^()\s]*\)", r"\1", text)
    text = re.sub(r"<br\s*/?>", " ", text)
    text = re.sub(r"</?[A-Za-z][^<>]*>", "", text)
    text = re.sub(r"[*`]+|~~", "", text)
    text = re.sub("_+", lambda m: m[0] if _inside(text, m) else "", text)
    return html.unescape(text).translate(SHOW)


def _inside(text: str, run: re.Match[str]) -> bool:
    """Whether characters stand within a word, where they emphasise nothing."""
    before, behind = text[run.start() - 1 : run.start()], text[run.end() : run.end() + 1]
    return before.isalnum() and behind.isalnum()


def block_quotes(body: str, line: int, before: list[str]) -> Iterator[Quotation]:
    """The quotes of a block quote: what stands before each mark, or group of marks."""
    groups = list(groups_of(body))
    at = 0
    for n, (start, end, labels) in enumerate(groups):
        until = groups[n + 1][0] if n + 1 < len(groups) else len(body)
        tail = tail_of(body[end:until])
        said = body[at:start]
        here = line + body.count("\n", 0, at + len(said) - len(said.lstrip()))
        if text := own_words(plain(said)):
            yield Quotation(text, labels, here, True, tail)
        at = end + len(body[end:until]) - len(body[end:until].lstrip(TAIL + " \n"))
    rest = plain(body[at:]).strip()
    said_by = bool(groups) and rest.startswith(DASHES)
    if re.search(r"\w", rest) and not said_by:
        labels = () if groups else tuple(before)
        yield Quotation(own_words(rest), labels, line + body.count("\n", 0, at), True)


def groups_of(body: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Marks that stand together: where they begin and end, and their labels."""
    marks = list(REF.finditer(body))
    at = 0
    while at < len(marks):
        last = at
        while last + 1 < len(marks) and not body[marks[last].end() : marks[last + 1].start()].strip(
            " ,，、"
        ):
            last += 1
        labels = tuple(plain(mark[1]) for mark in marks[at : last + 1])
        yield marks[at].start(), marks[last].end(), labels
        at = last + 1


def tail_of(text: str) -> str:
    """The punctuation that a text begins with, which ends a quote before it."""
    text = plain(text[:WINDOW]).lstrip()
    return text[: len(text) - len(text.lstrip(TAIL))]


def own_words(text: str) -> str:
    """A quote without the line that says where it is from (—— …)."""
    lines = text.strip().split("\n")
    if len(lines) > 1 and lines[-1].strip().startswith(DASHES):
        lines.pop()
    return "\n".join(lines).strip()


def inline_quotes(body: str, line: int) -> tuple[list[Quotation], list[str]]:
    """The quotes of a paragraph that a mark follows, and its last marks if they follow none."""
    found: list[Quotation] = []
    loose: list[str] = []
    for start, end, labels in groups_of(body):
        span = quoted_span(body, start, end)
        if span:
            text = plain(REF.sub("", body[slice(*span)])).strip()
            found.append(Quotation(text, labels, line + body.count("\n", 0, span[0]), False))
        elif not body[end : end + WINDOW].strip(TAIL + " \n"):
            loose = list(labels)
    return found, loose


def quoted_span(body: str, start: int, end: int) -> tuple[int, int] | None:
    """The words between quotation marks that end just before, or just behind, marks."""
    behind = body[end : end + WINDOW].lstrip(CLOSING + STRESS)[:1]
    if behind in PAIRS and (opening := opening_of(body, start, behind)) is not None:
        return opening + 1, start
    before = body[max(0, start - WINDOW) : start].rstrip(CLOSING[:-4] + STRESS)
    if before.endswith(("）", ")")):  # “……”（永安市信访局）[^1]
        opened = max(before.rfind("（"), before.rfind("("))
        before = before[: max(0, opened)].rstrip(CLOSING + STRESS)
    at = max(0, start - WINDOW) + len(before) - 1
    if before[-1:] in PAIRS and (opening := opening_of(body, at, before[-1])) is not None:
        return (opening + 1, at) if opening + 1 < at else None
    return None


def opening_of(body: str, end: int, closing: str) -> int | None:
    """Where the quotation mark stands that ``closing``, before ``end`` or at it, closes."""
    opening, depth = PAIRS[closing], 1
    for at in range(end - 1, max(-1, end - FARTHEST), -1):
        if body[at] == opening:
            depth -= 1
            if not depth:
                return at
        elif body[at] == closing:
            depth += 1
    return None
