"""The words of sentences as vectors: names and numbers carry a news story, and a small encoder blurs them."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+(?:['’ʼ-][^\W_]+)*")
# Cut here, the forms of most Russian and Belarusian words fall together.
_STEM = 6  # code points


def term_vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return rows (len(texts), stems) of length 1: sqrt(count) * log((n + 1) / sentences with the stem); 0 if wordless.

    The square root is the usual damping of counts; the logarithm leaves something of a stem that is in every sentence.
    """
    counts = [Counter(stem(word) for word in words_of(text)) for text in texts]
    frequency = Counter(term for count in counts for term in count)
    columns = {term: column for column, term in enumerate(frequency)}
    rows = np.zeros((len(texts), len(columns)), dtype=np.float32)
    for row, count in zip(rows, counts, strict=True):
        for term, times in count.items():
            row[columns[term]] = np.sqrt(times) * np.log((len(texts) + 1) / frequency[term])
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths == 0, 1, lengths), dtype=np.float32)


def words_of(text: str) -> list[str]:
    """Return the words and numbers of `text` in lower case; an apostrophe or a hyphen is part of a word."""
    return [word.casefold() for word in _WORD.findall(text)]


def stem(word: str) -> str:
    """Return what the forms of `word` have in common, roughly."""
    return word[:_STEM]
