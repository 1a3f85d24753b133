"""Files -> reports; every file ends in the ledger, whether it could be read or not."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.cleaning import to_paragraphs
from indexer.files import sha256_of
from indexer.metadata import describe
from indexer.outline import parse_outline
from indexer.passages import cut_passages
from indexer.readers import Unreadable, Unsupported
from indexer.readers.isolated import Member, read_isolated
from indexer.shapes import BadInput, Document, Fate, LedgerEntry, Metadata, Progress, Report, Source

MISSING = "Missing"  # a document's property: pages that could not be read
Kept = Mapping[int, Report]  # by place in the list of sources


@dataclass(frozen=True, slots=True)
class Known:
    """What must be known of a report so that no other one is taken for it."""

    id: str
    text_sha256: str
    file: str


def read_reports(
    sources: Sequence[Source],
    progress: Progress = lambda stage, done, total: None,
    kept: Kept = {},  # noqa: B006 - never written to
    before: Sequence[Known] = (),
) -> tuple[list[Report], list[LedgerEntry]]:
    """Parse every source but those that are ``kept`` from before.

    ``before`` are reports of other sources of the same index, read already. Files are opened in
    child processes only (`indexer.readers.isolated`). A report whose text another one has
    already is passed over and named.
    """
    reports: list[Report] = []
    ledger: list[LedgerEntry] = []
    taken = {report.meta.id for report in kept.values()} | {known.id for known in before}
    texts = {report.text_sha256: sources[at].name for at, report in kept.items()}
    texts |= {known.text_sha256: known.file for known in before}
    with closing(documents_of(sources, kept)) as documents:
        for at, (source, document) in enumerate(zip(sources, documents, strict=True)):
            report, entry = (
                (kept[at], kept_entry(source, kept[at]))
                if at in kept
                else try_report(source, document, taken, texts)
            )
            if report:
                reports.append(report)
                taken.add(report.meta.id)
                texts.setdefault(report.text_sha256, source.name)
            ledger.append(entry)
            progress("read", at + 1, len(sources))
    return reports, ledger


def documents_of(
    sources: Sequence[Source], kept: Kept
) -> Generator[Document | Unreadable, None, None]:
    """What each source holds, or why that cannot be known; those ``kept`` are not opened."""
    unread = Unsupported("kept")
    refused = [unread if at in kept else refusal(source) for at, source in enumerate(sources)]
    places = [place_of(s) for s, reason in zip(sources, refused, strict=True) if reason is None]
    with closing(read_isolated(places)) as documents:
        for reason in refused:
            yield reason or next(documents)


def place_of(source: Source) -> Path | Member:
    """Where the readers find a source."""
    if source.place is None:
        return source.path
    return Member(source.path, source.place, source.name)


def refusal(source: Source) -> Unsupported | None:
    """Why a source is not even opened."""
    if source.refused:
        return Unsupported(*source.refused)
    if source.path.is_symlink():
        return Unsupported("a symbolic link", "符号链接")
    if not source.path.exists():
        return Unsupported("named in the manifest, but not there", "元数据表中有，但文件不存在")
    if not source.path.is_file():
        return Unsupported("not an ordinary file", "不是普通文件")
    return None


def kept_entry(source: Source, report: Report) -> LedgerEntry:
    """The ledger line of a report that is as it was."""
    return entry_of(source, Fate.UNCHANGED, report)


def try_report(
    source: Source, document: Document | Unreadable, taken: set[str], texts: Mapping[str, str]
) -> tuple[Report | None, LedgerEntry]:
    """One file's report, if it can be read, and its ledger line.

    ``texts`` names the file of every text that was read already, by its hash.
    """
    try:
        if isinstance(document, Unreadable):
            raise document
        report = make_report(source, document, taken)
        if report.text_sha256 in texts:
            other = texts[report.text_sha256]
            raise Unsupported(*same_text(other))
    except Unsupported as error:
        return None, entry_without(source, Fate.SKIPPED, str(error), error.zh)
    except (Unreadable, BadInput) as error:
        return None, entry_without(source, Fate.FAILED, str(error), error.zh)
    except OSError as error:
        return None, entry_without(source, Fate.FAILED, error.strerror or str(error))
    except Exception as error:  # one bad file must not cost its neighbours
        kind = type(error).__name__
        reasons = (f"cannot be parsed ({kind})", f"无法解析（{kind}）")
        return None, entry_without(source, Fate.FAILED, *reasons)
    return report, entry_of(source, Fate.INDEXED, report)


def same_text(other: str) -> tuple[str, str]:
    """Why a report is passed over whose text another file has."""
    return f"the same text as “{other}”", f"与“{other}”内容相同"


def entry_of(source: Source, fate: Fate, report: Report) -> LedgerEntry:
    """The ledger line of a file that has a report."""
    count = len(report.passages)
    return LedgerEntry(source.name, fate, report.note, report.meta.id, count, report.note_zh)


def entry_without(source: Source, fate: Fate, en: str, zh: str = "") -> LedgerEntry:
    """The ledger line of a file that has none, with the reason."""
    return LedgerEntry(source.name, fate, en, reason_zh=zh or en)


def make_report(source: Source, document: Document, taken: set[str]) -> Report:
    """The report of a file that was read; an id in ``taken`` gets a number behind it.

    :raises Unreadable: if the document holds no running text.
    :raises BadInput: if its manifest row is unusable.
    """
    lines = to_paragraphs(document.lines)
    outline = parse_outline(lines)
    meta = with_free_id(describe(source.name, document, outline, lines, source.row), taken)
    passages = cut_passages(meta.id, outline)
    if not passages:
        raise Unreadable("no running text found", "没有找到正文")
    missing = document.properties.get(MISSING, "")
    notes = missing_pages(missing) if missing else ("", "")
    digest = sha256_of(source.path)
    return Report(meta, outline.text, outline.sections, passages, digest, source, *notes)


def missing_pages(pages: str) -> tuple[str, str]:
    """What the ledger says of a report some of whose pages are not in it."""
    return (
        f"pages {pages} are scanned and were not read",
        f"第 {pages} 页为扫描件，未能读取",
    )


def with_free_id(meta: Metadata, taken: set[str]) -> Metadata:
    """``meta``, its id made unique among ``taken`` by -2, -3 …"""
    if meta.id not in taken:
        return meta
    n = next(n for n in range(2, len(taken) + 3) if f"{meta.id}-{n}" not in taken)
    return replace(meta, id=f"{meta.id}-{n}")
