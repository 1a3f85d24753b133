"""Which files an index is made from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from indexer.fetch.ledger import LEDGER
from indexer.metadata import MANIFEST, read_manifest
from indexer.readers import CONTROL
from indexer.readers.errors import Unreadable
from indexer.readers.isolated import members_isolated
from indexer.shapes import BadInput, Source

UNPRINTED = re.compile(f"{CONTROL.pattern}|[\t\u2028\u2029]")
NO_REPORTS = (MANIFEST, LEDGER)


def bundled_corpus() -> Path:
    """The folder of the five reports that come with the project."""
    return Path(__file__).resolve().parents[1] / "corpus"


def find_sources(inputs: Sequence[Path], manifest: Path | None = None) -> list[Source]:
    """All files in ``inputs``, in order, each once, with their manifest rows.

    The files inside a ZIP archive are files of their own: a.zip/inner/b.docx.

    :raises BadInput: if a path does not exist or a manifest is unusable.
    """
    found: dict[Path, Source] = {}
    rows_of: dict[Path, dict[str, dict[str, str]]] = {}
    for given in inputs:
        if not given.exists():
            raise BadInput(f"{given}: no such file or folder", f"{given}：没有这个文件或目录")
        folder = given if given.is_dir() else given.parent
        table = manifest or folder / MANIFEST
        rows = read_manifest(table) if manifest or table.is_file() else {}
        for path in sorted(given.rglob("*")) if given.is_dir() else [given]:
            if path.name not in NO_REPORTS and (path.is_symlink() or not path.is_dir()):
                name = path.relative_to(folder).as_posix()
                shown = printable(name)
                row = rows.pop(name, None) or rows.pop(shown, {})
                source = Source(path, shown, row)
                found.setdefault(path.parent.resolve() / path.name, source)
                rows_of[path] = rows
        for name in rows if given.is_dir() else ():  # named in the manifest, not there
            if not any(name.startswith(f"{source.name}/") for source in found.values()):
                found[folder / name] = Source(folder / name, printable(name), {})
    return list(unpacked(found.values(), rows_of))


def unpacked(
    sources: Iterable[Source], rows_of: Mapping[Path, Mapping[str, dict[str, str]]]
) -> Iterator[Source]:
    """The sources, each archive replaced by what is in it, or with the reason why it is not."""
    sources = list(sources)
    archives = [s.path for s in sources if is_archive(s.path)]
    with closing(members_isolated(archives)) as contents:
        for source in sources:
            members = next(contents) if is_archive(source.path) else None
            if members is None:
                yield source
            elif isinstance(members, Unreadable):
                yield replace(source, refused=(str(members), members.zh))
            elif not members:
                yield replace(source, refused=("an empty archive", "压缩包为空"))
            else:
                for member in members:
                    name = f"{source.name}/{printable(member.name)}"
                    row = rows_of[source.path].get(name, {})
                    yield Source(source.path, name, row, member.place)


def is_archive(path: Path) -> bool:
    """Whether there is a ZIP file at ``path``, by its name."""
    return path.suffix.lower() == ".zip" and path.is_file() and not path.is_symlink()


def printable(name: str) -> str:
    """A file name as one line of valid text: bytes that are not UTF-8, and characters that
    break lines or turn a terminal or the writing direction, stand as \\xff or \\u202e."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return UNPRINTED.sub(lambda m: m[0].encode("unicode_escape").decode("ascii"), text)
