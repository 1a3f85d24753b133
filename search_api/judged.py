"""A user's own questions, and the passages that a person judged to answer them.

Questions, one JSON object a line:

    {"id": "q1", "text": "重复信访怎么治理", "lang": "zh", "kind": "question"}

``lang`` (by default as the text is written) and ``kind`` name the groups that figures are given
for. Judgements, one JSON object a line, in any of three forms, with ``grade`` 1 unless given:

    {"question": "q1", "passage": "yongan-2024:1849-1980", "grade": 2}
    {"question": "q1", "report": "yongan-2024", "start": 1849, "end": 1980}
    {"question": "q1", "report": "yongan-2024", "quote": "……"}

or a TREC qrels file (``q1 0 yongan-2024:1849-1980 2``). All of them name a span of a report's
text, so they hold however a later index cuts the text into passages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.backend import Backend
from indexer.shapes import BadInput, Passage
from search_api.query import parse_query

MOST_LINES = 100_000  # of a file
HIGHEST = 10  # grade
HAN = re.compile("[\u3400-\u9fff]")
PASSAGE = re.compile(r"(.+):([0-9]{1,9})-([0-9]{1,9})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the group that it counts in."""

    id: str
    text: str
    lang: str
    kind: str  # "" where none is given

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that it counts in."""
        return ("all", self.lang, f"{self.lang}/{self.kind}")[: 3 if self.kind else 2]


@dataclass(frozen=True, slots=True)
class Judged:
    """A span of a report's text and how well it answers: 0 does not."""

    report: str
    start: int
    end: int
    grade: int

    @property
    def id(self) -> str:
        """``report:start-end``."""
        return f"{self.report}:{self.start}-{self.end}"

    def is_in(self, passage: Passage) -> bool:
        """Whether a passage shows it: they share half of the shorter of them, or more."""
        shared = min(self.end, passage.end) - max(self.start, passage.start)
        shorter = min(self.end - self.start, passage.end - passage.start)
        return self.report == passage.report_id and 2 * shared >= shorter


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file; errors name both."""

    path: Path
    number: int
    text: str

    def wrong(self, said: str, zh: str) -> BadInput:
        """The refusal of this line."""
        return BadInput(f"{self.path}:{self.number}: {said}", f"{self.path}:{self.number}：{zh}")

    def fields(self) -> Mapping[str, object]:
        """The JSON object of the line.

        :raises BadInput: if it is none.
        """
        try:
            fields = json.loads(self.text)
        except (ValueError, RecursionError):
            raise self.wrong("this is not JSON", "不是 JSON") from None
        if not isinstance(fields, dict):
            raise self.wrong("this is no JSON object", "不是 JSON 对象")
        return fields

    def word(self, fields: Mapping[str, object], name: str, default: str | None = None) -> str:
        """A field that holds text.

        :raises BadInput: if it holds none, or is missing without a default.
        """
        value = fields.get(name, default)
        if not isinstance(value, str) or not (value.strip() or value == default):
            raise self.wrong(f"{name} is missing or no text", f"缺少 {name}，或不是文本")
        return value

    def number_of(self, fields: Mapping[str, object], name: str, most: int) -> int:
        """A field that holds a whole number from 0 to ``most``.

        :raises BadInput: if it does not.
        """
        value = fields.get(name)
        if type(value) is not int or not 0 <= value <= most:
            raise self.wrong(
                f"{name} is no whole number from 0 to {most}", f"{name} 不是 0–{most} 的整数"
            )
        return value


def lines_of(path: Path) -> Iterator[Line]:
    """The lines of a file that are not empty.

    :raises BadInput: if it cannot be read, is no UTF-8 text, or has too many lines.
    """
    try:
        texts = path.read_text("utf-8-sig").split("\n")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}", f"{path}：无法读取") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not UTF-8 text", f"{path} 不是 UTF-8 文本") from None
    if len(texts) > MOST_LINES:
        raise BadInput(f"{path} has more than {MOST_LINES:,} lines", f"{path} 行数过多")
    return (Line(path, n, text) for n, text in enumerate(texts, 1) if text.strip())


def load_questions(path: Path) -> tuple[Question, ...]:
    """The questions of a JSON-lines file.

    :raises BadInput: naming file and line, if one cannot be used or an id comes twice.
    """
    found: dict[str, Question] = {}
    for line in lines_of(path):
        fields = line.fields()
        text = line.word(fields, "text")
        try:
            parse_query(text)
        except BadInput as error:
            raise line.wrong(str(error), error.zh) from None
        name = line.word(fields, "id")
        lang = line.word(fields, "lang", "zh" if HAN.search(text) else "en")
        if name in found:
            raise line.wrong(f"the id “{name}” comes twice", f"编号 “{name}” 重复")
        found[name] = Question(name, text, lang, line.word(fields, "kind", ""))
    if not found:
        raise BadInput(f"{path} has no questions", f"{path} 中没有问题")
    return tuple(found.values())


def load_judgements(
    path: Path, questions: Sequence[Question], index: Backend
) -> dict[str, tuple[Judged, ...]]:
    """What was judged of each question, by its id.

    :raises BadInput: naming file and line, for a question, report, span or quote that there is
        not, and for a span that is judged twice.
    """
    lines = list(lines_of(path))
    if not lines:
        raise BadInput(f"{path} has no judgements", f"{path} 中没有标注")
    read = from_json if lines[0].text.lstrip().startswith("{") else from_qrels
    known = {question.id for question in questions}
    span = span_checker(index)
    found: dict[str, dict[str, Judged]] = {}
    for line in lines:
        name, judged = read(line, span)
        if name not in known:
            raise line.wrong(f"there is no question “{name}”", f"没有问题 “{name}”")
        own = found.setdefault(name, {})
        if judged.id in own:
            raise line.wrong(f"{judged.id} is judged twice for “{name}”", f"{judged.id} 重复标注")
        own[judged.id] = judged
    return {name: tuple(own.values()) for name, own in found.items()}


Span = Callable[[Line, str, "int | None", int, str], tuple[int, int]]


def span_checker(index: Backend) -> Span:
    """A function that makes sure of a span, or finds the one of a quote."""
    reports = {meta.id for meta in index.metas}

    def span(line: Line, report: str, start: int | None, end: int, quote: str) -> tuple[int, int]:
        if report not in reports:
            raise line.wrong(f"no report “{report}” in this index", f"索引中没有报告 “{report}”")
        text = index.report(report).text
        if start is not None:
            if not start < end <= len(text):
                said = f"{report} has no span {start}-{end}: its text has {len(text)} characters"
                raise line.wrong(said, f"{report} 没有区间 {start}-{end}")
            return start, end
        places = text.count(quote)
        if places != 1:
            said = f"the quote stands {places} times in {report}"
            helps = ": give start and end" if places else ": it must be verbatim"
            raise line.wrong(said + helps, f"引文在 {report} 中出现 {places} 次")
        start = text.find(quote)
        return start, start + len(quote)

    return span


def from_json(line: Line, span: Span) -> tuple[str, Judged]:
    """(question's id, judgement) of a line of JSON."""
    fields = line.fields()
    question = line.word(fields, "question")
    grade = line.number_of({"grade": 1} | dict(fields), "grade", HIGHEST)
    if "passage" in fields:
        return question, of_passage(line, line.word(fields, "passage"), grade, span)
    report = line.word(fields, "report")
    if "quote" in fields:
        start, end = span(line, report, None, 0, line.word(fields, "quote"))
    else:
        first, last = (line.number_of(fields, name, 10**9) for name in ("start", "end"))
        start, end = span(line, report, first, last, "")
    return question, Judged(report, start, end, grade)


def from_qrels(line: Line, span: Span) -> tuple[str, Judged]:
    """(question's id, judgement) of a line of a TREC qrels file."""
    columns = line.text.split()
    if len(columns) != 4:
        raise line.wrong(
            "this is neither JSON nor “question 0 passage grade”", "既不是 JSON，也不是 qrels 行"
        )
    question, _, passage, grade = columns
    if not (grade.isascii() and grade.isdigit() and int(grade) <= HIGHEST):
        raise line.wrong(f"the grade {grade} is no whole number from 0 to {HIGHEST}", "分级无效")
    return question, of_passage(line, passage, int(grade), span)


def of_passage(line: Line, passage: str, grade: int, span: Span) -> Judged:
    """The judgement of a passage, which need not be one of this index's."""
    matched = PASSAGE.fullmatch(passage)
    if not matched:
        raise line.wrong(
            f"“{passage[:100]}” is no passage (report:start-end)", "passage 应为 报告:起-止"
        )
    start, end = span(line, matched[1], int(matched[2]), int(matched[3]), "")
    return Judged(matched[1], start, end, grade)
