"""The endpoint in every mood: whatever it does, a plain reason, in time, and nothing leaks."""

import asyncio
import logging
import socket
import time

import pytest
from llm_double import WAYS, double, faithful

from indexer.shapes import BadInput
from search_api.answer import answer
from search_api.llm.client import Endpoint, Limits, Settings, settings
from search_api.llm.drafting import Begun, Ended, Said, State, draft
from search_api.llm.model import Trouble
from search_api.llm.notices import event_fields, notice
from search_api.shells.drafting import draft_fields

CANARY = "sk-canary-7f3a91"
QUESTION = "律师怎么参与接访"
QUICK = Limits(connect=1.0, first=1.0, whole=2.0)
ENDS = {
    "well": (State.COMPLETE, None),
    "refuses_options": (State.COMPLETE, None),
    "cut": (State.FAILED, Trouble.CUT),
    "cut_in_a_chunk": (State.FAILED, Trouble.CUT),
    "reset": (State.FAILED, Trouble.CUT),
    "hang": (State.FAILED, Trouble.SLOW),
    "hang_after_head": (State.FAILED, Trouble.SLOW),
    "hang_after_words": (State.INCOMPLETE, Trouble.SLOW),
    "drip": (State.FAILED, Trouble.SLOW),
    "slow_words": (State.FAILED, Trouble.SLOW),
    "bad_json": (State.FAILED, Trouble.UNREADABLE),
    "html": (State.FAILED, Trouble.UNREADABLE),
    "packed": (State.FAILED, Trouble.UNREADABLE),
    "wrong_encoding": (State.FAILED, Trouble.UNREADABLE),
    "endless": (State.WITHDRAWN, Trouble.UNSUPPORTED),
    "endless_line": (State.FAILED, Trouble.LONG),
    "empty": (State.FAILED, Trouble.EMPTY),
    "redirect": (State.FAILED, Trouble.MOVED),
    "error_event": (State.FAILED, Trouble.FAILED),
    "status_400": (State.FAILED, Trouble.REFUSED),
    "status_401": (State.FAILED, Trouble.KEY),
    "status_404": (State.FAILED, Trouble.UNKNOWN),
    "status_429": (State.FAILED, Trouble.BUSY),
    "status_500": (State.FAILED, Trouble.FAILED),
    "status_503": (State.FAILED, Trouble.FAILED),
}
PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture(scope="module")
def found(engine):
    return answer(engine, QUESTION)


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("BUREAU_LLM_KEY", CANARY)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def drafted(engine, found, url, limits=QUICK):
    async def collected():
        return [e async for e in draft(Endpoint(Settings(url, "m", limits)), engine, found)]

    return asyncio.run(collected())


def test_every_way_is_expected():
    assert set(ENDS) == set(WAYS)


@pytest.mark.parametrize("way", ENDS)
def test_whatever_the_endpoint_does_there_is_a_plain_end(engine, found, way, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with double(faithful) as elsewhere, double(faithful, way, to=elsewhere.url) as there:
        began = time.monotonic()
        events = drafted(engine, found, there.url)
        assert time.monotonic() - began < 10
        asked = there.requests
        assert not elsewhere.requests
        if "hang" in way or way in ("drip", "slow_words", "endless", "endless_line"):
            assert there.left.wait(1)
    begun, *said, ended = events
    assert isinstance(begun, Begun) and isinstance(ended, Ended)
    assert (ended.state, ended.trouble) == ENDS[way]
    assert all(isinstance(event, Said) for event in said)
    assert len(said) == ended.supported + ended.marked
    assert len(asked) == (2 if way in ("refuses_options", "status_400") else 1)
    assert all(CANARY in str(request["headers"]) for request in asked)
    shown = str([event_fields(event) for event in events])
    assert CANARY not in shown + caplog.text + "".join(capfd.readouterr())
    if ended.state is not State.COMPLETE:
        assert all(notice(ended))


def test_an_endpoint_that_is_not_there(engine, found):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        ended = drafted(engine, found, f"http://127.0.0.1:{port}/v1")[-1]
    assert (ended.state, ended.trouble) == (State.FAILED, Trouble.UNREACHABLE)


def test_only_the_endpoint_is_asked_and_told_no_more_than_it_needs(engine, found, monkeypatch):
    with double(faithful) as proxy, double(faithful) as there:
        for name in PROXIES:
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("OPENAI_BASE_URL", proxy.url)
        for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY", "OPENAI_API_KEY"):
            monkeypatch.setenv(name, "org-other")
        monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Secret: org-other")
        assert drafted(engine, found, there.url)[-1].state is State.COMPLETE
        (request,) = there.requests
        assert not proxy.requests
    assert request["path"] == "/v1/chat/completions"
    names = {name.lower() for name in request["headers"]}
    assert names == {
        "host", "connection", "authorization", "accept", "content-type", "content-length",
        "accept-encoding", "user-agent",
    }  # fmt: skip
    assert "org-other" not in str(request)
    sent = str(request["body"])
    assert found.query in sent and found.evidence[0].passage.text in sent
    assert found.evidence[0].meta.file not in sent and found.evidence[0].meta.title not in sent


def test_without_a_key_none_is_sent(engine, found, monkeypatch):
    monkeypatch.delenv("BUREAU_LLM_KEY")
    with double(faithful) as there:
        drafted(engine, found, there.url)
        assert "authorization" not in str(there.requests[0]["headers"]).lower()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-second")
    with double(faithful) as there:
        drafted(engine, found, there.url)
        assert there.requests[0]["headers"]["authorization"] == "Bearer sk-second"


def test_what_is_asked_is_in_no_log_even_where_openai_is_told_to(
    engine, found, monkeypatch, caplog
):
    monkeypatch.setenv("OPENAI_LOG", "debug")
    with double(faithful) as there:
        drafted(engine, found, there.url)
    assert found.evidence[0].passage.text not in caplog.text


def test_leaving_closes_the_connection(engine, found):
    async def leave(there):
        model = Endpoint(Settings(there.url, "m", Limits()))
        task = asyncio.create_task(anext(model.stream([{"role": "user", "content": "x"}])))
        while not there.writing.is_set():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with double(way="hang") as there:
        asyncio.run(leave(there))
        assert there.left.wait(1)


def test_no_more_than_a_few_at_once(engine, found):
    async def many(there):
        model = Endpoint(Settings(there.url, "m", QUICK))

        async def one():
            return [e async for e in draft(model, engine, found)][-1].trouble

        return await asyncio.gather(*(one() for _ in range(12)))

    with double(way="hang") as there:
        troubles = asyncio.run(many(there))
        assert len(there.requests) == 8
    assert sorted(troubles) == [Trouble.BUSY] * 4 + [Trouble.SLOW] * 8


def test_without_evidence_no_model_is_asked(engine):
    declined = answer(engine, "企业所得税汇算清缴怎么办理")
    assert not declined.sufficient
    with double(faithful) as there:
        (ended,) = drafted(engine, declined, there.url)
        fields = draft_fields(Settings(there.url, "m"), engine, declined)
        assert not there.requests
    assert ended.state is State.NOT_ASKED
    assert fields["state"] == "not_asked" and fields["sentences"] == []


@pytest.mark.parametrize(
    ("url", "model", "named"),
    [
        ("http://127.0.0.1/v1", None, "--llm-model"),
        (None, "qwen", "--llm-url"),
        ("ftp://host/v1", "qwen", "ftp://host/v1"),
        ("host:80", "qwen", "host:80"),
        ("http://host:99999/v1", "qwen", "99999"),
        ("http://", "qwen", "http://"),
    ],
)
def test_settings_that_cannot_be_used(url, model, named):
    with pytest.raises(BadInput, match=named) as caught:
        settings(url, model)
    assert caught.value.zh != str(caught.value)


def test_an_address_with_a_password_is_not_repeated():
    with pytest.raises(BadInput) as caught:
        settings(f"http://me:{CANARY}@host/v1", "m")
    assert CANARY not in str(caught.value) + caught.value.zh


def test_a_key_that_cannot_be_one_is_not_repeated(monkeypatch):
    monkeypatch.setenv("BUREAU_LLM_KEY", f"{CANARY} two\nlines")
    with pytest.raises(BadInput, match="BUREAU_LLM_KEY") as caught:
        settings("http://host/v1", "m")
    assert CANARY not in str(caught.value) + caught.value.zh


def test_settings_hold_no_key_and_pass_between_processes():
    import pickle

    chosen = settings("http://host/v1", "m", 12)
    assert CANARY not in repr(chosen)
    assert pickle.loads(pickle.dumps(chosen)) == chosen
    assert (chosen.limits.first, chosen.limits.whole) == (12, 12)
    assert settings(None, None) is None


def test_without_the_package_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr("search_api.llm.client.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"bureau-search\[llm\]"):
        settings("http://host/v1", "m")
