"""A name for what was fetched: readable, safe on every system, with the suffix of its content.

Nothing of a server's choosing but letters reaches the name: no folders, no control or direction
characters, no name that the indexer or a system reads as something else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import PurePosixPath
from urllib.parse import unquote_to_bytes, urlsplit

LONGEST = 150  # bytes of UTF-8 before the suffix
SPECIAL = re.compile(r'[/\\:*?"<>|%&;`$]+')
EDGE = " .-=+@~'＝＋－＠"
DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")
SUFFIXES = {  # media type -> suffixes that a name may keep; the first is given otherwise
    "application/pdf": (".pdf",),
    "text/html": (".html", ".htm", ".shtml"),
    "application/xhtml+xml": (".html", ".htm", ".shtml"),
    "text/plain": (".txt", ".md"),
    "text/markdown": (".md",),
    "application/zip": (".zip",),
    "application/x-zip-compressed": (".zip",),
    "application/msword": (".doc", ".wps"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.ms-works": (".wps",),
    "application/wps-office.wps": (".wps",),
    "application/ofd": (".ofd",),
}
PACKED = (".docx", ".zip", ".ofd", ".xlsx", ".pptx")  # all begin as a ZIP does
COMPOUND = (".doc", ".wps", ".xls", ".ppt")  # all begin as old Word files do
MAGIC = (
    (b"%PDF-", (".pdf",)),
    (b"PK\x03\x04", PACKED),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", COMPOUND),
)
DISPOSITION = re.compile(rb'(?i)\bfilename(\*?)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
EXTENDED = re.compile(rb"(?i)([\w\-]+)'[^']*'(.*)", re.S)
RESERVED = ("corpus.csv", "fetched.csv")  # tables that the indexer reads, or this verb writes


def name_for(url: str, disposition: bytes, media_type: str, head: bytes) -> str:
    """A file name: what the server calls it, else the URL's last part; the suffix by content.

    ``disposition`` is the header's value, ``head`` the file's first bytes.
    """
    given = disposed(disposition) or decoded(unquote_to_bytes(urlsplit(url).path.split("/")[-1]))
    name = safe(given)
    own = PurePosixPath(name).suffix if SUFFIX.fullmatch(PurePosixPath(name).suffix) else ""
    stem = name.removesuffix(own)
    return shortened(stem or "index") + suffix_for(own.lower(), media_type, head)


def suffix_for(own: str, media_type: str, head: bytes) -> str:
    """The suffix: by the first bytes, else by the declared type, else the name's ``own``."""
    declared = SUFFIXES.get(media_type.partition(";")[0], ())
    for magic, suffixes in MAGIC:
        if head.startswith(magic):
            likely = [suffix for suffix in (own, *declared) if suffix in suffixes]
            return next(iter(likely), ".zip" if suffixes is PACKED else suffixes[0])
    if declared:
        return own if own in declared else declared[0]
    return own or ".bin"


def disposed(header: bytes) -> str:
    """The file name in a Content-Disposition header, however it is written; '' if none."""
    found = {bool(star): value for star, value in DISPOSITION.findall(header[:4_000])}
    if extended := EXTENDED.fullmatch(found.get(True, b"").strip().strip(b'"')):
        return decoded(unquote_to_bytes(extended[2]), extended[1].decode("ascii", "replace"))
    plain = found.get(False, b"").strip()
    if plain.startswith(b'"'):
        plain = re.sub(rb"\\(.)", rb"\1", plain[1:-1])
    return decoded(unquote_to_bytes(plain))


def decoded(name: bytes, charset: str = "utf-8") -> str:
    """Bytes of a name as text: the charset that is named, else UTF-8, else GB18030."""
    for encoding in (charset, "utf-8", "gb18030"):
        try:
            return name.decode(encoding)
        except (LookupError, ValueError):
            continue
    return name.decode("latin-1")


def safe(name: str) -> str:
    """``name`` as one part of a path that no system takes for anything else."""
    usual = unicodedata.normalize("NFC", name)
    shown = "".join(c if unicodedata.category(c)[0] not in "CZ" else " " for c in usual)
    bare = SPECIAL.sub("-", " ".join(shown.replace("\\", "/").rpartition("/")[2].split()))
    bare = bare.strip(EDGE)
    return f"_{bare}" if DEVICES.fullmatch(bare) else bare


def shortened(stem: str) -> str:
    """``stem``, cut to `LONGEST` bytes."""
    return stem.encode("utf-8")[:LONGEST].decode("utf-8", "ignore").rstrip(EDGE) or "index"


def free_name(name: str, is_taken: Callable[[str], bool]) -> str:
    """``name``, or the first of name-2, name-3 … that is not taken."""
    path = PurePosixPath(name)
    number, found = 2, name
    while found.lower() in RESERVED or is_taken(found):
        found, number = f"{path.stem}-{number}{path.suffix}", number + 1
    return found
