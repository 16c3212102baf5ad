"""Encodes an article's sentences, ranks them and chooses the best that fit the wanted length."""

import asyncio
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talmach import ranking
from talmach.engine.base import SentenceEncoder
from talmach.ranking import LengthBudget, Weights
from talmach.summary.candidates import objections
from talmach.summary.values import (
    DEFAULT_DIVERSITY,
    DEFAULT_SENTENCES,
    ArticleSummary,
    ScoredSentence,
    SummaryOptions,
)
from talmach.text.article import Article, Field, Sentence

# For the reasons only: nearly as central as the most central sentence; clearly about what the headline is about.
_CENTRAL = 0.9
_CLOSE = 0.5

_Numbers = NDArray[np.float64]  # one for each candidate, in [0, 1]


@dataclass(frozen=True, slots=True)
class _Ranking:
    """The candidates of one article and how they fared."""

    sentences: Sequence[Sentence]
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
        )
        why = ", ".join(text for holds, text in marks if holds)
        if number in self.chosen:
            return f"chosen: {why or 'best of the rest'}"
        if self.redundancy[number] > ranking.DUPLICATE_SIMILARITY:
            return "passed over: says what a chosen sentence says"
        return f"passed over: {why or 'less to say'}"


class Summarizer:
    """Chooses sentences by centrality, similarity to the headline and position."""

    def __init__(self, encoder: SentenceEncoder, *, workers: int = 1, weights: Weights | None = None) -> None:
        self._encoder = encoder
        self._weights = weights or Weights()
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="encode")

    async def summarize(self, article: Article, options: SummaryOptions) -> ArticleSummary:
        """Choose the sentences; the encoder runs in a thread of its own.

        Raises:
            EngineFailure: the encoder failed.

        """
        return await asyncio.get_running_loop().run_in_executor(self._executor, self.choose, article, options)

    def choose(self, article: Article, options: SummaryOptions) -> ArticleSummary:
        """Do the work of `summarize` in the calling thread."""
        found = objections(article, include_lead=options.include_lead)
        judged = list(zip(article.sentences, found, strict=True))
        candidates = [sentence for sentence, objection in judged if objection is None]
        scored = {sentence.index: _unscored(sentence, objection) for sentence, objection in judged if objection}
        if candidates:
            ranked = self._rank(article, candidates, options)
            scored.update({sentence.index: ranked.scored(number) for number, sentence in enumerate(candidates)})
        scores = tuple(scored[sentence.index] for sentence in article.sentences)
        chosen = tuple(each for each in scores if each.chosen)
        return ArticleSummary(chosen, scores, self._encoder.model_id if candidates else "")

    def close(self) -> None:
        """End the threads, after what is running."""
        self._executor.shutdown(wait=True)

    def _rank(self, article: Article, candidates: Sequence[Sentence], options: SummaryOptions) -> _Ranking:
        headline = " ".join(sentence.text for sentence in article.sentences if sentence.field is Field.HEADLINE)
        texts = [sentence.text for sentence in candidates]
        embeddings = self._encoder.encode([*texts, headline] if headline else texts)  # (candidates [+ 1], dimension)
        embeddings, title = embeddings[: len(texts)], embeddings[len(texts) :]
        centrality = ranking.continuous_lexrank(embeddings)
        similarity = (embeddings @ title[0]).clip(0, 1).astype(np.float64) if headline else None
        position = ranking.position_prior(len(candidates))
        scores = ranking.combine(centrality, similarity, position, self._weights)
        redundancies = self._select(article, scores, embeddings, texts, options)
        redundancy = (embeddings @ embeddings[list(redundancies)].T).clip(0, 1).max(axis=1, initial=0)
        redundancy[list(redundancies)] = list(redundancies.values())
        return _Ranking(
            candidates,
            frozenset(redundancies),
            scores,
            centrality,
            np.zeros(len(texts)) if similarity is None else similarity,
            position,
            redundancy.astype(np.float64),
        )

    def _select(
        self,
        article: Article,
        scores: _Numbers,
        embeddings: NDArray[np.float32],
        texts: Sequence[str],
        options: SummaryOptions,
    ) -> dict[int, float]:
        """Return the numbers of the chosen candidates with their redundancy at the time of the choice."""
        if options.include_lead:
            # Above every other score, it is chosen first, and the rest is chosen around it.
            scores = scores.copy()
            scores[0] = scores.max() + 1
        chosen = ranking.select_mmr(
            scores,
            embeddings,
            np.ones(len(texts), dtype=np.bool_),
            diversity=DEFAULT_DIVERSITY if options.diversity is None else options.diversity,
            stop=_stop(article, texts, options),
        )
        return {selection.index: selection.redundancy for selection in chosen}


def _stop(article: Article, texts: Sequence[str], options: SummaryOptions) -> int | LengthBudget:
    if options.max_chars is not None:
        return LengthBudget(np.array([len(text) for text in texts], dtype=np.int64), options.max_chars)
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
