"""One servicer for each service of the contract: what grpc calls, handed to the methods of the contract.

They run behind the interceptor, which turns errors into statuses, and lets nobody in before they have their `methods`:
grpc wants its servicers before the models are loaded.
"""

# The names and parameters are those of the contract.
# ruff: noqa: ARG002, N802

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc

from talmach import calls
from talmach.access.gate import Gate
from talmach.contract.methods import Methods
from talmach.pb import info_pb2, summarization_pb2, translation_pb2
from talmach.pb.info_pb2_grpc import InfoServiceServicer
from talmach.pb.summarization_pb2_grpc import SummarizationServiceServicer
from talmach.pb.translation_pb2_grpc import TranslationServiceServicer
from talmach.rpc.batch import Batch

_Context = grpc.aio.ServicerContext[Any, Any]


class TranslationServicer(TranslationServiceServicer):
    """Translates, and tells languages."""

    methods: Methods

    def __init__(self, gate: Gate, *, stream_idle_s: float) -> None:
        """`gate` is asked for every item of a bulk translation."""
        self._gate = gate
        self._stream_idle_s = stream_idle_s

    async def TranslateText(
        self, request: translation_pb2.TranslateTextRequest, context: _Context
    ) -> translation_pb2.TranslateTextResponse:
        """Translate independent texts, all at once."""
        return await self.methods.translate_text(request, calls.current())

    async def TranslateArticle(
        self, request: translation_pb2.TranslateArticleRequest, context: _Context
    ) -> translation_pb2.TranslateArticleResponse:
        """Translate an article, with its summary where that is asked for."""
        return await self.methods.translate_article(request, calls.current())

    def StreamTranslateArticle(
        self, request: translation_pb2.StreamTranslateArticleRequest, context: _Context
    ) -> AsyncIterator[translation_pb2.StreamTranslateArticleResponse]:
        """Translate an article, sentence by sentence."""
        return self.methods.stream_article(request, calls.current())

    async def BatchTranslate(
        self, request_iterator: AsyncIterator[translation_pb2.BatchTranslateRequest], context: _Context
    ) -> AsyncIterator[translation_pb2.BatchTranslateResponse]:
        """Translate a stream of items, each with its own result or error."""
        calls.current().check_deadline()
        limits = self.methods.limits
        batch = Batch(
            self.methods.use_cases,
            self.methods.reader,
            calls.current(),
            self._gate,
            max_reply_bytes=limits.max_message_bytes,
            idle_s=self._stream_idle_s,
        )
        answers = batch.answers(request_iterator, limit=limits.max_batch_items_in_flight)
        async with aclosing(answers):
            async for answer in answers:
                yield answer

    async def DetectLanguage(
        self, request: translation_pb2.DetectLanguageRequest, context: _Context
    ) -> translation_pb2.DetectLanguageResponse:
        """Tell the languages of texts."""
        return await self.methods.detect_language(request, calls.current())


class SummarizationServicer(SummarizationServiceServicer):
    """Summarises."""

    methods: Methods

    async def SummarizeArticle(
        self, request: summarization_pb2.SummarizeArticleRequest, context: _Context
    ) -> summarization_pb2.SummarizeArticleResponse:
        """Choose the sentences that carry the story, and translate those when a target language is named."""
        return await self.methods.summarize_article(request, calls.current())


class InfoServicer(InfoServiceServicer):
    """Describes the server."""

    methods: Methods

    async def GetServerInfo(
        self, request: info_pb2.GetServerInfoRequest, context: _Context
    ) -> info_pb2.GetServerInfoResponse:
        """Return version, language pairs, models and limits."""
        return self.methods.info
