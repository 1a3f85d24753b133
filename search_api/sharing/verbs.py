"""The command line's verbs cite, verify, export and compare.

`search_api.cli` hands its typer over, so that it stays that library's one importer. As there,
imports stand inside the commands: ``--help`` must not pay for libraries that it does not use.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.shapes import BadInput
from search_api.messages import language
from search_api.options import NOTHING, OpenEngine, Options, put, text_of

if TYPE_CHECKING:
    from search_api.filters import Filters

UNEQUAL = 1  # exit status: a quote is not verbatim


def add_verbs(app: Any, options: Options, open_engine: OpenEngine) -> None:  # noqa: ANN401
    """Register the verbs on the typer application ``app``."""
    add_cite(app, options)
    add_verify(app, options)
    add_export(app, options, open_engine)
    add_compare(app, options, open_engine)


def add_cite(app: Any, options: Options) -> None:  # noqa: ANN401
    """``bureau cite``."""
    passage = options.argument("As printed by search: report:start-end. 段落编号")
    form = options.option(
        "gbt7714-2025",
        "--format",
        text="gbt7714-2025, gbt7714-2015, ris, bibtex or csl-json. 著录格式",
    )

    @app.command(epilog="Example: bureau cite yongan-2024:1849-1980 --format bibtex")  # type: ignore[untyped-decorator]
    def cite(passage_id: str = passage, form: str = form, index: Path = options.index) -> None:
        """A passage as an entry of a bibliography. 参考文献著录"""
        from indexer.opening import open_index
        from search_api.filters import member
        from search_api.sharing.collections import entry_of
        from search_api.sharing.references import FORMS, Style

        style = member(Style, form)
        sys.stdout.write(FORMS[style](entry_of(open_index(index), passage_id)))


def add_verify(app: Any, options: Options) -> None:  # noqa: ANN401
    """``bureau verify``."""
    source = options.argument(
        "JSON lines, or an article in Markdown; - reads stdin. 引文或文章", "-"
    )

    @app.command(epilog="Example: bureau search 信访听证 --json | bureau verify")  # type: ignore[untyped-decorator]
    def verify(
        source: str = source, index: Path = options.index, as_json: bool = options.json
    ) -> None:
        """Whether quotes still stand in their reports, word for word. 核对引文

        A line has report_id, start, end and text; of an article, as “bureau collect export” begins
        one, every quote and footnote is checked. Exit status 0: all are verbatim, 1: not all.
        """
        from indexer.opening import open_index
        from search_api.sharing import quotes
        from search_api.shells.proof import findings_of, is_article, show_findings

        text = text_from(source)
        if is_article(source, text):
            if not show_findings(findings_of(index, text), as_json=as_json):
                raise options.leave(UNEQUAL)
            return
        verdicts = quotes.verify(open_index(index), quotes_in(text, source))
        for verdict in verdicts:
            fields = quotes.verdict_fields(verdict)
            span = "{report_id}:{start}-{end}".format(**fields)
            line = json.dumps(fields, ensure_ascii=False) if as_json else f"{verdict.state} {span}"
            sys.stdout.write(line + "\n")
        counts = quotes.tally(verdicts)
        sys.stderr.write(" · ".join(f"{n} {state_name(s)}" for s, n in counts.items()) + "\n")
        if counts["verbatim"] < len(verdicts):
            raise options.leave(UNEQUAL)


def text_from(source: str) -> str:
    """The text of a file, or of stdin for ``-``.

    :raises BadInput: if it cannot be read.
    """
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{source} is not UTF-8 text", f"{source} 不是 UTF-8 文本") from None
    except OSError as error:
        raise BadInput(f"cannot read {source}: {error.strerror}", f"无法读取 {source}") from None


def quotes_in(text: str, source: str) -> list[Any]:
    """The quotes of JSON lines that ``source`` holds.

    :raises BadInput: if there is none, or one cannot be read.
    """
    from search_api.sharing.quotes import quotes_from_lines

    found = list(quotes_from_lines(text.split("\n")))
    if not found:
        raise BadInput(f"there are no quotes in {source}", f"{source} 中没有引文")
    return found


def state_name(state: str) -> str:
    """A state in the user's language."""
    zh = {"verbatim": "一致", "changed": "已变", "missing": "不存在"}
    return zh[state] if language() == "zh" else state


def add_export(app: Any, options: Options, open_engine: OpenEngine) -> None:  # noqa: ANN401
    """``bureau export``."""
    query = options.argument("Question or words; - reads them from stdin. 问题或关键词")
    form = options.option("csv", "--format", text="csv, xlsx or json. 格式")
    k = options.option(100, "-k", "--k", text="Number of rows, at most 1000. 条数")

    @app.command(epilog="Example: bureau export 重复信访 --format xlsx --out hits.xlsx")  # type: ignore[untyped-decorator]
    @options.filtered
    def export(
        query: str = query,
        *,
        filters: Filters,
        form: str = form,
        out: Path | None = options.out,
        index: Path = options.index,
        k: int = k,
        no_expand: bool = options.no_expand,
        embedder: str | None = options.embedder,
    ) -> None:
        """Ranked passages as a table for a spreadsheet. 导出表格"""
        from search_api.filters import member
        from search_api.sharing.tables import TableFormat, table, table_rows

        chosen = member(TableFormat, form)
        engine = open_engine(index, embedder)
        result = engine.search(text_of(query), k=k, filters=filters, expand=not no_expand)
        rows = table_rows(result)
        put(table(chosen, rows), out)
        sys.stderr.write(f"{len(rows)} → {out or '-'}\n")
        if not rows:
            raise options.leave(NOTHING)


def add_compare(app: Any, options: Options, open_engine: OpenEngine) -> None:  # noqa: ANN401
    """``bureau compare``."""
    query = options.argument("Question or practice; - reads it from stdin. 问题或做法")

    @app.command(epilog="Example: bureau compare 律师参与接访 --year 2024 --format csv")  # type: ignore[untyped-decorator]
    @options.filtered
    def compare(
        query: str = query,
        *,
        filters: Filters,
        form: str = options.form,
        out: Path | None = options.out,
        index: Path = options.index,
    ) -> None:
        """One question, every bureau and year: found, not found, no report. 比较"""
        from search_api import compare as comparing
        from search_api.filters import member
        from search_api.sharing.tables import TableFormat, table

        chosen = member(TableFormat, form) if form else None
        found = comparing.compare(open_engine(index, None), text_of(query), filters=filters)
        if chosen is None and out is None:
            from search_api.terminal import show_comparison

            show_comparison(found)
        else:
            put(table(chosen or TableFormat.CSV, comparing.comparison_rows(found)), out)
        if not found.counts[comparing.State.FOUND]:
            raise options.leave(NOTHING)
