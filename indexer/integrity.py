"""Whether the files of a generation are what its manifest says.

Every file is hashed. Only a large one that was found sound before, and that the file system
has not seen changed since (size, times, inode), is taken at its word: hashing a country's
index takes longer than searching it. A server hashes all of them when it starts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from indexer.files import sha256_of
from indexer.shapes import BadIndex

CHECKED = "CHECKED"  # beside the manifest: how the large files looked when they were sound
LARGE = 32 * 2**20  # bytes: hashing fewer takes less than 25 ms
AT_ONCE = 2  # files hashed side by side
Look = list[int]


def hash_tree(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below ``folder``, by POSIX path relative to it."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock")
    return {p.relative_to(folder).as_posix(): sha256_of(p) for p in paths}


def remember(folder: Path, names: Iterable[str]) -> None:
    """Record how the large ones of the files ``names``, which are sound, look now."""
    looks = {name: look for name in names if (look := look_of(folder / name))[0] >= LARGE}
    if looks:
        with suppress(OSError):  # a folder that cannot be written to is hashed every time
            (folder / CHECKED).write_text(json.dumps(looks), "utf-8")


def check(folder: Path, expected: Mapping[str, str], *, trusting: bool = True) -> None:
    """Compare files with their SHA-256; not ``trusting``, large ones too in any case.

    :raises BadIndex: naming the first that is missing or damaged.
    """
    known = looks_of(folder) if trusting else {}

    def sound(name: str) -> bool:
        path = folder / name
        if not path.is_file():
            return False
        look = look_of(path)
        trusted = look[0] >= LARGE and known.get(name) == look
        return trusted or sha256_of(path) == expected[name]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for name, is_sound in zip(expected, pool.map(sound, expected), strict=True):
            if not is_sound:
                state = "damaged" if (folder / name).exists() else "missing"
                raise BadIndex(
                    f"{folder / name} is {state}: rebuild the index with “bureau index”",
                    f"{folder / name} 已损坏或缺失：请用 “bureau index” 重建索引",
                )


def looks_of(folder: Path) -> dict[str, Look]:
    """What `remember` recorded; nothing if that cannot be read."""
    try:
        looks = json.loads((folder / CHECKED).read_bytes())
    except (OSError, ValueError):
        return {}
    return looks if isinstance(looks, dict) else {}


def look_of(path: Path) -> Look:
    """Size, times and inode of a file: what any change to it changes."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
