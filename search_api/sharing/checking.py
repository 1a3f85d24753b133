"""An article's quotes and footnotes, checked against the reports.

Each has one of the three states of `search_api.sharing.quotes`: verbatim, changed or missing. A
quote is verbatim if its words stand in the span that its footnote names: all of them, whole
sentences of them (words and phrases too, within quotation marks), or all but what …… says is left
out. A footnote is verbatim if it names the report as the index does, and the span still says what
was collected. What cannot be checked counts as missing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from indexer.backend import Backend
from indexer.records import StoredReport
from indexer.shapes import BadInput
from indexer.words import fold
from search_api.changes.shapes import Run
from search_api.sharing.articles import Locator, locators
from search_api.sharing.collections import LONGEST_SPAN, Wanted, collected
from search_api.sharing.differences import (
    NUMBER,
    SPACE,
    Remark,
    likeness,
    normal,
)
from search_api.sharing.markdown import Footnote, Quotation, read_article
from search_api.sharing.quotes import State, shown
from search_api.sharing.references import gbt_line

MOST_MARKS = 2000  # quotes and marks of an article
LONGEST = 2**21  # characters of an article
ORDER = (State.VERBATIM, State.CHANGED, State.MISSING)
OURS = ("引文位置", "sha256")  # a footnote that has lost its locator still says so
AGAIN = ("同上", "同前", "同注", "同[", "ibid", "Ibid", "op. cit")


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a quote (``kind`` quote) or of a footnote (``kind`` footnote)."""

    kind: str
    label: str  # of the footnote; "" where there is none
    line: int  # of the article
    text: str  # the quote, or the footnote
    state: State
    remarks: tuple[Remark, ...] = ()
    place: Locator | None = None
    now: str | None = None  # what the span says, cut where it is long
    elsewhere: tuple[int, int] | None = None  # where in the report the quote stands instead
    runs: tuple[Run, ...] = ()  # where they part: inserted by the article, deleted by it
    entry: str = ""  # what a footnote should say
    text_sha256: str | None = None  # of the report's text


def check_article(index: Backend, text: str) -> list[Finding]:
    """A finding for every quote and footnote of a Markdown text, in its order.

    :raises BadInput: if it has none, or is too large.
    """
    if len(text) > LONGEST:
        raise BadInput(
            f"the article is longer than {LONGEST:,} characters: check it in parts",
            f"文章超过 {LONGEST:,} 个字符：请分段核对",
        )
    article = read_article(text)
    if len(article.quotations) + len(article.marks) + len(article.footnotes) > 3 * MOST_MARKS:
        raise BadInput(
            f"the article has more than {MOST_MARKS:,} quotes: check it in parts",
            f"文章引文超过 {MOST_MARKS:,} 处：请分段核对",
        )
    if not article.quotations and not article.footnotes:
        raise BadInput(
            "there are no quotes and no footnotes in this text",
            "文中没有引文，也没有脚注",
        )
    return Check(index, article.footnotes).findings(article.quotations, article.marks)


def article_tally(findings: Iterable[Finding]) -> dict[str, int]:
    """The number of quotes and footnotes in each state."""
    counts = Counter(finding.state for finding in findings)
    return {str(state): counts[state] for state in State}


class Check:
    """The reports that an article's footnotes name, opened once."""

    def __init__(self, index: Backend, footnotes: Sequence[Footnote]) -> None:
        self.index = index
        self.rows = {meta.id: row for row, meta in enumerate(index.metas)}
        self.folded: dict[str, str] = {}
        self.footnotes: dict[str, Footnote] = {}
        self.twice: list[Footnote] = []
        for note in footnotes:
            if note.label in self.footnotes:
                self.twice.append(note)
            else:
                self.footnotes[note.label] = note
        self.places = {label: self.places_of(note) for label, note in self.footnotes.items()}
        self.searched: dict[str, tuple[str, list[int]]] = {}

    def places_of(self, note: Footnote) -> list[Locator]:
        """The places that a footnote names; what only looks like one (“12:30-40”) is none."""
        found = [self.known(place) for place in locators(note.text)]
        ours = any(word in note.text for word in OURS)
        return [place for place in found if ours or place.report_id in self.rows]

    def known(self, place: Locator) -> Locator:
        """A place whose report has the id that the index has, if it has one in other characters."""
        if place.report_id in self.rows:
            return place
        if not self.folded:
            self.folded = {fold(report_id): report_id for report_id in self.rows}
        return replace(place, report_id=self.folded.get(fold(place.report_id), place.report_id))

    def stored(self, place: Locator) -> StoredReport | None:
        """The report of a place, if the index has it."""
        return self.index.report(place.report_id) if place.report_id in self.rows else None

    def findings(
        self, quotations: Sequence[Quotation], marks: Sequence[tuple[str, int]]
    ) -> list[Finding]:
        """All findings, by line; a quote before its footnote."""
        found = [self.quotation(quotation) for quotation in quotations]
        quoted = {label for quotation in quotations for label in quotation.labels}
        marked = {label for label, _ in marks}
        for label, line in dict(reversed(marks)).items():
            if label not in self.footnotes and label not in quoted:
                undefined = (Remark.NO_QUOTE, Remark.UNDEFINED)
                found.append(Finding("footnote", label, line, "", State.MISSING, undefined))
        for label, note in self.footnotes.items():
            beside = [Remark.UNUSED] * (label not in marked)
            beside += [Remark.NO_QUOTE] * (label in marked and label not in quoted)
            found += self.footnote(note, tuple(beside), label in quoted)
        for note in self.twice:
            twice = (Remark.TWICE,)
            found.append(
                Finding("footnote", note.label, note.line, note.text, State.CHANGED, twice)
            )
        return sorted(found, key=lambda finding: finding.line)

    def quotation(self, quotation: Quotation) -> Finding:
        """What became of a quote: the best that one of its footnotes' places makes of it."""
        label = quotation.labels[0] if quotation.labels else ""
        base = Finding("quote", label, quotation.line, quotation.text, State.MISSING)
        if not quotation.labels:
            return self.unsourced(base)
        known = [name for name in quotation.labels if name in self.footnotes]
        if not known:
            return replace(base, remarks=(Remark.UNDEFINED,))
        places = [(name, place) for name in known for place in self.places[name]]
        if not places:
            return replace(base, label=known[0], remarks=(Remark.NO_PLACE,))
        results = [
            self.at_place(replace(base, label=name, place=place), quotation)
            for name, place in places
        ]
        return min(results, key=lambda finding: ORDER.index(finding.state))

    def at_place(self, base: Finding, quotation: Quotation) -> Finding:
        """A quote held against one place."""
        place, stored = base.place, self.stored(base.place) if base.place else None
        if place is None or stored is None:
            return base
        base = replace(base, text_sha256=stored.text_sha256)
        if not 0 <= place.start < place.end <= len(stored.text):
            elsewhere = self.elsewhere(stored, quotation.text)
            moved = (Remark.MOVED,) if elsewhere else ()
            return replace(base, elsewhere=elsewhere, remarks=moved)
        now = stored.text[place.start : place.end]
        tried = [likeness(text, now, block=quotation.block) for text in variants(quotation)]
        best = next((like for like in tried if like.same), tried[0])
        base = replace(base, now=shown(now), runs=best.runs)
        if best.same:
            return replace(base, state=State.VERBATIM, remarks=best.remarks)
        remarks, elsewhere = best.remarks, self.elsewhere(stored, quotation.text)
        if elsewhere and place.start <= elsewhere[0] and elsewhere[1] <= place.end:
            elsewhere = None  # it was cut short, not moved
        if elsewhere:
            remarks = (Remark.MOVED,)
        if differs(now, place):
            remarks = (*remarks, Remark.REPORT)
        return replace(base, state=State.CHANGED, remarks=remarks, elsewhere=elsewhere)

    def unsourced(self, base: Finding) -> Finding:
        """A quote without a footnote: perhaps one of the article's reports has it."""
        remarks = (Remark.NO_FOOTNOTE,)
        for report_id in dict.fromkeys(p.report_id for some in self.places.values() for p in some):
            stored = self.stored(Locator(report_id, 0, 0))
            if stored and (where := self.elsewhere(stored, base.text)):
                return replace(
                    base, remarks=remarks, place=Locator(report_id, *where), elsewhere=where
                )
        return replace(base, remarks=remarks)

    def elsewhere(self, stored: StoredReport, text: str) -> tuple[int, int] | None:
        """Where a report has a quote, layout apart."""
        wanted = normal(text)
        if not wanted:
            return None
        source, origin = self.searchable(stored)
        at = source.find(wanted)
        return (origin[at], origin[at + len(wanted) - 1] + 1) if at >= 0 else None

    def searchable(self, stored: StoredReport) -> tuple[str, list[int]]:
        """A report's text in its `normal` form, and where each character comes from."""
        report_id = stored.meta.id
        if report_id not in self.searched:
            self.searched[report_id] = aligned(stored.text)
        return self.searched[report_id]

    def footnote(
        self, note: Footnote, beside: tuple[Remark, ...], quoted: bool
    ) -> Iterator[Finding]:
        """What became of a footnote, once for every place; nothing for one of other matters."""
        base = Finding("footnote", note.label, note.line, note.text, State.MISSING, beside)
        places = self.places[note.label]
        if not places and (quoted or any(word in note.text for word in OURS)):
            yield replace(base, remarks=(*beside, Remark.NO_PLACE))
        for place in places:
            yield self.cited(replace(base, place=place))

    def cited(self, base: Finding) -> Finding:
        """Whether a footnote names its report rightly, and the span says what it did."""
        place, stored = base.place, self.stored(base.place) if base.place else None
        if place is None or stored is None:
            return base
        base = replace(base, text_sha256=stored.text_sha256)
        if not 0 <= place.start < place.end <= len(stored.text):
            return base
        now = stored.text[place.start : place.end]
        base = replace(base, now=shown(now), state=State.VERBATIM)
        if differs(now, place):
            base = replace(base, state=State.CHANGED, remarks=(*base.remarks, Remark.REPORT))
        entry = self.entry(place)
        if not names(base.text, entry, stored):
            remarks = (*base.remarks, Remark.SOURCE)
            base = replace(base, state=State.CHANGED, remarks=remarks, entry=entry)
        return base

    def entry(self, place: Locator) -> str:
        """The entry that a footnote should have."""
        end = min(place.end, place.start + LONGEST_SPAN)
        wanted = Wanted(f"{place.report_id}:{place.start}-{end}")
        return gbt_line(collected(self.index, self.rows, wanted).entry)


def differs(now: str, place: Locator) -> bool:
    """Whether a span says something else than what the place's hash was made of."""
    return not sha256(now.encode("utf-8")).hexdigest().startswith(place.sha256)


def variants(quotation: Quotation) -> list[str]:
    """The forms in which a quote may be meant: with what follows its mark, without outer marks."""
    texts = [quotation.text]
    if quotation.tail:
        texts.append(quotation.text + quotation.tail)
    bare = [text[1:-1] for text in texts if text[:1] in '“「『"' and text[-1:] in '”」』"']
    return texts + [text for text in bare if text]


def names(text: str, entry: str, stored: StoredReport) -> bool:
    """Whether a footnote has its report's bureau and title, and all numbers of its entry.

    Another style of entry will do, and so will a reference to an earlier footnote.
    """
    if any(word in text for word in AGAIN):
        return True
    said = letters(text)
    if not all(letters(name) in said for name in (stored.meta.title, stored.meta.issuer)):
        return False
    numbers = Counter(NUMBER.findall(fold(entry)))
    return not numbers - Counter(NUMBER.findall(fold(text)))


def letters(text: str) -> str:
    """A text's letters and digits, folded."""
    return "".join(c for c in fold(text) if c.isalnum())


def aligned(text: str) -> tuple[str, list[int]]:
    """The `normal` form of a text, and the place in it that each character comes from."""
    kept: list[int] = []
    out: list[str] = []
    spaces = [(m.start(), m.end(), m[1] is None) for m in SPACE.finditer(text)]
    starts = [start for start, _, _ in spaces]
    for at, char in enumerate(text):
        n = bisect_right(starts, at) - 1
        if n >= 0 and at < spaces[n][1]:
            if spaces[n][2] and at == spaces[n][0]:
                out.append(" ")
                kept.append(at)
            continue
        made = normal(char)
        out.append(made)
        kept.extend([at] * len(made))
    return "".join(out), kept


def finding_fields(finding: Finding) -> dict[str, object]:
    """A finding as plain fields, those of a verdict among them."""
    place = finding.place
    return {
        "kind": finding.kind,
        "footnote": finding.label or None,
        "line": finding.line,
        "text": shown(finding.text),
        "report_id": place.report_id if place else None,
        "start": place.start if place else None,
        "end": place.end if place else None,
        "status": str(finding.state),
        "remarks": [str(remark) for remark in finding.remarks],
        "difference": [{"op": str(run.op), "text": run.text} for run in finding.runs],
        "entry": finding.entry or None,
        "now": finding.now,
        "elsewhere": list(finding.elsewhere) if finding.elsewhere else None,
        "text_sha256": finding.text_sha256,
    }
