"""The files that reports were read from, given back byte for byte.

A file is sent only if it has the SHA-256 that it had when it was indexed, whatever lies at its
path by now. It is opened once, never through a symbolic link, hashed and sent from the same
handle; the hash of an unchanged file (device, number, size and times) is remembered, so that a
viewer may ask for many ranges of a large one. A file that is written to while it is sent ends
the answer before its last byte.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import file_digest
from io import FileIO
from pathlib import PurePosixPath
from threading import Lock
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from indexer.shapes import BadInput
from search_api.serving.problems import blame, problem

CHUNK = 256 * 1024  # bytes
REMEMBERED = 1024  # hashes of files
MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".htm": "text/html",
    ".html": "text/html",
    ".mht": "multipart/related",
    ".xml": "application/xml",
    ".csv": "text/csv",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ofd": "application/ofd",
    ".rtf": "application/rtf",
    ".wps": "application/vnd.ms-works",
    ".epub": "application/epub+zip",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".bmp": "image/bmp",
    ".webp": "image/webp",
}
UNKNOWN = "application/octet-stream"
SHOWN = "application/pdf"  # the one kind that a browser may show instead of saving it
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
Mark = tuple[int, int, int, int, int]  # of a file: device, number, size, times of change
_hashes: dict[Mark, str] = {}
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Original:
    """An opened file whose bytes are those that were indexed."""

    handle: FileIO
    mark: Mark
    name: str
    sha256: str

    @property
    def size(self) -> int:
        """In bytes."""
        return self.mark[2]

    @property
    def media_type(self) -> str:
        """By the suffix of its name."""
        return media_type(self.name)


def media_type(name: str) -> str:
    """The media type of a file of this name."""
    return MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), UNKNOWN)


def is_there(source: str) -> bool:
    """Whether an ordinary file lies at ``source``; its bytes are not looked at."""
    try:
        return bool(source) and stat.S_ISREG(os.lstat(source).st_mode)
    except (OSError, ValueError):
        return False


def open_original(report_id: str, source: str, name: str, sha256: str) -> Original:
    """Open the file at ``source``.

    :raises BadInput: unless it is an ordinary file with this hash.
    """
    handle = _open(source) if source else None
    if handle:
        mark = _mark(handle)
        if _hash(handle, mark) == sha256:
            return Original(handle, mark, PurePosixPath(name).name, sha256)
        handle.close()
    raise BadInput(
        f"the original of “{report_id}” was moved or changed since it was indexed: "
        "index it again to get it back",
        f"“{report_id}” 的原始文件在建立索引后已被移动或修改：请重新建立索引",
    )


def _open(source: str) -> FileIO | None:
    """A handle on an ordinary file, or nothing."""
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        handle = FileIO(os.open(source, flags), "rb")
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
        return handle
    handle.close()
    return None


def _mark(handle: FileIO) -> Mark:
    s = os.fstat(handle.fileno())
    return (s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns)


def _hash(handle: FileIO, mark: Mark) -> str:
    """SHA-256 of the file, hexadecimal; nothing if it changed meanwhile."""
    with _lock:
        known = _hashes.get(mark)
    if known is not None:
        return known
    found = file_digest(handle, "sha256").hexdigest()
    if _mark(handle) != mark:
        return ""
    with _lock:
        while len(_hashes) >= REMEMBERED:
            del _hashes[next(iter(_hashes))]
        _hashes[mark] = found
    return found


def disposition(name: str, *, inline: bool) -> str:
    """A Content-Disposition header for a file of any name (RFC 6266, RFC 8187)."""
    clean = "".join(c for c in name if unicodedata.category(c)[0] != "C") or "report"
    plain = re.sub(r'[^ -~]|["\\%]', "_", clean)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"


def original_response(original: Original, method: str, asked: Headers) -> Response:
    """The file or the range of it that the request's headers ask for; closes it when done."""
    tag = f'"{original.sha256}"'
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-cache",
        "Content-Disposition": disposition(original.name, inline=original.media_type == SHOWN),
        "Content-Security-Policy": SANDBOX,
        "Content-Type": original.media_type,  # as it is: nothing is known of a text's encoding
        "ETag": tag,
    }
    given = {name.strip().removeprefix("W/") for name in asked.get("if-none-match", "").split(",")}
    span = asked_range(asked, original.size, tag)
    if tag in given or span is None or method == "HEAD":
        original.handle.close()
    if tag in given:
        return Response(status_code=304, headers=headers)
    if span is None:
        said = f"the file has {original.size:,} bytes, none of them in this range"
        zh = f"文件共 {original.size:,} 字节，不含所请求的范围"
        whole = {"Content-Range": f"bytes */{original.size}"}
        return problem(416, said, zh, errors=[blame("Range", said, zh)], headers=whole)
    start, end = span
    status = 200 if end - start == original.size else 206
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{original.size}"
    headers["Content-Length"] = str(end - start)
    if method == "HEAD":
        return Response(status_code=status, headers=headers)
    return FileStream(original, start, end, status, headers)


def asked_range(asked: Headers, size: int, tag: str) -> tuple[int, int] | None:
    """The half-open range of bytes to send, nothing if there is none such.

    More than one range at once, and one that cannot be read, get the whole file (RFC 9110).
    """
    match = RANGE.fullmatch(asked.get("range", "").replace(" ", ""))
    if not match or not (match[1] or match[2]) or asked.get("if-range", tag) != tag:
        return 0, size
    if match[1]:
        start, end = int(match[1]), min(size, int(match[2] or size) + 1)
        if match[2] and int(match[2]) < start:
            return 0, size
    else:
        start, end = max(0, size - int(match[2])), size
    return (start, end) if start < end else None


class FileStream(StreamingResponse):
    """Sends a part of an original and closes it, also when the client leaves."""

    def __init__(
        self, original: Original, start: int, end: int, status: int, headers: dict[str, str]
    ) -> None:
        self.original = original
        parts = chunks(original, start, end)
        super().__init__(parts, status, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.original.handle.close()


async def chunks(original: Original, start: int, end: int) -> AsyncIterator[bytes]:
    """The bytes from ``start`` to ``end``.

    :raises OSError: if the file changes while it is read.
    """
    while start < end:
        chunk = await run_in_threadpool(_read, original, start, min(CHUNK, end - start))
        start += len(chunk)
        yield chunk


def _read(original: Original, start: int, count: int) -> bytes:
    chunk = os.pread(original.handle.fileno(), count, start)
    if len(chunk) == 0 or _mark(original.handle) != original.mark:
        raise OSError("an original changed while it was sent")
    return chunk
