"""The public client against a real server."""

import asyncio
import inspect
import json
import re
import typing
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import mypy.api
import pytest
from google.protobuf.message import Message

import talmach.client
from talmach.client import (
    Article,
    AsyncClient,
    BatchTranslateRequest,
    Client,
    DetectLanguageResponse,
    RpcFailed,
    Segment,
    SummaryOptions,
    TranslateTextResponse,
    TranslationOptions,
    Violation,
    to_json,
)
from talmach.client.waiting import Waiting
from tests.fakes import until
from tests.rpc.harness import LIMITS, Clients, Running, running

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


async def test_every_call_without_an_event_loop(served: Running) -> None:
    """The synchronous client has the same calls, and the same errors."""

    def calls() -> None:
        with Client(served.address) as client:
            client.wait_until_serving(60)
            assert len(client.translate_texts(("Дождж ідзе.", "Снег ідзе."), TO_ENGLISH).translations) == 2
            article = client.translate_article(ARTICLE, TO_ENGLISH, SummaryOptions(max_sentences=1))
            assert len(article.summary.sentences) == 1
            events = [event.WhichOneof("event") for event in client.stream_article(ARTICLE, TO_ENGLISH)]
            assert events == ["header", "segment", "segment", "segment", "trailer"]
            items = [BatchTranslateRequest(id=name, text="Дождж ідзе.", options=TO_ENGLISH) for name in "ab"]
            assert {answer.id for answer in client.batch_translate(items)} == {"a", "b"}
            assert client.summarize(ARTICLE).summary.language_code == "be"
            assert client.detect(["Я не ведаю, што гэта."]).detections[0].language_code == "be"
            assert client.info().version == "1.2.3"
            assert client.health("talmach.v1.InfoService") == "SERVING"
            with pytest.raises(RpcFailed) as caught:
                client.translate_texts([" "], TO_ENGLISH)
            assert caught.value.violations == (Violation("texts[0]", "EMPTY_TEXT", "is empty"),)
            with pytest.raises(RpcFailed) as caught:
                list(client.stream_article(Article(), TO_ENGLISH))
            assert caught.value.reason == "EMPTY_TEXT"

    await asyncio.to_thread(calls)


async def test_what_is_wrong_with_the_items_comes_out(served: Running) -> None:
    """An error of the caller's own iterator is neither swallowed nor taken for a cancellation."""
    item = BatchTranslateRequest(id="a", text="Дождж ідзе.", options=TO_ENGLISH)

    async def items() -> AsyncIterator[BatchTranslateRequest]:
        yield item
        raise ValueError("mine")

    def same_items() -> Iterator[BatchTranslateRequest]:
        yield item
        raise ValueError("mine")

    def ask() -> None:
        with Client(served.address) as client, pytest.raises(ValueError, match="mine"):
            list(client.batch_translate(same_items()))

    async with served.client() as client:
        with pytest.raises(ValueError, match="mine"):
            _ = [answer async for answer in client.batch_translate(items())]
    await asyncio.to_thread(ask)


async def test_a_refusal_is_known_while_items_are_sent(tmp_path: Path) -> None:
    """The INTERNAL of gRPC for the item that could not be sent any more does not hide what the server said."""

    async def items() -> AsyncIterator[BatchTranslateRequest]:
        for number in range(2_000):
            yield BatchTranslateRequest(id=str(number), text="Дождж ідзе. " * 100, options=TO_ENGLISH)

    async with (
        running(clients=Clients(tmp_path / "clients.toml").write(newsroom="")) as served,
        served.client() as client,
    ):
        for _ in range(5):
            with pytest.raises(RpcFailed) as caught:
                await anext(client.batch_translate(items()))
            assert (caught.value.code, caught.value.reason) == ("UNAUTHENTICATED", "UNAUTHENTICATED")


def test_both_clients_have_the_same_surface() -> None:
    """The same names with the same parameters, described in the same words."""

    def surface(client: type) -> dict[str, tuple[list[str], str | None]]:
        methods = inspect.getmembers(client, inspect.isfunction)
        public = [each for each in methods if not each[0].startswith("_") or each[0] == "__init__"]
        return {name: (list(inspect.signature(each).parameters), each.__doc__) for name, each in public}

    assert surface(Client) == surface(AsyncClient)


def test_whatever_a_call_takes_or_returns_can_be_imported() -> None:
    """Every message and enum of the contract that a caller may meet stands in the client, however deep it is."""
    seen: set[str] = set()

    def look(descriptor: Any) -> None:
        if descriptor.name in seen or descriptor.GetOptions().map_entry:
            return
        seen.add(descriptor.name)
        for field in descriptor.fields:
            if field.message_type is not None:
                look(field.message_type)
            elif field.enum_type is not None:
                seen.add(field.enum_type.name)

    for _, method in inspect.getmembers(Client, inspect.isfunction):
        for hint in typing.get_type_hints(method).values():
            for kind in (hint, *typing.get_args(hint)):
                if isinstance(kind, type) and issubclass(kind, Message):
                    look(kind.DESCRIPTOR)
    assert {"TranslateTextResponse", "Segment", "QualityFlag", "SentenceScore", "ModelFile", "Usage"} <= seen
    assert seen <= set(talmach.client.__all__)


LONE_TEXTS = """
from talmach.client import AsyncClient, Client, TranslationOptions

def ask(client: Client) -> None:
    client.translate_texts(["a"], TranslationOptions())
    client.detect(("a", "b"))
    client.detect("ab")

async def ask_too(client: AsyncClient) -> None:
    await client.translate_texts("ab", TranslationOptions())
"""


def test_a_lone_text_is_refused(tmp_path: Path) -> None:
    """Its letters would be texts: a type checker says so, and the client does without one, before anything is sent."""
    with Client("127.0.0.1:1") as client:
        asks: list[Any] = [client.detect, partial(client.translate_texts, options=TO_ENGLISH)]
        for ask in asks:
            with pytest.raises(TypeError, match="texts: is a single text, not a list of texts"):
                ask("Дождж ідзе.")
    script = tmp_path / "script.py"
    script.write_text(LONE_TEXTS, encoding="utf-8")
    said, _, _ = mypy.api.run(["--strict", "--follow-imports=silent", "--cache-dir", str(tmp_path), str(script)])
    errors = [line.split(": ")[0].rpartition(":")[2] for line in said.splitlines() if ": error: " in line]
    assert errors == ["7", "10"], said


async def test_a_request_that_is_too_large_is_told_the_limit(served: Running) -> None:
    """GRPC refuses it, and what it says is read: both sizes, and whose limit it is."""
    async with served.client() as client:
        with pytest.raises(RpcFailed) as caught:
            await client.detect(["Дождж ідзе моцна. " * 150_000])
    failure, limit = caught.value, LIMITS.max_message_bytes
    assert (failure.code, failure.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
    assert re.fullmatch(rf"request: has \d+ bytes \(limit {limit}\)", failure.message)


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


@pytest.mark.parametrize("has_loop", [True, False])
async def test_a_large_request_is_tried_again_too(has_loop: bool) -> None:
    """Nearly as large as the server takes them: the third attempt is answered."""
    texts = ["Дождж ідзе моцна. " * 100_000]
    limits = replace(LIMITS, max_text_chars=2_000_000)
    async with running(serving=False, limits=limits) as served, served.client() as client:

        def ask() -> DetectLanguageResponse:
            with Client(served.address) as blocking:
                return blocking.detect(texts)

        answer = asyncio.create_task(client.detect(texts) if has_loop else asyncio.to_thread(ask))
        method = "talmach.v1.TranslationService/DetectLanguage"
        await until(
            lambda: served.sample("talmach_rpc_requests_total", method=method, code="UNAVAILABLE") >= 2 or answer.done()
        )
        served.server.serve(served.use_cases, served.server_info)
        assert [each.language_code for each in (await answer).detections] == ["be"]


async def test_waiting_for_a_server(hurried: None) -> None:
    """Until it serves; not for ever, also when nobody listens."""
    async with running(serving=False) as served, served.client() as client:
        with pytest.raises(RpcFailed, match=r"was not serving within 30 s: it says NOT_SERVING"):
            await client.wait_until_serving(30)
        served.server.serve(served.use_cases, served.server_info)
        await client.wait_until_serving(6_000)
    async with asyncio.timeout(60), AsyncClient("127.0.0.1:1") as client:
        with pytest.raises(RpcFailed) as caught:
            await client.wait_until_serving(30)
    assert caught.value.code == "UNAVAILABLE"


def test_the_end_of_the_wait_hides_nothing() -> None:
    """The last question may be left with no time for an answer: what was said before is told all the same."""
    waiting = Waiting("127.0.0.1:1", 60)
    for said in ("127.0.0.1:1: there is no answer", "127.0.0.1:1: the connection is refused"):
        waiting.note(RpcFailed("UNAVAILABLE", said))
    for _ in range(2):
        waiting.note(RpcFailed("DEADLINE_EXCEEDED", "127.0.0.1:1: no answer in the time given"))
    assert waiting.over().message == (
        "127.0.0.1:1 was not serving within 60 s: the connection is refused, then no answer in the time given"
    )
    waiting.note("NOT_SERVING")
    assert waiting.over().message == "127.0.0.1:1 was not serving within 60 s: it says NOT_SERVING"


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
    assert list(parsed) == [field.name for field in TranslateTextResponse.DESCRIPTOR.fields]
    (segment,) = parsed["translations"][0]["segments"]
    assert list(segment) == [field.name for field in Segment.DESCRIPTOR.fields if field.name in segment]
    assert list(segment["source_span"]) == ["start", "end"]
    assert parsed["translations"][0]["source_language_code"] == "be"
    assert parsed["glossary_usages"] == []
