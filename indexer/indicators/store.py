"""The indicators of all reports in a generation: written once, opened without parsing.

indicators.npy   one record for each (see `RECORD`), by report, then by place
indicators.txt   the strings that the records point to, UTF-8, one a line; line 0 is empty
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.files import write_durably
from indexer.indicators.grammar import Indicator, Kind, indicators_of
from indexer.shapes import BadIndex, Report, Role

ROLES = tuple(Role)
KINDS = tuple(Kind)
ROWS_FILE, STRINGS_FILE = "indicators.npy", "indicators.txt"
RECORD = np.dtype(
    [
        ("report", "<i4"),  # row of the report
        ("start", "<i4"),  # of the value, in characters of the report's text
        ("end", "<i4"),
        ("quote_start", "<i4"),
        ("quote_end", "<i4"),
        ("section", "<i4"),
        ("page", "<i4"),  # 0: unknown
        ("name", "<i4"),  # lines of the strings
        ("subject", "<i4"),
        ("unit", "<i4"),
        ("period", "<i4"),
        ("comparison", "<i4"),
        ("label", "<i4"),  # subject and name in one: 矛盾纠纷化解率
        ("value", "<f8"),
        ("upper", "<f8"),  # nan: no range
        ("role", "i1"),
        ("kind", "i1"),
        ("approx", "?"),
    ]
)
WORDS = ("name", "subject", "unit", "period", "comparison")


@dataclass(frozen=True, slots=True)
class Located:
    """An indicator and where in its report it stands."""

    indicator: Indicator
    section: int
    role: Role
    page: int | None


def report_indicators(report: Report) -> Iterator[Located]:
    """The indicators of a report's body, in reading order."""
    for section, group in groupby(report.passages, key=lambda p: p.section):
        passages = list(group)
        start, end = passages[0].start, passages[-1].end
        planned = passages[0].role is Role.PLANS
        at = 0
        for indicator in indicators_of(report.text, start, end, planned=planned):
            while at + 1 < len(passages) and passages[at].end <= indicator.start:
                at += 1
            yield Located(indicator, section, passages[at].role, passages[at].page)


def write_indicators(folder: Path, reports: Sequence[Report]) -> None:
    """Write both files below ``folder``.

    :raises OSError: on a full disk.
    """
    write_located(folder, map(report_indicators, reports))


def write_located(folder: Path, found: Iterable[Iterable[Located]]) -> None:
    """Write both files; ``found`` gives the indicators of each report, in its order."""
    strings: dict[str, int] = {"": 0}
    parts = [np.zeros(0, dtype=RECORD)]
    for row, of_report in enumerate(found):
        records = [_record(row, located, strings) for located in of_report]
        parts.append(np.array(records, dtype=RECORD))
    with (folder / ROWS_FILE).open("wb") as handle:
        np.save(handle, np.concatenate(parts), allow_pickle=False)
    write_durably(folder / STRINGS_FILE, "\n".join(strings).encode("utf-8"))


def _record(row: int, located: Located, strings: dict[str, int]) -> tuple[object, ...]:
    found = located.indicator
    texts = (" ".join(getattr(found, name).split()) for name in WORDS)
    return (
        row,
        found.start,
        found.end,
        found.quote_start,
        found.quote_end,
        located.section,
        located.page or 0,
        *(strings.setdefault(text, len(strings)) for text in (*texts, label_of(found))),
        found.value,
        np.nan if found.upper is None else found.upper,
        ROLES.index(located.role),
        KINDS.index(found.kind),
        found.approx,
    )


def label_of(found: Indicator) -> str:
    """What is measured, in full: the name with the thing it is of before it."""
    return found.name if found.subject in found.name else found.subject + found.name


class IndicatorTable:
    """The indicators of a generation, opened for reading."""

    def __init__(self, rows: NDArray[np.void], folder: Path) -> None:
        self.rows = rows
        self.strings = (folder / STRINGS_FILE).read_text("utf-8").split("\n")

    @classmethod
    def open(cls, folder: Path) -> IndicatorTable:
        """What `write_indicators` wrote below ``folder``.

        :raises BadIndex: if another version of the program wrote it, or it is not there.
        """
        try:
            rows = np.load(folder / ROWS_FILE, mmap_mode="r", allow_pickle=False)
            if rows.dtype != RECORD:
                raise ValueError
            return cls(rows, folder)
        except (OSError, ValueError):
            raise BadIndex(
                f"{folder} was made by another version: rebuild it with “bureau index”",
                f"{folder} 由其他版本建立：请用 “bureau index” 重建",
            ) from None

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def labels(self) -> dict[int, list[int]]:
        """Lines of ``strings`` that are labels, each with the names that it was made of."""
        width = len(self.strings)
        keys = np.unique(self.rows["label"].astype(np.int64) * width + self.rows["name"])
        found: dict[int, list[int]] = {}
        for key in keys.tolist():
            found.setdefault(key // width, []).append(key % width)
        return found

    def lines_with(self, words: Iterable[str]) -> set[int]:
        """The lines of ``strings`` that hold one of ``words``."""
        kept = sorted(filter(None, set(words)), key=len, reverse=True)
        if not kept:
            return set()
        pattern = re.compile("|".join(map(re.escape, kept)))
        places = [m.start() for m in pattern.finditer(self._joined)]
        lines = np.searchsorted(self._starts, places, side="right") - 1
        return set(lines.tolist())

    @cached_property
    def _joined(self) -> str:
        return "\n".join(self.strings)

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        lengths = np.fromiter((len(line) + 1 for line in self.strings), dtype=np.int64)
        starts: NDArray[np.int64] = np.cumsum(lengths) - lengths
        return starts
