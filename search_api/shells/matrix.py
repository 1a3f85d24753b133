"""``bureau matrix``, practices against bureaus, regions or years, and ``bureau eval --matrix``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.shapes import BadInput
from search_api.messages import language, say
from search_api.options import NOTHING, Options, put

if TYPE_CHECKING:
    from indexer.embedders import Embedder
    from search_api.filters import Filters
    from search_api.options import OpenEngine
    from search_api.practices.matrix import Column, Matrix, Row

SIGNS = {"found": "●", "not_found": "○", "no_report": "–"}
WIDEST = 60  # characters of a name on the screen


def add_matrix(app: Any, options: Options, open_engine: OpenEngine) -> None:  # noqa: ANN401
    """Register the verb."""
    listed = options.option(
        None,
        "--practices",
        text="Your own list: JSON, CSV, or text with one practice a line. 自己的做法清单",
    )
    by = options.option(
        [],
        "--by",
        text="Columns: issuer, province, prefecture, county, level, year or report; "
        "two as province,year. 列",
    )
    practice = options.option(
        [], "--practice", text="Id of a practice of the list, such as P06; repeatable. 做法编号"
    )

    @app.command(epilog="Example: bureau matrix --by province --csv")  # type: ignore[untyped-decorator]
    @options.filtered
    def matrix(
        practices: Path | None = listed,
        *,
        filters: Filters,
        by: list[str] = by,
        practice: list[str] = practice,
        form: str = options.form,
        as_csv: bool = options.csv,
        as_json: bool = options.json,
        out: Path | None = options.out,
        index: Path = options.index,
        embedder: str | None = options.embedder,
    ) -> None:
        """Which report describes which practice: found, not found, no report. 做法矩阵

        Not found is not the same as not done. 未找到不等于没有做。
        """
        from search_api.filters import member
        from search_api.practices import matrix as matrices
        from search_api.practices.fields import matrix_rows, row_fields
        from search_api.practices.lists import load_practices
        from search_api.sharing.tables import TableFormat, table

        if as_json + as_csv + bool(form) > 1:
            raise BadInput(
                "--json, --csv and --format exclude each other",
                "--json、--csv、--format 只能选一个",
            )
        chosen = TableFormat.CSV if as_csv or (out and not form) else None
        chosen = member(TableFormat, form) if form else chosen
        own = load_practices(practices) if practices else None
        found = matrices.matrix(
            open_engine(index, embedder),
            by=by,
            practice=practice,
            practices=own,
            filters=filters,
            most=matrices.MOST_IN_FILE if chosen or as_json else matrices.MOST_COLUMNS,
        )
        if as_json:
            lines = (json.dumps(row_fields(row), ensure_ascii=False) for row in found.rows)
            put("".join(f"{line}\n" for line in lines).encode("utf-8"), out)
        elif chosen:
            put(table(chosen, matrix_rows(found)), out)
        else:
            show(found)
        tell(found)
        if not any(row.found for row in found.rows):
            raise options.leave(NOTHING)


def show(found: Matrix) -> None:
    """The columns by number, then a line for every practice."""
    width = max((len(str(n)) for n in range(len(found.columns) + 1)), default=1)
    lines = [
        f"{n:>{width}} {name_of(column)} ({len(column.reports)})"
        for n, column in enumerate(found.columns, 1)
    ]
    ids = max((len(row.practice.id) for row in found.rows), default=1)
    heads = " ".join(f"{n:>{width}}" for n in range(1, len(found.columns) + 1))
    lines += ["", f"{'':{ids}} {heads}"]
    lines += [line_of(row, found.reports, ids, width) for row in found.rows]
    sys.stdout.write("\n".join(lines) + "\n")


def name_of(column: Column) -> str:
    """A column's labels in one line."""
    unknown = "未注明" if language() == "zh" else "not stated"
    return " ".join(key.label or unknown for key in column.keys)


def line_of(row: Row, reports: int, ids: int, width: int) -> str:
    """A practice: its signs, how many reports have it, its name."""
    signs = " ".join(f"{SIGNS[cell.state]:>{width}}" for cell in row.cells)
    practice = row.practice
    name = practice.name if language() == "zh" else practice.en or practice.zh
    return f"{practice.id:{ids}} {signs}  {row.found}/{reports} {name[:WIDEST]}"


def tell(found: Matrix) -> None:
    """What the signs mean, and what they do not; on stderr."""
    signs = (f"{SIGNS[state]} {say(state)}: {n}" for state, n in found.counts.items())
    sys.stderr.write(f"{' · '.join(signs)}\n{say('not_done')}\n")
    if found.left_out:
        sys.stderr.write(more_columns(found.left_out) + "\n")


def more_columns(left_out: int) -> str:
    """That there are columns beyond those shown."""
    if language() == "zh":
        return f"另有 {left_out:,} 列未列出：可用 --by province 或筛选条件缩小范围"
    return f"{left_out:,} further columns are left out: narrow down with --by province or filters"


def show_quality(
    data: Path, embedder: Embedder, practices: Path | None, *, fit: bool, as_json: bool
) -> None:
    """Precision, recall and F1 of every practice; with ``fit``, held out of the choice of numbers.

    :raises BadInput: if ``data`` holds no labelled reports, or none of these practices.
    """
    from search_api.practices.lists import load_practices
    from search_api.practices.quality import fitted, judged, means

    own = load_practices(practices) if practices else None
    found = fitted(data, embedder, own) if fit else None
    figures = found.figures if found else judged(data, embedder, own)
    measures = {f.id: (f.precision, f.recall, f.f1) for f in figures} | {"macro": means(figures)}
    names = {f.id: f.name for f in figures}
    for practice, values in measures.items():
        shown = dict(zip(("precision", "recall", "f1"), (round(v, 4) for v in values), strict=True))
        if as_json:
            line = json.dumps({"practice": practice} | shown)
        else:
            numbers = "  ".join(f"{name} {value:.2f}" for name, value in shown.items())
            line = f"{practice:6} {numbers}  {names.get(practice, '')[:WIDEST]}".rstrip()
        sys.stdout.write(line + "\n")
    if found:
        sys.stderr.write(
            f"lexical weight {found.lexical}, floor of evidence {found.floor}, curve "
            f"{found.curve.slope} around {found.curve.middle}, found from {found.found:.2f}\n"
        )
