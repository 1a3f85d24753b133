"""What a file is by its first bytes, whatever its name says: many a .doc is a web page."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from indexer.readers.errors import Unreadable

HEAD = 2048  # bytes
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
WEB = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype html|html)", re.I)
INSIDE = {"word/document.xml": ".docx", "OFD.xml": ".ofd", "content.xml": ".odt"}
SIGNS = {b"%PDF-": ".pdf", b"{\\rtf": ".rtf"}
OFFICE = (".doc", ".wps", ".docx", ".odt", ".rtf")
SIGNED = (".doc", ".wps", ".rtf")  # without the sign of an office file, one is text at best


def kind_of(path: Path) -> str:
    """The suffix that fits a file's content; its own where the content says nothing.

    :raises Unreadable: if it is an encrypted office file.
    """
    suffix = path.suffix.lower()
    with path.open("rb") as handle:
        head = handle.read(HEAD)
    for sign, kind in SIGNS.items():
        if head.lstrip().startswith(sign):
            return kind
    if head.startswith(OLE):
        return kind_of_ole(path, suffix)
    if head.startswith(b"PK\x03\x04"):
        return kind_of_zip(path, suffix)
    if suffix in (*OFFICE, ".txt") and WEB.match(head):
        return ".html"
    return ".txt" if suffix in SIGNED else suffix


def kind_of_ole(path: Path, suffix: str) -> str:
    """What a container of Microsoft's old formats holds."""
    if ENCRYPTED in path.read_bytes():
        raise Unreadable("needs a password", "需要密码")
    return suffix if suffix in (".doc", ".wps") else ".doc"


def kind_of_zip(path: Path, suffix: str) -> str:
    """What a ZIP container holds; its own suffix where it cannot be opened."""
    try:
        with zipfile.ZipFile(path) as packed:
            names = packed.NameToInfo
            return next((kind for name, kind in INSIDE.items() if name in names), suffix)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return suffix
