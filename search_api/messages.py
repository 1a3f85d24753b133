"""What the command line says, in both languages."""

from __future__ import annotations

import os
import re

MESSAGES = {
    "read": ("reading", "读取"),
    "embed": ("embedding", "向量化"),
    "indexed": ("{result} → {folder}", "{result} → {folder}"),
    "waiting": (
        "shard {shard} is done; published when these are too: {shards}",
        "第 {shard} 份已完成；其余各份完成后发布：{shards}",
    ),
    "nothing": ("nothing found", "没有结果"),
    "corrected": ("read as: {words}", "按此理解：{words}"),
    "expanded": ("also searched: {words}", "同时检索：{words}"),
    "insufficient": (
        "Insufficient evidence: the reports do not answer this. Closest passages:",
        "证据不足：报告中没有回答这个问题的内容。最接近的段落：",
    ),
    "answer": ("{n} of {total} reports answer:", "{total} 份报告中有 {n} 份作答："),
    "bureaus_of": ("{n} of {of} bureaus", "{of} 个部门中的 {n} 个"),
    "other_points": ("Other points", "其他"),
    "named": (
        "filters named in the question: {values} (--as-typed leaves them out)",
        "按问题中的条件筛选：{values}（--as-typed 可取消）",
    ),
    "absent": (
        "no report in this index is from: {names}",
        "索引中没有以下地区或年份的报告：{names}",
    ),
    "source": ("source", "出处"),
    "hash": ("sha256 of the report's text", "报告全文 sha256"),
    "of": ("of", "共"),
    "serving": (
        "Serving {reports} reports at {url} (Ctrl-C stops)",
        "{reports} 份报告：{url}（Ctrl-C 停止）",
    ),
    "reports": ("reports", "报告"),
    "passages": ("passages", "段落"),
    "lexical": ("words", "词面"),
    "semantic": ("meaning", "语义"),
    "both": ("words + meaning", "词面＋语义"),
    "intro": ("introduction", "引言"),
    "work": ("work done", "举措成效"),
    "duty": ("leader's duty", "履职"),
    "problems": ("problems", "存在问题"),
    "plans": ("plans", "下一步"),
    "weak": (
        "Guessed weakly in {n} of {total} reports; “bureau manifest” writes a table to correct:",
        "{total} 份报告中有 {n} 份的元数据把握不大，可用 “bureau manifest” 导出更正：",
    ),
    "left": (
        "Not or not wholly in the index, of {total} files:",
        "{total} 份文件中，未收录或未完整收录的：",
    ),
    "fate.indexed": ("indexed", "收入"),
    "fate.unchanged": ("unchanged", "未变"),
    "fate.skipped": ("skipped", "跳过"),
    "fate.failed": ("failed", "失败"),
    "from.text": ("from the text", "据正文"),
    "from.property": ("from the file's properties", "据文件属性"),
    "from.nothing": ("not found", "未找到"),
    "field.title": ("title", "标题"),
    "field.issuer": ("issuer", "机关"),
    "field.year": ("year", "年份"),
    "field.date": ("date", "日期"),
    "field.region": ("region", "地区"),
    "confidence": ("confidence", "把握"),
    "found": ("found", "有"),
    "not_found": ("not found", "未检出"),
    "no_report": ("no report", "无报告"),
    "not_done": ("Not found does not mean not done.", "“未检出”不等于“没有做”。"),
    "left_out": (
        "{n} further bureaus with weaker evidence are left out: choose with --issuer or --region",
        "另有 {n} 个证据较弱的机关未列出：可用 --issuer 或 --region 选择",
    ),
    "llm": (
        "{model} answers, each sentence checked against the passages it cites:",
        "{model} 的回答，每句均已与所引段落核对：",
    ),
    "uncertain": ("uncertain: check the source", "存疑：请核对原文"),
    "dropped": (
        "{n} sentences of the language model are left out: nothing cited bears them out",
        "大模型回答中有 {n} 句因所引段落不能证实而未显示",
    ),
    "withheld": (
        "{n} passages were not shown to the language model: they hold orders for one",
        "有 {n} 个段落含有针对大模型的指令，未提供给大模型",
    ),
    "error": ("bureau: {text}", "bureau：{text}"),
    "unexpected": ("unexpected error ({reason})", "意外错误（{reason}）"),
    "disk": ("{path}: {reason}", "{path}：{reason}"),
    "interrupted": ("stopped; the old index still answers", "已停止；原索引不受影响"),
}


UNPRINTED = re.compile(  # what turns a terminal or the writing direction
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)


def inert(text: str) -> str:
    """``text`` with characters that a terminal would act upon as escapes: \\x1b."""
    return UNPRINTED.sub(lambda m: m[0].encode("unicode_escape").decode("ascii"), text)


def language() -> str:
    """``zh`` or ``en``: from BUREAU_LANG, else from the locale."""
    for name in ("BUREAU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def say(key: str, **values: object) -> str:
    """The message ``key`` in the user's language."""
    return MESSAGES[key][language() == "zh"].format(**values)
