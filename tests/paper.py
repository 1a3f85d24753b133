"""PDF files for the tests, set as official reports are."""

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT = "STSong-Light"
TOP, LEADING = 770, 24


def new_canvas(path, **options):
    """A canvas of A4 pages with a Chinese font."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    canvas = Canvas(str(path), pagesize=A4, **options)
    canvas.setFont(FONT, 12)
    return canvas


def wrapped(paragraphs, width):
    """The lines of paragraphs, each indented by two, cut at ``width`` characters."""
    for text in paragraphs:
        rest = "　　" + text
        while rest:
            yield rest[:width]
            rest = rest[width:]


def draw_lines(canvas, lines, *, x=80, top=TOP, size=12, leading=LEADING):
    """Lines below each other; full-width spaces are drawn as distance."""
    canvas.setFont(FONT, size)
    for at, line in enumerate(lines):
        inset = len(line) - len(line.lstrip("　"))
        canvas.drawString(x + inset * size, top - leading * at, line.lstrip("　"))


def draw_pages(path, paragraphs, *, columns=1, head="", foot="— {} —", rows=28):
    """Paragraphs flowing through columns and pages, with a running head and page numbers."""
    width = 36 if columns == 1 else 17
    lines = list(wrapped(paragraphs, width))
    canvas = new_canvas(path)
    page = 0
    while lines:
        page += 1
        for column in range(columns):
            draw_lines(canvas, lines[:rows], x=80 + column * 228)
            lines = lines[rows:]
        canvas.setFont(FONT, 9)
        canvas.drawString(80, 810, head.format(page))
        canvas.drawCentredString(297, 30, foot.format(page))
        canvas.showPage()
    canvas.save()
    return path


def draw_picture(canvas, picture):
    """A page that is one picture."""
    canvas.drawImage(ImageReader(str(picture)), 0, 0, *A4)
    canvas.showPage()
