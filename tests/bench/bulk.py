"""Bulk text for measurements of speed: real sentences, shuffled, their numbers changed.

It reads like reports, but no line of it is true: nothing measured on it says anything about
the quality of answers. The same seed gives the same text.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from indexer.passages import split_sentences
from indexer.sources import bundled_corpus

NUMBER = re.compile(r"\d+")
HEADS = "安宁清河东南西北平永福长新金石龙山江海云"
TAILS = "阳川城源溪泉湖林原陵"
A_REPORT = 20  # passages


def made_up_passages(count: int, seed: int = 7) -> Iterator[str]:
    """``count`` passages of three to five sentences of the bundled reports."""
    chance = random.Random(seed)
    sentences = []
    for path in sorted(bundled_corpus().glob("*.txt")):
        text = path.read_text("utf-8")
        spans = split_sentences(text)
        sentences += [" ".join(text[a:b].split()) for a, b in spans if 20 <= b - a <= 120]
    for _ in range(count):
        chosen = chance.sample(sentences, chance.randint(2, 4))
        yield "".join(NUMBER.sub(lambda m: str(chance.randint(1, 999)), s) for s in chosen)


def passages_of(file: Path) -> Iterator[str]:
    """The field ``text`` of every line of a JSONL file."""
    with file.open(encoding="utf-8") as lines:
        yield from (json.loads(line)["text"] for line in lines)


def write_reports(
    passages: Iterable[str],
    folder: Path,
    seed: int = 7,
    *,
    each: int = A_REPORT,
    most: int | None = None,
) -> int:
    """Write passages as reports of invented counties, ``each`` in one; returns how many.

    With ``most`` every report has its own number, from ``each`` to ``most``.
    """
    folder.mkdir(parents=True)
    chance = random.Random(seed)
    written = 0
    block: list[str] = []
    size = chance.randint(each, most) if most else each
    for passage in passages:
        block.append(passage)
        if len(block) == size:
            write_report(block, folder / f"r{written:06}.txt", chance)
            written, block = written + 1, []
            size = chance.randint(each, most) if most else each
    if block:
        write_report(block, folder / f"r{written:06}.txt", chance)
    return written + bool(block)


def write_report(block: list[str], path: Path, chance: random.Random) -> None:
    """One report with a title and a heading before every fifth passage."""
    place = chance.choice(HEADS) + chance.choice(TAILS) + "县"
    year = chance.randint(2015, 2025)
    lines = [f"{place}信访局{year}年法治政府建设工作报告"]
    for n, passage in enumerate(block):
        if n % 5 == 0:
            lines.append(f"{'一二三四'[n // 5 % 4]}、主要做法")
        lines.append(passage)
    path.write_text("\n".join(lines), "utf-8")
