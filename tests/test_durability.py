"""Killed, starved of disk or damaged: the index is the old one or the new one, or is refused.

SIGKILL is not loss of power: that files are synced before a rename makes them visible is
checked by killing at every such call. Builds run in processes forked from one that has all
libraries loaded, so that hundreds of them cost little.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import HashEmbedder

from indexer.build import build_index
from indexer.shapes import BadIndex
from indexer.store import Index

KILLS = 200
FLIPS = 300
FORKS = """
import os, random, signal, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import HashEmbedder
from indexer import reading
from indexer.build import build_index
from indexer.readers import read_document
from indexer.sources import find_sources
from indexer.store import Index

# what is killed here is the writer; readers in processes of their own have their own tests
reading.read_isolated = lambda paths: (read_document(path) for path in paths)
small, root, what, count = Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], int(sys.argv[5])
reading.read_reports(find_sources([small]))  # dictionaries are loaded once, before forking
calls = 0

def change(n):
    text = next(iter(sorted(small.glob("*-2023.txt")))).read_text("utf-8")
    (small / "c.txt").write_text(text.replace("12件", f"{n}件").replace("青禾", "黑石"), "utf-8")

def build(kill_at):
    def counted(real):
        def call(*args, **kwargs):
            global calls
            calls += 1
            if calls == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)
        return call
    if kill_at:
        os.fsync = counted(os.fsync)
        Path.replace = counted(Path.replace)
    build_index([small], root, HashEmbedder())

def forked(work, *args):
    pid = os.fork()
    if pid:
        return pid
    try:
        work(*args)
        code = 0
    except BaseException as error:
        print(type(error).__name__, error, file=sys.stderr)
        code = 1
    os._exit(code)

def check():
    index = Index.open(root)
    index.hold()
    n = len(index)
    assert n and n == len(index.vectors) == len(index.lexical) == index.manifest.passages
    for row in range(n):
        passage = index.passage(row)
        assert index.report(passage.report_id).text[passage.start:passage.end] == passage.text
    assert len(set(index.passage(row).id for row in range(n))) == n

def waited(pid):
    return os.waitpid(pid, 0)[1]

chance = random.Random(11)
def timed():
    started = time.monotonic()
    assert waited(forked(build, 0)) == 0
    return time.monotonic() - started

timed()
change(0)
whole = timed()
killed = done = 0
for n in range(1, count + 1):
    change(n)
    if what == "times":
        pid = forked(build, 0)
        time.sleep(chance.uniform(0, 1.3 * whole))
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    else:
        pid = forked(build, n)
    status = waited(pid)
    killed += os.WIFSIGNALED(status)
    done += status == 0
    assert os.WIFSIGNALED(status) or status == 0, status
    assert waited(forked(check)) == 0, n
    if what == "points" and status == 0:
        break
assert waited(forked(build, 0)) == 0
assert waited(forked(check)) == 0
print(killed, done)
"""


def run_forks(small, root, what, count):
    """(killed, completed) builds; every one was followed by a check of the whole index."""
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", FORKS, here, str(small), str(root), what, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-2000:]
    return tuple(map(int, done.stdout.split()))


def test_killed_at_random_times_the_old_or_the_new_generation_answers(small, tmp_path):
    killed, completed = run_forks(small, tmp_path / "index", "times", KILLS)
    assert killed + completed == KILLS
    assert killed > KILLS / 4
    kept = [path.name for path in (tmp_path / "index").glob("gen-*")]
    assert len(kept) <= 3  # what a killed build left is cleared away by later ones


def test_killed_at_every_sync_and_rename(small, tmp_path):
    killed, completed = run_forks(small, tmp_path / "index", "points", 200)
    assert killed > 10
    assert completed == 1


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("durable")
    text = "某县信访局2024年法治政府建设工作报告\n一、主要做法\n"
    for n in range(3):
        body = f"对重复信访逐案建立台账，由县级领导包案化解，全年化解积案{n}件。" * 3
        (folder / f"r{n}.txt").write_text(text + body, "utf-8")
    build_index([folder], folder / "index", HashEmbedder())
    return folder / "index"


def parts(root):
    locks = (".lock", "LOCK")
    return [p for p in sorted(root.rglob("*")) if p.is_file() and not p.name.endswith(locks)]


def damaged(data, kind, chance):
    if kind == "flip":
        at = chance.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
    if kind == "cut":
        return data[: chance.randrange(len(data))]
    return data + bytes([chance.randrange(256)])


def opened(root):
    """The index with all its files opened, as a server has it."""
    index = Index.open(root)
    index.hold()
    index.hold_tools()
    return index


def test_hundreds_of_damages_are_refused_naming_the_file(root):
    chance = random.Random(3)
    files = parts(root)
    for n in range(FLIPS):
        path = files[n % len(files)]
        data = path.read_bytes()
        path.write_bytes(damaged(data, chance.choice(["flip", "flip", "cut", "longer"]), chance))
        try:
            with pytest.raises(BadIndex) as caught:
                opened(root)
        finally:
            path.write_bytes(data)
        assert path.name in str(caught.value) or path.name == "CURRENT"
        assert "bureau index" in str(caught.value)
    Index.open(root).close()


def test_swapped_files_are_refused(root):
    files = [path for path in parts(root) if path.parent.name.startswith("gen-")]
    for one, other in pairwise(files):
        first, second = one.read_bytes(), other.read_bytes()
        one.write_bytes(second)
        other.write_bytes(first)
        with pytest.raises(BadIndex):
            opened(root)
        one.write_bytes(first)
        other.write_bytes(second)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
def test_a_disk_that_is_a_little_too_small_is_always_reported(small, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", disk]).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        root = disk / "index"
        build_index([small], root, HashEmbedder())
        before = Index.open(root)
        passages = [before.passage(row) for row in range(len(before))]
        used = sum(p.stat().st_size for p in before.folder.rglob("*") if p.is_file())
        (small / "more.txt").write_bytes(
            next(small.glob("*-2023.txt")).read_bytes() + b" \n\xe7\x94\xb2"
        )
        refused = 0
        for short in (1, 2, 100, 1000, 4096, 5000, 8192, 12_000, 16_384, 20_000, 40_000, used):
            free = shutil.disk_usage(disk).free
            with suppress(OSError):
                (disk / "filler").write_bytes(bytes(max(0, free - used + short)))
            try:
                build_index([small], root, HashEmbedder(), afresh=True)
            except OSError as error:
                refused += 1
                assert error.filename or "bytes were written" in str(error) or error.errno
            else:  # it fitted after all: then it is whole
                assert Index.open(root).manifest.reports == 3
            (disk / "filler").unlink(missing_ok=True)
            index = Index.open(root)
            if index.generation == before.generation:
                assert [index.passage(row) for row in range(len(index))] == passages
        assert refused >= 3
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_the_full_disk_is_named_by_the_command(small, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", disk]).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        command = [sys.executable, "-m", "search_api.cli", "index", str(small)]
        done = subprocess.run(
            [*command, "--index", str(disk / "index")], capture_output=True, text=True
        )
        assert done.returncode == 2
        assert "ENOSPC" in done.stderr or "disk" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_manifest_lists_every_file(root):
    manifest = json.loads(next(root.glob("gen-*/manifest.json")).read_text("utf-8"))
    folder = next(root.glob("gen-*"))
    found = {p.relative_to(folder).as_posix() for p in parts(root) if folder in p.parents}
    assert found == {*manifest["sha256"], "manifest.json"}
