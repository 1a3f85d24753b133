"""``bureau wording``: how a phrase or a draft is printed, by whom and since when."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.shapes import BadInput
from search_api.messages import language
from search_api.options import NOTHING, Options, put, text_of

if TYPE_CHECKING:
    from indexer.store import Index
    from search_api.fields import Fields
    from search_api.filters import Filters
    from search_api.wording.formulations import Wording
    from search_api.wording.scope import Usage
    from search_api.wording.top import Top

SHOWN = 3  # instances of a variant in the terminal


def add_wording(app: Any, options: Options) -> None:  # noqa: ANN401
    """Register the verb."""
    text_argument = options.argument("Phrase or draft; - reads it from stdin. 表述或草稿", None)
    top_option = options.option(
        False, "--top", text="The formulations that most bureaus share. 最常用表述"
    )
    k_option = options.option(20, "-k", "--k", text="Number of formulations of --top. 条数")

    @app.command(epilog="Example: bureau wording 办事依法、遇事找法")  # type: ignore[untyped-decorator]
    @options.filtered
    def wording(
        text: str | None = text_argument,
        *,
        filters: Filters,
        shared: bool = top_option,
        k: int = k_option,
        index: Path = options.index,
        form: str = options.form,
        out: Path | None = options.out,
        as_json: bool = options.json,
        as_csv: bool = options.csv,
    ) -> None:
        """How bureaus word a phrase or a draft: variants, users, years. 规范表述"""
        from indexer.opening import open_local
        from search_api.filters import member
        from search_api.sharing.tables import TableFormat, table

        if shared == (text is not None):
            raise BadInput("give either a text or --top", "请给出文本，或使用 --top，二者选一")
        chosen = member(TableFormat, "csv" if as_csv else form) if form or as_csv else None
        opened = open_local(index)
        if text is None:
            lines, rows = most_shared(opened, k, filters)
        else:
            lines, rows = looked_for(opened, text_of(text), filters, whole=bool(chosen or out))
        if as_json:
            lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        if chosen or out:
            put(table(chosen or TableFormat.CSV, rows), out)
        else:
            sys.stdout.write("".join(line + "\n" for line in lines))
        if not rows:
            raise options.leave(NOTHING)


def most_shared(index: Index, k: int, filters: Filters) -> tuple[list[str], list[Fields]]:
    """The most shared formulations as lines and as rows."""
    from search_api.wording.fields import top_rows
    from search_api.wording.top import top

    found = top(index, k=k, filters=filters)
    return top_lines(found), top_rows(found)


def looked_for(
    index: Index, text: str, filters: Filters, *, whole: bool
) -> tuple[list[str], list[Fields]]:
    """What is printed like a text as lines and as rows; for a file, ``whole``, more of them."""
    from search_api.wording.fields import wording_fields, wording_rows
    from search_api.wording.formulations import wording
    from search_api.wording.scope import EXPORTED

    found = wording(index, text, filters=filters, limits=EXPORTED if whole else None)
    return wording_lines(found, wording_fields(found)), wording_rows(found)


def used(usage: Usage, of: int) -> str:
    """E.g. “used by 4 of 5 bureaus, first 2023, last 2025”."""
    years = [str(year or "?") for year in (usage.first, usage.last)]
    if language() == "zh":
        return f"{of} 个机关中 {usage.bureaus} 个使用，最早 {years[0]}，最近 {years[1]}"
    return f"used by {usage.bureaus} of {of} bureaus, first {years[0]}, last {years[1]}"


def wording_lines(found: Wording, fields: Fields) -> list[str]:
    """A draft as a person reads it: parts, clusters, variants, some instances of each."""
    zh = language() == "zh"
    lines = []
    for part, part_fields in zip(found.parts, fields["parts"], strict=True):
        nothing = "未见于其他报告" if zh else "no bureau prints it"
        lines.append(f"▌ {line(part.text)}" + ("" if part.clusters else f"  — {nothing}"))
        for cluster, cluster_fields in zip(part.clusters, part_fields["clusters"], strict=True):
            lines.append(f"  {line(cluster.variants[0].text)}")
            lines.append(f"    {used(cluster.usage, found.bureaus)}")
            if cluster.fuller:
                word = "通常作" if zh else "usually goes on"
                lines.append(f"    {word}: {line(cluster.fuller.text)}")
            for variant in cluster_fields["variants"]:
                lines.append(f"    · {marked(variant['differences'])}  ×{variant['occurrences']}")
                lines += [f"        {i['citation']}" for i in variant["instances"][:SHOWN]]
                if (more := variant["occurrences"] - SHOWN) > 0:
                    lines.append(f"        … +{more}")
        lines.append("")
    return lines


def marked(differences: list[list[str]]) -> str:
    """A variant with what it adds in [+ ] and what it leaves out in [- ]."""
    signs = {"added": "[+{}]", "missing": "[-{}]", "same": "{}"}
    return line("".join(signs[kind].format(text) for kind, text in differences))


def line(text: str) -> str:
    """A text in one line."""
    return " ".join(text.split())


def top_lines(found: Top) -> list[str]:
    """The most shared formulations as a person reads them."""
    return [
        text
        for form in found.forms
        for text in (
            f"{line(form.text)}",
            f"    {used(form.usage, found.bureaus)}",
            f"    {form.instance.citation}",
        )
    ]
