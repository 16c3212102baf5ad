"""Runs an article's plan through the batching queues; segments come out in document order, each as soon as it is ready."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

from talmach.batching import BatchingQueue
from talmach.engine.base import Direction
from talmach.errors import EngineFailure, InvalidRequest, ModelNotFound, language_undetermined, unsupported_language_pair
from talmach.metrics import Metrics
from talmach.text import protected
from talmach.text.article import Article, Field
from talmach.text.language import Candidate, detect, determine
from talmach.translation.assembly import Assembler
from talmach.translation.decoding import Decoder, Outcome
from talmach.translation.glossary import Glossary, UsageCounter
from talmach.translation.plan import Action, Plan, plan
from talmach.translation.values import ArticleTranslation, Segment, SegmentStatus, Totals, TranslationOptions

_STATUS = {
    Action.COPY: SegmentStatus.COPIED,
    Action.DROP: SegmentStatus.DROPPED_BOILERPLATE,
    Action.TRANSLATE: SegmentStatus.TRANSLATED,
}


class TranslationJob:
    """One article on its way; made by `Translator.start`, on the event loop."""

    def __init__(
        self,
        article: Article,
        plans: list[Plan],
        decoder: Decoder,
        *,
        source_language: str | None,
        candidates: list[Candidate],
        metrics: Metrics,
    ) -> None:
        self.article = article
        self.source_language = source_language
        self.candidates = candidates
        self._plans = plans
        self._decoder = decoder
        self._metrics = metrics
        self._usages = UsageCounter(decoder.glossary.entries)
        self._started_at = time.monotonic()
        self._failures = self._successes = 0
        self._tasks = {
            each.sentence.index: asyncio.ensure_future(decoder.translate(each))
            for each in plans
            if each.action is Action.TRANSLATE
        }

    @property
    def segment_count(self) -> int:
        """Segments that will come."""
        return len(self._plans)

    async def segments(self) -> AsyncIterator[Segment]:
        """Yield every segment in document order; closing the generator cancels what is still queued.

        Raises:
            EngineFailure: the engine failed on every sentence that it was given.
            DeadlineExceeded: the deadline passed while sentences were queued.

        """
        assembler = Assembler(self.article)
        try:
            for each in self._plans:
                yield await self._segment(each, assembler)
            if self._failures and not self._successes:
                raise EngineFailure
        finally:
            self.cancel()

    def cancel(self) -> None:
        """Give up what is not done yet; harmless when everything is."""
        for task in self._tasks.values():
            task.cancel()

    def totals(self) -> Totals:
        """Return what is known after the last segment."""
        return Totals(
            segment_count=self.segment_count,
            complete=not self._failures,
            model_ids=self._decoder.model_ids(),
            glossary_usages=self._usages.usages(),
            timings=self._decoder.timings(total_ms=1_000 * (time.monotonic() - self._started_at)),
            usage=self._decoder.usage(),
        )

    async def _segment(self, each: Plan, assembler: Assembler) -> Segment:
        sentence, status, outcome = each.sentence, _STATUS[each.action], Outcome(each.sentence.text)
        error = None
        if each.action is Action.TRANSLATE:
            try:
                outcome = await self._tasks[sentence.index]
                self._successes += 1
            except EngineFailure as failure:
                status, error = SegmentStatus.FAILED, failure.reason
                self._failures += 1
            self._usages.add(outcome.glossary)
        text = "" if each.action is Action.DROP else outcome.text
        flags = outcome.flags | self._decoder.mismatch_flags(each)
        self._metrics.segments.labels(status.name).inc()
        for flag in flags:
            self._metrics.quality_flags.labels(flag.name).inc()
        return Segment(
            index=sentence.index,
            paragraph=sentence.paragraph,
            field=sentence.field,
            source_span=sentence.span,
            target_span=assembler.add(sentence, text),
            source_text=sentence.text,
            translated_text=text,
            source_language=each.source_language,
            status=status,
            flags=flags,
            boilerplate=sentence.boilerplate,
            score=outcome.score,
            error=error,
        )


class Translator:
    """Translates articles with the models whose queues it is given."""

    def __init__(
        self, queues: Mapping[str, BatchingQueue], *, low_confidence_score: float, metrics: Metrics | None = None
    ) -> None:
        """`queues` maps model id to queue, in the order of preference; a score below the bound is LOW_CONFIDENCE."""
        self._queues = queues
        self._low_confidence_score = low_confidence_score
        self._metrics = metrics or Metrics()
        self._defaults: dict[Direction, BatchingQueue] = {}
        for queue in queues.values():
            for direction in queue.engine.directions:
                self._defaults.setdefault(direction, queue)

    @property
    def directions(self) -> frozenset[Direction]:
        """Everything that can be translated."""
        return frozenset(self._defaults)

    def default_model(self, direction: Direction) -> str:
        """Return the id of the model that translates a direction when a request names none."""
        return self._defaults[direction].engine.model_id

    def start(
        self,
        article: Article,
        options: TranslationOptions,
        *,
        deadline: float | None = None,
        only: frozenset[int] | None = None,
    ) -> TranslationJob:
        """Queue an article's sentences; with `only`, no others than these indices.

        `deadline` is in seconds of `time.monotonic`.

        Raises:
            InvalidRequest: the language cannot be determined, or no model translates the pair.
            ModelNotFound: `options.model` is not the name of a translation model.
            QueueFull, DeadlineExceeded: the queue has no room, or not in time.

        """
        candidates = detect(article.text)
        language = options.source_language or determine(article.text)
        queues = self._select(options.model)
        self._validate(article, language, candidates, queues, options)
        plans = [
            plan(
                sentence,
                named_language=options.source_language,
                article_language=language,
                target_language=options.target_language,
                drop=options.remove_boilerplate,
            )
            for sentence in article.sentences
            if only is None or sentence.index in only
        ]
        decoder = Decoder(
            queues,
            Glossary(options.glossary),
            target_language=options.target_language,
            beam_size=options.beam_size,
            deadline=deadline,
            low_confidence_score=self._low_confidence_score,
        )
        plans = [decoder.prepare(each, language) for each in plans]
        decoder.submit()
        return TranslationJob(
            article, plans, decoder, source_language=language, candidates=candidates, metrics=self._metrics
        )

    async def translate(
        self, article: Article, options: TranslationOptions, *, deadline: float | None = None
    ) -> ArticleTranslation:
        """Translate a whole article; raises what `start` and `TranslationJob.segments` raise."""
        job = self.start(article, options, deadline=deadline)
        segments = tuple([segment async for segment in job.segments()])
        return ArticleTranslation(assemble(article, segments), segments, job.totals())

    def _select(self, model: str | None) -> Mapping[Direction, BatchingQueue]:
        if model is None:
            return self._defaults
        if model not in self._queues:
            raise ModelNotFound(self._queues, field="options.model")
        queue = self._queues[model]
        return dict.fromkeys(queue.engine.directions, queue)

    def _validate(
        self,
        article: Article,
        language: str | None,
        candidates: list[Candidate],
        queues: Mapping[Direction, BatchingQueue],
        options: TranslationOptions,
    ) -> None:
        if language is None:
            if protected.has_words(article.text):
                ranked = {candidate.language: candidate.confidence for candidate in candidates}
                raise InvalidRequest([language_undetermined("options.source_language_code", ranked)])
        elif language != options.target_language and Direction(language, options.target_language) not in queues:
            violation = unsupported_language_pair(
                "options.target_language_code",
                source=language,
                target=options.target_language,
                pairs=sorted(map(str, queues)),
            )
            raise InvalidRequest([violation])


def assemble(article: Article, segments: tuple[Segment, ...]) -> dict[Field, str]:
    """Put the translated fields together: gaps as they are, each sentence replaced by its segment's text."""
    texts: dict[Field, str] = {}
    for field, document in article.documents:
        replacements = [segment.translated_text for segment in segments if segment.field is field]
        texts[field] = document.assemble(replacements).text
    return texts
