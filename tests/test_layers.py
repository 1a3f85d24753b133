"""The direction of imports, and one importer for each heavy library."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = {
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): path
    for package in ("indexer", "search_api")
    for path in (ROOT / package).rglob("*.py")
}
TRAINING = "indexer.training"
ROUTES = "search_api.routes"
ONE_IMPORTER = {
    "faiss": {"indexer.vectors"},
    "pymilvus": {"indexer.milvus.client"},
    "tantivy": {"indexer.lexical"},
    "onnxruntime": {"indexer.embedders"},
    "tokenizers": {"indexer.embedders"},
    "sentence_transformers": {"indexer.embedders", "search_api.rerank"},
    "openai": {"search_api.llm.client"},
    "httpx2": {"search_api.llm.client"},
    "pdfplumber": {"indexer.readers.pdf"},
    "pypdfium2": {"indexer.readers.ocr"},
    "rapidocr": {"indexer.readers.ocr"},
    "lxml": {"indexer.readers.ofd"},
    "docx": {"indexer.readers.word"},
    "selectolax": {"indexer.readers.markup"},
    "cnloc": {"indexer.regions"},
    "rjieba": {"indexer.words"},
    "jieba": {"indexer.keywords"},
    "Stemmer": {"indexer.bridge"},
    "rapidfuzz": {"indexer.spelling", "search_api.changes.wording"},
    "pypinyin": {"indexer.names"},
    "charset_normalizer": {"indexer.readers.text"},
    "httpx": {"indexer.fetch.client"},
    "httpcore": {"indexer.fetch.client"},
    "fastapi": {"search_api.app", ROUTES},
    "uvicorn": {"search_api.serving.server", "search_api.serving.workers"},
    "typer": {"search_api.cli"},
    "prometheus_client": {"search_api.serving.monitor"},
    "openpyxl": {"search_api.sharing.tables"},
    "rich": {"search_api.terminal"},
    "mcp": {"search_api.mcp"},
    "mcp_types": {"search_api.mcp"},
    "torch": set(),
}
SHELLS = {
    "search_api.cli",
    "search_api.options",
    "search_api.shells.wording",
    "search_api.serve",
    "search_api.catalogue",
    "search_api.fetching",
    "search_api.sharing.verbs",
    "search_api.app",
    "search_api.terminal",
    "search_api.shells.changes",
    "search_api.shells.collect",
    "search_api.shells.drafting",
    "search_api.shells.indexing",
    "search_api.shells.indicators",
    "search_api.shells.proof",
    "search_api.shells.matrix",
    "search_api.shells.mcp",
    "search_api.shells.evaluate",
    "search_api.mcp",
}


def imports_of(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


IMPORTS = {name: imports_of(path) for name, path in SOURCES.items()}


def importers_of(library):
    return {
        name
        for name, found in IMPORTS.items()
        if any(i == library or i.startswith(library + ".") for i in found)
    }


def test_the_write_side_never_imports_the_read_side():
    assert {n for n in importers_of("search_api") if n.startswith("indexer")} == set()


def test_only_shells_import_shells():
    for shell in SHELLS:
        assert importers_of(shell) <= SHELLS


@pytest.mark.parametrize(("library", "importers"), ONE_IMPORTER.items())
def test_heavy_library_has_one_importer(library, importers):
    found = {name for name in importers_of(library) if not name.startswith(TRAINING)}
    found = {ROUTES if name.startswith(ROUTES + ".") else name for name in found}
    assert found == importers


def test_only_the_application_imports_the_routes():
    found = {name for name in importers_of(ROUTES) if not name.startswith(ROUTES)}
    shapes = {n for n in found if all(i.startswith(f"{ROUTES}.schemas.") for i in routes_of(n))}
    assert found - shapes == {"search_api.app"}
    assert all(name.startswith("search_api.tools.") for name in shapes)


def routes_of(name):
    return {i for i in IMPORTS[name] if i.startswith(ROUTES)}


def test_only_the_baselines_import_the_training_code():
    found = {n for n in importers_of(TRAINING) if not n.startswith(TRAINING)}
    assert found == {"search_api.baselines"}
