"""Which sentences carry the story: centrality, headline, position and redundancy, in pure numpy.

Symbols: n sentences, d dimensions of their embeddings, t terms. Nothing here knows texts or languages; every function
is deterministic, equal scores keep the order of the sentences, and memory is linear in n: no matrix of all pairs.

    Centroid D. R. Radev, H. Jing, M. Styś, D. Tam: Centroid-based Summarization of Multiple Documents. Information
             Processing & Management 40 (2004). LexRank, which needs all pairs, was no better on the GUM summaries.
    MMR      J. Carbonell, J. Goldstein: The Use of MMR, Diversity-Based Reranking for Reordering Documents and
             Producing Summaries. SIGIR 1998.
    Prices   H. Lin, J. Bilmes: Multi-document Summarization via Budgeted Maximization of Submodular Functions.
             NAACL 2010: what a sentence adds is weighed against its length, or the longest ones win. Theirs divides by
             a power of the length; that also cut the first choice short and lost 2 to 4 points of ROUGE-1 there.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32] | NDArray[np.float64]

DUPLICATE_SIMILARITY = 0.95  # cosine above which a sentence says nothing that its neighbour did not
POSITION_DECAY = 2.0  # sentences in which the prior falls to 1/e
BREVITY = 0.85  # of a score in [0, 1]: what a sentence of endless length costs
TERM_SHARE = 0.95  # of the words in the similarity of two sentences; the rest is the encoder's


@dataclass(frozen=True, slots=True)
class Weights:
    """Shares of the components of a score, at least 0 and not all 0; only their ratios count.

    The headline's weight and POSITION_DECAY are the best of the grid in `models.training.summaries.tuning` (ROUGE on
    the GUM summaries, languages that agree); `evaluate_summary` reports what they are worth on unseen documents. The
    others were found on the same documents before, by a random search: whatever weighs centrality more makes the
    languages disagree, and whatever weighs the position more comes closer to the lead.
    """

    centrality: float = 1.0
    headline: float = 6.0
    position: float = 5.0

    def __post_init__(self) -> None:
        """Raises ValueError: a weight is negative, or all of them are 0."""
        weights = (self.centrality, self.headline, self.position)
        if min(weights) < 0 or max(weights) == 0:
            raise ValueError("weights: each must be at least 0 and one must be above 0")


@dataclass(frozen=True, slots=True, eq=False)
class SparseRows:
    """A matrix (n, t) by what is not 0 in it, ordered by row: `values` (k,) at `rows` and `columns` (k,)."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float64]
    shape: tuple[int, int]

    def times(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the product (n,) with `vector` (t,)."""
        return np.asarray(
            np.bincount(self.rows, self.values * vector[self.columns], minlength=self.shape[0]), dtype=np.float64
        )

    def sum(self) -> NDArray[np.float64]:
        """Return the sum (t,) of all rows."""
        return np.asarray(np.bincount(self.columns, self.values, minlength=self.shape[1]), dtype=np.float64)

    def row(self, number: int) -> NDArray[np.float64]:
        """Return one row (t,)."""
        start, end = np.searchsorted(self.rows, (number, number + 1))
        row = np.zeros(self.shape[1])
        row[self.columns[start:end]] = self.values[start:end]
        return row

    def first(self, n: int) -> "SparseRows":
        """Return the first n rows."""
        end = int(np.searchsorted(self.rows, n))
        return SparseRows(self.rows[:end], self.columns[:end], self.values[:end], (n, self.shape[1]))

    def squares(self) -> NDArray[np.float64]:
        """Return the squared length (n,) of each row."""
        return np.asarray(np.bincount(self.rows, self.values**2, minlength=self.shape[0]), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class LengthBudget:
    """Stop when nothing more fits: `costs` (n,) of the sentences and one of `joint` between two may reach `limit`."""

    costs: NDArray[np.int64]
    limit: int
    joint: int = 1


def centrality(embeddings: Floats, terms: SparseRows, share: float = TERM_SHARE) -> NDArray[np.float64]:
    """Return how similar each sentence is to all others (n,), at least 0 and exactly 1 for the most central one.

    Similarity is the cosine, `share` of it that of `terms` (n, t), the rest that of `embeddings` (n, d); the rows of
    both have length 1 or 0. The sum over all others is the product with the sum of all rows, less the row's own part.
    """
    own = np.einsum("nd,nd->n", embeddings, embeddings, dtype=np.float64)
    meant = embeddings @ embeddings.sum(axis=0) - own
    worded = terms.times(terms.sum()) - terms.squares()
    to_others = np.clip((1.0 - share) * meant + share * worded, 0.0, None)
    highest = to_others.max(initial=0.0)
    return np.asarray(to_others / highest if highest > 0 else np.ones(len(to_others)))


def position_prior(places: NDArray[np.int64], decay: float = POSITION_DECAY) -> NDArray[np.float64]:
    """Return exp(-i / `decay`) for each place i (n,) in the story: the inverted pyramid of news.

    Beside linear decay, 1 / (i + 1) and its square root about as good as the last, while the languages agreed better.
    """
    return np.asarray(np.exp(-places / decay))


def length_prices(lengths: NDArray[np.int64], brevity: float = BREVITY) -> NDArray[np.float64]:
    """Return what each length (n,), above 0, costs: `brevity` * length / (length + mean length).

    Half of `brevity` for a sentence as long as the article's mean, nearly all of it for a very long one. The unit makes
    no difference, nor does a language of longer words.
    """
    return np.asarray(brevity * lengths / (lengths + lengths.mean()))


def combine(
    centrality: Floats, headline_similarity: Floats | None, position: Floats, weights: Weights
) -> NDArray[np.float64]:
    """Return the weighted mean (n,) of three components (n,) that are clipped to [0, 1].

    `headline_similarity` None = no headline: the other weights share its part.
    """
    parts = [(weights.centrality, centrality), (weights.position, position)]
    if headline_similarity is not None:
        parts.append((weights.headline, headline_similarity))
    total = sum(weight for weight, _ in parts)
    if total == 0:  # only the headline counts and there is none
        return np.zeros(len(centrality))
    return np.asarray(sum(weight / total * np.clip(part.astype(np.float64), 0.0, 1.0) for weight, part in parts))


def select_mmr(
    scores: Floats,
    similarity_to: Callable[[int], Floats],
    *,
    diversity: float,
    stop: int | LengthBudget,
    needs: NDArray[np.int64] | None = None,
    prices: Floats | None = None,
) -> tuple[list[int], NDArray[np.float64]]:
    """Choose sentences greedily by maximal marginal relevance.

    Each step takes the one with the highest (1 - `diversity`) * worth - `diversity` * redundancy (the paper's lambda is
    our 1 - `diversity`); its worth is its score less its price, but the first choice is free: it tells the story as
    fully as it likes. A sentence whose redundancy is above `DUPLICATE_SIMILARITY` is never taken.

    Args:
        scores: (n,), in [0, 1].
        similarity_to: returns the cosines (n,) of all sentences to one of them.
        diversity: in [0, 1]; 0 = by score alone, duplicates still left out.
        stop: how many to choose at most, or a budget that each choice must fit into.
        needs: (n,), the sentence that must have been chosen before this one may be; its own number = none.
        prices: (n,), in the unit of the scores; None = all are free.

    Returns:
        What is chosen, in the order of choice, and the highest similarity (n,) in [0, 1] of each sentence to what is
        chosen; for those, to what was chosen before them.

    """
    redundancy, when_chosen = np.zeros(len(scores)), np.zeros(len(scores))
    left = np.ones(len(scores), dtype=np.bool_)
    free = left.copy() if needs is None else needs == np.arange(len(scores))
    spent = 0
    chosen: list[int] = []
    while not isinstance(stop, int) or len(chosen) < stop:
        allowed = left & free & (redundancy <= DUPLICATE_SIMILARITY)
        if isinstance(stop, LengthBudget):
            allowed &= stop.costs <= stop.limit - spent
        if not allowed.any():
            break
        worth = scores if prices is None or not chosen else scores - prices
        marginal = (1.0 - diversity) * worth - diversity * redundancy
        best = int(np.argmax(np.where(allowed, marginal, -np.inf)))
        chosen.append(best)
        left[best], when_chosen[best] = False, redundancy[best]
        if needs is not None:
            free |= needs == best
        redundancy = np.maximum(redundancy, np.clip(similarity_to(best), 0.0, 1.0))
        if isinstance(stop, LengthBudget):
            spent += int(stop.costs[best]) + stop.joint
    return chosen, np.asarray(np.where(left, redundancy, when_chosen))
