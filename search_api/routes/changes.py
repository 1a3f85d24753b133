"""The routes that compare two reports sentence by sentence."""

from __future__ import annotations

from itertools import compress
from typing import Annotated

from fastapi import FastAPI, Query, Response

from search_api.changes import fields
from search_api.changes.changes import changes
from search_api.changes.pairs import suggestions
from search_api.changes.plans import plans
from search_api.engine import Engine
from search_api.fields import Fields, meta_fields
from search_api.filters import allowed_reports
from search_api.routes.comparing import Form, table_file
from search_api.routes.document import answers, files_of, reads
from search_api.routes.params import Chosen, Current
from search_api.routes.schemas.changes import ChangeList, Pairs, PlanResults
from search_api.serving.listing import index_line
from search_api.serving.replies import reply
from search_api.sharing import tables

MOST_PAIRS = 12
MOST_REPORTS = 500  # that can be chosen from a list
First = Annotated[
    str, Query(description="Report id, the earlier one.", max_length=500, examples=["yongan-2024"])
]
Second = Annotated[
    str, Query(description="Report id, the later one.", max_length=500, examples=["sanmenxia-2025"])
]
Held = Annotated[
    fields.Table,
    Query(
        description="What the file has a row for: every sentence, every figure that both have, "
        "or every plan with its candidate results.",
        examples=["figures"],
    ),
]


def add_changes(app: FastAPI) -> None:
    """/v1/changes, its plans, pairs and export."""

    @reads(
        app,
        "/v1/changes",
        tags=["compare"],
        summary="Two reports, sentence by sentence",
        **answers(ChangeList),
    )
    def changed(engine: Current, a: First, b: Second) -> Response:
        """What became of report a in report b: kept, edited, new, dropped, moved; figures."""
        found = fields.changes_fields(changes(engine, a, b))
        return reply(found | {"index": index_line(engine)})

    @reads(
        app,
        "/v1/changes/plans",
        tags=["compare"],
        summary="Plans and their candidate results",
        **answers(PlanResults),
    )
    def planned(engine: Current, a: First, b: Second) -> Response:
        """The plans of the earlier of one bureau's two reports, and what may have come of them."""
        found = fields.plans_fields(plans(engine, a, b))
        return reply(found | {"index": index_line(engine)})

    @reads(
        app,
        "/v1/changes/pairs",
        tags=["compare"],
        summary="Pairs of reports to compare",
        **answers(Pairs),
    )
    def pairs(engine: Current, filters: Chosen) -> Response:
        """What can be chosen: one bureau's years first, then bureaus of the same year."""
        return reply(pair_fields(engine, filters) | {"index": index_line(engine)})

    @reads(
        app,
        "/v1/changes/export",
        tags=["compare"],
        summary="Changes as a file",
        **files_of(*tables.MEDIA_TYPES.values()),
    )
    def changes_export(
        engine: Current,
        a: First,
        b: Second,
        table: Held = fields.Table.SENTENCES,
        form: Form = tables.TableFormat.CSV,
    ) -> Response:
        """Both sides of every row with their spans, hashes and citations."""
        if table is fields.Table.PLANS:
            rows = fields.plan_rows(plans(engine, a, b))
        elif table is fields.Table.FIGURES:
            rows = fields.figure_rows(changes(engine, a, b))
        else:
            rows = fields.sentence_rows(changes(engine, a, b))
        return table_file(f"bureau-changes-{table}", form, tables.table(form, rows))


def pair_fields(engine: Engine, filters: Chosen) -> Fields:
    """The reports that can be chosen and the pairs that suggest themselves."""
    kept = allowed_reports(engine.index, filters)
    metas = list(compress(engine.index.metas, kept))
    metas.sort(key=lambda meta: (meta.region.code, meta.issuer, meta.year or 0, meta.id))
    return {
        "pairs": [fields.suggestion_fields(s) for s in suggestions(metas, MOST_PAIRS)],
        "reports": [meta_fields(meta) for meta in metas[:MOST_REPORTS]],
        "total": len(metas),
    }
