"""Readers that hang, explode, crash and lie, each in a real child process, cost one file."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from indexer.readers import Stopped, Unreadable, Unsupported, read_document
from indexer.readers.isolated import Limits, read_isolated
from indexer.readers.wire import document_from_json, document_to_json
from indexer.shapes import BureauError, Document, Line
from tests.misbehaving import READERS

TESTS = Path(__file__).parent
CORPUS = TESTS.parent / "corpus"
TEXT = "今年以来，我局依法办理信访事项，切实维护群众合法权益。"
MEMORY = 160 * 2**20
GOOD = Document((Line(TEXT),))


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Reads files of these suffixes, good ones between them; the good ones must be read."""
    monkeypatch.setenv("PYTHONPATH", str(TESTS))

    def read(*suffixes, workers=2, seconds=20.0, memory=MEMORY):
        paths = []
        for at, suffix in enumerate(suffixes):
            paths += [tmp_path / f"{at}.txt", tmp_path / f"{at}.{suffix}"]
        paths.append(tmp_path / "last.txt")
        for path in paths:
            path.write_text(TEXT, "utf-8")
        limits = Limits(seconds, memory, READERS)
        found = list(read_isolated(paths, workers=workers, limits=limits))
        assert len(found) == len(paths)
        assert found[::2] == [GOOD] * (len(suffixes) + 1)
        return found[1::2]

    return read


@pytest.mark.parametrize("suffix", ["hang", "spin", "stuck", "close"])
def test_a_reader_that_does_not_end_is_stopped_in_time(read, suffix):
    started = time.monotonic()
    (found,) = read(suffix, seconds=1.5)
    assert isinstance(found, Stopped)
    if suffix != "close":
        assert (str(found), found.zh) == ("exceeded 1.5 s", "超过 1.5 秒")
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    ("suffix", "reason"),
    [
        ("exit", "the reader crashed (exit status 3)"),
        ("crash", "the reader crashed (signal 11)"),
        ("abort", "the reader crashed (signal 6)"),
        ("eat", "exceeded 0.15625 GiB of memory"),
        ("swallow", "exceeded 0.15625 GiB of memory"),
        ("lie", "the reader crashed (nonsense for an answer)"),
        ("long", "its text exceeds 2,000,000 characters"),
        ("lines", "its text exceeds 50,000 lines"),
    ],
)
def test_a_reader_that_breaks_costs_its_file_only(read, suffix, reason):
    memory = 2**30 if suffix in ("long", "lines") else MEMORY
    (found,) = read(suffix, memory=memory)
    assert isinstance(found, Stopped)
    assert str(found) == reason
    assert found.zh != reason


def test_failures_of_a_file_keep_their_kind_and_both_languages(read):
    refused, raised, recursed, unknown = read("refuse", "raise", "recurse", "nosuch")
    assert type(refused) is type(raised) is type(recursed) is Unreadable
    assert type(unknown) is Unsupported
    assert (str(refused), refused.zh) == ("no good", "不行")
    assert str(raised) == "cannot be parsed (KeyError)"
    assert str(recursed) == "nested too deeply"


@pytest.mark.parametrize("suffix", ["print", "fork", "litter", "grow", "slow"])
@pytest.mark.parametrize("workers", [1, 3])
def test_a_reader_with_bad_manners_answers_for_its_own_file(read, suffix, workers):
    assert read(*[suffix] * 3, workers=workers) == [GOOD] * 3


def test_text_that_no_file_takes_is_made_valid(read):
    (found,) = read("surrogate")
    lines = (Line("中文?尾", 7), Line("行", 7), Line("页", 7))
    assert found == Document(lines, {"title?": "题?"})


def test_a_long_file_that_moves_on_is_read_but_not_for_ever(read):
    assert read("pages", seconds=1.5) == [GOOD]
    started = time.monotonic()
    (found,) = read("endless", seconds=0.7)
    assert str(found) == "exceeded 7 s"
    assert time.monotonic() - started < 20


def test_every_kind_at_once_in_order(read):
    suffixes = ["hang", "eat", "slow", "crash", "print", "fork", "exit", "slow", "raise", "lie"] * 2
    found = read(*suffixes, workers=4, seconds=2.0)
    for suffix, one in zip(suffixes, found, strict=True):
        assert isinstance(one, Document) == (suffix in ("slow", "print", "fork")), (suffix, one)


def test_what_a_reader_started_ends_with_it(read, tmp_path):
    (found,) = read("spawn", seconds=1.5)
    assert str(found) == "exceeded 1.5 s"
    pid = int((tmp_path / "0.pid").read_text())
    assert wait_until(lambda: not is_alive(pid))


def test_an_iterator_that_is_left_early_ends_its_readers(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    paths = [tmp_path / name for name in ("a.txt", "b.hang", "c.hang", "d.hang")]
    for path in paths:
        path.write_text(TEXT, "utf-8")
    before = children_of(os.getpid())
    with contextlib.closing(read_isolated(paths, limits=Limits(readers=READERS))) as found:
        assert next(found) == GOOD
        assert children_of(os.getpid()) > before
        started = time.monotonic()
    assert time.monotonic() - started < 10
    assert children_of(os.getpid()) == before


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_readers_end_with_their_parent(tmp_path, how):
    paths = [tmp_path / f"{n}.{suffix}" for n in range(2) for suffix in ("stuck", "spawn")]
    for path in paths:
        path.write_text(TEXT, "utf-8")
    code = (
        "import signal, sys; from pathlib import Path; from misbehaving import READERS;"
        "from indexer.readers.isolated import Limits, read_isolated;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"  # a shell may have it ignored
        "list(read_isolated([Path(a) for a in sys.argv[1:]], limits=Limits(readers=READERS)))"
    )
    command = [sys.executable, "-c", code, *map(str, paths)]
    path = os.pathsep.join((str(TESTS), str(TESTS.parent)))
    env = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as parent:
        assert wait_until((tmp_path / "0.pid").exists)
        assert wait_until(lambda: (tmp_path / "0.pid").read_text() != "")
        readers = children_of(parent.pid) | {int((tmp_path / "0.pid").read_text())}
        assert len(readers) == 3
        parent.send_signal(how)
        parent.wait(20)
    assert wait_until(lambda: not any(map(is_alive, readers)))


@pytest.mark.parametrize("executable", ["/bin/false", "/nonexistent/python"])
def test_readers_that_cannot_start_are_an_error_of_the_whole(tmp_path, monkeypatch, executable):
    monkeypatch.setattr(sys, "executable", executable)
    path = tmp_path / "a.txt"
    path.write_text(TEXT, "utf-8")
    with pytest.raises(BureauError, match="no reader process can be started"):
        list(read_isolated([path]))


def test_nothing_is_started_for_nothing():
    before = children_of(os.getpid())
    assert list(read_isolated([])) == []
    assert children_of(os.getpid()) == before


def test_the_bundled_reports_read_the_same_and_fast():
    paths = sorted(CORPUS.glob("*.txt"))
    started = time.monotonic()
    found = list(read_isolated(paths))
    assert time.monotonic() - started < 10
    assert found == [read_document(path) for path in paths]


def test_plain_text_loads_no_parser():
    code = (
        "import sys; from pathlib import Path; from indexer.readers import read_document;"
        "from indexer.readers import isolated;"
        "read_document(Path(sys.argv[1])); print(*sys.modules)"
    )
    path = next(CORPUS.glob("*.txt"))
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
    )
    heavy = {"pdfplumber", "docx", "lxml", "selectolax", "numpy", "cv2", "rapidocr"}
    assert heavy.isdisjoint(done.stdout.split())


def test_a_document_survives_the_pipe():
    document = Document((Line("第一行", 1), Line("a\t｜b"), Line("")), {"title": "“题”"})
    assert document_from_json(document_to_json(document)) == document


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"lines": "ab", "pages": [], "properties": {}}',
        b'{"lines": ["a"], "pages": [], "properties": {}}',
        b'{"lines": ["a"], "pages": ["1"], "properties": {}}',
        b'{"lines": [1], "pages": [1], "properties": {}}',
        b'{"lines": ["\\ud800"], "pages": [1], "properties": {}}',
        b'{"lines": [], "pages": [], "properties": []}',
        b'{"lines": [], "pages": [], "properties": {"a": 1}}',
    ],
)
def test_what_is_no_document_is_refused(data):
    with pytest.raises(ValueError):
        document_from_json(data)


def children_of(pid):
    """Numbers of the living child processes."""
    found = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            found |= {int(child) for child in (task / "children").read_text().split()}
    return {child for child in found if is_alive(child)}


def is_alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def wait_until(fact, seconds=20):
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
