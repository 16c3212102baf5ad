"""The scripts and alphabets of our languages, and letters in a translation that its language does not use."""

import re
import unicodedata
from collections.abc import Set as AbstractSet

from talmach.engine.base import Direction
from talmach.text.characters import words_of

ALPHABETS = {
    "ru": frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя"),
    "be": frozenset("абвгдеёжзійклмнопрстуўфхцчшыьэюя"),
}
LATIN_LETTERS, CYRILLIC_LETTERS = "a-zªµºß-ɏḀ-ỿ", "\u0400-\u052f"  # the inside of a character class
LATIN = re.compile(f"[{LATIN_LETTERS}]", re.IGNORECASE)
CYRILLIC = re.compile(f"[{CYRILLIC_LETTERS}]")

# What a Cyrillic translation may have in Latin letters: names, "iPhone" or "via" among them, but no clause. In the
# development set the largest share of letters is 0.41 and no sentence has more than two words in small letters;
# documentation with its identifiers keeps to one of the two bounds below in 97 % of the sentences.
_MOST_LATIN_SHARE = 0.6
_MOST_LATIN_SHARE_OF_PROSE = 0.2
_MOST_SMALL_WORDS = 2
_APOSTROPHE = re.compile("[’'ʼ`]")
# Letters that a language does not write; nearly all translations have none of them.
_FOREIGN = {"en": re.compile(rf"[^\W\d_{LATIN_LETTERS}]", re.IGNORECASE)} | {
    language: re.compile(rf"[^\W\d_{letters}{letters.upper()}]")
    for language, alphabet in ALPHABETS.items()
    for letters in ["".join(sorted(alphabet))]
}
_MAYBE_THIRD_SCRIPT = re.compile(rf"[^\W\d_{LATIN_LETTERS}{CYRILLIC_LETTERS}]", re.IGNORECASE)


def foreign_letters(target_language: str) -> str:
    """Return the small letters of our other languages that have no place in a translation into this one, ascending."""
    cyrillic = frozenset[str]().union(*ALPHABETS.values())
    return "".join(sorted(cyrillic - ALPHABETS.get(target_language, frozenset())))


def has_wrong_script(source: str, target: str, direction: Direction) -> bool:
    """Whether any of `target` is in a script or in letters that its language does not use, or a word mixes two scripts.

    A word that the source spells alike passes when it is in a third script, when it is in Latin between two Cyrillic
    languages, or when it is a capitalised name between them («Известия» is a newspaper in Belarusian too).
    """
    if not _FOREIGN[direction.target].search(target):
        return False
    words = words_of(target)
    source_words = frozenset(words_of(source))
    if any(_has_two_scripts(word) for word in words if word not in source_words):
        return True
    if direction.target == "en":
        return any(CYRILLIC.search(word) or _has_third_script(word, source_words) for word in words)
    known = frozenset() if direction.source == "en" else source_words
    alphabet = ALPHABETS[direction.target]
    return _is_latin_heavy(words, known) or any(
        _has_third_script(word, source_words) or _has_foreign_letter(word, alphabet, known) for word in words
    )


def _has_two_scripts(word: str) -> bool:
    """Whether Latin and Cyrillic letters stand side by side; «iPhone’ов» has them on two sides of an apostrophe."""
    return any(LATIN.search(part) and CYRILLIC.search(part) for part in _APOSTROPHE.split(word))


def _has_third_script(word: str, known: AbstractSet[str]) -> bool:
    """Whether a letter is neither Latin nor Cyrillic."""
    if word in known or not _MAYBE_THIRD_SCRIPT.search(word):
        return False
    # Lm: the apostrophe ʼ of «сямʼя» counts as a letter in Unicode.
    letters = (char for char in word if char.isalpha() and unicodedata.category(char) != "Lm")
    return any(not LATIN.match(char) and not CYRILLIC.match(char) for char in letters)


def _has_foreign_letter(word: str, alphabet: frozenset[str], known: AbstractSet[str]) -> bool:
    """Whether the alphabet of the target language lacks one of its Cyrillic letters."""
    is_name = word in known and word[0].isupper()
    return not is_name and not alphabet.issuperset(CYRILLIC.findall(word.lower()))


def _is_latin_heavy(words: list[str], known: AbstractSet[str]) -> bool:
    latin = [word for word in words if word not in known and LATIN.search(word)]
    small = sum(word[0].islower() and len(word) > 1 for word in latin)
    share = sum(map(len, latin)) / max(1, sum(map(len, words)))
    is_clause = small > _MOST_SMALL_WORDS and share > _MOST_LATIN_SHARE_OF_PROSE
    return is_clause or (small > 0 and share > _MOST_LATIN_SHARE)
