"""A script as a word processor's file: OOXML as Word stores it, or ODF as Writer does.

The numbers are left to the word processor: the text holds none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from docx import Document
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from tests.bench.scripts import LEVELS, Place, Script, Typed, to_lists
from tests.wordfile import put_in_list

SERIF, SANS = "Noto Serif CJK SC", "Noto Sans CJK SC"
CHINESE = ("chineseCounting", "chineseCountingThousand", "japaneseCounting")  # all 一, 二, 三
AFTER = ("nothing", "space", "tab")  # what Word puts between a number and its text
RED = RGBColor(0xE0, 0, 0)


class WordFile:
    """One DOCX file being written, in the layout of GB/T 9704 or in two columns.

    ``variant`` chooses between what authors do: numbers by heading styles or paragraph by
    paragraph, a running head or none, the names of numerals.
    """

    def __init__(self, script: Script, variant: int, *, columns: bool = False) -> None:
        self.script, self.variant = script, variant
        self.styled = variant % 2 == 1
        self.size, self.leading = (12, 20) if columns else (16, 28)
        self.document = Document()
        self.keys: dict[tuple[int, int, int], int] = {}  # (list, level, value) -> w:num
        self.using: dict[int, dict[int, int]] = {}  # list -> level -> w:num
        properties = self.document.core_properties
        properties.title, properties.author = script.title, "办公室"
        properties.created = datetime.fromisoformat(script.date)
        self.lists = to_lists(script.lines)
        self._define_lists()
        self._set_styles()
        self._set_page(columns)

    def save(self, path: Path) -> None:
        """Write everything."""
        for line, place in zip(self.script.lines, self.lists.places, strict=True):
            self._add(line, place)
        self.document.save(str(path))

    def _define_lists(self) -> None:
        root = self.document.part.numbering_part.element
        for child in list(root):
            root.remove(child)
        numerals = CHINESE[self.variant % 3]
        for at, patterns in enumerate(self.lists.patterns):
            levels = "".join(
                self._level(n, pattern, numerals, linked=at == 0)
                for n, pattern in enumerate(patterns)
            )
            definition = f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{at}">'
            kind = '<w:multiLevelType w:val="multilevel"/>'
            root.append(parse_xml(f"{definition}{kind}{levels}</w:abstractNum>"))
        for at in range(len(self.lists.patterns)):
            self.using[at] = dict.fromkeys(range(LEVELS), self._use(at))

    def _level(self, level: int, pattern: str, numerals: str, *, linked: bool) -> str:
        style = "decimal" if "#" in pattern else numerals
        text = pattern.replace("#", "%").replace("%", f"%{level + 1}")
        link = f'<w:pStyle w:val="Heading{level + 1}"/>' if linked and self.styled else ""
        return (
            f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{style}"/>{link}'
            f'<w:suff w:val="{AFTER[self.variant // 2 % 3]}"/><w:lvlText w:val="{text}"/>'
            '<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="0" w:firstLine="640"/></w:pPr></w:lvl>'
        )

    def _use(self, definition: int, level: int = 0, start: int = 0) -> int:
        """A new w:num; with ``start`` it counts anew from there."""
        root = self.document.part.numbering_part.element
        key = len(root.findall(qn("w:num"))) + 1
        anew = (
            f'<w:lvlOverride w:ilvl="{level}"><w:startOverride w:val="{start}"/></w:lvlOverride>'
            if start
            else ""
        )
        root.append(
            parse_xml(
                f'<w:num {nsdecls("w")} w:numId="{key}"><w:abstractNumId w:val="{definition}"/>'
                f"{anew}</w:num>"
            )
        )
        return key

    def _key(self, place: Place) -> int:
        """The w:num of a place: a list that started anew is used until a level above it."""
        using = self.using[place.list]
        key = using[place.level]
        if place.restart is not None:
            key = self._use(place.list, place.level, place.restart)
        using |= dict.fromkeys(range(place.level, LEVELS), key)
        return key

    def _set_styles(self) -> None:
        styles = self.document.styles
        fonts = {"Normal": SERIF, "Heading 1": SANS, "Heading 2": SERIF, "Heading 3": SERIF}
        for name, font in fonts.items():
            style = styles[name]
            style.font.name, style.font.size = font, Pt(self.size)
            style.font.color.rgb = RGBColor(0, 0, 0)
            style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
            layout = style.paragraph_format
            layout.line_spacing_rule = WD_LINE_SPACING.EXACTLY
            layout.line_spacing, layout.space_before = Pt(self.leading), Pt(0)
            layout.space_after = Pt(0)
            if name != "Normal" and self.styled:
                level = int(name[-1]) - 1
                put_in_list(style.element.get_or_add_pPr(), self.using[0][level], level)

    def _set_page(self, columns: bool) -> None:
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        foot = section.footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        foot.add_run("— ")
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), "PAGE")
        foot._p.append(field)
        foot.add_run(" —")
        if self.variant % 3 == 1:
            section.header.paragraphs[0].text = self.script.title
        self.columns = columns

    def _add(self, line: Typed, place: Place | None) -> None:
        if line.kind != "front" and self.columns and len(self.document.sections) == 1:
            self._set_columns()
        paragraph = self.document.add_paragraph()
        layout = paragraph.paragraph_format
        heading, rest = line.text[: line.heading], line.text[line.heading :]
        if line.kind == "front":
            self._add_front(paragraph, line)
            return
        if line.kind == "signed":
            layout.alignment, layout.right_indent = WD_ALIGN_PARAGRAPH.RIGHT, Pt(4 * self.size)
        elif place is None:
            layout.first_line_indent = Pt(2 * self.size)
        if self.styled and heading and not rest and (place is None or place.level < 3):
            level = 1 if place is None else place.level + 1
            paragraph.style = self.document.styles[f"Heading {level}"]
            if place is None:
                put_in_list(paragraph._p.get_or_add_pPr(), 0)
        if place is not None:
            put_in_list(paragraph._p.get_or_add_pPr(), self._key(place), place.level)
        if heading:
            paragraph.add_run(heading).bold = True
        if rest:
            paragraph.add_run(rest)

    def _add_front(self, paragraph, line: Typed) -> None:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.line_spacing = Pt(40)
        run = paragraph.add_run(line.text)
        run.font.size = Pt(22)
        if line.text.endswith("文件"):
            run.font.color.rgb = RED

    def _set_columns(self) -> None:
        section = self.document.add_section(WD_SECTION.CONTINUOUS)
        columns = section._sectPr.find(qn("w:cols"))
        columns.set(qn("w:num"), "2")
        columns.set(qn("w:space"), "425")


ODF = "urn:oasis:names:tc:opendocument:xmlns:"
NAMESPACES = {
    "office": ODF + "office:1.0",
    "style": ODF + "style:1.0",
    "text": ODF + "text:1.0",
    "fo": ODF + "xsl-fo-compatible:1.0",
    "svg": ODF + "svg-compatible:1.0",
    "meta": ODF + "meta:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
}
STYLES = """
<style:style style:name="Standard" style:family="paragraph"><style:paragraph-properties
 fo:line-height="28pt" fo:text-indent="32pt"/><style:text-properties style:font-name="S"
 style:font-name-asian="S" fo:font-size="16pt" style:font-size-asian="16pt"/></style:style>
<style:style style:name="Title" style:family="paragraph" style:parent-style-name="Standard">
<style:paragraph-properties fo:text-align="center" fo:text-indent="0pt" fo:line-height="40pt"/>
<style:text-properties fo:font-size="22pt" style:font-size-asian="22pt"/></style:style>
<style:style style:name="Heading" style:family="paragraph" style:parent-style-name="Standard">
<style:text-properties fo:font-weight="bold" style:font-weight-asian="bold"/></style:style>
<style:style style:name="Signature" style:family="paragraph" style:parent-style-name="Standard">
<style:paragraph-properties fo:text-align="end" fo:margin-right="64pt"/></style:style>
<style:style style:name="Footer" style:family="paragraph"><style:paragraph-properties
 fo:text-align="center"/></style:style>
<style:style style:name="B" style:family="text"><style:text-properties fo:font-weight="bold"
 style:font-weight-asian="bold"/></style:style>"""
PAGE = """<style:page-layout style:name="A4"><style:page-layout-properties fo:page-width="210mm"
 fo:page-height="297mm" fo:margin-top="37mm" fo:margin-bottom="25mm" fo:margin-left="28mm"
 fo:margin-right="26mm"/><style:footer-style><style:header-footer-properties
 fo:min-height="10mm"/></style:footer-style></style:page-layout>"""
MASTER = """<style:master-page style:name="Standard" style:page-layout-name="A4"><style:footer>
<text:p text:style-name="Footer">— <text:page-number text:select-page="current"/> —</text:p>
</style:footer></style:master-page>"""


def write_odf(script: Script, path: Path) -> None:
    """Write flat ODF with lists as Writer keeps them."""
    lists = to_lists(script.lines)
    begun: set[int] = set()
    body = "".join(
        to_odf(line, place, begun) for line, place in zip(script.lines, lists.places, strict=True)
    )
    names = " ".join(f"xmlns:{key}={quoteattr(value)}" for key, value in NAMESPACES.items())
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {names} office:version="1.3" '
        'office:mimetype="application/vnd.oasis.opendocument.text"><office:meta>'
        f"<dc:title>{escape(script.title)}</dc:title>"
        f"<meta:creation-date>{script.date}T09:00:00</meta:creation-date></office:meta>"
        f'<office:font-face-decls><style:font-face style:name="S" svg:font-family="{SERIF}"/>'
        f"</office:font-face-decls><office:styles>{STYLES}</office:styles>"
        f"<office:automatic-styles>{PAGE}{list_styles(lists.patterns)}</office:automatic-styles>"
        f"<office:master-styles>{MASTER}</office:master-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document>",
        "utf-8",
    )


def list_styles(patterns: Sequence[Sequence[str]]) -> str:
    """A list style for each list, and a paragraph style for its headings."""
    found = []
    for at, own in enumerate(patterns):
        levels = []
        for n, pattern in enumerate(own, 1):
            before, _, after = pattern.replace("#", "%").partition("%")
            numerals = "1" if "#" in pattern else "一, 二, 三, ..."
            levels.append(
                f'<text:list-level-style-number text:level="{n}" style:num-prefix="{before}" '
                f'style:num-suffix="{after}" style:num-format="{numerals}">'
                "<style:list-level-properties "
                'text:list-level-position-and-space-mode="label-alignment">'
                '<style:list-level-label-alignment text:label-followed-by="nothing"/>'
                "</style:list-level-properties></text:list-level-style-number>"
            )
        found.append(
            f'<text:list-style style:name="L{at}">{"".join(levels)}</text:list-style>'
            f'<style:style style:name="H{at}" style:family="paragraph" '
            f'style:parent-style-name="Heading" style:list-style-name="L{at}"/>'
        )
    return "".join(found)


def to_odf(line: Typed, place: Place | None, begun: set[int]) -> str:
    """A paragraph; one in a list continues it or starts it anew."""
    heading, rest = escape(line.text[: line.heading]), escape(line.text[line.heading :])
    style = {"front": "Title", "signed": "Signature"}.get(line.kind, "Standard")
    text = f'<text:span text:style-name="B">{heading}</text:span>{rest}' if heading else rest
    if heading and not rest:
        level, name = (1, "Heading") if place is None else (place.level + 1, f"H{place.list}")
        paragraph = (
            f'<text:h text:style-name="{name}" text:outline-level="{level}">{heading}</text:h>'
        )
    else:
        paragraph = f'<text:p text:style-name="{style}">{text}</text:p>'
    if place is None:
        return paragraph
    start = f' text:start-value="{place.restart}"' if place.restart else ""
    paragraph = f"<text:list-item{start}>{paragraph}</text:list-item>"
    for _ in range(place.level):
        paragraph = f"<text:list-item><text:list>{paragraph}</text:list></text:list-item>"
    first = place.list not in begun
    begun.add(place.list)
    name = f'xml:id="list{place.list}"' if first else f'text:continue-list="list{place.list}"'
    return f'<text:list {name} text:style-name="L{place.list}">{paragraph}</text:list>'
