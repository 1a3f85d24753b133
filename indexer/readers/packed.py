"""ZIP containers (.docx, .ofd, .zip): opened only when what they unpack to is bounded.

The directory is checked before anything is unpacked, and a member is never read beyond the
size that the directory states.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.readers.errors import Stopped, Unreadable

MAX_UNPACKED = 256 * 2**20  # bytes, all members together
MAX_MEMBER = 64 * 2**20
MAX_MEMBERS = 10_000
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others belong to no office format
ENCRYPTED = 0x1


@contextmanager
def open_packed(
    path: Path, *, unpacked: int = MAX_UNPACKED, members: int = MAX_MEMBERS
) -> Iterator[zipfile.ZipFile]:
    """A ZIP file whose directory keeps to the limits, in bytes and in number.

    :raises Unreadable: if it is damaged.
    :raises Stopped: if it holds too much.
    """
    try:
        packed = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        if isinstance(error, OSError):
            raise
        raise Unreadable("damaged or not a ZIP container", "已损坏或不是 ZIP 容器") from None
    with packed:
        infos = packed.infolist()
        if len(infos) > members:
            raise Stopped(
                f"{len(infos):,} members exceed the limit of {members:,}",
                f"包含 {len(infos):,} 个文件，超过上限 {members:,}",
            )
        if sum(info.file_size for info in infos) > unpacked:
            raise too_much(unpacked)
        yield packed


def read_packed(packed: zipfile.ZipFile, info: zipfile.ZipInfo, *, most: int = MAX_MEMBER) -> bytes:
    """The bytes of one member, ``most`` of them.

    :raises Unreadable: if it is encrypted or damaged, or packed in an unusual way.
    :raises Stopped: if it is too large.
    """
    if info.flag_bits & ENCRYPTED:
        raise Unreadable("needs a password", "需要密码")
    if info.compress_type not in METHODS:
        raise Unreadable("packed by an unknown method", "压缩方式不受支持")
    if info.file_size > most:
        raise too_much(most)
    try:
        with packed.open(info) as member:
            data = member.read(info.file_size + 1)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, zlib.error):
        raise Unreadable("damaged inside its ZIP container", "压缩包内容已损坏") from None
    if len(data) != info.file_size:
        raise Unreadable("damaged inside its ZIP container", "压缩包内容已损坏")
    return data


def too_much(most: int) -> Stopped:
    """The reason of what unpacks to more than ``most`` bytes."""
    size = f"{most // 2**20} MiB"
    return Stopped(f"exceeded {size} unpacked", f"解压后超过 {size}")
