"""bureau fetch as a command, and its folder: killed, interrupted, starved of disk."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from fetching import fetch, fetch_one, files_in
from misbehaving_site import MISBEHAVING, PDF, answer, waiting
from shell import assert_refused, run_bureau

from indexer.fetch.ledger import COLUMNS, load_ledger
from indexer.fetch.shapes import Status
from indexer.shapes import BadInput
from indexer.sources import find_sources

TESTS = Path(__file__).parent

pytest_plugins = "fetching_fixtures"


def test_two_runs_do_not_share_a_folder(site, tmp_path):
    site.pages["/r.pdf"] = waiting(0.4, answer(PDF))
    first = threading.Thread(target=fetch, args=([site.url("/r.pdf")], tmp_path))
    first.start()
    while not site.asked("/r.pdf"):
        time.sleep(0.01)
    with pytest.raises(BadInput, match="another bureau fetch"):
        fetch([site.url("/r.pdf")], tmp_path)
    first.join()
    assert files_in(tmp_path) == ["r.pdf"]


def test_a_line_that_was_cut_short_is_dropped(site, tmp_path):
    site.pages["/r.pdf"] = answer(PDF)
    fetch_one(site.url("/r.pdf"), tmp_path)
    ledger = tmp_path / "fetched.csv"
    whole = ledger.read_bytes()
    ledger.write_bytes(whole + b'http://h/x,"x.pdf,fet')
    (tmp_path / ".fetching-7").write_bytes(b"half")
    assert fetch_one(site.url("/r.pdf"), tmp_path).status is Status.UNCHANGED
    assert list(load_ledger(tmp_path)) == [site.url("/r.pdf")]
    assert files_in(tmp_path) == ["r.pdf"]


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n", "\xff\xfe\n", ",".join(COLUMNS) + "\nhttp://h/,../../x" + "," * 8 + "\n"],
)
def test_another_fetched_csv_is_left_alone(tmp_path, text):
    (tmp_path / "fetched.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput, match="no ledger"):
        fetch(["http://127.0.0.1:1/"], tmp_path)
    assert (tmp_path / "fetched.csv").read_bytes() == text.encode("latin-1")


KILLS = """
import os, shutil, signal, sys
from hashlib import sha256
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fetching import fetch, files_in

into, urls = Path(sys.argv[2]), sys.argv[3:]
calls = 0

def counted(real, kill_at):
    def count():
        global calls
        calls += 1
        if calls == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def call(*args, **kwargs):
        count()
        found = real(*args, **kwargs)
        count()
        return found

    return call

def killed(kill_at):
    pid = os.fork()
    if not pid:
        os.fsync = counted(os.fsync, kill_at)
        Path.replace = counted(Path.replace, kill_at)
        fetch(urls, into)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def sums():
    names = [n for n in files_in(into) if not n.startswith(".fetching-") and ".part" not in n]
    return [sha256((into / name).read_bytes()).hexdigest() for name in names]

point, wanted = 0, None
fetch(urls, into)
wanted = sorted(sums())
while True:
    shutil.rmtree(into)
    point += 1
    code = killed(point)
    assert set(sums()) <= set(wanted), point
    fetch(urls, into)
    assert sorted(sums()) == wanted and len(files_in(into)) == len(wanted), point
    if code == 0:
        break
    assert code == -signal.SIGKILL, code
print(point - 1)
"""


def test_killed_at_every_write_it_leaves_whole_files_and_goes_on(site, tmp_path):
    site.pages = {f"/{n}/r.pdf": answer(PDF + bytes([n])) for n in range(3)}
    urls = [site.url(path) for path in site.pages]
    done = subprocess.run(
        [sys.executable, "-c", KILLS, TESTS, tmp_path / "into", *urls],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 30


INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
from search_api.cli import main
main()
"""


def started(*args):
    return subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, "fetch", *map(str, args)],
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "BUREAU_LANG": "en", "PYTHONUTF8": "1"},
    )


def test_ctrl_c_ends_it_at_once_and_the_next_run_goes_on(site, tmp_path):
    listed = tmp_path / "urls.txt"
    site.pages = {"/a.pdf": answer(PDF), "/b.pdf": MISBEHAVING["/drip"][0], "/c.pdf": answer(PDF)}
    listed.write_text("\n".join(site.url(path) for path in site.pages))
    child = started(listed, "--into", tmp_path / "into", "--delay", "0")
    while not site.asked("/b.pdf"):
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=10)
    assert child.returncode == 130
    assert "Traceback" not in said
    assert "stopped, 2 left" in said
    assert said.splitlines()[-1] == "1 fetched, 0 unchanged, 0 refused by robots.txt, 0 failed"
    assert files_in(tmp_path / "into") == ["a.pdf"]
    site.pages["/b.pdf"] = answer(PDF)
    done = run_bureau("fetch", listed, "--into", tmp_path / "into", "--delay", "0")
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == (
        "2 fetched, 1 unchanged, 0 refused by robots.txt, 0 failed"
    )


def test_the_command_accounts_for_every_url(site, tmp_path):
    site.pages = {
        "/robots.txt": answer(b"User-agent: *\nDisallow: /no"),
        "/a.pdf": answer(PDF),
        "/no.pdf": answer(PDF),
    }
    listed = "\n".join(
        [site.url("/a.pdf"), "# x", site.url("/no.pdf"), site.url("/404"), "nonsense"]
    )
    args = ("fetch", "-", "--into", tmp_path, "--delay", "0")
    done = run_bureau(*args, given=listed)
    assert done.returncode == 0
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[-1] == "1 fetched, 0 unchanged, 1 refused by robots.txt, 2 failed"
    assert f"a.pdf ← {site.url('/a.pdf')}" in lines
    assert f"failed: {site.url('/404')}: the server answers 404 Not Found" in lines
    assert "failed: nonsense: it is no http or https URL" in lines

    done = run_bureau(*args, given=listed, BUREAU_LANG="zh")
    assert done.returncode == 2  # nothing fetched, and something failed
    assert done.stderr.splitlines()[-1] == "已下载 0，未变 1，被 robots.txt 拒绝 1，失败 2"
    assert f"失败：{site.url('/404')}：服务器返回 404 Not Found" in done.stderr
    assert len(load_ledger(tmp_path)) == 4


def test_a_list_or_name_that_cannot_be_used(tmp_path):
    assert_refused(run_bureau("fetch", "-", "--into", tmp_path, given="# no\n"), "names no URL")
    assert_refused(run_bureau("fetch", tmp_path / "none", "--into", tmp_path), "cannot be read")
    (tmp_path / "file").write_text("x")
    args = ("fetch", "-", "--into", tmp_path / "file")
    assert_refused(run_bureau(*args, given="http://127.0.0.1:1/"), "file", "File exists")
    args = ("fetch", "-", "--into", tmp_path, "--agent", "x\r\ny: z")
    assert_refused(run_bureau(*args, given="http://127.0.0.1:1/"), "--agent")


def test_a_full_disk_ends_the_run_and_names_the_file(site, tmp_path):
    site.pages = {"/a.txt": answer(b"x" * 1000), "/b.pdf": answer(PDF * 30)}
    code = (
        "import resource as r, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "r.setrlimit(r.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "from search_api.cli import main; main()"
    )
    listed = tmp_path / "urls.txt"
    listed.write_text("\n".join(site.url(path) for path in site.pages))
    done = subprocess.run(
        [sys.executable, "-c", code, "fetch", listed, "--into", tmp_path / "into", "--delay=0"],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "BUREAU_LANG": "en"},
        check=False,
    )
    assert done.returncode == 2
    assert "into/.fetching-" in done.stderr and "EFBIG" in done.stderr
    assert files_in(tmp_path / "into") == ["a.txt"]


GUARD = """
import os, sys
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        if event == "socket.connect" and isinstance(args[1], (str, bytes)):
            return  # between processes of this machine
        with open(os.environ["WATCHED"], "a") as out:
            out.write(f"{event} {args[1:]}\\n")
sys.addaudithook(watch)
"""


VERBS = """
import sys
from search_api.cli import app

reports, index = sys.argv[1:]
for words in (["index", reports], ["search", "律师怎么参与接访"], ["ask", "律师怎么参与接访"]):
    assert not app([*words, "--index", index], standalone_mode=False)
assert "indexer.fetch.client" not in sys.modules
"""


def test_no_other_verb_opens_a_connection(site, tmp_path, small):
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    watched = tmp_path / "watched"
    env = {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(TESTS.parent)))}
    env |= {"WATCHED": str(watched), "BUREAU_LANG": "en"}
    subprocess.run(
        [sys.executable, "-c", VERBS, small, tmp_path / "index"],
        env={**os.environ, **env},
        check=True,
        timeout=120,
    )
    assert not watched.exists()
    args = ("fetch", "-", "--into", tmp_path / "into", "--delay", "0")
    run_bureau(*args, given=site.url("/r.pdf"), **env)
    assert str(site.port) in watched.read_text()  # the guard does see one


def test_the_ledger_of_fetched_files_is_no_report(site, tmp_path):
    site.pages["/r.pdf"] = answer(PDF)
    fetch_one(site.url("/r.pdf"), tmp_path)
    assert [source.name for source in find_sources([tmp_path])] == ["r.pdf"]
