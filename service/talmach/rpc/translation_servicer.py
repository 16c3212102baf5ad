"""TranslationService: message -> domain -> message."""

# The names and parameters are those of the contract.
# ruff: noqa: ARG002, N802

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import grpc

from talmach import calls
from talmach.contract import replies, summaries
from talmach.contract.info import Limits
from talmach.contract.offsets import SegmentOffsets
from talmach.contract.requests import RequestReader
from talmach.pb import common_pb2
from talmach.pb import translation_pb2 as pb
from talmach.pb.translation_pb2_grpc import TranslationServiceServicer
from talmach.rpc.batch import Batch
from talmach.rpc.deadlines import deadline_of
from talmach.rpc.jobs import finish_all, running, running_texts
from talmach.summary.use_case import Summarizer
from talmach.text.language import detect, determine
from talmach.threads import offload
from talmach.translation.job import raise_if_all_failed
from talmach.translation.use_case import Translator
from talmach.translation.values import Timings

_Context = grpc.aio.ServicerContext[Any, Any]


class TranslationServicer(TranslationServiceServicer):
    """Translates; runs behind the interceptor, which turns errors into statuses."""

    def __init__(
        self, translator: Translator, summarizer: Summarizer, limits: Limits, check_open: Callable[[], None]
    ) -> None:
        """`check_open` raises Unavailable when no new work is taken: asked for every item of a bulk translation."""
        self._translator = translator
        self._summarizer = summarizer
        self._reader = RequestReader(limits, translator.directions, calls.charge)
        self._limits = limits
        self._check_open = check_open

    async def TranslateText(self, request: pb.TranslateTextRequest, context: _Context) -> pb.TranslateTextResponse:
        """Translate independent texts, all at once."""
        chars = sum(map(len, request.texts))
        asked = await offload(chars, self._reader.texts, request)
        async with running_texts(
            self._translator, asked.articles, asked.options, deadline=deadline_of(context)
        ) as jobs:
            done, total = await finish_all(jobs)
        return pb.TranslateTextResponse(
            translations=await offload(chars, replies.text_translations, done, asked.unit),
            model_ids=total.model_ids,
            glossary_usages=replies.glossary_usages(total.glossary_usages),
            timings=replies.timings(total.timings, calls.current().elapsed_ms()),
            usage=replies.usage(total.usage),
        )

    async def TranslateArticle(
        self, request: pb.TranslateArticleRequest, context: _Context
    ) -> pb.TranslateArticleResponse:
        """Translate an article; its summary is chosen while the translation runs, and made of its segments."""
        chars = len(request.article.body)
        asked = await offload(chars, self._reader.article, request)
        deadline, summary = deadline_of(context), None
        async with running(self._translator, asked.article, asked.options, deadline=deadline) as job:
            chosen = (
                await self._summarizer.summarize(asked.article, asked.summary.options, deadline=deadline)
                if asked.summary
                else None
            )
            done = await job.finish()
        if asked.summary and chosen:
            summary = summaries.summary(
                chosen,
                [done.segments[each.sentence.index] for each in chosen.chosen],
                asked.options.target_language,
                article=asked.article,
                unit=asked.unit,
                with_all_scores=asked.summary.return_all_scores,
            )
        return pb.TranslateArticleResponse(
            translation=await offload(chars, replies.article_translation, done, asked.unit),
            summary=summary,
            model_ids=done.totals.model_ids,
            glossary_usages=replies.glossary_usages(done.totals.glossary_usages),
            timings=replies.timings(done.totals.timings, calls.current().elapsed_ms()),
            usage=replies.usage(done.totals.usage),
        )

    async def StreamTranslateArticle(
        self, request: pb.StreamTranslateArticleRequest, context: _Context
    ) -> AsyncIterator[pb.StreamTranslateArticleResponse]:
        """Translate an article, sentence by sentence."""
        asked = await offload(len(request.article.body), self._reader.article, request)
        offsets = SegmentOffsets(asked.article, asked.unit)
        async with running(self._translator, asked.article, asked.options, deadline=deadline_of(context)) as job:
            yield pb.StreamTranslateArticleResponse(header=replies.header(job, asked.unit))
            async for segment in job.job.segments():
                yield pb.StreamTranslateArticleResponse(segment=replies.segment(segment, offsets))
            raise_if_all_failed([job.job])
            trailer = replies.trailer(job.count(), calls.current().elapsed_ms())
        yield pb.StreamTranslateArticleResponse(trailer=trailer)

    async def BatchTranslate(
        self, request_iterator: AsyncIterator[pb.BatchTranslateRequest], context: _Context
    ) -> AsyncIterator[pb.BatchTranslateResponse]:
        """Translate a stream of items, each with its own result or error."""
        deadline, max_bytes = deadline_of(context), self._limits.max_message_bytes
        batch = Batch(self._translator, self._reader, deadline, self._check_open, max_bytes)
        answers = batch.answers(request_iterator, limit=self._limits.max_batch_items_in_flight)
        async with aclosing(answers):
            async for answer in answers:
                yield answer

    async def DetectLanguage(self, request: pb.DetectLanguageRequest, context: _Context) -> pb.DetectLanguageResponse:
        """Tell the languages of texts."""
        texts = self._reader.to_detect(request)
        detections = await offload(sum(map(len, texts)), _detections, texts)
        elapsed_ms = calls.current().elapsed_ms()
        return pb.DetectLanguageResponse(detections=detections, timings=replies.timings(Timings(), elapsed_ms))


def _detections(texts: Sequence[str]) -> list[common_pb2.LanguageDetection]:
    return [replies.detection(determine(text), detect(text)) for text in texts]
