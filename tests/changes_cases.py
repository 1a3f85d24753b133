"""The made-up pairs of years in `tests/cases/changes`: two reports, and what changed by hand.

The format is described in the README there. A sentence is known by how it begins, so that no
label depends on offsets.
"""

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path

from indexer.build import build_index
from indexer.sources import bundled_corpus
from indexer.store import Index
from search_api.changes.units import joined
from search_api.changes.wording import bare
from search_api.engine import Engine

HERE = Path(__file__).parent
CASES = HERE / "cases" / "changes"
KINDS = {"=": "kept", "~": "edited", "+": "new"}


@dataclass
class Case:
    """A pair; sentences are (text of a or None, text of b or None, kind, moved)."""

    name: str
    earlier: str  # report ids
    later: str
    group: str  # tune or check
    text: str = ""  # of the later report
    sentences: list[tuple[str | None, str | None, str, bool]] = field(default_factory=list)
    sections: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    plans: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)


def paragraphs_of(text):
    """The sentences of a report's text, a list a paragraph."""
    lines = [line for line in text.split("\n") if line.strip()]
    return [[line[a:b] for a, b in joined(line)] for line in lines]


def read_case(path, sentences):
    """A case; ``sentences`` are the earlier report's, paragraph by paragraph."""
    head, *lines = path.read_text("utf-8").splitlines()
    earlier, year, group = head.split()
    case = Case(path.stem, earlier, f"{earlier}-{year}", group)
    flat = [s for paragraph in sentences for s in paragraph]
    used, out, paragraph = set(), [], []

    def old(start):
        found = [s for s in flat if bare(s).startswith(bare(start)) and s not in used]
        assert len(found) == 1, (path.name, start, found)
        used.add(found[0])
        return found[0]

    for line in [*lines, ""]:
        mark, _, rest = line.partition(" ")
        if mark in ("", "##") and paragraph:
            out.append("".join(paragraph))
            paragraph = []
        if mark == "##":
            new, _, olds = rest.partition("||")
            out += [new.strip()] if new.strip() else []
            case.sections.append(
                (tuple(o.strip() for o in olds.split("|") if o.strip()), new.strip())
            )
        elif mark == "?":
            plan, _, results = rest.partition("||")
            wanted = tuple(r.strip() for r in results.split("|") if r.strip() != "-")
            case.plans.append((plan.strip(), wanted))
        elif mark:
            moved = "^" in mark
            if mark[0] == "+":
                found = [(None, rest)]
            elif mark[0] == "~":
                start, _, new = rest.partition(" || ")
                found = [(old(start), new)]
            elif "*" in mark:
                whole = next(p for p in sentences if any(bare(s).startswith(bare(rest)) for s in p))
                at = next(n for n, s in enumerate(whole) if bare(s).startswith(bare(rest)))
                found = [(old(s), s) for s in whole[at:]]
            else:
                found = [(s := old(rest), s)]
            case.sentences += [(a, b, KINDS[mark[0]], moved) for a, b in found]
            paragraph += [b for _, b in found]
    case.sentences += [(s, None, "dropped", False) for s in flat if s not in used]
    case.text = "\n".join(out)
    return case


def write_reports(folder, rows):
    """Files of (id, title, issuer, year, text), and the manifest that says so."""
    folder.mkdir(parents=True)
    with (folder / "corpus.csv").open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle)
        table.writerow(["file", "id", "title", "issuer", "year"])
        for report_id, title, issuer, year, text in rows:
            (folder / f"{report_id}.txt").write_text(f"{title}\n{text}", "utf-8")
            table.writerow([f"{report_id}.txt", report_id, title, issuer, year])
    return folder


def development_reports():
    """The development set as rows for `write_reports`."""
    for path in sorted((HERE / "eval" / "reports").glob("*.json")):
        report = json.loads(path.read_text("utf-8"))
        text = "\n".join(block.get("heading") or block["text"] for block in report["blocks"])
        yield report["id"], report["title"], report["issuer"], report["year"], text


def index_cases(root, embedder):
    """(engine, cases): over the development set, the bundled reports and the made ones."""
    known = [write_reports(root / "dev", development_reports()), bundled_corpus()]
    build_index(known, root / "index", embedder)
    index = Index.open(root / "index")
    cases, rows = [], []
    for path in sorted(CASES.glob("*.txt")):
        base = index.report(path.read_text("utf-8").split()[0])
        case = read_case(path, paragraphs_of(base.text))
        year = int(case.later.rpartition("-")[2])
        title = f"{base.meta.issuer}{year}年法治政府建设情况报告"
        rows.append((case.later, title, base.meta.issuer, year, case.text))
        cases.append(case)
    index.close()
    made = write_reports(root / "made", rows)
    build_index([*known, made], root / "index", embedder)
    return Engine(Index.open(root / "index"), embedder), cases
