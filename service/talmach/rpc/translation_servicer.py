"""TranslationService: read -> call -> render."""

# The names are those of the contract.
# ruff: noqa: N802

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import grpc

from talmach.contract import replies
from talmach.contract.info import Limits
from talmach.contract.offsets import SegmentOffsets, unit_of
from talmach.contract.requests import RequestReader
from talmach.contract.segments import segment
from talmach.pb import translation_pb2 as pb
from talmach.pb.translation_pb2_grpc import TranslationServiceServicer
from talmach.rpc.batch import Batch
from talmach.rpc.deadlines import call_of
from talmach.threads import offload
from talmach.use_cases import UseCases

_Context = grpc.aio.ServicerContext[Any, Any]


class TranslationServicer(TranslationServiceServicer):
    """Translates; runs behind the interceptor, which turns errors into statuses and lets nobody in before `serve`."""

    _use_cases: UseCases
    _reader: RequestReader
    _limits: Limits

    def __init__(self, check_open: Callable[[], None]) -> None:
        """`check_open` raises Unavailable when no new work is taken: asked for every item of a bulk translation."""
        self._check_open = check_open

    def serve(self, use_cases: UseCases, limits: Limits) -> None:
        """Take what it works with: grpc wants its servicers before the models are loaded."""
        self._use_cases = use_cases
        self._reader = RequestReader(limits, use_cases.directions)
        self._limits = limits

    async def TranslateText(self, request: pb.TranslateTextRequest, context: _Context) -> pb.TranslateTextResponse:
        """Translate independent texts, all at once."""
        texts, options = self._reader.texts(request)
        call = call_of(context)
        done = await self._use_cases.translate_texts(texts, options, call)
        return await offload(done.chars, replies.texts, done, request, call.elapsed_ms())

    async def TranslateArticle(
        self, request: pb.TranslateArticleRequest, context: _Context
    ) -> pb.TranslateArticleResponse:
        """Translate an article, with its summary where that is asked for."""
        fields, options, summary = self._reader.article(request)
        call = call_of(context)
        done = await self._use_cases.translate_article(fields, options, call, summary=summary)
        return await offload(done.source.chars, replies.article, done, request, call.elapsed_ms())

    async def StreamTranslateArticle(
        self, request: pb.StreamTranslateArticleRequest, context: _Context
    ) -> AsyncIterator[pb.StreamTranslateArticleResponse]:
        """Translate an article, sentence by sentence."""
        (fields, options, _), unit = self._reader.article(request), unit_of(request.options)
        call = call_of(context)
        async with self._use_cases.stream_article(fields, options, call) as job:
            yield pb.StreamTranslateArticleResponse(header=replies.header(job, unit))
            offsets = SegmentOffsets(job.source.article, unit)
            async for each in job.segments():
                yield pb.StreamTranslateArticleResponse(segment=segment(each, offsets))
        yield pb.StreamTranslateArticleResponse(trailer=replies.trailer(job.totals(), call.elapsed_ms()))

    async def BatchTranslate(
        self, request_iterator: AsyncIterator[pb.BatchTranslateRequest], context: _Context
    ) -> AsyncIterator[pb.BatchTranslateResponse]:
        """Translate a stream of items, each with its own result or error."""
        batch = Batch(self._use_cases, self._reader, call_of(context), self._check_open, self._limits.max_message_bytes)
        answers = batch.answers(request_iterator, limit=self._limits.max_batch_items_in_flight)
        async with aclosing(answers):
            async for answer in answers:
                yield answer

    async def DetectLanguage(self, request: pb.DetectLanguageRequest, context: _Context) -> pb.DetectLanguageResponse:
        """Tell the languages of texts."""
        texts, call = self._reader.to_detect(request), call_of(context)
        return replies.detections(await self._use_cases.detect(texts, call), call.elapsed_ms())
