"""ZIP archives: every file in them is accounted for, and none gets out."""

import os
import zipfile
from pathlib import Path

import pytest

from indexer.readers import Stopped, Unreadable, Unsupported
from indexer.readers.isolated import Limits, Member, members_isolated, read_isolated
from indexer.shapes import Document, Line
from tests.test_isolation import children_of
from tests.wordfile import add_item, add_list, new_document

TEXT = "今年以来，我局依法办理信访事项。"
GOOD = Document((Line(TEXT),))


@pytest.fixture
def pack(tmp_path):
    """An archive of these (name, bytes)."""

    def pack(*files, name="a.zip"):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for file, data in files:
                packed.writestr(file, data)
        return path

    return pack


def read_all(*paths):
    """label -> what is read, for all members of all archives."""
    found = {}
    for path, members in zip(paths, members_isolated(paths), strict=True):
        if isinstance(members, Unreadable):
            found[path.name] = members
        else:
            labels = [member.label for member in members]
            found |= dict(zip(labels, read_isolated(members), strict=True))
    return found


def test_members_become_documents_of_their_own(pack, tmp_path):
    document = new_document()
    add_item(document, "主要做法", add_list(document))
    document.save(tmp_path / "b.docx")
    word = (tmp_path / "b.docx").read_bytes()
    first = pack(("a.txt", TEXT), ("inner/", b""), ("inner/b.docx", word))
    second = pack(("c/d/e.md", TEXT.encode("gb18030") * 9), name="b.zip")
    assert read_all(first, second) == {
        "a.zip/a.txt": GOOD,
        "a.zip/inner/b.docx": Document(
            (Line("一、主要做法"),), read_all(first)["a.zip/inner/b.docx"].properties
        ),
        "b.zip/c/d/e.md": Document((Line(TEXT * 9),)),
    }


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_that_do_not_say_their_encoding(pack, encoding):
    placeholder = "x" * len("青禾县/报告.txt".encode(encoding))
    path = pack((placeholder, TEXT))
    path.write_bytes(
        path.read_bytes().replace(placeholder.encode(), "青禾县/报告.txt".encode(encoding))
    )
    assert read_all(path) == {"a.zip/青禾县/报告.txt": GOOD}


def test_files_of_one_name_are_both_read(pack):
    with pytest.warns(UserWarning, match="Duplicate"):
        path = pack(("a.txt", TEXT), ("a.txt", TEXT + "又，"))
    (members,) = members_isolated([path])
    assert [m.label for m in members] == ["a.zip/a.txt"] * 2
    assert [d.lines[0].text for d in read_isolated(members)] == [TEXT, TEXT + "又，"]


@pytest.mark.parametrize(
    "name",
    ["../../evil.txt", "/etc/evil.txt", "a/../../evil.txt", "C:\\evil.txt", "..\\evil.txt"],
)
def test_a_name_that_points_outside_is_refused(pack, tmp_path, name):
    (found,) = read_all(pack((name, TEXT))).values()
    assert isinstance(found, Unsupported)
    assert "points out of the archive" in str(found)
    assert list(tmp_path.parent.rglob("evil*")) == []
    assert not Path("/etc/evil.txt").exists()


def test_what_cannot_be_read_in_an_archive_has_its_reason(pack):
    path = pack(
        ("good.txt", TEXT),
        ("empty.txt", b""),
        ("picture.png", b"x"),
        ("inner.zip", b"PK"),
        ("noname", TEXT),
        ("__MACOSX/._good.txt", b"x"),
        (".DS_Store", b"x"),
        ("large.txt", bytes(70 * 2**20)),
        ("<script>alert(1)</script>\n.txt", TEXT),
    )
    found = read_all(path)
    assert {label: str(reason) for label, reason in found.items() if reason != GOOD} == {
        "a.zip/empty.txt": "the file is empty",
        "a.zip/picture.png": str(found["a.zip/picture.png"]),
        "a.zip/inner.zip": "an archive inside an archive",
        "a.zip/noname": str(found["a.zip/noname"]),
        "a.zip/large.txt": "exceeded 64 MiB unpacked",
    }
    assert "“.png” is no supported format" in str(found["a.zip/picture.png"])
    assert all(type(r) in (Unsupported, Stopped) for r in found.values() if r != GOOD)
    assert len(found) == 7


def test_an_encrypted_member_is_reported(pack):
    path = pack(("a.txt", TEXT), ("b.txt", TEXT))
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(data)
    found = read_all(path)
    assert str(found["a.zip/a.txt"]) == "needs a password"
    assert found["a.zip/b.txt"] == GOOD


def test_a_damaged_member_costs_itself(pack):
    path = pack(("a.txt", TEXT * 50), ("b.txt", TEXT))
    data = bytearray(path.read_bytes())
    data[45] ^= 0xFF
    path.write_bytes(data)
    found = read_all(path)
    assert "damaged" in str(found["a.zip/a.txt"])
    assert found["a.zip/b.txt"] == GOOD


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[:-30], "damaged or not a ZIP container"),
        (lambda data: b"Rar!\x1a\x07\x00" + data[:10], "damaged or not a ZIP container"),
        (lambda data: bytes(len(data)), "damaged or not a ZIP container"),
    ],
)
def test_a_damaged_archive_is_reported(pack, damage, reason):
    path = pack(("a.txt", TEXT))
    path.write_bytes(damage(path.read_bytes()))
    assert str(read_all(path)["a.zip"]) == reason


def test_too_many_members_and_too_much_in_them(pack):
    many = pack(*((f"{n}.txt", b"") for n in range(5_001)))
    zeros = bytes(50 * 2**20)
    much = pack(*((f"{n}.txt", zeros) for n in range(42)), name="b.zip")
    assert much.stat().st_size < 5 * 2**20
    found = read_all(many, much)
    assert str(found["a.zip"]) == "5,001 members exceed the limit of 5,000"
    assert str(found["b.zip"]) == "exceeded 2048 MiB unpacked"


def test_a_place_that_is_gone_is_reported(pack):
    path = pack(("a.txt", TEXT))
    (found,) = read_isolated([Member(path, 7, "a.txt")])
    assert str(found) == "no longer in the archive"


def test_no_temporary_file_stays(pack, tmp_path, monkeypatch):
    before = children_of(os.getpid())
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    path = pack(("a.txt", TEXT), ("b.txt", "中" * 10**7))
    found = read_all(path)
    assert found["a.zip/a.txt"] == GOOD
    assert list(read_isolated([path] * 2, limits=Limits(seconds=5)))
    assert list(scratch.iterdir()) == []
    assert children_of(os.getpid()) <= before
