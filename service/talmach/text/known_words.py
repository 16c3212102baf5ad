"""What a model has met of its languages: it can spell any word from its pieces, and invents most that it never met.

Stems and groups of letters lie in a Bloom filter, which never misses what it holds and takes one in fifty of all else
for known. `models.training.data.known_words` fills it, and `models.training.doubt` shows what it finds.
"""

import re
from collections.abc import Collection, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Self

from talmach.text import protected
from talmach.text.characters import words_of
from talmach.text.evidence import LEXICON

BITS_PER_KEY = 8
_POSITIONS = 5  # bits that a key sets
_LEAST_LETTERS = 4
_LEAST_STEM = 3
_GROUP = 5
# How many groups of letters must be unknown, too. Russian and Belarusian derive more words than the corpus has.
_LEAST_UNKNOWN_GROUPS = {"en": 0, "ru": 1, "be": 2}
_ENGLISH_ENDING = re.compile("(?:'s?|s)?$")
_NOUN_ENDING = (
    "[ыи]ми|[аяыі]мі|[ая]ми|[ое]го|[ая]га|[оеая]му|[оеая]й|[ую]ю|[ая]я|[ое]е|[оеаяыиі]м|[аяыиі]х|[ое]в|[аея]ў|[ыи]й"
    "|[оеая]ю|[аеёиійоуыэюяь]"
)
_VERB_ENDING = "л[аоиі]?|ў|[тц]ь|[тц][иі]|т|[еи]те|[еі]це|[еиуюая]т|[уюая]ць|[еи]м|[еи]шь|[еі]ш|м|н[оаы]?"
_CYRILLIC_ENDING = re.compile(f"(?:{_NOUN_ENDING}|{_VERB_ENDING})?(?:ся|сь|цца|ца)?$")
_PREFIX = {
    "en": re.compile("^(?:un|re|pre|non|over|anti)(?=.{4})"),
    "ru": re.compile("^(?:не|пол|анти|пере)(?=.{4})"),
    "be": re.compile("^(?:не|ня|паў|анты|пера)(?=.{4})"),
}
_APOSTROPHES = str.maketrans("’ʼ", "''")


class KnownWords:
    """The words of one model."""

    def __init__(self, bits: bytes) -> None:
        self._bits = bits

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `of_keys` made."""
        return cls(path.read_bytes())

    @classmethod
    def of_keys(cls, keys: Collection[str]) -> Self:
        """Return a filter of these keys."""
        bits = bytearray(-(-BITS_PER_KEY * len(keys) // 8))
        for key in keys:
            for position in _positions(key, 8 * len(bits)):
                bits[position >> 3] |= 1 << (position & 7)
        return cls(bytes(bits))

    def to_bytes(self) -> bytes:
        """Return what `read` reads."""
        return self._bits

    def lacks_any(self, text: str, language: str) -> bool:
        """Whether the model has not met one of the words of `text` in small letters, in time linear in the text.

        Links and other protected tokens are left out.
        """
        frequent = LEXICON[language]
        return any(
            len(word) >= _LEAST_LETTERS and word.islower() and word not in frequent and self._lacks(word, language)
            for word in words_of(protected.without(text).translate(_APOSTROPHES))
        )

    def _lacks(self, word: str, language: str) -> bool:
        if self._has(stem_key(word, language)):
            return False
        bare = _PREFIX[language].sub("", word, count=1)
        if bare != word and self._has(stem_key(bare, language)):
            return False
        return sum(not self._has(key) for key in group_keys(word, language)) >= _LEAST_UNKNOWN_GROUPS[language]

    def _has(self, key: str) -> bool:
        bits = self._bits
        return all(bits[position >> 3] >> (position & 7) & 1 for position in _positions(key, 8 * len(bits)))


def stem_key(word: str, language: str) -> str:
    """Return the key of a word's stem."""
    ending = _ENGLISH_ENDING if language == "en" else _CYRILLIC_ENDING
    stem = ending.sub("", word, count=1)
    return f"{language} {stem if len(stem) >= _LEAST_STEM else word}"


def group_keys(word: str, language: str) -> list[str]:
    """Return the keys of all groups of neighbouring letters; none where a language needs none."""
    if not _LEAST_UNKNOWN_GROUPS[language]:
        return []
    edged = f"^{word}$"
    return [f"{language}+{edged[start : start + _GROUP]}" for start in range(max(1, len(edged) - _GROUP + 1))]


def _positions(key: str, count: int) -> Iterator[int]:
    digest = int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")
    first, step = divmod(digest, 1 << 32)
    return ((first + number * step) % count for number in range(_POSITIONS))
