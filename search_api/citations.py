"""A citation in one line: who, what, where in it, and the span that proves it."""

from __future__ import annotations

from collections.abc import Sequence

from indexer.shapes import Metadata

ARROW = " › "


def citation(meta: Metadata, path: Sequence[str], page: int | None, start: int, end: int) -> str:
    """E.g. ``永安市人民政府信访局：《…报告》，一、… › （三）…，[yongan-2024:812-985]``."""
    where = ARROW.join(heading.rstrip("。：") for heading in path)
    parts = [f"{meta.issuer}：《{meta.title}》", where, f"第 {page} 页" if page else ""]
    return "，".join(part for part in parts if part) + f"，[{meta.id}:{start}-{end}]"
