"""How exactly files are read: ``python -m tests.bench.reading --into DIR [--formats …] [--json]``.

Renders reports in every format (`tests.bench.rendered`), reads each file as the indexer does
and compares with its reading of the original text: wrong characters, section tree, metadata.
Prints the README's table; ``--verbose`` lists the differences. Both the files and the results
are kept in DIR: what has not changed is not made or read again. Exits with 1 if a format
misses its limit. One file at a time, one thread; seconds are processor time, the start of the
reader's process included.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from hashlib import sha256
from pathlib import Path
from statistics import fmean
from typing import Any

from rapidfuzz.distance import Levenshtein

import indexer
from indexer.readers import ocr
from indexer.reading import read_reports
from indexer.shapes import Metadata, Origin, Report, Section, Source
from tests.bench.rendered import FORMATS, Rendering, arguments, collection

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
READING = (
    *("cleaning", "metadata", "names", "numbering", "outline", "passages", "reading", "regions"),
    *("roles", "shapes"),
)  # modules beside the readers on which the result depends
AROUND = 8  # characters shown on either side of a wrong one
COLUMNS = (
    *("format", "files", "CER mean", "worst", "limit", "trees equal", "but for wording"),
    *("metadata equal", "seconds"),
)
MOST_SHOWN = 12  # wrong places of one file that are listed


@dataclass(frozen=True, slots=True)
class Result:
    """How one file was read.

    ``wrong`` is the edit distance to the original's ``characters``, white space aside; the
    lists hold one line for each difference; ``reason`` says why nothing could be read.
    """

    format: str
    report: str
    characters: int
    wrong: int
    seconds: float
    shape: bool  # the tree is the same but for the wording of headings
    tree: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    reason: str = ""

    @property
    def rate(self) -> float:
        """Share of wrong characters."""
        return self.wrong / self.characters


def read_one(path: Path) -> Report | str:
    """What the pipeline makes of one file; the reason if it makes nothing of it."""
    reports, ledger = read_reports([Source(path, path.name, {})])
    return reports[0] if reports else ledger[0].reason


def measure(rendering: Rendering) -> Result:
    """Read a rendering and its original, and compare.

    :raises ValueError: if the original cannot be read.
    """
    expected = read_one(rendering.original)
    if isinstance(expected, str):
        raise ValueError(f"{rendering.original}: {expected}")
    before = os.times()
    found = read_one(rendering.file)
    after = os.times()
    seconds = sum(after[:4]) - sum(before[:4])  # of this process and its children
    text = bare(expected.text)
    if isinstance(found, str):
        nothing = (rendering.format, rendering.report, len(text), len(text), seconds, False)
        return Result(*nothing, ("no tree",), ("no metadata",), reason=found)
    return Result(
        rendering.format,
        rendering.report,
        len(text),
        Levenshtein.distance(text, bare(found.text)),
        round(seconds, 3),
        shape_of(expected) == shape_of(found),
        tuple(tree_differences(expected, found)),
        tuple(metadata_differences(expected.meta, found.meta)),
        tuple(text_differences(text, bare(found.text))),
    )


def bare(text: str) -> str:
    """Without white space."""
    return "".join(text.split())


def tree_of(report: Report) -> list[tuple[str, str, int | None, str]]:
    """(number, heading, parent, role) of every section."""
    return [(bare(s.number), bare(s.heading), s.parent, s.role) for s in report.sections]


def shape_of(report: Report) -> list[tuple[str, int | None, str]]:
    """(number, parent, role) of every section."""
    return [(number, parent, role) for number, _, parent, role in tree_of(report)]


def tree_differences(expected: Report, found: Report) -> Iterator[str]:
    """Nothing if the trees are equal; else the sections that are lost (-) or new (+)."""
    if tree_of(expected) == tree_of(found):
        return
    rows = [[shown(s, r.sections) for s in r.sections] for r in (expected, found)]
    for kind, a, b, c, d in SequenceMatcher(None, *rows, autojunk=False).get_opcodes():
        if kind != "equal":
            yield from (f"- {row}" for row in rows[0][a:b])
            yield from (f"+ {row}" for row in rows[1][c:d])


def shown(section: Section, sections: Sequence[Section]) -> str:
    """A section in one line."""
    above = sections[section.parent].number if section.parent is not None else "top"
    return f"{above} > {section.number} “{bare(section.heading)}” {section.role}"


def metadata_differences(expected: Metadata, found: Metadata) -> Iterator[str]:
    """What differs. A date that only the file gives, where the text has none, is no fault."""
    origins = dict(found.origins)
    for name in ("title", "issuer", "year", "date", "region"):
        was, now = getattr(expected, name), getattr(found, name)
        given = name == "date" and was is None and origins[name] is Origin.PROPERTY
        if was != now and not given:
            yield f"{name}: {was!r} -> {now!r}"


def text_differences(expected: str, found: str) -> Iterator[str]:
    """The first wrong places, as …before[expected|found]after…"""
    edits = [op for op in Levenshtein.opcodes(expected, found) if op.tag != "equal"]
    merged: list[list[int]] = []
    for op in edits:
        if merged and op.src_start - merged[-1][1] < 3:
            merged[-1][1], merged[-1][3] = op.src_end, op.dest_end
        else:
            merged.append([op.src_start, op.src_end, op.dest_start, op.dest_end])
    for a, b, c, d in merged[:MOST_SHOWN]:
        before, after = expected[max(0, a - AROUND) : a], expected[b : b + AROUND]
        yield f"…{before}[{clipped(expected[a:b])}|{clipped(found[c:d])}]{after}…"


def clipped(text: str) -> str:
    """The ends of a long text."""
    return text if len(text) <= 60 else f"{text[:25]} … {len(text) - 50} … {text[-25:]}"


def results(renderings: Iterable[Rendering], store: Path) -> Iterator[Result]:
    """Measure, or take from ``store`` what was measured on the same file by the same code."""
    kept = json.loads(store.read_text("utf-8")) if store.exists() else {}
    code = code_hash()
    for rendering in renderings:
        name = f"{rendering.format}/{rendering.report}"
        parts = (rendering.file.read_bytes(), rendering.original.read_bytes(), code)
        key = sha256(b"\0".join(parts)).hexdigest()
        if kept.get(name, {}).get("key") != key:
            result = measure(rendering)
            kept[name] = {"key": key, "result": asdict(result)}
            store.write_text(json.dumps(kept, ensure_ascii=False, indent=1), "utf-8")
            print(f"{name}: {result.rate:.2%}", file=sys.stderr, flush=True)
        yield from_fields(kept[name]["result"])


def from_fields(fields: Mapping[str, Any]) -> Result:
    """A result as JSON keeps it."""
    return Result(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})


def code_hash() -> bytes:
    """Changes with the code that reads."""
    root = Path(indexer.__file__).parent
    paths = [*sorted((root / "readers").glob("*.py")), *(root / f"{n}.py" for n in READING)]
    return sha256(b"\0".join(path.read_bytes() for path in [*paths, Path(__file__)])).digest()


def table(found: Mapping[str, Sequence[Result]]) -> Iterator[str]:
    """The README's table, in Markdown."""
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|---" * len(COLUMNS) + "|"
    for name, own in found.items():
        limit = FORMATS[name].limit or 0
        if not own:
            yield f"| {name} | 0 | not measured: {ocr.INSTALL} " + "| " * (len(COLUMNS) - 2)
            continue
        n = len(own)
        rates = [result.rate for result in own]
        trees = sum(not result.tree for result in own)
        shapes = sum(result.shape for result in own)
        metadata = sum(not result.metadata for result in own)
        seconds = fmean(result.seconds for result in own)
        yield (
            f"| {name} | {n} | {fmean(rates):.3%} | {max(rates):.3%} | {limit:.1%} "
            f"| {trees}/{n} | {shapes}/{n} | {metadata}/{n} | {seconds:.2f} |"
        )


def differences(found: Iterable[Result]) -> Iterator[str]:
    """Every difference, file by file."""
    for result in found:
        lines = [*result.tree, *result.metadata, *result.text]
        if result.reason or lines:
            yield f"\n{result.format}/{result.report}: {result.wrong} wrong characters"
            yield from (f"  {line}" for line in filter(None, (result.reason, *lines)))


def main() -> None:
    """Measure and print."""
    os.environ.update(dict.fromkeys(THREADS, "1"))
    parser = arguments("tests.bench.reading")
    parser.add_argument("--json", action="store_true", help="one JSON line for every file")
    parser.add_argument("--verbose", action="store_true", help="list the differences")
    given = parser.parse_args()
    renderings = collection(given)
    found: dict[str, list[Result]] = {name: [] for name in given.formats.split(",")}
    readable = [r for r in renderings if ocr.is_installed() or not r.format.startswith("scan")]
    for result in results(readable, given.into / "results.json"):
        found[result.format].append(result)
    measured = [result for own in found.values() for result in own]
    if given.json:
        print("\n".join(json.dumps(asdict(r), ensure_ascii=False) for r in measured))
    else:
        print("\n".join([*table(found), *(differences(measured) if given.verbose else ())]))
    missed = [r for r in measured if r.rate > (FORMATS[r.format].limit or 0)]
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
