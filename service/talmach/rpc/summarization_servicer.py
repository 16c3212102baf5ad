"""SummarizationService: message -> domain -> message."""

# The names are those of the contract.
# ruff: noqa: N802

from typing import Any

import grpc

from talmach import calls
from talmach.contract import replies, summaries
from talmach.contract.info import Limits
from talmach.contract.requests import RequestReader, Summarization
from talmach.pb import common_pb2
from talmach.pb import summarization_pb2 as pb
from talmach.pb.summarization_pb2_grpc import SummarizationServiceServicer
from talmach.rpc.deadlines import deadline_of
from talmach.rpc.jobs import running
from talmach.summary.use_case import Summarizer
from talmach.summary.values import ArticleSummary
from talmach.text.language import detect, determine
from talmach.threads import offload
from talmach.translation.plan import prevailing_language
from talmach.translation.use_case import Translator
from talmach.translation.values import Segment, Timings, Totals, TranslationOptions, Usage

_Context = grpc.aio.ServicerContext[Any, Any]
_NOTHING_TRANSLATED = Totals(0, complete=True, model_ids=(), glossary_usages=(), timings=Timings(), usage=Usage())


class SummarizationServicer(SummarizationServiceServicer):
    """Summarises; runs behind the interceptor, which turns errors into statuses."""

    def __init__(self, translator: Translator, summarizer: Summarizer, limits: Limits) -> None:
        self._translator = translator
        self._summarizer = summarizer
        self._reader = RequestReader(limits, translator.directions, calls.charge)

    async def SummarizeArticle(
        self, request: pb.SummarizeArticleRequest, context: _Context
    ) -> pb.SummarizeArticleResponse:
        """Choose the sentences that carry the story, and translate those when a target language is named."""
        chars = len(request.article.body)
        asked = await offload(chars, self._reader.summarization, request)
        deadline = deadline_of(context)
        language, detection = await offload(chars, _detect, asked)
        chosen = await self._summarizer.summarize(asked.article, asked.summary.options, deadline=deadline)
        if asked.translation and chosen.chosen:
            segments, totals = await self._translate(asked, chosen, asked.translation, deadline)
        else:
            segments, totals = [summaries.copied(each, language) for each in chosen.chosen], _NOTHING_TRANSLATED
        summary = summaries.summary(
            chosen,
            segments,
            asked.translation.target_language if asked.translation else language,
            article=asked.article,
            unit=asked.unit,
            with_all_scores=asked.summary.return_all_scores,
        )
        return pb.SummarizeArticleResponse(
            summary=summary,
            source_language_code=language or "",
            detection=detection,
            model_ids=totals.model_ids,
            glossary_usages=replies.glossary_usages(totals.glossary_usages),
            timings=replies.timings(totals.timings, calls.current().elapsed_ms()),
            usage=replies.usage(totals.usage),
        )

    async def _translate(
        self, asked: Summarization, chosen: ArticleSummary, options: TranslationOptions, deadline: float | None
    ) -> tuple[list[Segment], Totals]:
        """Translate the chosen sentences and no others; `options.remove_boilerplate` cannot touch them."""
        only = frozenset(each.sentence.index for each in chosen.chosen)
        async with running(self._translator, asked.article, options, deadline=deadline, only=only) as job:
            done = await job.finish()
        return list(done.segments), done.totals


def _detect(asked: Summarization) -> tuple[str | None, common_pb2.LanguageDetection]:
    """Return the language of the article, as named or detected, and what detection says."""
    detected = determine(asked.article.text)
    language = asked.source_language or detected or prevailing_language(asked.article.sentences)
    return language, replies.detection(detected, detect(asked.article.text))
