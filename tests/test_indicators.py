"""The grammar of indicators: names, kinds, subjects, periods, and what is left out."""

import json
import re
from collections import Counter

import numpy as np
import pytest

from indexer.indicators.grammar import Kind, indicators_of
from indexer.indicators.quantities import HAN
from indexer.indicators.store import RECORD, IndicatorTable, report_indicators, write_indicators
from indexer.reading import read_reports
from indexer.shapes import BadIndex, Role
from indexer.sources import find_sources
from tests.bench.scripts import INVENTED, typed
from tests.clock import least_seconds
from tests.conftest import load_eval

NUMBER = re.compile(rf"[\d{HAN}万亿]")
PRECISION, RECALL, NAMES = 0.95, 0.85, 0.75  # least, over all labelled reports
EXAMPLE = "今年以来，共排查矛盾纠纷367件，化解360件，化解率98%，同比上升2个百分点。"


def said(text, **more):
    return [(i.name, i.value, i.unit) for i in indicators_of(text, **more)]


def test_the_example_of_the_documentation():
    found = indicators_of(EXAMPLE)
    assert [(i.name, i.value, i.unit, i.subject) for i in found] == [
        ("矛盾纠纷排查", 367, "件", "矛盾纠纷"),
        ("化解", 360, "件", "矛盾纠纷"),
        ("化解率", 98, "%", "矛盾纠纷"),
        ("化解率", 2, "百分点", "矛盾纠纷"),
    ]
    assert [i.kind for i in found] == [Kind.VALUE, Kind.VALUE, Kind.VALUE, Kind.CHANGE]
    assert {i.period for i in found} == {"今年以来"}
    assert [i.comparison for i in found[2:]] == ["同比上升2个百分点"] * 2
    quote = EXAMPLE[found[2].quote_start : found[2].quote_end]
    assert quote == "共排查矛盾纠纷367件，化解360件，化解率98%"


@pytest.mark.parametrize(
    ("text", "name", "value", "unit"),
    [
        ("排查矛盾纠纷12件", "矛盾纠纷排查", 12, "件"),
        ("矛盾纠纷排查12件", "矛盾纠纷排查", 12, "件"),
        ("全年共召开专题会议4次", "专题会议", 4, "次"),
        ("聘请12名律师，轮流坐班", "聘请律师", 12, "名"),
        ("群众满意率达到96.2%", "群众满意率", 96.2, "%"),
        ("向群众发放宣传册1.6万份", "宣传册发放", 16_000, "份"),
        ("印发《条例》《指南》等宣传资料5万余册", "宣传资料", 50_000, "册"),
        ("15日内告知是否受理", "告知是否受理时限", 15, "日"),
        ("63人参加", "参加", 63, "人"),
    ],
)
def test_a_number_gets_the_name_of_what_it_measures(text, name, value, unit):
    assert said(text + "。") == [(name, value, unit)]


def test_changes_have_a_sign_and_the_name_of_what_changed():
    text = "全年受理信访事项2763件，比上年减少8.4%。"
    value, change = indicators_of(text)
    assert (change.name, change.value, change.unit) == (value.name, -8.4, "%")
    assert change.kind is Kind.CHANGE
    assert (value.comparison, change.comparison) == ("比上年减少8.4%",) * 2
    assert text[change.quote_start : change.quote_end] == "全年受理信访事项2763件，比上年减少8.4%"


def test_two_levels_are_an_earlier_and_a_present_value():
    found = indicators_of("好评比例由年初的87.4%升至94.9%。")
    assert [(i.kind, i.value) for i in found] == [(Kind.EARLIER, 87.4), (Kind.VALUE, 94.9)]
    assert len({i.name for i in found}) == 1


def test_two_names_share_a_verb():
    assert said("受理及时率、答复及时率分别达99.5%和99.2%。") == [
        ("受理及时率", 99.5, "%"),
        ("答复及时率", 99.2, "%"),
    ]
    assert [v for _, v, _ in said("批次、人次分别下降11.2%和15.7%。")] == [-11.2, -15.7]


def test_a_share_is_of_what_comes_before():
    found = indicators_of("首办单位一次做成3926件，占应办总数的89.8%。")
    assert (found[1].name, found[1].subject) == (found[0].name + "占比", "应办总数")


def test_a_bare_verb_takes_the_thing_of_its_own_unit():
    text = "排查矛盾纠纷48件，召开协调会97次，化解42件，化解率87.5%。"
    assert [i.subject for i in indicators_of(text)][2:] == ["矛盾纠纷", "矛盾纠纷"]


def test_what_is_planned_is_a_target():
    assert indicators_of("化解率98%。", planned=True)[0].kind is Kind.TARGET
    assert indicators_of("力争化解率达到98%。")[0].kind is Kind.TARGET


@pytest.mark.parametrize(
    "text",
    [
        "重点抓好以下三个方面工作。",
        "围绕预防、受理、办理三个环节优化制度。",
        "对信访三次以上的事项逐案调卷。",
        "未发生1起群体性事件。",
        "实行24小时值班。",
        "协议一式两份。",
        "近三年同类来访数据。",
        "一件旧事拖了十四年。",
        "评价分五档。",
        "建立“1+1+3+N”机制（即，针对1宗信访事项，实施1个调解主线）。",
        "一名妇女跑了三个部门。",
        "2023年做好三件事。",
    ],
)
def test_a_quantity_that_says_nothing_about_the_work_is_left_out(text):
    assert said(text) == []


def test_thresholds_and_limits_in_names_are_left_out():
    assert [u for _, _, u in said("5日内办结率82.5%。")] == ["%"]
    assert [u for _, _, u in said("其中3日内办结的1180件。")] == ["件"]


def test_a_span_gives_what_the_whole_text_gives_there():
    text = "前言。" + EXAMPLE + "\n聘请12名律师。"
    assert indicators_of(text, 3, 3 + len(EXAMPLE)) == indicators_of(text)[:4]


@pytest.mark.parametrize("text", ["", "没有数字。", "9" * 5000 + "件", "一" * 5000, "，" * 5000])
def test_odd_text_is_no_trouble(text):
    assert len(indicators_of(text)) <= 1
    assert least_seconds(lambda: indicators_of(text), 1) < 5


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """(report, labels) of all reports with labels, read as any other."""
    from indexer.sources import bundled_corpus

    folder = tmp_path_factory.mktemp("labelled")
    gold = load_eval("indicators.json")["reports"]
    for name in gold:
        own = bundled_corpus() / f"{name}.txt"
        text = (
            own.read_text("utf-8")
            if own.exists()
            else typed(json.loads((INVENTED / f"{name}.json").read_text("utf-8")))
        )
        (folder / f"{name}.txt").write_text(text, "utf-8")
    reports, _ = read_reports(find_sources([folder], None))
    return {r.meta.file.removesuffix(".txt"): (r, gold[r.meta.file[:-4]]) for r in reports}


def test_precision_and_recall_on_the_labels(labelled):
    total = Counter()
    print("\n| report | labels | found | right | precision | recall | names |")
    for name, (report, labels) in labelled.items():
        counts = scored([located.indicator for located in report_indicators(report)], labels)
        print(row(name, counts))
        total += counts
    print(row("all", total))
    assert total["right"] / total["found"] >= PRECISION
    assert total["right"] / total["labels"] >= RECALL
    assert total["named"] / total["right"] >= NAMES


def row(name, n):
    ratios = (n["right"] / max(1, n["found"]), n["right"] / max(1, n["labels"]))
    share = n["named"] / max(1, n["right"])
    return f"| {name} | {n['labels']} | {n['found']} | {n['right']} | " + " | ".join(
        f"{value:.3f}" for value in (*ratios, share)
    )


def scored(found, labels):
    """Counts: an indicator is right if it overlaps a label by half, with its value and unit."""
    counts = Counter(labels=len(labels), found=len(found), right=0, named=0)
    left = list(labels)
    for indicator in found:
        match = next((label for label in left if same_value(indicator, label)), None)
        if match:
            left.remove(match)
            counts["right"] += 1
            names = (indicator.name, indicator.subject + indicator.name)
            counts["named"] += any(same_name(name, match["name"]) for name in names)
    return counts


def same_value(indicator, label):
    common = min(indicator.end, label["end"]) - max(indicator.start, label["start"])
    shorter = min(indicator.end - indicator.start, label["end"] - label["start"])
    equal = indicator.value == pytest.approx(label["value"], rel=1e-6)
    return 2 * common >= shorter and equal and indicator.unit == label["unit"]


def same_name(name, label):
    """One contains the other, or half of the longer one's characters are common."""
    label = label.partition("（")[0]
    if not name or name in label or label in name:
        return bool(name)
    common = sum((Counter(name) & Counter(label)).values())
    return 2 * common >= max(len(name), len(label))


def test_spans_are_verbatim_and_within_the_body(labelled):
    for report, _ in labelled.values():
        spans = [(p.start, p.end) for p in report.passages]
        for located in report_indicators(report):
            found = located.indicator
            assert found.quote_start <= found.start < found.end <= found.quote_end
            assert NUMBER.search(report.text[found.start : found.end])
            assert any(a <= found.start and found.end <= b for a, b in spans)
            planned = located.role is Role.PLANS
            assert not planned or found.kind is not Kind.VALUE


def test_what_is_written_is_what_is_read(labelled, tmp_path):
    reports = [report for report, _ in labelled.values()]
    write_indicators(tmp_path, reports)
    table = IndicatorTable.open(tmp_path)
    written = [located for report in reports for located in report_indicators(report)]
    assert len(table) == len(written)
    for located, record in zip(written, table.rows, strict=True):
        found = located.indicator
        names = ("name", "subject", "unit", "period", "comparison")
        assert [table.strings[record[n]] for n in names] == [getattr(found, n) for n in names]
        assert (record["start"], record["end"]) == (found.start, found.end)
        assert record["value"] == found.value
        assert np.isnan(record["upper"]) == (found.upper is None)
    labels = {table.strings[line] for line in table.labels}
    assert {"矛盾纠纷化解率", "信访评理化解率"} <= labels
    found = {table.strings[line] for line in table.lines_with(["化解率", "没有此词"])}
    assert {"矛盾纠纷化解率", "化解率"} <= found
    assert all("化解率" in line for line in found)
    assert table.lines_with([""]) == set()


def test_a_table_of_another_program_is_refused(tmp_path):
    np.save(tmp_path / "indicators.npy", np.zeros(3, dtype=RECORD.descr[:4]))
    (tmp_path / "indicators.txt").write_text("")
    with pytest.raises(BadIndex, match="another version"):
        IndicatorTable.open(tmp_path)


def test_extraction_costs_little(labelled):
    reports = [report for report, _ in labelled.values()]
    spent = least_seconds(lambda: [list(report_indicators(report)) for report in reports])
    assert spent / len(reports) < 0.03  # measured: 3 ms
