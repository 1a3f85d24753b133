"""Who issued a report, where, for which year."""

from dataclasses import replace

import pytest
from conftest import load_eval

from indexer.metadata import (
    guess_date,
    guess_issuer,
    property_date,
    read_manifest,
    safe_id,
)
from indexer.reading import read_reports
from indexer.regions import guess_region, region_of_code
from indexer.shapes import BadInput, Level, Origin
from indexer.sources import bundled_corpus, find_sources

GOLD = load_eval("outlines.json")
REGIONS = {
    "yongan-2024": ("350481", "福建省三明市永安市", Level.COUNTY),
    "fushan-2023": ("141027", "山西省临汾市浮山县", Level.COUNTY),
    "chengkou-2024": ("500229", "重庆市城口县", Level.COUNTY),
    "sanmenxia-2025": ("411200", "河南省三门峡市", Level.PREFECTURE),
    "jieyang-2024": ("445200", "广东省揭阳市", Level.PREFECTURE),
}


def metas(sources):
    return {report.meta.id: report.meta for report in read_reports(sources)[0]}


@pytest.fixture(scope="module")
def guessed(tmp_path_factory):
    """The metadata of the bundled reports without their manifest."""
    folder = tmp_path_factory.mktemp("bare")
    for path in bundled_corpus().glob("*.txt"):
        (folder / path.name).write_bytes(path.read_bytes())
    return metas(find_sources([folder]))


@pytest.mark.parametrize("report_id", GOLD)
def test_guesses_agree_with_the_labels(guessed, report_id):
    meta, gold = guessed[report_id], GOLD[report_id]
    found = (meta.title, meta.issuer, meta.year, meta.date)
    assert found == (gold["title"], gold["issuer"], gold["year"], gold["date"])


@pytest.mark.parametrize(("report_id", "region"), REGIONS.items())
def test_regions_are_guessed_with_code_and_level(guessed, report_id, region):
    meta = guessed[report_id]
    assert (meta.region.code, meta.region.name, meta.level) == region


@pytest.mark.parametrize("report_id", GOLD)
def test_the_manifest_says_the_same(guessed, report_id):
    listed = metas(find_sources([bundled_corpus()]))[report_id]
    bare = {"origins": (), "confidence": ()}
    assert replace(listed, **bare) == replace(guessed[report_id], **bare)
    assert dict(listed.origins)["year"] is Origin.MANIFEST
    assert dict(listed.confidence)["year"] == 1 > dict(guessed[report_id].confidence)["year"] > 0.9


def test_manifest_overrides(small):
    name = "青禾县-2023.txt"
    row = f"file,id,year,issuer,region_code\n{name},qinghe,2022,青禾信访办,350481\n"
    (small / "corpus.csv").write_text(row, "utf-8-sig")
    meta = metas(find_sources([small]))["qinghe"]
    assert (meta.year, meta.issuer, meta.region.county) == (2022, "青禾信访办", "永安市")
    assert meta.title == "青禾县信访局2023年法治政府建设工作报告"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"name,year\na,2024\n", "column"),
        (b"title,year\n", "column"),
        (b"\xff\xfe\xff", "manifest"),
        (b"file,id\na.txt,x\nb.txt,x\n", "two rows"),
        (b"file,id\na.txt,x\na.txt,y\n", "two rows"),
    ],
)
def test_unusable_manifest_is_refused(tmp_path, content, reason):
    path = tmp_path / "corpus.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=reason):
        read_manifest(path)


@pytest.mark.parametrize(
    ("column", "value"),
    [("date", "昨天"), ("year", "next"), ("level", "village"), ("region_code", "999999")],
)
def test_unusable_manifest_cell_fails_that_report_only(small, column, value):
    (small / "corpus.csv").write_text(f"file,{column}\n青禾县-2023.txt,{value}\n", "utf-8")
    reports, ledger = read_reports(find_sources([small]))
    assert len(reports) == 1
    assert [value in entry.reason for entry in ledger] == [False, True]


def test_namesakes_are_told_apart_by_the_text():
    assert guess_region("鼓楼区信访局", "徐州市鼓楼区信访局报告")[0].code == "320302"
    assert guess_region("鼓楼区信访局", "本局报告")[0].code == "000000"
    assert guess_region("青禾县信访局", "江阳市青禾县")[0].code == "000000"


def test_region_codes_widest_first():
    assert region_of_code("350481").codes == ("350000", "350400", "350481")
    assert region_of_code("445200").codes == ("440000", "445200")


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("2025年1月10日", "2025-01-10"),
        ("二〇二四年十二月二十三日", "2024-12-23"),
        ("2023 年 12 月 18 日", "2023-12-18"),
        ("2025年13月10日", None),
        ("某局", None),
    ],
)
def test_guess_date(line, date):
    assert guess_date([line]) == date


def test_safe_id():
    assert safe_id("../../etc/passwd") == "etc-passwd"
    assert safe_id("信访局 <b>2024") == "信访局-b-2024"
    assert safe_id("...") == "report"


@pytest.mark.parametrize(
    ("title", "signed", "issuer"),
    [
        ("2023年度永安市信访局法治政府建设报告", [], "永安市信访局"),
        ("2024年浮山县信访局工作总结", [], "浮山县信访局"),
        ("关于三门峡市信访局2024年法治政府建设情况的报告", [], "三门峡市信访局"),
        ("二〇二三年度永安市信访局报告", [], "永安市信访局"),
        (
            "贯彻落实国家信访局部署永安市信访局报告",
            ["永安市信访局", "2025年1月10日"],
            "永安市信访局",
        ),
        ("法治政府建设报告", ["城口县信访办公室"], "城口县信访办公室"),
        ("工作报告", [], ""),
    ],
)
def test_guess_issuer(title, signed, issuer):
    assert next((name for name, _ in guess_issuer(title, signed) if name), "") == issuer


def test_a_manifest_from_a_chinese_spreadsheet_is_read(small):
    (small / "corpus.csv").write_bytes(
        "file,issuer\n青禾县-2023.txt,青禾县信访办公室\n".encode("gb18030")
    )
    found = metas(find_sources([small]))
    assert found["青禾县-2023"].issuer == "青禾县信访办公室"


def test_a_row_without_its_file_is_in_the_ledger(small):
    (small / "corpus.csv").write_text("file,year\nabsent.txt,2024\n", "utf-8")
    _, ledger = read_reports(find_sources([small]))
    assert [entry.reason for entry in ledger if entry.file == "absent.txt"] == [
        "named in the manifest, but not there"
    ]


def test_what_a_guess_rests_on_is_kept(small):
    text = (small / "青禾县-2023.txt").read_text("utf-8")
    vague = text.replace("青禾县信访局2023年法治", "法治").replace("青禾县信访局", "我局")
    (small / "vague.txt").write_text(vague.replace("12件", "13件"), "utf-8")
    found = metas(find_sources([small]))
    assert dict(found["青禾县-2023"].origins)["year"] is Origin.TITLE
    assert found["vague"].weak == {
        "issuer": Origin.NOTHING,
        "year": Origin.TEXT,
        "region": Origin.NOTHING,
    }


@pytest.mark.parametrize(
    ("facts", "day"),
    [
        ({"Date": "2024-01-22 10:00"}, "2024-01-22"),
        ({"CreationDate": "D:20240122120000+08'00'"}, "2024-01-22"),
        ({"CreationDate": "D:20241322"}, ""),
        ({"Author": "2024-01-22"}, ""),
    ],
)
def test_a_file_may_say_when_it_was_published(facts, day):
    assert property_date(facts) == day
