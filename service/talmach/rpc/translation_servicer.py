"""TranslationService: message -> domain -> message."""

# The names and parameters are those of the contract.
# ruff: noqa: ARG002, N802

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, aclosing
from typing import Any

import grpc

from talmach.errors import InvalidRequest, Violation
from talmach.pb import translation_pb2 as pb
from talmach.pb.translation_pb2_grpc import TranslationServiceServicer
from talmach.rpc import calls, totals
from talmach.rpc.batch import Batch
from talmach.rpc.deadlines import deadline_of
from talmach.rpc.info import Limits
from talmach.rpc.jobs import Job, running
from talmach.rpc.messages import replies, summaries
from talmach.rpc.messages.requests import RequestReader, Translation
from talmach.rpc.offsets import SegmentOffsets
from talmach.summary.use_case import Summarizer
from talmach.text.language import detect, determine
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
        self._reader = RequestReader(limits, translator.directions)
        self._limits = limits
        self._check_open = check_open

    async def TranslateText(self, request: pb.TranslateTextRequest, context: _Context) -> pb.TranslateTextResponse:
        """Translate independent texts, all at once."""
        asked = self._reader.texts(request)
        with ExitStack() as stack:
            jobs = self._start_all(asked, deadline_of(context), stack)
            # The first failure ends the call, and leaving the stack cancels the jobs that are not done.
            done = await asyncio.gather(*(job.finish() for job in jobs))
        total = totals.merge([each.totals for each in done])
        return pb.TranslateTextResponse(
            translations=[replies.text_translation(each, asked.unit) for each in done],
            model_ids=total.model_ids,
            glossary_usages=replies.glossary_usages(total.glossary_usages),
            timings=replies.timings(total.timings, calls.current().elapsed_ms()),
            usage=replies.usage(total.usage),
        )

    async def TranslateArticle(
        self, request: pb.TranslateArticleRequest, context: _Context
    ) -> pb.TranslateArticleResponse:
        """Translate an article; its summary is chosen while the translation runs, and made of its segments."""
        asked = self._reader.article(request)
        deadline, summary = deadline_of(context), None
        with running(self._translator, asked.article, asked.options, deadline=deadline) as job:
            chosen = await self._summarizer.summarize(asked.article, asked.summary.options) if asked.summary else None
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
            translation=replies.article_translation(done, asked.unit),
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
        asked = self._reader.article(request)
        offsets = SegmentOffsets(asked.article, asked.unit)
        with running(self._translator, asked.article, asked.options, deadline=deadline_of(context)) as job:
            yield pb.StreamTranslateArticleResponse(header=replies.header(job, asked.unit))
            async for segment in job.job.segments():
                yield pb.StreamTranslateArticleResponse(segment=replies.segment(segment, offsets))
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
        detections = [replies.detection(determine(text), detect(text)) for text in texts]
        elapsed_ms = calls.current().elapsed_ms()
        return pb.DetectLanguageResponse(detections=detections, timings=replies.timings(Timings(), elapsed_ms))

    def _start_all(self, asked: Translation, deadline: float | None, stack: ExitStack) -> list[Job]:
        """Start a job for each text, or none: what is wrong with the texts is reported of all of them at once."""
        jobs: list[Job] = []
        violations: list[Violation] = []
        for index, text in enumerate(asked.articles):
            try:
                jobs.append(stack.enter_context(running(self._translator, text, asked.options, deadline=deadline)))
            except InvalidRequest as error:  # noqa: PERF203 - nothing beside what a job costs
                violations += [
                    Violation(f"texts[{index}]", each.reason, each.description, each.metadata)
                    for each in error.violations
                ]
        if violations:
            raise InvalidRequest(violations)
        return jobs
