"""How often metadata is guessed rightly: ``python -m tests.bench.metadata``.

Prints, for every field and what a guess of it can rest on, how many guesses were right of how
many that were made, and the confidence that `indexer.confidence` makes of it; exits with 1 if
the figures written there are others. Every origin is tried on its own. Title, issuer, year and
date: the five bundled reports and the thirty of `tests/eval`, as plain text without a manifest.
Region: every division of GB/T 2260 as the issuer "X信访局", by its name alone and, where that is
not enough, with its full name in the text.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.cleaning import LogicalLine, to_paragraphs
from indexer.confidence import SEEN, confidence
from indexer.metadata import first, guess_date, guess_issuer, guess_year, year_before
from indexer.outline import parse_outline
from indexer.readers.text import read_text
from indexer.regions import all_regions, guess_region
from indexer.shapes import Origin, Outline, Region
from indexer.sources import bundled_corpus

EVAL = Path(__file__).resolve().parents[1] / "eval"
BUREAU = re.compile("^中共|党组$")  # the Party group of a bureau counts as the bureau
Counts = Counter[tuple[str, Origin, bool]]  # (field, origin, right)


@dataclass(frozen=True, slots=True)
class Known:
    """A report as read, and its metadata as it is known."""

    outline: Outline
    lines: list[LogicalLine]
    facts: dict[str, Any]


def known_reports() -> Iterator[Known]:
    """The bundled reports and the made-up ones."""
    labelled = json.loads((EVAL / "outlines.json").read_text("utf-8"))
    for name, facts in labelled.items():
        yield known((bundled_corpus() / f"{name}.txt"), facts)
    with tempfile.TemporaryDirectory() as scratch:
        for path in sorted((EVAL / "reports").glob("*.json")):
            facts = json.loads(path.read_text("utf-8"))
            text = Path(scratch, path.stem).with_suffix(".txt")
            text.write_text(plain(facts), "utf-8")
            yield known(text, facts)


def plain(facts: dict[str, Any]) -> str:
    """A labelled report as it would be published: title, text, issuer, date."""
    year, month, day = facts["date"].split("-")
    lines = [facts["title"]]
    lines += [
        block[key] for block in facts["blocks"] for key in ("heading", "text") if key in block
    ]
    return "\n".join([*lines, facts["issuer"], f"{year}年{int(month)}月{int(day)}日"])


def known(path: Path, facts: dict[str, Any]) -> Known:
    """One report, read and cut."""
    lines = to_paragraphs(read_text(path).lines)
    return Known(parse_outline(lines), lines, facts)


def judge(report: Known, counts: Counts) -> None:
    """Count every guess that each origin makes of a report."""
    facts, outline = report.facts, report.outline
    signed = [outline.text[a:b] for a, b in outline.matter]

    def note(field: str, origin: Origin, value: object) -> None:
        if value:
            true = str(facts[field])
            counts[field, origin, str(value) in (true, BUREAU.sub("", true))] += 1

    note("title", Origin.TITLE, outline.title)
    note("date", Origin.SIGNED, guess_date(signed))
    note("year", Origin.PROPERTY, year_before(facts["date"] or ""))
    for field, guesses in (
        ("issuer", guess_issuer(outline.title, [])),
        ("issuer", guess_issuer("", signed)),
        ("year", guess_year(outline.title, [])),
        ("year", guess_year("", below_title(report))),
    ):
        value, origin = first(*guesses)
        note(field, origin, value)


def below_title(report: Known) -> list[LogicalLine]:
    """The lines that are no part of the title."""
    title = "".join(report.outline.title.split())
    return [line for line in report.lines if "".join(line.text.split()) not in title]


def judge_regions(regions: Sequence[Region], counts: Counts) -> None:
    """Count what is made of the name of a bureau of each division."""
    for region in regions:
        issuer = f"{region.county or region.prefecture or region.province}信访局"
        found, sure = guess_region(issuer, "")
        if not sure:
            found, _ = guess_region(issuer, f"{region.name}信访局")
        if found != Region():
            origin = Origin.ISSUER if sure else Origin.TEXT
            counts["region", origin, found.code == region.code] += 1


def measured(every: int = 1) -> dict[tuple[str, Origin], tuple[int, int]]:
    """(right, made) by field and origin; of the divisions only each ``every``-th is tried."""
    counts: Counts = Counter()
    for report in known_reports():
        judge(report, counts)
    judge_regions(all_regions()[::every], counts)
    kinds = sorted({(field, origin) for field, origin, _ in counts})
    return {
        kind: (counts[*kind, True], counts[*kind, True] + counts[*kind, False]) for kind in kinds
    }


def main(say: Callable[[str], object] = print) -> None:
    """Measure and print."""
    found = measured()
    say("| field | rests on | right | of | confidence |\n|---|---|---|---|---|")
    for (field, origin), (right, made) in found.items():
        say(f"| {field} | {origin} | {right} | {made} | {confidence(field, origin):.2f} |")
    for field, origin in (("title", Origin.PROPERTY), ("date", Origin.PROPERTY)):
        say(f"| {field} | {origin} | – | 0 | {confidence(field, origin):.2f} |")
    sys.exit(found != dict(SEEN))


if __name__ == "__main__":
    main()
