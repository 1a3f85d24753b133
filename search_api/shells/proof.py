"""What ``bureau verify`` says of an article."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from search_api.changes.shapes import Op
from search_api.messages import language
from search_api.sharing.checking import Finding, article_tally, check_article, finding_fields
from search_api.sharing.differences import Remark
from search_api.sharing.references import one_line

MARKDOWN = (".md", ".markdown")
SAID = {
    Remark.MARKS: ("quotation marks set differently", "引号写法不同"),
    Remark.PART: ("a part of the cited span", "所引片段的一部分"),
    Remark.SHORTENED: ("shortened, as …… says", "有省略（已用省略号标明）"),
    Remark.CUT: ("cut short without ……", "有删节而未用省略号标明"),
    Remark.SCRIPT: ("the same in other characters (traditional, full width)", "仅繁简或全半角不同"),
    Remark.PUNCTUATION: ("punctuation differs", "标点不同"),
    Remark.NUMBERS: ("numbers differ", "数字不同"),
    Remark.WORDS: ("words differ", "文字不同"),
    Remark.MOVED: ("it stands elsewhere in the report", "原文在报告的其他位置"),
    Remark.REPORT: ("the span no longer says what was collected", "该处原文与收藏时不同"),
    Remark.SOURCE: ("not the report’s entry", "著录与报告不符"),
    Remark.NO_QUOTE: ("footnote without a quote", "脚注前没有引文"),
    Remark.NO_FOOTNOTE: ("quote without a footnote", "引文没有脚注"),
    Remark.NO_PLACE: ("the footnote names no place in a report", "脚注没有注明报告位置"),
    Remark.UNDEFINED: ("there is no such footnote", "没有这个脚注"),
    Remark.UNUSED: ("nothing refers to this footnote", "正文没有引用此脚注"),
    Remark.TWICE: ("this footnote is there twice", "脚注重复"),
}
STATES = {"verbatim": "一致", "changed": "已变", "missing": "不存在"}
SIGNS = {Op.SAME: "{}", Op.DELETED: "[-{}-]", Op.INSERTED: "{{+{}+}}"}  # as wdiff writes them
KINDS = {"quote": "引文", "footnote": "脚注"}


def is_article(source: str, text: str) -> bool:
    """Whether what is to be verified is Markdown, not JSON lines: by its name, or its start."""
    if Path(source).suffix.lower() in MARKDOWN:
        return True
    begun = text.lstrip("\ufeff \t\r\n")
    return "[^" in begun and (begun.startswith("[^") or not begun.startswith(("{", "[")))


def findings_of(index: Path, text: str) -> list[Finding]:
    """What became of an article's quotes and footnotes.

    :raises BadInput: if it has none.
    """
    from indexer.opening import open_index

    return check_article(open_index(index), text)


def show_findings(findings: list[Finding], *, as_json: bool) -> bool:
    """Print a line for every finding; whether all of them are verbatim."""
    zh = language() == "zh"
    for finding in findings:
        if as_json:
            sys.stdout.write(json.dumps(finding_fields(finding), ensure_ascii=False) + "\n")
        else:
            sys.stdout.write("\n".join(lines_of(finding, zh=zh)) + "\n")
    counts = article_tally(findings)
    told = (f"{n} {STATES[state] if zh else state}" for state, n in counts.items())
    sys.stderr.write(" · ".join(told) + "\n")
    return counts["verbatim"] == len(findings)


def lines_of(finding: Finding, *, zh: bool) -> list[str]:
    """A finding for a person: its state and place, what is to be said, and where they part."""
    state, place = str(finding.state), finding.place
    label = f"[^{finding.label}]" if finding.label else ""
    parts = [
        STATES[state] if zh else state,
        KINDS[finding.kind] if zh else finding.kind,
        label,
        f"第 {finding.line} 行" if zh else f"line {finding.line}",
        f"{place.report_id}:{place.start}-{place.end}" if place else "",
    ]
    told = ("；" if zh else "; ").join(SAID[remark][zh] for remark in finding.remarks)
    first = " ".join(part for part in parts if part) + (f": {told}" if told else "")
    lines = [first]
    if finding.runs:
        lines.append("    " + "".join(SIGNS[run.op].format(run.text) for run in finding.runs))
    elif finding.state != "verbatim" and finding.kind == "quote":
        lines.append(f"    “{one_line(finding.text)[:60]}”")
    if finding.entry:
        lines.append(f"    {'应为' if zh else 'should be'}: {finding.entry}")
    if finding.elsewhere and place:
        lines.append(f"    → {place.report_id}:{finding.elsewhere[0]}-{finding.elsewhere[1]}")
    return lines
