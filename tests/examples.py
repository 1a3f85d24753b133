"""Real answers as examples for the interface's description.

`python tests/examples.py` writes them anew, over the five bundled reports, with real uploads.
"""

import json
import tempfile
from pathlib import Path

from starlette.testclient import TestClient

from indexer.build import build_index
from indexer.embedders import BundledEmbedder
from indexer.shapes import BadIndex
from indexer.sources import bundled_corpus
from indexer.store import Index
from search_api.app import create_app
from search_api.engine import Engine
from search_api.serving.problems import Busy, problem
from search_api.serving.server import late

KEPT = Path(__file__).parents[1] / "search_api" / "routes" / "examples.json"
QUESTION = "律师怎么参与接访"
UPLOAD = """青禾县信访局2022年法治政府建设工作报告
2022年，青禾县信访局认真履行职责，现将有关情况报告如下。
一、主要做法
（一）依法办理。对重复信访逐案建立台账，由县级领导包案化解，全年化解积案12件。
二、下一步打算
组织律师参与接访，为来访群众提供法律咨询。
"""
LATER = """青禾县信访局2023年法治政府建设工作报告
2023年，青禾县信访局认真履行职责，现将有关情况报告如下。
一、主要做法
（一）依法办理。对重复信访逐案建立台账，由县级领导包案化解，全年化解积案15件。
（二）律师接访。组织律师到接待大厅接访，为来访群众提供法律咨询86人次。
"""


def example_requests(client):
    """(operation, status, media type, request) for every answer that has an example."""
    hit = client.get("/v1/search", params={"q": QUESTION, "k": 1}).json()["hits"][0]
    quote = {"report_id": "yongan-2024", "start": 0, "end": 4, "text": "永安市信"}
    asked = {"q": QUESTION, "k": 1}
    stream = {"Accept": "text/event-stream"}
    for operation, params, headers in (
        ("/v1/search", asked, {}),
        ("/v1/search", asked | {"year": 1999}, {}),
        ("/v1/facets", {"q": QUESTION, "year": 2024}, {}),
        ("/v1/ask", asked, {}),
        ("/v1/ask", asked, stream),
        ("/v1/compare", {"q": QUESTION, "region": ["广东省", "三门峡市"]}, {}),
        ("/v1/compare/export", {"q": QUESTION, "region": "广东省"}, {}),
        ("/v1/coverage", {}, {}),
        ("/v1/practices", {}, {}),
        ("/v1/matrix", {"practice": "P06", "by": "province"}, {}),
        ("/v1/matrix/export", {"practice": "P06", "by": "province"}, {}),
        ("/v1/indicators", {"q": "化解率"}, {}),
        ("/v1/indicators/export", {"q": "化解率"}, {}),
        ("/v1/wording", {"q": "信访问题源头治理"}, {}),
        ("/v1/wording/top", {"k": 2}, {}),
        ("/v1/wording/export", {"q": "信访问题源头治理", "year": 2023}, {}),
        ("/v1/gloss", {"text": "推进信访工作法治化"}, {}),
        ("/v1/reports", {"k": 1}, {}),
        ("/v1/export", asked, {}),
        ("/healthz", {}, {}),
        ("/readyz", {}, {}),
    ):
        yield (
            f"get {operation}",
            {"method": "GET", "url": operation, "params": params} | {"headers": headers},
        )
    for operation, name in (
        ("/v1/passages/{passage_id}", hit["passage_id"]),
        ("/v1/cite/{passage_id}", hit["passage_id"]),
        ("/v1/reports/{report_id}", hit["report_id"]),
    ):
        url = operation.partition("{")[0] + name
        yield f"get {operation}", {"method": "GET", "url": url}
    shares = {"method": "GET", "url": "/v1/reports/sanmenxia-2025/wording"}
    yield "get /v1/reports/{report_id}/wording", shares
    body = {"method": "POST", "url": "/v1/verify", "json": {"quotes": [quote]}}
    yield "post /v1/verify", body
    article = f"> {quote['text']}[^1]\n\n[^1]: {hit['issuer']}. `yongan-2024:0-4`\n"
    checked = {"method": "POST", "url": "/v1/verify/article", "content": article.encode()}
    yield "post /v1/verify/article", checked
    items = {"name": "听证", "items": [{"id": hit["passage_id"], "note": "第二节"}]}
    for form in ("md", "gbt7714-2025", "csv"):
        url = f"/v1/collections/export?format={form}"
        yield "post /v1/collections/export", {"method": "POST", "url": url, "json": items}
    files = {"file": ("青禾县-2022.txt", UPLOAD.encode())}
    yield "post /v1/reports", {"method": "POST", "url": "/v1/reports", "files": files}
    files = {"file": ("青禾县-2023.txt", LATER.encode())}
    yield "post /v1/reports", {"method": "POST", "url": "/v1/reports", "files": files}
    pair = {"a": "青禾县-2022", "b": "青禾县-2023"}
    for operation in ("/v1/changes", "/v1/changes/plans", "/v1/changes/export"):
        yield f"get {operation}", {"method": "GET", "url": operation, "params": pair}
    shown = {"issuer": "青禾县"}
    yield "get /v1/changes/pairs", {"method": "GET", "url": "/v1/changes/pairs", "params": shown}


def problems(client):
    """A problem of every status that is documented."""
    asked = "/v1/search?q=" + QUESTION
    found = [
        client.get(asked, headers={"Host": "evil.example"}),
        client.post("/v1/verify", content=b"\xff", headers={"Content-Type": "application/json"}),
        client.get("/v1/reports/nope"),
        late(),
        problem(409, str(busy := Busy("another upload is being indexed", "正在处理")), busy.zh),
        client.post("/v1/verify", headers={"Content-Length": "9" * 12}),
        client.get("/v1/search?q=" + "a" * 60_000),
        client.get("/v1/reports/yongan-2024/file", headers={"Range": "bytes=999999-"}),
        client.get(asked + "&k=0"),
        problem(503, str(BadIndex("the index is damaged: rebuild it with “bureau index”"))),
    ]
    bodies = [json.loads(getattr(response, "content", None) or response.body) for response in found]
    return {str(body["status"]): body for body in bodies}


def made(client):
    """All examples: operation -> status -> media type -> answer."""
    kept = {"problems": problems(client)}
    for operation, request in example_requests(client):
        response = client.request(**request)
        media_type = response.headers["content-type"].partition(";")[0]
        body = response.json() if media_type == "application/json" else response.text
        kept.setdefault(operation, {}).setdefault(str(response.status_code), {}).setdefault(
            media_type, body
        )
    return kept


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        embedder = BundledEmbedder()
        build_index([bundled_corpus()], Path(folder), embedder)
        app = create_app(Engine(Index.open(Path(folder)), embedder), uploads=True)
        text = json.dumps(made(TestClient(app, base_url="http://localhost")), ensure_ascii=False)
        KEPT.write_text(json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n", "utf-8")
