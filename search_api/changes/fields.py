"""A comparison of two reports as fields, and as flat rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from enum import StrEnum

from indexer.shapes import Metadata
from search_api.changes.pairs import Suggestion
from search_api.changes.plans import FLOOR, follows
from search_api.changes.shapes import (
    Change,
    Changes,
    Figure,
    Kind,
    Plans,
    Run,
    SectionChange,
    Span,
    Summary,
    Value,
)
from search_api.citations import ARROW, citation
from search_api.fields import Fields, meta_fields


class Table(StrEnum):
    """What a file holds a row of."""

    SENTENCES = "sentences"
    FIGURES = "figures"
    PLANS = "plans"


def changes_fields(found: Changes) -> Fields:
    """A comparison as the interface sends it."""
    return {
        "a": meta_fields(found.a),
        "b": meta_fields(found.b),
        "follows": follows(found.a, found.b),
        "summary": summary_fields(found.summary),
        "sections": [section_fields(section) for section in found.sections],
        "figures": [figure_fields(figure) for figure in found.figures],
    }


def summary_fields(found: Summary) -> Fields:
    """Characters, and their shares of the report that they are counted in."""
    a, b = max(1, found.characters_a), max(1, found.characters_b)
    shares = {
        "kept": found.kept / b,
        "edited": found.edited / b,
        "new": found.new / b,
        "moved": found.moved / b,
        "dropped": found.dropped / a,
    }
    return asdict(found) | {"shares": {name: round(share, 4) for name, share in shares.items()}}


def section_fields(section: SectionChange) -> Fields:
    """Sections that became each other."""
    counts = {str(kind): 0 for kind in Kind}
    for found in section.changes:
        counts[str(found.kind)] += 1
    return {
        "relation": str(section.relation),
        "a": [span_fields(span) for span in section.a],
        "b": [span_fields(span) for span in section.b],
        "heading": run_fields(section.heading),
        "counts": counts,
        "changes": [change_fields(found) for found in section.changes],
    }


def change_fields(found: Change) -> Fields:
    """One sentence."""
    return {
        "kind": str(found.kind),
        "moved": found.moved,
        "likeness": round(found.likeness, 4),
        "a": span_fields(found.a) if found.a else None,
        "b": span_fields(found.b) if found.b else None,
        "runs": run_fields(found.runs),
    }


def run_fields(runs: Sequence[Run]) -> list[Fields]:
    """Stretches of an edited text."""
    return [{"op": str(run.op), "text": run.text} for run in runs]


def span_fields(span: Span) -> Fields:
    """Words of a report with what verifies them."""
    return {
        "report_id": span.report_id,
        "passage_id": span.passage_id,
        "start": span.start,
        "end": span.end,
        "text": span.text,
        "heading_path": list(span.path),
        "role": str(span.role),
        "page": span.page,
        "sha256": span.sha256,
    }


def figure_fields(figure: Figure) -> Fields:
    """A number that both reports have."""
    return {
        "name": figure.name,
        "subject": figure.subject,
        "unit": figure.unit,
        "a": value_fields(figure.a),
        "b": value_fields(figure.b),
        "difference": figure.difference,
    }


def value_fields(value: Value) -> Fields:
    """A number and the words that say it."""
    return {
        "value": value.value,
        "upper": value.upper,
        "approx": value.approx,
        "period": value.period,
        "start": value.start,
        "end": value.end,
        "quote": span_fields(value.span),
    }


def plans_fields(found: Plans) -> Fields:
    """Plans and what may have become of them."""
    return {
        "earlier": meta_fields(found.earlier),
        "later": meta_fields(found.later),
        "results": [
            {
                "plan": span_fields(result.plan),
                "candidates": [
                    span_fields(c.span) | {"score": round(c.score, 4)} for c in result.candidates
                ],
            }
            for result in found.results
        ],
        "answered": sum(bool(result.candidates) for result in found.results),
        "left_out": found.left_out,
        "floor": FLOOR,
    }


def suggestion_fields(found: Suggestion) -> Fields:
    """A pair that is worth looking at."""
    return {"a": meta_fields(found.a), "b": meta_fields(found.b), "same_bureau": found.same_bureau}


def sentence_rows(found: Changes) -> list[Fields]:
    """A row for every sentence of either report."""
    return [
        {
            "kind": str(change.kind),
            "moved": change.moved,
            "section": str(section.relation),
            "likeness": round(change.likeness, 4) if change.a and change.b else None,
            **side("a", found.a, change.a),
            **side("b", found.b, change.b),
        }
        for section in found.sections
        for change in section.changes
    ]


def side(name: str, meta: Metadata, span: Span | None) -> Fields:
    """One side of a row; empty where there is none."""
    return {
        f"report_{name}": meta.id,
        f"heading_{name}": ARROW.join(span.path) if span else "",
        f"text_{name}": span.text if span else "",
        f"start_{name}": span.start if span else None,
        f"end_{name}": span.end if span else None,
        f"sha256_{name}": span.sha256 if span else "",
        f"citation_{name}": cited(meta, span) if span else "",
    }


def cited(meta: Metadata, span: Span) -> str:
    """The citation of a span in one line."""
    return citation(meta, span.path, span.page, span.start, span.end)


def figure_rows(found: Changes) -> list[Fields]:
    """A row for every number that both reports have."""
    return [
        {
            "name": figure.name,
            "subject": figure.subject,
            "unit": figure.unit,
            "value_a": figure.a.value,
            "value_b": figure.b.value,
            "difference": figure.difference,
            "upper_a": figure.a.upper,
            "upper_b": figure.b.upper,
            "approx_a": figure.a.approx,
            "approx_b": figure.b.approx,
            **side("a", found.a, figure.a.span),
            **side("b", found.b, figure.b.span),
        }
        for figure in found.figures
    ]


def plan_rows(found: Plans) -> list[Fields]:
    """A row for every candidate, and one for a plan without any."""
    return list(_plan_rows(found))


def _plan_rows(found: Plans) -> Iterator[Fields]:
    for result in found.results:
        plan = side("a", found.earlier, result.plan)
        for candidate in result.candidates:
            score = round(candidate.score, 4)
            yield {"score": score, **plan, **side("b", found.later, candidate.span)}
        if not result.candidates:
            yield {"score": None, **plan, **side("b", found.later, None)}
