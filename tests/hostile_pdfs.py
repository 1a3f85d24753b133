"""PDF files that are broken, locked, endless or immense, made byte by byte."""

from __future__ import annotations

import io
import random
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.paper import draw_lines, draw_picture, new_canvas

SCAN = Path(__file__).parent / "cases" / "scan.png"


def pdf(*objects: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A PDF of these objects, numbered from 1."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d %s>>\n" % (len(objects) + 1, trailer)
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start


def stream(data: bytes, *, layers: int = 1, extra: bytes = b"") -> bytes:
    """A stream object, deflated ``layers`` times."""
    for _ in range(layers):
        data = zlib.compress(data, 9)
    filters = b"/Filter [%s]" % (b"/FlateDecode " * layers) if layers else b""
    return b"<</Length %d %s %s>>\nstream\n%s\nendstream" % (len(data), filters, extra, data)


CATALOG = b"<</Type /Catalog /Pages 2 0 R>>"
PAGES = b"<</Type /Pages /Kids [3 0 R] /Count 1>>"
FONT = b"/Resources <</Font <</F 5 0 R>> /XObject <</X 4 0 R>>>>"
PAGE = b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %s>>" % FONT
HELVETICA = b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"


def one_page(content: bytes, *, page: bytes = PAGE, font: bytes = HELVETICA) -> bytes:
    """A PDF of one page with this content stream object."""
    return pdf(CATALOG, PAGES, page, content, font)


def hostile_pdfs() -> Iterator[tuple[str, bytes]]:
    """PDF files that are broken, locked, endless or immense."""
    whole = made_pdf(lambda canvas: draw_lines(canvas, ["信访工作，成效明显。"] * 20))
    yield "truncated.pdf", whole[: len(whole) // 2]
    yield "header.pdf", b"%PDF-1.7\n"
    yield "garbage.pdf", b"%PDF-1.7\n" + random.Random(2).randbytes(100_000)
    yield "locked.pdf", made_pdf(lambda c: draw_lines(c, ["信访"]), encrypt="secret")
    yield "blank.pdf", made_pdf(lambda canvas: canvas.showPage())
    yield "scan.pdf", made_pdf(lambda canvas: draw_picture(canvas, SCAN))
    yield "flate-bomb.pdf", one_page(stream(bytes(10**9)))
    yield "flate-in-flate.pdf", one_page(stream(b"BT /F 9 Tf (x) Tj ET\n" * 10**6, layers=3))
    yield "operators.pdf", one_page(stream(b"BT /F 1 Tf (abcdefgh) Tj ET\n" * 400_000))
    yield "nested-state.pdf", one_page(stream(b"q " * 2_000_000))
    yield "arrays.pdf", one_page(stream(b"[" * 2_000_000))
    yield "dictionaries.pdf", pdf(b"<</A " * 100_000, PAGES, PAGE, stream(b""), HELVETICA)
    yield "rectangles.pdf", one_page(stream(b"1 1 9 9 re S 3 3 m 90 90 l S\n" * 60_000))
    yield (
        "grid.pdf",
        one_page(
            stream(
                b"".join(
                    b"%d 0 m %d 842 l S 0 %d m 595 %d l S\n" % (n, n, n, n) for n in range(450)
                )
            )
        ),
    )
    yield (
        "form-loop.pdf",
        one_page(
            stream(b"/X Do " * 50, extra=b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] " + FONT)
        ),
    )
    yield "kids-loop.pdf", pdf(CATALOG, b"<</Type /Pages /Kids [2 0 R 2 0 R] /Count 2>>")
    yield "many-pages.pdf", many_pages(600)
    yield "xref-loop.pdf", pdf(CATALOG, PAGES, PAGE, stream(b""), trailer=b"/Root 1 0 R /Prev 9")
    yield "huge-page.pdf", one_page(stream(b""), page=PAGE.replace(b"595 842", b"9999999 9999999"))
    yield (
        "huge-image.pdf",
        one_page(
            stream(
                bytes(10_000_000),
                extra=b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 "
                b"/BitsPerComponent 8 /ColorSpace /DeviceRGB",
            )
        ),
    )
    cmap = b"1 begincodespacerange <0000> <FFFF> endcodespacerange 1 begincidrange "
    cmap += b"<00000000> <FFFFFFFF> 0 endcidrange"
    yield (
        "cmap.pdf",
        pdf(
            CATALOG,
            PAGES,
            PAGE,
            stream(b"BT /F 9 Tf <00010002> Tj ET" * 999),
            b"<</Type /Font /Subtype /Type0 /BaseFont /X /Encoding 6 0 R /DescendantFonts [7 0 R] "
            b"/ToUnicode 6 0 R>>",
            stream(cmap, extra=b"/Type /CMap /CMapName /X"),
            b"<</Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo <</Registry (A) "
            b"/Ordering (B) /Supplement 0>>>>",
        ),
    )
    yield (
        "script.pdf",
        pdf(
            b"<</Type /Catalog /Pages 2 0 R /OpenAction <</S /JavaScript /JS (app.alert(1))>>>>",
            PAGES,
            PAGE,
            stream(b"BT /F 9 Tf (x) Tj ET"),
            HELVETICA,
        ),
    )


def many_pages(count: int) -> bytes:
    """A PDF of so many pages."""
    first = 5  # the number of the first page object
    kids = b"".join(b"%d 0 R " % (first + n) for n in range(count))
    pages = b"<</Type /Pages /Kids [%s] /Count %d>>" % (kids, count)
    text = stream(b"BT /F 9 Tf (x) Tj ET")
    return pdf(CATALOG, pages, HELVETICA, text, *[PAGE.replace(b"5 0 R", b"3 0 R")] * count)


def made_pdf(draw: Callable[..., object], **options: object) -> bytes:
    """What ``draw`` puts on a canvas."""
    out = io.BytesIO()
    canvas = new_canvas("unused", **options)
    canvas._filename = out
    draw(canvas)
    canvas.save()
    return out.getvalue()
