"""An exported article comes back from a person's desk: every quote is judged rightly."""

import json
import re
import textwrap
from contextlib import suppress
from dataclasses import replace

import pytest
from clock import least_seconds
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from opencc import OpenCC
from shell import assert_refused, run_bureau
from starlette.testclient import TestClient

from indexer.shapes import BadInput
from search_api.app import create_app
from search_api.sharing.articles import locators, to_markdown
from search_api.sharing.checking import article_tally, check_article
from search_api.sharing.collections import Wanted, collect, new_collection
from search_api.sharing.differences import Remark, likeness
from search_api.sharing.markdown import escaped, read_article

IDS = (
    "yongan-2024:1162-1334",
    "jieyang-2024:1453-1684",
    "sanmenxia-2025:1168-1327",
    "fushan-2023:1433-1620",
    "jieyang-2024:3558-3650",
)
HOSTILE = (
    "](http://evil.example) ![x](y) <script>alert(1)</script> `code` **b** _i_ [^9] $x$ @key "
    "|cell| ~~s~~ &amp; # h \\ \"q\" 'q' ... -- www.evil.example http://evil.example ^up^ {a}"
)


@pytest.fixture(scope="module")
def items(engine):
    return collect(engine.index, [Wanted(one) for one in IDS])


@pytest.fixture(scope="module")
def article(items):
    return to_markdown(new_collection("信访听证", items))


@pytest.fixture(scope="module")
def check(engine):
    return lambda text: check_article(engine.index, text)


def states(findings, kind):
    """{label: (state, remarks)} of the findings of a kind."""
    return {f.label: (str(f.state), f.remarks) for f in findings if f.kind == kind}


def test_an_untouched_export_is_verbatim_throughout(check, article):
    found = check(article)
    assert article_tally(found) == {"verbatim": 10, "changed": 0, "missing": 0}
    assert [f.label for f in found] == ["1", "2", "3", "4", "5"] * 2
    lines = article.split("\n")
    for finding in found:
        assert f"[^{finding.label}]" in lines[finding.line - 1]
        assert finding.remarks == ()


def test_footnotes_are_entries_with_a_locator(article, items):
    notes = re.findall(r"^\[\^(\d)\]: (.*)$", article, re.M)
    assert [n for n, _ in notes] == ["1", "2", "3", "4", "5"]
    for (_, note), item in zip(notes, items, strict=True):
        assert note.startswith(f"{item.issuer}. {item.title}[R]. ")
        assert note.endswith(f"`{item.id} sha256:{item.sha256[:16]}`")
        (place,) = locators(note)
        assert (place.report_id, place.start, place.end) == (item.report_id, item.start, item.end)


def rewrapped(text):
    """Every line filled anew to 30 characters, as an editor does; marks of quotes kept."""
    lines = []
    for line in text.split("\n"):
        head = "> " if line.startswith("> ") else ""
        rest = textwrap.wrap(line[len(head) :], 30, break_on_hyphens=False) or [""]
        indent = "    " if line.startswith("[^") else ""
        lines += [head + (indent * bool(n)) + part for n, part in enumerate(rest)]
    return "\n".join(lines)


def renumbered(text):
    return re.sub(r"\[\^(\d)\]", lambda m: f"[^note-{9 - int(m[1])}]", text)


def notes_first(text):
    """The footnotes moved to the top, in the opposite order."""
    body, *notes = re.split(r"\n\n(?=\[\^\d\]: )", text.strip())
    return "\n\n".join([*reversed(notes), body]) + "\n"


def straight(text):
    return text.replace("“", '"').replace("”", '"')


def spread(text):
    return re.sub(r"(?<=[一-鿿])(?=[，。])", "  ", text.replace("信访", "信 访"))


def by_word_processor(text):
    """As a converter writes it: other escapes, bold figures, a hyphen that became a dash."""
    text = re.sub(r"(\d+)件", r"**\1**件", text).replace("[R]", "\\[R\\]").replace("`", "")
    return re.sub(r"(:\d+)-(\d+ sha)", r"\1–\2", text).replace("-2024:", "\\-2024:")


@pytest.mark.parametrize(
    "edit",
    [
        rewrapped,
        renumbered,
        notes_first,
        straight,
        spread,
        by_word_processor,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff# 新标题\n\n自己的话。\n\n" + text + "\n<!-- > 注释\n[^1] -->\n",
        lambda text: text.replace("> ", ">"),
        lambda text: re.sub(r"。\[\^(\d)\]", r"[^\1]。", text),
        lambda text: text.replace("\n\n[^1]:", "\n\n—— 完 ——\n\n[^1]:"),
    ],
    ids=[
        *("wrap", "renumber", "move", "quotes", "spaces", "processor"),
        *("crlf", "text", "tight", "inside", "end"),
    ],
)
def test_what_an_editor_does_to_layout_leaves_all_verbatim(check, article, edit):
    edited = edit(article)
    assert edited != article
    found = check(edited)
    assert article_tally(found) == {"verbatim": 10, "changed": 0, "missing": 0}, [
        (f.label, f.state, f.remarks, f.runs) for f in found if f.state != "verbatim"
    ]


def test_other_quotation_marks_are_remarked(check, article):
    quotes = states(check(straight(article)), "quote")
    assert quotes["1"] == ("verbatim", (Remark.MARKS,))
    assert quotes["4"] == ("verbatim", ())  # has none


@pytest.mark.parametrize(
    ("old", "new", "label", "remark"),
    [
        ("化解率98%", "化解率89%", "1", Remark.NUMBERS),
        ("367件", "３６７件", "1", Remark.SCRIPT),
        ("367件，化解", "367件、化解", "1", Remark.PUNCTUATION),
        ("坚持预防先行，前置排查，", "", "1", Remark.WORDS),
        ("理性表达诉求", "依法理性表达诉求", "3", Remark.WORDS),
        ("三是规范信访工作秩序。通过", "通过", "3", None),  # a whole sentence less: still verbatim
        ("三是规范信访", "规范信访", "3", Remark.CUT),
        ("起到良好警示作用。[", "[", "3", Remark.CUT),
        ("信访人的合法权益", "信訪人的合法權益", "4", Remark.SCRIPT),
        ("诉访分离", "诉访不分离", "4", Remark.WORDS),
    ],
)
def test_a_change_of_words_is_found_in_its_quote_alone(check, article, old, new, label, remark):
    edited = article.replace(old, new)
    quotes = states(check(edited), "quote")
    expected = dict.fromkeys("12345", ("verbatim", ()))
    if remark:
        expected[label] = ("changed", (remark,))
    elif edited != article:
        expected[label] = ("verbatim", (Remark.PART,))
    assert quotes == expected


def test_a_change_shows_what_the_article_and_the_report_say(check, article):
    (changed,) = [f for f in check(article.replace("98%", "89%")) if f.state != "verbatim"]
    assert [(run.op, run.text) for run in changed.runs] == [
        ("same", "360件，化解率"),
        ("deleted", "98"),
        ("inserted", "89"),
        ("same", "%；开展信访"),
    ]
    assert "化解率98%" in changed.now


def test_traditional_characters_throughout_are_a_change_of_script(check, article):
    found = states(check(OpenCC("s2t").convert(article)), "quote")
    assert found == dict.fromkeys("12345", ("changed", (Remark.SCRIPT,)))


def test_a_quote_cut_short_with_an_ellipsis_is_verbatim_and_says_what_is_left_out(check, article):
    for dots in ("……", "...", "[……]", "（…）"):
        edited = article.replace("坚持预防先行，前置排查，", dots)
        (first, *_) = check(edited)
        assert (str(first.state), first.remarks) == ("verbatim", (Remark.SHORTENED,)), dots
        assert "坚持预防先行，前置排查，" in first.runs[0].text
    (first, *_) = check(article.replace("坚持预防先行，前置排查，", "……不预防……"))
    assert first.state == "changed"
    backwards = article.replace("坚持预防先行", "……化解率100%……坚持预防先行")
    assert check(backwards)[0].state == "changed"


def test_a_moved_span_is_changed_and_found_again(check, article):
    edited = article.replace("yongan-2024:1162-1334", "yongan-2024:1262-1434")
    (quote,) = [f for f in check(edited) if f.label == "1" and f.kind == "quote"]
    assert str(quote.state) == "changed"
    assert quote.remarks == (Remark.MOVED, Remark.REPORT)
    assert quote.elsewhere == (1162, 1334)
    (note,) = [f for f in check(edited) if f.label == "1" and f.kind == "footnote"]
    assert (str(note.state), note.remarks) == ("changed", (Remark.REPORT,))


@pytest.mark.parametrize("place", ["nope-2024:1162-1334", "yongan-2024:9162-9334"])
def test_what_is_not_there_is_missing(check, article, place):
    found = check(article.replace("yongan-2024:1162-1334", place))
    assert states(found, "quote")["1"][0] == "missing"
    assert states(found, "footnote")["1"][0] == "missing"
    assert article_tally(found) == {"verbatim": 8, "changed": 0, "missing": 2}


def test_a_quote_without_footnote_is_said_to_be_so_and_found_if_it_can_be(check, article):
    found = check(article.replace("[^4]\n", "\n"))
    (quote,) = [f for f in found if f.kind == "quote" and not f.label]
    assert (str(quote.state), quote.remarks) == ("missing", (Remark.NO_FOOTNOTE,))
    assert states(found, "footnote")["4"] == ("verbatim", (Remark.UNUSED,))
    dropped = re.sub(r"\n\[\^5\]: .*\n", "\n", article)  # jieyang is cited by [^2] still
    assert states(check(dropped), "quote")["5"] == ("missing", (Remark.UNDEFINED,))
    bare = dropped.replace("[^5]", "")
    (quote,) = [f for f in check(bare) if f.kind == "quote" and not f.label]
    assert quote.elsewhere == (3558, 3650)


def test_a_footnote_without_quote_is_said_to_be_so(check, article, items):
    edited = article.replace(f"> {escaped(items[3].text)}[^4]", "诉访要分离。[^4]")
    assert edited != article
    found = check(edited)
    assert "4" not in states(found, "quote")
    assert states(found, "footnote")["4"] == ("verbatim", (Remark.NO_QUOTE,))
    found = check(article + "\n正文。[^77]\n")
    missing = ("missing", (Remark.NO_QUOTE, Remark.UNDEFINED))
    assert states(found, "footnote")["77"] == missing


def test_a_footnote_must_name_its_own_report(check, article, items):
    other = article.replace(f"[^1]: {items[0].issuer}", f"[^1]: {items[1].issuer}", 1)
    other = other.replace(items[0].title, items[1].title)
    note = states(check(other), "footnote")["1"]
    assert note == ("changed", (Remark.SOURCE,))
    year = article.replace("永安: 永安市人民政府信访局, 2025.", "永安: 永安市人民政府信访局, 2019.")
    (finding,) = [f for f in check(year) if f.state != "verbatim"]
    assert (finding.kind, finding.remarks) == ("footnote", (Remark.SOURCE,))
    assert "2025" in finding.entry
    style = article.replace("[R]. 永安: 永安市人民政府信访局, 2025.", "，永安，2025 年。")
    assert article_tally(check(style))["verbatim"] == 10
    again = re.sub(r"(\[\^5\]: ).*?(`jieyang)", r"\1同[2]. \2", article)
    assert article_tally(check(again))["verbatim"] == 10


def test_a_footnote_that_lost_its_locator_is_missing_and_others_are_left_alone(check, article):
    lost = re.sub(r" `fushan[^`]*`", "", article)
    found = check(lost)
    assert states(found, "quote")["4"] == ("missing", (Remark.NO_PLACE,))
    assert states(found, "footnote")["4"] == ("missing", (Remark.NO_PLACE,))
    own = article + "\n我的看法。[^mine]\n\n[^mine]: 作者按，会议 12:30-14:00 举行。\n"
    assert article_tally(check(own)) == {"verbatim": 10, "changed": 0, "missing": 0}


def test_a_second_footnote_of_the_same_label_is_reported(check, article):
    found = check(article + "\n[^1]: 另一个\n")
    assert [(str(f.state), f.remarks) for f in found][-1] == ("changed", (Remark.TWICE,))


NOTE = "\n\n[^1]: {issuer}. {title}[R]. [2025]. 永安, 2025. yongan-2024:1162-1334\n"


@pytest.mark.parametrize(
    ("sentence", "state"),
    [
        ("报告称“共排查矛盾纠纷367件，化解360件”[^1]。", "verbatim"),
        ("报告称「共排查矛盾纠纷367件，化解360件」。[^1]", "verbatim"),
        ("报告称“用好‘一站式’矛调中心”[^1]，值得注意。", "verbatim"),
        ("报告称“用好“一站式”矛调中心”[^1]", "verbatim"),
        ('报告称"化解率98%"[^1]', "verbatim"),
        ("报告称“化解率98%[^1]”，较高。", "verbatim"),
        ("报告称“化解率98%”（永安市信访局）[^1]。", "verbatim"),
        ("**“共排查矛盾纠纷 367 件……化解率98%”**[^1]", "verbatim"),  # such spaces are layout
        ("“共排查矛盾纠纷367件……化解率98%”[^1]", "verbatim"),
        ("报告称“共排查矛盾纠纷376件”[^1]", "changed"),
        ("报告称「共排查矛盾纠纷367件」，又称“化解率89%”[^1]", "changed"),
        ("- 要点：“化解率98%”[^1]", "verbatim"),
        ("报告指出[^1]：\n\n> 坚持预防先行，前置排查，推进信访矛盾源头治理。", "verbatim"),
        (
            "> “坚持预防先行，前置排查，推进信访矛盾源头治理。”[^1]\n>\n> —— 永安市信访局",
            "verbatim",
        ),
        ("> 坚持预防先行，前置排查，推进信访矛盾源头治理。\n> —— 永安市信访局[^1]", "verbatim"),
    ],
)
def test_quotes_in_running_text(check, items, sentence, state):
    note = NOTE.format(issuer=items[0].issuer, title=items[0].title)
    quotes = [f for f in check(sentence + note) if f.kind == "quote"]
    assert [str(f.state) for f in quotes] == [state], [(f.text, f.remarks) for f in quotes]


def test_quotation_marks_without_a_footnote_are_the_writers_own(check, items):
    note = NOTE.format(issuer=items[0].issuer, title=items[0].title)
    found = check("所谓“枫桥经验”，人人皆知。“化解率98%”[^1]" + note)
    assert [f.text for f in found if f.kind == "quote"] == ["化解率98%"]


def test_digits_that_are_joined_or_parted_are_changes():
    assert not likeness("化解12 3件", "化解123件", block=False).same
    assert not likeness("化解123件", "化解12 3件", block=False).same
    assert likeness("化 解\n123 件", "化解123件", block=True).same


def test_hostile_titles_and_texts_do_not_break_the_article(items, check):
    bad = replace(items[0], title=HOSTILE, issuer=HOSTILE, text=f"# 标题 {HOSTILE}\n1. 一\n- 二")
    text = to_markdown(new_collection("名 [b](c) & `d`", [replace(bad, note=HOSTILE), items[1]]))
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    tags = set(re.findall(r"<(\w+)", page))
    assert tags <= {"h1", "p", "blockquote", "code"}
    assert len(re.findall("<blockquote>", page)) == 2
    article = read_article(text)
    assert [q.labels for q in article.quotations] == [("1",), ("2",)]
    assert [n.label for n in article.footnotes] == ["1", "2"]
    assert "".join(article.quotations[0].text.split()) == "".join(bad.text.split())


@settings(max_examples=150)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip))
def test_every_text_survives_its_escaping(text):
    article = read_article(f"> {escaped(text)}[^1]\n".replace("\n\n", "\n>\n> "))
    said = "".join(q.text + q.tail for q in article.quotations)
    assert "".join(said.split()) == "".join(text.split())
    assert article.footnotes == []


@pytest.mark.parametrize(
    "text", ["", " \n", "没有引文的文章。", "\x00" * 10, "```\n> 代码[^1]\n```"]
)
def test_an_article_without_quotes_is_refused(check, text):
    with pytest.raises(BadInput, match="no quotes"):
        check(text)


TRAPS = {
    "marks": "“a”[^1] " * 900,
    "openings": "“" * 200_000 + "”[^1]",
    "brackets": "[" * 300_000 + "[^1]",
    "underscores": "x" + "_" * 300_000 + "y[^1]\n\n> z",
    "comments": "<!--" * 100_000 + "> x",
    "spaces": "> " + " " * 300_000 + "x…" + " " * 300_000 + "y[^1]",
    "tags": "> " + "<a" * 200_000,
    "footnote": "> x[^1]\n\n[^1]: " + "长" * 300_000 + ":1-2",
    "deep": ">" * 300_000 + " x[^1]",
    "dots": "> " + "…。" * 150_000 + "[^1]",
}


@pytest.mark.parametrize("name", TRAPS)
def test_no_article_keeps_the_checker_busy(check, name):
    note = "\n\n[^1]: yongan-2024:1162-1334\n" if name != "footnote" else ""

    def work():
        with suppress(BadInput):
            check(TRAPS[name] + note)

    assert least_seconds(work, rounds=1) < 5


@settings(max_examples=100, deadline=None)
@given(st.text("“”「」[]^1:> \n*_`\\<!-…—。，信访", max_size=80))
def test_no_article_breaks_the_reader(text):
    for quotation in read_article(text).quotations:
        assert quotation.text.strip()


@pytest.fixture(scope="module")
def client(engine):
    return TestClient(create_app(engine), base_url="http://localhost")


def test_the_command_line_and_http_say_the_same(client, corpus_index, tmp_path, article):
    path = tmp_path / "文章.md"
    path.write_text(article.replace("98%", "89%"), "utf-8")
    done = run_bureau("verify", path, "--json", index=corpus_index)
    assert done.returncode == 1
    assert done.stderr.strip() == "9 verbatim · 1 changed · 0 missing"
    answer = client.post("/v1/verify/article", content=path.read_bytes()).json()
    assert answer["findings"] == [json.loads(line) for line in done.stdout.splitlines()]
    assert answer["counts"] == {"verbatim": 9, "changed": 1, "missing": 0}
    done = run_bureau("verify", path, index=corpus_index)
    assert done.stdout.splitlines()[:2] == [
        "changed quote [^1] line 3 yongan-2024:1162-1334: numbers differ",
        "    360件，化解率[-98-]{+89+}%；开展信访",
    ]
    path.write_text(article, "utf-8")
    assert run_bureau("verify", path, index=corpus_index).returncode == 0
    done = run_bureau("verify", index=corpus_index, given=article, BUREAU_LANG="zh")
    assert (done.returncode, done.stderr.strip()) == (0, "10 一致 · 0 已变 · 0 不存在")


def test_bad_articles_are_one_sentence(client, corpus_index, tmp_path):
    path = tmp_path / "a.md"
    for data, word in ((b"", "no quotes"), (b"\xff\xfe", "UTF-8"), ("无".encode(), "no quotes")):
        path.write_bytes(data)
        assert_refused(run_bureau("verify", path, index=corpus_index), word)
        response = client.post("/v1/verify/article", content=data)
        assert response.status_code == 422
        assert response.json()["errors"][0]["field"] == "body"
    assert client.post("/v1/verify/article", content=b"x" * (2**20 + 1)).status_code == 413
