"""The generations of an index directory: their manifest, and how one is published.

A generation is written in full, synced and hashed before CURRENT is switched by rename; a
reader keeps the generation it opened.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from indexer.embedders import Identity
from indexer.files import sync_folder, sync_tree, write_durably
from indexer.integrity import remember
from indexer.layout import Kind, VectorLayout
from indexer.shapes import BadIndex

FORMAT = 5
GENERATION = re.compile(r"gen-[0-9]{1,9}")
KEPT = 2  # generations left on disk: the published one and the one before it


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself."""

    format: int
    embedder: Identity
    reports: int
    passages: int
    created: str  # ISO 8601, UTC
    sha256: dict[str, str]  # file below the generation -> hash
    vectors: VectorLayout
    inputs: tuple[str, ...] = ()  # absolute paths of the files and folders it was made from
    table: str = ""  # absolute path of the manifest of metadata, if one was named
    program: str = ""  # hash of the code that read and cut the reports

    def to_bytes(self) -> bytes:
        """The manifest as it is written."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        return text.encode("utf-8", "surrogatepass")  # a path need not be valid text

    @classmethod
    def from_bytes(cls, data: bytes, where: Path) -> Manifest:
        """Read what `to_bytes` gave.

        :raises BadIndex: if it is of another format version or damaged.
        """
        try:
            fields = json.loads(data)
            if fields["format"] != FORMAT:
                raise BadIndex(
                    f"{where} has format version {fields['format']}, this program reads {FORMAT}: "
                    "rebuild it with “bureau index”"
                )
            known = {"embedder": Identity(**fields["embedder"]), "inputs": tuple(fields["inputs"])}
            layout = fields["vectors"]
            known["vectors"] = VectorLayout(**{**layout, "kind": Kind(layout["kind"])})
            return cls(**{**fields, **known})
        except (ValueError, KeyError, TypeError):
            raise BadIndex(f"{where} is damaged: rebuild it with “bureau index”") from None


def publish(root: Path, write: Callable[[Path], Manifest]) -> Path:
    """Let ``write`` fill a new generation, then make it the published one.

    The caller holds the writer's lock (`only_writer`).

    :raises OSError: on a full disk; the published generation stays as it is.
    """
    last = max((number_of(p) for p in generations(root)), default=0)
    folder = root / f"gen-{last + 1:06}"
    folder.mkdir()
    try:
        manifest = write(folder)
        sync_tree(folder)
        data = manifest.to_bytes()
        write_durably(folder / "manifest.json", data)
        line = f"{folder.name} {sha256(data).hexdigest()}\n"
        remember(folder, manifest.sha256)
        write_durably(root / "CURRENT", line.encode())
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _drop_old(root, folder)
    return folder


def generations(root: Path) -> list[Path]:
    """The generation folders below ``root``, oldest first; nothing else that lies there."""
    found = [p for p in root.iterdir() if GENERATION.fullmatch(p.name)]
    return sorted(found, key=number_of)


def number_of(folder: Path) -> int:
    """The number in a generation's name."""
    return int(folder.name.removeprefix("gen-"))


def _drop_old(root: Path, current: Path) -> None:
    """Remove all but the newest `KEPT` generations."""
    old = [p for p in generations(root) if p != current]
    for folder in old[: max(0, len(old) - KEPT + 1)]:
        shutil.rmtree(folder, ignore_errors=True)
    sync_folder(root)
