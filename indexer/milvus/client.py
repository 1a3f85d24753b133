"""pymilvus (its only importer): every call has an end, and every failure a sentence.

A server that answers a request waits a limited time for one call, and a limited time for all
calls of the request together (see `READING`); then it says that Milvus does not answer. The next
request connects anew, so nothing has to be restarted when Milvus is back. Building waits longer,
and tries again.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, get_ident
from typing import TYPE_CHECKING, Any

from indexer.milvus.address import Address
from indexer.shapes import BadIndex, BadInput, BureauError

if TYPE_CHECKING:
    from pymilvus import MilvusClient

USUAL = 0.25  # seconds that a call takes where all is well
REQUEST = 5.0  # seconds in which a request is answered, or said to fail
FIRST_PAUSE = 0.5  # seconds before a build tries again; each pause is twice the one before
AGAIN = 0.5  # seconds in which nobody connects anew after a failure
AT_ONCE = 1000  # rows in one call
OWN_LINE = {"grpc.use_local_subchannel_pool": 1}  # else a new one waits as the old one did
MISSING = (100, 1600)  # codes of Milvus: no such collection or alias
UNLOADED = (101, 103)  # codes of Milvus: not loaded, or not yet
NOT_CONNECTED = 2  # code of pymilvus
LOST = re.compile("Retry (timeout|run out)|closed channel|Open local")  # what pymilvus says then


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for Milvus, in seconds, and how often to try."""

    call: float
    total: float = float("inf")  # longer than usual, in one request
    tries: int = 1


READING = Patience(call=2.0, total=2.5)  # eight calls, the last without an answer: 4.5 s
OPENING = Patience(call=4.0)
BUILDING = Patience(call=60.0, tries=7)  # half a minute of pauses
INSIDE = Patience(call=60.0)  # milvus-lite, in this process


class Unreachable(BadIndex):
    """Milvus does not answer, or not in time."""


class Refused(BadIndex):
    """Milvus answers that it cannot do what it was asked."""

    def __init__(self, en: str, zh: str, *, code: int) -> None:
        super().__init__(en, zh)
        self.missing = code in MISSING
        self.unloaded = code in UNLOADED or "not loaded" in en


@dataclass(slots=True)
class _Waited:
    """How much longer than usual the calls of one request have taken."""

    thread: int
    since: float
    seconds: float = 0.0


_waited: ContextVar[_Waited | None] = ContextVar("waited", default=None)


def waited() -> _Waited:
    """The account of this request: its thread runs in a context of its own.

    Where that is not so, as on the command line, it begins anew every `REQUEST` seconds.
    """
    account, now = _waited.get(), time.monotonic()
    if account is None or account.thread != get_ident() or now - account.since > REQUEST:
        account = _Waited(get_ident(), now)
        _waited.set(account)
    return account


class Server:
    """One Milvus."""

    def __init__(self, address: Address, patience: Patience) -> None:
        self.address = address
        self.patience = INSIDE if address.embedded else patience
        self._client: MilvusClient | None = None
        self._retired: MilvusClient | None = None
        self._lock = Lock()
        self._failed = float("-inf")

    def close(self) -> None:
        """Hang up."""
        for client in (self._client, self._retired):
            if client is not None:
                client.close()
        self._client = self._retired = None

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - pymilvus's types
        """What pymilvus's ``name`` gives.

        :raises Unreachable: if Milvus does not answer in time.
        :raises Refused: if it answers with an error.
        """
        tries = self.patience.tries
        for attempt in range(tries):
            try:
                return self._once(name, args, kwargs)
            except Unreachable:
                if attempt + 1 == tries:
                    raise
                time.sleep(FIRST_PAUSE * 2**attempt)
            except Refused as error:
                if not error.unloaded or name == "load_collection":
                    raise
                self._once("load_collection", args[:1], {})
                return self._once(name, args, kwargs)
        raise AssertionError("a call was tried no time")

    def _once(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401
        account, started = waited(), time.monotonic()
        seconds = min(self.patience.call, self.patience.total - account.seconds)
        if seconds <= 0:
            raise self._unreachable()
        try:
            client = self._connected(seconds)
            return getattr(client, name)(*args, timeout=seconds, **kwargs)
        except BureauError:
            raise
        except Exception as error:
            raise self._explained(error) from None
        finally:
            if self.patience is READING:
                account.seconds += max(0.0, time.monotonic() - started - USUAL)

    def _connected(self, seconds: float) -> MilvusClient:
        client = self._client
        if client is not None:
            return client
        if not self._lock.acquire(timeout=seconds):
            raise self._unreachable()
        try:
            if self._client is None:
                if time.monotonic() - self._failed < AGAIN and self.patience is READING:
                    raise self._unreachable()
                self._client = self._connect(seconds)
            return self._client
        finally:
            self._lock.release()

    def _connect(self, seconds: float) -> MilvusClient:
        try:
            from pymilvus import MilvusClient
        except ImportError:
            raise BadInput(
                "an index on Milvus needs pymilvus: install bureau-search[milvus]",
                "使用 Milvus 索引需要 pymilvus：请安装 bureau-search[milvus]",
            ) from None
        if self.address.embedded and not Path(self.address.uri).absolute().parent.is_dir():
            folder = Path(self.address.uri).parent
            raise BadInput(f"{folder}: no such folder", f"{folder}：没有这个目录")
        for library in ("pymilvus", "milvus_lite", "grpc"):  # what they log, our errors say
            logging.getLogger(library).setLevel(logging.CRITICAL)
        try:
            return MilvusClient(
                uri=self.address.uri,
                token=self.address.token,
                db_name=self.address.database,
                timeout=seconds,
                dedicated=not self.address.embedded,
                grpc_options=OWN_LINE,
            )
        except Exception as error:
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> Exception:
        """An error of pymilvus in our words; one that is none of its, as it is."""
        kinds = {kind.__name__ for kind in type(error).__mro__}
        code, reason = getattr(error, "code", None), str(getattr(error, "message", error))
        said = "MilvusException" in kinds and isinstance(code, int) and code != NOT_CONNECTED
        if "RpcError" in kinds or ("MilvusException" in kinds and not said) or LOST.search(reason):
            self._hang_up()
            return self._unreachable()
        if not said or code is None:
            return error
        shown = " ".join(reason.split())[:200]
        return Refused(
            f"Milvus at {self.address.uri} refused: {shown}",
            f"Milvus（{self.address.uri}）拒绝了请求：{shown}",
            code=code,
        )

    def _hang_up(self) -> None:
        """Connect anew next time; calls of others that are under way may still end well."""
        self._failed = time.monotonic()
        old, self._retired, self._client = self._retired, self._client or self._retired, None
        if old is not None and old is not self._retired:
            old.close()

    def _unreachable(self) -> Unreachable:
        uri = self.address.uri
        if self.address.embedded:
            return Unreachable(
                f"{uri} cannot be opened by milvus-lite: another process may have it open",
                f"milvus-lite 无法打开 {uri}：可能已被其他进程打开",
            )
        return Unreachable(f"Milvus at {uri} does not answer", f"Milvus（{uri}）没有应答")

    def create(self, collection: str, fields: Sequence[tuple[str, str, Mapping[str, Any]]]) -> None:
        """Make a collection of these (name, type, options); no matter if another just did."""
        from pymilvus import DataType, MilvusClient

        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        for name, kind, options in fields:
            typed = {k: DataType[v] if k == "element_type" else v for k, v in options.items()}
            schema.add_field(name, DataType[kind], **typed)
        try:
            self.call("create_collection", collection, schema=schema, consistency_level="Bounded")
        except Refused:
            if not self.call("has_collection", collection):
                raise

    def index(self, collection: str, indexes: Sequence[tuple[str, str, Mapping[str, Any]]]) -> None:
        """Make those of the indexes (field, type, options) that are not there yet; no matter if
        another just did."""
        from pymilvus import MilvusClient

        for field, kind, options in indexes:
            if self.call("list_indexes", collection, field_name=field):
                continue  # of a build that was killed while it published
            params = MilvusClient.prepare_index_params()
            params.add_index(field, index_type=kind, **options)
            try:
                self.call("create_index", collection, params)
            except Refused:
                if not self.call("list_indexes", collection, field_name=field):
                    raise

    def upsert(self, collection: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows, over those of the same key."""
        for start in range(0, len(rows), 200):
            self.call("upsert", collection, list(rows[start : start + 200]))

    def get(
        self, collection: str, keys: Sequence[int], fields: Sequence[str], *, fresh: bool = False
    ) -> list[Mapping[str, Any]]:
        """The rows of ``keys`` that there are; ``fresh`` sees what was written a moment ago."""
        level = {"consistency_level": "Strong"} if fresh else {}
        found: list[Mapping[str, Any]] = []
        for start in range(0, len(keys), AT_ONCE):
            part = list(keys[start : start + AT_ONCE])
            found += self.call("get", collection, part, output_fields=list(fields), **level)
        return found

    def delete(self, collection: str, keys: Sequence[int]) -> None:
        """Remove the rows of ``keys``."""
        for start in range(0, len(keys), AT_ONCE):
            self.call("delete", collection, ids=list(keys[start : start + AT_ONCE]))

    def scan(
        self, collection: str, condition: str, fields: Sequence[str]
    ) -> Iterator[Mapping[str, Any]]:
        """All rows that meet a condition, as they are at this moment."""
        iterator = self.call(
            "query_iterator",
            collection,
            batch_size=AT_ONCE,
            filter=condition,
            output_fields=list(fields),
            consistency_level="Strong",
        )
        try:
            while batch := iterator.next():
                yield from batch
        except Exception as error:
            raise self._explained(error) from None
        finally:
            iterator.close()

    def count(self, collection: str, condition: str = "") -> int:
        """How many rows meet a condition."""
        found = self.call(
            "query",
            collection,
            filter=condition,
            output_fields=["count(*)"],
            consistency_level="Strong",
        )
        return int(found[0]["count(*)"])

    def named(self, alias: str) -> str:
        """The collection that an alias stands for; empty if there is none of that name."""
        try:
            found: str = self.call("describe_alias", alias)["collection_name"]
        except Refused as error:
            if error.missing:
                return ""
            raise
        return found
