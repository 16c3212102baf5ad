"""Which sentences carry the story: centrality, headline, position and redundancy, in pure numpy.

Symbols: n sentences, d dimensions, S the cosine similarity of sentences. Nothing here knows texts or languages; every
function is deterministic and equal scores keep the order of the sentences.

    LexRank  G. Erkan, D. R. Radev: LexRank: Graph-based Lexical Centrality as Salience in Text Summarization.
             Journal of Artificial Intelligence Research 22 (2004).
    MMR      J. Carbonell, J. Goldstein: The Use of MMR, Diversity-Based Reranking for Reordering Documents and
             Producing Summaries. SIGIR 1998.
    Prices   H. Lin, J. Bilmes: Multi-document Summarization via Budgeted Maximization of Submodular Functions.
             NAACL 2010: what a sentence adds is weighed against its length, or the longest ones win. Theirs divides by
             a power of the length; that also cut the first choice short and lost 2 to 4 points of ROUGE-1 there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BREVITY",
    "POSITION_DECAY",
    "TERM_SHARE",
    "LengthBudget",
    "Selection",
    "Weights",
    "blend",
    "combine",
    "continuous_lexrank",
    "length_prices",
    "position_prior",
    "select_mmr",
]

Floats = NDArray[np.float32] | NDArray[np.float64]

DUPLICATE_SIMILARITY = 0.95  # cosine above which a sentence says nothing that its neighbour did not
POSITION_DECAY = 4.0  # sentences in which the prior falls to 1/e
BREVITY = 0.75  # of a score in [0, 1]: what a sentence of endless length costs
TERM_SHARE = 0.85  # of the words in the similarity of two sentences; the rest is the encoder's
_TOLERANCE = 1e-9  # largest change of one probability when the power iteration stops
_MAX_ITERATIONS = 200  # damping 0.85 gains a digit in 14 iterations; this is only a fuse


@dataclass(frozen=True, slots=True)
class Weights:
    """Shares of the components of a score, at least 0 and not all 0; only their ratios count.

    The headline's weight and BREVITY are the best of the grid in `models.training.summaries.tuning` (ROUGE on the GUM
    summaries, languages that agree); `evaluate_summary` reports what they are worth on unseen documents. POSITION_DECAY
    and TERM_SHARE were found on the same documents before: no other shape of the position or share is better by more
    than the noise, and words alone or none make the languages disagree.
    """

    centrality: float = 1.0
    headline: float = 2.0
    position: float = 1.0

    def __post_init__(self) -> None:
        """Raises ValueError: a weight is negative, or all of them are 0."""
        weights = (self.centrality, self.headline, self.position)
        if min(weights) < 0 or max(weights) == 0:
            raise ValueError("weights: each must be at least 0 and one must be above 0")


@dataclass(frozen=True, slots=True, eq=False)
class LengthBudget:
    """Stop when nothing more fits: `costs` (n,) of the sentences and one of `joint` between two may reach `limit`."""

    costs: NDArray[np.int64]
    limit: int
    joint: int = 1


@dataclass(frozen=True, slots=True)
class Selection:
    """A chosen sentence and its highest similarity to those chosen before it, in [0, 1]; 0 for the first."""

    index: int
    redundancy: float


def blend(embeddings: Floats, terms: Floats, share: float = TERM_SHARE) -> NDArray[np.float32]:
    """Return rows (n, d + t) whose cosine is `share` of that of `terms` (n, t), the rest that of `embeddings` (n, d).

    The rows of both have length 1, and so have those that are returned.
    """
    return np.hstack([np.sqrt(1.0 - share) * embeddings, np.sqrt(share) * terms]).astype(np.float32)


def continuous_lexrank(embeddings: Floats, damping: float = 0.85) -> NDArray[np.float64]:
    """Return the centrality (n,) of embeddings (n, d), at most 1 and exactly 1 for the most central sentence.

    The stationary distribution of a walk that goes from sentence to sentence with probabilities in proportion to
    their similarity and, with probability 1 - `damping`, anywhere (LexRank, section 3.3; the paper's d is our
    1 - `damping`). Differs from the paper in two points: no sentence votes for itself, as the diagonal would drown
    the rest in a short article, and a sentence that is similar to none sends its walk anywhere.
    """
    n = len(embeddings)
    if n == 0:
        return np.zeros(0)
    unit = _normalise(embeddings)
    similarity = np.clip(unit @ unit.T, 0.0, None)
    np.fill_diagonal(similarity, 0.0)
    degree = similarity.sum(axis=1)
    isolated = degree == 0
    walk = similarity / np.where(isolated, 1.0, degree)[:, None]  # (n, n), rows sum to 1 or are empty
    rank = np.full(n, 1.0 / n)
    for _ in range(_MAX_ITERATIONS):
        anywhere = (1.0 - damping) + damping * rank[isolated].sum()
        following = anywhere / n + damping * (rank @ walk)
        change = np.abs(following - rank).max()
        rank = following
        if change < _TOLERANCE:
            break
    return np.asarray(rank / rank.max())


def position_prior(n: int) -> NDArray[np.float64]:
    """Return exp(-i / POSITION_DECAY) for sentence i of n: 1, 0.78, 0.61, 0.47 ..., the inverted pyramid of news.

    Found in a random search over the whole GUM set beside linear decay, 1 / (i + 1) and its square root: about as good
    as the last, while the languages agreed better.
    """
    return np.asarray(np.exp(-np.arange(n, dtype=np.float64) / POSITION_DECAY))


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
    embeddings: Floats,
    candidates: NDArray[np.bool_],
    *,
    diversity: float,
    stop: int | LengthBudget,
    needs: NDArray[np.int64] | None = None,
    prices: Floats | None = None,
) -> list[Selection]:
    """Choose sentences greedily by maximal marginal relevance, in the order of choice.

    Each step takes the candidate with the highest (1 - `diversity`) * worth - `diversity` * redundancy (the paper's
    lambda is our 1 - `diversity`); its worth is its score less its price, but the first choice is free: it tells the
    story as fully as it likes. A sentence whose redundancy is above `DUPLICATE_SIMILARITY` is never taken.

    Args:
        scores: (n,), in [0, 1].
        embeddings: (n, d).
        candidates: (n,), what may be chosen.
        diversity: in [0, 1]; 0 = by score alone, duplicates still left out.
        stop: how many to choose at most, or a budget that each choice must fit into.
        needs: (n,), the sentence that must have been chosen before this one may be; its own number = none.
        prices: (n,), in the unit of the scores; None = all are free.
    """
    unit = _normalise(embeddings)
    similarity = np.clip(unit @ unit.T, 0.0, 1.0)  # once for all: a row at a time it is 20 times slower
    redundancy = np.zeros(len(scores))  # highest similarity to what is chosen
    left = candidates.copy()
    free = np.ones(len(scores), dtype=np.bool_) if needs is None else needs == np.arange(len(scores))
    spent = 0
    chosen: list[Selection] = []
    while not isinstance(stop, int) or len(chosen) < stop:
        allowed = left & free & (redundancy <= DUPLICATE_SIMILARITY)
        if isinstance(stop, LengthBudget):
            allowed &= stop.costs <= stop.limit - spent
        if not allowed.any():
            break
        worth = scores if prices is None or not chosen else scores - prices
        marginal = (1.0 - diversity) * worth - diversity * redundancy
        best = int(np.argmax(np.where(allowed, marginal, -np.inf)))
        chosen.append(Selection(best, float(redundancy[best])))
        left[best] = False
        if needs is not None:
            free |= needs == best
        redundancy = np.maximum(redundancy, similarity[best])
        if isinstance(stop, LengthBudget):
            spent += int(stop.costs[best]) + stop.joint
    return chosen


def _normalise(embeddings: Floats) -> NDArray[np.float64]:
    """Rows of Euclidean length 1; a row of zeros stays one."""
    rows = embeddings.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths == 0, 1.0, lengths))
