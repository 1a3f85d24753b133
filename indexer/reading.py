"""Files -> reports; every file ends in the ledger, whether it could be read or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from indexer.cleaning import to_paragraphs
from indexer.files import sha256_of
from indexer.metadata import describe
from indexer.outline import parse_outline
from indexer.passages import cut_passages
from indexer.readers import Unreadable, Unsupported, read_document
from indexer.shapes import BadInput, Fate, LedgerEntry, Metadata, Report, Source

Progress = Callable[[str, int, int], None]  # (stage, done, total)
Kept = Mapping[int, Report]  # by place in the list of sources


def read_reports(
    sources: Sequence[Source],
    progress: Progress = lambda stage, done, total: None,
    kept: Kept = {},  # noqa: B006 - never written to
) -> tuple[list[Report], list[LedgerEntry]]:
    """Parse every source but those that are ``kept`` from before.

    A report whose text another one has already is passed over and named.
    """
    reports: list[Report] = []
    ledger: list[LedgerEntry] = []
    taken = {report.meta.id for report in kept.values()}
    texts = {report.text_sha256: sources[at].name for at, report in kept.items()}
    for at, source in enumerate(sources):
        old = kept.get(at)
        report, entry = (old, kept_entry(source, old)) if old else try_report(source, taken, texts)
        if report:
            reports.append(report)
            taken.add(report.meta.id)
            texts.setdefault(report.text_sha256, source.name)
        ledger.append(entry)
        progress("read", at + 1, len(sources))
    return reports, ledger


def kept_entry(source: Source, report: Report) -> LedgerEntry:
    """The ledger line of a report that is as it was."""
    return LedgerEntry(source.name, Fate.UNCHANGED, "", report.meta.id, len(report.passages))


def try_report(
    source: Source, taken: set[str], texts: Mapping[str, str]
) -> tuple[Report | None, LedgerEntry]:
    """One file's report, if it can be read, and its ledger line.

    ``texts`` names the file of every text that was read already, by its hash.
    """
    try:
        report = read_report(source, taken)
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
    return report, LedgerEntry(source.name, Fate.INDEXED, "", report.meta.id, count)


def read_report(source: Source, taken: set[str]) -> Report:
    """Parse one file; an id in ``taken`` gets a number behind it.

    :raises Unreadable: if the file holds no usable text.
    :raises BadInput: if its manifest row is unusable.
    """
    if source.path.is_symlink():
        raise Unsupported("a symbolic link")
    if not source.path.exists():
        raise Unsupported("named in the manifest, but not there")
    if not source.path.is_file():
        raise Unsupported("not an ordinary file")
    digest = sha256_of(source.path)
    document = read_document(source.path)
    lines = to_paragraphs(document.lines)
    outline = parse_outline(lines)
    meta = with_free_id(describe(source.name, outline, lines, source.row), taken)
    passages = cut_passages(meta.id, outline)
    if not passages:
        raise Unreadable("no running text found")
    return Report(meta, outline.text, outline.sections, passages, digest, source)


def with_free_id(meta: Metadata, taken: set[str]) -> Metadata:
    """``meta``, its id made unique among ``taken`` by -2, -3 …"""
    if meta.id not in taken:
        return meta
    n = next(n for n in range(2, len(taken) + 3) if f"{meta.id}-{n}" not in taken)
    return replace(meta, id=f"{meta.id}-{n}")
