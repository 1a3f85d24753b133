"""fetched.csv: one line for every URL that was ever asked for into a folder. Load and save.

Lines are added while a run goes on and synced to the disk before the file that they speak of
gets its name; a later line replaces an earlier one of the same URL. A line that a crash cut
short is dropped. At its end a run writes the table anew, each URL once.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from indexer.files import write_durably
from indexer.shapes import BadInput

LEDGER = "fetched.csv"
BOM = "\ufeff"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Row:
    """A URL and what it led to; the file's fields stay when a later try fails."""

    url: str
    file: str = ""  # name in the folder
    status: str = ""
    fetched: str = ""  # when, UTC, ISO 8601
    media_type: str = ""
    sha256: str = ""  # of the file
    bytes: str = ""
    etag: str = ""
    last_modified: str = ""
    reason: str = ""
    reason_zh: str = ""


COLUMNS = tuple(field.name for field in fields(Row))
EARLIER = COLUMNS[:-1]  # what ledgers had before their reasons were in Chinese too


def load_ledger(folder: Path) -> dict[str, Row]:
    """URL -> row; empty if there is no ledger yet.

    :raises BadInput: if it is not what `save_ledger` writes.
    """
    path = folder / LEDGER
    try:
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1].decode("utf-8-sig")
        head, *lines = csv.reader(whole.splitlines()) if whole else [list(COLUMNS)]
        if tuple(head) not in (COLUMNS, EARLIER):
            raise ValueError
        rows = [Row(*line) for line in lines]
        if any(row.file != Path(row.file).name for row in rows):
            raise ValueError
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, csv.Error):
        raise BadInput(
            f"{path} is no ledger of this command: move it away",
            f"{path} 不是本命令写的记录：请移走",
        ) from None
    return {row.url: row for row in rows}


def save_ledger(folder: Path, rows: Iterable[Row]) -> None:
    """Write all ``rows``; a crash leaves the old table or the new one."""
    path = folder / LEDGER
    with naming(path):
        write_durably(path, (BOM + line_of(COLUMNS) + "".join(map(row_line, rows))).encode())


def add_to_ledger(folder: Path, row: Row) -> None:
    """Add a line and sync it; the ledger is there already."""
    path = folder / LEDGER
    with naming(path), path.open("ab") as handle:
        handle.write(row_line(row).encode())
        handle.flush()
        os.fsync(handle.fileno())


def row_line(row: Row) -> str:
    """A row as a line of CSV."""
    return line_of(astuple(row))


def line_of(cells: Iterable[str]) -> str:
    """Cells as one line of CSV, whatever stands in them."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([CONTROL.sub(" ", cell) for cell in cells])
    return out.getvalue()


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an `OSError` say that it came of writing ``path``."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
