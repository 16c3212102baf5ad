"""Encodes an article's sentences, ranks them and chooses the best that fit the wanted length."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from talmach import ranking
from talmach.engine.base import SentenceEncoder
from talmach.ranking import Weights
from talmach.summary.candidates import objection
from talmach.summary.values import (
    DEFAULT_DIVERSITY,
    DEFAULT_SENTENCES,
    ArticleSummary,
    ScoredSentence,
    SummaryOptions,
)
from talmach.text.article import Article, Field, Sentence


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
        objections = [objection(sentence) for sentence in article.sentences]
        candidates = [
            sentence for sentence, reason in zip(article.sentences, objections, strict=True) if reason is None
        ]
        if not candidates:
            unscored = [_unscored(sentence, reason or "") for sentence, reason in zip(article.sentences, objections, strict=True)]
            return ArticleSummary((), tuple(unscored), "")
        ranked = self._rank(article, candidates, options)
        scores = tuple(
            ranked.get(sentence.index) or _unscored(sentence, reason or "")
            for sentence, reason in zip(article.sentences, objections, strict=True)
        )
        return ArticleSummary(tuple(each for each in scores if each.chosen), scores, self._encoder.model_id)

    def close(self) -> None:
        """End the threads, after what is running."""
        self._executor.shutdown(wait=True)

    def _rank(
        self, article: Article, candidates: list[Sentence], options: SummaryOptions
    ) -> dict[int, ScoredSentence]:
        headline = " ".join(sentence.text for sentence in article.sentences if sentence.field is Field.HEADLINE)
        texts = [sentence.text for sentence in candidates]
        embeddings = self._encoder.encode([*texts, headline] if headline else texts)  # (candidates [+ 1], dimension)
        embeddings, title = embeddings[: len(texts)], embeddings[len(texts) :]
        centrality = ranking.continuous_lexrank(embeddings)
        similarity = (embeddings @ title[0]).clip(0, 1).astype(np.float64) if headline else None
        position = ranking.position_prior(len(candidates))
        scores = ranking.combine(centrality, similarity, position, self._weights)
        redundancy = self._select(article, scores, embeddings, texts, options)
        shown_similarity = np.zeros(len(texts)) if similarity is None else similarity
        return {
            sentence.index: ScoredSentence(
                sentence,
                chosen=number in redundancy,
                candidate=True,
                score=float(scores[number]),
                centrality=float(centrality[number]),
                headline_similarity=float(shown_similarity[number]),
                position=float(position[number]),
                redundancy=redundancy.get(number, 0.0),
                reason=_reason(number in redundancy, float(centrality[number]), float(shown_similarity[number]), number),
            )
            for number, sentence in enumerate(candidates)
        }

    def _select(
        self,
        article: Article,
        scores: NDArray[np.float64],
        embeddings: NDArray[np.float32],
        texts: list[str],
        options: SummaryOptions,
    ) -> dict[int, float]:
        """Return candidate number -> redundancy at the time of its choice."""
        diversity = DEFAULT_DIVERSITY if options.diversity is None else options.diversity
        if options.include_lead:
            # Beyond every other score: chosen first, and the rest is chosen around it.
            scores = scores.copy()
            scores[0] = scores.max() + 1 / max(1 - diversity, 1e-3)
        everything = np.ones(len(texts), dtype=np.bool_)
        if options.max_chars is not None:
            costs = np.array([len(text) + 1 for text in texts], dtype=np.int64)  # the joining space
            chosen = ranking.select_mmr(
                scores, embeddings, everything, diversity=diversity, costs=costs, limit=options.max_chars + 1
            )
        else:
            chosen = ranking.select_mmr(
                scores, embeddings, everything, diversity=diversity, count=_count(article, options)
            )
        return {selection.index: selection.redundancy for selection in chosen}


def _count(article: Article, options: SummaryOptions) -> int:
    if options.ratio is None:
        return options.max_sentences or DEFAULT_SENTENCES
    of = sum(sentence.field is not Field.HEADLINE for sentence in article.sentences)
    return max(1, round(options.ratio * of))


def _reason(chosen: bool, centrality: float, headline_similarity: float, number: int) -> str:
    marks = [
        (centrality >= 0.9, "central to the article"),  # noqa: PLR2004 - nearly as central as the most central one
        (headline_similarity >= 0.5, "close to the headline"),  # noqa: PLR2004
        (number == 0, "opens the story"),
    ]
    why = ", ".join(text for holds, text in marks if holds)
    return f"chosen: {why or 'best of the rest'}" if chosen else f"passed over: {why or 'less to say'}"


def _unscored(sentence: Sentence, reason: str) -> ScoredSentence:
    return ScoredSentence(sentence, False, False, 0.0, 0.0, 0.0, 0.0, 0.0, f"not considered: {reason}")  # noqa: FBT003
