"""Collections (摘录集): passages that a person gathers under a name.

Every item carries the quote word for word, where it stands and what cites it, so that a collection
can be read, exported and checked again when the index has gone. Nothing here changes an index or
writes a file; `search_api.sharing.shelf` keeps collections.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

from indexer.backend import Backend
from indexer.shapes import BadInput, Metadata, Region
from search_api.sharing.quotes import is_unicode
from search_api.sharing.references import Entry, dated, one_line, place_of, where_of

MOST_ITEMS = 2000  # of a collection
LONGEST_SPAN = 20_000  # characters of an item
LONGEST_NOTE = 2000
LONGEST_NAME = 60
SPAN = re.compile(r"[0-9]{1,9}-[0-9]{1,9}", re.ASCII)
UNSAFE_IN_NAME = re.compile(r'[/\\:*?"<>|]')


@dataclass(frozen=True, slots=True)
class Item:
    """A quote and what cites it: ``text == report.text[start:end]`` when it was collected."""

    report_id: str
    start: int
    end: int
    text: str
    sha256: str  # of ``text``, UTF-8
    text_sha256: str  # of the report's whole text
    title: str
    issuer: str
    region: str  # full name
    place: str  # of publication
    year: int | None
    date: str | None  # ISO 8601
    heading_path: tuple[str, ...]
    page: int | None
    note: str = ""
    added: str = ""  # ISO 8601, UTC

    @property
    def id(self) -> str:
        """``report_id:start-end``."""
        return f"{self.report_id}:{self.start}-{self.end}"

    @property
    def meta(self) -> Metadata:
        """The report's metadata, as far as the item has them."""
        return Metadata(
            self.report_id, self.title, self.issuer, Region(), None, self.year, self.date, ""
        )

    @property
    def entry(self) -> Entry:
        """The item as an entry of a bibliography."""
        published, estimated = dated(self.date, self.year)
        return Entry(
            id=one_line(self.id),
            issuer=one_line(self.issuer),
            title=one_line(self.title),
            place=one_line(self.place),
            published=published,
            estimated=estimated,
            page=self.page,
            where=where_of(self.heading_path),
            span=(self.start, self.end),
            quote=one_line(self.text),
            remark=one_line(self.note),
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A span that is to be collected; with ``text``, only if the report says exactly this."""

    id: str
    text: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """Items under a name, in the order of their owner; no span is there twice."""

    name: str
    created: str  # ISO 8601, UTC
    items: tuple[Item, ...] = ()

    def with_items(self, items: Iterable[Item]) -> Collection:
        """With further items at the end; those that are there already stay as they are.

        :raises BadInput: if they are too many.
        """
        known = {item.id: item for item in self.items}
        for item in items:
            known.setdefault(item.id, item)
        if len(known) > MOST_ITEMS:
            raise BadInput(
                f"“{self.name}” would have {len(known):,} items; a collection has at most "
                f"{MOST_ITEMS:,}: begin another",
                f"“{self.name}” 将有 {len(known):,} 条，摘录集最多 {MOST_ITEMS:,} 条：请另建",
            )
        return replace(self, items=tuple(known.values()))

    def without(self, ids: Sequence[str]) -> Collection:
        """Without the items of these ids.

        :raises BadInput: naming an id that is not there.
        """
        for one in ids:
            self._place(one)
        return replace(self, items=tuple(item for item in self.items if item.id not in ids))

    def with_note(self, one: str, note: str) -> Collection:
        """With another note on the item of this id; "" takes it away.

        :raises BadInput: if the id is not there, or the note is too long.
        """
        at, items = self._place(one), list(self.items)
        items[at] = replace(items[at], note=checked_note(note))
        return replace(self, items=tuple(items))

    def _place(self, one: str) -> int:
        for at, item in enumerate(self.items):
            if item.id == one:
                return at
        raise BadInput(f"“{one}” is not in “{self.name}”", f"“{self.name}” 中没有 “{one}”")


def new_collection(name: str, items: Iterable[Item] = ()) -> Collection:
    """A collection that begins now."""
    return Collection(checked_name(name), now(), ()).with_items(items)


def now() -> str:
    """The time, ISO 8601, UTC, in whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def checked_name(name: str) -> str:
    """The name of a collection in its one form: it becomes the name of a file.

    :raises BadInput: if it cannot be one.
    """
    known = unicodedata.normalize("NFC", name).strip()
    why = ""
    if not known:
        why, zh = "is empty", "为空"
    elif len(known) > LONGEST_NAME:
        why, zh = f"is longer than {LONGEST_NAME} characters", f"超过 {LONGEST_NAME} 个字符"
    elif UNSAFE_IN_NAME.search(known) or known.startswith(".") or not known.isprintable():
        why = 'may not begin with a dot or hold / \\ : * ? " < > | or control characters'
        zh = '不能以点开头，不能含有 / \\ : * ? " < > | 或控制字符'
    if why:
        shown = one_line(known)[:LONGEST_NAME]
        raise BadInput(f"the name “{shown}” {why}", f"名称 “{shown}” {zh}")
    return known


def checked_note(note: str) -> str:
    """A note without white space round it.

    :raises BadInput: if it is too long or no text.
    """
    if len(note) > LONGEST_NOTE or not is_unicode(note):
        raise BadInput(
            f"a note is Unicode text of at most {LONGEST_NOTE:,} characters",
            f"备注应为 Unicode 文本，最多 {LONGEST_NOTE:,} 个字符",
        )
    return note.strip()


def collect(index: Backend, wanted: Sequence[Wanted]) -> list[Item]:
    """The spans of ``index`` as items, in order.

    :raises BadInput: naming the first that is not there, or says something else.
    """
    rows = {meta.id: row for row, meta in enumerate(index.metas)}
    return [collected(index, rows, one) for one in wanted]


def collected(index: Backend, rows: dict[str, int], wanted: Wanted) -> Item:
    """One span as an item; ``rows`` are the rows of the reports by id.

    :raises BadInput: if there is no such span, or it says something else.
    """
    report_id, start, end = span_of(wanted.id)
    stored = index.report(report_id)
    if not start < end <= len(stored.text):
        raise BadInput(
            f"“{wanted.id}” is no span of the report: its text has {len(stored.text):,} characters",
            f"“{wanted.id}” 不在报告之内：全文 {len(stored.text):,} 个字符",
        )
    if end - start > LONGEST_SPAN:
        raise BadInput(
            f"“{wanted.id}” is longer than {LONGEST_SPAN:,} characters: collect less at a time",
            f"“{wanted.id}” 超过 {LONGEST_SPAN:,} 个字符：请分段收藏",
        )
    text = stored.text[start:end]
    if wanted.text is not None and wanted.text != text:
        raise BadInput(
            f"the report does not say this at “{wanted.id}”: “bureau verify” tells what it says",
            f"“{wanted.id}” 处的原文与此不同：可用 “bureau verify” 核对",
        )
    sections = [section for section in stored.sections if section.start <= start]
    meta = stored.meta
    return Item(
        report_id=report_id,
        start=start,
        end=end,
        text=text,
        sha256=sha256(text.encode("utf-8")).hexdigest(),
        text_sha256=stored.text_sha256,
        title=meta.title,
        issuer=meta.issuer,
        region=meta.region.name,
        place=place_of(meta),
        year=meta.year,
        date=meta.date,
        heading_path=sections[-1].path if sections else (),
        page=page_of(index, report_id, start),
        note=checked_note(wanted.note),
        added=now(),
    )


def entry_of(index: Backend, one: str) -> Entry:
    """The entry of a passage, or of any other span of a report.

    :raises BadInput: if there is none.
    """
    report_id = one.rpartition(":")[0]
    if all(meta.id != report_id for meta in index.metas):
        index.row_of(one)  # says that it is not there
    return collect(index, [Wanted(one)])[0].entry


def span_of(one: str) -> tuple[str, int, int]:
    """The parts of ``report_id:start-end``.

    :raises BadInput: if it has another form.
    """
    report_id, _, span = one.rpartition(":")
    if not report_id or not SPAN.fullmatch(span):
        raise BadInput(
            f"“{one[:100]}” is not report:start-end, as search prints it",
            f"“{one[:100]}” 不是 报告:起-止 的形式",
        )
    start, _, end = span.partition("-")
    return report_id, int(start), int(end)


def page_of(index: Backend, report_id: str, start: int) -> int | None:
    """The page of the passage that holds the character at ``start``, if it is known."""
    passages = map(index.passage, index.rows_of_report(report_id).tolist())
    return next((p.page for p in passages if p.start <= start < p.end), None)
