"""ROUGE F1 of extracts against several references, and bootstrap confidence intervals."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rouge_score import rouge_scorer, tokenizers

from models.training.summaries.documents import Summarized

TYPES = ("rouge1", "rouge2", "rougeL")
AVERAGE, BEST = 0, 1  # over the references of a document
SIGNATURE = "rouge-score 0.1.2, F1, Porter stemmer, extract joined by spaces"

_RESAMPLES = 10_000
_SEED = 20251123

Values = NDArray[np.float64]


class _CachingTokenizer(tokenizers.Tokenizer):
    """The library's own tokenizer with a cache: without it every reference is stemmed again for every extract."""

    def __init__(self) -> None:
        self._tokenize = lru_cache(maxsize=100_000)(tokenizers.DefaultTokenizer(use_stemmer=True).tokenize)

    def tokenize(self, text: str) -> list[str]:
        """Return the stems of `text`."""
        return self._tokenize(text)


class Rouge:
    """Scores extracts of documents; remembers what it has scored."""

    def __init__(self, types: Sequence[str] = TYPES) -> None:
        self._types = types
        self._scorer = rouge_scorer.RougeScorer(list(types), tokenizer=_CachingTokenizer())
        self._known: dict[tuple[str, tuple[int, ...]], Values] = {}

    def score(self, document: Summarized, chosen: Iterable[int]) -> Values:
        """Return F1 (2, types) of the body's sentences at these positions: the mean over the references, the best."""
        key = (document.id, tuple(sorted(chosen)))
        if key not in self._known:
            extract = " ".join(document.body[position].text for position in key[1])
            by_reference = np.array([self._f1(reference, extract) for reference in document.references])
            self._known[key] = np.array([by_reference.mean(axis=0), by_reference.max(axis=0)])
        return self._known[key]

    def _f1(self, reference: str, extract: str) -> list[float]:
        scores = self._scorer.score(reference, extract)
        return [scores[each].fmeasure for each in self._types]


def confidence_interval(values: Values) -> tuple[float, float]:
    """Return the 95 % bootstrap interval (percentiles) of the mean of `values` (documents,)."""
    random = np.random.default_rng(_SEED)
    means = values[random.integers(len(values), size=(_RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
