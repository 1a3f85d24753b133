"""Reports rendered as DOCX, PDF, scans, web pages and GB18030 text are read as their originals.

The files lie in `cases/rendered`, made by ``python -m tests.bench.rendered --fixtures``; the
whole collection is measured by ``python -m tests.bench.reading``.
"""

import json
import shutil
import zipfile
from dataclasses import asdict, replace

import pytest

from indexer.readers import ocr
from tests.bench import reading, rendered
from tests.bench.reading import Result, from_fields, measure, results, table
from tests.bench.rendered import FIXTURES, FORMATS, MEASURED, OPENED, SMALL, Missing, Rendering
from tests.bench.scripts import to_lists, write_originals

FILES = [(name, report) for name, reports in SMALL.items() for report in reports]


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """Every report of the fixtures, by id."""
    ids = sorted({report for _, report in FILES})
    return {s.id: s for s in write_originals(tmp_path_factory.mktemp("originals"), ids)}


@pytest.mark.parametrize(("name", "report"), FILES, ids=["-".join(pair) for pair in FILES])
def test_a_rendering_reads_as_its_original(name, report, scripts):
    if name.startswith("scan") and not ocr.is_installed():
        pytest.skip(ocr.INSTALL)
    if name in OPENED and not shutil.which("soffice"):
        pytest.skip("LibreOffice is not installed")
    result = measure(*rendered.renderings([scripts[report]], FIXTURES, [name]))
    assert result.rate <= FORMATS[name].limit, result.text
    assert result.metadata == ()
    assert result.tree == ()


def test_there_is_a_fixture_of_every_format():
    assert {name for name, _ in FILES} == set(MEASURED)
    assert {path.name for path in FIXTURES.iterdir()} == set(MEASURED)


@pytest.mark.parametrize("name", [name for name in MEASURED if name.startswith("docx")])
def test_word_keeps_the_numbers_out_of_the_text(name, scripts):
    script = scripts["dev-06"]
    with zipfile.ZipFile(rendered.path_of(FIXTURES, name, script)) as packed:
        body = packed.read("word/document.xml").decode("utf-8")
        numbering = packed.read("word/numbering.xml").decode("utf-8")
    numbered = [line for line in script.lines if line.number]
    assert len(numbered) == 21
    assert body.count("w:numPr") > 0
    assert "%3." in numbering
    assert all(line.text in body for line in numbered)
    assert not any(f"{line.number}{line.text[:2]}" in body for line in numbered)


def test_lists_start_anew_only_where_the_numbers_do(scripts):
    script = scripts["chengkou-2024-short"]
    places = dict(zip((x.text for x in script.lines), to_lists(script.lines).places, strict=True))
    restarts = {text: place.restart for text, place in places.items() if place and place.restart}
    assert restarts == {"存在的主要问题": 2, "强化依法打击违法上访人员。": 3}


@pytest.fixture
def spoilt(scripts, tmp_path):
    """A reading of an original with one thing changed: spoilt(old, new)."""
    original = scripts["yongan-2024"].original

    def spoilt(old, new):
        text = original.read_text("utf-8")
        assert old in text
        path = tmp_path / "yongan-2024.txt"
        path.write_text(text.replace(old, new, 1), "utf-8")
        return measure(Rendering("txt", "yongan-2024", path, original))

    return spoilt


def test_wrong_characters_are_counted_and_shown(spoilt):
    result = spoilt("细化分工，把任务", "细化分工,把务")
    assert result.wrong == 2
    assert result.rate == pytest.approx(2 / result.characters)
    assert result.text == ("…具体抓，细化分工[，把任|,把]务和责任落实到各…",)
    assert result.tree == ()


def test_a_lost_number_is_a_difference_of_the_tree(spoilt):
    result = spoilt("（二）强化法律学习", "强化法律学习")
    assert result.wrong == 3
    assert not result.shape
    assert any(line.startswith("- 一 > （二）") for line in result.tree)


def test_a_misread_heading_leaves_the_shape(spoilt):
    result = spoilt("二、存在问题", "二、存在问趣")
    assert result.wrong == 1
    assert result.tree == ("- top > 二 “二、存在问题” problems", "+ top > 二 “二、存在问趣” work")


def test_wrong_metadata_is_named(spoilt):
    result = spoilt("2025年1月10日", "2025年1月11日")
    assert result.metadata == ("date: '2025-01-10' -> '2025-01-11'",)


def test_a_file_that_cannot_be_read_is_all_wrong(scripts, tmp_path):
    path = tmp_path / "a.docx"
    path.write_bytes(b"PK\3\4 no archive")
    result = measure(Rendering("docx-word", "a", path, scripts["yongan-2024"].original))
    assert (result.rate, result.reason) == (1, "damaged or not a ZIP container")
    assert result.tree and result.metadata


def test_results_are_kept_until_the_file_changes(scripts, tmp_path, monkeypatch):
    source = scripts["yongan-2024"].original
    path = tmp_path / "yongan-2024.txt"
    path.write_bytes(source.read_bytes())
    seen = []
    monkeypatch.setattr(reading, "measure", lambda r: seen.append(r) or measure(r))
    for _ in range(2):
        (found,) = results([Rendering("txt", "yongan-2024", path, source)], tmp_path / "r.json")
        assert found.wrong == 0
    assert len(seen) == 1
    path.write_bytes(path.read_bytes() + "多了。".encode())
    (found,) = results([Rendering("txt", "yongan-2024", path, source)], tmp_path / "r.json")
    assert (found.wrong, len(seen)) == (3, 2)


def test_only_what_is_missing_is_made(scripts, tmp_path):
    chosen, formats = [scripts["yongan-2024"]], ["txt-gb18030", "html-tables"]
    rendered.make(chosen, tmp_path, formats)
    text, page = (rendered.path_of(tmp_path, name, chosen[0]) for name in formats)
    text.write_bytes(b"kept")
    page.unlink()
    rendered.make(chosen, tmp_path, formats)
    assert text.read_bytes() == b"kept"
    assert "永安市" in page.read_bytes().decode("gb18030")


def test_a_missing_tool_is_named_with_its_package(scripts, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="soffice is missing: apt-get install libreoffice"):
        rendered.make([scripts["yongan-2024"]], tmp_path, ["pdf"])


def test_the_table_says_what_was_not_measured():
    one = Result("pdf", "a", 1000, 1, 0.5, True)
    other = replace(one, wrong=3, tree=("- x",), metadata=("year: 1 -> 2",), seconds=0.7)
    assert list(table({"pdf": [one, other], "scan-150": []}))[2:] == [
        "| pdf | 2 | 0.200% | 0.300% | 0.2% | 1/2 | 2/2 | 1/2 | 0.60 |",
        "| scan-150 | 0 | not measured: install bureau-search[ocr] | | | | | | | ",
    ]
    assert from_fields(json.loads(json.dumps(asdict(other)))) == other
