"""Which files an index is made from: archives are opened, nothing is lost."""

import zipfile

from conftest import HashEmbedder
from shell import run_bureau

from indexer.build import build_index
from indexer.sources import find_sources
from indexer.store import Index


def packed(small, name="a.zip"):
    """The two reports of ``small`` in an archive, with a file that is no report."""
    path = small / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(small.glob("*.txt")):
            archive.write(file, f"inner/{file.name}")
            file.unlink()
        archive.writestr("notes.xyz", b"x")
    return path


def test_files_in_an_archive_are_files_of_their_own(small, tmp_path):
    path = packed(small)
    (small / "corpus.csv").write_text("file,year\na.zip/inner/青禾县-2023.txt,2001\n", "utf-8")
    result = build_index([small], tmp_path / "index", HashEmbedder())
    fates = {entry.file: str(entry.fate) for entry in result.ledger}
    assert fates == {
        "a.zip/inner/白鹭市-2024.txt": "indexed",
        "a.zip/inner/青禾县-2023.txt": "indexed",
        "a.zip/notes.xyz": "skipped",
    }
    index = Index.open(tmp_path / "index")
    assert {meta.year for meta in index.metas} == {2001, 2024}
    assert index.report(index.metas[0].id).source == str(path)
    again = build_index([small], tmp_path / "index", HashEmbedder())
    assert str(again).startswith("2 reports (2 unchanged)")


def test_an_archive_that_cannot_be_opened_is_in_the_ledger(small, tmp_path):
    (small / "broken.zip").write_bytes(b"PK\x03\x04 broken")
    with zipfile.ZipFile(small / "empty.zip", "w"):
        pass
    (small / "link.zip").symlink_to("broken.zip")
    result = build_index([small], tmp_path / "index", HashEmbedder())
    reasons = {entry.file: entry.reason for entry in result.ledger if entry.reason}
    assert set(reasons) == {"broken.zip", "empty.zip", "link.zip"}
    assert len(result.ledger) == 5


def test_the_archive_alone_may_be_named(small):
    path = packed(small)
    assert [source.name for source in find_sources([path])] == [
        "a.zip/inner/白鹭市-2024.txt",
        "a.zip/inner/青禾县-2023.txt",
        "a.zip/notes.xyz",
    ]


def test_a_name_that_turns_a_terminal_is_shown_escaped(small, tmp_path, capfd):
    good = (small / "青禾县-2023.txt").read_text("utf-8")
    (small / "a\u202etxt\x1b[31m\n.txt").write_text(good.replace("12件", "15件"), "utf-8")
    (small / "corpus.csv").write_text("file,year\na\\u202etxt\\x1b[31m\\n.txt,2019\n", "utf-8")
    result = build_index([small], tmp_path / "index", HashEmbedder())
    shown = "a\\u202etxt\\x1b[31m\\n.txt"
    assert shown in [entry.file for entry in result.ledger]
    meta = next(meta for meta in Index.open(tmp_path / "index").metas if meta.file == shown)
    assert meta.year == 2019
    for verb in ("stats", "manifest"):
        done = run_bureau(verb, index=tmp_path / "index")
        assert "\x1b" not in done.stdout and "\u202e" not in done.stdout
    refused = run_bureau("index", tmp_path / "none\x1b[31m", index=tmp_path / "other")
    assert "\x1b" not in refused.stderr and "\\x1b[31m" in refused.stderr
