"""The public client against a real server."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from talmach.client import (
    Article,
    BatchTranslateRequest,
    RpcFailed,
    SummaryOptions,
    TalmachClient,
    TranslationOptions,
    Violation,
    to_json,
)
from tests.rpc.harness import Clients, Running, running, until

TO_ENGLISH = TranslationOptions(target_language_code="en", source_language_code="be")
ARTICLE = Article(headline="Новае возера", body="Рыбакі знайшлі на балоце новае возера. Яно вельмі глыбокае і чыстае.")


async def test_every_call(served: Running) -> None:
    """Each method returns the reply of its call."""
    async with served.client() as client:
        assert len((await client.translate_texts(["Дождж ідзе.", "Снег ідзе."], TO_ENGLISH)).translations) == 2
        article = await client.translate_article(ARTICLE, TO_ENGLISH, SummaryOptions(max_sentences=1))
        assert len(article.translation.segments) == 3
        assert len(article.summary.sentences) == 1
        events = [event.WhichOneof("event") async for event in client.stream_article(ARTICLE, TO_ENGLISH)]
        assert events == ["header", "segment", "segment", "segment", "trailer"]
        assert (await client.summarize(ARTICLE)).summary.language_code == "be"
        assert (await client.detect(["Я не ведаю, што гэта."])).detections[0].language_code == "be"
        assert (await client.info()).version == "1.2.3"
        assert await client.health("talmach.v1.InfoService") == "SERVING"

        async def items() -> AsyncIterator[BatchTranslateRequest]:
            for name in "ab":
                yield BatchTranslateRequest(id=name, text="Дождж ідзе.", options=TO_ENGLISH)

        assert {answer.id async for answer in client.batch_translate(items())} == {"a", "b"}


async def test_failures_are_read(served: Running) -> None:
    """Code, reason, metadata and violations, from unary calls and streams."""
    async with served.client() as client:
        with pytest.raises(RpcFailed) as caught:
            await client.translate_texts([" "], TranslationOptions())
        failure = caught.value
        assert (failure.code, failure.reason) == ("INVALID_ARGUMENT", "EMPTY_TEXT")
        assert failure.violations[0] == Violation("texts[0]", "EMPTY_TEXT", "is empty")
        assert failure.retry_after_s is None
        with pytest.raises(RpcFailed) as caught:
            [event async for event in client.stream_article(Article(), TO_ENGLISH)]
        assert caught.value.reason == "EMPTY_TEXT"
        with pytest.raises(RpcFailed) as caught:
            await client.detect(["а" * 100_001])
        assert caught.value.metadata == {"limit": "100000", "actual": "100001"}


async def test_how_long_to_wait_is_read() -> None:
    """RetryInfo becomes seconds; and a server that is full is not asked again by itself."""
    async with running(max_concurrent_calls=1) as served, served.client() as client:
        stream = client.stream_article(Article(body="Гэта hang тут."), TO_ENGLISH)
        await anext(stream)
        with pytest.raises(RpcFailed) as caught:
            await client.info()
        assert (caught.value.code, caught.value.reason, caught.value.retry_after_s) == (
            "RESOURCE_EXHAUSTED",
            "QUEUE_FULL",
            1,
        )
        method = "talmach.v1.InfoService/GetServerInfo"
        assert served.sample("talmach_rpc_requests_total", method=method, code="RESOURCE_EXHAUSTED") == 1
        await stream.aclose()  # type: ignore[attr-defined]
        await until(lambda: not served.sample("talmach_rpc_in_flight"))
        await client.info()


async def test_only_unavailable_is_tried_again() -> None:
    """Five attempts in all, and the last error comes out; once it serves, a later attempt succeeds unnoticed."""
    async with running(serving=False) as served, served.client() as client:
        with pytest.raises(RpcFailed) as caught:
            await client.info()
        assert (caught.value.code, caught.value.reason) == ("UNAVAILABLE", "SERVER_STARTING")
        method = "talmach.v1.InfoService/GetServerInfo"
        assert served.sample("talmach_rpc_requests_total", method=method, code="UNAVAILABLE") == 5


async def test_waiting_for_a_server() -> None:
    """Until it serves; not for ever; and not at all when nobody listens."""
    async with running(serving=False) as served, served.client() as client:
        with pytest.raises(RpcFailed, match=r"was not serving within 0\.3 s"):
            await client.wait_until_serving(0.3)
        await served.server.serve(served.use_cases)
        await client.wait_until_serving(5)
    started_at = time.monotonic()
    async with TalmachClient("127.0.0.1:1") as client:
        with pytest.raises(RpcFailed) as caught:
            await client.wait_until_serving(0.3)
    assert caught.value.code == "UNAVAILABLE"
    assert time.monotonic() - started_at < 3


async def test_the_token_is_sent(tmp_path: Path) -> None:
    """With every kind of call; without it the door stays shut."""
    async with running(clients=Clients(tmp_path / "clients.toml").write(desk="")) as served:
        async with served.client() as client:
            with pytest.raises(RpcFailed, match="UNAUTHENTICATED"):
                await client.info()
        async with served.client(token="desk-token") as client:
            await client.info()
            assert [event async for event in client.stream_article(ARTICLE, TO_ENGLISH)]


async def test_json_has_the_names_of_the_contract(served: Running) -> None:
    """Field names as in the .proto files, empty ones included, letters unescaped."""
    async with served.client() as client:
        text = to_json(await client.translate_texts(["Дождж ідзе."], TO_ENGLISH))
    assert "Дождж" in text
    parsed = json.loads(text)
    assert parsed["translations"][0]["source_language_code"] == "be"
    assert parsed["glossary_usages"] == []
