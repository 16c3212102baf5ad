"""Every row of the error table, as a client sees it."""

import asyncio
import dataclasses
import re
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest

from talmach.engine.base import Direction
from talmach.errors import (
    DeadlineExceeded,
    EngineFailure,
    ModelUnusable,
    PermissionDenied,
    QuotaExceeded,
    ServerStarting,
    TalmachError,
    Unauthenticated,
)
from talmach.pb import summarization_pb2 as summarization
from talmach.pb import translation_pb2 as pb
from talmach.pb.common_pb2 import Article
from talmach.pb.common_pb2 import TranslationOptions as Options
from tests.fakes import NaughtyEngine, until
from tests.rpc.harness import LIMITS, Failure, Running, running, to

GOOD = "Сёння ідзе моцны дождж."


async def failure_of(call: Awaitable[Any]) -> Failure:
    """Return how a call fails."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return Failure.of(caught.value)


def texts(*contents: str, options: Options | None = None) -> pb.TranslateTextRequest:
    """Return a request, by default for a translation from Belarusian to English."""
    return pb.TranslateTextRequest(texts=contents, options=options or to("en", "be"))


INVALID_TEXTS = {
    "no text": (texts(), [("texts", "EMPTY_TEXT")]),
    "white space": (texts(GOOD, " \n\t", ""), [("texts[1]", "EMPTY_TEXT"), ("texts[2]", "EMPTY_TEXT")]),
    "too long": (texts("а" * 100_001), [("texts[0]", "TEXT_TOO_LONG")]),
    "too long together": (texts(*["а" * 90_000] * 3), [("texts", "TEXT_TOO_LONG")]),
    "too many": (texts(*[GOOD] * 21), [("texts", "TOO_MANY_TEXTS")]),
    "no target": (texts(GOOD, options=to("")), [("options.target_language_code", "INVALID_LANGUAGE_CODE")]),
    "unknown codes": (
        texts(GOOD, options=to("uk", "a b")),
        [
            ("options.source_language_code", "INVALID_LANGUAGE_CODE"),
            ("options.target_language_code", "INVALID_LANGUAGE_CODE"),
        ],
    ),
    "source = target": (
        texts(GOOD, options=to("be", "be-tarask")),
        [("options.target_language_code", "UNSUPPORTED_LANGUAGE_PAIR")],
    ),
    "beam too wide": (texts(GOOD, options=to("en", beam_size=9)), [("options.beam_size", "OUT_OF_RANGE")]),
    "negative beam": (texts(GOOD, options=to("en", beam_size=-1)), [("options.beam_size", "OUT_OF_RANGE")]),
    "unknown encoding": (
        texts(GOOD, options=to("en", offset_encoding=17)),
        [("options.offset_encoding", "OUT_OF_RANGE")],
    ),
    "unknown format": (
        texts(GOOD, options=to("en", format=17)),
        [("options.format", "OUT_OF_RANGE")],
    ),
    "glossary terms": (
        texts(
            GOOD,
            options=to(
                "en",
                glossary_entries=[{"source_term": " ", "target_term": "x" * 201}],
                do_not_translate_phrases=["ok", ""],
            ),
        ),
        [
            ("options.glossary_entries[0].source_term", "EMPTY_TEXT"),
            ("options.glossary_entries[0].target_term", "TEXT_TOO_LONG"),
            ("options.do_not_translate_phrases[1]", "EMPTY_TEXT"),
        ],
    ),
    "glossary too long": (
        texts(GOOD, options=to("en", do_not_translate_phrases=["a"] * 501)),
        [("options.glossary_entries", "TOO_MANY_TEXTS")],
    ),
    "undetermined": (
        texts("Москва", "Культура", options=to("en")),
        [("texts[0]", "LANGUAGE_UNDETERMINED"), ("texts[1]", "LANGUAGE_UNDETERMINED")],
    ),
    "default": (
        texts(GOOD, options=to("be", default_source_language_code="uk")),
        [("options.default_source_language_code", "INVALID_LANGUAGE_CODE")],
    ),
    "all at once": (
        texts("", options=to("", "de", beam_size=99)),
        [
            ("texts[0]", "EMPTY_TEXT"),
            ("options.source_language_code", "INVALID_LANGUAGE_CODE"),
            ("options.target_language_code", "INVALID_LANGUAGE_CODE"),
            ("options.beam_size", "OUT_OF_RANGE"),
        ],
    ),
}


@pytest.mark.parametrize(("request_", "violations"), INVALID_TEXTS.values(), ids=INVALID_TEXTS)
async def test_invalid_texts(
    served: Running, request_: pb.TranslateTextRequest, violations: list[tuple[str, str]]
) -> None:
    """INVALID_ARGUMENT with every violation at once, and the reason of the first; no model was bothered."""
    failure = await failure_of(served.translation.TranslateText(request_))
    assert failure.code == "INVALID_ARGUMENT"
    assert failure.violations == violations
    assert (failure.info.reason, failure.info.domain) == (violations[0][1], "talmach")
    assert served.engine.batches == []


async def test_limits_are_told(served: Running) -> None:
    """TEXT_TOO_LONG carries limit and actual length, UNSUPPORTED_LANGUAGE_PAIR the pairs that work."""
    failure = await failure_of(served.translation.TranslateText(texts("а" * 100_007)))
    assert dict(failure.info.metadata) == {"limit": "100000", "actual": "100007"}
    failure = await failure_of(served.translation.TranslateText(texts(GOOD, options=to("en", "en"))))
    assert "be-en" in failure.info.metadata["pairs"]


async def test_a_flood_of_violations_still_arrives() -> None:
    """A status has little room: the first violations are named, the others counted."""
    async with running(limits=dataclasses.replace(LIMITS, max_texts=1_000)) as served:
        failure = await failure_of(served.translation.TranslateText(texts(*[""] * 1_000)))
    assert failure.violations[0] == ("texts[0]", "EMPTY_TEXT")
    more = re.search(r"; and (\d+) more$", failure.message)
    assert more is not None
    assert int(more[1]) + len(failure.violations) == 1_000


async def test_too_many_texts_are_not_looked_at(served: Running) -> None:
    """Millions of empty ones fit into a message, and would be as many violations in memory."""
    failure = await failure_of(served.translation.TranslateText(texts(*[""] * 1_000)))
    assert (failure.violations, failure.message) == (
        [("texts", "TOO_MANY_TEXTS")],
        "texts: has 1000 items (limit 20)",
    )


INVALID_ARTICLES = {
    "empty": (Article(headline=" ", body="\n"), [("article", "EMPTY_TEXT")]),
    "too long together": (
        Article(headline="а" * 10, lead="а" * 40_000, body="а" * 60_000),
        [("article", "TEXT_TOO_LONG")],
    ),
}


@pytest.mark.parametrize(("article", "violations"), INVALID_ARTICLES.values(), ids=INVALID_ARTICLES)
async def test_invalid_articles(served: Running, article: Article, violations: list[tuple[str, str]]) -> None:
    """The same of an article in each call that takes one."""
    stream = served.translation.StreamTranslateArticle(
        pb.StreamTranslateArticleRequest(article=article, options=to("en", "be"))
    )
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: served.translation.TranslateArticle(
            pb.TranslateArticleRequest(article=article, options=to("en", "be"))
        ),
        lambda: served.summarization.SummarizeArticle(summarization.SummarizeArticleRequest(article=article)),
        stream.read,
    ]
    for call in calls:
        failure = await failure_of(call())
        assert (failure.code, failure.violations) == ("INVALID_ARGUMENT", violations)


INVALID_SUMMARIES = {
    "no sentence": ({"max_sentences": 0}, "max_sentences"),
    "ratio of nothing": ({"ratio": 0}, "ratio"),
    "more than all": ({"ratio": 1.01}, "ratio"),
    "no number": ({"ratio": float("nan")}, "ratio"),
    "no character": ({"max_chars": -5}, "max_chars"),
    "diversity": ({"diversity": 1.5}, "diversity"),
}


@pytest.mark.parametrize(("options", "field"), INVALID_SUMMARIES.values(), ids=INVALID_SUMMARIES)
async def test_invalid_summary_options(served: Running, options: Any, field: str) -> None:
    """Lengths and diversity outside their bounds are refused, alone and with a translation."""
    request = summarization.SummarizeArticleRequest(article=Article(body=GOOD), summary_options=options)
    failure = await failure_of(served.summarization.SummarizeArticle(request))
    assert failure.violations == [(f"summary_options.{field}", "OUT_OF_RANGE")]
    both = pb.TranslateArticleRequest(article=Article(body=GOOD), options=to("en", "be"), summary_options=options)
    assert (await failure_of(served.translation.TranslateArticle(both))).violations == failure.violations


async def test_a_message_that_is_none(served: Running) -> None:
    """Bytes that are no message, and text that is no UTF-8, are the caller's fault and quoted nowhere."""
    for method, kind in (("TranslateText", "unary_unary"), ("StreamTranslateArticle", "unary_stream")):
        call = getattr(served.channel, kind)(f"/talmach.v1.TranslationService/{method}")
        reply = call(b"\x0a\x04\xff\xfe secret")
        failure = await failure_of(reply if kind == "unary_unary" else reply.read())
        assert (failure.code, failure.violations) == ("INVALID_ARGUMENT", [("request", "INVALID_TEXT")])
        assert "secret" not in failure.message


async def test_model_not_found(served: Running) -> None:
    """The models that there are, are named; the name that was asked for is not repeated."""
    failure = await failure_of(served.translation.TranslateText(texts(GOOD, options=to("en", "be", model="gpt"))))
    assert (failure.code, failure.info.reason) == ("NOT_FOUND", "MODEL_NOT_FOUND")
    assert dict(failure.info.metadata) == {"models": "naughty"}
    assert "gpt" not in failure.message


async def test_queue_full() -> None:
    """RESOURCE_EXHAUSTED with a wait; what was accepted before is finished."""
    async with running(max_queue_tokens=20, max_batch_size=1) as served:
        hanging = [asyncio.ensure_future(served.translation.TranslateText(texts(f"Гэта hang {n}."))) for n in range(4)]
        await until(lambda: served.queue.waiting_sentences == 3)
        failure = await failure_of(served.translation.TranslateText(texts("Слова " * 15)))
        assert (failure.code, failure.info.reason) == ("RESOURCE_EXHAUSTED", "QUEUE_FULL")
        assert failure.retry.retry_delay.ToTimedelta().total_seconds() > 0
        served.engine.release.set()
        assert [len(reply.translations) for reply in await asyncio.gather(*hanging)] == [1] * 4


async def test_too_many_calls_at_once() -> None:
    """One call more than there are places: RESOURCE_EXHAUSTED; health is answered all the same."""
    async with running(max_concurrent_calls=1) as served:
        hanging = asyncio.ensure_future(served.translation.TranslateText(texts("Гэта hang тут.")))
        await until(lambda: served.engine.batches)
        failure = await failure_of(served.translation.TranslateText(texts(GOOD)))
        assert (failure.code, failure.info.reason) == ("RESOURCE_EXHAUSTED", "QUEUE_FULL")
        assert failure.retry.retry_delay.seconds == 1
        assert served.sample("talmach_refused_total", reason="QUEUE_FULL") == 1
        async with served.client() as client:
            assert await client.health() == "SERVING"
        served.engine.release.set()
        await hanging
        await served.translation.TranslateText(texts(GOOD))


async def test_server_starting() -> None:
    """UNAVAILABLE until the models have proven themselves."""
    async with running(serving=False) as served:
        failure = await failure_of(served.translation.TranslateText(texts(GOOD)))
        assert (failure.code, failure.info.reason) == ("UNAVAILABLE", "SERVER_STARTING")
        await served.server.serve(served.use_cases, served.server_info)
        await served.translation.TranslateText(texts(GOOD))


async def test_a_deadline_that_the_queue_cannot_meet() -> None:
    """DEADLINE_EXCEEDED at once, by the server and with its reason, not by the client's clock."""
    async with running(max_batch_size=1) as served:
        hanging = [asyncio.ensure_future(served.translation.TranslateText(texts("Гэта hang тут. "))) for _ in range(2)]
        await until(lambda: served.queue.waiting_sentences == 1)
        served.queue._throughput.add(10_000, 100_000)
        failure = await failure_of(served.translation.TranslateText(texts(GOOD), timeout=5))
        assert (failure.code, failure.info.reason) == ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED")
        served.engine.release.set()
        await asyncio.gather(*hanging)


async def test_a_deadline_that_passes_in_the_engine(served: Running) -> None:
    """The client gives up; the call is counted so, and the next one is served after the batch that runs."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.translation.TranslateText(texts("Гэта hang тут."), timeout=0.2)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    # The server's clock and the news that the caller has gone arrive together, in either order.
    method, codes = "talmach.v1.TranslationService/TranslateText", ("DEADLINE_EXCEEDED", "CANCELLED")
    await until(
        lambda: sum(served.sample("talmach_rpc_requests_total", method=method, code=code) for code in codes) == 1
    )
    served.engine.release.set()
    await served.translation.TranslateText(texts(GOOD))


async def test_engine_failure_of_the_whole_call(served: Running, log: Any) -> None:
    """INTERNAL when every sentence failed, and logged as an error."""
    failure = await failure_of(served.translation.TranslateText(texts("Гэта raise тут.")))
    assert (failure.code, failure.info.reason) == ("INTERNAL", "ENGINE_FAILURE")
    assert '"code": "INTERNAL"' in log.getvalue()


async def test_one_failed_text_ends_the_call_at_once() -> None:
    """It is not waited for the texts before it, and what they still had to do is given up."""
    async with running(max_batch_size=1) as served:
        add = served.queue.add

        def fail_the_second(sentence: Any, *args: Any, **more: Any) -> Any:
            future = add(sentence, *args, **more)
            if "second" in sentence:
                future.set_exception(DeadlineExceeded())
            return future

        served.queue.add = fail_the_second  # type: ignore[method-assign]
        request = texts("They hang about at the lake.", "The second text of two.", options=to("be"))
        assert (await failure_of(served.translation.TranslateText(request))).code == "DEADLINE_EXCEEDED"
        served.engine.release.set()
        await served.translation.TranslateText(texts(GOOD), timeout=5)


async def test_one_refused_text_takes_its_siblings_along() -> None:
    """The call has failed: what was queued for its other texts is given up."""
    english = [f"They hang about at the lake for {n} days." for n in range(9)]
    engine = NaughtyEngine(directions=frozenset({Direction("en", "be")}))
    async with running(engine=engine, max_batch_size=1) as served:
        request = texts(*english, "Губернатор сообщил, что мост открыт.", options=to("be"))
        assert (await failure_of(served.translation.TranslateText(request))).violations == [
            ("texts[9]", "UNSUPPORTED_LANGUAGE_PAIR")
        ]
        await until(lambda: not served.queue.waiting_sentences)
        await served.translation.TranslateText(texts("The bridge is open today.", options=to("be")), timeout=5)


async def test_an_unexpected_exception_says_nothing(served: Running, monkeypatch: pytest.MonkeyPatch, log: Any) -> None:
    """A defect of ours is INTERNAL without its text, in the reply and in the log."""

    def broken(*_args: object, **_more: object) -> None:
        raise ZeroDivisionError("secret words of the caller")

    for method in ("prepare", "prepare_texts"):
        monkeypatch.setattr(f"talmach.translation.translator.Translator.{method}", broken)
    failure = await failure_of(served.translation.TranslateText(texts(GOOD)))
    assert (failure.code, failure.info.reason, failure.message) == ("INTERNAL", "ENGINE_FAILURE", "engine: failed")
    item = pb.BatchTranslateRequest(id="1", text=GOOD, options=to("en", "be"))
    (answer,) = [each async for each in served.translation.BatchTranslate(iter([item]))]
    assert (answer.error.reason, answer.error.message) == ("ENGINE_FAILURE", "engine: failed")
    assert "ZeroDivisionError" in log.getvalue()
    assert "secret" not in log.getvalue()


RAISED = [
    (ModelUnusable("be-en", "has another checksum"), "FAILED_PRECONDITION", "MODEL_UNUSABLE"),
    (QuotaExceeded(2.5, "characters per minute"), "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
    (ServerStarting(), "UNAVAILABLE", "SERVER_STARTING"),
    (DeadlineExceeded(), "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"),
    (Unauthenticated("authorization: no bearer token"), "UNAUTHENTICATED", "UNAUTHENTICATED"),
    (PermissionDenied("authorization: no client has this token"), "PERMISSION_DENIED", "PERMISSION_DENIED"),
    (EngineFailure(), "INTERNAL", "ENGINE_FAILURE"),
    (TalmachError("something: else"), "INTERNAL", "INTERNAL"),
]


@pytest.mark.parametrize(("error", "code", "reason"), RAISED, ids=lambda value: type(value).__name__)
async def test_what_the_use_cases_raise(
    served: Running, monkeypatch: pytest.MonkeyPatch, error: TalmachError, code: str, reason: str
) -> None:
    """Each error of the tree has its code, in a unary call, in a stream and in an item."""

    def fail(*_args: object, **_more: object) -> None:
        raise error

    for method in ("prepare", "prepare_texts"):
        monkeypatch.setattr(f"talmach.translation.translator.Translator.{method}", fail)
    unary = await failure_of(served.translation.TranslateText(texts(GOOD)))
    request = pb.StreamTranslateArticleRequest(article=Article(body=GOOD), options=to("en", "be"))
    stream = await failure_of(served.translation.StreamTranslateArticle(request).read())
    assert (unary.code, unary.info.reason) == (stream.code, stream.info.reason) == (code, reason)
    item = pb.BatchTranslateRequest(id="1", text=GOOD, options=to("en", "be"))
    (answer,) = [each async for each in served.translation.BatchTranslate(iter([item]))]
    assert (answer.error.code, answer.error.reason) == (getattr(grpc.StatusCode, code).value[0], reason)
    if reason == "QUOTA_EXCEEDED":
        assert unary.retry.retry_delay.ToTimedelta().total_seconds() == 2.5
        assert answer.error.metadata["retry_after_s"] == "2.500"


async def test_a_message_beyond_the_limit(served: Running) -> None:
    """RESOURCE_EXHAUSTED from gRPC itself; one just below it reaches us."""
    too_big = texts("a" * LIMITS.max_message_bytes)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.translation.TranslateText(too_big)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    below = texts("a" * (LIMITS.max_message_bytes - 100))
    assert (await failure_of(served.translation.TranslateText(below))).code == "INVALID_ARGUMENT"


async def test_a_reply_beyond_the_limit() -> None:
    """The caller is told, the server goes on."""
    async with running(limits=dataclasses.replace(LIMITS, max_message_bytes=65_536)) as served:
        failed = served.translation.TranslateText(texts("Дождж ідзе. " * 2_000, options=to("en", "be")))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await failed
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert len((await served.translation.TranslateText(texts(GOOD))).translations) == 1
