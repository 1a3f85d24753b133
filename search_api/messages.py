"""What the command line says, in both languages."""

from __future__ import annotations

import os

MESSAGES = {
    "read": ("reading", "读取"),
    "embed": ("embedding", "向量化"),
    "indexed": ("{result} → {folder}", "{result} → {folder}"),
    "nothing": ("nothing found", "没有结果"),
    "corrected": ("read as: {words}", "按此理解：{words}"),
    "expanded": ("also searched: {words}", "同时检索：{words}"),
    "insufficient": (
        "Insufficient evidence: the reports do not answer this. Closest passages:",
        "证据不足：报告中没有回答这个问题的内容。最接近的段落：",
    ),
    "answer": ("{n} of {total} reports answer:", "{total} 份报告中有 {n} 份作答："),
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
    "found": ("found", "有"),
    "not_found": ("not found", "未检出"),
    "no_report": ("no report", "无报告"),
    "not_done": ("Not found does not mean not done.", "“未检出”不等于“没有做”。"),
    "left_out": (
        "{n} further bureaus with weaker evidence are left out: choose with --issuer or --region",
        "另有 {n} 个证据较弱的机关未列出：可用 --issuer 或 --region 选择",
    ),
    "error": ("bureau: {text}", "bureau：{text}"),
    "unexpected": ("unexpected error ({reason})", "意外错误（{reason}）"),
    "disk": ("{path}: {reason}", "{path}：{reason}"),
    "interrupted": ("stopped; the old index still answers", "已停止；原索引不受影响"),
}


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
