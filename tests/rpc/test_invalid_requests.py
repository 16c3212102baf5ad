"""Requests that nobody can serve: INVALID_ARGUMENT with every violation at once, NOT_FOUND."""

import dataclasses
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from talmach.pb import summarization_pb2 as summarization
from talmach.pb import translation_pb2 as pb
from talmach.pb.common_pb2 import Article
from tests.rpc.harness import LIMITS, Running, failure_of, running, texts, to

GOOD = "Сёння ідзе моцны дождж."
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
