"""The HTTP interface and the page: a thin shell over the engine.

What it answers is in `search_api.routes`, one module for each purpose; what stands between the
network and those is in `search_api.serving`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.middleware import Middleware

from search_api.engine import Engine
from search_api.llm.model import LanguageModel
from search_api.routes import uploading
from search_api.routes.asking import add_ask, add_search
from search_api.routes.changes import add_changes
from search_api.routes.collecting import add_collecting
from search_api.routes.comparing import add_comparing
from search_api.routes.document import DESCRIPTION, TAGS, TITLE, Described
from search_api.routes.health import add_health
from search_api.routes.indicators import add_indicators
from search_api.routes.matrix import add_matrix
from search_api.routes.reading import add_reading
from search_api.routes.sharing import add_sharing
from search_api.routes.wording import add_wording
from search_api.serving.caching import Compressed, Pinned
from search_api.serving.guards import SECURITY, OwnSite, SecurityHeaders, SoundRequest
from search_api.serving.live import Live
from search_api.serving.monitor import Measured, Monitor
from search_api.serving.problems import add_problems
from search_api.serving.uploads import LONGEST_FORM, Uploads

WEB = Path(__file__).resolve().parents[1] / "web"


def create_app(
    engine: Engine,
    *,
    hosts: Iterable[str] = (),
    uploads: bool = False,
    model: LanguageModel | None = None,
) -> FastAPI:
    """The application over an engine and, later, over the generations published after it.

    ``hosts`` are the names that the server goes by beside localhost and the loopback addresses.
    With ``uploads``, reports may be added through it; with a ``model``, the event stream of
    /v1/ask goes on with that model's answer.
    """
    live = Live(engine)
    monitor = Monitor(live)
    bodies = {("POST", uploading.PATH): LONGEST_FORM} if uploads else {}
    guards = [
        Middleware(SecurityHeaders),
        Middleware(Measured, monitor=monitor),
        Middleware(OwnSite, hosts=tuple(hosts)),
        Middleware(SoundRequest, bodies=bodies),
        Middleware(Compressed),
        Middleware(Pinned, live=live),
    ]
    app = Described(
        title=TITLE,
        version="1",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        middleware=guards,
    )
    add_problems(app, RequestValidationError, SECURITY)
    add_search(app)
    add_ask(app, model)
    add_comparing(app)
    add_wording(app)
    add_reading(app)
    uploading.add_uploading(app, Uploads(live) if uploads else None)
    add_sharing(app)
    add_collecting(app)
    add_matrix(app)
    add_indicators(app)
    add_changes(app)
    add_health(app, live, monitor)
    app.mount("/", StaticFiles(directory=WEB, html=True), name="web")
    return app
