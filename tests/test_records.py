"""Reports as rows of the index: what a passage does not need is read when it is asked for."""

from pathlib import Path

import pytest

from indexer.records import StoredReport, packed, report_row
from indexer.shapes import BadIndex, Level, Metadata, Region, Report, Role, Section, Source

META = Metadata(
    id="青禾县-2023",
    title="青禾县信访局2023年法治政府建设工作报告",
    issuer="青禾县信访局",
    region=Region("350481", "福建省", "三明市", "永安市"),
    level=Level.COUNTY,
    year=2023,
    date=None,
    file="青禾县-2023.txt",
)
SECTIONS = (
    Section("一、", "主要做法", 0, 6, None, ("一、主要做法",), Role.WORK),
    Section("（一）", "依法办理", 7, 14, 0, ("一、主要做法", "（一）依法办理"), Role.WORK),
)
TEXT = "一、主要做法\n（一）依法办理\n逐案建立台账。"
ROW = {"file": META.file, "issuer": META.issuer}


@pytest.fixture
def report():
    source = Source(Path("/reports") / META.file, META.file, ROW)
    return Report(META, TEXT, SECTIONS, (), "00", source, "page 3", "第3页")


def test_a_report_comes_back_as_it_was(report):
    _, _, *values = report_row(0, report)
    stored = StoredReport.from_row(values)
    assert (stored.meta, stored.text, stored.sections) == (META, TEXT, SECTIONS)
    assert (stored.manifest_row, stored.file_sha256) == (ROW, "00")
    assert (stored.note, stored.note_zh) == ("page 3", "第3页")
    assert stored.source == str(report.source.path)
    assert stored.sections is stored.sections


def test_metadata_that_is_known_is_not_read_again(report):
    _, _, _, *values = report_row(0, report)
    assert StoredReport.from_row(["no JSON", *values], META).meta is META


@pytest.mark.parametrize("sections", [b"no zlib", packed("no JSON"), packed('[{"heading": ""}]')])
def test_sections_of_another_version_are_refused(report, sections):
    _, _, *values = report_row(0, report)
    values[2] = sections
    with pytest.raises(BadIndex, match="“青禾县-2023”.*another version.*bureau index"):
        _ = StoredReport.from_row(values).sections
