"""One servicer for each service of the contract: read -> call -> render.

They run behind the interceptor, which turns errors into statuses, and lets nobody in before `serve`: grpc wants its
servicers before the models are loaded.
"""

# The names and parameters are those of the contract.
# ruff: noqa: ARG002, N802

import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import grpc

from talmach import calls
from talmach.calls import Call
from talmach.contract import replies, server_info
from talmach.contract.info import Limits, ServerInfo
from talmach.contract.offsets import SegmentOffsets, unit_of
from talmach.contract.requests import RequestReader
from talmach.contract.segments import segment
from talmach.errors import DeadlineExceeded
from talmach.pb import info_pb2, summarization_pb2, translation_pb2
from talmach.pb.info_pb2_grpc import InfoServiceServicer
from talmach.pb.summarization_pb2_grpc import SummarizationServiceServicer
from talmach.pb.translation_pb2_grpc import TranslationServiceServicer
from talmach.rpc.batch import Batch
from talmach.threads import offload
from talmach.use_cases import UseCases

_Context = grpc.aio.ServicerContext[Any, Any]
_SHORTEST_S = 0.005  # not even a cached sentence comes back sooner


class TranslationServicer(TranslationServiceServicer):
    """Translates, and tells languages."""

    _use_cases: UseCases
    _reader: RequestReader
    _limits: Limits

    def __init__(self, check_open: Callable[[], None], *, stream_idle_s: float) -> None:
        """`check_open` raises Unavailable when no new work is taken: asked for every item of a bulk translation."""
        self._check_open = check_open
        self._stream_idle_s = stream_idle_s

    def serve(self, use_cases: UseCases, limits: Limits) -> None:
        """Take what it works with."""
        self._use_cases = use_cases
        self._reader = RequestReader(limits, use_cases.directions)
        self._limits = limits

    async def TranslateText(
        self, request: translation_pb2.TranslateTextRequest, context: _Context
    ) -> translation_pb2.TranslateTextResponse:
        """Translate independent texts, all at once."""
        texts, options = self._reader.texts(request)
        call = _call_of(context)
        done = await self._use_cases.translate_texts(texts, options, call)
        return await offload(done.chars, replies.texts, done, request, call.elapsed_ms())

    async def TranslateArticle(
        self, request: translation_pb2.TranslateArticleRequest, context: _Context
    ) -> translation_pb2.TranslateArticleResponse:
        """Translate an article, with its summary where that is asked for."""
        fields, options, summary = self._reader.article(request)
        call = _call_of(context)
        done = await self._use_cases.translate_article(fields, options, call, summary=summary)
        return await offload(done.source.chars, replies.article, done, request, call.elapsed_ms())

    async def StreamTranslateArticle(
        self, request: translation_pb2.StreamTranslateArticleRequest, context: _Context
    ) -> AsyncIterator[translation_pb2.StreamTranslateArticleResponse]:
        """Translate an article, sentence by sentence."""
        (fields, options, _), unit = self._reader.article(request), unit_of(request.options)
        call = _call_of(context)
        async with self._use_cases.stream_article(fields, options, call) as job:
            yield translation_pb2.StreamTranslateArticleResponse(header=replies.header(job, unit))
            offsets = SegmentOffsets(job.source.article, unit)
            async for each in job.segments():
                yield translation_pb2.StreamTranslateArticleResponse(segment=segment(each, offsets))
        yield translation_pb2.StreamTranslateArticleResponse(trailer=replies.trailer(job.totals(), call.elapsed_ms()))

    async def BatchTranslate(
        self, request_iterator: AsyncIterator[translation_pb2.BatchTranslateRequest], context: _Context
    ) -> AsyncIterator[translation_pb2.BatchTranslateResponse]:
        """Translate a stream of items, each with its own result or error."""
        batch = Batch(
            self._use_cases,
            self._reader,
            _call_of(context),
            self._check_open,
            max_reply_bytes=self._limits.max_message_bytes,
            idle_s=self._stream_idle_s,
        )
        answers = batch.answers(request_iterator, limit=self._limits.max_batch_items_in_flight)
        async with aclosing(answers):
            async for answer in answers:
                yield answer

    async def DetectLanguage(
        self, request: translation_pb2.DetectLanguageRequest, context: _Context
    ) -> translation_pb2.DetectLanguageResponse:
        """Tell the languages of texts."""
        texts, call = self._reader.to_detect(request), _call_of(context)
        return replies.detections(await self._use_cases.detect(texts, call), call.elapsed_ms())


class SummarizationServicer(SummarizationServiceServicer):
    """Summarises."""

    _use_cases: UseCases
    _reader: RequestReader

    def serve(self, use_cases: UseCases, limits: Limits) -> None:
        """Take what it works with."""
        self._use_cases = use_cases
        self._reader = RequestReader(limits, use_cases.directions)

    async def SummarizeArticle(
        self, request: summarization_pb2.SummarizeArticleRequest, context: _Context
    ) -> summarization_pb2.SummarizeArticleResponse:
        """Choose the sentences that carry the story, and translate those when a target language is named."""
        fields, summary, options = self._reader.summarization(request)
        call = _call_of(context)
        done = await self._use_cases.summarize(fields, summary, options, call)
        return await offload(done.source.chars, replies.summarized, done, request, call.elapsed_ms())


class InfoServicer(InfoServiceServicer):
    """Describes the server."""

    _response: info_pb2.GetServerInfoResponse

    def serve(self, info: ServerInfo) -> None:
        """Take what it tells."""
        self._response = server_info.response(info)

    async def GetServerInfo(
        self, request: info_pb2.GetServerInfoRequest, context: _Context
    ) -> info_pb2.GetServerInfoResponse:
        """Return version, language pairs, models and limits."""
        return self._response


def _call_of(context: _Context) -> Call:
    """Return the record of the call that this task serves.

    Raises:
        DeadlineExceeded: too little time is left to begin.

    """
    call = calls.current()
    # grpc's types call it a float; without a deadline it is None.
    remaining_s: float | None = context.time_remaining()
    if remaining_s is not None:
        if remaining_s < _SHORTEST_S:
            raise DeadlineExceeded
        call.deadline = time.monotonic() + remaining_s
    return call
