"""Loops: a decoder that has lost its way repeats itself over and over."""

import re
from collections.abc import Sequence
from itertools import pairwise
from operator import eq

from talmach.text.characters import words_of

_LONGEST_UNIT = 6  # words
_LEAST_REPEATS = 3  # one more for a single word: «очень, очень, очень» and "no, no, no" are speech
_LOOSE_FROM_WORDS = 16
# Share of different word pairs among all: at least 0.70, mostly 1, in the 2,991 sentences of the development set. Loops
# with changing parts ("in 2001, in 2002 ...", "a b c, a b d") fall below.
_LEAST_DISTINCT = 0.6
_CHARACTERS = re.compile(r"([^\W\d_]{1,8}?)\1{5,}", re.IGNORECASE)  # «ааааааа», «хахахахахаха»


def has_repetition(source: str, target: str) -> bool:
    """Whether `target` repeats itself as no real text does, and `source` does not."""
    source_words, target_words = (words_of(text.casefold()) for text in (source, target))
    return (
        _is_looping(source_words, target_words)
        or (_distinct_share(target_words) < _LEAST_DISTINCT <= _distinct_share(source_words))
        or bool(_CHARACTERS.search(target) and not _CHARACTERS.search(source))
    )


def _is_looping(source: Sequence[str], target: Sequence[str]) -> bool:
    """Whether up to six words of `target` follow each other several times, and at least twice more than in `source`."""
    units = range(1, _LONGEST_UNIT + 1)
    found = [repeats for unit in units if (repeats := _repeats(target, unit)) >= _LEAST_REPEATS + (unit == 1)]
    return bool(found) and max(found) >= 2 + max(_repeats(source, unit) for unit in units)


def _repeats(words: Sequence[str], unit: int) -> int:
    """How often at most `unit` words, not all of them numbers («1 000 000 000»), follow each other unchanged."""
    if not any(map(eq, words[unit:], words)):  # nearly all sentences
        return 1
    most = run = 0
    for position in range(unit, len(words)):
        is_same = words[position] == words[position - unit]
        run = run + 1 if is_same else 0
        if run > most and not all(word.isdigit() for word in words[position - unit + 1 : position + 1]):
            most = run
    return most // unit + 1


def _distinct_share(words: Sequence[str]) -> float:
    """Share of different pairs of neighbours; 1 for a text too short to tell."""
    if len(words) < _LOOSE_FROM_WORDS:
        return 1.0
    pairs = list(pairwise(words))
    return len(set(pairs)) / len(pairs)
