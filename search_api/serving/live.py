"""The engine over whatever generation is published now, without a restart.

A request keeps the engine that it began with; the next one gets the new engine as soon as
that is open. Opening happens on a thread of its own, so that no request waits for it.
"""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Lock, Thread
from time import monotonic, sleep

from indexer.backend import Backend, Remote
from indexer.embedders import open_embedder
from indexer.shapes import BureauError
from indexer.store import Index
from search_api.engine import Engine
from search_api.serving import siblings

CHECK_EVERY = 1.0  # seconds between two looks at CURRENT
log = logging.getLogger(__name__)


class Live:
    """Holds an engine and replaces it when another generation is published."""

    def __init__(self, engine: Engine) -> None:
        engine.index.hold_tools()
        self.engine = engine
        self.trouble = ""  # why the published generation is not the one that answers
        self._far = isinstance(engine.index, Remote)
        self._current = Path() if self._far else engine.local.folder.parent / "CURRENT"
        self._seen: tuple[int, int] | None = None
        self._checked = float("-inf")
        self._lock = Lock()
        if siblings.folder():
            siblings.told(engine.index.generation)
            Thread(target=self._watch, name="watch", daemon=True).start()

    def _watch(self) -> None:
        """Look at CURRENT also while this process is not asked: another one may be."""
        while True:
            sleep(CHECK_EVERY)
            self.now()

    def now(self) -> Engine:
        """The engine for a request that begins now; never waits."""
        if monotonic() - self._checked >= CHECK_EVERY and self._lock.acquire(blocking=False):
            changed = False
            try:
                changed = self._far or self._look()  # asking a server may take its time
                if changed:
                    Thread(target=self._swap, name="reopen", daemon=True).start()
            finally:
                if not changed:
                    self._lock.release()
        return self.engine

    def refreshed(self) -> Engine:
        """The engine over what is published at this moment; waits until that is open.

        Where it cannot be opened, `trouble` says why, and the engine stays the one before.
        """
        with self._lock:
            if self._look():
                self._open()
        return self.engine

    def _look(self) -> bool:
        """Whether another generation was published since the last look."""
        self._checked = monotonic()
        if isinstance(self.engine.index, Remote):
            return self._moved(self.engine.index)
        try:
            stat = self._current.stat()
        except OSError as error:
            self.trouble = f"{self._current}: {error.strerror}"
            return False
        seen, self._seen = self._seen, (stat.st_mtime_ns, stat.st_ino)
        return seen != self._seen and not (seen is None and self._is_open())

    def _moved(self, index: Remote) -> bool:
        """Whether the server that keeps the index has another generation published."""
        try:
            name = index.published()
        except BureauError as error:
            self.trouble = str(error)
            return False
        if name == self.engine.index.generation:
            self.trouble = ""
        return name != self.engine.index.generation

    def _is_open(self) -> bool:
        """Whether CURRENT names the generation that the engine was opened with."""
        name = self._current.read_bytes().partition(b" ")[0].decode("ascii", "replace")
        return name == self.engine.index.generation

    def _swap(self) -> None:
        """`_open` on a thread of its own; frees the lock."""
        try:
            if not self._far or self._look():
                self._open()
        finally:
            self._lock.release()

    def _open(self) -> None:
        try:
            engine = reopened(self.engine)
            engine.index.hold_tools()
            self.engine = engine
            self.trouble = ""
            siblings.told(self.engine.index.generation)
        except (BureauError, OSError) as error:  # the old generation goes on answering
            self.trouble = str(error)
            log.warning("the published generation cannot be opened: %s", error)


def reopened(old: Engine) -> Engine:
    """An engine like ``old`` over the generation that is published now.

    :raises BureauError: if that is damaged, or its embedding model cannot be opened.
    """
    index: Backend
    if isinstance(old.index, Remote):
        index = old.index.reopened()
    else:
        index = Index.open(old.local.folder.parent)
    built, embedder = index.manifest.embedder, old.embedder
    if built != embedder.identity:
        prompts = {"query_prompt": built.query_prompt, "passage_prompt": built.passage_prompt}
        embedder = open_embedder(built.name, **prompts)
    return Engine(index, embedder, fusion=old.fusion, boosts=old.boosts, reranker=old.reranker)
