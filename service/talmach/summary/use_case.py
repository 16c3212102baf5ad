"""Encodes an article's sentences, ranks them and chooses the best that fit the wanted length."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talmach.engine.base import SentenceEncoder
from talmach.errors import EngineStuck
from talmach.metrics import Metrics
from talmach.summary import ranking
from talmach.summary.candidates import Verdict, judge
from talmach.summary.ranking import BREVITY, TERM_SHARE, LengthBudget, Selection, SparseRows, Weights
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
    verdicts: Sequence[Verdict]  # of all sentences
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
            (self.position[number] == 1, "opens the story"),
            (1 > self.position[number] >= _EARLY, "near the opening"),
        )
        why = ", ".join(text for holds, text in marks if holds)
        verdict = self.verdicts[self.sentences[number].index]
        if verdict.stands_in:
            why = f"the article has nothing fitter ({verdict.objection})"
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
            ranked = self._rank(article, candidates, verdicts, options)
            scored.update({sentence.index: ranked.scored(number) for number, sentence in enumerate(candidates)})
        scores = tuple(scored[sentence.index] for sentence in article.sentences)
        chosen = tuple(each for each in scores if each.chosen)
        return ArticleSummary(chosen, scores, self._encoder.model_id if candidates else "")

    def close(self) -> None:
        """End the threads; what is running ends for nobody."""
        self._workers.close()

    def _rank(
        self, article: Article, candidates: Sequence[Sentence], verdicts: Sequence[Verdict], options: SummaryOptions
    ) -> _Ranking:
        needs, places = _needs(candidates, verdicts), _places(candidates, verdicts)
        headline = " ".join(sentence.text for sentence in article.sentences if sentence.field is Field.HEADLINE)
        texts = [sentence.text for sentence in candidates]
        given = [*texts, headline] if headline else texts
        embeddings, terms = self._encoder.encode(given), term_vectors(given)
        similarity = self._similarity_to_last(embeddings, terms)[:-1] if headline else None
        embeddings, terms = embeddings[: len(texts)], terms.first(len(texts))
        centrality = ranking.centrality(embeddings, terms, self._term_share)
        position = ranking.position_prior(places)
        scores = ranking.combine(centrality, similarity, position, self._weights)
        prices = ranking.length_prices(_lengths(texts), self._brevity)
        choices, redundancy = _select(scores, terms, needs, options, _stop(article, texts, options), prices=prices)
        for choice in choices:
            redundancy[choice.index] = choice.redundancy
        return _Ranking(
            candidates,
            verdicts,
            needs,
            frozenset(choice.index for choice in choices),
            scores,
            centrality,
            np.zeros(len(texts)) if similarity is None else similarity,
            position,
            redundancy,
        )

    def _similarity_to_last(self, embeddings: NDArray[np.float32], terms: SparseRows) -> _Numbers:
        meant, worded = embeddings @ embeddings[-1], terms.times(terms.row(len(embeddings) - 1))
        return np.asarray(np.clip((1.0 - self._term_share) * meant + self._term_share * worded, 0.0, 1.0))


def _needs(candidates: Sequence[Sentence], verdicts: Sequence[Verdict]) -> NDArray[np.int64]:
    numbers = {sentence.index: number for number, sentence in enumerate(candidates)}
    needed = [verdicts[sentence.index].needs for sentence in candidates]
    return np.array([own if other is None else numbers[other] for own, other in enumerate(needed)], dtype=np.int64)


def _places(candidates: Sequence[Sentence], verdicts: Sequence[Verdict]) -> NDArray[np.int64]:
    """Return the place of each candidate among the sentences of the story, whether they may be chosen or not.

    Among the candidates alone, one that is refused in one language moves all that follow.
    """
    places = np.cumsum([verdict.is_story for verdict in verdicts]) - 1
    return np.asarray(places[[sentence.index for sentence in candidates]], dtype=np.int64)


def _select(
    scores: _Numbers,
    terms: SparseRows,
    needs: NDArray[np.int64],
    options: SummaryOptions,
    stop: int | LengthBudget,
    *,
    prices: _Numbers,
) -> tuple[list[Selection], _Numbers]:
    """Return the choices and the redundancy of every candidate beside them.

    Words tell what was said already as well as embeddings do, and much faster where everything is asked for.
    """
    if options.include_lead:
        # Above every other score, it is chosen first, and the rest is chosen around it.
        scores = scores.copy()
        scores[0] = scores.max() + 1
    return ranking.select_mmr(
        scores,
        lambda number: terms.times(terms.row(number)),
        diversity=DEFAULT_DIVERSITY if options.diversity is None else options.diversity,
        stop=stop,
        needs=needs,
        prices=prices,
    )


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
