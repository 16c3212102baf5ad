from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from talmach.summary.ranking import (
    DUPLICATE_SIMILARITY,
    LengthBudget,
    SparseRows,
    Weights,
    centrality,
    combine,
    length_prices,
    position_prior,
    select_mmr,
)

Floats = NDArray[np.float64]

EMBEDDINGS = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 12), st.integers(1, 4)),
    elements=st.floats(-1, 1, allow_nan=False).map(lambda value: round(value, 3)),
)


def _choose(scores: Floats, embeddings: Floats, **options: Any) -> tuple[list[int], NDArray[np.float64]]:
    """By the cosines of all pairs."""
    unit = _unit(embeddings)
    return select_mmr(scores, lambda number: unit @ unit[number], **options)


def _select(scores: Floats, embeddings: Floats, **options: Any) -> list[int]:
    """The choice alone."""
    return _choose(scores, embeddings, **options)[0]


def _at(*degrees: float) -> Floats:
    """Unit vectors in a plane: the cosine of two is that of the angle between them."""
    radians = np.radians(np.array(degrees))
    return np.stack([np.cos(radians), np.sin(radians)], axis=1)


def _sparse(matrix: Floats) -> SparseRows:
    rows, columns = np.nonzero(matrix)
    return SparseRows(rows, columns, matrix[rows, columns], (matrix.shape[0], matrix.shape[1]))


def _centrality(embeddings: Floats) -> Floats:
    """By embeddings alone."""
    return centrality(embeddings, _sparse(np.zeros((len(embeddings), 1))), 0.0)


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths == 0, 1, lengths))


@given(EMBEDDINGS)
def test_sparse_rows_are_a_matrix(matrix: Floats) -> None:
    """Sums, products, rows and squares are those of the dense matrix; the first rows are a matrix of their own."""
    sparse, vector = _sparse(matrix), np.arange(1.0, matrix.shape[1] + 1)
    assert_allclose(sparse.times(vector), matrix @ vector, atol=1e-9)
    assert_allclose(sparse.sum(), matrix.sum(axis=0), atol=1e-9)
    assert_allclose(sparse.squares(), (matrix**2).sum(axis=1), atol=1e-9)
    assert_allclose([sparse.row(number) for number in range(len(matrix))], matrix)
    half = sparse.first(len(matrix) // 2)
    assert half.shape == (len(matrix) // 2, matrix.shape[1])
    assert_allclose(half.times(vector), matrix[: len(matrix) // 2] @ vector, atol=1e-9)


def test_centrality_by_hand() -> None:
    """Cosines of 0, 45 and 90 degrees: the middle one is at cos 45 to both others, which have nothing in common."""
    assert_allclose(_centrality(_at(0, 45, 90)), [0.5, 1.0, 0.5], atol=1e-9)
    words = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert_allclose(centrality(_at(0, 45, 90), _sparse(words), 1.0), [1.0, 1.0, 0.0])
    cosine = np.cos(np.radians(45)) / 2
    first, second, third = 0.5 + cosine, 0.5 + 2 * cosine, cosine
    expected = [first / second, 1.0, third / second]
    assert_allclose(centrality(_at(0, 45, 90), _sparse(words), 0.5), expected, atol=1e-9)


def test_centrality_of_equal_and_unrelated_sentences() -> None:
    """All alike or all apart: nobody is more central; zero vectors and opposites count as apart."""
    assert_allclose(_centrality(_unit(np.ones((4, 3)))), np.ones(4))
    assert_allclose(_centrality(np.eye(4)), np.ones(4))
    assert_allclose(_centrality(np.zeros((3, 2))), np.ones(3))
    assert_allclose(_centrality(_at(0, 180)), np.ones(2))
    assert_allclose(_centrality(np.ones((1, 1))), [1.0])
    assert _centrality(np.zeros((0, 3))).shape == (0,)


def test_centrality_prefers_the_cluster_to_the_outlier() -> None:
    """A sentence far from the topic comes last, whatever its position."""
    central = _centrality(_at(0, 5, 85, -5))
    assert int(np.argmin(central)) == 2
    assert int(np.argmax(central)) in (0, 1)


@given(EMBEDDINGS)
def test_centrality_is_the_mean_of_all_cosines(embeddings: Floats) -> None:
    """As if all pairs were looked at; it lies in [0, 1] and its maximum is 1."""
    unit = _unit(embeddings)
    pairs = unit @ unit.T
    to_others = np.clip(pairs.sum(axis=1) - np.diag(pairs), 0, None)
    central = _centrality(unit)
    assert central.max() == 1.0
    assert (central >= 0).all()
    if to_others.max() > 1e-6:
        assert_allclose(central, to_others / to_others.max(), atol=1e-6)


def test_position_prior() -> None:
    """exp(-i / 2) at any place, unless it falls at another rate."""
    assert_allclose(position_prior(np.array([0, 1, 3])), [1.0, 0.60653, 0.22313], atol=1e-5)
    assert_allclose(position_prior(np.array([0, 1, 3]), 4.0), [1.0, 0.77880, 0.47237], atol=1e-5)
    assert position_prior(np.array([], dtype=np.int64)).shape == (0,)


def test_combine_by_hand() -> None:
    """A weighted mean; without a headline the other weights keep their ratio."""
    centrality, headline, position = np.array([1.0, 0.5]), np.array([0.0, 1.0]), np.array([1.0, 0.5])
    weights = Weights(centrality=2, headline=1, position=1)
    assert_allclose(combine(centrality, headline, position, weights), [0.75, 0.625])
    assert_allclose(combine(centrality, None, position, weights), [1.0, 0.5])
    assert_allclose(combine(centrality, np.array([-1.0, 2.0]), position, weights), [0.75, 0.625])
    assert_allclose(combine(centrality, None, position, Weights(0, 1, 0)), [0.0, 0.0])


@given(EMBEDDINGS, st.tuples(*[st.floats(0, 1)] * 3).filter(any))
def test_scores_stay_in_the_unit_interval(embeddings: Floats, weights: tuple[float, float, float]) -> None:
    """Whatever the weights."""
    n = len(embeddings)
    scores = combine(_centrality(_unit(embeddings)), embeddings[:, 0], position_prior(np.arange(n)), Weights(*weights))
    assert scores.shape == (n,)
    assert ((scores >= 0) & (scores <= 1 + 1e-9)).all()


@pytest.mark.parametrize("weights", [(0, 0, 0), (1, -0.1, 0)])
def test_weights_must_make_sense(weights: tuple[float, float, float]) -> None:
    """No weight at all and negative weights are refused."""
    with pytest.raises(ValueError, match="weights: "):
        Weights(*weights)


def test_mmr_by_hand() -> None:
    """The second best resembles the best: by diversity 0.5 the third is taken before it.

    Marginal relevance after the first choice: 0.5 * 0.9 - 0.5 * cos 20 = -0.02; 0.5 * 0.5 - 0.5 * cos 90 = 0.25.
    """
    scores, embeddings = np.array([1.0, 0.9, 0.5]), _at(0, 20, 90)
    chosen, redundancy = _choose(scores, embeddings, diversity=0.5, stop=3)
    assert chosen == [0, 2, 1]
    assert_allclose(redundancy[chosen], [0.0, 0.0, np.cos(np.radians(20))], atol=1e-9)
    by_score = _select(scores, embeddings, diversity=0.0, stop=2)
    assert by_score == [0, 1]


def test_mmr_ignores_the_length_of_vectors() -> None:
    """Similarity is the cosine, also of vectors that are not normalised."""
    scores, embeddings = np.array([1.0, 0.9, 0.5]), _at(0, 20, 90)
    scaled = (embeddings * np.array([[5.0], [0.1], [40.0]])).astype(np.float32)
    assert _select(scores, scaled, diversity=0.5, stop=3) == [0, 2, 1]


def test_prices_of_lengths() -> None:
    """By hand: the mean of 50, 100 and 150 is 100; the unit makes no difference."""
    assert_allclose(length_prices(np.array([50, 100, 150]), 0.6), [0.2, 0.3, 0.36])
    assert_allclose(length_prices(np.array([500, 1000, 1500]), 0.6), [0.2, 0.3, 0.36])
    assert_allclose(length_prices(np.array([50, 100, 150]), 0.0), [0.0, 0.0, 0.0])


def test_mmr_pays_for_length_after_the_first_choice() -> None:
    """The best sentence comes first whatever it costs; then 0.5 - 0.1 beats 0.8 - 0.5, unless all are free."""
    scores, prices = np.array([0.5, 1.0, 0.8]), np.array([0.1, 0.9, 0.5])
    priced = _select(scores, np.eye(3), diversity=0.0, stop=3, prices=prices)
    assert priced == [1, 0, 2]
    free = _select(scores, np.eye(3), diversity=0.0, stop=3)
    assert free == [1, 2, 0]


def test_duplicates_are_never_chosen_twice() -> None:
    """Not even where nothing else is left and diversity is 0."""
    chosen = _select(np.array([1.0, 1.0, 0.1]), _at(0, 5, 60), diversity=0.0, stop=3)
    assert chosen == [0, 2]


def test_mmr_tells_how_much_is_said_already() -> None:
    """The highest similarity of each sentence to what is chosen, beside the choice."""
    unit = _at(0, 60, 90)
    chosen, redundancy = select_mmr(
        np.array([1.0, 0.2, 0.1]), lambda number: unit @ unit[number], diversity=0.0, stop=1
    )
    assert chosen == [0]
    assert_allclose(redundancy, [0.0, 0.5, 0.0], atol=1e-9)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (9, []),
        (39, [2]),
        (49, [1]),
        (60, [0]),
        (61, [0, 2]),
        (90, [0, 2]),
        (91, [0, 1]),
        (101, [0, 1]),
        (102, [0, 1, 2]),
    ],
)
def test_length_budget_counts_the_spaces_between(limit: int, expected: list[int]) -> None:
    """Sentences of 50, 40 and 10 characters: the best that still fits is taken, the budget is kept exactly."""
    budget = LengthBudget(np.array([50, 40, 10]), limit)
    chosen = _select(np.array([0.9, 0.8, 0.1]), np.eye(3), diversity=0.0, stop=budget)
    assert chosen == expected


@given(EMBEDDINGS, st.floats(0, 1), st.integers(0, 15), st.data())
def test_mmr_properties(embeddings: Floats, diversity: float, stop: int, data: st.DataObject) -> None:
    """Counts and duplicates hold for any scores; choosing fewer gives the beginning of choosing more."""
    n = len(embeddings)
    scores = np.array(data.draw(st.lists(st.floats(0, 1), min_size=n, max_size=n)))
    chosen, redundancy = _choose(scores, embeddings, diversity=diversity, stop=stop)
    assert len(chosen) == len(set(chosen)) <= min(stop, n)
    assert bool(chosen) == (stop > 0)
    assert all(0 <= redundancy[number] <= DUPLICATE_SIMILARITY for number in chosen)
    assert chosen[:-1] == _select(scores, embeddings, diversity=diversity, stop=max(0, len(chosen) - 1))


@given(EMBEDDINGS, st.integers(0, 60), st.data())
def test_length_budget_is_never_overdrawn(embeddings: Floats, limit: int, data: st.DataObject) -> None:
    """Joined by single spaces the choice fits, and nothing that was left out would have fitted as well."""
    n = len(embeddings)
    costs = np.array(data.draw(st.lists(st.integers(1, 30), min_size=n, max_size=n)))
    chosen = _select(np.linspace(1, 0, n), np.eye(n), diversity=0.0, stop=LengthBudget(costs, limit))
    lengths = [int(costs[number]) for number in chosen]
    length = len(" ".join("x" * cost for cost in lengths))
    assert length <= limit
    left = set(range(n)) - set(chosen)
    assert all(length + bool(lengths) + costs[index] > limit for index in left)
