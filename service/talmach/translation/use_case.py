"""Starts the translation of an article: language, models, a plan for every sentence, and everything queued at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from talmach import quality
from talmach.batching import BatchingQueue
from talmach.cache import HypothesisCache
from talmach.engine.base import Direction
from talmach.errors import InvalidRequest, ModelNotFound, Violation, language_undetermined, unsupported_language_pair
from talmach.metrics import Metrics
from talmach.text import protected
from talmach.text.article import Article, Field
from talmach.text.language import Candidate, detect, determine
from talmach.threads import offload
from talmach.translation.decoding import Decoder
from talmach.translation.glossary import Glossary
from talmach.translation.hypotheses import Hypotheses
from talmach.translation.job import TranslationJob, raise_if_all_failed
from talmach.translation.plan import Plan, plan, prevailing_language
from talmach.translation.values import ArticleTranslation, Segment, TranslationOptions

__all__ = ["TranslationJob", "Translator", "assemble"]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A text that is planned and not queued."""

    article: Article
    plans: list[Plan]
    decoder: Decoder
    source_language: str | None
    detected: str | None
    candidates: list[Candidate]


class Translator:
    """Translates articles with the models whose queues it is given."""

    def __init__(
        self,
        queues: Mapping[str, BatchingQueue],
        *,
        preferred: Mapping[Direction, str] | None = None,
        low_confidence_score: float | None = None,
        cache: HypothesisCache | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        """`queues` maps model id to queue, in the order of preference; `preferred` goes before it.

        A score below the bound is LOW_CONFIDENCE; None = each model's own bounds.
        """
        self._queues = queues
        self._low_confidence_score = low_confidence_score
        self._cache = cache
        self._metrics = metrics or Metrics()
        self._defaults = {direction: queues[model] for direction, model in (preferred or {}).items()}
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

    async def start(
        self,
        article: Article,
        options: TranslationOptions,
        *,
        deadline: float | None = None,
        only: frozenset[int] | None = None,
    ) -> TranslationJob:
        """Queue an article's sentences; with `only`, no others than these indices.

        `deadline` is in seconds of `time.monotonic`. Cancelled before it returns, it leaves nothing in a queue.

        Raises:
            InvalidRequest: the language cannot be determined, or no model translates the pair.
            ModelNotFound: `options.model` is not the name of a translation model.
            QueueFull, DeadlineExceeded: the queue has no room, or not in time.

        """
        queues = self._select(options.model)
        hypotheses = Hypotheses(queues, beam_size=options.beam_size, deadline=deadline, cache=self._cache)
        draft = await offload(len(article.text), self._draft, article, options, queues, hypotheses, only)
        (job,) = await self._begin([draft], hypotheses)
        return job

    async def start_texts(
        self, texts: Sequence[Article], options: TranslationOptions, *, deadline: float | None = None
    ) -> list[TranslationJob]:
        """Queue the sentences of independent texts, all or none; a sentence that several of them have is decoded once.

        Raises what `start` raises; an InvalidRequest names what is wrong with any of them, as `texts[index]`.
        """
        queues = self._select(options.model)
        hypotheses = Hypotheses(queues, beam_size=options.beam_size, deadline=deadline, cache=self._cache)
        chars = sum(len(text.text) for text in texts)
        drafts = await offload(chars, self._draft_all, texts, options, queues, hypotheses)
        return await self._begin(drafts, hypotheses)

    async def translate(
        self, article: Article, options: TranslationOptions, *, deadline: float | None = None
    ) -> ArticleTranslation:
        """Translate a whole article; raises what `start`, `TranslationJob.segments` and `raise_if_all_failed` raise."""
        job = await self.start(article, options, deadline=deadline)
        segments = tuple([segment async for segment in job.segments()])
        raise_if_all_failed([job])
        return ArticleTranslation(assemble(article, segments), segments, job.totals())

    async def _begin(self, drafts: Sequence[_Draft], hypotheses: Hypotheses) -> list[TranslationJob]:
        await hypotheses.submit(
            key
            for draft in drafts
            for key in draft.decoder.keys()  # noqa: SIM118 - not those of a mapping
        )
        return [
            TranslationJob(
                draft.article,
                draft.plans,
                draft.decoder,
                source_language=draft.source_language,
                detected=draft.detected,
                candidates=draft.candidates,
                metrics=self._metrics,
            )
            for draft in drafts
        ]

    def _draft_all(
        self,
        texts: Sequence[Article],
        options: TranslationOptions,
        queues: Mapping[Direction, BatchingQueue],
        hypotheses: Hypotheses,
    ) -> list[_Draft]:
        drafts: list[_Draft] = []
        violations: list[Violation] = []
        for index, text in enumerate(texts):
            try:
                drafts.append(self._draft(text, options, queues, hypotheses))
            except InvalidRequest as error:
                violations += [replace(each, field=f"texts[{index}]") for each in error.violations]
        if violations:
            raise InvalidRequest(violations)
        return drafts

    def _draft(
        self,
        article: Article,
        options: TranslationOptions,
        queues: Mapping[Direction, BatchingQueue],
        hypotheses: Hypotheses,
        only: frozenset[int] | None = None,
    ) -> _Draft:
        """Decide what is to be done with each sentence; for a large article, in a thread."""
        detected, candidates = determine(article.text), detect(article.text)
        language = options.source_language or detected
        if language is None:
            language = prevailing_language(article.sentences)
        _validate(article, language, candidates, queues, options)
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
            hypotheses,
            frozenset(queues),
            Glossary(options.glossary),
            target_language=options.target_language,
            low_confidence={direction: self._least_score(direction, queue) for direction, queue in queues.items()},
        )
        plans = [decoder.prepare(each, language) for each in plans]
        return _Draft(article, plans, decoder, language, detected, candidates)

    def _least_score(self, direction: Direction, queue: BatchingQueue) -> float:
        if self._low_confidence_score is not None:
            return self._low_confidence_score
        return queue.engine.low_confidence.get(direction, quality.LOW_CONFIDENCE_SCORE)

    def _select(self, model: str | None) -> Mapping[Direction, BatchingQueue]:
        if model is None:
            return self._defaults
        if model not in self._queues:
            raise ModelNotFound(self._queues, field="options.model")
        queue = self._queues[model]
        return dict.fromkeys(queue.engine.directions, queue)


def _validate(
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
