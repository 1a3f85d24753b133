"""The files of collections: one JSON file each, `NAME.json`, in the user's data folder.

A file is written beside the old one and put in its place; writers wait for each other, and
readers never see half a file. A collection that is removed is kept below `.removed`.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from indexer.files import write_durably
from indexer.shapes import BadInput
from search_api.sharing.collections import Collection, Item, checked_name, new_collection, now
from search_api.sharing.quotes import is_unicode

FORMAT, VERSION = "bureau-collection", 1
PATIENCE = 10.0  # seconds to wait for another writer


def to_json(collection: Collection) -> bytes:
    """The file of a collection."""
    fields = {
        "format": FORMAT,
        "version": VERSION,
        "name": collection.name,
        "created": collection.created,
        "items": [item_fields(item) for item in collection.items],
    }
    return (json.dumps(fields, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def item_fields(item: Item) -> dict[str, Any]:
    """An item as plain fields: what `bureau verify` reads, and more."""
    return {"id": item.id} | {
        name: list(value) if isinstance(value := getattr(item, name), tuple) else value
        for name in Item.__slots__
    }


def from_json(data: bytes, where: str) -> Collection:
    """The collection of a file, which ``where`` names.

    :raises BadInput: if it is none, of a later version, or damaged.
    """
    try:
        fields = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise no_collection(where, "it is not JSON", "不是 JSON") from None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise no_collection(where, f"its format is not {FORMAT}", f"格式不是 {FORMAT}")
    if fields.get("version") != VERSION:
        said = f"it has version {str(fields.get('version'))[:20]}, this program reads {VERSION}"
        raise no_collection(where, said, f"版本不是 {VERSION}")
    items = fields.get("items")
    if not isinstance(items, list) or not isinstance(fields.get("name"), str):
        raise no_collection(where, "it has no name or no items", "缺少名称或条目")
    found = [item_from(item, f"items.{n}", where) for n, item in enumerate(items)]
    made = Collection(checked_name(fields["name"]), str(fields.get("created") or now()))
    return made.with_items(found)


KINDS: dict[str, tuple[type, ...]] = {
    name: (int,) if name in ("start", "end") else (str,) for name in Item.__slots__
} | {
    "year": (int, type(None)),
    "page": (int, type(None)),
    "date": (str, type(None)),
    "heading_path": (list,),
}


def item_from(fields: object, place: str, where: str) -> Item:
    """An item of a file.

    :raises BadInput: naming the field.
    """
    if not isinstance(fields, dict):
        raise no_collection(where, f"{place} is no object", f"{place} 不是对象")
    given = {"note": "", "added": ""} | {k: v for k, v in fields.items() if k in Item.__slots__}
    for name, kinds in KINDS.items():
        value = given.get(name)
        whole = isinstance(value, kinds) and not isinstance(value, bool)
        texts = value if isinstance(value, list) else [value] if isinstance(value, str) else []
        if not whole or not all(isinstance(text, str) and is_unicode(text) for text in texts):
            raise no_collection(where, f"{place}.{name} is missing or no {kinds[0].__name__}", "")
    item = Item(**{**given, "heading_path": tuple(given["heading_path"])})
    if not 0 <= item.start < item.end:
        raise no_collection(where, f"{place} has no span", f"{place} 没有起止")
    return item


def no_collection(where: str, said: str, zh: str) -> BadInput:
    """Says why a file is no collection."""
    return BadInput(f"{where} is no collection: {said}", f"{where} 不是摘录集：{zh or said}")


def default_folder() -> Path:
    """Where a user's collections are, by the XDG rules."""
    given = os.environ.get("XDG_DATA_HOME", "")
    home = Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "share"
    return home / "bureau" / "collections"


class Shelf:
    """The collections of a folder. Writers wait for each other; readers never see half a file."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def path(self, name: str) -> Path:
        """The file of a collection."""
        return self.folder / f"{checked_name(name)}.json"

    def names(self) -> list[str]:
        """The names of all collections, in order."""
        paths = self.folder.glob("*.json") if self.folder.is_dir() else []
        return sorted(path.stem for path in paths if not path.name.startswith("."))

    def load(self, name: str) -> Collection:
        """The collection of this name.

        :raises BadInput: if there is none, or its file is damaged.
        """
        found = self._read(name)
        if found is None:
            known = "、".join(self.names()[:10])
            raise BadInput(
                f"no collection “{name}” in {self.folder}" + (f": there are {known}" * bool(known)),
                f"{self.folder} 中没有摘录集 “{name}”" + (f"：现有 {known}" * bool(known)),
            )
        return found

    def _read(self, name: str) -> Collection | None:
        path = self.path(name)
        if not path.is_file():
            return None
        return replace(from_json(path.read_bytes(), str(path)), name=checked_name(name))

    def edit(self, name: str, change: Callable[[Collection], Collection]) -> Collection:
        """Change a collection, which begins empty, while no one else does; the changed one.

        :raises BadInput: if another writer does not end, or ``change`` refuses.
        :raises OSError: as on a full disk; the old file is then untouched.
        """
        path = self.path(name)
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._alone():
            changed = change(self._read(name) or new_collection(name))
            write_durably(path, to_json(changed))
        return changed

    def remove(self, name: str) -> Path:
        """Take a collection away; the file that still has it.

        :raises BadInput: if there is none.
        """
        self.load(name)
        kept = self.folder / ".removed" / self.path(name).name
        kept.parent.mkdir(exist_ok=True)
        with self._alone():
            self.path(name).replace(kept)
        return kept

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / ".lock").open("a") as handle:
            until = time.monotonic() + PATIENCE
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until:
                        raise BadInput(
                            f"{self.folder} is being written by another process: try again",
                            f"{self.folder} 正被其他进程写入：请稍后再试",
                        ) from None
                    time.sleep(0.02)
            yield
