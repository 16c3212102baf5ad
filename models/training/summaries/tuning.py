"""The search for the summariser's weights, and what it is worth: cross-validation by document.

Two numbers are free, on a coarse grid: the weight of the headline, and how fast the position's worth falls. The news
documents are two dozen of 138 and weigh no more than the others: their scores were not tuned for.
"""

import itertools
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.summaries import methods, robustness
from models.training.summaries.documents import NEWS, Parallel, Summarized
from models.training.summaries.rouge import AVERAGE, TYPES, Rouge
from talmach.engine.base import SentenceEncoder
from talmach.metrics import Metrics
from talmach.summary.ranking import Weights
from talmach.summary.summarizer import Summarizer

LENGTHS = (1, 3)  # sentences
HEADLINES = (3.0, 4.0, 5.0, 6.0)  # beside 1 for the centrality and 5 for the position
DECAYS = (1.5, 1.75, 2.0)
LEAST_AGREEMENT = 0.75  # Jaccard of any two languages
FOLDS = 5
PARTITIONS = 20  # random ones, into folds: the choice of a single one moves the news by a point

_JUDGED = [TYPES.index("rouge1"), TYPES.index("rougeL")]


@dataclass(frozen=True, slots=True)
class Setting:
    """One point of the grid."""

    headline: float
    decay: float

    def summarizer(self, encoder: SentenceEncoder) -> Summarizer:
        """Return a summariser with this setting."""
        return Summarizer(
            encoder, weights=Weights(headline=self.headline), position_decay=self.decay, metrics=Metrics()
        )

    @property
    def around(self) -> "list[Setting]":
        """The setting and its neighbours on the grid."""
        at = HEADLINES.index(self.headline), DECAYS.index(self.decay)
        return [
            setting
            for setting in grid()
            if abs(HEADLINES.index(setting.headline) - at[0]) + abs(DECAYS.index(setting.decay) - at[1]) <= 1
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a setting reached."""

    rouge: NDArray[np.float64]  # (lengths, documents, mean or best reference, ROUGE type)
    agreement: float  # Jaccard of the two languages that agree least on any set of documents


Outcomes = dict[Setting, Outcome]


def grid() -> Iterator[Setting]:
    """Yield every setting."""
    for headline, decay in itertools.product(HEADLINES, DECAYS):
        yield Setting(headline, decay)


def is_news(documents: Sequence[Summarized]) -> NDArray[np.bool_]:
    """Return which of the documents (n,) are news."""
    return np.array([document.genre == NEWS for document in documents])


def measure(
    documents: Sequence[Summarized], parallel: Sequence[Sequence[Parallel]], encoder: SentenceEncoder, rouge: Rouge
) -> Outcomes:
    """Return the outcome of every setting; `parallel` are the sets of documents on which the languages must agree."""
    outcomes = {}
    for setting in grid():
        summarizer = setting.summarizer(encoder)
        choose = methods.ours(summarizer)
        scores = [[rouge.score(document, choose(document, length)) for document in documents] for length in LENGTHS]
        agreements = [each for stories in parallel for each in robustness.agreement(summarizer, stories).values()]
        outcomes[setting] = Outcome(np.array(scores), min(each.jaccard for each in agreements))
        summarizer.close()
    return outcomes


def objective(rouge: NDArray[np.float64]) -> float:
    """Return the mean of ROUGE-1 and ROUGE-L over both lengths and all documents, in percent."""
    return 100 * float(rouge[:, :, AVERAGE, :][:, :, _JUDGED].mean())


def best(outcomes: Outcomes, of: Collection[int] | NDArray[np.int64]) -> Setting:
    """Return the setting with the highest objective on the documents `of`, among those whose languages agree.

    Its neighbours count as much as it does: a setting much better than those around it is a fluke.
    """
    chosen = np.asarray(of)
    allowed = [setting for setting, outcome in outcomes.items() if outcome.agreement >= LEAST_AGREEMENT]
    return max(
        allowed,
        key=lambda setting: np.mean([objective(outcomes[each].rouge[:, chosen]) for each in setting.around]),
    )


def held_out(outcomes: Outcomes) -> tuple[NDArray[np.float64], Counter[Setting]]:
    """Return scores (as `Outcome.rouge`) with the setting that is best on the other folds, and how often each was.

    The mean over `PARTITIONS` of the documents into `FOLDS`.
    """
    total = np.zeros_like(next(iter(outcomes.values())).rouge)
    n = total.shape[1]
    winners: Counter[Setting] = Counter()
    for seed in range(PARTITIONS):
        fold_of = np.random.default_rng(seed).permutation(n) % FOLDS
        for fold in range(FOLDS):
            setting = best(outcomes, np.flatnonzero(fold_of != fold))
            winners[setting] += 1
            inside = fold_of == fold
            total[:, inside] += outcomes[setting].rouge[:, inside]
    return total / PARTITIONS, winners
