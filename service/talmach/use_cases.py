"""What the service does, for every door: plain values in, one plain value out.

Here, once for all doors: quotas, the language of a text, large texts handed to a thread, admission, what is cancelled
when a caller goes away, what counts as failure, and the record of the call.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from talmach.calls import Call
from talmach.engine.base import Direction
from talmach.summary.summarizer import Summarizer
from talmach.summary.values import ArticleSummary, ScoredSentence, SummaryOptions
from talmach.text.article import Field
from talmach.threads import offload
from talmach.translation.job import TranslationJob
from talmach.translation.source import Detection, Source, settle
from talmach.translation.translator import Translator
from talmach.translation.values import Segment, SegmentStatus, Timings, Totals, Translation, TranslationOptions, Usage

Fields = Mapping[Field, str]  # an article by its fields, or a lone text
_NOTHING_TRANSLATED = Totals(0, complete=True, model_ids=(), glossary_usages=(), timings=Timings(), usage=Usage())


@dataclass(frozen=True, slots=True)
class Summary:
    """The chosen sentences, translated or as they are."""

    choice: ArticleSummary
    segments: tuple[Segment, ...]  # one for each chosen sentence
    language: str | None


@dataclass(frozen=True, slots=True)
class TextTranslations:
    """What comes of independent texts."""

    translations: tuple[Translation, ...]
    totals: Totals

    @property
    def chars(self) -> int:
        """Characters of all of them."""
        return sum(each.source.chars for each in self.translations)


@dataclass(frozen=True, slots=True)
class ArticleTranslation(Translation):
    """What comes of an article, or of a lone text."""

    totals: Totals
    summary: Summary | None = None


@dataclass(frozen=True, slots=True)
class SummarizedArticle:
    """What comes of an article that is summarised, and translated no further than that."""

    source: Source
    summary: Summary
    totals: Totals


class UseCases:
    """Translates, summarises and tells languages."""

    def __init__(self, translator: Translator, summarizer: Summarizer | None) -> None:
        """`summarizer` None = nobody asks for summaries here."""
        self._translator = translator
        self._summarizer = summarizer

    @property
    def directions(self) -> frozenset[Direction]:
        """Everything that can be translated."""
        return self._translator.directions

    async def translate_texts(self, texts: Sequence[str], options: TranslationOptions, call: Call) -> TextTranslations:
        """Translate independent texts; a sentence that several of them have is decoded once.

        A text in an undetermined language fails alone, unless all do.

        Raises:
            UntranslatableTexts: no language can be determined, or no model translates a pair.
            BeyondQuota: no wait helps.
            ModelNotFound, QuotaExceeded, QueueFull, DeadlineExceeded, EngineStuck: nothing was begun, or given up.
            EngineFailure: the engine failed on every sentence that it was given.

        """
        chars = sum(map(len, texts))
        call.charge(chars)

        def prepare() -> TranslationJob:
            sources = [_source({Field.TEXT: text}, options) for text in texts]
            settled = settle(sources, options.default_source_language)
            return self._translator.prepare_texts(settled, options, deadline=call.deadline)

        async with self._running(prepare, chars, options, call) as job:
            return TextTranslations(await job.finish(), _count(job, call))

    async def translate_article(
        self, fields: Fields, options: TranslationOptions, call: Call, *, summary: SummaryOptions | None = None
    ) -> ArticleTranslation:
        """Translate an article; its summary is chosen while the translation runs, and made of its segments.

        Raises what `translate_texts` raises.
        """
        async with self._article(fields, options, call) as job:
            choice = None if summary is None else await self._choose(job.source, summary, call)
            (made,) = await job.finish()
            totals = _count(job, call)
        summarized = None
        if choice is not None:
            segments = tuple(made.segments[each.sentence.index] for each in choice.chosen)
            summarized = Summary(choice, segments, options.target_language)
        return ArticleTranslation(made.source, made.texts, made.segments, totals, summarized)

    @asynccontextmanager
    async def stream_article(
        self, fields: Fields, options: TranslationOptions, call: Call
    ) -> AsyncIterator[TranslationJob]:
        """Translate an article whose segments are taken one by one; raises what `translate_texts` raises."""
        async with self._article(fields, options, call) as job:
            yield job
            _count(job, call)

    async def summarize(
        self,
        fields: Fields,
        summary: SummaryOptions,
        options: TranslationOptions,
        call: Call,
    ) -> SummarizedArticle:
        """Choose the sentences that carry the story, and translate those, and no others.

        Without a target language they stay as they are. Raises what `translate_texts` raises.
        """
        chars = _chars(fields)
        call.charge(chars)
        source = await offload(chars, _read, fields, options)
        choice = await self._choose(source, summary, call)
        language, totals = options.target_language or source.language, _NOTHING_TRANSLATED
        segments = [_copied(each, source.language) for each in choice.chosen]
        if options.target_language and choice.chosen:
            only = frozenset(each.sentence.index for each in choice.chosen)
            prepare = partial(self._translator.prepare, source, options, deadline=call.deadline, only=only)
            async with self._running(prepare, chars, options, call) as job:
                segments = [segment async for segment in job.segments()]
                totals = _count(job, call)
        return SummarizedArticle(source, Summary(choice, tuple(segments), language), totals)

    async def detect(self, texts: Sequence[str], call: Call) -> list[Detection]:
        """Tell the language of each text; raises QuotaExceeded."""
        chars = sum(map(len, texts))
        call.charge(chars)
        return await offload(chars, lambda: list(map(Detection.of, texts)))

    async def _choose(self, source: Source, options: SummaryOptions, call: Call) -> ArticleSummary:
        assert self._summarizer is not None
        return await self._summarizer.summarize(source.article, options, deadline=call.deadline)

    def _article(
        self, fields: Fields, options: TranslationOptions, call: Call
    ) -> AbstractAsyncContextManager[TranslationJob]:
        chars = _chars(fields)
        call.charge(chars)

        def prepare() -> TranslationJob:
            return self._translator.prepare(_read(fields, options), options, deadline=call.deadline)

        return self._running(prepare, chars, options, call)

    @asynccontextmanager
    async def _running(
        self, prepare: Callable[[], TranslationJob], chars: int, options: TranslationOptions, call: Call
    ) -> AsyncIterator[TranslationJob]:
        """Prepare and queue a job; give up at the end what is not done by then."""
        async with AsyncExitStack() as stack:
            with call.tokenising():
                # Five hundred long terms take a quarter of a second to get ready.
                terms = sum(len(entry.source_term) for entry in options.glossary)
                job = await stack.enter_async_context(await offload(chars + terms, prepare))
            for draft in job.drafts:
                call.begin_work(draft.source.language, options.target_language, len(draft.plans))
            yield job


def _count(job: TranslationJob, call: Call) -> Totals:
    """Return the totals of a job that is done, entered in the record of the call."""
    totals = job.totals()
    call.end_work(totals)
    return totals


def _read(fields: Fields, options: TranslationOptions) -> Source:
    (source,) = settle([_source(fields, options)], options.default_source_language)
    return source


def _source(fields: Fields, options: TranslationOptions) -> Source:
    return Source.read(
        fields, options.source_language, options.format, translate_attributes=options.translate_attributes
    )


def _chars(fields: Fields) -> int:
    return sum(map(len, fields.values()))


def _copied(scored: ScoredSentence, language: str | None) -> Segment:
    """A chosen sentence that nobody translates, as a segment."""
    sentence = scored.sentence
    return Segment(
        index=sentence.index,
        paragraph=sentence.paragraph,
        field=sentence.field,
        source_span=sentence.span,
        source_text=sentence.source,
        translated_text=sentence.source,
        source_language=language,
        status=SegmentStatus.COPIED,
    )
