"""Whether a translation is merely the source again.

What may be copied depends on the direction: nothing Cyrillic into English, names from English, and a few words with the
same spelling between Russian and Belarusian.
"""

from collections.abc import Iterable, Sequence
from itertools import compress

from talmach.engine.base import Direction
from talmach.quality.scripts import ALPHABETS, CYRILLIC, LATIN
from talmach.text import protected
from talmach.text.characters import words_of

_RUN = 4  # words in a row that show copying
# Words in such runs from which a partial copy counts, besides half of the sentence. The longest true run in the
# development set is six names of airlines (a third of their sentence), four words between Russian and Belarusian.
_LEAST_COPIED = 6
_NAME_WORDS = 4  # the longest name without a lower-case word that may stay in English
_MOST_WORDS_OF_SIGNS = 2  # that may turn into signs and digits: "No. 5" - «№ 5»
_SAME_SPELLING_WORDS = 3  # longest sentence that Russian and Belarusian may share though a letter speaks against it
_ACCIDENTAL_WORDS = 5  # the same where none does


def is_untranslated(source: str, target: str, direction: Direction) -> bool:
    """Whether `target` is `source`, wholly or in large part, apart from case and punctuation, or has no words."""
    words = words_of(source)
    if not protected.has_words(target) and protected.has_words(source):
        return len(words) > _MOST_WORDS_OF_SIGNS or not any(map(str.isalnum, target))
    folded, target_folded = _folded(words), _folded(words_of(target))
    if folded == target_folded:
        own = _own_words(words, direction)
        return bool(own) and _should_differ(own, direction)
    copied = _own_words(compress(words, _in_shared_runs(folded, target_folded)), direction)
    if len(copied) < _LEAST_COPIED:  # nearly all sentences
        return False
    return len(copied) >= len(_own_words(words, direction)) / 2 and _should_differ(copied, direction)


def _folded(words: Sequence[str]) -> list[str]:
    return " ".join(words).casefold().split()


def _own_words(words: Iterable[str], direction: Direction) -> list[str]:
    """The words in the script of the source language."""
    script = LATIN if direction.source == "en" else CYRILLIC
    return [word for word in words if script.search(word)]


def _should_differ(words: Sequence[str], direction: Direction) -> bool:
    """Whether no translator would leave `words` of the source as they are."""
    if direction.target == "en":
        return True
    if direction.source == "en":
        return len(words) > _NAME_WORDS or any(word.islower() for word in words)
    has_own_letter = not ALPHABETS[direction.target].issuperset(
        char for word in words for char in CYRILLIC.findall(word.lower())
    )
    return len(words) > (_SAME_SPELLING_WORDS if has_own_letter else _ACCIDENTAL_WORDS)


def _in_shared_runs(source: Sequence[str], target: Sequence[str]) -> list[bool]:
    """For each word of the source, whether it lies in a run of words that the target has too."""
    if set(source).isdisjoint(target):
        return [False] * len(source)
    runs = {tuple(target[start : start + _RUN]) for start in range(len(target) - _RUN + 1)}
    shared = [False] * len(source)
    for start in range(len(source) - _RUN + 1):
        if tuple(source[start : start + _RUN]) in runs:
            shared[start : start + _RUN] = [True] * _RUN
    return shared
