"""Number forms: what is a quantity, what it is worth, and what only looks like one."""

import pytest

from indexer.indicators.quantities import find_quantities, number_value


def found(text):
    return [(text[q.start : q.end], q.value, q.unit, q.approx) for q in find_quantities(text)]


@pytest.mark.parametrize(
    ("text", "printed", "value", "unit", "approx"),
    [
        ("培训1万余人", "1万余人", 10_000, "人", True),
        ("调解了十余起信访事项", "十余起", 10, "起", True),
        ("满意率98.12%", "98.12%", 98.12, "%", False),
        ("满意率９８．１２％", "９８．１２％", 98.12, "%", False),
        ("投入23.5万元", "23.5万元", 235_000, "元", False),
        ("追缴1.37亿元", "1.37亿元", 137_000_000, "元", False),
        ("合格率达到百分之九十", "百分之九十", 90, "%", False),
        ("合格率百分之九十点五", "百分之九十点五", 90.5, "%", False),
        ("千分之三", "千分之三", 3, "‰", False),
        ("下降四成", "四成", 40, "%", False),
        ("三分之一换人", "三分之一", 33.33, "%", False),
        ("受理3万余件次", "3万余件次", 30_000, "件次", True),
        ("分四批次办理", "四批次", 4, "批次", False),
        ("聘请两名律师", "两名", 2, "名", False),
        ("巡查三百六十航次处置险情十二起", "十二起", 12, "起", False),
        ("提高2.6个百分点", "2.6个百分点", 2.6, "百分点", False),
        ("在20个工作日内答复", "20个工作日", 20, "工作日", False),
        ("发放1,874件", "1,874件", 1874, "件", False),
        ("行程两万多公里", "两万多公里", 20_000, "公里", True),
        ("约300件信访事项", "300件", 300, "件", True),
        ("惠及600人左右", "600人左右", 600, "人", True),
        ("學習 19 場次", "19 場次", 19, "场次", False),
        ("发放萬余份", "萬余份", 10_000, "份", True),
        ("存量清零19件", "19件", 19, "件", False),
        ("一百二十三人参加", "一百二十三人", 123, "人", False),
    ],
)
def test_a_number_with_its_unit_is_normalised(text, printed, value, unit, approx):
    (quantity,) = find_quantities(text)
    assert text[quantity.start : quantity.end].removesuffix("左右") == printed.removesuffix("左右")
    assert quantity.value == pytest.approx(value)
    assert (quantity.unit, quantity.approx) == (unit, approx)


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("3—5天办结", 3, 5, "天"),
        ("每件30元到80元补贴", 30, 80, "元"),
        ("评议员7到9人", 7, 9, "人"),
        ("每人认领一至两件", 1, 2, "件"),
        ("奖励1万-2万元", 10_000, 20_000, "元"),
    ],
)
def test_a_range_has_two_ends(text, low, high, unit):
    (quantity,) = find_quantities(text)
    assert (quantity.value, quantity.upper, quantity.unit) == (low, high, unit)


@pytest.mark.parametrize(
    "text",
    [
        "2024年5月16日，浮山县开展宣传",
        "每月10日、25日排查",
        "十二月四日是宪法日",
        "二〇二四年度工作",
        "《法治社会建设实施纲要（2020-2025）》",
        "2021—2025年规划",
        "国发〔2024〕12号",
        "国发（2021）7号文件",
        "《条例》第三十七条",
        "第3次全体会议",
        "“十四五”时期",
        "十四五开局",
        "做到“两个维护”",
        "做到两个维护、两个确立",
        "按照“三到位一处理”要求",
        "按照三到位一处理要求",
        "“一站式”矛调中心",
        "党的二十大和二十届三中全会",
        "全国两会",
        "结合“五个一”活动",
        "“1+1+3+N”机制",
        "“1, 3, 5, 7, 15”快速办理",
        "拨打12345热线或0551-62345678",
        "联系人13812345678",
        "1.1 总体情况",
        "一是坚持领导；十一是加强",
        "一名群众反映一件事",
        "三门峡市、六安市、千家万户",
        "前20名授予称号",
        "落实“八五”普法",
        "八五普法规划",
        "二次来访",
        "每逢三日一集",
        "",
    ],
)
def test_what_counts_nothing_is_no_quantity(text):
    assert found(text) == []


def test_one_counts_only_for_each_or_as_a_limit():
    assert found("每天有一名县级领导接待") == [("一名", 1, "名", False)]
    assert found("一小时内登记") == [("一小时", 1, "小时", False)]
    assert found("组织闭卷考试一次，平均90分")[0] == ("一次", 1, "次", False)
    assert found("有一名领导") == []


def test_offsets_are_of_the_whole_text():
    text = "前言。共排查矛盾纠纷367件，化解360件"
    whole = find_quantities(text)
    assert find_quantities(text, 3) == whole
    assert find_quantities(text, 3, 16) == whole[:1]
    assert [text[q.start : q.end] for q in whole] == ["367件", "360件"]


def test_a_number_cut_by_a_page_break_is_one():
    assert found("学习 12\n\n场次") == [("12\n\n场次", 12, "场次", False)]


@pytest.mark.parametrize(
    ("number", "value"),
    [("十", 10), ("二十三", 23), ("两百零五", 205), ("一千二百", 1200), ("九十点五", 90.5)],
)
def test_chinese_numerals(number, value):
    assert float(number_value(number)) == value
