"""ZIP archives: every member is a document of its own.

Members are known by their place in the archive's directory, never written under their own
names, and read one at a time. What is inside a member that is an archive again is not read.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from indexer.readers import MAX_BYTES, read_document
from indexer.readers.errors import Unreadable, Unsupported
from indexer.readers.packed import open_packed, read_packed
from indexer.shapes import Document

MAX_ARCHIVE = 2 * 2**30  # bytes, all members unpacked
MAX_FILES = 5_000
UTF8_NAME = 0x800
LEFTOVERS = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def list_members(path: Path) -> list[tuple[int, str]]:
    """(place, name) of each file in an archive; what systems leave behind is none.

    :raises Unreadable: if the archive is damaged.
    :raises Stopped: if it holds too much.
    """
    with open_packed(path, unpacked=MAX_ARCHIVE, members=MAX_FILES) as packed:
        named = [(at, name_of(info)) for at, info in enumerate(packed.infolist())]
    return [(at, name) for at, name in named if not name.endswith("/") and not is_leftover(name)]


def read_member(path: Path, place: int, readers: Mapping[str, str]) -> Document:
    """Read one member of an archive.

    :raises Unreadable: with a reason that fits into a ledger line.
    """
    with open_packed(path, unpacked=MAX_ARCHIVE, members=MAX_FILES) as packed:
        infos = packed.infolist()
        if not 0 <= place < len(infos):
            raise Unreadable("no longer in the archive", "压缩包中已没有这个文件")
        name = PurePosixPath(name_of(infos[place]))
        suffix = name.suffix.lower()
        if ".." in name.parts or name.is_absolute() or ":" in name.parts[0]:
            raise Unsupported("its name points out of the archive", "文件名指向压缩包之外")
        if suffix == ".zip":
            raise Unsupported("an archive inside an archive", "压缩包内的压缩包")
        if suffix not in readers:
            return read_document(Path(name), readers)  # which says so
        data = read_packed(packed, infos[place], most=MAX_BYTES)
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(data)
        file.flush()
        return read_document(Path(file.name), readers)


def name_of(info: zipfile.ZipInfo) -> str:
    """A member's name; many archives hold names in GB18030 without saying so."""
    name = info.orig_filename
    if not info.flag_bits & UTF8_NAME:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/").replace("\0", "")


def is_leftover(name: str) -> bool:
    """Whether a member is no file of the archive's author."""
    return name.startswith(LEFTOVERS[0]) or PurePosixPath(name).name in LEFTOVERS
