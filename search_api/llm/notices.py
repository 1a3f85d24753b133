"""What is said about a model's answer, in both languages, and its events as plain fields."""

from __future__ import annotations

from hashlib import sha256

from search_api.fields import Fields
from search_api.llm.drafting import Begun, Ended, Said, State
from search_api.llm.grounding import Cited
from search_api.llm.model import Trouble

WHY = {
    Trouble.UNREACHABLE: ("cannot be reached", "无法连接"),
    Trouble.SLOW: ("took too long", "响应超时"),
    Trouble.BUSY: ("has too much to do", "过于繁忙"),
    Trouble.KEY: ("does not accept the key", "不接受所给的密钥"),
    Trouble.UNKNOWN: ("is not known at the given address", "在所给地址上不存在"),
    Trouble.REFUSED: ("cannot use the request", "无法处理该请求"),
    Trouble.FAILED: ("failed", "出错"),
    Trouble.MOVED: (
        "sent the request elsewhere, where it is not taken",
        "要求转到其他地址，未予跟随",
    ),
    Trouble.CUT: ("broke off", "中途断开"),
    Trouble.UNREADABLE: ("sent what cannot be read", "返回了无法读取的内容"),
    Trouble.LONG: ("did not come to an end", "回答过长，未能结束"),
    Trouble.EMPTY: ("said nothing", "没有给出回答"),
}
ALONE = ("The answer in the reports’ own words stands alone.", "以报告原文回答为准。")
ENDS = {
    State.COMPLETE: ("", ""),
    State.INCOMPLETE: (
        "The language model {en}: its answer is not complete.",
        "大模型{zh}，其回答不完整。",
    ),
    State.WITHDRAWN: (
        "The language model’s answer is withdrawn: too much of it is not in the cited passages.",
        "大模型的回答已撤回：其中过多内容在所引段落中找不到依据。",
    ),
    State.DECLINED: (
        "The language model finds no answer in the passages.",
        "大模型认为这些段落没有回答这个问题。",
    ),
    State.FAILED: ("The language model {en}.", "大模型{zh}。"),
    State.NOT_ASKED: (
        "The language model was not asked: the reports hold no evidence for an answer.",
        "未询问大模型：报告中没有可作依据的内容。",
    ),
}


def notice(ended: Ended) -> tuple[str, str]:
    """One or two plain sentences, English and Chinese; empty where all went well."""
    if ended.state is State.COMPLETE:
        return ENDS[State.COMPLETE]
    en, zh = WHY.get(ended.trouble or Trouble.FAILED, ("", ""))
    said, said_zh = ENDS[ended.state]
    if ended.state is State.NOT_ASKED:
        return said, said_zh
    return f"{said.format(en=en)} {ALONE[0]}", f"{said_zh.format(zh=zh)}{ALONE[1]}"


def event_fields(event: Begun | Said | Ended) -> tuple[str, Fields]:
    """The event's name and its fields."""
    if isinstance(event, Begun):
        passages = list(event.passages)
        return "llm", {"model": event.model, "passages": passages, "withheld": event.withheld}
    if isinstance(event, Said):
        return "sentence", said_fields(event)
    en, zh = notice(event)
    return "llm_end", {
        "state": str(event.state),
        "reason": str(event.trouble) if event.trouble else None,
        "notice": en,
        "notice_zh": zh,
        "supported": event.supported,
        "marked": event.marked,
        "dropped": event.dropped,
        "faults": dict(event.faults),
    }


def said_fields(said: Said) -> Fields:
    """A sentence with its citations."""
    pairs = zip(said.numbers, said.checked.cited, strict=True)
    return {
        "number": said.number,
        "state": str(said.checked.verdict),
        "text": said.checked.text,
        "support": round(said.checked.support, 2),
        "citations": [cited_fields(number, cited) for number, cited in pairs],
    }


def cited_fields(number: int, cited: Cited) -> Fields:
    """The sentence of a report that bears a sentence out, as quotes have it elsewhere."""
    hit, part = cited.source.hit, cited.part
    return {
        "number": number,
        "passage_id": hit.passage.id,
        "report_id": hit.meta.id,
        "title": hit.meta.title,
        "issuer": hit.meta.issuer,
        "year": hit.meta.year,
        "heading_path": list(hit.passage.path),
        "text": part.text,
        "start": part.start,
        "end": part.end,
        "page": hit.passage.page,
        "sha256": sha256(part.text.encode("utf-8")).hexdigest(),
    }
