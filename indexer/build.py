"""The pipeline: files -> reports -> passages -> words and vectors -> a published index."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.cleaning import to_paragraphs
from indexer.embedders import Embedder, FloatArray
from indexer.files import write_durably
from indexer.focus import ClauseVectors, split_clauses
from indexer.lexical import LexicalEntry, LexicalIndex
from indexer.metadata import MANIFEST, describe, read_manifest
from indexer.outline import parse_outline
from indexer.passages import cut_passages
from indexer.readers import Unreadable, Unsupported, read_document
from indexer.records import ledger_to_json, report_row
from indexer.shapes import BadInput, Fate, LedgerEntry, Metadata, Passage, Report
from indexer.store import COLUMNS, FORMAT, ROLES, Manifest, hash_tree, publish, write_reports
from indexer.vectors import VectorIndex
from indexer.words import tokens

EMBED_CHUNK = 512  # texts between two steps of the progress bar
Progress = Callable[[str, int, int], None]  # (stage, done, total)


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build did; ``str()`` is its closing line."""

    folder: Path
    passages: int
    ledger: tuple[LedgerEntry, ...]

    def count(self, fate: Fate) -> int:
        """Number of input files that ended so."""
        return sum(entry.fate is fate for entry in self.ledger)

    def __str__(self) -> str:
        return (
            f"{self.count(Fate.INDEXED)} reports, {self.passages} passages, "
            f"{self.count(Fate.SKIPPED)} skipped, {self.count(Fate.FAILED)} failed"
        )


@dataclass(frozen=True, slots=True)
class Source:
    """An input file, its name in the ledger and its manifest row (empty without one)."""

    path: Path
    name: str
    row: dict[str, str]


def build_index(
    inputs: Sequence[Path],
    root: Path,
    embedder: Embedder,
    *,
    manifest: Path | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> BuildResult:
    """Index all reports in ``inputs`` (files and folders) and publish them below ``root``.

    :raises BadInput: if there is no such path, or nothing in it could be indexed.
    :raises BadIndex: if another process is writing there.
    :raises OSError: if the disk is full; the old index is then untouched.
    """
    sources = find_sources(inputs, manifest)
    reports, ledger = read_reports(sources, progress)
    if not reports:
        first = f" (first: {ledger[0].file}: {ledger[0].reason})" if ledger else ""
        where = ", ".join(str(path) for path in inputs)
        raise BadInput(f"no report could be indexed in {where}: {len(ledger)} files seen{first}")
    vectors, clauses = embed(reports, embedder, progress)

    def write(folder: Path) -> Manifest:
        write_generation(folder, reports, ledger, vectors)
        ClauseVectors.write(folder, clauses, [len(c) for c in clauses_of(reports)])
        return Manifest(
            format=FORMAT,
            embedder=embedder.identity,
            reports=len(reports),
            passages=len(vectors),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            sha256=hash_tree(folder),
        )

    return BuildResult(publish(root, write), len(vectors), tuple(ledger))


def bundled_corpus() -> Path:
    """The folder of the five reports that come with the project."""
    return Path(__file__).resolve().parents[1] / "corpus"


def find_sources(inputs: Sequence[Path], manifest: Path | None = None) -> list[Source]:
    """All files in ``inputs``, in order, each once, with their manifest rows.

    :raises BadInput: if a path does not exist or a manifest is unusable.
    """
    found: dict[Path, Source] = {}
    for given in inputs:
        if not given.exists():
            raise BadInput(f"{given}: no such file or folder", f"{given}：没有这个文件或目录")
        folder = given if given.is_dir() else given.parent
        table = manifest or folder / MANIFEST
        rows = read_manifest(table) if manifest or table.is_file() else {}
        for path in sorted(given.rglob("*")) if given.is_dir() else [given]:
            if path.name != MANIFEST and (path.is_symlink() or not path.is_dir()):
                name = path.relative_to(folder).as_posix()
                source = Source(path, printable(name), rows.pop(name, {}))
                found.setdefault(path.parent.resolve() / path.name, source)
        for name in rows if given.is_dir() else ():  # named in the manifest, not there
            found[folder / name] = Source(folder / name, name, {})
    return list(found.values())


def printable(name: str) -> str:
    """A file name as valid text; bytes that are not UTF-8 stand as \\xff."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def read_reports(
    sources: Sequence[Source], progress: Progress = lambda stage, done, total: None
) -> tuple[list[Report], list[LedgerEntry]]:
    """Parse every source; each ends in the ledger, whether it worked or not."""
    reports: list[Report] = []
    ledger: list[LedgerEntry] = []
    taken: set[str] = set()
    for done, source in enumerate(sources, 1):
        try:
            report = read_report(source, taken)
        except Unsupported as error:
            ledger.append(LedgerEntry(source.name, Fate.SKIPPED, str(error)))
        except (Unreadable, BadInput, OSError) as error:
            ledger.append(LedgerEntry(source.name, Fate.FAILED, str(error)))
        except Exception as error:  # one bad file must not cost its neighbours
            reason = f"cannot be parsed ({type(error).__name__})"
            ledger.append(LedgerEntry(source.name, Fate.FAILED, reason))
        else:
            reports.append(report)
            taken.add(report.meta.id)
            count = len(report.passages)
            ledger.append(LedgerEntry(source.name, Fate.INDEXED, "", report.meta.id, count))
        progress("read", done, len(sources))
    return reports, ledger


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
    document = read_document(source.path)
    lines = to_paragraphs(document.lines)
    outline = parse_outline(lines)
    meta = describe(source.name, outline, lines, source.row)
    meta = with_free_id(meta, taken)
    passages = cut_passages(meta.id, outline)
    if not passages:
        raise Unreadable("no running text found")
    digest = sha256(source.path.read_bytes()).hexdigest()
    return Report(meta, outline, passages, digest)


def with_free_id(meta: Metadata, taken: set[str]) -> Metadata:
    """``meta``, its id made unique among ``taken`` by -2, -3 …"""
    if meta.id not in taken:
        return meta
    n = next(n for n in range(2, len(taken) + 3) if f"{meta.id}-{n}" not in taken)
    return replace(meta, id=f"{meta.id}-{n}")


def embedded_text(passage: Passage) -> str:
    """What the embedder sees of a passage: its heading path, then its text."""
    return "\n".join((" ".join(passage.path), passage.text)).strip()


def clauses_of(reports: Sequence[Report]) -> Iterator[list[str]]:
    """The clauses of every passage, in order."""
    for report in reports:
        for p in report.passages:
            yield [p.text[start:end] for start, end in split_clauses(p.text)]


def embed(
    reports: Sequence[Report],
    embedder: Embedder,
    progress: Progress = lambda stage, done, total: None,
) -> tuple[FloatArray, FloatArray]:
    """Vectors of all passages and of all their clauses, each in order, shape (n, dimension)."""
    texts = [embedded_text(p) for report in reports for p in report.passages]
    passages = len(texts)
    texts += [clause for clauses in clauses_of(reports) for clause in clauses]
    out = np.empty((len(texts), embedder.identity.dimension), dtype=np.float32)
    for start in range(0, len(texts), EMBED_CHUNK):
        chunk = texts[start : start + EMBED_CHUNK]
        out[start : start + len(chunk)] = embedder.embed_passages(chunk)
        progress("embed", start + len(chunk), len(texts))
    return out[:passages], out[passages:]


def write_generation(
    folder: Path,
    reports: Sequence[Report],
    ledger: Sequence[LedgerEntry],
    vectors: FloatArray,
) -> None:
    """Write all files of a generation but its manifest."""
    LexicalIndex.build(folder / "lexical", lexical_entries(reports))
    write_durably(folder / "vectors.faiss", VectorIndex.from_vectors(vectors).to_bytes())
    with (folder / "passages.npy").open("wb") as handle:
        np.save(handle, passage_columns(reports), allow_pickle=False)
    rows = [report_row(row, report) for row, report in enumerate(reports)]
    write_reports(folder / "reports.sqlite", rows, map(ledger_to_json, ledger))


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
