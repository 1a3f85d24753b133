"""Adding a report over HTTP: the file is kept beside the index, a child process indexes it.

One upload at a time. The file is stored as DIR/uploads/NAME and a child process (`adding`) adds
that folder, so that a parser that runs wild cannot harm the server, which goes on answering. If
nothing comes of it, the file is removed again and no generation is published: a refused file
leaves no trace. The new generation is opened before the client hears of it: what
it finds next holds its report.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool

from indexer.files import only_writer
from indexer.generations import number_of
from indexer.readers import MAX_BYTES, READERS
from indexer.shapes import BadIndex, BadInput, BureauError, LedgerEntry
from search_api.engine import Engine
from search_api.fields import Fields
from search_api.serving import adding
from search_api.serving.adding import Order
from search_api.serving.live import Live
from search_api.serving.problems import Busy
from search_api.serving.siblings import wait_for_all

FOLDER = "uploads"
LONGEST_NAME = 120  # bytes of UTF-8: with a number behind it, any file system takes it
LONGEST_FORM = MAX_BYTES + 64 * 1024  # bytes of a body: the file and what is written round it
OTHERS_SECONDS = 10.0  # in which the other processes that answer open the new generation
INDEX_SECONDS = 600.0  # that indexing one file may take
LONGEST_REASON = 2000  # characters of what the child says
UNSAFE = re.compile(r'[<>:"|?*\\/]')
WRITER = re.compile(r"is being written by process ([^:\s]+)")


@dataclass(frozen=True, slots=True)
class Added:
    """A report that can be found from now on."""

    entry: LedgerEntry
    engine: Engine


def fields_of(added: Added) -> Fields:
    """What a client is told of its report."""
    entry = added.entry
    return {
        "report_id": entry.report_id,
        "passages": entry.passages,
        "ledger": asdict(entry),
        "generation": added.engine.index.generation,
    }


class Uploads:
    """The one place where files come in."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.root = live.engine.local.folder.parent
        self.folder = self.root / FOLDER
        self._busy = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the one place for an upload.

        :raises Busy: if it is held, or if another process is writing the index.
        """
        if self._busy:
            raise Busy(
                "another upload is being indexed: try again when it is done",
                "正在处理另一份上传的文件：请稍后再试",
            )
        self._busy = True
        try:
            self._refuse_if_written()
            yield
        finally:
            self._busy = False

    def _refuse_if_written(self) -> None:
        try:
            with only_writer(self.root):
                pass
        except BadIndex as error:
            raise written(str(error)) from None
        except OSError as error:
            raise unwritable(error) from None

    async def add(self, file: BinaryIO, name: str) -> Added:
        """Store a file under a safe form of ``name`` and index it.

        :raises BadInput: saying why nothing came of it; the file is then removed again.
        :raises Busy: if another process began to write the index meanwhile.
        :raises BadIndex: if the new generation cannot be opened.
        """
        clean = safe_name(name)
        try:
            path, new = await run_in_threadpool(store, file, self.folder, clean)
        except OSError as error:
            raise unwritable(error) from None
        try:
            await self._index(path)
        except BaseException:
            if new:
                path.unlink(missing_ok=True)
            raise
        engine = await run_in_threadpool(self.live.refreshed)
        if self.live.trouble:
            raise BadIndex(self.live.trouble)
        await run_in_threadpool(wait_for_all, number_of(engine.local.folder), OTHERS_SECONDS)
        try:
            return Added(entry_of(engine, path), engine)
        except BadInput:
            if new:
                path.unlink(missing_ok=True)
            raise

    async def _index(self, path: Path) -> None:
        """Run the indexer, which finds one more file."""
        model = self.live.engine.index.manifest.embedder
        prompts = (model.query_prompt, model.passage_prompt)
        order = Order(str(self.root), str(path), model.name, *prompts)
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", adding.__name__),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(INDEX_SECONDS):
                said, _ = await child.communicate(order.to_json().encode())
        except TimeoutError:
            raise BadInput(
                f"{path.name} took more than {INDEX_SECONDS:.0f} seconds to index",
                f"{path.name} 的索引用时超过 {INDEX_SECONDS:.0f} 秒",
            ) from None
        finally:
            await stopped(child)
        if child.returncode:
            raise failure(said, path, self.root)


async def stopped(child: asyncio.subprocess.Process) -> None:
    """End a child that still runs, as when the client has left or time is up."""
    if child.returncode is None:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def failure(said: bytes, path: Path, root: Path) -> BureauError:
    """Why the indexer failed, from what it said, without the server's folders."""
    try:
        en, zh = map(str, json.loads(said.splitlines()[-1]))
    except (IndexError, ValueError, TypeError):
        en, zh = "its indexer ended without a reason", "索引进程异常结束"
    if WRITER.search(en):
        return written(en)
    for folder in (path.parent, root.absolute(), root):
        en, zh = (text.replace(f"{folder}{os.sep}", "") for text in (en, zh))
    return not_indexed(path, en, zh)


def not_indexed(path: Path, en: str, zh: str) -> BadInput:
    """The error for a file that nothing came of."""
    en, zh = en[:LONGEST_REASON], zh[:LONGEST_REASON]
    return BadInput(f"{path.name} was not indexed: {en}", f"{path.name} 未能收录：{zh}")


def written(reason: str) -> Busy:
    """The error for an index that someone else is writing."""
    found = WRITER.search(reason)
    holder = found[1] if found else "another process"
    return Busy(
        f"the index is being written by process {holder}: try again when it is done",
        f"进程 {holder} 正在写入索引：请稍后再试",
    )


def unwritable(error: OSError) -> BadIndex:
    """The error for a disk that takes nothing."""
    reason = error.strerror or type(error).__name__
    return BadIndex(f"the upload cannot be stored: {reason}", f"无法保存上传的文件：{reason}")


def entry_of(engine: Engine, path: Path) -> LedgerEntry:
    """The ledger's line of the file at ``path``.

    :raises BadInput: with the reason, if it has no report.
    """
    entries = [e for e in engine.index.ledger if PurePosixPath(e.file).name == path.name]
    for entry in entries:
        if entry.report_id and engine.index.report(entry.report_id).source == str(path.absolute()):
            return entry
    raise not_indexed(path, "the index does not have it", "索引中没有它")


def safe_name(name: str) -> str:
    """A file name without folders or anything that a shell, system or reader trips over.

    :raises BadInput: if it does not end like a file that can be read.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    path = PurePosixPath(UNSAFE.sub("_", shown).strip(" .") or "report")
    suffix = path.suffix.lower()
    if suffix not in READERS:
        known = ", ".join(READERS)
        raise BadInput(
            f"file: “{suffix or path.name[:40]}” is no supported format ({known})",
            f"file：不支持 “{suffix or path.name[:40]}” 格式（支持 {known}）",
        )
    stem = path.stem.strip(" .-")
    room = LONGEST_NAME - len(suffix)
    return (stem.encode("utf-8")[:room].decode("utf-8", "ignore") or "report") + suffix


def store(file: BinaryIO, folder: Path, name: str) -> tuple[Path, bool]:
    """(path, whether it is new) of a file with these bytes: the same file is kept once.

    :raises BadInput: if it is empty or too large.
    """
    size = file.seek(0, os.SEEK_END)
    if not 0 < size <= MAX_BYTES:
        raise BadInput(
            f"file: {size:,} bytes; it must have at least 1 and at most {MAX_BYTES:,}",
            f"file：{size:,} 字节；应在 1 到 {MAX_BYTES:,} 字节之间",
        )
    folder.mkdir(mode=0o700, exist_ok=True)
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    for number in range(1, 10_000):
        path = folder / (name if number == 1 else f"{stem}-{number}{suffix}")
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            if same_bytes(file, path):
                return path, False
            continue
        with os.fdopen(handle, "wb") as out:
            file.seek(0)
            shutil.copyfileobj(file, out)
            out.flush()
            os.fsync(out.fileno())
        return path, True
    raise BadInput(f"file: there are too many files of the name {name}")


def same_bytes(file: BinaryIO, path: Path) -> bool:
    """Whether the file at ``path`` is an ordinary one with the bytes of ``file``."""
    if path.is_symlink() or not path.is_file():
        return False
    file.seek(0)
    given = file_digest(file, "sha256").digest()  # type: ignore[arg-type]
    with path.open("rb") as there:
        return file_digest(there, "sha256").digest() == given
