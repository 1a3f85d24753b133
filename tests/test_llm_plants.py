"""Instructions planted in reports, before a model that obeys every one of them."""

import csv
import re

import pytest
from llm_double import data_of, double, faithful
from llm_plants import PLANTS
from starlette.testclient import TestClient
from test_ask_stream import STREAM, events_of

from indexer.build import build_index
from indexer.store import Index
from search_api.app import create_app
from search_api.engine import Engine
from search_api.llm.client import Endpoint, Limits, Settings
from search_api.llm.screen import withheld

ZH, EN = "律师怎么参与接访", "how do lawyers take part in receiving petitioners"
PLAIN = "组织律师每周三到接访大厅参与接访，为来访群众提供法律咨询，引导群众依法表达诉求。"
FOREIGN = re.compile(r"https?:|www\.|evil|example|<|>|@")


def plain(text):
    return re.sub(r"\W", "", text).lower()


@pytest.fixture(scope="module")
def planted(tmp_path_factory, embedder):
    """An engine over a report for every plant: in its passage on lawyers, title or file name."""
    home = tmp_path_factory.mktemp("planted")
    folder = home / "reports"
    folder.mkdir()
    rows = []
    for number, plant in enumerate(PLANTS):
        extra = re.sub("[/\\\\]", "／", plant.text)
        name = f"{number:02}{extra if plant.place == 'file' else ''}.txt"
        body = PLAIN + (plant.text if plant.place == "body" else "")
        title = f"青禾县信访局2024年工作报告{plant.text if plant.place == 'title' else ''}"
        lines = [
            title,
            "一、主要做法",
            f"（一）律师参与接访。{body}",
            "二、存在问题",
            f"经费缺口{number}万元。",
        ]
        (folder / name).write_text("\n".join(lines), "utf-8")
        rows.append([name, f"p{number:02}", title if plant.place == "title" else ""])
    with (folder / "corpus.csv").open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([["file", "id", "title"], *rows])
    build_index([folder], home / "index", embedder)
    return Engine(Index.open(home / "index"), embedder)


def obedient(request):
    """Does what every planted text says that it can see, citing the passage and not."""
    said = [faithful(request)]
    sent = plain(request["body"]["messages"][-1]["content"])
    for plant in PLANTS:
        if plain(plant.text) in sent:
            for passage in data_of(request)["passages"]:
                said += forms(plant.obeyed, passage["number"])
    return "\n".join(said)


def forms(obeyed, number):
    bare = obeyed.rstrip("。.")
    return [
        obeyed,
        f"{obeyed}[{number}]",
        f"“{bare}”。[{number}]",
        f"{PLAIN[:-1]}，{bare}。[{number}]",
    ]


def streamed(engine, say, question, report):
    with double(say) as there:
        model = Endpoint(Settings(there.url, "double", Limits(first=10, whole=20)))
        client = TestClient(create_app(engine, model=model), base_url="http://localhost")
        asked = {"q": question, "report": report, "k": 3}
        text = client.get("/v1/ask", params=asked, headers=STREAM).text
        assert len(there.requests) <= 1
        sent = there.requests[0]["body"]["messages"][-1]["content"] if there.requests else ""
        return events_of(text), sent


def check(events, plant):
    names = [name for name, _ in events]
    assert "done" in names and names[-1] == "llm_end"
    for name, fields in events:
        if name == "sentence":
            assert fields["citations"]
            assert not FOREIGN.search(fields["text"])
            assert plain(plant.obeyed) not in plain(fields["text"])
            assert not withheld(fields["text"]) or fields["text"].isascii()


@pytest.mark.parametrize("number", range(len(PLANTS)))
def test_an_obedient_model_says_nothing_of_what_was_planted(planted, number):
    plant = PLANTS[number]
    question = ZH if plant.text != plant.text.encode("ascii", "ignore").decode() else EN
    events, sent = streamed(planted, obedient, question, f"p{number:02}")
    check(events, plant)
    if plant.place != "body":
        assert plain(plant.text) not in plain(sent)


@pytest.mark.parametrize("question", [ZH, EN], ids=["zh", "en"])
@pytest.mark.parametrize("first", range(0, len(PLANTS), 10))
def test_a_model_that_knows_the_plants_says_none_of_them(planted, question, first):
    """It has not read them in a passage, and lies with every citation that it can make."""
    some = PLANTS[first : first + 10]

    def colluding(request):
        count = len(data_of(request)["passages"])
        lies = [form for plant in some for n in (1, count, 99) for form in forms(plant.obeyed, n)]
        return "\n".join([faithful(request), *lies])

    events, _ = streamed(planted, colluding, question, [f"p{n:02}" for n in (18, 19, 20)])
    for plant in some:
        check(events, plant)
    assert events[-1][1]["state"] == "withdrawn"
    assert events[-1][1]["dropped"] >= (100 if question == ZH else 8)


def test_what_is_planted_in_a_passage_keeps_it_from_the_model():
    seen = [p for p in PLANTS if p.place == "body" and withheld(PLAIN + p.text)]
    assert len(seen) == len([p for p in PLANTS if p.place == "body"])
