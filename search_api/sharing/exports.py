"""A collection in every form that it leaves in: an article, bibliographies, tables, itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from search_api.citations import citation
from search_api.sharing import references, tables
from search_api.sharing.articles import to_markdown
from search_api.sharing.collections import Collection, Item
from search_api.sharing.references import Entry, gbt_line
from search_api.sharing.shelf import item_fields, to_json


class Form(StrEnum):
    """The forms of an exported collection."""

    MD = "md"
    GBT_2025 = "gbt7714-2025"
    GBT_2015 = "gbt7714-2015"
    RIS = "ris"
    BIBTEX = "bibtex"
    CSL_JSON = "csl-json"
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


MEDIA_TYPES = {
    Form.MD: "text/markdown",
    **{Form(style): kind for style, kind in references.MEDIA_TYPES.items()},
    **{Form(form): kind for form, kind in tables.MEDIA_TYPES.items()},
}
ENDINGS = {
    Form.GBT_2025: "txt",
    Form.GBT_2015: "txt",
    Form.BIBTEX: "bib",
    Form.CSL_JSON: "csl.json",
}  # of the files; the others end in their name


def exported(collection: Collection, form: Form) -> bytes:
    """The collection as the bytes of a file."""
    return FORMS[form](collection)


def file_ending(form: Form) -> str:
    """The ending of a file of this form, without the dot."""
    return ENDINGS.get(form, str(form))


def bibliography(collection: Collection) -> str:
    """GB/T 7714, numeric: every report has one number and one entry; below it, its quotes' places.

    As a report that is cited again keeps its number, its pages stand with the places.
    """
    groups: dict[str, list[Item]] = {}
    for item in collection.items:
        groups.setdefault(item.report_id, []).append(item)
    lines = []
    for n, items in enumerate(groups.values(), 1):
        only = items[0].page if len({item.page for item in items}) == 1 else None
        entry = replace(items[0].entry, page=only)
        lines.append(f"[{n}] {gbt_line(entry)}")
        lines += [f"    引文位置：{paged(item.entry, not only)}" for item in items]
    return "\n".join(lines) + "\n"


def paged(entry: Entry, with_page: bool) -> str:
    """Where a quote stands, with its page where the entry does not have it."""
    page = f"第 {entry.page} 页，" if with_page and entry.page else ""
    return page + entry.note


def table_rows(collection: Collection) -> list[dict[str, Any]]:
    """A row for every item, with its citation."""
    return [
        {"n": n}
        | {name: value for name, value in item_fields(item).items() if name != "note"}
        | {
            "note": item.note,
            "citation": citation(item.meta, item.heading_path, item.page, item.start, item.end),
        }
        for n, item in enumerate(collection.items, 1)
    ]


def joined(one: Callable[[Entry], str], between: str = "\n") -> Callable[[Collection], bytes]:
    """The form of a collection whose entries stand one behind the other."""
    return lambda collection: between.join(one(i.entry) for i in collection.items).encode("utf-8")


def csl_list(items: Sequence[Item]) -> bytes:
    """CSL-JSON: a list of all items."""
    found = [references.csl_item(item.entry) for item in items]
    return (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


FORMS: dict[Form, Callable[[Collection], bytes]] = {
    Form.MD: lambda collection: to_markdown(collection).encode("utf-8"),
    Form.GBT_2025: lambda collection: bibliography(collection).encode("utf-8"),
    Form.GBT_2015: lambda collection: bibliography(collection).encode("utf-8"),
    Form.RIS: joined(references.to_ris, ""),
    Form.BIBTEX: joined(references.to_bibtex),
    Form.CSL_JSON: lambda collection: csl_list(collection.items),
    Form.CSV: lambda collection: tables.table(tables.TableFormat.CSV, table_rows(collection)),
    Form.XLSX: lambda collection: tables.table(tables.TableFormat.XLSX, table_rows(collection)),
    Form.JSON: to_json,
}
