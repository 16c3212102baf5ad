"""Replies that do not fit into one message: an error that says so, not grpc's own, which looks like an overload."""

from dataclasses import replace

import grpc
import pytest

from talmach.client import RpcFailed
from talmach.pb import translation_pb2 as pb
from talmach.pb.common_pb2 import Article
from tests.rpc.harness import LIMITS, Failure, running, to

SMALL = replace(LIMITS, max_message_bytes=65_536)
# 40,000 bytes in; twice as long in the reply, which holds source, translation and whole text.
BODY = " ".join(f"Рыбакі знайшлі на балоце новае возера нумар {number}." for number in range(500))


async def test_a_reply_that_is_too_large_says_so() -> None:
    """Reason, limit and size; and nothing to wait for, since it would be as large again."""
    async with running(limits=SMALL) as served:
        request = pb.TranslateArticleRequest(article=Article(body=BODY), options=to("en", "be"))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.translation.TranslateArticle(request)
        failure = Failure.of(caught.value)
        assert (failure.code, failure.info.reason) == ("RESOURCE_EXHAUSTED", "REPLY_TOO_LARGE")
        assert failure.info.metadata["limit"] == "65536"
        assert int(failure.info.metadata["actual"]) > 65_536
        assert RpcFailed.of(caught.value).retry_after_s is None
        method = "talmach.v1.TranslationService/TranslateArticle"
        assert served.sample("talmach_rpc_requests_total", method=method, code="RESOURCE_EXHAUSTED") == 1


async def test_the_same_article_fits_as_a_stream() -> None:
    """Sentence by sentence no message is large."""
    async with running(limits=SMALL) as served, served.client() as client:
        events = [event async for event in client.stream_article(Article(body=BODY), to("en", "be"))]
    assert events[-1].trailer.complete


async def test_an_item_that_is_too_large_fails_alone() -> None:
    """Its neighbours in the bulk translation are answered."""
    async with running(limits=SMALL) as served:
        stream = served.translation.BatchTranslate()
        for name, text in (("long", BODY), ("short", "Дождж ідзе.")):
            await stream.write(pb.BatchTranslateRequest(id=name, text=text, options=to("en", "be")))
        await stream.done_writing()
        answers = {answer.id: answer async for answer in stream}
    assert answers["long"].error.reason == "REPLY_TOO_LARGE"
    assert answers["short"].text.segments
