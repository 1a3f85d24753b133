"""``bureau changes``: what became of one report in another."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.shapes import BadInput
from search_api.messages import language
from search_api.options import NOTHING, OpenEngine, Options, put

if TYPE_CHECKING:
    from indexer.shapes import Metadata
    from search_api.changes.fields import Table
    from search_api.changes.shapes import Change, Changes, Figure, Plans, SectionChange, Span
    from search_api.engine import Engine

WORDS = {
    "kept": ("kept", "保留"),
    "edited": ("edited", "修改"),
    "new": ("new", "新增"),
    "dropped": ("dropped", "删去"),
    "moved": ("moved", "移动"),
    "merged": ("merged", "合并"),
    "split": ("split", "拆分"),
    "regrouped": ("regrouped", "重组"),
    "summary": (
        "of {b} ({m:,} characters): {kept:.0%} kept, {edited:.0%} edited, {new:.0%} new; "
        "of {a} ({n:,} characters): {dropped:.0%} dropped; {moved:.0%} of {b} moved",
        "{b}（{m:,} 字）：保留 {kept:.0%}，修改 {edited:.0%}，新增 {new:.0%}；"
        "{a}（{n:,} 字）：删去 {dropped:.0%}；{b} 中移动 {moved:.0%}",
    ),
    "figures": ("figures in both", "两份报告都有的数据"),
    "plans": ("plans of {a}, and where {b} may answer them", "{a} 的打算，{b} 中可能对应的内容"),
    "none": ("no candidate (not found is not the same as not done)", "未检出（不等于没有做）"),
    "text": ("text without a heading", "无标题正文"),
    "kept_n": ("{n} kept", "保留 {n} 句"),
}


def said(key: str, **values: object) -> str:
    """A phrase in the user's language."""
    return WORDS[key][language() == "zh"].format(**values)


def add_changes(app: Any, options: Options, open_engine: OpenEngine) -> None:  # noqa: ANN401
    """``bureau changes``."""
    first = options.argument("Report id, the earlier one. 报告编号（前）", "")
    second = options.argument("Report id, the later one. 报告编号（后）", "")
    issuer = options.option("", "--issuer", text="Instead of ids: a bureau and two years. 机关")
    begin = options.option(0, "--from", text="Year of the earlier report. 起始年份")
    end = options.option(0, "--to", text="Year of the later report. 终止年份")
    rows = options.option(
        "sentences", "--table", text="With --format: sentences, figures or plans. 导出内容"
    )
    everything = options.option(False, "--all", text="Kept sentences too. 也显示未改的句子")

    @app.command(epilog="Example: bureau changes yongan-2024 sanmenxia-2025")  # type: ignore[untyped-decorator]
    def changes(
        a: str = first,
        b: str = second,
        issuer: str = issuer,
        from_year: int = begin,
        to_year: int = end,
        everything: bool = everything,
        table: str = rows,
        form: str = options.form,
        out: Path | None = options.out,
        index: Path = options.index,
    ) -> None:
        """Two reports: kept, edited, new, dropped; figures; plans and results. 两份报告的变化

        Two report ids, or --issuer with --from and --to.
        """
        from search_api.changes.changes import changes as compare
        from search_api.changes.fields import Table
        from search_api.filters import member
        from search_api.sharing.tables import TableFormat

        wanted, chosen = member(Table, table), member(TableFormat, form) if form else None
        engine = open_engine(index, None)
        pair = chosen_pair(engine, (a, b), issuer, (from_year, to_year))
        if chosen or out:
            put(table_of(engine, pair, wanted, chosen or TableFormat.CSV), out)
            return
        found = compare(engine, *pair)
        show(found, everything=everything)
        show_plans(engine, found)
        if all(change.kind == "kept" for section in found.sections for change in section.changes):
            raise options.leave(NOTHING)


def chosen_pair(
    engine: Engine, ids: tuple[str, str], issuer: str, years: tuple[int, int]
) -> tuple[str, str]:
    """The two report ids that a command names.

    :raises BadInput: if it names neither two ids nor a bureau and two years.
    """
    from search_api.changes.pairs import report_of

    if all(ids) and not issuer and not any(years):
        return ids
    if issuer and all(years) and not any(ids):
        metas = engine.index.metas
        return report_of(metas, issuer, years[0]), report_of(metas, issuer, years[1])
    raise BadInput(
        "name two report ids (“bureau stats” lists them), or --issuer with --from and --to",
        "请写两个报告编号（用 “bureau stats” 查看），或用 --issuer 加 --from 和 --to",
    )


def table_of(engine: Engine, pair: tuple[str, str], wanted: Table, form: Any) -> bytes:  # noqa: ANN401
    """The rows of a table as the bytes of a file."""
    from search_api.changes import fields
    from search_api.changes.changes import changes as compare
    from search_api.changes.plans import plans
    from search_api.sharing.tables import table

    if wanted is fields.Table.PLANS:
        return table(form, fields.plan_rows(plans(engine, *pair)))
    found = compare(engine, *pair)
    figures = wanted is fields.Table.FIGURES
    return table(form, fields.figure_rows(found) if figures else fields.sentence_rows(found))


def show(found: Changes, *, everything: bool) -> None:
    """Section by section, then the figures; the summary goes to stderr."""
    from search_api.terminal import tell

    for section in found.sections:
        show_section(section, everything=everything)
    if found.figures:
        line(f"== {said('figures')}")
    for figure in found.figures:
        line("  " + figure_line(figure))
    total = found.summary
    b, a = max(1, total.characters_b), max(1, total.characters_a)
    shares = {"kept": total.kept / b, "edited": total.edited / b, "new": total.new / b}
    tell(
        said(
            "summary",
            a=found.a.id,
            b=found.b.id,
            n=total.characters_a,
            m=total.characters_b,
            dropped=total.dropped / a,
            moved=total.moved / b,
            **shares,
        )
    )


def show_section(section: SectionChange, *, everything: bool) -> None:
    """A section's heading, then its sentences; those kept are counted."""
    heads = [" | ".join(titles(side)) for side in (section.a, section.b) if side]
    line(f"== {said(section.relation)}: {' → '.join(dict.fromkeys(heads))}")
    kept = [change for change in section.changes if change.kind == "kept" and not change.moved]
    if kept and not everything:
        line("  = " + said("kept_n", n=len(kept)))
    for change in section.changes:
        if everything or change not in kept:
            line("  " + change_line(change))


def titles(spans: Iterable[Span]) -> list[str]:
    """The headings of sections, or what they are called without one."""
    return [span.text or said("text") for span in spans]


def change_line(change: Change) -> str:
    """A sentence with what was deleted [-so-] and inserted {+so+}, and where it stands."""
    sign = {"kept": "=", "edited": "~", "new": "+", "dropped": "-"}[change.kind]
    span = change.b or change.a
    signs = {"same": "{}", "deleted": "[-{}-]", "inserted": "{{+{}+}}"}
    text = "".join(signs[run.op].format(run.text) for run in change.runs)
    where = " → ".join(place(side) for side in (change.a, change.b) if side)
    moved = f" ({said('moved')})" if change.moved else ""
    return f"{sign}{moved} {text or (span.text if span else '')} [{where}]".replace("\n", " ")


def place(span: Span) -> str:
    """What names a span."""
    return f"{span.report_id}:{span.start}-{span.end}"


def figure_line(figure: Figure) -> str:
    """A number then and now."""
    name = figure.name
    if figure.subject and figure.subject not in name:
        name = f"{figure.subject} · {name}"
    step = "" if figure.difference is None else f" ({figure.difference:+,g})"
    values = f"{figure.a.value:,g} → {figure.b.value:,g} {figure.unit}{step}"
    return f"{name}: {values} [{place(figure.a.span)} → {place(figure.b.span)}]"


def show_plans(engine: Engine, found: Changes) -> None:
    """Where one report follows on the other: its plans and their candidate results."""
    from search_api.changes.plans import follows, plans

    if not follows(found.a, found.b):
        return
    made: Plans = plans(engine, found.a.id, found.b.id)
    if made.results:
        line("== " + said("plans", a=name_of(made.earlier), b=name_of(made.later)))
    for result in made.results:
        line(f"  ? {result.plan.text} [{place(result.plan)}]".replace("\n", " "))
        for candidate in result.candidates:
            where = f"{candidate.score:.2f} [{place(candidate.span)}]"
            line(f"    → {candidate.span.text} {where}".replace("\n", " "))
        if not result.candidates:
            line("    → " + said("none"))


def name_of(meta: Metadata) -> str:
    """What a report is called in a line."""
    return f"{meta.issuer} {meta.year or '?'}"


def line(text: str) -> None:
    """A line of data."""
    from search_api.terminal import out

    out.print(text, markup=False, soft_wrap=True)
