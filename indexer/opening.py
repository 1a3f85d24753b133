"""Opening an index, wherever it is kept: a folder on this machine, or an address of Milvus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indexer.milvus.address import is_address
from indexer.shapes import NotOffered

if TYPE_CHECKING:
    from indexer.backend import Backend
    from indexer.store import Index


def open_index(where: Path) -> Backend:
    """The published generation of an index.

    :raises BadIndex: if there is none, it is damaged, or the server that keeps it is silent.
    :raises BadInput: if ``where`` is an address that cannot be read.
    """
    if is_address(where):
        from indexer.milvus.index import MilvusIndex

        return MilvusIndex.open(where)
    from indexer.store import Index

    return Index.open(where)


def open_local(where: Path) -> Index:
    """The published generation of an index in a folder.

    :raises NotOffered: if it is kept elsewhere.
    :raises BadIndex: if there is none, or it is damaged.
    """
    if is_address(where):
        raise needs_folder()
    from indexer.store import Index

    return Index.open(where)


def needs_folder() -> NotOffered:
    """The refusal of what a search of Milvus cannot answer."""
    return NotOffered(
        "this needs an index in a folder on this machine",
        "此功能需要本机文件夹中的索引",
    )
