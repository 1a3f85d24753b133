"""The pipeline: files -> reports -> passages -> words and vectors -> a published index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.backend import ROLES
from indexer.embedders import Embedder
from indexer.embedding import Vectors, embed_reports
from indexer.files import only_writer
from indexer.focus import ClauseVectors
from indexer.formulations.build import write_formulations
from indexer.generations import FORMAT, Manifest, publish
from indexer.indicators.store import write_indicators
from indexer.integrity import hash_tree
from indexer.layout import BY_SIZE, VectorLayout, Wanted
from indexer.lexical import LexicalEntry, LexicalIndex
from indexer.reading import read_reports
from indexer.records import ledger_to_json, report_row
from indexer.reports import write_reports
from indexer.reuse import Earlier, Unfinished, program, recorded
from indexer.shapes import BadInput, Fate, LedgerEntry, Metadata, Passage, Progress, Report
from indexer.sources import find_sources
from indexer.store import COLUMNS, Index
from indexer.vectors import VectorIndex
from indexer.words import tokens


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build did; ``str()`` is its closing line."""

    folder: Path
    passages: int
    ledger: tuple[LedgerEntry, ...]

    def count(self, *fates: Fate) -> int:
        """Number of input files that ended so."""
        return sum(entry.fate in fates for entry in self.ledger)

    def __str__(self) -> str:
        unchanged = self.count(Fate.UNCHANGED)
        return (
            f"{self.count(Fate.INDEXED, Fate.UNCHANGED)} reports"
            + (f" ({unchanged} unchanged)" if unchanged else "")
            + f", {self.passages} passages, "
            f"{self.count(Fate.SKIPPED)} skipped, {self.count(Fate.FAILED)} failed"
        )


def build_index(
    inputs: Sequence[Path],
    root: Path,
    embedder: Embedder,
    *,
    manifest: Path | None = None,
    afresh: bool = False,
    required: Path | None = None,
    wanted: Wanted = BY_SIZE,
    progress: Progress = lambda stage, done, total: None,
) -> BuildResult:
    """Index all reports in ``inputs`` (files and folders) and publish them below ``root``.

    What an earlier build read and embedded is kept where it is still the same, unless
    ``afresh``; if nothing at all has changed, the published generation stays. It stays too if
    the file ``required`` did not become a report. ``wanted`` says how vectors are kept.

    :raises BadInput: if there is no such path, or nothing in it could be indexed, or
        ``required`` could not.
    :raises BadIndex: if another process is writing there.
    :raises OSError: if the disk is full; the old index is then untouched.
    """
    sources = find_sources(inputs, manifest)
    root.mkdir(parents=True, exist_ok=True)
    with only_writer(root):
        identity, given = embedder.identity, recorded(inputs, manifest)
        earlier = Earlier(None, identity) if afresh else Earlier.open(root, identity)
        reports, ledger = read_reports(sources, progress, earlier.kept(sources))
        if not reports:
            raise nothing_indexed(inputs, ledger)
        for source, entry in zip(sources, ledger, strict=True):
            if source.path == required and not entry.report_id:
                raise BadInput(entry.reason, entry.reason_zh)
        passages = sum(len(report.passages) for report in reports)
        layout = wanted.layout(passages, identity.dimension)
        if earlier.index and earlier.holds(given, reports, ledger, layout):
            return BuildResult(earlier.index.folder, passages, tuple(ledger))
        unfinished = Unfinished(root, identity)
        held = [embed_reports(reports, embedder, earlier, unfinished, progress)]

        def write(folder: Path) -> Manifest:
            kept = write_vectors(folder, held.pop(), layout)  # nothing else keeps them in memory
            write_the_rest(folder, reports, ledger)
            return Manifest(
                format=FORMAT,
                embedder=identity,
                reports=len(reports),
                passages=passages,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                sha256=hash_tree(folder),
                inputs=given[0],
                table=given[1],
                program=program(),
                vectors=kept,
            )

        folder = publish(root, write)
        unfinished.drop()
        earlier.close()
    return BuildResult(folder, passages, tuple(ledger))


def nothing_indexed(inputs: Sequence[Path], ledger: Sequence[LedgerEntry]) -> BadInput:
    """The error of a build that found no report."""
    first = f" (first: {ledger[0].file}: {ledger[0].reason})" if ledger else ""
    zh = f"（第一份：{ledger[0].file}：{ledger[0].reason_zh}）" if ledger else ""
    where = ", ".join(str(path) for path in inputs)
    return BadInput(
        f"no report could be indexed in {where}: {len(ledger)} files seen{first}",
        f"{where} 中没有可收录的报告：共 {len(ledger)} 份文件{zh}",
    )


def add_to_index(
    inputs: Sequence[Path],
    root: Path,
    embedder: Embedder,
    *,
    required: Path | None = None,
    wanted: Wanted = BY_SIZE,
    progress: Progress = lambda stage, done, total: None,
) -> BuildResult:
    """Index ``inputs`` beside everything that the index below ``root`` was made from.

    Vectors are kept as they were, unless something else is ``wanted``.

    :raises BadIndex: if there is none, it has another embedder, or another process is writing.
    :raises BadInput: if something that it was made from is no longer there, or ``required``
        (see `build_index`) did not become a report.
    """
    index = Index.open(root)
    index.check_embedder(embedder.identity)
    made_from, table = index.manifest.inputs, index.manifest.table
    if wanted == BY_SIZE:
        wanted = Wanted.kept(index.manifest.vectors, len(index), embedder.identity.dimension)
    index.close()
    everything = list(dict.fromkeys([*map(Path, made_from), *(p.absolute() for p in inputs)]))
    manifest = Path(table) if table else None
    return build_index(
        everything,
        root,
        embedder,
        manifest=manifest,
        required=required,
        wanted=wanted,
        progress=progress,
    )


def write_vectors(folder: Path, vectors: Vectors, layout: VectorLayout) -> VectorLayout:
    """Write the vectors of passages and clauses; returns the layout of the former."""
    layout = VectorIndex.write(folder, vectors.passages, layout)
    ClauseVectors.write(folder, vectors.clauses, vectors.counts)
    return layout


def write_the_rest(folder: Path, reports: Sequence[Report], ledger: Sequence[LedgerEntry]) -> None:
    """Write all files of a generation but its vectors and its manifest."""
    LexicalIndex.build(folder / "lexical", lexical_entries(reports))
    with (folder / "passages.npy").open("wb") as handle:
        np.save(handle, passage_columns(reports), allow_pickle=False)
    rows = [report_row(row, report) for row, report in enumerate(reports)]
    names = [(name, row) for row, report in enumerate(reports) for name in names_of(report.meta)]
    write_reports(folder / "reports.sqlite", rows, map(ledger_to_json, ledger), names)
    write_indicators(folder, reports)
    write_formulations(folder, reports)


def names_of(meta: Metadata) -> Iterator[str]:
    """What a question calls a report by: its places, and its year."""
    yield from meta.names
    yield str(meta.year or "")


def passage_columns(reports: Sequence[Report]) -> NDArray[np.int32]:
    """The table of passages, shape (passages, len(COLUMNS)); page 0 means unknown."""
    rows = [
        (row, p.start, p.end, p.section, ROLES.index(p.role), p.page or 0)
        for row, report in enumerate(reports)
        for p in report.passages
    ]
    return np.asarray(rows, dtype=np.int32).reshape(-1, len(COLUMNS))


def lexical_entries(reports: Sequence[Report]) -> Iterator[LexicalEntry]:
    """The searchable words and tags of every passage, in order."""
    for report in reports:
        meta = report.meta
        names = f"{meta.title} {meta.issuer} {' '.join(meta.names)} {meta.year or ''}"
        title = list(dict.fromkeys(tokens(names)))
        for p in report.passages:
            yield LexicalEntry(
                body=tokens(p.text),
                heading=tokens(" ".join(p.path)),
                title=title,
                tags=passage_tags(meta, p),
            )


def passage_tags(meta: Metadata, passage: Passage) -> list[str]:
    """``name:value`` for every facet a passage can be filtered by."""
    tags = [f"report:{meta.id}", f"issuer:{meta.issuer}", f"role:{passage.role}"]
    tags += [f"region:{code}" for code in meta.region.codes]
    tags += [f"year:{meta.year}"] if meta.year else []
    tags += [f"level:{meta.level}"] if meta.level else []
    return tags
