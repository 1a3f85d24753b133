"""``bureau collect``: collections of passages, in the user's own folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from indexer.shapes import BadInput
from search_api.messages import language
from search_api.options import NOTHING, Options, put

if TYPE_CHECKING:
    from search_api.sharing.collections import Wanted

EPILOG = "Example: bureau search 信访听证 --json | bureau collect add 听证 -"


def add_collect(app: Any, typer: ModuleType, options: Options) -> None:  # noqa: ANN401
    """Register the verbs below ``collect``."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Collections of passages: gather, annotate, export. 摘录集",
        epilog=EPILOG,
    )
    folder = options.option(
        None,
        "--folder",
        envvar="BUREAU_COLLECTIONS",
        text="Where collections are; your data folder without it. 存放目录",
    )
    add_changes(group, options, folder)
    add_views(group, options, folder)
    app.add_typer(group, name="collect")


def add_changes(group: Any, options: Options, folder_option: Any) -> None:  # noqa: ANN401
    """Add, remove and note."""
    name_argument = options.argument("Name of a collection. 摘录集名称")
    what = options.argument(
        "report:start-end; - reads them, or the JSON of search, ask or a collection. 段落编号"
    )
    which = options.argument("Items; the whole collection if none. 段落编号", None)
    note_option = options.option("", "--note", text="A note on what is added. 备注")
    said = options.argument("The note; an empty one takes it away. 备注")

    @group.command(epilog="Example: bureau collect add 听证 yongan-2024:1849-1980")  # type: ignore[untyped-decorator]
    def add(
        name: str = name_argument,
        ids: list[str] = what,
        note: str = note_option,
        index: Path = options.index,
        folder: Path | None = folder_option,
    ) -> None:
        """Add passages, or any spans of reports, to a collection. 收藏"""
        from indexer.opening import open_index
        from search_api.sharing.collections import collect
        from search_api.sharing.shelf import Shelf

        shelf = Shelf(folder)
        shelf.path(name)  # a bad name is said before anything is read
        wanted = [one for given in ids for one in wanted_of(given)]
        if not wanted:
            tell("nothing to add", "没有要收藏的段落")
            raise options.leave(NOTHING)
        items = collect(open_index(index), noted(wanted, note))
        before = 0

        def adding(collection: Any) -> Any:  # noqa: ANN401 - a Collection, imported within
            nonlocal before
            before = len(collection.items)
            return collection.with_items(items)

        made = shelf.edit(name, adding)
        new = len(made.items) - before
        for item in made.items[before:]:
            sys.stdout.write(item.id + "\n")
        tell(
            f"{new} added, {len(items) - new} already there: {len(made.items)} in {made.name}",
            f"新收藏 {new} 条，已有 {len(items) - new} 条：{made.name} 共 {len(made.items)} 条",
        )

    @group.command(epilog="Example: bureau collect remove 听证 yongan-2024:1849-1980")  # type: ignore[untyped-decorator]
    def remove(
        name: str = name_argument,
        ids: list[str] | None = which,
        folder: Path | None = folder_option,
    ) -> None:
        """Take items out, or put a whole collection away. 移除"""
        from search_api.sharing.shelf import Shelf

        shelf = Shelf(folder)
        if not ids:
            kept = shelf.remove(name)
            tell(f"removed {name}; it is kept at {kept}", f"已移除 {name}，备份在 {kept}")
            return
        shelf.load(name)
        left = shelf.edit(name, lambda collection: collection.without(ids))
        tell(
            f"{len(ids)} removed: {len(left.items)} in {left.name}",
            f"移除 {len(ids)} 条，{left.name} 还有 {len(left.items)} 条",
        )

    @group.command(epilog="Example: bureau collect note 听证 yongan-2024:1849-1980 用于第二节")  # type: ignore[untyped-decorator]
    def note(
        name: str = name_argument,
        item: str = options.argument("The item. 段落编号"),
        text: str = said,
        folder: Path | None = folder_option,
    ) -> None:
        """Put a note on an item. 备注"""
        from search_api.sharing.shelf import Shelf

        shelf = Shelf(folder)
        shelf.load(name)
        shelf.edit(name, lambda collection: collection.with_note(item, text))


def add_views(group: Any, options: Options, folder_option: Any) -> None:  # noqa: ANN401
    """List, show and export."""
    name_argument = options.argument("Name of a collection. 摘录集名称")
    form_option = options.option(
        "md",
        "--format",
        text="md, gbt7714-2025, gbt7714-2015, ris, bibtex, csl-json, csv, xlsx or json. 格式",
    )

    @group.command("list", epilog="Example: bureau collect list")  # type: ignore[untyped-decorator]
    def listed(as_json: bool = options.json, folder: Path | None = folder_option) -> None:
        """The collections that there are. 列出"""
        from search_api.sharing.shelf import Shelf

        shelf = Shelf(folder)
        names = shelf.names()
        for name in names:
            collection = shelf.load(name)
            fields = {"name": name, "items": len(collection.items), "created": collection.created}
            line = f"{name}  {len(collection.items)}  {collection.created[:10]}"
            sys.stdout.write((json.dumps(fields, ensure_ascii=False) if as_json else line) + "\n")
        if not names:
            tell(f"no collections in {shelf.folder}", f"{shelf.folder} 中没有摘录集")
            raise options.leave(NOTHING)

    @group.command(epilog="Example: bureau collect show 听证 --json | bureau verify")  # type: ignore[untyped-decorator]
    def show(
        name: str = name_argument,
        as_json: bool = options.json,
        folder: Path | None = folder_option,
    ) -> None:
        """The quotes of a collection with their citations; no index is needed. 查看"""
        from search_api.citations import citation
        from search_api.sharing.shelf import Shelf, item_fields

        collection = Shelf(folder).load(name)
        for n, item in enumerate(collection.items, 1):
            if as_json:
                sys.stdout.write(json.dumps(item_fields(item), ensure_ascii=False) + "\n")
                continue
            where = citation(item.meta, item.heading_path, item.page, item.start, item.end)
            lines = [f"{n}. “{item.text}”", f"   — {where}"]
            lines += [f"   ※ {item.note}"] if item.note else []
            sys.stdout.write("\n".join([*lines, "", ""]))
        if not collection.items:
            tell(f"{name} is empty", f"{name} 是空的")
            raise options.leave(NOTHING)

    @group.command(epilog="Example: bureau collect export 听证 --format md --out 听证.md")  # type: ignore[untyped-decorator]
    def export(
        name: str = name_argument,
        form: str = form_option,
        out: Path | None = options.out,
        folder: Path | None = folder_option,
    ) -> None:
        """A collection as an article, bibliography or table; no index is needed. 导出"""
        from search_api.filters import member
        from search_api.sharing.exports import Form, exported
        from search_api.sharing.shelf import Shelf

        chosen = member(Form, form)
        collection = Shelf(folder).load(name)
        put(exported(collection, chosen), out)
        sys.stderr.write(f"{len(collection.items)} → {out or '-'}\n")
        if not collection.items:
            raise options.leave(NOTHING)


def wanted_of(given: str) -> list[Wanted]:
    """The spans of an argument, or of stdin for ``-``.

    :raises BadInput: if stdin cannot be read as spans.
    """
    from search_api.sharing.collections import Wanted
    from search_api.sharing.gathering import wanted_from

    if given != "-":
        return [Wanted(given)]
    try:
        return wanted_from(sys.stdin.buffer.read().decode("utf-8"))
    except UnicodeDecodeError:
        raise BadInput("stdin is not UTF-8 text", "标准输入不是 UTF-8 文本") from None


def noted(wanted: Sequence[Wanted], note: str) -> list[Wanted]:
    """The spans with a note, where one is given."""
    from dataclasses import replace

    return [replace(one, note=note) if note else one for one in wanted]


def tell(text: str, zh: str) -> None:
    """A line of talk on stderr, in the user's language."""
    sys.stderr.write((zh if language() == "zh" else text) + "\n")
