"""The command line's verbs stats and manifest: what is in an index, and correcting it by hand."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from indexer.shapes import Metadata
from search_api.options import Options

TO_CHECK = ("weak", "confidence")  # columns that say what to check; nothing reads them


def add_catalogue(app: Any, options: Options) -> None:  # noqa: ANN401
    """Register the verbs on the typer application ``app``."""

    @app.command(epilog="Example: bureau stats --json")  # type: ignore[untyped-decorator]
    def stats(index: Path = options.index, as_json: bool = options.json) -> None:
        """What is in the index, and what became of every input file. 索引概况"""
        from indexer.opening import open_index
        from search_api.fields import index_fields
        from search_api.terminal import show_stats

        opened = open_index(index)
        if as_json:
            sys.stdout.write(json.dumps(index_fields(opened), ensure_ascii=False) + "\n")
        else:
            show_stats(opened)

    @app.command(epilog="Example: bureau manifest > reports/corpus.csv")  # type: ignore[untyped-decorator]
    def manifest(index: Path = options.index) -> None:
        """The reports' metadata as a CSV to correct by hand and index with. 元数据表

        Put it into the folder of the reports as corpus.csv, or name it with --manifest. The
        column "weak" names guesses to check, "confidence" how often such guesses were right.
        """
        from indexer.opening import open_index

        write_manifest(open_index(index).metas)


def write_manifest(metas: Iterable[Metadata]) -> None:
    """Print a manifest of reports as CSV with a byte-order mark, as spreadsheets write it."""
    from indexer.metadata import COLUMNS

    sys.stdout.write("\ufeff")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*COLUMNS, *TO_CHECK])
    for meta in metas:
        code = "" if meta.region.code == "000000" else meta.region.code
        row = (meta.id, meta.title, meta.issuer, code, meta.level, meta.year, meta.date, meta.file)
        weak = "; ".join(f"{field} ({origin})" for field, origin in meta.weak.items())
        shares = "; ".join(f"{field} {share:.2f}" for field, share in meta.confidence)
        writer.writerow(["" if value is None else str(value) for value in row] + [weak, shares])
