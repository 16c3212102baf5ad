"""The words of sentences as vectors: names and numbers carry a news story, and a small encoder blurs them."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from talmach.summary.ranking import SparseRows

_WORD = re.compile(r"[^\W_]+(?:['’ʼ-][^\W_]+)*")
# Cut here, the forms of most Russian and Belarusian words fall together.
_STEM = 6  # code points


def term_vectors(texts: Sequence[str]) -> SparseRows:
    """Return rows (len(texts), stems) of length 1: sqrt(count) * log((n + 1) / sentences with the stem); 0 if wordless.

    The square root is the usual damping of counts; the logarithm leaves something of a stem that is in every sentence.
    """
    counts = [Counter(word[:_STEM] for word in terms_of(text)) for text in texts]
    frequency = Counter(term for count in counts for term in count)
    numbers = {term: number for number, term in enumerate(frequency)}
    rows = np.repeat(np.arange(len(texts)), [len(count) for count in counts])
    columns = np.array([numbers[term] for count in counts for term in count], dtype=np.int64)
    times = np.array([number for count in counts for number in count.values()], dtype=np.float64)
    frequencies = np.fromiter(frequency.values(), dtype=np.float64, count=len(frequency))
    values = np.sqrt(times) * np.log((len(texts) + 1) / frequencies[columns])
    lengths = np.sqrt(np.bincount(rows, values**2, minlength=len(texts)))
    return SparseRows(rows, columns, values / lengths[rows], (len(texts), len(numbers)))


def terms_of(text: str) -> list[str]:
    """Return the words and numbers of `text` in lower case; an apostrophe or a hyphen is part of a word."""
    return [word.casefold() for word in _WORD.findall(text)]
