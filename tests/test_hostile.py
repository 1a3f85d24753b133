"""A hundred good reports among files made to do harm: none is lost, and nothing gets out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.readers import Stopped, Unreadable
from indexer.readers.isolated import Limits, members_isolated, read_isolated
from indexer.shapes import Document, Fate
from tests.collection import GOOD, report, write_good, write_hostile
from tests.conftest import bare
from tests.test_isolation import children_of

ROOT = Path(__file__).parents[1]
SECONDS = 15.0  # for a file; the good ones take less than one
MOST_GROWTH = 200  # MiB
BOMBS = (  # which limit they meet first depends on how busy the machine is
    *("nested.html", "elements.html", "one-line.txt", "many-lines.txt", "many-pages.pdf"),
    *("xml-bomb.docx", "zip-bomb.docx", "paragraphs.docx", "flate-bomb.pdf", "zeros.zip"),
)
READ = """
import json, resource, sys
from pathlib import Path
import indexer.reading
from indexer.readers.isolated import Limits, read_isolated
from indexer.sources import find_sources

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) // 1024

def read_all(folder):
    sources = find_sources([Path(folder)])
    return sources, *indexer.reading.read_reports(sources)

limits = Limits(seconds=float(sys.argv[1]))
indexer.reading.read_isolated = lambda places: read_isolated(places, limits=limits)
read_all(sys.argv[2])
Path("/proc/self/clear_refs").write_text("5")
before = peak()
sources, reports, ledger = read_all(sys.argv[3])
print(json.dumps({
    "grown": peak() - before,
    "sources": [s.name for s in sources],
    "ledger": [[e.file, str(e.fate), e.reason] for e in ledger],
    "texts": [r.text for r in reports],
}))
"""


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixed") / "in"
    folder.mkdir()
    good = write_good(folder)
    hostile = write_hostile(folder)
    assert len(good) == GOOD
    assert len(hostile) >= 60
    return folder


@pytest.fixture(scope="module")
def outcome(collection, tmp_path_factory):
    """What the whole pipeline makes of the collection, in a process of its own."""
    one = tmp_path_factory.mktemp("one")
    write_good(one, 10)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(SECONDS), one, collection],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout)


def test_every_good_file_is_indexed(outcome):
    fates = {file: (fate, reason) for file, fate, reason in outcome["ledger"]}
    good = {file: found for file, found in fates.items() if "-good-" in file}
    assert len(good) == GOOD
    assert {file: found for file, found in good.items() if found[0] != Fate.INDEXED} == {}
    texts = {bare(text).replace("#", "") for text in outcome["texts"]}
    for number in range(GOOD):
        title, lines = report(number)
        assert bare(title + "".join(lines)) in texts


def test_every_file_is_in_the_ledger_once_with_a_reason(outcome, collection):
    files = [file for file, _, _ in outcome["ledger"]]
    assert files == outcome["sources"]
    assert len(set(files)) == len(files) >= GOOD + 60
    present = [path for path in collection.rglob("*") if not path.is_dir() or path.is_symlink()]
    tops = {"".join(file.partition(".zip/")[:2]).removesuffix("/") for file in files}
    assert tops == {source_name(path, collection) for path in present}
    for file, fate, reason in outcome["ledger"]:
        assert fate in {Fate.INDEXED, Fate.SKIPPED, Fate.FAILED}
        assert reason or fate == Fate.INDEXED, file
        assert "\n" not in reason


def source_name(path, folder):
    name = os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "backslashreplace")
    return name.replace("\n", "\\n").replace("\u202e", "\\u202e")


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_at_a_limit(outcome, name):
    ((fate, reason),) = [(f, r) for file, f, r in outcome["ledger"] if file[2:] == name]
    assert fate != Fate.INDEXED
    assert "exceed" in reason or "too many" in reason


def test_the_parent_stays_small(outcome):
    assert outcome["grown"] <= MOST_GROWTH


def test_nothing_from_outside_is_read(outcome):
    text = "".join(outcome["texts"]) + "".join(str(entry) for entry in outcome["ledger"])
    assert "root:" not in text
    assert "/bin/" not in text


def test_archives_among_them_give_up_or_list_their_files(collection):
    before = children_of(os.getpid())
    paths = sorted(collection.glob("*.zip"))
    assert len(paths) == 6
    limits = Limits(seconds=SECONDS)
    for path, members in zip(paths, members_isolated(paths, limits=limits), strict=True):
        if isinstance(members, Unreadable):
            assert path.name[2:] in ("members.zip", "zeros.zip", "truncated.zip"), members
            continue
        for found in read_isolated(members, limits=limits):
            assert isinstance(found, Unreadable), path
    assert not list(collection.parent.rglob("evil*"))
    assert children_of(os.getpid()) <= before


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to take the network away")
def test_reading_needs_no_network(collection):
    """The same pages and documents, read where there is no network at all."""
    names = ["*remote-template.docx", "*xxe.*", "*frames.html", "*-good-00*"]
    paths = sorted(path for name in names for path in collection.glob(name))
    code = (
        "import sys; from pathlib import Path; from indexer.readers.isolated import read_isolated;"
        "print(*(type(f).__name__ for f in read_isolated([Path(a) for a in sys.argv[1:]])))"
    )
    command = ["unshare", "--net", "--", sys.executable, "-c", code, *paths]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    if "unshare" in done.stderr:
        pytest.skip("the system does not let go of the network")
    assert done.stdout.split() == [type(found).__name__ for found in read_isolated(paths)]
    assert done.stdout.split().count("Document") >= 10


def test_a_stop_is_told_apart_from_a_refusal():
    assert issubclass(Stopped, Unreadable)
    assert not issubclass(Stopped, Document)
