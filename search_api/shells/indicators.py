"""``bureau indicators``: what bureaus say in numbers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search_api.messages import language
from search_api.options import NOTHING, Options, put, text_of

if TYPE_CHECKING:
    from search_api.filters import Filters
    from search_api.indicators.table import Group, Indicators, Value

WIDEST = 44  # characters of a name on the screen


def add_indicators(app: Any, options: Options) -> None:  # noqa: ANN401
    """Register the verb on the typer application ``app``."""
    name = options.argument(
        "Name: 化解率, “resolution rate”; - reads it from stdin. Without it: the names that "
        "most bureaus give. 指标名称",
        None,
    )
    sort = options.option(
        "region", "--sort", text="region, issuer, year or value; -value the other way round. 排序"
    )

    @app.command(epilog="Example: bureau indicators 化解率 --year 2024 --csv")  # type: ignore[untyped-decorator]
    @options.filtered
    def indicators(
        name: str | None = name,
        *,
        filters: Filters,
        sort: str = sort,
        form: str = options.form,
        as_json: bool = options.json,
        as_csv: bool = options.csv,
        out: Path | None = options.out,
        index: Path = options.index,
    ) -> None:
        """Numbers with what they measure, across bureaus and years. 指标"""
        from indexer.opening import open_local
        from search_api.filters import member
        from search_api.indicators import table as counting
        from search_api.indicators.fields import indicator_rows
        from search_api.sharing.tables import TableFormat, table

        chosen = member(TableFormat, "csv" if as_csv else form) if form or as_csv else None
        order = member(counting.Order, sort)
        wanted = None if name is None else text_of(name)
        most = counting.MOST_EXPORTED if chosen or out or as_json else counting.MOST_VALUES
        found = counting.indicators(
            open_local(index), wanted, filters=filters, order=order, most=most
        )
        if as_json:
            for row in indicator_rows(found):
                sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        elif chosen or out:
            put(table(chosen or TableFormat.CSV, indicator_rows(found)), out)
        else:
            show(found)
        if not found.groups:
            raise options.leave(NOTHING)


def show(found: Indicators) -> None:
    """What a person reads."""
    chinese = language() == "zh"
    for number, group in enumerate(found.groups):
        sys.stdout.write(heading(group, chinese=chinese) + "\n")
        for value in found.values:
            if value.group == number:
                sys.stdout.write(line(value) + "\n")
    said = {
        "zh": f"{found.bureaus} 个机关、{found.reports} 份报告；另有 {found.left_out} 个数值、"
        f"{found.more_groups} 个名称未列出",
        "en": f"{found.bureaus} bureaus, {found.reports} reports; {found.left_out} more values, "
        f"{found.more_groups} more names",
    }
    sys.stderr.write(said[language()] + "\n")


def heading(group: Group, *, chinese: bool) -> str:
    """A group in one line: its name and who gives it."""
    kinds = [("增减", "change")] * group.change + [("计划", "planned")] * group.planned
    said = ", ".join([group.unit, *(kind[not chinese] for kind in kinds)])
    name = f"{group.name} ({said})"
    given = (
        f"{group.of} 个机关中有 {group.bureaus} 个"
        if chinese
        else f"given by {group.bureaus} of {group.of} bureaus"
    )
    return f"{name[:WIDEST]}  {given}, {group.values} ×"


def line(value: Value) -> str:
    """A value in one line."""
    subject = f"〔{value.subject}〕" if value.subject else ""
    kind = " ←" if value.kind == "earlier" else ""
    change = value.comparison if value.kind == "change" else ""
    beside = f"，{value.comparison}" if value.comparison and not change else ""
    where = f"{value.meta.issuer} · {value.meta.year or '?'}"
    place = f"[{value.meta.id}:{value.start}-{value.end}]"
    return f"  {where}  {change or value.printed}{beside}{kind} {subject} “{value.quote}” {place}"
