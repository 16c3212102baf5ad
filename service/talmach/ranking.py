"""Which sentences carry the story."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weights:
    """Shares of the parts of a score."""

    centrality: float = 0.5
    headline: float = 0.3
    position: float = 0.2


@dataclass(frozen=True, slots=True)
class Selection:
    """One chosen sentence, by position, and its highest similarity to those chosen before it."""

    index: int
    redundancy: float


def continuous_lexrank(embeddings: FloatArray, damping: float = 0.85) -> NDArray[np.float64]:
    raise NotImplementedError


def position_prior(n: int) -> NDArray[np.float64]:
    raise NotImplementedError


def combine(centrality: NDArray[np.float64], headline_similarity: NDArray[np.float64] | None, position: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    raise NotImplementedError


def select_mmr(scores: FloatArray, embeddings: FloatArray, candidates: NDArray[np.bool_], *, diversity: float, count: int | None = None, costs: NDArray[np.int64] | None = None, limit: int | None = None) -> list[Selection]:
    raise NotImplementedError
