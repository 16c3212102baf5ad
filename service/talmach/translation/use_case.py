"""Starts the translation of an article: language, models, a plan for every sentence, and everything queued at once."""

from collections.abc import Mapping

from talmach.batching import BatchingQueue
from talmach.engine.base import Direction
from talmach.errors import InvalidRequest, ModelNotFound, language_undetermined, unsupported_language_pair
from talmach.metrics import Metrics
from talmach.text import protected
from talmach.text.article import Article, Field
from talmach.text.language import Candidate, detect, determine
from talmach.translation.decoding import Decoder
from talmach.translation.glossary import Glossary
from talmach.translation.job import TranslationJob
from talmach.translation.plan import plan, prevailing_language
from talmach.translation.values import ArticleTranslation, Segment, TranslationOptions

__all__ = ["TranslationJob", "Translator", "assemble"]


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
        if language is None and candidates:
            language = prevailing_language(article.sentences)
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
