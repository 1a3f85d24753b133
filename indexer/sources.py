"""Which files an index is made from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from indexer.metadata import MANIFEST, read_manifest
from indexer.shapes import BadInput, Source


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
