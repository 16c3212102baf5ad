"""The search for the summariser's weights, and what it is worth: cross-validation by document.

Two weights are free, on a coarse grid: that of the headline beside centrality and position, and what length costs.
"""

import itertools
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.summaries import methods, robustness
from models.training.summaries.documents import NEWS, Story, Summarized
from models.training.summaries.rouge import AVERAGE, TYPES, Rouge
from talmach.engine.base import SentenceEncoder
from talmach.summary.ranking import Weights
from talmach.summary.use_case import Summarizer

LENGTHS = (1, 3)  # sentences
HEADLINES = (1.0, 2.0, 3.0)
BREVITIES = (0.0, 0.25, 0.5, 0.75, 1.0)
LEAST_AGREEMENT = 0.7  # Jaccard of any two languages; the bar is 0.6, and a dozen stories are few
FOLDS = 5
PARTITIONS = 20  # into folds, at random: a single one moves the news by a point

_JUDGED = [TYPES.index("rouge1"), TYPES.index("rougeL")]


@dataclass(frozen=True, slots=True)
class Setting:
    """One point of the grid."""

    headline: float
    brevity: float

    def summarizer(self, encoder: SentenceEncoder) -> Summarizer:
        """Return a summariser with this setting."""
        return Summarizer(encoder, weights=Weights(headline=self.headline), brevity=self.brevity)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a setting reached."""

    rouge: NDArray[np.float64]  # (lengths, documents, mean or best reference, ROUGE type)
    agreement: float  # Jaccard of the two languages that agree least


Outcomes = dict[Setting, Outcome]


def grid() -> Iterator[Setting]:
    """Yield every setting."""
    for headline, brevity in itertools.product(HEADLINES, BREVITIES):
        yield Setting(headline, brevity)


def is_news(documents: Sequence[Summarized]) -> NDArray[np.bool_]:
    """Return which of the documents (n,) are news."""
    return np.array([document.genre == NEWS for document in documents])


def measure(
    documents: Sequence[Summarized], stories: Sequence[dict[str, Story]], encoder: SentenceEncoder, rouge: Rouge
) -> Outcomes:
    """Return the outcome of every setting."""
    outcomes = {}
    for setting in grid():
        summarizer = setting.summarizer(encoder)
        choose = methods.ours(summarizer)
        scores = [[rouge.score(document, choose(document, length)) for document in documents] for length in LENGTHS]
        agreements = robustness.agreement(summarizer, stories).values()
        outcomes[setting] = Outcome(np.array(scores), min(each.jaccard for each in agreements))
        summarizer.close()
    return outcomes


def objective(rouge: NDArray[np.float64], news: NDArray[np.bool_]) -> float:
    """Return the mean of ROUGE-1 and ROUGE-L over both lengths, half over all documents, half over the news."""
    values = rouge[:, :, AVERAGE, :][:, :, _JUDGED].mean(axis=(0, 2))
    return 50 * float(values.mean() + values[news].mean())


def best(outcomes: Outcomes, news: NDArray[np.bool_], of: Collection[int] | NDArray[np.int64]) -> Setting:
    """Return the setting with the highest objective on the documents `of`, among those whose languages agree."""
    chosen = np.asarray(of)
    allowed = [setting for setting, outcome in outcomes.items() if outcome.agreement >= LEAST_AGREEMENT]
    return max(allowed, key=lambda setting: objective(outcomes[setting].rouge[:, chosen], news[chosen]))


def held_out(outcomes: Outcomes, news: NDArray[np.bool_]) -> tuple[NDArray[np.float64], Counter[Setting]]:
    """Return scores (as `Outcome.rouge`) with the setting that is best on the other folds, and how often each was.

    The mean over `PARTITIONS` of the documents into `FOLDS`.
    """
    n = len(news)
    total = np.zeros_like(next(iter(outcomes.values())).rouge)
    winners: Counter[Setting] = Counter()
    for seed in range(PARTITIONS):
        fold_of = np.random.default_rng(seed).permutation(n) % FOLDS
        for fold in range(FOLDS):
            setting = best(outcomes, news, np.flatnonzero(fold_of != fold))
            winners[setting] += 1
            inside = fold_of == fold
            total[:, inside] += outcomes[setting].rouge[:, inside]
    return total / PARTITIONS, winners
