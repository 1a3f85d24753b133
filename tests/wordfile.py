"""DOCX files for the tests: paragraphs in lists that Word numbers, styles and tables."""

from docx import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

OFFICIAL = (  # (numFmt, lvlText) of the four levels of an official report
    ("chineseCounting", "%1、"),
    ("chineseCounting", "（%2）"),
    ("decimal", "%3."),
    ("decimal", "（%4）"),
)


def new_document():
    """An empty document without a list."""
    document = Document()
    root = document.part.numbering_part.element
    for child in list(root):
        root.remove(child)
    return document


def add_list(document, levels=OFFICIAL, *, extra="", per_level=None, changes=""):
    """Define a list and return its number; ``per_level`` adds XML to level n,
    ``changes`` to the list itself, ``extra`` to its definition."""
    root = document.part.numbering_part.element
    key = len(root.findall(qn("w:abstractNum"))) + 1
    parts = [
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{style}"/>'
        f"{(per_level or {}).get(at, '')}"
        f'<w:suff w:val="nothing"/><w:lvlText w:val="{text}"/></w:lvl>'
        for at, (style, text) in enumerate(levels)
    ]
    definition = (
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{key}">'
        f'<w:multiLevelType w:val="multilevel"/>{extra}{"".join(parts)}</w:abstractNum>'
    )
    at = len(root.findall(qn("w:abstractNum")))
    root.insert(at, parse_xml(definition))
    return add_use(document, key, changes)


def add_use(document, definition, changes=""):
    """One more list of the same definition."""
    root = document.part.numbering_part.element
    key = len(root.findall(qn("w:num"))) + 1
    root.append(
        parse_xml(
            f'<w:num {nsdecls("w")} w:numId="{key}">'
            f'<w:abstractNumId w:val="{definition}"/>{changes}</w:num>'
        )
    )
    return key


def add_item(document, text, key, level=0, style=None):
    """A paragraph of list ``key``."""
    paragraph = document.add_paragraph(text, style=style)
    put_in_list(paragraph._p.get_or_add_pPr(), key, level)
    return paragraph


def put_in_list(properties, key, level=None):
    """Give a paragraph's or style's properties a w:numPr."""
    holder = OxmlElement("w:numPr")
    for name, value in (("w:ilvl", level), ("w:numId", key)):
        if value is not None:
            child = OxmlElement(name)
            child.set(qn("w:val"), str(value))
            holder.append(child)
    properties.append(holder)


def add_style(document, name, *, key=None, level=None, based_on="Normal"):
    """A paragraph style that puts its paragraphs into list ``key``."""
    style = document.styles.add_style(name, 1)
    style.base_style = document.styles[based_on]
    if key is not None:
        put_in_list(style.element.get_or_add_pPr(), key, level)
    return style
