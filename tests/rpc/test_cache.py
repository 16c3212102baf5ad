"""The cache as callers and operators see it: the whole application with the embedded models."""

from pathlib import Path

import pytest

from talmach.app.application import Application
from talmach.client import Article, AsyncClient, TranslateArticleResponse, TranslationOptions
from talmach.config import load_settings
from talmach.pb.segment_pb2 import QUALITY_FLAG_TRUNCATED, SEGMENT_STATUS_TRANSLATED

ARTICLE = Path(__file__).parents[1] / "data" / "articles" / "01-council.be.txt"
TO_ENGLISH = TranslationOptions(source_language_code="be", target_language_code="en")


@pytest.fixture
def lines() -> list[str]:
    """Return some sentences of an article, each a paragraph."""
    text = ARTICLE.read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip()]


def translation(reply: TranslateArticleResponse) -> bytes:
    """Return all of a reply but what it cost, as bytes."""
    return reply.translation.SerializeToString(deterministic=True)


def sample(application: Application, name: str, **labels: str) -> float:
    """Return the value of a metric."""
    return application._metrics.registry.get_sample_value(name, labels) or 0.0


async def test_the_same_article_again(lines: list[str]) -> None:
    """All but the cut sentences come from the cache, the answer is the same byte for byte, and the metrics know."""
    application = Application(load_settings(address="127.0.0.1:0", workers=1))
    async with application, AsyncClient(application.address) as client:
        first = await client.translate_article(Article(body="\n".join(lines)), TO_ENGLISH)
        # What the draft loops on is cut, is not remembered, and may be cut elsewhere in another batch.
        whole = "\n".join(
            segment.source_text
            for segment in first.translation.segments
            if segment.status == SEGMENT_STATUS_TRANSLATED and QUALITY_FLAG_TRUNCATED not in segment.quality_flags
        )
        again = [await client.translate_article(Article(body=whole), TO_ENGLISH) for _ in range(3)]
        hits = sample(application, "talmach_cache_lookups_total", tier="local", result="hit")
        tokens = sample(application, "talmach_target_tokens_total")
        last = await client.translate_article(Article(body=whole), TO_ENGLISH)
    assert first.usage.cache_hits == 0
    assert first.usage.target_tokens > 0
    assert len({translation(reply) for reply in [*again, last]}) == 1
    assert last.usage.cache_hits > 0.8 * len(last.translation.segments)
    assert last.model_ids == first.model_ids
    assert last.usage.target_tokens == sample(application, "talmach_target_tokens_total") - tokens
    assert (
        sample(application, "talmach_cache_lookups_total", tier="local", result="hit") - hits >= last.usage.cache_hits
    )


async def test_a_known_sentence_is_a_hit_and_costs_nothing() -> None:
    """Exact figures for one sentence; another target, beam or a cache that is off makes it a miss."""
    article = Article(body="Горад адкрыў новую школу.")
    application = Application(load_settings(address="127.0.0.1:0", workers=1))
    async with application, AsyncClient(application.address) as client:
        first = await client.translate_article(article, TO_ENGLISH)
        second = await client.translate_article(article, TO_ENGLISH)
        beam = TranslationOptions(source_language_code="be", target_language_code="en", beam_size=2)
        third = await client.translate_article(article, beam)
        held = sample(application, "talmach_cache_bytes")
    assert (first.usage.cache_hits, second.usage.cache_hits, third.usage.cache_hits) == (0, 1, 0)
    assert (second.usage.source_tokens, second.usage.target_tokens) == (0, 0)
    assert translation(first) == translation(second)
    assert 0 < held < 2_000
    off = Application(load_settings(address="127.0.0.1:0", workers=1, cache_mib=0))
    async with off, AsyncClient(off.address) as client:
        replies = [await client.translate_article(article, TO_ENGLISH) for _ in range(2)]
    assert [reply.usage.cache_hits for reply in replies] == [0, 0]
    assert [translation(reply) for reply in replies] == [translation(first)] * 2


async def test_a_redis_that_is_not_there_fails_nothing() -> None:
    """Neither the start nor a call."""
    settings = load_settings(address="127.0.0.1:0", workers=1, redis_url="redis://user:geheim@127.0.0.1:1/0")
    assert "geheim" not in repr(settings)
    application = Application(settings)
    async with application, AsyncClient(application.address) as client:
        reply = await client.translate_article(Article(body="Горад адкрыў новую школу."), TO_ENGLISH)
        assert reply.translation.complete
        assert sample(application, "talmach_cache_redis_errors_total") >= 1
