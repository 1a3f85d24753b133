"""DOCX files that unpack, nest, refer and lie."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from itertools import pairwise

from tests.wordfile import add_item, add_list, new_document

BODY = b"<w:body>"
ROOT = b"<w:document"
TEXT = "信访".encode()
REMOTE = (
    b'<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    b'relationships/attachedTemplate" Target="http://127.0.0.1:9/a.dotm" TargetMode="External"/>'
)
OUTSIDE = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
ENTITIES = b"<!DOCTYPE d [<!ENTITY a 'xxxxxxxxxx'>%s]>" % b"".join(
    f"<!ENTITY {b} '{f'&{a};' * 10}'>".encode() for a, b in pairwise("abcdefghij")
)


def packed(parts: dict[str, bytes]) -> bytes:
    """A ZIP container."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container:
        for name, data in parts.items():
            container.writestr(name, data)
    return out.getvalue()


def word_parts() -> dict[str, bytes]:
    """The parts of a good DOCX."""
    out = io.BytesIO()
    document = new_document()
    add_item(document, "信访工作，成效明显。", add_list(document))
    document.save(out)
    with zipfile.ZipFile(out) as container:
        return {name: container.read(name) for name in container.namelist()}


def word_with(*changes: tuple[bytes, bytes], name: str = "word/document.xml") -> bytes:
    """A DOCX with (old, new) replaced in one of its parts."""
    parts = word_parts()
    for old, new in changes:
        assert old in parts[name]
        parts[name] = parts[name].replace(old, new)
    return packed(parts)


def inside(xml: bytes) -> tuple[bytes, bytes]:
    """The change that begins a document's body with ``xml``."""
    return BODY, BODY + xml


def hostile_words() -> Iterator[tuple[str, bytes]]:
    """(name, content) of each."""
    parts = word_parts()
    whole = packed(parts)
    yield "truncated.docx", whole[: len(whole) // 2]
    yield "no-document.docx", packed({"a.txt": b"x"})
    yield "empty-parts.docx", packed(dict.fromkeys(parts, b""))
    yield "zip-bomb.docx", packed(parts | {"word/media/a.bin": bytes(400 * 2**20)})
    yield "xml-bomb.docx", word_with(inside(b"<w:p/>" * 9_000_000))
    paragraph = "<w:p><w:r><w:t>访</w:t></w:r></w:p>".encode()
    yield "paragraphs.docx", word_with(inside(paragraph * 400_000))
    yield "nested-tables.docx", word_with(inside(b"<w:tbl><w:tr><w:tc>" * 5_000))
    deep = b"<w:sdt><w:sdtContent>" * 90 + b"</w:sdtContent></w:sdt>" * 90
    yield "deep.docx", word_with(inside(deep))
    yield "entity-bomb.docx", word_with((ROOT, ENTITIES + ROOT), (TEXT, b"&j;"))
    yield "xxe.docx", word_with((ROOT, OUTSIDE + ROOT), (TEXT, TEXT + b"&x;"))
    end = b"</Relationships>"
    rels = "word/_rels/document.xml.rels"
    yield "remote-template.docx", word_with((end, REMOTE + end), name=rels)
    loop = b'w:basedOn w:val="Normal"', b'w:basedOn w:val="Heading1"'
    yield "style-loop.docx", word_with(loop, name="word/styles.xml")
    wild = b'w:start w:val="1"', b'w:start w:val="99999999999999"'
    yield "wild-numbers.docx", word_with(wild, name="word/numbering.xml")
    yield (
        "locked.docx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(900) + "EncryptedPackage".encode("utf-16-le"),
    )
