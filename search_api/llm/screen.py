"""Text that speaks to a language model instead of to people: kept from the model, and from readers.

A report is data. A passage in which somebody gives a model orders (忽略以上指令, "reply only with
…", a role tag, a hidden blob) is not shown to the model at all, as a whole and with its headings;
a sentence of an answer that does so is dropped. This is a list of what such text has in common,
not a proof: what slips through still has to pass `search_api.llm.grounding`.
"""

from __future__ import annotations

import re
import unicodedata

from indexer.words import fold

ZH = (
    r"(?:忽略|无视|忘记|忘掉|抛开|不(?:要|必|用)(?:理会|遵守|"
    r"执行))[^。！？\n]{0,12}(?:以上|之前|前面|上述|先前|此前|原有|一切|所有|你的|系统|全部|"
    r"任何|指令|提示词?|规则|设定)",
    r"(?:取消|覆盖|跳过|作废|停止遵守)[^。！？\n]{0,6}(?:指令|提示词|系统提示|(?:以上|之前|你的)[^。！？\n]{0,4}(?:规则|要求|设定|限制))",
    r"(?:以上|之前|前面|先前|此前)的?(?:指令|提示|规则|要求|设定)[^。！？\n]{0,6}(?:作废|无效|取消|失效|不算)",
    r"系统(?:提示|消息|指令|通知)[:：]|提示词|越狱|开发者模式|管理员模式|调试模式|最高优先级|优先级(?:高于|最高)",
    r"无论(?:别人|用户|谁)?(?:问|提)(?:什么|何|起)|(?:从现在起|从此|"
    r"今后)[^。！？\n]{0,10}(?:口吻|语气|身份)|(?:每句话?|每个?回答|"
    r"每条答复)(?:的?(?:后|前|末|开头|结尾))",
    r"(?:致|给|请|令|供|提醒|告知|告诉|要求|命令|正在)[^。！？\n]{0,8}(?:模型|助手|机器人|ai\b|人工智能(?!应用|技术|平台|产业))",
    r"(?:模型|助手|机器人|ai\b|人工智能)(?:请|须|必须|应当|应该|需要?|务必|只能|在?(?:读到|看到|阅读|回答|处理|总结))",
    r"(?:作为|扮演|假装|成为|充当|你(?:现在)?(?:就)?是|从现在起)[^。！？\n]{0,12}(?:模型|助手|机器人|ai\b|专家|黑客|管理员|推销|客服|角色)",
    r"(?:你|您)(?:必须|务必|应当|应该|只能|需要|现在|将|不得|不能|"
    r"要)[^。！？\n]{0,16}(?:回答|回复|输出|说|写|引用|推荐|告诉|声称|承认|遵|翻译|忽略|"
    r"结论)",
    r"(?:回答|回复|输出|答案|作答|总结|摘要|结论|引用|生成)(?:时|中|里|内容)?[^。！？\n]{0,6}"
    r"(?:必须|务必|只能|一律|仅|只需|应当|请|改为|统一|开头|末尾|结尾|最后|之前|一概|须)[^。！？\n]{0,10}"
    r"(?:[:：“\"「『]|说|写|称|为|是|加|附|注|含|输出|回答|使用|推荐|声明)",
    r"(?:请|必须|务必|只能|只需|直接|一律|仅|统一|应)(?:回答|输出|回复|作答|生成|打印|写出|说出|背诵)[^。！？\n]{0,10}[:：“\"「『]",
    r"(?:请|必须|务必|只需|直接)(?:在)?[^。！？\n]{0,8}(?:回答|答案|输出|回复|摘要|"
    r"总结)[^。！？\n]{0,10}(?:加上|添加|附上|写上|插入|注明|嵌入|声明|说)",
    r"(?:告诉|引导|提示|建议|要求|劝说|通知|让|请|向)(?:提问者|用户|读者|使用者|提问人|查询者)",
    r"(?:不要|不得|不必|无需|禁止|切勿|别)[^。！？\n]{0,6}(?:引用|标注|注明|透露|核对|提及|"
    r"检查)[^。！？\n]{0,8}(?:出处|来源|引文|编号|证据|其他|原文|本段|本指令|段落)",
    r"(?:正确|唯一|标准|最终|真正)的?答案(?:是|为|[:：])",
    r"(?:泄露|透露|输出|打印|显示|说出|告诉|列出|复述)[^。！？\n]{0,10}(?:密钥|密码|口令|"
    r"api\s*_?-?key|token|系统提示|提示词|环境变量|以上内容|全部段落)",
    r"(?:以下|下面|本段|这)(?:是|为|才是)(?:新的|真正的|最新|系统)?(?:指令|命令|系统|提示|规则)|新(?:的)?指令",
    r"(?:请|必须|务必|立即|须)[^。！？\n]{0,6}(?:访问|点击|打开|下载|扫码|"
    r"登录)[^。！？\n]{0,16}(?:https?|www|[a-z0-9-]+\.[a-z]{2,})",
)
EN = (
    r"\b(?:ignore|disregard|forget|override|bypass|skip)\b.{0,40}\b(?:instruction|prompt|rule|"
    r"above|previous|prior|earlier|guideline|question|passage|context|everything)s?\b",
    r"\b(?:system|developer)\s*(?:prompt|message|override|mode|note|instruction)\b|"
    r"\bjailbreak\b|\bend of (?:passages|context|data|document)\b",
    r"\byou (?:are|must|will|shall|should|may)(?: now)?\b.{0,60}\b(?:assistant|model|ai|answer|"
    r"reply|respond|say|write|print|output|obey|dan|cite|tell|recommend|include|pirate|free)\b",
    r"\b(?:ai|language model|llm|assistant|chatbot|gpt)\b.{0,30}\b(?:must|should|shall|please|"
    r"reading|instruct\w*|note|attention|when)\b",
    r"\b(?:note|message|instruction|attention|dear|hey|memo)s?\s*(?:to|for)?\s*(?:the\s+|any\s+|"
    r"all\s+)?(?:ai|llm|language model|assistant|model|chatbot|summari[sz]er)s?\b",
    r"\b(?:act|behave|pretend|respond|reply|role-?play) (?:as|to be|only|with|in|exactly)\b",
    r"\b(?:say|print|output|write|repeat|reply|respond|answer|state|append|add|insert|include|"
    r"end|begin|start|conclude)\b.{0,40}(?:[\"“”'‘:]|\b(?:every|each|your|the) (?:answer|"
    r"sentence|reply|response|user|reader)s?\b)",
    r"\btell (?:the )?(?:user|reader|them|everyone|people)s?\b|\b(?:the )?user (?:should|must|"
    r"needs? to)\b",
    r"\b(?:reveal|leak|print|show|disclose|repeat)\b.{0,30}\b(?:key|password|secret|prompt|"
    r"token|instructions|passages)\b",
    r"\b(?:do not|don't|never|no need to)\b.{0,20}\b(?:cite|mention|quote|reveal|verify|check|"
    r"refuse|disclose)\b",
    r"\b(?:new|real|true|updated|hidden) (?:instruction|rule|task|order|objective)s?\b|"
    r"\bthe (?:correct|only|final|right) answer is\b",
    r"<\|?/?(?:im_start|im_end|system|user|assistant|inst|s)\|?>|\[/?(?:inst|system)\]|"
    r"<</?sys>>|#{2,}\s*(?:system|instruction|assistant|human|user)",
    r"(?:^|\s)(?:system|assistant|user|human)\s*[:：]",
)
BLOB = r"[A-Za-z0-9+/]{40,}={0,2}|(?:\\x[0-9a-f]{2}){6,}|(?:&#\d+;){4,}"
ORDERS = re.compile("|".join((*ZH, *EN)), re.IGNORECASE)
HIDDEN = re.compile(BLOB)
FOREIGN = re.compile(r"(?:[A-Za-z][A-Za-z'’-]*[\s,.:;!]+){7,}[A-Za-z]+")  # in a Chinese report


def speaks_to_a_model(text: str) -> bool:
    """Whether ``text`` gives a language model orders."""
    plain = visible(text)
    forms = (fold(plain), plain, re.sub("[-_]+", " ", plain))  # the last for names of files
    return any(ORDERS.search(form) for form in forms) or bool(HIDDEN.search(plain))


def withheld(text: str) -> bool:
    """Whether a passage with its headings is kept from the model.

    A long run of English in a Chinese report counts too.
    """
    return speaks_to_a_model(text) or bool(FOREIGN.search(visible(text)))


def visible(text: str) -> str:
    """``text`` without the characters that no one sees, and with one kind of space."""
    kept = (c for c in text if unicodedata.category(c) not in ("Cf", "Co", "Cn"))
    return re.sub(r"[^\S\n]+", " ", "".join(kept))
