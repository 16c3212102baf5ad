"""Encodes an article's sentences, ranks them and chooses the best that fit the wanted length."""

import asyncio
import functools
import math
from collections.abc import Callable, Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from talmach.engine.base import SentenceEncoder
from talmach.errors import EngineStuck
from talmach.metrics import Metrics
from talmach.summary import ranking
from talmach.summary.admission import Admission
from talmach.summary.outcome import Numbers, Outcome, Scores
from talmach.summary.ranking import BREVITY, POSITION_DECAY, TERM_SHARE, LengthBudget, SparseRows, Weights
from talmach.summary.shortlist import FEWEST_READ, MOST_READ, READ_FOR_EACH, Shortlist
from talmach.summary.terms import term_vectors
from talmach.summary.values import DEFAULT_DIVERSITY, DEFAULT_SENTENCES, ArticleSummary, ScoredSentence, SummaryOptions
from talmach.text.article import Article, Field
from talmach.threads import Workers, in_thread

_NO_EMBEDDINGS = np.zeros((0, 0), dtype=np.float32)
_FEWEST_FOR_A_WORKER = 8  # sentences; fewer take less time to encode than to hand over


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
        position_decay: float = POSITION_DECAY,
        max_queue_chars: int = 1_000_000,
        engine_timeout_s: float | None = None,
        metrics: Metrics,
        on_workers_change: Callable[[], None] = lambda: None,
    ) -> None:
        """`max_queue_chars` are those of all articles at work or waiting.

        `engine_timeout_s` is for one worker's share of an article; None = for ever.
        """
        self._encoder = encoder
        self._weights = weights or Weights()
        self._brevity = brevity
        self._term_share = term_share
        self._position_decay = position_decay
        self._admission = Admission(max_queue_chars, metrics)
        self._workers = Workers(
            workers, name=encoder.model_id, timeout_s=engine_timeout_s, metrics=metrics, on_change=on_workers_change
        )

    @property
    def is_stuck(self) -> bool:
        """Whether no worker is left; everything is refused then."""
        return self._workers.are_all_stuck

    async def summarize(
        self, article: Article, options: SummaryOptions, *, deadline: float | None = None
    ) -> ArticleSummary:
        """Choose the sentences; the encoder's workers share those of one article.

        `deadline` is in seconds of `time.monotonic`.

        Raises:
            QueueFull, DeadlineExceeded: there is no room, or not in time.
            EngineFailure: the encoder failed.
            EngineStuck: the encoder does not come back.

        """
        if self.is_stuck:
            raise EngineStuck
        with self._admission.enter(len(article.text), deadline):
            return await self._summarize(article, options)

    async def _summarize(self, article: Article, options: SummaryOptions) -> ArticleSummary:
        shortlist, terms, read = await in_thread(len(article.text), self._prepare, article, options)
        embeddings = await self._encode([shortlist.texts[number] for number in read])
        return await in_thread(len(article.text), self._choose, shortlist, terms, read, embeddings, options)

    async def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        # Every worker gets long and short ones.
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        parts = min(self._workers.count, math.ceil(len(texts) / _FEWEST_FOR_A_WORKER))
        shares = [order[start::parts] for start in range(parts)]
        works = [functools.partial(self._encoder.encode, [texts[number] for number in share]) for share in shares]
        encoded = await asyncio.gather(*map(self._workers.run, works))
        if not shares:
            return _NO_EMBEDDINGS
        embeddings = np.empty((len(texts), encoded[0].shape[1]), dtype=np.float32)
        for share, vectors in zip(shares, encoded, strict=True):
            embeddings[share] = vectors
        return embeddings

    def choose(self, article: Article, options: SummaryOptions) -> ArticleSummary:
        """Do the work of `summarize` in the calling thread."""
        shortlist, terms, read = self._prepare(article, options)
        texts = [shortlist.texts[number] for number in read]
        return self._choose(shortlist, terms, read, self._encoder.encode(texts) if texts else _NO_EMBEDDINGS, options)

    def _prepare(self, article: Article, options: SummaryOptions) -> tuple[Shortlist, SparseRows, list[int]]:
        """Return the candidates, the words of their texts, and the numbers of the texts that the encoder reads."""
        shortlist = Shortlist.of(article, options)
        terms, n = term_vectors(shortlist.texts), len(shortlist.texts)
        if len(shortlist.candidates) <= FEWEST_READ:
            return shortlist, terms, list(range(n))
        # The best by their words alone.
        scores = self._score(shortlist, terms, np.zeros((n, 1), dtype=np.float32)).scores
        most = min(MOST_READ, max(FEWEST_READ, READ_FOR_EACH * _wanted(shortlist, options)))
        best = np.argsort(-scores, kind="stable")[:most]
        return shortlist, terms, [*sorted(best.tolist()), *([n - 1] if shortlist.has_headline else [])]

    def _choose(
        self,
        shortlist: Shortlist,
        terms: SparseRows,
        read: Sequence[int],
        embeddings: NDArray[np.float32],
        options: SummaryOptions,
    ) -> ArticleSummary:
        scored = {
            sentence.index: ScoredSentence(
                sentence, chosen=False, candidate=False, reason=f"not considered: {verdict.objection}"
            )
            for sentence, verdict in zip(shortlist.article.sentences, shortlist.verdicts, strict=True)
            if not verdict.is_candidate
        }
        if shortlist.candidates:
            vectors = np.zeros((len(shortlist.texts), embeddings.shape[1]), dtype=np.float32)
            vectors[read] = embeddings
            ranked = self._rank(shortlist, terms, frozenset(read), vectors, options)
            scored.update(
                {sentence.index: ranked.scored(number) for number, sentence in enumerate(shortlist.candidates)}
            )
        scores = tuple(scored[sentence.index] for sentence in shortlist.article.sentences)
        chosen = tuple(each for each in scores if each.chosen)
        return ArticleSummary(chosen, scores, self._encoder.model_id if shortlist.candidates else "")

    def close(self) -> None:
        """End the threads; nobody waits for what is running."""
        self._workers.close()

    def _rank(
        self,
        shortlist: Shortlist,
        terms: SparseRows,
        read: Collection[int],
        embeddings: NDArray[np.float32],
        options: SummaryOptions,
    ) -> Outcome:
        found, needs = self._score(shortlist, terms, embeddings), shortlist.needs
        scores, words = found.scores, terms.first(len(shortlist.candidates))
        if options.include_lead:
            # Above every other score, it is chosen first, and the rest is chosen around it.
            scores = scores.copy()
            scores[0] = scores.max() + 1
        chosen, redundancy = ranking.select_mmr(
            scores,
            # Words tell what was said already as well as embeddings do, and much faster where everything is asked for.
            lambda number: words.times(words.row(number)),
            diversity=DEFAULT_DIVERSITY if options.diversity is None else options.diversity,
            stop=_stop(shortlist, options),
            needs=needs,
            prices=ranking.length_prices(shortlist.lengths, self._brevity),
        )
        return Outcome(shortlist, needs, frozenset(chosen), read, found, redundancy)

    def _score(self, shortlist: Shortlist, terms: SparseRows, embeddings: NDArray[np.float32]) -> Scores:
        n = len(shortlist.candidates)
        centrality = ranking.centrality(embeddings[:n], terms.first(n), self._term_share)
        similarity = self._similarity_to_last(embeddings, terms)[:n] if shortlist.has_headline else None
        position = ranking.position_prior(shortlist.places, self._position_decay)
        scores = ranking.combine(centrality, similarity, position, self._weights)
        return Scores(scores, centrality, similarity, position)

    def _similarity_to_last(self, embeddings: NDArray[np.float32], terms: SparseRows) -> Numbers:
        meant, worded = embeddings @ embeddings[-1], terms.times(terms.row(len(embeddings) - 1))
        return np.asarray(np.clip((1.0 - self._term_share) * meant + self._term_share * worded, 0.0, 1.0))


def _wanted(shortlist: Shortlist, options: SummaryOptions) -> int:
    """Return about how many sentences the summary will have."""
    stop = _stop(shortlist, options)
    return stop if isinstance(stop, int) else math.ceil(stop.limit / max(1.0, float(stop.costs.mean())))


def _stop(shortlist: Shortlist, options: SummaryOptions) -> int | LengthBudget:
    if options.max_chars is not None:
        return LengthBudget(shortlist.costs, options.max_chars)
    if options.ratio is not None:
        # Boilerplate is no part of the article that is to be shortened.
        of = sum(each.field is not Field.HEADLINE and each.boilerplate is None for each in shortlist.article.sentences)
        return max(1, math.floor(options.ratio * of + 0.5))
    return options.max_sentences or DEFAULT_SENTENCES
