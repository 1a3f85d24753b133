"""The list of practices (做法) that a matrix has as its rows.

`practices.json` comes with the package: 36 practices of petition work, each with a Chinese and
an English name, example queries and example passages; a passage that was taken from a bundled
report names it as its ``source``. A user's own list is a JSON file of that form, a JSON object
{id: name}, or a CSV or text file with one practice a line. A CSV file may begin with a line that
names its columns (`COLUMNS`); several queries or examples stand in one cell, parted by ``|``.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from indexer.shapes import BadInput
from indexer.words import WORD

LONGEST_NAME, LONGEST_QUERY, LONGEST_EXAMPLE = 200, 500, 4000  # characters
LONGEST_FILE = 4 * 2**20  # bytes
MOST_PRACTICES, MOST_TEXTS = 500, 50  # texts: queries, or examples, of one practice
SHOWN, NAMED = 40, 4  # characters of a refused value; lines named in one sentence
COLUMNS = ("id", "zh", "en", "name", "queries", "examples")
PARTED = "|"
OWN = "own"  # version of a list that states none
Entry = tuple[str, str, object]  # where it stands in English and in Chinese, what stands there


class Fault(Exception):
    """What is wrong with one entry, as the rest of a sentence about it."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


@dataclass(frozen=True, slots=True)
class Example:
    """A passage that describes a practice; ``source`` is the report it was taken from, if any."""

    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Practice:
    """Something that bureaus do. At least one of its names is not empty."""

    id: str
    zh: str = ""
    en: str = ""
    queries: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()

    @property
    def name(self) -> str:
        """The Chinese name, else the English one."""
        return self.zh or self.en

    @property
    def questions(self) -> tuple[str, ...]:
        """Names and queries: what a search would be asked."""
        return tuple(text for text in (self.zh, self.en, *self.queries) if text)

    def question(self, *, english: bool) -> str:
        """The first query in this language, else the name in it, else any name."""
        own = [q for q in self.queries if is_chinese(q) != english]
        return next(iter(own), (self.en if english else self.zh) or self.name)


@dataclass(frozen=True)
class PracticeList:
    """Practices in their order, with the version that the list states."""

    version: str
    practices: tuple[Practice, ...]

    def __len__(self) -> int:
        return len(self.practices)

    @cached_property
    def digest(self) -> str:
        """Hash of all that the list says: what is worked out for one list fits no other."""
        return sha256(repr(self.practices).encode("utf-8", "surrogatepass")).hexdigest()

    def places(self, ids: Sequence[str]) -> list[int]:
        """Where the practices of these ids stand, each once, in the list's order; all for none.

        :raises BadInput: naming an id that is not in the list.
        """
        known = {practice.id: n for n, practice in enumerate(self.practices)}
        for name in ids:
            if name not in known:
                few = ", ".join(list(known)[:5])
                raise BadInput(
                    f"no practice “{name[:SHOWN]}” in this list: its ids are {few} …",
                    f"做法清单中没有 “{name[:SHOWN]}”：编号为 {few} …",
                )
        return sorted({known[name] for name in ids}) or list(range(len(self)))


def is_chinese(text: str) -> bool:
    """Whether ``text`` holds a Chinese character."""
    return any("\u3400" <= char <= "\u9fff" for char in text)


@cache
def shipped() -> PracticeList:
    """The list that comes with the package."""
    text = files("search_api.practices").joinpath("practices.json").read_text("utf-8")
    return from_json(text, "practices.json")


def load_practices(path: Path) -> PracticeList:
    """A user's own list.

    :raises BadInput: in one sentence that names the file and, where it can, the lines.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST_FILE + 1)
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}", f"无法读取 {path}") from None
    if len(data) > LONGEST_FILE:
        raise BadInput(
            f"{path} is larger than {LONGEST_FILE // 2**20} MiB: too large for a list of practices",
            f"{path} 超过 {LONGEST_FILE // 2**20} MiB，不是做法清单",
        )
    text = decoded(data, str(path))
    if not text.strip():
        raise BadInput(
            f"{path} is empty: write one practice a line", f"{path} 为空：请每行写一项做法"
        )
    if text.lstrip().startswith(("{", "[")):
        return from_json(text, str(path))
    return from_lines(text, str(path))


def decoded(data: bytes, where: str) -> str:
    """Text in UTF-8, or in the encoding that Chinese spreadsheets write.

    :raises BadInput: if it is neither.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadInput(
        f"{where} is no text: a list is a JSON, CSV or text file", f"{where} 不是文本文件"
    )


def from_json(text: str, where: str) -> PracticeList:
    """A list written as JSON.

    :raises BadInput: naming the line, or the practice and the field.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise BadInput(
            f"{where}, line {line}: this is not valid JSON",
            f"{where} 第 {line} 行：不是有效的 JSON",
        ) from None
    version, entries = OWN, data
    if isinstance(data, dict) and "practices" in data:
        version, entries = str(data.get("version", OWN))[:SHOWN], data["practices"]
    if isinstance(entries, dict):
        entries = [{"id": key, "name": value} for key, value in entries.items()]
    if not isinstance(entries, list):
        raise BadInput(
            f"{where}: “practices” is to be a list of practices", f"{where}：“practices” 应为列表"
        )
    numbered = ((f"practice {n}", f"第 {n} 项", e) for n, e in enumerate(entries, 1))
    return collected(version, numbered, where)


def from_lines(text: str, where: str) -> PracticeList:
    """A list of one practice a line, or a table; lines that begin with # are remarks.

    :raises BadInput: naming the lines.
    """
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if is_entry(line)]
    header = [cell.strip().lower() for cell in lines[0][1].split(",")] if lines else []
    if lines and set(header) <= set(COLUMNS):
        rows = table_rows(text, lines[0][0], where)
        given = [(n, entry_of(row, header)) for n, row in rows if is_entry("".join(row))]
    else:
        given = [(n, {"name": unquoted(line)}) for n, line in lines]
    return collected(OWN, ((f"line {n}", f"第 {n} 行", entry) for n, entry in given), where)


def is_entry(line: str) -> bool:
    """Whether a line says anything."""
    return bool(line.strip(", \t\u3000")) and not line.lstrip().startswith("#")


def unquoted(line: str) -> str:
    """A line without the quotation marks that a spreadsheet puts round a cell, and empty cells."""
    stripped = line.strip().rstrip(",")
    whole = len(stripped) > 1 and stripped[0] == stripped[-1] == '"'
    return stripped[1:-1].replace('""', '"') if whole else stripped


def table_rows(text: str, above: int, where: str) -> list[tuple[int, list[str]]]:
    """(line where it ends, cells) of the rows of a CSV table below its line ``above``.

    :raises BadInput: naming the line that is no CSV.
    """
    below = "".join(text.splitlines(keepends=True)[above:])
    reader = csv.reader(io.StringIO(below, newline=""), strict=True)
    try:
        return [(above + reader.line_num, row) for row in reader]
    except csv.Error:
        line = above + reader.line_num
        raise BadInput(
            f"{where}, line {line}: this line cannot be read as CSV",
            f"{where} 第 {line} 行：不是有效的 CSV",
        ) from None


def entry_of(row: Sequence[str], header: Sequence[str]) -> dict[str, Any]:
    """A row of a table under its header; what `PARTED` parts becomes a list."""
    entry: dict[str, Any] = dict(zip(header, (cell.strip() for cell in row), strict=False))
    for name in ("queries", "examples"):
        entry[name] = [part for part in entry.get(name, "").split(PARTED) if part.strip()]
    return {name: value for name, value in entry.items() if value}


def collected(version: str, entries: Iterable[Entry], where: str) -> PracticeList:
    """The practices of ``entries`` of the file ``where``.

    :raises BadInput: naming the entries that cannot be used, or that there is none.
    """
    found: dict[str, Practice] = {}
    faults: list[Fault] = []
    for n, (place, zh_place, entry) in enumerate(entries, 1):
        try:
            practice = practice_of(entry, str(n))
            if practice.id in found:
                raise Fault(f"has the id “{practice.id}” again", f"编号 “{practice.id}” 重复")
            found[practice.id] = practice
        except Fault as fault:
            faults.append(Fault(f"{place} {fault.en}", f"{zh_place}{fault.zh}"))
    if not found and not faults:
        faults = [Fault("there is no practice in it: write one a line", "没有做法：请每行写一项")]
    if len(found) > MOST_PRACTICES:
        said = f"{len(found):,} practices, at most {MOST_PRACTICES} are possible"
        faults = [Fault(said, f"共 {len(found):,} 项，最多 {MOST_PRACTICES} 项")]
    if faults:
        more = len(faults) - NAMED
        few = faults[:NAMED] + [Fault(f"and {more:,} more", f"另有 {more:,} 处")] * (more > 0)
        raise BadInput(
            f"{where}: {'; '.join(f.en for f in few)}", f"{where}：{'；'.join(f.zh for f in few)}"
        )
    return PracticeList(version, tuple(found.values()))


def practice_of(entry: object, number: str) -> Practice:
    """The practice that a name or a JSON object describes; ``number`` is its id if it has none.

    :raises Fault: if it cannot be used.
    """
    fields = {"name": entry} if isinstance(entry, str) else entry
    if not isinstance(fields, Mapping):
        raise Fault("is neither a name nor an object", "既不是名称也不是对象")
    name, zh, en = (text_of(fields.get(key, ""), key, LONGEST_NAME) for key in ("name", "zh", "en"))
    own = text_of(fields.get("id", ""), "id", SHOWN) or number
    practice = Practice(
        id=own,
        zh=zh or (name if is_chinese(name) else ""),
        en=en or ("" if is_chinese(name) else name),
        queries=tuple(text_of(q, "queries", LONGEST_QUERY) for q in texts_of(fields, "queries")),
        examples=tuple(example_of(e) for e in texts_of(fields, "examples")),
    )
    if not any(WORD.search(text) for text in (practice.zh, practice.en)):
        raise Fault("has no name with a word in it", "名称中没有文字")
    return practice


def example_of(entry: object) -> Example:
    """An example passage: a text, or {text, source}."""
    if not isinstance(entry, Mapping):
        return Example(text_of(entry, "examples", LONGEST_EXAMPLE))
    source = text_of(entry.get("source", ""), "source", LONGEST_NAME)
    return Example(text_of(entry.get("text", ""), "examples", LONGEST_EXAMPLE), source)


def texts_of(fields: Mapping[str, object], key: str) -> list[object]:
    """A list among the fields; a single text stands for a list of one."""
    value = fields.get(key) or []
    entries = [e for e in (value if isinstance(value, list) else [value]) if e != ""]
    if len(entries) > MOST_TEXTS:
        raise Fault(f"has more than {MOST_TEXTS} {key}", f"{key} 超过 {MOST_TEXTS} 条")
    return entries


def text_of(value: object, key: str, longest: int) -> str:
    """A text of a list, on one line.

    :raises Fault: if it is no text, too long or not valid Unicode.
    """
    if isinstance(value, int) and key == "id":
        value = str(value)
    if not isinstance(value, str):
        raise Fault(f"has “{key}” that is no text", f"的 {key} 不是文本")
    text = " ".join(value.split())
    if len(text) > longest:
        raise Fault(
            f"has “{key}” of {len(text):,} characters, at most {longest:,} are possible",
            f"的 {key} 共 {len(text):,} 字，最多 {longest:,} 字",
        )
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise Fault(f"has “{key}” that is not valid Unicode", f"的 {key} 不是有效的 Unicode 文本")
    return text
