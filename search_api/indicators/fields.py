"""Indicators as plain fields: what HTTP sends, and rows for a table in a file."""

from __future__ import annotations

from search_api.fields import Fields, expansion_fields
from search_api.indicators.names import carried
from search_api.indicators.table import Group, Indicators, Value


def indicators_fields(found: Indicators) -> Fields:
    """An answer as the interface sends it."""
    query = found.query
    return {
        "query": query.text if query else "",
        "corrections": [list(pair) for pair in query.corrections] if query else [],
        "expansion": expansion_fields(carried(query)) if query else [],
        "groups": [group_fields(group) for group in found.groups],
        "values": [value_fields(value) for value in found.values],
        "left_out": found.left_out,
        "more_groups": found.more_groups,
        "reports": found.reports,
        "bureaus": found.bureaus,
    }


def group_fields(group: Group) -> Fields:
    """One name with its unit."""
    return {
        "name": group.name,
        "unit": group.unit,
        "change": group.change,
        "planned": group.planned,
        "values": group.values,
        "bureaus": group.bureaus,
        "of": group.of,
        "years": list(group.years),
    }


def value_fields(value: Value) -> Fields:
    """One value with its quote."""
    return {
        "group": value.group,
        "issuer": value.meta.issuer,
        "region": value.meta.region.name,
        "region_code": value.meta.region.code,
        "year": value.meta.year,
        "name": value.name,
        "subject": value.subject,
        "value": value.value,
        "upper": value.upper,
        "unit": value.unit,
        "approx": value.approx,
        "kind": str(value.kind),
        "period": value.period,
        "comparison": value.comparison,
        "printed": value.printed,
        "report_id": value.meta.id,
        "title": value.meta.title,
        "heading_path": list(value.path),
        "role": str(value.role),
        "page": value.page,
        "text": value.quote,
        "start": value.start,
        "end": value.end,
        "value_start": value.value_start,
        "value_end": value.value_end,
        "sha256": value.sha256,
        "citation": value.citation,
    }


def indicator_rows(found: Indicators) -> list[Fields]:
    """A flat row for every value; without a name, one for every group."""
    if found.query is None:
        rows = [group_fields(group) for group in found.groups]
        return [row | {"years": " ".join(map(str, row["years"]))} for row in rows]
    left_out = ("group", "region_code", "title", "heading_path", "value_start", "value_end")
    rows = []
    for value in found.values:
        fields = value_fields(value)
        group = found.groups[value.group]
        given = {"given_by": group.bureaus, "of_bureaus": group.of}
        rows.append({k: v for k, v in fields.items() if k not in left_out} | given)
    return rows
