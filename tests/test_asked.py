"""What a question names and what form of answer it calls for."""

import pytest

from indexer.places import find_places
from indexer.store import Index
from search_api.answer import answer
from search_api.asked import TAKEN, Atlas, Form, form_of
from search_api.filters import Filters
from tests.bench.evidence import all_asked, engine_over_everything, row


@pytest.fixture(scope="module")
def atlas(corpus_index):
    return Atlas(Index.open(corpus_index).metas)


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    return engine_over_everything(tmp_path_factory.mktemp("everything"))


NAMED = [
    ("永安市怎么处理重复信访", [("region", "350481")], []),
    ("福建省永安市2024年办结率", [("region", "350481"), ("year", "2024")], []),
    ("how do bureaus in Fujian publicise it in 2024", [("region", "350000"), ("year", "2024")], []),
    ("Yong'an and Jieyang on mediation", [("region", "350481"), ("region", "445200")], []),
    ("重庆城口县与河南三门峡", [("region", "500229"), ("region", "411200")], []),
    ("县级信访局怎么宣传条例", [("level", "county")], []),
    ("county-level bureaus in Shanxi", [("region", "140000"), ("level", "county")], []),
    ("2023至2025年化解率", [("year", "2023"), ("year", "2024"), ("year", "2025")], []),
    ("北京市信访办2024年接待了多少群众", [("year", "2024")], ["北京市"]),
    ("what did Shanghai do", [], ["Shanghai"]),
    ("陕西省怎么做", [], ["陕西省"]),
    ("how does Shaanxi do it", [], ["Shaanxi"]),
    ("2019年有哪些做法", [], ["2019"]),
]
NOTHING = [
    "县级领导接访怎么安排",
    "进京上访怎么处置",
    "赴北京上访怎么劝返",
    "学习浙江经验",
    "《信访工作条例》2022年5月1日施行后怎么宣传",
    "自2022年以来的变化",
    "国办发〔2022〕12号文件",
    "how do they reduce skip-level petitions to Beijing",
    "“北京”二字",
]


@pytest.mark.parametrize(("text", "named", "absent"), NAMED)
def test_places_years_and_levels_become_filters(atlas, text, named, absent):
    found = atlas.understand(text, Filters())
    assert [(one.filter, one.value) for one in found.named] == named
    assert list(found.absent) == absent


@pytest.mark.parametrize("text", NOTHING)
def test_what_only_looks_like_a_filter_is_none(atlas, text):
    found = atlas.understand(text, Filters())
    assert (found.named, found.absent) == ((), ())


def test_a_filter_that_was_set_is_left_alone(atlas):
    found = atlas.understand("永安市2024年的做法", Filters(region=("445200",)))
    assert [one.filter for one in found.named] == ["year"]
    narrowed = found.narrowed(Filters(region=("445200",)))
    assert (narrowed.region, narrowed.year) == (("445200",), (2024,))
    assert atlas.understand("永安市2024年的县级部门", Filters(), TAKEN).named == ()


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("化解率是多少", Form.FIGURE),
        ("接待了几批群众", Form.FIGURE),
        ("how many disputes were found?", Form.FIGURE),
        ("what percentage was accepted in time", Form.FIGURE),
        ("哪些单位聘请了律师", Form.LIST),
        ("which counties invite lawyers", Form.LIST),
        ("比较一下做法", Form.POINTS),
        ("重复信访怎么治理", Form.POINTS),
        ("what shortcomings do bureaus admit", Form.POINTS),
    ],
)
def test_form_of_the_answer(text, form):
    assert form_of(text) is form


def test_two_places_are_compared_side_by_side(engine):
    found = answer(engine, "比较永安和揭阳的领导接访")
    assert found.asked.form is Form.COMPARISON and found.sufficient
    assert {group.meta.id for group in found.bureaus} == {"yongan-2024", "jieyang-2024"}
    assert found.of == 2 and not found.points


def test_a_figure_is_given_with_its_span(engine):
    found = answer(engine, "永安市2024年排查了多少矛盾纠纷")
    value = found.figures[0]
    assert (value.value, value.unit, value.meta.id) == (367, "件", "yongan-2024")
    text = engine.index.report("yongan-2024").text
    assert text[value.start : value.end] == value.quote and value.printed == "367件"


def test_points_name_their_practice_and_every_quote_has_one(engine):
    found = answer(engine, "领导干部怎样接访、包案")
    numbers = sorted(n for point in found.points for n in point.quotes)
    assert numbers == list(range(len(found.quotes))) and len(numbers) > 2
    named = [point.practice.zh for point in found.points if point.practice]
    assert any("接访" in name for name in named) and any("包案" in name for name in named)
    assert not any(point.practice is None for point in found.points[:-1])


def test_a_list_has_one_sentence_a_bureau(engine):
    found = answer(engine, "哪些单位宣传了《信访工作条例》")
    assert found.asked.form is Form.LIST and len(found.bureaus) > 2
    assert all(len(group.quotes) == 1 for group in found.bureaus)


def test_a_place_without_a_report_is_said_and_not_answered(engine):
    found = answer(engine, "北京市怎么治理重复信访")
    assert not found.sufficient and found.asked.absent == ("北京市",)
    assert answer(engine, "怎么治理重复信访").sufficient
    some = answer(engine, "厦门和永安怎样排查矛盾纠纷")
    assert some.sufficient and some.asked.absent == ("厦门",)


def test_the_evidence_decides_well(everything):
    found = row(all_asked(everything), "all")
    print(found)
    assert found["auroc"] >= 0.95
    assert found["answered"] >= 0.95 and found["declined"] >= 0.85
    assert found["answerable"] == 144 and found["unanswerable"] == 60


def test_places_are_found_at_their_longest():
    found = find_places("广东省揭阳市与jieyang", {})
    assert [(place.words, place.codes) for place in found] == [
        ("广东省", ("440000",)),
        ("揭阳市", ("445200",)),
        ("jieyang", ("445200",)),
    ]
