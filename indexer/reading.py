"""Files -> reports; every file ends in the ledger, whether it could be read or not."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from indexer.cleaning import to_paragraphs
from indexer.files import sha256_of
from indexer.metadata import describe
from indexer.outline import parse_outline
from indexer.passages import cut_passages
from indexer.readers import Unreadable, Unsupported
from indexer.readers.isolated import Member, read_isolated
from indexer.shapes import BadInput, Document, Fate, LedgerEntry, Metadata, Report, Source

MISSING = "Missing"  # a document's property: pages that could not be read
Progress = Callable[[str, int, int], None]  # (stage, done, total)
Kept = Mapping[int, Report]  # by place in the list of sources


def read_reports(
    sources: Sequence[Source],
    progress: Progress = lambda stage, done, total: None,
    kept: Kept = {},  # noqa: B006 - never written to
) -> tuple[list[Report], list[LedgerEntry]]:
    """Parse every source but those that are ``kept`` from before.

    Files are opened in child processes only (`indexer.readers.isolated`). A report whose text
    another one has already is passed over and named.
    """
    reports: list[Report] = []
    ledger: list[LedgerEntry] = []
    taken = {report.meta.id for report in kept.values()}
    texts = {report.text_sha256: sources[at].name for at, report in kept.items()}
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
        return Unsupported(source.refused)
    if source.path.is_symlink():
        return Unsupported("a symbolic link")
    if not source.path.exists():
        return Unsupported("named in the manifest, but not there")
    if not source.path.is_file():
        return Unsupported("not an ordinary file")
    return None


def kept_entry(source: Source, report: Report) -> LedgerEntry:
    """The ledger line of a report that is as it was."""
    count = len(report.passages)
    return LedgerEntry(source.name, Fate.UNCHANGED, report.note, report.meta.id, count)


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
            raise Unsupported(f"the same text as “{texts[report.text_sha256]}”")
    except Unsupported as error:
        return None, LedgerEntry(source.name, Fate.SKIPPED, str(error))
    except (Unreadable, BadInput, OSError) as error:
        return None, LedgerEntry(source.name, Fate.FAILED, str(error))
    except Exception as error:  # one bad file must not cost its neighbours
        reason = f"cannot be parsed ({type(error).__name__})"
        return None, LedgerEntry(source.name, Fate.FAILED, reason)
    count = len(report.passages)
    return report, LedgerEntry(source.name, Fate.INDEXED, report.note, report.meta.id, count)


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
        raise Unreadable("no running text found")
    missing = document.properties.get(MISSING, "")
    note = f"pages {missing} are scanned and were not read" if missing else ""
    digest = sha256_of(source.path)
    return Report(meta, outline.text, outline.sections, passages, digest, source, note)


def with_free_id(meta: Metadata, taken: set[str]) -> Metadata:
    """``meta``, its id made unique among ``taken`` by -2, -3 …"""
    if meta.id not in taken:
        return meta
    n = next(n for n in range(2, len(taken) + 3) if f"{meta.id}-{n}" not in taken)
    return replace(meta, id=f"{meta.id}-{n}")
