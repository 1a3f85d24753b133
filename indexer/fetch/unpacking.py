"""The plain bytes of an answer, at most so many.

Content is asked for as it is; a server that packs it all the same is unpacked piece by piece,
so that a bomb stops at the limit.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from indexer.fetch.shapes import Failure

PIECE = 256 * 1024  # bytes
GZIP, RAW_DEFLATE = 16 + zlib.MAX_WBITS, -zlib.MAX_WBITS


def too_large(size: int) -> Failure:
    """More than ``size`` bytes."""
    return Failure(f"more than {size:,} bytes", f"超过 {size:,} 字节")


def limited(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """``pieces``, as long as they are at most ``size`` bytes in all."""
    seen = 0
    for piece in pieces:
        seen += len(piece)
        if seen > size:
            raise too_large(size)
        yield piece


def unpacked(pieces: Iterator[bytes], coding: bytes) -> Iterator[bytes]:
    """What ``pieces`` hold, at most `PIECE` bytes at a time."""
    name = coding.decode("latin-1").strip().lower()
    if name in ("", "identity"):
        yield from pieces
        return
    if name not in ("gzip", "x-gzip", "deflate"):
        raise Failure(f"it is packed as {name[:20]!r}, unasked", f"内容以 {name[:20]!r} 压缩")
    unpacker = None
    try:
        for piece in pieces:
            unpacker = unpacker or unpacker_for(name, piece)
            out = b"more"
            while out and not unpacker.eof:
                out = unpacker.decompress(piece, PIECE)
                piece = unpacker.unconsumed_tail
                yield out
    except zlib.error:
        raise Failure("its packing is damaged", "压缩数据已损坏") from None
    if unpacker is not None and (not unpacker.eof or unpacker.unused_data):
        raise Failure("its packed data end too early or too late", "压缩数据不完整或有多余内容")


def unpacker_for(coding: str, head: bytes) -> Any:  # noqa: ANN401
    """An unpacker; "deflate" comes with a zlib header, as the standard says, or without one."""
    if coding != "deflate":
        return zlib.decompressobj(GZIP)
    return zlib.decompressobj(zlib.MAX_WBITS if head[:1] == b"\x78" else RAW_DEFLATE)
