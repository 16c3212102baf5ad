"""Which word of a Russian sentence is which word of the Belarusian one: IBM Model 1 (Brown et al. 1993), both ways,
with a prior for cognates and for the diagonal (Dyer et al. 2013), symmetrised by growing (Koehn et al. 2003).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.training.data.transfer.words import skeleton

Sentence = Sequence[str]
Links = set[tuple[int, int]]  # (position of the Russian word, of the Belarusian word)

ITERATIONS = 5
COGNATE_BOOST = 20.0
DIAGONAL_SLOPE = 6.0
_NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


class _Side:
    """The words of one language as numbers."""

    def __init__(self, sentences: Sequence[Sentence], skeletons: dict[str, int]) -> None:
        self.ids: dict[str, int] = {}
        self.sentences = [
            np.array([self.ids.setdefault(word, len(self.ids)) for word in sentence], dtype=np.int64)
            for sentence in sentences
        ]
        # Words without a skeleton get numbers of their own: they are nobody's cognates.
        self.skeletons = np.array(
            [
                skeletons.setdefault(bones, len(skeletons)) if (bones := skeleton(word)) else -1 - number
                for number, word in enumerate(self.ids)
            ],
            dtype=np.int64,
        )


def align(russian: Sequence[Sentence], belarusian: Sequence[Sentence]) -> list[Links]:
    """Return the links of every pair of sentences, in order; no sentence may be empty."""
    skeletons: dict[str, int] = {}
    first, second = _Side(russian, skeletons), _Side(belarusian, skeletons)
    shapes = [(len(a), len(b)) for a, b in zip(first.sentences, second.sentences, strict=True)]
    # One entry for every pair of words of a pair of sentences, the Russian word changing slowest.
    rows = np.concatenate([np.repeat(a, len(b)) for a, b in zip(first.sentences, second.sentences, strict=True)])
    columns = np.concatenate([np.tile(b, len(a)) for a, b in zip(first.sentences, second.sentences, strict=True)])
    pairs, kinds = np.unique(rows * len(second.ids) + columns, return_inverse=True)
    is_cognate = first.skeletons[pairs // len(second.ids)] == second.skeletons[pairs % len(second.ids)]
    start = np.where(is_cognate, COGNATE_BOOST, 1.0)
    diagonal = np.concatenate([_diagonal(*shape) for shape in shapes])
    by_russian = _model_1(kinds, rows, _group(shapes, axis=0), diagonal, start)
    by_belarusian = _model_1(kinds, columns, _group(shapes, axis=1), diagonal, start)
    links, end = [], 0
    for shape in shapes:
        begin, end = end, end + shape[0] * shape[1]
        links.append(_grow(by_russian[begin:end].reshape(shape), by_belarusian[begin:end].reshape(shape)))
    return links


def _diagonal(rows: int, columns: int) -> NDArray[np.float64]:
    distance = np.abs(np.arange(rows)[:, None] / rows - np.arange(columns)[None, :] / columns)
    return np.exp(-DIAGONAL_SLOPE * distance).ravel()


def _group(shapes: Sequence[tuple[int, int]], axis: int) -> NDArray[np.int64]:
    """Number, for every entry, the word of `1 - axis` whose explanations along `axis` compete with each other."""
    groups, number = [], 0
    for rows, columns in shapes:
        count = columns if axis == 0 else rows
        numbers = np.arange(number, number + count)
        groups.append(np.tile(numbers, rows) if axis == 0 else np.repeat(numbers, columns))
        number += count
    return np.concatenate(groups)


def _model_1(
    kinds: NDArray[np.int64],
    givens: NDArray[np.int64],
    groups: NDArray[np.int64],
    diagonal: NDArray[np.float64],
    start: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the posterior of every entry: that its word of the group comes from its given word."""
    given_of_kind = np.zeros(len(start), dtype=np.int64)
    given_of_kind[kinds] = givens
    probabilities = start
    for _ in range(ITERATIONS):
        weights = probabilities[kinds] * diagonal
        weights /= np.bincount(groups, weights)[groups]
        counts = np.bincount(kinds, weights)
        probabilities = counts / np.bincount(given_of_kind, counts)[given_of_kind]
    weights = probabilities[kinds] * diagonal
    return weights / np.bincount(groups, weights)[groups]


def _grow(by_russian: NDArray[np.float64], by_belarusian: NDArray[np.float64]) -> Links:
    """Return what both ways agree on, and their other links that touch one of those and leave no word doubly linked."""
    forward = {(int(row), column) for column, row in enumerate(by_russian.argmax(0))}
    backward = {(row, int(column)) for row, column in enumerate(by_belarusian.argmax(1))}
    links, candidates = forward & backward, sorted(forward ^ backward)
    rows, columns = {row for row, _ in links}, {column for _, column in links}
    grown = True
    while grown:
        grown = False
        for row, column in candidates:
            near = any((row + down, column + right) in links for down, right in _NEIGHBOURS)
            if near and (row not in rows or column not in columns) and (row, column) not in links:
                links.add((row, column))
                rows.add(row)
                columns.add(column)
                grown = True
    return links
