"""The frozen shapes that cross module borders.

Offsets are in characters (Unicode code points) of a report's canonical text, half open:
``text[start:end]``. Nothing here reads a file or knows an algorithm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path


class Role(StrEnum):
    """What a section is for."""

    INTRO = "intro"
    WORK = "work"
    DUTY = "duty"
    PROBLEMS = "problems"
    PLANS = "plans"


class Level(StrEnum):
    """The administrative level of an issuer."""

    NATIONAL = "national"
    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line of a document as a reader module found it."""

    text: str
    page: int | None = None  # 1-based; None where the format has no pages
    goes_on: bool = False  # as its layout shows, its paragraph continues in the next line


@dataclass(frozen=True, slots=True)
class Document:
    """A file after reading: its lines in reading order, nothing interpreted yet."""

    lines: tuple[Line, ...]
    properties: dict[str, str] = field(default_factory=dict)  # e.g. a PDF's title


@dataclass(frozen=True, slots=True)
class Region:
    """A GB/T 2260 division; code 000000 and empty names where it is not known."""

    code: str = "000000"
    province: str = ""
    prefecture: str = ""
    county: str = ""

    @property
    def name(self) -> str:
        """Full name, e.g. 福建省三明市永安市."""
        return self.province + self.prefecture + self.county

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of this division and of those above it, widest first."""
        if self.code == "000000":
            return ()
        wider = (self.code[:2] + "0000", self.code[:4] + "00", self.code)
        return tuple(dict.fromkeys(wider))


@dataclass(frozen=True, slots=True)
class Section:
    """A node of the outline, in reading order.

    ``start:end`` is the heading's span (empty for text that stands under no heading of its
    own); ``parent`` is an index into the outline's sections or None.
    """

    number: str
    heading: str
    start: int
    end: int
    parent: int | None
    path: tuple[str, ...]
    role: Role


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A stretch of body text of one section; never empty."""

    start: int
    end: int
    section: int


@dataclass(frozen=True, slots=True)
class Outline:
    """A report's canonical text and everything that was recognised in it.

    Every character that is not white space lies in exactly one heading, paragraph or
    matter span. ``matter`` is the title block and the sign-off. ``pages`` lists
    (offset, page): from this offset on the text stands on this page.
    """

    text: str
    title: str
    sections: tuple[Section, ...]
    paragraphs: tuple[Paragraph, ...]
    matter: tuple[tuple[int, int], ...]
    pages: tuple[tuple[int, int], ...] = ()

    def page_at(self, offset: int) -> int | None:
        """The page on which the character at ``offset`` is printed, if known."""
        page = None
        for start, number in self.pages:
            if start > offset:
                break
            page = number
        return page


@dataclass(frozen=True, slots=True)
class Passage:
    """What is indexed, retrieved and cited: a span of one section."""

    report_id: str
    start: int
    end: int
    text: str
    section: int
    path: tuple[str, ...]
    role: Role
    page: int | None = None

    @property
    def id(self) -> str:
        """``report_id:start-end``."""
        return f"{self.report_id}:{self.start}-{self.end}"


class Origin(StrEnum):
    """What a piece of metadata rests on."""

    MANIFEST = "manifest"  # a person said so
    TITLE = "title"
    SIGNED = "sign-off"
    ISSUER = "issuer"  # its name
    TEXT = "text"  # somewhere in the text: weak
    PROPERTY = "property"  # of the file, or of the page that it was: weak
    NOTHING = "nothing"


WEAK = (Origin.TEXT, Origin.PROPERTY, Origin.NOTHING)
Progress = Callable[[str, int, int], None]  # (stage, done, total)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a report is: who issued it, for which place and year."""

    id: str
    title: str
    issuer: str
    region: Region
    level: Level | None
    year: int | None
    date: str | None  # ISO 8601, e.g. 2025-01-10
    file: str  # name of the source file, as given to the indexer
    keywords: tuple[str, ...] = ()  # most telling first
    names: tuple[str, ...] = ()  # of its places, short, full and in pinyin
    origins: tuple[tuple[str, Origin], ...] = ()  # (field, what its value rests on)
    confidence: tuple[tuple[str, float], ...] = ()  # (field, chance that its value is right)

    @property
    def weak(self) -> dict[str, Origin]:
        """The fields that a person should check, and what they rest on.

        Reports without a date are common: that one is missing calls for nothing.
        """
        unknown = ("date", Origin.NOTHING)
        return {
            f: origin for f, origin in self.origins if origin in WEAK and (f, origin) != unknown
        }


@dataclass(frozen=True, slots=True)
class Source:
    """An input file, its name in the ledger and its manifest row (empty without one).

    A file inside a ZIP archive has the archive's path and its place in the archive's directory.
    ``refused`` says why it is not to be opened, in English and in Chinese.
    """

    path: Path
    name: str
    row: Mapping[str, str]
    place: int | None = None
    refused: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report ready to be indexed: its canonical text and what was found in it."""

    meta: Metadata
    text: str
    sections: tuple[Section, ...]
    passages: tuple[Passage, ...]
    file_sha256: str  # of a ZIP archive, if it was in one
    source: Source
    note: str = ""  # what of it could not be read
    note_zh: str = ""

    @property
    def text_sha256(self) -> str:
        """Hash of the canonical text, UTF-8: what a citation is verified against."""
        return sha256(self.text.encode("utf-8")).hexdigest()


class Fate(StrEnum):
    """How an input file ended."""

    INDEXED = "indexed"
    UNCHANGED = "unchanged"  # indexed before, and kept
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One input file and what became of it; the reason in English and in Chinese."""

    file: str
    fate: Fate
    reason: str = ""
    report_id: str = ""
    passages: int = 0
    reason_zh: str = ""


class BureauError(Exception):
    """An expected failure: one sentence for the user that names the thing and the way out.

    ``str()`` is the English sentence; ``zh`` the Chinese one, or the English if none is given.
    """

    def __init__(self, en: str, zh: str = "") -> None:
        super().__init__(en)
        self.zh = zh or en


class BadInput(BureauError):
    """A query, id, option or file that cannot be used."""


class BadIndex(BureauError):
    """An index that is missing, damaged, of another format or of another embedder."""


class NotOffered(BureauError):
    """Something that an index of this kind cannot do."""
