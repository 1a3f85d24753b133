import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.numbering import Item, parse_item, parse_numeral, point_starts, to_numeral


@pytest.mark.parametrize(
    ("line", "item"),
    [
        ("一、工作举措及成效", Item(1, 1, 2)),
        ("三、2025年工作思路", Item(1, 3, 2)),
        ("第二部分 主要做法", Item(1, 2, 5)),
        ("（十二）其他", Item(2, 12, 4)),
        ("(七) 严格执行", Item(2, 7, 4)),
        ("3. 视频接访", Item(3, 3, 3)),
        ("（2）回访", Item(4, 2, 3)),
    ],
)
def test_parse_item(line, item):
    assert parse_item(line) == item


@pytest.mark.parametrize(
    "line",
    ["一是坚持", "2024年工作", "98.12%", "1, 3, 5, 7, 15", "12月4日", "（略）", "十十、", ""],
)
def test_parse_item_none(line):
    assert parse_item(line) is None


@given(st.integers(1, 99))
def test_numerals_round_trip(value):
    assert parse_numeral(to_numeral(value)) == value


def test_point_starts():
    text = "夯实根基。一是读法；二是用法。统一是好事，三要抓落实。四要问效。"
    assert [text[at : at + 2] for at in point_starts(text)] == ["一是", "二是", "四要"]
