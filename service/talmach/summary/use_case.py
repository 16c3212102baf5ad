"""Encodes an article's sentences, ranks them and chooses the best that fit the wanted length."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talmach import ranking
from talmach.engine.base import SentenceEncoder
from talmach.errors import EngineStuck
from talmach.metrics import Metrics
from talmach.ranking import BREVITY, TERM_SHARE, LengthBudget, Weights
from talmach.summary.candidates import Verdict, judge
from talmach.summary.terms import term_vectors
from talmach.summary.values import (
    DEFAULT_DIVERSITY,
    DEFAULT_SENTENCES,
    ArticleSummary,
    ScoredSentence,
    SummaryOptions,
)
from talmach.text.article import Article, Field, Sentence
from talmach.threads import Workers

# For the reasons only: nearly as central as the most central sentence; about what the headline is about; early.
_CENTRAL = 0.9
_CLOSE = 0.15  # words weigh most, and a headline shares few of them with any one sentence
_EARLY = 0.5

_Numbers = NDArray[np.float64]  # one for each candidate, in [0, 1]


@dataclass(frozen=True, slots=True)
class _Ranking:
    """The candidates of one article and how they fared."""

    sentences: Sequence[Sentence]
    needs: NDArray[np.int64]  # number of the candidate that must be chosen too; its own = none
    chosen: frozenset[int]  # numbers of candidates
    scores: _Numbers
    centrality: _Numbers
    headline_similarity: _Numbers
    position: _Numbers
    redundancy: _Numbers

    def scored(self, number: int) -> ScoredSentence:
        """Return the candidate of that number with its scores."""
        return ScoredSentence(
            self.sentences[number],
            chosen=number in self.chosen,
            candidate=True,
            score=float(self.scores[number]),
            centrality=float(self.centrality[number]),
            headline_similarity=float(self.headline_similarity[number]),
            position=float(self.position[number]),
            redundancy=float(self.redundancy[number]),
            reason=self._reason(number),
        )

    def _reason(self, number: int) -> str:
        marks = (
            (self.centrality[number] >= _CENTRAL, "central to the article"),
            (self.headline_similarity[number] >= _CLOSE, "close to the headline"),
            (number == 0, "opens the story"),
            (number > 0 and self.position[number] >= _EARLY, "near the opening"),
        )
        why = ", ".join(text for holds, text in marks if holds)
        needs = int(self.needs[number])
        if needs not in self.chosen | {number}:
            return "passed over: points back to a sentence that is not chosen"
        if number in self.chosen:
            return f"chosen: {why or 'best of the rest'}"
        if self.redundancy[number] > ranking.DUPLICATE_SIMILARITY:
            return "passed over: says what a chosen sentence says"
        return f"passed over: {why or 'less to say for its length'}"


class Summarizer:
    """Chooses sentences by centrality, similarity to the headline, position, redundancy and length."""

    def __init__(
        self,
        encoder: SentenceEncoder,
        *,
        workers: int = 1,
        weights: Weights | None = None,
        brevity: float = BREVITY,
        term_share: float = TERM_SHARE,
        engine_timeout_s: float | None = None,
        metrics: Metrics | None = None,
        on_workers_change: Callable[[], None] = lambda: None,
    ) -> None:
        """`engine_timeout_s` is for one article; None = for ever."""
        self._encoder = encoder
        self._weights = weights or Weights()
        self._brevity = brevity
        self._term_share = term_share
        self._workers = Workers(
            workers, name=encoder.model_id, timeout_s=engine_timeout_s, metrics=metrics, on_change=on_workers_change
        )

    @property
    def is_stuck(self) -> bool:
        """Whether no worker is left; everything is refused then."""
        return self._workers.are_all_stuck

    async def summarize(self, article: Article, options: SummaryOptions) -> ArticleSummary:
        """Choose the sentences; the encoder runs in a thread of its own.

        Raises:
            EngineFailure: the encoder failed.
            EngineStuck: the encoder does not come back.

        """
        if self.is_stuck:
            raise EngineStuck
        return await self._workers.run(functools.partial(self.choose, article, options))

    def choose(self, article: Article, options: SummaryOptions) -> ArticleSummary:
        """Do the work of `summarize` in the calling thread."""
        verdicts = judge(article, include_lead=options.include_lead)
        candidates = [sentence for sentence in article.sentences if verdicts[sentence.index].is_candidate]
        scored = {
            sentence.index: _unscored(sentence, verdict.objection or "")
            for sentence, verdict in zip(article.sentences, verdicts, strict=True)
            if not verdict.is_candidate
        }
        if candidates:
            ranked = self._rank(article, candidates, _needs(candidates, verdicts), options)
            scored.update({sentence.index: ranked.scored(number) for number, sentence in enumerate(candidates)})
        scores = tuple(scored[sentence.index] for sentence in article.sentences)
        chosen = tuple(each for each in scores if each.chosen)
        return ArticleSummary(chosen, scores, self._encoder.model_id if candidates else "")

    def close(self) -> None:
        """End the threads; what is running ends for nobody."""
        self._workers.close()

    def _rank(
        self, article: Article, candidates: Sequence[Sentence], needs: NDArray[np.int64], options: SummaryOptions
    ) -> _Ranking:
        headline = " ".join(sentence.text for sentence in article.sentences if sentence.field is Field.HEADLINE)
        texts = [sentence.text for sentence in candidates]
        vectors = self._vectors([*texts, headline] if headline else texts)
        vectors, title = vectors[: len(texts)], vectors[len(texts) :]
        centrality = ranking.continuous_lexrank(vectors)
        similarity = (vectors @ title[0]).clip(0, 1).astype(np.float64) if headline else None
        position = ranking.position_prior(len(candidates))
        scores = ranking.combine(centrality, similarity, position, self._weights)
        prices = ranking.length_prices(_lengths(texts), self._brevity)
        redundancies = _select(scores, vectors, needs, options, _stop(article, texts, options), prices=prices)
        redundancy = (vectors @ vectors[list(redundancies)].T).clip(0, 1).max(axis=1, initial=0)
        redundancy[list(redundancies)] = list(redundancies.values())
        return _Ranking(
            candidates,
            needs,
            frozenset(redundancies),
            scores,
            centrality,
            np.zeros(len(texts)) if similarity is None else similarity,
            position,
            redundancy.astype(np.float64),
        )

    def _vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return ranking.blend(self._encoder.encode(texts), term_vectors(texts), self._term_share)


def _needs(candidates: Sequence[Sentence], verdicts: Sequence[Verdict]) -> NDArray[np.int64]:
    numbers = {sentence.index: number for number, sentence in enumerate(candidates)}
    needed = [verdicts[sentence.index].needs for sentence in candidates]
    return np.array([own if other is None else numbers[other] for own, other in enumerate(needed)], dtype=np.int64)


def _select(
    scores: _Numbers,
    vectors: NDArray[np.float32],
    needs: NDArray[np.int64],
    options: SummaryOptions,
    stop: int | LengthBudget,
    *,
    prices: _Numbers,
) -> dict[int, float]:
    """Return the numbers of the chosen candidates with their redundancy at the time of the choice."""
    if options.include_lead:
        # Above every other score, it is chosen first, and the rest is chosen around it.
        scores = scores.copy()
        scores[0] = scores.max() + 1
    chosen = ranking.select_mmr(
        scores,
        vectors,
        np.ones(len(scores), dtype=np.bool_),
        diversity=DEFAULT_DIVERSITY if options.diversity is None else options.diversity,
        stop=stop,
        needs=needs,
        prices=prices,
    )
    return {selection.index: selection.redundancy for selection in chosen}


def _lengths(texts: Sequence[str]) -> NDArray[np.int64]:
    return np.array([len(text) for text in texts], dtype=np.int64)


def _stop(article: Article, texts: Sequence[str], options: SummaryOptions) -> int | LengthBudget:
    if options.max_chars is not None:
        return LengthBudget(_lengths(texts), options.max_chars)
    if options.ratio is not None:
        # Boilerplate is no part of the article that is to be shortened.
        of = sum(each.field is not Field.HEADLINE and each.boilerplate is None for each in article.sentences)
        return max(1, math.floor(options.ratio * of + 0.5))
    return options.max_sentences or DEFAULT_SENTENCES


def _unscored(sentence: Sentence, objection: str) -> ScoredSentence:
    return ScoredSentence(
        sentence,
        chosen=False,
        candidate=False,
        score=0.0,
        centrality=0.0,
        headline_similarity=0.0,
        position=0.0,
        redundancy=0.0,
        reason=f"not considered: {objection}",
    )
