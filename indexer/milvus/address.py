"""Where a Milvus index is: ``milvus://host:port/collection``, or a file of milvus-lite."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

from indexer.shapes import BadInput

PORT = 19530
SCHEMES = ("milvus", "http", "https", "tcp")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
VECTOR_INDEXES = ("FLAT", "HNSW", "HNSW_SQ", "IVF_SQ8", "DISKANN")
TOKEN = "BUREAU_MILVUS_TOKEN"  # noqa: S105 - the variable's name; user:password, never in an address
FORMS = "milvus://host:port/collection, or milvus:///path/file.db/collection for milvus-lite"


@dataclass(frozen=True, slots=True)
class Address:
    """One collection of one Milvus.

    ``uri`` is what pymilvus opens: http://host:port, or the path of a milvus-lite file.
    """

    uri: str
    collection: str
    database: str = ""
    vectors: str = ""  # kind of vector index; by size if empty

    @property
    def embedded(self) -> bool:
        """Whether it is a file of milvus-lite."""
        return self.uri.endswith(".db")

    @property
    def token(self) -> str:
        """User and password, from the environment."""
        return os.environ.get(TOKEN, "")

    def __str__(self) -> str:
        database = f"/{self.database}" if self.database else ""
        kind = f"?vectors={self.vectors}" if self.vectors else ""
        return f"{self._server}{database}/{self.collection}{kind}"

    @property
    def _server(self) -> str:
        if self.embedded:
            return f"milvus://{self.uri}" if self.uri.startswith("/") else f"milvus:{self.uri}"
        return self.uri if self.uri.startswith("https") else self.uri.replace("http", "milvus", 1)


def is_address(where: object) -> bool:
    """Whether ``where`` (text or path) names a Milvus index and no folder."""
    return str(where).startswith(tuple(f"{scheme}:" for scheme in SCHEMES))


def parse_address(where: object) -> Address:
    """Read an address; one that `pathlib.Path` took a slash from is understood too.

    :raises BadInput: if it is none.
    """
    text = str(where)
    scheme, _, rest = text.partition(":")
    parts = urlsplit(f"//{rest.lstrip('/')}")
    if "@" in parts.netloc:
        raise BadInput(
            f"an address holds no password: put user:password into {TOKEN}",
            f"地址中不能含密码：请把 用户:密码 放进环境变量 {TOKEN}",
        )
    *above, name = parts.path.strip("/").split("/")
    if scheme == "milvus" and ".db/" in rest:
        path = rest.partition("?")[0].removesuffix(f"/{name}")
        uri, database = (f"/{path.lstrip('/')}" if path.startswith("/") else path), ""
    else:
        uri, database = _server(scheme, parts), "".join(above)
    if not uri or (len(above) > 1 and not uri.endswith(".db")) or not NAME.fullmatch(name):
        raise _unreadable(text)
    return Address(uri, name, database, _vectors(parts.query))


def _server(scheme: str, parts: SplitResult) -> str:
    """What pymilvus calls the server; empty where there is none."""
    scheme = "https" if scheme == "https" else "http"
    try:
        port = parts.port or (443 if scheme == "https" else PORT)
    except ValueError:
        return ""
    host = parts.hostname or ""
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}" if host else ""


def _vectors(query: str) -> str:
    kind = parse_qs(query).get("vectors", [""])[0].upper()
    if kind and kind not in VECTOR_INDEXES:
        known = ", ".join(VECTOR_INDEXES)
        raise BadInput(f"no vector index “{kind}”: one of {known}", f"没有 “{kind}” 索引：{known}")
    return kind


def _unreadable(text: str) -> BadInput:
    shown = text[:100]
    return BadInput(
        f"“{shown}” is no Milvus address: write {FORMS}; a collection's name has letters, "
        "digits and _",
        f"“{shown}” 不是 Milvus 地址：应为 {FORMS}；集合名只含字母、数字和下划线",
    )
