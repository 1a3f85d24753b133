"""The command line's verbs cite, verify, export and compare.

`search_api.cli` hands its typer over, so that it stays that library's one importer. As there,
imports stand inside the commands: ``--help`` must not pay for libraries that it does not use.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from indexer.shapes import BadInput
from search_api.messages import language

if TYPE_CHECKING:
    from search_api.engine import Engine

UNEQUAL, NOTHING = 1, 1  # exit status: a quote is not verbatim; no row was found
DEFAULT_INDEX = Path(".bureau")
OpenEngine = Callable[[Path, str | None], "Engine"]


def add_verbs(app: Any, typer: ModuleType, open_engine: OpenEngine) -> None:  # noqa: ANN401
    """Register the verbs on the typer application ``app``."""
    index = typer.Option(
        DEFAULT_INDEX, "--index", envvar="BUREAU_INDEX", help="Index directory. 索引目录"
    )
    add_cite(app, typer, index)
    add_verify(app, typer, index)
    add_export(app, typer, index, open_engine)
    add_compare(app, typer, index, open_engine)


def add_cite(app: Any, typer: ModuleType, index_option: Any) -> None:  # noqa: ANN401
    """``bureau cite``."""
    passage = typer.Argument(help="As printed by search: report:start-end. 段落编号")
    form = typer.Option(
        "gbt7714-2025",
        "--format",
        help="gbt7714-2025, gbt7714-2015, ris, bibtex or csl-json. 著录格式",
    )

    @app.command(epilog="Example: bureau cite yongan-2024:1849-1980 --format bibtex")  # type: ignore[untyped-decorator]
    def cite(passage_id: str = passage, form: str = form, index: Path = index_option) -> None:
        """A passage as an entry of a bibliography. 参考文献著录"""
        from indexer.store import Index
        from search_api.filters import member
        from search_api.sharing.references import Style, reference

        style = member(Style, form)
        opened = Index.open(index)
        row = opened.row_of(passage_id)
        meta = opened.metas[int(opened.column("report")[row])]
        sys.stdout.write(reference(style, meta, opened.passage(row)))


def add_verify(app: Any, typer: ModuleType, index_option: Any) -> None:  # noqa: ANN401
    """``bureau verify``."""
    source = typer.Argument("-", help="File of JSON lines; - reads stdin. 引文文件")
    json_option = typer.Option(False, "--json", help="JSON, one object a line.")

    @app.command(epilog="Example: bureau search 信访听证 --json | bureau verify")  # type: ignore[untyped-decorator]
    def verify(
        source: str = source, index: Path = index_option, as_json: bool = json_option
    ) -> None:
        """Whether quotes still stand in their reports, word for word. 核对引文

        A line has report_id, start, end and text. Exit status 0: all are verbatim, 1: not all.
        """
        from indexer.store import Index
        from search_api.sharing import quotes

        verdicts = quotes.verify(Index.open(index), quotes_from(source))
        for verdict in verdicts:
            fields = quotes.verdict_fields(verdict)
            span = "{report_id}:{start}-{end}".format(**fields)
            line = json.dumps(fields, ensure_ascii=False) if as_json else f"{verdict.state} {span}"
            sys.stdout.write(line + "\n")
        counts = quotes.tally(verdicts)
        sys.stderr.write(" · ".join(f"{n} {state_name(s)}" for s, n in counts.items()) + "\n")
        if counts["verbatim"] < len(verdicts):
            raise typer.Exit(UNEQUAL)


def quotes_from(source: str) -> list[Any]:
    """The quotes of a file, or of stdin for ``-``.

    :raises BadInput: if there is none, or one cannot be read.
    """
    from search_api.sharing.quotes import quotes_from_lines

    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        found = list(quotes_from_lines(data.decode("utf-8").split("\n")))
    except UnicodeDecodeError:
        raise BadInput(f"{source} is not UTF-8 text", f"{source} 不是 UTF-8 文本") from None
    except OSError as error:
        raise BadInput(f"cannot read {source}: {error.strerror}", f"无法读取 {source}") from None
    if not found:
        raise BadInput(f"there are no quotes in {source}", f"{source} 中没有引文")
    return found


def state_name(state: str) -> str:
    """A state in the user's language."""
    zh = {"verbatim": "一致", "changed": "已变", "missing": "不存在"}
    return zh[state] if language() == "zh" else state


def add_export(app: Any, typer: ModuleType, index_option: Any, open_engine: OpenEngine) -> None:  # noqa: ANN401
    """``bureau export``."""
    query = typer.Argument(help="Question or words; - reads them from stdin. 问题或关键词")
    form = typer.Option("csv", "--format", help="csv, xlsx or json. 格式")
    out = typer.Option(None, "--out", help="File to write; stdout without. 输出文件")
    k = typer.Option(100, "-k", "--k", help="Number of rows, at most 1000. 条数")
    issuer = typer.Option([], help="Bureau, or part of its name. 发文机关")
    region = typer.Option([], help="Region at any level: code or name. 地区")
    year = typer.Option([], help="Year reported on. 年份")
    role = typer.Option([], help="intro, work, duty, problems or plans. 段落类型")
    level = typer.Option([], help="national, province, prefecture or county. 层级")
    report = typer.Option([], help="Report id. 报告编号")
    no_expand = typer.Option(
        False, "--no-expand", help="Do not carry English words to Chinese ones."
    )
    embedder = typer.Option(None, "--embedder", help="sentence-transformers model. 向量模型")

    @app.command(epilog="Example: bureau export 重复信访 --format xlsx --out hits.xlsx")  # type: ignore[untyped-decorator]
    def export(
        query: str = query,
        form: str = form,
        out: Path | None = out,
        index: Path = index_option,
        k: int = k,
        issuer: list[str] = issuer,
        region: list[str] = region,
        year: list[int] = year,
        role: list[str] = role,
        level: list[str] = level,
        report: list[str] = report,
        no_expand: bool = no_expand,
        embedder: str | None = embedder,
    ) -> None:
        """Ranked passages as a table for a spreadsheet. 导出表格"""
        from search_api.filters import Filters, member
        from search_api.sharing.tables import TableFormat, table, table_rows

        chosen = member(TableFormat, form)
        text = sys.stdin.read() if query == "-" else query
        parts = (
            tuple(issuer),
            tuple(region),
            tuple(year),
            tuple(role),
            tuple(report),
            tuple(level),
        )
        engine = open_engine(index, embedder)
        result = engine.search(text, k=k, filters=Filters(*parts), expand=not no_expand)
        rows = table_rows(result)
        put(table(chosen, rows), out)
        sys.stderr.write(f"{len(rows)} → {out or '-'}\n")
        if not rows:
            raise typer.Exit(NOTHING)


def add_compare(app: Any, typer: ModuleType, index_option: Any, open_engine: OpenEngine) -> None:  # noqa: ANN401
    """``bureau compare``."""
    query = typer.Argument(help="Question or practice; - reads it from stdin. 问题或做法")
    form = typer.Option("", "--format", help="csv, xlsx or json; readable text without. 格式")
    out = typer.Option(None, "--out", help="File to write; stdout without. 输出文件")
    issuer = typer.Option([], help="Bureau, or part of its name. 发文机关")
    region = typer.Option([], help="Region at any level: code or name. 地区")
    year = typer.Option([], help="Year reported on. 年份")
    role = typer.Option([], help="intro, work, duty, problems or plans. 段落类型")
    level = typer.Option([], help="national, province, prefecture or county. 层级")

    @app.command(epilog="Example: bureau compare 律师参与接访 --year 2024 --format csv")  # type: ignore[untyped-decorator]
    def compare(
        query: str = query,
        form: str = form,
        out: Path | None = out,
        index: Path = index_option,
        issuer: list[str] = issuer,
        region: list[str] = region,
        year: list[int] = year,
        role: list[str] = role,
        level: list[str] = level,
    ) -> None:
        """One question, every bureau and year: found, not found, no report. 比较"""
        from search_api import compare as comparing
        from search_api.filters import Filters, member
        from search_api.sharing.tables import TableFormat, table

        chosen = member(TableFormat, form) if form else None
        text = sys.stdin.read() if query == "-" else query
        parts = (tuple(issuer), tuple(region), tuple(year), tuple(role), (), tuple(level))
        found = comparing.compare(open_engine(index, None), text, filters=Filters(*parts))
        if chosen is None and out is None:
            from search_api.terminal import show_comparison

            show_comparison(found)
        else:
            put(table(chosen or TableFormat.CSV, comparing.comparison_rows(found)), out)
        if not found.counts[comparing.State.FOUND]:
            raise typer.Exit(NOTHING)


def put(data: bytes, out: Path | None) -> None:
    """Write a file, or stdout.

    :raises OSError: naming the file.
    """
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        out.write_bytes(data)
