"""An answer as plain fields: the one form that the command line and HTTP print as JSON."""

from __future__ import annotations

from search_api.answer import Answer, BureauQuotes, Point
from search_api.asked import Asked
from search_api.fields import Fields, expansion_fields, hit_fields, meta_fields
from search_api.gloss import key_terms
from search_api.indicators.fields import value_fields


def answer_fields(answer: Answer) -> Fields:
    """A cited answer; ``closest`` holds passages when the evidence is insufficient."""
    return {
        "query": answer.query,
        "sufficient": answer.sufficient,
        "corrections": [list(pair) for pair in answer.search.corrections],
        "expansion": expansion_fields(answer.search.expansion),
        "asked": asked_fields(answer.asked),
        "points": [point_fields(point) for point in answer.points],
        "figures": [value_fields(value) for value in answer.figures],
        "of": answer.of,
        "bureaus": [bureau_fields(g, gloss=answer.search.english) for g in answer.bureaus],
        "evidence": [hit_fields(h) for h in answer.evidence],
        "closest": [] if answer.sufficient else [hit_fields(h) for h in answer.search.hits[:3]],
    }


def asked_fields(asked: Asked) -> Fields:
    """How a question was understood."""
    return {
        "form": str(asked.form),
        "filters": [{"name": n.filter, "value": n.value, "words": n.words} for n in asked.named],
        "absent": list(asked.absent),
    }


def point_fields(point: Point) -> Fields:
    """A practice and the numbers of the quotes about it, from 0 in the order of the answer."""
    practice = point.practice
    return {
        "practice": practice.id if practice else None,
        "zh": practice.zh if practice else None,
        "en": practice.en if practice else None,
        "quotes": list(point.quotes),
    }


def bureau_fields(group: BureauQuotes, *, gloss: bool) -> Fields:
    """One bureau's quotes; with ``gloss``, what their terms mean in English."""
    quotes = [
        {
            "passage_id": q.passage_id,
            "heading_path": list(q.path),
            "text": q.text,
            "start": q.start,
            "end": q.end,
            "page": q.page,
            "score": round(q.score, 4),
            "sha256": q.sha256,
            "terms": term_fields(q.text) if gloss else [],
        }
        for q in group.quotes
    ]
    return meta_fields(group.meta) | {"quotes": quotes}


def term_fields(text: str) -> list[Fields]:
    """The terms of the field in a quote, each with its first English sense."""
    return [{"word": g.word, "gloss": g.gloss.split("; ")[0]} for g in key_terms(text)]
