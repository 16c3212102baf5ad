"""Prepares translations: the models, a plan for every sentence, and what to ask the models."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from talmach import quality
from talmach.batching import BatchingQueue
from talmach.cache import HypothesisCache
from talmach.engine.base import Direction
from talmach.errors import (
    InvalidRequest,
    LanguageUndetermined,
    ModelNotFound,
    UnsupportedLanguagePair,
    UntranslatableTexts,
)
from talmach.metrics import Metrics
from talmach.text.article import Sentence
from talmach.text.known_words import KnownWords
from talmach.threads import Turns
from talmach.translation.decoding import Decoder
from talmach.translation.glossary import Glossary
from talmach.translation.hypotheses import Hypotheses
from talmach.translation.job import Draft, TranslationJob
from talmach.translation.pivot import PivotedHypotheses, routes
from talmach.translation.plan import Action, InnerPlan, Plan, inner_sentences, plan
from talmach.translation.source import Source
from talmach.translation.values import TranslationOptions


@dataclass(frozen=True, slots=True)
class _Work:
    """What the texts of one call share."""

    options: TranslationOptions
    directions: frozenset[Direction]
    hypotheses: Hypotheses
    glossary: Glossary
    low_confidence: Mapping[Direction, float]
    known_words: Mapping[Direction, KnownWords | None]

    def draft(self, source: Source, only: Collection[int] | None = None) -> Draft:
        """Decide what is to be done with each sentence."""
        self._validate(source.language)
        decoder = Decoder(
            self.hypotheses,
            self.directions,
            self.glossary,
            target_language=self.options.target_language,
            low_confidence=self.low_confidence,
            known_words=self.known_words,
        )
        plans = [
            decoder.prepare(self._plan(sentence, source), source.language)
            for sentence in source.article.sentences
            if only is None or sentence.index in only
        ]
        return Draft(source, plans, decoder)

    def _plan(self, sentence: Sentence, source: Source) -> Plan:
        made = plan(
            sentence,
            named_language=source.named_language,
            article_language=source.language,
            target_language=self.options.target_language,
            drop=self.options.remove_boilerplate,
            is_uncertain=source.is_uncertain,
        )
        if sentence.marked is None or made.action is not Action.TRANSLATE:
            return made
        inner = (
            InnerPlan(mark, span, replace(self._plan(each, source), number=number))
            for number, (mark, span, each) in enumerate(inner_sentences(sentence), start=1)
        )
        return replace(made, inner=tuple(inner))

    def _validate(self, language: str | None) -> None:
        target = self.options.target_language
        if language not in (None, target) and Direction(language, target) not in self.directions:
            raise UnsupportedLanguagePair(language, target, sorted(map(str, self.directions)))


def _undetermined(source: Source) -> LanguageUndetermined:
    return LanguageUndetermined({candidate.language: candidate.confidence for candidate in source.detection.candidates})


class Translator:
    """Translates articles with the models whose queues it is given."""

    def __init__(
        self,
        queues: Mapping[str, BatchingQueue],
        *,
        preferred: Mapping[Direction, str] | None = None,
        low_confidence_score: float | None = None,
        pivots: bool = True,
        cache: HypothesisCache | None = None,
        metrics: Metrics,
    ) -> None:
        """`queues` maps model id to queue, in the order of preference; `preferred` goes before it.

        With `pivots`, pairs that no model has go through a third language.
        A score below the bound is LOW_CONFIDENCE; None = each model's own bounds.
        """
        self._queues = queues
        self._low_confidence_score = low_confidence_score
        self._cache = cache
        self._turns = Turns()
        self._metrics = metrics
        self._defaults = {direction: queues[model] for direction, model in (preferred or {}).items()}
        for queue in queues.values():
            for direction in queue.engine.directions:
                self._defaults.setdefault(direction, queue)
        self._pivots = routes(self._defaults) if pivots else {}

    @property
    def directions(self) -> frozenset[Direction]:
        """Everything that can be translated."""
        return frozenset((*self._defaults, *self._pivots))

    def pivot(self, direction: Direction) -> str | None:
        """Return the language that a direction goes through, None = none."""
        return self._pivots.get(direction)

    def default_model(self, direction: Direction) -> str:
        """Return the id of the model that translates a direction, or its first half, when a request names none."""
        return self.default_models(direction)[0]

    def default_models(self, direction: Direction) -> tuple[str, ...]:
        """Return that id or, with a pivot, those of both halves."""
        pivot = self.pivot(direction)
        halves = (Direction(direction.source, pivot), Direction(pivot, direction.target)) if pivot else (direction,)
        return tuple(self._defaults[half].engine.model_id for half in halves)

    def prepare(
        self,
        source: Source,
        options: TranslationOptions,
        *,
        deadline: float | None = None,
        only: Collection[int] | None = None,
    ) -> TranslationJob:
        """Plan and tokenise an article's sentences; with `only`, no others than these indices.

        In a thread where the article is large. `deadline` is in seconds of `time.monotonic`.

        Raises:
            LanguageUndetermined, UnsupportedLanguagePair: there is nothing to translate from, or with.
            ModelNotFound: `options.model` is not the name of a translation model.

        """
        work = self._work(options, deadline)
        if source.is_undetermined:
            raise _undetermined(source)
        return self._job([work.draft(source, only)], work)

    def prepare_texts(
        self, sources: Sequence[Source], options: TranslationOptions, *, deadline: float | None = None
    ) -> TranslationJob:
        """Plan and tokenise independent texts; a sentence that several of them share is decoded once.

        A text in an undetermined language fails alone, unless all do. Raises what `prepare` raises, or
        UntranslatableTexts with what it raises for any of them.
        """
        work = self._work(options, deadline)
        if all(source.is_undetermined for source in sources):
            raise UntranslatableTexts(dict(enumerate(map(_undetermined, sources))))
        drafts: list[Draft] = []
        problems: dict[int, InvalidRequest] = {}
        for index, source in enumerate(sources):
            try:
                drafts.append(work.draft(source))
            except InvalidRequest as error:
                problems[index] = error
        if problems:
            raise UntranslatableTexts(problems)
        return self._job(drafts, work)

    def _job(self, drafts: Sequence[Draft], work: _Work) -> TranslationJob:
        return TranslationJob(drafts, work.hypotheses, work.glossary, self._metrics)

    def _work(self, options: TranslationOptions, deadline: float | None) -> _Work:
        queues = self._select(options.model)
        pivots = {} if options.model else self._pivots
        scores = {direction: self._least_score(direction, queue) for direction, queue in queues.items()}
        known_words = {direction: queue.engine.known_words for direction, queue in queues.items()}
        for direction, pivot in pivots.items():
            # A chain is held to the stricter bound of its halves.
            halves = Direction(direction.source, pivot), Direction(pivot, direction.target)
            scores[direction] = max(scores[half] for half in halves)
            known_words[direction] = known_words[halves[1]]
        return _Work(
            options,
            frozenset((*queues, *pivots)),
            PivotedHypotheses(
                queues, pivots, beam_size=options.beam_size, deadline=deadline, cache=self._cache, turns=self._turns
            )
            if pivots
            else Hypotheses(
                queues, beam_size=options.beam_size, deadline=deadline, cache=self._cache, turns=self._turns
            ),
            Glossary(options.glossary),
            scores,
            known_words,
        )

    def _least_score(self, direction: Direction, queue: BatchingQueue) -> float:
        if self._low_confidence_score is not None:
            return self._low_confidence_score
        return queue.engine.low_confidence.get(direction, quality.LOW_CONFIDENCE_SCORE)

    def _select(self, model: str | None) -> Mapping[Direction, BatchingQueue]:
        if model is None:
            return self._defaults
        if model not in self._queues:
            raise ModelNotFound(self._queues)
        queue = self._queues[model]
        return dict.fromkeys(queue.engine.directions, queue)
